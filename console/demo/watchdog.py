"""Takes the demo down when the console is gone, even by ``kill -9``.

Runs as a child in its own session: ``python -m console.demo.watchdog PLAN`` with the plan as JSON. It waits for the end
of its standard input, which comes when the console ends; ``done`` on it says that there is nothing left to do.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

GRACE: Final = 2.0
"""Seconds a process gets to end by itself."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What has to go."""

    folder: str
    """The demo's temporary folder."""
    tmux: str = ""
    """Path of the tmux program; empty without tmux."""
    tmux_socket: str = ""
    """Name for ``tmux -L``."""
    cmux_socket: str = ""
    """Socket path of the daemon; it stands in the daemon's command line."""

    def to_json(self) -> str:
        """The plan as one argument."""
        return json.dumps(asdict(self))


def socket_file(name: str) -> Path:
    """Where tmux keeps the socket *name* (tmux(1), -L)."""
    return Path(os.environ.get("TMUX_TMPDIR") or "/tmp", f"tmux-{os.getuid()}", name)


def sweep(plan: Plan, agents: tuple[int, ...] = ()) -> None:
    """Remove everything of *plan*; what is gone already is fine. Waits up to `GRACE` seconds for each part.

    *agents* are further pids to wait for; an agent ends by itself when its terminal goes.
    """
    if plan.tmux and plan.tmux_socket:
        agents += _pane_pids(plan)
        _run(plan.tmux, "-L", plan.tmux_socket, "kill-server")
        socket_file(plan.tmux_socket).unlink(missing_ok=True)
    if plan.cmux_socket:
        for daemon in _daemons(plan.cmux_socket):
            _end(daemon)
    deadline = time.monotonic() + GRACE
    while any(map(_alive, agents)) and time.monotonic() < deadline:
        time.sleep(0.01)
    if plan.folder:
        shutil.rmtree(plan.folder, ignore_errors=True)


def _pane_pids(plan: Plan) -> tuple[int, ...]:
    listed = _run(plan.tmux, "-L", plan.tmux_socket, "list-panes", "-a", "-F", "#{pane_pid}")
    return tuple(int(word) for word in listed.split() if word.isdigit())


def _run(*argv: str) -> str:
    try:
        done = subprocess.run(argv, capture_output=True, text=True, timeout=GRACE, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout


def _daemons(socket: str) -> list[int]:
    # Found by the socket in the command line: a pid that was noted may belong to another process by now.
    listed = (line.strip().partition(" ") for line in _run("ps", "-axww", "-o", "pid=,command=").splitlines())
    return [int(pid) for pid, _, command in listed if f"--socket {socket}" in command]


def _end(pid: int) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return
        deadline = time.monotonic() + GRACE
        while _alive(pid) and time.monotonic() < deadline:
            time.sleep(0.01)


def _alive(pid: int) -> bool:
    """Whether *pid* runs; a zombie, which only waits to be reaped by whoever is its parent now, does not."""
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2]
    except OSError:  # no /proc on this system
        return True
    return state.split()[0] not in "ZX"


def main() -> int:
    """Wait for the end of standard input, then sweep unless told that it is done."""
    plan = Plan(**json.loads(sys.argv[1]))
    if sys.stdin.read().strip() != "done":
        sweep(plan)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
