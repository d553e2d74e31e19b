"""What a surface did in the last hour, and since when it is in its state, from a journal of changes. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from console.model.agent import NEEDS_PERSON, AgentState, urgency
from console.model.surface import SurfaceInfo

HOUR: Final = 3600.0
WAIT_SHARE: Final = 0.25
"""Part of a cell from which on a state that needs a person is shown, even if another one lasted longer in it."""
BRIDGE: Final = 3600.0
"""Seconds that nobody watched over which an unchanged state is taken to have gone on."""

Event = tuple[float, AgentState | None]
"""(epoch seconds, the state that began then); None: from here on nobody watched."""


def identity(source: str, info: SurfaceInfo) -> str:
    """Name of a surface that outlives the console: its uuid, else server, ref and process.

    A ref alone is not enough: a restarted server gives ``%3`` to another pane. Without a process nothing is sure, and
    the name is empty: such a surface has no past.
    """
    if info.uuid:
        return info.uuid
    return f"{source}|{info.ref}|{info.pid}" if info.pid is not None else ""


def strip(events: Sequence[Event], now: float, cells: int, span: float = HOUR) -> tuple[AgentState | None, ...]:
    """Return what the surface did in the last *span* seconds (at least 1), in *cells* equal parts, oldest first.

    A cell shows the state that lasted longest in it; one that needs a person goes before it from `WAIT_SHARE` of the
    cell on. None: nobody watched. *events* may come in any order; those after *now* are ignored.
    """
    if cells <= 0 or span < 1:
        return ()
    known = sorted((event for event in events if event[0] <= now), key=lambda event: event[0])
    start, size = now - span, span / cells
    lasted: list[dict[AgentState | None, float]] = [{} for _ in range(cells)]
    ends = [*(at for at, _ in known[1:]), now] if known else []
    for (began, state), ended in zip([(start, None), *known], [known[0][0] if known else now, *ends], strict=True):
        at, end = max(began, start), min(ended, now)
        cell = min(cells - 1, int((at - start) / size))
        while at < end:
            edge = end if cell == cells - 1 else min(end, start + (cell + 1) * size)
            lasted[cell][state] = lasted[cell].get(state, 0.0) + max(0.0, edge - at)
            at, cell = max(at, edge), min(cell + 1, cells - 1)
    return tuple(_shown(times, size) for times in lasted)


def _shown(times: dict[AgentState | None, float], size: float) -> AgentState | None:
    waits = [state for state in times if state in NEEDS_PERSON and times[state] >= size * WAIT_SHARE]
    if waits:
        return max(waits, key=lambda state: (times[state], -urgency(state) if state else 0))
    return max(times, key=lambda state: times[state], default=None)


def since(events: Sequence[Event], state: AgentState, now: float, bridge: float = BRIDGE) -> float | None:
    """Return when *state*, seen at *now* after a restart, began as far as the journal tells; None when it does not.

    A stretch nobody watched is bridged when the same state stood on both sides and it was no longer than *bridge*
    seconds: what happened in it cannot be known.
    """
    known = sorted((event for event in events if event[0] <= now), key=lambda event: event[0])
    began: float | None = None
    until = now
    for at, was in reversed(known):
        if was is None:
            if until - at > bridge:
                break
        elif was is not state:
            break
        else:
            began = at
        until = at
    return began


def append(events: Sequence[Event], at: float, state: AgentState | None, span: float = HOUR) -> tuple[Event, ...]:
    """Return *events* with a change at *at*, without what a strip of *span* seconds does not show any more.

    The newest event before that span stays: it is the state at its beginning. No change, no event.
    """
    if events and events[-1][1] is state:
        return tuple(events)
    old = [index for index, event in enumerate(events) if event[0] <= at - span]
    return (*events[old[-1] if old else 0 :], (at, state))
