"""How each manager does an act on a service: what is called, and what that does in a sentence. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from console.i18n import tr
from console.model.service import Service
from console.model.service_act import About, Step, Verb

NAMES_SHOWN: Final = 3

SYSTEMD: Final[dict[Verb, tuple[str, ...]]] = {
    Verb.LOAD: ("enable", "--now"),
    Verb.UNLOAD: ("disable", "--now"),
    Verb.KICKSTART: ("start",),
}
"""What systemctl calls an act, where it has another word for it."""


def ways(service: Service, verb: Verb, about: About) -> tuple[tuple[Step, ...], str]:
    """(The calls, what they do) of *verb* on *service*, which has a manager that knows it."""
    if service.manager == "launchd":
        return (Step(("launchctl", *_launchctl(service, verb, about))),), _by_launchd(service, verb, about)
    if service.manager == "supervisor":
        return _calls(service, verb, about), _by_supervisord(service, verb, about)
    scope = "--user" if service.manager.endswith("--user") else "--system"
    words = SYSTEMD.get(verb, (str(verb),))
    argv = ("systemctl", scope, "--no-pager", "--no-ask-password", *words, "--", _unit(service, verb))
    return (Step(argv),), _by_systemd(service, verb, about)


def names(of: Sequence[str]) -> str:
    """The first of them, and how many more there are."""
    listed, more = ", ".join(of[:NAMES_SHOWN]), len(of) - NAMES_SHOWN
    return tr("{listed} and {count} more", listed=listed, count=more) if more > 0 else listed


def _process(service: Service) -> str:
    return tr("its process ({pid})", pid=service.pid) if service.pid is not None else tr("it")


def _launchctl(service: Service, verb: Verb, about: About) -> tuple[str, ...]:
    """launchctl(1): ``bootstrap`` and ``bootout`` are what ``load`` and ``unload`` were."""
    domain = f"gui/{about.uid}"
    target = f"{domain}/{service.label}"
    match verb:
        case Verb.START | Verb.KICKSTART:
            return "kickstart", target
        case Verb.RESTART:
            return "kickstart", "-k", target
        case Verb.STOP:
            return "kill", "SIGTERM", target
        case Verb.LOAD:
            return "bootstrap", domain, about.plist or "?"
    return "bootout", target


def _by_launchd(service: Service, verb: Verb, about: About) -> str:
    process = _process(service)
    match verb:
        case Verb.START | Verb.KICKSTART if about.schedule:
            return tr("launchd starts it now, and by its schedule as before")
        case Verb.START | Verb.KICKSTART:
            return tr("launchd starts it now")
        case Verb.RESTART:
            return tr("{process} is killed and started again at once", process=process)
        case Verb.STOP if about.schedule:
            return tr(
                "{process} is told to end; it stays loaded; launchd starts it again {schedule}",
                process=process,
                schedule=about.schedule,
            )
        case Verb.STOP:
            return tr("{process} is told to end; it stays loaded", process=process)
        case Verb.LOAD if about.keep_alive:
            return tr("launchd knows it from now on; it is started at once and kept alive")
        case Verb.LOAD:
            return tr("launchd knows it from now on; it is started by its own rules")
    return tr("{process} ends, and launchd does not start it again until loaded", process=process)


def _unit(service: Service, verb: Verb) -> str:
    """What is acted on: a timer that runs once runs its service."""
    return f"{service.label.removesuffix('.timer')}.service" if verb is Verb.KICKSTART else service.label


def _by_systemd(service: Service, verb: Verb, about: About) -> str:
    process, timers = _process(service), names(about.timers)
    match verb:
        case Verb.START:
            return tr("systemd starts it now; whether it starts by itself stays as it is")
        case Verb.STOP if timers:
            return tr(
                "{process} ends; whether it starts by itself stays as it is; {names} can start it again",
                process=process,
                names=timers,
            )
        case Verb.STOP:
            return tr("{process} ends; whether it starts by itself stays as it is", process=process)
        case Verb.RESTART:
            return tr("{process} ends and is started again", process=process)
        case Verb.LOAD:
            return tr("systemd starts it now, and by itself from now on")
        case Verb.UNLOAD if timers:
            return tr(
                "{process} ends, and systemd does not start it by itself any more; {names} can start it again",
                process=process,
                names=timers,
            )
        case Verb.UNLOAD:
            return tr("{process} ends, and systemd does not start it by itself any more", process=process)
    return tr("{unit} runs once now; its timer stays as it is", unit=_unit(service, verb))


def _group(service: Service, about: About) -> str:
    return (about.program or service.label).partition(":")[0]


def _calls(service: Service, verb: Verb, about: About) -> tuple[Step, ...]:
    """The methods of supervisord's XML-RPC API; ``NOT_RUNNING`` and ``ALREADY_ADDED`` are names of its faults."""
    name, group = about.program or service.label, _group(service, about)

    def call(method: str, *params: str | bool, harmless: tuple[str, ...] = ()) -> Step:
        return Step(method=f"supervisor.{method}", params=params, where=about.socket, harmless=harmless)

    start, stop = call("startProcess", name, True), call("stopProcess", name, True)
    match verb:
        case Verb.START | Verb.KICKSTART:
            return (start,)
        case Verb.STOP:
            return (stop,)
        case Verb.RESTART:
            return replace(stop, harmless=("NOT_RUNNING",)), start
        case Verb.LOAD:
            return call("reloadConfig"), call("addProcessGroup", group, harmless=("ALREADY_ADDED",))
    return call("stopProcessGroup", group, True), call("removeProcessGroup", group)


def _by_supervisord(service: Service, verb: Verb, about: About) -> str:
    process = _process(service)
    match verb:
        case Verb.START | Verb.KICKSTART:
            return tr("supervisord starts it now")
        case Verb.STOP:
            return tr("{process} ends and stays stopped until it is started, or supervisord is", process=process)
        case Verb.RESTART:
            return tr("{process} ends and is started again", process=process)
        case Verb.LOAD:
            return tr("supervisord reads its configuration again and takes the group in; it starts if it is set to")
    return tr(
        "every program of the group {group} ends, and supervisord forgets it until it is loaded",
        group=_group(service, about),
    )
