"""How Claude Code divides its screen.

2.x draws the input box as text between two ``─`` rules over the full width, hints below it; a dialog replaces the box
and starts at a ``─`` or ``▔`` rule. 1.x, and the dialogs of 2.0, draw a frame (``╭ │ ╰``) instead.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise

from console.agents.regions import Layout, Span, cursor_text, indented, last_rows, option_row, read_box, unframed
from console.model.surface import Screen

_PROMPT = re.compile(r"[❯>!](?:\s|$)")
Words = Mapping[str, re.Pattern[str]]


def claude_layout(screen: Screen, rows: Sequence[str], words: Words) -> Layout | None:
    """Return the parts of the screen, or None when it has neither an input box nor a dialog nor a whole-screen view."""
    if any(words["pager"].search(row) for row in rows[-4:]):
        return Layout(rows, screen.width, sure=True, cursor=cursor_text(screen, rows))
    rules = [at for at, row in enumerate(rows) if _is_rule(row)]
    pairs = list(pairwise(rules))[::-1]
    base = Layout(rows, screen.width, cursor=cursor_text(screen, rows))
    for top, bottom in pairs[:1]:
        if _is_box(rows, top, bottom):
            return _with_box(screen, base, (top, bottom), words)
    frame = _last_frame(rows)
    if frame is not None and (not rules or frame[1] > rules[-1]) and _PROMPT.match(unframed(rows[frame[0] + 1])):
        return _with_box(screen, base, frame, words, framed=True)
    dialog, sure = _dialog(rows, rules, frame, words)
    if dialog is not None:
        bare = not any(words["choice"].match(unframed(row)) for row in rows[dialog[0] :])  # a rule, a title, keys
        common = bare and rows[dialog[0]][:1] == "─"
        return Layout(rows, screen.width, sure=sure, common=common, dialog=dialog, cursor=base.cursor)
    for top, bottom in pairs[1:]:  # a status line below the box may draw a rule of its own
        if _is_box(rows, top, bottom):
            return _with_box(screen, base, (top, bottom), words)
    return _clipped(screen, base, rules, words)


def _clipped(screen: Screen, base: Layout, rules: list[int], words: Words) -> Layout | None:
    """What has no upper border any more, or a dialog without options and keys: only where Claude Code surely runs."""
    rows, end = base.rows, len(base.rows)
    last = rules[-1] if rules else end
    if end - last > 3 and rows[last][0] == "─" and _titled(rows, last) and not _is_prompt(rows[last + 1]):
        return Layout(rows, screen.width, dialog=(last, end), cursor=base.cursor)
    marked = next((at for at in range(end - 1, max(-1, end - 7), -1) if rows[at].startswith("❯ 1. ")), None)
    if marked is not None:  # a list that was drawn too tall
        return Layout(rows, screen.width, dialog=(max(0, marked - 1), end), cursor=base.cursor)
    bottom = next((at for at in range(end - 1, max(-1, end - 7), -1) if rows[at].startswith("╰─") or at in rules), None)
    if bottom is None or bottom < 3:
        hinted = bottom is None and any(words["hint"].search(row) for row in last_rows(rows, 2))
        span = (_below_turn(rows, end - 1, words), end)
        return Layout(rows, screen.width, dialog=span, cursor=base.cursor) if hinted else None
    framed = rows[bottom].startswith("╰─")
    if not all(row.startswith("│") if framed else indented(row) for row in rows[:bottom]):
        return None
    if any(words["hint"].search(row) for row in last_rows(rows, 3)):
        return Layout(rows, screen.width, dialog=(0, end), cursor=base.cursor) if framed else None
    typed = "\n".join(unframed(row).strip() for row in rows[:bottom])
    return Layout(
        rows, screen.width, box=(0, bottom), footer=bottom + 1, draft=typed.strip(), prompt="❯", cursor=base.cursor
    )


def _is_rule(row: str) -> bool:
    first = row[:1]
    if first not in ("─", "▔") or len(row) < 16 or row[1] != first:
        return False
    return row.count(first) * 2 > len(row) or (len(row) > 32 and row.endswith(first * 4))  # a rule may carry a title


def _is_box(rows: Sequence[str], top: int, bottom: int) -> bool:
    return bottom > top + 1 and rows[bottom][0] == "─" and _PROMPT.match(rows[top + 1]) is not None


def _last_frame(rows: Sequence[str]) -> Span | None:
    for bottom in range(len(rows) - 1, 0, -1):
        if rows[bottom].startswith("╰─"):
            top = next((at for at in range(bottom - 1, -1, -1) if rows[at].startswith("╭─")), None)
            return (top, bottom) if top is not None and bottom > top + 1 else None
    return None


def _with_box(screen: Screen, base: Layout, edges: Span, words: Words, *, framed: bool = False) -> Layout:
    rows, (top, bottom) = base.rows, edges
    prompt, draft, ghost = read_box(screen, (top + 1, bottom), words["ghost"].search, framed=framed)
    live = next((at for at in range(top - 1, -1, -1) if not indented(rows[at])), None)
    return Layout(
        rows,
        screen.width,
        sure=True,
        common=framed,
        box=(top + 1, bottom),
        box_top=_above_popup(rows, top, draft),
        footer=bottom + 1,
        live=live,
        turn=_turn(rows, live, words),
        exchange=next((at for at in range(top - 1, -1, -1) if _PROMPT.match(rows[at])), None),
        draft=draft,
        ghost=ghost,
        prompt=prompt,
        cursor=base.cursor,
    )


def _above_popup(rows: Sequence[str], top: int, draft: str) -> int:
    """The list of commands or files opens directly above the box."""
    while draft[:1] in ("/", "@") and draft and top > 0 and rows[top - 1][:2].isspace() and rows[top - 1].strip():
        top -= 1
    return top


def _turn(rows: Sequence[str], live: int | None, words: Words) -> int | None:
    if live is None:
        return None
    return next((at for at in range(live, -1, -1) if words["turn"].match(rows[at])), None)


def _dialog(rows: Sequence[str], rules: list[int], frame: Span | None, words: Words) -> tuple[Span | None, bool]:
    end = len(rows)
    hinted = any(words["hint"].search(row) for row in last_rows(rows, 3))
    marked = next((at for at in range(end - 1, -1, -1) if words["choice"].match(unframed(rows[at]))), -1)
    if rules and rows[rules[-1]][0] == "▔":
        return (rules[-1], end), True
    if frame is not None and (not rules or frame[1] > rules[-1]) and frame[0] < marked < frame[1]:
        return (frame[0], end), True
    broken = bool(rules) and rules[-1] + 1 < end and _is_prompt(rows[rules[-1] + 1])  # a box without its lower rule
    if rules and not broken and (marked > rules[-1] or (hinted and _titled(rows, rules[-1]))):
        top = len(rules) - 1
        while top > 0 and _goes_on(rows[rules[top] + 1 : end], words):
            top -= 1
        return (rules[top], end), True
    if _ends_in_options(rows, marked):
        return (_below_turn(rows, marked, words), end), hinted
    return None, False


def _below_turn(rows: Sequence[str], at: int, words: Words) -> int:
    """First row above *at* that is no longer part of a block of the conversation."""
    above = next((row + 1 for row in range(at - 1, -1, -1) if words["turn"].match(rows[row])), 0)
    while 0 < above < at and rows[above].strip():
        above += 1
    return above


def _is_prompt(row: str) -> bool:
    return _PROMPT.match(row) is not None and option_row(row) is None


def _titled(rows: Sequence[str], rule: int) -> bool:
    """A dialog's title stands in its rule or directly below it, indented."""
    below = rows[rule + 1] if rule + 1 < len(rows) else ""
    return any(char.isalpha() for char in rows[rule]) or bool(below.strip() and indented(below))


def _goes_on(zone: Sequence[str], words: Words) -> bool:
    """A rule inside a dialog: what follows it starts with an option that is not the first."""
    first = next((row for row in zone if row.strip()), "")
    found = option_row(first)
    return found is not None and found[1] > 1


def _ends_in_options(rows: Sequence[str], marked: int) -> bool:
    """The screen ends in numbered options, one of them marked, with little below: a dialog taller than the screen."""
    if marked < 0 or option_row(rows[marked]) is None:
        return False
    numbers = [at for at in range(max(0, marked - 24), len(rows)) if option_row(rows[at]) is not None]
    return len(numbers) > 1 and len(rows) - numbers[-1] <= 6
