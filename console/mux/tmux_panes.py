"""Which pane to read when, and what a read gives."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from console.model.reading import ScreenFailed, ScreenRead
from console.model.surface import Screen, SurfaceInfo
from console.mux.base import Interest, MuxError
from console.mux.sgr import Carry, LineDrawing
from console.mux.tmux_control import ControlConnection
from console.mux.tty_hints import TtyHints
from console.safety import safe_text, strip_sgr

META: Final = "\t".join(
    f"#{{{name}}}" for name in ("pane_height", "pane_width", "cursor_x", "cursor_y", "cursor_flag", "pane_dead")
)
SETTLE: Final = 0.001
"""Seconds from a write to the read it causes: the server must have taken the bytes from the pty first."""
AGAIN: Final = (0.004, 0.012, 0.033)
"""Seconds to the next looks when a signalled read found nothing new: the server had not taken the bytes yet."""
FAST: Final = 1 / 30
"""Least seconds between two reads of a pane on screen."""
GAP: Final = 1 / 30
"""Least seconds between two rounds of reads that writes cause: panes that print at the same time are read together,
and drawn together. The first write after a quiet moment is read at once."""
BUSY: Final = 1 / 20
"""Seconds between reads of a pane on screen that has no change signal while it changes."""
QUIET: Final = 1 / 4
"""The same when it has not changed for `LULL` seconds."""
LULL: Final = 3.0
BACKSTOP: Final = 1.0
"""Seconds after which a pane is read although nothing announced a change."""
UNSEEN_READS: Final = 40.0
"""Reads a second for all panes off screen together."""
DISTRUST: Final = 20.0
"""Seconds for which a pane's change signal is not believed after it missed a change."""


@dataclass(slots=True)
class _Pane:
    info: SurfaceInfo
    due: float
    read_at: float = 0.0
    changed_at: float = 0.0
    announced: bool = False
    again: int = 0
    """Reads after the last signal that found nothing new."""
    distrusted_until: float = 0.0
    raw: tuple[list[str], list[bytes]] | None = None
    screen: Screen | None = None
    rows: dict[tuple[str, bytes], tuple[str, str, str]] = field(default_factory=dict)


class PaneReader:
    """Schedules reads of the panes of one connection."""

    def __init__(self, connection: ControlConnection, wake: asyncio.Event) -> None:
        self._connection = connection
        self._wake = wake
        self._panes: dict[str, _Pane] = {}
        self._by_tty: dict[str, _Pane] = {}
        self._interest = Interest()
        self._hints = TtyHints(self._written)
        self._batch_at = 0.0

    def look_at(self, interest: Interest) -> None:
        """Read what has come on screen at once."""
        new = interest.visible - self._interest.visible
        self._interest = interest
        now = time.monotonic()
        for key in new:
            if key in self._panes:
                self._panes[key].due = now

    def reread(self) -> None:
        """Everything is due."""
        for pane in self._panes.values():
            pane.due, pane.raw = 0.0, None

    def follow(self, infos: Sequence[SurfaceInfo]) -> None:
        """Take over the server's list of panes; the console's own pane is not read."""
        now = time.monotonic()
        panes: dict[str, _Pane] = {}
        for info in infos:
            if info.own:
                continue
            pane = self._panes.get(info.key) or _Pane(info, now)
            resized = (pane.info.width, pane.info.height, pane.info.dead) != (info.width, info.height, info.dead)
            if resized:
                pane.due = now
            pane.info = info
            panes[info.key] = pane
        self._panes = panes
        self._by_tty = {pane.info.tty: pane for pane in panes.values() if not pane.info.dead}
        self._hints.follow(frozenset(self._by_tty))

    def next_due(self) -> float:
        """Monotonic time of the next read."""
        return min((pane.due for pane in self._panes.values()), default=time.monotonic() + BACKSTOP)

    async def read_due(self) -> list[ScreenRead | ScreenFailed]:
        """Read every pane that is due, in one write."""
        now = time.monotonic()
        due = [pane for pane in self._panes.values() if pane.due <= now + 0.0005]
        if not due:
            return []
        due.sort(key=lambda pane: pane.info.key not in self._interest.visible)
        signalled = [pane.announced or pane.again > 0 for pane in due]
        if any(signalled):
            self._batch_at = now
        for pane in due:
            pane.announced = False
        answers = await self._connection.capture([pane.info.ref for pane in due], META)
        out: list[ScreenRead | ScreenFailed] = []
        for pane, answer, signal in zip(due, answers, signalled, strict=True):
            wall = time.time()
            if isinstance(answer, MuxError):
                out.append(ScreenFailed(wall, pane.info.key, safe_text(str(answer))))
                pane.read_at = time.monotonic()
                pane.due = pane.read_at + BACKSTOP
                continue
            changed = self._take(pane, answer, signal)
            pane.again = pane.again + 1 if signal and not changed and pane.again < len(AGAIN) else 0
            self._plan(pane, changed)
            assert pane.screen is not None
            out.append(ScreenRead(wall, pane.info.key, pane.screen))
        return out

    def _take(self, pane: _Pane, answer: tuple[list[str], list[bytes]], signalled: bool) -> bool:
        now = time.monotonic()
        backstop, first = now - pane.read_at >= BACKSTOP / 2, pane.raw is None
        pane.read_at = now
        if answer == pane.raw:
            return False
        known = pane.rows
        pane.rows = {}
        pane.screen = self.screen_of(*answer, known=known, used=pane.rows)
        pane.raw = answer
        pane.changed_at = now
        if backstop and not first and not signalled and not pane.announced:
            pane.distrusted_until = now + DISTRUST
        return True

    def _plan(self, pane: _Pane, changed: bool) -> None:
        """Set when the pane is read next."""
        now = pane.read_at
        if pane.announced:
            pane.due = now + self._pace(pane)
        elif pane.again:
            pane.due = now + max(AGAIN[pane.again - 1], self._pace(pane) - FAST)
        elif self._hints.covers(pane.info.tty) and now >= pane.distrusted_until:
            # All at the same moment: one write, one wake-up.
            pane.due = (now // BACKSTOP + 1.5) * BACKSTOP
        elif pane.info.key not in self._interest.visible:
            pane.due = now + max(BACKSTOP, self._pace(pane))
        else:
            lively = changed or now - pane.changed_at < LULL or pane.info.key == self._interest.focused
            pane.due = now + (BUSY if lively else QUIET)

    def _pace(self, pane: _Pane) -> float:
        """Least seconds between two reads of this pane."""
        if pane.info.key in self._interest.visible:
            return FAST
        unseen = len(self._panes) - len(self._interest.visible & self._panes.keys())
        return max(FAST, min(BACKSTOP, unseen / UNSEEN_READS))

    def _written(self, tty: str) -> None:
        pane = self._by_tty.get(tty)
        if pane is None or pane.announced:
            return
        pane.announced = True
        due = max(time.monotonic() + SETTLE, pane.changed_at + self._pace(pane), self._batch_at + GAP)
        if due < pane.due:
            pane.due = due
            self._wake.set()

    @staticmethod
    def screen_of(
        fields: list[str],
        rows: list[bytes],
        known: dict[tuple[str, bytes], tuple[str, str, str]] | None = None,
        used: dict[tuple[str, bytes], tuple[str, str, str]] | None = None,
    ) -> Screen:
        """Build a screen from the META *fields* and the raw *rows*.

        *known* maps (attributes before the row, raw row) to (plain, styled, attributes after) and saves the work for
        rows seen before; what this screen needs is put into *used*.
        """
        plain: list[str] = []
        styled: list[str] = []
        before = ""
        for row in rows:
            entry = (before, row)
            made = known.get(entry) if known else None
            if made is None:
                made = _row(before, row)
            if used is not None:
                used[entry] = made
            plain.append(made[0])
            styled.append(made[1])
            before = made[2]
        height, width, x, y, shown = (int(value) if value.isdigit() else 0 for value in (*fields, *"00000")[:5])
        return Screen(tuple(plain), tuple(styled), width, height, (x, y) if shown else None)

    def close(self) -> None:
        """Stop listening for writes."""
        self._hints.close()


def _row(before: str, raw: bytes) -> tuple[str, str, str]:
    """Plain text, text with colours, and what the next row must be preceded by: attributes, and SO in line drawing."""
    drawing = LineDrawing()
    row = safe_text(drawing.feed(before + raw.decode("utf-8", "replace")), sgr=True)
    plain = strip_sgr(row).rstrip()
    carry = Carry()
    carry.feed(row)
    return plain, row if plain or "\x1b" in row else "", carry.prefix + ("\x0e" if drawing.on else "")
