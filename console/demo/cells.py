"""Cells of a terminal row: widths, wrapping, cutting. Text here is plain; colour is added by the painter."""

from __future__ import annotations

import unicodedata


def width(text: str) -> int:
    """Cells *text* takes: wide and full-width characters two, combining marks none (UAX #11)."""
    if text.isascii():
        return len(text)
    return sum(map(_char_width, text))


def _char_width(char: str) -> int:
    if unicodedata.combining(char) or char in "\u200d\ufe0f":
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def cut(text: str, cells: int) -> str:
    """Return *text* in at most *cells* cells; what is cut off is shown by an ellipsis."""
    if width(text) <= cells:
        return text
    out, used = [], 0
    for char in text:
        used += _char_width(char)
        if used > cells - 1:
            break
        out.append(char)
    return "".join(out) + "…" if cells > 0 else ""


def wrap(text: str, cells: int) -> list[str]:
    """Break *text* into rows of at most *cells* cells, at spaces where there are any; newlines break too."""
    rows: list[str] = []
    for paragraph in text.split("\n"):
        row = ""
        for word in _words(paragraph, cells):
            if row and width(row) + width(word) > cells:
                rows.append(row.rstrip())
                row = word.lstrip(" ")
            else:
                row += word
        rows.append(row)
    return rows


def _words(text: str, cells: int) -> list[str]:
    words: list[str] = []
    word, used = "", 0
    for char in text:
        size = _char_width(char)
        if word and (char == " " or used + size > cells):
            words.append(word)
            word, used = "", 0
        word, used = word + char, used + size
    return [*words, word] if word else words
