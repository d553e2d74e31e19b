"""Clean-up of temporary automation, as far as the configuration allows it. A part of the engine."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from console.config import Config
from console.model.automation import expectation
from console.safety import safe_text

if TYPE_CHECKING:
    from console.actions.cleanup import Cleaned, Plan
    from console.actions.trash import Bag, Left

__all__ = ["Bag", "Cleaned", "Left", "Plan", "bags", "entries", "plan", "refusal", "restore", "run"]


def entries(config: Config) -> tuple[str, ...]:
    """Names of the entries that may be cleaned up."""
    return tuple(each.name for each in config.automation if each.clean)


def plan(config: Config, state: Path, now: float, names: Collection[str] = (), *, every: bool = False) -> Plan:
    """Exactly what would go of the entries *names* (without: of all) at *now*, epoch seconds. Blocks; touches nothing.

    Only what is too many goes, the oldest first; *every*: everything that matches.
    """
    from dataclasses import replace

    from console.actions import cleanup
    from console.actions.trash import Left
    from console.services.globs import Search

    wanted, notes = [], []
    for each in config.automation:
        if not each.clean or (names and each.name not in names):
            continue
        expected = expectation(each.expected)
        escaped, _, name = each.glob.rpartition("/")
        folder = re.sub(r"\[([*?[])\]", r"\1", escaped)  # the configuration allows no wildcard there
        search = Search(folder, (name,))
        found = [entry.path.rpartition("/")[2] for entry in search]
        notes += [Left(safe_text(each.glob), why) for why in (search.cut, search.trouble) if why]
        most = None if expected is None else expected.high
        keep = 0 if every else len(found) if most is None else most
        wanted.append(cleanup.Wanted(each.name, folder, found, keep))
    made = cleanup.plan(wanted, state, now)
    return replace(made, left=(*notes, *made.left))


def run(config: Config, made: Plan, state: Path, now: float) -> Cleaned:
    """Move what *made* shows into the trash. Blocks. Raises `console.actions.cleanup.Refused`."""
    from console.actions import cleanup

    return cleanup.run(made, state, now, read_only=config.read_only)


def restore(config: Config, state: Path, now: float, made: str = "") -> tuple[str, int, tuple[Left, ...]]:
    """Move a clean-up back, the newest without an id: (id, files, what was left). Blocks. Raises the same."""
    from console.actions import cleanup

    return cleanup.restore(state, made, now, read_only=config.read_only)


def bags(state: Path) -> tuple[Bag, ...]:
    """The clean-ups that can be restored, oldest first."""
    from console.actions.trash import bags as there

    return there(state)


def refusal() -> type[Exception]:
    """What `run` and `restore` raise when nothing was touched."""
    from console.actions.cleanup import Refused

    return Refused
