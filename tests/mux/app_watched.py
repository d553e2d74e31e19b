"""An adapter of the cmux app whose readings are collected while a test goes on, and what it leaves behind."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType

from console.model.reading import MuxDown, MuxReading, ScreenFailed, ScreenRead, SignalsRead, TreeRead
from console.model.signal import Signal
from console.model.surface import SurfaceInfo
from console.mux.base import Interest
from console.mux.cmux_socket import CmuxSocket
from tests.eventually import eventually
from tests.fakes.cmux_app import CmuxApp


def connect(app: CmuxApp | Path, env: Mapping[str, str] | None = None, password: str = "") -> CmuxSocket:
    """An adapter that sees nothing of the machine the test runs on."""
    path = app if isinstance(app, Path) else app.path
    return CmuxSocket(str(path), password=password, env=env or {}, home=path.parent)


class AppWatched:
    """``async with AppWatched(app) as seen``: watches until the block ends."""

    def __init__(self, app: CmuxApp | Path, env: Mapping[str, str] | None = None) -> None:
        self.mux = connect(app, env)
        self.readings: list[MuxReading] = []
        self.task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> AppWatched:
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

        def checked() -> object:
            assert self.task is not None and not self.task.done(), f"watch ended: {self.task}"
            return true()

        await eventually(checked, deadline=20, what=lambda: f"{what}: {self.readings[-3:]}")

    async def shows(self, ref: str, text: str) -> None:
        """Wait until *text* is on the screen of *ref*."""
        await self.until(lambda: text in self.text(ref), f"{text!r} on {ref}, where {self.text(ref)!r} is")

    def look(self, *refs: str, focused: str = "") -> None:
        """These are on screen."""
        keys = {ref: info.key for ref, info in self.tree().items()}
        self.mux.look_at(Interest(frozenset(keys[ref] for ref in refs), keys.get(focused, "")))

    def trees(self) -> list[TreeRead]:
        return [reading for reading in self.readings if isinstance(reading, TreeRead)]

    def tree(self) -> dict[str, SurfaceInfo]:
        trees = self.trees()
        return {info.ref: info for info in trees[-1].surfaces} if trees else {}

    def screens(self, ref: str) -> list[ScreenRead]:
        info = self.tree().get(ref)
        return [r for r in self.readings if isinstance(r, ScreenRead) and info is not None and r.key == info.key]

    def text(self, ref: str) -> str:
        screens = self.screens(ref)
        return "\n".join(screens[-1].screen.lines) if screens else ""

    def downs(self) -> list[str]:
        return [reading.error for reading in self.readings if isinstance(reading, MuxDown)]

    def failures(self, ref: str) -> list[str]:
        info = self.tree().get(ref)
        return [
            r.error for r in self.readings if isinstance(r, ScreenFailed) and info is not None and r.key == info.key
        ]

    def signals(self, source: str) -> tuple[Signal, ...]:
        """The last statement of *source*."""
        told = [r.signals for r in self.readings if isinstance(r, SignalsRead) and r.source == source]
        return told[-1] if told else ()


def held() -> tuple[int, int]:
    """(tasks of this loop, open descriptors of this process)."""
    gc.collect()
    return len(asyncio.all_tasks()), len(list(Path("/dev/fd").iterdir()))
