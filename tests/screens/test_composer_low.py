"""The dialogs of a send in a low terminal: what is to be done, and what becomes of each surface, can always be read."""

from __future__ import annotations

import asyncio
import time

import pytest
from textual.screen import Screen
from textual.widgets import Static

from console.model.agent import AgentState
from console.model.composed import Composed
from console.model.outcome import Ended
from console.model.parcel import Fate, Parcel
from console.screens.preview import PreviewScreen
from console.screens.send import SendScreen
from console.screens.send_progress import ProgressScreen, Run
from console.screens.targets import ConfirmScreen, TargetsScreen
from console.widgets.verdicts import target_line
from tests.model.guard_cases import surface
from tests.screens.composing import PLAIN, composer, on, start
from tests.ui_helpers import Fleet, Stage, drawn, rows, until, whole

SIZE = (80, 24)
COUNT = 20


def parcels() -> tuple[Parcel, ...]:
    """Every second one is refused, at some length."""
    why = "dialog: [/] shows approval: Would you like to run the following command, 그리고 그 다음 것도?"
    composed = Composed("한국어 과제\n" * 60)
    return tuple(
        Parcel(f"%{at}", f"AGENT {at}", composed, Fate.REFUSE, why)
        if at % 2
        else Parcel(f"%{at}", f"AGENT {at}", composed, Fate.SEND, "")
        for at in range(1, COUNT + 1)
    )


def ended() -> Run:
    run = Run(parcels())
    for errand in run.errands:
        errand.end(Ended("submitted" if errand.parcel.fate is Fate.SEND else "refused", "[/] evidence " * 9))
    return run


@pytest.mark.parametrize(
    ("screen", "keys"),
    [
        (lambda: PreviewScreen([("AGENT 1", "한국어 과제\n" * 60)]), "Arrows scroll, Esc goes back."),
        (lambda: ConfirmScreen(parcels, queues=True), "y does it, Esc goes back."),
        (lambda: ProgressScreen(ended()), "Esc goes back."),
        (lambda: ProgressScreen(Run(parcels())), "Esc cancels it, Enter leaves it running and goes back."),
    ],
)
async def test_the_keys_stand_below_whatever_is_above_them(screen: object, keys: str) -> None:
    app = Stage(Static())
    async with app.run_test(size=SIZE) as pilot:
        made = screen()  # type: ignore[operator]
        assert isinstance(made, Screen)
        await app.push_screen(made)
        await until(pilot, lambda: keys in drawn(app))
        whole(app, SIZE)
        if isinstance(made, ConfirmScreen):
            assert "Set aside, and recorded: elsewhere (among these)." in drawn(app)


async def test_what_is_on_its_way_stands_first() -> None:
    app = Stage(Static())
    run = Run(parcels())
    assert [errand.parcel.fate for errand in run.errands] == [Fate.SEND] * 10 + [Fate.REFUSE] * 10
    async with app.run_test(size=SIZE) as pilot:
        await app.push_screen(ProgressScreen(run))
        await until(pilot, lambda: "AGENT 2" in drawn(app) and "· recorded" in drawn(app))


async def test_of_several_surfaces_the_composer_says_what_each_gets_in_a_low_terminal() -> None:
    fleet = Fleet(specs=PLAIN)
    async with fleet.app.run_test(size=SIZE) as pilot:
        await start(fleet, pilot, (AgentState.IDLE, *(AgentState.APPROVAL,) * 4))
        area = await composer(fleet, pilot)
        area.insert("go on, all of you")
        await pilot.press("ctrl+b")
        await on(fleet, pilot, TargetsScreen)
        await pilot.press("down", "space", "down", "space", "down", "space", "down", "space", "enter")
        await on(fleet, pilot, SendScreen)
        await until(pilot, lambda: all(f"{name} " in drawn(fleet.app) for name in ("CODEX 1 is", "AGENT 5 gets")))
        shown = [row for row in rows(fleet.app) if "gets nothing" in row or "is sent" in row]
        assert len(shown) == 5 and area.content_size.height >= 5


def test_a_target_says_first_what_matters_and_a_long_ref_is_cut() -> None:
    made = surface(ref="term_9fc21672a857389205b07426e0526c8d", role="교차 검증 전담")
    line = str(target_line(made, time.time()))
    assert "term_9fc21…" in line and line.count("term_9fc216") == 1  # its name only
    assert line.index(str(made.status.state) if made.status else "") < line.index("교차")
    assert str(target_line(made, 0.0, 40)).index("idle") > 40


async def test_the_operator_stops_all_that_is_on_its_way() -> None:
    app, run = Stage(Static()), Run(parcels())
    async with app.run_test(size=SIZE) as pilot:
        await app.push_screen(ProgressScreen(run))
        await pilot.press("escape")
        await until(pilot, lambda: "Stopping; no Enter is pressed any more." in drawn(app))
        assert all(errand.stop.is_set() for errand in run.errands) and isinstance(run.errands[0].stop, asyncio.Event)
