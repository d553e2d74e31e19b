"""The hand-offs of an engine."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from console.attending import Ears
from console.engine_acts import Acts
from console.host import in_thread
from console.model.reading import Reading

if TYPE_CHECKING:
    from console.handing_over import Done, HandingOver, Prepared


class HandsOver(Acts):
    """A part of `console.engine.Engine`."""

    ears: Ears | None
    _state: Path | None
    _handing_over: HandingOver | None = None

    def take(self, reading: Reading) -> None:
        """Fold one reading in."""
        raise TypeError("the engine takes")

    @property
    def handing_over(self) -> HandingOver:
        """What reads and writes hand-offs; without a state folder it keeps no copies."""
        if self._handing_over is None:
            from console.handing_over import HandingOver

            self._handing_over = HandingOver(self.config, self._state, dict(self.dispatches.names))
        return self._handing_over

    @property
    def _keeps_handoffs(self) -> bool:
        """Whether copies are kept: by a console with a screen, that may write."""
        wanted = bool(self.config.handoff.every) and not self.config.read_only
        return wanted and self.ears is not None and self._state is not None

    async def prepare_handoff(self) -> Prepared:
        """The hand-off as it would be written now. Raises `console.handing_over.Refused`."""
        over, snapshot = self.handing_over, self.snapshot
        return await in_thread(lambda: over.prepare(snapshot, time.time()))

    async def write_handoff(self, prepared: Prepared) -> Done:
        """Write it; from here on figures and artifacts are compared with what is true now. Raises `Refused`."""
        over, snapshot = self.handing_over, self.snapshot
        done = await in_thread(lambda: over.write(prepared, snapshot, time.time()))
        if done.baseline is not None:
            self.take(done.baseline)
        return done
