"""The texts of `argparse` itself, which asks the catalogue of Python for them; here they come from the console's.

A text that a newer Python words in another way stays English. Its lines are broken by terminal cells: Python counts
characters, so a line of Hangul would be up to twice as wide as the terminal.
"""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Sequence
from typing import Final

from console.i18n import mark, tr
from console.model.cells import cells

TEXTS: Final = (
    mark("usage: "),
    mark("positional arguments"),
    mark("options"),
    mark("show this help message and exit"),
    mark("show program's version number and exit"),
    mark("argument %(argument_name)s: %(message)s"),
    mark("unrecognized arguments: %s"),
    mark("not allowed with argument %s"),
    mark("ignored explicit argument %r"),
    mark("the following arguments are required: %s"),
    mark("one of the arguments %s is required"),
    mark("expected one argument"),
    mark("expected at most one argument"),
    mark("expected at least one argument"),
    mark("ambiguous option: %(option)s could match %(matches)s"),
    mark("invalid %(type)s value: %(value)r"),
    mark("invalid choice: %(value)r (choose from %(choices)s)"),
    mark("%(prog)s: error: %(message)s\n"),
)


def speak() -> None:
    """Let `argparse` ask the language of the interface: it looks its texts up by the name ``_`` of its module."""
    vars(argparse)["_"] = tr
    for name, wrapped in (("_split_lines", _split_lines), ("_fill_text", _fill_text)):
        setattr(argparse.HelpFormatter, name, wrapped)  # private, but the documented way in would be every parser


def _split_lines(_formatter: argparse.HelpFormatter, text: str, width: int) -> Sequence[str]:
    return broken(text, width)


def _fill_text(_formatter: argparse.HelpFormatter, text: str, width: int, indent: str) -> str:
    return "\n".join(indent + line for line in broken(text, width - len(indent)))


def broken(text: str, width: int) -> list[str]:
    """*text* in lines of at most *width* cells, broken at blanks; a longer word has a line of its own."""
    words = text.split()
    if cells(text) == len(text):
        return textwrap.wrap(" ".join(words), width)
    lines: list[str] = []
    for word in words:
        if lines and cells(lines[-1]) + 1 + cells(word) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines
