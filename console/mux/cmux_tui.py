"""Multiplexer over a cmux-tui daemon (`cmux.protocol/2`): one unix-socket connection, screens pushed with colours.

`terminal.attach` (read only, so it never takes part in sizing) pushes a screen and then its changed rows; a terminal
beyond the 64 streams of a connection is polled as plain text. The tree is read once a second, because the daemon's
`session.events` say nothing of titles; that answer is also the proof that the daemon is alive.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from typing import Any, Final

from console.i18n import tr
from console.model.reading import MuxDown, MuxReading, ScreenFailed, ScreenRead, SignalsRead, TreeRead
from console.model.signal import Signal
from console.model.surface import Screen, SurfaceInfo
from console.mux import cmux_input
from console.mux.base import Interest, MuxError
from console.mux.cmux_render import Grid, plain_screen
from console.mux.cmux_rpc import STREAM_LIMIT, CmuxRefused, CmuxRpc, StreamHandler
from console.mux.cmux_tree import Process, parse_agents, parse_process, parse_tree, session_name, tab_of
from console.mux.cmux_view import View
from console.safety import safe_text

TREE_EVERY: Final = 1.0
"""Seconds between two reads of the tree."""
TREE_REPEAT: Final = 2.0
"""Seconds after which an unchanged tree is told again."""
STREAM_PATIENCE: Final = 2.0
"""Seconds a read waits for one of the streams of its connection."""
RETRY: Final = (0.25, 0.5, 1.0, 2.0)
"""Seconds between attempts to reach a daemon that is gone; the last one repeats."""


class CmuxTui:
    """One cmux-tui session, see `console.mux.base.Multiplexer`."""

    def __init__(self, socket_path: str) -> None:
        self._path = socket_path
        self._session = ""
        self._rpc: CmuxRpc | None = None
        self._connecting = asyncio.Lock()
        self._wake = asyncio.Event()
        self._interest = Interest()
        self._views: dict[str, View] = {}
        self._processes: dict[str, Process] = {}
        self._tree: tuple[SurfaceInfo, ...] | None = None
        self._agents: tuple[Signal, ...] = ()
        self._tree_told = 0.0
        self._tree_due = 0.0
        self._done = asyncio.Event()
        self._going = asyncio.Event()
        self._going.set()

    @property
    def source(self) -> str:
        """``cmux-tui main · /run/user/1000/…sock``."""
        return " · ".join(filter(None, (f"cmux-tui {self._session}".rstrip(), safe_text(self._path))))

    @property
    def capabilities(self) -> frozenset[str]:
        """Everything of the protocol."""
        return frozenset({"colours", "cursor", "push", "paste", "uuid", "focus"})

    def look_at(self, interest: Interest) -> None:
        """Tell changed screens of these at once, the others once a second."""
        self._interest = interest
        self._wake.set()

    def reread(self) -> None:
        """Tell tree and screens again now."""
        self._tree, self._tree_due = None, 0.0
        for view in self._views.values():
            view.told_at = 0.0
        self._wake.set()

    def pause(self) -> None:
        """See `Multiplexer.pause`: a stopped process must not leave its streams unread in the daemon."""
        self._going.clear()
        if self._rpc is not None:
            self._rpc.abort()

    def resume(self) -> None:
        """See `Multiplexer.resume`."""
        self._going.set()

    async def watch(self) -> AsyncGenerator[MuxReading, None]:
        """See `Multiplexer.watch`."""
        attempt, down = 0, ""
        while not self._done.is_set():
            await self._going.wait()
            try:
                rpc = await self._connection()
                async with aclosing(self._follow(rpc)) as readings:
                    async for reading in readings:
                        attempt, down = 0, ""
                        yield reading
            except MuxError as error:
                if self._done.is_set():
                    return
                if not self._going.is_set():
                    continue
                if str(error) != down:
                    down = str(error)
                    yield MuxDown(
                        time.time(),
                        self.source,
                        tr("{down}; looking for it every {retry:g} s", down=down, retry=RETRY[-1]),
                    )
                await asyncio.sleep(RETRY[min(attempt, len(RETRY) - 1)])
                attempt += 1

    async def read(self, ref: str) -> Screen:
        """See `Multiplexer.read`; a fresh snapshot, not what was pushed last."""
        rpc = await self._connection()
        grid = Grid()
        arrived: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def take(item: dict[str, Any] | None) -> None:
            if arrived.done():
                return
            try:
                if item is None:
                    raise ValueError(tr("the stream ended"))
                grid.apply(item)
            except ValueError as error:
                arrived.set_exception(MuxError(tr("{ref} could not be read: {error}", ref=safe_text(ref), error=error)))
            else:
                if grid.ready:
                    arrived.set_result(None)

        stream = await _free_stream(rpc, ref, take)
        try:
            async with asyncio.timeout(5.0):
                await arrived
        except TimeoutError as error:
            raise MuxError(tr("{ref}: cmux sent no screen in 5 s", ref=safe_text(ref))) from error
        finally:
            with suppress(MuxError):  # the screen is here; a connection that breaks now shows itself in watch()
                await rpc.close_stream(stream)
        return grid.screen()

    async def send_text(self, ref: str, text: str) -> None:
        """See `Multiplexer.send_text`. Refuses several lines where the program takes no bracketed paste."""
        await cmux_input.paste(await self._connection(), ref, text)

    async def send_key(self, ref: str, key: str) -> None:
        """See `Multiplexer.send_key`."""
        await cmux_input.press(await self._connection(), ref, key)

    async def focus(self, ref: str) -> None:
        """See `Multiplexer.focus`: its workspace, its pane, its tab; every attached client follows."""
        rpc = await self._connection()
        try:
            workspace, pane, tab = tab_of(await rpc.call("session.snapshot"), ref)
        except (LookupError, StopIteration, TypeError) as error:
            raise MuxError(tr("{ref}: no tab of cmux shows it", ref=safe_text(ref))) from error
        await rpc.call("workspace.focus", mutation=True, workspace=workspace)
        await rpc.call("pane.focus", mutation=True, pane=pane)
        await rpc.call("tab.focus", mutation=True, tab=tab)

    async def close(self) -> None:
        """See `Multiplexer.close`."""
        self._done.set()
        self._going.set()
        if self._rpc is not None:
            await self._rpc.close()
        self._wake.set()

    async def _connection(self) -> CmuxRpc:
        async with self._connecting:
            if self._done.is_set() or not self._going.is_set():
                raise MuxError(tr("the console has let go of cmux"))
            if self._rpc is None or self._rpc.lost:
                self._rpc = await CmuxRpc.connect(self._path)
                self._rpc.on_lost = self._wake.set
            return self._rpc

    async def _follow(self, rpc: CmuxRpc) -> AsyncGenerator[MuxReading, None]:
        self._views, self._processes, self._tree, self._tree_due = {}, {}, None, 0.0
        try:
            await rpc.open_stream("session.events", self._on_session_event)
            while not self._done.is_set():
                self._wake.clear()
                if rpc.lost:
                    raise MuxError(rpc.lost)
                if time.monotonic() >= self._tree_due:
                    for reading in await self._read_tree(rpc):
                        yield reading
                for view in tuple(self._views.values()):
                    if view.due(view.key in self._interest.visible) <= time.monotonic():
                        yield await self._read_view(rpc, view)
                await self._sleep()
        finally:
            await rpc.close()  # its streams belong to this watch

    async def _read_tree(self, rpc: CmuxRpc) -> list[MuxReading]:
        self._tree_due = time.monotonic() + TREE_EVERY
        snapshot = await rpc.call("session.snapshot")
        try:
            for terminal in snapshot["terminals"]:
                if terminal["id"] not in self._processes:
                    self._processes[terminal["id"]] = await self._process(rpc, terminal["id"])
            tree = parse_tree(snapshot, self._processes)
            self._session = session_name(snapshot)
            agents = parse_agents(snapshot)
        except (ValueError, KeyError, TypeError) as error:
            await rpc.close()
            raise MuxError(
                tr("the cmux daemon's tree is not understood: {error}", error=safe_text(str(error)))
            ) from error
        readings: list[MuxReading] = []
        if tree != self._tree or time.monotonic() >= self._tree_told + TREE_REPEAT:
            self._tree, self._tree_told = tree, time.monotonic()
            readings.append(TreeRead(time.time(), self.source, tree))
        if agents != self._agents:
            self._agents = agents
            readings.append(SignalsRead(time.time(), "cmux agents", agents))
        readings += await self._attach_all(rpc, tree)
        return readings

    async def _process(self, rpc: CmuxRpc, terminal: str) -> Process:
        try:
            return parse_process(await rpc.call("terminal.process.get", terminal=terminal))
        except MuxError:
            if rpc.lost:
                raise
            return Process()  # it has exited between the two answers

    async def _attach_all(self, rpc: CmuxRpc, tree: tuple[SurfaceInfo, ...]) -> list[MuxReading]:
        listed = {info.key: info for info in tree}
        for key in self._views.keys() - listed.keys():
            await rpc.close_stream(self._views.pop(key).stream)
        failed: list[MuxReading] = []
        for info in tree:
            view = self._views.setdefault(info.key, View(info.key, self._wake))
            # One stream stays free for read().
            if view.attached or view.given_up or rpc.streams >= STREAM_LIMIT - 1:
                continue
            try:
                view.stream = await rpc.open_stream("terminal.attach", view.take, terminal=info.ref, read_only=True)
                view.attached = True
            except MuxError as error:
                if rpc.lost:
                    raise
                view.given_up = info.dead
                failed.append(ScreenFailed(time.time(), info.key, str(error)))
        return failed

    async def _read_view(self, rpc: CmuxRpc, view: View) -> MuxReading:
        view.tell()
        if view.error:
            error, view.error = view.error, ""
            return ScreenFailed(time.time(), view.key, error)
        if view.grid.ready:
            return ScreenRead(time.time(), view.key, view.grid.screen())
        try:
            result = await rpc.call("terminal.screen.read", terminal=view.key)
            return ScreenRead(time.time(), view.key, plain_screen(result))
        except (MuxError, ValueError) as error:
            return ScreenFailed(time.time(), view.key, str(error))

    async def _sleep(self) -> None:
        dues = [view.due(view.key in self._interest.visible) for view in self._views.values()]
        wait = min([self._tree_due, *dues]) - time.monotonic()
        if wait > 0:
            with suppress(TimeoutError):  # nothing happened until the next reading is due
                async with asyncio.timeout(wait):
                    await self._wake.wait()

    def _on_session_event(self, item: dict[str, Any] | None) -> None:
        # What changed is read as a whole: the snapshot costs the daemon 2 ms, and it cannot drift.
        changes = item.get("changes") if item else None
        if item is None or not isinstance(changes, list) or any(_matters(change) for change in changes):
            self._tree_due = 0.0
            self._wake.set()


async def _free_stream(rpc: CmuxRpc, ref: str, take: StreamHandler) -> str:
    """Attach for one read. The daemon frees the place of a closed stream up to 50 ms later: that is waited for.

    Raises `MuxError`.
    """
    until = time.monotonic() + STREAM_PATIENCE
    while True:
        try:
            return await rpc.open_stream("terminal.attach", take, terminal=ref, read_only=True)
        except CmuxRefused as error:
            full = error.code == "stream.limit" or "stream capacity" in str(error)
            if not full or time.monotonic() > until:
                raise
        await asyncio.sleep(0.02)


def _matters(change: object) -> bool:
    return not (isinstance(change, dict) and change.get("resource") == "client")
