"""Typing a text into a surface: look, paste, look, Enter, look. Says what it saw; never types anything twice.

The order and the times come from an experiment with the real programs: Enter within 150 ms of a paste is a newline in
older Claude Code (120 ms in Codex), so Enter is a key of its own, at least 300 ms after the paste and only once the box
shows the text. Enter into an open dialog chooses its first option and loses the text, so there is a look directly
before each Enter. Enter is pressed again only while the box still holds the text.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from console.actions.pointer import TEMPLATE
from console.model.agent import TAKES_NO_TEXT, AgentState, Detection
from console.model.outcome import Step
from console.model.surface import Screen
from console.mux.base import Multiplexer

PASTE_PAUSE: Final = 0.3
"""Least seconds between the paste and Enter."""
ECHO_PAUSE: Final = 0.2
"""Least seconds between the first sight of the text and Enter: a slow program reads the paste late."""
ECHO_WAIT: Final = 3.0
"""Seconds the program may take to show the text before the send is given up without Enter."""
ENTER_WAIT: Final = 1.5
"""Seconds Enter may take to show an effect."""
ENTERS: Final = 3
"""Times Enter is pressed at most, the first included."""
LOOK_EVERY: Final = 0.05
"""Seconds between two looks at the screen."""
CLOSED: Final = TAKES_NO_TEXT
NEVER: Final = frozenset(
    {
        AgentState.APPROVAL,
        AgentState.QUESTION,
        AgentState.TRUST,
        AgentState.LOGIN,
        AgentState.MENU,
        AgentState.SHELL,
        AgentState.DEAD,
    }
)
"""States in which nothing is typed, whoever wants it: the text would choose, log in, or run as a command."""
QUIET: Final = frozenset({AgentState.IDLE, AgentState.TYPED, AgentState.BACKGROUND})
"""States in which an agent waits for a task; a box with a text in it is refused all the same."""

Outcome = Literal["submitted", "queued", "typed_not_submitted", "unconfirmed", "refused", "failed"]
Left = Literal["nothing", "text", "unknown"]
StepName = Literal["record", "look", "paste", "echo", "wait", "enter", "verify", "done"]
Judge = Callable[[Screen], Detection]


@dataclass(frozen=True, slots=True)
class SendResult:
    """What was seen of one send."""

    outcome: Outcome
    """``submitted``: the text left the box and the agent works on it, or its transcript shows it. ``queued``: it waits
    in the agent's own queue. ``typed_not_submitted``: it was typed, and not submitted. ``unconfirmed``: what came of
    it cannot be seen. ``refused``: nothing was typed. ``failed``: the surface could not be
    reached half-way."""
    evidence: str
    """One line for the operator."""
    left: Left = field(default="nothing", compare=False)
    """What stands in the input box now, as far as it was seen: nothing of ours, our text, or not known."""
    enters: int = field(default=0, compare=False)
    """How often Enter was pressed."""
    cancelled: bool = field(default=False, compare=False)
    """The operator stopped it on the way."""
    file: Path | None = field(default=None, compare=False)
    """The file that was sent instead of a long text."""


@dataclass(frozen=True, slots=True)
class Order:
    """How one text is to be sent."""

    allow: frozenset[AgentState] = QUIET
    """States in which the text may be typed; those of `NEVER` are refused all the same. With ``working`` in it the
    agent's own queue takes the text; with ``unknown`` in it programs without an input box that is known may get one."""
    folder: Path | None = None
    """Where a text goes that the back end cannot paste; see `console.actions.pointer`."""
    template: str = TEMPLATE
    veto: Callable[[], str] | None = None
    """Asked directly before the first byte and before each Enter; a reason stops the send."""
    progress: Callable[[Step], None] | None = None
    stop: asyncio.Event | None = None
    """Set it to cancel: before the paste nothing is typed, after it no Enter is pressed any more."""


ANYWHERE: Final = Order(allow=frozenset(AgentState) - CLOSED)
"""The plain form: every state in which a text does no harm."""


async def submit(mux: Multiplexer, ref: str, text: str, judge: Judge, order: Order = Order()) -> SendResult:
    """Type *text* into *ref*, submit it, and say what was seen. Never raises but on cancellation.

    *judge* says what a screen shows. A task that is cancelled tells its last step what may be left in the box.
    """
    from console.actions.procedure import Procedure

    return await Procedure(mux, ref, text, judge, order).run()


async def type_and_enter(mux: Multiplexer, ref: str, text: str, judge: Judge | None = None) -> SendResult:
    """`submit` in any state that is not `CLOSED`; without *judge* nothing is known of the program in *ref*.

    Then, or where *judge* finds no agent, Enter is pressed once, and what came of it stays ``unconfirmed``.
    """
    return await submit(mux, ref, text, judge if judge is not None else _nobody, ANYWHERE)


def _nobody(screen: Screen) -> Detection:
    return Detection("", AgentState.UNKNOWN)
