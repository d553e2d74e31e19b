"""Showing in cmux's sidebar what the console knows: version 1 text lines, one connection for each.

Source: cmux 0.63 and 0.64, `CommandParsing` and the sidebar commands. A reply may have several lines and no end, so a
connection carries one command: write, close the writing side, read to the end. 0.63 loses a chunk of 4,095 bytes in
which a character is split, so a line stays far below that.
"""

from __future__ import annotations

import asyncio
import math
import re
import socket
from typing import Final

from console.i18n import tr
from console.mux.base import MuxError
from console.mux.cmux_app_login import Login
from console.mux.cmux_app_rpc import ANSWER_TIMEOUT, connect_socket, reason
from console.mux.cmux_app_tree import Place
from console.safety import safe_text

TEXT_LIMIT: Final = 300
"""Characters of a status, label or message that are shown; 300 are at most 1,200 bytes."""
REPLY_BYTES: Final = 64 * 1024
LEVELS: Final = frozenset({"info", "progress", "success", "warning", "error"})
SOURCE: Final = "oc-console"
_PLAIN: Final = re.compile(r"[\w.:#/-]+", re.ASCII)


class Sidebar:
    """Sends sidebar commands for the workspace of a place. Every method raises `MuxError`."""

    def __init__(self, path: str, login: Login) -> None:
        self._path = path
        self._login = login

    async def set_status(self, place: Place, key: str, value: str, icon: str = "", color: str = "") -> None:
        """Show the pill *key*, or take it away when *value* is empty."""
        name = _word(key)
        if not value.strip():
            await self.command(f"clear_status {name} {_tab(place)}")
            return
        options = [_option("icon", icon), _option("color", color), _tab(place)]
        await self.command(" ".join(["set_status", name, _positional(value), *filter(None, options)]))

    async def set_progress(self, place: Place, fraction: float | None, label: str = "") -> None:
        """Show progress from 0 to 1 (what is outside is cut), or take it away."""
        if fraction is None or math.isnan(fraction):
            await self.command(f"clear_progress {_tab(place)}")
            return
        part = f"{min(1.0, max(0.0, fraction)):.3f}"
        await self.command(" ".join(filter(None, ("set_progress", part, _option("label", label), _tab(place)))))

    async def log(self, place: Place, message: str, level: str = "info") -> None:
        """Add a line to the log; an unknown *level* is ``info``."""
        level = level if level in LEVELS else "info"
        await self.command(f"log --level={level} --source={SOURCE} {_tab(place)} -- {quoted(message)}")

    async def show_note(self, place: Place, title: str, body: str) -> None:
        """Show a notification; fields are separated by ``|``, which therefore cannot be in them."""
        fields = "|".join(_clean(text).replace("|", "¦") for text in (title, "", body))
        await self.command(f"notify_target {place.workspace_id} {place.surface_id} {fields}")

    async def command(self, line: str) -> str:
        """Return the reply to one line. Raises `MuxError` for ``ERROR:``, no answer, no connection."""
        name = line.partition(" ")[0]
        prefix = f"_cmux_capability_v1 {self._login.capability} " if self._login.capability else ""
        password = self._login.accepted
        lines = [f"auth {password}", line] if password and "\n" not in password else [line]
        data = "".join(f"{prefix}{each}\n" for each in lines).encode("utf-8", "replace")
        sock = await connect_socket(self._path)
        try:
            async with asyncio.timeout(ANSWER_TIMEOUT):
                reply = await _exchange(sock, data)
        except TimeoutError as error:
            raise MuxError(
                tr("cmux gave no answer to {name} in {answer_timeout:g} s", name=name, answer_timeout=ANSWER_TIMEOUT)
            ) from error
        finally:
            sock.close()
        for each in reply.splitlines():
            if each.startswith("ERROR:"):
                raise MuxError(tr("cmux refuses {name}: {each}", name=name, each=safe_text(each, limit=300)))
        if not reply.strip():
            raise MuxError(tr("cmux closed the connection without an answer to {name}", name=name))
        return safe_text(reply, multiline=True)


async def _exchange(sock: socket.socket, data: bytes) -> str:
    loop = asyncio.get_running_loop()
    failed: OSError | None = None
    try:
        await loop.sock_sendall(sock, data)
        sock.shutdown(socket.SHUT_WR)
    except OSError as error:
        failed = error  # denied before it was read: the reason is still to be read
    got = bytearray()
    try:
        while len(got) < REPLY_BYTES and (part := await loop.sock_recv(sock, 4096)):
            got += part
    except OSError as error:
        failed = failed or error
    if failed is not None and not got:
        raise MuxError(tr("the connection to cmux broke: {reason}", reason=reason(failed))) from failed
    return got.decode("utf-8", "replace")


def quoted(text: str) -> str:
    """*text* as one word of a text command: one line, without control characters, in quotes, cut at `TEXT_LIMIT`."""
    escaped = _clean(text).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _clean(text: str) -> str:
    return " ".join(safe_text(text, limit=TEXT_LIMIT).split())


def _positional(text: str) -> str:
    # Quotes are gone before options are told from words, so a value must not begin like an option.
    clean = _clean(text)
    return quoted(f"–{clean.lstrip('-')}" if clean.startswith("--") else clean)


def _word(key: str) -> str:
    clean = re.sub(r"[^\w.-]+", "_", key, flags=re.ASCII).lstrip("-")
    return clean or "console"


def _option(name: str, value: str) -> str:
    if not value:
        return ""
    return f"--{name}={value}" if _PLAIN.fullmatch(value) else f"--{name}={quoted(value)}"


def _tab(place: Place) -> str:
    return f"--tab={place.workspace_id}"
