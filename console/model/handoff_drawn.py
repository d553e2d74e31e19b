"""Tables drawn with lines: box drawing as terminals show it, ``+---+`` grids, full-width pipes.

Agents draw the tables of their answers this way, and wrap a long cell over several lines between two rules.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from console.model.handoff_tables import CELL_LIMIT, Row, Table

BARS: Final = "│┃║｜￨"
"""What stands between two cells."""
_RULE: Final = re.compile(r"\s*(?:[┌├└╭╰╔╠╚╒╞╘┏┣┗╟╙╓][─-╿]{2,}|\+(?:[-=:]+\+)+|[│┃║｜￨][─-╿:=｜￨-]{3,})\s*")
_ROW: Final = re.compile(rf"\s*[{BARS}].*")
_GRID_ROW: Final = re.compile(rf"\s*[|{BARS}].*")
_PART: Final = re.compile(rf"[{BARS}]")
_GRID_PART: Final = re.compile(rf"(?<!\\)[|{BARS}]")


def is_drawn(lines: Sequence[str], at: int) -> bool:
    """Whether a drawn table begins in line *at*."""
    line = lines[at]
    if _RULE.fullmatch(line):
        return at + 1 < len(lines) and _row(lines[at + 1], line)
    return _ROW.fullmatch(line) is not None and len(_cells(line, _PART)) > 1


def read_drawn(lines: Sequence[str], at: int) -> tuple[Table, int]:
    """The drawn table that begins in line *at*, and the index of the line after it."""
    table = Table()
    first, begun = lines[at], False
    part = _GRID_PART if first.lstrip().startswith("+") else _PART
    parts: list[list[Row]] = []
    while at < len(lines):
        line = lines[at]
        if _RULE.fullmatch(line):
            table.rules.append(at)
            begun = False
        elif _row(line, first):
            if not begun:
                parts.append([])
                begun = True
            parts[-1].append(Row(_cells(line, part), [at]))
        else:
            break
        at += 1
    table.ruled = len(parts) > 1
    if len(parts) > 2:  # a rule between any two rows: what stands between them is one row
        table.rows = [_joined(each) for each in parts]
    elif table.ruled:
        table.rows = [_joined(parts[0]), *_wrapped(parts[1])]
    else:
        table.rows = [row for each in parts for row in each]
    return table, at


def _row(line: str, first: str) -> bool:
    return (_GRID_ROW if first.lstrip().startswith("+") else _ROW).fullmatch(line) is not None


def _cells(line: str, part: re.Pattern[str]) -> list[str]:
    cells = [cell.strip() for cell in part.split(line, CELL_LIMIT)][1:]
    return cells[:-1] if len(cells) > 1 and not cells[-1] else cells


def _joined(rows: list[Row]) -> Row:
    """One row of *rows*, whose cells were wrapped."""
    size = max(len(row.cells) for row in rows)
    cells = [" ".join(row.cells[at] for row in rows if at < len(row.cells) and row.cells[at]) for at in range(size)]
    return Row(cells, [line for row in rows for line in row.lines])


def _wrapped(rows: list[Row]) -> list[Row]:
    """*rows*, where one without a first cell goes on with the one before it."""
    found: list[list[Row]] = []
    for row in rows:
        if found and not row.cells[0]:
            found[-1].append(row)
        else:
            found.append([row])
    return [_joined(each) for each in found]
