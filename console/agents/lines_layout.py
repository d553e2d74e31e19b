"""The division of a screen for agents that bring no code of their own: only the patterns of their rule file.

``structure`` of such a file, matched against rows without side borders:

    prompt    the sign at the start of the input box, with the space behind it (needed)
    border    rows above and below the input box, where it has any; without it the prompt must be among the last rows
    status    what may stand below the box; with it the structure alone tells the agent
    choice    the marked option of a dialog
    title     first row of a dialog
    hint      the row of a dialog that names its keys
    turn      first row of a block of the conversation
    user      first row of an operator's prompt in the conversation
    ghost     placeholders of the input box

The dialog is looked for below the last box, or where the box would be: some agents keep the box while they ask. Region
``above_box`` is what stands between the last block of the conversation, or the last frame, and the box.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from console.agents.questions import ANY_MARK
from console.agents.regions import FRAME_EDGE, Layout, Span, cursor_text, is_dim, last_rows, unframed
from console.model.surface import Screen

Words = Mapping[str, re.Pattern[str]]

_NOTHING: Final = re.compile(r"(?!)")
_LIVE_ROWS: Final = 10
_BELOW_PROMPT: Final = 3
_BOX_ROWS: Final = 60
_DIALOG_ROWS: Final = 80


def lines_layout(screen: Screen, rows: Sequence[str], words: Words) -> Layout | None:
    """Return the parts of the screen, or None when it has neither an input box nor a dialog."""
    box = _box(rows, words)
    dialog = _dialog(rows, box[1] if box is not None else 0, words)
    cursor = cursor_text(screen, rows)
    if dialog is not None:
        title = any(_word(words, "title").search(unframed(row)) for row in rows[dialog[0] : dialog[1]])
        hint = any(_word(words, "hint").search(row) for row in last_rows(rows[: dialog[1]], 3))
        return Layout(rows, screen.width, sure=title and (hint or "hint" not in words), dialog=dialog, cursor=cursor)
    if box is None:
        return None
    top, bottom = box
    bordered = "border" in words
    start = top - 1 if bordered else top
    prompt, draft, ghost = _typed(screen, box, words)
    below = [row for row in rows[bottom:] if row.strip()]
    status = _word(words, "status")
    live = _live(rows, start, words)
    return Layout(
        rows,
        screen.width,
        sure=any(status.search(row) for row in below),
        box=box,
        box_top=start,
        footer=bottom + 1 if bordered else bottom,
        live=live,
        turn=_above(rows, start, _word(words, "turn")),
        exchange=_above(rows, start, _word(words, "user")),
        draft=draft,
        ghost=ghost,
        prompt=prompt,
        cursor=cursor,
    )


def _word(words: Words, name: str) -> re.Pattern[str]:
    return words.get(name, _NOTHING)


def _box(rows: Sequence[str], words: Words) -> Span | None:
    """Rows of the input box without its borders, searched from below."""
    prompt, border = words["prompt"], words.get("border")
    if border is None:
        for at in range(len(rows) - 1, max(-1, len(rows) - 1 - _BELOW_PROMPT), -1):
            if prompt.search(f"{unframed(rows[at])} "):
                return (at, at + 1)
        return None
    for bottom in range(len(rows) - 1, 0, -1):
        if not border.search(rows[bottom]):
            continue
        for top in range(bottom - 1, max(0, bottom - _BOX_ROWS), -1):
            if border.search(rows[top - 1]):
                if prompt.search(f"{unframed(rows[top])} "):
                    return (top, bottom)
                break
    return None


def _typed(screen: Screen, box: Span, words: Words) -> tuple[str, str, str]:
    """(Sign, draft, ghost text) of the box. Ghost text is dim, or known and with the cursor not behind it."""
    row = screen.lines[box[0]]
    plain = unframed(row)
    sign = words["prompt"].search(f"{plain} ")
    rest = plain[sign.end() :] if sign is not None else plain
    first = rest.strip()
    texts = [first, *(unframed(line).strip() for line in screen.lines[box[0] + 1 : box[1]])]
    draft, name = "\n".join(texts).strip(), sign.group().strip() if sign is not None else ""
    if not draft or len(texts) > 1 or not first:
        return name, draft, ""
    column = row.index(plain) + len(plain) - len(rest) + rest.index(first)
    styled = screen.styled[box[0]] if box[0] < len(screen.styled) else ""
    dim, cursor = is_dim(styled, column, len(first)), screen.cursor
    before = cursor is None or (cursor[1] == box[0] and cursor[0] <= column)
    if dim or (before and _word(words, "ghost").search(first) is not None):
        return name, "", draft
    return name, draft, ""


def _live(rows: Sequence[str], below: int, words: Words) -> int:
    """First row of what stands between the conversation and the box."""
    turn, at = _word(words, "turn"), below
    while at > 0 and below - at < _LIVE_ROWS and not turn.search(rows[at - 1]) and not rows[at - 1].startswith("╰"):
        at -= 1
    return at


def _above(rows: Sequence[str], below: int, regex: re.Pattern[str]) -> int | None:
    return next((at for at in range(below - 1, -1, -1) if regex.search(rows[at])), None)


def _dialog(rows: Sequence[str], start: int, words: Words) -> Span | None:
    """From the title (or frame) to the end: a marked option below the box and nothing of the conversation after it."""
    choice, turn = _word(words, "choice"), _word(words, "turn")
    marked = next((at for at in range(len(rows) - 1, start - 1, -1) if choice.search(unframed(rows[at]))), None)
    if marked is None or any(turn.search(row) and not FRAME_EDGE.match(row) for row in rows[marked + 1 :]):
        return None
    if ANY_MARK.match(unframed(rows[marked])) is None and not any(
        _word(words, "hint").search(row) for row in last_rows(rows, 3)
    ):
        return None
    first = max(start, marked - _DIALOG_ROWS)
    titled = [at for at in range(first, marked + 1) if _word(words, "title").search(unframed(rows[at]))]
    top = titled[0] if titled else _paragraph_above(rows, marked, start)
    if top > 0 and rows[top - 1].lstrip().startswith(("╭", "┌")):
        top -= 1
    return (top, len(rows))


def _paragraph_above(rows: Sequence[str], marked: int, start: int) -> int:
    """Without a known title: the options and the two paragraphs above them."""
    top, gaps = marked, 0
    while top > start and gaps < 2:
        top -= 1
        gaps += not unframed(rows[top]).strip()
    return top + 1 if gaps else top
