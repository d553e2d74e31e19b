"""Rows of ``capture-pane -e``, made to stand alone.

tmux writes a screen as one stream: a row begins with the attributes (SGR, ECMA-48 8.3.117) and the character set the
row above ended with. A row that is drawn alone must say the attributes itself (`Carry`) and must hold the characters
that are meant (`LineDrawing`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

_SGR: Final = re.compile(r"\x1b\[([0-9;:]*)m")
_SHIFT: Final = re.compile("([\x0e\x0f])")
_SEQUENCE: Final = re.compile(r"(\x1b\[[0-?]*[ -/]*[@-~])")
_GRAPHICS: Final = str.maketrans("`afgjklmnopqrstuvwxyz{|}~", "◆▒°±┘┐┌└┼⎺⎻─⎼⎽├┤┴┬│≤≥π≠£·")
_OFF: Final = {
    "22": ("1", "2"), "23": ("3",), "24": ("4", "21"), "25": ("5", "6"), "27": ("7",), "28": ("8",), "29": ("9",),
    "55": ("53",),
}  # fmt: skip
_COLOURS: Final = ("38", "48", "58")


class Carry:
    """The attributes in force at the end of the rows seen so far."""

    __slots__ = ("_state",)

    def __init__(self) -> None:
        self._state: dict[str, str] = {}

    @property
    def prefix(self) -> str:
        """The sequence that puts a fresh terminal into this state; empty when nothing is set."""
        # One sequence each for the colours: all together could be longer than `safety.safe_text` lets pass.
        plain = [value for name, value in self._state.items() if name not in _COLOURS]
        colours = [value for name, value in self._state.items() if name in _COLOURS]
        return "".join(f"\x1b[{value}m" for value in (";".join(plain), *colours) if value)

    def feed(self, row: str) -> None:
        """Take in the sequences of *row*."""
        for match in _SGR.finditer(row):
            self._apply(match.group(1))

    def _apply(self, parameters: str) -> None:
        codes = iter(parameters.split(";"))
        for code in codes:
            head = code.split(":", 1)[0]
            if head in ("", "0"):
                self._state.clear()
            elif head in _COLOURS:
                self._state[head] = code if ":" in code else ";".join((code, *_colour(codes)))
            elif head in _OFF:
                for name in _OFF[head]:
                    self._state.pop(name, None)
            elif head in ("39", "49", "59"):
                self._state.pop({"39": "38", "49": "48", "59": "58"}[head], None)
            elif head.isdigit() and (30 <= int(head) <= 37 or 90 <= int(head) <= 97):
                self._state["38"] = code
            elif head.isdigit() and (40 <= int(head) <= 47 or 100 <= int(head) <= 107):
                self._state["48"] = code
            else:
                self._state[head] = code


class LineDrawing:
    """The DEC special graphics set (VT220), which tmux writes as letters between SO and SI."""

    __slots__ = ("on",)

    def __init__(self, on: bool = False) -> None:
        self.on = on
        """Whether the set is in force, here and at the start of the next row."""

    def feed(self, row: str) -> str:
        """Return *row* with the characters that are meant, without SO and SI."""
        if not self.on and _SHIFT.search(row) is None:
            return row
        out: list[str] = []
        for part in _SHIFT.split(row):
            if part in ("\x0e", "\x0f"):
                self.on = part == "\x0e"
            else:
                out.append(_drawn(part) if self.on else part)
        return "".join(out)


def _drawn(text: str) -> str:
    """Translate what stands between the escape sequences of *text*."""
    return "".join(part if part.startswith("\x1b") else part.translate(_GRAPHICS) for part in _SEQUENCE.split(text))


def _colour(codes: Iterator[str]) -> tuple[str, ...]:
    """Take the rest of a ``38;5;n`` or ``38;2;r;g;b`` from *codes*."""
    kind = next(codes, "")
    count = {"5": 1, "2": 3}.get(kind, 0)
    return (kind, *(next(codes, "0") for _ in range(count)))
