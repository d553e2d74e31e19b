"""Rules of the sections ``guards``, ``notify`` and ``approve`` that types cannot say."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from console.config import Config
from console.config_yaml import Path
from console.i18n import tr
from console.safety import safe_text

SPAN: Final = re.compile(r"\s*([01]?\d|2[0-4]):([0-5]\d)\s*-\s*([01]?\d|2[0-4]):([0-5]\d)\s*", re.ASCII)
FINAL: Final = ("own", "dead", "dialog", "exited", "characters", "draft")
"""Guards that cannot be set aside; `console.model.guard` (a test keeps both lists equal)."""
GUARDS: Final = (
    "account", "identity", "stale", "unsettled", "state", "automatic", "duplicate", "elsewhere", "rate", "author",
    "restart", "record", "size", "quiet", "avoid", "context", "command",
)  # fmt: skip
"""The others."""
PLACEHOLDERS: Final = ("surface", "state", "reason")


def check(config: Config, wrong: Callable[[Path, str], None]) -> None:
    """Tell *wrong* everything that is wrong, with its path."""
    guards = config.guards
    for name in guards.levels:
        if name in FINAL:
            wrong(("guards", "levels", name), tr("cannot be changed: nobody may override this guard"))
        elif name not in GUARDS:
            wrong(("guards", "levels", name), tr("is not a guard; known are {listed}", listed=", ".join(GUARDS)))
    for name in ("rate", "rate_per_surface"):
        if not 1 <= getattr(guards, name) <= 10_000:
            wrong(("guards", name), tr("must be between 1 and 10000"))
    if not 2 <= guards.stale_after <= 3600:
        wrong(("guards", "stale_after"), tr("must be between 2 and 3600 seconds; write for example 15.0"))
    for at, span in enumerate(guards.quiet):
        if SPAN.fullmatch(span) is None:
            shown = safe_text(span, limit=40)
            wrong(
                ("guards", "quiet", at),
                tr('{shown} is no span of the day; write for example "22:00-07:00"', shown=shown),
            )
    _check_automatic(config, wrong)
    _check_notices(config, wrong)
    _check_approval(config, wrong)


def _check_notices(config: Config, wrong: Callable[[Path, str], None]) -> None:
    notify = config.notify
    if not 0 <= notify.after <= 3600:
        wrong(("notify", "after"), tr("must be between 0 and 3600 seconds; write for example 2.0"))
    for state, delay in notify.states.items():
        if delay != -1 and not 0 <= delay <= 3600:
            wrong(("notify", "states", state.value), tr("must be seconds, 0 to 3600, or -1 for never"))
    for at, span in enumerate(notify.quiet):
        if SPAN.fullmatch(span) is None:
            shown = safe_text(span, limit=40)
            wrong(
                ("notify", "quiet", at),
                tr('{shown} is no span of the day; write for example "22:00-07:00"', shown=shown),
            )
    if "command" in notify.ways and not (notify.command and notify.command[0].strip()):
        wrong(("notify", "command"), tr("names no program; write its name or path first, then its arguments"))
    for part in notify.command[1:]:
        for name in re.findall(r"\{(\w+)\}", part):
            if name not in PLACEHOLDERS:
                known = ", ".join(f"{{{each}}}" for each in PLACEHOLDERS)
                wrong(
                    ("notify", "command"),
                    tr(
                        "{{{name}}} stands for nothing here; known are {known}",
                        name=safe_text(name, limit=40),
                        known=known,
                    ),
                )


def _check_approval(config: Config, wrong: Callable[[Path, str], None]) -> None:
    approve = config.approve
    if approve.script and (reason := _bad(approve.script)):
        wrong(("approve", "script"), reason)
    for name in ("per_minute", "per_hour"):
        if not 1 <= getattr(approve, name) <= 1000:
            wrong(("approve", name), tr("must be between 1 and 1000"))
    seen: set[str] = set()
    for at, rule in enumerate(approve.rules):
        path: Path = ("approve", "rules", at)
        if not rule.name.strip() or rule.name in seen:
            wrong((*path, "name"), tr("needs a name of its own"))
        seen.add(rule.name)
        if not rule.surfaces:
            wrong((*path, "surfaces"), tr('names no surface; write for example ["CODEX *"]'))
        if not rule.allow:
            wrong((*path, "allow"), tr("allows nothing; write a regular expression for a whole command"))
        for kind in ("allow", "deny"):
            for index, text in enumerate(getattr(rule, kind)):
                if reason := _bad(text):
                    wrong((*path, kind, index), reason)


def _check_automatic(config: Config, wrong: Callable[[Path, str], None]) -> None:
    """The automatic dispatcher is known by a service that is watched, and by words in its records."""
    automatic = config.guards.automatic
    watched = [service.name for service in config.services]
    if automatic.service and automatic.service.casefold() not in (name.casefold() for name in watched):
        known = (
            tr("known are {listed}", listed=", ".join(watched[:12]))
            if watched
            else tr("none is watched yet; name it there first")
        )
        wrong(("guards", "automatic", "service"), tr("is no name of an entry of services; {known}", known=known))
    for name, word in automatic.records.items():
        if not (name.strip() and word.strip()):
            wrong(
                ("guards", "automatic", "records", name), tr("needs a field and a word; write for example source: auto")
            )
    if not 0.1 <= automatic.minutes <= 1440:
        wrong(("guards", "automatic", "minutes"), tr("must be between 0.1 and 1440 minutes; write for example 10.0"))


def _bad(pattern: str) -> str:
    try:
        re.compile(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        return tr("is not a regular expression ({error})", error=safe_text(str(error), limit=120))
    return ""
