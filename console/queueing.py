"""The queue of one engine: what is queued is sent under the guards when its surface is idle.

A part of the engine. Only a console with a screen sends from the queue; the headless commands change the file.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from console.attending import Attending, Ears
from console.config import Config
from console.engine_acts import Acts, named
from console.i18n import mark, tr
from console.model.agent import Detection
from console.model.composed import Composed
from console.model.outcome import Written, outcome_word
from console.model.queue_options import pack, unpack
from console.model.reading import Reading
from console.model.surface import Screen, Surface

if TYPE_CHECKING:
    from console.actions.dispatch import Dispatched
    from console.actions.queue import Queue
    from console.model.queue import Item, Queues
    from console.model.queue_view import Lane

__all__ = ["NO_CONSOLE", "Desk", "Queue", "Queueing", "open_queue"]

LASTING: Final = frozenset({"own", "characters", "size", "author", "avoid"})
"""Guards whose refusal no waiting cures: such a task is not queued at all."""
NO_CONSOLE: Final = mark(
    "no console is running: it waits until one is started, and is paused there until you resume it (Q)"
)


def open_queue(config: Config, folder: Path) -> Queue:
    """The queue in the state folder *folder*, as this configuration may change it."""
    from console.actions.queue import Queue

    return Queue(folder, read_only=config.read_only)


class Queueing(Acts):
    """A part of `console.engine.Engine`."""

    attending: Attending
    ears: Ears | None
    _state: Path | None
    _queue: Queue | None = None
    _queue_news: asyncio.Event

    def take(self, reading: Reading) -> None:
        """Fold one reading in."""
        raise TypeError("the engine takes")

    @property
    def queue(self) -> Queue | None:
        """The tasks that wait; None where nothing outlives the console."""
        if self._queue is None and self._state is not None:
            from console.actions.queue import Queue

            self._queue = Queue(self._state, read_only=self.config.read_only, on_change=self._queue_seen)
        return self._queue

    async def hear_queue(self, folder: Path) -> None:
        """Read once what waits in the queue of the state folder *folder*, and take no part in it."""
        from console.actions.queue import Queue

        self._queue = Queue(folder, read_only=True, on_change=self._queue_seen)
        await self._queue.load()

    async def enqueue(self, key: str, composed: Composed, title: str = "", *, id: str = "") -> Written:
        """Queue a task for a surface: it is sent when the surface is idle and the guards let it pass.

        What no waiting cures is refused at once. *id* is the item's own, 8 hex digits when none is given.
        """
        queue, surface = self.queue, self.snapshot.surface(key)
        if queue is None:
            return Written(False, tr("there is no state folder to keep a queue in"), refused=True)
        why = self._never(surface, composed)
        if why or surface is None:
            return Written(False, tr("{why}; nothing was queued", why=why), refused=True)
        await queue.load()
        twin = self._twin(queue.queues, surface, composed)
        if twin:
            return Written(False, tr("{twin}; nothing was queued", twin=twin), refused=True)
        id = id or secrets.token_hex(4)
        source = self.snapshot.mux.source
        made = await queue.add(surface, source, composed.text, title=title, options=pack(composed), id=id)
        return replace(made, warning=self._held(queue, id)) if made.done else made

    @staticmethod
    def _held(queue: Queue, id: str) -> str:
        from console.model.queue import held

        item = queue.queues.item(id)
        return held(queue.queues, item, queue.start_number) if item is not None else ""

    def _never(self, surface: Surface | None, composed: Composed) -> str:
        """Why this task can never be sent to *surface*; empty when it only has to wait."""
        if self.config.read_only:
            return tr("the console is read-only")
        if surface is None:
            return tr("the surface is gone")
        if surface.gone or surface.unconfirmed:
            return f"{surface.name}: {surface.gone or surface.unconfirmed}"
        if surface.info.dead:
            return tr("{name}: its program has ended", name=surface.name)
        if not composed.text.strip() or self.sending is None:
            return tr("there is nothing to send")
        from console.model.guard import refusals

        verdicts = self.sending.judge(self.snapshot, surface.key, composed)
        standing = [each for each in refusals(verdicts, composed.overrides) if each.rule in LASTING]
        return "; ".join(f"{each.rule}: {each.evidence}" for each in standing)

    def _twin(self, queues: Queues, surface: Surface, composed: Composed) -> str:
        """Whether the same task waits already, here or for another surface, and nobody has set that aside."""
        from console.model.queue import Target
        from console.model.similar import groups

        key = Target.of(surface, self.snapshot.mux.source).key
        together = composed.broadcast.surfaces if composed.broadcast is not None else ()
        for item in queues.open():
            rule = "duplicate" if item.target.key == key else "elsewhere"
            if rule == "elsewhere" and item.target.ref in together:
                continue  # the same broadcast, confirmed by the names of its surfaces
            if rule not in composed.overrides and groups(((0, composed.text), (1, item.text))):
                where = item.target.name or item.target.ref
                return tr(
                    "{rule}: the same task waits in the queue of {where} already, as {id}",
                    rule=rule,
                    where=where,
                    id=item.id,
                )
        return ""

    # -- sending from it -----------------------------------------------------------------------------------------

    async def _run_queue(self, queue: Queue) -> None:
        """Send what may be sent, until cancelled; read-only: follow the file."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._tell_of_queue(queue))
            group.create_task(queue.run(lambda: self.snapshot, self._queue_news, self._send_item))

    async def _tell_of_queue(self, queue: Queue) -> None:
        """Say once what waits from before, and each thing that is wrong with the file."""
        from console.model.queue_view import paused_from_before

        told, greeted = {""}, False
        while True:
            if not greeted and queue.own is not None:
                greeted = True
                self._say(paused_from_before(queue.queues, queue.start_number))
            for wrong in {queue.error, queue.notice} - told:
                told.add(wrong)
                self._say(wrong)
            await asyncio.sleep(0.2 if not greeted else 1.0)

    def _say(self, text: str) -> None:
        if text and self.ears is not None:
            self.ears.say(text)

    def _queue_seen(self, queues: Queues) -> None:
        from console.model.queue_view import counted

        own = self._queue.start_number if self._queue is not None else queues.starts
        self.take(counted(queues, own, time.time()))

    async def _send_item(self, item: Item, stop: asyncio.Event) -> Dispatched:
        """Send one item; a refusal means that nothing was typed."""
        from console.actions.dispatch import Dispatched
        from console.actions.send import SendResult

        surface, why = item.target.find(self.snapshot)
        why = why or self._barred(surface) or (tr("stopped by the operator") if stop.is_set() else "")
        composed = Composed(item.text)
        try:
            composed = unpack(item.text, item.options)
        except ValueError as error:
            why = why or tr("{error} in the queue's file; drop it and queue it again", error=error)
        if surface is None or self.sending is None or why:
            return Dispatched(SendResult("refused", tr("{why}; nothing was typed", why=why)), "")
        composed = replace(composed, fields={**composed.fields, "queue_item": item.id})
        with self._typing_into(surface):
            done = await self._sent_item(surface, composed, stop)
        result = done.result
        if self._sidebar is not None and "publish" in self.mux.capabilities:
            await self._sidebar.sent(surface, item.title, result.outcome)
        if result.outcome != "refused":
            label = f"#{done.number} " if done.number is not None else ""
            told = named(result.evidence, surface.info)
            outcome, task = outcome_word(result.outcome), f"{label}{item.title}"
            self._say(tr("From the queue: {task}: {outcome}. {told}", task=task, outcome=outcome, told=told))
        return done

    @contextlib.contextmanager
    def _typing_into(self, surface: Surface) -> Iterator[None]:
        self._typing.add(surface.key)
        try:
            yield
        finally:
            self._typing.discard(surface.key)

    async def _sent_item(self, surface: Surface, composed: Composed, stop: asyncio.Event) -> Dispatched:
        from console.actions.send import Order

        def detect(screen: Screen) -> Detection:
            return self._detect(screen, surface.info, surface.expected_agent)

        assert self.sending is not None
        return await self.sending.send(self.mux, self.snapshot, surface, composed, detect, Order(stop=stop))

    # -- one key stops everything --------------------------------------------------------------------------------

    async def stop_all(self) -> str:
        """Nothing goes by itself any more: no approval, nothing out of the queue; what is being sent is stopped.

        Once more takes it back as far as nothing is sent by that: approvals go on, a queue in which something waits
        stays stopped. Return what holds now, for the operator; empty: nothing goes by itself here.
        """
        auto, queue = self.attending.auto, None if self.config.read_only else self.queue
        waits = queue is not None and bool(queue.queues.open())
        going = (auto is not None and not auto.stopped) or (queue is not None and waits and not queue.stopped)
        if going:
            sending = queue.queues.sending if queue is not None else None
            if auto is not None and not auto.stopped:
                self._toggle_approval()
            stopped = await queue.stop_all() if queue is not None else Written(True, "")
            return _stopped(sending.target.name or sending.target.ref if sending else "", stopped)
        parts = []
        if auto is not None:
            parts.append(tr("No longer stopped: {approvals}.", approvals=self._toggle_approval()))
        if queue is not None and queue.stopped:
            await queue.lift()
            held = tr("The queue stays stopped: Q, then P, lets it go on.")
            parts.append(held if queue.stopped else tr("The queue is no longer stopped; nothing waits in it."))
        return " ".join(parts)

    def desk(self) -> Desk | None:
        """The queue for a screen; None where nothing outlives the console."""
        return Desk(self, self.queue) if self.queue is not None else None

    def _toggle_approval(self) -> str:
        stopped = self.attending.stop(self.snapshot)
        if stopped is None:
            return ""
        self.take(stopped)
        return stopped.note


def _stopped(sending: str, stopped: Written) -> str:
    """What holds after everything was stopped; *sending* is the surface that was being sent to."""
    parts = [tr("Stopped: nothing is approved or sent without you")]
    if sending:
        parts.append(tr("the send to {name} is stopped: Q shows what came of it", name=sending))
    if not stopped.done:
        parts.append(tr("here only: {why}", why=stopped.text))
    return "; ".join(parts) + "."


class Desk:
    """The queue of an engine, as a screen shows and changes it."""

    def __init__(self, engine: Queueing, queue: Queue) -> None:
        self._engine = engine
        self._queue = queue

    def lanes(self) -> tuple[Lane, ...]:
        """The queues now."""
        from console.model.queue_view import lanes

        queue = self._queue
        return lanes(queue.queues, self._engine.snapshot, time.time(), queue.start_number)

    def lately(self) -> tuple[Item, ...]:
        """What was sent a short time ago."""
        from console.model.queue_view import lately

        return lately(self._queue.queues, time.time())

    def note(self) -> str:
        """Why nothing at all is sent, or what is wrong; empty when nothing is."""
        queue = self._queue
        stopped = tr("‖ everything is paused: {why}", why=tr(queue.stopped)) if queue.stopped else ""
        bound = self._engine.config.read_only
        read_only = tr("This console is read-only: it sends and changes nothing.") if bound else ""
        return "\n".join(filter(None, (read_only, queue.error, queue.notice, stopped)))

    def stopped(self) -> bool:
        """Whether everything is stopped."""
        return bool(self._queue.stopped)

    def typed(self, item: Item) -> str:
        """Exactly what would be typed, or why nothing would be."""
        engine = self._engine
        try:
            composed = unpack(item.text, item.options)
        except ValueError as error:
            return tr("✗ {error} in the queue's file; drop it and queue it again", error=error)
        return engine.sending.preview(engine.mux, composed) if engine.sending is not None else composed.typed

    async def pause(self, key: str | None = None) -> Written:
        """Hold one queue, or everything."""
        return await self._queue.pause(key)

    async def resume(self, key: str | None = None) -> Written:
        """Release one queue, or everything."""
        return await self._queue.resume(key)

    async def move(self, id: str, by: int) -> Written:
        """Move a task in its queue."""
        return await self._queue.move(id, by)

    async def drop(self, id: str) -> Written:
        """Take a task out."""
        return await self._queue.drop(id)

    async def again(self, id: str) -> Written:
        """A task that was looked at waits again."""
        return await self._queue.again(id)
