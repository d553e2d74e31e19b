"""The facts a hand-off is written from: what is known now, what the last one said, and which of it is not known now.

Nothing the last one said is dropped unless it is known to be over: a dispatch that was closed, a surface that was told
to be gone. What cannot be seen now is said to be unknown, with the day of which it is known. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Final, TypeVar

from console.model.artifact import Artifact, Changed
from console.model.automation import Automation
from console.model.decision_entries import only_told
from console.model.dispatch import Dispatch
from console.model.handoff_figures import figures, verifications
from console.model.handoff_items import (
    ArtifactEntry,
    AutomationEntry,
    DecisionEntry,
    DispatchEntry,
    GuardEntry,
    HandoffFacts,
    ServiceEntry,
    SurfaceEntry,
)
from console.model.handoff_phrases import PHRASES, marked, own_words
from console.model.handoff_points import checks, first_steps, judged, notes, observed, points
from console.model.handoff_sources import Sources, folded
from console.model.naming import identity
from console.model.reconcile import Live, disagreement, live_states
from console.model.service import Judgement, Service
from console.model.surface import Surface

GUARDS: Final = 30
"""Guards that fired which are told, the newest."""
Entry = TypeVar("Entry")


def facts(sources: Sources) -> HandoffFacts:
    """Return what a hand-off says now. Equal sources give equal facts."""
    return HandoffFacts(
        sources.written_at,
        surfaces=tuple(_surfaces(sources)),
        dispatches=tuple(_dispatches(sources)),
        decisions=_decisions(sources),
        services=tuple(_services(sources)),
        automation=tuple(_automation(sources)),
        artifacts=tuple(_artifacts(sources)),
        lessons=points(sources, "lessons"),
        figures=tuple(figures(sources)),
        first_steps=first_steps(sources),
        checks=checks(sources),
        avoid=points(sources, "avoid"),
        verifications=verifications(sources),
        guards=_guards(sources),
        notes=notes(sources),
    )


def _taken(left: list[Entry], wanted: Callable[[Entry], bool]) -> Entry | None:
    """Take the first entry that is *wanted* out of *left*."""
    found = next((entry for entry in left if wanted(entry)), None)
    if found is not None:
        left.remove(found)
    return found


def _surfaces(sources: Sources) -> Iterator[SurfaceEntry]:
    left: list[SurfaceEntry] = sources.before("surfaces")
    fleet = sources.snapshot.fleet()
    # By name first: after a restart of tmux its pane ids, and after a move its places, belong to other surfaces.
    by_name = {surface.key: _taken(left, partial(_named, surface)) for surface in fleet}
    for surface in fleet:
        before = by_name[surface.key] or _taken(left, partial(_placed, surface))
        if surface.place is None and not surface.agent and before is None:
            continue  # a shell of the operator's own
        known = before or SurfaceEntry("")
        yield SurfaceEntry(
            lasting_ref(surface),
            surface.role or known.role,
            surface.info.workspace_ref or surface.info.workspace or known.workspace,
            surface.agent or known.agent,
            surface.name if surface.name not in (surface.info.ref, lasting_ref(surface)) else known.name,
            _state(sources, surface),
            sources.said(known.remarks),
        )
    mux = sources.snapshot.mux
    for entry in left:
        if mux.error or mux.read_at is None:
            yield replace(entry, state=sources.unknown(entry.state))
        elif own_words(entry.state) not in PHRASES["gone"]:
            yield replace(entry, state=marked(sources.said(entry.state), sources.word("gone")))


def lasting_ref(surface: Surface) -> str:
    """How *surface* is called after a restart too: pane ids (``%3``) and a daemon's (``term_…``) are given anew."""
    info = surface.info
    return (info.place or info.ref) if info.ref.startswith(("%", "term_")) else info.ref


def _named(surface: Surface, entry: SurfaceEntry) -> bool:
    """Whether *entry* has the name that the configuration gives *surface*."""
    return surface.place is not None and bool(entry.name) and identity(entry.name) == identity(surface.name)


def _placed(surface: Surface, entry: SurfaceEntry) -> bool:
    return identity(entry.ref) in surface.names


def _state(sources: Sources, surface: Surface) -> str:
    if surface.gone:
        return marked("", sources.word("gone"))
    if sources.snapshot.mux.error or surface.error or surface.status is None:
        last = str(surface.status.state) if surface.status is not None else ""
        return marked(last, sources.told(surface.error) or sources.word("unknown word"))
    return str(surface.status.state)


def _dispatches(sources: Sources) -> Iterator[DispatchEntry]:
    log = sources.snapshot.log
    known = bool(log.source) and log.read_at is not None
    left: list[DispatchEntry] = sources.before("dispatches")
    live = live_states(sources.snapshot.surfaces)
    numbers = {each.number for each in log.dispatches if each.number is not None} if known else set[int]()
    by_number = {entry.number: entry for entry in left if entry.number is not None}
    for each in sorted((d for d in log.dispatches if d.is_open), key=_age):
        before = by_number.get(each.number) if each.number is not None else None
        why = _disagreement(sources, each, live) or (sources.word("stale log") if log.error else "")
        remarks = sources.said(before.remarks) if before is not None else ""
        yield DispatchEntry(each.number, each.surface, each.task, str(each.status), marked(remarks, why))
    tasks = {folded(each.task) for each in log.dispatches} if known else set[str]()
    for entry in left:
        if known and (entry.number in numbers or (entry.number is None and folded(entry.task) in tasks)):
            continue  # told above, or closed since
        remarks = entry.remarks
        if known and not sources.ours(remarks):
            remarks = marked(remarks, sources.word("not in the log"))
        yield replace(entry, remarks=remarks if known else sources.unknown(remarks))


def _disagreement(sources: Sources, dispatch: Dispatch, live: Mapping[str, Live]) -> str:
    """Why a dispatch and its surface do not agree: in words of the document, or as the screen has it."""
    why = disagreement(dispatch, live, sources.now)
    if not why or why in PHRASES:
        return sources.word(why)
    return sources.told(why, sources.word("disagrees"))


def _age(dispatch: Dispatch) -> tuple[float, int]:
    return (dispatch.dispatched_at or 0.0, dispatch.number or 0)


def _decisions(sources: Sources) -> tuple[DecisionEntry, ...]:
    given = sources.decisions or ()
    told = {folded(each.text) for each in given}
    more = only_told(sources.before("decisions"), sources.snapshot.decisions, there=sources.list_there)
    return (*given, *(each for each in more if folded(each.text) not in told))


def _services(sources: Sources) -> Iterator[ServiceEntry]:
    left: list[ServiceEntry] = sources.before("services")
    for each in sources.snapshot.services.services:
        names = {folded(each.name), folded(each.label)} - {""}
        before = _taken(left, lambda entry: folded(entry.label) in names)  # noqa: B023 - called at once
        known = before or ServiceEntry("")
        yield ServiceEntry(
            known.label or each.name,
            known.role,
            each.pid,
            known.port,
            each.expected,
            _observed(sources, each),
            sources.said(known.remarks),
            each.count if each.members or each.count != 1 else None,
        )
    for entry in left:
        yield replace(entry, observed=sources.unknown(entry.observed))


def _observed(sources: Sources, service: Service) -> str:
    if service.read_at is None and service.judgement is Judgement.UNKNOWN:
        return marked("", sources.word("not read"))
    seen = sources.told(service.observed, service.state)
    if service.judgement is Judgement.OK:
        return seen
    return marked(seen, sources.told(service.error or service.evidence) or judged(sources, service.judgement))


def _automation(sources: Sources) -> Iterator[AutomationEntry]:
    left: list[AutomationEntry] = sources.before("automation")
    for each in sources.snapshot.operations.automation:
        names = {folded(each.target), folded(each.name)}
        before = _taken(left, lambda entry: folded(sources.path(entry.path)) in names)  # noqa: B023 - called at once
        known = before or AutomationEntry("")
        yield AutomationEntry(
            known.path or sources.short(each.target),
            _seen(sources, each),
            each.action or sources.said(known.action),
            each.expected,
            each.tally.count if each.tally is not None and each.judgement is not Judgement.UNKNOWN else None,
        )
    for entry in left:
        yield replace(entry, state=sources.unknown(entry.state))


def _seen(sources: Sources, automation: Automation) -> str:
    if automation.read_at is None:
        return marked("", sources.word("not read"))
    why = sources.told(automation.evidence, sources.word("unknown word"))
    return marked(observed(sources, automation), why if automation.judgement is Judgement.UNKNOWN else "")


def _artifacts(sources: Sources) -> Iterator[ArtifactEntry]:
    left: list[ArtifactEntry] = sources.before("artifacts")
    for each in sources.snapshot.operations.artifacts:
        same = (folded(each.pattern), folded(each.name))

        def is_it(entry: ArtifactEntry, same: tuple[str, str] = same) -> bool:
            path = folded(sources.path(entry.path))
            return path == same[0] or (not path and folded(entry.name) == same[1])

        known = _taken(left, is_it) or ArtifactEntry("", "")
        remarks = marked(sources.said(known.remarks), _compared(sources, each))
        yield ArtifactEntry(known.name or each.name, known.path or sources.short(each.pattern), remarks)
    for entry in left:
        yield replace(entry, remarks=sources.unknown(entry.remarks))


def _compared(sources: Sources, artifact: Artifact) -> str:
    if artifact.read_at is None:
        return sources.word("not read")
    if artifact.judgement is not Judgement.OK:
        return sources.told(artifact.evidence) or judged(sources, artifact.judgement)
    return "" if artifact.changed is Changed.UNKNOWN else sources.word(str(artifact.changed).removeprefix("un"))


def _guards(sources: Sources) -> tuple[GuardEntry, ...]:
    if sources.guards is None:
        return tuple(sources.before("guards"))[:GUARDS]
    return sources.guards[:GUARDS]
