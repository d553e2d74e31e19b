"""Faults of the servers behind the back ends, with the whole engine on top: it stays live, says it, and recovers."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from console.config import Config
from console.engine import Engine
from console.model.snapshot import Snapshot
from console.model.surface import Surface
from console.mux.base import Interest, Multiplexer
from console.mux.cmux_socket import CmuxSocket
from console.mux.cmux_tui import CmuxTui
from console.safety import safe_text
from tests.eventually import eventually
from tests.mux import meddler as faults
from tests.mux.contract import brisk, every, left, started
from tests.mux.contract_back_ends import AppBackEnd, BackEnd, DaemonBackEnd, Recorder
from tests.mux.meddler import Meddler, Spoil, meddling

SOCKETS = every("tmux", "cli")
SOME = every("tmux", "cli", "app 0.64")
"""The adapter of the app is the same for all releases: the first and the last stand for all."""


@pytest.fixture
async def back(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[BackEnd]:
    """The back end the test is for."""
    brisk(monkeypatch)
    monkeypatch.setattr("console.mux.cmux_tui.RETRY", (0.1,))
    monkeypatch.setattr("console.mux.cmux_tui.TREE_EVERY", 0.3)
    monkeypatch.setattr("console.mux.cmux_app_events.SILENCE", 3.0)
    async for made in started(request.param):
        yield made


def through(back: BackEnd, path: Path) -> Multiplexer:
    """The adapter of *back*, on another socket."""
    assert isinstance(back, (DaemonBackEnd, AppBackEnd))
    return CmuxTui(str(path)) if isinstance(back, DaemonBackEnd) else CmuxSocket(str(path), env={}, home=back.folder)


class Console:
    """An engine at work, and what it has said."""

    def __init__(self, mux: Multiplexer) -> None:
        self.told: list[Snapshot] = []
        self.complaints: list[str] = []
        self.engine = Engine(Config(), mux, on_change=self.told.append)
        self.task = asyncio.create_task(self.engine.run())

    @property
    def now(self) -> Snapshot:
        """The snapshot; the engine has not ended."""
        assert not self.task.done(), f"the engine has ended: {self.task}"
        return self.engine.snapshot

    def surface(self, agent: Recorder) -> Surface | None:
        """What it knows of *agent*."""
        return next((each for each in self.now.surfaces if each.info.ref == agent.ref), None)

    def text(self, agent: Recorder) -> str:
        """What it shows of *agent*."""
        found = self.surface(agent)
        return "\n".join(found.screen.lines) if found and found.screen else ""

    async def shows(self, agent: Recorder, text: str) -> None:
        """Wait until it does."""
        await eventually(lambda: text in self.text(agent), 20, what=lambda: (text, self.text(agent), self.now.mux))

    async def down(self) -> None:
        """Wait until it says that something is wrong, what, and since when."""
        began = time.time()
        await eventually(lambda: self.now.mux.error, 20, what="it is not told")
        mux = self.now.mux
        assert mux.down_since is not None and mux.down_since <= time.time() and mux.down_since > began - 30
        assert safe_text(mux.error) == mux.error and mux.error in self.now.troubles()

    async def well(self, *agents: Recorder) -> None:
        """Wait until all of *agents* have been read again and nothing is wrong."""
        await eventually(lambda: not self.now.mux.error, 25, what=lambda: self.now.mux)
        at = time.time()
        self.engine.reread()

        def fine() -> bool:
            found = [self.surface(agent) for agent in agents]
            fresh = all(each is not None and not each.error and (each.read_at or 0) > at for each in found)
            return fresh and not self.now.mux.error and self.now.mux.down_since is None

        await eventually(fine, 25, what=lambda: (self.now.mux, [self.surface(agent) for agent in agents]))

    def look(self) -> None:
        """Everything is on screen."""
        self.engine.look_at(Interest(frozenset(surface.key for surface in self.now.surfaces)))


@asynccontextmanager
async def console(mux: Multiplexer, *agents: Recorder) -> AsyncIterator[Console]:
    """A console on *mux* that shows all of *agents*; at the end nothing is left of it."""
    made = Console(mux)
    asyncio.get_running_loop().set_exception_handler(lambda _, told: made.complaints.append(str(told)))
    try:
        for agent in agents:
            await made.shows(agent, "ready")
        made.look()
        yield made
        assert not made.task.done(), f"the engine has ended: {made.task}"
    finally:
        made.task.cancel()
        await asyncio.gather(made.task, return_exceptions=True)
        await made.engine.close()
    assert not made.complaints


@pytest.mark.parametrize("back", every(), indirect=True)
async def test_a_server_killed_under_load_is_told_and_found_again(back: BackEnd) -> None:
    agents = [await back.add() for _ in range(3)]
    async with console(back.mux(), *agents) as on:
        for turn in range(2):
            for agent in agents:
                agent.say(b"\r\n".join(f"row {n} of many".encode() for n in range(500)) + b"\r\n")
            await back.kill()
            await on.down()
            since, shown = on.now.mux.down_since, {each.key: each.screen for each in on.now.surfaces}
            on.engine.reread()
            for _ in range(20):
                await asyncio.sleep(0.01)
            assert on.now.mux.error and on.now.mux.down_since == since, "it is as old as it was"
            assert {each.key: each.screen for each in on.now.surfaces} == shown != {}, "what was seen stays"
            await back.start()
            agents = [await back.add(f"life {turn}\r\n".encode()) for _ in range(2)]
            await on.well(*agents)
            on.look()
            for agent in agents:
                await on.shows(agent, f"life {turn}")


FAULTS: dict[str, tuple[Spoil, int]] = {
    "half lines": (faults.half, 3),
    "16 MiB lines": (faults.huge, 2),
    "a line without end": (faults.endless, 1),
    "invalid UTF-8": (faults.no_text, 4),
    "no answers": (faults.no_answer_at_all, 4),
    "foreign ids": (faults.foreign, 8),
    "late answers": (faults.late, 4),
    "silence": (faults.silent, 3),
}


def impatient(patch: pytest.MonkeyPatch) -> None:
    """Wait for an answer no longer than a late one takes."""
    patch.setattr("console.mux.cmux_rpc.ANSWER_TIMEOUT", 0.15)
    patch.setattr("console.mux.cmux_app_rpc.ANSWER_TIMEOUT", 0.15)
    patch.setattr("console.mux.cmux_app_rpc.STALL_LIMIT", 0.5)


@pytest.mark.parametrize("back", SOME, indirect=True)
async def test_a_spoilt_connection_is_survived(back: BackEnd) -> None:
    one, two = await back.add(b"the first\r\n"), await back.add(b"the second\r\n")
    assert isinstance(back, (DaemonBackEnd, AppBackEnd))
    async with (
        meddling(back.folder / "m.sock", back.socket) as between,
        console(through(back, between.path), one, two) as on,
    ):
        for fault, (spoil, count) in FAULTS.items():
            on.told.clear()
            with pytest.MonkeyPatch.context() as patch:
                if spoil in (faults.late, faults.silent):
                    impatient(patch)
                between.meddle(spoil, count)
                on.engine.reread()
                await eventually(lambda: between.left == 0, 25, what=lambda: (fault, between.left, on.now.mux))  # noqa: B023
                await on.well(one, two)
            for number, agent in enumerate((one, two)):
                agent.say(f"\r\nafter {fault}: {number}".encode())
                await on.shows(agent, f"after {fault}: {number}")
            for snapshot in on.told:
                shown = {s.info.ref: "\n".join(s.screen.lines) for s in snapshot.surfaces if s.screen}
                assert "POISON" not in str(shown) and shown.keys() >= {one.ref, two.ref}, fault
                assert ": 1" not in shown[one.ref] and ": 0" not in shown[two.ref], fault
                assert bool(snapshot.mux.error) == (snapshot.mux.down_since is not None), fault


@pytest.mark.parametrize("back", SOCKETS, indirect=True)
async def test_a_socket_replaced_by_something_else_is_told_and_left_alone(back: BackEnd) -> None:
    agent = await back.add()
    assert isinstance(back, (DaemonBackEnd, AppBackEnd))
    between = Meddler(back.folder / "m.sock", back.socket)
    await between.start()
    try:
        async with console(through(back, between.path), agent) as on:
            await between.stop()
            between.path.write_text("not a socket")
            await on.down()
            await eventually(lambda: "not a Unix socket" in on.now.mux.error, what=lambda: on.now.mux)
            since = on.now.mux.down_since
            between.path.unlink()
            if os.getuid() == 0:  # else nobody can make another user's socket
                with socket.socket(socket.AF_UNIX) as theirs:
                    theirs.bind(str(between.path))
                    os.chown(between.path, 12345, 12345)
                    theirs.listen()
                    theirs.setblocking(False)
                    on.engine.reread()
                    await eventually(lambda: "not owned by the current user" in on.now.mux.error, 20, on.now.mux)
                    with pytest.raises(BlockingIOError):
                        theirs.accept()
                between.path.unlink()
            assert on.now.mux.down_since == since
            await between.start()
            await on.well(agent)
    finally:
        await between.stop()


@pytest.mark.parametrize("back", [p for p in SOCKETS if p.values[0] in ("daemon", "app 0.64.22")], indirect=True)
async def test_a_thousand_reconnections_leave_nothing(back: BackEnd, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("console.mux.cmux_tui.RETRY", (0.0,))
    monkeypatch.setattr("console.mux.cmux_socket.backoff", lambda _: 0.0)
    monkeypatch.setattr("console.mux.cmux_app_events.backoff", lambda _: 0.0)
    agent = await back.add()
    assert isinstance(back, (DaemonBackEnd, AppBackEnd))
    async with (
        meddling(back.folder / "m.sock", back.socket) as between,
        console(through(back, between.path), agent) as on,
    ):
        await on.well(agent)
        before = left()
        already = between.accepted
        while between.accepted < already + 1000:
            between.cut()
            on.engine.reread()  # the adapter of the app looks at its connections when something is due
            await between.goes_on(between.accepted % 8)
        await on.well(agent)
        agent.say(b"\r\nstill here")
        await on.shows(agent, "still here")
        await eventually(lambda: left() <= before and left()[1:] <= before[1:], 20, lambda: (before, left()))
