"""Sends what waits, one at a time, when its surface is idle; keeps it on disk, and never sends anything twice.

Before a send is begun the file says so. Where a console dies in between, the file goes on saying so, and the operator
is asked to look. After a start everything that waited before is paused.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from console.actions.queue_shared import READ_ONLY, Rule, SharedQueues, trouble
from console.i18n import mark, tr
from console.model import queue_changes as changes_of
from console.model.outcome import Written
from console.model.queue import Item, ItemState, Queues, Target, due
from console.model.snapshot import Snapshot
from console.model.surface import Surface
from console.safety import redact, safe_text

if TYPE_CHECKING:
    from console.actions.dispatch import Dispatched

TICK: Final = 1.0
"""Seconds between two looks at the file and the clock, when nothing else happens."""
PAUSE: Final = 0.1
"""Least seconds between two looks at the snapshot."""
TITLE_LIMIT: Final = 80

Send = Callable[[Item, asyncio.Event], Awaitable["Dispatched"]]
"""Asks the guards again and sends an item; told to stop by the event. A refusal has to mean: nothing was typed."""


class Queue(SharedQueues):
    """`SharedQueues` that are sent from; with *read_only* nothing is sent.

    What would change the file is refused then, too. *tick* are the seconds between two looks when nothing happens.
    """

    def __init__(
        self,
        folder: Path,
        *,
        clock: Callable[[], float] = time.time,
        on_change: Callable[[Queues], None] | None = None,
        tick: float = TICK,
        read_only: bool = False,
    ) -> None:
        super().__init__(folder, clock=clock, on_change=on_change, read_only=read_only)
        self._tick = tick
        self._halted = ""
        self._stop: asyncio.Event | None = None
        self._owed: list[Rule] = []

    @property
    def stopped(self) -> str:
        """Why nothing at all is sent; empty when something may be."""
        return self._halted or self.queues.stopped

    # -- what the operator does ----------------------------------------------------------------------------------

    async def start(self) -> bool:
        """Take part from now on. What is in the file is paused; what was being sent when a console died is told."""
        done = await self._change(changes_of.started)
        if not done.done:
            return False
        self.own = self.queues.starts
        await self._recover()
        return True

    async def add(
        self,
        surface: Surface,
        server: str,
        text: str,
        *,
        title: str = "",
        options: Mapping[str, Any] | None = None,
        id: str = "",
    ) -> Written:
        """Queue *text* for *surface* of the terminal server *server* (`MuxSlice.source`). *options* as JSON has it."""
        line = title or text.strip().split("\n", 1)[0]
        item = Item(
            id or secrets.token_hex(4),
            Target.of(surface, server),
            text,
            redact(safe_text(line))[:TITLE_LIMIT],
            self._clock(),
            dict(options or {}),
        )
        try:
            json.dumps(item.options)
        except (TypeError, ValueError, RecursionError) as error:
            return Written(False, tr("these options cannot be kept: {error}", error=safe_text(str(error), limit=200)))
        made = await self._change(lambda queues: changes_of.add(queues, item))
        if made.done and self.queues.item(item.id) is None:
            return Written(False, tr("{limit} tasks wait already; drop some", limit=changes_of.LIMIT), refused=True)
        if not made.done:
            return made
        before = len(self.queues.of(item.target.key)) - 1
        return Written(
            True, tr("queued for {name} as {id}, {before} before it", name=surface.name, id=item.id, before=before)
        )

    async def drop(self, id: str) -> Written:
        """Take an item out; not one that is being sent."""
        return await self._act(lambda queues: changes_of.drop(queues, id), id, tr("{id} dropped", id=id))

    async def move(self, id: str, by: int) -> Written:
        """Move an item in the queue of its surface, negative *by* to the front."""
        return await self._act(lambda queues: changes_of.move(queues, id, by), id, tr("{id} moved", id=id))

    async def again(self, id: str) -> Written:
        """The operator has looked: an item to be checked was not sent, and waits again."""
        return await self._act(lambda queues: changes_of.again(queues, id), id, tr("{id} waits again", id=id))

    async def pause(self, key: str | None = None, why: str = mark("by the operator")) -> Written:
        """Hold the queue of one surface (`Target.key`), or everything. What is being sent goes on."""
        return await self._change(lambda queues: changes_of.pause(queues, key, safe_text(why)), tr("paused"))

    async def resume(self, key: str | None = None) -> Written:
        """Release the queue of one surface, or everything."""
        done = await self._change(lambda queues: changes_of.resume(queues, key), tr("resumed"))
        if key is None and done.done:
            self._halted = ""
        return done

    async def stop_all(self, why: str = mark("stopped by the operator")) -> Written:
        """Send nothing any more, here and in other consoles, until `resume`; what is being sent is stopped.

        In this console it holds at once, before anything is awaited, and also when the file cannot be written.
        """
        if self._read_only:
            return Written(False, tr(READ_ONLY), refused=True)
        self._halted = why
        if self._stop is not None:
            self._stop.set()
        stopped = await self.pause(None, why)
        if stopped.done:
            self._halted = ""  # the file has it now, and whoever resumes takes it back there
        return stopped

    async def lift(self) -> Written:
        """Take `stop_all` back where that sends nothing: while something waits, it goes on to hold."""
        lifted = await self._change(changes_of.lift)
        if lifted.done and not self.queues.stopped:
            self._halted = ""
        return lifted

    # -- the loop ------------------------------------------------------------------------------------------------

    async def run(self, snapshot: Callable[[], Snapshot], changes: asyncio.Event, send: Send) -> None:
        """Send what is due, until cancelled. *changes* is set by the engine with each new snapshot, for this alone."""
        self._wake = changes
        looked = -self._tick
        loop = asyncio.get_running_loop()
        here: int | None = None
        try:
            while True:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self._tick):
                        await changes.wait()
                changes.clear()
                if self.own is None and not await self.start():
                    await self._reload()
                    await asyncio.sleep(self._tick)
                    continue
                if loop.time() - looked >= self._tick:
                    looked = loop.time()
                    here = self._attend(here)
                    await self._look()
                item = due(self.queues, snapshot(), self._clock(), self.own or 0) if self._may_send() else None
                if item is not None:
                    await self._one(item.id, snapshot, send)
                await asyncio.sleep(min(PAUSE, self._tick))
        finally:
            if here is not None:
                os.close(here)

    def _attend(self, here: int | None) -> int | None:
        """Let others know that a console takes part."""
        try:
            return self._file.attend() if here is None else here
        except OSError as error:
            self.error = trouble(error)
            return None

    def _may_send(self) -> bool:
        return self.own is not None and not (self._halted or self._owed or self.error)

    async def _one(self, id: str, snapshot: Callable[[], Snapshot], send: Send) -> None:
        """Claim one item, send it, and write what came of it."""
        stop = self._stop = asyncio.Event()
        try:
            with self._file.sending() as free:
                if not free:
                    return  # another console is sending; the next look shows what
                claimed = await self._claim(id, snapshot)
                if claimed is None:
                    return
                if stop.is_set():
                    await self._change(lambda queues: changes_of.unclaim(queues, id))
                    return
                await self._carry_out(claimed, send, stop)
        except OSError as error:
            self.error = trouble(error)
        finally:
            self._stop = None

    async def _claim(self, id: str, snapshot: Callable[[], Snapshot]) -> Item | None:
        own, now, facts = self.own or 0, self._clock(), snapshot()

        claiming = asyncio.ensure_future(self._change(lambda queues: changes_of.claim(queues, id, facts, now, own)))
        try:
            await asyncio.shield(claiming)
        except asyncio.CancelledError:
            if (await claiming).done:
                await self._change(lambda queues: changes_of.unclaim(queues, id))
            raise
        item = self.queues.item(id)
        if claiming.result().done and item is not None and item.state is ItemState.SENDING:
            return item
        return None

    async def _carry_out(self, item: Item, send: Send, stop: asyncio.Event) -> None:
        heeding = asyncio.create_task(self._heed(stop))
        outcome, told, number = "failed", "", None
        try:
            done = await send(item, stop)
            told = f"{done.result.evidence}; {done.warning}" if done.warning else done.result.evidence
            outcome, number = done.result.outcome, done.number
        except asyncio.CancelledError:
            told = tr("cut off while it was being sent: check {ref}", ref=item.target.ref)
            task = asyncio.current_task()
            if task is None or task.cancelling():
                await asyncio.shield(asyncio.ensure_future(self._settle(item, "unconfirmed", told, None)))
                raise
        except Exception as error:  # whatever broke: it may have been typed, so it is not sent again
            what = f"{type(error).__name__}: {error}"
            told = tr("an error in the console: {error}: check {ref}", error=what, ref=item.target.ref)
        finally:
            heeding.cancel()
            await asyncio.gather(heeding, return_exceptions=True)
        await self._settle(item, outcome, told, number)

    async def _settle(self, item: Item, outcome: str, told: str, number: int | None) -> None:
        """Write the outcome; where that fails nothing more is sent until it is written."""
        now, evidence = self._clock(), redact(safe_text(told, limit=500))

        def rule(queues: Queues) -> Queues:
            return changes_of.settle(queues, item.id, outcome, evidence, now, number)

        if not (await self._change(rule)).done:
            self._owed.append(rule)

    async def _heed(self, stop: asyncio.Event) -> None:
        """Stop the send that is going on when another console has stopped everything."""
        while True:
            await asyncio.sleep(self._tick)
            await self._reload()
            if self.queues.stopped:
                stop.set()

    async def _look(self) -> None:
        """Write what is owed, see what others have changed, and tell what was cut off."""
        if self._halted:
            await self.stop_all(self._halted)
        for rule in tuple(self._owed):
            if not (await self._change(rule)).done:
                return
            self._owed.remove(rule)
        await self._reload()
        if self.queues.sending is not None:
            await self._recover()
