"""The slice of the snapshot for each pane, made anew only when something in it changed."""

from __future__ import annotations

from textual.command import Provider
from textual.widget import Widget

from console.model.reconcile import without_dispatch
from console.model.snapshot import Snapshot
from console.model.surface import Surface
from console.widgets.surface_pane import PaneView, SurfacePane


class FleetViews:
    """Positions of the fleet and the views of its surfaces."""

    def __init__(self) -> None:
        self.positions: dict[str, int] = {}
        """Place of each surface in the fleet, by key."""
        self._made: dict[str, tuple[tuple[object, ...], PaneView]] = {}

    def take(self, fleet: tuple[Surface, ...]) -> None:
        """The fleet as it is now; what is gone is forgotten."""
        self.positions = {surface.key: at for at, surface in enumerate(fleet)}
        self._made = {key: made for key, made in self._made.items() if key in self.positions}

    def view(self, surface: Surface, snapshot: Snapshot, first: int) -> PaneView:
        """The view of one surface; the digit that focuses it counts from place *first* of the fleet."""
        at = self.positions[surface.key] - first
        number = at + 1 if 0 <= at < 9 else 0
        parts = (surface, number, snapshot.log, snapshot.mux.error)
        before, view = self._made.get(surface.key, (None, None))
        if view is None or before is None or any(old is not new for old, new in zip(before, parts, strict=True)):
            dispatch = snapshot.dispatch_of(surface)
            unlogged = snapshot.log.read_at is not None and without_dispatch(surface, dispatch)
            view = PaneView(surface, dispatch, number, unlogged, snapshot.mux.error)
            self._made[surface.key] = (parts, view)
        return view


def fleet_provider() -> type[Provider]:
    """What the palette searches; imported when it is first opened."""
    from console.screens.palette import FleetProvider

    return FleetProvider


def surface_in(widget: Widget | None) -> str:
    """Key of the surface that a pane shows; empty for any other widget."""
    return widget.view.surface.key if isinstance(widget, SurfacePane) and widget.view is not None else ""
