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

    def select(self, key: str, *, focus: bool = True) -> None:
        """Go to a surface."""
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

    @property
    def table_place(self) -> tuple[bool, int | None]:
        """Whether the operator is in the dispatch table, and the number of the dispatch under its cursor."""
        there = self.focused is self._table
        marked = self._table.marked
        return there, marked.number if there and marked is not None else None

    @property
    def filter_text(self) -> str:
        """What the dispatches are filtered by."""
        return self._table.filter_text

    @property
    def sort(self) -> str:
        """The order of the dispatches."""
        return self._table.sort

    def take_up(
        self, key: str, *, zoomed: bool, filter_text: str, sort: str, table: bool, dispatch: int | None
    ) -> None:
        """Go to where the operator was: the surface *key*, the table as it was, *dispatch* under its cursor."""
        if sort in SORTS:
            self._table.sort = sort
        if filter_text:
            self._filter.add_class("-open")
            self._filter.value = filter_text
            self._table.filter_text = filter_text
        if key:
            self.select(key)
        if zoomed:
            self._zoom(True)
        if table and not zoomed:
            self.call_after_refresh(self._table.focus)
            self._table.seek(dispatch)

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
