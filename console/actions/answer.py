"""Answering a dialog: look twice, press one key, look. Nothing is ever pressed a second time.

The two looks before the key prove that the dialog the operator has read is still the one that is open, and that nobody
else moves in it. Between the last look and the key lies one round trip; a dialog that opens in that moment cannot be
seen by anyone outside the agent. So the key is always one that says little elsewhere: a number or a letter, which an
input box merely shows, and Esc only where a dialog has no answer that rejects.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from console.i18n import mark, tr
from console.model.agent import AgentState, Detection
from console.model.dialog import Choice, Dialog, DialogId, choose, read_dialog
from console.model.surface import Screen
from console.mux.base import Multiplexer, MuxError

SETTLE: Final = 0.06
"""Seconds between the two looks before the key: a dialog that is being drawn, or moved in, looks different."""
LOOKS: Final = 15
"""Looks for the effect of the key."""
LOOK_EVERY: Final = 0.1
"""Seconds between two of them."""
GONE_LOOKS: Final = 2
"""Looks in a row that must show something else: one may have caught a half-drawn screen."""

Outcome = Literal["answered", "unconfirmed", "refused", "failed"]
OUTCOMES: Final = (mark("answered"), mark("unconfirmed"), mark("refused"), mark("failed"))
"""The same, for whoever shows them."""
Judge = Callable[[Screen], Detection]


@dataclass(frozen=True, slots=True)
class AnswerResult:
    """What was seen of one answer."""

    outcome: Outcome
    """``answered``: the dialog has gone or another one is open. ``unconfirmed``: pressed, and the same dialog still
    stands. ``refused``: nothing was pressed. ``failed``: whether the key arrived, or what it did, is not known."""
    evidence: str
    """One line for the operator."""
    pressed: Choice | None = None
    """The answer whose key was pressed."""


class _Refusal(Exception):
    """Why nothing is pressed."""


async def answer(
    mux: Multiplexer,
    ref: str,
    key: str,
    expected: DialogId,
    judge: Judge,
    *,
    veto: Callable[[], str] | None = None,
) -> AnswerResult:
    """Answer the dialog *expected* in *ref* with *key*: ``y``, ``n`` or the digit of an answer. Never raises.

    *judge* says what a screen shows. *veto* is asked directly before the key and may refuse with a reason.
    """
    try:
        first, _ = await _still(mux, ref, expected, judge)
        await asyncio.sleep(SETTLE)
        second, dialog = await _still(mux, ref, expected, judge)
        if first != second:
            raise _Refusal(tr("someone is moving in the dialog"))
        choice, why = choose(dialog, key)
        why = why or (veto() if veto is not None else "")
        if choice is None or why:
            raise _Refusal(why)
    except (_Refusal, MuxError) as error:
        return AnswerResult("refused", tr("{ref}: {error}; nothing was pressed", ref=ref, error=error))
    try:
        await mux.send_key(ref, choice.key)
    except MuxError as error:
        return AnswerResult(
            "failed",
            tr("{ref}: {error}; look whether {named} was pressed", ref=ref, error=error, named=_named(choice)),
            choice,
        )
    try:
        return await _effect(mux, ref, expected, judge, choice)
    except MuxError as error:
        return AnswerResult(
            "failed",
            tr("{ref}: {named} was pressed, then: {error}", ref=ref, named=_named(choice), error=error),
            choice,
        )


async def _still(mux: Multiplexer, ref: str, expected: DialogId, judge: Judge) -> tuple[tuple[str, ...], Dialog]:
    """Return the dialog's rows and the dialog. Raises `_Refusal` when it is not *expected*, `MuxError`."""
    screen = await mux.read(ref)
    seen = judge(screen)
    if seen.state is AgentState.DEAD:
        raise _Refusal(tr("its program has ended"))
    if seen.state is AgentState.TYPED or seen.draft:
        raise _Refusal(tr("the dialog is gone and someone is typing in the input box"))
    dialog = read_dialog(screen, seen)
    if dialog is None:
        raise _Refusal(tr("the dialog is gone; it shows {state}", state=tr(seen.state)))
    if not dialog.id.same(expected):
        raise _Refusal(tr("another dialog is open now: {told}", told=_told(dialog)))
    if dialog.text_field:
        raise _Refusal(tr("the cursor stands in a text field of the dialog"))
    span = seen.regions.dialog
    return screen.lines[slice(*span)] if span is not None else (), dialog


async def _effect(mux: Multiplexer, ref: str, expected: DialogId, judge: Judge, choice: Choice) -> AnswerResult:
    gone = 0
    for _ in range(LOOKS):
        await asyncio.sleep(LOOK_EVERY)
        screen = await mux.read(ref)
        seen = judge(screen)
        dialog = read_dialog(screen, seen)
        if dialog is not None and dialog.id.same(expected):
            gone = 0
            continue
        gone += 1
        if gone == GONE_LOOKS:
            now = tr("another dialog: {told}", told=_told(dialog)) if dialog is not None else tr(seen.state)
            return AnswerResult(
                "answered",
                tr("{ref}: {named} was taken; it shows {now}", ref=ref, named=_named(choice), now=now),
                choice,
            )
    return AnswerResult(
        "unconfirmed",
        tr("{ref}: {named} was pressed once, and the same dialog stands; look at it", ref=ref, named=_named(choice)),
        choice,
    )


def _named(choice: Choice) -> str:
    return f"“{choice.number}. {choice.label}”" if choice.number else choice.label


def _told(dialog: Dialog) -> str:
    return " · ".join(" ".join(part.split())[:120] for part in (dialog.title, dialog.subject) if part)
