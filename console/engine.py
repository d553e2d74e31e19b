"""The headless core: runs the watches, folds their readings into one snapshot, carries out commands.

Serves the TUI and the headless commands alike; knows no Textual.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

from console.actions.send import SendResult, type_and_enter
from console.agents.detector import Detector
from console.config import Config
from console.model.reading import Reading, ScreenRead
from console.model.snapshot import (
    CollectorSlice,
    LogSlice,
    ServicesSlice,
    Snapshot,
    SurfaceSpec,
    reduce,
)
from console.mux.base import Interest, Multiplexer


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
        self._detector: Detector | None = None
        self._told = self.snapshot
        self._pending = False
        self._complete = asyncio.Event()

    async def run(self) -> None:
        """Watch until cancelled. A watch that breaks is told in the snapshot's source and started again."""
        watches = [self.mux.watch()]
        async with asyncio.TaskGroup() as group:
            group.create_task(self._follow(watches[0]), name="watch-mux")
            # The first screens come first: what follows imports more.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(1.0):
                    await self._screens_read()
            for name, watch in self._other_watches():
                group.create_task(self._follow(watch), name=f"watch-{name}")

    async def peek(self, timeout: float = 2.0) -> Snapshot:
        """Every surface read once, nothing else; the multiplexer stays open."""
        task = asyncio.create_task(self._follow(self.mux.watch()))
        done = asyncio.create_task(self._screens_read())
        await asyncio.wait((task, done), timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
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
        """Type *text* into a surface, press Enter, and say what was seen."""
        surface = self.snapshot.surface(key)
        if surface is None:
            return SendResult("refused", "the surface is gone; nothing was typed")
        return await type_and_enter(self.mux, surface.info.ref, text)

    async def close(self) -> None:
        """Let go of the multiplexer."""
        await self.mux.close()

    def _other_watches(self) -> list[tuple[str, AsyncIterator[Reading]]]:
        config = self.config
        watches: list[tuple[str, AsyncIterator[Reading]]] = []
        if config.log.path:
            from console.tracker.json_log import watch_log

            watches.append(("log", watch_log(Path(config.log.path).expanduser())))
        if config.collector.url:
            from console.telemetry.collector import watch_collector

            watches.append(("collector", watch_collector(config.collector.url, config.collector.every)))
        if config.services:
            from console.services.processes import watch_services

            watches.append(("services", watch_services(config.services)))
        return watches

    async def _follow(self, watch: AsyncIterator[Reading]) -> None:
        async with contextlib.aclosing(watch):  # type: ignore[type-var]
            async for reading in watch:
                self.take(reading)

    def take(self, reading: Reading) -> None:
        """Fold one reading in."""
        if isinstance(reading, ScreenRead) and reading.detection is None:
            reading = self._judge(reading)
        after = reduce(self.snapshot, reading)
        if after is self.snapshot:
            return
        self.snapshot = after
        self._complete.set()
        if not self._pending and self.on_change is not None:
            self._pending = True
            asyncio.get_running_loop().call_soon(self._tell)

    def _tell(self) -> None:
        self._pending = False
        if self.on_change is not None and self.snapshot is not self._told:
            self._told = self.snapshot
            self.on_change(self.snapshot)

    def _judge(self, reading: ScreenRead) -> ScreenRead:
        surface = self.snapshot.surface(reading.key)
        if surface is None:
            return reading
        if self._detector is None:
            self._detector = Detector.load()
        info = surface.info
        detection = self._detector.detect(
            reading.screen, title=info.title, command=info.command, dead=info.dead, agent=surface.expected_agent
        )
        return replace(reading, detection=detection)

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
