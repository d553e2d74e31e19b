"""How many panes the screen has room for. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

PANE_WIDTH: Final = 53
"""Cells a pane needs to be worth a column of its own."""
PANE_HEIGHT: Final = 9
COMPACT_WIDTH: Final = 100
COMPACT_HEIGHT: Final = 32
FRAME: Final = 3
"""Rows of the top bar, the status bar and the footer."""
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

    @property
    def per_page(self) -> int:
        """Panes on one page."""
        return self.columns * self.rows


def arrange(width: int, height: int, surfaces: int) -> Arrangement:
    """The arrangement for a screen of *width* by *height* cells with this many *surfaces*."""
    wanted = max(1, surfaces)
    if width < COMPACT_WIDTH or height < COMPACT_HEIGHT:
        spare = max(0, height - FRAME - 8)
        rows = min(wanted, LIST_ROWS, max(1, spare // 2))
        return Arrangement("compact", 1, 1, 4 if height >= 22 else 0, rows)
    wide = width >= 3 * PANE_WIDTH and height >= 45
    table = max(6, height // 5) if wide else max(5, height // 6)
    columns = min(max(2, width // PANE_WIDTH), wanted)
    fitting = max(1, (height - FRAME - table) // PANE_HEIGHT)
    rows = min(fitting, -(-wanted // columns))
    # The last row should not stand half empty when fewer columns show as many.
    while columns > 1 and (columns - 1) * rows >= wanted:
        columns -= 1
    return Arrangement("wide" if wide else "medium", columns, rows, table)
