"""How one record is written in a file: indentation, blanks, escapes. A changed record is written the same way."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Final

_SEPARATORS: Final = ((", ", ": "), (",", ":"), (",", ": "), (", ", ":"))
_FIRST_INDENT: Final = re.compile(r"\n([ \t]+)\S")


@dataclass(frozen=True, slots=True)
class Layout:
    """The style of one record."""

    indent: str | None
    """What one level is indented by; None on one line."""
    base: str
    """What every line after the first begins with."""
    separators: tuple[str, str]
    ascii_only: bool
    newline: str = "\n"

    @classmethod
    def of(cls, text: str, start: int, end: int, value: object) -> Layout:
        """Return the style in which *value* stands in *text* from *start* to *end*."""
        piece = text[start:end]
        ascii_only = piece.isascii() and ("\\u" in piece or _escapes(text))
        newline = "\r\n" if "\r\n" in piece else "\n"
        indent, base = None, ""
        if "\n" in piece:
            lines = piece.splitlines()
            base = _blanks(lines[-1])
            inner = _blanks(lines[1])
            indent = inner[len(base) :] if inner.startswith(base) else inner
        separators = (",", ": ") if indent is not None else _SEPARATORS[0]
        for each in _SEPARATORS:
            layout = cls(
                indent, base, (each[0].rstrip() if indent is not None else each[0], each[1]), ascii_only, newline
            )
            if layout.dump(value) == piece:
                return layout
        return cls(indent, base, separators, ascii_only, newline)

    def dump(self, value: object) -> str:
        """Return *value* as JSON in this style."""
        text = json.dumps(value, ensure_ascii=self.ascii_only, indent=self.indent, separators=self.separators)
        if not self.ascii_only and not _encodable(text):
            text = json.dumps(value, ensure_ascii=True, indent=self.indent, separators=self.separators)
        return text.replace("\n", self.newline + self.base) if self.indent is not None else text


def dump_like(text: str, start: int, record: object, key: str | None) -> str:
    """Return what stands between the brackets of an empty list or object at *start* once it holds *record*."""
    line = text[text.rfind("\n", 0, start) + 1 : start]
    found = _FIRST_INDENT.search(text)
    outer = _blanks(line)
    unit = found.group(1) if found is not None else "  "
    newline = "\r\n" if "\r\n" in text else "\n"
    layout = Layout(unit, outer + unit, (",", ": "), _escapes(text), newline)
    member = "" if key is None else json.dumps(key, ensure_ascii=False) + ": "
    return f"{newline}{outer}{unit}{member}{layout.dump(record)}{newline}{outer}"


def _blanks(line: str) -> str:
    return line[: len(line) - len(line.lstrip(" \t"))]


def _escapes(text: str) -> bool:
    """Whether the file writes other letters than ASCII as escapes."""
    return text.isascii() and "\\u" in text


def _encodable(text: str) -> bool:
    """Half of a surrogate pair cannot be written except as an escape."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
