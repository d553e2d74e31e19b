"""File and glob checks: whether it is there, how old and how large it is, and how many there are."""

from __future__ import annotations

import fnmatch
import os
import time
from collections.abc import Iterator, Sequence
from typing import Final

from console.config import ServiceConfig
from console.model.durations import size_of, span
from console.model.service import Observation, Service, State
from console.model.service_rows import row
from console.safety import safe_text
from console.services.base import Batch, Hanging

ENTRIES: Final = 100_000
"""Names that are looked at for one glob."""
DEPTH: Final = 12
"""Folders below the first that ``**`` goes into."""


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
        return Observation(State.ABSENT, f"{_shown(path)} is not there", count=0)
    except (OSError, ValueError) as error:
        return _unclear(path, error)
    age = max(0.0, now - found.st_mtime)
    told = f"{size_of(found.st_size)}, changed {span(age)} ago"
    return Observation(State.EXISTS, told, age=age, size=found.st_size, count=1, last_run=found.st_mtime)


def look_glob(pattern: str, now: float) -> Observation:
    """All that *pattern* matches; its age is that of the newest. Never raises.

    A folder that may not be looked into makes the whole unknown: what cannot be seen is not nothing.
    """
    count = size = 0
    newest = 0.0
    try:
        for found in _matches(pattern):
            count += 1
            size += found.st_size
            newest = max(newest, found.st_mtime)
    except _TooManyError:
        why = f"more than {ENTRIES:,} names to look at; write a narrower pattern"
        return Observation(State.UNKNOWN, why, error=why)
    except (OSError, ValueError) as error:
        return _unclear(getattr(error, "filename", None) or pattern, error)
    if not count:
        return Observation(State.ABSENT, f"nothing matches {_shown(pattern)}", count=0, size=0)
    age = max(0.0, now - newest)
    told = f"{count} file{'s' if count > 1 else ''}, {size_of(size)}, newest {span(age)} old"
    return Observation(State.EXISTS, told, age=age, size=size, count=count, last_run=newest)


class _TooManyError(Exception):
    """The search would not end soon."""


def _matches(pattern: str) -> Iterator[os.stat_result]:
    """Links are counted and not followed. Raises OSError, _TooManyError."""
    left = [ENTRIES]
    yield from _below("/", [part for part in pattern.split("/") if part not in ("", ".")], 0, left)


def _below(folder: str, parts: list[str], depth: int, left: list[int]) -> Iterator[os.stat_result]:
    first, rest = parts[0], parts[1:]
    if not any(sign in first for sign in "*?["):
        path = os.path.join(folder, first)  # noqa: PTH118 - str paths all along
        try:
            found = os.stat(path) if rest else os.lstat(path)  # noqa: PTH116
        except (FileNotFoundError, NotADirectoryError):
            return
        if rest:
            yield from _below(path, rest, depth, left)
        else:
            yield found
        return
    if first == "**":
        yield from _below(folder, rest or ["*"], depth, left)
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except (FileNotFoundError, NotADirectoryError):
        return
    for entry in entries:
        left[0] -= 1
        if left[0] < 0:
            raise _TooManyError
        if entry.name.startswith(".") and not first.startswith("."):
            continue
        if first == "**":
            if depth < DEPTH and entry.is_dir(follow_symlinks=False):
                yield from _below(entry.path, parts, depth + 1, left)
        elif fnmatch.fnmatchcase(entry.name, first):
            if rest:
                if entry.is_dir():
                    yield from _below(entry.path, rest, depth, left)
            else:
                try:
                    yield entry.stat(follow_symlinks=False)
                except FileNotFoundError:
                    continue  # gone meanwhile


def _unclear(path: str, error: Exception) -> Observation:
    reason = getattr(error, "strerror", None) or str(error)
    why = f"{_shown(path)}: {safe_text(reason, limit=80)}"
    return Observation(State.UNKNOWN, why, error=why)


def _shown(path: str) -> str:
    return safe_text(path, limit=120)
