"""Health and counts of the OpenTelemetry collector, as one round of questions gave them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

COUNTS: Final = ("logs", "spans", "metrics")
"""What a collector receives; each is a field of `Collector` and of `console.model.trend.Rates`."""


class CollectorState(StrEnum):
    """State of the collector as its own answers tell it."""

    UP = "up"
    DEGRADED = "degraded"
    DOWN = "down"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Exporter:
    """What one exporter has handed on since the start of the collector, and its fullest queue."""

    name: str
    sent: int | None = None
    """Spans, log records and metric points."""
    failed: int | None = None
    """Not sent, or not taken into the queue."""
    queued: int | None = None
    """In the unit of `capacity`: batches, items or bytes, as the collector is set up."""
    capacity: int | None = None

    @property
    def fill(self) -> float | None:
        """How full the queue is, 0 to 1; None where there is none."""
        return self.queued / self.capacity if self.queued is not None and self.capacity else None


@dataclass(frozen=True, slots=True)
class Collector:
    """One round of questions. A count that no answer gives is None, never zero."""

    state: CollectorState
    evidence: str
    """One line, which question answered what: ``GET http://…/health 200 healthy=true · GET …/metrics 200 9 series``."""
    endpoint: str = ""
    """Host and port asked, for people: ``:4318``."""
    logs: int | None = None
    spans: int | None = None
    metrics: int | None = None
    resources: int | None = None
    bytes: int | None = None
    """Of what it keeps."""
    uptime: float | None = None
    """Seconds."""
    memory: int | None = None
    """Resident bytes of its process."""
    refused: int | None = None
    """What its receivers did not take: spans, log records and metric points."""
    failed: int | None = None
    """What its receivers lost by errors of their own."""
    exporters: tuple[Exporter, ...] = ()
    reason: str = ""
    """Why it is degraded, where more is known than the evidence says."""
    origins: tuple[tuple[str, str], ...] = ()
    """Which question gave a field: ``(("logs", "url"), …)``. Values of two questions are never compared."""

    @property
    def why(self) -> str:
        """The reason, or else the evidence."""
        return self.reason or self.evidence

    def origin(self, name: str) -> str:
        """Which question gave the field *name*; empty when none did."""
        return next((origin for field, origin in self.origins if field == name), "")
