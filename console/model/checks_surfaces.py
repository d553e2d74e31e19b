"""Checks of the surfaces: is each there, does it answer, is its finished work collected? Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from console.i18n import tr, trn
from console.model.agent import AgentState
from console.model.checklist import SURFACES, WORK, About, Step, StepState, beside, listed
from console.model.checks_given import STALE, Given, duration
from console.model.dispatch import Dispatch, DispatchStatus
from console.model.handoff_items import Found, SurfaceEntry
from console.model.naming import identity
from console.model.service import Judgement
from console.model.surface import Surface

_IDLE: Final = frozenset({AgentState.IDLE, AgentState.SHELL, AgentState.DEAD, AgentState.TYPED})
"""In these, nobody works on what was given."""
_GIVEN: Final = frozenset(
    {
        DispatchStatus.SENT,
        DispatchStatus.WORKING,
        DispatchStatus.WAITING,
        DispatchStatus.NEEDS_CHECK,
        DispatchStatus.UNKNOWN,
    }
)
"""A queued one was not given to anybody; one that is being sent is told with the cut-off sends."""
LINES: Final = 2
"""Rows of the last message that are told."""
WIDTH: Final = 160


def surfaces(given: Given) -> Iterator[Step]:
    """The terminal server, then every surface of the configuration and of the hand-off."""
    snapshot, mux = given.snapshot, given.snapshot.mux
    yield _server(given)
    if mux.error or mux.read_at is None:
        return  # nothing is known of any of them: one trouble, told once
    named = {id(each): each for each in snapshot.surfaces if each.place is not None}
    lines: dict[int, Found[SurfaceEntry]] = {}
    missing = []
    for entry in given.handoff.surfaces if given.handoff is not None else ():
        surface = _meant(given, entry.item)
        if surface is None:
            missing.append(entry)
        else:
            named.setdefault(id(surface), surface)
            lines[id(surface)] = entry
    for surface in snapshot.fleet():
        if id(surface) in named:
            yield _surface(given, surface, lines.get(id(surface)))
    for entry in missing:
        yield Step(
            f"surface {entry.item.ref}", _title(entry.item.ref, entry.item.name), SURFACES, StepState.FAIL,
            _with_work(given, tr("it is in the hand-off and not here"), entry.item.ref),
            tr("start it again, or name its new ref under surfaces:"), checked_at=mux.read_at, line=entry.line,
        )  # fmt: skip


def _meant(given: Given, entry: SurfaceEntry) -> Surface | None:
    """The surface that *entry* is about: by its name first where its ref is a pane id, which tmux gives anew to other
    panes after a restart of its server."""
    names = (entry.name, entry.ref) if entry.ref.startswith("%") else (entry.ref, entry.name)
    for name in filter(None, names):
        found = given.snapshot.called(name)
        if len(found) == 1:
            return found[0]
    return None


def _server(given: Given) -> Step:
    mux = given.snapshot.mux
    title, id = tr("terminal server"), "server"
    if mux.error:
        remedy = tr("start it; oc-console doctor says where it was looked for")
        return Step(id, title, SURFACES, StepState.FAIL, mux.error, remedy, checked_at=given.now)
    if mux.read_at is None:
        return Step(id, title, SURFACES, given.unread, tr("has not answered yet"), tr("look whether it runs"))
    there = sum(1 for each in given.snapshot.surfaces if not each.gone)
    return Step(
        id,
        title,
        SURFACES,
        StepState.PASS,
        trn("{source}: {count} surface", "{source}: {count} surfaces", there, source=mux.source),
        checked_at=mux.read_at,
    )


def _title(ref: str, name: str) -> str:
    return f"{ref} {name}" if name and name != ref else ref


def _with_work(given: Given, said: str, ref: str) -> str:
    """*said* of a surface that is not there, with the work that is open on it."""
    mine = [each.label for each in given.snapshot.log.dispatches if each.is_open and each.surface and _same(each, ref)]
    return tr("{said}; {listed} open on it", said=said, listed=listed(mine)) if mine else said


def _same(dispatch: Dispatch, ref: str) -> bool:
    return identity(dispatch.surface) == identity(ref)


def _surface(given: Given, surface: Surface, entry: Found[SurfaceEntry] | None) -> Step:
    state, evidence, remedy, key = _judged(given, surface, entry.item.agent if entry is not None else "")
    about = About("surface", surface.key)
    at = given.now if surface.gone else surface.read_at
    title = _title(surface.info.ref, surface.name)
    line = entry.line if entry is not None else None
    return Step(f"surface {surface.info.ref}", title, SURFACES, state, evidence, remedy, key, at, about, line)


def _judged(given: Given, surface: Surface, expected: str) -> tuple[StepState, str, str, str]:
    """(State, evidence, remedy, id of the command that helps)."""
    expected = surface.expected_agent or expected
    if surface.gone:
        evidence = _with_work(given, surface.gone, surface.info.ref)
        return StepState.FAIL, evidence, tr("start it again, or correct its ref under surfaces:"), ""
    if surface.unconfirmed:
        return (
            StepState.ATTENTION,
            surface.unconfirmed,
            tr("look at it, then confirm that it is the one"),
            "surface.confirm",
        )
    if surface.info.dead:
        return StepState.FAIL, tr("its program has ended"), tr("start its agent again"), "surface.focus"
    if surface.error:
        return (
            StepState.FAIL,
            tr("cannot be read: {error}", error=surface.error),
            tr("look at its terminal"),
            "surface.focus",
        )
    status = surface.status
    if surface.read_at is None or status is None:
        return given.unread, tr("not read yet"), tr("look at its terminal"), "surface.focus"
    age = given.now - surface.read_at
    doing = _doing(given, surface)
    if age > STALE:
        return (
            StepState.FAIL,
            tr("no answer for {duration}; then: {doing}", duration=duration(age), doing=doing),
            tr("look at its terminal"),
            "surface.focus",
        )
    read = tr("{doing}, read {duration} ago", doing=doing, duration=duration(age))
    if status.needs_person:
        return StepState.ATTENTION, read, tr("answer it, or look at its terminal"), "surface.waiting"
    return _as_expected(surface, status.state, expected, read)


def _as_expected(surface: Surface, state: AgentState, expected: str, read: str) -> tuple[StepState, str, str, str]:
    """`_judged` of a surface that answers and asks for nobody: is its agent the one that is *expected*?"""
    if expected and state in (AgentState.SHELL, AgentState.DEAD):
        return (
            StepState.FAIL,
            tr("{expected} has gone: {read}", expected=expected, read=read),
            tr("start {expected} again", expected=expected),
            "surface.focus",
        )
    if expected and surface.seen_agent and surface.seen_agent != expected:
        what = tr(
            "shows {seen_agent}, expected {expected}: {read}",
            seen_agent=surface.seen_agent,
            expected=expected,
            read=read,
        )
        return StepState.ATTENTION, what, tr("look which agent belongs here"), "surface.details"
    if expected and not surface.seen_agent:
        return (
            StepState.ATTENTION,
            tr("no {expected} is recognised: {read}", expected=expected, read=read),
            tr("look at its terminal"),
            "surface.focus",
        )
    start = surface.started
    if start is not None and start.judgement in (Judgement.ATTENTION, Judgement.ALARM):
        return StepState.ATTENTION, f"{start.evidence}; {read}", tr("start it again as configured"), "surface.details"
    return StepState.PASS, read, "", ""


def _doing(given: Given, surface: Surface) -> str:
    status = surface.status
    if status is None:
        return tr("unknown")
    dispatch, state, time = given.snapshot.dispatch_of(surface), tr(str(status.state)), given.now - status.since
    if dispatch is not None and status.state is AgentState.WORKING:
        return tr("{state} on {task} for {duration}", state=state, task=dispatch.label, duration=duration(time))
    return tr("{state} for {duration}", state=state, duration=duration(time))


def finished(given: Given) -> Iterator[Step]:
    """Open dispatches whose agent is idle: their results wait to be collected."""
    log = given.snapshot.log
    if not log.source or log.read_at is None:
        return  # the summary tells
    waiting = at_work = 0
    unread = False
    for dispatch in log.dispatches:
        if dispatch.status not in _GIVEN or not dispatch.surface:
            continue
        surfaces = given.snapshot.called(dispatch.surface)
        if len(surfaces) != 1 or surfaces[0].gone:
            continue
        surface = surfaces[0]
        if surface.status is None:
            unread = True
        elif surface.status.state in _IDLE:
            waiting += 1
            yield _collect(given, dispatch, surface)
        else:
            at_work += 1
    if unread:
        yield Step("collect", tr("finished work is collected"), WORK, given.unread, tr("surfaces are not read yet"))
    elif not waiting:
        evidence = (
            trn("{count} open, its agent is at it", "{count} open, their agents are at it", at_work)
            if at_work
            else tr("nothing is open on an idle agent")
        )
        yield Step("collect", tr("finished work is collected"), WORK, StepState.PASS, evidence, checked_at=given.now)


def _collect(given: Given, dispatch: Dispatch, surface: Surface) -> Step:
    state = surface.status.state if surface.status is not None else AgentState.UNKNOWN
    since = surface.status.since if surface.status is not None else given.now
    said = last_message(surface)
    evidence = tr(
        "open, and {ref} is {state} for {duration}",
        ref=surface.info.ref,
        state=tr(str(state)),
        duration=duration(given.now - since),
    )
    return Step(
        f"collect {dispatch.label}", tr("collect {label}", label=dispatch.label), WORK, StepState.ATTENTION,
        beside(evidence, f"“{said}”" if said else ""), tr("read its result; then close it or have it verified"),
        "dispatch.verify", surface.read_at, About("dispatch", dispatch.label.removeprefix("#")),
    )  # fmt: skip


def last_message(surface: Surface) -> str:
    """The last rows the agent has said, as far as its screen shows them; empty when it shows none."""
    if surface.screen is None or surface.status is None:
        return ""
    regions = surface.status.detection.regions
    start, end = regions.answer or regions.body
    rows = [" ".join(row.split()) for row in surface.screen.lines[start:end]]
    said = [row for row in rows if any(sign.isalnum() for sign in row)]
    return " ".join(said[-LINES:])[:WIDTH]
