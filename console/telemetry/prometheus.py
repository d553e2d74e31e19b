"""Reads the internal metrics of an OpenTelemetry collector: Prometheus text, with the names of any of its versions.

One series has been called ``otelcol_receiver_accepted_spans``, ``…_total``, ``…__spans__total`` (collector issue 13544)
and, with UTF-8 names, ``otelcol.receiver.accepted_spans``; ``otelcol_process_uptime`` also ``…_seconds_total``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from console.i18n import tr
from console.model.telemetry import Collector, CollectorState, Exporter
from console.safety import safe_text
from console.telemetry.amounts import number

SERIES_LIMIT: Final = 20_000
"""Lines that are read."""
EXPORTERS: Final = 50
"""Exporters that are told apart."""

_ITEMS: Final = ("spans", "log_records", "metric_points")
_NAME: Final = re.compile(r"[A-Za-z_:][A-Za-z0-9_:.]*")
_LABEL: Final = re.compile(r'\s*("(?:[^"\\]|\\.)*"|[A-Za-z_][A-Za-z0-9_.]*)\s*(?:=\s*"((?:[^"\\]|\\.)*)")?\s*(,|(?=}))')
_SUFFIX: Final = re.compile(r"(?:_total|_seconds|_bytes|_ratio)+$")
_RECEIVED: Final = re.compile(r"receiver_(?:accepted|refused|failed)_(?:spans|log_records|metric_points)")
_ESCAPED: Final = re.compile(r"\\(.)")

Series = tuple[str, dict[str, str], float]
"""(Name, labels, value)."""


def looks_like(body: bytes, kind: str) -> bool:
    """Whether an answer of content type *kind* may be Prometheus text."""
    return kind.lower().startswith(("text/plain", "application/openmetrics-text")) and (
        body.lstrip()[:2] == b"# " or b"otelcol" in body[:65_536]
    )


def read_metrics(body: bytes) -> Collector | None:
    """Return what internal metrics say; None when no series of a collector is among them.

    Counters are summed over their labels, queues are kept by exporter: the fullest one of each. The evidence is
    ``9 series``.
    """
    sums: dict[str, float] = {}
    exporters: dict[str, dict[str, float]] = {}
    queues: dict[tuple[str, str], dict[str, float]] = {}
    known = 0
    for raw, labels, value in parse(body.decode("utf-8", "replace")):
        name = canonical(raw)
        part = name.partition("_")[0]
        if part == "receiver" and _RECEIVED.fullmatch(name):
            sums[name] = sums.get(name, 0.0) + value
        elif name in ("process_uptime", "process_memory_rss"):
            sums[name] = max(sums.get(name, 0.0), value)
        elif part == "exporter" and (what := _exported(name)):
            key = safe_text(labels.get("exporter", "") or "exporter", limit=60)
            mine = exporters.setdefault(key, {}) if key in exporters or len(exporters) < EXPORTERS else {}
            if what in ("size", "capacity"):
                queues.setdefault((key, labels.get("data_type", "")), {})[what] = value
            else:
                mine[what] = mine.get(what, 0.0) + value
        else:
            continue
        known += 1
    if not known:
        return None
    return Collector(
        CollectorState.UP, tr("{count} series", count=known),
        logs=_sum(sums, "receiver_accepted_log_records"), spans=_sum(sums, "receiver_accepted_spans"),
        metrics=_sum(sums, "receiver_accepted_metric_points"),
        uptime=sums.get("process_uptime"), memory=_sum(sums, "process_memory_rss"),
        refused=_all(sums, "receiver_refused_"), failed=_all(sums, "receiver_failed_"),
        exporters=tuple(_exporter(name, said, queues) for name, said in sorted(exporters.items())),
    )  # fmt: skip


def canonical(name: str) -> str:
    """``receiver_accepted_spans`` for every spelling of it; other names come out as some other name."""
    name = name.replace(".", "_")
    if not name.startswith("otelcol_"):
        return ""
    return _SUFFIX.sub("", name.removeprefix("otelcol_").partition("__")[0])


def _exported(name: str) -> str:
    """``sent``, ``failed``, ``size`` or ``capacity``; empty for what is of no use here."""
    rest = name.removeprefix("exporter_")
    if rest in ("queue_size", "queue_capacity"):
        return rest.removeprefix("queue_")
    for prefix, what in (("send_failed_", "failed"), ("enqueue_failed_", "failed"), ("sent_", "sent")):
        if rest.startswith(prefix) and rest.removeprefix(prefix) in _ITEMS:
            return what
    return ""


def _sum(sums: dict[str, float], name: str) -> int | None:
    return round(sums[name]) if name in sums else None


def _all(sums: dict[str, float], prefix: str) -> int | None:
    found = [value for name, value in sums.items() if name.startswith(prefix)]
    return round(sum(found)) if found else None


def _exporter(name: str, said: dict[str, float], queues: dict[tuple[str, str], dict[str, float]]) -> Exporter:
    mine = [q for (owner, _), q in queues.items() if owner == name and "size" in q and q.get("capacity")]
    fullest = max(mine, key=lambda queue: queue["size"] / queue["capacity"], default=None)
    return Exporter(
        name,
        _sum(said, "sent"),
        _sum(said, "failed"),
        round(fullest["size"]) if fullest else None,
        round(fullest["capacity"]) if fullest else None,
    )


def parse(text: str) -> Iterator[Series]:
    """Yield every series of Prometheus or OpenMetrics text that has a number of at least 0; leave out the rest."""
    for line in text.split("\n", SERIES_LIMIT)[:SERIES_LIMIT]:
        found = _series(line.strip()) if line and not line.startswith("#") else None
        if found is not None:
            yield found


def _series(line: str) -> Series | None:
    name = _NAME.match(line)
    at = name.end() if name is not None else 0
    called, labels = name.group() if name is not None else "", dict[str, str]()
    if line[at : at + 1] == "{":
        at += 1
        while line[at : at + 1] != "}":
            found = _LABEL.match(line, at)
            if found is None:
                return None
            key, value = found.group(1), found.group(2)
            if value is None:  # a quoted name that stands among the labels: {"otelcol.process.uptime", a="b"} 1
                called = called or _plain(key.strip('"'))
            else:
                labels[_plain(key.strip('"'))] = _plain(value)
            at = found.end()
        at += 1
    rest = line[at:].split(None, 1)
    value = number(rest[0]) if called and rest else None
    return None if value is None else (called, labels, value)


def _plain(text: str) -> str:
    return _ESCAPED.sub(lambda found: "\n" if found.group(1) == "n" else found.group(1), text)
