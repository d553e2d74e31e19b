"""The real ``oc-console`` in a real pseudo-terminal; every byte it writes is kept."""

from __future__ import annotations

import fcntl
import os
import re
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final

DEADLINE: Final = 20.0
"""Seconds after which a test has failed; only reached by a failure."""
_LAUNCH: Final = (
    "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); "
    "os.execv(sys.executable, [sys.executable, *sys.argv[1:]])"
)
_MODES: Final = ("1000", "1002", "1003", "1006", "1015", "2004", "1004", "1049")
"""DEC private modes a program must leave off: mouse, bracketed paste, focus, alternate screen (ctlseqs)."""


class Terminal:
    """One run. `end` in the end, whatever happens."""

    def __init__(
        self,
        *arguments: str,
        size: tuple[int, int],
        env: Mapping[str, str],
        cwd: str,
        program: Sequence[str] = ("-m", "console"),
    ) -> None:
        self.master, self._slave = os.openpty()
        self._open = True
        fcntl.ioctl(self._slave, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
        self._before = termios.tcgetattr(self._slave)
        self.written = b""
        self.process = subprocess.Popen(
            [sys.executable, "-c", _LAUNCH, *program, *arguments],
            stdin=self._slave,
            stdout=self._slave,
            stderr=self._slave,
            start_new_session=True,
            env={**env, "TERM": "xterm-256color", "COLORTERM": "truecolor"},
            cwd=cwd,
        )

    def press(self, keys: bytes) -> None:
        """Type *keys*."""
        os.write(self.master, keys)

    def pump(self, seconds: float = 0.02) -> None:
        """Take what the program writes, for at most *seconds* when it writes nothing."""
        if self._open and select.select([self.master], [], [], seconds)[0]:
            try:
                self.written += os.read(self.master, 65536)
            except OSError:  # Linux tells the end of the other side so
                time.sleep(seconds)
        elif not self._open:
            time.sleep(seconds)

    def until(self, condition: Callable[[], bool], what: str) -> None:
        """Take output until *condition* holds; fail at the deadline."""
        end = time.monotonic() + DEADLINE
        while not condition():
            assert time.monotonic() < end, f"{what}; it wrote last: {self.written[-300:]!r}"
            self.pump()

    def shows(self, text: str) -> None:
        """Wait until *text* was written."""
        self.until(lambda: text.encode() in self.written, f"{text!r} is never shown")

    def hang_up(self) -> None:
        """Close the terminal: the kernel sends SIGHUP."""
        if self._open:
            self._open = False
            os.close(self.master)

    def ended(self) -> int:
        """Wait for the end; return the exit code as a shell tells it."""
        self.until(lambda: self.process.poll() is not None, "it does not end")
        for _ in range(20):
            before = len(self.written)
            self.pump(0.01)
            if len(self.written) == before:
                break
        code = self.process.returncode
        return 128 - code if code < 0 else code

    def restored(self) -> bool:
        """Whether the terminal is as it was: modes, cursor, line discipline."""
        last: dict[bytes, bytes] = dict(re.findall(rb"\x1b\[\?(\d+)([hl])", self.written))
        off = all(last.get(mode.encode(), b"l") == b"l" for mode in _MODES)
        return off and last.get(b"25", b"h") == b"h" and termios.tcgetattr(self._slave) == self._before

    def end(self) -> None:
        """Make sure that nothing goes on; idempotent."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(DEADLINE)
        self.hang_up()
        if self._slave >= 0:
            os.close(self._slave)
            self._slave = -1
