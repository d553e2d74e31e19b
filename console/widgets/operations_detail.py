"""What is told of the selected row of the operations screen. Everything in it is text, never markup."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from console.i18n import tr
from console.model.artifact import Artifact, Changed
from console.model.automation import Automation
from console.model.figure import Figure
from console.model.service import Service
from console.model.service_detail import ServiceDetail
from console.model.service_history import History
from console.model.snapshot import CollectorSlice, Snapshot
from console.model.telemetry import COUNTS, Exporter
from console.widgets.operations_rows import Row, can_clean, counts
from console.widgets.plots import sparkline
from console.widgets.words import count, size, span

Fact = tuple[str, str]
CHANGES: Final = 4
"""Changes of a service that are listed."""
PATHS: Final = 12
"""Files that are listed."""
CURVE: Final = 36
"""Points of a curve."""
DAY: Final = 86_400.0


def detail(row: Row, snapshot: Snapshot, now: float, extra: ServiceDetail | None) -> RenderableType:
    """The facts about *row* at *now* (epoch seconds); *extra* is what was read of it alone."""
    entry = row.entry
    lines: tuple[str, ...] = ()
    match entry:
        case Service():
            mine = extra if extra is not None and extra.name == entry.name else None
            facts = list(_service(entry, snapshot.services.history, now, mine))
            lines = mine.log if mine is not None else ()
        case Automation():
            facts = list(_automation(entry, now))
        case Artifact():
            facts = list(_artifact(entry, snapshot, now))
        case Figure():
            facts = list(_figure(entry, snapshot, now))
        case CollectorSlice():
            facts = list(_collector(entry, now))
        case Exporter():
            facts = list(_exporter(entry))
        case _:
            facts = []
    parts: list[RenderableType] = [_table(facts)]
    if isinstance(entry, Service) and entry.log:
        parts.append(Text(f"\n{entry.log}", style="dim"))
        parts.append(Text("\n".join(lines) if lines else tr("its log has nothing to show")))
    return Group(*parts)


def clock(at: float, now: float) -> str:
    """``14:02``, or with its date when that was more than a day ago."""
    return time.strftime("%H:%M" if abs(now - at) < DAY else "%Y-%m-%d %H:%M", time.localtime(at))


def _table(facts: list[Fact]) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True, style="dim")
    table.add_column(overflow="fold")
    for name, text in facts:
        if text:
            table.add_row(name, Text(text))
    return table


def _service(service: Service, history: History, now: float, extra: ServiceDetail | None) -> Iterator[Fact]:
    since = (
        tr(", since {clock} ({time})", clock=clock(service.since, now), time=span(now - service.since))
        if service.since is not None
        else ""
    )
    yield "state", f"{service.observed}{since}"
    yield "expected", f"{service.expected}: {service.judgement}"
    yield "seen", service.evidence
    if service.error and service.error not in service.evidence:
        yield "error", service.error
    known = dict(extra.facts) if extra is not None else {}
    yield "command", known.pop("command", "") or known.pop("program", "")
    yield "pid", str(service.pid) if service.pid is not None else ""
    known.pop("pid", None)
    known.pop("state", None)
    yield tr("last exit"), service.last_exit or known.pop(tr("last exit"), "")
    yield "schedule", service.schedule or known.pop("schedule", "")
    known.pop("schedule", None)
    if service.next_run is not None:
        yield tr("next run"), f"{clock(service.next_run, now)}, in {span(service.next_run - now)}"
    if service.last_run is not None:
        yield (
            tr("last run"),
            tr("{clock}, {time} ago", clock=clock(service.last_run, now), time=span(now - service.last_run)),
        )
    yield "overdue", tr("yes: a run did not take place") if service.overdue else ""
    memory = known.pop("memory, bytes", "")
    yield "memory", size(int(memory)) if memory.isdecimal() else memory
    yield from known.items()
    yield "size", size(service.size) if service.size is not None else ""
    yield "latency", f"{service.latency * 1000:.0f} ms" if service.latency is not None else ""
    yield "history", _history(service, history, now)
    yield from _asked(service, now)
    if extra is not None:
        yield tr("not known"), extra.error


def _asked(service: Service, now: float) -> Iterator[Fact]:
    who = f"{service.manager} {service.label}".strip()
    read = (
        tr(", read {time} ago", time=span(now - service.read_at))
        if service.read_at is not None
        else tr(", not read yet")
    )
    every = tr(", every {period:g} s", period=service.period) if service.period else ""
    yield "asked", f"{who}{read}{every}"
    if service.members:
        yield (
            "members",
            tr(
                "{count}, {count_2} not as expected; Enter shows all",
                count=len(service.members),
                count_2=len(service.odd),
            ),
        )


def _history(service: Service, history: History, now: float) -> str:
    changes = history.get(service.name, ())[-CHANGES:]
    return "\n".join(tr("{state} since {clock}", state=state, clock=clock(at, now)) for at, state in reversed(changes))


def _automation(entry: Automation, now: float) -> Iterator[Fact]:
    yield "seen", entry.observed
    yield "expected", f"{entry.expected}: {entry.judgement}"
    yield entry.kind, entry.target
    yield tr("what to do"), entry.action
    yield "evidence", entry.evidence
    if entry.tally is not None and entry.tally.count:
        told = entry.tally
        ages = [span(now - at) for at in (told.oldest, told.newest) if at is not None]
        yield (
            "files",
            tr("{count:,}, {size}, {listed} old", count=told.count, size=size(told.size), listed=" to ".join(ages)),
        )
    if entry.kind == "glob":
        what = tr("c shows what would go, and asks") if can_clean(entry) else tr("nothing there to clean up")
        yield "clean-up", what if entry.clean else tr("not allowed (clean: true in its entry allows it)")
    yield "read", tr("{time} ago", time=span(now - entry.read_at)) if entry.read_at is not None else tr("not read yet")


def _artifact(entry: Artifact, snapshot: Snapshot, now: float) -> Iterator[Fact]:
    yield "path", entry.pattern
    yield "seen", entry.evidence
    yield (
        "size",
        tr("{size} in {count:,} files", size=size(entry.size), count=entry.count)
        if entry.count > 1
        else size(entry.size),
    )
    if entry.mtime is not None:
        yield "changed", tr("{clock}, {time} ago", clock=clock(entry.mtime, now), time=span(now - entry.mtime))
    since = tr("not known") if entry.changed is Changed.UNKNOWN else str(entry.changed)
    yield "hand-off", f"{since}; {_baseline(snapshot, now)}"
    yield "differs", _listed(entry.changed_paths)
    if entry.count > 1:
        yield "files", _listed(tuple(f"{size(file.size):>9}  {span(now - file.mtime):>5}  {file.path}"
                                     for file in entry.files))  # fmt: skip
    yield "open", tr("Enter reads it, p in $PAGER, e in $EDITOR") if entry.count else ""


def _listed(lines: tuple[str, ...]) -> str:
    more = [tr("and {count:,} more", count=len(lines) - PATHS)] if len(lines) > PATHS else []
    return "\n".join([*lines[:PATHS], *more])


def _baseline(snapshot: Snapshot, now: float) -> str:
    told = snapshot.operations
    if told.baseline is None:
        return told.baseline_error or tr("there was no hand-off yet")
    return tr("the last one was {clock}", clock=clock(told.baseline.written_at, now))


def _figure(entry: Figure, snapshot: Snapshot, now: float) -> Iterator[Fact]:
    yield "value", entry.shown
    yield "before", str(entry.previous) if entry.previous is not None else ""
    yield "change", entry.moved
    yield "hand-off", _baseline(snapshot, now)
    yield "where", entry.evidence
    yield "read", tr("{time} ago", time=span(now - entry.read_at)) if entry.read_at is not None else tr("not read yet")


def _collector(told: CollectorSlice, now: float) -> Iterator[Fact]:
    found, trend = told.collector, told.trend
    if found is None:
        return
    since = tr(", since {clock}", clock=clock(trend.since, now)) if trend.since is not None else ""
    yield "state", f"{found.state}{since}"
    yield "why", found.reason
    yield "evidence", found.evidence.replace(" · ", "\n")
    yield "received", counts(found)
    for name in COUNTS:
        rate = getattr(trend.rates, name)
        curve = sparkline([getattr(point.rates, name) or 0.0 for point in trend.history], CURVE)
        yield f"{name}/min", f"{rate:,.0f}  {curve if len(curve) > 1 else ''}" if rate is not None else ""
    yield "kept", size(found.bytes) if found.bytes is not None else ""
    yield "memory", size(found.memory) if found.memory is not None else ""
    yield "refused", f"{found.refused:,}" if found.refused is not None else ""
    yield "failed", f"{found.failed:,}" if found.failed is not None else ""
    yield "up", span(found.uptime) if found.uptime is not None else ""
    yield (
        "restarts",
        "\n".join(f"{clock(each.at, now)}: {each.evidence}" for each in reversed(trend.restarts[-CHANGES:])),
    )
    yield "read", tr("{time} ago", time=span(now - told.read_at)) if told.read_at is not None else ""


def _exporter(entry: Exporter) -> Iterator[Fact]:
    yield "exporter", entry.name
    yield "sent", f"{entry.sent:,}" if entry.sent is not None else ""
    failed = f"{entry.failed:,}" if entry.failed is not None else ""
    if entry.failed and entry.sent is not None:
        failed += tr(", {failed:.1%} of all", failed=entry.failed / (entry.failed + entry.sent))
    yield "failed", failed
    if entry.fill is not None:
        yield (
            "queue",
            tr(
                "{count} of {count_2}, {fill:.0%} full",
                count=count(entry.queued or 0),
                count_2=count(entry.capacity or 0),
                fill=entry.fill,
            ),
        )
