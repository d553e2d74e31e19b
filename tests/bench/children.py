"""Measurements in a process of their own: memory over many updates, and the filter over many rows.

``python -m tests.bench.children soak 100000`` prints one JSON object. The app runs without a terminal and without a
server; readings are made up.
"""

from __future__ import annotations

import asyncio
import gc
import json
import subprocess
import sys
import time
from collections import deque
from collections.abc import AsyncIterator
from typing import Any, Final

import psutil

from console.app import ConsoleApp
from console.config import Config, LogConfig
from console.engine import Engine
from console.model.reading import LogRead, MuxReading, ScreenRead, TreeRead
from console.model.surface import Screen, SurfaceInfo
from console.mux.base import Interest, MuxError
from console.mux.tmux_panes import PaneReader
from console.opening import Opened
from console.tracker.schema import read_records
from console.widgets.dispatch_table import DispatchTable
from tests.bench import look
from tests.bench.fleet import BenchError

PANES: Final = 6
SIZE: Final = (200, 55)
BATCH: Final = 30
"""Screens taken before the event loop has its turn: five of each pane."""
WORDS: Final = ("대시보드", "row0999", "surface:3", "zzz")


class MadeUpMux:
    """A `console.mux.base.Multiplexer` that lists six surfaces and then says nothing."""

    source = "made up"
    capabilities: frozenset[str] = frozenset()

    async def watch(self) -> AsyncIterator[MuxReading]:
        """The listing, once."""
        infos = [
            SurfaceInfo(f"%{n}", None, "one", f"one:{n}.0", command="claude", width=look.WIDTH, height=look.HEIGHT)
            for n in range(PANES)
        ]
        yield TreeRead(time.time(), self.source, tuple(infos))
        await asyncio.Event().wait()

    def look_at(self, interest: Interest) -> None:
        """Nothing depends on it."""

    def reread(self) -> None:
        """There is nothing to read."""

    pause = resume = reread

    async def read(self, ref: str) -> Screen:
        """There is nothing to read."""
        raise MuxError(f"{ref}: made up")

    async def send_text(self, ref: str, text: str) -> None:
        """There is nobody to send to."""
        raise MuxError(f"{ref}: made up")

    async def send_key(self, ref: str, key: str) -> None:
        """There is nobody to send to."""
        raise MuxError(f"{ref}: made up")

    async def focus(self, ref: str) -> None:
        """There is nothing to bring to the front."""

    async def close(self) -> None:
        """There is nothing open."""


class MadeUpScreens:
    """What one busy agent shows, line after line; rows are kept between two screens as the reader of tmux does."""

    def __init__(self, pane: int) -> None:
        self._pane = pane
        self._count = 0
        self._rows: deque[bytes] = deque([b""] * (look.HEIGHT - 7), maxlen=look.HEIGHT - 7)
        self._known: dict[tuple[str, bytes], tuple[str, str, str]] = {}

    def next(self) -> Screen:
        """The screen with one more line."""
        self._count += 1
        self._rows.append(look.line(self._pane, self._count).encode())
        screen = [*self._rows, *(text.encode() for text in look.busy(self._count))]
        fields = [str(look.HEIGHT), str(look.WIDTH), "2", "37", "1"]
        known, self._known = self._known, {}
        return PaneReader.screen_of(fields, screen, known=known, used=self._known)


def build(config: Config) -> tuple[ConsoleApp, Engine]:
    """The app over an engine whose multiplexer is made up."""
    engine = Engine(config, MadeUpMux())

    async def opener() -> Opened:
        return Opened(engine)

    return ConsoleApp(config, opener), engine


async def soak(updates: int) -> dict[str, object]:
    """Every surface grows line by line until *updates* screens were taken; the resident size at twenty points."""
    app, engine = build(Config())
    process = psutil.Process()
    resident: list[tuple[int, float]] = []
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        agents = [MadeUpScreens(pane) for pane in range(PANES)]
        started = time.monotonic()
        for number in range(updates):
            pane = number % PANES
            engine.take(ScreenRead(time.time(), f"%{pane}", agents[pane].next()))
            if number % BATCH == 0:
                await asyncio.sleep(0)
            if number % max(1, updates // 20) == 0:
                gc.collect()
                resident.append((number, process.memory_info().rss / 1e6))
        seconds = time.monotonic() - started
        await pilot.pause()
        gc.collect()
        resident.append((updates, process.memory_info().rss / 1e6))
        app.exit()
    return {"resident_mb": resident, "seconds": seconds}


async def filtering(count: int, letters: int) -> dict[str, object]:
    """Milliseconds the event loop stands still for each letter typed into the filter over *count* dispatches."""
    from tests.bench.log import records

    dispatches, _ = read_records(records(count))
    app, engine = build(Config(log=LogConfig("/nowhere/log.json")))
    ms: list[float] = []
    typed: list[str] = []
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        engine.take(LogRead(time.time(), "/nowhere/log.json", dispatches))
        await pilot.pause()
        widget = app.main.query_one(DispatchTable)
        for text in [word[: end + 1] for word in WORDS for end in range(len(word))][:letters]:
            at = time.perf_counter()
            widget.filter_text = text
            ms.append((time.perf_counter() - at) * 1000)
            typed.append(text)
            await pilot.pause()
        app.exit()
    return {"ms": ms, "typed": typed[ms.index(max(ms))]}


def run_child(what: str, *counts: int) -> dict[str, Any]:
    """Run this module in a new process and return what it tells."""
    argv = [sys.executable, "-m", "tests.bench.children", what, *map(str, counts)]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=600, check=False)
    if done.returncode != 0:
        raise BenchError(f"{what}: {done.stderr.strip()[-500:]}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


if __name__ == "__main__":
    what, *counts = sys.argv[1], *map(int, sys.argv[2:])
    print(json.dumps(asyncio.run(soak(*counts) if what == "soak" else filtering(*counts))))
