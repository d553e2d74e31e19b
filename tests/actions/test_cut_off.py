"""A send that a crash has cut off: found at the next start, shown with what the screen tells, settled by a person."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from console.actions.dispatch import Dispatcher, Request
from console.actions.sends import SendJournal
from console.cli import main
from console.config import Config, LogConfig
from console.cut_off import CutOffs
from console.engine import Engine
from console.model.composed import Composed
from console.model.guard import Level
from console.model.reading import LogRead
from console.model.snapshot import Snapshot, reduce
from console.model.surface import Surface, SurfaceInfo
from console.mux.tmux import Tmux
from console.tracker.dispatch_log import DispatchLog
from tests.actions.crasher import TEXT
from tests.actions.sending import Target, judge_of, rig
from tests.eventually import eventually
from tests.fakes.mux import FakeMux
from tests.tmux_server import PROGRAM, ROOT

needs_tmux = pytest.mark.skipif(not PROGRAM, reason="there is no tmux program")


async def crash(target: Target, state: Path, log: Path, at: str) -> str:
    """Let a console die at *at*; return the server's socket."""
    socket = str(getattr(target.mux, "path"))  # noqa: B009 - of the tmux back end only
    argv = [sys.executable, "-m", "tests.actions.crasher", socket, target.ref, str(state), str(log), at]
    process = await asyncio.create_subprocess_exec(*argv, cwd=ROOT)
    async with asyncio.timeout(30):
        assert await process.wait() == -9
    return socket


@asynccontextmanager
async def started(config: Config, socket: str, state: Path) -> AsyncIterator[Engine]:
    """The next start."""
    engine = Engine(config, Tmux(socket), state=state)
    task = asyncio.create_task(engine.run())
    try:
        await eventually(lambda: engine.snapshot.sends.read_at is not None and engine.snapshot.log.read_at is not None)
        await eventually(lambda: any(s.status and s.status.state != "unknown" for s in engine.snapshot.surfaces))
        yield engine
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await engine.close()


def last(log: Path) -> dict[str, Any]:
    return dict(json.loads(log.read_text(encoding="utf-8"))[-1])


def stands(engine: Engine, key: str, rule: str) -> bool:
    assert engine.sending is not None
    found = engine.sending.judge(engine.snapshot, key, Composed("quite another piece of work"))
    return rule in [each.rule for each in found if each.level is Level.REFUSE]


@needs_tmux
@pytest.mark.parametrize("taken", [True, False])
@pytest.mark.parametrize(
    ("at", "evidence"),
    [
        ("recorded", "nothing was typed"),
        ("wait", "holds the text, not submitted"),
        ("verify", "shows the text above"),
    ],
)
async def test_the_next_start_tells_it_and_the_operator_settles_it(
    at: str, evidence: str, taken: bool, tmp_path: Path, short_folder: Path
) -> None:
    log, state = tmp_path / "log.json", tmp_path / "state"
    log.write_text("[]")
    async with rig("tmux", short_folder) as terminals:
        target = await terminals.start("claude", "--script", "say,say,say", "--speed", "0.5")
        socket = await crash(target, state, log, at)
        received = len(target.received("paste", "submit"))
        async with started(Config(log=LogConfig(str(log))), socket, state) as engine:
            cut_off = engine.cut_off
            assert cut_off is not None

            def told() -> str:
                (checked,) = cut_off.checked(engine.snapshot)
                assert checked.cut_off.number == 1, "also where the crash came before it was noted"
                return checked.evidence if checked.key == target.ref else ""

            await eventually(lambda: evidence in told(), what=told)
            assert stands(engine, target.ref, "unsettled") is (at != "recorded")
            assert any("settle it" in each for each in engine.snapshot.troubles())
            (found,) = engine.snapshot.sends.cut_off
            written = await engine.settle(found.key, taken)
            if at == "recorded" and taken:
                assert not written.done and "cannot have been taken" in written.text
                written = await engine.settle(found.key, False)
            assert written.done, written
            await eventually(lambda: not engine.snapshot.sends.cut_off)
            assert not stands(engine, target.ref, "unsettled")
            assert not (await engine.settle(found.key, taken)).done
        assert last(log)["status"] == ("sent" if taken and at != "recorded" else "cancelled")
        assert last(log)["send_outcome"] == "settled" and "operator" in last(log)["send_evidence"]
        assert len(target.received("paste", "submit")) == received, "nothing is sent by itself"


@needs_tmux
async def test_status_doctor_and_send_know_it(
    tmp_path: Path, short_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "home"))
    log = tmp_path / "log.json"
    log.write_text("[]")
    path = tmp_path / "oc.yaml"
    path.write_text("log: {path: log.json}\n")
    async with rig("tmux", short_folder) as terminals:
        target = await terminals.start("claude", "--script", "say,say,say")
        socket = await crash(target, tmp_path / "home" / "oc-console", log, "wait")
        named = ("--tmux-socket", socket, "--config", str(path))

        def run(*arguments: str) -> tuple[int, str]:
            code = main([*arguments, *named])
            said = capsys.readouterr()
            return code, said.out + said.err

        code, said = await asyncio.to_thread(run, "status", "--json")
        (found,) = json.loads(said)["cut_off"]
        assert code == 1 and (found["number"], found["surface"], found["typed"]) == (1, target.ref, True)
        assert "holds the text" in found["evidence"] and TEXT not in json.dumps(found, ensure_ascii=False)
        assert json.loads(said)["needs_person"][-1].startswith(f"#1 was sending: check {target.ref}")
        code, said = await asyncio.to_thread(run, "status")
        assert f"▲ #1 was sending: check {target.ref}: its input box holds the text" in said
        code, said = await asyncio.to_thread(run, "doctor")
        assert "--  cut off" in said and "#1 was sending" in said
        code, said = await asyncio.to_thread(run, "send", target.ref, "quite another piece of work", "--dry-run")
        assert code == 3 and "✗ unsettled: #1 was being sent here when a console died" in said


# -- without a terminal -----------------------------------------------------------------------------------------------

SURFACE = Surface(SurfaceInfo("%1", None, "w", "w:0.0", pid=7), "CLAUDE 2", expected_agent="claude")


async def test_what_is_being_sent_just_now_is_not_cut_off(tmp_path: Path) -> None:
    dispatcher = Dispatcher(tmp_path, None)
    mux = FakeMux()
    seen: list[tuple[int, int]] = []

    async def look(ref: str) -> Any:
        seen.append((len(dispatcher.in_flight()), len(SendJournal(tmp_path).in_flight(9e9))))
        raise asyncio.CancelledError

    mux.read = look  # type: ignore[method-assign]
    with pytest.raises(asyncio.CancelledError):
        await dispatcher.dispatch(mux, Request(SURFACE, "a task"), judge_of("claude"))
    assert seen == [(0, 1)], "another console sees it as long as nobody has its number"
    assert SendJournal(tmp_path).in_flight(9e9) == ()


def begun(folder: Path, key: str = "k", *, number: int | None = None, typing: bool = True) -> None:
    journal = SendJournal(folder)
    journal.begin(key, 1000.0, SURFACE, "a task", "00-1-1-01")
    if typing:
        journal.recorded(key, number)


def test_another_program_behind_the_same_ref_has_not_seen_the_text(tmp_path: Path) -> None:
    begun(tmp_path)
    (found,) = SendJournal(tmp_path).in_flight(2000.0)
    assert found.fact.went_to(SURFACE)
    other = Surface(SurfaceInfo("%1", None, "w", "w:0.0", pid=8), "x")
    assert not found.fact.went_to(other)
    assert found.fact.went_to(Surface(SurfaceInfo("%1", None, "w", "w:0.0"), "x")), "where no process is known"


async def test_a_record_that_somebody_has_changed_stays(tmp_path: Path) -> None:
    log = tmp_path / "log.json"
    log.write_text('[{"number": 56, "surface": "%1", "task": "a task", "status": "done"}]')
    begun(tmp_path, number=56)
    dispatches = DispatchLog(LogConfig(), log)
    cut_off = CutOffs(Dispatcher(tmp_path, dispatches))
    watch = cut_off.watched().start()
    snapshot = reduce(Snapshot(), await anext(watch))
    assert [each.evidence for each in cut_off.checked(snapshot)] == ["the surfaces are not read yet"]
    from console.tracker.schema import read_records

    snapshot = reduce(snapshot, LogRead(1.0, str(log), tuple(read_records(json.loads(log.read_text()))[0])))
    done = await cut_off.settle("k", False, snapshot)
    assert done.done and "says done already" in done.text and last(log)["status"] == "done"
    snapshot = reduce(snapshot, await anext(watch))
    assert snapshot.sends.cut_off == ()
    await watch.aclose()  # type: ignore[attr-defined]


async def test_what_cannot_be_recorded_stays_open(tmp_path: Path) -> None:
    log = tmp_path / "log.json"
    log.write_text("{ torn")
    begun(tmp_path, number=56)
    cut_off = CutOffs(Dispatcher(tmp_path, DispatchLog(LogConfig(), log)))
    watch = cut_off.watched().start()
    snapshot = reduce(Snapshot(), await anext(watch))
    done = await cut_off.settle("k", True, snapshot)
    assert not done.done and "could not be recorded" in done.text
    assert len(SendJournal(tmp_path).in_flight(9e9)) == 1
    await watch.aclose()  # type: ignore[attr-defined]


async def test_a_console_that_only_looks_settles_nothing(tmp_path: Path) -> None:
    begun(tmp_path)
    engine = Engine(Config(read_only=True), FakeMux(), state=tmp_path)
    assert not (await engine.settle("k", True)).done
    assert len(SendJournal(tmp_path).in_flight(9e9)) == 1
    await engine.close()
