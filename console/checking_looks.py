"""What the checklist looks at by itself: the operator's own steps, and what a hand-off names and nobody watches.

A part of `console.checking`.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from console.config import Config, ServiceConfig
from console.config_checklist import ChecklistSection
from console.config_operations import ArtifactSection, AutomationSection
from console.host import HostError, in_thread, run
from console.i18n import tr, trn
from console.model.artifact import Artifact
from console.model.automation import Automation
from console.model.checklist import OWN, About, Step, StepState, beside, either
from console.model.checks_given import JUDGED, duration, matching
from console.model.handoff import Handoff
from console.model.observed import seen, wanted
from console.model.service import Judgement, Service
from console.model.snapshot import Snapshot
from console.safety import redact, safe_text

OUTPUT: Final = 1 << 19
"""Bytes at the beginning, and at the end, of each stream of a command that are kept and searched: it may never stop."""
LAST: Final = 4096
"""Bytes at the end of the output in which its last line is told."""
SLACK: Final = 2.0
"""Seconds a look may take above its own timeout."""
_EXPECTED: Final = ("running", "unloaded", "absent", "stopped", "loaded")


@dataclass(frozen=True, slots=True)
class Looked:
    """What one look at an own step found."""

    state: StepState
    evidence: str
    at: float
    """Epoch seconds."""


@dataclass(frozen=True, slots=True)
class Extra:
    """What was read for the checklist only."""

    services: tuple[Service, ...] = ()
    automation: tuple[Automation, ...] = ()
    artifacts: tuple[Artifact, ...] = ()


# -- own steps ---------------------------------------------------------------------------------------------------


def own_step(section: ChecklistSection, looked: Looked | None, running: bool, snapshot: Snapshot, now: float) -> Step:
    """The step of *section*; *looked* is what its last look found, if it is one that has to look."""
    id = f"own {section.name}"
    if section.manual:
        return Step(
            id, section.name, OWN, StepState.MANUAL, section.manual, section.remedy or tr("do it, then tick it")
        )
    if section.surface:
        return _of_surface(section, snapshot, now)
    about = About("operation", section.service) if section.service else About()
    if looked is None or running:
        before = tr("then: {evidence}", evidence=looked.evidence) if looked is not None else ""
        return Step(
            id, section.name, OWN, StepState.RUNNING, before, checked_at=looked.at if looked else None, about=about
        )
    remedy = "" if looked.state is StepState.PASS else section.remedy or tr("look at it; then run this step again")
    return Step(id, section.name, OWN, looked.state, looked.evidence, remedy, "", looked.at, about)


def _of_surface(section: ChecklistSection, snapshot: Snapshot, now: float) -> Step:
    id, found = f"own {section.name}", snapshot.called(section.surface)
    if len(found) != 1 or found[0].gone:
        if snapshot.mux.read_at is None:
            return Step(id, section.name, OWN, StepState.RUNNING, tr("surfaces are not read yet"))
        said = (
            found[0].gone
            if len(found) == 1
            else trn(
                "{count} surface answers to {surface}",
                "{count} surfaces answer to {surface}",
                len(found),
                surface=section.surface,
            )
        )
        return Step(
            id, section.name, OWN, StepState.FAIL, said, section.remedy or tr("start it"), "", snapshot.mux.read_at
        )
    surface = found[0]
    about = About("surface", surface.key)
    if surface.status is None:
        return Step(id, section.name, OWN, StepState.RUNNING, tr("not read yet"), about=about)
    state = surface.status.state
    good = state.value in section.state if section.state else not surface.status.needs_person
    said = tr("{state} for {duration}", state=tr(str(state)), duration=duration(now - surface.status.since))
    if not good:
        asked = either([tr(each) for each in section.state]) or tr("nobody to be waited for")
        said = tr("{observed}, expected {expected}", observed=said, expected=asked)
    remedy = "" if good else section.remedy or tr("look at its terminal")
    result = StepState.PASS if good else StepState.FAIL
    return Step(id, section.name, OWN, result, said, remedy, "" if good else "surface.focus", surface.read_at, about)


async def look(section: ChecklistSection, config: Config) -> Looked:
    """Look at one own step; never raises, never takes longer than its timeout and a little."""
    try:
        async with asyncio.timeout(section.timeout + SLACK):
            state, said = await (_command(section) if section.command else _service(section, config))
    except TimeoutError:
        state, said = StepState.FAIL, tr("no answer within {timeout:g} s", timeout=section.timeout)
    except (HostError, OSError, ValueError) as error:
        state, said = StepState.FAIL, str(error)
    return Looked(state, redact(safe_text(said, limit=300)), time.time())


async def _command(section: ChecklistSection) -> tuple[StepState, str]:
    cwd = Path(section.cwd) if section.cwd else None
    done = await run(section.command, timeout=section.timeout, cwd=cwd, limit=OUTPUT, both_ends=True)
    output = b"\n".join(filter(None, (done.stdout, done.stderr)))
    last = output.rstrip()[-LAST:].rsplit(b"\n", 1)[-1].decode("utf-8", "replace")
    said = beside(tr("exit {status}", status=done.returncode), last)
    if done.returncode != section.exit:
        return StepState.FAIL, tr("{said}; expected exit {status}", said=said, status=section.exit)
    if section.expect:
        from console.services.picking import Unpicked, pick_pattern

        try:
            found = await pick_pattern(output, section.expect, "count", "", section.timeout)
        except Unpicked as error:
            return StepState.FAIL, str(error)
        if not found.value:
            return StepState.FAIL, tr(
                "{said}; nothing in its output is like {expect}", said=said, expect=section.expect
            )
    return StepState.PASS, said


async def _service(section: ChecklistSection, config: Config) -> tuple[StepState, str]:
    spec = ServiceConfig(
        section.name, file=section.file, http=section.http, expected=section.expect, status=section.status,
        field=section.field, equals=section.equals, timeout=section.timeout,
    )  # fmt: skip
    if section.service:
        named = section.service.casefold()
        spec = next(each for each in config.services if each.name.casefold() == named)
        spec = replace(spec, expected=section.expect or spec.expected, timeout=section.timeout)
    rows = await _rows([spec])
    row = rows[0]
    state, said = JUDGED[row.judgement], beside(seen(row.observed), row.evidence)
    if state is not StepState.PASS:
        said = tr("{said}; expected {expected}", said=said, expected=wanted(row.expected))
    return state, said


async def _rows(specs: Sequence[ServiceConfig]) -> tuple[Service, ...]:
    from console.services.registry import checks_of
    from console.services.scheduler import read_once

    found = await asyncio.gather(*(read_once(check) for check in checks_of(specs)))
    return tuple(row for rows in found for row in rows)


# -- what a hand-off names ---------------------------------------------------------------------------------------


async def extras(handoff: Handoff, snapshot: Snapshot, folder: Path | None) -> Extra:
    """Read what *handoff* names and the configuration does not; paths are as they would be in *folder*."""
    services, automation, artifacts = await asyncio.gather(
        _services(handoff, snapshot), _automation(handoff, snapshot), _artifacts(handoff, snapshot)
    )
    return Extra(services, automation, artifacts)


async def _services(handoff: Handoff, snapshot: Snapshot) -> tuple[Service, ...]:
    specs = [
        ServiceConfig(found.item.label, unit=found.item.label, expected=found.item.expected, timeout=5.0)
        for found in handoff.services
        if found.item.expected in _EXPECTED
        and not any(sign.isspace() or sign in "*?[" for sign in found.item.label)
        and not matching(found, snapshot.services.services)
    ]
    # One that no manager could be asked about was not looked at: the operator is told to.
    return tuple(row for row in (await _rows(specs) if specs else ()) if row.judgement is not Judgement.UNKNOWN)


async def _automation(handoff: Handoff, snapshot: Snapshot) -> tuple[Automation, ...]:
    from console.services.automation import look as look_at

    watched = {each.target for each in snapshot.operations.automation}
    names = "\n".join(
        each.target.replace("\\", "") for each in snapshot.operations.automation if each.kind == "process"
    )
    sections = []
    for found in handoff.automation:
        entry, path = found.item, _whole(found.item.path)
        if not path or path in watched or path.rsplit("/", 1)[-1] in names:
            continue
        if entry.glob or (entry.count is not None and not entry.expected):
            sections.append(AutomationSection(entry.path, glob=path, expected="at least 0", action=entry.action))
        elif entry.expected in ("running", "unloaded", "absent"):
            expected = "running" if entry.expected == "running" else "gone"
            sections.append(AutomationSection(entry.path, script=path, expected=expected, action=entry.action))
    return tuple(await asyncio.gather(*(in_thread(lambda each=each: look_at(each)) for each in sections)))  # type: ignore[misc]


async def _artifacts(handoff: Handoff, snapshot: Snapshot) -> tuple[Artifact, ...]:
    from console.services.artifacts import look as look_at

    watched = {each.pattern.rstrip("/") for each in snapshot.operations.artifacts}
    sections: dict[str, ArtifactSection] = {}
    for found in handoff.artifacts:
        path = _whole(found.item.path)
        if path and path.rstrip("/") not in watched:
            name = found.item.name or path
            sections[path] = ArtifactSection(name, glob=path) if found.item.glob else ArtifactSection(name, path=path)
    return tuple(await asyncio.gather(*(in_thread(lambda each=each: look_at(each)) for each in sections.values())))  # type: ignore[misc]


def _whole(path: str) -> str:
    """*path* with the home for ``~``; empty for one that is not whole: nobody knows where it begins."""
    expanded = os.path.expanduser(path)  # noqa: PTH111 - Path.expanduser raises without a home directory
    return expanded if expanded.startswith("/") else ""
