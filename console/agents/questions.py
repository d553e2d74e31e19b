"""Reading a dialog that waits for an answer: what it asks, about what, and every option with its description."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from console.agents.regions import FRAME_EDGE, OPTION, cells, unframed
from console.model.screen_facts import Option, PendingQuestion, Tab

ANY_MARK: Final = re.compile(r"^\s*([❯›>●◉▸→])?\s{0,4}(\d{1,2})[.)]\s{0,4}(\S.*)$")
"""A numbered option of an agent that has no layout of its own: more marks, ``1)`` as well as ``1.``."""

_TAB: Final = re.compile(r"[☐☒☑✔□]\s+([^☐☒☑✔□≡│→←]{1,80})")
_HEADING: Final = re.compile(r"^\s*(?:←\s*)?[☐☒☑✔□]\s+\S")
_CHECK: Final = re.compile(r"^\[(.)\]\s*")
_BUTTON: Final = re.compile(r"^\s*(Next|Submit|↓|↑|▲|▼)\s*$")
_COLUMN: Final = re.compile(r"\s{2,}")


@dataclass(slots=True)
class _Draft:
    number: int
    label: str
    chosen: bool
    row: int
    description: list[str] = field(default_factory=list)


def options(rows: Sequence[str], width: int, row_of: re.Pattern[str] = OPTION) -> tuple[str, ...]:
    """Return the labels of the numbered options of a dialog, in order; see `read_options`."""
    return tuple(draft.label for draft in read_options(rows, width, row_of))


def read_options(rows: Sequence[str], width: int, row_of: re.Pattern[str] = OPTION) -> list[_Draft]:
    """Return the numbered options of a dialog: the last run of numbers that follow each other.

    A label goes on in the next row only where that row's first word did not fit any more; what stands in a second
    column, or in a row of its own, is its description.
    """
    found: list[_Draft] = []
    open_label, described, last_length = False, False, 0
    for at, raw in enumerate(rows):
        row = unframed(raw).rstrip()
        option = row_of.match(row)
        number = int(option[2]) if option else 0
        if option and (number == 1 or not found):
            found = []
        if option and (not found or number == found[-1].number + 1):
            label, *column = _COLUMN.split(option[3], maxsplit=1)
            found.append(_Draft(number, label, option[1] is not None, at, list(column)))
            open_label, described, last_length = not column, True, cells(row)
        elif found and row.startswith("  ") and not row.isspace():
            first = row.split(None, 1)[0]
            open_label = open_label and last_length + 1 + cells(first) > width - 3
            if open_label:
                found[-1].label = f"{found[-1].label} {row.strip()}"
                last_length = cells(row)
            elif described and not _BUTTON.match(row):
                found[-1].description.append(row.strip())
        else:
            open_label = described = False
    return found


def read_question(
    rows: Sequence[str],
    width: int,
    *,
    asked: str = "",
    top: re.Pattern[str] | None = None,
    choice: re.Pattern[str] | None = None,
    hint: re.Pattern[str] | None = None,
    row_of: re.Pattern[str] = OPTION,
) -> PendingQuestion:
    """Return the dialog in *rows* (with its borders) as a question; never raises.

    *top* says how the first row of a dialog looks, where it has no border: without either the beginning is missing.
    *asked* is the question when a rule has already found it; *choice* finds the marked option of a dialog without
    numbers, *hint* the row that names the keys.
    """
    plain = [unframed(row).rstrip() for row in rows]
    drafts = read_options(rows, width, row_of)
    answers = [_option(draft) for draft in drafts]
    first = drafts[0].row if drafts else len(plain)
    if not drafts and choice is not None:
        first, answers = _unnumbered(plain, choice)
    below = [row for row in plain[first:] if not row_of.match(row)]
    keys = next((row.strip() for row in reversed(below) if hint is not None and hint.search(row)), "")
    above = plain[:first] if answers else plain
    blocks = list(_paragraphs(row for row in above if row.strip() != keys or not keys))
    tabs: tuple[Tab, ...] = ()
    title = ""
    if blocks:
        title = blocks[0].pop(0)
        if _HEADING.match(title):
            found = [Tab(name.strip(), mark in "☒☑") for mark, name in _tabs(title) if name.strip() != "Submit"]
            tabs = tuple(found) if len(found) > 1 else ()
            title = ", ".join(tab.title for tab in found)
    title = " ".join(title.split())
    text = asked if asked.endswith(("?", "？")) else _asking([[title], *blocks])
    details = [row for block in blocks for row in _without(block, text)]
    whole = bool(rows) and bool(FRAME_EDGE.match(rows[0]) or (top is not None and top.search(plain[0])))
    return PendingQuestion(title, text, tuple(details), tuple(answers), tabs, keys, whole)


def _tabs(row: str) -> list[tuple[str, str]]:
    return [(found.group()[0], found[1]) for found in _TAB.finditer(row)]


def _option(draft: _Draft) -> Option:
    label, checked = draft.label, None
    box = _CHECK.match(label)
    if box is not None:
        label, checked = label[box.end() :], box[1].strip() != ""
    return Option(label, draft.number, " ".join(draft.description), draft.chosen, checked)


def _unnumbered(rows: Sequence[str], choice: re.Pattern[str]) -> tuple[int, list[Option]]:
    """The block of rows around the marked one, an option each."""
    marked = next((at for at in range(len(rows) - 1, -1, -1) if choice.match(rows[at])), None)
    if marked is None:
        return len(rows), []
    top = bottom = marked
    while top > 0 and rows[top - 1].startswith(" ") and rows[top - 1].strip():
        top -= 1
    while bottom + 1 < len(rows) and rows[bottom + 1].startswith(" ") and rows[bottom + 1].strip():
        bottom += 1
    return top, [Option(rows[at].strip().lstrip("❯›>●").strip(), chosen=at == marked) for at in range(top, bottom + 1)]


def _paragraphs(rows: Iterable[str]) -> Iterable[list[str]]:
    """Rows that stand together, without indent; blank rows and borders part them."""
    block: list[str] = []
    for row in rows:
        text = row.strip()
        if not text or FRAME_EDGE.match(row):
            if block:
                yield block
            block = []
        else:
            block.append(text)
    if block:
        yield block


def _without(block: Sequence[str], text: str) -> Iterator[str]:
    """The rows of *block* that are no part of the question *text*."""
    rows = [" ".join(row.split()) for row in block]
    start = " ".join(rows).find(text) if text else -1
    at = 0
    for row, plain in zip(block, rows, strict=True):
        if start < 0 or at + len(plain) <= start or at >= start + len(text):
            yield row
        at += len(plain) + 1


def _asking(blocks: Sequence[Sequence[str]]) -> str:
    """The last paragraph with a question mark at the end of a sentence; else the last one."""
    texts = [" ".join(" ".join(block).split()) for block in blocks if block]
    for text in reversed(texts):
        if re.search(r"[?？](\s|$)", text):
            return text
    return texts[-1] if texts else ""
