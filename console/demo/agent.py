"""A stand-in for a coding agent, for the demo and for tests: ``python -m console.demo.agent --kind claude``.

Draws the screens of Claude Code 2.1 or Codex 0.169 in a real terminal, takes prompts and answers as they do, and has a
life of its own that one seed decides. Ends on SIGHUP, SIGTERM and end of input, and gives the terminal back.
"""

from __future__ import annotations

import argparse
import json
import os
import select
import signal
import sys
import termios
import time
import tty
from collections.abc import Sequence
from random import Random
from types import FrameType
from typing import Final

from console.demo import look_claude, look_codex
from console.demo.keys import BURST, KeyReader
from console.demo.paint import CLOSE, OPEN, Frame, Painter, write_all
from console.demo.session import Entry, Session

SPIN: Final = 0.25
"""Seconds between two pictures of the spinner."""
ESCAPE_WAIT: Final = 0.05
"""Seconds after which a lone ESC is the Escape key."""
PASTE_GUARD: Final = {"claude": 0.15, "codex": 0.12}
"""Seconds after a paste in which Enter is a newline (measured on Claude Code 2.1.100 and Codex 0.169)."""
BURSTS: Final = {"claude": BURST, "codex": 4}
"""Characters of one read that are a burst (Codex took Enter in the same write as a newline at any length)."""


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="console.demo.agent", description=__doc__)
    parser.add_argument("--kind", choices=("claude", "codex"), required=True)
    parser.add_argument("--name", default="", help="the surface's name, for people who read the process list")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--start", choices=("working", "idle", "approval", "question", "done"), default="idle")
    parser.add_argument("--prompt", default="", help="the task it is at work on at the start")
    parser.add_argument("--speed", type=float, default=1.0, help="2 is twice as fast")
    parser.add_argument(
        "--script",
        type=lambda text: tuple(text.split(",")),
        default=(),
        help="steps of every turn instead of the seed's: say,tool,edit,approval,question",
    )
    _add_habits(parser)
    options = parser.parse_args(arguments)
    if wrong := set(options.script) - {"say", "tool", "edit", "approval", "question"}:
        parser.error(f"--script: no such step: {', '.join(sorted(wrong))}")
    if options.speed <= 0:
        parser.error("--speed: must be more than 0")
    return options


def _add_habits(parser: argparse.ArgumentParser) -> None:
    """Switches for what a sender has to cope with."""
    parser.add_argument("--approval", default="", help="the command every approval asks for")
    parser.add_argument("--guard", type=float, default=None, help="seconds after a paste in which Enter is a newline")
    parser.add_argument("--lose-enters", type=int, default=0, help="so many Enters into the input box get lost")
    parser.add_argument("--deaf", action="store_true", help="draw, and read nothing")
    parser.add_argument("--log", default="", help="file that gets a JSON line for everything that came in")


class Agent:
    """One terminal, one session."""

    def __init__(self, options: argparse.Namespace, stdin: int, stdout: int) -> None:
        self._kind: str = options.kind
        self._look = look_claude if options.kind == "claude" else look_codex
        self._stdin = stdin
        self._stdout = stdout
        self._painter = Painter(stdout)
        guard = PASTE_GUARD[options.kind] if options.guard is None else options.guard
        self._keys = KeyReader(guard, BURSTS[options.kind])
        self._deaf: bool = options.deaf
        self._log: str = options.log
        self._session = Session(
            options.kind,
            Random(options.seed),
            speed=options.speed,
            script=options.script,
            approval=options.approval,
            lose_enters=options.lose_enters,
            heard=self._note,
        )
        self._session.begin(options.start, options.prompt, time.monotonic())
        self._tmux = "TMUX" in os.environ
        self._drawn: list[tuple[Entry, list[str]]] = []
        self._size = (0, 0)
        self.stopped = False

    def run(self, signals: int) -> None:
        """Draw and read until told to stop; *signals* is the read end of the wake-up pipe."""
        while not self.stopped:
            now = time.monotonic()
            self._session.tick(now)
            self._painter.draw(self._frame(now), self._look.title(self._session, now, self._tmux))
            inputs = [signals] if self._deaf else [self._stdin, signals]
            ready, _, _ = select.select(inputs, [], [], self._timeout())
            if signals in ready:
                os.read(signals, 64)
            if self._stdin in ready:
                self._read()
            elif self._keys.waiting:
                self._apply(self._keys.flush())

    def _note(self, event: str, text: str) -> None:
        if not self._log:
            return
        with open(self._log, "a", encoding="utf-8", newline="") as file:  # noqa: PTH123 - pathlib doubles the start
            file.write(json.dumps({"event": event, "text": text}, ensure_ascii=False) + "\n")

    def _read(self) -> None:
        try:
            data = os.read(self._stdin, 65536)
        except OSError:  # the other end of the terminal is gone
            data = b""
        if not data:
            self.stopped = True
            return
        self._apply(self._keys.feed(data, time.monotonic()))

    def _apply(self, events: list[tuple[str, str]]) -> None:
        for event in events:
            self._session.handle(event, time.monotonic())

    def _timeout(self) -> float | None:
        waits = [ESCAPE_WAIT] if self._keys.waiting else []
        if self._session.due is not None:
            waits.append(max(0.0, self._session.due - time.monotonic()))
        if self._session.state == "working":
            waits.append(SPIN)
        return min(waits, default=None)

    def _frame(self, now: float) -> Frame:
        size = os.get_terminal_size(self._stdout)
        cols, rows = max(20, size.columns), max(4, size.lines)
        if (cols, rows) != self._size:
            self._size, self._drawn = (cols, rows), []
            self._painter.forget()
        bottom = self._look.bottom(self._session, cols, now)
        room = rows - len(bottom.rows)
        if room < 0:
            cut_off = -room
            cursor = bottom.cursor
            moved = (cursor[0], cursor[1] - cut_off) if cursor and cursor[1] >= cut_off else None
            return Frame(bottom.rows[cut_off:], moved)
        body = self._body(cols)[-room:] if room else []
        gap = [""] * (room - len(body))
        # The input box stands at the bottom, but Claude's dialogs follow the transcript.
        follows = self._kind == "claude" and self._session.dialog is not None
        lines = [*body, *bottom.rows, *gap] if follows else [*body, *gap, *bottom.rows]
        above = len(body) if follows else room
        return Frame(lines, (bottom.cursor[0], bottom.cursor[1] + above) if bottom.cursor else None)

    def _body(self, cols: int) -> list[str]:
        entries = self._session.entries
        keep = {id(entry): rows for entry, rows in self._drawn}
        self._drawn = [(e, keep.get(id(e)) or self._look.entry_rows(e, cols)) for e in entries]
        body: list[str] = self._look.banner(cols)
        for _, rows in self._drawn:
            body += rows
        return body


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until a signal or the end of input. Return the exit code: 2 without a terminal."""
    options = parse(arguments)
    stdin, stdout = sys.stdin.fileno(), sys.stdout.fileno()
    if not (os.isatty(stdin) and os.isatty(stdout)):
        sys.stderr.write("console.demo.agent draws in a terminal; standard input and output must be one\n")
        return 2
    agent = Agent(options, stdin, stdout)
    wake_in, wake_out = os.pipe()
    os.set_blocking(wake_out, False)
    signal.set_wakeup_fd(wake_out, warn_on_full_buffer=False)

    def stop(number: int, frame: FrameType | None) -> None:
        agent.stopped = True

    for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    signal.signal(signal.SIGWINCH, lambda number, frame: None)
    before = termios.tcgetattr(stdin)
    try:
        tty.setraw(stdin)
        write_all(stdout, OPEN)
        agent.run(wake_in)
    except OSError:
        return 1  # the terminal is gone; nothing can be told
    finally:
        _restore(stdin, stdout, before)
    return 0


def _restore(stdin: int, stdout: int, before: list[int | list[bytes | int]]) -> None:
    try:
        write_all(stdout, CLOSE)
        termios.tcsetattr(stdin, termios.TCSADRAIN, before)
    except (OSError, termios.error):
        return  # it went before we did


if __name__ == "__main__":
    raise SystemExit(main())
