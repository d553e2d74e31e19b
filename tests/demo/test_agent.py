"""The demo agent as a program in a real terminal."""

from __future__ import annotations

import errno
import fcntl
import os
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from console.demo.agent import parse

ROOT = Path(__file__).parents[2]


class Terminal:
    """A pseudo terminal with the agent in it."""

    def __init__(self, *arguments: str, cols: int = 80, rows: int = 24) -> None:
        self.master, self.slave = os.openpty()
        self.resize(cols, rows)
        self.before = termios.tcgetattr(self.slave)
        self.seen = ""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "console.demo.agent", *arguments],
            stdin=self.slave,
            stdout=self.slave,
            stderr=self.slave,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            start_new_session=True,
        )

    def resize(self, cols: int, rows: int) -> None:
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, cols, 0, 0))

    def wait_for(self, text: str) -> str:
        """Read until *text* has been written; return what was, and forget it."""
        deadline = time.monotonic() + 10
        while text not in self.seen:
            assert time.monotonic() < deadline, f"{text!r} not in {self.seen[-2000:]!r}"
            if select.select([self.master], [], [], 0.1)[0]:
                self.seen += os.read(self.master, 65536).decode(errors="replace")
        seen, self.seen = self.seen, ""
        return seen

    def type(self, text: str) -> None:
        os.write(self.master, text.encode())

    def wait_exit(self) -> int:
        """The exit code; reads on, so that the program can write its last words."""
        deadline = time.monotonic() + 10
        while self.process.poll() is None:
            assert time.monotonic() < deadline
            try:
                if select.select([self.master], [], [], 0.05)[0]:
                    self.seen += os.read(self.master, 65536).decode(errors="replace")
            except OSError as error:
                assert error.errno == errno.EIO
        return self.process.returncode

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for handle in (self.master, self.slave):
            try:
                os.close(handle)
            except OSError:
                continue


@pytest.fixture
def idle() -> Iterator[Terminal]:
    terminal = Terminal("--kind", "claude", "--start", "idle", "--script", "say,approval,say", "--speed", "20")
    yield terminal
    terminal.close()


def test_a_prompt_is_worked_on_approved_and_finished(idle: Terminal) -> None:
    assert "\x1b[?2004h" in idle.wait_for("? for shortcuts")
    idle.type("\x1b[200~한글 과제\x1b[201~")
    idle.wait_for("한글 과제")
    deadline = time.monotonic() + 10
    while "esc to interrupt" not in idle.seen and "Do you want" not in idle.seen:  # Enter right after a paste is none
        assert time.monotonic() < deadline
        idle.type("\r")
        if select.select([idle.master], [], [], 0.3)[0]:
            idle.seen += os.read(idle.master, 65536).decode(errors="replace")
    idle.wait_for("Do you want to proceed?")
    idle.type("1")
    idle.wait_for(" · done ")
    idle.type("!")
    idle.wait_for("❯ !")


def test_it_follows_the_size_of_the_terminal(idle: Terminal) -> None:
    assert "─" * 80 in idle.wait_for("? for shortcuts")
    idle.resize(40, 10)
    idle.process.send_signal(signal.SIGWINCH)
    drawn = idle.wait_for("? for shortcuts")
    assert "─" * 40 in drawn and "─" * 41 not in drawn
    assert "\x1b[2J" in drawn and "\x1b[11;1H" not in drawn
    idle.resize(100, 30)
    idle.process.send_signal(signal.SIGWINCH)
    assert "─" * 100 in idle.wait_for("? for shortcuts")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_and_the_terminal_is_given_back(idle: Terminal, number: signal.Signals) -> None:
    idle.wait_for("? for shortcuts")
    assert termios.tcgetattr(idle.slave) != idle.before
    idle.process.send_signal(number)
    assert idle.wait_exit() == 0
    assert termios.tcgetattr(idle.slave) == idle.before
    assert "\x1b[?2004l" in idle.seen and "\x1b[?1049l" in idle.seen


def test_it_ends_when_the_terminal_goes(idle: Terminal) -> None:
    idle.wait_for("? for shortcuts")
    os.close(idle.slave)
    os.close(idle.master)
    assert idle.process.wait(10) in (0, 1)


def test_without_a_terminal_it_says_so() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "console.demo.agent", "--kind", "codex"],
        input=b"",
        capture_output=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
    )
    assert done.returncode == 2 and b"terminal" in done.stderr and b"Traceback" not in done.stderr


def test_a_wrong_script_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse(["--kind", "codex", "--script", "say,dance"])
    assert "dance" in capsys.readouterr().err
