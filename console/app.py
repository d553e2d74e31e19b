"""ConsoleApp: a view over the engine. Wiring only."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import threading
import time
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import ClassVar, Final

from textual import events, on, work
from textual.app import SystemCommand
from textual.binding import Binding, BindingType
from textual.reactive import var
from textual.screen import Screen
from textual.worker import Worker, WorkerState

from console.app_acts import Acts
from console.app_notices import Notices
from console.app_view import Resumes
from console.attending import Ears
from console.commands import with_keys
from console.config import Config
from console.i18n import mark, tr
from console.model.snapshot import Snapshot
from console.mux.base import Interest
from console.opening import Opened, Opener
from console.safety import safe_text
from console.screens.main import MainScreen
from console.theming import DEFAULT_THEME, load_themes, state_variables, theme_folders, watch_themes

WATCH_THEMES_AFTER: Final = 1.0
"""Seconds after the start; the file watcher is imported when the first screen has long been there."""
CUT_OFF_AFTER: Final = 1.0
"""Seconds after which a send that was cut off is told: by then the screens have been judged."""
LOOKS_ON: Final = 120.0
"""Seconds after the last key for which the operator is taken to look at the selected pane: many terminals do not tell
whether they have the focus, and a person may have left the desk."""
STYLES: Final = ("main", "panes", "table", "bars", "dialogs", "operations", "checklist", "decisions", "markdown")


class ConsoleApp(Acts, Resumes, Notices):
    """One operator's mission control."""

    TITLE = "oc-console"
    CSS_PATH = [Path(__file__).parent / "styles" / f"{name}.tcss" for name in STYLES]
    ENABLE_COMMAND_PALETTE = True
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+c", "interrupt", show=False, priority=True)]

    snapshot: var[Snapshot] = var(Snapshot(), init=False)
    """The newest snapshot; every widget is drawn from it."""

    def __init__(self, config: Config, opener: Opener) -> None:
        super().__init__()
        self.config = config
        self.opened: Opened | None = None
        self.give_up_after = 0.0
        """Seconds a signal leaves for an orderly end; 0: as long as it takes."""
        self._opener = opener
        self._folders = theme_folders()
        self._theme_problems: list[str] = []
        self._lost = 0
        self._blurred = False
        self._touched = time.monotonic()
        self._load_themes()
        self.theme = config.theme if config.theme in self.available_themes else DEFAULT_THEME
        if config.theme and self.theme != config.theme:
            self._theme_problems.append(
                tr("theme {theme}: there is none of this name; t lists them", theme=config.theme)
            )
        self.main = MainScreen(agents_only=config.show == "agents")
        if config.keys:
            self.main.use_keys(with_keys(config.keys))
            self.set_keymap({command.id: command.key for command in with_keys(config.keys)})

    def get_default_screen(self) -> MainScreen:
        """The one screen."""
        return self.main

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Every ``$state-…`` and our text colours exist in every theme, Textual's own included."""
        return state_variables(self.current_theme)

    def on_mount(self) -> None:
        """Open what is watched; leave in order when the system says so."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            # Not the main thread (tests): the terminal's owner handles signals there.
            with contextlib.suppress(ValueError, RuntimeError):
                loop.add_signal_handler(number, partial(self._signalled, number))
        self.app_resume_signal.subscribe(self, lambda _app: self._resumed(), immediate=True)
        self.set_interval(1.0, self._tick)
        self._run_engine()
        self.call_after_refresh(self._tell_theme_problems)
        self.set_timer(WATCH_THEMES_AFTER, self._follow_themes)

    def _signalled(self, number: int) -> None:
        if number == signal.SIGINT and self.away:
            return  # it was meant for the program that has the terminal
        if self.give_up_after:
            # When the terminal is gone, Textual's writer has ended and closing waits for it for ever (8.2.8).
            last = threading.Timer(self.give_up_after, self._give_up, (128 + number,))
            last.daemon = True
            last.start()
        self.exit(return_code=128 + number)

    def _give_up(self, code: int) -> None:
        if self.opened is not None:
            self.opened.kill()
        os._exit(code)

    def _resumed(self) -> None:
        self._engine_do("resume")
        # Textual 8.2.8 draws nothing again after `fg`, as the size of the terminal is what it was.
        for screen in self.screen_stack:
            for widget in screen.walk_children(with_self=True):
                widget.refresh()

    def _engine_do(self, what: str) -> None:
        if self.opened is not None:
            getattr(self.opened.engine, what)()

    # -- data down -----------------------------------------------------------------------------------------------

    @work(exit_on_error=False, name=mark("engine"))
    async def _run_engine(self) -> None:
        self.opened = opened = await self._opener()
        self.main.note = opened.note
        opened.engine.on_change = self._changed
        opened.engine.ears = Ears(self._ring, self._say)
        self.watch_for_restart()
        await opened.engine.run()

    def _ring(self, text: str) -> None:
        """Write to the terminal beside the screen: a bell, a notification."""
        if self._driver is not None and not self.away:
            self._driver.write(text)
            self._driver.flush()

    def _say(self, text: str) -> None:
        self.notify(text, markup=False, timeout=10)

    def on_app_focus(self) -> None:
        """The operator is here again."""
        self._blurred = False
        self._present()

    def on_app_blur(self) -> None:
        """The operator looks at something else."""
        self._blurred = True
        self._present()

    async def on_event(self, event: events.Event) -> None:
        """Whoever types or moves the mouse is here."""
        if isinstance(event, events.InputEvent):
            self._touched = time.monotonic()
            self._present()
        await super().on_event(event)

    def _present(self) -> None:
        if self.opened is not None:
            recent = time.monotonic() - self._touched < LOOKS_ON
            self.opened.engine.present = recent and not self._blurred

    def _tick(self) -> None:
        """Ages move by themselves."""
        self._present()
        if self.opened is not None:
            self.opened.engine.fresh()
        self.look_for_answers()
        self.keep_view()
        self.main.tick()

    def _changed(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot

    def watch_snapshot(self, before: Snapshot, snapshot: Snapshot) -> None:
        """Hand it to the screen."""
        self.main.show(snapshot)
        self.resume_view()
        new = frozenset(each.key for each in snapshot.sends.cut_off) - frozenset(c.key for c in before.sends.cut_off)
        if new:
            self.set_timer(CUT_OFF_AFTER, partial(self._tell_cut_off, new))
        if snapshot.log.dispatches is not before.log.dispatches:
            self._look_for_losses()

    @on(Worker.StateChanged)
    def _worker_ended(self, event: Worker.StateChanged) -> None:
        """A worker that broke is told, never swallowed."""
        if event.state is WorkerState.ERROR:
            error = safe_text(f"{type(event.worker.error).__name__}: {event.worker.error}")
            text = tr("{name} stopped: {error}; press q and start again", name=tr(event.worker.name), error=error)
            self.notify(text, severity="error", timeout=60, markup=False)

    @on(MainScreen.Looking)
    def _looking(self, message: MainScreen.Looking) -> None:
        if self.opened is not None:
            self.opened.engine.look_at(Interest(message.visible, message.focused))

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """None of Textual's own: the registry has all there is to do, and screen text is never saved."""
        return ()

    # -- what the operator does ----------------------------------------------------------------------------------

    def action_interrupt(self) -> None:
        """Ctrl-C copies a selection; without one it leaves."""
        selected = self.screen.get_selected_text()
        own = getattr(self.screen, "interrupted", None)
        if selected:
            self.copy_to_clipboard(selected)
        elif own is not None:
            own()
        else:
            self.exit()

    def action_suspend_process(self) -> None:
        """Sleep until `fg`: the whole job, so that ``make run`` gives the terminal back too.

        The screen is given back first: once make sleeps, the shell owns the terminal and nothing may be written to it.
        """
        driver = self._driver
        if driver is None or not driver.can_suspend:
            return
        self._engine_do("pause")
        driver.suspend_application_mode()
        os.kill(0, signal.SIGSTOP)
        self.call_later(self._resumed)

    def action_reread(self) -> None:
        """Read everything again."""
        self._engine_do("reread")
        self.notify(tr("Reading every surface again."), markup=False, timeout=2)

    async def action_help(self) -> None:
        """Show every key."""
        from console.screens.help import HelpScreen

        await self.push_screen(HelpScreen(with_keys(self.config.keys)))

    def action_command_palette(self) -> None:
        """Textual's palette, with its own words in the language of the interface."""
        from console.screens.palette import Palette

        if not isinstance(self.screen, Palette):
            self.push_screen(Palette())

    async def action_theme(self) -> None:
        """Choose a theme."""
        from console.screens.themes import ThemeScreen

        ours = sorted(name for name in self.available_themes if name.startswith("oc-"))
        others = sorted(name for name in self.available_themes if not name.startswith("oc-"))
        await self.push_screen(ThemeScreen([*ours, *others]))

    # -- themes --------------------------------------------------------------------------------------------------

    def _load_themes(self) -> None:
        themes, problems = load_themes(self._folders)
        for theme in themes:
            self.register_theme(theme)
        self._theme_problems = problems

    def _tell_theme_problems(self) -> None:
        if self._theme_problems:
            self.notify(
                "\n".join(self._theme_problems), title=tr("Themes"), severity="warning", timeout=20, markup=False
            )
            self._theme_problems = []

    @work(exit_on_error=False, name=mark("theme files"))
    async def _follow_themes(self) -> None:
        async for _ in watch_themes(self._folders):
            self._load_themes()
            self._tell_theme_problems()
            self.refresh_css(animate=False)
