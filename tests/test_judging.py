"""What several witnesses say together, in the engine, with real files and processes."""

from __future__ import annotations

import asyncio
import json
import os
import time
from functools import partial
from pathlib import Path

import pytest

from console.config import Config
from console.engine import Engine
from console.model.agent import AgentState
from console.model.reading import ScreenRead, SignalsRead, TreeRead
from console.model.signal import Signal
from console.model.surface import SurfaceInfo
from tests.eventually import eventually
from tests.fakes.mux import FakeMux, screen

IDLE = screen(
    "● Done.", "", "✻ Baked for 20s", "", "─" * 80, "❯ ", "─" * 80, "  ? for shortcuts", cursor=(2, 5)
)  # fmt: skip
ME = SurfaceInfo("%1", None, "s", "s:0.0", command="claude", pid=os.getpid())


async def looking(engine: Engine) -> asyncio.Task[None]:
    task = asyncio.create_task(engine.run())
    await eventually(lambda: engine.snapshot.surfaces and engine.snapshot.surfaces[0].status is not None)
    return task


async def ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def written(folder: Path) -> str:
    path = folder / "states.jsonl"
    return path.read_text() if path.exists() else ""


def state(engine: Engine) -> AgentState | None:
    status = engine.snapshot.surfaces[0].status
    return status.state if status is not None else None


def idle_again(mux: FakeMux, engine: Engine) -> bool:
    """Whether it is idle; until then its screen is read again and again, as a multiplexer does."""
    mux.post(ScreenRead(time.time(), "%1", IDLE))
    return state(engine) is AgentState.IDLE


async def test_a_status_file_of_the_running_agent_is_heard_and_its_age_is_kept() -> None:
    mux = FakeMux()
    mux.post(TreeRead(time.time(), "tmux", (ME,)), ScreenRead(time.time(), "%1", IDLE))
    engine = Engine(Config(), mux, witness=True)
    task = await looking(engine)
    try:
        assert state(engine) is AgentState.IDLE
        folder = Path(os.environ["HOME"]) / ".claude" / "sessions"
        folder.mkdir(parents=True)
        at = time.time()
        told = {"pid": os.getpid(), "status": "busy", "statusUpdatedAt": int(at * 1000), "sessionId": "s"}
        (folder / f"{os.getpid()}.json").write_text(json.dumps(told))
        await eventually(lambda: state(engine) is AgentState.WORKING)
        status = engine.snapshot.surfaces[0].status
        assert status is not None and status.detection.source == "status file"
        assert status.detection.at == pytest.approx(at, abs=1.0)
        (folder / f"{os.getpid()}.json").unlink()
        await eventually(lambda: idle_again(mux, engine))
    finally:
        await ended(task)


async def test_a_source_that_falls_silent_is_not_believed_any_more() -> None:
    mux = FakeMux()
    mux.post(TreeRead(time.time(), "tmux", (ME,)), ScreenRead(time.time(), "%1", IDLE))
    engine = Engine(Config(), mux, witness=True)
    task = await looking(engine)
    try:
        waits = Signal("status file", "claude", AgentState.APPROVAL, time.time(), "permission prompt", surface="%1")
        engine.take(SignalsRead(time.time(), "test", (waits,)))
        await eventually(lambda: state(engine) is AgentState.APPROVAL)
        engine.take(SignalsRead(time.time(), "test", (), "cannot be read"))
        await eventually(lambda: idle_again(mux, engine))
    finally:
        await ended(task)


async def test_since_and_the_timeline_outlive_the_console(tmp_path: Path) -> None:
    async def once(at: float, starts: int) -> Engine:
        mux = FakeMux()
        mux.post(TreeRead(at, "tmux", (ME,)), ScreenRead(at, "%1", IDLE))
        engine = Engine(Config(), mux, state=tmp_path)
        task = await looking(engine)
        await eventually(lambda: written(tmp_path).count('"start"') == starts and '"idle"' in written(tmp_path))
        await ended(task)
        return engine

    began = time.time() - 60
    first = (await once(began, 1)).snapshot.surfaces[0]
    second = (await once(time.time(), 2)).snapshot.surfaces[0]
    assert first.status is not None and second.status is not None
    assert second.status.since == pytest.approx(began, abs=0.01)
    assert second.history and second.history[0][1] is AgentState.IDLE
    assert second.history[0][0] == pytest.approx(began, abs=0.01)


async def test_another_process_behind_the_same_ref_has_no_past(tmp_path: Path) -> None:
    for pid in (os.getpid(), os.getppid()):
        mux, now = FakeMux(), time.time()
        info = SurfaceInfo("%1", None, "s", "s:0.0", command="claude", pid=pid)
        mux.post(TreeRead(now, "tmux", (info,)), ScreenRead(now, "%1", IDLE))
        engine = Engine(Config(), mux, state=tmp_path)
        task = await looking(engine)
        await eventually(partial(lambda pid: f"|{pid}" in written(tmp_path), pid))
        await ended(task)
        status = engine.snapshot.surfaces[0].status
        assert status is not None and status.since == pytest.approx(now, abs=0.01)


WORKS = screen(
    "✻ Pondering… (12s · esc to interrupt)", "", "─" * 80, "❯ ", "─" * 80, "  esc to interrupt", cursor=(2, 3)
)  # fmt: skip


async def test_what_a_screen_showed_at_the_first_look_did_not_begin_then() -> None:
    """A spinner quoted in the last answer is older than the console: the agent's own older word stands."""
    engine = Engine(Config(), FakeMux())
    now = time.time()
    engine.take(TreeRead(now, "tmux", (ME,)))
    judging = engine._judging
    judging.hear(SignalsRead(now, "test", (Signal("status file", "claude", AgentState.IDLE, now - 900, surface="%1"),)))
    await judging.join(engine.snapshot.surfaces)
    engine.take(ScreenRead(now, "%1", WORKS))
    assert state(engine) is AgentState.IDLE
    engine.take(ScreenRead(now + 1, "%1", IDLE))
    engine.take(ScreenRead(now + 2, "%1", WORKS))  # it was seen to begin, later than that word
    assert state(engine) is AgentState.WORKING


async def test_a_wait_that_the_agent_tells_of_is_as_old_as_its_word_says() -> None:
    engine = Engine(Config(), FakeMux())
    now = time.time()
    engine.take(TreeRead(now, "tmux", (ME,)))
    waits = Signal("status file", "claude", AgentState.APPROVAL, now - 900, "permission prompt", surface="%1")
    engine._judging.hear(SignalsRead(now, "test", (waits,)))
    await engine._judging.join(engine.snapshot.surfaces)
    engine.take(ScreenRead(now, "%1", IDLE))
    status = engine.snapshot.surfaces[0].status
    assert status is not None and (status.state, status.since) == (AgentState.APPROVAL, now - 900)
