"""Watching the cmux app over one stretch of good connection: two readers share what is due, events say what is."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import suppress
from typing import Final

from console.i18n import tr
from console.model.reading import MuxReading, ScreenFailed, ScreenRead, SignalsRead, TreeRead
from console.model.signal import Signal
from console.mux.base import MuxError
from console.mux.cmux_app_events import AppEvent, AppEvents
from console.mux.cmux_app_link import AppLink, LetGo
from console.mux.cmux_app_reads import TELL_EVERY, Reads, View, WrongAnswer, explain, screen, target, viewport
from console.mux.cmux_app_rpc import AppDenied, AppLost, AppRefused, AppSilent
from console.mux.cmux_app_signals import Signals, feed
from console.mux.cmux_app_state import AppState, read_tree
from console.safety import safe_text

TREE_EVERY: Final = 2.0
"""Seconds between two reads of the tree; its titles are no events."""
TREE_SOON: Final = 0.3
"""Least seconds between two reads of the tree, whatever happens."""
TAGS_EVERY: Final = 5.0
FEED_EVERY: Final = 2.0
STATE_EVERY: Final = 3.0
STATE_SOON: Final = 1.0
"""Seconds between two questions for the input state of a surface that stands still, and of one that changes."""
REST: Final = 0.05
"""Least seconds a reader rests between two requests: with two readers, at most 40 requests a second."""
BACKLOG: Final = 256
"""Readings nobody has taken; with more, nothing is read."""


class Watch:
    """One stretch: `readings` raises `MuxError` when it is over."""

    def __init__(
        self, links: tuple[AppLink, AppLink], events: AppLink, app: AppState, reads: Reads, env: Mapping[str, str]
    ) -> None:
        self.events = AppEvents(events, self._happened)
        self.signals_told: dict[str, tuple[tuple[Signal, ...], float]] = {}
        """By source: what was told last, and when (monotonic seconds)."""
        self._links = links
        self._app = app
        self._reads = reads
        self._env = env
        self._queue: asyncio.Queue[MuxReading | MuxError] = asyncio.Queue()
        self._wake = asyncio.Event()
        self._signals = Signals()
        self._due = {"tree": 0.0, "tags": 0.0, "feed": 0.0}
        self._tree_at = 0.0
        self._greeted = -1
        self._source = "cmux app"

    async def readings(self) -> AsyncGenerator[MuxReading | AppSilent, None]:
        """Yield readings, and an `AppSilent` when cmux does not answer but may yet. Raises `MuxError` at the end."""
        tasks = [asyncio.create_task(self._reader(link), name="cmux-app-reader") for link in self._links]
        tasks.append(asyncio.create_task(self.events.follow(), name="cmux-app-events"))
        try:
            while True:
                item = await self._queue.get()
                if isinstance(item, MuxError) and not isinstance(item, AppSilent):
                    raise item
                yield item
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            for link in self._links:
                await link.close()

    def look(self) -> None:
        """Something may be due sooner than was thought."""
        self._wake.set()

    def reread(self) -> None:
        """Read and tell everything again."""
        self._due = dict.fromkeys(self._due, 0.0)
        self._reads.reread()
        self._wake.set()

    def stop(self) -> None:
        """End the stretch with `LetGo`."""
        self._queue.put_nowait(LetGo())

    def _happened(self, event: AppEvent | None) -> None:
        if event is None:
            self.reread()
            return
        if event.reshapes:
            self._due["tree"] = min(self._due["tree"], self._tree_at + TREE_SOON)
        if event.name.startswith("feed."):
            self._due["feed"] = 0.0
        if event.surface or event.name.startswith(("workspace.prompt", "agent.", "notification.")):
            self._reads.soon(event.surface, event.workspace)
        self._wake.set()

    async def _reader(self, link: AppLink) -> None:
        try:
            while True:
                started = time.monotonic()
                if self._queue.qsize() < BACKLOG and await self._one(link):
                    await asyncio.sleep(min(max(time.monotonic() - started, REST), 1.0))
                else:
                    await self._idle()
        except MuxError as error:
            self._queue.put_nowait(error)
        except Exception as error:  # a fault of ours must be seen, not end in a picture that stands still
            self._queue.put_nowait(
                MuxError(
                    tr("reading cmux failed: {name}: {error}", name=type(error).__name__, error=safe_text(str(error)))
                )
            )

    async def _one(self, link: AppLink) -> bool:
        """Do what is due first; False when nothing is."""
        name = next((name for name in self._jobs() if self._due[name] <= time.monotonic()), "")
        if name == "tree":
            await self._read_tree(link)
        elif name:
            await self._read_signals(link, name)
        else:
            view, _ = self._reads.next()
            if view is None or not self._tree_at:  # the tree comes first: what is known is from before
                return False
            await self._read(link, view)
        return True

    async def _idle(self) -> None:
        due = self._reads.next()[1] if self._tree_at else time.monotonic() + TREE_EVERY
        wait = min([due, *(self._due[name] for name in self._jobs())]) - time.monotonic()
        self._wake.clear()
        with suppress(TimeoutError):  # nothing happened until the next one is due
            async with asyncio.timeout(max(wait, 0.01)):
                await self._wake.wait()

    def _jobs(self) -> list[str]:
        methods = self._app.methods if self._tree_at else frozenset()  # the tree is the first reading of a watch
        return ["tree", *(["feed"] if "feed.list" in methods else []), *(["tags"] if "system.top" in methods else [])]

    async def _read_tree(self, link: AppLink) -> None:
        self._due["tree"] = time.monotonic() + 3600  # the other reader leaves it alone
        try:
            await link.ready()
            opened = sum(each.opened for each in self._links)
            if opened != self._greeted:
                await self._app.greet(link)
                self._greeted = opened
            found = await read_tree(link, self._env)
        except AppSilent as error:
            self._queue.put_nowait(error)
        else:
            self._app.take(found)
            self._reads.take(found)
            self._signals.forget(frozenset(self._reads.views))
            self._queue.put_nowait(TreeRead(time.time(), "", tuple(place.info for place in found)))
        self._tree_at = time.monotonic()
        self._due["tree"] = self._tree_at + TREE_EVERY
        self._wake.set()

    async def _read(self, link: AppLink, view: View) -> None:
        view.busy, place, opened = True, view.place, link.opened
        try:
            text = viewport(await link.ask("surface.read_text", target(place)), place)
        except AppRefused as error:
            if error.code in ("not_found", "invalid_params"):
                self._due["tree"] = min(self._due["tree"], self._tree_at + TREE_SOON)
            if link.opened == opened:  # else cmux has started again, and the tree is what is wrong
                self._failed(view, str(explain(error, place)))
        except AppDenied:
            raise
        except AppLost as error:
            self._failed(view, tr("{ref}: {error}; what is shown is from before", ref=place.info.ref, error=error))
        except WrongAnswer as error:
            self._failed(view, str(error))
        else:
            changed = text != view.text
            self._show(view, text)
            if "surface.input_state" in self._app.methods:
                await self._read_state(link, view, changed)
        finally:
            view.busy = False
            self._reads.done(view)

    def _show(self, view: View, text: str) -> None:
        now = time.monotonic()
        if view.screen is not None and text == view.text:
            if not view.error and now - view.told_at < TELL_EVERY:
                return
        else:
            view.text, view.screen = text, screen(text)
        view.error, view.told_at = "", now
        self._queue.put_nowait(ScreenRead(time.time(), view.place.info.key, view.screen))

    def _failed(self, view: View, error: str) -> None:
        now = time.monotonic()
        if error != view.error or now - view.told_at >= TELL_EVERY:
            view.error, view.told_at = error, now
            self._queue.put_nowait(ScreenFailed(time.time(), view.place.info.key, error))

    async def _read_state(self, link: AppLink, view: View, changed: bool) -> None:
        if time.monotonic() - view.state_at < (STATE_SOON if changed else STATE_EVERY):
            return
        view.state_at = time.monotonic()
        try:
            result = await link.ask("surface.input_state", target(view.place))
        except AppRefused as error:
            if error.missing:
                self._app.methods -= {"surface.input_state"}
            return
        except AppLost as error:
            if isinstance(error, AppDenied):
                raise
            return
        self._tell_signals("cmux input state", self._signals.input_state(result, view.place, time.time()))

    async def _read_signals(self, link: AppLink, name: str) -> None:
        self._due[name] = time.monotonic() + (TAGS_EVERY if name == "tags" else FEED_EVERY)
        method, params = _QUESTIONS[name]
        try:
            result = await link.ask(method, params)
        except AppRefused as error:
            if error.missing:
                self._app.methods -= {method}
            return
        except AppLost as error:
            if isinstance(error, AppDenied):
                raise
            return
        if name == "tags":
            self._tell_signals("cmux status pills", self._signals.tags(result, self._app.places, time.time()))
        else:
            self._tell_signals("cmux feed", feed(result, time.time()))

    def _tell_signals(self, source: str, signals: tuple[Signal, ...]) -> None:
        before, told_at = self.signals_told.get(source, ((), 0.0))
        if signals != before or time.monotonic() - told_at >= TAGS_EVERY:
            self.signals_told[source] = (signals, time.monotonic())
            self._queue.put_nowait(SignalsRead(time.time(), source, signals))


_QUESTIONS: Final[dict[str, tuple[str, dict[str, bool]]]] = {
    "tags": ("system.top", {"all_windows": True, "include_processes": False}),
    "feed": ("feed.list", {"pending_only": True}),
}
