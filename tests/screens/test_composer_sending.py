"""What goes out of the composer: to several surfaces, into the queue, and step by step."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from textual.pilot import Pilot

from console.actions import send
from console.model.agent import AgentState
from console.model.composed import Broadcast, Composed
from console.model.queue_options import unpack
from console.screens.send import SendScreen
from console.screens.send_progress import ProgressScreen
from console.screens.targets import ConfirmScreen, TargetsScreen
from tests.screens.composing import (
    CONFIG,
    PLAIN,
    SIZE,
    SPECS,
    composer,
    guards,
    hint,
    on,
    start,
)
from tests.ui_helpers import Fleet, drawn, screen, until


async def test_several_surfaces_get_one_text_after_a_question_that_names_each(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(send, "ECHO_WAIT", 0.3)
    monkeypatch.setattr(send, "ENTER_WAIT", 0.1)
    fleet = Fleet(specs=PLAIN)
    async with fleet.app.run_test(size=SIZE) as pilot:
        await start(fleet, pilot, (AgentState.IDLE, AgentState.APPROVAL, AgentState.IDLE))
        (await composer(fleet, pilot)).insert("go on, all of you")
        await pilot.press("ctrl+b")
        await on(fleet, pilot, TargetsScreen)
        await until(pilot, lambda: "[x] ○ CODEX 1" in drawn(fleet.app) and "1 marked." in drawn(fleet.app))
        await pilot.press("a", "down", "space")
        await until(pilot, lambda: "[x] ▲ CLAUDE 2" in drawn(fleet.app) and "3 marked." in drawn(fleet.app))
        await pilot.press("enter")
        await on(fleet, pilot, SendScreen)
        await until(pilot, lambda: "Send to 3 surfaces" in drawn(fleet.app) and "✓ CODEX 1 is sent" in guards(fleet))
        assert "✗ CLAUDE 2 gets nothing: dialog: CLAUDE 2 shows approval" in guards(fleet)
        await pilot.press("ctrl+s")
        await on(fleet, pilot, ConfirmScreen)
        await until(pilot, lambda: "Send the same task to 2 of 3 surfaces?" in drawn(fleet.app))
        assert "✗ CLAUDE 2 gets nothing" in drawn(fleet.app) and "elsewhere (among these)" in drawn(fleet.app)
        await pilot.press("escape")
        await on(fleet, pilot, SendScreen)
        assert fleet.mux.typed == []
        await pilot.press("ctrl+s")
        await on(fleet, pilot, ConfirmScreen)
        await pilot.press("y")
        await until(pilot, lambda: "3 surfaces: look at 3 of them" in drawn(fleet.app))
        typed = {ref for ref, what in fleet.mux.typed if what == "go on, all of you"}
        assert typed == {"%1", "%3"}
        await until(pilot, lambda: "▲ refused  dialog: CLAUDE 2 shows approval; nothing" in drawn(fleet.app))
        await pilot.press("escape")
        await until(pilot, lambda: fleet.app.screen is fleet.app.main)


async def test_a_text_waits_until_its_surface_is_idle(tmp_path: Path) -> None:
    fleet = Fleet(CONFIG, specs=SPECS, state=tmp_path)
    async with fleet.app.run_test(size=SIZE, notifications=True) as pilot:
        await start(fleet, pilot, (AgentState.WORKING, AgentState.IDLE, AgentState.IDLE))
        (await composer(fleet, pilot)).insert("later")
        await until(pilot, lambda: "◌ ctrl+l queues it" in hint(fleet) and "ctrl+l queue" in hint(fleet))
        await pilot.press("ctrl+l")
        await until(pilot, lambda: "CODEX 1: waits. queued for CODEX 1 as " in drawn(fleet.app))
        queue = fleet.engine.queue
        assert queue is not None
        waiting = [(item.target.ref, item.text, item.options["fields"]) for item in queue.queues.open()]
        assert waiting == [("%1", "later", {"role": "구현"})]
        assert fleet.mux.typed == []


async def test_of_several_only_those_that_are_busy_wait_and_the_queue_takes_the_same_text_twice(tmp_path: Path) -> None:
    fleet = Fleet(CONFIG, specs=SPECS, state=tmp_path)
    async with fleet.app.run_test(size=SIZE, notifications=True) as pilot:
        await start(fleet, pilot, (AgentState.WORKING, AgentState.WORKING, AgentState.IDLE))
        (await composer(fleet, pilot)).insert("go on with the next step, all of you")
        await pilot.press("ctrl+b")
        await on(fleet, pilot, TargetsScreen)
        await pilot.press("down", "space", "enter")
        await on(fleet, pilot, SendScreen)
        await pilot.press("ctrl+s")
        await on(fleet, pilot, ConfirmScreen)
        await until(pilot, lambda: "Nobody can take it now" in drawn(fleet.app))
        assert "ctrl+l queues those that are busy" in drawn(fleet.app)
        await pilot.press("y", "escape")
        await on(fleet, pilot, SendScreen)
        await pilot.press("ctrl+l")
        await on(fleet, pilot, ConfirmScreen)
        await until(pilot, lambda: "◌ CLAUDE 2 is queued until it is idle: state:" in drawn(fleet.app))
        await pilot.press("y")
        await until(pilot, lambda: "CLAUDE 2: waits." in drawn(fleet.app) and "CODEX 1: waits." in drawn(fleet.app))
        queue = fleet.engine.queue
        assert queue is not None
        items = queue.queues.open()
        assert [item.target.ref for item in items] == ["%1", "%2"]
        both = {"surfaces": ["%1", "%2"], "newest": 57}
        assert all(item.options["broadcast"] == both for item in items)
        unpacked = unpack(items[0].text, items[0].options)
        assert unpacked.broadcast == Broadcast(("%1", "%2"), 57)
        text, third = items[0].text, Broadcast(("%1", "%2", "%3"), 57)
        assert "elsewhere: the same task waits" in (await fleet.engine.enqueue("%3", Composed(text))).text
        assert (await fleet.engine.enqueue("%3", Composed(text, broadcast=third))).done
        bad: tuple[object, ...] = (
            [],
            {"surfaces": ["%1"]},
            {"surfaces": [1], "newest": 1},
            {"surfaces": [], "newest": True},
        )
        for wrong in bad:
            with pytest.raises(ValueError, match=r"its (other surfaces|broadcast)"):
                unpack("text", {"broadcast": wrong})


async def test_without_a_queue_there_is_no_such_key() -> None:
    fleet = Fleet(specs=SPECS)
    async with fleet.app.run_test(size=SIZE) as pilot:
        await start(fleet, pilot, (AgentState.WORKING, AgentState.IDLE, AgentState.IDLE))
        (await composer(fleet, pilot)).insert("later")
        await pilot.press("ctrl+l")
        assert "ctrl+l" not in hint(fleet) and isinstance(fleet.app.screen, SendScreen)


async def hold(fleet: Fleet, pilot: Pilot[None]) -> asyncio.Event:
    """Send a text whose echo comes only once the event is set; return at the progress."""
    go, shown = asyncio.Event(), fleet.mux.read

    async def read_late(ref: str) -> object:
        found = await shown(ref)
        return found if go.is_set() else screen("> \n")

    fleet.mux.read = read_late  # type: ignore[method-assign, assignment]
    (await composer(fleet, pilot)).insert("held up")
    await pilot.press("ctrl+s")
    await on(fleet, pilot, ProgressScreen)
    await until(pilot, lambda: "● echo seen" in drawn(fleet.app))
    return go


@pytest.mark.parametrize("key", ["escape", "ctrl+c"])
async def test_a_send_that_is_cancelled_says_what_is_left_in_the_box(key: str) -> None:
    fleet = Fleet(specs=PLAIN)
    async with fleet.app.run_test(size=SIZE) as pilot:
        await start(fleet, pilot)
        await hold(fleet, pilot)
        assert "✓ pasted" in drawn(fleet.app) and "· taken" in drawn(fleet.app)
        await pilot.press(key)
        await until(pilot, lambda: "▲ typed_not_submitted" in drawn(fleet.app))
        await until(pilot, lambda: "What its input box holds is not known: f goes there" in drawn(fleet.app))
        assert "cancelled; the text may appear in the input box" in drawn(fleet.app)
        assert ("%1", "<enter>") not in fleet.mux.typed and not fleet.app._exit
        await pilot.press(key)
        await until(pilot, lambda: fleet.app.screen is fleet.app.main)


async def test_a_send_goes_on_while_the_operator_watches_the_fleet() -> None:
    fleet = Fleet(specs=PLAIN)
    async with fleet.app.run_test(size=SIZE, notifications=True) as pilot:
        await start(fleet, pilot)
        go = await hold(fleet, pilot)
        await pilot.press("enter")
        await until(pilot, lambda: fleet.app.screen is fleet.app.main)
        go.set()
        await until(pilot, lambda: "CODEX 1: unconfirmed." in drawn(fleet.app))
        assert fleet.mux.typed == [("%1", "held up"), ("%1", "<enter>")]


async def test_an_error_in_the_console_is_an_outcome_too() -> None:
    fleet = Fleet(specs=SPECS)

    async def broken(*_: object) -> None:
        raise ZeroDivisionError("[/] inside")

    fleet.engine.send_watched = broken  # type: ignore[method-assign, assignment]
    async with fleet.app.run_test(size=SIZE) as pilot:
        await start(fleet, pilot)
        (await composer(fleet, pilot)).insert("text")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "▲ failed" in drawn(fleet.app))
        assert "an error in the console: ZeroDivisionError: [/] inside" in drawn(fleet.app)
