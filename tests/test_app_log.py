"""What the operator does to the dispatch log in the running console, down to the file."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from textual.widgets import OptionList

from console.config import Config, LogConfig
from console.model.dispatch import DispatchStatus
from console.model.reading import LogRead
from console.screens.ledger import LedgerScreen
from console.screens.record import RecordScreen
from console.tracker.schema import read_records
from tests.ui_helpers import NOW, Fleet, drawn, until

SIZE = (120, 40)
RECORDS = [
    {"id": 54, "surface": "surface:5", "task": "Hermes 샘플링", "status": "완료 (확인 필요)"},
    {"id": 55, "surface": "surface:3", "task": "other", "status": "진행 중"},
]


def fleet_with(path: Path) -> Fleet:
    path.write_text(json.dumps(RECORDS, ensure_ascii=False), "utf-8")
    return Fleet(replace(Config(), log=LogConfig(str(path))))


def on_disk(path: Path) -> dict[int | None, DispatchStatus]:
    return {each.number: each.status for each in read_records(json.loads(path.read_text("utf-8")))[0]}


async def test_a_new_state_and_a_check_go_from_the_table_into_the_file(tmp_path: Path) -> None:
    path = tmp_path / "dispatch_log.json"
    fleet = fleet_with(path)
    app = fleet.app
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await fleet.start(pilot, 2)
        app.opened.engine.take(LogRead(NOW, str(path), tuple(read_records(RECORDS)[0])))  # type: ignore[union-attr]
        await until(pilot, lambda: "Hermes" in drawn(app))
        app.main.query_one("#dispatches").focus()
        await pilot.press("down", "enter")
        await until(pilot, lambda: isinstance(app.screen, RecordScreen) and "Hermes" in drawn(app))
        await pilot.press("e")
        await until(pilot, lambda: "#54 is now" in drawn(app))
        await pilot.press("up", "enter")
        await until(pilot, lambda: on_disk(path)[54] is DispatchStatus.DONE)
        assert on_disk(path)[55] is DispatchStatus.WORKING

        await until(pilot, lambda: app.screen is app.main)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, RecordScreen))
        await pilot.press("r")
        await until(pilot, lambda: "verified by" in drawn(app))
        for key in ("surface:6", "tab", "4.9", "tab", "3.8", "tab", "warn"):
            await pilot.press(*([key] if key == "tab" else list(key)))
        await pilot.press("ctrl+s")
        await until(pilot, lambda: '"surface:6"' in path.read_text("utf-8"))
        assert len(json.loads(path.read_text("utf-8"))) == 2


async def test_the_ledger_and_the_lost_changes_have_a_key(tmp_path: Path) -> None:
    path = tmp_path / "dispatch_log.json"
    fleet = fleet_with(path)
    app = fleet.app
    before = path.read_bytes()
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await fleet.start(pilot, 2)
        assert app.opened is not None
        log = app.opened.engine.dispatches
        assert (await log.set_status(54, DispatchStatus.CANCELLED)).done
        path.write_bytes(before)
        app.opened.engine.take(LogRead(NOW, str(path), tuple(read_records(RECORDS)[0])))
        await until(pilot, lambda: "has undone 1 of the console's changes" in drawn(app))
        await pilot.press("L")
        await until(pilot, lambda: "Undone by another writer" in drawn(app))
        await pilot.press("a")
        await until(pilot, lambda: on_disk(path)[54] is DispatchStatus.CANCELLED)
        await pilot.press("escape", "l")
        await until(pilot, lambda: isinstance(app.screen, LedgerScreen))


async def test_what_another_writer_changed_while_the_question_was_open_is_not_written_over(tmp_path: Path) -> None:
    path = tmp_path / "dispatch_log.json"
    fleet = fleet_with(path)
    app = fleet.app
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await fleet.start(pilot, 2)
        app.opened.engine.take(LogRead(NOW, str(path), tuple(read_records(RECORDS)[0])))  # type: ignore[union-attr]
        await until(pilot, lambda: "Hermes" in drawn(app))
        app.main.query_one("#dispatches").focus()
        await pilot.press("down", "enter")
        await until(pilot, lambda: isinstance(app.screen, RecordScreen) and "As the file has it" in drawn(app))
        await pilot.press("e")
        await until(pilot, lambda: "#54 is now" in drawn(app) and isinstance(app.focused, OptionList))
        path.write_text(path.read_text("utf-8").replace("완료 (확인 필요)", "실패"), "utf-8")
        await pilot.press("up", "enter")
        await until(pilot, lambda: "실패;" in drawn(app))  # the notice is wrapped, where depends on the path
        assert on_disk(path)[54] is DispatchStatus.FAILED
