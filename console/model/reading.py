"""Readings: frozen facts from the outside, each with its time and source. A failure is a Reading too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from console.model.agent import AgentState, Detection
from console.model.artifact import Artifact
from console.model.automation import Automation
from console.model.baseline import Baseline
from console.model.cut_off import CutOff
from console.model.decision import Decision
from console.model.dispatch import Dispatch
from console.model.figure import Figure
from console.model.service import Service
from console.model.service_history import History
from console.model.signal import Signal
from console.model.surface import Screen, Started, SurfaceInfo
from console.model.telemetry import Collector
from console.model.trend import Trend


@dataclass(frozen=True, slots=True)
class TreeRead:
    """All surfaces a multiplexer has now."""

    at: float
    source: str
    """``tmux 3.3a /tmp/tmux-1000/default``."""
    surfaces: tuple[SurfaceInfo, ...]


@dataclass(frozen=True, slots=True)
class ScreenRead:
    """The screen of one surface."""

    at: float
    key: str
    screen: Screen
    detection: Detection | None = None
    """Filled in by the engine."""


@dataclass(frozen=True, slots=True)
class ScreenFailed:
    """One surface could not be read; the others can."""

    at: float
    key: str
    error: str


@dataclass(frozen=True, slots=True)
class MuxDown:
    """The multiplexer is gone; what is on screen is from before."""

    at: float
    source: str
    error: str
    """What happened and what the console does about it."""


@dataclass(frozen=True, slots=True)
class LogRead:
    """The dispatch log, whole."""

    at: float
    source: str
    dispatches: tuple[Dispatch, ...]
    not_understood: int = 0
    """Records of which something could not be mapped (they are in `dispatches` all the same)."""


@dataclass(frozen=True, slots=True)
class LogFailed:
    """The dispatch log cannot be read now; the last good state stands."""

    at: float
    source: str
    error: str


@dataclass(frozen=True, slots=True)
class ServicesRead:
    """Every configured service."""

    at: float
    source: str
    services: tuple[Service, ...]
    waiting: int = 0
    """Rows that nobody has looked at yet; they are in `services` as unknown."""


@dataclass(frozen=True, slots=True)
class ServicesPast:
    """What is known of the services from before the console was started."""

    at: float
    past: History


@dataclass(frozen=True, slots=True)
class CollectorPast:
    """What earlier consoles have read of the collector."""

    at: float
    trend: Trend


@dataclass(frozen=True, slots=True)
class CollectorRead:
    """One health answer of the collector, or why there is none."""

    at: float
    source: str
    collector: Collector


@dataclass(frozen=True, slots=True)
class OperationsRead:
    """Some of the temporary automation, artifacts and figures; the others stand as they were read before."""

    at: float
    automation: tuple[Automation, ...] = ()
    artifacts: tuple[Artifact, ...] = ()
    figures: tuple[Figure, ...] = ()


@dataclass(frozen=True, slots=True)
class BaselineRead:
    """What was noted at the last hand-off."""

    at: float
    baseline: Baseline | None
    """None: there was no hand-off, or `error` says why it cannot be used."""
    error: str = ""


@dataclass(frozen=True, slots=True)
class SignalsRead:
    """All that one source says of the agents now; it replaces what that source said before."""

    at: float
    source: str
    """``claude status files``, ``cmux hooks``, …: one reader, not one file."""
    signals: tuple[Signal, ...]
    error: str = ""
    """Why the source cannot be read now; what it said before is then not believed any more."""


@dataclass(frozen=True, slots=True)
class HistoryRead:
    """What the journal of states knows from before the console was started."""

    at: float
    past: Mapping[str, tuple[tuple[float, AgentState | None], ...]]
    """Changes of state by the identity of the surface (`console.model.timeline`)."""


@dataclass(frozen=True, slots=True)
class StartsRead:
    """How the agents were started, by the key of their surface; a surface left out has no agent's process."""

    at: float
    started: Mapping[str, Started]


@dataclass(frozen=True, slots=True)
class QueueRead:
    """How much waits in the queues."""

    at: float
    waiting: Mapping[str, int]
    """Tasks that are not sent yet, by the key of their queue (`console.model.queue.Target.key`)."""
    paused: int = 0
    check: int = 0
    """Those a person has to look at."""


@dataclass(frozen=True, slots=True)
class AutoRead:
    """Where approvals may be given without a person."""

    at: float
    covered: frozenset[str]
    """Keys of surfaces."""
    note: str = ""
    """What the operator should know of it: on, dry run, suspended or stopped, and why; empty when it is off."""


@dataclass(frozen=True, slots=True)
class SendsRead:
    """The sends that were cut off and are not settled."""

    at: float
    cut_off: tuple[CutOff, ...]
    error: str = ""


@dataclass(frozen=True, slots=True)
class DecisionsRead:
    """The file of decisions, whole; with an error what was read before stands."""

    at: float
    source: str
    decisions: tuple[Decision, ...] = ()
    problems: tuple[str, ...] = ()
    error: str = ""


MuxReading = TreeRead | ScreenRead | ScreenFailed | MuxDown | SignalsRead
OperationsReading = OperationsRead | BaselineRead
Reading = (
    MuxReading | LogRead | LogFailed | ServicesRead | CollectorRead | HistoryRead | StartsRead | AutoRead
    | CollectorPast | QueueRead | SendsRead | OperationsReading | ServicesPast
    | DecisionsRead
)  # fmt: skip
