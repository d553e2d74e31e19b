"""Every key of the registry, and the mouse, on the main screen."""

from __future__ import annotations

from textual.color import Color
from textual.pilot import Pilot

from console.model.agent import AgentState
from console.model.dispatch import Dispatch, DispatchStatus
from console.model.reading import LogRead
from console.screens.help import HelpScreen
from console.screens.record import RecordScreen
from console.screens.send import SendScreen
from console.screens.themes import ThemeScreen
from console.widgets.dispatch_table import DispatchTable
from console.widgets.filter_line import FilterLine
from console.widgets.surface_list import SurfaceList
from console.widgets.surface_pane import SurfacePane
from tests.ui_helpers import NOW, Fleet, drawn, read, until, whole

WIDE, SMALL = (200, 55), (80, 24)


def shown(fleet: Fleet) -> list[str]:
    """Keys of the surfaces in the panes."""
    return [pane.view.surface.key for pane in fleet.app.main.query(SurfacePane) if pane.view is not None]


def within(fleet: Fleet) -> str:
    """Key of the surface whose pane has the focus."""
    pane = fleet.app.focused
    return pane.view.surface.key if isinstance(pane, SurfacePane) and pane.view is not None else ""


async def press(fleet: Fleet, pilot: Pilot[None], key: str, selected: str) -> None:
    await pilot.press(key)
    await until(pilot, lambda: fleet.app.main.selected == selected, f"{key}: {fleet.app.main.selected} not {selected}")


async def test_digits_focus_the_panes_of_this_page_and_brackets_turn_pages() -> None:
    fleet = Fleet()
    async with fleet.app.run_test(size=(120, 40)) as pilot:
        await fleet.start(pilot, 13)
        per_page = len(shown(fleet))
        assert per_page == 6 and "page 1/3" in drawn(fleet.app)
        for number in range(per_page, 0, -1):
            await press(fleet, pilot, str(number), f"%{number}")
            assert within(fleet) == f"%{number}"
        await pilot.press("9")
        assert fleet.app.main.selected == "%1", "there is no ninth pane on this page"
        for key, first, page in (("right_square_bracket", 7, 2), ("pagedown", 13, 3), ("right_square_bracket", 1, 1),
                                 ("left_square_bracket", 13, 3), ("pageup", 7, 2)):  # fmt: skip
            await press(fleet, pilot, key, f"%{first}")
            await until(pilot, lambda page=page: f"page {page}/3" in drawn(fleet.app))  # type: ignore[misc]
            await until(pilot, lambda: within(fleet) == fleet.app.main.selected)
        await press(fleet, pilot, "2", "%8")
        assert shown(fleet) == [f"%{number}" for number in range(7, 13)]
        assert fleet.mux.interest.visible == frozenset(shown(fleet)) and fleet.mux.interest.focused == "%8"


async def test_enter_and_z_zoom_and_esc_goes_back() -> None:
    fleet = Fleet()
    async with fleet.app.run_test(size=WIDE) as pilot:
        await fleet.start(pilot)
        await press(fleet, pilot, "4", "%4")
        for there, back in (("enter", "enter"), ("z", "z"), ("z", "escape")):
            await pilot.press(there)
            await until(pilot, lambda: shown(fleet) == ["%4"] and within(fleet) == "%4")
            assert fleet.mux.interest.visible == {"%4"} and not fleet.app.main.query_one(DispatchTable).display
            await pilot.press(back)
            await until(pilot, lambda: len(shown(fleet)) == 6 and within(fleet) == "%4")
            whole(fleet.app, WIDE)
        await pilot.press("z", "right_square_bracket")
        await until(pilot, lambda: shown(fleet) == ["%5"])
        await pilot.press("2")
        await until(pilot, lambda: shown(fleet) == ["%2"])
        await pilot.press("escape")
        await until(pilot, lambda: len(shown(fleet)) == 6 and within(fleet) == "%2")
        await pilot.press("escape")
        assert not fleet.app.main.zoomed and fleet.app.is_running


async def test_tab_goes_round_panes_and_table_and_follows_the_selection() -> None:
    fleet = Fleet()
    async with fleet.app.run_test(size=WIDE) as pilot:
        await fleet.start(pilot)
        await press(fleet, pilot, "5", "%5")
        await press(fleet, pilot, "tab", "%6")
        await pilot.press("tab")
        await until(pilot, lambda: isinstance(fleet.app.focused, DispatchTable))
        assert fleet.app.main.selected == "%6"
        await press(fleet, pilot, "tab", "%1")
        await pilot.press("shift+tab")
        await until(pilot, lambda: isinstance(fleet.app.focused, DispatchTable))


async def test_w_goes_round_those_who_wait_longest_first_across_pages() -> None:
    fleet = Fleet()
    async with fleet.app.run_test(size=(120, 40)) as pilot:
        await fleet.start(pilot, 13)
        await pilot.press("w")
        await until(pilot, lambda: any("Nobody waits" in note.message for note in fleet.app._notifications))
        waits = ((12, AgentState.APPROVAL), (3, AgentState.QUESTION), (7, AgentState.ERROR))
        fleet.post(*(read(number, "ask", state, NOW + at) for at, (number, state) in enumerate(waits)))
        await fleet.settled(pilot)
        for key in ("%12", "%3", "%7", "%12"):
            await press(fleet, pilot, "w", key)
            await until(pilot, lambda: within(fleet) == fleet.app.main.selected)
        await pilot.press("z")
        await until(pilot, lambda: shown(fleet) == ["%12"])
        await press(fleet, pilot, "w", "%3")
        await until(pilot, lambda: shown(fleet) == ["%3"])


async def test_slash_filters_as_it_is_typed_and_esc_clears() -> None:
    fleet = Fleet()
    async with fleet.app.run_test(size=WIDE) as pilot:
        await fleet.start(pilot)
        log = tuple(Dispatch(n, f"%{n}", f"과제 {n} quit", DispatchStatus.DONE) for n in range(1, 7))
        fleet.post(LogRead(NOW, "log", log))
        await fleet.settled(pilot)
        await press(fleet, pilot, "3", "%3")
        await pilot.press("slash", "q", "u", "i", "t", "space", "#", "4")
        await until(pilot, lambda: "1/6 dispatches" in drawn(fleet.app))
        assert fleet.app.is_running and "과제 4" in drawn(fleet.app) and "과제 5" not in drawn(fleet.app)
        whole(fleet.app, WIDE)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(fleet.app.focused, DispatchTable))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(fleet.app.screen, RecordScreen) and "과제 4" in drawn(fleet.app))
        await pilot.press("escape")
        await until(pilot, lambda: fleet.app.screen is fleet.app.main)
        await pilot.press("g")
        await until(pilot, lambda: within(fleet) == "%4")
        await pilot.press("escape")
        await until(pilot, lambda: "6 dispatches, 0 open" in drawn(fleet.app) and within(fleet) == "%4")
        await pilot.press("z", "slash", "x")
        await until(pilot, lambda: "0/6 dispatches" in drawn(fleet.app))
        assert not fleet.app.main.zoomed
        await pilot.press("escape")
        await until(pilot, lambda: "6 dispatches, 0 open" in drawn(fleet.app))
        assert not isinstance(fleet.app.focused, FilterLine)


async def test_r_reads_again_and_dialogs_open_and_close() -> None:
    fleet = Fleet()
    async with fleet.app.run_test(size=WIDE) as pilot:
        await fleet.start(pilot)
        await pilot.press("r")
        await until(pilot, lambda: "reread" in fleet.mux.calls)
        for key, dialog, leave in (("question_mark", HelpScreen, "escape"), ("question_mark", HelpScreen, "q"),
                                   ("t", ThemeScreen, "escape"), ("t", ThemeScreen, "t"),
                                   ("s", SendScreen, "escape")):  # fmt: skip
            await pilot.press(key)
            await until(pilot, lambda dialog=dialog: isinstance(fleet.app.screen, dialog))  # type: ignore[misc]
            await pilot.press(leave)
            await until(pilot, lambda: fleet.app.screen is fleet.app.main)
        assert fleet.app.is_running and fleet.mux.calls == ["reread"] and fleet.mux.typed == []


async def test_q_leaves() -> None:
    for key in ("q", "ctrl+q", "ctrl+c"):
        fleet = Fleet()
        async with fleet.app.run_test(size=SMALL) as pilot:
            await fleet.start(pilot, 1)
            await pilot.press(key)
            await until(pilot, lambda: fleet.app._exit)  # noqa: B023
        assert fleet.app.return_code == 0


async def test_the_mouse_selects_panes_rows_and_dispatches() -> None:
    fleet = Fleet()
    async with fleet.app.run_test(size=WIDE) as pilot:
        await fleet.start(pilot)
        log = tuple(Dispatch(n, f"%{n}", f"task {n}", DispatchStatus.WORKING) for n in range(1, 7))
        fleet.post(LogRead(NOW, "log", log))
        await fleet.settled(pilot)
        pane = list(fleet.app.main.query(SurfacePane))[4]
        await pilot.click(pane, offset=(10, 5))
        await until(pilot, lambda: fleet.app.main.selected == "%5" and within(fleet) == "%5")
        await pilot.click(DispatchTable, offset=(20, 4))
        await until(pilot, lambda: isinstance(fleet.app.focused, DispatchTable))
        assert fleet.app.main.query_one(DispatchTable).cursor == 3
        await pilot.click(DispatchTable, offset=(20, 4), times=2)
        await until(pilot, lambda: isinstance(fleet.app.screen, RecordScreen))
        await pilot.press("g")
        await until(pilot, lambda: within(fleet) == "%3")
        await pilot.resize_terminal(*SMALL)
        await until(pilot, lambda: fleet.app.main.query_one(SurfaceList).display)
        await pilot.click(SurfaceList, offset=(30, 5))
        await until(pilot, lambda: shown(fleet) == ["%6"])
        whole(fleet.app, SMALL)


async def test_the_small_screen_moves_in_its_list() -> None:
    fleet = Fleet()
    async with fleet.app.run_test(size=SMALL) as pilot:
        await fleet.start(pilot, 13)
        await press(fleet, pilot, "3", "%3")
        assert isinstance(fleet.app.focused, SurfaceList)
        await press(fleet, pilot, "down", "%4")
        await press(fleet, pilot, "end", "%13")
        await press(fleet, pilot, "right_square_bracket", "%1")
        await press(fleet, pilot, "left_square_bracket", "%13")
        await pilot.press("enter")
        await until(pilot, lambda: fleet.app.main.zoomed and within(fleet) == "%13")
        whole(fleet.app, SMALL)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(fleet.app.focused, SurfaceList))
        assert shown(fleet) == ["%13"]


def underlined(fleet: Fleet) -> list[str]:
    """Names of the panes whose header is drawn as the focused one."""
    panes = fleet.app.main.query(SurfacePane)
    marks = [(pane, part) for pane in panes for part in pane.render_line(0) if part.style and part.style.underline]
    return [pane.view.surface.key for pane, _ in marks if pane.view is not None]


async def test_the_mark_of_the_focus_is_where_the_focus_is() -> None:
    fleet = Fleet()
    async with fleet.app.run_test(size=WIDE) as pilot:
        await fleet.start(pilot)
        for key in "231552":
            await press(fleet, pilot, key, f"%{key}")
            await until(pilot, lambda key=key: underlined(fleet) == [f"%{key}"], f"after {key}")  # type: ignore[misc]


async def test_a_new_theme_colours_the_headers_at_once() -> None:
    fleet = Fleet()
    async with fleet.app.run_test(size=WIDE) as pilot:
        await fleet.start(pilot)
        for theme in ("oc-light", "textual-light", "oc-dark"):
            fleet.app.theme = theme
            wanted = Color.parse(fleet.app.theme_variables["panel"]).rich_color.triplet
            pane = list(fleet.app.main.query(SurfacePane))[3]

            def ground(pane: SurfacePane = pane) -> object:
                style = next(iter(pane.render_line(0))).style
                return style.bgcolor.triplet if style is not None and style.bgcolor is not None else None

            await until(pilot, lambda ground=ground, wanted=wanted: ground() == wanted, theme)  # type: ignore[misc]
