"""The sentences of a hand-off: lessons and things to avoid go on, what is to do follows from what is seen. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from console.model.automation import Automation
from console.model.handoff_items import FigureEntry, Found, PointEntry
from console.model.handoff_phrases import marked
from console.model.handoff_sources import Sources
from console.model.ledger import ledger
from console.model.reconcile import disagreement, live_states
from console.model.service import Judgement
from console.model.summary import summarise
from console.model.telemetry import CollectorState

EACH: Final = 20
"""Sentences of one kind, and numbers in a sentence, that are told."""
SUMMARY, STATUS, QUEUE, SHOW = (
    "oc-console summary", "oc-console status", "oc-console queue list", "oc-console log show {number}",
)  # fmt: skip
"""Commands that a step names."""
TASK: Final = 80
"""Characters of a task that are told in a step."""

_PLAIN: Final = frozenset({"running", "gone", "unknown"})
"""What is observed in one word, which no language changes."""


def points(sources: Sources, name: str) -> tuple[PointEntry, ...]:
    """The sentences of the list *name* in the last hand-off that a person wrote."""
    found: list[PointEntry] = sources.before(name)
    return tuple(dict.fromkeys(each for each in found if not sources.ours(each.text)))


def first_steps(sources: Sources) -> tuple[PointEntry, ...]:
    """Those of the last hand-off, then what waits for somebody now."""
    kept = points(sources, "first_steps")
    looks = () if kept else ((sources.word("summary"), SUMMARY), (sources.word("status"), STATUS))
    return (*kept, *(_own(sources, text, command) for text, command in (*looks, *_steps(sources))))


def checks(sources: Sources) -> tuple[PointEntry, ...]:
    """Those of the last hand-off, then what is not as it should be now."""
    return (*points(sources, "checks"), *(_own(sources, text) for text in dict.fromkeys(_odd(sources))))


def notes(sources: Sources) -> str:
    """The operator's text; without one that of the last hand-off, with every line of it that was not understood."""
    return sources.notes if sources.notes is not None else carried_notes(sources)


def carried_notes(sources: Sources) -> str:
    """What of the last hand-off has its place in the notes: nothing that somebody wrote is lost."""
    last = sources.last
    if last is None:
        return ""
    text = "\n".join(note.item.text for note in last.notes)
    lost: list[Found[Any]] = [*last.not_understood, *(line for line in last.figures if not line.item.values)]
    heads = [section for section in last.sections if section.item.kind == "" and section.item.title]
    held: list[str] = [text] if text else []
    pending = ""
    for found in sorted([*lost, *heads], key=lambda each: each.line):
        if found in heads:
            pending = found.raw
            continue
        said = found.item.text if isinstance(found.item, FigureEntry) else found.raw
        if said not in text:
            held += [pending, said] if pending else [said]
            pending = ""
    return "\n".join(held)


def _own(sources: Sources, text: str, *commands: str) -> PointEntry:
    return PointEntry(marked(text, sources.word("now")), tuple(each for each in commands if each))


def _steps(sources: Sources) -> Iterator[tuple[str, str]]:
    snapshot = sources.snapshot
    for surface in snapshot.waiting()[:EACH]:
        state = str(surface.status.state) if surface.status is not None else ""
        yield sources.word("answer", name=surface.name, state=state), ""
    live = live_states(snapshot.surfaces)
    collect = [each for each in snapshot.log.dispatches if disagreement(each, live) == "idle: collect it"]
    for each in sorted(collect, key=lambda each: each.number or 0)[:EACH]:
        number = each.number if each.number is not None else "?"
        command = SHOW.format(number=each.number) if each.number is not None else ""
        yield sources.word("collect", number=number, surface=each.surface, task=each.task[:TASK]), command
    for cut in snapshot.sends.cut_off[:EACH]:
        label = f"#{cut.number} {cut.surface}" if cut.number is not None else cut.surface
        yield sources.word("settle", about=sources.told(cut.about, label)), ""
    if snapshot.queue.total:
        told = sources.word("queue", count=snapshot.queue.total, paused=snapshot.queue.paused)
        yield told, QUEUE


def _odd(sources: Sources) -> Iterator[str]:
    snapshot = sources.snapshot
    for wrong, where in (
        (snapshot.mux.error, snapshot.mux.source),
        (snapshot.log.error, snapshot.log.source),
        (snapshot.sends.error, "sends"),
        (snapshot.operations.baseline_error, "baseline"),
    ):
        if wrong:
            yield sources.word("trouble", what=sources.told(wrong, where))
    wanting = [s for s in snapshot.services.services if s.judgement in (Judgement.ALARM, Judgement.ATTENTION)]
    for service in wanting[:EACH]:
        seen = sources.told(service.observed, service.state) or judged(sources, service.judgement)
        yield sources.word("expected", name=service.name, observed=seen, expected=service.expected)
    collector = snapshot.collector.collector
    if collector is not None and collector.state in (CollectorState.DOWN, CollectorState.DEGRADED):
        told = f"{collector.state}{sources.told(f': {collector.why}')}"
        yield sources.word("trouble", what=sources.word("collector", told=told))
    for trouble in list(_operations(sources))[:EACH]:
        yield sources.word("trouble", what=trouble)
    for group in summarise(snapshot.log.dispatches, sources.now).duplicates[:EACH]:
        yield sources.word("same task", numbers=_numbers(sources, group))
    awaiting = [
        each.number for each in ledger(snapshot.log.dispatches, sources.names).awaiting if each.number is not None
    ]
    if awaiting:
        yield sources.word("verify", numbers=_numbers(sources, awaiting))
    for figure in snapshot.operations.figures:
        if figure.number is None and figure.read_at is not None:
            why = sources.told(figure.evidence) or sources.word("unknown word")
            yield sources.word("figure", name=figure.name, why=why)


def _operations(sources: Sources) -> Iterator[str]:
    operations = sources.snapshot.operations
    for each in operations.automation:
        if each.wrong:
            seen = observed(sources, each) or judged(sources, each.judgement)
            yield sources.word("expected", name=each.name, observed=seen, expected=each.expected)
    for artifact in operations.artifacts:
        if artifact.judgement is Judgement.ATTENTION:
            yield f"{artifact.name}: {sources.told(artifact.evidence) or judged(sources, artifact.judgement)}"


def observed(sources: Sources, automation: Automation) -> str:
    """What was seen of temporary automation; where the screen speaks another language, without what is counted."""
    if automation.observed in _PLAIN:
        return automation.observed
    return sources.told(automation.observed, "" if automation.kind == "glob" else "running")


def judged(sources: Sources, judgement: Judgement) -> str:
    """How something is, in a word of the document."""
    return sources.word("unknown word" if judgement is Judgement.UNKNOWN else str(judgement))


def _numbers(sources: Sources, numbers: Sequence[int]) -> str:
    listed = " ".join(f"#{number}" for number in numbers[:EACH])
    more = len(numbers) - EACH
    return sources.word("and more", listed=listed, count=more) if more > 0 else listed
