"""How Codex CLI divides its screen.

The composer is the last unindented ``›`` row; a blank row and the status rows follow. A dialog stands in its place:
options of which one carries ``›``, and a last row that names the keys.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from console.agents.regions import Layout, Span, cursor_text, indented, last_rows, option_row, read_box
from console.model.surface import Screen

Words = Mapping[str, re.Pattern[str]]


def codex_layout(screen: Screen, rows: Sequence[str], words: Words) -> Layout | None:
    """Return the parts of the screen, or None when it has neither a composer nor a dialog nor a whole-screen view."""
    if any(words["pager"].search(row) for row in rows[-4:]):
        return Layout(rows, screen.width, sure=True, cursor=cursor_text(screen, rows))
    composer = marked = -1
    for at in range(len(rows) - 1, -1, -1):
        found = option_row(rows[at])
        if found is not None and found[0] and rows[at].lstrip()[0] in "›>":
            marked = max(marked, at)
        elif rows[at][:2].rstrip() == "›":
            composer = at
            break
    cursor = cursor_text(screen, rows)
    if marked > composer:
        if any(words["hint"].search(row) for row in last_rows(rows, 3)):
            return Layout(rows, screen.width, sure=True, dialog=_dialog(rows, marked, words), cursor=cursor)
        composer = marked if rows[marked].startswith("›") else composer
    return _with_composer(screen, rows, composer, words) if composer >= 0 else None


def _with_composer(screen: Screen, rows: Sequence[str], top: int, words: Words) -> Layout:
    end = top + 1
    reach = screen.cursor[1] if screen.cursor is not None and screen.cursor[1] < len(rows) - 1 else 0
    # A text may have blank rows of its own, up to the cursor; below, a blank row parts the box from the status rows.
    while end < len(rows) and (rows[end][:2].isspace() if rows[end].strip() else end <= reach):
        end += 1
    while end > top + 1 and not rows[end - 1].strip():
        end -= 1
    prompt, draft, ghost = read_box(screen, (top, end), words["ghost"].search)
    live = _live(rows, top, words)
    below = [row for row in rows[end:] if row.strip()]
    return Layout(
        rows,
        screen.width,
        sure=bool(below) and words["status"].search("\n".join(below)) is not None,
        box=(top, end),
        box_top=_above_popup(rows, top, draft),
        footer=end,
        live=live,
        turn=next((at for at in range(top - 1, -1, -1) if words["turn"].match(rows[at])), None),
        exchange=next((at for at in range(top - 1, -1, -1) if rows[at].startswith("› ")), None),
        draft=draft,
        ghost=ghost,
        prompt=prompt,
        cursor=cursor_text(screen, rows),
    )


def _above_popup(rows: Sequence[str], top: int, draft: str) -> int:
    """From 0.169 on the list of commands opens above the composer, one blank row between."""
    if not draft.startswith("/") or top < 2 or rows[top - 1].strip():
        return top
    at = top - 1
    while at > 0 and (rows[at - 1].startswith("› /") or rows[at - 1].startswith("  ")):
        at -= 1
    return at if at < top - 1 and rows[at][2:3] == "/" else top


def _live(rows: Sequence[str], top: int, words: Words) -> int | None:
    """The first unindented row above the composer that is not the list of queued messages."""
    for at in range(top - 1, -1, -1):
        if not indented(rows[at]) and not words["queue"].match(rows[at]):
            return at
    return None


def _dialog(rows: Sequence[str], marked: int, words: Words) -> Span:
    """From the title to the last row. Without a known title: up to a gap of two rows or an unindented row."""
    first = marked
    while first > 0 and (found := option_row(rows[first])) is not None and found[1] > 1:
        above = [at for at in range(max(0, first - 8), first) if option_row(rows[at]) is not None]
        if not above:
            break
        first = above[-1]
    for at in range(first - 1, -1, -1):
        if words["title"].match(rows[at]):
            return (at, len(rows))
        if not indented(rows[at]):
            break
    top = first
    while top > 0 and not rows[top - 1].strip():
        top -= 1
    while top > 0 and indented(rows[top - 1]) and (rows[top - 1].strip() or (top > 1 and rows[top - 2].strip())):
        top -= 1
    while top < first and not rows[top].strip():
        top += 1
    return (top, len(rows))
