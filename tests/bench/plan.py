"""How long each measurement takes: about a minute in all, or about four."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Plan:
    """Counts of trials, and seconds."""

    starts: int
    idle_lines: int
    idle_gaps: tuple[float, float]
    """Least and most seconds between two single lines."""
    quiet_s: float
    busy_s: float
    alone_s: float
    """Seconds for which the server is measured without the console."""
    keys: int
    alerts: int
    log_changes: int
    parses: int
    updates: int
    fifty_tall: bool
    """Also fifty panes on the tall screen, which shows twelve of them."""


QUICK: Final = Plan(3, 16, (0.3, 0.7), 5.0, 7.0, 3.0, 8, 4, 6, 3, 6_000, False)
FULL: Final = Plan(7, 30, (1.0, 2.0), 20.0, 20.0, 8.0, 20, 10, 15, 7, 100_000, True)
