"""The queue as the app shows and changes it, and the key that stops everything."""

from __future__ import annotations

import time
from typing import Final

from textual import work
from textual.app import App

from console.i18n import mark, tr
from console.opening import Opened
from console.screens.main import MainScreen

TWICE: Final = 1.0
"""Seconds in which a second press of the stop key is the same one: in a hurry one presses twice."""


class QueueActs(App[None]):
    """A part of `console.app_acts.Acts`."""

    opened: Opened | None
    main: MainScreen
    _stopped_at: float = float("-inf")

    @work(exit_on_error=False, name=mark("queue"))
    async def action_queue(self) -> None:
        """Show what waits to be sent."""
        from console.screens.queue import QueueScreen

        desk = self.opened.engine.desk() if self.opened is not None else None
        if desk is None:
            self.notify(tr("There is no queue: nothing outlives this console."), severity="warning", markup=False)
            return
        surface = await self.push_screen_wait(QueueScreen(desk))
        if surface is not None:
            self.main.select(surface)

    @work(exit_on_error=False, name=mark("stop"))
    async def action_stop_all(self) -> None:
        """Nothing is approved or sent without a person any more."""
        now = time.monotonic()
        if self.opened is None or now - self._stopped_at < TWICE:
            return
        self._stopped_at = now
        told = await self.opened.engine.stop_all()
        if told:
            self.notify(told, severity="warning", markup=False, timeout=8)
        else:
            self.notify(tr("Nothing runs by itself here."), markup=False, timeout=3)
