"""What can be done to a service: the exact command, what it does in words, and when it is refused. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, Literal

from console.i18n import tr
from console.model.service import Service, State

Outcome = Literal["done", "failed", "refused", "unconfirmed"]
"""done: the state was read again and is the one that was wanted; unconfirmed: the command ended well, the state is not
(yet) that one."""


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
AGENTS_SHOWN: Final = 3


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


def offers(service: Service, about: About) -> tuple[Offer, ...]:
    """Every act that its manager knows, those that are refused with their reason."""
    return tuple(offer(service, verb, about) for verb in Verb if _known(service, verb) or service.members)


def offer(service: Service, verb: Verb, about: About) -> Offer:
    """*verb* on *service*; one that is refused has its reason, and its command where there would be one."""
    barred = _no_manager(service, verb)
    if barred is not None:
        return barred
    steps, consequence = _ways(service, verb, about)
    made = Offer(verb, service.name, steps, _told(consequence, about))
    refusal, remedy = _refused(service, verb, about)
    return replace(made, refusal=refusal, remedy=remedy)


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


def _known(service: Service, verb: Verb) -> bool:
    if service.manager not in MANAGERS:
        return False
    return verb is not Verb.KICKSTART or service.manager == "launchd" or service.label.endswith(".timer")


def _no_manager(service: Service, verb: Verb) -> Offer | None:
    if service.members:
        remedy = tr("name one of them, such as {name}", name=service.members[0].name)
        return Offer(
            verb, service.name, refusal=tr("it stands for {count} services", count=len(service.members)), remedy=remedy
        )
    if service.manager not in MANAGERS:
        what = service.manager or "it"
        why = tr("{what} has no manager that could {verb} it: the console only watches it", what=what, verb=verb)
        return Offer(
            verb, service.name, refusal=why, remedy=tr("watch its unit (launchd:, systemd:, supervisor:) to act on it")
        )
    if not _known(service, verb):
        return Offer(
            verb,
            service.name,
            refusal=tr("{manager} has no {verb}", manager=service.manager, verb=verb),
            remedy=tr("start starts it"),
        )
    return None


def _told(consequence: str, about: About) -> str:
    parts = [consequence]
    if about.agents:
        parts.append(tr("{names} end with it", names=_names(about.agents)))
    if about.automatic and about.proof:
        parts.append(about.proof)
    return "; ".join(parts)


def _names(names: Sequence[str]) -> str:
    more = tr(" and {count} more", count=len(names) - AGENTS_SHOWN) if len(names) > AGENTS_SHOWN else ""
    return f"{', '.join(names[:AGENTS_SHOWN])}{more}"


# -- what is refused ---------------------------------------------------------------------------------------------------


def _refused(service: Service, verb: Verb, about: About) -> tuple[str, str]:
    """(Why, what to do instead); empty where nothing stands against it."""
    if service.word == State.UNKNOWN or not service.word:
        return tr("its state is not known: {error}", error=service.error or service.evidence), tr(
            "find out first; nothing is done blindly"
        )
    if verb in BRINGS_UP:
        off = [word for word in about.expected if word in ("unloaded", "absent", "stopped")]
        if off:
            why = tr("it is expected to be {off}: running, it would be an alarm", off=off[0])
            if about.automatic:
                why += tr(", and two dispatchers would send the same task twice")
            return why, tr("change expected: in the configuration first, if that is what you want")
        if about.automatic and about.lacks:
            return tr("an automatic dispatcher needs {listed} first", listed=" and ".join(about.lacks)), tr(
                "write them into its entry"
            )
    if verb in ENDS and about.codex:
        return (
            tr("Codex is at work inside it on {names}: what it does would be lost", names=_names(about.codex)),
            tr("wait until it is done"),
        )
    if service.manager == "systemd" and about.uid != 0:
        command = " ".join(["sudo", "systemctl", *_SYSTEMD.get(verb, (str(verb),)), service.label])
        return tr("a unit of the system needs the rights of root, which the console does not ask for"), f"`{command}`"
    if service.manager == "launchd":
        refused = _launchd_refused(service, verb, about)
        if refused[0]:
            return refused
    return _nothing_to_do(service, verb)


def _launchd_refused(service: Service, verb: Verb, about: About) -> tuple[str, str]:
    gone = service.word in GONE
    if about.daemon:
        return tr("a daemon of the system needs the rights of root, which the console does not ask for"), (
            tr("`sudo launchctl … system/{label}` in a terminal", label=service.label)
        )
    if gone and verb in (Verb.START, Verb.RESTART, Verb.KICKSTART):
        return tr("launchd has not loaded it"), tr("load it")
    if verb is Verb.LOAD and gone and not about.plist:
        return tr("no property list of it was found in LaunchAgents"), tr("put it there first")
    if verb is not Verb.STOP or gone:
        return "", ""
    if about.keep_alive:
        return tr("launchd keeps it alive: stopped, it would be started again at once"), tr("unload it instead")
    if about.keep_alive is None:
        return tr("its property list was not found: nobody knows whether launchd would start it again"), tr(
            "unload it instead"
        )
    if about.schedule:
        return tr("it is loaded and would be started again {schedule}", schedule=about.schedule), tr(
            "unload it instead"
        )
    return "", ""


def _nothing_to_do(service: Service, verb: Verb) -> tuple[str, str]:
    state = service.word
    if verb is Verb.START and state in ALIVE:
        return tr("it is {state} already", state=state), tr("restart ends it and starts it again")
    if verb is Verb.STOP and state not in (*ALIVE, State.STOPPING) and service.pid is None:
        failed = service.manager != "launchd" and state == State.FAILED  # it may be between two tries
        return ("", "") if failed else (tr("it does not run: it is {state}", state=state), "")
    if verb is Verb.LOAD and state not in GONE and not (service.manager == "systemd --user" and state != State.LOADED):
        return tr("it is loaded already: {state}", state=state), ""
    if verb is Verb.UNLOAD and state in GONE:
        return tr("it is {state} already", state=state), ""
    return "", ""


# -- how each manager does it ------------------------------------------------------------------------------------------


def _ways(service: Service, verb: Verb, about: About) -> tuple[tuple[Step, ...], str]:
    if service.manager == "launchd":
        return _launchd(service, verb, about)
    if service.manager == "supervisor":
        return _supervisor(service, verb, about)
    return _systemd(service, verb, about)


def _launchd(service: Service, verb: Verb, about: About) -> tuple[tuple[Step, ...], str]:
    """launchctl(1): ``bootstrap`` and ``bootout`` are what ``load`` and ``unload`` were."""
    domain = f"gui/{about.uid}"
    target = f"{domain}/{service.label}"
    again = tr("; launchd starts it again {schedule}", schedule=about.schedule) if about.schedule else ""
    argv: Sequence[str]
    match verb:
        case Verb.START | Verb.KICKSTART:
            argv, what = (
                ("kickstart", target),
                tr("launchd starts it now{again}", again=again and tr(", and by its schedule as before")),
            )
        case Verb.RESTART:
            argv, what = (
                ("kickstart", "-k", target),
                tr("{process} is killed and started again at once", process=_process(service)),
            )
        case Verb.STOP:
            argv, what = (
                ("kill", "SIGTERM", target),
                tr("{process} is told to end; it stays loaded{again}", process=_process(service), again=again),
            )
        case Verb.LOAD:
            begins = tr("started at once and kept alive") if about.keep_alive else tr("started by its own rules")
            argv, what = (
                ("bootstrap", domain, about.plist or "?"),
                tr("launchd knows it from now on; it is {begins}", begins=begins),
            )
        case Verb.UNLOAD:
            argv, what = (
                ("bootout", target),
                tr("{process} ends, and launchd does not start it again until loaded", process=_process(service)),
            )
    return (Step(("launchctl", *argv)),), what


_SYSTEMD: Final[dict[Verb, tuple[str, ...]]] = {
    Verb.LOAD: ("enable", "--now"),
    Verb.UNLOAD: ("disable", "--now"),
    Verb.KICKSTART: ("start",),
}


def _systemd(service: Service, verb: Verb, about: About) -> tuple[tuple[Step, ...], str]:
    scope = "--user" if service.manager.endswith("--user") else "--system"
    unit = service.label
    by = tr("; {names} can start it again", names=_names(about.timers)) if about.timers else ""
    match verb:
        case Verb.START:
            what = tr("systemd starts it now; whether it starts by itself stays as it is")
        case Verb.STOP:
            what = tr(
                "{process} ends; whether it starts by itself stays as it is{by}", process=_process(service), by=by
            )
        case Verb.RESTART:
            what = tr("{process} ends and is started again", process=_process(service))
        case Verb.LOAD:
            what = tr("systemd starts it now, and by itself from now on")
        case Verb.UNLOAD:
            what = tr(
                "{process} ends, and systemd does not start it by itself any more{by}", process=_process(service), by=by
            )
        case Verb.KICKSTART:
            unit = f"{unit.removesuffix('.timer')}.service"
            what = tr("{unit} runs once now; its timer stays as it is", unit=unit)
    words = _SYSTEMD.get(verb, (str(verb),))
    return (Step(("systemctl", scope, "--no-pager", "--no-ask-password", *words, "--", unit)),), what


def _supervisor(service: Service, verb: Verb, about: About) -> tuple[tuple[Step, ...], str]:
    """The methods of supervisord's XML-RPC API; ``ALREADY_STARTED`` and the like are names of its faults."""
    name = about.program or service.label
    group = name.partition(":")[0]

    def call(method: str, *params: str | bool, harmless: tuple[str, ...] = ()) -> Step:
        return Step(method=f"supervisor.{method}", params=params, where=about.socket, harmless=harmless)

    start = call("startProcess", name, True)
    stop = call("stopProcess", name, True)
    match verb:
        case Verb.START | Verb.KICKSTART:
            return (start,), tr("supervisord starts it now")
        case Verb.STOP:
            return (stop,), tr(
                "{process} ends and stays stopped until it is started, or supervisord is", process=_process(service)
            )
        case Verb.RESTART:
            return (replace(stop, harmless=("NOT_RUNNING",)), start), tr(
                "{process} ends and is started again", process=_process(service)
            )
        case Verb.LOAD:
            read = call("reloadConfig")
            what = tr("supervisord reads its configuration again and takes the group in; it starts if it is set to")
            return (read, call("addProcessGroup", group, harmless=("ALREADY_ADDED",))), what
        case Verb.UNLOAD:
            steps = (call("stopProcessGroup", group, True), call("removeProcessGroup", group))
            return steps, tr(
                "every program of the group {group} ends, and supervisord forgets it until it is loaded", group=group
            )


def _process(service: Service) -> str:
    return tr("its process ({pid})", pid=service.pid) if service.pid is not None else "it"


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
