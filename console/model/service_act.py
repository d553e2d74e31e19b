"""An act on a service: its words, what it needs to be known, how it is offered, what came of it. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal

from console.i18n import mark
from console.model.service import Service, State

Outcome = Literal["done", "failed", "refused", "unconfirmed"]
"""done: the state was read again and is the one that was wanted; unconfirmed: the command ended well, the state is not
(yet) that one."""
OUTCOMES: Final[Mapping[Outcome, str]] = {
    "done": mark("done"),
    "failed": mark("failed"),
    "refused": mark("refused"),
    "unconfirmed": mark("unconfirmed"),
}
"""For people, through `tr`."""


class Verb(StrEnum):
    """An act."""

    START = "start"
    STOP = "stop"
    RESTART = "restart"
    LOAD = "load"
    UNLOAD = "unload"
    KICKSTART = "kickstart"
    """Run it now, whatever its schedule says."""


BRINGS_UP: Final = frozenset({Verb.START, Verb.RESTART, Verb.LOAD, Verb.KICKSTART})
ENDS: Final = frozenset({Verb.STOP, Verb.RESTART, Verb.UNLOAD})
"""Verbs after which the process of now is gone."""
MANAGERS: Final = ("launchd", "systemd", "systemd --user", "supervisor")
ALIVE: Final = (State.RUNNING, State.UP, State.STARTING)
GONE: Final = (State.UNLOADED, State.ABSENT)


@dataclass(frozen=True, slots=True)
class About:
    """What has to be known besides the row, as it is now."""

    uid: int = 0
    """The account that acts; 0 may change the units of the system."""
    plist: str = ""
    """launchd: path of its property list; empty when none was found."""
    daemon: bool = False
    """launchd: whether it is a service of the system, not of this account."""
    keep_alive: bool | None = None
    """launchd: whether it is started again when it ends; None: not known."""
    schedule: str = ""
    """``every 5m``, ``at 2 times``."""
    timers: tuple[str, ...] = ()
    """systemd: units that start it by themselves."""
    socket: str = ""
    """supervisor: where it is asked, for people."""
    program: str = ""
    """supervisor: its whole name, ``group:name``."""
    expected: tuple[str, ...] = ()
    """What every watched row about this very service expects, one word each: ``unloaded``."""
    automatic: bool = False
    """Whether it is an automatic dispatcher."""
    lacks: tuple[str, ...] = ()
    """What an automatic dispatcher needs and has no evidence of."""
    proof: str = ""
    """The evidence that there is."""
    codex: tuple[str, ...] = ()
    """Surfaces inside its processes on which Codex is at work."""
    agents: tuple[str, ...] = ()
    """All surfaces inside its processes."""


@dataclass(frozen=True, slots=True)
class Step:
    """One call: an argv without a shell, or a method of supervisord."""

    argv: tuple[str, ...] = ()
    method: str = ""
    params: tuple[str | bool, ...] = ()
    where: str = ""
    """Of a method: the socket, for people."""
    harmless: tuple[str, ...] = ()
    """Of a method: words of a fault that say that there is nothing to do."""

    @property
    def text(self) -> str:
        """For people, exactly what is called."""
        if self.argv:
            return " ".join(self.argv)
        given = ", ".join(f'"{each}"' if isinstance(each, str) else str(each).lower() for each in self.params)
        return f"{self.method}({given}) at {self.where}"


@dataclass(frozen=True, slots=True)
class Offer:
    """One act on one service, as it would be carried out now."""

    verb: Verb
    service: str
    steps: tuple[Step, ...] = ()
    consequence: str = ""
    """What it does, in a sentence."""
    refusal: str = ""
    """Why it is not carried out; empty when it may be."""
    remedy: str = ""
    """What to do instead."""

    @property
    def command(self) -> str:
        """Everything that would be called."""
        return "; then ".join(step.text for step in self.steps)

    @property
    def why_not(self) -> str:
        """Refusal and remedy in a line."""
        return f"{self.refusal}; {self.remedy}" if self.refusal and self.remedy else self.refusal


@dataclass(frozen=True, slots=True)
class Done:
    """What came of it."""

    outcome: Outcome
    evidence: str
    offer: Offer
    service: Service | None = None
    """As it was read after it."""
    warning: str = ""


def wanted(verb: Verb, before: Service, now: Service, began: float) -> bool:
    """Whether *now*, read after the command that was given at *began* (epoch seconds), is what *verb* is for."""
    state = now.word
    match verb:
        case Verb.START | Verb.KICKSTART:
            return state in (State.RUNNING, State.UP)
        case Verb.RESTART:
            new = now.pid != before.pid or (now.since is not None and now.since >= began - 1)
            return state in (State.RUNNING, State.UP) and new
        case Verb.STOP:
            return now.pid is None and state in (State.STOPPED, State.LOADED, State.FAILED, *GONE)
        case Verb.LOAD:
            return state in (State.LOADED, *ALIVE)
    return state in GONE


def rows_about(services: Collection[Service], service: Service) -> tuple[Service, ...]:
    """Every row, members included, that is about the same unit of the same manager."""
    every = [each for row in services for each in (row, *row.members)]
    same = (service.manager, service.label)
    return tuple(each for each in every if (each.manager, each.label) == same and not each.members)


def called(services: Collection[Service], name: str) -> Service | None:
    """The row, or the member of a row, with this name or label; a row goes before a member."""
    members = [each for row in services for each in row.members]
    for each in (*services, *members):
        if name == each.name:
            return each
    found = [each for each in (*services, *members) if each.label == name and not each.members]
    return found[0] if len({(each.manager, each.label) for each in found}) == 1 else None
