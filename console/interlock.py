"""Never by hand and automatically at once, the other way round: a file that is there while tasks may be sent by hand.

A part of the engine. The file is JSON (``program``, ``pid``, ``host``, ``since`` in epoch seconds); its time of change
is a sign of life. README tells how an automatic dispatcher reads it. All consoles of an account share one: whoever
finds none that lives writes it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from console.host import in_thread
from console.i18n import tr
from console.safety import safe_text

NAME: Final = "manual.lock"
"""In the state folder, where the configuration names no other place."""
BEAT: Final = 2.0
"""Seconds between two signs of life."""
STALE: Final = 60.0
"""Seconds without one after which the file says nothing any more; `find -mmin -1` asks the same."""
PROGRAM: Final = "oc-console"
SIZE_LIMIT: Final = 4096


@dataclass(frozen=True, slots=True)
class Holder:
    """Who may send by hand."""

    pid: int
    host: str
    since: float
    age: float
    """Seconds since its last sign of life."""

    def lives(self) -> bool:
        """Whether it may send now, as far as that can be seen from here."""
        return self.age <= STALE and (self.host != socket.gethostname() or _runs(self.pid))


class ManualLock:
    """The lock file at *path*. Methods block for a moment (they are meant for a thread) and never raise."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        self.path = path
        self.error = ""
        """Why the automatic dispatcher cannot see that tasks are sent by hand; empty when it can."""
        self._clock = clock
        self._since = clock()
        self._released = False
        self._one = threading.Lock()

    def publish(self) -> bool:
        """See to it that the file is there and names a console that lives; whether it does. Not after `release`."""
        with self._one:
            return not self._released and self._publish()

    def _publish(self) -> bool:
        try:
            found = read(self.path, self._clock())
            if found is not None and self._ours(found):
                os.utime(self.path)
            elif found is None or not found.lives():
                self._write()
            self.error = ""
        except (OSError, ValueError) as error:
            why = (error.strerror if isinstance(error, OSError) else "") or str(error)
            self.error = tr(
                "{path}: {why}; guards.lock names another place",
                path=safe_text(str(self.path)),
                why=safe_text(why, limit=200),
            )
        return not self.error

    def release(self) -> None:
        """Take our file away, for good; another console's stays."""
        with self._one, contextlib.suppress(OSError, ValueError):
            self._released = True
            found = read(self.path, self._clock())
            if found is not None and self._ours(found):
                self.path.unlink()

    async def keep(self) -> None:
        """Publish until cancelled."""
        try:
            while True:
                await in_thread(self.publish)
                await asyncio.sleep(BEAT)
        finally:
            self.release()

    def _ours(self, found: Holder) -> bool:
        return (found.pid, found.host, found.since) == (os.getpid(), socket.gethostname(), self._since)

    def _write(self) -> None:
        told = {"program": PROGRAM, "pid": os.getpid(), "host": socket.gethostname(), "since": self._since}
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        made = self.path.with_name(f"{self.path.name}.{secrets.token_hex(4)}")
        try:
            made.write_text(json.dumps(told) + "\n", encoding="utf-8")
            made.replace(self.path)
        finally:
            with contextlib.suppress(FileNotFoundError):
                made.unlink()


def read(path: Path, now: float) -> Holder | None:
    """Who holds the lock at *path*; None without one. Raises OSError, ValueError for a file that is none of ours."""
    try:
        with path.open("rb") as file:
            changed, data = os.fstat(file.fileno()).st_mtime, file.read(SIZE_LIMIT)
    except FileNotFoundError:
        return None
    if not data.strip():
        return None
    try:
        told = json.loads(data)
        if told["program"] != PROGRAM:
            raise KeyError(PROGRAM)
        return Holder(int(told["pid"]), str(told["host"]), float(told["since"]), max(0.0, now - changed))
    except (ValueError, TypeError, KeyError, RecursionError):
        raise ValueError(tr("is no lock file of oc-console and is left alone; name another file")) from None


def _runs(pid: int) -> bool:
    if pid <= 0:
        return False
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True
    except (OSError, OverflowError):
        return False
    return True
