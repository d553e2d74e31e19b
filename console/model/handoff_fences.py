"""Code blocks between fences. One whose end is missing is none: the rest of the document is not lost in it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

_FENCE: Final = re.compile(r"([ \t]*)(`{3,}|~{3,})")


@dataclass(frozen=True, slots=True)
class Fence:
    """A code block."""

    lines: list[int]
    """Indexes of its lines from 0, the fences included."""
    inside: list[str]
    """The lines between the fences, as they are."""
    indent: int

    def text(self, below: int = 0) -> str:
        """What stands in it, without the indentation of its fence; *below* is that of the entry it belongs to."""
        return "\n".join(_dedented(line, max(self.indent, below)) for line in self.inside)


def fences(lines: Sequence[str]) -> dict[int, Fence]:
    """From the index of a first line to the code block that begins there."""
    marks = []
    for at, line in enumerate(lines):
        found = _FENCE.match(line) if "```" in line or "~~~" in line else None
        if found is not None and "`" not in line[found.end() :]:
            marks.append((at, found, line[found.end() :].strip()))
    blocks: dict[int, Fence] = {}
    endless = {"`": 1 << 30, "~": 1 << 30}  # a fence at least so long has no end from here on
    free = 0
    for place, (at, found, _) in enumerate(marks):
        sign, length = found.group(2)[0], len(found.group(2))
        if at < free or length >= endless[sign]:
            continue
        later = (marks[index] for index in range(place + 1, len(marks)))
        end = next((line for line, other, word in later if not word and _closes(other, sign, length)), None)
        if end is None:
            endless[sign] = length
            continue
        indent = len(found.group(1).expandtabs(4))
        blocks[at] = Fence(list(range(at, end + 1)), list(lines[at + 1 : end]), indent)
        free = end + 1
    return blocks


def _closes(found: re.Match[str], sign: str, length: int) -> bool:
    mark = found.group(2)
    return mark[0] == sign and len(mark) >= length


def _dedented(line: str, indent: int) -> str:
    taken = 0
    while taken < indent and line[taken : taken + 1] == " ":
        taken += 1
    return line[taken:]
