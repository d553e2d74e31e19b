"""The queues as one console sees them: read from the file, changed in it, never half.

A part of `console.actions.queue.Queue`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

from console.actions.queue_file import QueueFile
from console.host import in_thread
from console.i18n import mark, tr
from console.model import queue_changes as changes_of
from console.model.outcome import Written
from console.model.queue import Item, ItemState, Queues, shown
from console.safety import safe_text
from console.tracker.errors import LogError

READ_ONLY: Final = mark("the console is read-only; nothing was changed")
_NEVER: Final = (0, 0, 0)
"""The signature of a file that was not read yet; None is that of no file."""

Rule = Callable[[Queues], Queues]


class SharedQueues:
    """The queues in the state folder *folder*, shared by all consoles of this account.

    *on_change* is called in the event loop with every new state of the file that is seen. With *read_only* everything
    that would change the file is refused. No method raises anything but CancelledError; what went wrong is in the
    answer or in `error`.
    """

    def __init__(
        self,
        folder: Path,
        *,
        clock: Callable[[], float] = time.time,
        on_change: Callable[[Queues], None] | None = None,
        read_only: bool = False,
    ) -> None:
        self.queues = Queues()
        """As last read."""
        self.own: int | None = None
        """The number of this console's start; None before it takes part."""
        self.error = ""
        """Why the file cannot be read or written; nothing is sent then. Empty when it can."""
        self._file = QueueFile(folder)
        self._clock = clock
        self._on_change = on_change
        self._read_only = read_only
        self._signature: tuple[int, int, int] | None = _NEVER
        self._wake = asyncio.Event()
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

    async def attended(self) -> bool:
        """Whether a console takes part now. Without one nothing is sent."""
        return await in_thread(self._file.attended)

    async def load(self) -> Queues:
        """Read the file, without taking part: for a list."""
        async with self._busy:
            try:
                self._take(await in_thread(self._file.read))
            except OSError as error:
                self.error = trouble(error)
        return self.queues

    async def _reload(self) -> None:
        def look() -> tuple[tuple[int, int, int] | None, Queues | None]:
            signature = self._file.signature()
            return signature, self._file.read() if signature != self._signature or self.error else None

        async with self._busy:
            try:
                self._signature, queues = await in_thread(look)
            except OSError as error:
                self.error = trouble(error)
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
            self.error = trouble(error)

    async def _act(self, rule: Rule, id: str, done: str) -> Written:
        """One change of one item, which is told as *done*, or why nothing changed."""
        before = await self.load()
        written = await self._change(rule, done)
        if written.done and before.item(id) is None:
            return Written(False, tr("there is no {id} in the queue", id=safe_text(id, limit=40)), refused=True)
        item = self.queues.item(id)
        if written.done and item is not None and self.queues == before:
            why = tr("{id} is {state}; nothing was changed", id=id, state=tr(item.state))
            return Written(False, why, refused=True)
        return written

    async def _change(self, rule: Rule, text: str = "") -> Written:
        if self._read_only:
            return Written(False, tr(READ_ONLY), refused=True)

        def checked(queues: Queues) -> Queues:
            own = self.own or 0  # a file that was taken away counts from the beginning again
            return rule(queues if queues.starts >= own else replace(queues, starts=own))

        async with self._busy:
            try:
                after = await in_thread(lambda: self._file.change(checked))
            except (OSError, LogError) as error:
                self.error = trouble(error)
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


def trouble(error: Exception) -> str:
    """What is wrong with the file, in one line."""
    why: object = error
    if isinstance(error, OSError):
        why = f"{error.filename}: {error.strerror or error}" if error.filename else error.strerror or error
    return safe_text(tr("the queue: {error}", error=why), limit=300)
