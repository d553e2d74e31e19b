"""A place for one connection to the cmux app: opened at its first use, and again when it has broken or stood idle."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from console.i18n import tr
from console.mux.base import MuxError
from console.mux.cmux_app_login import Login
from console.mux.cmux_app_rpc import AppDenied, AppLost, AppRpc

FRESH: Final = 20.0
"""Seconds after which a silent connection is not trusted any more: 0.64 closes one after 30."""


class LetGo(MuxError):
    """The console is paused or closed: nothing is wrong with cmux."""

    def __init__(self) -> None:
        super().__init__(tr("the console has let go of cmux"))


class AppLink:
    """One connection at a time; `let_go` says when none may be opened."""

    def __init__(self, path: str, login: Login, let_go: Callable[[], bool]) -> None:
        self.opened = 0
        """How many connections this place has had."""
        self._path = path
        self._login = login
        self._let_go = let_go
        self._rpc: AppRpc | None = None
        self._opening = asyncio.Lock()

    async def ask(self, method: str, params: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Return the result of *method*, which must be a question: it is asked again when an older connection broke.

        Raises like `AppRpc.call`, and `MuxError` when no connection can be had.
        """
        older = self._rpc
        rpc = await self.ready()
        try:
            return await rpc.call(method, params)
        except AppDenied:
            raise
        except AppLost:
            if rpc is not older or rpc.lost is None:
                raise
        return await (await self.ready()).call(method, params)

    async def act(self, method: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """Return the result of *method*, which changes something: it is never sent twice. Raises like `ask`."""
        return await (await self.ready()).call(method, params)

    async def ready(self) -> AppRpc:
        """A live connection on which cmux has answered. Raises `MuxError`."""
        async with self._opening:
            rpc = self._rpc
            if rpc is not None and rpc.lost is None and time.monotonic() - rpc.used_at < FRESH:
                return rpc
            await self.close()
            self._check()
            rpc = await self._login.open(self._path)
            try:
                self._check()  # it may have been let go while the door was opened
            except MuxError:
                await rpc.close()
                raise
            self._rpc = rpc
            self.opened += 1
            return rpc

    def abort(self) -> None:
        """Break the connection at once, before the event loop runs again."""
        if self._rpc is not None:
            self._rpc.abort()

    async def close(self) -> None:
        """Close the connection; the next call opens another."""
        rpc, self._rpc = self._rpc, None
        if rpc is not None:
            await rpc.close()

    def _check(self) -> None:
        if self._let_go():
            raise LetGo
