"""A terminal server that is not there yet: says why, keeps looking, and stands in for it once it is found."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing, suppress
from typing import Final, cast

from console.i18n import tr
from console.model.reading import MuxDown, MuxReading
from console.model.surface import Screen
from console.mux.base import Interest, Multiplexer, MuxError, Publisher

LOOK_EVERY: Final = 3.0
"""Seconds between two looks."""

Find = Callable[[], Awaitable[tuple[Multiplexer | None, str]]]
"""Looks once: what is there, or why nothing is."""


class Sought:
    """See `console.mux.base.Multiplexer` and `Publisher`; *why* is what the first look has said."""

    def __init__(self, find: Find, why: str) -> None:
        self._find = find
        self._why = why
        self._mux: Multiplexer | None = None
        self._interest = Interest()
        self._again = asyncio.Event()
        self._closed = False

    @property
    def source(self) -> str:
        """That of what was found."""
        return self._mux.source if self._mux is not None else tr("no terminal server")

    @property
    def capabilities(self) -> frozenset[str]:
        """Those of what was found."""
        return self._mux.capabilities if self._mux is not None else frozenset()

    async def watch(self) -> AsyncGenerator[MuxReading, None]:
        """See `Multiplexer.watch`."""
        told = ""
        while self._mux is None:
            if self._why != told:
                told = self._why
                yield MuxDown(
                    time.time(),
                    self.source,
                    tr("{told}; looked for every {look_every:g} s", told=told, look_every=LOOK_EVERY),
                )
            self._again.clear()
            with suppress(TimeoutError):  # nobody was in a hurry
                async with asyncio.timeout(LOOK_EVERY):
                    await self._again.wait()
            if self._closed:
                return
            self._mux, self._why = await self._find()
        self._mux.look_at(self._interest)
        async with aclosing(_closable(self._mux.watch())) as readings:
            async for reading in readings:
                yield reading

    def look_at(self, interest: Interest) -> None:
        """See `Multiplexer.look_at`."""
        self._interest = interest
        if self._mux is not None:
            self._mux.look_at(interest)

    def reread(self) -> None:
        """See `Multiplexer.reread`; looks at once."""
        self._again.set()
        if self._mux is not None:
            self._mux.reread()

    def pause(self) -> None:
        """See `Multiplexer.pause`."""
        if self._mux is not None:
            self._mux.pause()

    def resume(self) -> None:
        """See `Multiplexer.resume`."""
        if self._mux is not None:
            self._mux.resume()

    async def read(self, ref: str) -> Screen:
        """See `Multiplexer.read`."""
        return await self._found().read(ref)

    async def send_text(self, ref: str, text: str) -> None:
        """See `Multiplexer.send_text`."""
        await self._found().send_text(ref, text)

    async def send_key(self, ref: str, key: str) -> None:
        """See `Multiplexer.send_key`."""
        await self._found().send_key(ref, key)

    async def focus(self, ref: str) -> None:
        """See `Multiplexer.focus`."""
        await self._found().focus(ref)

    async def set_status(self, ref: str, key: str, value: str, *, icon: str = "", color: str = "") -> None:
        """See `Publisher.set_status`."""
        await self._publisher().set_status(ref, key, value, icon=icon, color=color)

    async def set_progress(self, ref: str, fraction: float | None, label: str = "") -> None:
        """See `Publisher.set_progress`."""
        await self._publisher().set_progress(ref, fraction, label)

    async def log(self, ref: str, message: str, level: str = "info") -> None:
        """See `Publisher.log`."""
        await self._publisher().log(ref, message, level)

    async def notify(self, ref: str, title: str, body: str) -> None:
        """See `Publisher.notify`."""
        await self._publisher().notify(ref, title, body)

    async def close(self) -> None:
        """See `Multiplexer.close`."""
        self._closed = True
        self._again.set()
        if self._mux is not None:
            await self._mux.close()

    def _found(self) -> Multiplexer:
        if self._mux is None:
            raise MuxError(self._why)
        return self._mux

    def _publisher(self) -> Publisher:
        if "publish" not in self.capabilities:
            raise MuxError(tr("this terminal server has no sidebar"))
        return cast(Publisher, self._found())


def _closable(readings: AsyncIterator[MuxReading]) -> AsyncGenerator[MuxReading, None]:
    return cast("AsyncGenerator[MuxReading, None]", readings)
