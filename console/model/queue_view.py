"""The queues as the operator sees them: one lane for each surface, its tasks in order, why each does not go. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from console.i18n import tr, trn
from console.model.agent import AgentState
from console.model.queue import Item, ItemState, Queues, Target, shown, waits_for
from console.model.reading import QueueRead
from console.model.snapshot import Snapshot

LATELY: Final = 3600.0
"""Seconds for which a sent task is still shown."""
LATELY_MOST: Final = 5
STATE: Final = 8
"""Cells of the column of states, in every language."""


@dataclass(frozen=True, slots=True)
class Line:
    """One task."""

    item: Item
    state: ItemState
    """As this console sees it: a waiting task may be paused."""
    why: str
    """What it waits for; empty when it is sent next, or was sent."""
    before: bool = False
    """It is from before this console was started, and was not resumed since."""


@dataclass(frozen=True, slots=True)
class Lane:
    """The queue of one surface."""

    key: str
    """`Target.key`."""
    name: str
    ref: str
    surface: str
    """Key of the surface; empty when it is not there."""
    state: AgentState | None
    """What it shows; None when it is not there."""
    paused: bool
    """By the operator, for this surface."""
    lines: tuple[Line, ...]

    @property
    def held(self) -> bool:
        """Whether nothing of it goes by itself until the operator resumes it."""
        waiting = [line for line in self.lines if line.state not in (ItemState.SENDING, ItemState.CHECK)]
        return self.paused or (bool(waiting) and all(line.state is ItemState.PAUSED for line in waiting))


def lanes(queues: Queues, snapshot: Snapshot, now: float, own: int) -> tuple[Lane, ...]:
    """All queues that hold something, or are paused, in the order of the fleet; what is not there comes last."""
    found: dict[str, list[Item]] = {}
    for item in queues.open():
        found.setdefault(item.target.key, []).append(item)
    for key in sorted(queues.paused):
        found.setdefault(key, [])
    fleet = {Target.of(surface, snapshot.mux.source).key: at for at, surface in enumerate(snapshot.fleet())}
    keys = sorted(found, key=lambda key: fleet.get(key, len(fleet)))
    return tuple(_lane(key, found[key], queues, snapshot, now, own) for key in keys)


def _lane(key: str, items: list[Item], queues: Queues, snapshot: Snapshot, now: float, own: int) -> Lane:
    lines = tuple(
        Line(
            item,
            shown(queues, item, own),
            waits_for(queues, item, snapshot, now, own),
            before=item.armed < own and not queues.stopped and key not in queues.paused,
        )
        for item in items
    )
    if items:
        surface = items[0].target.find(snapshot)[0]
        name, ref = items[0].target.name, items[0].target.ref
    else:
        surface = next((s for s in snapshot.surfaces if Target.of(s, snapshot.mux.source).key == key), None)
        name, ref = key, ""
    state = None
    if surface is not None:
        name, ref = surface.name, surface.info.ref
        state = surface.status.state if surface.status is not None else AgentState.UNKNOWN
    return Lane(key, name or ref, ref, surface.key if surface else "", state, key in queues.paused, lines)


def counted(queues: Queues, own: int, now: float) -> QueueRead:
    """How much waits in each queue, as the console that was started as number *own* sees it."""
    waiting, states = dict[str, int](), []
    for item in queues.open():
        waiting[item.target.key] = waiting.get(item.target.key, 0) + 1
        states.append(shown(queues, item, own))
    return QueueRead(now, waiting, states.count(ItemState.PAUSED), states.count(ItemState.CHECK))


def lately(queues: Queues, now: float) -> tuple[Item, ...]:
    """What was sent a short time ago, the newest first."""
    sent = [item for item in queues.items if item.state is ItemState.SENT and now - (item.at or 0.0) < LATELY]
    return tuple(sorted(sent, key=lambda item: item.at or 0.0, reverse=True)[:LATELY_MOST])


def paused_from_before(queues: Queues, own: int) -> str:
    """What a console that was just started says of the queues; empty when nothing waits in them."""
    told = ", ".join(_from_before(queues, own))
    return tr("{told}: Q shows them", told=told) if told else ""


def _from_before(queues: Queues, own: int) -> Iterator[str]:
    states = [shown(queues, item, own) for item in queues.open()]
    paused, check = states.count(ItemState.PAUSED), states.count(ItemState.CHECK)
    if paused:
        yield trn("{count} queued task is paused", "{count} queued tasks are paused", paused)
    if check:
        yield trn("{count} has to be looked at", "{count} have to be looked at", check)
