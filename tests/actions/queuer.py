"""A console that works on a queue, for tests with several: ``python -m tests.actions.queuer FOLDER OUT NAME [DIE]``.

Every send adds a line to OUT; DIE is where it kills itself: ``claimed``, ``sending`` or ``settling``.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any, Final

from console.actions.dispatch import Dispatched
from console.actions.queue import Queue
from console.actions.send import SendResult
from console.model.agent import AgentState, AgentStatus, Detection
from console.model.queue import Item
from console.model.snapshot import MuxSlice, Snapshot
from console.model.surface import Surface, SurfaceInfo

SERVER: Final = "tmux 3.3a /tmp/s"
FAST: Final = 20.0
"""How much faster than the real one the clock of these consoles runs."""
REFS: Final = ("%1", "%2", "%3")


def clock() -> float:
    """Epoch seconds of a clock that runs fast, the same one in every process."""
    return time.time() * FAST


def surface(ref: str, state: AgentState = AgentState.IDLE) -> Surface:
    """A surface that has just ended a task."""
    now = clock()
    info = SurfaceInfo(ref, None, "s", f"s:{ref}", pid=7)
    return Surface(
        info, f"name {ref}", status=AgentStatus(Detection("claude", state), now - 2), read_at=now, seen_agent="claude"
    )


def snapshot() -> Snapshot:
    """Every surface is idle."""
    return Snapshot(mux=MuxSlice(SERVER, clock()), surfaces=tuple(surface(ref) for ref in REFS))


def die(*_: object) -> Any:
    """As in a crash."""
    os.kill(os.getpid(), signal.SIGKILL)


def write(out: Path, line: str) -> None:
    """Add one line in one write."""
    handle = os.open(out, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(handle, f"{line}\n".encode())
    os.close(handle)


async def _main(folder: str, out: str, name: str, step: str = "") -> None:
    queue = Queue(Path(folder), clock=clock, tick=0.02)

    async def send(item: Item, stop: asyncio.Event) -> Dispatched:
        if step == "claimed":
            die()
        write(Path(out), f"begin {item.text}")
        await asyncio.sleep(0.01)
        if step == "sending":
            die()
        write(Path(out), f"end {item.text}")
        return Dispatched(SendResult("submitted", f"{name} sent it"), "key")

    if step == "settling":
        Queue._settle = die  # type: ignore[method-assign, assignment]
    assert await queue.start(), queue.error
    print("ready", flush=True)
    await queue.run(snapshot, asyncio.Event(), send)


if __name__ == "__main__":
    asyncio.run(_main(*sys.argv[1:5]))
