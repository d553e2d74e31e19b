"""The rows of a dialog: what it asks for, and whether all of that is surely on the screen. Pure.

How the two agents lay out a dialog for a command (recorded):

- Claude 2.1.3xx: a rule, ``Bash command``, a description, the command between two ``╌`` rows, the question.
- Claude to 2.1.2xx: a rule or frame, ``Bash command``, the command indented, the description below it in another
  colour, the question.
- Codex: the question, ``Reason: …``, ``$ command``, the options.

Description, reason and command are the agent's words: they may hold rows that look like another dialog. A command
counts as whole only where nothing else on the screen could be taken for it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from console.model.agent import AgentState, Detection
from console.model.surface import Screen

Form = Literal["command", "edit", "fetch", "plan", "question", "other"]
EDGE: Final = 5
"""A row that ends fewer columns before the screen's edge may have been wrapped or cut there (a frame takes four)."""

_FRAME: Final = re.compile(r"^[│┃]\s?|\s*[│┃]$")
_RULE: Final = re.compile(r"^\s*[╭╰┌└├]?[─▔━]{3,}[╮╯┐┘┤]?\s*$")
_DASHES: Final = re.compile(r"^\s*╌{8,}\s*$")
_OPTION: Final = re.compile(r"^\s*([❯›>])?\s{0,4}(\d{1,2})\.\s?(\S.*)$")
_SPINNER: Final = re.compile(r"^[·✢✳✶✻✽✺*•◦\u2801-\u28ff] .*(…|\(\d+[hms])")
_SGR: Final = re.compile(r"\x1b\[([0-9;:]*)m")
_EDITS: Final = re.compile(r"Do you want to (?:create|make this edit to|edit|update|overwrite|write(?: to)?) (.+)\?")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a dialog wants."""

    form: Form
    subject: str
    """Command, file or address; empty where none is found. Rows are joined by newlines."""
    body: tuple[str, ...]
    """All rows above the options without frame, rules and spinner."""
    whole: bool = False
    """The subject is a command, on one row, and surely all of it is on the screen."""


def unframed(row: str) -> str:
    """Return *row* without the side borders of frames, and without trailing blanks."""
    row = row.rstrip()
    for _ in range(2):
        if row[:1] in ("│", "┃"):
            row = _FRAME.sub("", row).rstrip()
    return row


def marked_label(rows: Sequence[str]) -> tuple[int, str] | None:
    """Return (number, label) of the option the cursor stands on."""
    found = [match for row in rows if (match := _OPTION.match(row)) and match[1]]
    return (int(found[-1][2]), found[-1][3]) if found else None


def asked(screen: Screen, seen: Detection, span: tuple[int, int]) -> Asked:
    """Return what the dialog in rows *span* of *screen* wants."""
    rows = [unframed(row) for row in screen.lines[span[0] : span[1]]]
    end = _options_start(rows)
    head = rows[:end]
    body = tuple(row for row in head if row.strip() and not (_RULE.match(row) or _SPINNER.match(row)))
    texts = [row.strip() for row in body if not _DASHES.match(row)]
    text = " ".join(texts)
    if seen.state is not AgentState.APPROVAL:
        form: Form = "question" if seen.state is AgentState.QUESTION else "other"
        return Asked(form, "", body)
    if seen.agent == "claude" and texts[:1] == ["Bash command"] and texts[-1:] == ["Do you want to proceed?"]:
        command, whole = _claude_command(head, screen.styled[span[0] : span[0] + end])
    elif seen.agent == "codex" and texts[:1] == ["Would you like to run the following command?"]:
        command, whole = _codex_command(head)
    else:
        return _not_a_command(texts, text, body)
    whole = whole and len(command) == 1 and "…" not in command[0]
    if whole:
        whole = _cells(next(row for row in head if command[0] in row)) < screen.width - EDGE
    return Asked("command", "\n".join(command), body, whole)


def _not_a_command(texts: Sequence[str], text: str, body: tuple[str, ...]) -> Asked:
    if re.search(r"\bplan( mode)?\?|Ready to code\?", text):
        return Asked("plan", "", body)
    edit = _EDITS.search(text)
    if edit:
        return Asked("edit", edit[1], body)
    if "make the following edits" in text:
        files = [t.removeprefix("Destination:").strip() for t in texts[1:] if not t.startswith(("Reason:", "Descr"))]
        return Asked("edit", files[0] if files else "", body)
    if texts[:1] == ["Fetch"]:
        address = re.search(r"https?://[^\s\"',]+", text)
        return Asked("fetch", address[0] if address else "", body)
    return Asked("other", "", body)


def _claude_command(head: Sequence[str], styled: Sequence[str]) -> tuple[list[str], bool]:
    """Return (rows of the command, whether nothing else can be the command)."""
    framed = len(head) > 1 and _RULE.match(head[0]) is not None and head[1].strip() == "Bash command"
    dashes = [at for at, row in enumerate(head) if _DASHES.match(row)]
    question = max(at for at, row in enumerate(head) if row.strip())
    if dashes:
        between = [row for row in head[dashes[-2] + 1 : dashes[-1]] if row.strip()] if len(dashes) > 1 else []
        closed = not any(row.strip() for row in head[dashes[-1] + 1 : question])
        return [row.strip() for row in between], framed and closed and len(dashes) == 2
    first = next((at for at, row in enumerate(head) if row.strip() == "Bash command"), 0) + 1
    inner = [at for at in range(first, question) if head[at].strip()]
    plain = [at for at in inner if not _coloured(styled[at])]
    described = len(plain) == 1 and plain[0] == inner[0] and len(inner) > 1
    indented = all(head[at].startswith("   ") or head[at].startswith("  ") for at in inner)
    return [head[at].strip() for at in (plain or inner)], framed and described and indented


def _codex_command(head: Sequence[str]) -> tuple[list[str], bool]:
    marks = [at for at, row in enumerate(head) if row.strip().startswith("$ ")]
    if not marks:
        return [], False
    rows = [row.strip() for row in head[marks[-1] :] if row.strip()]
    rows[0] = rows[0].removeprefix("$ ").strip()
    above = head[marks[-1] - 1].strip() if marks[-1] else "?"
    return rows, len(marks) == 1 and not above


def _options_start(rows: Sequence[str]) -> int:
    """The row of option 1 of the last run of options; the row of the first option seen where 1 is cut off."""
    numbers = [(at, int(match[2])) for at, row in enumerate(rows) if (match := _OPTION.match(row))]
    ones = [at for at, number in numbers if number == 1]
    return ones[-1] if ones else numbers[0][0] if numbers else len(rows)


def _coloured(styled: str) -> bool:
    """Whether the first letter of a row is dim or has a colour of its own."""
    on = False
    for index, part in enumerate(_SGR.split(styled)):
        if index % 2 == 0:
            if part.strip(" │┃"):
                return on
            continue
        codes = part.replace(":", ";").split(";")
        if codes[0] in ("38", "2") or (len(codes[0]) == 2 and codes[0][0] in "39" and codes[0] != "39"):
            on = True
        elif codes[0] in ("", "0", "39", "22"):
            on = False
    return on


def _cells(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)
