"""Showing in the terminal server's own sidebar what the console has sent, and who waits for a person. Opt-in."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from console.i18n import tr
from console.model.agent import AgentState
from console.model.snapshot import Snapshot
from console.model.surface import Surface
from console.mux.base import MuxError, Publisher

KEY: Final = "oc-console"
EVERY: Final = 0.5
"""Least seconds between two looks at the snapshot."""
LEAVING: Final = 1.0
"""Seconds the sidebar is waited for when the console ends."""
_ICONS: Final = {AgentState.WORKING: "bolt.fill", AgentState.IDLE: "checkmark.circle.fill"}
"""Symbols (SF Symbols, which cmux draws) of a pill; every other state is a call for the operator."""
_CALL: Final = "bell.fill"
TITLE_LIMIT: Final = 80
"""Characters of a task that a pill or a log line carries."""


@dataclass(slots=True)
class _Sent:
    """One text the console has sent, as long as its surface works on it."""

    label: str
    worked: bool = False
    done: bool = False


class Sidebar:
    """Publishes through *publisher*; what fails is kept in `error` and never stops anything.

    A surface is named by its key: a ref may be another's after a restart.
    """

    def __init__(self, publisher: Publisher) -> None:
        self._to = publisher
        self._sent: dict[str, _Sent] = {}
        self._pills: dict[str, tuple[str, tuple[str, str]]] = {}
        """From a surface's key to the value its pill has, and its workspace."""
        self._waiting: set[str] | None = None
        self._progress: dict[tuple[str, str], tuple[int, int, str]] = {}
        """By workspace: finished, sent, and the key of a surface in it."""
        self.error = ""
        """Why the last thing could not be published; empty when it could."""
        self._busy = asyncio.Lock()

    async def follow(self, snapshot: Callable[[], Snapshot], changes: asyncio.Event, able: Callable[[], bool]) -> None:
        """Publish until cancelled, after *changes*, at most once in `EVERY` seconds."""
        while True:
            await changes.wait()
            changes.clear()
            if able():
                await self.update(snapshot())
            await asyncio.sleep(EVERY)

    async def leave(self) -> None:
        """Take everything away because the console ends; nothing waits longer than `LEAVING` for that."""
        with suppress(TimeoutError):  # then it stays
            async with asyncio.timeout(LEAVING):
                await self.clear()

    async def sent(self, surface: Surface, label: str, outcome: str) -> None:
        """The console has sent something; *label* says what, short, *outcome* what came of it."""
        short = label[:TITLE_LIMIT]
        async with self._busy:
            if outcome == "submitted":
                self._sent[surface.key] = _Sent(short)
            level = "info" if outcome == "submitted" else "warning"
            await self._try(self._to.log(surface.key, f"{surface.name}: {tr(outcome)}: {short}", level))

    async def update(self, snapshot: Snapshot) -> None:
        """Bring pills, progress and notifications in line with *snapshot*."""
        async with self._busy:
            if snapshot.mux.error:
                # Who is away cannot be told, and may come back without what it showed.
                self._pills.clear()
                self._progress.clear()
                return
            surfaces = {surface.key: surface for surface in snapshot.surfaces}
            for key, sent in list(self._sent.items()):
                surface = surfaces.get(key)
                if surface is None or surface.gone:
                    del self._sent[key]
                    await self._leave(key, surfaces)
                elif surface.status is not None:
                    await self._pill(surface, sent)
            await self._progresses(surfaces)
            await self._notify(snapshot)

    async def clear(self) -> None:
        """Take away every pill and progress."""
        async with self._busy:
            for key in self._pills:
                await self._try(self._to.set_status(key, _pill(key), ""))
            for *_, surface in self._progress.values():
                await self._try(self._to.set_progress(surface, None))
            self._pills.clear()
            self._progress.clear()

    async def _leave(self, gone: str, surfaces: dict[str, Surface]) -> None:
        """Take away the pill of a surface that is gone, by way of another one in its workspace."""
        _, workspace = self._pills.pop(gone, ("", None))
        other = next((key for key, each in surfaces.items() if not each.gone and _workspace(each) == workspace), None)
        if other is not None:
            await self._try(self._to.set_status(other, _pill(gone), ""))

    async def _pill(self, surface: Surface, sent: _Sent) -> None:
        assert surface.status is not None
        state, key = surface.status.state, surface.key
        if state is AgentState.WORKING:
            sent.worked = True
        if sent.worked and state is AgentState.IDLE and not sent.done:
            sent.done = True
            await self._try(
                self._to.log(key, tr("{name}: finished: {label}", name=surface.name, label=sent.label), "success")
            )
        shown = tr("finished") if sent.done else tr(state)
        value = f"{surface.name}: {shown}"
        now = (value, _workspace(surface))
        if self._pills.get(key) != now and await self._try(
            self._to.set_status(key, _pill(key), value, icon=_ICONS.get(state, _CALL))
        ):
            self._pills[key] = now

    async def _progresses(self, surfaces: dict[str, Surface]) -> None:
        """How many of the texts sent into a workspace are finished."""
        count: dict[tuple[str, str], tuple[int, int, str]] = {}
        for key, sent in self._sent.items():
            workspace = _workspace(surfaces[key])
            done, every, _ = count.get(workspace, (0, 0, ""))
            count[workspace] = (done + sent.done, every + 1, key)
        for workspace, (done, every, key) in count.items():
            label = tr("{done} of {every} sent tasks finished", done=done, every=every)
            if self._progress.get(workspace) != (done, every, key) and await self._try(
                self._to.set_progress(key, done / every, label)
            ):
                self._progress[workspace] = (done, every, key)

    async def _notify(self, snapshot: Snapshot) -> None:
        waiting = {surface.key: surface for surface in snapshot.waiting()}
        before, self._waiting = self._waiting, set(waiting)
        if before is None:
            return  # what waits already when the console starts is no news
        for key, surface in waiting.items():
            if key not in before and surface.status is not None:
                body = surface.status.detection.reason
                title = f"{surface.name}: {tr(surface.status.state)}"
                await self._try(self._to.notify(surface.key, title, body))

    async def _try(self, act: Coroutine[Any, Any, None]) -> bool:
        """Whether it was taken."""
        try:
            await act
        except MuxError as error:
            self.error = str(error)
        else:
            self.error = ""
        return not self.error


def _pill(key: str) -> str:
    """Pills belong to a whole workspace: each surface has one of its own."""
    return f"{KEY}-{key}"


def _workspace(surface: Surface) -> tuple[str, str]:
    """Several workspaces may have one title."""
    return surface.info.workspace_ref, surface.info.workspace
