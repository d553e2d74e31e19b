"""The servers behind the four back ends, as the contract's tests need them: real ones where there are any."""

from __future__ import annotations

import asyncio
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from console.demo.backend_cmux import find_cmux, start_daemon
from console.mux.base import Multiplexer, MuxError
from console.mux.cmux_cli import CmuxCli
from console.mux.cmux_rpc import CmuxRpc
from console.mux.cmux_socket import CmuxSocket
from console.mux.cmux_tui import CmuxTui
from console.mux.tmux import Tmux
from tests.eventually import eventually
from tests.fakes import cmux_program
from tests.fakes.cmux_app import CmuxApp, SurfaceSpec, WorkspaceSpec
from tests.tmux_server import PROGRAM, TmuxServer

SIZE: Final = (70, 16)
"""Columns and rows of every terminal."""

RECORDER: Final = """
import os, select, sys, tty
log = sys.argv[1]
tty.setraw(0)
orders = os.open(log + ".say", os.O_RDWR)
os.write(1, bytes.fromhex(sys.argv[2]) + b"ready")
with open(log + ".new", "w") as file:
    file.write(str(os.getpid()))
os.rename(log + ".new", log + ".pid")
while True:
    for fd in select.select([0, orders], [], [])[0]:
        data = os.read(fd, 65536)
        if fd == orders:
            while data:
                data = data[os.write(1, data):]
        elif not data:
            sys.exit()
        else:
            with open(log, "ab") as file:
                file.write(data)
"""
"""Prints what it is given and what it is told later; notes every byte of its keyboard."""


class Recorder:
    """The program in one surface, seen from its other side."""

    def __init__(self, folder: Path, number: int) -> None:
        self.ref = ""
        self._log = folder / f"typed-{number}"
        os.mkfifo(f"{self._log}.say")

    def argv(self, show: bytes) -> list[str]:
        """How it is started: *show* is printed, then ``ready``."""
        return [sys.executable, "-S", "-E", "-c", RECORDER, str(self._log), show.hex()]

    @property
    def pid(self) -> int:
        """Its process; 0 until it has printed what it was to show."""
        with suppress(FileNotFoundError):
            return int(Path(f"{self._log}.pid").read_text())
        return 0

    def typed(self) -> bytes:
        """Every byte that has arrived."""
        return self._log.read_bytes() if self._log.exists() else b""

    def say(self, data: bytes) -> None:
        """Let it print *data* now."""
        with open(f"{self._log}.say", "wb", buffering=0) as orders:  # noqa: PTH123 - a fifo
            orders.write(data)

    def end(self) -> None:
        """Kill it."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)


class BackEnd(ABC):
    """One private server and the adapter for it. It always has one surface more than the test asked for."""

    keeps_dead = False
    """A surface whose program has ended stays in the listing."""

    def __init__(self) -> None:
        # Not under pytest's own folder: a Unix socket's path must stay below about 100 characters.
        self.folder = Path(tempfile.mkdtemp(prefix="occ-", dir="/tmp"))
        self._count = 0

    async def add(self, show: bytes = b"", *, paste: bool = True) -> Recorder:
        """Run a recorder in a new surface; with *paste* it asks for bracketed paste."""
        self._count += 1
        made = Recorder(self.folder, self._count)
        made.ref = await self.run(made.argv((b"\x1b[?2004h" if paste else b"") + show), f"agent {self._count}")
        await eventually(lambda: made.pid, what="the recorder does not start")
        return made

    @abstractmethod
    def mux(self) -> Multiplexer:
        """A new adapter."""

    @abstractmethod
    async def start(self) -> None:
        """Start the server, also after `kill`."""

    @abstractmethod
    async def run(self, argv: Sequence[str], name: str) -> str:
        """Run a program in a new surface; return its ref."""

    @abstractmethod
    async def shut(self, recorder: Recorder) -> None:
        """Close its surface, as the operator would."""

    @abstractmethod
    async def kill(self) -> None:
        """Let the server crash."""

    @abstractmethod
    async def stop(self) -> None:
        """End everything."""

    async def in_front(self) -> str | None:
        """The ref of the surface people see now; None where there is no window to see it in."""
        return None


class TmuxBackEnd(BackEnd):
    """A private tmux server."""

    keeps_dead = True

    def __init__(self) -> None:
        super().__init__()
        self.server = TmuxServer()

    def mux(self) -> Multiplexer:
        """See `BackEnd.mux`."""
        return Tmux(str(self.server.socket))

    async def start(self) -> None:
        """See `BackEnd.start`."""
        await asyncio.to_thread(self.server.new, name="anchor")

    async def run(self, argv: Sequence[str], name: str) -> str:
        """See `BackEnd.run`."""
        pane = await asyncio.to_thread(self.server.new, "exec " + shlex.join(argv), "", *SIZE)
        self.server.run("set-option", "-w", "-t", pane, "remain-on-exit", "on")
        return pane

    async def shut(self, recorder: Recorder) -> None:
        """See `BackEnd.shut`."""
        self.server.run("kill-pane", "-t", recorder.ref)

    async def kill(self) -> None:
        """See `BackEnd.kill`."""
        await asyncio.to_thread(self.server.kill)

    async def stop(self) -> None:
        """See `BackEnd.stop`."""
        await asyncio.to_thread(self.server.stop)
        shutil.rmtree(self.folder, ignore_errors=True)


class DaemonBackEnd(BackEnd):
    """The cmux-tui daemon of the wheel."""

    keeps_dead = True

    def __init__(self) -> None:
        super().__init__()
        self.socket = str(self.folder / "s.sock")
        self._process: subprocess.Popen[bytes] | None = None
        self._rpc: CmuxRpc | None = None
        self._workspace = ""

    def mux(self) -> Multiplexer:
        """See `BackEnd.mux`."""
        return CmuxTui(self.socket)

    async def start(self) -> None:
        """See `BackEnd.start`."""
        self._process = await asyncio.to_thread(start_daemon, find_cmux(), self.socket, self.folder)
        async with asyncio.timeout(10):
            while self._rpc is None:
                try:
                    self._rpc = await CmuxRpc.connect(self.socket)
                except MuxError:
                    await asyncio.sleep(0.01)
        made = await self._call("workspace.create", mutation=True, name="work", initial_content="empty")
        self._workspace = made["value"]["workspace_id"]
        await self.run(["sleep", "1000"], "anchor")

    async def run(self, argv: Sequence[str], name: str) -> str:
        """See `BackEnd.run`."""
        made = await self._call(
            "workspace.run", mutation=True, workspace=self._workspace, name=name, argv=list(argv), on_exit="keep",
            cols=SIZE[0], rows=SIZE[1],
        )  # fmt: skip
        return str(made["value"]["terminal_id"])

    async def shut(self, recorder: Recorder) -> None:
        """See `BackEnd.shut`; a program goes on without its tab, so it is ended too."""
        tabs = (await self._call("session.snapshot"))["tabs"]
        tab = next(tab["id"] for tab in tabs if tab["content_id"] == recorder.ref)
        await self._call("tab.close", mutation=True, tab=tab)
        recorder.end()

    async def kill(self) -> None:
        """See `BackEnd.kill`."""
        if self._rpc is not None:
            await self._rpc.close()
        self._rpc = None
        if self._process is not None:
            self._process.kill()
            await asyncio.to_thread(self._process.wait, 10)

    async def stop(self) -> None:
        """See `BackEnd.stop`."""
        await self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    async def in_front(self) -> str | None:
        """See `BackEnd.in_front`."""
        found = await self._call("session.snapshot")
        return _front(found)

    async def _call(self, operation: str, **params: Any) -> Any:
        assert self._rpc is not None, "the daemon has been stopped"
        return await self._rpc.call(operation, **params)


def _front(snapshot: dict[str, Any]) -> str | None:
    """The terminal in the focused tab of the focused pane."""
    pane = next((pane["id"] for pane in snapshot["panes"] if pane.get("focused")), None)
    return next((str(t["content_id"]) for t in snapshot["tabs"] if t["pane_id"] == pane and t.get("focused")), None)


class AppBackEnd(BackEnd):
    """The double of the macOS app, of one release."""

    def __init__(self, release: str) -> None:
        super().__init__()
        layout = [WorkspaceSpec("work", [SurfaceSpec("anchor", ("sleep", "1000"), size=SIZE)])]
        self.socket = self.folder / "c.sock"
        self.app = CmuxApp(self.socket, personality=release, workspaces=layout, access_mode="automation")
        self._began = False

    def mux(self) -> Multiplexer:
        """See `BackEnd.mux`."""
        return CmuxSocket(str(self.socket), env={}, home=self.folder)

    async def start(self) -> None:
        """See `BackEnd.start`."""
        if self._began:
            await asyncio.to_thread(self.app.restart, keep_programs=True)
        else:
            await asyncio.to_thread(self.app.start)
        self._began = True

    async def run(self, argv: Sequence[str], name: str) -> str:
        """See `BackEnd.run`."""
        workspace = self.app._core.tree.ref(next(self.app._core.tree.workspaces()).uuid)
        return await asyncio.to_thread(self.app.add_surface, workspace, SurfaceSpec(name, argv, size=SIZE))

    async def shut(self, recorder: Recorder) -> None:
        """See `BackEnd.shut`."""
        await asyncio.to_thread(self.app.close_surface, recorder.ref)

    async def kill(self) -> None:
        """See `BackEnd.kill`."""
        await asyncio.to_thread(self.app.kill)

    async def stop(self) -> None:
        """See `BackEnd.stop`."""
        await asyncio.to_thread(self.app.stop)
        shutil.rmtree(self.folder, ignore_errors=True)

    async def in_front(self) -> str | None:
        """See `BackEnd.in_front`."""
        workspace = self.app._core.tree.front.workspace
        focused = workspace.focused if workspace else None
        return self.app.ref(focused.uuid) if focused else None


class CliBackEnd(AppBackEnd):
    """The same, reached through a `cmux` program only."""

    def __init__(self, release: str) -> None:
        super().__init__(release)
        self.program = cmux_program.install(self.folder / "bin", self.socket, release)

    def mux(self) -> Multiplexer:
        """See `BackEnd.mux`."""
        return CmuxCli(str(self.program))


RELEASES: Final = ("0.63.2", "0.64.22", "main-2026-10")
NAMES: Final = ("tmux", "daemon", *(f"app {release}" for release in RELEASES), "cli 0.63.2")


def missing(name: str) -> str:
    """Why there is no such back end on this machine; empty when there is."""
    if name == "tmux" and not PROGRAM:
        return "there is no tmux program"
    if name == "daemon" and not find_cmux():
        return "there is no cmux program (extra `embedded`)"
    return ""


def make(name: str) -> BackEnd:
    """The back end of this name out of `NAMES`, not yet started."""
    kind, _, release = name.partition(" ")
    match kind:
        case "tmux":
            return TmuxBackEnd()
        case "daemon":
            return DaemonBackEnd()
        case "app":
            return AppBackEnd(release)
        case _:
            return CliBackEnd(release)
