"""The line the filter of the dispatch table is typed into."""

from __future__ import annotations

from textual.binding import Binding
from textual.widgets import Input


class FilterLine(Input):
    """Esc shows every dispatch again, Enter keeps the filter."""

    BINDINGS = [Binding("escape", "screen.leave_filter", "clear"), Binding("enter", "submit", "keep")]
