"""When which surface of a back end without push is read next. Times are monotonic seconds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from console.mux.base import Interest
from console.mux.cmux_app_tree import Place

FOCUSED_EVERY: Final = 0.5
VISIBLE_EVERY: Final = 1.0
HIDDEN_EVERY: Final = 5.0
"""Seconds between the beginnings of two reads."""
BACKOFF: Final = 3
"""How often the pause doubles, once for each failure in a row."""


@dataclass(slots=True)
class Poll:
    """One surface: its place, and how its reads went."""

    place: Place
    began: float = 0.0
    ended: float = 0.0
    failures: int = 0
    running: bool = False
    again: bool = True
    """To be read without regard to the last time."""


class Polls:
    """All surfaces of one back end; reads that take long are asked for less often."""

    def __init__(self) -> None:
        self.interest = Interest()
        self._polls: dict[str, Poll] = {}

    def follow(self, places: Iterable[Place]) -> None:
        """Poll these and no others; what stays keeps its times under its key, wherever it has moved to."""
        before, self._polls = self._polls, {}
        for place in places:
            poll = before.get(place.info.key) or Poll(place)
            poll.place = place
            self._polls[place.info.key] = poll

    def reread(self) -> None:
        """All are due now."""
        for poll in self._polls.values():
            poll.again = True

    def start(self, now: float, limit: int) -> list[Poll]:
        """Those to read now, marked as running: the most wanted first, never more than *limit* at once.

        Where reads are slow, everything is late: what is late by the largest share of its pause comes first. If what is
        on screen always came first, the rest would never be read at all.
        """
        free = limit - sum(poll.running for poll in self._polls.values())
        due = [poll for poll in self._polls.values() if not poll.running and self._due(poll) <= now]
        chosen = sorted(due, key=lambda poll: ((poll.began - now) / self._pause(poll), self._every(poll)))[
            : max(0, free)
        ]
        for poll in chosen:
            poll.running, poll.again = True, False
        return chosen

    def finished(self, key: str, began: float, ended: float, *, good: bool) -> None:
        """Take note of one read."""
        poll = self._polls.get(key)
        if poll is not None:
            poll.running, poll.began, poll.ended = False, began, ended
            poll.failures = 0 if good else poll.failures + 1

    def dues(self, limit: int) -> list[float]:
        """When the next reads are due; none while *limit* are running."""
        if sum(poll.running for poll in self._polls.values()) >= limit:
            return []
        return [self._due(poll) for poll in self._polls.values() if not poll.running]

    def _every(self, poll: Poll) -> float:
        key = poll.place.info.key
        if key == self.interest.focused:
            return FOCUSED_EVERY
        return VISIBLE_EVERY if key in self.interest.visible else HIDDEN_EVERY

    def _due(self, poll: Poll) -> float:
        if poll.again:
            return 0.0
        return max(poll.began + self._pause(poll), 2 * poll.ended - poll.began)

    def _pause(self, poll: Poll) -> float:
        return self._every(poll) * float(2 ** min(poll.failures, BACKOFF))
