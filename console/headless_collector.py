"""The collector in ``oc-console status`` and ``oc-console doctor``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict

from console.i18n import tr
from console.model.snapshot import CollectorSlice
from console.model.telemetry import Collector, CollectorState


def collector_document(told: CollectorSlice, now: float) -> dict[str, object]:
    """The slice for scripts. Times are epoch seconds, spans seconds, sizes bytes; what is not known is null."""
    found, trend = told.collector, told.trend
    base: dict[str, object] = {"read_at": told.read_at, "source": told.source or None}
    if found is None:
        return {**base, "state": None}
    return {
        **base,
        "state": found.state,
        "evidence": found.evidence,
        "logs": found.logs,
        "spans": found.spans,
        "metrics": found.metrics,
        "resources": found.resources,
        "bytes": found.bytes,
        "uptime_s": found.uptime,
        "age_s": None if told.read_at is None else round(max(0.0, now - told.read_at), 1),
        "since": trend.since,
        "reason": found.reason or None,
        "endpoint": found.endpoint or None,
        "memory": found.memory,
        "refused": found.refused,
        "failed": found.failed,
        "exporters": [{**asdict(exporter), "fill": exporter.fill} for exporter in found.exporters],
        "origins": dict(found.origins),
        "per_minute": {**asdict(trend.rates), "total": trend.rates.total, "over_s": trend.over},
        "restarts": [{"at": restart.at, "evidence": restart.evidence} for restart in trend.restarts],
    }


def collector_lines(told: CollectorSlice, now: float) -> Iterator[str]:
    """The slice for people: the state with its evidence, then what is counted."""
    found = told.collector
    if found is None:
        yield tr("collector: no answer yet") if told.source else tr("collector: not configured")
        return
    yield tr("collector: {state}: {why}", state=tr(str(found.state)), why=_why(found))
    facts = ", ".join(_facts(told, found, now))
    if facts:
        yield f"  {facts}"


def collector_judged(told: CollectorSlice, now: float) -> tuple[bool, str]:
    """Whether nothing is wrong with it, and the words of `doctor`."""
    found = told.collector
    if found is None:
        if told.source:
            return False, tr("no answer yet; look at {source}", source=told.source)
        return True, tr("not configured; write `collector: {url: …}` into the config to see it")
    facts = "; ".join(_facts(told, found, now))
    return found.state is CollectorState.UP, f"{tr(str(found.state))}: {_why(found)}{f'; {facts}' if facts else ''}"


def _why(found: Collector) -> str:
    if found.reason and found.reason not in found.evidence:
        return f"{found.reason} ({found.evidence})"
    return found.evidence


def _facts(told: CollectorSlice, found: Collector, now: float) -> Iterator[str]:
    for name in ("logs", "spans", "metrics", "resources"):  # the field's own names, in every language
        value = getattr(found, name)
        if value is not None:
            yield f"{value:,} {name}"
    if found.bytes is not None:
        yield tr("{count:,} bytes", count=found.bytes)
    if found.refused:
        yield tr("{count:,} refused", count=found.refused)
    if found.failed:
        yield tr("{count:,} failed", count=found.failed)
    for exporter in found.exporters:
        if exporter.failed:
            yield tr("{name} failed to send {failed:,}", name=exporter.name, failed=exporter.failed)
        if exporter.fill:
            yield tr("queue of {name} {fill:.0%} full", name=exporter.name, fill=exporter.fill)
    if told.trend.rates.total is not None and told.trend.over is not None:
        yield tr("{rate:.0f} per minute over {seconds:.0f} s", rate=told.trend.rates.total, seconds=told.trend.over)
    if found.uptime is not None:
        yield tr("up {hours:.1f} h", hours=found.uptime / 3600)
    for restart in told.trend.restarts[-1:]:
        hours = max(0.0, now - restart.at) / 3600
        yield tr("restarted {hours:.1f} h ago ({evidence})", hours=hours, evidence=restart.evidence)
    if told.read_at is not None:
        yield tr("read {seconds:.0f} s ago", seconds=max(0.0, now - told.read_at))
