"""The answers of an open dialog in one row: which key gives which."""

from __future__ import annotations

import re
from typing import Final

from rich.cells import cell_len
from rich.style import Style

from console.i18n import mark, tr
from console.model.dialog import Dialog, choose
from console.widgets.lines import Part, Row, bar, cut

LEAST: Final = 9
"""Cells an answer keeps, its key included."""


ELSEWHERE: Final = mark("answer it in its own terminal (f goes there)")
_BOX: Final = re.compile(r"\[.?\]\s|[☐☑☒]")


def answer_row(dialog: Dialog, width: int, key: Style, text: Style, fill: Style) -> Row:
    """``y Yes   2 Yes, and don't ask again …   n No``: every answer, cut evenly where there is no room."""
    answers = [(keys_of(dialog, choice.number), choice.label) for choice in dialog.choices if choice.key]
    if not answers:
        return bar(width, [(f" {tr(ELSEWHERE)}", text)], [], fill)
    if dialog.text_field:
        return bar(width, [(tr(" its cursor stands in a text field: answer it in its own terminal"), text)], [], fill)
    right: list[Part] = []
    if any(_BOX.match(label) for _, label in answers):
        submits = tr(" ticks; f to submit ")
        right, width_left = [(submits, text)], width - cell_len(submits)
    else:
        width_left = width
    room = max(LEAST, (width_left - 2) // len(answers))
    parts: list[Part] = [(" ", text)]
    spare = width_left - 1
    for at, (keys, label) in enumerate(answers):
        # What the short ones leave, the long ones get.
        share = max(room, (spare - sum(_need(*other) for other in answers[at + 1 :])))
        shown = cut(label, max(1, share - cell_len(keys) - 4))
        parts += [(keys, key), (f" {shown}   ", text)]
        spare -= cell_len(keys) + cell_len(shown) + 4
    return bar(width, parts, right, fill)


def keys_of(dialog: Dialog, number: int) -> str:
    """The keys that give answer *number*: its digit, and ``y`` or ``n`` when they surely mean it."""
    letters = [letter for letter in ("y", "n") if (found := choose(dialog, letter)[0]) and found.number == number]
    return "/".join([*letters, str(number)])


def _need(keys: str, label: str) -> int:
    return min(cell_len(keys) + cell_len(label) + 4, 28)
