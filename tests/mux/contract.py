"""What the contract's tests stand on: every back end in turn, and an adapter whose readings are collected."""

from __future__ import annotations

import asyncio
import gc
import unicodedata
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Final

import psutil
import pytest

from console.model.reading import MuxDown, MuxReading, ScreenFailed, ScreenRead, TreeRead
from console.model.surface import Screen, SurfaceInfo
from console.mux.base import Interest
from tests.eventually import eventually
from tests.mux.contract_back_ends import NAMES, BackEnd, Recorder, make, missing

WORDS: Final = frozenset({"colours", "cursor", "push", "paste", "uuid", "focus", "publish"})
"""Everything a back end may say it can do."""


def every(*left_out: str) -> list[Any]:
    """The back ends as parameters; those that begin with one of *left_out* are not among them."""
    names = [name for name in NAMES if not name.startswith(left_out)] if left_out else NAMES
    return [pytest.param(name, marks=_marks(name)) for name in names]


def _marks(name: str) -> list[pytest.MarkDecorator]:
    why = missing(name)
    own = [getattr(pytest.mark, name)] if name in ("tmux", "daemon") else []
    return [*own, pytest.mark.skipif(bool(why), reason=why)]


async def started(name: str) -> AsyncIterator[BackEnd]:
    """The body of a fixture: a running back end that ends with the test."""
    made = make(name)
    try:
        await made.start()
        yield made
    finally:
        await made.stop()


def brisk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read trees, tell quiet screens again and look for a lost server more often than people need."""
    for name, seconds in (
        ("cmux_app_watch.TREE_EVERY", 0.3),
        ("cmux_app_watch.TELL_EVERY", 0.2),
        ("cmux_app_reads.HIDDEN_EVERY", 0.5),
        ("cmux_app_reads.VISIBLE_EVERY", 0.3),
        ("cmux_view.QUIET_EVERY", 0.3),
        ("cmux_cli.TREE_EVERY", 0.6),
        ("cmux_cli.DOWN_LIMIT", 0.5),
        ("cmux_polls.VISIBLE_EVERY", 0.5),
        ("cmux_polls.HIDDEN_EVERY", 2.0),
        ("tmux.RETRY", 0.1),
        ("tmux.CALM", 0.1),
    ):
        monkeypatch.setattr(f"console.mux.{name}", seconds)


class Seen:
    """``async with Seen(back) as seen``: watches until the block ends; then nothing may be left in the event loop."""

    def __init__(self, back: BackEnd) -> None:
        self.mux = back.mux()
        self.readings: list[MuxReading] = []
        self.complaints: list[str] = []
        """What asyncio had to say of tasks and futures nobody looked after."""
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Seen:
        asyncio.get_running_loop().set_exception_handler(lambda _, told: self.complaints.append(str(told)))
        self._task = asyncio.create_task(self._collect())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.mux.close()
        assert self._task is not None
        async with asyncio.timeout(10):
            await self._task  # an exception out of a watch is a failure of the test
        gc.collect()
        assert not self.complaints

    async def _collect(self) -> None:
        async for reading in self.mux.watch():
            self.readings.append(reading)

    async def until(self, true: Callable[[], object], what: str = "") -> None:
        """Wait until *true*; a watch that has ended fails at once."""

        def checked() -> object:
            assert self._task is not None and not self._task.done(), f"the watch has ended: {self._task}"
            return true()

        await eventually(checked, deadline=20, what=lambda: f"{what}: {self.readings[-3:]}")

    async def lists(self, *recorders: Recorder) -> None:
        """Wait until all of them are in the tree, and look at them."""
        await self.until(lambda: all(each.ref in self.tree() for each in recorders), "listed")
        self.look(*recorders)

    async def shows(self, recorder: Recorder, text: str) -> Screen:
        """Wait until *text* is on its screen; return the screen."""
        await self.until(lambda: text in self.text(recorder), f"{text!r} not in {self.text(recorder)!r}")
        found = self.screen(recorder)
        assert found is not None
        return found

    def look(self, *recorders: Recorder) -> None:
        """These are on screen, the operator is in the first."""
        keys = [self.tree()[each.ref].key for each in recorders]
        self.mux.look_at(Interest(frozenset(keys), keys[0] if keys else ""))

    def trees(self) -> list[TreeRead]:
        """Every tree so far."""
        return [reading for reading in self.readings if isinstance(reading, TreeRead)]

    def tree(self) -> dict[str, SurfaceInfo]:
        """The last tree, by ref."""
        trees = self.trees()
        return {info.ref: info for info in trees[-1].surfaces} if trees else {}

    def screens(self, recorder: Recorder) -> list[ScreenRead]:
        """Every reading of its screen so far."""
        key = self._key(recorder)
        return [reading for reading in self.readings if isinstance(reading, ScreenRead) and reading.key == key]

    def screen(self, recorder: Recorder) -> Screen | None:
        """The last one."""
        screens = self.screens(recorder)
        return screens[-1].screen if screens else None

    def text(self, recorder: Recorder) -> str:
        """The last one as text."""
        found = self.screen(recorder)
        return "\n".join(found.lines) if found else ""

    def downs(self) -> list[MuxDown]:
        """Every time the server was said to be away."""
        return [reading for reading in self.readings if isinstance(reading, MuxDown)]

    def failures(self) -> list[ScreenFailed]:
        """Every screen that could not be read."""
        return [reading for reading in self.readings if isinstance(reading, ScreenFailed)]

    def _key(self, recorder: Recorder) -> str:
        """Its key, from the newest tree that has it."""
        for read in reversed(self.trees()):
            for info in read.surfaces:
                if info.ref == recorder.ref:
                    return info.key
        return ""


def left() -> tuple[int, int, int]:
    """(tasks of this loop, open descriptors, child processes) of the test's own process."""
    gc.collect()
    children = [child for child in psutil.Process().children() if child.status() != psutil.STATUS_ZOMBIE]
    return len(asyncio.all_tasks()), len(list(Path("/dev/fd").iterdir())), len(children)


def cells(text: str) -> int:
    """How many columns *text* takes."""
    marks = ("Mn", "Me", "Cf")
    return sum(
        0 if unicodedata.category(char) in marks else 1 + (unicodedata.east_asian_width(char) in "WF") for char in text
    )
