"""A multiplexer without a terminal: a test posts what is read and sees what is typed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from console.model.reading import MuxReading, ScreenRead, TreeRead
from console.model.surface import Screen, SurfaceInfo
from console.mux.base import Interest, MuxError

SOURCE = "fake"


def screen(*rows: str, cursor: tuple[int, int] | None = None, width: int = 80, height: int = 24) -> Screen:
    """A plain screen; rows that are not given are blank."""
    lines = (*rows, *[""] * (height - len(rows)))
    return Screen(lines, lines, width, height, cursor)


def info(ref: str, *, dead: bool = False, own: bool = False, label: str = "", command: str = "") -> SurfaceInfo:
    """A surface as it is listed."""
    return SurfaceInfo(ref, None, "s", f"s:{ref.strip('%')}.0", label=label, command=command, dead=dead, own=own)


def tree(at: float, *surfaces: SurfaceInfo | str) -> TreeRead:
    """A listing; a bare ref stands for a surface of which nothing else is said."""
    return TreeRead(at, SOURCE, tuple(info(s) if isinstance(s, str) else s for s in surfaces))


class FakeMux:
    """A `console.mux.base.Multiplexer`: `post` what ``watch`` yields; an exception is raised out of it."""

    source = SOURCE
    capabilities = frozenset({"paste", "cursor"})

    def __init__(self) -> None:
        self.screens: dict[str, Screen] = {}
        """What `read` gives; a surface that is not here cannot be read."""
        self.typed: list[tuple[str, str]] = []
        """``(ref, text)``, and ``(ref, "<enter>")`` for a key."""
        self.on_type: dict[tuple[str, str], Screen] = {}
        """The screen a surface has once this was typed."""
        self.calls: list[str] = []
        self.interest = Interest()
        self.watches = 0
        self.watching = 0
        self.closed = 0
        self._posts: asyncio.Queue[MuxReading | BaseException | None] = asyncio.Queue()

    def post(self, *readings: MuxReading | BaseException | None) -> None:
        """Let ``watch`` yield these, raise an exception, or end (None)."""
        for reading in readings:
            self._posts.put_nowait(reading)

    def show(self, at: float, key: str, shown: Screen) -> None:
        """Post a screen and let `read` give it."""
        self.screens[key] = shown
        self.post(ScreenRead(at, key, shown))

    async def watch(self) -> AsyncIterator[MuxReading]:
        """Yield what was posted."""
        self.watches += 1
        self.watching += 1
        try:
            while True:
                reading = await self._posts.get()
                if reading is None:
                    return
                if isinstance(reading, BaseException):
                    raise reading
                yield reading
        finally:
            self.watching -= 1

    def look_at(self, interest: Interest) -> None:
        """Keep it."""
        self.interest = interest

    def reread(self) -> None:
        """Note it."""
        self.calls.append("reread")

    def pause(self) -> None:
        """Note it."""
        self.calls.append("pause")

    def resume(self) -> None:
        """Note it."""
        self.calls.append("resume")

    async def read(self, ref: str) -> Screen:
        """The screen of `screens`."""
        if ref not in self.screens:
            raise MuxError(f"{ref}: no such surface")
        return self.screens[ref]

    async def send_text(self, ref: str, text: str) -> None:
        """Note it."""
        self._type(ref, text)

    async def send_key(self, ref: str, key: str) -> None:
        """Note it as ``<key>``."""
        self._type(ref, f"<{key}>")

    async def focus(self, ref: str) -> None:
        """Note it."""
        if ref not in self.screens:
            raise MuxError(f"{ref}: there is no such surface")
        self.calls.append(f"focus {ref}")

    def _type(self, ref: str, what: str) -> None:
        self.typed.append((ref, what))
        self.screens[ref] = self.on_type.get((ref, what), self.screens[ref])

    async def close(self) -> None:
        """Count it."""
        self.closed += 1
