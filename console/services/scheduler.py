"""Reads many checks at once, each in its own time: one that hangs delays no other.

Whoever has something else to look at plugs it in as one more `console.services.base.Check`.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
import traceback
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from console.i18n import mark, tr
from console.model.reading import ServicesRead
from console.model.service import Judgement, Service, State
from console.safety import safe_text
from console.services.base import Check, Foretells
from console.services.nudge import Nudge

SOURCE: Final = "services"
FIRST: Final = 0.5
"""Seconds the first reading waits for all checks; after that it tells what there is."""
GATHER: Final = 0.05
"""Seconds in which changes are put together in one reading."""
FRESH: Final = 1.0
"""Seconds between two readings that have nothing new but their time."""
BACKOFF: Final = 5
"""After failures the pauses double, up to so many times…"""
BACKOFF_LIMIT: Final = 60.0
"""…and never above this many seconds, unless the period itself is longer."""
NOT_YET: Final = mark("not read yet")


class Scheduler:
    """Runs *checks*; the rows come in the order of *order* (their names), then the rest as the checks come."""

    def __init__(self, checks: Sequence[Check], order: Iterable[str] = (), nudge: Nudge | None = None) -> None:
        self._checks = tuple(checks)
        self._order: Mapping[str, int] = {name: at for at, name in enumerate(order)}
        self._rows: list[tuple[Service, ...]] = [_foretold(check, tr(NOT_YET)) for check in self._checks]
        self._unread = set(range(len(self._checks)))
        self._changed = asyncio.Event()
        self._new = False
        self._nudge = nudge or Nudge()

    async def watch(self) -> AsyncIterator[ServicesRead]:
        """Yield all rows whenever some are new, until closed. Never raises."""
        tasks = [asyncio.create_task(self._follow(at), name=f"check-{c.name}") for at, c in enumerate(self._checks)]
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(FIRST):
                    while self._unread:
                        await self._wait()
            while True:
                self._new = False
                yield self.reading()
                await self._wait()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(FRESH):
                        while not self._new:
                            await self._wait()
                await asyncio.sleep(GATHER)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def reading(self) -> ServicesRead:
        """All rows as they are known now."""
        rows = [row for rows in self._rows for row in rows]
        rows.sort(key=lambda row: self._order.get(row.name, len(self._order)))
        return ServicesRead(time.time(), SOURCE, tuple(rows), sum(len(self._rows[at]) for at in self._unread))

    async def _wait(self) -> None:
        await self._changed.wait()
        self._changed.clear()

    async def _follow(self, at: int) -> None:
        check = self._checks[at]
        failures, ear = 0, self._nudge.ear()
        while True:
            began = time.monotonic()
            rows = await read_once(check, self._rows[at])
            self._take(at, rows)
            failures = failures + 1 if rows and all(row.error for row in rows) else 0
            await ear.sleep(pause(check.every, failures) - (time.monotonic() - began))

    def _take(self, at: int, rows: tuple[Service, ...]) -> None:
        if rows != self._rows[at] or at in self._unread:
            self._new = True
        self._unread.discard(at)
        self._rows[at] = rows
        self._changed.set()


def pause(every: float, failures: int) -> float:
    """Seconds from one look to the next, after so many failures in a row."""
    longer = every * float(1 << min(max(0, failures - 1), BACKOFF))
    return max(every, min(longer, BACKOFF_LIMIT))


async def read_once(check: Check, before: Sequence[Service] = ()) -> tuple[Service, ...]:
    """The rows of one look; *before* is what was known. Never raises: what fails, or is late, is unknown."""
    try:
        async with asyncio.timeout(check.timeout):
            return tuple(await check.read())
    except TimeoutError:
        why = tr("no answer within {timeout:g} s", timeout=check.timeout)
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        why = tr("an error in the console: the look was cancelled from inside")
    except Exception as error:
        where = traceback.extract_tb(error.__traceback__)[-1]
        what = safe_text(f"{type(error).__name__}: {error}", limit=200)
        why = tr(
            "an error in the console: {error} at {file}:{line}",
            error=what,
            file=Path(where.filename).name,
            line=where.lineno,
        )
    now = time.time()
    rows = before or _foretold(check, why)
    return tuple(_lost(row, why, now) for row in rows)


def _foretold(check: Check, why: str) -> tuple[Service, ...]:
    if isinstance(check, Foretells):
        return tuple(check.rows(why))
    name = safe_text(check.name, limit=200)
    unknown = str(State.UNKNOWN)
    return (Service(name, "", unknown, Judgement.UNKNOWN, why, state=unknown, period=check.every, error=why),)


def _lost(row: Service, why: str, now: float) -> Service:
    """The row of something that could be read before: only what never changes is still believed."""
    unknown = str(State.UNKNOWN)
    return replace(
        row, observed=unknown, judgement=Judgement.UNKNOWN, evidence=why, state=unknown, pid=None, since=None,
        last_exit="", next_run=None, last_run=None, overdue=False, count=None, size=None, age=None, latency=None,
        read_at=now, error=why, members=(),
    )  # fmt: skip
