"""Readings of the collector on disk, one a minute, so that rates and restarts outlive the console."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from console.i18n import tr
from console.model.telemetry import Collector, CollectorState, Exporter
from console.model.trend import Trend, follow
from console.state_journal import AHEAD, KEEP, append_line, read_lines

NAME: Final = "collector.jsonl"
EVERY: Final = 60.0
"""Seconds between two lines while nothing but counts changes."""

LARGEST: Final = 10**18
"""What is not below is not believed."""

_COUNTS: Final = ("logs", "spans", "metrics", "resources", "bytes", "memory", "refused", "failed")
_STATES: Final = {str(state): state for state in CollectorState}


class CollectorJournal:
    """Writes the readings of one console. The first failure stops the writing and is kept in `error`."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / NAME
        self.error = ""
        """Why nothing is written any more; one line."""
        self._last: tuple[str, CollectorState, float] = ("", CollectorState.UNKNOWN, -math.inf)
        self._restarts = 0

    def note(self, source: str, at: float, collector: Collector, restarts: int = 0) -> None:
        """Keep the reading of *at*; *restarts* were seen so far. Call it with each: not every one is written."""
        before, state, written = self._last
        news = (before, state) != (source, collector.state) or restarts != self._restarts
        if self.error or not (news or not 0 <= at - written < EVERY):
            return
        self._last, self._restarts = (source, collector.state, at), restarts
        record: dict[str, object] = {"at": at, "source": source, "state": str(collector.state)}
        record |= {name: getattr(collector, name) for name in (*_COUNTS, "uptime")}
        record["origins"] = dict(collector.origins)
        record["exporters"] = [[each.name, each.sent, each.failed] for each in collector.exporters]
        try:
            append_line(self.path, {name: value for name, value in record.items() if value not in (None, {}, [])})
        except (OSError, ValueError) as error:
            self.error = tr("the collector's journal cannot be written: {error}", error=error)


def load(folder: Path, source: str, now: float) -> Trend:
    """What the readings of *source* in the last `KEEP` seconds say together. Never raises."""
    trend = Trend()
    for record in read_lines(folder / NAME):
        at = record.get("at")
        if record.get("source") != source or isinstance(at, bool) or not isinstance(at, int | float):
            continue
        if now - KEEP <= at <= now + AHEAD:
            _, trend = follow(trend, min(float(at), now), _collector(record))
    return trend


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < LARGEST else None


def _exporter(listed: list[object]) -> Exporter | None:
    if len(listed) != 3 or not isinstance(listed[0], str):
        return None
    return Exporter(listed[0], _count(listed[1]), _count(listed[2]))


def _collector(record: Mapping[str, object]) -> Collector:
    uptime, origins, listed = record.get("uptime"), record.get("origins"), record.get("exporters")
    known = isinstance(uptime, int | float) and not isinstance(uptime, bool) and 0 <= uptime < LARGEST
    exporters = [_exporter(each) for each in listed if isinstance(each, list)] if isinstance(listed, list) else []
    logs, spans, metrics, resources, size, memory, refused, failed = (_count(record.get(name)) for name in _COUNTS)
    return Collector(
        _STATES.get(str(record.get("state")), CollectorState.UNKNOWN), "", "", logs, spans, metrics, resources, size,
        float(str(uptime)) if known else None, memory, refused, failed,
        exporters=tuple(exporter for exporter in exporters if exporter is not None),
        origins=tuple((str(k), str(v)) for k, v in origins.items()) if isinstance(origins, dict) else (),
    )  # fmt: skip
