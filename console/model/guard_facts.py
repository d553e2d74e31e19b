"""What the guards are told, and what they say. Pure values: whoever asks reads clock, log and services."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

from console.i18n import mark
from console.model.cut_off import CutOff
from console.model.dispatch import Dispatch
from console.model.surface import Surface


class Level(IntEnum):
    """How serious a verdict is; a higher one outweighs a lower one."""

    PASS = 0
    WARN = 1
    REFUSE = 2

    @property
    def word(self) -> str:
        """``pass``, ``warn`` or ``refuse``."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Task:
    """What the operator is about to send to one surface."""

    text: str
    """Without the context that is attached."""
    title: str = ""
    """Under what it will stand in the log; empty: its text."""
    context: str = ""
    """Earlier dispatches that are attached, for an agent that remembers nothing."""
    verifies: Dispatch | None = None
    """The dispatch this task is to verify."""
    into_queue: bool = False
    """The agent's own queue may take it while it works."""
    verifier: str = ""
    """The surface that is to verify this task when it is done."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """A character that must not be typed, as `console.safety.check_outgoing` finds it."""

    offset: int
    line: int
    name: str


@dataclass(frozen=True, slots=True)
class Automatic:
    """What is known of the automatic dispatcher; None: could not be found out."""

    name: str = mark("the automatic dispatcher")
    loaded: bool | None = False
    """Its service is loaded."""
    running: bool | None = False
    """Its process runs."""
    newest: float | None = None
    """Epoch seconds of its newest record; None: it has none."""


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything a judgement is made from."""

    now: float
    """Epoch seconds."""
    surface: Surface | None
    """The target as last read; None: there is no such surface."""
    fleet: tuple[Surface, ...] = ()
    """All surfaces."""
    dispatches: tuple[Dispatch, ...] = ()
    log_error: str = ""
    """Why the log cannot be read now; empty when it can, or there is none."""
    wrong: tuple[Wrong, ...] = ()
    """What is wrong with the text."""
    automatic: Automatic | None = None
    """None: there is none to be kept apart from."""
    minute: int | None = None
    """Local minute of the day, 0 to 1439; None: not known."""
    names: Mapping[str, str] = field(default_factory=dict)
    """From other names of surfaces to their refs, as in `console.model.summary.may_verify`."""
    cut_off: tuple[CutOff, ...] = ()
    """Sends that have no outcome and nobody has settled."""


RESTARTS: Final = (
    r"(?i)\b(pkill|killall|kill)\b[^\n]{0,40}\bcodex\b",
    r"(?i)\b(restart|reboot|respawn|relaunch|terminate)\b[^\n]{0,40}\bcodex\b",
    r"(?i)\bcodex\b[^\n]{0,40}\b(restart|respawn|relaunch)",
    r"(?i)codex[^\n]{0,30}(재시작|재기동|종료|강제\s*종료|껐다)",
    r"(?i)(재시작|재기동|종료)[^\n]{0,30}codex",
    r"(?i)\btmux\s+(kill-(pane|window|session|server)|respawn-(pane|window))\b",
    r"(?i)\bcmux\s+(close-surface|close-workspace|kill|respawn)",
)
"""Commands that end or restart agents that may be at work, in English and Korean."""
ENDS_ITSELF: Final = r"(?i)\A\s*/?(exit|quit|new|clear|logout)\s*\Z"
"""What ends, or empties, the session it is typed into."""
AVOID: Final = (
    (
        r"(?i)\blaunchctl\s+(load|bootstrap|enable|kickstart)\b[^\n]{0,80}auto[-_]?dispatcher",
        mark("it brings back the automatic dispatcher, which has to stay off"),
    ),
    (r"(?i)\blaunchctl\s+(stop|kill)\b", mark("it stops a launchd service that stays loaded; unload it instead")),
)
"""(pattern, why): what the operator has learned not to do."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What the configuration says; the defaults are the operator's own rules."""

    levels: Mapping[str, Level] = field(default_factory=dict)
    """From a rule to the level of its verdict where it speaks against a task; `Level.PASS` switches it off."""
    per_hour: int = 20
    """Dispatches in 60 minutes, all surfaces together."""
    per_surface: int = 20
    """The same for one surface."""
    stale_after: float = 15.0
    """Seconds after which a reading of the screen is too old."""
    automatic_within: float = 600.0
    """Seconds for which a record of the automatic dispatcher counts as: it is at work."""
    size: int = 30_000
    """Characters."""
    stateless: tuple[str, ...] = ("codex",)
    """Agents that remember nothing from one task to the next."""
    quiet_hours: tuple[tuple[int, int], ...] = ()
    """Spans of local minutes of the day, from and to; one may pass midnight."""
    restarts: tuple[str, ...] = RESTARTS
    avoid: tuple[tuple[str, str], ...] = AVOID


@dataclass(frozen=True, slots=True)
class Hit:
    """What a rule has against a task."""

    evidence: str
    remedy: str
    soft: bool = False
    """At most a warning, whatever the rule's level is."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one rule says of one task."""

    rule: str
    level: Level
    evidence: str = ""
    """The fact it rests on; empty when it passes."""
    remedy: str = ""
    """What to do about it."""
    final: bool = False
    """A refusal that nobody can override."""
