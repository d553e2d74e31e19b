"""The sentences of a hand-off: lessons and things to avoid go on, what is to do follows from what is seen. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from console.i18n import tr
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
TASK: Final = 80
"""Characters of a task that are told in a step."""


def points(sources: Sources, name: str) -> tuple[PointEntry, ...]:
    """The sentences of the list *name* in the last hand-off that a person wrote."""
    found: list[PointEntry] = sources.before(name)
    return tuple(dict.fromkeys(each for each in found if not sources.ours(each.text)))


def first_steps(sources: Sources) -> tuple[PointEntry, ...]:
    """Those of the last hand-off, then what waits for somebody now."""
    kept = points(sources, "first_steps")
    looks = (
        ()
        if kept
        else ((sources.word("summary"), tr("oc-console summary")), (sources.word("status"), tr("oc-console status")))
    )
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
        command = tr("oc-console log show {number}", number=each.number) if each.number is not None else ""
        yield sources.word("collect", number=number, surface=each.surface, task=each.task[:TASK]), command
    for cut in snapshot.sends.cut_off[:EACH]:
        yield sources.word("settle", about=cut.about), ""
    if snapshot.queue.total:
        told = sources.word("queue", count=snapshot.queue.total, paused=snapshot.queue.paused)
        yield told, tr("oc-console queue list")


def _odd(sources: Sources) -> Iterator[str]:
    snapshot = sources.snapshot
    for wrong in (snapshot.mux.error, snapshot.log.error, snapshot.sends.error, snapshot.operations.baseline_error):
        if wrong:
            yield sources.word("trouble", what=wrong)
    wanting = [s for s in snapshot.services.services if s.judgement in (Judgement.ALARM, Judgement.ATTENTION)]
    for service in wanting[:EACH]:
        yield sources.word("expected", name=service.name, observed=service.observed, expected=service.expected)
    collector = snapshot.collector.collector
    if collector is not None and collector.state in (CollectorState.DOWN, CollectorState.DEGRADED):
        yield sources.word("trouble", what=tr("collector {state}: {why}", state=collector.state, why=collector.why))
    for trouble in list(snapshot.operations.troubles())[:EACH]:
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
            yield sources.word("figure", name=figure.name, why=figure.evidence)


def _numbers(sources: Sources, numbers: Sequence[int]) -> str:
    listed = " ".join(f"#{number}" for number in numbers[:EACH])
    more = len(numbers) - EACH
    return sources.word("and more", listed=listed, count=more) if more > 0 else listed
