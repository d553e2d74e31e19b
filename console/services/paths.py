"""File and glob checks: whether it is there, how old and how large it is, and how many there are."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from typing import Final

from console.config import ServiceConfig
from console.i18n import tr, trn
from console.model.durations import size_of, span
from console.model.service import Observation, Service, State
from console.model.service_rows import row
from console.safety import safe_text
from console.services.base import Batch, Hanging
from console.services.globs import survey

ENTRIES: Final = 100_000
"""Names that are looked at for one glob."""


class Paths(Batch):
    """One file, or all that match one glob."""

    kind = "file"

    def __init__(self, specs: Sequence[ServiceConfig]) -> None:
        if specs[0].glob:
            self.kind = "glob"
        super().__init__(specs[:1])
        self._thread = Hanging()

    async def look(self) -> Sequence[Service]:
        """See `Batch`."""
        [spec], [what] = self.specs, self.watched

        def seen() -> Service:
            now = time.time()
            return row(what, look_glob(spec.glob, now) if spec.glob else look_file(spec.file, now), now)

        return (await self._thread.run(seen),)


def look_file(path: str, now: float) -> Observation:
    """What is at *path*, links followed. Never raises."""
    try:
        found = os.stat(path)  # noqa: PTH116 - a str from the configuration, perhaps not one a Path takes
    except (FileNotFoundError, NotADirectoryError):
        return Observation(State.ABSENT, tr("{path} is not there", path=_shown(path)), count=0)
    except (OSError, ValueError) as error:
        return _unclear(path, error)
    age = max(0.0, now - found.st_mtime)
    told = tr("{size}, changed {time} ago", size=size_of(found.st_size), time=span(age))
    return Observation(State.EXISTS, told, age=age, size=found.st_size, count=1, last_run=found.st_mtime)


def look_glob(pattern: str, now: float) -> Observation:
    """All that *pattern* matches; its age is that of the newest. Never raises.

    A folder that may not be looked into makes the whole unknown: what cannot be seen is not nothing.
    """
    found = survey(pattern, entries=ENTRIES)
    if found.cut or found.trouble:
        why = tr("{cut}; write a narrower pattern", cut=found.cut) if found.cut else found.trouble
        return Observation(State.UNKNOWN, why, error=why)
    if not found.count or found.newest is None:
        return Observation(State.ABSENT, tr("nothing matches {glob}", glob=_shown(pattern)), count=0, size=0)
    age = max(0.0, now - found.newest)
    told = trn(
        "{count} file, {size}, newest {time} old",
        "{count} files, {size}, newest {time} old",
        found.count,
        size=size_of(found.size),
        time=span(age),
    )
    return Observation(State.EXISTS, told, age=age, size=found.size, count=found.count, last_run=found.newest)


def _unclear(path: str, error: Exception) -> Observation:
    reason = getattr(error, "strerror", None) or str(error)
    why = f"{_shown(path)}: {safe_text(reason, limit=80)}"
    return Observation(State.UNKNOWN, why, error=why)


def _shown(path: str) -> str:
    return safe_text(path, limit=120)
