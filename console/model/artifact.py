"""Deliverables: files and folders the operator hands over, and whether they changed since the last hand-off."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from console.model.service import Judgement

FILES: Final = 500
"""Files of one artifact that are told one by one."""


class Changed(StrEnum):
    """How an artifact compares with what it was at the last hand-off."""

    UNKNOWN = "unknown"
    """There was no hand-off, or it did not know the artifact, or one of the two could not be read."""
    SAME = "same"
    CHANGED = "changed"
    NEW = "new"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class FileFact:
    """One file or folder that is there."""

    path: str
    """For people and scripts; what a terminal would obey is taken out of it."""
    size: int
    """Bytes; of a folder, all regular files below it."""
    mtime: float
    """Epoch seconds; of a folder, the newest below it."""
    count: int = 1
    """Of a folder: files below it."""
    folder: bool = False

    @property
    def mark(self) -> tuple[float, int, int]:
        """What differs as soon as it was changed."""
        return (round(self.mtime, 3), self.size, self.count)


Marks = Mapping[str, tuple[float, int, int]]
"""From a path to its `FileFact.mark`."""


@dataclass(frozen=True, slots=True)
class Artifact:
    """One deliverable."""

    name: str
    pattern: str
    """The path or glob, absolute."""
    files: tuple[FileFact, ...] = ()
    """What is there, newest first; at most `FILES`."""
    count: int = 0
    """Files and folders that match; more than `files` when there are too many to list."""
    size: int = 0
    """Bytes of all."""
    mtime: float | None = None
    """The newest change, epoch seconds."""
    judgement: Judgement = Judgement.UNKNOWN
    """ok, attention (missing) or unknown."""
    evidence: str = ""
    changed: Changed = Changed.UNKNOWN
    changed_paths: tuple[str, ...] = ()
    """What was changed, added or removed since the last hand-off."""
    read_at: float | None = None
    """Epoch seconds; None before it was looked at for the first time."""

    @property
    def exists(self) -> bool | None:
        """Whether anything is there; None when that is not known."""
        return None if self.judgement is Judgement.UNKNOWN else self.count > 0

    @property
    def marks(self) -> dict[str, tuple[float, int, int]]:
        """For the baseline."""
        return {file.path: file.mark for file in self.files}


def compare(files: Sequence[FileFact], before: Marks | None, *, whole: bool = True) -> tuple[Changed, tuple[str, ...]]:
    """How *files* compare with *before*, and which paths differ.

    *before* is None when the last hand-off did not know the artifact. When not *whole*, the files are only a part of
    what is there: a path that is missing among them may well be there.
    """
    if before is None:
        return Changed.UNKNOWN, ()
    now = {file.path: file.mark for file in files}
    differs = [path for path, mark in now.items() if path in before and before[path] != mark]
    new = [path for path in now if path not in before]
    gone = [path for path in before if path not in now]
    if not whole:
        return (Changed.CHANGED, tuple(differs)) if differs else (Changed.UNKNOWN, ())
    if not now and not before:
        return Changed.SAME, ()
    if not now:
        return Changed.GONE, tuple(gone)
    if not before:
        return Changed.NEW, tuple(new)
    paths = (*differs, *new, *gone)
    return (Changed.CHANGED if paths else Changed.SAME), paths
