"""Telling, approving and noting beside the watching; with real programs where one is run."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from console.attending import Attending, Ears, minutes, rules
from console.config import Config, LogConfig, SurfaceConfig
from console.config_sections import ApprovalRuleSection, ApprovalSection, NotifySection
from console.engine import Engine
from console.model.agent import AgentState
from console.model.reading import AutoRead, LogRead, ScreenRead, TreeRead
from console.model.surface import SurfaceInfo
from console.tracker.schema import read_records
from tests.eventually import eventually
from tests.fakes.mux import FakeMux, screen

BOX = ("─" * 80, "❯ ", "─" * 80, "  ? for shortcuts")
IDLE = screen("● Done.", "", "✻ Baked for 20s", "", *BOX, cursor=(2, 5))
USED = "  ? for shortcuts          92% context used"
LOW = screen("● Done.", "", "✻ Baked for 20s", "", *BOX[:3], USED, cursor=(2, 5))
ASKS = screen(
    "  Would you like to run the following command?", "", "  $ pytest -q", "", "› 1. Yes, proceed (y)",
    "  2. Yes, and don't ask again for commands that start with `pytest` (p)",
    "  3. No, and tell Codex what to do differently (esc)", "", "  Press enter to confirm or esc to cancel",
)  # fmt: skip
DONE = screen("• Ran pytest -q", "  └ 12 passed", "", "› ", "", "  gpt-5-codex default · ~/x", cursor=(2, 3))


class Heard:
    """What reached the operator."""

    def __init__(self) -> None:
        self.rung: list[str] = []
        self.said: list[str] = []

    @property
    def ears(self) -> Ears:
        return Ears(self.rung.append, self.said.append)


@asynccontextmanager
async def running(config: Config, mux: FakeMux, state: Path | None = None) -> AsyncIterator[tuple[Engine, Heard]]:
    engine, heard = Engine(config, mux, state=state), Heard()
    engine.ears = heard.ears
    task = asyncio.create_task(engine.run())
    try:
        await eventually(lambda: any(s.status for s in engine.snapshot.surfaces))
        yield engine, heard
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def fleet(mux: FakeMux, shown: object = IDLE) -> None:
    info = SurfaceInfo("%1", None, "s", "s:0.0", label="CODEX 1", command="codex")
    mux.post(TreeRead(time.time(), "fake", (info,)), ScreenRead(time.time(), "%1", shown))  # type: ignore[arg-type]


async def test_who_begins_to_wait_is_told_by_bell_and_by_command(tmp_path: Path) -> None:
    out = tmp_path / "told"
    script = "import sys; open(sys.argv[1], 'a').write('|'.join(sys.argv[2:]) + chr(10))"
    argv = (sys.executable, "-c", script, str(out), "{surface}", "{state}")
    mux = FakeMux()
    fleet(mux)
    async with running(Config(notify=NotifySection(("bell", "command"), argv, after=0.0)), mux) as (_, heard):
        assert heard.rung == []
        mux.post(ScreenRead(time.time(), "%1", ASKS))
        await eventually(lambda: heard.rung == ["\a"])
        await eventually(lambda: out.exists() and out.read_text() == "CODEX 1|approval\n")
        mux.post(ScreenRead(time.time(), "%1", ASKS))
        await asyncio.sleep(0.3)  # nothing may come: there is no condition to wait for
        assert heard.rung == ["\a"]


async def test_a_program_that_fails_is_said_once() -> None:
    mux = FakeMux()
    fleet(mux)
    section = NotifySection(("command",), ("/nowhere/program",), after=0.0)
    async with running(Config(notify=section), mux) as (_, heard):
        mux.post(ScreenRead(time.time(), "%1", ASKS))
        await eventually(lambda: len(heard.said) == 1 and "/nowhere/program" in heard.said[0])


def approving(**more: object) -> Config:
    rule = ApprovalRuleSection("tests", ("CODEX *",), ("codex",), ("pytest( -q)?",))
    section = ApprovalSection(enabled=True, dry_run=False, rules=(rule,))
    return Config(approve=replace(section, **more))  # type: ignore[arg-type]


async def test_an_allowed_command_is_approved_once_and_written_down(tmp_path: Path) -> None:
    mux = FakeMux()
    mux.screens["%1"] = ASKS
    mux.on_type[("%1", "<y>")] = DONE
    fleet(mux, ASKS)
    async with running(approving(), mux, tmp_path) as (engine, heard):
        await eventually(lambda: heard.said)
        assert mux.typed == [("%1", "<y>")] and "tests: answered" in heard.said[0]
        await eventually(lambda: engine.snapshot.auto == {"%1"} and engine.snapshot.auto_note == "auto on 1")
        events = [json.loads(line) for line in (tmp_path / "approvals.jsonl").read_text().splitlines()]
        assert [event["event"] for event in events] == ["decision", "result"]


async def test_a_dry_run_presses_nothing(tmp_path: Path) -> None:
    mux = FakeMux()
    mux.screens["%1"] = ASKS
    fleet(mux, ASKS)
    async with running(approving(dry_run=True), mux, tmp_path) as (engine, heard):
        await eventually(lambda: heard.said)
        assert mux.typed == [] and "dry run" in heard.said[0]
        await eventually(lambda: engine.snapshot.auto_note == "auto dry run")


async def test_another_approver_keeps_it_off_and_stop_all_too(tmp_path: Path) -> None:
    sleeping = ("-c", "import time; time.sleep(1000)", "auto_approve.sh")
    other = await asyncio.create_subprocess_exec(sys.executable, *sleeping)
    mux = FakeMux()
    mux.screens["%1"] = ASKS
    fleet(mux)
    try:
        async with running(approving(script=r"auto_approve\.sh"), mux, tmp_path) as (engine, _):
            await eventually(lambda: "another approver runs" in engine.snapshot.auto_note)
            mux.post(ScreenRead(time.time(), "%1", ASKS))
            await eventually(lambda: len(engine.snapshot.waiting()) == 1)
            assert engine.attending.auto is not None
            engine.attending.auto.stop_all()
            await eventually(lambda: "stopped by the operator" in engine.snapshot.auto_note)
            assert mux.typed == []
    finally:
        other.kill()
        await other.wait()


async def test_nothing_is_approved_before_it_is_known_whether_another_approver_runs(tmp_path: Path) -> None:
    sleeping = ("-c", "import time; time.sleep(1000)", "auto_approve.sh")
    other = await asyncio.create_subprocess_exec(sys.executable, *sleeping)
    mux = FakeMux()
    mux.screens["%1"] = ASKS
    fleet(mux, ASKS)  # it asks from the first moment on
    try:
        async with running(approving(script=r"auto_approve\.sh"), mux, tmp_path) as (engine, _):
            await eventually(lambda: "another approver runs" in engine.snapshot.auto_note)
            assert mux.typed == [] and not (tmp_path / "approvals.jsonl").exists()
    finally:
        other.kill()
        await other.wait()


async def test_what_is_approved_without_a_person_is_told_at_once() -> None:
    told: list[str] = []
    mux = FakeMux()
    fleet(mux)
    engine = Engine(Config(), mux, on_change=lambda snapshot: told.append(snapshot.auto_note))
    engine.take(AutoRead(time.time(), frozenset(), "auto on 1"))
    await asyncio.sleep(0)
    assert told == ["auto on 1"]


async def test_an_agent_that_forgets_is_noted_in_its_dispatch_once(tmp_path: Path) -> None:
    path = tmp_path / "log.json"
    records = [{"id": 54, "surface": "CODEX 1", "task": "x", "status": "working"}]
    path.write_text(json.dumps(records))
    mux = FakeMux()
    fleet(mux)
    async with running(Config(log=LogConfig(str(path), note_context=True)), mux) as (engine, _):
        engine.take(LogRead(time.time(), str(path), tuple(read_records(records)[0])))
        mux.post(ScreenRead(time.time(), "%1", LOW))
        await eventually(lambda: "context" in json.loads(path.read_text())[0])
        assert json.loads(path.read_text())[0]["context"].startswith("8 % context left at ")


@pytest.mark.parametrize(
    ("text", "span"),
    [("22:00-07:00", (1320, 420)), (" 9:05 - 24:00 ", (545, 1440)), ("9-10", None), ("25:00-1:00", None)],
)
def test_a_span_of_the_day_is_read(text: str, span: tuple[int, int] | None) -> None:
    assert minutes(text) == span


def test_the_rules_of_attention_come_from_the_configuration() -> None:
    made = rules(NotifySection(after=3.0, states={AgentState.ERROR: -1, AgentState.IDLE: 60.0}))
    assert AgentState.ERROR not in made.delays
    assert made.delays[AgentState.APPROVAL] == 3.0 and made.delays[AgentState.IDLE] == 60.0


def test_nothing_is_attended_unless_it_is_configured() -> None:
    async def press(*_: object) -> None:
        raise AssertionError

    assert not Attending(Config(surfaces=(SurfaceConfig("%1", started="-a never"),)), press, None).needed  # type: ignore[arg-type]
