"""Pipe tables as people paste them: well formed, with each cell on a line of its own, wrapped, without a rule.

A pipe ends a cell; a line break inside a row is white space. A row begins where a line begins with a pipe and the row
before is whole. How many cells a row has is told by the rule below the head, else by the head.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

WRAP_LIMIT: Final = 8
"""Lines over which the text of one cell may be wrapped."""
CELL_LIMIT: Final = 200
"""Cells of a row; what comes after stays in the last one."""

_RULE: Final = re.compile(r"[|:\s-]*")
_THIN_RULE: Final = re.compile(r"\|?(?::?-:?\|)+(?::?-:?)?")
_PIPE: Final = re.compile(r"(?<!\\)((?:\\\\)*)\|")


@dataclass(slots=True)
class Row:
    """One row."""

    cells: list[str]
    lines: list[int]
    """Indexes of its source lines, from 0."""


@dataclass(slots=True)
class Table:
    """A table without its rules."""

    rows: list[Row] = field(default_factory=list)
    ruled: bool = False
    """A rule stood below the first row: that is the head."""
    rules: list[int] = field(default_factory=list)
    """Indexes of the lines that are rules."""


def split(line: str) -> list[str]:
    """The parts of *line* between pipes that no backslash escapes; the pipes at its ends give empty parts."""
    parts, at = [], 0
    for found in _PIPE.finditer(line):
        parts.append(line[at : found.end() - 1])
        at = found.end()
        if len(parts) >= CELL_LIMIT:
            break
    return [*parts, line[at:]]


def is_rule(line: str) -> bool:
    """Whether *line* is the rule below a head, or a part of it; ``- |`` is a cell with a dash in it."""
    if "|" not in line or not _RULE.fullmatch(line):
        return False
    return "--" in line or _THIN_RULE.fullmatch(line) is not None


def begins(lines: Sequence[str], at: int) -> bool:
    """Whether a table begins in line *at*."""
    line = lines[at].strip()
    if line.startswith("|"):
        return True
    if _tabbed(lines, at):
        return True
    return "|" in line and at + 1 < len(lines) and is_rule(lines[at + 1].strip()) and lines[at + 1].count("-") > 1


def _tabbed(lines: Sequence[str], at: int) -> bool:
    """Whether line *at* and the next are rows of cells separated by tabs."""
    here = lines[at].strip(" \n").count("\t")
    if not here or not lines[at].split("\t", 1)[0].strip() or at + 1 >= len(lines):
        return False
    return lines[at + 1].strip(" \n").count("\t") == here


class Mender:
    """Reads one table from its first line to the line after it."""

    def __init__(
        self,
        lines: Sequence[str],
        next_pipe: Sequence[int],
        ends: Callable[[int], bool],
        columns: Callable[[Sequence[str]], int],
    ) -> None:
        """*next_pipe* has for each line the next one, itself included, that has a pipe; *ends* says whether a line
        surely begins something else; *columns* how many of the first cells name columns."""
        self.lines, self.next_pipe, self.ends, self.columns = lines, next_pipe, ends, columns
        self.table = Table()
        self.row = Row([], [])
        self.open = False
        self.width = 0
        self.piped = True

    def read(self, at: int) -> tuple[Table, int]:
        """The table that begins in line *at*, and the index of the line after it."""
        if not self.lines[at].strip().startswith("|") and _tabbed(self.lines, at):
            return self._tabs(at)
        self.piped = self.lines[at].strip().startswith("|")
        first = at
        while at < len(self.lines):
            line = self.lines[at].strip()
            if not line:
                after = self._over_blanks(at)
                if after is None:
                    break
                at = after
                continue
            if at > first and self.ends(at):
                break
            if not self._take(at, line):
                break
            at += 1
        self._finish()
        self._regroup()
        self._spread()
        return self.table, at

    def _take(self, at: int, line: str) -> bool:
        """Use *line*; False when it is no part of the table."""
        if is_rule(line):
            self._finish()
            self.table.rules.append(at)
            self.table.ruled = self.table.ruled or len(self.table.rows) == 1
            self.width = self.width or (len(self.table.rows[0].cells) if self.table.rows else 0)
            return True
        if not self.piped:
            return self._unpiped(at, line)
        if line.startswith("|"):
            return self._led(at, line)
        if "|" in line and (self.row.cells or self.open) and not self._whole():
            self._add(at, split(line))
            return True
        return self._wrapped(at, line)

    def _led(self, at: int, line: str) -> bool:
        """A line that begins with a pipe."""
        if line == "|":
            if self._whole() or not self.row.cells:
                self._finish()
                self.row.lines.append(at)  # the row begins with the next line
            else:
                self.row.lines.append(at)
                if not self.open:
                    self.row.cells.append("")
                self.open = False
            return True
        if self.open and len(self.row.cells) == len(self.row.lines) > 0 and not self._whole():
            self.open = False  # each line begins with the pipe that ends the cell before
        elif self.row.cells:
            self._finish()
        self._add(at, split(line)[1:])
        return True

    def _unpiped(self, at: int, line: str) -> bool:
        """A row of a table whose lines do not begin with a pipe."""
        if "|" not in line:
            return False
        self._finish()
        self.row = Row([part.strip() for part in split(line.removesuffix("|"))], [at])
        self._finish()
        return True

    def _wrapped(self, at: int, line: str) -> bool:
        """A line without a pipe: it belongs to a cell when a pipe follows soon, or when the document breaks off."""
        if not (self.row.cells or self.row.lines) or (self._whole() and not self.open):
            return False
        closing = self.next_pipe[at]
        last = all(not each.strip() for each in self.lines[at + 1 : at + 2]) and closing >= len(self.lines)
        if not last:
            if closing - at > WRAP_LIMIT or closing >= len(self.lines):
                return False
            between = range(at, closing + 1)
            if any(not self.lines[each].strip() or self.ends(each) for each in between):
                return False
            if self.lines[closing].strip().startswith("|") and not self.open:
                return False
        self._add(at, [line])
        self.open = True
        return True

    def _add(self, at: int, parts: list[str]) -> None:
        closed = len(parts) > 1 and not parts[-1].strip()
        parts = [part.strip() for part in (parts[:-1] if closed else parts)]
        if self.open and self.row.cells and parts:
            self.row.cells[-1] = f"{self.row.cells[-1]} {parts.pop(0)}".strip()
        self.row.cells += parts
        self.row.lines.append(at)
        self.open = not closed

    def _whole(self) -> bool:
        return bool(self.width) and len(self.row.cells) >= self.width

    def _over_blanks(self, at: int) -> int | None:
        """The next line of the same table over blank ones, or None."""
        after = at
        while after < len(self.lines) and not self.lines[after].strip():
            after += 1
        if after >= len(self.lines) or self.ends(after):
            return None
        line = self.lines[after].strip()
        inside = bool(self.row.cells) and not self._whole()
        if line.startswith("|"):
            # One blank between two rows is a doubled line end. A new head begins a new table.
            fresh = after + 1 < len(self.lines) and is_rule(self.lines[after + 1].strip())
            cells = split(line.strip("|"))
            return None if fresh or (self.columns(cells) == len(cells) > 1) else after
        return after if inside and line.endswith("|") else None

    def _finish(self) -> None:
        if self.row.cells or self.row.lines:
            if not self.width and len(self.row.cells) > 1:
                self.width = len(self.row.cells)
            self.table.rows.append(self.row)
        self.row, self.open = Row([], []), False

    def _regroup(self) -> None:
        """Put rows together where each cell was a row of its own: ``| a |`` below ``| b |``."""
        rows, rules = self.table.rows, self.table.rules
        if len(rows) < 4 or any(len(row.cells) > 1 for row in rows):
            return
        cells = [row.cells[0] if row.cells else "" for row in rows]
        size = self.columns(cells)
        before = sum(1 for row in rows if rules and row.lines[0] < rules[0])
        if rules and before > 1 and len(rules) in (1, before):
            size = before
        if size < 2:
            return
        self.table.rows = [
            Row(cells[at : at + size], [line for row in rows[at : at + size] for line in row.lines])
            for at in range(0, len(rows), size)
        ]
        self.table.ruled = bool(rules)
        self.width = size

    def _spread(self) -> None:
        """One row held all cells where lines only begin with a pipe and no rule told its width."""
        rows = self.table.rows
        if len(rows) == 1 and not self.table.ruled and len(rows[0].lines) == len(rows[0].cells) > 3:
            size = self.columns(rows[0].cells)
            if size > 1:
                row = rows[0]
                self.table.rows = [
                    Row(row.cells[at : at + size], row.lines[at : at + size]) for at in range(0, len(row.cells), size)
                ]
                self.width = size
        for row in self.table.rows:
            if 0 < self.width < len(row.cells):
                row.cells = _spans(row.cells, self.width)
                if len(row.cells) == self.width:
                    continue
                row.cells[self.width - 1 :] = [" | ".join(row.cells[self.width - 1 :])]

    def _tabs(self, at: int) -> tuple[Table, int]:
        count = self.lines[at].strip(" \n").count("\t")
        while at < len(self.lines) and self.lines[at].strip(" \n").count("\t") == count:
            cells = [cell.strip() for cell in self.lines[at].split("\t", CELL_LIMIT)]
            self.table.rows.append(Row(cells, [at]))
            at += 1
        return self.table, at


def _spans(cells: list[str], width: int) -> list[str]:
    """*cells* without the parting at pipes inside code spans, where that leaves *width* cells."""
    joined: list[str] = []
    for cell in cells:
        if joined and joined[-1].count("`") % 2:
            joined[-1] += f"|{cell}"
        else:
            joined.append(cell)
    return joined if len(joined) == width else cells
