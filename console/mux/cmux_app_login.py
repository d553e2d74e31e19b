"""How a connection to the cmux app is allowed in: capability token, password, and the advice when it is not.

Source: `SocketControlSettings` of cmux 0.63 and `CmuxSettings/SocketControl` of 0.64. Access modes: off, cmuxOnly (the
default: only processes started inside cmux), automation (any process of the same user), password, allowAll.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from console.i18n import mark, tr
from console.mux.base import MuxError
from console.mux.cmux_app_rpc import AppDenied, AppRefused, AppRpc

PASSWORD_FILES: Final = (
    ".local/state/cmux/socket-control-password",
    "Library/Application Support/cmux/socket-control-password",
)
"""Under the home folder: 0.64.13 and later, before that."""

REMEDY: Final = mark(
    "Start the console in a cmux pane (not in tmux or from a service: those are no "
    "children of cmux), or choose `automation` or `password` as the socket control mode in "
    "cmux's settings; from 0.64.18 on, it is enough that CMUX_SOCKET_CAPABILITY is in the "
    "environment, as it is in every cmux pane"
)
PASSWORD_REMEDY: Final = mark(
    "set CMUX_SOCKET_PASSWORD, or the password in the console's configuration, to that of cmux"
)


@dataclass(slots=True)
class Login:
    """What this console can show at the door, and what was good last time."""

    password: str = ""
    """The one of the configuration; it wins over the environment and the files."""
    env: Mapping[str, str] = field(default_factory=lambda: os.environ)
    home: Path = field(default_factory=Path.home)
    accepted: str = ""
    """The password that was taken last."""
    capability: str = ""
    """The token with which the last connection was let in."""

    async def open(self, path: str) -> AppRpc:
        """Return a connection on which cmux has answered. Raises `MuxError`, with the remedy when cmux refuses."""
        denied: MuxError | None = None
        token = self.env.get("CMUX_SOCKET_CAPABILITY", "")
        for capability in dict.fromkeys((token if token.isprintable() and " " not in token else "", "")):
            rpc = await AppRpc.connect(path, capability)
            try:
                await self._knock(rpc)
            except AppDenied as error:
                denied = error
            except BaseException:
                await rpc.close()
                raise
            else:
                self.capability = capability
                return rpc
            await rpc.close()
        raise AppDenied(tr("cmux refuses this console ({denied}). {remedy}", denied=denied, remedy=tr(REMEDY)))

    def passwords(self) -> tuple[str, ...]:
        """The passwords to try, the surest first; only one that was given on purpose, if there is any."""
        given = self.password or self.env.get("CMUX_SOCKET_PASSWORD", "")
        if given:
            return (given,)
        found = []
        for name in PASSWORD_FILES:
            try:
                found.append((self.home / name).read_text(encoding="utf-8", errors="replace").strip("\r\n"))
            except OSError:
                continue  # most people have none
        return tuple(dict.fromkeys(filter(None, found)))

    async def _knock(self, rpc: AppRpc) -> None:
        """Have one answer before anything is asked that matters: a denial may come in place of the first one."""
        passwords = await asyncio.to_thread(self.passwords)
        if not passwords:
            await self._ping(rpc)
            return
        for password in passwords:
            try:
                await rpc.call("auth.login", {"password": password})
            except AppRefused as error:
                if error.code == "auth_failed":
                    continue
                if error.code == "auth_unconfigured":
                    raise MuxError(
                        tr("{error}: cmux is in password mode, and no password is set in its settings", error=error)
                    ) from error
                await self._ping(rpc)
            self.accepted = password
            return
        raise MuxError(tr("cmux refuses the password; {remedy}", remedy=tr(PASSWORD_REMEDY)))

    async def _ping(self, rpc: AppRpc) -> None:
        try:
            await rpc.call("system.ping")
        except AppRefused as error:
            if error.code.startswith("auth"):
                raise MuxError(
                    tr(
                        "cmux asks for a password ({error}); {remedy}",
                        error=error,
                        remedy=tr(PASSWORD_REMEDY),
                    )
                ) from error
