"""The list of the operations screen: one virtual table with headings; only rows on screen are drawn."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from console.model.service import Judgement
from console.widgets.ansi import steady
from console.widgets.lines import Part, bar, cut
from console.widgets.operations_rows import MARKS, STYLES, Row

WHAT = 13
WHEN = 8
"""Cells of the columns in the middle, with a blank at the end."""


class OperationsTable(ScrollView, can_focus=True):
    """`show` gives it the rows; the cursor stays on the row with the same key."""

    COMPONENT_CLASSES = {
        "table--header", "table--cursor", "table--meta", "table--open", "table--alert", "table--note", "table--calm",
    }  # fmt: skip

    class Marked(Message):
        """The cursor is on another row, or on the same with other content."""

    class Opened(Message):
        """Enter or a double click on the row of the cursor."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._rows: tuple[Row, ...] = ()
        self._at = 0
        self._key = ""
        self._empty = ""
        self.painted = 0
        """Rows asked to be painted again so far; for tests."""

    @property
    def marked(self) -> Row | None:
        """The row of the cursor; None without rows."""
        return self._rows[self._at] if self._at < len(self._rows) and not self._rows[self._at].head else None

    def show(self, rows: Sequence[Row], empty: str) -> None:
        """Show *rows*; *empty* stands there when there are none."""
        before, marked = self._rows, self.marked
        self._rows, self._empty = tuple(rows), empty
        at = next((at for at, row in enumerate(self._rows) if row.key == self._key and not row.head), None)
        if at is None:
            at = self._near(min(self._at, len(self._rows) - 1), 1)
        self._at = at
        self._key = self._rows[self._at].key if self._rows else ""
        if len(before) != len(self._rows) or not self._rows:
            self.virtual_size = Size(0, len(self._rows))
            self.refresh()
            self._reveal()
        else:
            top = self.scroll_offset.y
            for row in range(top, min(top + self.size.height, len(self._rows))):
                if before[row] != self._rows[row]:
                    self._repaint(row)
            if before[self._at].key != self._key:
                self.refresh()
                self._reveal()
        if self.marked != marked:
            self.post_message(self.Marked())

    def go(self, key: str) -> bool:
        """Put the cursor on the row with this key; whether there is one."""
        at = next((at for at, row in enumerate(self._rows) if row.key == key and not row.head), None)
        if at is not None:
            self._move(at)
        return at is not None

    def section(self, by: int) -> None:
        """To the first row of the next section (*by* 1) or of the previous one (-1); round and round."""
        heads = [at for at, row in enumerate(self._rows) if row.head]
        if not heads:
            return
        mine = max((nr for nr, at in enumerate(heads) if at <= self._at), default=0)
        self._move(heads[(mine + by) % len(heads)] + 1)

    # -- the cursor ----------------------------------------------------------------------------------------------

    def _near(self, at: int, by: int) -> int:
        """The row at *at*, or the next one in the direction *by* that is no heading."""
        size = len(self._rows)
        order: list[int] = [*range(at, size if by > 0 else -1, by), *range(at, -1 if by > 0 else size, -by)]
        for each in order:
            if 0 <= each < size and not self._rows[each].head:
                return each
        return 0

    def _move(self, at: int) -> None:
        if not self._rows:
            return
        by = 1 if at >= self._at else -1
        old, self._at = self._at, self._near(max(0, min(at, len(self._rows) - 1)), by)
        self._key = self._rows[self._at].key
        if old != self._at:
            self._repaint(old)
            self._repaint(self._at)
            self._reveal()
            self.post_message(self.Marked())

    def _reveal(self) -> None:
        top, room = self.scroll_offset.y, max(1, self.size.height)
        # The heading stands above the first row of its section: it is shown with it.
        first: int = self._at - 1 if self._at and self._rows and self._rows[self._at - 1].head else self._at
        if first < top:
            self.scroll_to(y=first, animate=False)
        elif self._at >= top + room:
            self.scroll_to(y=self._at - room + 1, animate=False)

    def _repaint(self, row: int) -> None:
        y = row - self.scroll_offset.y
        if 0 <= y < self.size.height:
            self.painted += 1
            self.refresh(Region(0, y, self.size.width, 1))

    def on_key(self, event: events.Key) -> None:
        """Move the cursor; Tab goes from section to section; Enter opens."""
        page = max(1, self.size.height - 1)
        moves = {"up": -1, "k": -1, "down": 1, "j": 1, "pageup": -page, "pagedown": page}
        if event.key in moves:
            self._move(self._at + moves[event.key])
        elif event.key in ("home", "end"):
            self._move(0 if event.key == "home" else len(self._rows) - 1)
        elif event.key in ("tab", "shift+tab"):
            self.section(1 if event.key == "tab" else -1)
        elif event.key == "enter":
            self.post_message(self.Opened())
        else:
            return
        event.stop()
        event.prevent_default()

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on the row; a second click opens it."""
        at = self.scroll_offset.y + event.y
        if at < len(self._rows) and not self._rows[at].head:
            self._move(at)
            if event.chain == 2:
                self.post_message(self.Opened())

    def on_focus(self) -> None:
        """The cursor is brighter with the focus."""
        self._repaint(self._at)

    on_blur = on_focus

    def on_resize(self) -> None:
        """Keep the cursor on screen."""
        self._reveal()

    # -- drawing -------------------------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        """The row that the scroll position puts at *y*."""
        width = self.scrollable_content_region.width
        at = self.scroll_offset.y + y
        if at < len(self._rows):
            drawn = self._row(self._rows[at], width, at == self._at)
            return Strip(drawn).adjust_cell_length(width, self.rich_style)
        if y == 1 and not self._rows:
            text = Segment("  " + cut(self._empty, width - 2), self.rich_style + self._style("meta"))
            return Strip([text]).adjust_cell_length(width, self.rich_style)
        return Strip.blank(width, self.rich_style)

    def _style(self, name: str) -> Style:
        return self.get_component_rich_style(f"table--{name}", partial=True)

    def _row(self, row: Row, width: int, marked: bool) -> tuple[Segment, ...]:
        name = max(15, min(30, width // 3 - 3))
        meta = self._style("meta")
        if row.head:
            fill = self.get_component_rich_style("table--header")
            cells = _column(f" {row.name}", name + 3), _column(row.what, WHAT), _right(row.when, WHEN)
            left: list[Part] = [(cells[0], self._style("open")), (f"{cells[1]}{cells[2]}{row.rest}", meta)]
            return bar(width, left, [], fill)
        fill = self.get_component_rich_style("table--cursor") if marked else self.rich_style
        look = self._style(STYLES.get(row.judgement, "calm"))
        words = self._style("open") if row.judgement is Judgement.OK else look
        mark = "  ╰ " if row.member else f" {MARKS[row.judgement]} "
        left = [
            (mark, meta if row.member and row.judgement is Judgement.OK else look),
            (_column(row.name, name + 3 - cell_len(mark)), self._style("open")),
            (_column(row.what, WHAT), words),
            (_right(row.when, WHEN), meta),
            (row.rest, meta),
        ]
        return bar(width, left, [], fill)


def _column(text: str, width: int) -> str:
    text = cut(steady(text), width - 1)
    return text + " " * (width - cell_len(text))


def _right(text: str, width: int) -> str:
    text = cut(steady(text), width - 2)
    return " " * (width - 2 - cell_len(text)) + text + "  "
