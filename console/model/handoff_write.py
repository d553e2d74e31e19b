"""Writes a hand-off document in Markdown. Pure: equal facts give equal documents."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from console.model.handoff_blocks import BEGIN, END, stuffed
from console.model.handoff_escape import escaped, plain
from console.model.handoff_form import COLUMNS, HEADINGS, LABELS, MARK, NAMES, TITLE, WRITTEN, Lang
from console.model.handoff_items import DecisionEntry, FigureValue, HandoffFacts, PointEntry


def write(facts: HandoffFacts, lang: Lang) -> str:
    """The document for *facts*, with the headings of *lang*; `console.model.handoff.read` gives the same facts back.

    Sections without entries are left out. The texts are written as they are: the caller passes each of them, or the
    whole document, through `console.safety.redact`, because a document is a file that others read. What holds no text
    at all, and a number that is not finite, is not written.
    """
    which = 1 if lang == "ko" else 0
    day = f" {plain(facts.written_at)[:10]}" if facts.written_at[:4].isdigit() and "\n" not in facts.written_at else ""
    lines = [f"# {TITLE[lang]}{day}", "", MARK]
    if facts.written_at:
        lines += ["", f"{WRITTEN[lang]}: {escaped(facts.written_at)}"]
    number = 0
    for name, titles in HEADINGS.items():
        body = list(_notes(facts.notes) if name == "notes" else _section(name, getattr(facts, name), which))
        if body:
            number += 1
            lines += ["", f"## {number}. {titles[which]}", "", *body]
    return "\n".join(lines) + "\n"


def _section(name: str, entries: tuple[Any, ...], which: int) -> Iterator[str]:
    columns = COLUMNS.get(name)
    if columns is None:
        for entry in entries:
            yield from _point(entry, which, numbered=name == "first_steps")
        return
    rows = [cells for entry in entries if any(cells := [_cell(entry, field) for field, _, _ in columns])]
    if rows:
        yield _row([titles[which] for _, *titles in columns])
        yield _row(["---"] * len(columns))
        yield from map(_row, rows)


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(entry: Any, field: str) -> str:
    value = getattr(entry, field)
    if value is None:
        return ""
    if field == "number":
        return f"#{value}"
    if field in NAMES:
        return str(value)
    if isinstance(entry, FigureValue) and field == "value":
        return f"{_number(value)}{'+' if entry.at_least else ''}" if _finite(value) else ""
    if isinstance(value, int | float):
        return _number(value) if _finite(value) else ""
    return escaped(str(value))


def _finite(value: float) -> bool:
    return isinstance(value, int) or math.isfinite(value)


def _number(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else repr(value)


def _point(entry: PointEntry | DecisionEntry, which: int, *, numbered: bool) -> Iterator[str]:
    """``- text``, below it what it names; commands in blocks, so that they can be copied."""
    if not (entry.text or any(entry.commands)):
        return
    mark = "1." if numbered else "-"
    margin = " " * (len(mark) + 1)
    yield f"{mark} {escaped(entry.text)}".rstrip()
    for command in entry.commands:
        if command:
            yield from _code(plain(command), margin)
    for field in fields(entry):
        titles = LABELS.get(field.name)
        held = getattr(entry, field.name)
        if titles is not None:
            for value in held if isinstance(held, tuple) else (held,):
                if value:
                    yield f"{margin}- {titles[which]}: {escaped(value)}"


def _code(command: str, margin: str) -> Iterator[str]:
    fence = "```"
    while fence in command:
        fence += "`"
    yield f"{margin}{fence}sh"
    for line in command.split("\n"):
        yield f"{margin}{line}" if line else ""
    yield f"{margin}{fence}"


def _notes(notes: str) -> Iterator[str]:
    if notes:
        yield from (BEGIN, *(stuffed(line) for line in plain(notes).split("\n")), END)
