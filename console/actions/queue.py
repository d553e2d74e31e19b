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
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from console.actions.queue_file import QueueFile
from console.host import in_thread
from console.i18n import mark, tr
from console.model import queue_changes as changes_of
from console.model.outcome import Written
from console.model.queue import Item, ItemState, Queues, Target, due, shown
from console.model.snapshot import Snapshot
from console.model.surface import Surface
from console.safety import redact, safe_text
from console.tracker.errors import LogError

if TYPE_CHECKING:
    from console.actions.dispatch import Dispatched

TICK: Final = 1.0
"""Seconds between two looks at the file and the clock, when nothing else happens."""
PAUSE: Final = 0.1
"""Least seconds between two looks at the snapshot."""
TITLE_LIMIT: Final = 80
READ_ONLY: Final = mark("the console is read-only; nothing was changed")
_NEVER: Final = (0, 0, 0)
"""The signature of a file that was not read yet; None is that of no file."""

Send = Callable[[Item, asyncio.Event], Awaitable["Dispatched"]]
"""Asks the guards again and sends an item; told to stop by the event. A refusal has to mean: nothing was typed."""
Rule = Callable[[Queues], Queues]


class Queue:
    """The queues in the state folder *folder*, shared by all consoles of this account.

    *on_change* is called in the event loop with every new state of the file that is seen. With *read_only* nothing is
    sent, and everything that would change the file is refused. No method raises anything but CancelledError; what
    went wrong is in the answer or in `error`.
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
        self.queues = Queues()
        """As last read."""
        self.own: int | None = None
        """The number of this console's start; None before `start`."""
        self.error = ""
        """Why the file cannot be read or written; nothing is sent then. Empty when it can."""
        self._file = QueueFile(folder)
        self._clock = clock
        self._on_change = on_change
        self._tick = tick
        self._read_only = read_only
        self._signature: tuple[int, int, int] | None = _NEVER
        self._wake = asyncio.Event()
        self._halted = ""
        self._stop: asyncio.Event | None = None
        self._owed: list[Rule] = []
        self._busy = asyncio.Lock()

    @property
    def notice(self) -> str:
        """What the operator should know of the file; one line, or empty."""
        return self._file.notice

    @property
    def start_number(self) -> int:
        """The number of this console's start; before it, and for whoever takes no part, that of the last one."""
        return self.queues.starts if self.own is None else self.own

    def state(self, item: Item) -> ItemState:
        """The state of an item as this console sees it: waiting or paused."""
        return shown(self.queues, item, self.start_number)

    @property
    def stopped(self) -> str:
        """Why nothing at all is sent; empty when something may be."""
        return self._halted or self.queues.stopped

    async def attended(self) -> bool:
        """Whether a console takes part now. Without one nothing is sent."""
        return await in_thread(self._file.attended)

    # -- what the operator does ----------------------------------------------------------------------------------

    async def load(self) -> Queues:
        """Read the file, without taking part: for a list."""
        async with self._busy:
            try:
                self._take(await in_thread(self._file.read))
            except OSError as error:
                self.error = _told(error)
        return self.queues

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
        before = len(self.queues.of(item.target.key)) - 1
        return (
            Written(
                True, tr("queued for {name} as {id}, {before} before it", name=surface.name, id=item.id, before=before)
            )
            if made.done
            else made
        )

    async def drop(self, id: str) -> Written:
        """Take an item out; not one that is being sent."""
        return await self._act(lambda queues: changes_of.drop(queues, id), id, "dropped")

    async def move(self, id: str, by: int) -> Written:
        """Move an item in the queue of its surface, negative *by* to the front."""
        return await self._act(lambda queues: changes_of.move(queues, id, by), id, "moved")

    async def again(self, id: str) -> Written:
        """The operator has looked: an item to be checked was not sent, and waits again."""
        return await self._act(lambda queues: changes_of.again(queues, id), id, tr("waits again"))

    async def pause(self, key: str | None = None, why: str = mark("by the operator")) -> Written:
        """Hold the queue of one surface (`Target.key`), or everything. What is being sent goes on."""
        return await self._change(lambda queues: changes_of.pause(queues, key, safe_text(why)), "paused")

    async def resume(self, key: str | None = None) -> Written:
        """Release the queue of one surface, or everything."""
        done = await self._change(lambda queues: changes_of.resume(queues, key), "resumed")
        if key is None and done.done:
            self._halted = ""
        return done

    async def stop_all(self, why: str = mark("stopped by the operator")) -> Written:
        """Send nothing any more, here and in other consoles, until `resume`; what is being sent is stopped.

        In this console it holds at once, before anything is awaited, and also when the file cannot be written.
        """
        if self._read_only:
            return Written(False, READ_ONLY, refused=True)
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
            self.error = _told(error)
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
            self.error = _told(error)
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
            told = tr(
                "an error in the console: {name}: {error}: check {ref}",
                name=type(error).__name__,
                error=error,
                ref=item.target.ref,
            )
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

    async def _reload(self) -> None:
        def look() -> tuple[tuple[int, int, int] | None, Queues | None]:
            signature = self._file.signature()
            return signature, self._file.read() if signature != self._signature or self.error else None

        async with self._busy:
            try:
                self._signature, queues = await in_thread(look)
            except OSError as error:
                self.error = _told(error)
                return
            if queues is not None:
                self.error = ""
                self._take(queues)

    async def _recover(self) -> None:
        """Tell what was being sent when a console died; not what another one is sending now."""
        try:
            with self._file.sending() as free:
                if free:
                    await self._change(changes_of.cut_off)
        except OSError as error:
            self.error = _told(error)

    async def _act(self, rule: Rule, id: str, done: str) -> Written:
        """One change of one item; told why nothing changed."""
        before = await self.load()
        written = await self._change(rule, f"{id} {done}")
        if written.done and before.item(id) is None:
            return Written(False, tr("there is no {id} in the queue", id=safe_text(id, limit=40)), refused=True)
        if written.done and self.queues.item(id) is not None and self.queues == before:
            item = self.queues.item(id)
            return Written(
                False,
                tr("{id} is {state}; nothing was changed", id=id, state=item.state if item else "gone"),
                refused=True,
            )
        return written

    async def _change(self, rule: Rule, text: str = "") -> Written:
        if self._read_only:
            return Written(False, READ_ONLY, refused=True)

        def checked(queues: Queues) -> Queues:
            own = self.own or 0  # a file that was taken away counts from the beginning again
            return rule(queues if queues.starts >= own else replace(queues, starts=own))

        async with self._busy:
            try:
                after = await in_thread(lambda: self._file.change(checked))
            except (OSError, LogError) as error:
                self.error = _told(error)
                return Written(False, tr("{error}; nothing was changed", error=self.error))
            self.error = ""
            self._take(after)
        self._wake.set()
        return Written(True, text)

    def _take(self, queues: Queues) -> None:
        if queues != self.queues:
            self.queues = queues
            if self._on_change is not None:
                self._on_change(queues)


def _told(error: Exception) -> str:
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        return safe_text(tr("the queue: {where}{strerror}", where=where, strerror=error.strerror or error), limit=300)
    return safe_text(tr("the queue: {error}", error=error), limit=300)
