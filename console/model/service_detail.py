"""What is told of the one service that is looked at closely."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ServiceDetail:
    """More than its row; read only when someone looks."""

    name: str
    at: float
    """Epoch seconds."""
    facts: tuple[tuple[str, str], ...] = ()
    """(What, value), safe to draw, secrets taken out."""
    log: tuple[str, ...] = ()
    """The last lines of its log, oldest first."""
    error: str = ""
    """What could not be read, and why."""
