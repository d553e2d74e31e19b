"""What a coding agent is doing: states, their meaning for the operator, and one verdict about one screen."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from console.model.screen_facts import NO_FACTS, ScreenFacts

IDLE_SETTLE: Final = 1.5
"""Seconds a screen must look idle before a working agent is believed to be idle (a redraw hides the spinner)."""


class AgentState(StrEnum):
    """What an agent is doing. The value is the word shown and the word in JSON."""

    WORKING = "working"
    IDLE = "idle"
    APPROVAL = "approval"
    QUESTION = "question"
    TYPED = "typed"
    MENU = "menu"
    ERROR = "error"
    LIMIT = "limit"
    BACKGROUND = "background"
    LOGIN = "login"
    TRUST = "trust"
    STARTUP = "startup"
    SHELL = "shell"
    DEAD = "dead"
    UNKNOWN = "unknown"


_URGENCY: Final = (
    AgentState.APPROVAL,
    AgentState.QUESTION,
    AgentState.TRUST,
    AgentState.LOGIN,
    AgentState.LIMIT,
    AgentState.ERROR,
    AgentState.DEAD,
)
NEEDS_PERSON: Final = frozenset(_URGENCY)
"""States in which nothing goes on until a person acts."""

TAKES_NO_TEXT: Final = NEEDS_PERSON | {AgentState.SHELL, AgentState.DEAD, AgentState.MENU}
"""States in which a text would answer a dialog, choose from a menu or run as a shell command."""

SYMBOLS: Final[dict[AgentState, str]] = {
    AgentState.WORKING: "●",
    AgentState.IDLE: "○",
    AgentState.APPROVAL: "▲",
    AgentState.QUESTION: "?",
    AgentState.TYPED: "✎",
    AgentState.MENU: "≡",
    AgentState.ERROR: "✗",
    AgentState.LIMIT: "◷",
    AgentState.BACKGROUND: "◐",
    AgentState.LOGIN: "▲",
    AgentState.TRUST: "▲",
    AgentState.STARTUP: "◌",
    AgentState.SHELL: "$",
    AgentState.DEAD: "✗",
    AgentState.UNKNOWN: "·",
}
"""One cell wide each; together with the word they tell the states apart without colour."""


def urgency(state: AgentState) -> int:
    """Rank of a state for the operator: 0 is the most urgent; states that need nobody come last."""
    return _URGENCY.index(state) if state in NEEDS_PERSON else len(_URGENCY)


@dataclass(frozen=True, slots=True)
class Regions:
    """Where things are on a screen; rows from 0, half-open."""

    body: tuple[int, int] = (0, 0)
    """The agent's output, without its own footer (spinner, input box, status rows)."""
    dialog: tuple[int, int] | None = None
    """A dialog that waits for an answer."""
    answer: tuple[int, int] | None = None
    """What the agent has said since the operator's last prompt, as far as the screen shows it; None: not known."""


@dataclass(frozen=True, slots=True)
class Detection:
    """One verdict about one screen, with its evidence."""

    agent: str
    """``claude``, ``codex``, … or ``""`` when no agent is recognised."""
    state: AgentState
    reason: str = ""
    """Facts of this state in the agent's words, short: ``Pondering… 12s``, ``resets 9:08pm``."""
    source: str = "screen"
    """The layer that decided: ``liveness``, ``screen``, ``title``, …"""
    rule: str = ""
    """Id of the rule that matched, for example ``claude.spinner``."""
    region: str = ""
    line: str = ""
    """The row that matched (plain text)."""
    context: str = ""
    """Context left or used, as the agent shows it: ``88% context used``."""
    options: tuple[str, ...] = ()
    """The numbered options of an open dialog, in order."""
    draft: str = ""
    """Text in the input box that is not submitted."""
    regions: Regions = Regions()
    keep: bool = False
    """The screen tells nothing about the state (a transcript view): keep the last state."""
    blocks: bool = False
    """A menu that opened by itself and stops the agent (a usage limit, a key to be confirmed): a person must answer."""
    facts: ScreenFacts = NO_FACTS
    at: float | None = None
    """Epoch seconds at which another witness than the screen said it; None where the screen decided."""

    @property
    def needs_person(self) -> bool:
        """Whether nothing goes on until a person acts."""
        return self.state in NEEDS_PERSON or self.blocks


@dataclass(frozen=True, slots=True)
class AgentStatus:
    """A `Detection` settled over time."""

    detection: Detection
    since: float
    """Epoch seconds at which this state began, as far as the console has seen."""
    idle_since: float | None = None
    """When an idle-looking screen was first seen while the state is still held at working."""

    @property
    def state(self) -> AgentState:
        """The settled state."""
        return self.detection.state

    @property
    def needs_person(self) -> bool:
        """Whether nothing goes on until a person acts."""
        return self.detection.needs_person


def settle(before: AgentStatus | None, seen: Detection, now: float) -> AgentStatus:
    """Return the status after *seen* at *now* (epoch seconds): `since` moves only when the state does.

    Working turns to idle only after `IDLE_SETTLE` seconds of idle screens; ``seen.keep`` keeps the last state.
    """
    if before is None:
        return AgentStatus(seen, now)
    last = before.detection
    held = replace(seen, state=before.state, reason=last.reason, rule=last.rule, blocks=last.blocks)
    if seen.keep:
        return AgentStatus(held, before.since)
    if seen.state is before.state:
        return AgentStatus(seen, before.since)
    if before.state is AgentState.WORKING and seen.state is AgentState.IDLE:
        idle_since = before.idle_since if before.idle_since is not None else now
        if now - idle_since < IDLE_SETTLE:
            return AgentStatus(held, before.since, idle_since)
    return AgentStatus(seen, now)
