"""The line at the bottom: the collector, then services by urgency, then how many are as expected."""

from __future__ import annotations

from collections.abc import Iterator

from rich.style import Style
from textual import events
from textual.message import Message

from console.model.snapshot import CollectorSlice, ServicesSlice, Snapshot
from console.widgets.bars import Bar
from console.widgets.lines import Part, Row, bar
from console.widgets.status_parts import Piece, one_line, two_lines


class StatusBar(Bar):
    """One line, or two where it is two rows high. A click on a part names it."""

    class Pressed(Message):
        """A part was clicked."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name
            """A service, ``collector``, or empty for everything."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._collector = CollectorSlice()
        self._services = ServicesSlice()
        self._now = 0.0
        self._targets: list[list[tuple[int, int, str]]] = []
        """For each row: first cell, cell after the last, what is there."""

    def show(self, collector: CollectorSlice, services: ServicesSlice, now: float) -> None:
        """Show both slices as of *now* (epoch seconds)."""
        self._collector, self._services, self._now = collector, services, now
        self._draw()

    def _draw(self, *, all_new: bool = False) -> None:
        width = self.size.width
        if width <= 0:
            return
        told = (self._collector, self._services, width, self._now)
        rows = two_lines(*told) if self.size.height > 1 else (one_line(*told),)
        self._targets = [list(_places(width, left, right)) for left, right in rows]
        self.put([self._row(width, left, right) for left, right in rows], all_new=all_new)

    def _row(self, width: int, left: list[Piece], right: list[Piece]) -> Row:
        def drawn(side: list[Piece]) -> list[Part]:
            return [(piece.text, self._style(piece.style)) for piece in side]

        return bar(width, drawn(left), drawn(right), Style())

    def on_click(self, event: events.Click) -> None:
        """Say what is under the mouse."""
        for first, end, name in self._targets[event.y] if event.y < len(self._targets) else ():
            if first <= event.x < end:
                self.post_message(self.Pressed(name))
                return


def rows_told(snapshot: Snapshot) -> int:
    """Rows there is something to say for: two where both a collector and services are configured."""
    return 2 if snapshot.collector.source and snapshot.services.source else 1


def _places(width: int, left: list[Piece], right: list[Piece]) -> Iterator[tuple[int, int, str]]:
    """First cell, cell after the last and name of what can be clicked."""
    tail = sum(piece.cells for piece in right)
    tail = tail if tail <= width else 0
    at = width - tail
    for piece in right if tail else ():
        if piece.target is not None:
            yield at, at + piece.cells, piece.target
        at += piece.cells
    at = 0
    for piece in left:
        end = min(at + piece.cells, width - tail)
        if piece.target is not None and end > at:
            yield at, end, piece.target
        at += piece.cells
