"""Globs that always come to an end: bounded in entries, depth and time, and never through a link below their folder.

``*``, ``?`` and ``[…]`` match within one name, ``**`` any folders; a name that begins with a point is matched only by a
pattern that does. The folder before the first wildcard may be reached through links, as written by the operator.
"""

from __future__ import annotations

import fnmatch
import os
import re
import stat
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from console.i18n import tr
from console.model.automation import Tally
from console.safety import safe_text

ENTRIES: Final = 200_000
"""Names that are looked at in one search."""
SECONDS: Final = 10.0
"""Time of one search."""
DEPTH: Final = 12
"""Folders below the first that ``**`` goes into."""
TROUBLES: Final = 3
"""Places that could not be looked into that are named."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing a glob matches, as `os.lstat` sees it."""

    path: str
    """Absolute, as the system spells it: for acts, not for a screen."""
    found: os.stat_result

    @property
    def plain(self) -> bool:
        """Whether it is a regular file."""
        return stat.S_ISREG(self.found.st_mode)


@dataclass(slots=True)
class Search:
    """One search: iterate over it, then read why it ended early (`cut`) and what it could not see (`trouble`)."""

    root: str
    """The folder it begins in; without `parts` what is looked for itself. Absolute."""
    parts: tuple[str, ...] = ()
    """What each name below matches: ``("reports", "26*.md")``, ``("**",)`` for everything."""
    entries: int = ENTRIES
    seconds: float = SECONDS
    clock: Callable[[], float] = time.monotonic
    cut: str = ""
    troubles: list[str] = field(default_factory=list)
    hidden: int = 0
    """Places that could not be looked into."""
    _seen: int = 0
    _end: float = 0.0
    _deep: bool = False

    def __iter__(self) -> Iterator[Entry]:
        """Yield what matches, in no order. Never raises."""
        self._end = self.clock() + self.seconds
        if not self.parts:
            yield from self._one(self.root)
            return
        try:
            found = os.stat(self.root)  # noqa: PTH116 - str paths all along: a hundred thousand of them
        except (FileNotFoundError, NotADirectoryError):
            return
        except (OSError, ValueError) as error:
            self._trouble(self.root, error)
            return
        if stat.S_ISDIR(found.st_mode):
            yield from self._below(self.root, self.parts, 0)
        if self._deep and not self.cut:
            self.cut = tr("folders deeper than {depth} are not looked into", depth=DEPTH)

    @property
    def trouble(self) -> str:
        """What could not be looked into, for people; empty when all could."""
        listed, more = "; ".join(self.troubles), self.hidden - len(self.troubles)
        return tr("{listed} and {count} more", listed=listed, count=more) if more > 0 else listed

    def _below(self, folder: str, parts: tuple[str, ...], depth: int) -> Iterator[Entry]:
        first, rest = parts[0], parts[1:]
        if first == "**":
            yield from self._below(folder, rest or ("*",), depth)
        matches = _matcher("*" if first == "**" else first)
        try:
            with os.scandir(folder) as listed:
                for each in listed:
                    if not self._go_on():
                        return
                    if not matches(each.name):
                        continue
                    if first == "**":
                        if each.is_dir(follow_symlinks=False):
                            if depth >= DEPTH:
                                self._deep = True
                            else:
                                yield from self._below(each.path, parts, depth + 1)
                    elif not rest:
                        yield from self._one(each.path)
                    elif each.is_dir(follow_symlinks=False):
                        yield from self._below(each.path, rest, depth)
        except OSError as error:
            # A folder that is gone meanwhile has nothing in it; for ** the folder was told of above already.
            if first != "**" and not isinstance(error, FileNotFoundError):
                self._trouble(folder, error)

    def _one(self, path: str) -> Iterator[Entry]:
        found = self._stat(path)
        if found is not None:
            yield Entry(path, found)

    def _stat(self, path: str) -> os.stat_result | None:
        try:
            return os.lstat(path)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, ValueError) as error:
            self._trouble(path, error)
            return None

    def _go_on(self) -> bool:
        if self.cut:
            return False
        self._seen += 1
        if self._seen > self.entries:
            self.cut = tr("more than {count:,} names", count=self.entries)
        elif not self._seen % 256 and self.clock() > self._end:
            self.cut = tr("not finished within {seconds:g} s", seconds=self.seconds)
        return not self.cut

    def _trouble(self, path: str, error: Exception) -> None:
        why = getattr(error, "strerror", None) or str(error)
        self.hidden += 1
        if len(self.troubles) < TROUBLES:
            self.troubles.append(f"{safe_text(path, limit=120)}: {safe_text(why, limit=80)}")


def split(pattern: str) -> tuple[str, tuple[str, ...]]:
    """Return (the folder before the first wildcard, the other parts); no parts when there is no wildcard at all."""
    parts = [part for part in pattern.split("/") if part not in ("", ".")]
    first = next((at for at, part in enumerate(parts) if has_wildcard(part)), len(parts))
    return "/" + "/".join(parts[:first]), tuple(parts[first:])


def has_wildcard(text: str) -> bool:
    """Whether *text* is more than a path."""
    return any(sign in text for sign in "*?[")


def survey(pattern: str, *, entries: int = ENTRIES, seconds: float = SECONDS) -> Tally:
    """Count what *pattern* matches. Takes up to *seconds*: not for the event loop. Never raises."""
    search = Search(*split(pattern), entries, seconds)
    count = size = 0
    oldest = newest = None
    for entry in search:
        count += 1
        size += entry.found.st_size if entry.plain else 0
        at = entry.found.st_mtime
        oldest = at if oldest is None or at < oldest else oldest
        newest = at if newest is None or at > newest else newest
    return Tally(count, size, oldest, newest, search.cut, search.trouble)


def _matcher(part: str) -> Callable[[str], bool]:
    matches = re.compile(fnmatch.translate(part)).match
    if part.startswith("."):
        return lambda name: matches(name) is not None
    return lambda name: name[0] != "." and matches(name) is not None
