"""A change signal that costs the terminal server nothing: inotify on the tty a surface's program writes to.

Linux reports ``IN_MODIFY`` on ``/dev/pts/N`` for every write of the program (inotify(7); a watch needs read permission,
which the owner of the tty has). So a pane can be read when something was printed, and left alone otherwise, without
the control-mode ``%output`` stream that has killed tmux servers. It is a hint only: what the kernel echoes itself, or a
resize, gives no event, so a slow backstop read stays necessary.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import struct
import sys
from collections.abc import Callable
from typing import Final

_IN_MODIFY: Final = 0x2
_IN_IGNORED: Final = 0x8000
_EVENT: Final = struct.Struct("iIII")


class TtyHints:
    """Calls *on_write* with the tty's path when a program writes to it."""

    def __init__(self, on_write: Callable[[str], None]) -> None:
        self._on_write = on_write
        self._paths: dict[int, str] = {}
        self._watches: dict[str, int] = {}
        self._libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
        self._fd = -1
        if self._libc is not None and hasattr(self._libc, "inotify_init1"):
            self._fd = self._libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        if self._fd >= 0:
            asyncio.get_running_loop().add_reader(self._fd, self._drain)

    def covers(self, tty: str) -> bool:
        """Whether writes to *tty* are reported."""
        return tty in self._watches

    def follow(self, ttys: frozenset[str]) -> None:
        """Watch exactly these ttys; one that cannot be watched is left out (see `covers`)."""
        if self._fd < 0 or self._libc is None:
            return
        for path in [path for path in self._watches if path not in ttys]:
            self._libc.inotify_rm_watch(self._fd, self._watches.pop(path))
        for path in ttys - self._watches.keys():
            if not path.startswith("/dev/"):
                continue
            watch = self._libc.inotify_add_watch(self._fd, os.fsencode(path), _IN_MODIFY)
            if watch >= 0:
                self._watches[path] = watch
                self._paths[watch] = path

    def _drain(self) -> None:
        try:
            data = os.read(self._fd, 65536)
        except (BlockingIOError, InterruptedError):
            return
        touched: dict[str, None] = {}
        at = 0
        while at + _EVENT.size <= len(data):
            watch, mask, _cookie, length = _EVENT.unpack_from(data, at)
            at += _EVENT.size + length
            path = self._paths.get(watch)
            if mask & _IN_IGNORED:
                # The tty is gone; its number may come back with another program.
                self._paths.pop(watch, None)
                if path is not None and self._watches.get(path) == watch:
                    del self._watches[path]
            elif path is not None:
                touched[path] = None
        for path in touched:
            self._on_write(path)

    def close(self) -> None:
        """Stop watching; idempotent."""
        if self._fd >= 0:
            asyncio.get_running_loop().remove_reader(self._fd)
            os.close(self._fd)
            self._fd = -1
            self._watches.clear()
            self._paths.clear()
