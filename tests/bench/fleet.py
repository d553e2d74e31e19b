"""A private tmux server with a fleet of simulated agents, printed to from this process so that each time is exact.

The program in each pane is only a name (``claude``) that sleeps; what a program would print is written to the pane's
tty. For tmux, and for whoever watches the tty, that is the same.
"""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Final

from tests.bench import look

Event = tuple[float, Callable[[], None]]
"""Monotonic time and what to do then."""

START_TIMEOUT: Final = 20.0
HISTORY: Final = 45
"""Lines printed into each pane at the start."""


class BenchError(Exception):
    """The rig itself failed; the text says how."""


def clean_environment(home: Path) -> dict[str, str]:
    """Environment of every program in the rig: no outer tmux, no configuration of the person at the machine."""
    dropped = ("TMUX", "TMUX_PANE", "OC_CONSOLE_CONFIG", "XDG_CONFIG_HOME", "CMUX_TUI_SOCKET")
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
    return {**kept, "HOME": str(home), "TERM": "xterm-256color", "COLORTERM": "truecolor", "LC_ALL": "C.UTF-8"}


class Pane:
    """One simulated agent."""

    def __init__(self, number: int, ref: str, tty: str) -> None:
        self.number = number
        self.ref = ref
        self.count = 0
        """Number of the newest line."""
        self.printed: dict[int, float] = {}
        """Line number to the monotonic time at which it was printed."""
        self.blocked = 0
        """Lines lost because tmux did not take them."""
        self._below = 1
        self._fd = os.open(tty, os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK)

    def fill(self) -> None:
        """A screen full of output and an idle footer."""
        for _ in range(HISTORY):
            self.say(busy=False)

    def say(self, *, busy: bool) -> None:
        """Print one line above the footer."""
        self.count += 1
        self.printed[self.count] = self._draw(look.busy(self.count) if busy else look.IDLE, self.count)

    def rest(self) -> float:
        """Draw the idle footer; returns when."""
        return self._draw(look.IDLE)

    def ask(self) -> float:
        """Show an approval dialog in place of the footer; returns when."""
        return self._draw(look.APPROVAL)

    def _draw(self, rows: tuple[str, ...], number: int | None = None) -> float:
        lines = [] if number is None else [look.line(self.number, number)]
        data = look.frame(rows, self._below, *lines)
        self._below = len(rows)
        at = time.monotonic()
        deadline = at + 0.5
        while data:
            try:
                data = data[os.write(self._fd, data) :]
            except BlockingIOError:
                if time.monotonic() > deadline:
                    self.blocked += 1
                    break
                time.sleep(0.001)
        return at

    def close(self) -> None:
        """Let go of the tty."""
        os.close(self._fd)


class Fleet:
    """A context: the server with *count* panes of 120 by 40. The first has a session of its own."""

    def __init__(self, count: int) -> None:
        program = shutil.which("tmux")
        if program is None:
            raise BenchError("there is no tmux program")
        self.program = program
        self.count = count
        self.panes: list[Pane] = []
        self.folder = Path(tempfile.mkdtemp(prefix="ocb-"))
        self.socket = self.folder / "s"
        self.env = clean_environment(self.folder)
        self.server_pid = 0

    def __enter__(self) -> Fleet:
        try:
            self._start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _start(self) -> None:
        sleeper = self.folder / "claude"
        sleeper.symlink_to(shutil.which("sleep") or "/bin/sleep")
        agent = (str(sleeper), "100000")
        size = ("-x", str(look.WIDTH), "-y", str(look.HEIGHT))
        argv: list[str] = ["-f", "/dev/null", "start-server"]
        for option in (("status", "off"), ("default-size", f"{look.WIDTH}x{look.HEIGHT}")):
            argv += [";", "set-option", "-g", *option]
        for number in range(self.count):
            new: tuple[str, ...] = ("new-window", "-d", "-t", "=rest:")
            if number < 2:
                new = ("new-session", "-d", *size, "-s", ("one", "rest")[number])
            argv += [";", *new, "-n", f"k{number}", *agent]
            argv += [";", "set-option", "-w", "-t", f"%{number}", "window-size", "manual"]
        self.tmux(*argv)
        self.server_pid = int(self.tmux("display-message", "-p", "#{pid}"))
        listed = self.tmux("list-panes", "-a", "-F", "#{window_name} #{pane_id} #{pane_tty}").splitlines()
        found = {int(name[1:]): Pane(int(name[1:]), ref, tty) for name, ref, tty in (line.split() for line in listed)}
        self.panes = [found[number] for number in sorted(found)]
        if len(self.panes) != self.count:
            raise BenchError(f"tmux has {len(self.panes)} panes instead of {self.count}")
        for pane in self.panes:
            pane.fill()
        self._until_filled()

    def _until_filled(self) -> None:
        deadline = time.monotonic() + START_TIMEOUT
        for pane in self.panes:
            while look.token(pane.number, pane.count) not in self.tmux("capture-pane", "-p", "-t", pane.ref):
                if time.monotonic() > deadline:
                    raise BenchError(f"tmux did not show what was printed into {pane.ref}")
                time.sleep(0.02)

    def tmux(self, *argv: str) -> str:
        """Run one tmux command on this server."""
        command = [self.program, "-u", "-S", str(self.socket), *argv]
        done = subprocess.run(
            command, capture_output=True, text=True, env=self.env, cwd=self.folder, timeout=20, check=False
        )
        if done.returncode != 0:
            raise BenchError(f"tmux {argv[0]}: {done.stderr.strip()}")
        return done.stdout.strip()

    def load(self, start: float, seconds: float, rate: float, seed: int = 1) -> list[Event]:
        """Every pane at work, *rate* lines a second each, for *seconds* from monotonic time *start*; phases differ."""
        chance = random.Random(seed)
        events: list[Event] = []
        for pane in self.panes:
            phase = chance.random() / rate
            say = partial(pane.say, busy=True)
            events += [(start + phase + at / rate, say) for at in range(int(seconds * rate))]
        return sorted(events, key=lambda event: event[0])

    def rest(self) -> None:
        """Every pane idle."""
        for pane in self.panes:
            pane.rest()

    def close(self) -> None:
        """End the server with everything in it; idempotent."""
        for pane in self.panes:
            with contextlib.suppress(OSError):
                pane.close()
        with contextlib.suppress(BenchError, subprocess.TimeoutExpired, OSError):
            self.tmux("kill-server")
        shutil.rmtree(self.folder, ignore_errors=True)


def lines_at_leisure(panes: Sequence[Pane], start: float, gaps: tuple[float, float], count: int) -> list[Event]:
    """*count* single lines at random gaps (seconds), every other one in the first pane."""
    chance = random.Random(2)
    events: list[Event] = []
    at = start
    for number in range(count):
        at += chance.uniform(*gaps)
        pane = panes[0] if number % 2 == 0 else chance.choice(panes[1:])
        events.append((at, partial(pane.say, busy=False)))
    return events
