"""The terminals of the double: real PTYs with real programs, one thread that moves their bytes."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.fakes.cmux_app_screen import Emulator

ROOT: Final = Path(__file__).resolve().parents[2]
"""What holds `console` and `tests`; on the programs' PYTHONPATH."""
PATIENCE: Final = 2.0
"""Seconds a program has to end after its terminal hung up, before it is killed."""

# A session leader's first open of a terminal makes it the controlling one, so nothing has to run between fork and exec.
_TRAMPOLINE: Final = 'exec "$@" <"$0" >"$0" 2>&1'


def child_environment(extra: Mapping[str, str]) -> dict[str, str]:
    """The environment of a program in a surface: this one without other multiplexers' marks, and *extra*."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("CMUX_", "TMUX"))}
    path = os.pathsep.join([str(ROOT), *filter(None, [kept.get("PYTHONPATH", "")])])
    plain = {"TERM": "xterm-256color", "TERM_PROGRAM": "ghostty", "PYTHONPATH": path, "PS1": "$ ", "ENV": ""}
    return {**kept, **plain, **extra}


@dataclass(slots=True)
class _Delayed:
    due: float
    data: bytes


class Terminal:
    """One PTY, its program and its screen. Made by `Terminals.start`; all methods may be called from any thread."""

    def __init__(self, size: tuple[int, int], wake: Callable[[], None]) -> None:
        self.size = size
        self.typed = bytearray()
        """Every byte of the keyboard that reached the PTY."""
        self.frozen = False
        self.ended = False
        self.tty = ""
        self.lock = threading.RLock()
        self.screen = Emulator(*size, self._answer)
        self._wake = wake
        self._out = bytearray()
        self._marks: list[tuple[int, bool]] = []  # how many bytes, and whether a keyboard sent them
        self._delayed: list[_Delayed] = []
        self._master = -1
        self._program: subprocess.Popen[bytes] | None = None

    @property
    def fd(self) -> int:
        """The master side; -1 when it is closed."""
        return self._master

    @property
    def pid(self) -> int:
        """Process id of the program; 0 when there is none."""
        return self._program.pid if self._program else 0

    def open(self, argv: Sequence[str], environment: Mapping[str, str], cwd: str | None) -> None:
        """Start the program. Raises OSError."""
        master, slave = pty.openpty()
        try:
            self.tty = os.ttyname(slave)
            fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", self.size[1], self.size[0], 0, 0))
            self._program = subprocess.Popen(
                ["/bin/sh", "-c", _TRAMPOLINE, self.tty, *argv],
                stdin=slave,  # else the master looks hung up until the shell has opened it
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=dict(environment),
                cwd=cwd or None,
                start_new_session=True,
            )
        except BaseException:
            os.close(master)
            raise
        finally:
            os.close(slave)
        os.set_blocking(master, False)
        self._master = master

    def type(self, data: bytes, delay: float = 0.0) -> None:
        """Put *data* on the keyboard; *delay* seconds later when the app is starved."""
        with self.lock:
            if self.frozen or self.ended:
                return
            if delay > 0:
                self._delayed.append(_Delayed(time.monotonic() + delay, data))
            else:
                self._queue(data, keyboard=True)
        self._wake()

    def _answer(self, data: bytes) -> None:
        with self.lock:
            self._queue(data, keyboard=False)

    def _queue(self, data: bytes, *, keyboard: bool) -> None:
        self._out += data
        self._marks.append((len(data), keyboard))

    def text(self, *, scrollback: bool) -> str:
        """The screen, or scrollback and screen, rows ended by newlines except the last."""
        with self.lock:
            return "\n".join(self.screen.everything() if scrollback else self.screen.viewport())

    def resize(self, columns: int, rows: int) -> None:
        """Give the program a new size."""
        with self.lock:
            self.size = (columns, rows)
            self.screen.resize(columns, rows)
            if self._master >= 0:
                fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def due(self, now: float) -> float | None:
        """Seconds until delayed text is due; moves what is due now."""
        with self.lock:
            for item in [d for d in self._delayed if d.due <= now]:
                self._delayed.remove(item)
                self._queue(item.data, keyboard=True)
            return min((d.due - now for d in self._delayed), default=None)

    def events(self) -> int:
        """What the I/O thread waits for on `fd`."""
        return select.POLLIN | (select.POLLOUT if self._out else 0)

    def pump(self, ready: int) -> bool:
        """Move bytes. False when the program is gone."""
        with self.lock:
            if self._master < 0:
                return False
            if ready & select.POLLOUT and self._out:
                self._write()
            if ready & (select.POLLIN | select.POLLHUP | select.POLLERR):
                return self._read()
        return True

    def _write(self) -> None:
        try:
            count = os.write(self._master, self._out[:1024])
        except BlockingIOError:
            return
        except OSError:
            self._out.clear()
            return
        sent = bytes(self._out[:count])
        del self._out[:count]
        at = 0
        while at < count:
            length, keyboard = self._marks[0]
            part = min(length, count - at)
            if keyboard:
                self.typed += sent[at : at + part]
            at += part
            if part == length:
                self._marks.pop(0)
            else:
                self._marks[0] = (length - part, keyboard)

    def _read(self) -> bool:
        try:
            data = os.read(self._master, 65536)
        except BlockingIOError:
            return True
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            return False
        if not data:
            return False
        self.screen.feed(data)
        return True

    def finished(self) -> bool:
        """Whether the program has ended by itself."""
        return self._program is not None and self._program.poll() is not None

    def close(self) -> None:
        """Hang up; `reap` waits for the program."""
        with self.lock:
            self.ended = True
            if self._master >= 0:
                os.close(self._master)
                self._master = -1

    def reap(self, deadline: float) -> None:
        """Wait for the program until *deadline* (monotonic), then kill its process group."""
        program = self._program
        if program is None:
            return
        try:
            program.wait(max(0.01, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(program.pid, signal.SIGKILL)
            program.wait()


class Terminals:
    """All terminals of one app, and the thread that moves their bytes. *ended* is called when a program is gone."""

    def __init__(self, ended: Callable[[Terminal], None]) -> None:
        self._ended = ended
        self._all: list[Terminal] = []
        self._lock = threading.Lock()
        self._wake_out, self._wake_in = os.pipe()
        os.set_blocking(self._wake_in, False)
        os.set_blocking(self._wake_out, False)
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name="cmux-app-terminals", daemon=True)
        self._thread.start()

    def start(
        self, argv: Sequence[str], size: tuple[int, int], environment: Mapping[str, str], cwd: str | None
    ) -> Terminal:
        """Open a terminal and start *argv* in it. Raises OSError."""
        terminal = Terminal(size, self.wake)
        terminal.open(argv, child_environment(environment), cwd)
        with self._lock:
            self._all.append(terminal)
        self.wake()
        return terminal

    def wake(self) -> None:
        """Let the thread look again."""
        with contextlib.suppress(OSError):
            os.write(self._wake_in, b".")

    def end(self, *terminals: Terminal) -> None:
        """Hang up and wait until the programs are gone."""
        with self._lock:
            for terminal in terminals:
                if terminal in self._all:
                    self._all.remove(terminal)
        self.wake()
        for terminal in terminals:
            terminal.close()
        deadline = time.monotonic() + PATIENCE
        for terminal in terminals:
            terminal.reap(deadline)

    def stop(self) -> None:
        """End all programs and the thread."""
        with self._lock:
            every = list(self._all)
        self.end(*every)
        self._stopped = True
        self.wake()
        self._thread.join()
        os.close(self._wake_in)
        os.close(self._wake_out)

    def _run(self) -> None:
        looked = 0.0
        while not self._stopped:
            with self._lock:
                every = list(self._all)
            now = time.monotonic()
            waits = [wait for t in every if (wait := t.due(now)) is not None]
            gone = self._turn(every, min([1.0, *waits]))
            if now - looked > 1.0:  # a child in the background may hold the terminal of a program that has ended
                looked = now
                gone += [t for t in every if t not in gone and t.finished()]
            for terminal in gone:
                self._drop(terminal)

    def _turn(self, every: list[Terminal], timeout: float) -> list[Terminal]:
        # poll() and not a selector: a descriptor that another thread closes meanwhile is just POLLNVAL here.
        poll, known = select.poll(), {}
        poll.register(self._wake_out, select.POLLIN)
        for terminal in every:
            if (fd := terminal.fd) >= 0:
                poll.register(fd, terminal.events())
                known[fd] = terminal
        gone: list[Terminal] = []
        for fd, ready in poll.poll(max(0.0, timeout) * 1000):
            if fd == self._wake_out:
                with contextlib.suppress(BlockingIOError):
                    os.read(fd, 4096)
            elif not known[fd].pump(ready):
                gone.append(known[fd])
        return gone

    def _drop(self, terminal: Terminal) -> None:
        with self._lock:
            if terminal not in self._all:
                return
            self._all.remove(terminal)
        terminal.close()
        terminal.reap(time.monotonic() + PATIENCE)
        self._ended(terminal)
