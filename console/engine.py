"""The headless core: runs the watches, folds their readings into one snapshot, carries out commands.

Serves the TUI and the headless commands alike; knows no Textual.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
import traceback
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from console.actions.send import CLOSED, SendResult, type_and_enter
from console.agents.detector import Detector
from console.config import Config
from console.model.agent import Detection
from console.model.reading import CollectorRead, LogFailed, MuxDown, Reading, ScreenRead, ServicesRead, TreeRead
from console.model.service import Judgement, Service
from console.model.snapshot import (
    CollectorSlice,
    LogSlice,
    ServicesSlice,
    Snapshot,
    SurfaceSpec,
    reduce,
)
from console.model.surface import Screen, SurfaceInfo
from console.model.telemetry import Collector, CollectorState
from console.mux.base import Interest, Multiplexer
from console.safety import safe_text
from console.tracker.dispatch_log import DispatchLog

RESTART: Final = 2.0
"""Seconds after which a watch that broke is started again."""


@dataclass(frozen=True, slots=True)
class _Watch:
    """One thing that is watched."""

    name: str
    start: Callable[[], AsyncIterator[Reading]]
    broken: Callable[[str], Reading]
    """How it is told that the watch itself broke."""


RULES_AFTER: Final = 0.03
"""Seconds from the first reading to the loading of the screen rules, when there is somebody to look at it meanwhile."""


class Engine:
    """Owns the adapters of one configuration.

    *on_change* is called in the event loop with the newest snapshot, at most once for each round of readings.
    """

    def __init__(
        self,
        config: Config,
        mux: Multiplexer,
        *,
        specs: tuple[SurfaceSpec, ...] = (),
        on_change: Callable[[Snapshot], None] | None = None,
    ) -> None:
        self.config = config
        self.mux = mux
        self.on_change = on_change
        self.snapshot = Snapshot(
            specs=specs or tuple(SurfaceSpec(s.ref, s.name, s.role, s.agent) for s in config.surfaces),
            log=LogSlice(source=config.log.path),
            services=ServicesSlice(source="processes" if config.services else ""),
            collector=CollectorSlice(source=config.collector.url),
        )
        self.dispatches = DispatchLog(config.log, names={each.name: each.ref for each in config.surfaces if each.name})
        """What the operator does to the dispatch log."""
        self._detector: Detector | None = None
        self._told = self.snapshot
        self._pending = False
        self._loading = False
        self._judged: dict[str, tuple[Screen, SurfaceInfo, Detection]] = {}
        self._complete = asyncio.Event()
        self._typing: set[str] = set()

    async def run(self) -> None:
        """Watch until cancelled. A watch that breaks is told in its slice and started again; the others go on."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._follow(self._mux_watch()), name="watch-mux")
            # The first screens come first: what follows imports more.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(1.0):
                    await self._screens_read()
            for watch in self._other_watches():
                group.create_task(self._follow(watch), name=f"watch-{watch.name}")

    async def peek(self, timeout: float = 2.0) -> Snapshot:
        """Every surface read once, nothing else; the multiplexer stays open."""
        task = asyncio.create_task(self._follow(self._mux_watch()))
        done = asyncio.create_task(self._screens_read())
        try:
            await asyncio.wait((task, done), timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in (task, done):
                each.cancel()
            await asyncio.gather(task, done, return_exceptions=True)
        return self.snapshot

    async def once(self, timeout: float = 3.0) -> Snapshot:
        """One snapshot: every surface, log, service and collector read once, or *timeout* seconds over."""
        task = asyncio.create_task(self.run())
        done = asyncio.create_task(self._everything_read())
        try:
            await asyncio.wait((task, done), timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                task.result()
        finally:
            for each in (task, done):
                each.cancel()
            await asyncio.gather(task, done, return_exceptions=True)
            await self.close()
        return self.snapshot

    def look_at(self, interest: Interest) -> None:
        """Say what the operator sees."""
        self.mux.look_at(interest)

    def reread(self) -> None:
        """Read tree and screens again now."""
        self.mux.reread()

    def pause(self) -> None:
        """See `Multiplexer.pause`."""
        self.mux.pause()

    def resume(self) -> None:
        """See `Multiplexer.resume`."""
        self.mux.resume()

    async def send(self, key: str, text: str) -> SendResult:
        """Type *text* into a surface, press Enter, and say what was seen.

        Refused without touching the surface: it is gone, it shows a dialog, a shell, a menu or somebody's draft, its
        program has ended, or another text is on its way to it.
        """
        surface = self.snapshot.surface(key)
        if surface is None:
            return SendResult("refused", "the surface is gone; nothing was typed")
        if surface.info.dead:
            return SendResult("refused", f"{surface.name}: its program has ended; nothing was typed")
        if surface.status is not None and surface.status.state in CLOSED:
            return SendResult("refused", f"{surface.name} shows {surface.status.state}; nothing was typed")
        if key in self._typing:
            return SendResult("refused", f"{surface.name}: another text is being typed; nothing was typed")
        info, agent = surface.info, surface.expected_agent
        self._typing.add(key)
        try:
            return await type_and_enter(self.mux, info.ref, text, lambda screen: self._detect(screen, info, agent))
        finally:
            self._typing.discard(key)

    async def close(self) -> None:
        """Let go of the multiplexer."""
        await self.mux.close()

    def _mux_watch(self) -> _Watch:
        return _Watch("mux", self.mux.watch, lambda why: MuxDown(time.time(), self.mux.source, why))

    def _other_watches(self) -> list[_Watch]:
        config = self.config
        path, url = config.log.path, config.collector.url

        def log() -> AsyncIterator[Reading]:
            from console.tracker.json_log import watch_log
            from console.tracker.names import FieldMap

            return watch_log(Path(path).expanduser(), FieldMap(config.log.fields, config.log.statuses))

        def collector() -> AsyncIterator[Reading]:
            from console.telemetry.collector import watch_collector

            return watch_collector(url, config.collector.every)

        def services() -> AsyncIterator[Reading]:
            from console.services.processes import watch_services

            return watch_services(config.services)

        def no_services(why: str) -> Reading:
            unknown = (Service(s.name, s.expected, "unknown", Judgement.UNKNOWN, why) for s in config.services)
            return ServicesRead(time.time(), "processes", tuple(unknown))

        watches: list[_Watch] = []
        if path:
            watches.append(_Watch("log", log, lambda why: LogFailed(time.time(), path, why)))
        if url:
            state = CollectorState.UNKNOWN
            watches.append(
                _Watch("collector", collector, lambda why: CollectorRead(time.time(), url, Collector(state, why)))
            )
        if config.services:
            watches.append(_Watch("services", services, no_services))
        return watches

    async def _follow(self, watch: _Watch) -> None:
        """Take the readings of *watch*. It ends when the watch does, which is when its adapter was closed.

        A watch that raises is an error in the console, never a reason to stop the others.
        """
        while True:
            try:
                async with contextlib.aclosing(watch.start()) as readings:  # type: ignore[type-var]
                    async for reading in readings:
                        self.take(reading)
                return
            except asyncio.CancelledError as error:
                task = asyncio.current_task()
                if task is None or task.cancelling():
                    raise
                why = _told(error)  # not ours: something inside the adapter was cancelled
            except Exception as error:
                why = _told(error)
            self.take(watch.broken(f"{why}; it is started again every {RESTART:g} s"))
            await asyncio.sleep(RESTART)

    def take(self, reading: Reading) -> None:
        """Fold one reading in."""
        if isinstance(reading, ScreenRead) and reading.detection is None:
            reading = self._judge(reading)
        after = reduce(self.snapshot, reading)
        if after is self.snapshot:
            return
        before, self.snapshot = self.snapshot, after
        if isinstance(reading, TreeRead):
            keys = {surface.key for surface in after.surfaces}
            self._judged = {key: judged for key, judged in self._judged.items() if key in keys}
        self._complete.set()
        if _only_fresher(before, after):
            return  # `fresh` hands it on once a second, for the ages
        if not self._pending and self.on_change is not None:
            self._pending = True
            asyncio.get_running_loop().call_soon(self._tell)

    def fresh(self) -> None:
        """Hand on what has only been read again since."""
        self._tell()

    def _tell(self) -> None:
        self._pending = False
        if self.on_change is not None and self.snapshot is not self._told:
            self._told = self.snapshot
            self.on_change(self.snapshot)

    def _judge(self, reading: ScreenRead) -> ScreenRead:
        surface = self.snapshot.surface(reading.key)
        if surface is None:
            return reading
        if self._detector is None and self.on_change is not None:
            # The first screens are shown before the rules are there: loading them costs as much as drawing.
            self._judge_soon()
            return reading
        info = surface.info
        judged = self._judged.get(reading.key)
        if judged is None or judged[0] is not reading.screen or judged[1] is not info:
            judged = (reading.screen, info, self._detect(reading.screen, info, surface.expected_agent))
            self._judged[reading.key] = judged
        return replace(reading, detection=judged[2])

    def _judge_soon(self) -> None:
        if not self._loading:
            self._loading = True
            asyncio.get_running_loop().call_later(RULES_AFTER, self._load_rules)

    def _load_rules(self) -> None:
        try:
            self._detector = Detector.load()
        finally:
            self._loading = False
        for surface in self.snapshot.surfaces:
            if surface.screen is not None and surface.read_at is not None:
                self.take(ScreenRead(surface.read_at, surface.key, surface.screen))

    def _detect(self, screen: Screen, info: SurfaceInfo, agent: str) -> Detection:
        if self._detector is None:
            self._detector = Detector.load()
        return self._detector.detect(screen, title=info.title, command=info.command, dead=info.dead, agent=agent)

    async def _screens_read(self) -> None:
        while not self._mux_done():
            self._complete.clear()
            await self._complete.wait()

    async def _everything_read(self) -> None:
        while not (self._mux_done() and self._others_done()):
            self._complete.clear()
            await self._complete.wait()

    def _mux_done(self) -> bool:
        snapshot = self.snapshot
        if snapshot.mux.error:
            return True
        listed = snapshot.mux.read_at is not None
        return listed and all(s.read_at is not None or s.error for s in snapshot.surfaces)

    def _others_done(self) -> bool:
        snapshot = self.snapshot
        return (
            (not snapshot.log.source or snapshot.log.read_at is not None or bool(snapshot.log.error))
            and (not snapshot.services.source or snapshot.services.read_at is not None)
            and (not snapshot.collector.source or snapshot.collector.read_at is not None)
        )


def _told(error: BaseException) -> str:
    """What broke and where, in one line."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return safe_text(f"an error in the console: {type(error).__name__}: {error}", limit=200) + where


def _only_fresher(before: Snapshot, after: Snapshot) -> bool:
    """Whether nothing but the times of reading differ."""
    if before.log is not after.log or before.services is not after.services or before.collector is not after.collector:
        return False
    if before.mux is not after.mux and replace(before.mux, read_at=after.mux.read_at) != after.mux:
        return False
    if before.surfaces is after.surfaces:
        return True
    if len(before.surfaces) != len(after.surfaces):
        return False
    return all(
        old is new or replace(old, read_at=new.read_at) == new
        for old, new in zip(before.surfaces, after.surfaces, strict=True)
    )
