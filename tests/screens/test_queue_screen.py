"""The screen of the queue, alone and in the running console."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from console import app_queue
from console.config import Config
from console.engine import Engine
from console.model.agent import AgentState
from console.model.composed import Composed
from console.model.queue import Item, ItemState, Queues, Target
from console.model.queue_view import Lane, lanes, lately
from console.screens.queue import QueueScreen
from console.screens.queue_item import ItemScreen
from tests.actions.queuer import SERVER, snapshot, surface
from tests.ui_helpers import HOSTILE, Fleet, Stage, clickable, drawn, read, rows, until, whole

SIZE = (120, 40)
DESK_NOW = 1_775_800_000.0


@asynccontextmanager
async def console(
    folder: Path, *texts: str, read_only: bool = False, size: tuple[int, int] = SIZE
) -> AsyncIterator[tuple[Fleet, Pilot[None]]]:
    """A console over three agents at work, *texts* queued for the first one."""
    config = replace(Config(), read_only=read_only)
    fleet = Fleet(config)
    fleet.engine = Engine(config, fleet.mux, state=folder)
    async with fleet.app.run_test(size=size, notifications=True) as pilot:
        await fleet.start(pilot, 3)
        fleet.post(*(read(number, "at work", AgentState.WORKING) for number in (1, 2, 3)))
        await fleet.settled(pilot)
        queue = fleet.engine.queue
        assert queue is not None
        if not read_only:
            await until(pilot, lambda: queue.own is not None)
        for number, text in enumerate(texts, start=1):
            assert (await fleet.engine.enqueue("%1", Composed(text), id=f"q{number}")).done
        await fleet.settled(pilot)
        yield fleet, pilot


async def opened(fleet: Fleet, pilot: Pilot[None]) -> None:
    await pilot.press("Q")
    await until(pilot, lambda: isinstance(fleet.app.screen, QueueScreen) and "Esc goes" in drawn(fleet.app))


def order(fleet: Fleet) -> list[str]:
    assert fleet.engine.queue is not None
    return [item.id for item in fleet.engine.queue.queues.open()]


async def test_a_count_stands_in_the_bar_and_in_the_pane_only_while_something_waits(tmp_path: Path) -> None:
    async with console(tmp_path) as (fleet, pilot):
        assert "⧗" not in drawn(fleet.app)
        assert (await fleet.engine.enqueue("%1", Composed("x"), id="a")).done
        await until(pilot, lambda: "⧗ 1 queued" in rows(fleet.app)[0] and "⧗ 1 queued" in rows(fleet.app)[1])
        assert rows(fleet.app)[1].count("⧗") == 1, "in the pane it waits for, in no other"
        queue = fleet.engine.queue
        assert queue is not None
        await queue.pause()
        await until(pilot, lambda: "⧗ 1 paused" in rows(fleet.app)[0])
        whole(fleet.app, SIZE)
        await queue.drop("a")
        await until(pilot, lambda: "⧗" not in drawn(fleet.app))


async def test_tasks_are_paused_reordered_and_dropped_after_a_question(tmp_path: Path) -> None:
    async with console(tmp_path, "first task", "둘째 작업", "third task") as (fleet, pilot):
        app, queue = fleet.app, fleet.engine.queue
        assert queue is not None
        await opened(fleet, pilot)
        text = drawn(app)
        assert "AGENT 1  %1  ● working" in text and "AGENT 1 shows working" in text and "behind another one" in text
        await pilot.press("J")
        await until(pilot, lambda: order(fleet) == ["q2", "q1", "q3"])
        await pilot.press("shift+down")
        await until(pilot, lambda: order(fleet) == ["q2", "q3", "q1"])
        await pilot.press("K")
        await until(pilot, lambda: order(fleet) == ["q2", "q1", "q3"])
        await pilot.press("x")
        await until(pilot, lambda: "Drop “first task”?" in drawn(app))
        await pilot.press("n", "y")
        await until(pilot, lambda: "Drop" not in drawn(app))
        await pilot.press("x", "down", "y")
        await until(pilot, lambda: "Drop" not in drawn(app))
        assert order(fleet) == ["q2", "q1", "q3"], "a question about the one before is off"
        await pilot.press("x", "y")
        await until(pilot, lambda: order(fleet) == ["q2", "q1"] and "q3 dropped" in drawn(app))
        await pilot.press("p")
        await until(pilot, lambda: "%1  ● working  paused" in drawn(app) and "p lets it go on" in drawn(app))
        await pilot.press("p")
        await until(pilot, lambda: not queue.queues.paused and "p pauses this surface" in drawn(app))
        await pilot.press("P")
        await until(pilot, lambda: "‖ everything is paused: by the operator" in drawn(app))
        await pilot.press("p")
        await until(pilot, lambda: "Everything is stopped: P lets it go on." in drawn(app))
        await pilot.press("P")
        await until(pilot, lambda: not queue.stopped and "‖ everything" not in drawn(app))
        await pilot.press("a")
        await until(pilot, lambda: "Only a task that has to be looked at" in drawn(app))
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.main)
        assert fleet.mux.typed == []


async def test_enter_shows_the_whole_task_and_g_goes_to_its_surface(tmp_path: Path) -> None:
    async with console(tmp_path) as (fleet, pilot):
        app = fleet.app
        composed = Composed("줄 하나 [/]\nline [red] two", ("rate",), "Context: #54", {"role": "builder"})
        assert (await fleet.engine.enqueue("%2", composed, id="a")).done
        await opened(fleet, pilot)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ItemScreen) and "The task:" in drawn(app))
        text = drawn(app)
        for part in ("What would be typed:", "Context: #54", "줄 하나 [/]", "line [red] two", "overrides", "rate",
                     "builder", "AGENT 2 (%2)", "AGENT 2 shows working", "as a"):  # fmt: skip
            assert part in text, part
        assert clickable(app) == []
        await pilot.press("escape", "g")
        await until(pilot, lambda: app.screen is app.main and app.main.selected == "%2")


async def test_what_has_to_be_looked_at_is_sent_again_only_when_the_operator_says_so(tmp_path: Path) -> None:
    async with console(tmp_path, "a task", "behind it") as (fleet, pilot):
        queue = fleet.engine.queue
        assert queue is not None

        def checked(queues: Queues) -> Queues:
            first = replace(queues.items[0], state=ItemState.CHECK, reason="was sending: check %1")
            return replace(queues, items=(first, *queues.items[1:]))

        await queue._change(checked)
        await until(pilot, lambda: "1 to look at, Q" in rows(fleet.app)[0])
        await opened(fleet, pilot)
        assert "was sending: check %1" in drawn(fleet.app) and "look at a task first" in drawn(fleet.app)
        await pilot.press("a")
        await until(pilot, lambda: "Have you looked at AGENT 1, and it did not get “a task”?" in drawn(fleet.app))
        await pilot.press("n")
        assert queue.queues.items[0].state is ItemState.CHECK
        await pilot.press("a", "y")
        await until(pilot, lambda: queue.queues.items[0].state is ItemState.WAITING)


async def test_the_stop_key_stops_the_queue_and_says_what_still_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with console(tmp_path, "a task") as (fleet, pilot):
        queue = fleet.engine.queue
        assert queue is not None
        await pilot.press("X")
        await until(pilot, lambda: "Stopped: nothing is approved or sent without you." in drawn(fleet.app))
        assert queue.stopped and "⧗ 1 paused" in rows(fleet.app)[0]
        monkeypatch.setattr(app_queue, "TWICE", 0.0)
        await pilot.press("X")
        await until(pilot, lambda: "The queue stays stopped: Q, then P, lets it go on." in drawn(fleet.app))
        assert queue.stopped
        await opened(fleet, pilot)
        await pilot.press("P")
        await until(pilot, lambda: not queue.stopped)


async def test_in_a_read_only_console_it_is_seen_and_nothing_changes(tmp_path: Path) -> None:
    async with console(tmp_path, "a task"):
        pass
    before = (tmp_path / "queue.json").read_bytes()
    async with console(tmp_path, read_only=True) as (fleet, pilot):
        await until(pilot, lambda: "⧗ 1 queued" in rows(fleet.app)[0])
        await opened(fleet, pilot)
        assert "This console is read-only: it sends and changes nothing." in drawn(fleet.app)
        await pilot.press("P")
        await until(pilot, lambda: "✗ the console is read-only; nothing was changed" in drawn(fleet.app))
        await pilot.press("x", "y")
        await until(pilot, lambda: order(fleet) == ["q1"])
    assert (tmp_path / "queue.json").read_bytes() == before


async def test_without_a_queue_and_with_an_empty_one_it_says_so(tmp_path: Path) -> None:
    fleet = Fleet()
    async with fleet.app.run_test(size=SIZE, notifications=True) as pilot:
        await fleet.start(pilot, 1)
        await pilot.press("Q")
        await until(pilot, lambda: "There is no queue" in drawn(fleet.app))
        await pilot.press("X")
        await until(pilot, lambda: "Nothing runs by itself here." in drawn(fleet.app))
    async with console(tmp_path) as (fleet, pilot):
        await opened(fleet, pilot)
        assert "Nothing waits." in drawn(fleet.app)
        await pilot.press("p", "x", "a", "J", "enter", "g")
        assert isinstance(fleet.app.screen, QueueScreen)
        await pilot.press("Q")
        await until(pilot, lambda: fleet.app.screen is fleet.app.main)


class Desk:
    """Many tasks of many kinds."""

    def __init__(self, *titles: str) -> None:
        target = Target.of(surface("%1"), SERVER)
        states = list(ItemState)
        self.queues = Queues(
            tuple(
                Item(str(n), target, title, title, DESK_NOW, state=states[n % 4], at=DESK_NOW)
                for n, title in enumerate(titles)
            )
        )

    def lanes(self) -> tuple[Lane, ...]:
        return lanes(self.queues, snapshot(), DESK_NOW, 0)

    def lately(self) -> tuple[Item, ...]:
        return lately(self.queues, DESK_NOW)

    def note(self) -> str:
        return ""

    def stopped(self) -> bool:
        return False

    def typed(self, item: Item) -> str:
        return item.text


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 55)])
async def test_long_lists_hostile_and_long_titles_leave_room_for_the_keys(size: tuple[int, int]) -> None:
    app = Stage(Static())
    titles = [*HOSTILE, "한글 " * 60, "x" * 300, *(f"task {n}" for n in range(60))]
    async with app.run_test(size=size) as pilot:
        await app.push_screen(QueueScreen(Desk(*titles)))  # type: ignore[arg-type]
        await until(pilot, lambda: "Esc goes" in drawn(app))
        assert clickable(app) == []
        whole(app, size)
        await pilot.press("end", "pageup", "home")
        whole(app, size)
        assert "[/]" in drawn(app)
