"""Cleaning up files of temporary automation: first exactly what would go, then into the trash, from where it returns.

Only what was shown is moved: the same regular files, unchanged, of this account, out of the configured folders.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from console.actions.moving import Identity, NotMoved, lstat, move, open_folder
from console.actions.trash import NAME as TRASH
from console.actions.trash import Bag, Left, bags, begin, discard, shown
from console.actions.trash import restore as restore_bag
from console.i18n import mark, tr
from console.safety import redact, safe_text
from console.state_journal import append_line

JOURNAL: Final = "cleanups.jsonl"
FRESH: Final = 60.0
"""Seconds: a file that was changed since is left, whoever wrote it may be at work on it."""


class Refused(Exception):
    """Nothing was touched; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What one entry of the configuration lets go."""

    entry: str
    folder: str
    """The one folder of the entry."""
    names: Sequence[str]
    """Names in it that match."""
    keep: int = 0
    """How many of the newest files stay."""


@dataclass(frozen=True, slots=True)
class Item:
    """One file that would go."""

    entry: str
    folder: str
    """Absolute, links resolved when the plan was made."""
    name: str
    identity: Identity
    ctime_ns: int

    @property
    def path(self) -> str:
        """For people."""
        return shown(self.folder, self.name)

    @property
    def size(self) -> int:
        """Bytes."""
        return self.identity.size

    @property
    def mtime(self) -> float:
        """Epoch seconds."""
        return self.identity.mtime_ns / 1e9


@dataclass(frozen=True, slots=True)
class Plan:
    """Exactly what would go, and what matches and stays."""

    items: tuple[Item, ...] = ()
    """Oldest first within an entry."""
    left: tuple[Left, ...] = ()
    folders: tuple[tuple[str, int, int], ...] = ()
    """Each folder with its device and inode."""

    @property
    def size(self) -> int:
        """Bytes of all."""
        return sum(item.size for item in self.items)


@dataclass(frozen=True, slots=True)
class Cleaned:
    """What came of it."""

    id: str
    """To restore it by; empty when nothing was moved."""
    moved: int
    size: int
    """Bytes that were moved."""
    left: tuple[Left, ...] = ()


def plan(wanted: Iterable[Wanted], state: Path, now: float) -> Plan:
    """Look at everything that *wanted* names, at *now* (epoch seconds). Touches nothing, never raises."""
    items: dict[tuple[str, str], Item] = {}
    left: list[Left] = []
    folders: dict[str, tuple[int, int]] = {}
    trash = os.path.realpath(state / TRASH)
    for each in wanted:
        folder = os.path.realpath(each.folder)
        if f"{folder}/".startswith(f"{trash}/"):
            left.append(Left(shown(folder, ""), tr("is the trash itself")))
            continue
        try:
            handle = open_folder(folder)
        except FileNotFoundError:
            continue
        except OSError as error:
            left.append(Left(shown(folder, ""), tr("cannot be opened ({strerror})", strerror=error.strerror)))
            continue
        try:
            about = os.fstat(handle)
            folders[folder] = (about.st_dev, about.st_ino)
            found = []
            for name in each.names:
                if (folder, name) in items:
                    continue
                seen = _look(handle, each.entry, folder, name, now)
                if isinstance(seen, Left):
                    left.append(seen)
                elif seen is not None:
                    found.append(seen)
        finally:
            os.close(handle)
        found.sort(key=lambda item: item.identity.mtime_ns)
        going = found[: max(0, len(found) - each.keep)]
        items.update({(item.folder, item.name): item for item in going})
        left += [
            Left(item.path, tr("one of the newest {keep}, which stay", keep=each.keep)) for item in found[len(going) :]
        ]
    return Plan(tuple(items.values()), tuple(left), tuple((path, *where) for path, where in folders.items()))


def run(plan: Plan, state: Path, now: float, *, read_only: bool = False) -> Cleaned:
    """Move what *plan* shows into the trash under *state*. What differs from the plan by now is left.

    The manifest, and a line in the journal, are on disk before the first file moves. Raises `Refused`.
    """
    if read_only:
        raise Refused(tr("the console is read-only; nothing was moved"))
    if not plan.items:
        return Cleaned("", 0, 0)
    files = [(item.folder, item.name, item.size, item.identity.mtime_ns) for item in plan.items]
    try:
        bag, own, target = begin(state, files, now)
    except OSError as error:
        raise Refused(
            tr("the trash cannot be written ({strerror}); nothing was moved; free some space", strerror=error.strerror)
        ) from error
    try:
        try:
            _note(state, now, bag.id, "begin", entries=sorted({item.entry for item in plan.items}), files=len(files))
        except OSError as error:
            raise Refused(
                tr("the journal cannot be written ({strerror}); nothing was moved", strerror=error.strerror)
            ) from error
        moved, left = _move_all(plan, bag, target)
    finally:
        os.close(target)
        os.close(own)
        discard(state, bag.id)  # only when no file is in it
    try:
        _note(state, now, bag.id, "end", files=len(moved), left=len(left))
    except OSError as error:
        left += (Left(str(state / JOURNAL), tr("the end was not noted ({strerror})", strerror=error.strerror)),)
    return Cleaned(bag.id if moved else "", len(moved), sum(item.size for item in moved), left)


def restore(state: Path, made: str, now: float, *, read_only: bool = False) -> tuple[str, int, tuple[Left, ...]]:
    """Move a clean-up back: the one with the id *made*, the newest without. (id, files, what was left). `Refused`."""
    if read_only:
        raise Refused(tr("the console is read-only; nothing was moved"))
    there = bags(state)
    bag = next((each for each in reversed(there) if made in ("", each.id)), None)
    if bag is None:
        what = tr("there is no clean-up {made}", made=safe_text(made, limit=60)) if made else tr("the trash is empty")
        raise Refused(tr("{what}; `oc-console cleanup --list` lists what can be restored", what=what))
    try:
        _note(state, now, bag.id, "restore", files=len(bag.items))
        back, left = restore_bag(state, bag)
        _note(state, now, bag.id, "restored", files=back, left=len(left))
    except OSError as error:
        raise Refused(tr("cannot be restored ({strerror})", strerror=error.strerror)) from error
    return bag.id, back, left


def _look(folder: int, entry: str, path: str, name: str, now: float) -> Item | Left | None:
    """What *name* is; None when there is nothing of that name any more."""
    if name in ("", ".", "..") or "/" in name or "\0" in name:
        return Left(shown(path, name), tr("is no name of a file"))
    try:
        found = lstat(folder, name)
    except OSError as error:
        return Left(shown(path, name), error.strerror or tr("cannot be looked at"))
    if found is None:
        return None
    if not stat.S_ISREG(found.st_mode):
        return Left(shown(path, name), tr(_kind(found.st_mode)))
    if found.st_uid != os.geteuid():
        return Left(shown(path, name), tr("belongs to another account"))
    if now - found.st_mtime < FRESH:
        return Left(shown(path, name), tr("was changed within the last {fresh:g} s", fresh=FRESH))
    return Item(entry, path, name, Identity.of(found), found.st_ctime_ns)


def _kind(mode: int) -> str:
    kinds = (
        (stat.S_ISLNK, mark("is a link")),
        (stat.S_ISDIR, mark("is a folder")),
        (stat.S_ISFIFO, mark("is a pipe")),
        (stat.S_ISSOCK, mark("is a socket")),
    )
    return next((words for is_kind, words in kinds if is_kind(mode)), mark("is no regular file"))


def _move_all(plan: Plan, bag: Bag, target: int) -> tuple[list[Item], tuple[Left, ...]]:
    moved: list[Item] = []
    left: list[Left] = []
    known = {path: (dev, ino) for path, dev, ino in plan.folders}
    opened: dict[str, int | str] = {}
    try:
        for item, stored in zip(plan.items, bag.items, strict=True):
            if item.folder not in opened:
                opened[item.folder] = _opened(item.folder, known.get(item.folder))
            folder = opened[item.folder]
            why = folder if isinstance(folder, str) else _moved(item, stored.stored, stored.claim, folder, target)
            if why:
                left.append(Left(item.path, why))
            else:
                moved.append(item)
    finally:
        for each in opened.values():
            if isinstance(each, int):
                os.fsync(each)
                os.close(each)
        os.fsync(target)
    return moved, tuple(left)


def _moved(item: Item, stored: str, claim: str, folder: int, target: int) -> str:
    """Empty, or why it was left."""
    try:
        move(folder, item.name, target, stored, item.identity, item.ctime_ns, claim)
    except NotMoved as error:
        return str(error)
    except OSError as error:
        return tr(
            "it could not be brought back to its name ({strerror}); it is {claim} there, or in the trash",
            strerror=error.strerror,
            claim=claim,
        )
    return ""


def _opened(path: str, known: tuple[int, int] | None) -> int | str:
    """The folder, if it is the one of the plan; else why not."""
    try:
        handle = open_folder(path)
    except OSError as error:
        return tr("its folder is not what was shown ({strerror})", strerror=error.strerror)
    about = os.fstat(handle)
    if (about.st_dev, about.st_ino) == known:
        return handle
    os.close(handle)
    return tr("its folder is not what was shown")


def _note(state: Path, now: float, made: str, event: str, **more: object) -> None:
    entries = more.pop("entries", None)
    if isinstance(entries, list):
        more["entries"] = [redact(safe_text(name, limit=200)) for name in entries]
    append_line(state / JOURNAL, {"at": now, "id": made, "event": event, **more})
