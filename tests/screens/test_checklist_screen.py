"""The restart checklist in the running console: its keys, its steps live, and when it opens by itself."""

from __future__ import annotations

import json
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, OptionList

from console import app_checklist, i18n
from console.checking import Checking
from console.config import Config, LogConfig, SurfaceConfig
from console.config_checklist import ChecklistSection
from console.config_sections import HandoffSection
from console.model.agent import AgentState
from console.model.reading import QueueRead, ScreenRead
from console.screens import checklist
from console.screens.checklist import ChecklistScreen
from console.screens.decisions import DecisionsScreen
from console.screens.queue import QueueScreen
from console.screens.verifier import VerifierScreen
from console.state_checklist import ChecklistFile
from tests.ui_helpers import Fleet, drawn, info, rows, screen, seen, until, whole

SIZES = ((80, 24), (120, 40), (200, 55))
HANDOFF = "# Hand-off 2026-04-10 16:41\n## Check after restart\n- state of all sessions\n- 커피를 내린다\n"


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checklist, "EVERY", 0.15)


def waits_for(path: Path) -> tuple[str, ...]:
    """A program that ends well as soon as *path* is there."""
    return ("sh", "-c", f"while [ ! -e {path} ]; do sleep 0.02; done; echo done")


def settings(folder: Path, **more: object) -> Config:
    """Two surfaces, a hand-off, and own steps of every kind of outcome."""
    (folder / "handoff.md").write_text(HANDOFF, encoding="utf-8")
    return Config(
        surfaces=(SurfaceConfig("%1", "섹터나침반", agent="claude"), SurfaceConfig("%2", "검증자", agent="claude")),
        checklist=(
            ChecklistSection("slow", command=waits_for(folder / "go"), timeout=60.0),
            ChecklistSection("report", file=str(folder / "report.md"), remedy="write the report"),
            ChecklistSection("the owner knows", manual="tell the owner"),
        ),
        handoff=HandoffSection(str(folder / "handoff.md")),
        **more,  # type: ignore[arg-type]
    )


async def agents(fleet: Fleet, pilot: Pilot[None], second: AgentState = AgentState.IDLE, pid: int = 1000) -> None:
    """Both agents, read now."""
    fleet.tree((info(number, pid=pid + number) for number in (1, 2)), time.time())
    for number, state in ((1, AgentState.IDLE), (2, second)):
        fleet.post(ScreenRead(time.time(), f"%{number}", screen("● 검증을 마쳤습니다"), seen(state)))
    await fleet.settled(pilot)


@asynccontextmanager
async def console(
    folder: Path,
    config: Config | None = None,
    *,
    size: tuple[int, int] = (120, 40),
    second: AgentState = AgentState.IDLE,
) -> AsyncIterator[tuple[Fleet, Pilot[None]]]:
    """A console that keeps its state in *folder*, and says nothing by itself."""
    fleet = Fleet(config or settings(folder, checklist_opens="never"), state=folder / "state")
    async with fleet.app.run_test(size=size, notifications=True) as pilot:
        await agents(fleet, pilot, second)
        yield fleet, pilot


async def opened(fleet: Fleet, pilot: Pilot[None]) -> ChecklistScreen:
    await pilot.press("R")
    await until(pilot, lambda: isinstance(fleet.app.screen, ChecklistScreen) and "✗ 1" in drawn(fleet.app))
    found = fleet.app.screen
    assert isinstance(found, ChecklistScreen)
    return found


def row(fleet: Fleet, name: str) -> str:
    """The row of the step *name*; empty while it is not on the screen."""
    return next((each for each in rows(fleet.app) if f" {name} " in each), "")


def choose(fleet: Fleet, name: str) -> None:
    """Put the cursor on the step *name*."""
    listed = fleet.app.screen.query_one(OptionList)
    found = (at for at in range(listed.option_count) if f" {name} " in str(listed.get_option_at_index(at).prompt))
    listed.highlighted = next(found)


async def on(fleet: Fleet, pilot: Pilot[None], name: str, shows: str) -> None:
    """Choose the step *name* and wait until what is told of it *shows*."""
    choose(fleet, name)
    await until(pilot, lambda: shows in drawn(fleet.app))


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_it_opens_at_its_key_and_its_steps_run_live(size: tuple[int, int], tmp_path: Path) -> None:
    async with console(tmp_path, size=size) as (fleet, pilot):
        await opened(fleet, pilot)
        whole(fleet.app, size)
        assert "Restart checklist" in drawn(fleet.app) and "against handoff.md" in drawn(fleet.app)
        assert "Esc back" in drawn(fleet.app), "the keys are never cut"
        assert "… 1" in drawn(fleet.app), "the slow one runs"
        assert "→ write the report" in drawn(fleet.app), "the cursor stands on what failed, with its remedy"
        assert "✗ report" in drawn(fleet.app), "and is in view"
        before = drawn(fleet.app).count("━")
        choose(fleet, "slow")
        await until(pilot, lambda: "… running" in drawn(fleet.app))
        (tmp_path / "go").touch()
        await until(pilot, lambda: "exit 0: done" in drawn(fleet.app))
        await until(pilot, lambda: "… 1" not in drawn(fleet.app))
        assert drawn(fleet.app).count("━") > before, "the bar has moved on"


async def test_one_step_is_looked_at_again_or_all_of_them(tmp_path: Path) -> None:
    (tmp_path / "go").touch()
    async with console(tmp_path) as (fleet, pilot):
        await opened(fleet, pilot)
        await until(pilot, lambda: "✗ report" in drawn(fleet.app) and "✓ slow" in drawn(fleet.app))
        (tmp_path / "report.md").write_text("보고서", encoding="utf-8")
        choose(fleet, "report")
        await pilot.press("r")
        await until(pilot, lambda: "✓ report" in drawn(fleet.app))
        (tmp_path / "report.md").unlink()
        (tmp_path / "go").unlink()
        choose(fleet, "report")
        await pilot.press("a")
        await until(pilot, lambda: "✗ report" in drawn(fleet.app) and "… slow" in drawn(fleet.app))
        (tmp_path / "go").touch()
        await until(pilot, lambda: "✓ slow" in drawn(fleet.app))


async def test_what_is_done_by_hand_is_ticked_and_what_cannot_be_done_is_skipped(tmp_path: Path) -> None:
    (tmp_path / "go").touch()
    async with console(tmp_path) as (fleet, pilot):
        await opened(fleet, pilot)
        await until(pilot, lambda: "☐ 커피를 내린다" in drawn(fleet.app) and "✗ report" in drawn(fleet.app))
        await on(fleet, pilot, "the owner knows", "☐ manual")
        await pilot.press("space")
        await until(pilot, lambda: "✓ the owner knows" in drawn(fleet.app) and "Ticked." in drawn(fleet.app))
        await pilot.press("space")
        await until(pilot, lambda: "☐ the owner knows" in drawn(fleet.app))
        await on(fleet, pilot, "report", "✗ fail")
        await pilot.press("space")
        await until(pilot, lambda: "only steps by hand" in drawn(fleet.app))
        await pilot.press("x")
        await until(pilot, lambda: fleet.app.focused is fleet.app.screen.query_one(Input))
        await pilot.press("enter")
        await until(pilot, lambda: "Write why" in drawn(fleet.app))
        await pilot.press("n", "o", "space", "u", "s", "e", "enter")
        await until(pilot, lambda: "– report" in drawn(fleet.app) and "skipped: no use" in drawn(fleet.app))
        await on(fleet, pilot, "커피를 내린다", "line 4 of the hand-off")
        await pilot.press("space")
        await until(pilot, lambda: "✓ 커피를 내린다" in drawn(fleet.app))
        await pilot.press("escape")
        await until(pilot, lambda: bool(ChecklistFile(tmp_path / "state").runs()))
    kept = {step["id"]: step["state"] for step in ChecklistFile(tmp_path / "state").runs()[-1]["steps"]}
    assert (kept["check 4"], kept["own report"], kept["own the owner knows"]) == ("pass", "skipped", "manual")


async def test_enter_goes_to_what_a_step_is_about(tmp_path: Path) -> None:
    async with console(tmp_path) as (fleet, pilot):
        await opened(fleet, pilot)
        await on(fleet, pilot, "%2 검증자", "idle for")
        await pilot.press("enter")
        await until(pilot, lambda: fleet.app.screen is fleet.app.main)
        assert fleet.app.main.selected == "%2"


async def test_the_key_of_the_remedy_does_it(tmp_path: Path) -> None:
    async with console(tmp_path, second=AgentState.APPROVAL) as (fleet, pilot):
        await opened(fleet, pilot)
        await on(fleet, pilot, "%2 검증자", "(w)")
        await pilot.press("w")
        await until(pilot, lambda: fleet.app.screen is fleet.app.main)
        assert fleet.app.main.selected == "%2"
        fleet.engine.take(QueueRead(time.time(), {"a": 1}, 1))
        await opened(fleet, pilot)
        await on(fleet, pilot, "queue goes on", "(Q)")
        await pilot.press("w")
        await pilot.pause()
        assert isinstance(fleet.app.screen, ChecklistScreen), "another step's key does nothing"
        await pilot.press("Q")
        await until(pilot, lambda: isinstance(fleet.app.screen, QueueScreen))


async def test_the_key_of_the_remedy_acts_on_its_own_dispatch(tmp_path: Path) -> None:
    both = [{"id": number, "surface": "%2", "task": f"작업 {number}", "status": "working"} for number in (57, 58)]
    (tmp_path / "log.json").write_text(json.dumps({"dispatches": both}), encoding="utf-8")
    config = settings(tmp_path, checklist_opens="never", log=LogConfig(str(tmp_path / "log.json")))
    async with console(tmp_path, config) as (fleet, pilot):
        await until(pilot, lambda: len(fleet.app.snapshot.log.dispatches) == 2)
        await opened(fleet, pilot)
        await on(fleet, pilot, "collect #57", "(v)")
        assert "검증을 마쳤습니다" in row(fleet, "collect #57"), "its last message is the evidence"
        await pilot.press("v")
        await until(pilot, lambda: isinstance(fleet.app.screen, VerifierScreen) and "#57" in drawn(fleet.app))


# -- by itself -------------------------------------------------------------------------------------------------------


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What each look for news has found; the looks come quickly."""
    found: list[str] = []
    news = Checking.news

    async def heard(self: Checking) -> str:
        why = await news(self)
        found.append(why)
        return why

    monkeypatch.setattr(Checking, "news", heard)
    monkeypatch.setattr(app_checklist, "FIRST_AFTER", 0.0)
    monkeypatch.setattr(app_checklist, "NEWS_EVERY", 0.1)
    return found


async def start(folder: Path, looks: list[str], opens: str = "auto", pid: int = 1000) -> tuple[bool, str]:
    """Start a console and let it look three times: (whether the checklist is open, what it has said)."""
    looks.clear()
    fleet = Fleet(settings_as_they_are(folder, opens), state=folder / "state")
    async with fleet.app.run_test(size=(120, 40), notifications=True) as pilot:
        await agents(fleet, pilot, pid=pid)
        await until(pilot, lambda: len(looks) > 2)
        if looks[0] and opens == "auto":
            await until(pilot, lambda: isinstance(fleet.app.screen, ChecklistScreen))
        elif looks[0] and opens == "notice":
            await until(pilot, lambda: "newer hand-off" in drawn(fleet.app))
        await pilot.pause()
        return isinstance(fleet.app.screen, ChecklistScreen), " ".join(n.message for n in fleet.app._notifications)


def settings_as_they_are(folder: Path, opens: str) -> Config:
    path = folder / "handoff.md"
    text, times = (path.read_bytes(), path.stat()) if path.exists() else (HANDOFF.encode(), None)
    made = settings(folder, checklist_opens=opens)
    path.write_bytes(text)
    if times is not None:
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    return made


async def test_it_opens_by_itself_after_a_restart_or_with_a_newer_hand_off_and_not_otherwise(
    tmp_path: Path, looks: list[str]
) -> None:
    assert (await start(tmp_path, looks))[0], "no console has seen this hand-off"
    assert await start(tmp_path, looks) == (False, ""), "nothing is new"
    assert (await start(tmp_path, looks, pid=5000))[0], "other processes: the terminal server was restarted"
    assert looks[0] == "the terminal server was restarted"
    (tmp_path / "handoff.md").write_text(f"{HANDOFF}- 보고서를 읽는다\n", encoding="utf-8")
    os.utime(tmp_path / "handoff.md", (2e9, 2e9))
    assert (await start(tmp_path, looks, pid=5000))[0], "a newer hand-off"
    assert await start(tmp_path, looks, pid=5000) == (False, "")
    os.utime(tmp_path / "handoff.md", (2.1e9, 2.1e9))
    assert await start(tmp_path, looks, pid=5000) == (False, ""), "the same document, touched"


async def test_a_notice_is_enough_where_the_operator_wants_it_so_or_nothing_at_all(
    tmp_path: Path, looks: list[str]
) -> None:
    is_open, said = await start(tmp_path, looks, "notice")
    assert (is_open, said) == (False, "There is a newer hand-off: R shows the restart checklist.")
    assert await start(tmp_path, looks, "never", pid=5000) == (False, "")
    assert looks[0] == "the terminal server was restarted", "it is seen, and noted"


async def test_a_hand_off_that_comes_while_the_operator_works_is_only_said(tmp_path: Path, looks: list[str]) -> None:
    await start(tmp_path, looks)
    looks.clear()
    fleet = Fleet(settings_as_they_are(tmp_path, "auto"), state=tmp_path / "state")
    async with fleet.app.run_test(size=(120, 40), notifications=True) as pilot:
        await agents(fleet, pilot)
        await until(pilot, lambda: len(looks) > 1)
        assert fleet.app.screen is fleet.app.main
        (tmp_path / "handoff.md").write_text(f"{HANDOFF}- 보고서를 읽는다\n", encoding="utf-8")
        os.utime(tmp_path / "handoff.md", (2e9, 2e9))
        await until(pilot, lambda: "There is a newer hand-off: R shows" in drawn(fleet.app))
        assert fleet.app.screen is fleet.app.main, "nothing is put over what the operator does"


async def test_it_opens_over_a_list_that_came_up_again_and_not_over_other_work(tmp_path: Path) -> None:
    config = settings(tmp_path, checklist_opens="never", decisions=str(tmp_path / "decisions.yaml"))
    async with console(tmp_path, config) as (fleet, pilot):
        await pilot.press("question_mark")
        await until(pilot, lambda: len(fleet.app.screen_stack) > 1)
        fleet.app._tell_news("it was restarted", opens=True)
        await until(pilot, lambda: "It was restarted: R shows" in drawn(fleet.app))
        await pilot.press("escape")
        await until(pilot, lambda: len(fleet.app.screen_stack) == 1)
        await pilot.press("d")
        await until(pilot, lambda: isinstance(fleet.app.screen, DecisionsScreen))
        fleet.app._tell_news("it was restarted", opens=True)
        await until(pilot, lambda: isinstance(fleet.app.screen, ChecklistScreen))


async def test_a_console_that_ended_with_it_open_comes_up_with_it(tmp_path: Path) -> None:
    async with console(tmp_path) as (fleet, pilot):
        await pilot.press("R")
        await until(pilot, lambda: isinstance(fleet.app.screen, ChecklistScreen))
        kept = fleet.app.view_now()
        assert kept.screen == "checklist"
        await pilot.press("escape")
        await until(pilot, lambda: len(fleet.app.screen_stack) == 1)
        fleet.app._take_up(kept)
        await until(pilot, lambda: isinstance(fleet.app.screen, ChecklistScreen))


async def test_it_speaks_korean(tmp_path: Path) -> None:
    i18n.use("ko")
    (tmp_path / "go").touch()
    async with console(tmp_path, size=(80, 24)) as (fleet, pilot):
        await pilot.press("R")
        await until(pilot, lambda: "✗ 실패 1" in drawn(fleet.app) and "…" not in drawn(fleet.app).split("☐")[0])
        whole(fleet.app, (80, 24))
        text = drawn(fleet.app)
        for word in ("재시작 체크리스트", "직접 정한 단계", "✗ 실패", "Esc 뒤로"):
            assert word in text, text
