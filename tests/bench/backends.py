"""Reads a second over each back end, and what they cost us, beside one process for each read.

The servers run in processes of their own, so that this process has nothing but the adapter. The cmux app is its double
in Python, and its `cmux` program too: their figures compare the adapters, not the app.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any, Final

from console.demo.backend_cmux import find_cmux, start_daemon
from console.model.reading import ScreenFailed, ScreenRead, TreeRead
from console.mux.base import Interest, Multiplexer, MuxError
from console.mux.cmux_cli import CmuxCli
from console.mux.cmux_rpc import CmuxRpc
from console.mux.cmux_socket import CmuxSocket
from console.mux.cmux_tui import CmuxTui
from console.mux.tmux import Tmux
from tests.bench.fleet import BenchError
from tests.bench.plan import Plan
from tests.bench.sheet import Sheet
from tests.fakes import cmux_program
from tests.tmux_server import PROGRAM, ROOT, TmuxServer

ARGV: Final = ("/bin/sh", "-c", "seq 20; echo 한글 ready; exec sleep 10000")
SIZE: Final = (80, 24)
ON_SCREEN: Final = 6
"""How many surfaces are looked at, however many there are."""
RELEASE: Final = "0.64.22"
START_S: Final = 60.0
GOAL: Final = 0.25
"""The CPU of a read over a connection, in that of one process for each read: not more than this."""


class Server(ABC):
    """A private server with so many quiet surfaces."""

    name: str

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @abstractmethod
    async def start(self, count: int) -> None:
        """Start it and its surfaces."""

    @abstractmethod
    def mux(self) -> Multiplexer:
        """A new adapter."""

    @abstractmethod
    def one_read(self, ref: str) -> Sequence[str]:
        """The program that reads one screen."""

    @abstractmethod
    def stop(self) -> None:
        """End everything."""


class TmuxBench(Server):
    """tmux."""

    name = "tmux"

    async def start(self, count: int) -> None:
        """See `Server.start`."""
        self.server = TmuxServer()
        command = "seq 20; echo 한글 ready; exec sleep 10000"
        self.server.new(command, "many", *SIZE)
        for _ in range(count - 1):
            self.server.window("many", command)

    def mux(self) -> Multiplexer:
        """See `Server.mux`."""
        return Tmux(str(self.server.socket))

    def one_read(self, ref: str) -> Sequence[str]:
        """See `Server.one_read`."""
        return [PROGRAM, "-S", str(self.server.socket), "capture-pane", "-p", "-e", "-t", ref]

    def stop(self) -> None:
        """See `Server.stop`."""
        self.server.stop()


class DaemonBench(Server):
    """The cmux-tui daemon of the wheel."""

    name = "cmux-tui"

    async def start(self, count: int) -> None:
        """See `Server.start`."""
        self.socket = str(self.folder / "s.sock")
        self.process = start_daemon(find_cmux(), self.socket, self.folder)
        async with asyncio.timeout(START_S):
            rpc = None
            while rpc is None:
                with suppress(MuxError):
                    rpc = await CmuxRpc.connect(self.socket)
                await asyncio.sleep(0.02)
            made = await rpc.call("workspace.create", mutation=True, name="many", initial_content="empty")
            where: dict[str, Any] = {"workspace": made["value"]["workspace_id"], "cols": SIZE[0], "rows": SIZE[1]}
            for number in range(count):
                run = {"name": f"agent {number}", "argv": list(ARGV), "on_exit": "close", **where}
                await rpc.call("workspace.run", mutation=True, **run)
            await rpc.close()

    def mux(self) -> Multiplexer:
        """See `Server.mux`."""
        return CmuxTui(self.socket)

    def one_read(self, ref: str) -> Sequence[str]:
        """See `Server.one_read`."""
        return [find_cmux(), "--json", "--socket", self.socket, "terminal", ref, "screen", "read"]

    def stop(self) -> None:
        """See `Server.stop`."""
        self.process.terminate()
        self.process.wait(10)


class AppBench(Server):
    """The double of the macOS app."""

    name = "cmux app"

    async def start(self, count: int) -> None:
        """See `Server.start`."""
        self.socket = self.folder / "c.sock"
        self.program = cmux_program.install(self.folder / "bin", self.socket, RELEASE)
        surfaces = [{"title": f"agent {number}", "argv": ARGV, "size": SIZE} for number in range(count)]
        layout = self.folder / "layout.json"
        layout.write_text(json.dumps([{"title": "many", "surfaces": surfaces}]), encoding="utf-8")
        argv = [sys.executable, "-m", "tests.fakes.cmux_app", "--socket", str(self.socket), "--layout", str(layout)]
        argv += ["--personality", RELEASE, "--access-mode", "automation", "--until-eof"]
        self.process = _spawn(argv)
        async with asyncio.timeout(START_S):
            while not self.socket.exists():  # noqa: ASYNC110 - another process makes it
                await asyncio.sleep(0.02)

    def mux(self) -> Multiplexer:
        """See `Server.mux`."""
        return CmuxSocket(str(self.socket), env={}, home=self.folder)

    def one_read(self, ref: str) -> Sequence[str]:
        """See `Server.one_read`."""
        return [str(self.program), "read-screen", "--workspace", "workspace:1", "--surface", ref]

    def stop(self) -> None:
        """See `Server.stop`."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(30)


def _spawn(argv: Sequence[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(argv, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)


class CliBench(AppBench):
    """The same through its program."""

    name = "cmux program"

    def mux(self) -> Multiplexer:
        """See `Server.mux`."""
        return CmuxCli(str(self.program))


@dataclass(frozen=True, slots=True)
class Figures:
    """What one way of reading came to."""

    reads: int
    seconds: float
    cpu: float
    """Seconds of CPU, with those of ended children."""

    @property
    def rate(self) -> float:
        """Reads a second."""
        return self.reads / self.seconds

    @property
    def cost(self) -> float:
        """Milliseconds of our CPU for one read."""
        return self.cpu / max(1, self.reads) * 1000

    @property
    def percent(self) -> float:
        """Of one core."""
        return self.cpu / self.seconds * 100


class _Clock:
    def __init__(self) -> None:
        self._at, self._cpu = time.monotonic(), _cpu()

    def figures(self, reads: int) -> Figures:
        return Figures(reads, time.monotonic() - self._at, _cpu() - self._cpu)


def _cpu() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


async def _apart(server: Server, refs: Sequence[str], seconds: float) -> Figures:
    """One process for each read, one after the other."""
    clock, reads, names = _Clock(), 0, cycle(refs)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        done = await asyncio.create_subprocess_exec(
            *server.one_read(next(names)), stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        said, wrong = await done.communicate()
        if done.returncode != 0 or "ready" not in said.decode("utf-8", "replace"):
            raise BenchError(f"{server.name}: one process for each read: {wrong.decode('utf-8', 'replace')[:200]}")
        reads += 1
    return clock.figures(reads)


async def _direct(mux: Multiplexer, refs: Sequence[str], seconds: float) -> Figures:
    """`read`, one after the other."""
    clock, reads, names = _Clock(), 0, cycle(refs)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        await mux.read(next(names))
        reads += 1
    return clock.figures(reads)


class _Follower:
    """Takes what a watch says, as the engine does."""

    def __init__(self, mux: Multiplexer) -> None:
        self.refs: dict[str, str] = {}
        self.read: set[str] = set()
        self.readings = 0
        self._mux = mux
        self._task = asyncio.create_task(self._follow())

    async def _follow(self) -> None:
        async for reading in self._mux.watch():
            self.readings += isinstance(reading, ScreenRead)
            if isinstance(reading, TreeRead):
                self.refs = {info.key: info.ref for info in reading.surfaces}
            elif isinstance(reading, ScreenRead | ScreenFailed):
                self.read.add(reading.key)

    async def complete(self, count: int) -> float | None:
        """Seconds until so many surfaces are listed and all were read; None when that takes more than `START_S`.

        Raises `BenchError` when they are not even listed.
        """
        began = time.monotonic()
        with suppress(TimeoutError):
            async with asyncio.timeout(START_S):
                while len(self.refs) < count or not self.read >= self.refs.keys():  # noqa: ASYNC110 - two things
                    await asyncio.sleep(0.02)
                return time.monotonic() - began
        if len(self.refs) < count:
            raise BenchError(f"{self._mux.source}: {len(self.refs)} of {count} surfaces listed in {START_S:g} s")
        return None

    async def close(self) -> None:
        """End the watch."""
        await self._mux.close()
        await self._task


async def _measured(server: Server, count: int, seconds: float) -> tuple[float | None, Figures, Figures, Figures]:
    """(Seconds until all were read once, one process for each read, `read`, the watch alone)."""
    await server.start(count)
    mux = server.mux()
    follower = _Follower(mux)
    try:
        first = await follower.complete(count)
        refs = list(follower.refs.values())
        mux.look_at(Interest(frozenset(list(follower.refs)[:ON_SCREEN])))
        await asyncio.sleep(1.0)
        clock, before = _Clock(), follower.readings
        await asyncio.sleep(seconds)
        watch = clock.figures(follower.readings - before)
        mux.look_at(Interest())  # tmux reads only while it watches; with nothing on screen that costs little
        direct = await _direct(mux, refs, seconds)
    finally:
        await follower.close()
    return first, await _apart(server, refs, seconds), direct, watch


@contextmanager
def _folder() -> Iterator[Path]:
    folder = tempfile.mkdtemp(prefix="ocb-", dir="/tmp")
    try:
        yield Path(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def measure(sheet: Sheet, plan: Plan) -> None:
    """Each back end with each number of surfaces."""
    print(f"  load {os.getloadavg()[0]:.2f}; {plan.reads_s:g} s for each of: watch, read, one process for each read")
    for kind in (TmuxBench, DaemonBench, AppBench, CliBench):
        if (kind is TmuxBench and not PROGRAM) or (kind is DaemonBench and not find_cmux()):
            print(f"  {kind.name}: left out, there is no such program")
            continue
        for count in plan.surfaces:
            _one(sheet, kind, count, plan.reads_s)


def _one(sheet: Sheet, kind: type[Server], count: int, seconds: float) -> None:
    with _folder() as folder:
        server = kind(folder)
        try:
            first, apart, direct, watch = asyncio.run(_measured(server, count, seconds))
        finally:
            server.stop()
    name = f"{kind.name}, {count}"
    faster, cheaper = direct.rate / apart.rate, direct.cost / apart.cost
    note = f"one process each {apart.rate:.0f}/s; {faster:.1f} × as many"
    sheet.add(f"{name}: reads a second", direct.rate, "/s", None, note)
    goal = None if kind is CliBench else GOAL
    note = f"{direct.cost:.2f} ms, one process {apart.cost:.2f} ms"
    sheet.add(f"{name}: CPU of a read, in one process for each", cheaper, "×", goal, note)
    once = "not all read once" if first is None else f"all read once in {first:.2f} s"
    note = f"{watch.rate:.1f} readings/s, {min(count, ON_SCREEN)} on screen; {once}"
    sheet.add(f"{name}: CPU of the watch, quiet", watch.percent, "%", None, note)
