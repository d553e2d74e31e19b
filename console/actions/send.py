"""Typing a text into a surface: paste, Enter, look.

This is the plain form: it says honestly what it saw on the screen and never presses Enter into a dialog it can see. A
dispatch with guards and verification is a different thing.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final, Literal

from console.model.surface import Screen
from console.mux.base import Multiplexer, MuxError

PASTE_PAUSE: Final = 0.3
"""Seconds between the paste and Enter: older Claude Code takes an earlier Enter for a newline (measured)."""
LOOKS: Final = 15
LOOK_EVERY: Final = 0.1
"""Seconds between two looks at the screen after Enter."""

Outcome = Literal["submitted", "typed", "refused", "failed"]


@dataclass(frozen=True, slots=True)
class SendResult:
    """What was seen of one send."""

    outcome: Outcome
    evidence: str
    """One line for the operator."""


async def type_and_enter(mux: Multiplexer, ref: str, text: str) -> SendResult:
    """Paste *text* into *ref*, press Enter, and look whether the text has left the input box. Never raises."""
    text = text.strip("\n")
    if not text.strip():
        return SendResult("refused", f"{ref}: nothing to send")
    try:
        before = await mux.read(ref)
        await mux.send_text(ref, text)
    except MuxError as error:
        return SendResult("refused", str(error))
    try:
        await asyncio.sleep(PASTE_PAUSE)
        pasted = await mux.read(ref)
        if pasted.lines == before.lines:
            return SendResult("typed", f"{ref}: the text did not show on the screen; Enter was not pressed")
        await mux.send_key(ref, "enter")
        for _ in range(LOOKS):
            await asyncio.sleep(LOOK_EVERY)
            if _left_the_box(pasted, await mux.read(ref)):
                return SendResult("submitted", f"{ref}: Enter was taken")
    except MuxError as error:
        return SendResult("failed", f"{ref}: {error}; the text may stand in the input box")
    return SendResult("typed", f"{ref}: typed, but the screen did not react to Enter; look at it")


def _left_the_box(pasted: Screen, now: Screen) -> bool:
    """Whether the screen changed where the cursor was: the input box is no longer what the paste made it."""
    if pasted.cursor is None or now.cursor is None:
        return pasted.lines != now.lines
    row = pasted.cursor[1]
    return pasted.cursor != now.cursor or pasted.lines[row : row + 1] != now.lines[row : row + 1]
