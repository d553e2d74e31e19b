"""The base of the widgets that change often: rows kept as strips, and only rows that differ are painted again."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from console.widgets.ansi import steady

Part = tuple[str, Style]
"""A text and its style."""


class Lines(Widget):
    """Draws exactly the rows it was given by `put` (Textual's Line API)."""

    def __init__(self, *, name: str | None = None, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self._rows: list[tuple[Segment, ...]] = []
        self._drawn: dict[int, Strip] = {}
        self.painted = 0
        """Rows asked to be painted again so far; for tests and the benchmark."""

    def put(self, rows: Sequence[tuple[Segment, ...]], *, all_new: bool = False) -> None:
        """Show *rows*; rows equal to the ones shown cost nothing."""
        before, self._rows = self._rows, list(rows)
        if all_new:
            self._drawn.clear()
            self.painted += len(self._rows)
            self.refresh()
            return
        width = self.size.width
        changed = [
            row
            for row in range(max(len(before), len(self._rows)))
            if row >= len(before) or row >= len(self._rows) or before[row] != self._rows[row]
        ]
        self.painted += len(changed)
        for row in changed:
            self._drawn.pop(row, None)
        if changed:
            self.refresh(*(Region(0, row, width, 1) for row in changed))

    def render_line(self, y: int) -> Strip:
        """One row, padded with the widget's own background."""
        strip = self._drawn.get(y)
        if strip is None:
            base, width = self.rich_style, self.size.width
            if y < len(self._rows):
                strip = Strip(self._rows[y]).apply_style(base).adjust_cell_length(width, base)
            else:
                strip = Strip.blank(width, base)
            self._drawn[y] = strip
        return strip

    def notify_style_update(self) -> None:
        """Colours changed: everything is drawn again."""
        self._drawn.clear()
        super().notify_style_update()

    def on_resize(self) -> None:
        """The width changed: everything is drawn again, also what was painted before this event came."""
        self._drawn.clear()
        self.refresh()


def bar(width: int, left: Sequence[Part], right: Sequence[Part], fill: Style) -> tuple[Segment, ...]:
    """One row of *width* cells: *left* cut to what *right* leaves, *fill* under both."""
    tail = [(steady(text), style) for text, style in right if text]
    tail_width = sum(cell_len(text) for text, _ in tail)
    if tail_width > width:
        tail, tail_width = [], 0
    room = width - tail_width
    out: list[Segment] = []
    for raw, style in left:
        text = steady(raw)
        cells = cell_len(text)
        if cells > room:
            text = cut(text, room)
            out.append(Segment(text, fill + style))
            room -= cell_len(text)  # a cell can be left where a wide character or a blank was cut
            break
        if text:
            out.append(Segment(text, fill + style))
        room -= cells
    if room > 0:
        out.append(Segment(" " * room, fill))
    out += [Segment(text, fill + style) for text, style in tail]
    return tuple(out)


def cut(text: str, width: int) -> str:
    """*text* in exactly *width* cells at most, with an ellipsis when it was longer."""
    if cell_len(text) <= width:
        return text
    if width <= 0:
        return ""
    return set_cell_size(text, width - 1).rstrip() + "…"
