"""Consoles and surfaces for the tests of the queue."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

from console.actions.dispatch import Dispatched
from console.actions.queue import Queue
from console.actions.send import Outcome, SendResult
from console.model.queue import Item
from console.model.snapshot import Snapshot
from tests.actions.queuer import SERVER, clock, snapshot, surface
from tests.eventually import eventually

Act = Callable[[Item, asyncio.Event], Awaitable[Dispatched]]


def done(outcome: Outcome = "submitted", evidence: str = "seen") -> Dispatched:
    return Dispatched(SendResult(outcome, evidence), "key", number=7)


class Agent:
    """What the surfaces got; a test says what comes of it."""

    def __init__(self, *outcomes: Outcome) -> None:
        self.got: list[str] = []
        self.outcomes = list(outcomes)
        self.at_work = 0

    async def send(self, item: Item, stop: asyncio.Event) -> Dispatched:
        self.at_work += 1
        assert self.at_work == 1, "one at a time"
        await asyncio.sleep(0)
        self.got.append(item.text)
        self.at_work -= 1
        return done(self.outcomes.pop(0) if self.outcomes else "submitted")


def new(folder: Path) -> Queue:
    return Queue(folder, clock=clock, tick=0.01)


@contextlib.asynccontextmanager
async def running(
    queue: Queue, send: Act, seen: Callable[[], Snapshot] = snapshot
) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(queue.run(seen, asyncio.Event(), send))
    try:
        await eventually(lambda: queue.own is not None)
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def put(queue: Queue, *texts: str, ref: str = "%1") -> None:
    for text in texts:
        made = await queue.add(surface(ref), SERVER, text, id=text, options={"role": "tester"})
        assert made.done, made


def state(queue: Queue, id: str) -> str:
    item = queue.queues.item(id)
    return str(queue.state(item)) if item is not None else "gone"
