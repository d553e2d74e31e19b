"""The restart checklist as the app shows it: at its key, and by itself after a restart or with a newer hand-off."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Collection
from typing import TYPE_CHECKING, Final

from textual import work
from textual.app import App

from console.app_view import SCREENS
from console.commands import with_keys
from console.config import Config
from console.i18n import tr
from console.model.checklist import About, Mark, Step
from console.model.dispatch import Dispatch
from console.model.snapshot import Snapshot
from console.opening import Opened
from console.screens.main import MainScreen

if TYPE_CHECKING:
    from console.checking import Checking

FIRST_AFTER: Final = 1.0
"""Seconds after the start: the first screens come first."""
SEEN_WITHIN: Final = 20.0
"""Seconds everything is waited for at the start before it is asked whether something was restarted."""
NEWS_EVERY: Final = 20.0
"""Seconds between two looks for a newer hand-off, and at what the terminal server holds."""


class _Board:
    """See `console.screens.checklist.Board`."""

    def __init__(self, checking: Checking, opened: Opened) -> None:
        self._checking = checking
        self._opened = opened

    async def steps(self) -> tuple[Step, ...]:
        return await self._checking.now()

    def title(self) -> str:
        found = self._checking.document
        if found.wrong:
            return found.wrong
        return (
            tr("against {name}", name=found.name)
            if found.name
            else tr("without a hand-off; handoff: in the configuration names one")
        )

    def marked(self, id: str) -> Mark | None:
        return self._checking.marked(id)

    async def run(self, ids: Collection[str] | None = None) -> None:
        self._opened.engine.reread()
        await self._checking.run(ids)

    async def mark(self, id: str, mark: Mark | None) -> str:
        return await self._checking.mark(id, mark)


class ChecklistActs(App[None]):
    """A part of `console.app_acts.Acts`."""

    config: Config
    opened: Opened | None
    main: MainScreen
    snapshot: Snapshot
    _checking: Checking | None = None

    async def _verify_chosen(self, dispatch: Dispatch) -> None:
        raise TypeError("the acts verify it")

    async def _look_at(self, dispatch: Dispatch) -> None:
        raise TypeError("the acts look at it")

    def checking(self) -> Checking | None:
        """The checklist of this console; None before there is an engine."""
        if self._checking is None and self.opened is not None:
            from console.checking import Checking

            engine = self.opened.engine
            self._checking = Checking(engine.config, lambda: engine.snapshot, engine.state)
        return self._checking

    @work(exit_on_error=False, exclusive=True, group="checklist", name="checklist")
    async def action_checklist(self) -> None:
        """Show it, and look at everything again."""
        await self._show_checklist()

    async def _show_checklist(self) -> None:
        from console.screens.checklist import ChecklistScreen

        checking = self.checking()
        if checking is None or self.opened is None:
            self.notify(tr("There is nothing to check yet."), markup=False, timeout=3)
            return
        self.clear_notifications()  # the notice that led here would cover it
        commands = {command.id: command for command in with_keys(self.config.keys)}
        variables = self.theme_variables
        running = asyncio.create_task(checking.run())
        try:
            screen = ChecklistScreen(_Board(checking, self.opened), commands, lambda name: variables.get(name, ""))
            leave = await self.push_screen_wait(screen)
        finally:
            if not running.done():
                running.cancel()
            await asyncio.gather(running, return_exceptions=True)
        await checking.keep(await checking.now())
        if leave is not None and leave.command:
            await self._help(leave.about, leave.command)
        elif leave is not None:
            await self._go_to(leave.about)

    async def _help(self, about: About, command: str) -> None:
        """Do what the remedy of a step names."""
        dispatch = next((d for d in self.snapshot.log.dispatches if str(d.number) == about.name), None)
        if about.kind == "dispatch" and dispatch is not None and command == "dispatch.verify":
            await self._verify_chosen(dispatch)
        elif about.kind == "dispatch" and dispatch is not None:
            self.main.open_dispatch(dispatch)
        elif about.kind == "surface" and command != "surface.waiting":  # that would go on to the next one that waits
            self.main.select(about.name)
            await self._command(command)
        elif about.kind in ("", "summary"):
            await self._command(command)
        else:
            await self._go_to(about)

    async def _go_to(self, about: About) -> None:
        """What a step is about."""
        match about.kind:
            case "surface":
                self.main.select(about.name)
            case "dispatch":
                found = (d for d in self.snapshot.log.dispatches if str(d.number) == about.name)
                dispatch = next(found, None)
                if dispatch is not None:
                    await self._look_at(dispatch)
            case "operation":
                await self.run_action(f"app.operations({about.name!r})".removeprefix("app."))
            case "sends":
                await self.run_action("cut_off")
            case "queue":
                await self.run_action("queue")
            case "decisions" | "summary":
                await self._command("decisions.show" if about.kind == "decisions" else "log.ledger")

    async def _command(self, id: str) -> None:
        action = next((command.action for command in with_keys(self.config.keys) if command.id == id), "")
        if action.startswith("app."):
            await self.run_action(action.removeprefix("app."))

    @work(exit_on_error=False, name="restart")
    async def watch_for_restart(self) -> None:
        """Tell when something was restarted since the last console, or a newer hand-off is there."""
        opened = self.opened
        if opened is None or opened.engine.state is None:
            return
        engine = opened.engine
        await asyncio.sleep(FIRST_AFTER)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SEEN_WITHIN):
                await engine.everything_read()
        first = True
        while True:
            checking = self.checking()
            why = await checking.news() if checking is not None else ""
            if why and self.config.checklist_opens != "never":
                self._tell_news(why, first and self.config.checklist_opens == "auto")
            first = False
            await asyncio.sleep(NEWS_EVERY)

    def _tell_news(self, why: str, opens: bool) -> None:
        """Say it quietly; open the checklist where nothing is open but a list, as came up again with the console."""
        above = [SCREENS.get(type(each).__name__, "") for each in self.screen_stack[1:]]
        if "checklist" in above:
            return
        key = next(command.keys for command in with_keys(self.config.keys) if command.id == "checklist.show")
        why = f"{why[0].upper()}{why[1:]}"
        if opens and all(above):
            self.action_checklist()
        else:
            text = tr("{why}: {key} shows the restart checklist.", why=why, key=key)
            self.notify(text, title=tr("Restart"), markup=False, timeout=15)
