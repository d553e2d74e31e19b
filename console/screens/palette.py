"""What the command palette finds: commands, surfaces, dispatches."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from console.commands import COMMANDS

if TYPE_CHECKING:
    from console.screens.main import MainScreen

Entry = tuple[str, str, Callable[[], object]]


class FleetProvider(Provider):
    """Everything in the registry, and a way to each surface and dispatch."""

    def _entries(self) -> Iterator[Entry]:
        for command in COMMANDS:
            if not command.id.startswith("surface.focus_") and command.id != "app.palette":
                run = partial(self.screen.run_action, command.action)
                yield f"{command.title}  ({command.keys})", command.help, run
        main: MainScreen = self.screen  # type: ignore[assignment]
        for surface in main.snapshot.fleet():
            about = " · ".join(text for text in (surface.agent, surface.role, surface.info.ref) if text)
            yield f"go to {surface.name}", about, partial(main.select, surface.key)
            yield f"send to {surface.name}", about, partial(_send, main, surface.key)
        for dispatch in main.snapshot.log.dispatches:
            if dispatch.is_open:
                yield (
                    f"{dispatch.label} {dispatch.task}",
                    f"{dispatch.surface} {dispatch.status}",
                    partial(main.open_dispatch, dispatch),
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
