"""Widths in terminal cells: a Hangul syllable is two wide, and so is every wide character. Pure."""

from __future__ import annotations

import unicodedata


def cells(text: str) -> int:
    """Cells of *text*, which holds no control characters; a combining mark takes none."""
    return sum(
        2 if unicodedata.east_asian_width(char) in "WF" else 0 if unicodedata.combining(char) else 1 for char in text
    )


def padded(text: str, width: int) -> str:
    """*text* with blanks behind it, at least *width* cells wide."""
    return text + " " * (width - cells(text))
