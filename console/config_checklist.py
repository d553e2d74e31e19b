"""Section ``checklist``: the operator's own steps after a restart, and the rules that types cannot say."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar, Final

from console.config_operations import Where, Wrong, bad_pattern
from console.i18n import tr
from console.model import expected
from console.model.agent import AgentState
from console.model.checklist import joined
from console.safety import safe_text

KINDS: Final = ("command", "file", "http", "service", "surface", "manual")
ONLY: Final = {
    "exit": ("command",),
    "cwd": ("command",),
    "status": ("http",),
    "field": ("http",),
    "equals": ("http",),
    "state": ("surface",),
    "expect": ("command", "file", "http", "service"),
}
"""Keys that mean something for some kinds only."""
STATES: Final = tuple(state.value for state in AgentState)


@dataclass(frozen=True, slots=True)
class ChecklistSection:
    """One step: exactly one of `KINDS` says what is looked at."""

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid", "strict": True}

    name: str
    command: tuple[str, ...] = ()
    """An argv; run without a shell."""
    file: str = ""
    """Absolute after loading."""
    http: str = ""
    service: str = ""
    """Name of an entry of ``services``."""
    surface: str = ""
    """Name or ref of a surface."""
    manual: str = ""
    """What the operator has to do."""
    expect: str = ""
    """Of a command: a regular expression its output has to match somewhere; else as ``expected`` of a service."""
    exit: int = 0
    """Exit status that is right."""
    status: int = 0
    """As in ``services``; so are `field` and `equals`."""
    field: str = ""
    equals: str = ""
    state: tuple[str, ...] = ()
    """States that are right; empty: any in which nobody is waited for."""
    cwd: str = ""
    """Of the command; absolute after loading; empty means the directory the console was started in."""
    remedy: str = ""
    """What to do when it fails."""
    timeout: float = 5.0
    """Seconds."""

    @property
    def kind(self) -> str:
        """Which of `KINDS` it is."""
        return next((kind for kind in KINDS if getattr(self, kind)), "manual")


def prepare(section: object) -> None:
    """``state: idle, working`` and ``command: program`` stand for lists."""
    for entry in section if isinstance(section, list) else ():
        if isinstance(entry, dict):
            if isinstance(state := entry.get("state"), str):
                entry["state"] = [each.strip() for each in state.split(",") if each.strip()]
            if isinstance(command := entry.get("command"), str) and command:
                entry["command"] = [command]


def check(steps: Sequence[ChecklistSection], services: Sequence[str], wrong: Wrong) -> None:
    """Tell *wrong* everything that is wrong, with its path. *services* are the names that are configured."""
    seen: dict[str, int] = {}
    for at, step in enumerate(steps):
        path: Where = ("checklist", at)
        name = safe_text(step.name.strip()).casefold()
        if not name:
            wrong((*path, "name"), tr("is empty; write what it is called"))
        elif name in seen:
            wrong((*path, "name"), tr("is the same as in entry {number}; keep one of them", number=seen[name]))
        seen.setdefault(name, at + 1)
        kinds = [kind for kind in KINDS if getattr(step, kind)]
        if not kinds:
            wrong(path, tr("says not what to look at; write one of {listed}", listed=", ".join(KINDS)))
        elif len(kinds) > 1:
            wrong((*path, kinds[1]), tr("stands beside {kind}; keep one of them, or make two entries", kind=kinds[0]))
        else:
            _check_one(step, kinds[0], services, path, wrong)


def _check_one(step: ChecklistSection, kind: str, services: Sequence[str], path: Where, wrong: Wrong) -> None:
    for key, kinds in ONLY.items():
        if getattr(step, key) and kind not in kinds:
            wrong(
                (*path, key),
                tr("means nothing for {kind}; it belongs to {listed}", kind=kind, listed=joined(kinds)),
            )
    if not 0.1 <= step.timeout <= 600:
        wrong((*path, "timeout"), tr("must be between 0.1 and 600 seconds; write for example 5.0"))
    if kind == "command":
        if not step.command[0].strip():
            wrong((*path, "command"), tr("names no program; write its name or path first, then its arguments"))
        if step.expect and (reason := bad_pattern(step.expect)):
            wrong((*path, "expect"), reason)
        if not 0 <= step.exit <= 255:
            wrong((*path, "exit"), tr("must be between 0 and 255"))
    elif kind in ("file", "http", "service") and step.expect:
        try:
            expected.parse(step.expect, {"service": ""}.get(kind, kind))
        except ValueError as error:
            wrong((*path, "expect"), safe_text(str(error), limit=300))
    if kind == "http":
        from console.config_collector import is_url

        if not is_url(step.http):
            wrong((*path, "http"), tr("is not an http(s) URL; write for example http://127.0.0.1:8080/health"))
        if step.status and not 100 <= step.status <= 599:
            wrong((*path, "status"), tr("is no HTTP status; write for example 204, or 0 for any of 200 to 299"))
        if step.equals and not step.field:
            wrong((*path, "equals"), tr("needs field: which value of the answer it is"))
    elif kind == "service" and step.service.casefold() not in [name.casefold() for name in services]:
        known = ", ".join(safe_text(name, limit=40) for name in services[:8]) or tr("none yet")
        wrong((*path, "service"), tr("is no entry of services; there are {known}", known=known))
    for state in step.state:
        if state not in STATES:
            wrong(
                (*path, "state"),
                tr(
                    "{state} is no state; known are {listed}",
                    state=safe_text(state, limit=40),
                    listed=", ".join(STATES),
                ),
            )


def placed(steps: Sequence[ChecklistSection], base: Path) -> tuple[ChecklistSection, ...]:
    """*steps* with their paths made absolute, and texts for people safe to draw."""

    def place(text: str) -> str:
        return str(base / os.path.expanduser(text)) if text else ""  # noqa: PTH111 - never raises

    return tuple(
        replace(
            step,
            name=safe_text(step.name, limit=200),
            file=place(step.file),
            cwd=place(step.cwd),
            manual=safe_text(step.manual, limit=300),
            remedy=safe_text(step.remedy, limit=300),
            command=tuple(os.path.expanduser(part) for part in step.command),  # noqa: PTH111 - never raises
        )
        for step in steps
    )
