"""A task as the operator has written it, on its way to a surface."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from console.model.dispatch import Dispatch, DispatchStatus
from console.model.naming import identity
from console.model.snapshot import Snapshot
from console.model.surface import Surface


@dataclass(frozen=True, slots=True)
class Broadcast:
    """One text for several surfaces, on purpose: the operator has confirmed it by their names."""

    surfaces: tuple[str, ...]
    """Refs of all of them."""
    newest: int
    """Highest number in the log when it was confirmed; what is newer on one of the surfaces is this broadcast's own."""
    ahead: tuple[str, ...] = ()
    """Refs of those that get it before this one: they count for the hourly rate before the log shows them."""


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
    broadcast: Broadcast | None = None
    """None: for one surface alone."""

    @property
    def typed(self) -> str:
        """Exactly what is typed."""
        return f"{self.context.rstrip()}\n\n{self.text}" if self.context.strip() else self.text


STATELESS: Final = ("codex",)
"""Agents that keep nothing from one task to the next."""
EARLIER: Final = 3
"""Dispatches of the surface that are offered as context."""


def earlier_ones(surface: Surface, snapshot: Snapshot) -> tuple[Dispatch, ...]:
    """What an agent without memory can be told of its dispatches here, oldest first. Nothing for other agents."""
    if surface.agent not in STATELESS:
        return ()
    mine = [each for each in snapshot.log.dispatches if each.surface and surface.answers_to(each.surface) and each.task]
    mine.sort(key=lambda each: (each.dispatched_at or 0.0, each.number or 0))
    return tuple(mine)


def earlier(surface: Surface, snapshot: Snapshot, count: int = EARLIER) -> str:
    """What an agent without memory should be told first: its last dispatches here, oldest first. Empty for others."""
    mine = earlier_ones(surface, snapshot)[-count:] if count > 0 else ()
    lines = [f"- {each.label} ({each.status}): {each.task}" for each in mine]
    # An agent reads this: the language of the interface has no part in it.
    return "\n".join(("Context, the tasks before this one here:", *lines)) if lines else ""


def without_own(
    broadcast: Broadcast | None, surface: Surface | None, dispatches: Sequence[Dispatch], now: float
) -> tuple[Dispatch, ...]:
    """*dispatches* as the guards of one surface have to see them while a *broadcast* goes out.

    Its own records on the other surfaces are no mistake, so they lose their task; they count for the rate all the same,
    those to come (`Broadcast.ahead`) too. What stands on *surface* itself stays as it is.
    """
    if broadcast is None:
        return tuple(dispatches)
    others = {identity(ref) for ref in broadcast.surfaces if surface is None or not surface.answers_to(ref)}
    found, there = [], set()
    for each in dispatches:
        own = each.number is not None and each.number > broadcast.newest and identity(each.surface) in others
        if own:
            there.add(identity(each.surface))
        found.append(replace(each, task="") if own else each)
    for ref in broadcast.ahead:
        if identity(ref) in others - there:
            found.append(Dispatch(None, ref, "", DispatchStatus.SENT, dispatched_at=now))
    return tuple(found)
