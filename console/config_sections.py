"""Sections of the configuration about attention, approval and sending: notices, rules, guards, prepared texts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Literal

from console.model.agent import AgentState


@dataclass(frozen=True, slots=True)
class NotifySection:
    """How and when the operator is told that an agent waits."""

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid", "strict": True}

    ways: tuple[Literal["bell", "osc9", "osc777", "cmux", "command"], ...] = ()
    """Nothing without a way."""
    command: tuple[str, ...] = ()
    """An argv with ``{surface}``, ``{state}`` and ``{reason}``; run without a shell."""
    after: float = 2.0
    """Seconds a state must stand before it is told."""
    states: dict[AgentState, float] = field(default_factory=dict)
    """Seconds for single states, instead of `after`; ``-1`` never tells about one."""
    quiet: tuple[str, ...] = ()
    """Spans of the day in which nothing is told: ``22:00-07:00``, local time."""


@dataclass(frozen=True, slots=True)
class ApprovalRuleSection:
    """Commands that may be approved on some surfaces."""

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid", "strict": True}

    name: str
    surfaces: tuple[str, ...] = ()
    """Shell-style patterns of surface names."""
    agents: tuple[str, ...] = ()
    allow: tuple[str, ...] = ()
    """Regular expressions that match a whole command."""
    deny: tuple[str, ...] = ()
    """Regular expressions; one found anywhere is enough."""


@dataclass(frozen=True, slots=True)
class ApprovalSection:
    """What may be approved without a person."""

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid", "strict": True}

    enabled: bool = False
    dry_run: bool = True
    """Decide and write down, press nothing."""
    script: str = ""
    """Regular expression of the command line of another approver; while that runs, this one decides nothing."""
    per_minute: int = 4
    """Approvals on one surface."""
    per_hour: int = 30
    """The same."""
    rules: tuple[ApprovalRuleSection, ...] = ()


@dataclass(frozen=True, slots=True)
class TraceSection:
    """Spans of the console's own sends."""

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid", "strict": True}

    otlp: str = ""
    """Base or whole address of an OTLP/HTTP receiver; empty: no spans."""
    timeout: float = 2.0
    """Seconds for one export."""


@dataclass(frozen=True, slots=True)
class AutomaticSection:
    """By what the automatic dispatcher is known."""

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid", "strict": True}

    service: str = ""
    """Name of an entry of ``services``; empty: the one whose name has ``auto`` and ``dispatcher`` in it."""
    records: dict[str, str] = field(default_factory=dict)
    """Fields of a record of the log, with the values they have when it was the automatic dispatcher's."""
    minutes: float = 10.0
    """For so long a record of its counts as: it is at work."""


NO_AUTOMATIC = AutomaticSection()


@dataclass(frozen=True, slots=True)
class GuardSection:
    """What the guards of a send say, where it is not the console's own."""

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid", "strict": True}

    levels: dict[str, Literal["pass", "warn", "refuse"]] = field(default_factory=dict)
    """From a rule to how serious it is; ``pass`` switches it off."""
    rate: int = 20
    """Dispatches in 60 minutes, all surfaces together."""
    rate_per_surface: int = 20
    """The same for one surface."""
    stale_after: float = 15.0
    """Seconds after which a reading of a screen is too old."""
    quiet: tuple[str, ...] = ()
    """Spans of the day in which nothing is sent: ``22:00-07:00``, local time."""
    automatic: AutomaticSection = NO_AUTOMATIC
    lock: str = ""
    """File that says that tasks may be sent by hand; absolute after loading; empty: ``manual.lock`` in the state."""


@dataclass(frozen=True, slots=True)
class VerifySection:
    """How a finished dispatch is verified by another agent."""

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid", "strict": True}

    template: tuple[str, ...] = ()
    """What the verifier is asked, line by line; empty means the console's own text."""
    verifiers: tuple[str, ...] = ()
    """Names of surfaces, first choice first."""
    pattern: tuple[str, ...] = ()
    """Regular expressions with groups ``self``, ``cross``, ``verdict``; empty means the console's own."""


@dataclass(frozen=True, slots=True)
class HandoffSection:
    """The hand-off documents."""

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid", "strict": True}

    path: str = ""
    """A path or a glob; absolute after loading. ``{date}`` and ``{time}`` stand for those of writing."""
    lang: Literal["ko", "en", "auto"] = "auto"
    """auto: that of the last one, else that of the interface."""
    every: float = 10.0
    """Minutes between two copies that the console keeps by itself; 0: none."""
    keep: int = 20
    """Copies that are kept."""


@dataclass(frozen=True, slots=True)
class TemplateSection:
    """A prepared text for the composer."""

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid", "strict": True}

    name: str
    text: str
    """``{number}`` and the like: `console.model.template.VARIABLES`."""
    role: str = ""
    verifier: str = ""
    """A surface, by any of its names."""


OWN_HANDOFF = HandoffSection()
NO_NOTICE = NotifySection()
NO_APPROVAL = ApprovalSection()
NO_TRACE = TraceSection()
OWN_VERIFY = VerifySection()
OWN_GUARDS = GuardSection()
