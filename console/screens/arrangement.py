"""How many panes the screen has room for. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

PANE_WIDTH: Final = 53
"""Cells a pane needs to be worth a column of its own."""
PANE_HEIGHT: Final = 9
COMPACT_WIDTH: Final = 100
COMPACT_HEIGHT: Final = 32
FRAME: Final = 3
"""Rows of the top bar, a status bar of one row and the footer."""
LIST_ROWS: Final = 7


@dataclass(frozen=True, slots=True)
class Arrangement:
    """What goes where on a screen of one size."""

    name: Literal["wide", "medium", "compact"]
    columns: int
    rows: int
    table_rows: int
    """Height of the dispatch table with its header."""
    list_rows: int = 0
    """Height of the list of surfaces; 0 when the panes themselves are the overview."""

    status_rows: int = 1
    """Height of the status bar."""

    @property
    def frame(self) -> int:
        """Rows of everything that is always there."""
        return FRAME - 1 + self.status_rows

    @property
    def per_page(self) -> int:
        """Panes on one page."""
        return self.columns * self.rows


LEAST_PANE: Final = 5
"""Rows a pane keeps when another needs room for its dialog."""


def row_heights(area: int, needs: Sequence[int]) -> tuple[int, ...]:
    """Heights of the rows of the grid, *area* in all; *needs* is the height each wants for a dialog (0: none).

    All rows are equal unless a dialog would be cut.
    """
    count = len(needs)
    equal = tuple(area // count + (1 if row < area % count else 0) for row in range(count))
    if all(need <= have for need, have in zip(needs, equal, strict=True)):
        return equal
    spare = area - LEAST_PANE * count
    if spare <= 0:
        return equal
    extra = [max(0, need - LEAST_PANE) for need in needs]
    granted = extra if sum(extra) <= spare else [spare * each // sum(extra) for each in extra]
    rest = spare - sum(granted)
    takers = [row for row in range(count) if not needs[row]] or list(range(count))
    heights = [LEAST_PANE + each for each in granted]
    for turn in range(rest):
        heights[takers[turn % len(takers)]] += 1
    return tuple(heights)


def arrange(width: int, height: int, surfaces: int, records: int = 1000, status_rows: int = 1) -> Arrangement:
    """The arrangement for a screen of *width* by *height* cells with this many *surfaces* and log *records*.

    *status_rows*: what the status bar can fill; a wide screen grants it.
    """
    least = max(2, records + 1)
    wanted = max(1, surfaces)
    if width < COMPACT_WIDTH or height < COMPACT_HEIGHT:
        spare = max(0, height - FRAME - 8)
        rows = min(wanted, LIST_ROWS, max(1, spare // 2))
        return Arrangement("compact", 1, 1, min(4, least) if height >= 22 else 0, rows)
    wide = width >= 3 * PANE_WIDTH and height >= 45
    table = min(least, max(6, height // 5) if wide else max(5, height // 6))
    columns = min(max(2, width // PANE_WIDTH), wanted)
    status_rows = status_rows if wide else 1
    fitting = max(1, (height - FRAME + 1 - status_rows - table) // PANE_HEIGHT)
    rows = min(fitting, -(-wanted // columns))
    # The last row should not stand half empty when fewer columns show as many.
    while columns > 1 and (columns - 1) * rows >= wanted:
        columns -= 1
    return Arrangement("wide" if wide else "medium", columns, rows, table, status_rows=status_rows)
