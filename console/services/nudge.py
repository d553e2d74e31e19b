"""Asks whoever watches something to read it again now."""

from __future__ import annotations

import asyncio
import contextlib
from weakref import WeakSet


class Ear:
    """What one watch hears."""

    def __init__(self) -> None:
        self._asked = asyncio.Event()

    def ask(self) -> None:
        """End the sleep of now, or the next one."""
        self._asked.set()

    async def sleep(self, seconds: float) -> None:
        """Return after *seconds*, or as soon as it was asked since the last sleep."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, seconds)):
                await self._asked.wait()
        self._asked.clear()


class Nudge:
    """Asks whoever listens to read everything again now; a look that is under way is followed by another one."""

    def __init__(self) -> None:
        self._ears: WeakSet[Ear] = WeakSet()

    def ear(self) -> Ear:
        """For one watch; it hears for as long as somebody holds it."""
        made = Ear()
        self._ears.add(made)
        return made

    def __call__(self) -> None:
        """Ask."""
        for each in tuple(self._ears):
            each.ask()
