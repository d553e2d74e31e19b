"""Starts the demo agents on a private tmux server: one window each, three sessions, one tmux call for everything."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess

from console.demo.roster import ROOT, ROSTER, agent_argv

COLS, ROWS = 120, 40
OLDEST = (3, 2)


class DemoError(Exception):
    """The demo cannot start; the text says why and what to do."""


def find_tmux() -> str:
    """Path of a tmux that is new enough, or an empty string."""
    program = shutil.which("tmux")
    if program is None:
        return ""
    try:
        told = subprocess.run([program, "-V"], capture_output=True, text=True, timeout=5, check=False).stdout
    except (OSError, subprocess.TimeoutExpired):
        return ""
    version = re.search(r"(\d+)\.(\d+)", told)
    return program if version and (int(version[1]), int(version[2])) >= OLDEST else ""


def environment() -> dict[str, str]:
    """Environment for the server and so for the agents: our package is found, and we are not inside another tmux."""
    kept = {name: value for name, value in os.environ.items() if name not in ("TMUX", "TMUX_PANE")}
    return {**kept, "PYTHONPATH": str(ROOT)}


def start_argv(program: str, socket: str) -> list[str]:
    """The one call. Panes of a new server are %0, %1, … in the order they are made."""
    argv = [program, "-L", socket, "-f", "/dev/null", "start-server"]
    for name, value in (
        ("status", "off"),
        ("remain-on-exit", "off"),
        ("default-size", f"{COLS}x{ROWS}"),
    ):
        argv += [";", "set-option", "-g", name, value]
    started: set[str] = set()
    for number, member in enumerate(ROSTER):
        new = ["new-window", "-d", "-t", f"={member.workspace}:"]
        if member.workspace not in started:
            new = ["new-session", "-d", "-x", str(COLS), "-y", str(ROWS), "-s", member.workspace]
            started.add(member.workspace)
        argv += [";", *new, "-n", member.name, *agent_argv(member)]
        argv += [";", "set-option", "-p", "-t", f"%{number}", "@surface", member.name]
        # A console that attaches must not resize the agents. Not as a global option: tmux 3.3a crashes then when a
        # window is made ("server exited unexpectedly").
        argv += [";", "set-option", "-w", "-t", f"%{number}", "window-size", "manual"]
    return argv


async def start(program: str, socket: str) -> tuple[str, ...]:
    """Start the server with all six agents; return their pane ids. Raises `DemoError`."""
    process = await asyncio.create_subprocess_exec(
        *start_argv(program, socket),
        env=environment(),
        cwd="/",
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    _, complaint = await process.communicate()
    if process.returncode != 0:
        raise DemoError(f"tmux could not start the demo: {complaint.decode(errors='replace').strip()}")
    return tuple(f"%{number}" for number in range(len(ROSTER)))
