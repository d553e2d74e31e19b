"""Where the operator was: kept while the console runs, taken up again when it starts."""

from __future__ import annotations

from typing import Any, Final

from textual import work
from textual.app import App

from console.config import Config
from console.engine_memory import server_of
from console.host import in_thread
from console.i18n import mark
from console.model.snapshot import Snapshot
from console.model.surface import Surface
from console.opening import Opened
from console.safety import redact
from console.screens.main import MainScreen
from console.state_view import View, Views
from console.theming import DEFAULT_THEME

SCREENS: Final = {
    "DecisionsScreen": "decisions",
    "QueueScreen": "queue",
    "LedgerScreen": "ledger",
    "ChecklistScreen": "checklist",
}
"""Screens that only list something, and come up again; what was being written is the composer's draft."""


class Resumes(App[None]):
    """A part of `console.app.ConsoleApp`."""

    config: Config
    main: MainScreen
    opened: Opened | None
    snapshot: Snapshot
    views: Views | None = None
    """Where it is kept; None: nowhere."""
    fresh: bool = False
    """Whether the console starts without what was kept."""
    _server: str = ""
    _kept: View | None = None
    """What the file says; None before it was looked at."""
    _writing: bool = False

    def resume(self, views: Views, *, fresh: bool = False) -> None:
        """Keep in *views* where the operator is; with *fresh* do not go to where that was before."""
        self.views, self.fresh = views, fresh
        last = None if fresh else views.last()
        if last is not None:  # before anything is drawn; the rest waits for the server
            self._take_theme(last)

    @property
    def _own_theme(self) -> str:
        """The theme without anything chosen."""
        return self.config.theme if self.config.theme in self.available_themes else DEFAULT_THEME

    def _take_theme(self, view: View) -> None:
        if view.theme in self.available_themes and view.theme_before == self.config.theme:
            self.theme = view.theme

    def resume_view(self) -> None:
        """Go to where the operator was, once the server is known and its surfaces are there."""
        server = server_of(self.snapshot.mux.source)
        if self.views is None or self._server or not self.snapshot.surfaces or not server:
            return
        if self.opened is None or self.opened.fleet is not None:
            return
        self._server = server
        found = None if self.fresh else self.views.load(server)
        self._kept = found or View()
        if found is not None:
            self._take_up(found)

    def _take_up(self, view: View) -> None:
        self._take_theme(view)
        surface = surface_of(view, self.snapshot)
        self.main.take_up(
            surface.key if surface is not None else "",
            zoomed=view.zoomed and surface is not None,
            filter_text=view.filter,
            sort=view.sort,
            dispatch=view.dispatch if view.table else None,
            table=view.table,
        )
        if view.screen in SCREENS.values() and len(self.screen_stack) == 1:
            self.call_after_refresh(self.run_action, view.screen)

    def view_now(self) -> View:
        """Where the operator is."""
        main = self.main
        surface = main.selected_surface()
        there, number = main.table_place
        chosen = self.theme if self.theme != self._own_theme else ""
        opened = [SCREENS[name] for each in self.screen_stack[1:] if (name := type(each).__name__) in SCREENS]
        return View(
            (surface.info.uuid or "") if surface is not None else "",
            surface.name if surface is not None else "",
            surface.info.ref if surface is not None else "",
            main.page,
            main.zoomed,
            there,
            number,
            redact(main.filter_text),
            main.sort,
            opened[0] if opened else "",
            chosen,
            self.config.theme if chosen else "",
        )

    def keep_view(self) -> None:
        """Write where the operator is, if that is somewhere else than a moment ago; asked once a second."""
        if self.views is None or self._kept is None or self._writing:
            return
        view = self.view_now()
        if view != self._kept:
            self._writing = True
            self._write_view(self.views, view)

    @work(exit_on_error=False, name=mark("view"))
    async def _write_view(self, views: Views, view: View) -> None:
        try:
            await in_thread(lambda: views.keep(self._server, view))
            self._kept = view
        finally:
            self._writing = False

    def exit(self, result: None = None, return_code: int = 0, message: Any = None) -> None:
        """Leave; first keep where the operator is, while the screens are there."""
        if self.views is not None and self._kept is not None and (view := self.view_now()) != self._kept:
            self.views.keep(self._server, view)
        super().exit(result, return_code, message)


def surface_of(view: View, snapshot: Snapshot) -> Surface | None:
    """The surface that *view* means: by its uuid, then by its name with its ref, then by a name nobody else has."""
    every = snapshot.surfaces
    if view.surface:
        found = [each for each in every if each.info.uuid == view.surface]
        if found:
            return found[0]
    named = [each for each in every if view.name and each.name == view.name]
    both = [each for each in named if each.info.ref == view.ref]
    return both[0] if both else named[0] if len(named) == 1 else None
