"""A private tmux server for tests: its own socket folder, no configuration file, nothing left behind."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import psutil

from tests.eventually import eventually_now

ROOT: Final = Path(__file__).parents[1]
PROGRAM: Final = shutil.which("tmux") or ""
QUIET: Final = "exec sleep 1000"
"""A pane that prints nothing and stays."""


def python(code: str, *arguments: str) -> str:
    """A shell command that runs *code*; fast to start."""
    return "exec " + shlex.join((sys.executable, "-S", "-E", "-c", code, *arguments))


def agent(kind: str, *arguments: str) -> str:
    """A shell command that runs the demo agent."""
    return "exec " + shlex.join((sys.executable, "-m", "console.demo.agent", "--kind", kind, *arguments))


class TmuxServer:
    """One private server; it starts with the first pane. Call `stop` in the end."""

    def __init__(self, name: str = "default") -> None:
        self.name = name
        # Not under pytest's own folder: a Unix socket's path must stay below about 100 characters.
        self.folder = Path(tempfile.mkdtemp(prefix="oct-", dir="/tmp"))
        self.socket = self.folder / f"tmux-{os.getuid()}" / name
        self.pid = 0
        kept = {key: os.environ[key] for key in ("PATH", "HOME") if key in os.environ}
        self.env = {
            **kept,
            "TMUX_TMPDIR": str(self.folder),
            "PYTHONPATH": str(ROOT),
            "LANG": "C.UTF-8",
            "SHELL": "/bin/sh",
            "TERM": "xterm-256color",
        }
        self._made = 0

    def call(self, *arguments: str, input: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
        """Run tmux against this server."""
        argv = [PROGRAM, "-u", "-L", self.name, "-f", "/dev/null", *arguments]
        return subprocess.run(argv, input=input, capture_output=True, env=self.env, timeout=20, check=False)

    def run(self, *arguments: str) -> str:
        """Run a tmux command; return what it printed. Raises AssertionError when it fails."""
        done = self.call(*arguments)
        assert done.returncode == 0, f"tmux {shlex.join(arguments)}: {done.stderr.decode()}"
        return done.stdout.decode().rstrip("\n")

    def new(self, command: str = QUIET, name: str = "", width: int = 80, height: int = 24) -> str:
        """Run *command* (for /bin/sh) in a new session; return the pane id."""
        self._made += 1
        size = ("-x", str(width), "-y", str(height))
        pane = self.run("new-session", "-d", "-P", "-F", "#{pane_id}", *size, "-s", name or f"s{self._made}", command)
        if not self.pid:
            self.pid = int(self.run("display-message", "-p", "#{pid}"))
        return pane

    def window(self, session: str, command: str = QUIET, name: str = "w") -> str:
        """Run *command* in a new window of *session*; return the pane id."""
        return self.run("new-window", "-d", "-P", "-F", "#{pane_id}", "-t", f"={session}:", "-n", name, command)

    def split(self, pane: str, command: str = QUIET) -> str:
        """Run *command* in a pane beside *pane*; return the pane id."""
        return self.run("split-window", "-d", "-P", "-F", "#{pane_id}", "-t", pane, command)

    def show(self, target: str, format: str) -> str:
        """What a tmux format says of *target*."""
        return self.run("display-message", "-p", "-t", target, format)

    def screen(self, pane: str) -> str:
        """The visible screen, as tmux itself prints it."""
        return self.run("capture-pane", "-p", "-t", pane)

    def clients(self, format: str = "#{client_pid}") -> list[str]:
        """One line for each attached client; empty too when the server is gone."""
        return self.call("list-clients", "-F", format).stdout.decode().splitlines()

    def panes(self) -> list[str]:
        """The ids of all panes."""
        return self.run("list-panes", "-a", "-F", "#{pane_id}").splitlines()

    def alive(self) -> bool:
        """Whether the server that was started first still runs (a new one in its place does not count)."""
        return self.pid > 0 and _runs(self.pid)

    def kill(self) -> None:
        """End the server and wait until it is gone."""
        self.call("kill-server")
        eventually_now(lambda: not self.alive(), what="the tmux server goes on")
        self.pid = 0

    def stop(self) -> None:
        """End everything; idempotent."""
        children: Sequence[psutil.Process] = ()
        with suppress(psutil.NoSuchProcess, ProcessLookupError):
            if self.pid:
                children = psutil.Process(self.pid).children(recursive=True)
                os.kill(self.pid, signal.SIGCONT)  # a test may have stopped it
        self.call("kill-server")
        for process in children:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        if self.alive():
            eventually_now(lambda: not self.alive(), what="the tmux server goes on")
        shutil.rmtree(self.folder, ignore_errors=True)


def _runs(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
