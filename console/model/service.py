"""A service, process, schedule or file, judged against what is expected of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Judgement(StrEnum):
    """How an observation compares with what is expected."""

    OK = "ok"
    ATTENTION = "attention"
    ALARM = "alarm"
    UNKNOWN = "unknown"


class State(StrEnum):
    """What was seen of a service, in the words of its manager's kind."""

    RUNNING = "running"
    STARTING = "starting"
    STOPPING = "stopping"
    LOADED = "loaded"
    """Its manager will start it: on demand, by its schedule, or at the next start of the machine."""
    STOPPED = "stopped"
    """Its manager knows it and leaves it alone."""
    FAILED = "failed"
    """Its manager, or its own answer, says that something is wrong with it."""
    UNLOADED = "unloaded"
    """Its manager does not know it, or will not start it by itself."""
    ABSENT = "absent"
    """No such process or file; nobody listens."""
    EXISTS = "exists"
    UP = "up"
    """It answers as it should."""
    UNKNOWN = "unknown"
    """Could not be found out: never good news."""


@dataclass(frozen=True, slots=True)
class Observation:
    """What one look at a service found; not judged yet. None: not known, or there is no such thing for it."""

    state: State
    evidence: str
    """What was seen, or why nothing was."""
    pid: int | None = None
    since: float | None = None
    """Epoch seconds, where its manager tells."""
    age: float | None = None
    """Seconds: of the newest file; of the oldest process that matches."""
    count: int | None = None
    """Processes, files or units that match."""
    size: int | None = None
    """Bytes, of all files together."""
    latency: float | None = None
    """Seconds until the whole answer was there."""
    last_exit: str = ""
    """``exit 1``, ``killed by SIGTERM (15)``."""
    next_run: float | None = None
    last_run: float | None = None
    """Epoch seconds, both."""
    overdue: bool = False
    """A run of its schedule did not take place."""
    schedule: str = ""
    """When it is started, where its manager tells: ``every 5m``."""
    warning: str = ""
    """What keeps it from being well although it is in the state that is expected."""
    error: str = ""
    """Why it could not be read, and what to do; the state is then unknown."""


@dataclass(frozen=True, slots=True)
class Service:
    """One watched service."""

    name: str
    expected: str
    """In the words of the configuration: ``running``, ``unloaded``, ``at most 3``, …"""
    observed: str
    """``running``, ``unloaded``, ``50 files``, ``unknown``: a bare word is English, see `console.model.observed`."""
    judgement: Judgement
    evidence: str
    """What was seen: ``pid 67592, up 3h``."""
    group: str = ""
    """What it is listed under."""
    manager: str = ""
    """Who was asked: ``launchd``, ``systemd``, ``systemd --user``, ``supervisor``, ``cron``, ``process``, …"""
    label: str = ""
    """What its manager calls it; a pattern, a path or a URL where that is what is watched."""
    state: str = ""
    """A value of `State`; empty where the reader tells only `observed`."""
    pid: int | None = None
    since: float | None = None
    """Epoch seconds since which it is in that state, as far as that is known. A pid means something only with it."""
    last_exit: str = ""
    """How its last run ended: ``exit 1``, ``killed by SIGTERM (15)``; empty when it never ended or nobody tells."""
    next_run: float | None = None
    last_run: float | None = None
    """Epoch seconds, both; of a schedule."""
    overdue: bool = False
    schedule: str = ""
    """``every 5m``, ``at 2 times``; empty where it is started otherwise, or nobody tells."""
    count: int | None = None
    size: int | None = None
    """Bytes."""
    age: float | None = field(default=None, compare=False)
    """Seconds at `read_at`."""
    latency: float | None = field(default=None, compare=False)
    """Seconds."""
    read_at: float | None = field(default=None, compare=False)
    """Epoch seconds; None: not read yet."""
    period: float | None = None
    """Seconds between two looks."""
    error: str = ""
    """Why it could not be read, and what to do."""
    log: str = ""
    """Path of the file whose last lines tell more."""
    members: tuple[Service, ...] = ()
    """Where a pattern is watched: each one that matches it."""

    @property
    def word(self) -> str:
        """The plain state, for rules."""
        return self.state or self.observed

    @property
    def odd(self) -> tuple[Service, ...]:
        """The members that are not as expected."""
        return tuple(each for each in self.members if each.judgement is not Judgement.OK)
