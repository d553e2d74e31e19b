"""Demo agents in real terminals of every back end, and what they say they received."""

from __future__ import annotations

import asyncio
import json
import shlex
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, Protocol

from console.actions.send import ANYWHERE, Judge, Order, SendResult, submit
from console.demo.backend_cmux import find_cmux, start_daemon
from console.model.agent import Detection
from console.model.surface import Screen
from console.mux.base import Multiplexer, MuxError
from console.mux.cmux_rpc import CmuxRpc
from console.mux.cmux_socket import CmuxSocket
from console.mux.cmux_tui import CmuxTui
from console.mux.tmux import Tmux
from tests.agents.samples import DETECTOR
from tests.fakes.cmux_app import CmuxApp, SurfaceSpec, WorkspaceSpec
from tests.tmux_server import PROGRAM, ROOT, TmuxServer

COLS, ROWS = 100, 40
BACK_ENDS: Final = ("tmux", "daemon", "app-paste", "app")
"""``app-paste`` is the cmux app of 0.64 (its double), ``app`` that of 0.63, which has no paste."""


def judge_of(kind: str) -> Judge:
    """What the screen alone says of an agent of this kind."""

    def judge(screen: Screen) -> Detection:
        return DETECTOR.detect(screen, agent=kind)

    return judge


class Target:
    """One demo agent in one terminal."""

    def __init__(self, mux: Multiplexer, ref: str, kind: str, log: Path) -> None:
        self.mux, self.ref, self.kind, self.log = mux, ref, kind, log
        self.judge = judge_of(kind)

    def received(self, *events: str) -> list[str]:
        """The texts of these events, oldest first: ``submit queue steer answer paste``."""
        lines = self.log.read_text(encoding="utf-8").split("\n")[:-1] if self.log.exists() else []
        entries: list[dict[str, Any]] = [json.loads(line) for line in lines]
        return [entry["text"] for entry in entries if entry["event"] in events]

    async def screen(self) -> Screen:
        """Its screen now; an empty one while it cannot be read."""
        try:
            return await self.mux.read(self.ref)
        except MuxError:
            return Screen(("",), ("",), 0, 0)

    async def shows(self, *states: str) -> Detection:
        """Wait until its screen shows one of *states*."""
        seen = self.judge(await self.screen())
        deadline = asyncio.get_running_loop().time() + 20
        while seen.state not in states:
            assert asyncio.get_running_loop().time() < deadline, (seen, (await self.screen()).lines)
            await asyncio.sleep(0.02)
            seen = self.judge(await self.screen())
        return seen

    async def send(self, text: str, order: Order = ANYWHERE) -> SendResult:
        """Send it."""
        return await submit(self.mux, self.ref, text, self.judge, order)


class Rig(Protocol):
    """A terminal server of a test."""

    async def start(self, kind: str, *arguments: str, rows: int = ROWS) -> Target:
        """Start a demo agent and wait until it has drawn its screen."""


def _argv(kind: str, log: Path, arguments: tuple[str, ...]) -> list[str]:
    return [sys.executable, "-S", "-m", "console.demo.agent", "--kind", kind, "--log", str(log), *arguments]


class _Base:
    def __init__(self, mux: Multiplexer, folder: Path) -> None:
        self.mux, self.folder, self.count = mux, folder, 0
        self.task = asyncio.create_task(self._watch())

    async def _watch(self) -> None:
        async for _ in self.mux.watch():
            pass

    async def settled(self, ref: str, kind: str, log: Path) -> Target:
        target = Target(self.mux, ref, kind, log)
        await target.shows("idle", "working", "approval", "question")
        return target

    def new_log(self) -> Path:
        self.count += 1
        return self.folder / f"received-{self.count}.jsonl"

    async def close(self) -> None:
        await self.mux.close()
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


class _TmuxRig(_Base):
    def __init__(self, server: TmuxServer, folder: Path) -> None:
        self.server = server
        self.first = server.new()
        super().__init__(Tmux(str(server.socket)), folder)

    async def start(self, kind: str, *arguments: str, rows: int = ROWS) -> Target:
        log = self.new_log()
        pane = self.server.new("exec " + shlex.join(_argv(kind, log, arguments)), width=COLS, height=rows)
        return await self.settled(pane, kind, log)


class _DaemonRig(_Base):
    def __init__(self, rpc: CmuxRpc, socket: str, folder: Path) -> None:
        self.rpc = rpc
        super().__init__(CmuxTui(socket), folder)

    async def start(self, kind: str, *arguments: str, rows: int = ROWS) -> Target:
        log = self.new_log()
        space: Any = await self.rpc.call("workspace.create", mutation=True, name="w", initial_content="empty")
        made: Any = await self.rpc.call(
            "workspace.run", mutation=True, workspace=space["value"]["workspace_id"], name=kind,
            argv=_argv(kind, log, arguments), cwd=str(ROOT), on_exit="close", cols=COLS, rows=rows,
        )  # fmt: skip
        return await self.settled(str(made["value"]["terminal_id"]), kind, log)


class _AppRig(_Base):
    """The app has no way to start a program over its socket, so each agent gets an app of its own."""

    def __init__(self, release: str, folder: Path) -> None:
        self.release, self.folder, self.count = release, folder, 0
        self.apps: list[CmuxApp] = []
        self.parts: list[_Base] = []

    async def start(self, kind: str, *arguments: str, rows: int = ROWS) -> Target:
        log = self.new_log()
        spec = SurfaceSpec(argv=_argv(kind, log, arguments), size=(COLS, rows), cwd=str(ROOT))
        path = self.folder / f"c{self.count}.sock"
        app = CmuxApp(path, personality=self.release, workspaces=[WorkspaceSpec("work", [spec])])
        self.apps.append(app)
        await asyncio.to_thread(app.start)
        part = _Base(CmuxSocket(str(path), env={}, home=path.parent), self.folder)
        self.parts.append(part)
        return await part.settled(app.refs()[0], kind, log)

    async def close(self) -> None:
        for part in self.parts:
            await part.close()
        for app in self.apps:
            await asyncio.to_thread(app.stop)


def missing(back_end: str) -> str:
    """Why there is no such back end on this machine; empty when there is."""
    if back_end == "tmux" and not PROGRAM:
        return "there is no tmux program"
    if back_end == "daemon" and not find_cmux():
        return "there is no cmux program (extra `embedded`)"
    return ""


async def _connected(socket: str) -> CmuxRpc:
    """The socket is there a moment before the daemon listens on it."""
    async with asyncio.timeout(15):
        while True:
            try:
                return await CmuxRpc.connect(socket)
            except MuxError:
                await asyncio.sleep(0.02)


@asynccontextmanager
async def rig(back_end: str, folder: Path) -> AsyncIterator[Rig]:
    """A private server of this kind, gone at the end."""
    if back_end == "tmux":
        server = TmuxServer()
        tmux = _TmuxRig(server, folder)
        try:
            yield tmux
        finally:
            await tmux.close()
            server.stop()
    elif back_end == "daemon":
        socket = str(folder / "s.sock")
        process = await asyncio.to_thread(start_daemon, find_cmux(), socket, folder)
        try:
            rpc = await _connected(socket)
            daemon = _DaemonRig(rpc, socket, folder)
            try:
                yield daemon
            finally:
                await daemon.close()
                await rpc.close()
        finally:
            process.terminate()
            await asyncio.to_thread(process.wait, 10)
    else:
        app = _AppRig("0.64.22" if back_end == "app-paste" else "0.63.2", folder)
        try:
            yield app
        finally:
            await app.close()
