"""What every agent is doing, out of all witnesses: the screen's rules, the agents' own word, hooks, the multiplexer.

A part of the engine: it keeps what each source said last, finds out in a thread which surface that is about, and weighs
it against the screen (`console.agents.layers`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from console.host import in_thread
from console.i18n import tr
from console.model.agent import Detection
from console.model.reading import SignalsRead
from console.model.signal import Signal
from console.model.surface import Screen, Surface, SurfaceInfo
from console.safety import safe_text

if TYPE_CHECKING:
    from console.agents.detector import Detector
    from console.agents.joining import Joiner

UNSETTLED: Final = 35.0
"""Seconds after which a signal's age changes no verdict any more: the longest of `console.agents.layers`, and 5."""


@dataclass(slots=True)
class _Seen:
    """The screen of one surface as the rules judged it."""

    screen: Screen
    info: SurfaceInfo
    detection: Detection
    since: float
    """Since when the screen by itself has shown this state."""
    begun: bool = False
    """Whether it was seen to go into it; it showed it at the first look otherwise."""


class Judging:
    """The verdicts about the surfaces of one engine."""

    def __init__(self, rules: Path | None = None, clock: Callable[[], float] = time.time) -> None:
        """*rules* is a folder with rule files of the operator's own; it need not exist."""
        self._rules = rules
        self._clock = clock
        self.problem = ""
        """What is wrong with the operator's own rules; they are not used then."""
        self._detector: Detector | None = None
        self._seen: dict[str, _Seen] = {}
        self._said: dict[str, tuple[Signal, ...]] = {}
        """What each source said last."""
        self._joined: dict[str, tuple[Signal, ...]] = {}
        self._joiner: Joiner | None = None
        self._restless_until = 0.0

    @property
    def ready(self) -> bool:
        """Whether the rules are loaded."""
        return self._detector is not None

    @property
    def told(self) -> bool:
        """Whether any source but the screen says anything."""
        return any(self._said.values())

    @property
    def restless(self) -> bool:
        """Whether a verdict may change without anything being read: a hook grows old."""
        return self._clock() < self._restless_until

    def load(self) -> None:
        """Load the rules; costs as much as drawing the first screen."""
        from console.agents.detector import Detector  # the rules are read after the first screens are shown

        try:
            self._detector = Detector.load([self._rules] if self._rules is not None else [])
        except ValueError as error:
            self.problem = safe_text(tr("{error}; rules of your own are not used", error=error), limit=400)
            self._detector = Detector.load()

    def detect(self, screen: Screen, info: SurfaceInfo, agent: str) -> Detection:
        """The verdict of the screen alone."""
        if self._detector is None:
            self.load()
        assert self._detector is not None
        return self._detector.detect(screen, title=info.title, command=info.command, dead=info.dead, agent=agent)

    def judge(self, surface: Surface, screen: Screen, read_at: float) -> Detection:
        """The verdict of all witnesses about *surface*, whose *screen* was read at *read_at*."""
        key, info = surface.key, surface.info
        seen = self._seen.get(key)
        if seen is None or seen.screen is not screen or seen.info is not info:
            found = self.detect(screen, info, surface.expected_agent)
            same = seen is not None and seen.detection.state is found.state
            since = seen.since if seen is not None and same else read_at
            begun = seen is not None and (seen.begun or not same)
            self._seen[key] = seen = _Seen(screen, info, found, since, begun)
        signals = self._joined.get(key, ())
        if not signals:
            return seen.detection
        from console.agents.layers import weigh

        verdict = weigh(
            seen.detection,
            signals,
            now=self._clock(),
            alive=not info.dead,
            seen_at=read_at,
            screen_since=seen.since,
            beginning_seen=seen.begun,
        )
        if verdict.witness is None:
            return verdict.detection
        return replace(verdict.detection, at=verdict.at)

    def hear(self, reading: SignalsRead) -> bool:
        """Take what a source says; whether that is something else than before."""
        signals = () if reading.error else reading.signals
        if self._said.get(reading.source, ()) == signals:
            return False
        self._said[reading.source] = signals
        self._restless_until = self._clock() + UNSETTLED
        return True

    async def join(self, surfaces: Sequence[Surface]) -> frozenset[str]:
        """Find out again which surface each signal is about; return the keys of those whose signals changed."""
        if self._joiner is None:
            from console.agents.joining import Joiner

            self._joiner = Joiner()
        joiner = self._joiner
        every = [signal for signals in self._said.values() for signal in signals]
        infos = [surface.info for surface in surfaces if not surface.gone]
        before = self._joined
        after = await in_thread(lambda: joiner.join(every, infos)) if every else {}
        self._joined = after
        return frozenset(key for key in before.keys() | after.keys() if before.get(key) != after.get(key))

    def forget(self, keys: frozenset[str]) -> None:
        """Only the surfaces *keys* are still there."""
        if not self._seen.keys() <= keys:
            self._seen = {key: seen for key, seen in self._seen.items() if key in keys}
