"""The engine over a multiplexer that only posts readings."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from console import engine as module
from console.config import CollectorConfig, Config, LogConfig, ServiceConfig, SurfaceConfig
from console.engine import Engine
from console.model.agent import AgentState, Detection
from console.model.dispatch import Dispatch, DispatchStatus
from console.model.reading import (
    CollectorRead,
    LogFailed,
    LogRead,
    MuxDown,
    Reading,
    ScreenFailed,
    ScreenRead,
    ServicesRead,
    TreeRead,
)
from console.model.service import Judgement, Service
from console.model.snapshot import Snapshot, reduce
from console.model.surface import SurfaceInfo
from console.model.telemetry import Collector, CollectorState
from console.mux.base import Interest
from tests.agents.samples import APPROVAL, claude
from tests.agents.samples import screen as drawn
from tests.eventually import eventually
from tests.fakes.mux import SOURCE, FakeMux, info, screen, tree

WORKING = claude("❯ do it\n\n✻ Pondering… (12s · esc to interrupt)")
IDLE = claude("❯ do it\n\n● Done.")
ASKING = drawn(APPROVAL)


@asynccontextmanager
async def running(
    mux: FakeMux, config: Config | None = None, on_change: Callable[[Snapshot], None] | None = None
) -> AsyncIterator[Engine]:
    """An engine at work; what it raises fails the test."""
    engine = Engine(config or Config(), mux, on_change=on_change)
    task = asyncio.create_task(engine.run())
    try:
        yield engine
        assert not task.done(), f"the engine has ended: {task}"
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert mux.watching == 0


def folded(*readings: Reading, before: Snapshot | None = None) -> Snapshot:
    snapshot = before or Snapshot()
    for reading in readings:
        snapshot = reduce(snapshot, reading)
    return snapshot


def seen(at: float, state: AgentState, key: str = "%1", agent: str = "claude") -> ScreenRead:
    return ScreenRead(at, key, screen(f"it is {state}"), Detection(agent, state))


def states(snapshot: Snapshot) -> list[tuple[str, float]]:
    return [(s.status.state, s.status.since) for s in snapshot.surfaces if s.status]


# -- the fold ------------------------------------------------------------------------------------------------------


def test_since_moves_only_when_the_state_does() -> None:
    at = folded(tree(0, "%1"), seen(10, AgentState.WORKING), seen(20, AgentState.WORKING))
    assert states(at) == [("working", 10)]
    at = folded(seen(30, AgentState.APPROVAL), seen(31, AgentState.APPROVAL), before=at)
    assert states(at) == [("approval", 30)]
    assert at.surfaces[0].read_at == 31


def test_working_is_held_until_idle_has_settled() -> None:
    at = folded(tree(0, "%1"), seen(10, AgentState.WORKING), seen(20, AgentState.IDLE), seen(21.4, AgentState.IDLE))
    assert states(at) == [("working", 10)]
    assert states(folded(seen(21.6, AgentState.IDLE), before=at)) == [("idle", 21.6)]
    again = folded(seen(21.45, AgentState.WORKING), seen(21.6, AgentState.IDLE), before=at)
    assert states(again) == [("working", 10)], "the spinner came back: it starts anew"
    assert states(folded(seen(21.41, AgentState.APPROVAL), before=at)) == [("approval", 21.41)]


def test_slices_that_did_not_change_are_the_same_objects() -> None:
    dispatch = Dispatch(1, "%1", "task", DispatchStatus.SENT)
    before = folded(tree(0, "%1", "%2"), seen(1, AgentState.IDLE), LogRead(1, "log", (dispatch,)))
    after = folded(seen(2, AgentState.IDLE), before=before)
    assert after.log is before.log and after.mux is before.mux and after.services is before.services
    assert after.surfaces[1] is before.surfaces[1]
    assert after.surfaces[0].screen is before.surfaces[0].screen, "an equal screen keeps its object"
    listed = folded(tree(3, "%1", "%2"), before=before)
    assert listed.surfaces is before.surfaces and listed.mux.read_at == 3
    assert folded(ScreenRead(4, "%9", screen()), before=before) is before
    assert folded(ScreenFailed(4, "%9", "gone"), before=before) is before


def test_one_surface_that_cannot_be_read_keeps_its_last_screen() -> None:
    at = folded(tree(0, "%1", "%2"), seen(1, AgentState.IDLE), ScreenFailed(2, "%1", "can't find pane"))
    one, two = at.surfaces
    assert (one.error, one.read_at, two.error) == ("can't find pane", 1, "") and one.screen is not None
    assert folded(ScreenFailed(3, "%1", "can't find pane"), before=at) is at
    assert folded(seen(4, AgentState.IDLE), before=at).surfaces[0].error == ""


def test_a_terminal_server_that_goes_and_comes_back() -> None:
    at = folded(tree(0, "%1"), seen(1, AgentState.IDLE), MuxDown(5, SOURCE, "gone"), MuxDown(7, SOURCE, "still gone"))
    assert (at.mux.error, at.mux.down_since, at.mux.read_at) == ("still gone", 5, 0)
    assert len(at.surfaces) == 1 and "still gone" in at.troubles()
    back = folded(tree(9, "%1"), before=at)
    assert (back.mux.error, back.mux.down_since, back.mux.read_at) == ("", None, 9)
    assert back.surfaces == at.surfaces and back.troubles() == ()


def test_the_log_that_cannot_be_read_leaves_the_last_good_state() -> None:
    dispatch = Dispatch(1, "%1", "task", DispatchStatus.SENT)
    at = folded(LogRead(1, "log", (dispatch,)), LogFailed(2, "log", "half a file"), LogFailed(3, "log", "half a file"))
    assert (at.log.dispatches, at.log.error, at.log.stale_since, at.log.read_at) == ((dispatch,), "half a file", 2, 1)
    assert folded(LogRead(4, "log", ()), before=at).log.stale_since is None


def test_the_longest_wait_comes_first() -> None:
    at = folded(
        tree(0, "%1", "%2", "%3", "%4"),
        seen(30, AgentState.QUESTION, "%1"),
        seen(10, AgentState.LIMIT, "%2"),
        seen(5, AgentState.WORKING, "%3"),
        seen(20, AgentState.APPROVAL, "%4"),
    )
    assert [s.key for s in at.waiting()] == ["%2", "%4", "%1"]


def test_a_dispatch_belongs_to_the_surface_it_names() -> None:
    codex = info("%1", label="CODEX 1")
    log = (
        Dispatch(1, "codex 1", "old", DispatchStatus.SENT, dispatched_at=10),
        Dispatch(2, "s:1.0", "new", DispatchStatus.WORKING, dispatched_at=20),
        Dispatch(3, "%1", "done", DispatchStatus.DONE, dispatched_at=30),
        Dispatch(4, "%2", "theirs", DispatchStatus.SENT),
        Dispatch(5, "", "nobody's", DispatchStatus.SENT, dispatched_at=99),
    )
    at = folded(tree(0, codex, "%2", "%3"), LogRead(1, "log", log))
    assert [d.number if (d := at.dispatch_of(s)) else None for s in at.surfaces] == [2, 4, None]


def test_the_fleet_has_its_order() -> None:
    config = Config(surfaces=(SurfaceConfig("%3", "third", "builder", "codex"), SurfaceConfig("CODEX 1")))
    before = Engine(config, FakeMux()).snapshot
    at = folded(
        tree(0, "%1", "%2", "%3", info("%4", label="codex 1"), info("%5", own=True)),
        seen(1, AgentState.IDLE, "%2"),
        before=before,
    )
    assert [s.key for s in at.fleet()] == ["%3", "%4", "%2", "%1"], "its own surface is not in the fleet"
    third = at.fleet()[0]
    assert (third.name, third.role, third.agent) == ("third", "builder", "codex")


def test_troubles_are_told_most_urgent_first() -> None:
    services = (
        Service("web", "running", "absent", Judgement.ALARM, "none"),
        Service("db", "running", "running", Judgement.OK, "pid 1"),
    )
    at = folded(
        tree(0, "%1"),
        seen(1, AgentState.APPROVAL),
        MuxDown(2, SOURCE, "server gone"),
        LogFailed(2, "log", "no log"),
        ServicesRead(2, "processes", services),
        CollectorRead(2, ":1", Collector(CollectorState.DOWN, "refused")),
    )
    expected = ("s:1.0: approval", "server gone", "no log", "web: absent, expected running", "collector down: refused")
    assert at.troubles() == expected
    assert Snapshot().troubles() == ()


# -- the engine ----------------------------------------------------------------------------------------------------


async def test_screens_are_judged_with_what_is_known_of_the_surface() -> None:
    mux = FakeMux()
    mux.post(tree(1, "%1", "%2", info("%3", dead=True), info("%4", command="vim")))
    for key, shown in (("%1", WORKING), ("%2", ASKING), ("%3", IDLE), ("%4", IDLE)):
        mux.show(2, key, shown)
    async with running(mux) as engine:
        await eventually(lambda: all(s.status for s in engine.snapshot.surfaces) and engine.snapshot.surfaces)
        found = {s.key: s.status.state for s in engine.snapshot.surfaces if s.status}
        assert found == {"%1": "working", "%2": "approval", "%3": "dead", "%4": "unknown"}
        assert engine.snapshot.surface("%1").agent == "claude"  # type: ignore[union-attr]


async def test_the_agent_that_is_expected_is_a_hint() -> None:
    mux = FakeMux()
    mux.post(tree(1, "%1"))
    mux.show(2, "%1", screen("nothing that tells"))
    async with running(mux, Config(surfaces=(SurfaceConfig("%1", agent="codex"),))) as engine:
        await eventually(lambda: engine.snapshot.surfaces and engine.snapshot.surfaces[0].status)
        status = engine.snapshot.surfaces[0].status
        assert status is not None and status.detection.agent == "codex"


async def test_many_readings_at_once_are_told_once() -> None:
    mux, told = FakeMux(), list[Snapshot]()
    mux.post(tree(1, "%1"))
    async with running(mux, on_change=told.append) as engine:
        await eventually(lambda: told)
        told.clear()
        for at in range(50):
            mux.show(float(at), "%1", screen(f"row {at}"))
        await eventually(lambda: engine.snapshot.surfaces[0].read_at == 49.0)
        await eventually(lambda: told and told[-1] is engine.snapshot)
        assert len(told) < 5
        told.clear()
        engine.take(ScreenFailed(60, "%9", "of no surface"))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert told == [], "nothing changed, nothing is told"


async def test_one_snapshot_is_there_when_everything_was_read(tmp_path: Path) -> None:
    log = tmp_path / "log.json"
    log.write_text(json.dumps([{"id": 7, "surface": "%1", "task": "t", "status": "sent"}]))
    mux = FakeMux()
    mux.post(tree(1, "%1", "%2"), ScreenFailed(2, "%2", "no"))
    mux.show(2, "%1", IDLE)
    config = Config(log=LogConfig(str(log)), services=(ServiceConfig("none", "no such process at all"),))
    snapshot = await Engine(config, mux).once(timeout=60)
    assert [d.number for d in snapshot.log.dispatches] == [7]
    assert [(s.name, s.observed) for s in snapshot.services.services] == [("none", "absent")]
    assert snapshot.surfaces[0].read_at == 2 and snapshot.surfaces[1].error == "no"
    assert mux.watching == 0 and mux.closed == 1


async def test_one_snapshot_of_a_multiplexer_that_never_answers_comes_all_the_same() -> None:
    mux = FakeMux()
    snapshot = await Engine(Config(), mux).once(timeout=0.1)
    assert snapshot.surfaces == () and snapshot.mux.read_at is None
    assert mux.watching == 0 and mux.closed == 1
    assert (await Engine(Config(), mux).peek(timeout=0.1)).surfaces == ()
    assert mux.watching == 0 and mux.closed == 1


async def test_a_cancelled_peek_leaves_no_watch() -> None:
    mux, before = FakeMux(), asyncio.all_tasks()
    peek = asyncio.create_task(Engine(Config(), mux).peek(timeout=60))
    await eventually(lambda: mux.watching == 1)
    peek.cancel()
    await asyncio.gather(peek, return_exceptions=True)
    assert mux.watching == 0 and asyncio.all_tasks() == before


@pytest.mark.parametrize("breaks", [RuntimeError("[/] a bug\x1b[31m"), asyncio.CancelledError(), KeyError("x")])
async def test_a_multiplexer_that_breaks_is_told_and_watched_again(
    breaks: BaseException, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RESTART", 0.01)
    mux, told = FakeMux(), list[str]()
    mux.post(tree(1, "%1"), breaks)
    async with running(mux, on_change=lambda snapshot: told.append(snapshot.mux.error)) as engine:
        await eventually(lambda: mux.watches == 2)
        error = engine.snapshot.mux.error
        assert type(breaks).__name__ in error and "started again" in error and "\x1b" not in error
        assert "mux.py:" in error, "where it broke"
        assert len(engine.snapshot.surfaces) == 1, "what was seen stays"
        mux.post(tree(2, "%1", "%2"))
        await eventually(lambda: len(engine.snapshot.surfaces) == 2)
        assert engine.snapshot.mux.error == "" and told[-1] == ""


async def test_watches_that_break_do_not_stop_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RESTART", 0.01)
    started: list[str] = []

    async def broken(*arguments: object) -> AsyncIterator[Reading]:
        first = arguments[0]
        started.append(first.url if isinstance(first, CollectorConfig) else str(first))
        for reading in list[Reading]():
            yield reading
        raise OSError("the adapter's bug")

    def at_once(*arguments: object, **named: object) -> AsyncIterator[Reading]:
        started.append("services")
        raise ValueError("not even a watch")

    monkeypatch.setattr("console.tracker.json_log.watch_log", broken)
    monkeypatch.setattr("console.telemetry.collector.watch_collector", broken)
    monkeypatch.setattr("console.services.watch.watch_services", at_once)
    config = Config(log=LogConfig("/log"), collector=CollectorConfig("http://c"), services=(ServiceConfig("a", "b"),))
    mux = FakeMux()
    mux.post(tree(1))
    async with running(mux, config) as engine:
        await eventually(lambda: min(started.count(name) for name in ("/log", "http://c", "services")) >= 2)
        at = engine.snapshot
        assert "OSError: the adapter's bug" in at.log.error
        collector = at.collector.collector
        assert collector is not None and collector.state == "unknown" and "OSError" in collector.evidence
        (service,) = at.services.services
        assert (service.name, service.judgement) == ("a", "unknown") and "not even a watch" in service.evidence
        mux.post(tree(2, "%1"))
        await eventually(lambda: engine.snapshot.surfaces)


async def test_a_watch_that_ends_is_not_started_again() -> None:
    mux = FakeMux()
    mux.post(tree(1, "%1"))
    mux.show(2, "%1", IDLE)
    mux.post(None)
    engine = Engine(Config(), mux)
    async with asyncio.timeout(10):
        await engine.run()
    assert mux.watches == 1 and len(engine.snapshot.surfaces) == 1


async def test_what_the_operator_does_reaches_the_multiplexer() -> None:
    mux = FakeMux()
    engine = Engine(Config(), mux)
    engine.look_at(Interest(frozenset({"%1"}), "%1"))
    engine.reread()
    engine.pause()
    engine.resume()
    await engine.close()
    assert mux.interest == Interest(frozenset({"%1"}), "%1")
    assert mux.calls == ["reread", "pause", "resume"] and mux.closed == 1


# -- addressing ----------------------------------------------------------------------------------------------------


async def test_a_surface_with_a_uuid_is_addressed_by_it_and_called_by_its_ref() -> None:
    mux = FakeMux()
    place = SurfaceInfo("surface:5", "63CA828D", "openclaw", "openclaw:0", label="CLAUDE 1")
    async with running(mux) as engine:
        mux.post(TreeRead(1.0, SOURCE, (place,)))
        mux.show(2.0, "63CA828D", IDLE)
        await eventually(lambda: bool(engine.snapshot.surfaces and engine.snapshot.surfaces[0].status))
        sent = await engine.send("63CA828D", "hello")
        assert mux.typed and {ref for ref, _ in mux.typed} == {"63CA828D"}
        assert "surface:5" in sent.evidence and "63CA828D" not in sent.evidence
        assert await engine.focus("63CA828D") == "" and "focus 63CA828D" in mux.calls
        mux.screens.clear()
        assert await engine.focus("63CA828D") == "surface:5: there is no such surface"
        mux.show(3.0, "63CA828D", ASKING)
        await eventually(lambda: engine.snapshot.surfaces[0].status.state is AgentState.APPROVAL)  # type: ignore[union-attr]
        mux.screens.clear()
        said = await engine.answer("63CA828D", "y")
        assert said.evidence.startswith("surface:5: ") and "63CA828D" not in said.evidence
