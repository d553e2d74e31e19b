"""Checks of services, the collector, temporary automation and artifacts. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from console.i18n import mark, tr
from console.model.artifact import Artifact, Changed
from console.model.automation import Automation
from console.model.checklist import ARTIFACTS, SERVICES, TEMPORARY, About, Step, StepState, beside, listed, worse
from console.model.checks_given import JUDGED, Given, duration, matching
from console.model.handoff_items import AutomationEntry, Found, ServiceEntry
from console.model.service import Judgement, Service, State

_OFF: Final = ("unloaded", "absent", "stopped")
_APPROVES: Final = re.compile(r"approv|승인", re.IGNORECASE)
_DISPATCHER: Final = re.compile(r"auto[-_. ]*dispatch|dispatch[-_. ]*auto", re.IGNORECASE)
_WELL: Final[dict[str, frozenset[str]]] = {
    "running": frozenset({State.RUNNING, State.UP}),
    "unloaded": frozenset({State.UNLOADED, State.ABSENT}),
    "absent": frozenset({State.UNLOADED, State.ABSENT}),
    "stopped": frozenset({State.STOPPED, State.LOADED, State.UNLOADED, State.ABSENT}),
}
"""What a hand-off expects, and the states that are so; its own other words are told only."""
REMEDY: Final = mark("look at it, then start or unload it")


def services(given: Given) -> Iterator[Step]:
    """Every watched service, and those of the hand-off; the automatic dispatcher has a check of its own."""
    told: dict[str, Found[ServiceEntry]] = {}
    rest = []
    for entry in given.handoff.services if given.handoff is not None else ():
        found = matching(entry, given.every_service)
        if found:
            told[found[0].name] = entry
        else:
            rest.append(entry)
    dispatcher = _dispatcher(given, told)
    if dispatcher is not None:
        yield dispatcher
    for service in given.snapshot.services.services:
        if dispatcher is None or not _is_dispatcher(given, service):
            yield _service(given, service, told.get(service.name))
    for service in given.services:
        if dispatcher is None or not _is_dispatcher(given, service):
            yield _service(given, service, told.get(service.name))
    for entry in rest:
        if dispatcher is None or not _DISPATCHER.search(entry.item.label):
            yield _unwatched(entry)


def _is_dispatcher(given: Given, service: Service) -> bool:
    if given.automatic_service:
        return given.automatic_service.casefold() in (service.name.casefold(), service.label.casefold())
    return bool(_DISPATCHER.search(f"{service.name} {service.label}")) and service.manager not in ("file", "glob")


def _dispatcher(given: Given, told: dict[str, Found[ServiceEntry]]) -> Step | None:
    """It must stay off, where nobody says otherwise; None where there is none."""
    about = [each for each in given.every_service if _is_dispatcher(given, each)]
    entry = next((told[each.name] for each in about if each.name in told), None)
    wants_on = [each for each in about if each.expected and each.expected.split(",")[0].strip() not in _OFF]
    if given.automatic is None or (wants_on and (entry is None or entry.item.expected not in _OFF)):
        return None
    found, title, id = given.automatic, tr("automatic dispatcher is off"), "dispatcher"
    at = next((each.read_at for each in about if each.read_at is not None), None)
    where = About("operation", about[0].name) if about else About()
    line = entry.line if entry is not None else None
    if about and at is None:
        return Step(
            id, title, SERVICES, given.unread, tr("not looked at yet"), tr(REMEDY), "operations.show", None, where, line
        )
    seen = next((each.evidence for each in about if each.word not in _OFF), about[0].evidence if about else "")
    if found.loaded or found.running:
        is_on = tr("{name} is running", name=found.name) if found.running else tr("{name} is loaded", name=found.name)
        evidence = beside(is_on, seen)
        remedy = tr("unload it: by hand and automatically at once gives tasks twice")
        return Step(id, title, SERVICES, StepState.FAIL, evidence, remedy, "operations.show", at, where, line)
    if found.loaded is None or found.running is None:
        evidence = beside(tr("whether {name} is off could not be found out", name=found.name), seen)
        return Step(
            id, title, SERVICES, StepState.ATTENTION, evidence, tr("look yourself"), "operations.show", at, where, line
        )
    if found.newest is not None and given.now - found.newest < given.policy.automatic_within:
        evidence = tr(
            "{name} is off, and sent something {duration} ago",
            name=found.name,
            duration=duration(given.now - found.newest),
        )
        return Step(id, title, SERVICES, StepState.ATTENTION, evidence, tr("look who sent it"), "", at, where, line)
    return Step(id, title, SERVICES, StepState.PASS, beside(found.name, seen), "", "", at, where, line)


def _service(given: Given, service: Service, entry: Found[ServiceEntry] | None) -> Step:
    about, line = About("operation", service.name), entry.line if entry is not None else None
    id, title = f"service {service.name}", service.name
    if service.read_at is None:
        return Step(
            id, title, SERVICES, given.unread, tr("not looked at yet"), tr(REMEDY), "operations.show", None, about, line
        )
    state = JUDGED[service.judgement]
    said = tr(service.observed)
    if state is not StepState.PASS:
        said = tr("{observed}, expected {expected}", observed=said, expected=tr(service.expected))
    evidence = beside(said, service.evidence)
    if entry is not None:
        wanted = entry.item.expected
        if state is StepState.PASS and wanted in _WELL and _contradicts(service, wanted):
            state, evidence = (
                StepState.ATTENTION,
                tr("{evidence}; the hand-off expects {wanted}", evidence=evidence, wanted=tr(wanted)),
            )
        if entry.item.pid and service.pid and entry.item.pid != service.pid:
            since = tr("pid {pid} at the hand-off: started again since", pid=entry.item.pid)
            evidence = f"{evidence}; {since}"
    remedy = "" if state is StepState.PASS else tr(REMEDY)
    key = "" if state is StepState.PASS else "operations.show"
    return Step(id, title, SERVICES, state, evidence, remedy, key, service.read_at, about, line)


def _contradicts(service: Service, wanted: str) -> bool:
    if service.members or service.manager in ("http", "file", "glob", "cron"):
        return False
    if wanted == "running" and service.expected.startswith("loaded"):
        return False  # on demand: the configuration knows it better
    return service.word not in _WELL[wanted]


def _unwatched(entry: Found[ServiceEntry]) -> Step:
    item = entry.item
    said = ", ".join(filter(None, (item.role, item.remarks)))
    expected = tr(item.expected) if item.expected else tr("no state")
    evidence = _unwatched_as(f"{expected} ({said})" if said else expected)
    return Step(
        f"service {item.label}", item.label, SERVICES, StepState.MANUAL, evidence[:300],
        tr("look yourself, or name it under services:"), line=entry.line,
    )  # fmt: skip


def _unwatched_as(told: str) -> str:
    """What the hand-off tells of a thing that nobody watches."""
    return beside(tr("nobody watches it; the hand-off"), told) if told else tr("nobody watches it")


def automation(given: Given) -> Iterator[Step]:
    """The approval script or what replaces it, then scripts and files."""
    every = (*given.snapshot.operations.automation, *given.automation)
    for each in every:
        entry = _entry_of(given, each)
        if each.kind != "glob" and _APPROVES.search(f"{each.name} {each.target}"):
            yield _approval(given, each, entry)
        else:
            yield _automation(given, each, entry)
    targets = {each.target for each in every}
    for entry in given.handoff.automation if given.handoff is not None else ():
        if given.expanded(entry.item.path) not in targets and _pattern_of(given, entry.item.path) is None:
            yield Step(
                f"automation {entry.item.path}", entry.item.path, TEMPORARY, StepState.MANUAL,
                _unwatched_as(tr(entry.item.state) if entry.item.state else ""),
                tr("look yourself, or name it under automation:"), line=entry.line,
            )  # fmt: skip


def _pattern_of(given: Given, path: str) -> Automation | None:
    """The watched process whose pattern is about *path*."""
    for each in (*given.snapshot.operations.automation, *given.automation):
        if each.kind == "process" and path.rsplit("/", 1)[-1] in each.target.replace("\\", ""):
            return each
    return None


def _entry_of(given: Given, each: Automation) -> Found[AutomationEntry] | None:
    for entry in given.handoff.automation if given.handoff is not None else ():
        if given.expanded(entry.item.path) == each.target or _pattern_of(given, entry.item.path) is each:
            return entry
    return None


def _approval(given: Given, each: Automation, entry: Found[AutomationEntry] | None) -> Step:
    step = _automation(given, each, entry)
    if step.state in (StepState.PASS, StepState.RUNNING) or not each.expected.startswith(("running", "at least")):
        return step
    if given.approves:
        evidence = tr(
            "{observed}; the console approves instead: {approves}", observed=tr(each.observed), approves=given.approves
        )
        return Step(
            step.id, step.title, TEMPORARY, StepState.PASS, evidence, "", "", each.read_at, step.about, step.line
        )
    codex = [s for s in given.snapshot.surfaces if s.agent == "codex" and not s.gone]
    never = [s for s in codex if s.started is not None and s.started.judgement is Judgement.OK]
    if codex and len(never) == len(codex):
        evidence = tr("{observed}; every Codex was started so that it never asks", observed=tr(each.observed))
        return Step(
            step.id, step.title, TEMPORARY, StepState.PASS, evidence, "", "", each.read_at, step.about, step.line
        )
    evidence = tr("{evidence}; nothing approves in its place", evidence=step.evidence)
    remedy = tr("start it, or let the console approve (approve:)")
    return Step(step.id, step.title, TEMPORARY, step.state, evidence, remedy, "", each.read_at, step.about, step.line)


def _automation(given: Given, each: Automation, entry: Found[AutomationEntry] | None) -> Step:
    id, about = f"automation {each.name}", About("operation", each.name)
    line = entry.line if entry is not None else None
    if each.read_at is None:
        return Step(id, each.name, TEMPORARY, given.unread, tr("not looked at yet"), "", "", None, about, line)
    state = JUDGED[each.judgement]
    evidence = beside(tr(each.observed), each.evidence)
    if state is not StepState.PASS:
        evidence = tr("{observed}, expected {expected}", observed=tr(each.observed), expected=tr(each.expected))
    if entry is not None and entry.item.count is not None and each.tally is not None:
        then, more = entry.item.count, each.tally.count - entry.item.count
        open_end = f"{then}+" in entry.item.state
        evidence = tr("{evidence}; {then} at the hand-off", evidence=evidence, then=f"{then:,}{'+' * open_end}")
        if more > 0 and not open_end:
            state = worse(state, StepState.ATTENTION)
            evidence = tr("{evidence}: {more} more", evidence=evidence, more=f"{more:,}")
    remedy = each.action or (tr("clean up") if each.kind == "glob" else tr("start it, or stop it"))
    remedy = "" if state is StepState.PASS else remedy
    key = "" if state is StepState.PASS else "operations.show"
    return Step(id, each.name, TEMPORARY, state, evidence, remedy, key, each.read_at, about, line)


def artifacts(given: Given) -> Iterator[Step]:
    """One step for all that are there and unchanged; one for each that is not."""
    every = [*given.snapshot.operations.artifacts, *given.artifacts]
    yield from _unlooked(given, every)
    well: list[Artifact] = []
    for each in every:
        about = About("operation", each.name)
        id = f"artifact {each.name}"
        if each.read_at is None:
            yield Step(id, each.name, ARTIFACTS, given.unread, tr("not looked at yet"), "", "", None, about)
        elif each.judgement is not Judgement.OK:
            state = StepState.FAIL if each.exists is False else StepState.ATTENTION
            said = each.evidence or tr("is not there")
            said = said if each.pattern in said else f"{said} ({each.pattern})"
            yield Step(id, each.name, ARTIFACTS, state, said,
                       tr("bring it back, or correct its path"), "operations.show", each.read_at, about)  # fmt: skip
        elif each.changed is Changed.CHANGED and each.pattern != given.log_path:
            paths = listed([path.rsplit("/", 1)[-1] for path in each.changed_paths], 3)
            said = tr("changed since the hand-off: {paths}", paths=paths)
            if each.mtime is not None:
                said = tr("changed since the hand-off, {duration} ago: {paths}",
                          duration=duration(given.now - each.mtime), paths=paths)  # fmt: skip
            yield Step(id, each.name, ARTIFACTS, StepState.ATTENTION, said,
                       tr("look whether that was meant"), "operations.show", each.read_at, about)  # fmt: skip
        else:
            well.append(each)
    if well:
        same = sum(each.changed is Changed.SAME for each in well)
        newer = _newer(given, well)
        said = tr("{there} of {total} are there", there=len(well), total=len(every))
        if same:
            said = f"{said}, {tr('{count} unchanged', count=same)}"
        if newer:
            said = f"{said}; {tr('written since the hand-off: {newer}', newer=newer)}"
        oldest = min(each.read_at or given.now for each in well)
        yield Step("artifacts", tr("artifacts"), ARTIFACTS, StepState.PASS, said, checked_at=oldest)


def _unlooked(given: Given, every: list[Artifact]) -> Iterator[Step]:
    """Artifacts of the hand-off of which nobody knows where they are."""
    patterns = {each.pattern.rstrip("/") for each in every}
    entries = given.handoff.artifacts if given.handoff is not None else ()
    rest = [each for each in entries if given.expanded(each.item.path).rstrip("/") not in patterns]
    if rest:
        yield Step(
            "artifacts unwatched", tr("artifacts of the hand-off"), ARTIFACTS, StepState.MANUAL,
            tr("nobody looks at {listed}", listed=listed([each.item.path for each in rest], 3)),
            tr("look yourself, or name them under artifacts:"), line=rest[0].line,
        )  # fmt: skip


def _newer(given: Given, artifacts: list[Artifact]) -> str:
    """For information: agents go on writing after a hand-off."""
    if given.written is None:
        return ""
    end = given.written[1]
    return listed([each.name for each in artifacts if each.changed is Changed.UNKNOWN and (each.mtime or 0) > end], 3)
