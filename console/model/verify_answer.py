"""What a verifier said at the end of its turn, found on its screen. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from console.i18n import tr
from console.model.agent import AgentState
from console.model.dispatch import Dispatch, DispatchStatus
from console.model.findings import Findings, find, unwrapped
from console.model.snapshot import Snapshot
from console.model.surface import Surface
from console.model.verify_task import name_of

SETTLED: Final = 2.0
"""Seconds an agent must have been idle before its last message is taken for the final one."""
ROUNDED: Final = 1.0
"""Seconds by which a log may round the time of a dispatch."""
_NOT_SENT: Final = frozenset({DispatchStatus.QUEUED, DispatchStatus.CANCELLED})
SENDING: Final = "sending"
"""Status of a record whose text is on its way."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The final message of a verification, as far as the screen shows it."""

    asked: Dispatch
    """The dispatch that is the verification."""
    by: str
    """The verifier, as the log may call it."""
    name: str
    """The same for people."""
    findings: Findings
    since: float
    """Epoch seconds since which the verifier has been idle."""
    why: str = ""
    """Why its last message could not be read; empty when it was."""


def surface_of(snapshot: Snapshot, asked: Dispatch) -> Surface | None:
    """The surface *asked* was given to; None when it is not there."""
    there = (each for each in snapshot.surfaces if not each.gone)
    return next((each for each in there if each.answers_to(asked.surface)), None)


def finished(snapshot: Snapshot, asked: Dispatch, now: float) -> Surface | None:
    """The surface of *asked* when its agent has worked since, and is idle now; None otherwise."""
    surface, at = surface_of(snapshot, asked), asked.dispatched_at
    if surface is None or surface.status is None or at is None or asked.raw_status == SENDING:
        return None
    status = surface.status
    worked = any(state is AgentState.WORKING and began > at - ROUNDED for began, state in surface.history)
    idle = status.state is AgentState.IDLE and status.since > at and now - status.since >= SETTLED
    return surface if worked and idle else None


def superseded(dispatches: Sequence[Dispatch], asked: Dispatch, surface: Surface) -> bool:
    """Whether *surface* was given something after *asked*, and before it came to rest: its answer may be to that."""
    begun = asked.dispatched_at or 0.0
    ended = surface.status.since if surface.status is not None else math.inf
    return any(
        each.dispatched_at is not None
        and begun < each.dispatched_at <= ended
        and each.status not in _NOT_SENT
        and surface.answers_to(each.surface)
        for each in dispatches
    )


def read_answer(surface: Surface, asked: Dispatch, patterns: tuple[str, ...] = ()) -> Answer:
    """Search what *surface* has said since its last prompt."""
    screen, status = surface.screen, surface.status
    lines: tuple[str, ...] = ()
    if screen is not None and status is not None and (span := status.detection.regions.answer) is not None:
        lines = unwrapped(screen.lines[span[0] : span[1]], screen.width)
    since = status.since if status is not None else 0.0
    return Answer(asked, name_of(surface), surface.name, find(lines, patterns), since)


def on_demand(
    snapshot: Snapshot, asked: Dispatch, patterns: tuple[str, ...] = (), kept: Answer | None = None
) -> Answer | None:
    """What there is to offer when the operator asks for it: what was *kept*, else what the screen shows now.

    None while the verifier is at work. Otherwise `Answer.why` says why its message cannot be read.
    """
    if kept is not None and not kept.findings.nothing:
        return kept
    surface = surface_of(snapshot, asked)
    if surface is None:
        return Answer(asked, asked.surface, asked.surface, Findings(), 0.0, tr("its surface is not there"))
    if superseded(snapshot.log.dispatches, asked, surface):
        why = tr("it has been given something else since")
        return kept or Answer(asked, name_of(surface), surface.name, Findings(), 0.0, why)
    idle = surface.status is not None and surface.status.state is AgentState.IDLE
    return read_answer(surface, asked, patterns) if idle and asked.raw_status != SENDING else kept
