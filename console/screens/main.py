"""The one screen: panes, dispatch table, bars."""

from __future__ import annotations

import time
from collections.abc import Sequence

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widgets import Static

from console.commands import COMMANDS, Command
from console.i18n import tr
from console.model.dispatch import Dispatch
from console.model.reconcile import live_states
from console.model.snapshot import Snapshot
from console.model.surface import Surface
from console.screens.arrangement import LEAST_PANE, arrange, row_heights
from console.screens.filtering import Filtering
from console.screens.fleet_views import FleetViews, Shown, fleet_provider, surface_in
from console.widgets.bars import TopBar, TopView
from console.widgets.dispatch_table import DispatchTable
from console.widgets.filter_line import FilterLine
from console.widgets.key_bar import KeyBar
from console.widgets.lines import Ground, ground
from console.widgets.status_bar import StatusBar, rows_told
from console.widgets.surface_list import SurfaceList
from console.widgets.surface_pane import PaneView, SurfacePane, rows_needed

TABLE_ROWS = 40
"""Rows after which the height of the table no longer follows the number of dispatches."""
LEAST_LIST = 2
"""Rows the list of surfaces keeps when a dialog needs the room."""
LIST_READS = 12
"""Surfaces of the compact list that are read as if on screen."""


class MainScreen(Filtering):
    """Hands every widget its slice; the operator's choices (selection, page, zoom) live here."""

    BINDINGS = [
        Binding(c.key, c.action, c.title, show=c.show, key_display=c.keys.split(" ", 1)[0], tooltip=c.help, id=c.id)
        for c in COMMANDS
    ]

    COMMANDS = {fleet_provider}

    class Looking(Message):
        """What is on screen changed."""

        def __init__(self, visible: frozenset[str], focused: str) -> None:
            super().__init__()
            self.visible = visible
            self.focused = focused

    class Answered(Message):
        """The operator answers the dialog of a surface: ``y``, ``n`` or a digit."""

        def __init__(self, key: str, wanted: str, shown: Shown | None) -> None:
            super().__init__()
            self.key = key
            self.wanted = wanted
            self.shown = shown
            """What was drawn when the key was pressed; None when no dialog was."""
            self.pressed_at = time.time()

    def __init__(self, note: str = "", *, agents_only: bool = False) -> None:
        super().__init__()
        self.note = note
        self.snapshot = Snapshot()
        self.selected = ""
        self.page = 0
        self.zoomed = False
        self._agents_only = agents_only
        self._arrangement = arrange(80, 24, 0)
        self._looking: tuple[frozenset[str], str] = (frozenset(), "")
        self._fleet: tuple[Surface, ...] = ()
        self._heights = ""
        self._records = 0
        self._fleet_seen = False
        self._top = TopBar(id="top")
        self._list = SurfaceList(id="list")
        self._panes = [SurfacePane()]
        self._grid = Ground(*self._panes, id="surfaces")
        self._nothing = Static("", id="nothing", markup=False)
        self._filter = FilterLine(placeholder=tr("filter: number, text, surface, status"), id="filter", compact=True)
        self._table = DispatchTable(id="dispatches")
        self._status = StatusBar(id="status")
        self._keys = KeyBar(id="keys")
        self._blanks: dict[int, Strip] = {}
        self._commands = tuple(command for command in COMMANDS if command.show)
        self._views = FleetViews()

    def compose(self) -> ComposeResult:
        """Top bar, list (small screens), panes, filter, table, status bar, footer."""
        yield self._top
        yield self._list
        yield self._grid
        yield self._nothing
        yield self._filter
        yield self._table
        yield self._status
        yield self._keys

    def render_lines(self, crop: Region) -> list[Strip]:
        """Nothing but the background: the widgets are the screen."""
        return ground(self, self._blanks, crop)

    def notify_style_update(self) -> None:
        """The colour changed."""
        self._blanks.clear()
        super().notify_style_update()

    def use_keys(self, commands: Sequence[Command]) -> None:
        """Take the operator's own keys into the line of keys."""
        self._commands = tuple(command for command in commands if command.show)

    @on(KeyBar.Pressed)
    async def _key_pressed(self, message: KeyBar.Pressed) -> None:
        await self.run_action(message.action)

    def on_mount(self) -> None:
        """The keys do not change."""
        self._keys.show(self._commands)

    def on_resize(self, event: events.Resize) -> None:
        """Follow the size of the terminal."""
        self._arrange()

    def show(self, snapshot: Snapshot) -> None:
        """Draw *snapshot*."""
        before, self.snapshot = self.snapshot, snapshot
        self._views.auto = snapshot.auto
        if snapshot.surfaces is not before.surfaces or snapshot.specs is not before.specs:
            fleet = tuple(s for s in snapshot.fleet() if s.agent or s.place is not None or not self._agents_only)
            count_changed = len(fleet) != len(self._fleet)
            if fleet and not any(surface.key == self.selected for surface in fleet):
                # It is gone: the one that took its place is chosen.
                self.selected = fleet[min(self._views.positions.get(self.selected, 0), len(fleet) - 1)].key
            self._fleet = fleet
            if fleet and not self._fleet_seen:
                self._fleet_seen = True
                self.call_after_refresh(self._focus_first)
            self._views.take(fleet)
            if count_changed:
                self._arrange()
        fewer_or_more = min(len(snapshot.log.dispatches), TABLE_ROWS) != min(self._records, TABLE_ROWS)
        if fewer_or_more or rows_told(snapshot) != rows_told(before):
            self._arrange()
        self._show()
        now = time.time()
        if snapshot.log is not before.log or snapshot.surfaces is not before.surfaces:
            self._table.show(snapshot.log, now, live_states(snapshot.surfaces))
        if snapshot.collector is not before.collector or snapshot.services is not before.services:
            self._status.show(snapshot.collector, snapshot.services, now)

    def tick(self) -> None:
        """Draw the ages of now."""
        self._show()
        now, snapshot = time.time(), self.snapshot
        self._table.show(snapshot.log, now)
        self._status.show(snapshot.collector, snapshot.services, now)

    # -- layout ------------------------------------------------------------------------------------------------

    def _arrange(self) -> None:
        width, height = self.size
        self._records = len(self.snapshot.log.dispatches)
        told = rows_told(self.snapshot)
        self._arrangement = plan = arrange(width, height, len(self._fleet), self._records, told)
        self._status.styles.height = plan.status_rows
        self.update_classes({f"-{name}": plan.name == name for name in ("wide", "medium", "compact")})
        self.set_class(not self._fleet, "-empty")
        self.set_class(self.zoomed, "-zoomed")
        self._list.styles.height = plan.list_rows
        self._table.styles.height = plan.table_rows
        self._table.display = plan.table_rows > 0 and not self.zoomed
        columns, rows = (1, 1) if self.zoomed or plan.name == "compact" else (plan.columns, plan.rows)
        self._grid.styles.grid_rows, self._heights = "1fr", ""
        self._grid.styles.grid_size_columns, self._grid.styles.grid_size_rows = columns, rows
        needed = self._slots()
        more = [SurfacePane() for _ in range(needed - len(self._panes))]
        if more:
            self._grid.mount_all(more)
        surplus = self._panes[needed:]
        self._panes = [*self._panes[:needed], *more]
        self._show()
        # Before Textual looks for another focus itself: that would choose another surface.
        if self.focused in surplus or (self.focused is self._list and plan.name != "compact"):
            self._focus_selected()
        for pane in surplus:
            pane.remove()

    def _slots(self) -> int:
        return 1 if self.zoomed else min(self._arrangement.per_page, max(1, len(self._fleet)))

    def _page_of(self, key: str) -> int:
        at = next((i for i, surface in enumerate(self._fleet) if surface.key == key), 0)
        return at // self._arrangement.per_page

    @property
    def pages(self) -> int:
        """Pages the fleet takes."""
        return max(1, -(-len(self._fleet) // self._arrangement.per_page))

    def _single(self) -> bool:
        """Whether one pane shows the selected surface."""
        return self.zoomed or self._arrangement.name == "compact"

    def _on_page(self) -> tuple[Surface, ...]:
        if self._single():
            return tuple(surface for surface in self._fleet if surface.key == self.selected)
        size = self._arrangement.per_page
        self.page = max(0, min(self.page, self.pages - 1))
        return self._fleet[self.page * size : (self.page + 1) * size]

    # -- drawing -----------------------------------------------------------------------------------------------

    def _show(self) -> None:
        if not self.is_mounted or not self.size.width:
            return
        now, snapshot = time.time(), self.snapshot
        if not self._single():
            self.page = self._page_of(self.selected)
        within = surface_in(self.focused)
        shown = self._on_page()
        views = [self._view(surface) for surface in shown]
        for pane, view in zip(self._panes, [*views, *[None] * len(self._panes)], strict=False):
            pane.show(view, now)
        self._make_room(views)
        compact = self._arrangement.name == "compact"
        if compact and not self.zoomed:
            every = [self._view(surface) for surface in self._fleet]
            self._list.show(every, self.selected, now)
            shown = shown + tuple(s for s in self._fleet[:LIST_READS] if s not in shown)
        pages = 1 if self._single() else self.pages
        self._top.show(TopView.of(snapshot, self.note, self.page, pages), now)
        if not self._fleet:
            text = snapshot.mux.error or tr("no surfaces yet")
            self._nothing.update(text if snapshot.mux.source else tr("looking for a terminal server …"))
        if within and surface_in(self.focused) != within:
            self._focus_selected()  # the pane shows another surface now; the operator stays where they were
        self._tell(frozenset(surface.key for surface in shown))

    def _make_room(self, views: list[PaneView]) -> None:
        """Give rows with an open dialog the height to show it whole."""
        plan = self._arrangement
        if not views or self.zoomed:
            return
        columns = 1 if self._single() else plan.columns
        width = (self.size.width - (columns - 1)) // columns
        needs = [rows_needed(view, width) for view in views]
        if self._single():
            room = self.size.height - plan.frame - plan.list_rows - plan.table_rows
            self._table.display = plan.table_rows > 0 and needs[0] <= room
            over = max(0, needs[0] - room - plan.table_rows)
            self._list.styles.height = max(min(plan.list_rows, LEAST_LIST), plan.list_rows - over)
            return
        by_row = [max(needs[at : at + columns], default=0) for at in range(0, columns * plan.rows, columns)]
        area = self.size.height - plan.frame - self._filter_rows()
        # The table gives way before a dialog is cut, unless the operator is in it.
        wanted_rows = sum(need or LEAST_PANE for need in by_row)
        crowded = area - plan.table_rows < wanted_rows and not (self._table.has_focus or self._filter_rows())
        self._table.display = plan.table_rows > 0 and not crowded
        heights = row_heights(area - (0 if crowded else plan.table_rows), by_row)
        wanted = " ".join(str(height) for height in heights)
        if wanted != self._heights:
            self._heights = wanted
            self._grid.styles.grid_rows = wanted

    def _filter_rows(self) -> int:
        return 1 if self._filter.has_class("-open") else 0

    def _view(self, surface: Surface) -> PaneView:
        first = 0 if self._single() else self.page * self._arrangement.per_page
        return self._views.view(surface, self.snapshot, first, surface.key == self.selected and self._in_surfaces())

    def _in_surfaces(self) -> bool:
        """Whether the operator is in the surfaces, not in the table or the filter."""
        return self.focused is None or isinstance(self.focused, SurfacePane | SurfaceList)

    def on_descendant_focus(self) -> None:
        """The keys of a dialog are another's now."""
        self._show()

    def _tell(self, visible: frozenset[str]) -> None:
        looking = (visible, self.selected)
        if looking != self._looking:
            self._looking = looking
            self.post_message(self.Looking(*looking))

    # -- moving ------------------------------------------------------------------------------------------------

    def select(self, key: str, *, focus: bool = True) -> None:
        """Go to a surface, on whichever page it is."""
        if not any(surface.key == key for surface in self._fleet):
            return
        self.selected = key
        if not self._single():
            self.page = self._page_of(key)
        self._show()
        if focus:
            self._focus_selected()

    def _focus_first(self) -> None:
        if self.focused is None:
            self._focus_selected()

    def _focus_selected(self) -> None:
        if self._arrangement.name == "compact" and not self.zoomed:
            self.set_focus(self._list)
            return
        for pane in self._panes:
            if surface_in(pane) == self.selected:
                self.set_focus(pane)

    @on(SurfacePane.Selected)
    @on(SurfaceList.Selected)
    def _selected(self, message: SurfacePane.Selected | SurfaceList.Selected) -> None:
        message.stop()
        if self.selected != message.key:
            self.selected = message.key
            self._show()

    def open_dispatch(self, dispatch: Dispatch) -> None:
        """Go to the surface of a dispatch."""
        surface = next((s for s in self._fleet if s.answers_to(dispatch.surface)), None)
        if surface is None:
            text = tr("{label}: no surface {surface} here", label=dispatch.label, surface=dispatch.surface or "?")
            self.notify(text, markup=False)
        else:
            self.select(surface.key)

    def selected_surface(self) -> Surface | None:
        """The surface the operator is in."""
        return self.snapshot.surface(self.selected)

    def action_digit(self, number: int) -> None:
        """Answer *number* of the open dialog the operator is in; else go to pane *number* (from 1) of this page."""
        if self._in_surfaces() and self.selected in self._views.dialogs:
            self._answer(str(number))
        else:
            self.action_focus_pane(number)

    def action_answer(self, wanted: str) -> None:
        """Give the answer ``y`` or ``n``; not from the table, where nothing says whose dialog is meant."""
        if self._in_surfaces():
            self._answer(wanted)
        else:
            text = tr(
                "{wanted} answers the dialog of the pane you are in: go there first (w, or its number).", wanted=wanted
            )
            self.notify(text, severity="warning", markup=False, timeout=4)

    def _answer(self, wanted: str) -> None:
        self.post_message(self.Answered(self.selected, wanted, self._views.dialogs.get(self.selected)))

    def action_focus_pane(self, number: int) -> None:
        """Focus pane *number* (from 1) of this page."""
        pool = self._fleet if self._single() else self._on_page()
        if number <= len(pool):
            self.select(pool[number - 1].key)

    def action_next_waiting(self) -> None:
        """Go to who has waited longest, then round."""
        keys = [surface.key for surface in self.snapshot.waiting()]
        if not keys:
            self.notify(tr("Nobody waits."), markup=False, timeout=2)
            return
        at = keys.index(self.selected) + 1 if self.selected in keys else 0
        self.select(keys[at % len(keys)])

    def action_page(self, step: int) -> None:
        """Turn the page, or step through the surfaces where only one is shown."""
        if not self._fleet:
            return
        if self._single():
            at = next((i for i, s in enumerate(self._fleet) if s.key == self.selected), 0)
            self.select(self._fleet[(at + step) % len(self._fleet)].key)
            return
        self.page = (self.page + step) % self.pages
        self.select(self._fleet[self.page * self._arrangement.per_page].key)

    def action_zoom(self) -> None:
        """Give the selected surface the whole screen, and back."""
        if not self._fleet:
            return
        self._zoom(not self.zoomed)
        self.call_after_refresh(self._focus_selected)

    def _zoom(self, zoomed: bool) -> None:
        self.zoomed = zoomed
        if not zoomed and not self._single():
            self.page = self._page_of(self.selected)
        self._arrange()
