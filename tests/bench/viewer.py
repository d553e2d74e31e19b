"""A program in a terminal of our own, whose output bytes tell to the millisecond when something became visible.

The terminal is a bare pty that answers no question; colours are taken out before a text is looked for.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import selectors
import signal
import struct
import sys
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final

import psutil

from tests.bench.fleet import BenchError, Event, Pane

_SGR: Final = re.compile(rb"\x1b\[[0-9;:]*m")
_TOKEN: Final = re.compile(rb"k(\d+)#(\d{6})")
_TAIL: Final = 256
END_TIMEOUT: Final = 5.0


def console_argv(*arguments: str) -> list[str]:
    """The installed command beside this Python, so that the start is the operator's start."""
    script = Path(sys.executable).with_name("oc-console")
    return [str(script), *arguments] if script.exists() else [sys.executable, "-m", "console", *arguments]


class Viewer:
    """A context: *argv* in a pty of *size* (columns, rows)."""

    def __init__(
        self, argv: Sequence[str], env: Mapping[str, str], cwd: Path, size: tuple[int, int] = (200, 55)
    ) -> None:
        self.argv, self._env, self._cwd, self._size = list(argv), dict(env), cwd, size
        self.pid = 0
        self.fd = -1
        self.started = 0.0
        self.ended = False
        self.bytes = 0
        self.seen: dict[int, int] = {}
        """Pane number to the newest line seen of it."""
        self.sightings: list[tuple[float, int, int, int]] = []
        """Monotonic time, pane, the newest line seen before, the newest line now."""
        self.last_output = 0.0
        self._tail = b""
        self._wanted: re.Pattern[bytes] | None = None
        self.found_at: float | None = None
        """When what `look_for` names was first seen."""

    def __enter__(self) -> Viewer:
        self.started = time.monotonic()
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            self._become()
        os.set_blocking(self.fd, False)
        return self

    def _become(self) -> None:
        """In the child: turn into the program, or end."""
        try:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", self._size[1], self._size[0], 0, 0))
            os.chdir(self._cwd)
            os.execvpe(self.argv[0], self.argv, self._env)
        finally:
            os._exit(127)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def look_for(self, text: str) -> None:
        """From now on watch for *text*; see `found_at`."""
        self._wanted, self.found_at, self._tail = re.compile(re.escape(text.encode())), None, b""

    def press(self, key: bytes) -> float:
        """Send bytes as if typed; returns when."""
        at = time.monotonic()
        os.write(self.fd, key)
        return at

    def take(self) -> None:
        """Read what is there."""
        try:
            data = os.read(self.fd, 65536)
        except BlockingIOError:
            return
        except OSError:  # EIO: nobody has the other side open any more
            data = b""
        now = time.monotonic()
        if not data:
            self.ended = True
            return
        self.bytes += len(data)
        self.last_output = now
        text = _SGR.sub(b"", self._tail + data)
        self._tail = (self._tail + data)[-_TAIL:]
        for match in _TOKEN.finditer(text):
            pane, number = int(match[1]), int(match[2])
            before = self.seen.get(pane, 0)
            if number > before:
                self.seen[pane] = number
                self.sightings.append((now, pane, before, number))
        if self._wanted is not None and self.found_at is None and self._wanted.search(text):
            self.found_at = now

    def shows(self, panes: Sequence[Pane]) -> bool:
        """Whether the newest line of each of *panes* has been visible."""
        return all(self.seen.get(pane.number, 0) >= pane.count for pane in panes)

    def delays(self, panes: Sequence[Pane], since: float) -> list[float]:
        """Milliseconds from print to visible of every line printed after *since* (monotonic).

        A line that was never drawn because a newer one followed counts when the newer one was drawn.
        """
        printed = {pane.number: pane.printed for pane in panes}
        out: list[float] = []
        for at, pane, before, now in self.sightings:
            times = printed.get(pane)
            if times is None or at < since:
                continue
            for number in range(before + 1, now + 1):
                when = times.get(number)
                if when is not None and when >= since:
                    out.append((at - when) * 1000)
        return out

    def close(self) -> None:
        """Ask the program to end, insist after a while, and wait for it; idempotent."""
        if self.pid == 0:
            return
        pid, self.pid = self.pid, 0
        children = _children(pid)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + END_TIMEOUT
        while os.waitpid(pid, os.WNOHANG)[0] == 0:
            if time.monotonic() > deadline:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
                break
            if not self.ended:
                self.take()
            time.sleep(0.005)
        os.close(self.fd)
        for child in psutil.wait_procs(children, timeout=1.0)[1]:
            with contextlib.suppress(psutil.Error):
                child.kill()


def _children(pid: int) -> list[psutil.Process]:
    with contextlib.suppress(psutil.Error):
        return psutil.Process(pid).children(recursive=True)
    return []


def pump(
    viewers: Sequence[Viewer],
    seconds: float,
    events: Sequence[Event] = (),
    stop: Callable[[], bool] | None = None,
) -> bool:
    """Read *viewers* and do *events* at their times for *seconds*, or until *stop* says so; whether it did.

    Raises `BenchError` when a viewed program ends.
    """
    deadline = time.monotonic() + seconds
    at = 0
    with selectors.DefaultSelector() as selector:
        for viewer in viewers:
            selector.register(viewer.fd, selectors.EVENT_READ, viewer)
        while True:
            now = time.monotonic()
            while at < len(events) and events[at][0] <= now:
                events[at][1]()
                at += 1
            if stop is not None and stop():
                return True
            if now >= deadline:
                return False
            until = min(deadline, events[at][0]) if at < len(events) else deadline
            for key, _ in selector.select(max(0.0, until - time.monotonic())):
                viewer = key.data
                viewer.take()
                if viewer.ended:
                    raise BenchError(f"{Path(viewer.argv[0]).name} ended; its last output: {viewer._tail[-200:]!r}")
