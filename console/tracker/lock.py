"""The lock beside a dispatch log: ``<name>.lock``, held by flock(2), never deleted.

flock, as also flock(1) and most lock libraries use it; POSIX locks (lockf) do not exclude it. A lock on the log itself
would be void after the first atomic replacement.
"""

from __future__ import annotations

import errno
import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from console.i18n import tr
from console.safety import safe_text
from console.tracker.errors import LockHeld, NotWritten

POLL: Final = 0.002
"""Seconds between two tries."""
_BUSY: Final = (errno.EWOULDBLOCK, errno.EACCES, errno.EAGAIN)


@contextmanager
def locked(path: Path, timeout: float) -> Iterator[None]:
    """Hold the lock of the log *path* (links resolved). Blocks up to *timeout* seconds; not for the event loop.

    Raises LockHeld (who holds it, if it says so), NotWritten (the lock file cannot be made).
    """
    lock = path.with_name(f"{path.name}.lock")
    descriptor = _open(lock)
    try:
        take(descriptor, lock, timeout)
        with suppress(OSError):  # who holds it is a help for others, no more
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"oc-console, process {os.getpid()}\n".encode(), 0)
        yield
        with suppress(OSError):
            os.ftruncate(descriptor, 0)
    finally:
        with suppress(OSError):  # the descriptor is gone all the same, and the work is done
            os.close(descriptor)


def _open(lock: Path) -> int:
    flags = os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK  # a child that inherits it would keep the lock
    try:
        try:
            return os.open(lock, flags | os.O_RDWR | os.O_CREAT, 0o600)
        except PermissionError as refused:
            try:
                return os.open(lock, flags | os.O_RDONLY)  # another account's lock file still locks
            except FileNotFoundError:
                raise refused from None
    except (OSError, ValueError) as error:
        why = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise NotWritten(
            tr(
                "{lock}: the lock file cannot be opened ({why}); allow this account to write in that directory",
                lock=safe_text(str(lock)),
                why=why,
            )
        ) from None


def take(descriptor: int, lock: Path, timeout: float) -> None:
    """Lock the open file *lock*, trying for *timeout* seconds; it is let go by closing. Raises LockHeld, NotWritten."""
    deadline = time.monotonic() + timeout
    while True:
        try:
            return fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno not in _BUSY:
                raise NotWritten(
                    tr(
                        "{lock}: cannot be locked ({strerror}); is it on a network file system?",
                        lock=safe_text(str(lock)),
                        strerror=error.strerror,
                    )
                ) from None
        if time.monotonic() >= deadline:
            raise LockHeld(
                tr(
                    "{lock}: held by {holder} for more than {timeout:g} s; try again, or end that program "
                    "if it hangs (never delete the lock file)",
                    lock=safe_text(str(lock)),
                    holder=_holder(descriptor),
                    timeout=timeout,
                )
            )
        time.sleep(POLL)


def _holder(descriptor: int) -> str:
    with suppress(OSError, ValueError):
        said = os.pread(descriptor, 200, 0).decode(errors="replace").strip()
        pid = int(said.rpartition(" ")[2])
        os.kill(pid, 0)
        return safe_text(said, limit=100)
    return tr("another program")
