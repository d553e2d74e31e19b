"""The last hour of a surface in a few cells."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from rich.style import Style

from console.model.agent import NEEDS_PERSON, AgentState
from console.model.timeline import Event, strip
from console.widgets.lines import Part

CELLS: Final = 12
"""Five minutes each."""
_HEIGHTS: Final = {AgentState.WORKING: "▅", AgentState.BACKGROUND: "▃", AgentState.IDLE: "▁", AgentState.TYPED: "▁"}


def timeline(
    events: tuple[Event, ...], now: float, state_style: Callable[[AgentState], Style], cells: int = CELLS
) -> list[Part]:
    """Waiting is a full bar, work a half one, idleness a line; blank is what nobody watched. Colours repeat it.

    What was before anybody watched takes no room: the strip grows with the hour.
    """
    states = strip(events, now, cells)
    known = next((at for at, state in enumerate(states) if state is not None), len(states))
    parts: list[Part] = []
    for state in states[known:]:
        if state is None:
            parts.append((" ", Style()))
        else:
            shape = "█" if state in NEEDS_PERSON else _HEIGHTS.get(state, "▂")
            parts.append((shape, state_style(state)))
    return parts
