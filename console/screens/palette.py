"""What the command palette finds: commands, surfaces, dispatches."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from rich.align import Align
from rich.text import Text
from textual.command import CommandList, CommandPalette, DiscoveryHit, Hit, Hits, Provider
from textual.content import Content
from textual.widgets.option_list import Option

from console.commands import COMMANDS
from console.i18n import tr
from console.screens.fleet_views import operations
from console.widgets.status_parts import COLLECTOR

if TYPE_CHECKING:
    from console.screens.main import MainScreen

Entry = tuple[str, str, Callable[[], object]]


class Palette(CommandPalette):
    """Textual's own, with its two texts in the language of the interface."""

    def __init__(self) -> None:
        super().__init__(placeholder=tr("Search for commands…"), id="--command-palette")

    def _start_no_matches_countdown(self, search_value: str) -> None:
        """Textual 8.2.8 has the text in the middle of this and nowhere else."""
        self._stop_no_matches_countdown()

        def show() -> None:
            if search_value:
                text = Align.center(Text(tr("No matches found"), style="not bold"))
                self.query_one(CommandList).add_option(Option(text, disabled=True, id=self._NO_MATCHES))
            self._list_visible = bool(search_value)

        self._no_matches_timer = self.set_timer(self._NO_MATCHES_COUNTDOWN, show)


class FleetProvider(Provider):
    """Everything in the registry, and a way to each surface and dispatch."""

    def _entries(self) -> Iterator[Entry]:
        for command in COMMANDS:
            if not command.id.startswith("surface.focus_") and command.id != "app.palette":
                run = partial(self.screen.run_action, command.action)
                yield f"{tr(command.title)}  ({command.keys})", tr(command.help), run
        main: MainScreen = self.screen  # type: ignore[assignment]
        for surface in main.snapshot.fleet():
            about = " · ".join(text for text in (surface.agent, surface.role, surface.info.ref) if text)
            yield tr("go to {name}", name=surface.name), about, partial(main.select, surface.key)
            yield tr("send to {name}", name=surface.name), about, partial(_send, main, surface.key)
        yield from self._watched(main)
        for dispatch in main.snapshot.log.dispatches:
            if dispatch.is_open:
                yield (
                    f"{dispatch.label} {dispatch.task}",
                    f"{dispatch.surface} {tr(dispatch.status)}",
                    partial(main.open_dispatch, dispatch),
                )

    def _watched(self, main: MainScreen) -> Iterator[Entry]:
        """The collector and the services, as in the status bar."""
        told = main.snapshot.collector
        if told.source:
            found = told.collector
            about = f"{tr(found.state)} · {found.why}" if found is not None else tr("asking …")
            endpoint = found.endpoint if found is not None else ""
            title = tr("collector {endpoint}", endpoint=endpoint) if endpoint else tr("collector")
            yield title, about, partial(self.screen.run_action, operations(COLLECTOR))
        for service in main.snapshot.services.services:
            about = tr(
                "{observed}, expected {expected} · {evidence}",
                observed=tr(service.observed),
                expected=tr(service.expected),
                evidence=service.evidence,
            )
            yield (
                tr("service {name}", name=service.name),
                about,
                partial(self.screen.run_action, operations(service.name)),
            )

    async def discover(self) -> Hits:
        """What is shown before anything is typed."""
        for title, about, run in self._entries():
            yield DiscoveryHit(_shown(Content(title), about), run, text=title)

    async def search(self, query: str) -> Hits:
        """Fuzzy search over titles."""
        matcher = self.matcher(query)
        for title, about, run in self._entries():
            score, offsets = matcher.fuzzy_search.match(query, title)
            if score > 0:
                found = Content(title)
                for offset in offsets:
                    found = found.stylize(matcher.match_style, offset, offset + 1)
                yield Hit(score, _shown(found, about), run, text=title)


def _shown(title: Content, about: str) -> Content:
    """Both lines as one text: Textual would read the help of a hit, and what it highlights itself, as markup."""
    return Content("\n").join([title, Content(about).stylize("dim")]) if about else title


async def _send(main: MainScreen, key: str) -> None:
    main.select(key)
    await main.run_action("app.send")
