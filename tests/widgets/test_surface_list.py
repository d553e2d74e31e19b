"""The list of surfaces of the small screen."""

from __future__ import annotations

from dataclasses import replace

from textual import on

from console.model.agent import AgentState, AgentStatus, Regions
from console.model.dispatch import Dispatch, DispatchStatus
from console.model.surface import Surface
from console.widgets.surface_list import SurfaceList, last_line
from console.widgets.surface_pane import PaneView
from tests.ui_helpers import HOSTILE, NOW, Stage, clickable, info, rows, screen, seen, whole


def view(number: int, name: str = "", text: str = "last row", state: AgentState = AgentState.IDLE) -> PaneView:
    status = AgentStatus(seen(state, regions=Regions((0, 5))), NOW - 5)
    surface = Surface(info(number), name or f"AGENT {number}", screen=screen(text), status=status, read_at=NOW)
    return PaneView(surface, None, number if number < 10 else 0)


class Choosing(Stage):
    def __init__(self) -> None:
        self.listing = SurfaceList()
        self.chosen: list[str] = []
        super().__init__(self.listing)

    @on(SurfaceList.Selected)
    def _chosen(self, message: SurfaceList.Selected) -> None:
        self.chosen.append(message.key)


async def test_columns_stand_under_each_other_also_with_korean_names() -> None:
    app = Choosing()
    async with app.run_test(size=(80, 5)) as pilot:
        dispatch = Dispatch(54, "%1", "과제", DispatchStatus.WORKING)
        views = [view(1, "CLAUDE"), view(2, "코덱스 검증"), view(3, "a very long name of a surface"),
                 replace(view(4, "✔\ufe0f done"), dispatch=dispatch)]  # fmt: skip
        app.listing.styles.height = 4
        app.listing.show(views, "%1", NOW)
        await pilot.pause()
        whole(app, (80, 5))
        from rich.cells import cell_len

        ends = [
            cell_len(row[: row.index("#54" if number == 3 else "last row")]) for number, row in enumerate(rows(app)[:4])
        ]
        assert len(set(ends)) == 1, rows(app)
        assert rows(app)[3].rstrip().endswith("#54 last row")


async def test_keys_and_clicks_choose() -> None:
    app = Choosing()
    async with app.run_test(size=(80, 4)) as pilot:
        views = [view(number) for number in range(1, 13)]
        app.listing.styles.height = 4
        app.listing.focus()

        async def press(key: str, selected: str) -> str:
            app.listing.show(views, selected, NOW)
            await pilot.press(key)
            await pilot.pause()
            return app.chosen.pop()

        assert await press("down", "%1") == "%2"
        assert await press("j", "%2") == "%3"
        assert await press("up", "%2") == "%1"
        assert await press("k", "%1") == "%1"
        assert await press("end", "%1") == "%12"
        assert await press("down", "%12") == "%12"
        assert await press("home", "%12") == "%1"
        app.listing.show(views, "%9", NOW)
        await pilot.pause()
        assert ["AGENT 9" in row for row in rows(app)] == [True, False, False, False], "no further than needed"
        await pilot.click(SurfaceList, offset=(3, 2))
        await pilot.pause()
        assert app.chosen == ["%11"]
        app.listing.show((), "%9", NOW)
        await pilot.press("down")
        assert app.chosen == ["%11"]


async def test_equal_rows_cost_nothing() -> None:
    app = Choosing()
    async with app.run_test(size=(80, 4)) as pilot:
        app.listing.styles.height = 4
        views = [view(number) for number in range(1, 4)]
        app.listing.show(views, "%1", NOW)
        await pilot.pause()
        app.listing.painted = 0
        app.listing.show([view(number) for number in range(1, 4)], "%1", NOW)
        assert app.listing.painted == 0
        app.listing.show([view(1), view(2, text="news"), view(3)], "%1", NOW)
        assert app.listing.painted == 1
        app.listing.show([view(1), view(2, text="news"), view(3)], "%3", NOW)
        assert app.listing.painted == 3, "the old and the new selected row"


async def test_a_new_theme_colours_the_rows() -> None:
    app = Choosing()
    async with app.run_test(size=(80, 4)) as pilot:
        app.listing.styles.height = 4
        app.listing.show([view(1, state=AgentState.APPROVAL)], "", NOW)
        await pilot.pause()
        before = [segment.style for segment in app.listing.render_line(0)]
        app.theme = "oc-light"
        await pilot.pause()
        assert [segment.style for segment in app.listing.render_line(0)] != before


def test_the_last_line_is_the_agents_output_or_what_it_waits_for() -> None:
    idle = view(1, text="one\ntwo\n\n\n\n❯ prompt below the body").surface
    assert last_line(idle) == "two"
    assert last_line(view(1, text="│ cell │\n└──────┘").surface) == "│ cell │"
    assert last_line(view(1, text="──\n└─┘").surface) == "└─┘"
    waits = replace(idle, status=AgentStatus(seen(AgentState.APPROVAL, reason="Bash: rm -rf build"), NOW))
    assert last_line(waits) == "Bash: rm -rf build"
    assert last_line(replace(idle, screen=None)) == "…"
    assert last_line(replace(idle, screen=None, error="no such pane")) == "no such pane"
    assert last_line(replace(idle, status=None)) == "❯ prompt below the body"


async def test_markup_is_only_text() -> None:
    app = Choosing()
    async with app.run_test(size=(120, 9)) as pilot:
        app.listing.styles.height = len(HOSTILE)
        app.listing.show([view(n, text, text) for n, text in enumerate(HOSTILE, 1)], "%1", NOW)
        await pilot.pause()
        whole(app, (120, 9))
        for text, row in zip(HOSTILE, rows(app), strict=False):
            assert row.count(text) == 2 or row.count(text[:19]) == 2
        assert clickable(app) == []
