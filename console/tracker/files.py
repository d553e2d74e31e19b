"""Replaces a file whole or not at all, and keeps the versions before."""

from __future__ import annotations

import errno
import os
import secrets
import stat
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from console.i18n import tr

LITTER_AGE: Final = 3600.0
"""Seconds after which a temporary file of ours was left by a writer that died."""
BACKUPS: Final = 3
BACKUP_AGES: Final = (0.0, 3600.0, 86_400.0)
"""Seconds a backup must be older than the next newer one before it is replaced by it."""


def put_in_place(temporary: Path, path: Path) -> str:
    """Make what `write_beside` wrote the content of *path* (no link).

    Returns a warning, or "" when all is well: the new content may not outlast a power failure. Raises OSError: the file
    is as it was.
    """
    temporary.replace(path)
    try:
        sync_directory(path.parent)
    except OSError as error:
        return tr(
            "written, but the directory could not be synced ({strerror}): a power failure may undo it",
            strerror=error.strerror,
        )
    return ""


def write_beside(path: Path, content: bytes, before: os.stat_result | None, *, sync: bool = True) -> Path:
    """Return a temporary file in the directory of *path* with *content*; mode and, where allowed, owner of *before*.

    Raises OSError, and leaves none then.
    """
    temporary = path.with_name(f".{path.name}.oc-{secrets.token_hex(6)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        try:
            write_all(descriptor, content)
            if before is not None:
                with suppress(PermissionError):  # only root may give a file away
                    if (before.st_uid, before.st_gid) != (os.geteuid(), os.getegid()):
                        os.fchown(descriptor, before.st_uid, before.st_gid)
                os.fchmod(descriptor, stat.S_IMODE(before.st_mode) & 0o777)
            if sync:
                os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise
    return temporary


def write_all(descriptor: int, content: bytes) -> None:
    """Write *content* whole. Raises OSError."""
    rest = memoryview(content)
    while rest:
        written = os.write(descriptor, rest)
        if written <= 0:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        rest = rest[written:]


def sync_directory(directory: Path) -> None:
    """Make the names in *directory* last. Raises OSError, but not where a file system knows no such thing."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(descriptor)


def backup_names(path: Path) -> tuple[Path, ...]:
    """The backups of *path*, the newest first, whether they are there or not."""
    return tuple(path.with_name(f".{path.name}.bak-{number}") for number in range(1, BACKUPS + 1))


def back_up(path: Path, content: bytes) -> None:
    """Keep *content*, what *path* holds now, as the newest backup (mode 0600). Raises OSError.

    The second backup is replaced when it is an hour older than the first, the third when it is a day older than the
    second: so they reach back further than three changes.
    """
    names = backup_names(path)
    for number in range(BACKUPS - 1, 0, -1):
        newer, older = names[number - 1], names[number]
        with suppress(FileNotFoundError):
            age = newer.stat().st_mtime - older.stat().st_mtime if older.exists() else BACKUP_AGES[number]
            if age >= BACKUP_AGES[number]:
                newer.replace(older)
    temporary = write_beside(path, content, None, sync=False)  # the log itself is, and it is the same until then
    try:
        temporary.replace(names[0])
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise


def sweep(path: Path) -> None:
    """Remove temporary files of ours, and of no other program, that writers of *path* who died left behind."""
    now = time.time()
    with suppress(OSError):
        for found in path.parent.glob(f".{_literal(path.name)}.oc-*"):
            with suppress(OSError):
                about = found.lstat()
                if stat.S_ISREG(about.st_mode) and now - about.st_mtime > LITTER_AGE:
                    found.unlink()


def _literal(name: str) -> str:
    return "".join(f"[{char}]" if char in "*?[" else char for char in name)
