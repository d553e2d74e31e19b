"""Items and the snapshots in which they may be due."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from console.model.agent import AgentState, AgentStatus, Detection
from console.model.queue import Item, Queues, Target
from console.model.queue_changes import add, started
from console.model.snapshot import MuxSlice, Snapshot
from console.model.surface import Surface, SurfaceInfo

NOW = 1_000_000.0
SERVER = "tmux 3.3a /tmp/s"


def surface(
    ref: str = "%1",
    state: AgentState = AgentState.IDLE,
    *,
    since: float = NOW - 60,
    read_at: float = NOW,
    uuid: str | None = None,
    pid: int | None = 7,
    name: str = "",
    **seen: Any,
) -> Surface:
    """A surface in a state since *since*; *seen* are fields of its `Detection`."""
    status = AgentStatus(Detection("claude", state, **seen), since)
    info = SurfaceInfo(ref, uuid, "s", f"s:{ref}", pid=pid)
    return Surface(info, name or f"name {ref}", seen_agent="claude", status=status, read_at=read_at)


def snapshot(*surfaces: Surface) -> Snapshot:
    """These surfaces; without any, one that is idle."""
    return Snapshot(mux=MuxSlice(SERVER, NOW), surfaces=surfaces or (surface(),))


def item(id: str, ref: str = "%1", on: Surface | None = None, **more: Any) -> Item:
    """A task for the surface *on*, or for the one of `surface` with this ref."""
    target = Target.of(on if on is not None else surface(ref), SERVER)
    return replace(Item(id, target, f"text of {id}", f"title of {id}", NOW - 100), **more)


def queues(*items: Item) -> Queues:
    """Queued after the start of the first console, whose number is 1."""
    made = started(Queues())
    for each in items:
        made = add(made, each)
    return made
