"""Rules of the section ``log`` that types cannot say."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from typing import Final

from console.config import LogConfig
from console.config_yaml import Path
from console.i18n import tr
from console.model.dispatch import DispatchStatus
from console.safety import safe_text

FIELDS: Final = (
    "number", "surface", "task", "status", "dispatched_at", "verification", "agent",
    "verdict", "self_score", "cross_score", "verified_by", "verified_at", "note",
)  # fmt: skip
"""What the console calls the fields of a dispatch record and of its verification."""

PLACEHOLDERS: Final = {
    "append": ("number", "surface", "task", "status", "dispatched_at"),
    "patch": ("number", "field", "value"),
    "set_status": ("number", "status"),
    "verify": ("number", "by", "self_score", "cross_score", "verdict", "note", "at"),
}
"""What may stand in braces in the arguments of each verb of a tracker command."""

_PLACEHOLDER: Final = re.compile(r"\{(\w+)\}")
_STATUSES: Final = tuple(status.value for status in DispatchStatus)


def check(log: LogConfig, wrong: Callable[[Path, str], None], near: Callable[[str, Collection[str]], str]) -> None:
    """Tell *wrong* everything that is wrong, with its path; *near* names what was meant instead."""
    for name, names in log.fields.items():
        path: Path = ("log", "fields", name)
        if name not in FIELDS:
            wrong(path, tr("is not a field of a dispatch; {near}", near=near(name, FIELDS)))
        elif not names or any(not each.strip() for each in names):
            wrong(path, tr("names no field of the log; write for example [what, title]"))
    for word in log.statuses:
        if not word.strip():
            wrong(("log", "statuses", word), tr("is no word; write the one that stands in the log"))
    for verb, known in PLACEHOLDERS.items():
        if reason := _bad_template(getattr(log.tracker, verb), known, near):
            wrong(("log", "tracker", verb), reason)
    for status, word in log.tracker.statuses.items():
        path = ("log", "tracker", "statuses", status)
        if status not in _STATUSES:
            wrong(path, tr("is not a status; {near}", near=near(status, _STATUSES)))
        elif not word.strip():
            wrong(path, tr("is empty; write the command's word for it"))
    if not 0.1 <= log.tracker.timeout <= 600:
        wrong(("log", "tracker", "timeout"), tr("must be between 0.1 and 600 seconds; write for example 10.0"))


def _bad_template(argv: tuple[str, ...], known: tuple[str, ...], near: Callable[[str, Collection[str]], str]) -> str:
    if not argv:
        return ""
    if not argv[0].strip() or "{" in argv[0]:
        return tr("names no program; write its name or path first, then its arguments")
    for part in argv[1:]:
        for name in _PLACEHOLDER.findall(part):
            if name not in known:
                return tr(
                    "{{{name}}} stands for nothing here; {near}", name=safe_text(name, limit=60), near=near(name, known)
                )
    return ""
