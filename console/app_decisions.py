"""Decisions as the app shows them, and what they send to a surface."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from textual import work

from console.app_send import Sends
from console.host import in_thread
from console.i18n import tr
from console.model.snapshot import Snapshot
from console.opening import Opened
from console.screens.main import MainScreen

if TYPE_CHECKING:
    from console.engine import Engine
    from console.model.decision import Asked


class DecisionActs(Sends):
    """A part of `console.app_acts.Acts`."""

    opened: Opened | None
    main: MainScreen
    snapshot: Snapshot

    @work(exit_on_error=False, name="decisions")
    async def action_decisions(self) -> None:
        """What waits for the owner, and what was decided."""
        from console.screens.decisions import DecisionsScreen

        engine = self.opened.engine if self.opened is not None else None
        desk = engine.deciding if engine is not None else None
        if engine is None or desk is None:
            text = tr("No decisions are kept here: nothing outlives this console.")
            self.notify(text, severity="warning", markup=False)
            return
        await desk.load()  # the watch may not have read it yet
        offered = partial(self._offered, engine)
        screen = DecisionsScreen(desk, lambda: engine.snapshot.decisions, offered, engine.config.read_only)
        line = await self.push_screen_wait(screen)
        if line:
            await self._send_start_line(line)

    async def _offered(self, engine: Engine) -> tuple[Sequence[Asked], str]:
        """What the last hand-off asks for, and its name; or what is wrong with it."""
        from console.handoff_offers import last
        from console.handoff_places import written

        folders = [Path(engine.config.decisions).parent, *engine.handoff_folders]
        named = written(engine.config.handoff.path, engine.state)
        found = await in_thread(lambda: last(folders, named))
        if found.error:
            return (), f"✗ {found.error}"
        return found.asked, found.path.name if found.path is not None else ""

    async def _send_start_line(self, text: str) -> None:
        """The composer, with *text* in it, for the selected surface; the guards judge it as every other."""
        surface = self.main.selected_surface()
        if surface is None:
            self.notify(tr("There is no surface to send it to."), severity="warning", markup=False)
        else:
            await self.compose_and_send(surface, text=text)
