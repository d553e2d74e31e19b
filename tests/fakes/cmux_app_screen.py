"""A small terminal emulator for the double: ECMA-48 as far as shells and the demo agents use it.

Cells hold one character with its combining marks; a wide character (UAX #11) owns two. Colours are dropped: the app
gives plain text (``surface.read_text`` has no attributes). Modes kept: alternate screen, autowrap, cursor keys,
bracketed paste (DECSET 2004, which decides how a paste is written).
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections import deque
from collections.abc import Callable
from typing import Final

HISTORY: Final = 10_000
"""Lines of scrollback kept."""

_TOKEN: Final = re.compile(
    r"\x1b\[(?P<priv>[<=>?]?)(?P<args>[0-9;:]*)(?P<inter>[ -/]*)(?P<final>[@-~])"
    r"|\x1b\](?P<osc>[^\x07\x1b]*)(?:\x07|\x1b\\)"
    r"|\x1b[PX^_][^\x1b]*\x1b\\"
    r"|\x1b[ -/]+[0-~]"
    r"|\x1b(?P<esc>[0-OQ-WYZ\\`-~=>])"
    r"|(?P<text>[^\x00-\x1f\x7f]+)"
    r"|(?P<ctl>[\x00-\x1a\x1c-\x1f\x7f])"
)
_OPEN: Final = re.compile(r"\x1b(?:\[[0-?]*[ -/]*|\][^\x07\x1b]*\x1b?|[PX^_][^\x1b]*\x1b?|[ -/]*)?\Z")
_ZERO: Final = ("Mn", "Me", "Cf")

Row = list[str]


def char_width(char: str) -> int:
    """Cells of one character: 0 for marks and joiners, 2 for wide ones, else 1."""
    if char < "\u0300":
        return 1
    if unicodedata.category(char) in _ZERO or "\u1160" <= char <= "\u11ff":
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


class Emulator:
    """The screen of one terminal; `feed` takes what the program writes, *reply* sends what the terminal answers."""

    def __init__(self, columns: int, rows: int, reply: Callable[[bytes], None]) -> None:
        self.columns, self.rows = columns, rows
        self.history: deque[str] = deque(maxlen=HISTORY)
        self.title = ""
        self.bracketed_paste = False
        self.application_cursor = False
        self.alternate = False
        self._reply = reply
        self._decode = codecs.getincrementaldecoder("utf-8")("replace")
        self._rest = ""
        self._other: tuple[list[Row], int, int] | None = None
        self._reset()

    def _reset(self) -> None:
        self._grid: list[Row] = [self._blank() for _ in range(self.rows)]
        self.x = self.y = 0
        self._top, self._bottom = 0, self.rows - 1
        self._saved = (0, 0)
        self._wrap = True
        self._last = " "

    def _blank(self) -> Row:
        return [" "] * self.columns

    def feed(self, data: bytes) -> None:
        """Take bytes of the program, whole sequences or halves."""
        text = self._rest + self._decode.decode(data)
        at = 0
        while at < len(text):
            match = _TOKEN.match(text, at)
            if match is None:
                if len(text) - at < 65536 and _OPEN.match(text, at):
                    break
                at += 1
                continue
            at = match.end()
            self._take(match)
        self._rest = text[at:]

    def viewport(self) -> list[str]:
        """The rows on screen, top first, without trailing blanks."""
        return ["".join(row).rstrip() for row in self._grid]

    def everything(self) -> list[str]:
        """Scrollback, then the rows on screen."""
        return [*self.history, *self.viewport()]

    def resize(self, columns: int, rows: int) -> None:
        """Take a new size; rows that no longer fit go into the history from the top."""
        while len(self._grid) > rows:
            if self.y < len(self._grid) - 1 and not "".join(self._grid[-1]).strip():
                self._grid.pop()
                continue
            gone = self._grid.pop(0)
            self.y = max(0, self.y - 1)
            if not self.alternate:
                self.history.append("".join(gone).rstrip())
        self.columns, self.rows = columns, rows
        self._grid += [self._blank() for _ in range(rows - len(self._grid))]
        self._grid = [(row + [" "] * columns)[:columns] for row in self._grid]
        self.x, self.y = min(self.x, columns - 1), min(self.y, rows - 1)
        self._top, self._bottom = 0, rows - 1

    def _take(self, match: re.Match[str]) -> None:
        kind = match.lastgroup
        if kind == "text":
            for char in match["text"]:
                self._put(char)
        elif kind == "ctl":
            self._control(match["ctl"])
        elif kind == "osc":
            number, _, value = match["osc"].partition(";")
            if number in ("0", "2"):
                self.title = value
        elif kind == "esc":
            self._escape(match["esc"])
        elif kind == "final":
            args = [int(part.split(":")[0] or 0) for part in match["args"].split(";")]
            if match["inter"]:
                return
            if match["priv"]:
                self._private(match["priv"], args, match["final"])
            else:
                self._csi(args, match["final"])

    def _put(self, char: str) -> None:
        wide = char_width(char)
        if wide == 0:
            at = self.x - 1 if self.x <= self.columns else self.columns - 1
            row = self._grid[self.y]
            while at > 0 and row[at] == "":
                at -= 1
            if at >= 0:
                row[at] += char
            return
        if self.x + wide > self.columns:
            if self._wrap:
                self.x = 0
                self._line_feed()
            else:
                self.x = self.columns - wide
        row = self._grid[self.y]
        for at in range(self.x, self.x + wide):
            self._break_wide(row, at)
        row[self.x] = char
        if wide == 2:
            row[self.x + 1] = ""
        self.x += wide
        self._last = char

    def _break_wide(self, row: Row, at: int) -> None:
        if row[at] == "" and at > 0:
            row[at - 1] = " "
        if at + 1 < self.columns and row[at + 1] == "":
            row[at + 1] = " "

    def _control(self, char: str) -> None:
        if char == "\r":
            self.x = 0
        elif char in "\n\v\f":
            self.x = min(self.x, self.columns - 1)
            self._line_feed()
        elif char == "\b":
            self.x = max(0, min(self.x, self.columns - 1) - 1)
        elif char == "\t":
            self.x = min(self.columns - 1, (self.x // 8 + 1) * 8)

    def _line_feed(self) -> None:
        if self.y == self._bottom:
            self._scroll_up(1)
        else:
            self.y = min(self.rows - 1, self.y + 1)

    def _scroll_up(self, count: int) -> None:
        for _ in range(min(count, self.rows)):
            gone = self._grid.pop(self._top)
            if self._top == 0 and not self.alternate:
                self.history.append("".join(gone).rstrip())
            self._grid.insert(self._bottom, self._blank())

    def _scroll_down(self, count: int) -> None:
        for _ in range(min(count, self.rows)):
            self._grid.pop(self._bottom)
            self._grid.insert(self._top, self._blank())

    def _escape(self, char: str) -> None:
        if char == "7":
            self._saved = (self.x, self.y)
        elif char == "8":
            self.x, self.y = self._saved
        elif char == "D":
            self._line_feed()
        elif char == "E":
            self.x = 0
            self._line_feed()
        elif char == "M":
            if self.y == self._top:
                self._scroll_down(1)
            else:
                self.y = max(0, self.y - 1)
        elif char == "c":
            self._reset()
            self.bracketed_paste = self.application_cursor = self.alternate = False

    def _private(self, mark: str, args: list[int], final: str) -> None:
        if mark != "?" or final not in "hl":
            return
        on = final == "h"
        for mode in args:
            if mode == 7:
                self._wrap = on
            elif mode == 1:
                self.application_cursor = on
            elif mode == 2004:
                self.bracketed_paste = on
            elif mode in (47, 1047, 1049):
                self._switch(on)

    def _switch(self, on: bool) -> None:
        if on and not self.alternate:
            self._other = (self._grid, self.x, self.y)
            self._grid = [self._blank() for _ in range(self.rows)]
            self.alternate = True
        elif not on and self.alternate and self._other is not None:
            grid, self.x, self.y = self._other
            self.alternate, self._other = False, None
            self._grid = grid
            self.resize(self.columns, self.rows)

    def _csi(self, args: list[int], final: str) -> None:
        first = args[0] or 1
        self.x = min(self.x, self.columns - 1)
        if final in "Hf":
            self._move((args[1] or 1) - 1 if len(args) > 1 else 0, first - 1)
        elif final in "ABCDEFGd`aejkl":
            self._step(final, first)
        elif final == "J":
            self._erase_display(args[0])
        elif final == "K":
            self._erase_line(args[0])
        elif final in "PX@LMSTb":
            self._edit(final, first)
        elif final == "r":
            bottom = args[1] if len(args) > 1 and args[1] else self.rows
            self._top, self._bottom = min(first, self.rows) - 1, min(bottom, self.rows) - 1
            if self._top >= self._bottom:
                self._top, self._bottom = 0, self.rows - 1
            self._move(0, 0)
        elif final == "s":
            self._saved = (self.x, self.y)
        elif final == "u":
            self.x, self.y = self._saved
        elif final == "n" and args[0] == 6:
            self._reply(f"\x1b[{self.y + 1};{self.x + 1}R".encode())
        elif final == "n" and args[0] == 5:
            self._reply(b"\x1b[0n")
        elif final == "c":
            self._reply(b"\x1b[?62;22c")

    def _move(self, x: int, y: int) -> None:
        self.x, self.y = max(0, min(self.columns - 1, x)), max(0, min(self.rows - 1, y))

    def _step(self, final: str, count: int) -> None:
        if final in "AF":
            stop = self._top if self.y >= self._top else 0
            self._move(0 if final == "F" else self.x, max(stop, self.y - count))
        elif final in "BEe":
            stop = self._bottom if self.y <= self._bottom else self.rows - 1
            self._move(0 if final == "E" else self.x, min(stop, self.y + count))
        elif final in "Ca":
            self._move(self.x + count, self.y)
        elif final == "D":
            self._move(self.x - count, self.y)
        elif final in "G`":
            self._move(count - 1, self.y)
        elif final == "d":
            self._move(self.x, count - 1)

    def _erase_display(self, how: int) -> None:
        if how == 3:
            self.history.clear()
            return
        self._erase_line(how)
        first, last = {0: (self.y + 1, self.rows), 1: (0, self.y)}.get(how, (0, self.rows))
        for number in range(first, last):
            self._grid[number] = self._blank()

    def _erase_line(self, how: int) -> None:
        row = self._grid[self.y]
        first, last = {0: (self.x, self.columns), 1: (0, self.x + 1)}.get(how, (0, self.columns))
        for at in range(first, last):
            self._break_wide(row, at)
            row[at] = " "

    def _edit(self, final: str, count: int) -> None:
        row = self._grid[self.y]
        count = min(count, max(self.columns, self.rows))
        if final == "P":
            row[self.x : self.x + count] = []
            row += [" "] * (self.columns - len(row))
        elif final == "@":
            row[self.x : self.x] = [" "] * count
            del row[self.columns :]
        elif final == "X":
            for at in range(self.x, min(self.columns, self.x + count)):
                self._break_wide(row, at)
                row[at] = " "
        elif final == "b":
            for _ in range(count):
                self._put(self._last)
        elif final in "ST":
            (self._scroll_up if final == "S" else self._scroll_down)(count)
        elif self._top <= self.y <= self._bottom:
            for _ in range(min(count, self._bottom - self.y + 1)):
                self._grid.pop(self._bottom if final == "L" else self.y)
                self._grid.insert(self.y if final == "L" else self._bottom, self._blank())
