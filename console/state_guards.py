"""Guards that fired, in a journal of their own."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from console.i18n import tr
from console.model.guard import Verdict
from console.model.surface import Surface
from console.safety import redact, safe_text
from console.state_journal import append_line, read_lines

NAME: Final = "guards.jsonl"
TOLD: Final = 60.0
"""Seconds in which the same refusal of the same surface is one: a queue asks again and again."""
LIMIT: Final = 300
"""Characters of a reason that are kept."""


@dataclass(frozen=True, slots=True)
class Fired:
    """A guard that refused, or was set aside by the operator."""

    at: float
    """Epoch seconds."""
    guard: str
    verdict: str
    """``refuse``, or ``override``."""
    surface: str
    text: str
    """Its evidence."""


class GuardJournal:
    """Writes what guards said into the journal in *folder*. A failure is kept in `error`: the refusal stands."""

    def __init__(self, folder: Path, clock: Callable[[], float] = time.time) -> None:
        self.path = folder / NAME
        self.error = ""
        self._clock = clock
        self._last: dict[tuple[str, str, str], float] = {}

    def note(self, surface: Surface, verdicts: Sequence[Verdict], verdict: str) -> None:
        """Note that *verdicts* refused a send to *surface* (``refuse``), or were set aside (``override``)."""
        now = self._clock()
        for each in verdicts:
            same = (surface.key, each.rule, verdict)
            if 0 <= now - self._last.get(same, float("-inf")) < TOLD:
                continue
            if len(self._last) > LIMIT:
                self._last.clear()
            self._last[same] = now
            told = redact(safe_text(each.evidence, limit=LIMIT))
            record = {"at": now, "guard": each.rule, "verdict": verdict, "surface": surface.info.ref, "text": told}
            try:
                append_line(self.path, record)
                self.error = ""
            except OSError as error:
                self.error = tr("the journal of guards cannot be written: {error}", error=error)


def fired(folder: Path, since: float = 0.0) -> tuple[Fired, ...]:
    """The guards that fired after *since* (epoch seconds), the newest first. Never raises."""
    found = []
    for line in read_lines(folder / NAME):
        at = line.get("at")
        if isinstance(at, bool) or not isinstance(at, int | float) or not at > since:
            continue
        guard, verdict, surface, text = (_text(line.get(name)) for name in ("guard", "verdict", "surface", "text"))
        if guard:
            found.append(Fired(float(at), guard, verdict, surface, text))
    return tuple(sorted(found, key=lambda each: each.at, reverse=True))


def _text(held: object) -> str:
    return safe_text(held, limit=LIMIT) if isinstance(held, str) else ""
