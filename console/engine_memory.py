"""What of an engine outlives the console: changes of state, and which surface an entry of the configuration meant."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from console.engine_acts import Acts
from console.host import in_thread
from console.model.reading import BaselineRead, CollectorPast, HistoryRead, Reading, ServicesPast
from console.model.service_history import History
from console.model.surface import Surface
from console.model.timeline import identity
from console.state_baseline import BaselineFile
from console.state_bindings import Bindings
from console.watches import Watch

if TYPE_CHECKING:
    from console.collector_journal import CollectorJournal
    from console.config import Config
    from console.cut_off import CutOffs
    from console.deciding import Deciding
    from console.state_drafts import Drafts
    from console.state_journal import StateJournal
    from console.state_services import ServiceJournal

BEAT_EVERY: Final = 20.0
"""Seconds between two signs of life in the journal of states."""


class Remembers(Acts):
    """A part of `console.engine.Engine`."""

    bindings: Bindings | None
    _others: list[Watch]
    _recalled: str
    config: Config
    _journal: StateJournal | None
    _collected: CollectorJournal | None = None
    _services_journal: ServiceJournal | None = None
    _state: Path | None
    _drafts: Drafts | None = None
    keeps: bool = True
    """Whether what is seen is noted for later; not where somebody only asks what would happen."""

    @property
    def drafts(self) -> Drafts | None:
        """What the operator wrote in the composer; None where nothing outlives the console."""
        if self._drafts is None and self._state is not None:
            from console.state_drafts import Drafts

            self._drafts = Drafts(self._state, read_only=self.config.read_only)
        return self._drafts

    _deciding: Deciding | None = None

    def take(self, reading: Reading) -> None:
        """Fold one reading in."""
        raise TypeError("the engine takes")

    @property
    def state(self) -> Path | None:
        """The folder in which what outlives the console is kept; None where nothing is."""
        return self._state

    @property
    def deciding(self) -> Deciding | None:
        """The decisions of this fleet; None where none are kept."""
        if self._deciding is None and self.config.decisions:
            from console.deciding import Deciding, dispatcher_refused
            from console.model.guard_facts import Policy

            self._deciding = Deciding(
                Path(self.config.decisions),
                read_only=self.config.read_only,
                snapshot=lambda: self.snapshot,
                policy=lambda: self.sending.policy if self.sending is not None else Policy(),
                heard=self.take,
                dispatcher=lambda: dispatcher_refused(self.config),
            )
        return self._deciding

    @property
    def handoff_folders(self) -> tuple[Path, ...]:
        """Where the console itself leaves hand-off documents."""
        return (self._state, self._state / "handoffs") if self._state is not None else ()

    def hear_of_sends(self, cut_off: CutOffs) -> None:
        """Tell of sends that were cut off, from the next `run` on."""
        self.cut_off = cut_off
        self._others.append(cut_off.watched())

    def _recall(self, source: str) -> None:
        """Before the first tree of a server: what its surfaces were."""
        server = server_of(source)
        if self.bindings is not None and self.snapshot.specs and server != self._recalled:
            self._recalled = server
            before = {**self.bindings.load(server), **self.snapshot.bindings}
            self.snapshot = replace(self.snapshot, bindings=before)

    def _keep_bindings(self) -> None:
        if self.keeps and self._state is not None and self.bindings is not None and self._recalled:
            self.bindings.keep(self._recalled, self.snapshot.bindings)

    async def _remember(self, folder: Path) -> None:
        """Read what was known before, and note from now on what changes."""
        from console.state_journal import StateJournal, load
        from console.state_services import ServiceJournal
        from console.state_services import load as load_services

        now = time.time()
        baseline = BaselineFile(folder)
        self._compare(await in_thread(baseline.changed))
        services = await in_thread(lambda: load_services(folder, now))
        self.take(ServicesPast(now, services))
        self._services_journal = ServiceJournal(folder)
        self._note_services(services, self.snapshot.services.history)
        self.take(HistoryRead(now, await in_thread(lambda: load(folder, now))))
        self._journal = StateJournal(folder)
        self._journal.start(now)
        if self.config.collector.source:
            await self._remember_collector(folder)
        for surface in self.snapshot.surfaces:
            self._note(None, surface)
        while True:
            await asyncio.sleep(BEAT_EVERY)
            self._journal.beat(time.time())
            self._compare(await in_thread(baseline.changed))  # a hand-off may have been written beside this console

    def _compare(self, reading: BaselineRead | None) -> None:
        if reading is not None:
            self.take(reading)

    async def _remember_collector(self, folder: Path) -> None:
        from console.collector_journal import CollectorJournal, load

        source, now = self.snapshot.collector.source, time.time()
        trend = await in_thread(lambda: load(folder, source, now))
        self.take(CollectorPast(now, trend))
        self._collected = CollectorJournal(folder)

    def _note_collector(self) -> None:
        """Keep what the collector has told."""
        told = self.snapshot.collector
        if self._collected is not None and told.collector is not None and told.read_at is not None:
            self._collected.note(told.source, told.read_at, told.collector, len(told.trend.restarts))

    def _note(self, before: Surface | None, after: Surface | None) -> None:
        """Write a change of state into the journal."""
        if self._journal is None:
            return
        source = self.snapshot.mux.source
        if after is None:
            if before is not None:
                self._journal.record(identity(source, before.info), None, time.time())
        elif after.status is not None and (
            before is None or before.status is None or before.status.state is not after.status.state
        ):
            self._journal.record(identity(source, after.info), after.status.state, after.status.since)

    def _note_services(self, before: History, after: History) -> None:
        """Write changes of services into their journal."""
        if self._services_journal is not None:
            self._services_journal.record(before, after)


def server_of(source: str) -> str:
    """The socket or program of a source: its version changes when the refs do."""
    return source.rsplit(" · ", 1)[-1]
