"""A task as the operator has written it, on its way to a surface."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from console.model.snapshot import Snapshot
from console.model.surface import Surface


@dataclass(frozen=True, slots=True)
class Composed:
    """What the operator wants to send."""

    text: str
    overrides: tuple[str, ...] = ()
    """Rules set aside, by name."""
    context: str = ""
    """Earlier dispatches, put before the text for an agent that remembers nothing."""
    fields: Mapping[str, Any] = field(default_factory=dict)
    """More for the record."""

    @property
    def typed(self) -> str:
        """Exactly what is typed."""
        return f"{self.context.rstrip()}\n\n{self.text}" if self.context.strip() else self.text


STATELESS: Final = ("codex",)
"""Agents that keep nothing from one task to the next."""
EARLIER: Final = 3
"""Dispatches of the surface that are offered as context."""


def earlier(surface: Surface, snapshot: Snapshot, count: int = EARLIER) -> str:
    """What an agent without memory should be told first: its last dispatches here, oldest first. Empty for others."""
    if surface.agent not in STATELESS or count <= 0:
        return ""
    mine = [each for each in snapshot.log.dispatches if each.surface and surface.answers_to(each.surface) and each.task]
    mine.sort(key=lambda each: (each.dispatched_at or 0.0, each.number or 0))
    lines = [f"- {each.label} ({each.status}): {each.task}" for each in mine[-count:]]
    return "\n".join(("Context, the tasks before this one here:", *lines)) if lines else ""
