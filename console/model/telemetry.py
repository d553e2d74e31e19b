"""Health and counts of the OpenTelemetry collector."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class CollectorState(StrEnum):
    """State of the collector as its own health answer tells it."""

    UP = "up"
    DEGRADED = "degraded"
    DOWN = "down"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Collector:
    """One health answer. A count the answer does not give is None, never zero."""

    state: CollectorState
    evidence: str
    """One line: ``GET http://…/health 200 healthy=true`` or why there is none."""
    endpoint: str = ""
    """Host and port asked, for people: ``:4318``."""
    logs: int | None = None
    spans: int | None = None
    metrics: int | None = None
    resources: int | None = None
    bytes: int | None = None
    uptime: float | None = None
    """Seconds."""
