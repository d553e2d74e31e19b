"""Writes a document either whole or not at all, and keeps a copy of the one before."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
from pathlib import Path
from typing import Final

from console.i18n import tr

COPIES: Final = 1000
"""Copies of one file, after which no further one is made under another name."""


def keep_whole(path: Path, text: str, *, copy: bool = True) -> Path | None:
    """Put *text* into the file *path* (0600), in place of what is there; return the copy of that.

    A link stays a link: what it leads to is replaced. Raises OSError; the file is then as it was.
    """
    path = path.resolve() if path.is_symlink() else path
    before = None
    if os.path.lexists(path):
        if not stat.S_ISREG(path.stat().st_mode):
            raise OSError(tr("it is no regular file"))
        before = _copied(path) if copy else None
    spare = path.with_name(f".{path.name[:200]}.{os.getpid()}")
    spare.unlink(missing_ok=True)
    try:
        handle = os.open(spare, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode("utf-8", "replace"))
            file.flush()
            os.fsync(handle)
        spare.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            spare.unlink(missing_ok=True)
        raise
    _sync(path.parent)
    return before


def _copied(path: Path) -> Path:
    """A copy of *path* beside it, under the first name that is free."""
    for number in range(1, COPIES):
        copy = path.with_name(f"{path.name}.bak" if number == 1 else f"{path.name}.bak{number}")
        try:
            handle = os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        except FileExistsError:
            continue
        with os.fdopen(handle, "wb") as target, path.open("rb") as source:
            shutil.copyfileobj(source, target)
            target.flush()
            os.fsync(handle)
        return copy
    raise OSError(tr("there are {copies} copies of it already; move them away", copies=COPIES))


def _sync(folder: Path) -> None:
    """Let the new name outlive a loss of power, where the file system can."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
