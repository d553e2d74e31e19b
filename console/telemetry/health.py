"""Reads a health document of a collector, whatever its author called things.

Also those of the collector's own extensions: health_check (``{"status": "Server available", "upSince": …}``) and
healthcheckv2 (``{"healthy": …, "status": "StatusOK", "components": {…}}``), opentelemetry-collector-contrib.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Final

from console.i18n import tr
from console.model.telemetry import Collector, CollectorState
from console.safety import safe_text
from console.telemetry.amounts import duration, number, octets, since

DEPTH: Final = 4
"""Levels of nesting that are looked at."""
FIELDS: Final = ("status", "logs", "spans", "metrics", "resources", "bytes", "uptime", "memory", "refused")
"""What `read_health` can be told the place of."""

_COUNTS: Final[Mapping[str, tuple[str, ...]]] = {
    "logs": ("logs", "logrecords", "log", "logscount", "logcount", "logrecordcount", "totallogs", "logstotal",
             "logsreceived", "receivedlogs", "acceptedlogs", "acceptedlogrecords"),
    "spans": ("spans", "span", "spanscount", "spancount", "totalspans", "spanstotal", "spansreceived",
              "receivedspans", "acceptedspans", "traces", "tracecount"),
    "metrics": ("metrics", "metric", "metricscount", "metriccount", "totalmetrics", "metricstotal", "metricpoints",
                "datapoints", "metricsreceived", "acceptedmetricpoints"),
    "resources": ("resources", "resource", "resourcescount", "resourcecount", "totalresources"),
    "refused": ("refused", "refusedtotal", "rejected", "rejectedtotal", "dropped", "droppedtotal"),
}  # fmt: skip
_SIZES: Final = {
    **dict.fromkeys(("bytes", "size", "sizebytes", "totalbytes", "storage", "storagebytes", "dbsize", "dbbytes"), 1),
    **dict.fromkeys(("kb", "sizekb", "dbsizekb", "storagekb"), 10**3),
    **dict.fromkeys(("mb", "sizemb", "dbsizemb", "storagemb", "dbmb", "totalmb"), 10**6),
    **dict.fromkeys(("gb", "sizegb", "dbsizegb", "storagegb"), 10**9),
}
_MEMORIES: Final = {
    **dict.fromkeys(("memory", "rss", "memorybytes", "rssbytes", "memoryrss", "memoryrssbytes"), 1),
    **dict.fromkeys(("memorymb", "rssmb"), 10**6),
}
_UPTIMES: Final = {
    **dict.fromkeys(("uptime", "uptimeseconds", "uptimesecs", "uptimesec", "uptimes"), 1.0),
    **dict.fromkeys(("uptimems", "uptimemillis"), 0.001),
    **dict.fromkeys(("uptimemin", "uptimeminutes"), 60.0),
    **dict.fromkeys(("uptimeh", "uptimehours"), 3600.0),
}
_STARTS: Final = ("upsince", "starttime", "startedat", "started", "starttimestamp", "bootedat")
_INNER: Final = ("total", "count", "value", "bytes", "seconds")
"""``{"logs": {"total": 5}}`` means five logs."""
_HEALTHY: Final = ("healthy", "ok", "up", "alive", "ready")
_STATUS: Final = ("status", "state", "health")
_ERRORS: Final = ("error", "errors", "lasterror")
_NO_ERROR: Final = frozenset({"", "none", "null", "nil", "no", "ok", "false", "0", "na", "noerror"})
_PLAIN: Final = re.compile(r"[\w .!]+")

_WORDS: Final[Mapping[CollectorState, str]] = {
    CollectorState.UP: (
        "ok up healthy pass passing good green alive running ready serving available "
        "serveravailable statusok success true yes 200 정상"
    ),
    CollectorState.DEGRADED: (
        "degraded warn warning yellow partial unhealthy error starting stopping statusstarting "
        "statusstopping statusrecoverableerror statuspermanenterror false no 경고"
    ),
    CollectorState.DOWN: (
        "down fail failed failing critical red dead stopped unavailable notready "
        "servernotavailable statusfatalerror statusstopped 중단 실패"
    ),
}
_STATES: Final = {word: state for state, words in _WORDS.items() for word in words.split()}
_RANK: Final = {CollectorState.UNKNOWN: 0, CollectorState.UP: 1, CollectorState.DEGRADED: 2, CollectorState.DOWN: 3}

_Flat = dict[str, list[tuple[int, object]]]
"""From a squeezed key to (level, value), the shallowest first."""
Names = Mapping[str, tuple[str, ...]]
"""From one of `FIELDS` to the places where this document has it: ``a.b.c``."""


def read_health(body: bytes, status: int, now: float, names: Names | None = None) -> Collector | None:
    """Return what the health document *body*, sent with HTTP *status* at *now* (epoch seconds), says.

    None when it is no health document. The evidence is ``healthy=true`` or the like, empty when there is only a count.
    The state is unknown when the document has counts, and a word for its state that is not understood. Fields in
    *names* are read from there and nowhere else.
    """
    try:
        document = json.loads(body.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        text = body[:64].decode("utf-8", "replace").strip()
        # One plain word: half a document, such as {"ready": without its false, is none.
        plain = bool(_PLAIN.fullmatch(text)) and _word(text) is CollectorState.UP and len(body) < 64 and status < 300
        return Collector(CollectorState.UP, "ok") if plain else None
    if isinstance(document, str):
        document = {"status": document}
    if not isinstance(document, dict):
        return None
    flat: _Flat = {}
    for level, key, value in sorted(_walk(document, DEPTH), key=lambda found: found[0]):
        flat.setdefault(key, []).append((level, value))
    _place(flat, document, names or {})
    counts = {name: _first_count(flat, keys) for name, keys in _COUNTS.items()}
    size, memory = _first_size(flat, _SIZES), _first_size(flat, _MEMORIES)
    state, evidence, understood = _state(flat, status)
    known = size is not None or any(count is not None for count in counts.values())
    if state is CollectorState.UNKNOWN and not known:
        return None
    if state is CollectorState.UNKNOWN and understood and status < 300:
        state, evidence = _by_error(flat)
    reason = _component(document) if state is not CollectorState.UP else ""
    if state is CollectorState.UP and (but := _but(flat, document)):
        evidence = tr("{evidence}, but {but}", evidence=evidence, but=but) if evidence else but
        state, reason = CollectorState.DEGRADED, but
    return Collector(
        state, evidence, "", counts["logs"], counts["spans"], counts["metrics"], counts["resources"], size,
        _uptime(flat, now), memory, counts["refused"],
        reason=reason,
    )  # fmt: skip


def _walk(
    document: Mapping[str, object], depth: int, level: int = 0, outer: str = ""
) -> Iterator[tuple[int, str, object]]:
    """Yield (level, squeezed key, value) for every plain value; the value of ``logs.total`` is that of ``logs``.

    Of a list's entries only the words for a state count: numbers of single entries are no totals.
    """
    for raw, value in document.items():
        key = _squeezed(raw)
        if isinstance(value, dict):
            if depth > 1:
                yield from _walk(value, depth - 1, level + 1, key)
        elif isinstance(value, list):
            for entry in (entry for entry in value[:100] if isinstance(entry, dict) and depth > 1):
                inner = _walk(entry, depth - 1, level + 1)
                yield from (found for found in inner if found[1] in (*_STATUS, *_HEALTHY))
        else:
            yield level, outer if key in _INNER and outer else key, value


def _squeezed(key: str) -> str:
    return re.sub(r"[\W_]+", "", key[:80]).casefold()


def _place(flat: _Flat, document: Mapping[str, object], names: Names) -> None:
    """Put the values of the operator's own places where the synonyms are looked for."""
    groups = {**_COUNTS, "bytes": tuple(_SIZES), "memory": tuple(_MEMORIES), "uptime": (*_UPTIMES, *_STARTS),
              "status": (*_STATUS, *_HEALTHY)}  # fmt: skip
    for name, places in names.items():
        if name not in groups:
            continue
        for synonym in groups[name]:
            flat.pop(synonym, None)
        found = next((value for value in (_at(document, place) for place in places) if value is not None), None)
        if found is not None:
            flat[name] = [(0, found)]


def _at(document: object, place: str) -> object:
    """The plain value at ``a.b.c``; None where there is none."""
    for part in place.split("."):
        document = document.get(part) if isinstance(document, dict) else None
    return None if isinstance(document, dict | list) else document


def _state(flat: _Flat, status: int) -> tuple[CollectorState, str, bool]:
    """The state, the words for it, and whether every word that was given is understood.

    What stands at the top decides; without that the worst of what stands below.
    """
    said, evidence, understood = CollectorState.UNKNOWN, "", True
    given = [(level, key, value) for key in (*_STATUS, *_HEALTHY) for level, value in flat.get(key, ())]
    top = [found for found in given if found[0] == 0]
    for _, key, value in top or given:
        found = _judge(key, value)
        if found is CollectorState.UNKNOWN:
            if key in _STATUS and value not in (None, ""):
                understood, evidence = False, evidence or tr("{shown} is not understood", shown=_shown(key, value))
        elif _RANK[found] > _RANK[said] or (_RANK[found] == _RANK[said] and key in _HEALTHY):
            said, evidence = found, _shown(key, value)
    if status >= 500 and said is not CollectorState.DOWN:
        return CollectorState.DEGRADED, evidence, True
    return said, evidence, understood


def _shown(key: str, value: object) -> str:
    return f"{key}={safe_text(json.dumps(value, ensure_ascii=False).strip(chr(34)), limit=60)}"


def _judge(key: str, value: object) -> CollectorState:
    if isinstance(value, bool) or (key in _HEALTHY and value in (0, 1)):
        return CollectorState.UP if value else CollectorState.DEGRADED
    return _word(str(value)) if isinstance(value, str | int) else CollectorState.UNKNOWN


def _word(text: str) -> CollectorState:
    return _STATES.get(_squeezed(text), CollectorState.UNKNOWN)


def _by_error(flat: _Flat) -> tuple[CollectorState, str]:
    """Of a document that has counts and no word for a state."""
    for key in _ERRORS:
        for level, value in flat.get(key, ()):
            if level == 0 and isinstance(value, str) and value.strip():
                return CollectorState.DEGRADED, _shown(key, value)
    return CollectorState.UP, ""


def _but(flat: _Flat, document: Mapping[str, object]) -> str:
    """What a document that says it is well has against it: an error of now, or of a component."""
    for level, value in flat.get("error", ()):
        if level == 0 and isinstance(value, str) and _squeezed(value) not in _NO_ERROR:
            return _shown("error", value)
    return _component(document)


def _component(document: Mapping[str, object], path: str = "", depth: int = DEPTH) -> str:
    """``pipeline:traces/exporter:otlp: connection refused`` of the first component (v2) that says an error."""
    inner = document.get("components")
    if not isinstance(inner, dict) or depth < 1:
        return ""
    for name, each in list(inner.items())[:100]:
        if isinstance(each, dict):
            where = f"{path}/{name}" if path else name
            deeper = _component(each, where, depth - 1)
            if deeper:
                return deeper
            if isinstance(each.get("error"), str) and each["error"]:
                return safe_text(f"{where}: {each['error']}", limit=160)
    return ""


def _first_count(flat: _Flat, keys: tuple[str, ...]) -> int | None:
    counts = (number(value) for key in keys for _, value in flat.get(key, ()))
    return next((int(count) for count in counts if count is not None), None)


def _first_size(flat: _Flat, keys: Mapping[str, int]) -> int | None:
    sizes = (octets(value, factor) for key, factor in keys.items() for _, value in flat.get(key, ()))
    return next((size for size in sizes if size is not None), None)


def _uptime(flat: _Flat, now: float) -> float | None:
    for key, factor in _UPTIMES.items():
        for _, value in flat.get(key, ()):
            plain = number(value)
            seconds = plain * factor if plain is not None else duration(value)
            if seconds is not None:
                return seconds
    starts = (since(value, now) for key in _STARTS for _, value in flat.get(key, ()))
    return next((seconds for seconds in starts if seconds is not None), None)
