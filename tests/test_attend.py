"""A program on the console's own terminal: real pseudo-terminals, and a terminal that is always taken back."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from console.host import HostError, attend
from tests.pty_console import Terminal

CONSOLE = """
import asyncio, os, signal, sys, termios
from console.host import HostError, attend
async def main():
    try:
        async with asyncio.timeout(float(sys.argv[1]) or None):
            code = await attend([sys.executable, "-S", "-c", sys.argv[2]])
    except TimeoutError:
        code = "cancelled"
    mine = os.tcgetpgrp(0) == os.getpgrp()
    echoes = bool(termios.tcgetattr(0)[3] & termios.ECHO)
    print(f"code {code}, mine {mine}, echoes {echoes}", flush=True)
    print("read", sys.stdin.readline().strip(), flush=True)
asyncio.run(main())
"""
RAW = "import tty; tty.setraw(0)\n"
MINE = "import os, time\nwhile os.tcgetpgrp(0) != os.getpgrp(): time.sleep(0.01)\n"
"""Waits until the terminal was handed over: before, what is typed is not the program's."""


class Ground:
    """Starts a stand-in for the console with *code* on its terminal."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made: list[Terminal] = []

    def start(self, code: str, patience: float = 0.0) -> Terminal:
        """One run; *patience*: seconds after which the caller is cancelled, 0 for never."""
        env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
        made = Terminal(
            str(patience), code, size=(80, 24), env=env, cwd=str(self._folder), program=("-c", CONSOLE)
        )  # fmt: skip
        self._made.append(made)
        return made

    def end(self) -> None:
        """Nothing goes on."""
        for each in self._made:
            each.end()


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[Ground]:
    made = Ground(tmp_path)
    yield made
    made.end()


def taken_back(terminal: Terminal, code: str) -> None:
    """The console has the terminal, its modes are what they were, and what is typed reaches it."""
    terminal.shows(f"code {code}, mine True, echoes True")
    terminal.press("다시\n".encode())
    terminal.shows("read 다시")
    assert terminal.ended() == 0
    assert terminal.restored()


def test_the_program_reads_and_draws_and_its_code_comes_back(ground: Ground) -> None:
    terminal = ground.start("print('typed:', input('ask ')); raise SystemExit(3)")
    terminal.shows("ask ")
    terminal.press("한글\n".encode())
    terminal.shows("typed: 한글")
    taken_back(terminal, "3")


def test_ctrl_c_is_the_programs_own(ground: Ground) -> None:
    terminal = ground.start(
        f"{MINE}import signal\n"
        "signal.signal(signal.SIGINT, lambda *_: print('interrupted', flush=True))\n"
        "print('ready', flush=True); print('typed:', input())"
    )
    terminal.shows("ready")
    terminal.press(b"\x03")
    terminal.shows("interrupted")
    terminal.press(b"on\n")
    terminal.shows("typed: on")
    taken_back(terminal, "0")


def test_ctrl_z_does_not_leave_the_terminal_with_a_program_that_sleeps(ground: Ground) -> None:
    terminal = ground.start(
        f"{MINE}import select, signal\n"
        "signal.signal(signal.SIGCONT, lambda *_: print('continued', flush=True))\n"
        "print('ready', flush=True)\n"
        # A signal that comes just before a read() blocks is only heard after it: so it never blocks for long.
        "while not select.select([0], [], [], 0.05)[0]: pass\n"
        "print('typed:', input())"
    )
    terminal.shows("ready")
    for _ in range(2):
        before = terminal.written.count(b"continued")
        terminal.press(b"\x1a")
        terminal.until(lambda: terminal.written.count(b"continued") > before, "it is not continued")  # noqa: B023
    terminal.press(b"on\n")
    terminal.shows("typed: on")
    taken_back(terminal, "0")


@pytest.mark.parametrize("number", [9, 11, 15])
def test_a_program_that_dies_in_raw_mode_leaves_no_broken_terminal(ground: Ground, number: int) -> None:
    taken_back(ground.start(f"{RAW}import os; os.kill(0 or os.getpid(), {number})"), str(-number))


def test_a_program_that_gives_the_terminal_away_does_not_keep_it(ground: Ground) -> None:
    code = (
        "import os, signal, subprocess, sys\n"
        "signal.signal(signal.SIGTTOU, signal.SIG_IGN)\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'], process_group=0)\n"
        "os.tcsetpgrp(0, child.pid); child.kill()"
    )
    taken_back(ground.start(code), "0")


@pytest.mark.parametrize("deaf", [False, True])
def test_cancelled_the_program_ends_and_the_terminal_is_back(ground: Ground, deaf: bool) -> None:
    ignore = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" if deaf else ""
    terminal = ground.start(
        f"{ignore}{RAW}import os, time; print(f'pid<{{os.getpid()}}>', flush=True); time.sleep(60)", 2
    )
    terminal.shows("pid<")
    taken_back(terminal, "cancelled")
    pid = int(terminal.written.partition(b"pid<")[2].partition(b">")[0])
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_the_program_blocks_no_signals(ground: Ground) -> None:
    terminal = ground.start("import signal; print('blocked', sorted(signal.pthread_sigmask(signal.SIG_BLOCK, ())))")
    terminal.shows("blocked []")
    taken_back(terminal, "0")


async def test_without_a_terminal_it_runs_all_the_same(tmp_path: Path) -> None:
    code = (
        "import asyncio, sys; from console.host import attend; "
        "print(asyncio.run(attend([sys.executable, '-S', '-c', 'raise SystemExit(7)'])))"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE, start_new_session=True, cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
    )  # fmt: skip
    out, _ = await process.communicate()
    assert out == b"7\n"


@pytest.mark.parametrize(
    ("argv", "told"),
    [(["/no/such/pager"], "no such program"), ([], "cannot be started"), (["a\0b"], "cannot be started")],
)
async def test_what_cannot_start_is_told(argv: list[str], told: str) -> None:
    with pytest.raises(HostError, match=told):
        await attend(argv)
