"""Frames, and writing only what changed of them to the terminal."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

OPEN = b"\x1b[?1049h\x1b[?7l\x1b[?2004h\x1b[2J"
CLOSE = b"\x1b[?2004l\x1b[?7h\x1b[?25h\x1b[?1049l\x1b[0m"


def paint(codes: str, text: str) -> str:
    """Return *text* in the SGR *codes*; no text, no codes."""
    return f"\x1b[{codes}m{text}\x1b[0m" if text else ""


@dataclass(slots=True)
class Frame:
    """Rows with their colours, and the cursor as (column, row) from 0; None hides it."""

    rows: list[str]
    cursor: tuple[int, int] | None = None


@dataclass(slots=True)
class Painter:
    """Writes frames to a terminal."""

    fd: int
    _rows: list[str] = field(default_factory=list)
    _cursor: tuple[int, int] | None = (-1, -1)
    _title: str = ""

    def forget(self) -> None:
        """Draw everything next time: the size has changed."""
        self._rows, self._cursor = [], (-1, -1)

    def draw(self, frame: Frame, title: str) -> None:
        """Bring the terminal to *frame*. Raises OSError when the terminal is gone."""
        out = [] if self._rows else ["\x1b[0m\x1b[2J"]
        before = self._rows or [""] * len(frame.rows)
        for number, row in enumerate(frame.rows):
            if row != before[number]:
                out.append(f"\x1b[{number + 1};1H{row}\x1b[K")
        if title != self._title:
            out.append(f"\x1b]2;{title}\x07")
        if out or frame.cursor != self._cursor:
            out.append(f"\x1b[{frame.cursor[1] + 1};{frame.cursor[0] + 1}H\x1b[?25h" if frame.cursor else "\x1b[?25l")
            write_all(self.fd, "".join(out).encode())
        self._rows, self._cursor, self._title = list(frame.rows), frame.cursor, title


def write_all(fd: int, data: bytes) -> None:
    """Write all of *data* to a blocking descriptor."""
    while data:
        data = data[os.write(fd, data) :]
