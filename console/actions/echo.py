"""Is what an input box shows the text that was pasted, and did it leave the box for the transcript? Pure.

A screen breaks lines, pads them, frames them and cuts off what does not fit; so texts are compared without blanks and
drawn lines. Long pastes are shown as a placeholder (as recorded): ``[Pasted text #1 +59 lines]`` in Claude Code,
``[Pasted Content 2389 chars]`` in Codex.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from console.model.agent import Detection
from console.model.surface import Screen
from console.safety import safe_text

HEAD: Final = 24
"""Characters, blanks not counted, by which a row is known as the first one of a text."""
TAIL: Final = 16
"""Least characters of a text's end that a scrolled input box must show."""

_DRAWN: Final = frozenset("│┃|╭╮╰╯─━┌┐└┘")
_MARKS: Final = " \t❯›>!↳⎿│┃|"
_PLACEHOLDER: Final = re.compile(
    r"\[Pastedtext#\d+(?:\+(?P<lines>\d+)lines?)?\]|\[PastedContent(?P<chars>\d+)chars\]"
    r"|\[\.\.\.Truncatedtext#\d+(?:\+\d+lines?)?\.\.\.\]"
)
_QUEUED: Final = re.compile(r"^\s*⎿\s+Queued\b|^\s*•\s(Messages? to be submitted|Queued )|^\s*↳ ")
_GHOST: Final = re.compile(r"queued message|messages? queued")
_TAB_QUEUES: Final = re.compile(r"^\s{0,4}tab to queue mess")


def squeeze(text: str) -> str:
    """Return *text* as it can be compared with what a screen shows of it."""
    clean = safe_text(text, multiline=True, limit=len(text) + 1)
    if clean.isascii():
        return "".join(clean.replace("|", "").split())
    return "".join(
        char
        for char in unicodedata.normalize("NFC", clean)
        if not char.isspace() and char not in _DRAWN and unicodedata.category(char) not in ("Mn", "Me", "Cf")
    )


@dataclass(frozen=True, slots=True)
class Trace:
    """What of a text is on a screen, outside the input box; compare one from before the paste with one from after."""

    heads: int
    """Rows that begin as the text does."""
    tails: int
    """How often the end of the text is there."""
    placeholders: int
    """Rows that stand for a long paste."""
    queued: int
    """Rows that say that messages wait in the agent's own queue."""
    ghost: bool
    """The placeholder in the box speaks of queued messages."""

    def more_than(self, before: Trace) -> bool:
        """Whether the transcript shows the text once more than *before*; other rows may have scrolled away."""
        return self.heads > before.heads or self.tails > before.tails or self.placeholders > before.placeholders


class Ours:
    """One text that is typed into an input box."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._whole = squeeze(text)
        lines = [row for line in text.split("\n") if (row := squeeze(line.lstrip(_MARKS)))]
        self._first, self._last = (lines[0], lines[-1]) if lines else ("", "")

    def in_box(self, draft: str) -> bool:
        """Whether *draft* (`Detection.draft`) is this text and nothing else: whole, its end, or its placeholder."""
        shown = squeeze(draft)
        if not shown:
            return False
        if shown == self._whole or (len(shown) >= TAIL and self._whole.endswith(shown)):
            return True
        found = list(_PLACEHOLDER.finditer(shown))
        if len(found) != 1 or not self._fits(found[0]):
            return False
        before, after = shown[: found[0].start()], shown[found[0].end() :]
        return self._whole.startswith(before) and self._whole.endswith(after)

    def _fits(self, placeholder: re.Match[str]) -> bool:
        if placeholder["chars"]:
            return int(placeholder["chars"]) == len(self.text)
        if placeholder["lines"]:
            return abs(int(placeholder["lines"]) - self.text.count("\n")) <= 1  # some versions count lines, not ends
        return True

    def on_screen(self, screen: Screen) -> int:
        """How often the text's last characters stand on *screen*, for a program whose input box is not known."""
        end = self._whole[-HEAD:]
        return squeeze("\n".join(screen.lines)).count(end) if end else 0

    def trace(self, screen: Screen, seen: Detection) -> Trace:
        """What *screen*, of which *seen* is the verdict, shows of the text. A text in the box counts as well."""
        length = min(HEAD, max(4, (screen.width - 6) // 2)) if screen.width else HEAD
        head, tail = self._first[:length], self._last[-HEAD:]
        rows = [squeeze(line.lstrip(_MARKS)) for line in screen.lines]
        long = len(head) == length
        heads = sum(row == head or (long and row.startswith(head)) for row in rows) if head else 0
        tails = "".join(rows).count(tail) if len(tail) >= TAIL else rows.count(self._last) if tail else 0
        placeholders = sum(_PLACEHOLDER.fullmatch(row) is not None for row in rows)
        queued = sum(_QUEUED.search(line) is not None for line in screen.lines)
        return Trace(heads, tails, placeholders, queued, _GHOST.search(seen.facts.ghost) is not None)


def submit_key(screen: Screen, seen: Detection) -> str:
    """The key that hands the box over: Enter, or Tab where Codex says that Tab queues (Enter would steer the turn)."""
    rows = [line for line in screen.lines if line.strip()][-4:]
    tab = seen.agent == "codex" and any(_TAB_QUEUES.match(row) for row in rows)
    return "tab" if tab else "enter"
