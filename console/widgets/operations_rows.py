"""The rows of the operations screen: sections of what is watched, the most urgent first. Knows no widget, no colour."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from console.i18n import tr, trc
from console.model.artifact import Artifact, Changed
from console.model.automation import Automation
from console.model.figure import Figure
from console.model.observed import seen, wanted
from console.model.service import Judgement, Service
from console.model.snapshot import CollectorSlice, Snapshot
from console.model.telemetry import Collector, CollectorState, Exporter
from console.widgets.plots import sparkline
from console.widgets.words import count, size, span

MARKS: Final = {Judgement.ALARM: "✗", Judgement.ATTENTION: "▲", Judgement.UNKNOWN: "?", Judgement.OK: "●"}
STYLES: Final = {Judgement.ALARM: "alert", Judgement.ATTENTION: "alert", Judgement.UNKNOWN: "note"}
RANK: Final = {Judgement.ALARM: 0, Judgement.ATTENTION: 1, Judgement.UNKNOWN: 2, Judgement.OK: 3}
TROUBLE: Final = frozenset(STYLES)
_STATES: Final = {
    CollectorState.UP: Judgement.OK,
    CollectorState.DEGRADED: Judgement.ATTENTION,
    CollectorState.DOWN: Judgement.ALARM,
    CollectorState.UNKNOWN: Judgement.UNKNOWN,
}

Entry = Service | Automation | Artifact | Figure | CollectorSlice | Exporter | None


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the list."""

    key: str
    """Its identity across readings: ``service otel-collector``; of a heading the section alone."""
    name: str
    what: str = ""
    """What is seen, in a word or a number."""
    when: str = ""
    """Since when, how long ago, or how much it changed."""
    rest: str = ""
    judgement: Judgement = Judgement.OK
    head: bool = False
    member: bool = False
    """Whether it belongs to the row above."""
    entry: Entry = None


def rows(snapshot: Snapshot, now: float, opened: Collection[str] = (), words: Sequence[str] = ()) -> tuple[Row, ...]:
    """Everything that is watched at *now* (epoch seconds), under its headings.

    All members are shown of the patterns whose keys are *opened*, else only the odd ones. *words* narrow it down.
    """
    services = [each for each in snapshot.services.services if not is_schedule(each)]
    schedules = [each for each in snapshot.services.services if is_schedule(each)]
    told = snapshot.operations
    sections = (
        (_head("services", tr("Services"), tr("state"), trc("column", "for"), tr("what was seen")),
         _services(services, now, opened)),
        (_head("schedules", tr("Schedules"), tr("next run"), trc("column", "last"), tr("when, and what was seen")),
         [_schedule(each, now) for each in _urgent(schedules)]),
        (_head("automation", tr("Temporary"), trc("column", "seen"), trc("column", "oldest"), tr("what is expected")),
         [_automation(each, now) for each in sorted(told.automation, key=lambda each: RANK[each.judgement])]),
        (_head("artifacts", tr("Artifacts"), tr("size"), trc("column", "age"), tr("since the last hand-off")),
         [_artifact(each, now) for each in sorted(told.artifacts, key=lambda each: RANK[each.judgement])]),
        (_head("figures", tr("Figures"), tr("value"), trc("column", "change"), tr("where it was read")),
         [_figure(each) for each in told.figures]),
        (_head("collector", tr("Collector"), tr("state"), trc("column", "for"), tr("what it received")),
         list(_collector(snapshot.collector, now))),
    )  # fmt: skip
    found: list[Row] = []
    for head, listed in sections:
        shown = [row for row in listed if _passes(row, words)]
        if shown:
            found += [_counted(head, listed), *shown]
    return tuple(found)


def _head(key: str, name: str, what: str, when: str, rest: str) -> Row:
    return Row(key, name, what, when, rest, head=True)


def is_schedule(service: Service) -> bool:
    """Whether it is started by the clock: a cron job, a timer, a job with a calendar or an interval."""
    if service.members:
        return False
    by_clock = service.manager == "cron" or service.label.endswith(".timer") or bool(service.schedule)
    return by_clock or service.next_run is not None


def first_wrong(listed: Sequence[Row]) -> str:
    """Key of the most urgent row, of the first one when all is well; empty without any."""
    entries = [row for row in listed if not row.head]
    return min(entries, key=lambda row: RANK[row.judgement]).key if entries else ""


def _urgent(services: Iterable[Service]) -> list[Service]:
    """Alarms, attention, unknown, then patterns, then the rest; else as configured."""
    return sorted(services, key=lambda each: (RANK[each.judgement], not each.members))


def _counted(head: Row, listed: Sequence[Row]) -> Row:
    whole = [row for row in listed if not row.member]
    wrong = sum(1 for row in whole if row.judgement in TROUBLE)
    told = f"{head.name} {len(whole)}" + (f"  ▲ {wrong}" if wrong else "")
    return Row(head.key, told, head.what, head.when, head.rest, head=True)


def _passes(row: Row, words: Sequence[str]) -> bool:
    entry = row.entry
    more = f"{entry.observed} {entry.manager} {entry.label} {entry.group}" if isinstance(entry, Service) else ""
    judged = f"{row.judgement} {tr(str(row.judgement))}"  # whoever knows the English word finds it too
    text = f"{row.key} {row.name} {row.what} {row.rest} {judged} {more}".casefold()
    return all(word in text for word in words)


def _services(services: Iterable[Service], now: float, opened: Collection[str]) -> list[Row]:
    found = []
    for each in _urgent(services):
        key = f"service {each.name}"
        found.append(_service(each, key, now))
        shown = each.members if key in opened else each.odd
        found += [_service(one, f"{key} {one.name}", now, member=True) for one in _urgent(shown)]
    return found


def _service(service: Service, key: str, now: float, *, member: bool = False) -> Row:
    since = span(now - service.since) if service.since is not None else ""
    rest = service.evidence
    if service.judgement is not Judgement.OK:
        rest = tr("expected {expected}; {rest}", expected=wanted(service.expected), rest=rest)
    return Row(key, service.name, seen(service.observed), since, rest, service.judgement, member=member, entry=service)


def _schedule(service: Service, now: float) -> Row:
    if service.overdue:
        following = tr("overdue")
    elif service.next_run is not None:
        following = tr("in {time}", time=span(service.next_run - now))
    else:
        following = service.schedule or seen(service.observed)
    last = span(now - service.last_run) if service.last_run is not None else ""
    key = f"service {service.name}"
    return Row(key, service.name, following, last, service.evidence, service.judgement, entry=service)


def _automation(entry: Automation, now: float) -> Row:
    oldest = entry.tally.oldest if entry.tally is not None else None
    age = span(now - oldest) if oldest is not None else ""
    expected = tr("expected {expected}", expected=wanted(entry.expected))
    rest = "; ".join(filter(None, (expected, entry.action, tr("c cleans up") if can_clean(entry) else "")))
    what = seen(entry.observed) if entry.read_at is not None else _unread()
    return Row(f"automation {entry.name}", entry.name, what, age, rest, entry.judgement, entry=entry)


def _unread() -> str:
    return trc("column", "not read yet")  # the word of the column is a short one


def can_clean(entry: Automation) -> bool:
    """Whether there is something the clean-up may move."""
    return entry.clean and entry.tally is not None and entry.tally.count > 0


def _artifact(entry: Artifact, now: float) -> Row:
    if entry.exists is None:
        what = tr("unknown")
    elif not entry.exists:
        what = tr("missing")
    else:
        what = size(entry.size) if entry.count == 1 else f"{size(entry.size)} ({entry.count:,})"
    age = span(now - entry.mtime) if entry.mtime is not None else ""
    since = {Changed.UNKNOWN: "", Changed.SAME: tr("as it was")}.get(entry.changed, tr(str(entry.changed)))
    rest = " · ".join(filter(None, (since, entry.pattern)))
    return Row(f"artifact {entry.name}", entry.name, what, age, rest, entry.judgement, entry=entry)


def _figure(entry: Figure) -> Row:
    known = Judgement.OK if entry.number is not None else Judgement.UNKNOWN
    shown = entry.shown if entry.number is not None or entry.read_at is not None else _unread()
    return Row(f"figure {entry.name}", entry.name, shown, entry.moved, entry.evidence, known, entry=entry)


def _collector(told: CollectorSlice, now: float) -> Iterator[Row]:
    if not told.source:
        return
    found = told.collector
    if found is None:
        yield Row("collector otel", "otel", tr("asking …"), judgement=Judgement.UNKNOWN, entry=told)
        return
    since = span(now - told.trend.since) if told.trend.since is not None else ""
    total = told.trend.rates.total
    rate = tr("↑ {count}/min", count=count(round(total))) if total is not None else ""
    curve = sparkline([point.rates.total or 0.0 for point in told.trend.history][-12:])
    wrong = found.why if found.state is not CollectorState.UP else ""
    rest = "  ".join(filter(None, (wrong, counts(found), curve if len(curve) > 1 else "", rate)))
    name = f"otel {found.endpoint}".rstrip()
    yield Row("collector otel", name, tr(str(found.state)), since, rest, _STATES[found.state], entry=told)
    yield from (_exporter(each) for each in found.exporters)


def _exporter(each: Exporter) -> Row:
    sent = tr("{count} sent", count=count(each.sent)) if each.sent is not None else ""
    lost = tr("{count} failed", count=count(each.failed)) if each.failed else ""
    queue = (
        tr("queue {queued:,} of {capacity:,}", queued=each.queued, capacity=each.capacity)
        if each.fill is not None
        else ""
    )
    fill = f"{each.fill:.0%}" if each.fill is not None else ""
    judged = Judgement.ATTENTION if each.fill is not None and each.fill > 0.8 else Judgement.OK
    rest = "  ".join(filter(None, (lost, queue)))
    return Row(f"collector otel {each.name}", each.name, sent, fill, rest, judged, member=True, entry=each)


def counts(found: Collector) -> str:
    """``30.3k logs  1.1k spans``; OpenTelemetry's own names, in every language."""
    numbers = ((getattr(found, name), name) for name in ("logs", "spans", "metrics", "resources"))
    return "  ".join(f"{count(value)} {name}" for value, name in numbers if value is not None)
