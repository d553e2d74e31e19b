"""The main screen over a fleet that changes: sizes, counts, who comes and goes, what is away."""

from __future__ import annotations

from dataclasses import replace

import pytest
from textual.pilot import Pilot

from console.config import Config
from console.model.agent import AgentState
from console.model.binding import SurfaceSpec
from console.model.dispatch import Dispatch, DispatchStatus
from console.model.reading import (
    CollectorRead,
    LogFailed,
    LogRead,
    MuxDown,
    ScreenFailed,
    ScreenRead,
    ServicesRead,
)
from console.model.service import Judgement, Service
from console.model.telemetry import Collector, CollectorState
from console.screens.arrangement import LEAST_PANE, arrange, row_heights
from console.widgets.dispatch_table import DispatchTable
from console.widgets.surface_list import SurfaceList
from console.widgets.surface_pane import SurfacePane
from tests.ui_helpers import (
    HOSTILE,
    NOW,
    Fleet,
    clickable,
    drawn,
    info,
    is_whole,
    read,
    rows,
    screen,
    seen,
    until,
    whole,
)

SIZES = ((200, 55), (120, 40), (80, 24))


def shown(fleet: Fleet) -> list[str]:
    return [pane.view.surface.key for pane in fleet.app.main.query(SurfacePane) if pane.view is not None]


async def in_one_place(fleet: Fleet, pilot: Pilot[None], key: str) -> None:
    """The surface that would be sent to is the one the operator sees marked, on this page."""
    main = fleet.app.main

    def same() -> bool:
        focused = fleet.app.focused
        if isinstance(focused, SurfacePane):
            return focused.view is not None and focused.view.surface.key == key
        return isinstance(focused, SurfaceList)

    await until(pilot, lambda: main.selected == key and key in shown(fleet) and same(),
                f"{key}: selected {main.selected}, focus {fleet.app.focused}, shown {shown(fleet)}")  # fmt: skip


@pytest.mark.parametrize("count", [0, 1, 6, 13, 60])
async def test_any_count_at_any_size(count: int) -> None:
    fleet = Fleet()
    async with fleet.app.run_test(size=SIZES[0]) as pilot:
        await fleet.start(pilot, count)
        for size in (*SIZES[1:], SIZES[0], (40, 10), (300, 90), SIZES[0]):
            await pilot.resize_terminal(*size)
            await until(pilot, lambda size=size: fleet.app.main.size == size)  # type: ignore[misc]
            await pilot.pause()
            whole(fleet.app, size)
            text = drawn(fleet.app)
            if count:
                assert set(shown(fleet)) == fleet.mux.interest.visible & set(shown(fleet))
                assert fleet.app.main.selected in shown(fleet)
            else:
                assert "no surfaces yet" in text
        assert len(shown(fleet)) == min(count, arrange(*SIZES[0], count, 0).per_page)
        surfaces = "1 surface " if count == 1 else f"{count} surfaces"
        assert surfaces in drawn(fleet.app)


async def test_the_selection_survives_every_change_of_size() -> None:
    fleet = Fleet()
    async with fleet.app.run_test(size=SIZES[0]) as pilot:
        await fleet.start(pilot, 13)
        await pilot.press("8")
        await in_one_place(fleet, pilot, "%8")
        for size in (SIZES[1], SIZES[2], SIZES[0], SIZES[2], SIZES[1], SIZES[0]):
            await pilot.resize_terminal(*size)
            await until(pilot, lambda size=size: fleet.app.main.size == size)  # type: ignore[misc]
            await in_one_place(fleet, pilot, "%8")
            await until(pilot, lambda size=size: is_whole(fleet.app, size))  # type: ignore[misc]


@pytest.mark.parametrize("size", SIZES)
async def test_surfaces_come_go_and_change_places_and_the_selection_stays(size: tuple[int, int]) -> None:
    fleet = Fleet()
    async with fleet.app.run_test(size=size) as pilot:
        await fleet.start(pilot, 6)
        await pilot.press("6")
        await in_one_place(fleet, pilot, "%6")
        for left in ([1, 2, 4, 5, 6], [6], [9, 8, 7, 1, 2, 3, 4, 5, 6], [6, 5, 4], [1, 2, 3, 4, 5, 6]):
            fleet.tree(info(number) for number in left)
            await fleet.settled(pilot)
            await in_one_place(fleet, pilot, "%6")
            whole(fleet.app, size)
        await fleet.start(pilot, 6)
        fleet.tree(info(number) for number in (1, 2, 3))
        await fleet.settled(pilot)
        await in_one_place(fleet, pilot, "%3")
        fleet.tree([])
        await fleet.settled(pilot)
        await until(pilot, lambda: "no surfaces yet" in drawn(fleet.app))
        await pilot.press("s", "z", "1", "w", "right_square_bracket", "enter")
        fleet.tree([info(4)])
        await fleet.settled(pilot)
        await until(pilot, lambda: shown(fleet) == ["%4"] and fleet.app.main.selected == "%4")


async def test_a_pane_that_becomes_another_surface_loses_the_focus_to_the_chosen_one() -> None:
    """A shell sorts behind agents: when an agent is recognised the panes change places."""
    fleet = Fleet()
    async with fleet.app.run_test(size=SIZES[0]) as pilot:
        fleet.tree(info(number) for number in range(1, 7))
        fleet.post(*(ScreenRead(NOW, f"%{n}", screen("$"), seen(AgentState.SHELL, "")) for n in range(1, 7)))
        await fleet.settled(pilot)
        await pilot.press("2")
        await in_one_place(fleet, pilot, "%2")
        fleet.post(read(5, "agent", AgentState.WORKING), read(6, "agent", AgentState.WORKING))
        await fleet.settled(pilot)
        assert shown(fleet) == ["%5", "%6", "%1", "%2", "%3", "%4"]
        await in_one_place(fleet, pilot, "%2")
        await pilot.press("z")
        await until(pilot, lambda: shown(fleet) == ["%2"])


async def test_a_server_that_is_away_is_said_and_comes_back() -> None:
    fleet = Fleet()
    async with fleet.app.run_test(size=SIZES[0]) as pilot:
        await until(pilot, lambda: "looking for a terminal server" in drawn(fleet.app))
        fleet.post(MuxDown(NOW, "tmux /tmp/x", "tmux: no server on /tmp/x"))
        await until(
            pilot, lambda: "✗ away" in rows(fleet.app)[0] and drawn(fleet.app).count("no server on /tmp/x") == 2
        )
        await fleet.start(pilot, 3)
        await until(pilot, lambda: "nobody waits" in rows(fleet.app)[0] and "away" not in drawn(fleet.app))
        fleet.post(MuxDown(NOW, "tmux /tmp/x", "tmux: it is gone"))
        await until(pilot, lambda: "tmux: it is gone" in rows(fleet.app)[0])
        text = drawn(fleet.app)
        assert text.count("server away") == 3 and "screen of 2" in text and "what is shown is from before" in text
        fleet.post(ScreenFailed(NOW, "%2", "no such pane"))
        fleet.tree([info(1), info(2), info(3)])
        await until(pilot, lambda: "no such pane" in drawn(fleet.app) and "server away" not in drawn(fleet.app))


async def test_only_agents_are_shown_when_asked() -> None:
    fleet = Fleet(replace(Config(), show="agents"), specs=(SurfaceSpec("%4", "CONFIGURED"),))
    async with fleet.app.run_test(size=SIZES[0]) as pilot:
        fleet.tree(info(number) for number in range(1, 5))
        fleet.post(ScreenRead(NOW, "%1", screen("$"), seen(AgentState.SHELL, "")), read(2, "agent"))
        await fleet.settled(pilot)
        await until(pilot, lambda: shown(fleet) == ["%4", "%2"])


async def test_slices_reach_their_widgets() -> None:
    fleet = Fleet(note="demo fleet")
    async with fleet.app.run_test(size=SIZES[0]) as pilot:
        await fleet.start(pilot, 2)
        fleet.post(
            LogRead(NOW, "log.json", (Dispatch(54, "%2", "Hermes 과제", DispatchStatus.WORKING),)),
            ServicesRead(NOW, "processes", (Service("auto", "absent", "running", Judgement.ALARM, "pid 1"),)),
            CollectorRead(NOW, "http://x", Collector(CollectorState.UP, "200", ":4318", logs=30_306)),
            read(1, "ask", AgentState.APPROVAL, reason="Bash: rm"),
        )
        await fleet.settled(pilot)
        text = drawn(fleet.app)
        for part in ("▲ 1 waits for you", "demo fleet", "✗ auto running, expected absent", "30.3k logs", "Bash: rm"):
            assert part in text, part
        assert text.count("#54") == 2, "in the table and over its surface"
        fleet.post(LogFailed(NOW, "log.json", "log.json: not JSON"))
        await until(pilot, lambda: "log.json: not JSON" in drawn(fleet.app) and "Hermes 과제" in drawn(fleet.app))


async def test_opening_a_dispatch_without_a_surface_says_so() -> None:
    fleet = Fleet()
    async with fleet.app.run_test(size=SIZES[0], notifications=True) as pilot:
        await fleet.start(pilot, 1)
        fleet.post(LogRead(NOW, "log.json", (Dispatch(3, "[/]gone", "task", DispatchStatus.DONE),)))
        await fleet.settled(pilot)
        fleet.app.main.query_one(DispatchTable).focus()
        await pilot.press("g")
        await until(pilot, lambda: "#3: no surface [/]gone here" in drawn(fleet.app))


@pytest.mark.parametrize("size", SIZES)
async def test_markup_is_only_text_everywhere(size: tuple[int, int]) -> None:
    specs = tuple(SurfaceSpec(f"%{n}", text, text, text) for n, text in enumerate(HOSTILE, 1))
    fleet = Fleet(note="[@click=app.quit]note[/]", specs=specs)
    text = "[@click=app.quit]x[/]"
    async with fleet.app.run_test(size=size, notifications=True) as pilot:
        fleet.tree(info(number, title=text) for number in range(1, 8))
        fleet.post(
            LogRead(NOW, text, tuple(Dispatch(n, t, t, DispatchStatus.UNKNOWN, t) for n, t in enumerate(HOSTILE, 1))),
            ServicesRead(NOW, text, (Service(text, text, text, Judgement.ALARM, text),)),
            CollectorRead(NOW, text, Collector(CollectorState.DOWN, text, text)),
            *(read(n, f"{t}\n{t}", AgentState.APPROVAL, reason=t) for n, t in enumerate(HOSTILE, 1)),
            ScreenFailed(NOW, "%1", text),
            LogFailed(NOW, text, text),
        )
        await fleet.settled(pilot)
        fleet.app.notify(text, markup=False)
        await until(pilot, lambda: drawn(fleet.app).count(text) > 3)
        whole(fleet.app, size)
        assert clickable(fleet.app) == []
        for row, line in enumerate(rows(fleet.app)[:-1]):
            at = line.find("[@click=app.quit]x")
            if at >= 0:
                await pilot.click(offset=(min(at + 17, size[0] - 1), row))
        assert not fleet.app._exit
        fleet.post(MuxDown(NOW, text, text))
        await until(pilot, lambda: text[: size[0] // 5] in rows(fleet.app)[0])
        fleet.tree([])
        fleet.post(MuxDown(NOW, text, text))
        await until(pilot, lambda: text in "".join(rows(fleet.app)[1:-8]))
        assert clickable(fleet.app) == []


@pytest.mark.parametrize(
    ("width", "height", "count", "name", "columns", "rows_"),
    [(200, 55, 6, "wide", 3, 2), (200, 55, 1, "wide", 1, 1), (200, 55, 4, "wide", 2, 2), (120, 40, 6, "medium", 2, 3),
     (120, 40, 13, "medium", 2, 3), (80, 24, 6, "compact", 1, 1), (300, 20, 6, "compact", 1, 1)],
)  # fmt: skip
def test_arrangements(width: int, height: int, count: int, name: str, columns: int, rows_: int) -> None:
    plan = arrange(width, height, count)
    assert (plan.name, plan.columns, plan.rows) == (name, columns, rows_)
    assert plan.per_page == columns * rows_


def test_rows_give_way_to_a_dialog_and_fill_the_area() -> None:
    assert row_heights(40, (0, 0)) == (20, 20)
    assert row_heights(41, (10, 0)) == (21, 20)
    assert row_heights(40, (30, 0)) == (30, 10)
    for needs in ((30, 30), (100, 0, 0), (7, 8, 90), (0, 0, 0, 39)):
        heights = row_heights(40, needs)
        assert sum(heights) == 40 and min(heights) >= LEAST_PANE
    assert row_heights(6, (9, 9)) == (3, 3)
