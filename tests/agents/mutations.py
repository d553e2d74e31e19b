"""Changes a screen may go through that must not change the verdict: width, height, language, colours, quotations."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from console.agents.regions import cells
from console.model.surface import Screen

DECOYS: Final = {
    "claude": (
        "  Do you want to proceed?",
        "  ❯ 1. Yes",
        "    2. No",
        "",
        "  ✻ Pondering… (12s · esc to interrupt)",
        "  ⎿  You've hit your limit · resets 9pm",
        "  ● API Error: 529 Overloaded",
        "  " + "─" * 50,
        "  ❯ typed",
        "  " + "─" * 50,
        "  Esc to cancel · Tab to amend",
    ),
    "codex": (
        "  Would you like to run the following command?",
        "  › 1. Yes, proceed (y)",
        "    2. No",
        "  • Working (12s • esc to interrupt)",
        "  ■ You've hit your usage limit",
        "  › Ask Codex to do anything",
        "  Press enter to confirm or esc to cancel",
    ),
}
"""What an answer may quote; answers are indented by two columns."""

_HANG: Final = re.compile(r"\s*(?:[❯›>]?\s*\d+\.\s|[●⏺•›❯>✻⎿]\s+)")
_PROSE: Final = re.compile(r"[A-Za-z]{2,}")


def shortened(text: str, width: int) -> str:
    """*text* cut after *width* columns."""
    out, used = [], 0
    for char in text:
        used += 2 if unicodedata.east_asian_width(char) in "WF" else 1
        if used > width:
            break
        out.append(char)
    return "".join(out)


def cut(seen: Screen, width: int) -> Screen:
    """Every row cut at *width*: a pane smaller than the program thinks."""
    return _made(tuple(shortened(line, width).rstrip() for line in seen.lines), width, seen.height, seen.cursor)


def wrapped(seen: Screen, width: int) -> Screen:
    """The screen as a program of *width* columns draws it: words wrap, rules and frames are shorter."""
    out: list[str] = []
    cursor = seen.cursor
    for at, line in enumerate(seen.lines):
        if seen.cursor is not None and at == seen.cursor[1]:
            cursor = (min(seen.cursor[0], width - 1), len(out))
        out += _wrap(line, width)
    while len(out) > seen.height and not out[-1].strip():
        out.pop()
    drop = max(0, len(out) - seen.height)
    moved = (cursor[0], cursor[1] - drop) if cursor is not None else None
    return _made(tuple(line.rstrip() for line in out[drop:]), width, seen.height, moved)


def lower(seen: Screen, height: int) -> Screen | None:
    """The last *height* rows that are not blank; None when there are no more."""
    end = max((at for at, line in enumerate(seen.lines) if line.strip()), default=0) + 1
    drop = end - height
    if drop <= 0:
        return None
    cursor = (seen.cursor[0], seen.cursor[1] - drop) if seen.cursor is not None else None
    return Screen(seen.lines[drop:end], seen.styled[drop:end], seen.width, height, cursor)


def coloured(seen: Screen) -> Screen:
    """Every row in a theme's colours; what was dim is so no longer."""
    rows = (f"\x1b[38;2;{at % 256};9;2m\x1b[48;5;{at % 256}m{line}\x1b[0m" for at, line in enumerate(seen.lines))
    return Screen(seen.lines, tuple(rows), seen.width, seen.height, seen.cursor)


def quoting(seen: Screen, agent: str, *, at_end: bool = False) -> Screen | None:
    """Decoys inside the last answer, behind its first row or *at_end*; None when there is no answer."""
    sign = "● " if agent == "claude" else "• "
    answers = [at for at, line in enumerate(seen.lines) if line.startswith(sign) and _is_answer(line)]
    if not answers:
        return None
    at = answers[-1] + 1
    while at_end and at < len(seen.lines) and seen.lines[at].startswith("  ") and seen.lines[at].strip():
        at += 1
    quoted = tuple(line[: max(seen.width, 60)] for line in DECOYS[agent])
    lines = (*seen.lines[:at], *quoted, *seen.lines[at:])
    cursor = seen.cursor
    if cursor is not None and cursor[1] >= at:
        cursor = (cursor[0], cursor[1] + len(quoted))
    return _made(lines, seen.width, len(lines), cursor)


def korean(seen: Screen) -> Screen:
    """The last answers in Korean instead of English."""
    lines = tuple(
        line[:2] + _PROSE.sub(lambda word: "한국어글"[: max(1, len(word.group()) // 2)], line[2:])
        if line[:2] in ("● ", "• ") and _is_answer(line)
        else line
        for line in seen.lines
    )
    return _made(lines, seen.width, seen.height, seen.cursor)


def _is_answer(line: str) -> bool:
    said = ("esc to", "Error", "error", "limit", "continue", "…", "model", "Working", "econnecting", "compact")
    return not any(word in line for word in said)


def _made(lines: tuple[str, ...], width: int, height: int, cursor: tuple[int, int] | None) -> Screen:
    return Screen(lines, (), width, height, cursor)


def _wrap(line: str, width: int) -> list[str]:
    if cells(line) <= width:
        return [line]
    text = line.strip()
    if text and len(set(text)) == 1 and text[0] in "─▔╌═":
        return [shortened(line, width)]
    if line.startswith(("╭", "╰")):
        return [shortened(line, width - 1) + line[-1]]
    if line.startswith("│"):
        inner = line[1:].rstrip().removesuffix("│").rstrip()
        rows = _words(inner, width - 2)
        return ["│" + row + " " * (width - 2 - cells(row)) + "│" for row in rows]
    if (len(line) - len(line.lstrip())) * 3 > cells(line):
        return [" " * max(0, width - cells(text)) + text]
    return _words(line, width)


def _words(line: str, width: int) -> list[str]:
    indent = len(line) - len(line.lstrip())
    start = _HANG.match(line)
    current, hang = (start.group(), start.end()) if start else (" " * indent, indent)
    rows, first = [], True
    for word in line[hang:].split():
        if not first and cells(current) + 1 + cells(word) > width:
            rows.append(current)
            current, first = " " * hang, True
        current += word if first else f" {word}"
        first = False
    return [*(shortened(row, width) for row in rows), shortened(current, width)]
