"""Multiplexer over the socket of the macOS app cmux (``cmux-socket`` version 2, cmux 0.63 and 0.64).

Four connections: two read, one acts, one follows the events. Identity is the surface's UUID; a ref such as
``surface:5`` is minted anew in every run of cmux. Screens have neither colours nor a cursor: cmux does not give them.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing, suppress
from pathlib import Path

from console.i18n import tr
from console.model.reading import MuxDown, MuxReading, SignalsRead, TreeRead
from console.model.surface import Screen
from console.mux.base import Interest, MuxError
from console.mux.cmux_app_events import backoff
from console.mux.cmux_app_input import Hand
from console.mux.cmux_app_link import AppLink, LetGo
from console.mux.cmux_app_login import Login
from console.mux.cmux_app_reads import Reads, explain, screen, target, viewport
from console.mux.cmux_app_rpc import AppRefused, AppSilent
from console.mux.cmux_app_state import AppState
from console.mux.cmux_app_tree import Place
from console.mux.cmux_app_watch import Watch
from console.mux.cmux_publish import Sidebar
from console.safety import safe_text

__all__ = ["CmuxSocket"]


class CmuxSocket:
    """One running cmux app, see `console.mux.base.Multiplexer` and `console.mux.base.Publisher`.

    *password* is that of cmux's password mode; without it ``CMUX_SOCKET_PASSWORD`` and cmux's own files are used.
    """

    def __init__(
        self, socket_path: str, *, password: str = "", env: Mapping[str, str] = os.environ, home: Path | None = None
    ) -> None:
        self._path = socket_path
        self._env = env
        self._login = Login(password, env, home or Path.home())
        self._done = asyncio.Event()
        self._going = asyncio.Event()
        self._going.set()
        self._again = asyncio.Event()
        self._links = (self._link(), self._link())
        self._events = self._link()
        self._acting = self._link()
        self._app = AppState()
        self._reads = Reads()
        self._hand = Hand(self._acting, self._app, env)
        self._sidebar = Sidebar(socket_path, self._login)
        self._watch: Watch | None = None
        self._down_since: float | None = None
        self._down_told = ""

    @property
    def source(self) -> str:
        """``cmux 0.63 app · /Users/…/cmux.sock``."""
        return f"{' '.join(filter(None, ('cmux', self._app.version, 'app')))} · {safe_text(self._path)}"

    @property
    def capabilities(self) -> frozenset[str]:
        """What this cmux can do; known once it has answered."""
        found = {"uuid", "publish"}
        if self._app.paste:
            found.add("paste")
        if self._app.methods & {"surface.focus", "workspace.select"}:
            found.add("focus")
        if self._watch is not None and self._watch.events.live:
            found.add("push")
        return frozenset(found)

    def look_at(self, interest: Interest) -> None:
        """See `Multiplexer.look_at`: 4, 1 and 0.2 reads a second for the focused, the visible and the other ones."""
        self._reads.look_at(interest)
        if self._watch is not None:
            self._watch.look()

    def reread(self) -> None:
        """See `Multiplexer.reread`; a console that waits for cmux tries at once."""
        self._again.set()
        if self._watch is not None:
            self._watch.reread()

    def pause(self) -> None:
        """See `Multiplexer.pause`."""
        self._going.clear()
        self._let_all_go()

    def resume(self) -> None:
        """See `Multiplexer.resume`."""
        self._going.set()

    async def close(self) -> None:
        """See `Multiplexer.close`."""
        self._done.set()
        self._let_all_go()
        self._going.set()
        self._again.set()
        for link in (*self._links, self._events, self._acting):
            await link.close()

    async def watch(self) -> AsyncGenerator[MuxReading, None]:
        """See `Multiplexer.watch`. Tries again after 0.25 to 30 seconds, and at once after `reread`."""
        attempt = 0
        while not self._done.is_set():
            await self._going.wait()
            watch = self._watch = Watch(self._links, self._events, self._app, self._reads, self._env)
            self._reads.reread()
            try:
                async with aclosing(watch.readings()) as readings:
                    async for item in readings:
                        if self._let_go():
                            raise LetGo
                        if isinstance(item, TreeRead):
                            attempt, self._down_since = 0, None
                        reading = self._reading(item)
                        if reading is not None:
                            yield reading
            except MuxError as error:
                if self._done.is_set():
                    return
                if isinstance(error, LetGo):
                    continue
                for reading in self._lost(error, watch):
                    yield reading
                await self._pause(backoff(attempt))
                attempt += 1
            finally:
                self._watch = None

    async def read(self, ref: str) -> Screen:
        """See `Multiplexer.read`: the viewport, read now."""
        place = await self._hand.aim(ref, fresh=False)
        try:
            return screen(viewport(await self._acting.ask("surface.read_text", target(place)), place))
        except AppRefused as error:
            raise explain(error, place) from error

    async def send_text(self, ref: str, text: str) -> None:
        """See `Multiplexer.send_text`; *ref* may be the UUID. Raises `Queued` when cmux only keeps the text for later.

        Without `paste` in `capabilities`, a newline, a tab and a long text are refused.
        """
        self._touched(await self._hand.text(ref, text))

    async def send_key(self, ref: str, key: str) -> None:
        """See `Multiplexer.send_key`; *ref* may be the UUID."""
        self._touched(await self._hand.key(ref, key))

    async def focus(self, ref: str) -> None:
        """See `Multiplexer.focus`: selects workspace and surface in cmux's window (`surface.focus`)."""
        await self._hand.focus(ref)

    async def set_status(self, ref: str, key: str, value: str, *, icon: str = "", color: str = "") -> None:
        """See `Publisher.set_status`."""
        await self._sidebar.set_status(await self._hand.aim(ref), key, value, icon, color)

    async def set_progress(self, ref: str, fraction: float | None, label: str = "") -> None:
        """See `Publisher.set_progress`."""
        await self._sidebar.set_progress(await self._hand.aim(ref), fraction, label)

    async def log(self, ref: str, message: str, level: str = "info") -> None:
        """See `Publisher.log`."""
        await self._sidebar.log(await self._hand.aim(ref), message, level)

    async def notify(self, ref: str, title: str, body: str) -> None:
        """See `Publisher.notify`."""
        place = await self._hand.aim(ref)
        if not await self._hand.show_note(place, title, body):
            await self._sidebar.show_note(place, title, body)

    def _touched(self, place: Place) -> None:
        self._reads.soon(place.surface_id.casefold())
        if self._watch is not None:
            self._watch.look()

    def _link(self) -> AppLink:
        return AppLink(self._path, self._login, self._let_go)

    def _let_go(self) -> bool:
        return self._done.is_set() or not self._going.is_set()

    def _let_all_go(self) -> None:
        for link in (*self._links, self._events, self._acting):
            link.abort()
        if self._watch is not None:
            self._watch.stop()

    def _reading(self, item: MuxReading | AppSilent) -> MuxReading | None:
        """What is told of *item*; None for a failure that was told before."""
        if isinstance(item, AppSilent):
            return self._down(item)
        if isinstance(item, TreeRead):
            self._down_told = ""
            self._app.told = item.surfaces
            return TreeRead(item.at, self.source, item.surfaces)
        return item

    def _lost(self, error: MuxError, watch: Watch) -> list[MuxReading]:
        down = self._down(error)
        found: list[MuxReading] = [down] if down is not None else []
        found += [SignalsRead(time.time(), source, (), str(error)) for source in watch.signals_told]
        return found

    def _down(self, error: MuxError) -> MuxDown | None:
        now = time.time()
        if self._down_since is None:
            self._down_since = now
        since = time.strftime("%H:%M:%S", time.localtime(self._down_since))
        text = tr("{error}; since {since}, tried again until it answers", error=error, since=since)
        if text == self._down_told:
            return None
        self._down_told = text
        return MuxDown(now, self.source, text)

    async def _pause(self, seconds: float) -> None:
        self._again.clear()
        with suppress(TimeoutError):  # nobody was in a hurry
            async with asyncio.timeout(seconds):
                await self._again.wait()
