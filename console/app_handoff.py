"""The hand-off as the app shows and writes it."""

from __future__ import annotations

from textual import work

from console.app_checklist import ChecklistActs
from console.i18n import tr
from console.opening import Opened


class HandoffActs(ChecklistActs):
    """A part of `console.app_acts.Acts`."""

    opened: Opened | None

    @work(exit_on_error=False, exclusive=True, group="hand-off", name="hand-off")
    async def action_hand_over(self) -> None:
        """Show the hand-off as it would be written now; write it when the operator says so."""
        from console.handing_over import Refused
        from console.screens.handoff import HandoffScreen, Shown

        if self.opened is None:
            return
        engine = self.opened.engine
        try:
            prepared = await engine.prepare_handoff()
        except Refused as error:
            self.notify(str(error), title=tr("Hand-off"), severity="warning", markup=False, timeout=15)
            return
        changed = [(each.sign, each.section, each.text) for each in prepared.changes]
        last = str(prepared.last) if prepared.last is not None else ""
        shown = Shown(str(prepared.path), prepared.replaces, last, changed, prepared.facts.notes, prepared.warning)

        async def write(notes: str) -> str:
            try:
                done = await engine.write_handoff(prepared.noted(notes))
            except Refused as error:
                return str(error)
            checking = self.checking()
            if checking is not None:
                await checking.wrote()
            told = [tr("Written: {path}.", path=done.path), done.warning]
            if done.copy is not None:
                told.insert(1, tr("The one before is {name}.", name=done.copy.name))
            self.notify(" ".join(filter(None, told)), title=tr("Hand-off"), markup=False, timeout=10)
            return ""

        read_only = self.opened.engine.config.read_only
        screen = HandoffScreen(shown, lambda notes: prepared.noted(notes).text, write, read_only=read_only)
        await self.push_screen_wait(screen)
