"""The check of the collector: is it up, was it started again since the hand-off, did its counts fall? Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from console.i18n import mark, tr
from console.model.checklist import SERVICES, About, Step, StepState, beside, worse
from console.model.checks_given import Given, duration
from console.model.telemetry import Collector, CollectorState

GROWS: Final = (mark("logs"), mark("spans"), mark("metrics"), mark("resources"))
"""What does not become less while a collector keeps what it has."""
SLACK: Final = 60.0
"""Seconds by which clocks and rounded uptimes may differ."""
_STATES: Final = {
    CollectorState.UP: StepState.PASS,
    CollectorState.DEGRADED: StepState.ATTENTION,
    CollectorState.DOWN: StepState.FAIL,
    CollectorState.UNKNOWN: StepState.ATTENTION,
}


def collector(given: Given) -> Iterator[Step]:
    """One step; none where nobody knows of a collector."""
    told, about = given.snapshot.collector, About("operation", "collector")
    line = next((then[1] for key in GROWS if (then := given.figure(key)) is not None), None)
    id, title = "collector", tr("collector")
    if not told.source:
        if line is not None:
            evidence = tr("no collector is configured; the hand-off has its counts")
            remedy = tr("ask it yourself, or write collector: {url: …}")
            yield Step(id, title, SERVICES, StepState.MANUAL, evidence, remedy, line=line)
        return
    if told.collector is None:
        yield Step(
            id, title, SERVICES, given.unread, tr("no answer yet"), tr("look whether it runs"), "", None, about, line
        )
        return
    found = told.collector
    state, word = _STATES[found.state], tr(str(found.state))
    said = [", ".join((word, *_counts(found)))]
    if found.state is not CollectorState.UP:
        said = [beside(word, found.why)]
    if found.uptime is not None:
        said.append(tr("up {duration}", duration=duration(found.uptime)))
    worries = [*_started_again(given, found), *_fallen(given, found)]
    if worries:
        state = worse(state, StepState.ATTENTION)
    remedy = "" if state is StepState.PASS else tr("look what it has lost, and whether everybody sends to it again")
    if found.state is CollectorState.DOWN:
        remedy = tr("start it")
    key = "" if state is StepState.PASS else "operations.show"
    yield Step(id, title, SERVICES, state, "; ".join((*said, *worries)), remedy, key, told.read_at, about, line)


def _counts(found: Collector) -> Iterator[str]:
    for name in GROWS[:3]:
        value = getattr(found, name)
        if value is not None:
            yield tr("{amount} {name}", amount=f"{value:,}", name=tr(name))


def _started_again(given: Given, found: Collector) -> Iterator[str]:
    end = given.written[1] if given.written is not None else None
    if end is None and given.baseline is not None:
        end = given.baseline.written_at
    if end is None:
        return
    at = given.snapshot.collector.read_at or given.now
    if found.uptime is not None:
        if at - found.uptime > end + SLACK:
            yield tr(
                "started again {duration} ago, after the hand-off", duration=duration(given.now - at + found.uptime)
            )
        return
    later = [each for each in given.snapshot.collector.trend.restarts if each.at > end]
    if later:
        yield tr("started again after the hand-off: {evidence}", evidence=later[-1].evidence)


def _fallen(given: Given, found: Collector) -> Iterator[str]:
    """Counts that are less than they were: by the hand-off, else by what was noted with the last one."""
    noted = given.baseline.collector if given.baseline is not None else {}
    for name in GROWS:
        now, then = getattr(found, name), None
        said = given.figure(name)
        if said is not None:
            then = said[0].value
        elif name in noted:
            then = noted[name]
        if now is not None and then is not None and now < then:
            yield tr("{name} fell from {then} to {now}", name=tr(name), then=f"{then:,}", now=f"{now:,}")
