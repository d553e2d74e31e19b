"""The trash: a dated folder for each clean-up, with a manifest that says where everything came from."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import stat
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from console.actions.moving import NotMoved, lstat, open_folder, put_back
from console.i18n import tr
from console.safety import safe_text

NAME: Final = "trash"
MANIFEST: Final = "manifest.json"
FILES: Final = "files"
FORMAT: Final = 1
PATH_LIMIT: Final = 1000


@dataclass(frozen=True, slots=True)
class Stored:
    """Where one file of the trash came from."""

    stored: str
    """Its name in the trash."""
    folder: str
    """Absolute."""
    name: str
    claim: str
    """Its name beside itself while it was copied across devices; only a crash leaves it there."""
    size: int
    mtime_ns: int

    @property
    def shown(self) -> str:
        """Its path, for people."""
        return shown(self.folder, self.name)


@dataclass(frozen=True, slots=True)
class Left:
    """A file that was not touched, and why."""

    path: str
    """For people."""
    why: str


@dataclass(frozen=True, slots=True)
class Bag:
    """One clean-up that can be restored."""

    id: str
    """``20260410-164100-1a2b``."""
    at: float
    """Epoch seconds."""
    items: tuple[Stored, ...]

    @property
    def size(self) -> int:
        """Bytes of all."""
        return sum(item.size for item in self.items)


def shown(folder: str, name: str) -> str:
    """A path for people: nothing in it is obeyed by a terminal, and no two paths look the same."""
    path = f"{folder.rstrip('/')}/{name}"
    clean = safe_text(path, limit=PATH_LIMIT)
    return clean if clean == path else safe_text(repr(path), limit=PATH_LIMIT)


def begin(state: Path, items: Sequence[tuple[str, str, int, int]], now: float) -> tuple[Bag, int, int]:
    """Make the folder of a new clean-up of (folder, name, size, mtime_ns), with its manifest on disk.

    Return what it holds, and descriptors of its own folder and of the one for the files. Raises OSError: then nothing
    is left of it.
    """
    made = f"{time.strftime('%Y%m%d-%H%M%S', time.localtime(now))}-{secrets.token_hex(2)}"
    stored = tuple(
        Stored(f"{at:06}", folder, name, f".oc-cleanup-{made}-{at:06}", size, mtime)
        for at, (folder, name, size, mtime) in enumerate(items)
    )
    bag = Bag(made, now, stored)
    trash = state / NAME
    trash.mkdir(mode=0o700, parents=True, exist_ok=True)
    root = open_folder(os.path.realpath(trash))
    try:
        os.mkdir(made, 0o700, dir_fd=root)
        own = open_folder(os.path.realpath(trash / made))
        try:
            os.mkdir(FILES, 0o700, dir_fd=own)
            _write(own, bag)
            os.fsync(root)
            return bag, own, os.open(FILES, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=own)
        except BaseException:
            os.close(own)
            discard(state, made)
            raise
    finally:
        os.close(root)


def discard(state: Path, made: str) -> None:
    """Remove the folder of a clean-up in which no file is (any more); else leave it."""
    folder = state / NAME / made
    with contextlib.suppress(OSError):  # a folder with files in it stays
        if (folder / FILES).exists():
            (folder / FILES).rmdir()
        (folder / MANIFEST).unlink(missing_ok=True)
        folder.rmdir()


def bags(state: Path) -> tuple[Bag, ...]:
    """The clean-ups that can be restored, oldest first. Never raises; what has no readable manifest is left out."""
    try:
        names = sorted(each.name for each in (state / NAME).iterdir())
    except OSError:
        return ()
    found = (_read(state / NAME / name, name) for name in names)
    return tuple(bag for bag in found if bag is not None)


def restore(state: Path, bag: Bag) -> tuple[int, tuple[Left, ...]]:
    """Move everything of *bag* back; how many files that were, and what was left in the trash. Raises OSError.

    Nothing is written over, and a folder that is gone or is reached through a link by now gets nothing.
    """
    files = open_folder(os.path.realpath(state / NAME / bag.id / FILES))
    back, left = 0, []
    folders: dict[str, int | str] = {}
    try:
        for item in bag.items:
            if item.folder not in folders:
                folders[item.folder] = _folder(item.folder)
            folder = folders[item.folder]
            try:
                known = _restore(files, item, folder)
            except (NotMoved, OSError) as error:
                left.append(Left(item.shown, getattr(error, "strerror", None) or str(error)))
            else:
                back += known
        os.fsync(files)
    finally:
        os.close(files)
        for each in folders.values():
            if isinstance(each, int):
                os.close(each)
    if not left:
        discard(state, bag.id)
    return back, tuple(left)


def _restore(files: int, item: Stored, folder: int | str) -> bool:
    """Whether there was something to bring back. Raises NotMoved, OSError."""
    inside = lstat(files, item.stored)
    if isinstance(folder, str):
        if inside is None:
            return False
        raise NotMoved(folder)
    claimed = lstat(folder, item.claim)
    if claimed is not None and stat.S_ISREG(claimed.st_mode) and claimed.st_mtime_ns == item.mtime_ns:
        # Cut off between two devices: this is the file, what is in the trash may be half of it.
        put_back(folder, item.claim, folder, item.name, f"{item.claim}-back")
        if inside is not None:
            os.unlink(item.stored, dir_fd=files)
        return True
    if inside is None:
        return False
    put_back(files, item.stored, folder, item.name, f"{item.claim}-back")
    return True


def _folder(path: str) -> int | str:
    try:
        return open_folder(path)
    except FileNotFoundError:
        return tr("its folder is gone")
    except OSError as error:
        return tr("its folder cannot be used ({strerror})", strerror=error.strerror)


def _write(folder: int, bag: Bag) -> None:
    items = [
        {
            "stored": each.stored, "folder": each.folder, "name": each.name,
            "claim": each.claim, "size": each.size, "mtime_ns": each.mtime_ns,
        }
        for each in bag.items
    ]  # fmt: skip
    # ASCII: a name that is no UTF-8 comes back byte for byte.
    data = json.dumps({"format": FORMAT, "id": bag.id, "at": bag.at, "items": items}).encode("ascii")
    handle = os.open(
        MANIFEST, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=folder
    )
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(handle, view) :]
        os.fsync(handle)
    except BaseException:
        os.unlink(MANIFEST, dir_fd=folder)
        raise
    finally:
        os.close(handle)
    os.fsync(folder)


def _read(folder: Path, name: str) -> Bag | None:
    try:
        found: Any = json.loads((folder / MANIFEST).read_bytes())
        if found["format"] != FORMAT or found["id"] != name:
            return None
        return Bag(name, float(found["at"]), tuple(_stored(each) for each in found["items"]))
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return None


def _stored(found: dict[str, Any]) -> Stored:
    """One item. Raises ValueError, TypeError, KeyError: a manifest that names anything but plain names is not ours."""
    for key in ("stored", "name", "claim"):
        if not isinstance(found[key], str) or found[key] in ("", ".", "..") or "/" in found[key] or "\0" in found[key]:
            raise ValueError(key)
    if not isinstance(found["folder"], str) or not found["folder"].startswith("/") or "\0" in found["folder"]:
        raise ValueError("folder")
    return Stored(
        found["stored"], found["folder"], found["name"], found["claim"], int(found["size"]), int(found["mtime_ns"])
    )
