"""A document with tables: every cell is there, and a table costs one widget, not one for each cell."""

from __future__ import annotations

from pathlib import Path

from textual.app import App, ComposeResult
from textual.containers import VerticalScroll

import console
from console.widgets.markdown import Document
from tests.ui_helpers import rows

CELLS = [[f"c{row}x{column}" for column in range(5)] for row in range(30)]
TABLE = "\n".join(
    ["| a | 기대 상태 | c | d | e |", "|---|---|---|---|---|", *(f"| {' | '.join(row)} |" for row in CELLS)]
)


class Reader(App[None]):
    """The document alone."""

    CSS_PATH = Path(console.__file__).parent / "styles" / "markdown.tcss"

    def __init__(self, text: str) -> None:
        super().__init__()
        self._text = text

    def compose(self) -> ComposeResult:
        """In the room it has in a dialog."""
        with VerticalScroll():
            yield Document(self._text)


async def test_every_cell_is_drawn_and_a_table_is_one_text() -> None:
    app = Reader(f"# Title\n\n{TABLE}\n\nThe end\n")
    async with app.run_test(size=(80, 60)) as pilot:
        await pilot.pause()
        shown = "\n".join(rows(app))
        assert all(cell in shown for row in CELLS for cell in row)
        assert "기대 상태" in shown and "The end" in shown
        assert len(app.query("Document *")) < 20


async def test_what_is_too_wide_wraps_and_marks_are_texts() -> None:
    app = Reader(f"| [bold]a[/] | b |\n|---|---|\n| {'가나다라' * 20} | [link=x]y[/link] |\n| | last |\n")
    async with app.run_test(size=(60, 30)) as pilot:
        await pilot.pause()
        shown = "\n".join(rows(app))
        assert shown.count("가") == 20 and shown.count("라") == 20
        assert "[bold]a[/]" in shown and "[link=x]y[/link]" in shown and "last" in shown


async def test_new_notes_draw_it_again() -> None:
    app = Reader(TABLE)
    async with app.run_test(size=(80, 50)) as pilot:
        await app.query_one(Document).update(TABLE.replace("c3x3", "NEW"))
        await pilot.pause()
        assert "NEW" in "\n".join(rows(app))
