"""The filter line and the dispatch table of the main screen: what the operator does in them."""

from __future__ import annotations

from textual import events, on
from textual.screen import Screen
from textual.widgets import Input

from console.model.dispatch import Dispatch
from console.widgets.dispatch_table import SORTS, DispatchTable
from console.widgets.filter_line import FilterLine


class Filtering(Screen[None]):
    """A part of `console.screens.main.MainScreen`."""

    zoomed: bool
    _filter: FilterLine
    _table: DispatchTable
    _heights: str

    def open_dispatch(self, dispatch: Dispatch) -> None:
        """Go to the surface of a dispatch."""
        raise TypeError("the screen has the surfaces")

    def _focus_selected(self) -> None:
        raise TypeError("the screen has the surfaces")

    def _zoom(self, zoomed: bool) -> None:
        raise TypeError("the screen has the surfaces")

    def action_zoom(self) -> None:
        """Give the selected surface the whole screen, and back."""
        raise TypeError("the screen has the surfaces")

    def action_go_to_dispatch(self) -> None:
        """Go to the surface of the dispatch under the cursor."""
        if self._table.marked is not None:
            self.open_dispatch(self._table.marked)

    @property
    def addressed(self) -> Dispatch | None:
        """The dispatch under the cursor, while the operator is in the table."""
        return self._table.marked if self._table.has_focus else None

    def action_sort(self) -> None:
        """The next order of the dispatch table."""
        self._table.sort = SORTS[(SORTS.index(self._table.sort) + 1) % len(SORTS)]

    def action_filter(self) -> None:
        """Open the filter line."""
        if self.zoomed:
            self._zoom(False)
        line = self._filter
        line.add_class("-open")
        self.set_focus(line)  # at once: the next key is part of the filter and may come with this one

    @on(Input.Changed, "#filter")
    def _filter_typed(self, event: Input.Changed) -> None:
        self._table.filter_text = event.value

    @on(Input.Submitted, "#filter")
    def _filter_left(self) -> None:
        self._table.focus()

    def action_leave_filter(self) -> None:
        """Show every dispatch again."""
        self._filter.value = ""
        self._filter.remove_class("-open")
        self._heights = ""
        self._focus_selected()

    def on_key(self, event: events.Key) -> None:
        """Esc leaves the filter, then the zoom."""
        if event.key != "escape":
            return
        if self._filter.has_class("-open"):
            event.stop()
            self.action_leave_filter()
        elif self.zoomed:
            event.stop()
            self.action_zoom()
