"""A tmux adapter whose readings are collected while a test goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType

from console.model.reading import MuxDown, MuxReading, ScreenFailed, ScreenRead, TreeRead
from console.model.surface import Screen, SurfaceInfo
from console.mux.base import Interest
from console.mux.tmux import Tmux
from tests.eventually import eventually


class Watched:
    """``async with Watched(socket) as seen``: watches until the block ends."""

    def __init__(self, socket: Path, env: Mapping[str, str] | None = None) -> None:
        self.mux = Tmux(str(socket), env)
        self.readings: list[MuxReading] = []
        self.task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Watched:
        self.task = asyncio.create_task(self._collect())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.mux.close()
        assert self.task is not None
        async with asyncio.timeout(10):
            await self.task

    async def _collect(self) -> None:
        async for reading in self.mux.watch():
            self.readings.append(reading)

    async def until(self, true: Callable[[], object], what: str = "") -> None:
        """Wait until *true*; a watch that has ended fails at once."""

        def told() -> str:
            return f"{what}: {self.readings[-3:]}"

        def checked() -> object:
            assert self.task is not None and not self.task.done(), f"watch ended: {self.task}"
            return true()

        await eventually(checked, what=told)

    async def shows(self, pane: str, text: str) -> Screen:
        """Wait until *text* is on the screen of *pane*; return the screen."""
        await self.until(lambda: text in self.text(pane), f"{text!r} on {pane}, where {self.text(pane)!r} is")
        screen = self.screen(pane)
        assert screen is not None
        return screen

    def look(self, *panes: str) -> None:
        """These are on screen."""
        self.mux.look_at(Interest(frozenset(panes)))

    def trees(self) -> list[TreeRead]:
        return [reading for reading in self.readings if isinstance(reading, TreeRead)]

    def tree(self) -> dict[str, SurfaceInfo]:
        trees = self.trees()
        return {info.ref: info for info in trees[-1].surfaces} if trees else {}

    def screens(self, pane: str) -> list[Screen]:
        return [r.screen for r in self.readings if isinstance(r, ScreenRead) and r.key == pane]

    def screen(self, pane: str) -> Screen | None:
        screens = self.screens(pane)
        return screens[-1] if screens else None

    def text(self, pane: str) -> str:
        screen = self.screen(pane)
        return "\n".join(screen.lines) if screen else ""

    def downs(self) -> list[str]:
        return [reading.error for reading in self.readings if isinstance(reading, MuxDown)]

    def failures(self) -> list[str]:
        return [reading.error for reading in self.readings if isinstance(reading, ScreenFailed)]
