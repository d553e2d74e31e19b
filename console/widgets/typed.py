"""A text as the bytes it is: what a terminal would obey, or not show, stands there in words."""

from __future__ import annotations

import unicodedata
from typing import Final

from textual.content import Content

_LINE_END: Final = "␊"
_TAB: Final = "␉"
_HIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Categories that have no picture of their own; blanks other than the plain one (Zs) are told too."""


def visible(text: str) -> Content:
    """*text* with every character to be seen: line ends ``␊``, tabs ``␉``, blanks at the end of a line ``·``.

    Control characters are their pictures, invisible and direction-changing ones stand as ``‹U+202E›``.
    """
    parts: list[str | tuple[str, str]] = []
    lines = text.split("\n")
    for number, line in enumerate(lines):
        body = line.rstrip(" ")
        parts += _line(body)
        parts.append(("·" * (len(line) - len(body)), "dim"))
        if number < len(lines) - 1:
            parts.append((f"{_LINE_END}\n", "dim"))
    return Content.assemble(*parts)


def _line(line: str) -> list[str | tuple[str, str]]:
    if line.isascii() and line.isprintable():
        return [line]
    parts: list[str | tuple[str, str]] = []
    plain = ""
    for char in line:
        told = _told(char)
        if not told:
            plain += char
            continue
        parts += [plain, (told, "dim" if char == "\t" else "reverse")]
        plain = ""
    return [*parts, plain]


def _told(char: str) -> str:
    """How *char* is shown; empty when it shows itself."""
    if char == "\t":
        return f"{_TAB}   "
    code = ord(char)
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "␡"
    category = unicodedata.category(char)
    if category in _HIDDEN or (category == "Zs" and char != " "):
        return f"‹U+{code:04X}›"
    return ""
