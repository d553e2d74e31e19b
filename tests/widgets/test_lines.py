"""Rows are painted again only when they differ."""

from __future__ import annotations

import pytest
from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widgets import Static

from console.widgets.lines import Lines, bar, cut
from tests.ui_helpers import Stage, clickable, drawn, rows, whole
from tests.ui_helpers import strips as rows_of

Row = tuple[Segment, ...]


def of(*texts: str) -> list[Row]:
    return [(Segment(text),) for text in texts]


class Counted(Lines):
    """Counts what Textual really asks for."""

    DEFAULT_CSS = "Counted { height: 1fr; }"

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[int] = []

    def render_line(self, y: int) -> Strip:
        self.asked.append(y)
        return super().render_line(y)


async def test_only_rows_that_differ_are_painted() -> None:
    lines = Counted()
    app = Stage(lines)
    async with app.run_test(size=(30, 6)) as pilot:
        lines.put(of("one", "two", "three", "four"))
        await pilot.pause()
        lines.painted, lines.asked = 0, []
        lines.put(of("one", "two", "three", "four"))
        await pilot.pause()
        assert (lines.painted, lines.asked) == (0, []), "equal rows cost nothing"
        before = [lines.render_line(row) for row in range(6)]
        lines.put(of("one", "2", "three", "four"))
        await pilot.pause()
        assert lines.painted == 1
        assert [row.strip() for row in rows(app)] == ["one", "2", "three", "four", "", ""]
        assert [lines.render_line(row) is before[row] for row in range(6)] == [True, False, True, True, True, True]
        lines.painted = 0
        lines.put([(Segment("one", Style(bold=True)),), *of("2", "three", "four")])
        await pilot.pause()
        assert lines.painted == 1, "a colour is a difference"
        segment = next(iter(rows_of(app)[0]))
        assert segment.style is not None and segment.style.bold


async def test_fewer_and_more_rows() -> None:
    lines = Counted()
    app = Stage(lines)
    async with app.run_test(size=(30, 6)) as pilot:
        lines.put(of("one", "two", "three"))
        await pilot.pause()
        lines.put(of("one"))
        await pilot.pause()
        assert drawn(app).split() == ["one"]
        lines.painted = 0
        lines.put(of("one", "zwei", "drei"))
        await pilot.pause()
        assert drawn(app).split() == ["one", "zwei", "drei"] and lines.painted == 2
        lines.put(of("one", "zwei", "drei"), all_new=True)
        assert lines.painted == 5


async def test_rows_are_padded_cut_and_drawn_again_for_a_new_width_and_theme() -> None:
    lines = Counted()
    app = Stage(lines)
    async with app.run_test(size=(10, 4)) as pilot:
        lines.put(of("한글한글한글", "x"))
        await pilot.pause()
        whole(app, (10, 4))
        assert rows(app)[0] == "한글한글한"
        await pilot.resize_terminal(16, 4)
        await pilot.pause()
        whole(app, (16, 4))
        assert rows(app)[0].startswith("한글한글한글")
        before = lines.rich_style
        app.theme = "oc-light"
        await pilot.pause()
        assert lines.rich_style != before
        segment = next(iter(lines.render_line(1)))
        assert segment.style is not None and segment.style.bgcolor == lines.rich_style.bgcolor


@pytest.mark.parametrize("width", range(1, 40))
def test_a_bar_is_exactly_as_wide_as_asked(width: int) -> None:
    left = [(" 이름 name ", Style(bold=True)), ("과제 ✔\ufe0f task", Style())]
    row = bar(width, left, [(" ▲ 2 wait ", Style())], Style(bgcolor="red"))
    assert sum(cell_len(segment.text) for segment in row) == width
    assert all(segment.style is not None and segment.style.bgcolor is not None for segment in row)


def test_the_right_of_a_bar_stands_and_the_left_is_cut() -> None:
    text = "".join(s.text for s in bar(20, [("a long left part", Style())], [(" right", Style())], Style()))
    assert text == "a long left p… right"
    text = "".join(s.text for s in bar(4, [("left", Style())], [("too long", Style())], Style()))
    assert text == "left", "what does not fit at all goes"


@pytest.mark.parametrize(
    ("text", "width", "shown"),
    [("short", 5, "short"), ("longer", 5, "long…"), ("한글말", 5, "한글…"), ("한글말", 4, "한…"), ("x", 0, ""),
     ("ab", 1, "…")],
)  # fmt: skip
def test_cut(text: str, width: int, shown: str) -> None:
    assert cut(text, width) == shown
    assert cell_len(cut(text, width)) <= width


async def test_what_markup_would_do_is_seen_by_these_tests() -> None:
    app = Stage(Static("[@click=app.quit]go[/] [link='http://x']there[/]"))
    async with app.run_test(size=(30, 2)) as pilot:
        await pilot.pause()
        assert clickable(app) == ["go", "there"]
