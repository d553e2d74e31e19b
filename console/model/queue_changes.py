"""What changes the queues. Pure: each returns the queues after it, the same object where it changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from console.i18n import mark
from console.model.queue import WAITS, Item, ItemState, Queues, cut_off_reason, facts_of, waits_for
from console.model.snapshot import Snapshot

KEEP_SENT: Final = 20
"""Sent items that are kept to be looked at, without their texts."""
LIMIT: Final = 200
"""Items that may wait."""
TAKEN: Final = frozenset({"submitted", "queued"})
"""Outcomes of a send after which the agent has the text."""


def started(queues: Queues) -> Queues:
    """A console was started: `Queues.starts` is its number, and everything that waits is paused for it."""
    return replace(queues, starts=queues.starts + 1)


def add(queues: Queues, item: Item) -> Queues:
    """Put *item* at the end; not when it is there already or `LIMIT` items wait."""
    if queues.item(item.id) is not None or len(queues.open()) >= LIMIT:
        return queues
    return replace(queues, items=(*queues.items, replace(item, state=ItemState.WAITING, armed=queues.starts)))


def drop(queues: Queues, id: str) -> Queues:
    """Take an item out; not one that is on its way."""
    item = queues.item(id)
    if item is None or item.state is ItemState.SENDING:
        return queues
    return replace(queues, items=tuple(each for each in queues.items if each.id != id))


def move(queues: Queues, id: str, by: int) -> Queues:
    """Move a waiting item *by* so many places in the queue of its surface, negative to the front."""
    item = queues.item(id)
    if item is None or item.state not in WAITS:
        return queues
    places = [at for at, i in enumerate(queues.items) if i.target.key == item.target.key and i.state in WAITS]
    line = [queues.items[at] for at in places]
    before = line.index(item)
    line.insert(min(max(before + by, 0), len(line) - 1), line.pop(before))
    items = list(queues.items)
    for at, each in zip(places, line, strict=True):
        items[at] = each
    return queues if tuple(items) == queues.items else replace(queues, items=tuple(items))


def pause(queues: Queues, key: str | None = None, why: str = mark("by the operator")) -> Queues:
    """Hold the queue of one surface (`Target.key`), or everything. What is on its way goes on."""
    return replace(queues, stopped=why) if key is None else replace(queues, paused=queues.paused | {key})


def resume(queues: Queues, key: str | None = None) -> Queues:
    """Release the queue of one surface, or everything: also what is from before the console was started."""
    items = tuple(
        replace(i, armed=queues.starts) if i.state in WAITS and key in (None, i.target.key) else i for i in queues.items
    )
    if key is None:
        return replace(queues, items=items, stopped="", paused=frozenset())
    return replace(queues, items=items, paused=queues.paused - {key})


def lift(queues: Queues) -> Queues:
    """Take back that everything is stopped, where nothing waits: so nothing is sent by it."""
    return queues if queues.open() or not queues.stopped else replace(queues, stopped="")


def again(queues: Queues, id: str) -> Queues:
    """The operator has looked at an item to be checked: it was not sent, and waits again."""

    def fresh(item: Item) -> Item:
        if item.state is not ItemState.CHECK:
            return item
        return replace(item, state=ItemState.WAITING, reason="", tries=0, armed=queues.starts)

    return _swap(queues, id, fresh)


def claim(queues: Queues, id: str, snapshot: Snapshot, now: float, own: int) -> Queues:
    """Begin to send an item; only if it is due. Nothing may be typed before this is on the disk."""
    item = queues.item(id)
    if item is None or item.state not in WAITS or waits_for(queues, item, snapshot, now, own):
        return queues
    facts = facts_of(snapshot, item.target.find(snapshot)[0])
    begun = replace(item, state=ItemState.SENDING, at=now, tries=item.tries + 1, facts=facts, reason="")
    return _swap(queues, id, lambda _: begun)


def unclaim(queues: Queues, id: str) -> Queues:
    """Take `claim` back: for sure nothing was typed."""
    return _swap(queues, id, lambda i: replace(i, state=ItemState.WAITING) if i.state is ItemState.SENDING else i)


def settle(queues: Queues, id: str, outcome: str, evidence: str, now: float, number: int | None = None) -> Queues:
    """What came of a send (`console.actions.send.Outcome`). Only a refusal, when nothing was typed, is tried again."""
    states = {"refused": ItemState.REFUSED, **dict.fromkeys(TAKEN, ItemState.SENT)}
    state = states.get(outcome, ItemState.CHECK)

    def end(item: Item) -> Item:
        if item.state is not ItemState.SENDING:
            return item
        done = replace(item, state=state, at=now, reason=evidence, number=number)
        return replace(done, text="", options={}, facts="") if state is ItemState.SENT else done

    return _trimmed(_swap(queues, id, end))


def cut_off(queues: Queues) -> Queues:
    """Nobody is sending: what still says so was cut off. It is not sent again by itself."""
    if queues.sending is None:
        return queues
    items = (
        replace(i, state=ItemState.CHECK, reason=cut_off_reason(i)) if i.state is ItemState.SENDING else i
        for i in queues.items
    )
    return replace(queues, items=tuple(items))


def _swap(queues: Queues, id: str, change: Callable[[Item], Item]) -> Queues:
    items = tuple(change(item) if item.id == id else item for item in queues.items)
    return queues if items == queues.items else replace(queues, items=items)


def _trimmed(queues: Queues) -> Queues:
    sent = sorted((i for i in queues.items if i.state is ItemState.SENT), key=lambda item: item.at or 0.0)
    old = {item.id for item in sent[:-KEEP_SENT]}
    return replace(queues, items=tuple(item for item in queues.items if item.id not in old)) if old else queues
