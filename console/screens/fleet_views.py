"""The slice of the snapshot for each pane, made anew only when something in it changed."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from textual.command import Provider
from textual.widget import Widget

from console.model.reconcile import without_dispatch
from console.model.snapshot import Snapshot
from console.model.surface import Surface
from console.widgets.surface_pane import PaneView, SurfacePane

if TYPE_CHECKING:
    from console.model.dialog import Dialog, DialogId

_TICKS: Final = re.compile(r"\[.?\]|[☐☑☒✔✓]")


@dataclass(frozen=True, slots=True)
class Shown:
    """A dialog before the operator's eyes."""

    dialog: DialogId
    at: float
    """Epoch seconds at which it was first drawn."""


class FleetViews:
    """Positions of the fleet and the views of its surfaces."""

    def __init__(self) -> None:
        self.positions: dict[str, int] = {}
        """Place of each surface in the fleet, by key."""
        self.auto: frozenset[str] = frozenset()
        """Keys of the surfaces where a policy may answer without a person."""
        self.dialogs: dict[str, Shown] = {}
        """The dialog that is drawn for each surface."""
        self._made: dict[str, tuple[tuple[object, ...], PaneView]] = {}

    def take(self, fleet: tuple[Surface, ...]) -> None:
        """The fleet as it is now; what is gone is forgotten."""
        self.positions = {surface.key: at for at, surface in enumerate(fleet)}
        self._made = {key: made for key, made in self._made.items() if key in self.positions}
        self.dialogs = {key: shown for key, shown in self.dialogs.items() if key in self.positions}

    def view(self, surface: Surface, snapshot: Snapshot, first: int, answering: bool = False) -> PaneView:
        """The view of one surface; the digit that focuses it counts from place *first* of the fleet.

        *answering*: the keys of its dialog are its own now.
        """
        at = self.positions[surface.key] - first
        number = at + 1 if 0 <= at < 9 else 0
        parts = (surface, number, snapshot.log, snapshot.mux.error, answering, self.auto, snapshot.queue)
        before, view = self._made.get(surface.key, (None, None))
        if view is None or before is None or any(old is not new for old, new in zip(before, parts, strict=True)):
            dispatch = snapshot.dispatch_of(surface)
            unlogged = snapshot.log.read_at is not None and without_dispatch(surface, dispatch)
            auto = surface.key in self.auto
            dialog = open_dialog(surface)
            self._see(surface.key, dialog)
            queued = queued_for(surface, snapshot)
            view = PaneView(surface, dispatch, number, unlogged, snapshot.mux.error, dialog, answering, auto, queued)
            self._made[surface.key] = (parts, view)
        return view

    def _see(self, key: str, dialog: Dialog | None) -> None:
        before = self.dialogs.pop(key, None)
        if dialog is not None:
            at = before.at if before is not None and _alike(before.dialog, dialog.id) else time.time()
            self.dialogs[key] = Shown(dialog.id, at)


def _alike(before: DialogId, after: DialogId) -> bool:
    """Whether it asks the same: a tick that was set in it makes no other question."""

    def asks(dialog: DialogId) -> tuple[object, ...]:
        return (dialog.state, dialog.title, [_TICKS.sub("", text) for text in (*dialog.body, *dialog.options)])

    return before.same(after) or asks(before) == asks(after)


def queued_for(surface: Surface, snapshot: Snapshot) -> int:
    """Tasks that wait to be sent to a surface."""
    if not snapshot.queue.waiting:
        return 0
    from console.model.queue import Target  # not before something waits

    return snapshot.queue.waiting.get(Target.of(surface, snapshot.mux.source).key, 0)


def open_dialog(surface: Surface) -> Dialog | None:
    """The dialog that is open on a surface, where it can be understood."""
    status, screen = surface.status, surface.screen
    if status is None or screen is None or not status.needs_person:
        return None
    from console.model.dialog import read_dialog  # not before the first dialog: starting has no time for it

    return read_dialog(screen, status.detection)


def fleet_provider() -> type[Provider]:
    """What the palette searches; imported when it is first opened."""
    from console.screens.palette import FleetProvider

    return FleetProvider


def operations(name: str) -> str:
    """The action that shows what is known of a service, of the collector (``collector``), or of all (empty)."""
    return f"app.operations({name!r})"


def surface_in(widget: Widget | None) -> str:
    """Key of the surface that a pane shows; empty for any other widget."""
    return widget.view.surface.key if isinstance(widget, SurfacePane) and widget.view is not None else ""
