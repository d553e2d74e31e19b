"""How the collector's counts move: rates, restarts, and what grows that should not. Pure; time is passed in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from console.i18n import mark, tr
from console.model.telemetry import COUNTS, Collector, CollectorState, Exporter

WINDOW: Final = 60.0
"""Seconds a rate looks back; where readings are rarer, to the one before."""
LEAST: Final = 0.5
"""Seconds between two readings that give a rate."""
LONGEST: Final = 2 * 3600.0
"""Seconds after which two readings give no rate any more."""
SAMPLES: Final = 64
"""Readings that are kept; one a second fills `WINDOW`."""
POINTS: Final = 60
"""Points of the history of rates."""
POINT_EVERY: Final = 10.0
"""Least seconds between two points."""
RESTARTS: Final = 20
"""Restarts that are remembered."""
FULL: Final = 0.8
"""Part of a queue from which on it is a worry."""
SLACK: Final = 60.0
"""Seconds by which an uptime may be rounded: ``3h12m``."""


@dataclass(frozen=True, slots=True)
class Rates:
    """Items received in a minute; None where two readings do not say."""

    logs: float | None = None
    spans: float | None = None
    metrics: float | None = None

    @property
    def total(self) -> float | None:
        """All that is known together; None when nothing is."""
        known = [rate for rate in (self.logs, self.spans, self.metrics) if rate is not None]
        return sum(known) if known else None


@dataclass(frozen=True, slots=True)
class Point:
    """Rates at one moment."""

    at: float
    """Epoch seconds."""
    rates: Rates


@dataclass(frozen=True, slots=True)
class Restart:
    """The collector was started again while it was watched, or between two readings."""

    at: float
    """Epoch seconds: of its start where it tells its uptime, else of the reading that showed it."""
    evidence: str
    """``uptime 11100 s, then 12 s``."""


@dataclass(frozen=True, slots=True)
class Trend:
    """What the readings up to now say together."""

    samples: tuple[tuple[float, Collector], ...] = ()
    """(Epoch seconds, reading) of the last `WINDOW`, oldest first; only readings with counts or an uptime."""
    rates: Rates = Rates()
    over: float | None = None
    """Seconds the rates look back; None where there are none."""
    history: tuple[Point, ...] = ()
    """At most `POINTS`, oldest first, at least `POINT_EVERY` seconds apart."""
    restarts: tuple[Restart, ...] = ()
    """Oldest first."""
    state: CollectorState = CollectorState.UNKNOWN
    since: float | None = None
    """Epoch seconds since when `state` holds; None before the first reading."""


def follow(before: Trend, at: float, collector: Collector) -> tuple[Collector, Trend]:
    """Return the reading *collector* of *at* (epoch seconds) with what the ones before say of it, and the new trend."""
    samples, restarts, rates, history = before.samples, before.restarts, Rates(), before.history
    over: float | None = None
    if collector.uptime is not None or any(value is not None for _, value in _counters(collector)):
        if samples and samples[-1][0] >= at:
            samples = ()  # the clock was set back
        restart = _restarted(*_last(samples, collector), at, collector) if samples else None
        if restart is not None:
            samples, restarts = (), (*restarts, restart)[-RESTARTS:]
        base = _base(samples, at, collector)
        if base is not None and LEAST <= at - base[0] <= LONGEST:
            rates, over = _rates(base[1], collector, at - base[0]), at - base[0]
        collector = _judge(collector, base[1] if base is not None else None, at - base[0] if base is not None else 0.0)
        samples = (*_kept(samples, at), (at, collector))
        if rates.total is not None and (not history or not 0 <= at - history[-1].at < POINT_EVERY):
            history = (*(point for point in history if point.at < at), Point(at, rates))[-POINTS:]
    since = before.since if collector.state is before.state and before.since is not None else at
    over = over if rates.total is not None else None
    return collector, Trend(samples, rates, over, history, restarts, collector.state, since)


def resume(past: Trend, live: Trend) -> Trend:
    """The trend after the readings of an earlier console, *past*, and those of this one, *live*."""
    trend = past
    for at, collector in live.samples:
        _, trend = follow(trend, at, collector)
    if live.since is not None and trend.state is not live.state:
        trend = replace(trend, state=live.state, since=live.since, rates=live.rates, over=live.over)
    return trend


def _counters(collector: Collector) -> Iterator[tuple[str, int | None]]:
    """Everything that only grows while the collector runs, with the name by which two readings are compared."""
    for name in (*COUNTS, "refused", "failed"):
        yield name, getattr(collector, name)
    for exporter in collector.exporters:
        yield f"{exporter.name} sent", exporter.sent
        yield f"{exporter.name} failed", exporter.failed


def _restarted(then: float, old: Collector, at: float, new: Collector) -> Restart | None:
    if old.uptime is not None and new.uptime is not None and old.origin("uptime") == new.origin("uptime"):
        began = at - new.uptime
        if new.uptime < old.uptime - 1 or began > then + SLACK:  # it fell, or it began after the last look
            evidence = tr("uptime {before:.0f} s, then {after:.0f} s", before=old.uptime, after=new.uptime)
            return Restart(began, evidence)
        return None
    pairs = [(name, was, now) for name, was, now in _pairs(old, new) if was is not None and now is not None]
    fell = next(((name, was, now) for name, was, now in pairs if now < was), None)
    # Rows that were cleared away make one count fall while another grows; a start makes all of them small.
    if fell is None or any(now > was for _, was, now in pairs):
        return None
    evidence = tr("{name} {before:,}, then {after:,}", name=fell[0], before=fell[1], after=fell[2])
    return Restart(at if new.uptime is None else at - new.uptime, evidence)


def _pairs(old: Collector, new: Collector) -> Iterator[tuple[str, int | None, int | None]]:
    """(Name, value before, value now) of what the same question gave both times."""
    was = dict(_counters(old))
    for name, now in _counters(new):
        field = name if name in (*COUNTS, "refused", "failed") else "exporters"
        if name in was and old.origin(field) == new.origin(field):
            yield name, was[name], now


def _last(samples: tuple[tuple[float, Collector], ...], like: Collector) -> tuple[float, Collector]:
    """The last reading to which the same questions gave the same fields, else the last one."""
    return next((sample for sample in reversed(samples) if sample[1].origins == like.origins), samples[-1])


def _base(samples: tuple[tuple[float, Collector], ...], at: float, like: Collector) -> tuple[float, Collector] | None:
    """The reading to compare with: the oldest of its kind within `WINDOW`, else the last one."""
    recent = (each for each in samples if at - each[0] <= WINDOW and each[1].origins == like.origins)
    return next(recent, None) or (_last(samples, like) if samples else None)


def _kept(samples: tuple[tuple[float, Collector], ...], at: float) -> tuple[tuple[float, Collector], ...]:
    recent = tuple(sample for sample in samples if at - sample[0] <= WINDOW)
    return (recent or samples[-1:])[1 - SAMPLES :]


def _rates(old: Collector, new: Collector, seconds: float) -> Rates:
    found = {}
    for name, was, now in _pairs(old, new):
        if name in COUNTS and was is not None and now is not None and now >= was:
            found[name] = (now - was) * 60 / seconds
    return Rates(**found)


def _judge(collector: Collector, base: Collector | None, seconds: float) -> Collector:
    """*collector*, degraded where data is lost or is about to be."""
    worries = [*(_lost(base, collector, seconds) if base is not None else ()), *_full(collector.exporters)]
    if not worries or collector.state is not CollectorState.UP:
        return collector
    return replace(collector, state=CollectorState.DEGRADED, reason="; ".join(worries))


def _lost(old: Collector, new: Collector, seconds: float) -> Iterator[str]:
    within = max(1, round(seconds))
    texts = {
        "refused": mark("receivers refused {count:,} in {seconds} s"),
        "failed": mark("receivers lost {count:,} in {seconds} s"),
    }
    for name, text in texts.items():
        now, was = getattr(new, name), getattr(old, name)
        if now is not None and _answered(old, new.origin(name), name) and now > (was or 0):
            yield tr(text, count=now - (was or 0), seconds=within)
    if new.exporters and _answered(old, new.origin("exporters"), "exporters"):
        before = {exporter.name: exporter.failed or 0 for exporter in old.exporters}
        for exporter in new.exporters:
            more = (exporter.failed or 0) - before.get(exporter.name, 0)
            if more > 0:
                yield tr(
                    "{name} failed to send {count:,} in {seconds} s", name=exporter.name, count=more, seconds=within
                )


def _answered(old: Collector, origin: str, name: str) -> bool:
    """Whether the question that gives *name* now was answered then. A series can appear with its first event."""
    return old.origin(name) in ("", origin) and any(each == origin for _, each in old.origins)


def _full(exporters: tuple[Exporter, ...]) -> Iterator[str]:
    for exporter in exporters:
        if exporter.fill is not None and exporter.fill > FULL:
            yield tr("queue of {name} {fill:.0%} full", name=exporter.name, fill=exporter.fill)
