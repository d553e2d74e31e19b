"""Reads a health document of a collector, whatever its author called things."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final

from console.model.telemetry import Collector, CollectorState
from console.safety import safe_text

DEPTH: Final = 4
"""Levels of nesting that are looked at."""

_COUNTS: Final[Mapping[str, tuple[str, ...]]] = {
    "logs": ("logs", "logrecords", "log", "logscount", "logcount", "logrecordcount", "totallogs", "logstotal"),
    "spans": ("spans", "span", "spanscount", "spancount", "totalspans", "spanstotal", "traces", "tracecount"),
    "metrics": ("metrics", "metric", "metricscount", "metriccount", "totalmetrics", "metricpoints", "datapoints"),
    "resources": ("resources", "resource", "resourcescount", "resourcecount", "totalresources"),
}
_SIZES: Final = {
    **dict.fromkeys(("bytes", "size", "sizebytes", "totalbytes", "storage", "storagebytes", "dbsize", "dbbytes"), 1),
    **dict.fromkeys(("kb", "sizekb", "dbsizekb", "storagekb"), 10**3),
    **dict.fromkeys(("mb", "sizemb", "dbsizemb", "storagemb", "dbmb", "totalmb"), 10**6),
    **dict.fromkeys(("gb", "sizegb", "dbsizegb", "storagegb"), 10**9),
}
_UNITS: Final = {
    "": 1,
    "b": 1,
    "kb": 10**3,
    "mb": 10**6,
    "gb": 10**9,
    "tb": 10**12,
    "kib": 2**10,
    "mib": 2**20,
    "gib": 2**30,
}
_UPTIMES: Final = {"uptime": 1.0, "uptimeseconds": 1.0, "uptimesec": 1.0, "uptimes": 1.0, "uptimems": 0.001}
_STARTS: Final = ("upsince", "starttime", "startedat", "started")
_INNER: Final = ("total", "count", "value", "bytes", "seconds")
"""``{"logs": {"total": 5}}`` means five logs."""
_HEALTHY: Final = ("healthy", "ok", "up", "alive", "ready")
_STATUS: Final = ("status", "state", "health")

_WORDS: Final[Mapping[CollectorState, str]] = {
    CollectorState.UP: "ok up healthy pass passing good green alive running ready serving available serveravailable"
    " statusok success 정상",
    CollectorState.DEGRADED: "degraded warn warning yellow partial unhealthy error starting stopping statusstarting"
    " statusstopping statusrecoverableerror statuspermanenterror 경고",
    CollectorState.DOWN: "down fail failed failing critical red dead stopped unavailable notready servernotavailable"
    " statusfatalerror statusstopped 중단 실패",
}
_STATES: Final = {word: state for state, words in _WORDS.items() for word in words.split()}

_GO: Final = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m(?!s))?(?:([\d.]+)s)?(?:([\d.]+)ms)?")
_CLOCK: Final = re.compile(r"(?:(\d+) days?, )?(\d+):(\d\d):(\d\d)(?:\.\d+)?")
_SIZE: Final = re.compile(r"([\d.]+)\s*([kmgt]?i?b|)")

_Flat = dict[str, list[object]]


def read_health(body: bytes, status: int, now: float) -> Collector | None:
    """Return what the health document *body*, sent with HTTP *status* at *now* (epoch seconds), says.

    None when it is no health document. The evidence is ``healthy=true`` or the like, empty when there is only a count.
    """
    try:
        document = json.loads(body.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        word = _word(body[:64].decode("utf-8", "replace"))
        return (
            Collector(CollectorState.UP, "ok")
            if word is CollectorState.UP and len(body) < 64 and status < 300
            else None
        )
    if isinstance(document, str):
        document = {"status": document}
    if not isinstance(document, dict):
        return None
    flat: _Flat = {}
    for key, value in sorted(_walk(document, DEPTH), key=lambda found: found[0]):
        flat.setdefault(key[1], []).append(value)
    counts = {name: _first_count(flat, keys) for name, keys in _COUNTS.items()}
    size = _size(flat)
    state, evidence = _state(flat, status)
    known = size is not None or any(count is not None for count in counts.values())
    if state is CollectorState.UNKNOWN and known and status < 300:
        state = CollectorState.UP
    if state is CollectorState.UNKNOWN:
        return None
    return Collector(state, evidence, "", **counts, bytes=size, uptime=_uptime(flat, now))


def _walk(
    document: Mapping[str, object], depth: int, level: int = 0, outer: str = ""
) -> Iterator[tuple[tuple[int, str], object]]:
    """Yield ((level, squeezed key), value) for every plain value; the value of ``logs.total`` is that of ``logs``."""
    for raw, value in document.items():
        key = re.sub(r"[\W_]+", "", raw[:80]).casefold()
        if isinstance(value, dict):
            if depth > 1:
                yield from _walk(value, depth - 1, level + 1, key)
        elif not isinstance(value, list):
            yield (level, outer if key in _INNER and outer else key), value


def _state(flat: _Flat, status: int) -> tuple[CollectorState, str]:
    said, evidence = CollectorState.UNKNOWN, ""
    for key in (*_STATUS, *_HEALTHY):
        for value in flat.get(key, ())[:1]:
            found = _judge(value)
            if found is not CollectorState.UNKNOWN and _RANK[found] >= _RANK[said]:
                said, evidence = (
                    found,
                    f"{key}={safe_text(json.dumps(value, ensure_ascii=False).strip(chr(34)), limit=60)}",
                )
    if status >= 500 and said is not CollectorState.DOWN:
        return CollectorState.DEGRADED, evidence
    return said, evidence


_RANK: Final = {CollectorState.UNKNOWN: 0, CollectorState.UP: 1, CollectorState.DEGRADED: 2, CollectorState.DOWN: 3}


def _judge(value: object) -> CollectorState:
    if isinstance(value, bool):
        return CollectorState.UP if value else CollectorState.DEGRADED
    return _word(value) if isinstance(value, str) else CollectorState.UNKNOWN


def _word(text: str) -> CollectorState:
    return _STATES.get(re.sub(r"[\W_]+", "", text[:80]).casefold(), CollectorState.UNKNOWN)


def _first_count(flat: _Flat, keys: tuple[str, ...]) -> int | None:
    counts = (_number(value) for key in keys for value in flat.get(key, ()))
    return next((int(count) for count in counts if count is not None), None)


def _number(value: object) -> float | None:
    """A number of at least 0, also as ``"30,306"``."""
    if isinstance(value, str):
        try:
            value = float(value[:40].replace(",", ""))
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e18:
        return None
    return value


def _size(flat: _Flat) -> int | None:
    for key, factor in _SIZES.items():
        for value in flat.get(key, ()):
            number, unit = _number(value), factor
            if number is None and isinstance(value, str):
                found = _SIZE.fullmatch(value[:40].replace(",", "").strip().casefold())
                number, unit = (_number(found.group(1)), _UNITS.get(found.group(2), 1)) if found else (None, 1)
            if number is not None:
                return round(number * unit)
    return None


def _uptime(flat: _Flat, now: float) -> float | None:
    for key, factor in _UPTIMES.items():
        for value in flat.get(key, ()):
            number = _number(value)
            seconds = number * factor if number is not None else _duration(value)
            if seconds is not None:
                return seconds
    for value in (value for key in _STARTS for value in flat.get(key, ()) if isinstance(value, str)):
        try:
            seconds = now - datetime.fromisoformat(value[:40]).timestamp()
        except (ValueError, OverflowError, OSError):
            continue
        if 0 <= seconds < 1e9:  # a collector that is not ready says it is up since the year 1
            return seconds
    return None


def _duration(value: object) -> float | None:
    """Seconds of a Go duration (``16m24.68s``) or of Python's ``1 day, 2:03:04``."""
    text = value.strip()[:60] if isinstance(value, str) else ""
    if not text:
        return None
    clock = _CLOCK.fullmatch(text)
    found = clock or _GO.fullmatch(text.replace(" ", ""))
    if found is None:
        return None
    sizes = (86_400, 3_600, 60, 1) if clock else (86_400, 3_600, 60, 1, 0.001)
    try:
        seconds = sum(float(part or 0) * size for part, size in zip(found.groups(), sizes, strict=True))
    except ValueError:
        return None
    return seconds if math.isfinite(seconds) else None
