"""Waiting for a condition with a deadline, from a coroutine and from plain code."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Final

DEADLINE: Final = 10.0
"""Seconds after which a test has failed; only a failure reaches it."""
STEP: Final = 0.01


async def eventually(condition: Callable[[], object], deadline: float = DEADLINE, what: object = "") -> None:
    """Return as soon as *condition* is true. AssertionError with *what* (called, if it can be) at the deadline."""
    end = time.monotonic() + deadline
    while not condition():
        assert time.monotonic() < end, _told(what)
        await asyncio.sleep(STEP)


def eventually_now(condition: Callable[[], object], deadline: float = DEADLINE, what: object = "") -> None:
    """The same where nothing can be awaited."""
    end = time.monotonic() + deadline
    while not condition():
        assert time.monotonic() < end, _told(what)
        time.sleep(STEP)


def _told(what: object) -> str:
    return f"not within the deadline: {what() if callable(what) else what}"
