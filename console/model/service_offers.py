"""What can be done to a service as it is now, and what stands against it: the reason and the remedy. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from console.i18n import tr, trn
from console.model.service import Service, State
from console.model.service_act import ALIVE, BRINGS_UP, ENDS, GONE, MANAGERS, About, Offer, Verb
from console.model.service_ways import SYSTEMD, names, ways


def offers(service: Service, about: About) -> tuple[Offer, ...]:
    """Every act that its manager knows, those that are refused with their reason."""
    return tuple(offer(service, verb, about) for verb in Verb if _known(service, verb) or service.members)


def offer(service: Service, verb: Verb, about: About) -> Offer:
    """*verb* on *service*; one that is refused has its reason, and its command where there would be one."""
    barred = _no_manager(service, verb)
    if barred is not None:
        return barred
    steps, consequence = ways(service, verb, about)
    made = Offer(verb, service.name, steps, _told(consequence, about))
    refusal, remedy = _refused(service, verb, about)
    return replace(made, refusal=refusal, remedy=remedy)


def _known(service: Service, verb: Verb) -> bool:
    if service.manager not in MANAGERS:
        return False
    return verb is not Verb.KICKSTART or service.manager == "launchd" or service.label.endswith(".timer")


def _no_manager(service: Service, verb: Verb) -> Offer | None:
    act = tr(str(verb))
    if service.members:
        why = trn("it stands for {count} service", "it stands for {count} services", len(service.members))
        remedy = tr("name one of them, such as {name}", name=service.members[0].name)
    elif service.manager not in MANAGERS:
        why = tr(
            "{kind} has no manager that could {verb} it: the console only watches it",
            kind=service.manager or tr("it"),
            verb=act,
        )
        remedy = tr("watch its unit (launchd:, systemd:, supervisor:) to act on it")
    elif not _known(service, verb):
        why = tr("{manager} has no {verb}", manager=service.manager, verb=act)
        remedy = tr("start starts it")
    else:
        return None
    return Offer(verb, service.name, refusal=why, remedy=remedy)


def _told(consequence: str, about: About) -> str:
    parts = [consequence]
    if about.agents:
        parts.append(tr("{names} end with it", names=names(about.agents)))
    if about.automatic and about.proof:
        parts.append(about.proof)
    return "; ".join(parts)


def _refused(service: Service, verb: Verb, about: About) -> tuple[str, str]:
    """(Why, what to do instead); empty where nothing stands against it."""
    if service.word == State.UNKNOWN or not service.word:
        why = tr("its state is not known: {error}", error=service.error or service.evidence)
        return why, tr("find out first; nothing is done blindly")
    if verb in BRINGS_UP:
        unwanted = _unwanted(about)
        if unwanted[0]:
            return unwanted
    if verb in ENDS and about.codex:
        why = tr("Codex is at work inside it on {names}: what it does would be lost", names=names(about.codex))
        return why, tr("wait until it is done")
    if service.manager == "systemd" and about.uid != 0:
        command = " ".join(["sudo", "systemctl", *SYSTEMD.get(verb, (str(verb),)), service.label])
        return tr("a unit of the system needs the rights of root, which the console does not ask for"), f"`{command}`"
    if service.manager == "launchd":
        refused = _refused_by_launchd(service, verb, about)
        if refused[0]:
            return refused
    return _nothing_to_do(service, verb)


def _unwanted(about: About) -> tuple[str, str]:
    """What stands against its running at all."""
    off = next((word for word in about.expected if word in ("unloaded", "absent", "stopped")), "")
    remedy = tr("change expected: in the configuration first, if that is what you want")
    if off and about.automatic:
        why = tr(
            "it is expected to be {off}: running, it would be an alarm, and two dispatchers would send the same task "
            "twice",
            off=tr(off),
        )
        return why, remedy
    if off:
        return tr("it is expected to be {off}: running, it would be an alarm", off=tr(off)), remedy
    if about.automatic and about.lacks:
        why = tr("an automatic dispatcher needs {listed} first", listed=_both(about.lacks))
        return why, tr("write them into its entry")
    return "", ""


def _both(parts: Sequence[str]) -> str:
    told = parts[0]
    for each in parts[1:]:
        told = tr("{one} and {other}", one=told, other=each)
    return told


def _refused_by_launchd(service: Service, verb: Verb, about: About) -> tuple[str, str]:
    gone = service.word in GONE
    if about.daemon:
        why = tr("a daemon of the system needs the rights of root, which the console does not ask for")
        return why, tr("`sudo launchctl … system/{label}` in a terminal", label=service.label)
    if gone and verb in (Verb.START, Verb.RESTART, Verb.KICKSTART):
        return tr("launchd has not loaded it"), tr("load it")
    if verb is Verb.LOAD and gone and not about.plist:
        return tr("no property list of it was found in LaunchAgents"), tr("put it there first")
    if verb is not Verb.STOP or gone:
        return "", ""
    if about.keep_alive:
        why = tr("launchd keeps it alive: stopped, it would be started again at once")
    elif about.keep_alive is None:
        why = tr("its property list was not found: nobody knows whether launchd would start it again")
    elif about.schedule:
        why = tr("it is loaded and would be started again {schedule}", schedule=about.schedule)
    else:
        return "", ""
    return why, tr("unload it instead")


def _nothing_to_do(service: Service, verb: Verb) -> tuple[str, str]:
    state, told = service.word, tr(str(service.word))
    if verb is Verb.START and state in ALIVE:
        return tr("it is {state} already", state=told), tr("restart ends it and starts it again")
    if verb is Verb.STOP and state not in (*ALIVE, State.STOPPING) and service.pid is None:
        failed = service.manager != "launchd" and state == State.FAILED  # it may be between two tries
        return ("", "") if failed else (tr("it does not run: it is {state}", state=told), "")
    if verb is Verb.LOAD and state not in GONE and not (service.manager == "systemd --user" and state != State.LOADED):
        return tr("it is loaded already: {state}", state=told), ""
    if verb is Verb.UNLOAD and state in GONE:
        return tr("it is {state} already", state=told), ""
    return "", ""
