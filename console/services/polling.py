"""Many things looked at over and over, each in its own time: one that hangs delays no other."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Final, Generic, TypeVar

from console.services.nudge import Ear, Nudge

SHARE: Final = 20
"""A look that takes long is given rarely: after it comes a pause of so many times its length."""
BACKOFF: Final = 4
"""The longest pause after failures, as a multiple of the period."""

_Seen = TypeVar("_Seen")


@dataclass(frozen=True, slots=True)
class Job(Generic[_Seen]):
    """One thing that is looked at."""

    look: Callable[[], Awaitable[_Seen]]
    every: float
    """Seconds between two looks."""
    timeout: float
    """Seconds after which a look is late."""
    late: Callable[[], _Seen]
    """What is said of it then; it goes on, and no second one is begun beside it."""
    failed: Callable[[_Seen], bool]
    """Whether what was seen is a failure: then the pauses become longer."""


async def poll(jobs: Sequence[Job[_Seen]], nudge: Nudge | None = None) -> AsyncIterator[_Seen]:
    """Yield what each job sees, at once and then in its period. Ends only when closed; raises what a job raises.

    *nudge* makes them look at once.
    """
    seen: asyncio.Queue[_Seen | BaseException] = asyncio.Queue()
    nudge = nudge or Nudge()
    tasks = [asyncio.create_task(_run(job, seen.put_nowait, nudge.ear()), name="poll") for job in jobs]
    try:
        while tasks:
            found = await seen.get()
            if isinstance(found, BaseException):
                raise found
            yield found
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _run(job: Job[_Seen], say: Callable[[_Seen | BaseException], None], ear: Ear) -> None:
    failures = 0
    try:
        while True:
            begun = monotonic()
            found = await _look(job, say)
            say(found)
            failures = failures + 1 if job.failed(found) else 0
            pause = job.every * min(2**failures, BACKOFF)
            await ear.sleep(max(pause, (monotonic() - begun) * SHARE))
    except Exception as error:
        say(error)


async def _look(job: Job[_Seen], say: Callable[[_Seen | BaseException], None]) -> _Seen:
    task = asyncio.ensure_future(job.look())
    try:
        done, _ = await asyncio.wait({task}, timeout=job.timeout)
        if not done:
            say(job.late())
        return await task
    finally:
        if not task.done():
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
