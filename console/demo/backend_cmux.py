"""Starts the demo agents on a private cmux-tui daemon, for machines without tmux."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from console.demo.backend_tmux import COLS, ROWS, DemoError, environment
from console.demo.roster import ROSTER, agent_argv
from console.mux.base import MuxError
from console.mux.cmux_rpc import CmuxRpc

START_TIMEOUT: Final = 10.0
"""Seconds the daemon may take to open its socket."""


def find_cmux() -> str:
    """Path of the wheel's `cmux` beside this Python, else the one on PATH, else an empty string."""
    beside = Path(sys.executable).with_name("cmux")
    return str(beside) if os.access(beside, os.X_OK) else shutil.which("cmux") or ""


def start_daemon(program: str, socket: str, folder: Path) -> subprocess.Popen[bytes]:
    """Start the daemon; all its files go into *folder*. Raises `DemoError`."""
    # It installs a hook program and keeps a log under HOME and the XDG folders.
    homes = {"HOME": str(folder), "XDG_STATE_HOME": str(folder / "state"), "XDG_RUNTIME_DIR": str(folder)}
    homes["TMPDIR"] = str(folder)
    argv = [program, "--headless", "--ephemeral", "--session", folder.name, "--socket", socket]
    try:
        return subprocess.Popen(
            argv,
            env={**environment(), **homes},
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError as error:
        raise DemoError(f"{program} could not be started: {error.strerror}") from error


async def start(daemon: subprocess.Popen[bytes], socket: str, note_agent: Callable[[int], None]) -> tuple[str, ...]:
    """Start all six agents; return their terminal ids. *note_agent* gets each pid. Raises `DemoError`."""
    rpc = await _connect(daemon, socket)
    try:
        return await _fill(rpc, note_agent)
    except (MuxError, KeyError, TypeError) as error:
        raise DemoError(f"cmux could not start the demo: {error}") from error
    finally:
        await rpc.close()


async def _connect(daemon: subprocess.Popen[bytes], socket: str) -> CmuxRpc:
    loop = asyncio.get_running_loop()
    deadline = loop.time() + START_TIMEOUT
    while True:
        try:
            return await CmuxRpc.connect(socket)
        except MuxError as error:
            if daemon.poll() is not None:
                raise DemoError(f"the cmux daemon ended at once (exit code {daemon.returncode})") from error
            if loop.time() > deadline:
                raise DemoError(f"the cmux daemon opened no socket in {START_TIMEOUT:g} s") from error
        await asyncio.sleep(0.01)


async def _fill(rpc: CmuxRpc, note_agent: Callable[[int], None]) -> tuple[str, ...]:
    workspaces: dict[str, str] = {}
    refs: list[str] = []
    for member in ROSTER:
        name = member.workspace
        if name not in workspaces:
            made: Any = await rpc.call("workspace.create", mutation=True, name=name, initial_content="empty")
            workspaces[name] = made["value"]["workspace_id"]
        made = await rpc.call(
            "workspace.run",
            mutation=True,
            workspace=workspaces[name],
            name=member.name,
            argv=agent_argv(member),
            cwd="/",
            on_exit="close",
            cols=COLS,
            rows=ROWS,
        )
        refs.append(made["value"]["terminal_id"])
        process: Any = await rpc.call("terminal.process.get", terminal=refs[-1])
        if isinstance(process.get("pid"), int):
            note_agent(process["pid"])
    return tuple(refs)
