"""Tasks that wait until their surface is idle: one queue for each surface, one task on its way at any time. Pure.

Never twice: what was on its way when a console died is not waiting any more; only the operator puts it back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256
from typing import Any, Final

from console.i18n import mark, tr
from console.model.agent import IDLE_SETTLE, AgentState
from console.model.naming import identity
from console.model.snapshot import Snapshot
from console.model.surface import Surface

REST: Final = 10.0
"""Seconds after a send in which a surface that was not seen at work since is believed to begin only now."""
RETRY: Final = 10.0
"""Least seconds between a refusal and the next try; each further refusal doubles them, up to `RETRY_MOST`."""
RETRY_MOST: Final = 300.0
RETRY_ANYWAY: Final = 60.0
"""Seconds after which it is tried again although nothing that is looked at has changed: a limit may be over."""
AHEAD: Final = 5.0
"""Seconds a send may lie in the future (two clocks); further ahead it is not believed."""


class ItemState(StrEnum):
    """What becomes of an item. The value is the word shown and the word in the file."""

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    REFUSED = "refused"
    """A guard said no; it stays where it is and is tried again."""
    PAUSED = "paused"
    """As it is shown; the file has why: stopped, its surface paused, or from before the console was started."""
    CHECK = "check"
    """It was on its way, and what came of it is not known: a person has to look."""


BEFORE: Final = mark("it is from before the console was started")
"""Why an item is paused that the operator has neither queued nor released since then."""
WAITS: Final = frozenset({ItemState.WAITING, ItemState.REFUSED})
"""States of the file in which an item may be sent."""


@dataclass(frozen=True, slots=True)
class Target:
    """The surface a task is meant for: its uuid; where there is none, ref, name, process and terminal server."""

    ref: str
    uuid: str = ""
    name: str = ""
    pid: int | None = None
    server: str = ""
    """`MuxSlice.source`."""

    @classmethod
    def of(cls, surface: Surface, server: str) -> Target:
        """What identifies *surface* of the terminal server *server*."""
        info = surface.info
        return cls(info.ref, info.uuid or "", surface.name, info.pid, server)

    @property
    def key(self) -> str:
        """Which queue it is in."""
        return self.uuid.casefold() or f"{self.ref} {self.server}".rstrip()

    def answers_to(self, name: str) -> bool:
        """Whether people may call it so: ref, uuid or name."""
        return bool(name.strip()) and identity(name) in {identity(n) for n in (self.ref, self.uuid, self.name) if n}

    def find(self, snapshot: Snapshot) -> tuple[Surface | None, str]:
        """The surface, or why there is none; another terminal behind the same ref is none."""
        shown = self.name or self.ref
        if self.uuid:
            found = (s for s in snapshot.surfaces if (s.info.uuid or "").casefold() == self.uuid.casefold())
            surface = next(found, None)
            return surface, "" if surface is not None else tr("{name} is not there", name=shown)
        if self.server and self.server != snapshot.mux.source:
            return None, tr("{name} is on another terminal server: {server}", name=shown, server=self.server)
        surface = next((s for s in snapshot.surfaces if s.info.ref == self.ref and not s.gone), None)
        if surface is None:
            return None, tr("{name} is not there", name=shown)
        if self.name and surface.name != self.name:
            why = tr(
                "{ref} is {now} now, not {then}; drop this and queue it again",
                ref=self.ref,
                now=surface.name,
                then=self.name,
            )
            return None, why
        if None not in (self.pid, surface.info.pid) and self.pid != surface.info.pid:
            why = tr("{name} runs another process than when this was queued; drop this and queue it again", name=shown)
            return None, why
        return surface, ""


@dataclass(frozen=True, slots=True)
class Item:
    """One task that waits."""

    id: str
    target: Target
    text: str
    """Verbatim, for nobody but the send; whoever shows it uses `safety.safe_text`. Empty once it was sent."""
    title: str
    created_at: float
    """Epoch seconds."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """What else the send needs, as JSON has it: role, verifier, context, overridden rules."""
    state: ItemState = ItemState.WAITING
    reason: str = ""
    """Why it was refused, or what there is to look at, in the language of the console that wrote it; what people are
    shown is `reason_of`."""
    at: float | None = None
    """Epoch seconds of the last change of its state by a send."""
    tries: int = 0
    facts: str = ""
    """What it was refused under; see `facts_of`."""
    armed: int = 0
    """At which start of a console (`Queues.starts`) the operator queued or released it."""
    number: int | None = None
    """Its record in the dispatch log."""


@dataclass(frozen=True, slots=True)
class Queues:
    """All queues. The items of one surface are sent in this order."""

    items: tuple[Item, ...] = ()
    starts: int = 0
    """How many consoles were started with these queues."""
    stopped: str = ""
    """Why nothing at all is sent, English as in the file: `tr` shows it; empty when something may be."""
    paused: frozenset[str] = frozenset()
    """Keys of the targets that are paused."""
    unknown: tuple[Any, ...] = ()
    """Items of the file that are not understood; kept as they are."""

    def item(self, id: str) -> Item | None:
        """The item with this id."""
        return next((item for item in self.items if item.id == id), None)

    def open(self) -> tuple[Item, ...]:
        """What is not sent yet."""
        return tuple(item for item in self.items if item.state is not ItemState.SENT)

    def of(self, key: str) -> tuple[Item, ...]:
        """The queue of one surface."""
        return tuple(item for item in self.open() if item.target.key == key)

    @property
    def sending(self) -> Item | None:
        """The item that is on its way."""
        return next((item for item in self.items if item.state is ItemState.SENDING), None)


def due(queues: Queues, snapshot: Snapshot, now: float, own: int) -> Item | None:
    """The item that may be sent now; None while another one is on its way. The guards are asked after this.

    *own* is the start (`started`) of the console that asks: what was queued before it waits for `resume`.
    """
    heads: dict[str, Item] = {}
    for item in queues.open():
        heads.setdefault(item.target.key, item)
    waiting = (item for item in heads.values() if item.state in WAITS)
    return next((item for item in waiting if not waits_for(queues, item, snapshot, now, own)), None)


def waits_for(queues: Queues, item: Item, snapshot: Snapshot, now: float, own: int) -> str:
    """What an item waits for, for the operator; empty when it is due, or was sent."""
    match item.state:
        case ItemState.SENT:
            return ""
        case ItemState.SENDING:
            return tr("it is being sent")
        case ItemState.CHECK:
            return reason_of(item)
    paused = held(queues, item, own)
    if paused:
        return paused
    first = next(iter(queues.of(item.target.key)), None)
    if first is None or first.id != item.id:
        if first is None:
            return tr("it is not in the queue any more")
        if first.state is ItemState.CHECK:
            return tr("look at {title} first", title=first.title or first.id)
        return tr("behind another one")
    if queues.sending is not None:
        return tr("another one is being sent")
    if snapshot.mux.error:
        return snapshot.mux.error
    surface, why = item.target.find(snapshot)
    if surface is None:
        return why
    return _busy(surface, now) or _rests(queues, item, surface, snapshot, now) or _again(item, surface, snapshot, now)


def shown(queues: Queues, item: Item, own: int) -> ItemState:
    """The state as the operator sees it: a waiting item may be paused."""
    return ItemState.PAUSED if item.state in WAITS and held(queues, item, own) else item.state


def held(queues: Queues, item: Item, own: int) -> str:
    """Why an item is paused; empty when it is not."""
    if queues.stopped:
        return tr("paused: {why}", why=tr(queues.stopped))
    if item.target.key in queues.paused:
        return tr("paused: {why}", why=item.target.name or item.target.ref)
    if item.armed < own:
        return tr("paused: {why}", why=tr(BEFORE))
    return ""


def cut_off_reason(item: Item) -> str:
    """What the file says of an item that was on its way when a console died: English, whoever reads it."""
    return f"was sending: check {item.target.ref}"


def reason_of(item: Item) -> str:
    """`Item.reason` for people."""
    if item.reason == cut_off_reason(item):
        return tr("was sending: check {ref}", ref=item.target.ref)
    return item.reason


def _busy(surface: Surface, now: float) -> str:
    """Why a surface is not idle, or not for sure."""
    if surface.gone or surface.unconfirmed or surface.error:
        return f"{surface.name}: {surface.gone or surface.unconfirmed or surface.error}"
    status = surface.status
    if surface.info.dead:
        return tr("{name}: its program has ended", name=surface.name)
    if status is None or surface.read_at is None:
        return tr("{name} was not read yet", name=surface.name)
    seen = status.detection
    if status.state is not AgentState.IDLE or seen.regions.dialog is not None or seen.blocks:
        return tr("{name} shows {state}", name=surface.name, state=tr(str(status.state)))
    if seen.draft:
        return tr("the input box of {name} holds a text", name=surface.name)
    return tr("{name} is idle only just now", name=surface.name) if 0 <= now - status.since < IDLE_SETTLE else ""


def _rests(queues: Queues, item: Item, surface: Surface, snapshot: Snapshot, now: float) -> str:
    """A task was sent a moment ago and its work may not show yet."""
    times = [each.at for each in queues.items if each.target.key == item.target.key and each.state is ItemState.SENT]
    dispatch = snapshot.dispatch_of(surface)
    times.append(dispatch.dispatched_at if dispatch is not None else None)
    last = max((at for at in times if at is not None and at <= now + AHEAD), default=None)
    if last is None or surface.status is None or surface.status.since > last:
        return ""
    if now - last >= REST and (surface.read_at or 0.0) > last:
        return ""
    return tr("{name} was given a task a moment ago", name=surface.name)


def _again(item: Item, surface: Surface, snapshot: Snapshot, now: float) -> str:
    """A refused item waits before it is tried again."""
    if item.state is not ItemState.REFUSED or item.at is None or now < item.at:
        return ""
    passed, least = now - item.at, min(RETRY * 2.0 ** min(max(item.tries - 1, 0), 10), RETRY_MOST)
    if passed >= max(least, RETRY_ANYWAY) or (passed >= least and facts_of(snapshot, surface) != item.facts):
        return ""
    return reason_of(item)


def facts_of(snapshot: Snapshot, surface: Surface | None) -> str:
    """A digest of what the guards look at, as far as it can change."""
    status = surface.status if surface is not None else None
    mine = (status.state, status.since, status.detection.draft) if status is not None else ()
    about = (surface.unconfirmed, surface.seen_agent, surface.error) if surface is not None else ()
    states = [(s.key, s.status.state if s.status is not None else "") for s in snapshot.surfaces]
    services = [(service.name, service.observed) for service in snapshot.services.services]
    all_of_it = (mine, about, states, services, snapshot.log.read_at, snapshot.log.error)
    return sha256(repr(all_of_it).encode("utf-8", "replace")).hexdigest()[:16]
