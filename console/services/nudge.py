"""Asks whoever watches something to read it again now."""

from __future__ import annotations

from collections.abc import Callable


class Nudge:
    """Asks whoever listens to read everything again now."""

    def __init__(self) -> None:
        self.listeners: set[Callable[[], None]] = set()

    def __call__(self) -> None:
        """Ask."""
        for each in tuple(self.listeners):
            each()
