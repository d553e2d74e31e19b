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
    log_sizes: tuple[int, ...]
    letters: int
    """Keystrokes into the filter."""
    updates: int
    fifty_tall: bool
    """Also fifty panes on the tall screen, which shows twelve of them."""
    surfaces: tuple[int, ...]
    """How many surfaces each back end has, one after the other."""
    reads_s: float
    """Seconds for each way of reading them."""


QUICK: Final = Plan(
    starts=3,
    idle_lines=14,
    idle_gaps=(0.3, 0.6),
    quiet_s=4.0,
    busy_s=5.0,
    alone_s=2.0,
    keys=8,
    alerts=4,
    log_changes=6,
    parses=2,
    log_sizes=(59, 100_000),
    letters=8,
    updates=3_000,
    fifty_tall=False,
    surfaces=(6, 50),
    reads_s=1.0,
)
FULL: Final = Plan(
    starts=7,
    idle_lines=30,
    idle_gaps=(1.0, 2.0),
    quiet_s=20.0,
    busy_s=20.0,
    alone_s=8.0,
    keys=20,
    alerts=10,
    log_changes=15,
    parses=5,
    log_sizes=(59, 10_000, 100_000),
    letters=23,
    updates=100_000,
    fifty_tall=True,
    surfaces=(6, 50, 200),
    reads_s=5.0,
)
