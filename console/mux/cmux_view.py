"""What the console holds of one cmux-tui terminal between two readings."""

from __future__ import annotations

import asyncio
import time
from typing import Any, Final

from console.mux.cmux_render import Grid

VISIBLE_EVERY: Final = 0.1
"""Shortest time in seconds between two readings of a changing terminal on screen; a first change is told at once."""
QUIET_EVERY: Final = 1.0
"""Seconds between two readings of a terminal that is not on screen, or does not change."""


class View:
    """One terminal: its pushed screen, and when it is due to be told."""

    def __init__(self, key: str, wake: asyncio.Event) -> None:
        self.key = key
        self.grid = Grid()
        self.stream = ""
        self.attached = False
        self.given_up = False
        """No attach will succeed any more: the program has exited."""
        self.error = ""
        self.told_at = 0.0
        """Monotonic seconds."""
        self._changed = False
        self._wake = wake
        self._since = time.monotonic()

    def take(self, item: dict[str, Any] | None) -> None:
        """Take one item of the attach stream; None when it has ended."""
        try:
            if item is None:
                self.attached, self.grid = False, Grid()
            else:
                self.grid.apply(item)
        except ValueError as error:
            self.error, self.grid = str(error), Grid()
        self._changed = True
        self._wake.set()

    def due(self, visible: bool) -> float:
        """When the next reading is due, in monotonic seconds."""
        if self.attached and not self.grid.ready and not self.error:
            return self._since + QUIET_EVERY
        return self.told_at + (VISIBLE_EVERY if visible and self._changed else QUIET_EVERY)

    def tell(self) -> None:
        """Note that it is told now."""
        self.told_at, self._changed, self._since = time.monotonic(), False, time.monotonic()
