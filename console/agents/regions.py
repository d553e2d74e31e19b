"""The parts of an agent's screen, and the reading of one part: drafts, ghost text, options, hints.

Pure text work; which part means what is said by the rule files, not here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from console.model.surface import Screen

Span = tuple[int, int]
"""Rows from 0, half-open."""

_SIDES: Final = ("│", "┃", "|")
FRAME_EDGE: Final = re.compile(r"^\s*(?:[╭╰┌└][─━]|[─▔╌]{8,})")
"""A border: a rule, or the first or last row of a frame."""
OPTION: Final = re.compile(r"^\s*([❯›>])?\s{0,4}(\d{1,2})\.\s?(\S.*)$")
"""A numbered option: its mark, its number, its text."""
_SGR: Final = re.compile(r"\x1b\[([0-9;:]*)m")


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the parts of one agent's screen are. Spans and rows count from 0 in `rows`."""

    rows: Sequence[str]
    """Rows up to the last one that is not blank."""
    width: int
    sure: bool = False
    """The structure alone tells which agent this is."""
    common: bool = False
    """Other agents draw it alike: one with words of its own goes before."""
    box: Span | None = None
    """Rows of the text in the input box, without its borders."""
    box_top: int = 0
    """First row of the box with its border; the end of what stands above it."""
    footer: int = 0
    """First row below the box."""
    dialog: Span | None = None
    live: int | None = None
    """First unindented row above the box: a spinner line, or the start of the last block."""
    turn: int | None = None
    """Start of the last block of the turn, done line not counted."""
    exchange: int | None = None
    """Row of the operator's last prompt."""
    draft: str = ""
    ghost: str = ""
    """The placeholder in the box, when nothing is typed."""
    prompt: str = ""
    cursor: str = ""
    """The cursor's row up to the cursor."""

    def span(self, region: str) -> Span | None:
        """Return the rows of *region*, or None where this screen has no such part.

        ``body`` is what stands above box or dialog. ``screen`` (all rows) and ``tail`` (the last four) are there only
        when there is neither a box nor a dialog.
        """
        end = len(self.rows)
        if region == "dialog":
            return self.dialog
        if region == "body":
            return (0, self.dialog[0] if self.dialog is not None else self.box_top if self.box is not None else end)
        if self.box is None:
            bare = {"screen": (0, end), "tail": (max(0, end - 4), end)}
            return bare.get(region) if self.dialog is None else None
        if region == "footer":
            return (self.footer, end)
        if region == "notice":
            return (notice_top(self.rows, self.box_top, self.width), end)
        start = {"above_box": self.live, "turn": self.turn, "exchange": self.exchange, "box": self.box_top}.get(region)
        return None if start is None else (start, self.box_top)

    def text(self, region: str) -> str | None:
        """Return the text of *region* with rows joined by newlines; ``box`` is the prompt and what is typed."""
        if region == "cursor":
            return self.cursor
        if region == "box":
            return f"{self.prompt} {self.draft}" if self.box is not None else None
        span = self.span(region)
        if span is None:
            return None
        rows = self.rows[span[0] : span[1]]
        return "\n".join(map(unframed, rows) if region == "dialog" else rows)


def trimmed(screen: Screen) -> Sequence[str]:
    """Return the rows up to the last one that is not blank."""
    lines, end = screen.lines, len(screen.lines)
    while end and not lines[end - 1].strip():
        end -= 1
    return lines[:end]


def cursor_text(screen: Screen, rows: Sequence[str]) -> str:
    """Return the cursor's row up to the cursor, or the last row where no cursor is known."""
    if screen.cursor is None:
        return rows[-1].rstrip() if rows else ""
    column, row = screen.cursor
    if not 0 <= row < len(screen.lines):
        return ""
    return screen.lines[row][: max(column, 0)].rstrip()


def unframed(row: str) -> str:
    """Return *row* without the side borders of a frame (older versions draw one around dialogs and box)."""
    if row[:1] not in _SIDES:
        return row
    row = (row[2:] if row[1:2].isspace() else row[1:]).rstrip()
    return row[:-1].rstrip() if row[-1:] in _SIDES else row


def cells(text: str) -> int:
    """Return how many columns *text* takes; East Asian wide characters take two."""
    if text.isascii():
        return len(text)
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def indented(row: str) -> bool:
    """Whether the row starts with a space, or is blank."""
    return not row.strip() or row[0].isspace()


def notice_top(rows: Sequence[str], below: int, width: int) -> int:
    """Return the first of the right-aligned notices that stand directly above row *below* (blank rows between)."""
    top = at = below
    while at > 0 and below - at < 6 and width:
        row = rows[at - 1]
        if row.strip():
            if (len(row) - len(row.lstrip())) * 3 < width:
                break
            top = at - 1
        at -= 1
    return top


def text_end(rows: Sequence[str], end: int, width: int) -> int:
    """Return *end* moved up over blank rows and right-aligned notices."""
    end = notice_top(rows, min(end, len(rows)), width)
    while end > 0 and not rows[end - 1].strip():
        end -= 1
    return end


def last_rows(rows: Sequence[str], count: int) -> list[str]:
    """Return the last *count* rows that are neither blank nor border, top to bottom."""
    found: list[str] = []
    for row in reversed(rows):
        if row.strip() and not FRAME_EDGE.match(row):
            found.append(unframed(row))
            if len(found) == count:
                break
    return found[::-1]


def option_row(row: str) -> tuple[bool, int] | None:
    """Return (marked as chosen, number) of a numbered option row."""
    found = OPTION.match(unframed(row))
    return (found[1] is not None, int(found[2])) if found else None


def is_dim(styled: str, skip: int, length: int) -> bool | None:
    """Whether the *length* characters after the first *skip* are dim (SGR 2); None when the row has no colours at all.

    The cursor stands on the first letter of ghost text and is drawn in reverse, so the first letter does not count.
    """
    if "\x1b" not in styled:
        return None
    dim, seen, counts = False, 0, [0, 0]
    for index, part in enumerate(_SGR.split(styled)):
        if index % 2:
            dim = _dim_after(part, dim)
            continue
        for char in part:
            seen += 1
            if skip + 1 < seen <= skip + length and not char.isspace():
                counts[dim] += 1
    return counts[1] > counts[0]


def _dim_after(parameters: str, dim: bool) -> bool:
    if ":" in parameters:
        return dim
    codes = iter(parameters.split(";"))
    for code in codes:
        if code in ("38", "48", "58"):  # a colour: its own parameters are no attributes
            for _ in range(1 if next(codes, "") == "5" else 3):
                next(codes, "")
        elif code in ("", "0", "00", "22"):
            dim = False
        elif code in ("2", "02"):
            dim = True
    return dim


def read_box(
    screen: Screen, box: Span, known_ghost: Callable[[str], object], *, framed: bool = False
) -> tuple[str, str, str]:
    """Return (prompt sign, draft, ghost text) of the input box in rows *box*.

    Ghost text is told by its dim style; without colours by the cursor standing before it, or by *known_ghost*.
    Rows of a draft are joined with newlines (a soft wrap cannot be told from a real one).
    """
    rows = [unframed(row) if framed else row for row in screen.lines[box[0] : box[1]]]
    prompt, first = rows[0][:1], rows[0][1:].strip()
    texts = [first, *(row.strip() for row in rows[1:])]
    draft = "\n".join(texts).strip()
    if not draft:
        return prompt, "", ""
    styled = screen.styled[box[0]] if box[0] < len(screen.styled) else ""
    skip = 4 if framed else 2
    dim = is_dim(styled, skip, len(first))
    if dim is None:
        before = screen.cursor == (skip, box[0]) and first[0] not in "/@!"  # no placeholder starts like a command
        dim = len(rows) == 1 and (before or known_ghost(first) is not None)
    elif not dim and screen.cursor in (None, (skip, box[0])):  # a theme, or the way here, may have lost what is dim
        dim = len(rows) == 1 and known_ghost(first) is not None
    return (prompt, "", draft) if dim else (prompt, draft, "")
