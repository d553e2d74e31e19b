"""Typing a text into a surface: look, paste, look, Enter, look.

This is the plain form: it says honestly what it saw on the screen and never presses Enter into a dialog it can see. A
dispatch with guards and verification is a different thing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from console.model.agent import TAKES_NO_TEXT, Detection
from console.model.surface import Screen
from console.mux.base import Multiplexer, MuxError

PASTE_PAUSE: Final = 0.3
"""Least seconds between the paste and Enter: older Claude Code takes an earlier Enter for a newline (measured)."""
ECHO_LOOKS: Final = 30
"""Looks for the pasted text before the send is given up without Enter."""
LOOKS: Final = 15
"""Looks for the answer to Enter."""
LOOK_EVERY: Final = 0.1
"""Seconds between two looks at the screen."""
CLOSED: Final = TAKES_NO_TEXT

Outcome = Literal["submitted", "typed", "refused", "failed"]
Judge = Callable[[Screen], Detection]


@dataclass(frozen=True, slots=True)
class SendResult:
    """What was seen of one send."""

    outcome: Outcome
    evidence: str
    """One line for the operator."""


async def type_and_enter(mux: Multiplexer, ref: str, text: str, judge: Judge | None = None) -> SendResult:
    """Paste *text* into *ref*, press Enter, and look whether the text has left the input box. Never raises.

    *judge* says what a screen shows; with it, a text is refused where it would not land in an empty input box, and
    Enter is not pressed when a dialog has opened meanwhile.
    """
    text = text.strip("\n")
    if not text.strip():
        return SendResult("refused", f"{ref}: nothing to send")
    try:
        before = await mux.read(ref)
        why = _closed(judge, before) or _drafted(judge, before)
        if why:
            return SendResult("refused", f"{ref}: {why}; nothing was typed")
        await mux.send_text(ref, text)
    except MuxError as error:
        return SendResult("refused", str(error))
    try:
        return await _enter(mux, ref, before, judge)
    except MuxError as error:
        return SendResult("failed", f"{ref}: {error}; the text may stand in the input box")


async def _enter(mux: Multiplexer, ref: str, before: Screen, judge: Judge | None) -> SendResult:
    """Press Enter once the paste is on the screen."""
    await asyncio.sleep(PASTE_PAUSE)
    pasted = await mux.read(ref)
    for _ in range(ECHO_LOOKS):
        if _box(pasted) != _box(before):
            break
        await asyncio.sleep(LOOK_EVERY)
        pasted = await mux.read(ref)
    else:
        return SendResult("typed", f"{ref}: the text did not show on the screen; Enter was not pressed")
    why = _closed(judge, pasted)
    if why:
        return SendResult("failed", f"{ref}: {why} since the paste; Enter was not pressed, the text may be lost")
    await mux.send_key(ref, "enter")
    for _ in range(LOOKS):
        await asyncio.sleep(LOOK_EVERY)
        now = await mux.read(ref)
        if _box(now) != _box(pasted) and not _drafted(judge, now):
            return SendResult("submitted", f"{ref}: Enter was taken")
    return SendResult("typed", f"{ref}: typed, but the screen did not react to Enter; look at it")


def _box(screen: Screen) -> tuple[object, ...]:
    """What changes when the input box does: the cursor and its row, or the whole screen where no cursor is shown."""
    if screen.cursor is None:
        return screen.lines
    row = screen.cursor[1]
    return (screen.cursor, screen.lines[row : row + 1])


def _closed(judge: Judge | None, screen: Screen) -> str:
    if judge is None:
        return ""
    state = judge(screen).state
    return f"it shows {state}" if state in CLOSED else ""


def _drafted(judge: Judge | None, screen: Screen) -> str:
    draft = judge(screen).draft if judge is not None else ""
    return "its input box holds a text already; submit or clear that first" if draft else ""
