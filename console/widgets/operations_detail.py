"""What is told of the selected row of the operations screen. Everything in it is text, never markup."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from console.i18n import mark, tr, trc, trn
from console.model.artifact import Artifact, Changed
from console.model.automation import Automation, Tally
from console.model.figure import Figure
from console.model.observed import seen, wanted
from console.model.service import Judgement, Service
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
_KINDS: Final = {"glob": mark("glob"), "process": mark("process"), "script": mark("script")}


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
    yield tr("state"), _since(service, now)
    yield tr("expected"), _judged(service.expected, service.judgement)
    yield trc("label", "seen"), service.evidence
    if service.error and service.error not in service.evidence:
        yield tr("error"), service.error
    known = dict(extra.facts) if extra is not None else {}
    yield tr("command"), known.pop("command", "") or known.pop("program", "")
    yield "pid", str(service.pid) if service.pid is not None else ""
    known.pop("pid", None)
    known.pop("state", None)
    yield tr("last exit"), service.last_exit or known.pop("last exit", "")
    yield tr("schedule"), service.schedule or known.pop("schedule", "")
    known.pop("schedule", None)
    if service.next_run is not None:
        following = {"clock": clock(service.next_run, now), "time": span(service.next_run - now)}
        yield tr("next run"), tr("{clock}, in {time}", **following)
    if service.last_run is not None:
        yield tr("last run"), _ago(service.last_run, now)
    yield tr("overdue"), tr("yes: a run did not take place") if service.overdue else ""
    memory = known.pop("memory, bytes", "")
    yield tr("memory"), size(int(memory)) if memory.isdecimal() else memory
    yield from ((tr(name), value) for name, value in known.items() if name)
    yield tr("size"), size(service.size) if service.size is not None else ""
    yield tr("latency"), f"{service.latency * 1000:.0f} ms" if service.latency is not None else ""
    yield tr("history"), _history(service, history, now)
    yield from _asked(service, now)
    if extra is not None:
        yield tr("not known"), extra.error


def _since(service: Service, now: float) -> str:
    if service.since is None:
        return seen(service.observed)
    since = {"clock": clock(service.since, now), "time": span(now - service.since)}
    return tr("{observed}, since {clock} ({time})", observed=seen(service.observed), **since)


def _judged(expected: str, judgement: Judgement) -> str:
    return f"{wanted(expected)}: {tr(str(judgement))}"


def _ago(at: float, now: float) -> str:
    return tr("{clock}, {time} ago", clock=clock(at, now), time=span(now - at))


def _read(read_at: float | None, now: float) -> str:
    return tr("{time} ago", time=span(now - read_at)) if read_at is not None else tr("not read yet")


def _asked(service: Service, now: float) -> Iterator[Fact]:
    who = f"{service.manager} {service.label}".strip()
    read = tr("not read yet")
    if service.read_at is not None:
        read = tr("read {time} ago", time=span(now - service.read_at))
    every = tr("every {seconds:g} s", seconds=service.period) if service.period else ""
    yield trc("label", "asked"), ", ".join(filter(None, (who, read, every)))
    if service.members:
        counted = {"count": len(service.members), "odd": len(service.odd)}
        yield tr("members"), tr("{count}, {odd} not as expected; Enter shows all", **counted)


def _history(service: Service, history: History, now: float) -> str:
    changes = history.get(service.name, ())[-CHANGES:]
    return "\n".join(
        tr("{state} since {clock}", state=tr(state), clock=clock(at, now)) for at, state in reversed(changes)
    )


def _automation(entry: Automation, now: float) -> Iterator[Fact]:
    yield trc("label", "seen"), seen(entry.observed)
    yield tr("expected"), _judged(entry.expected, entry.judgement)
    yield tr(_KINDS[entry.kind]), entry.target
    yield tr("what to do"), entry.action
    yield tr("evidence"), entry.evidence
    if entry.tally is not None and entry.tally.count:
        told = entry.tally
        yield tr("files"), ", ".join(filter(None, (f"{told.count:,}", size(told.size), _ages(told, now))))
    if entry.kind == "glob":
        can = tr("c shows what would go, and asks") if can_clean(entry) else tr("nothing there to clean up")
        yield tr("clean-up"), can if entry.clean else tr("not allowed (clean: true in its entry allows it)")
    yield trc("label", "read"), _read(entry.read_at, now)


def _ages(tally: Tally, now: float) -> str:
    if tally.oldest is None or tally.newest is None:
        return ""
    return tr("{oldest} to {newest} old", oldest=span(now - tally.oldest), newest=span(now - tally.newest))


def _artifact(entry: Artifact, snapshot: Snapshot, now: float) -> Iterator[Fact]:
    yield tr("path"), entry.pattern
    yield trc("label", "seen"), entry.evidence
    several = trn("{size} in {count:,} file", "{size} in {count:,} files", entry.count, size=size(entry.size))
    yield tr("size"), several if entry.count > 1 else size(entry.size)
    if entry.mtime is not None:
        yield tr("changed"), _ago(entry.mtime, now)
    since = tr("not known") if entry.changed is Changed.UNKNOWN else tr(str(entry.changed))
    yield tr("hand-off"), f"{since}; {_baseline(snapshot, now)}"
    yield tr("differs"), _listed(entry.changed_paths)
    if entry.count > 1:
        yield tr("files"), _listed(tuple(f"{size(file.size):>9}  {span(now - file.mtime):>5}  {file.path}"
                                     for file in entry.files))  # fmt: skip
    yield trc("label", "open"), tr("Enter reads it, p in $PAGER, e in $EDITOR") if entry.count else ""


def _listed(lines: tuple[str, ...]) -> str:
    more = [tr("and {count:,} more", count=len(lines) - PATHS)] if len(lines) > PATHS else []
    return "\n".join([*lines[:PATHS], *more])


def _baseline(snapshot: Snapshot, now: float) -> str:
    told = snapshot.operations
    if told.baseline is None:
        return told.baseline_error or tr("there was no hand-off yet")
    return tr("the last one was {clock}", clock=clock(told.baseline.written_at, now))


def _figure(entry: Figure, snapshot: Snapshot, now: float) -> Iterator[Fact]:
    yield tr("value"), entry.shown
    yield trc("label", "before"), str(entry.previous) if entry.previous is not None else ""
    yield trc("label", "change"), entry.moved
    yield tr("hand-off"), _baseline(snapshot, now)
    yield trc("label", "where"), entry.evidence
    yield trc("label", "read"), _read(entry.read_at, now)


def _collector(told: CollectorSlice, now: float) -> Iterator[Fact]:
    found, trend = told.collector, told.trend
    if found is None:
        return
    state = tr(str(found.state))
    since = (
        tr("{state}, since {clock}", state=state, clock=clock(trend.since, now)) if trend.since is not None else state
    )
    yield tr("state"), since
    yield trc("label", "why"), found.reason
    yield tr("evidence"), found.evidence.replace(" · ", "\n")
    yield trc("label", "received"), counts(found)
    for name in COUNTS:
        rate = getattr(trend.rates, name)
        curve = sparkline([getattr(point.rates, name) or 0.0 for point in trend.history], CURVE)
        yield tr("{name}/min", name=name), f"{rate:,.0f}  {curve if len(curve) > 1 else ''}" if rate is not None else ""
    yield trc("label", "kept"), size(found.bytes) if found.bytes is not None else ""
    yield tr("memory"), size(found.memory) if found.memory is not None else ""
    yield tr("refused"), f"{found.refused:,}" if found.refused is not None else ""
    yield tr("failed"), f"{found.failed:,}" if found.failed is not None else ""
    yield trc("label", "up"), span(found.uptime) if found.uptime is not None else ""
    restarts = (f"{clock(each.at, now)}: {each.evidence}" for each in reversed(trend.restarts[-CHANGES:]))
    yield tr("restarts"), "\n".join(restarts)
    yield trc("label", "read"), _read(told.read_at, now) if told.read_at is not None else ""


def _exporter(entry: Exporter) -> Iterator[Fact]:
    yield tr("exporter"), entry.name
    yield tr("sent"), f"{entry.sent:,}" if entry.sent is not None else ""
    failed = f"{entry.failed:,}" if entry.failed is not None else ""
    if entry.failed and entry.sent is not None:
        part = entry.failed / (entry.failed + entry.sent)
        failed = tr("{count:,}, {part:.1%} of all", count=entry.failed, part=part)
    yield tr("failed"), failed
    if entry.fill is not None:
        held = {"count": count(entry.queued or 0), "capacity": count(entry.capacity or 0), "fill": entry.fill}
        yield tr("queue"), tr("{count} of {capacity}, {fill:.0%} full", **held)
