"""The watch of the operator's own entries: temporary automation, artifacts, figures."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing
from typing import Final, Protocol, TypeVar

from console.i18n import tr
from console.model.reading import OperationsRead
from console.services.nudge import Nudge
from console.services.polling import Job, poll

TIMEOUT: Final = 15.0
"""Seconds after which a look is late, where an entry has no limit of its own."""


class Entry(Protocol):
    """What an entry of the configuration has to say here."""

    @property
    def every(self) -> float:
        """Seconds between two looks."""


_Entry = TypeVar("_Entry", bound=Entry)
_Seen = TypeVar("_Seen")


async def watch(
    specs: Sequence[_Entry],
    look: Callable[[_Entry], Awaitable[_Seen]],
    unknown: Callable[[_Entry, str], _Seen],
    failed: Callable[[_Seen], bool],
    reading: Callable[[float, _Seen], OperationsRead],
    nudge: Nudge | None = None,
    timeout: Callable[[_Entry], float] = lambda _: TIMEOUT,
) -> AsyncIterator[OperationsRead]:
    """Yield a *reading* (at epoch seconds) of each of *specs* now, in its period, and when *nudge* asks.

    *look* never raises; one that takes longer than *timeout* (seconds) is *unknown* for the reason given, and still
    waited for. What has *failed* is looked at less often.
    """

    def job(spec: _Entry) -> Job[_Seen]:
        limit = timeout(spec)

        def late() -> _Seen:
            return unknown(spec, tr("no answer within {timeout:g} s; it is still waited for", timeout=limit))

        return Job(lambda: look(spec), spec.every, limit, late, failed)

    async with aclosing(poll([job(spec) for spec in specs], nudge)) as found:  # type: ignore[type-var]
        async for seen in found:
            yield reading(time.time(), seen)
