"""The headless core: runs the watches, folds their readings into one snapshot, carries out commands.

Serves the TUI and the headless commands alike; knows no Textual.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
import traceback
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from console.attending import Attending, Ears, watch_starts
from console.config import Config
from console.engine_handoff import HandsOver
from console.engine_memory import Remembers
from console.i18n import tr
from console.judging import Judging
from console.model.agent import Detection
from console.model.binding import SurfaceSpec
from console.model.decision import DecisionsSlice
from console.model.freshness import only_fresher
from console.model.reading import (
    CollectorRead,
    MuxDown,
    Reading,
    ScreenRead,
    ServicesRead,
    SignalsRead,
    StartsRead,
    TreeRead,
)
from console.model.snapshot import CollectorSlice, LogSlice, ServicesSlice, Snapshot, reduce
from console.model.surface import Screen, Surface, SurfaceInfo
from console.mux.base import Interest, Multiplexer
from console.queueing import Queueing
from console.safety import safe_text
from console.sending import Sending
from console.services.nudge import Nudge
from console.state_bindings import Bindings
from console.watches import Watch, configured, unread, witnesses

if TYPE_CHECKING:
    from console.collector_journal import CollectorJournal
    from console.cut_off import CutOffs
    from console.state_journal import StateJournal
from console.tracker.dispatch_log import DispatchLog

RESTART: Final = 2.0
"""Seconds after which a watch that broke is started again."""
HEAR_EVERY: Final = 0.05
"""Least seconds between two looks whom the agents' own words are about."""
BEAT_EVERY: Final = 20.0
"""Seconds between two signs of life in the journal of states."""
RULES_AFTER: Final = 0.03
"""Seconds from the first reading to the loading of the screen rules, when there is somebody to look at it meanwhile."""


class Engine(Remembers, Queueing, HandsOver):
    """Owns the adapters of one configuration.

    *on_change* is called in the event loop with the newest snapshot, at most once for each round of readings.
    With *witness* the agents' own status files and hooks are asked as well as their screens. *state* is the folder in
    which changes of state outlive the console; None keeps nothing. *rules* is a folder with rule files for agents.
    """

    def __init__(
        self,
        config: Config,
        mux: Multiplexer,
        *,
        specs: tuple[SurfaceSpec, ...] = (),
        on_change: Callable[[Snapshot], None] | None = None,
        witness: bool = False,
        state: Path | None = None,
        rules: Path | None = None,
    ) -> None:
        self.config = config
        self.mux = mux
        self.on_change = on_change
        self.snapshot = _nothing_seen(config, specs)
        self.dispatches = DispatchLog(config.log, names={each.name: each.ref for each in config.surfaces if each.name})
        """What the operator does to the dispatch log."""
        self.dispatches.read_only = config.read_only
        self.sending = Sending(config, self.dispatches, state) if state is not None else None
        self._judging = Judging(rules)
        self._witness = witness
        self._state = state
        self.bindings = Bindings(state, self.snapshot.specs) if state is not None else None
        """What the entries of the configuration meant before; None: nothing is remembered."""
        self._recalled = ""
        self._journal: StateJournal | None = None
        self._collected: CollectorJournal | None = None
        self._heard = asyncio.Event()
        self._unheard = False
        """Whether a source has said something that is not weighed yet."""
        self._sources: set[str] = set()
        self._started = False
        """Whether it is known how the agents were started."""
        self.nudge = Nudge()
        self._others = [*configured(config, self.nudge), *(witnesses() if witness else ())]
        self.cut_off: CutOffs | None = None
        if self.sending is not None:
            self.hear_of_sends(self.sending.cut_off)
        self._told = self.snapshot
        self._pending = self._loading = False
        self._complete = asyncio.Event()
        self._typing = set()
        self._changes = asyncio.Event()
        self._news = asyncio.Event()
        self._queue_news = asyncio.Event()
        self.ears: Ears | None = None
        """Who hears that an agent waits; None: nobody."""
        self.interest = Interest()
        self.present = True
        """Whether the console's own terminal has the focus, as far as it tells."""
        self.attending = Attending(
            config, self.press, state, note=self.dispatches.note_context, tmux=bool(os.environ.get("TMUX"))
        )

    async def run(self) -> None:
        """Watch until cancelled. A watch that breaks is told in its slice and started again; the others go on."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._follow(self._mux_watch()), name="watch-mux")
            # The first screens come first: what follows imports more.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(1.0):
                    await self._screens_read()
            for watch in self._others:
                group.create_task(self._follow(watch), name=f"watch-{watch.name}")
            if self._witness or "uuid" in self.mux.capabilities:
                group.create_task(self._hear(), name="hear")
            if self._state is not None and self.keeps:
                group.create_task(self._remember(self._state), name="remember")
            if self._witness:
                starts = watch_starts(self.config, lambda: self.snapshot, self.take)
                group.create_task(starts, name="starts")
            if self.attending.needed and self.ears is not None:
                looked_at = lambda: self.interest.focused if self.present else ""  # noqa: E731
                attend = self.attending.run(lambda: self.snapshot, self._news, looked_at, self.take, self.ears)
                group.create_task(attend, name="attend")
            if self.sending is not None and self.ears is not None and not self.config.read_only:
                group.create_task(self.sending.lock.keep(), name="lock")
            if self.ears is not None and self.queue is not None:
                group.create_task(self._run_queue(self.queue), name="queue")
            if self._keeps_handoffs:
                group.create_task(self.handing_over.run(lambda: self.snapshot), name="hand-offs")
            if self.config.mux.publish:
                group.create_task(self.publish(self._changes), name="publish")

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
        done = asyncio.create_task(self.everything_read())
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
        self.interest = interest
        self.mux.look_at(interest)

    def reread(self) -> None:
        """Read tree, screens, services, collector, temporary automation, artifacts and figures again now."""
        self.mux.reread()
        self.nudge()

    def pause(self) -> None:
        """See `Multiplexer.pause`."""
        self.mux.pause()

    def resume(self) -> None:
        """See `Multiplexer.resume`."""
        self.mux.resume()

    async def close(self) -> None:
        """Let go of the multiplexer, and leave nothing in its sidebar."""
        if self._sidebar is not None:
            await self._sidebar.leave()
        if self._keeps_handoffs:
            await self.handing_over.leave(self.snapshot)
        await self.mux.close()
        if self.sending is not None:
            await self.sending.close()

    def _mux_watch(self) -> Watch:
        return Watch("mux", self.mux.watch, lambda why: MuxDown(time.time(), self.mux.source, why))

    async def _follow(self, watch: Watch) -> None:
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
            self.take(watch.broken(tr("{why}; it is started again every {seconds:g} s", why=why, seconds=RESTART)))
            await asyncio.sleep(RESTART)

    def take(self, reading: Reading) -> None:
        """Fold one reading in."""
        if isinstance(reading, ScreenRead) and reading.detection is None:
            reading = self._judge(reading)
        elif isinstance(reading, SignalsRead):
            self._sources.add(reading.source)
            if self._judging.hear(reading):
                self._unheard = True
                self._heard.set()
            self._complete.set()
            return
        elif isinstance(reading, StartsRead):
            self._started = True
            self._complete.set()
        elif isinstance(reading, TreeRead):
            self._recall(reading.source)
        after = reduce(self.snapshot, reading)
        if after is self.snapshot:
            return
        before, self.snapshot = self.snapshot, after
        if after.bindings is not before.bindings:
            self._keep_bindings()
        if isinstance(reading, TreeRead):
            keys = {surface.key: surface for surface in after.surfaces}
            self._judging.forget(frozenset(keys))
            for gone in (surface for surface in before.surfaces if surface.key not in keys):
                self._note(gone, None)
            if self._judging.told and before.surfaces is not after.surfaces:
                self._heard.set()
        elif isinstance(reading, CollectorRead):
            self._note_collector()
        elif isinstance(reading, ScreenRead) and self._journal is not None:
            self._note(before.surface(reading.key), after.surface(reading.key))
        elif isinstance(reading, ServicesRead):
            self._note_services(before.services.history, after.services.history)
        self._complete.set()
        self._changes.set()
        self._news.set()
        self._queue_news.set()
        if only_fresher(before, after):
            return  # `fresh` hands it on once a second, for the ages
        if not self._pending and self.on_change is not None:
            self._pending = True
            asyncio.get_running_loop().call_soon(self._tell)

    @property
    def rules_problem(self) -> str:
        """What is wrong with the operator's own rule files; empty when nothing is."""
        return self._judging.problem

    def fresh(self) -> None:
        """Hand on what has only been read again since; weigh again what grows old."""
        if self._judging.restless:
            self._judge_again(frozenset(surface.key for surface in self.snapshot.surfaces))
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
        if not self._judging.ready and self.on_change is not None:
            # The first screens are shown before the rules are there: loading them costs as much as drawing.
            self._judge_soon()
            return reading
        return replace(reading, detection=self._judging.judge(surface, reading.screen, reading.at))

    def _judge_soon(self) -> None:
        if not self._loading:
            self._loading = True
            asyncio.get_running_loop().call_later(RULES_AFTER, self._load_rules)

    def _load_rules(self) -> None:
        try:
            self._judging.load()
        finally:
            self._loading = False
        if self._judging.problem and self.ears is not None:
            self.ears.say(self._judging.problem)
        self._judge_again(frozenset(surface.key for surface in self.snapshot.surfaces))

    def _judge_again(self, keys: frozenset[str]) -> None:
        for surface in self.snapshot.surfaces:
            if surface.key in keys and surface.screen is not None and surface.read_at is not None:
                self.take(ScreenRead(surface.read_at, surface.key, surface.screen))

    def _detect(self, screen: Screen, info: SurfaceInfo, agent: str) -> Detection:
        return self._judging.detect(screen, info, agent)

    def _weigh(self, surface: Surface, screen: Screen) -> Detection:
        """What *surface* shows now, by all witnesses: a dialog keeps the identity it was shown with."""
        return self._judging.judge(surface, screen, time.time())

    async def _hear(self) -> None:
        """Find out whom the agents' own words are about, whenever there are new words or new surfaces."""
        while True:
            await self._heard.wait()
            self._heard.clear()
            self._judge_again(await self._judging.join(self.snapshot.surfaces))
            self._unheard = self._heard.is_set()
            self._complete.set()
            await asyncio.sleep(HEAR_EVERY)

    async def _screens_read(self) -> None:
        while not self._mux_done():
            self._complete.clear()
            await self._complete.wait()

    async def everything_read(self) -> None:
        """Wait until every surface, and everything that is configured, has been read once."""
        while not (self._mux_done() and self._others_done()):
            self._complete.clear()
            await self._complete.wait()

    def _mux_done(self) -> bool:
        snapshot = self.snapshot
        if snapshot.mux.error:
            return True
        listed = snapshot.mux.read_at is not None
        return listed and all(s.read_at is not None or s.error or s.gone for s in snapshot.surfaces)

    def _others_done(self) -> bool:
        snapshot = self.snapshot
        return (
            (not snapshot.log.source or snapshot.log.read_at is not None or bool(snapshot.log.error))
            and snapshot.services.complete
            and (not snapshot.collector.source or snapshot.collector.read_at is not None)
            and (self.cut_off is None or snapshot.sends.read_at is not None)
            and snapshot.operations.complete
            and snapshot.decisions.complete
            and (not self._witness or ({watch.name for watch in witnesses()} <= self._sources and self._started))
            and not (self._witness and self._unheard)
        )


def _told(error: BaseException) -> str:
    """What broke and where, in one line."""
    frames = traceback.extract_tb(error.__traceback__)
    what = safe_text(f"{type(error).__name__}: {error}", limit=200)
    if not frames:
        return tr("an error in the console: {error}", error=what)
    where = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}"
    return tr("an error in the console: {error} at {place}", error=what, place=where)


def _nothing_seen(config: Config, specs: tuple[SurfaceSpec, ...]) -> Snapshot:
    """The snapshot before the first reading: what is asked for, nothing known of it."""
    return Snapshot(
        specs=specs or tuple(SurfaceSpec(s.ref, s.name, s.role, s.agent, s.workspace) for s in config.surfaces),
        log=LogSlice(source=config.log.path),
        services=ServicesSlice(source="services" if config.services else ""),
        collector=CollectorSlice(source=config.collector.source),
        operations=unread(config),
        decisions=DecisionsSlice(config.decisions),
    )
