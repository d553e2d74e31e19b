"""Sends that were cut off by a crash: found at the start and while the console runs, settled by the operator.

A part of the engine. Nothing is ever sent again: the operator looks at the surface and says whether it was taken.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from console.host import in_thread
from console.i18n import tr
from console.model.cut_off import Checked, CutOff
from console.model.dispatch import DispatchStatus
from console.model.outcome import Written
from console.model.reading import SendsRead
from console.model.snapshot import Snapshot
from console.safety import safe_text
from console.watches import Watch

if TYPE_CHECKING:
    from console.actions.dispatch import Dispatcher
    from console.actions.sends import InFlight

EVERY: Final = 2.0
"""Seconds between two looks at the journal of sends."""


class CutOffs:
    """The cut-off sends of one account; *dispatcher* has the journal and the log."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        self._dispatcher = dispatcher
        self._found: dict[str, InFlight] = {}
        self._signature: object = None
        self._look = asyncio.Event()

    def watched(self) -> Watch:
        """For the engine."""
        return Watch("sends", self._watch, lambda why: SendsRead(time.time(), (), why))

    async def _watch(self) -> AsyncIterator[SendsRead]:
        told: tuple[CutOff, ...] | None = None
        while True:
            self._look.clear()
            found = await in_thread(self._read)
            if found is not None:
                self._found = {each.key: each for each in found}
                facts = tuple(each.fact for each in found)
                if facts != told:
                    told = facts
                    yield SendsRead(time.time(), facts)
            try:
                async with asyncio.timeout(EVERY):
                    await self._look.wait()
            except TimeoutError:
                continue

    def _read(self) -> tuple[InFlight, ...] | None:
        """What was cut off; None when nothing can have changed."""
        path = self._dispatcher.journal.path
        signature = [_signature(each) for each in (path, path.with_name(f"{path.name}.1"))]
        if signature == self._signature and not self._dispatcher.journal.going_on:
            return None
        self._signature = signature
        return self._dispatcher.cut_off()

    def checked(self, snapshot: Snapshot) -> tuple[Checked, ...]:
        """Every one of them, beside what its surface shows now."""
        return tuple(self._checked(each, snapshot) for each in snapshot.sends.cut_off)

    def _checked(self, found: CutOff, snapshot: Snapshot) -> Checked:
        surface = next((each for each in snapshot.surfaces if not each.gone and found.went_to(each)), None)
        if surface is None:
            read = snapshot.mux.read_at is not None
            why = tr("its surface is not there now") if read else tr("the surfaces are not read yet")
            return Checked(found, why if found.typing else tr("nothing was typed; {why}", why=why), where=found.name)
        if not found.typing:
            return Checked(found, tr("nothing was typed"), surface.key, surface.name)
        flight = self._found.get(found.key)
        if flight is None or surface.screen is None or surface.status is None:
            return Checked(found, tr("its screen is not read yet"), surface.key, surface.name)
        evidence = flight.evidence(surface.screen, surface.status.detection)
        return Checked(found, evidence, surface.key, surface.name)

    async def settle(self, key: str, taken: bool, snapshot: Snapshot) -> Written:
        """Close one as the operator has seen it: it was taken (sent), or it was not (cancelled)."""
        flight = self._found.get(key)
        if flight is None:
            return Written(False, tr("it has been settled already"), refused=True)
        if taken and not flight.typing:
            return Written(False, tr("nothing was typed, so it cannot have been taken"), refused=True)
        status = DispatchStatus.SENT if taken else DispatchStatus.CANCELLED
        record = {each.number: each for each in snapshot.log.dispatches}.get(flight.number) if flight.number else None
        moved = record is not None and record.status is not DispatchStatus.SENDING
        shown = next((each.evidence for each in self.checked(snapshot) if each.cut_off.key == key), "")
        said = tr("the operator: it was taken") if taken else tr("the operator: it was not taken")
        evidence = f"{said}; {shown}" if shown else said
        # A record that somebody has changed meanwhile says more than we know.
        warning = await self._dispatcher.settle(replace(flight, number=None) if moved else flight, status, evidence)
        self._look.set()
        label = f"#{flight.number}" if flight.number is not None else safe_text(flight.surface)
        if moved and record is not None:
            return Written(
                True,
                tr("{label} is settled; its record says {status} already and stays",
                   label=label, status=tr(str(record.status))),
                flight.number,
            )  # fmt: skip
        told = tr("{label} is settled: {status}", label=label, status=tr(str(status)))
        return Written(not warning, warning or told, flight.number)


def _signature(path: os.PathLike[str]) -> tuple[int, int, int] | None:
    try:
        found = os.stat(path)  # noqa: PTH116 - a path-like of any kind
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
