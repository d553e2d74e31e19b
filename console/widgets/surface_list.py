"""Every surface in one row each: the small screen's overview."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich.cells import set_cell_size
from rich.style import Style
from textual import events
from textual.message import Message

from console.i18n import tr
from console.model.agent import SYMBOLS
from console.model.surface import Surface
from console.widgets.ansi import steady
from console.widgets.lines import Lines, Part, bar, cut
from console.widgets.surface_pane import PaneView, state_of
from console.widgets.words import span

STATE_WIDTH: Final = 10
"""Cells of the longest word for a state, in both languages."""


class SurfaceList(Lines, can_focus=True):
    """State, name, dispatch and last line of each surface; arrows and clicks choose one."""

    COMPONENT_CLASSES = {"list--selected", "list--meta", "list--name"}

    class Selected(Message):
        """A surface was chosen."""

        def __init__(self, key: str) -> None:
            super().__init__()
            self.key = key

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._views: tuple[PaneView, ...] = ()
        self._selected = ""
        self._now = 0.0
        self._top = 0

    def show(self, views: Sequence[PaneView], selected: str, now: float) -> None:
        """Show *views* with the surface *selected* (a key) marked."""
        self._views, self._selected, self._now = tuple(views), selected, now
        self._draw()

    def redraw(self) -> None:
        """Colours are part of the rows."""
        self._draw()

    def _draw(self) -> None:
        width, height = self.size
        if width <= 0 or height <= 0:
            return
        at = next((i for i, view in enumerate(self._views) if view.surface.key == self._selected), 0)
        self._top = max(0, min(self._top, len(self._views) - height))
        if not self._top <= at < self._top + height:
            self._top = max(0, at - height + 1 if at >= self._top + height else at)
        shown = self._views[self._top : self._top + height]
        rows = [self._row(view, width) for view in shown]
        self.put(rows)

    def _row(self, view: PaneView, width: int) -> tuple:  # type: ignore[type-arg]
        surface = view.surface
        state = state_of(surface)
        colour = self.state_style(state)
        meta = self.part("list--meta")
        name = self.part("list--name")
        fill = self.part("list--selected", filled=True) if surface.key == self._selected else Style()
        since = span(self._now - surface.status.since) if surface.status else ""
        word = tr("gone") if surface.gone else tr(state)
        number = str(view.number) if view.number else " "
        wide = max(10, width // 6)
        left: list[Part] = [
            (f"{number} ", meta),
            (f"{SYMBOLS[state]} {set_cell_size(word, STATE_WIDTH)}{since:>5} ", colour),
            (set_cell_size(cut(steady(surface.name), wide), wide) + " ", name),
        ]
        if view.dispatch is not None:
            left.append((f"{view.dispatch.label} ", name))
        left.append((last_line(surface), meta))
        return bar(width, left, [], fill)

    def _choose(self, at: int) -> None:
        if 0 <= at < len(self._views):
            self.post_message(self.Selected(self._views[at].surface.key))

    def on_click(self, event: events.Click) -> None:
        """Choose the row under the mouse."""
        self._choose(self._top + event.y)

    def on_key(self, event: events.Key) -> None:
        """Arrows move, Home and End jump."""
        at = next((i for i, view in enumerate(self._views) if view.surface.key == self._selected), 0)
        moves = {"up": at - 1, "k": at - 1, "down": at + 1, "j": at + 1, "home": 0, "end": len(self._views) - 1}
        if event.key in moves:
            event.stop()
            self._choose(max(0, min(moves[event.key], len(self._views) - 1)))


def last_line(surface: Surface) -> str:
    """The last row of the agent's output with words in it: not the lower edge of a box."""
    screen, status = surface.screen, surface.status
    if surface.unconfirmed:
        return tr("blocked, C confirms: {reason}", reason=surface.unconfirmed)
    if screen is None:
        return surface.gone or surface.error or "…"
    if status is not None and status.needs_person and status.detection.reason:
        return status.detection.reason
    top, bottom = status.detection.regions.body if status else (0, len(screen.lines))
    rows = screen.lines[top:bottom] or screen.lines
    written = [row.strip() for row in reversed(rows) if row.strip()]
    return next((row for row in written if any(map(str.isalnum, row))), written[0] if written else "")
