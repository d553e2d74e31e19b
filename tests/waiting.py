"""Waiting for a condition, never for luck."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

DEADLINE: Final = 15.0
"""Seconds after which a test has failed; generous, because it is only reached by a failure."""


async def until(condition: Callable[[], bool]) -> None:
    """Return as soon as *condition* holds. Raises TimeoutError at the deadline."""
    async with asyncio.timeout(DEADLINE):
        while not condition():  # noqa: ASYNC110 - what is waited for is outside this process
            await asyncio.sleep(0.01)
