"""Answering a dialog with one key: on the main screen, through the engine, to the pane."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest
from textual import events
from textual.pilot import Pilot

from console import app_acts, app_queue
from console.config import Config
from console.config_sections import ApprovalRuleSection, ApprovalSection
from console.engine import Engine
from console.model.dispatch import Dispatch, DispatchStatus
from console.model.reading import LogRead, ScreenRead
from console.model.surface import Screen
from console.screens.help import HelpScreen
from console.screens.send import SendScreen
from console.widgets.dispatch_table import DispatchTable
from tests.fakes import mux as fake
from tests.ui_helpers import NOW, EchoMux, Fleet, drawn, info, read, until


def asks(command: str) -> Screen:
    """Codex wants to run *command*."""
    return fake.screen(
        "  Would you like to run the following command?", "", f"  $ {command}", "", "› 1. Yes, proceed (y)",
        "  2. Yes, and don't ask again for commands that start with `make` (p)",
        "  3. No, and tell Codex what to do differently (esc)", "", "  Press enter to confirm or esc to cancel",
    )  # fmt: skip


DONE = fake.screen("• Ran make test", "  └ 12 passed", "", "› ", "", "  gpt-5-codex default · ~/x", cursor=(2, 3))


async def shows(fleet: Fleet, pilot: Pilot[None], screen: Screen, text: str, *, since: float = 60.0) -> None:
    """Surface %1 shows *screen*, read *since* seconds ago."""
    fleet.mux.screens["%1"] = screen
    fleet.post(ScreenRead(time.time() - since, "%1", screen))
    await until(pilot, lambda: text in drawn(fleet.app) and "y/1 Yes" in drawn(fleet.app))


@pytest.fixture(autouse=True)
def real_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is read is what was posted; a key does what `FakeMux.on_type` says."""
    monkeypatch.setattr(EchoMux, "read", fake.FakeMux.read)
    monkeypatch.setattr(EchoMux, "_type", fake.FakeMux._type)


def told(fleet: Fleet, text: str) -> bool:
    return any(text in note.message for note in fleet.app._notifications)


async def test_y_gives_the_answer_that_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app_acts, "READ_FIRST", 0.0)
    fleet = Fleet()
    async with fleet.app.run_test(size=(120, 40)) as pilot:
        await fleet.start(pilot)
        fleet.mux.on_type[("%1", "<y>")] = DONE
        await shows(fleet, pilot, asks("make test"), "make test")
        await pilot.press("y")
        await until(pilot, lambda: told(fleet, "answered"))
        assert fleet.mux.typed == [("%1", "<y>")]


async def test_a_dialog_that_follows_another_one_at_once_takes_no_key_that_was_meant_for_the_first() -> None:
    fleet = Fleet()
    async with fleet.app.run_test(size=(120, 40)) as pilot:
        await fleet.start(pilot)
        await shows(fleet, pilot, asks("make test"), "make test")
        await shows(fleet, pilot, asks("make install"), "make install", since=0.0)  # the state has stood for a minute
        await pilot.press("y")
        await until(pilot, lambda: told(fleet, "this has just opened"))
        assert fleet.mux.typed == []


async def test_another_dialog_than_the_one_on_the_screen_is_not_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app_acts, "READ_FIRST", 0.0)
    fleet = Fleet()
    async with fleet.app.run_test(size=(120, 40)) as pilot:
        await fleet.start(pilot)
        await shows(fleet, pilot, asks("make test"), "make test")
        fleet.mux.screens["%1"] = asks("make install")
        await pilot.press("y")
        await until(pilot, lambda: told(fleet, "another dialog is open now"))
        assert fleet.mux.typed == []


async def test_in_the_table_y_answers_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app_acts, "READ_FIRST", 0.0)
    fleet = Fleet()
    async with fleet.app.run_test(size=(200, 55)) as pilot:
        await fleet.start(pilot)
        log = tuple(Dispatch(n, f"%{n}", f"task {n}", DispatchStatus.WORKING) for n in range(1, 7))
        fleet.post(LogRead(NOW, "log", log))
        await shows(fleet, pilot, asks("make test"), "make test")
        fleet.app.main.query_one(DispatchTable).focus()
        await pilot.press("y", "n")
        await until(pilot, lambda: told(fleet, "go there first"))
        assert fleet.mux.typed == []


async def test_x_stops_what_is_approved_without_a_person_and_the_bar_says_so_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rule = ApprovalRuleSection("tests", ("AGENT *",), (), ("pytest",))
    config = Config(approve=ApprovalSection(enabled=True, dry_run=False, rules=(rule,)))
    fleet = Fleet(config)
    fleet.engine = Engine(config, fleet.mux, state=tmp_path)
    async with fleet.app.run_test(size=(120, 40)) as pilot:
        fleet.tree(info(number) for number in range(1, 7))
        fleet.post(*(read(number, f"screen of {number}") for number in range(1, 7)))
        await until(pilot, lambda: "auto on 6" in drawn(fleet.app) and "%1 auto" in drawn(fleet.app))
        await pilot.press("X")
        assert fleet.engine.snapshot.auto == frozenset() and "stopped" in fleet.engine.snapshot.auto_note
        await until(pilot, lambda: "auto off: stopped by the operator" in drawn(fleet.app))
        assert "%1 auto" not in drawn(fleet.app)
        await pilot.press("X")
        assert "stopped" in fleet.engine.snapshot.auto_note, "pressed twice in a hurry is pressed once"
        monkeypatch.setattr(app_queue, "TWICE", 0.0)
        await pilot.press("X")
        await until(pilot, lambda: told(fleet, "No longer stopped: auto on 6"))


async def test_a_text_typed_right_after_the_key_of_the_composer_answers_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(app_acts, "READ_FIRST", 0.0)
    fleet = Fleet()
    async with fleet.app.run_test(size=(120, 40)) as pilot:
        await fleet.start(pilot)
        fleet.mux.on_type[("%1", "<y>")] = DONE
        await shows(fleet, pilot, asks("rm -rf build"), "rm -rf build")
        for key in "syes":
            fleet.app.post_message(events.Key(key, key))
        await until(pilot, lambda: isinstance(fleet.app.screen, SendScreen))
        await pilot.pause()
        assert fleet.mux.typed == []


async def test_a_second_y_after_a_dialog_of_the_console_is_no_yes_to_an_agent(monkeypatch: pytest.MonkeyPatch) -> None:
    fleet = Fleet()
    async with fleet.app.run_test(size=(120, 40), notifications=True) as pilot:
        await fleet.start(pilot)
        fleet.mux.on_type[("%1", "<y>")] = DONE
        await shows(fleet, pilot, asks("rm -rf build"), "rm -rf build")
        shown = fleet.app.main._views.dialogs["%1"]
        shown = replace(shown, at=time.time() - 60)
        fleet.app.main._views.dialogs["%1"] = shown
        monkeypatch.setattr(app_acts, "READ_FIRST", 30.0)
        await pilot.press("question_mark")
        await until(pilot, lambda: isinstance(fleet.app.screen, HelpScreen))
        await pilot.press("escape", "y")
        await until(pilot, lambda: told(fleet, "a dialog was opened or closed just now"))
        assert fleet.mux.typed == []
        fleet.app._came_back_at -= 30.0
        await pilot.press("y")
        await until(pilot, lambda: ("%1", "<y>") in fleet.mux.typed)


async def test_a_y_while_a_dialog_of_the_console_is_still_being_opened_is_no_yes_to_an_agent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fleet = Fleet()
    async with fleet.app.run_test(size=(120, 40), notifications=True) as pilot:
        await fleet.start(pilot)
        fleet.mux.on_type[("%1", "<y>")] = DONE
        await shows(fleet, pilot, asks("rm -rf build"), "rm -rf build")
        views = fleet.app.main._views
        views.dialogs["%1"] = replace(views.dialogs["%1"], at=time.time() - 60)
        monkeypatch.setattr(app_acts, "READ_FIRST", 30.0)
        assert {"app.queue", "app.cut_off", "app.ledger", "app.operations"} <= app_acts.OPENS
        assert "app.focus_next" not in app_acts.OPENS
        for key in "Qy":  # Q opens from a worker: the y arrives first
            fleet.app.post_message(events.Key(key, key))
        await until(
            pilot, lambda: told(fleet, "a dialog was opened or closed just now") or len(fleet.app.screen_stack) > 1
        )
        await pilot.pause()
        assert fleet.mux.typed == []
