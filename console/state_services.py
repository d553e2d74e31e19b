"""Since when the watched services are as they are, on disk: "unloaded since 14:02" outlives the console.

What happened while no console watched is not known: a service that is found in the state it was last seen in counts as
having been in it all the time.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Final

from console.i18n import tr
from console.model.service_history import KEEP, Change, History
from console.state_journal import append_line, read_lines

NAME: Final = "services.jsonl"
AHEAD: Final = 5.0
"""Seconds a line may lie in the future (two clocks)."""


class ServiceJournal:
    """Writes the changes that one console sees. The first failure stops the writing and is kept in `error`."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / NAME
        self.error = ""
        """Why nothing is written any more; one line."""

    def record(self, before: History, after: History) -> None:
        """Write what is in *after* and was not in *before*."""
        for name, changes in after.items():
            known = frozenset(before.get(name, ()))
            for at, state in changes:
                if (at, state) not in known and not self.error:
                    try:
                        append_line(self.path, {"at": at, "service": name, "state": state})
                    except (OSError, ValueError) as error:
                        self.error = tr("the journal of services cannot be written: {error}", error=error)


def load(folder: Path, now: float) -> dict[str, tuple[Change, ...]]:
    """The last changes by the name of the service, in order of time. Never raises."""
    found: dict[str, list[Change]] = {}
    for record in read_lines(folder / NAME):
        at, name, state = record.get("at"), record.get("service"), record.get("state")
        if isinstance(at, bool) or not isinstance(at, int | float) or not math.isfinite(at) or at > now + AHEAD:
            continue
        if isinstance(name, str) and name and isinstance(state, str) and state:
            mine = found.setdefault(name, [])
            # Two consoles write the same change; a state that did not change but for its start is kept (a restart).
            if not mine or mine[-1] != (float(at), state):
                mine.append((float(at), state))
    return {name: tuple(sorted(changes)[-KEEP:]) for name, changes in found.items()}
