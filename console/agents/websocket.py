"""The client's half of a WebSocket over a Unix socket (RFC 6455): text messages, no extensions.

Small on purpose: one local server is spoken to, and a library for it would have to be carried by everybody.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import os
import struct
from pathlib import Path
from typing import Final

from console.i18n import tr

MESSAGE_LIMIT: Final = 1 << 20
"""Bytes of one message; what is longer ends the connection."""
HEAD_LIMIT: Final = 16 * 1024
_MAGIC: Final = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, section 1.3
_CONTINUE, _TEXT, _BINARY, _CLOSE, _PING, _PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA


class WebSocketError(Exception):
    """The connection cannot be used (any more); the text says why."""


class WebSocket:
    """One open connection. Use `connect`; `close` is idempotent."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def connect(cls, path: Path) -> WebSocket:
        """Open the socket at *path* and shake hands. Raises WebSocketError, OSError; the caller limits the time."""
        reader, writer = await asyncio.open_unix_connection(path, limit=HEAD_LIMIT)
        try:
            key = base64.b64encode(os.urandom(16))
            writer.write(
                b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + key + b"\r\n\r\n"
            )
            await writer.drain()
            _check(await reader.readuntil(b"\r\n\r\n"), key)
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            await _end(writer)
            raise WebSocketError(tr("no WebSocket answers there")) from None
        except BaseException:
            await _end(writer)
            raise
        return cls(reader, writer)

    async def send(self, text: str) -> None:
        """Send one text message. Raises OSError."""
        await self._frame(_TEXT, text.encode())

    async def receive(self) -> bytes:
        """Return the next message, undecoded; pings are answered meanwhile. Raises WebSocketError, OSError."""
        parts: list[bytes] = []
        size = 0
        try:
            while True:
                final, opcode, payload = await self._next(MESSAGE_LIMIT - size)
                if opcode == _PING:
                    await self._frame(_PONG, payload)
                elif opcode == _CLOSE:
                    raise WebSocketError(tr("closed by the server"))
                elif opcode in (_TEXT, _BINARY, _CONTINUE):
                    if (opcode == _CONTINUE) != bool(parts):
                        raise WebSocketError(tr("frames out of order"))
                    parts.append(payload)
                    size += len(payload)
                    if final:
                        return b"".join(parts)
                elif opcode != _PONG:
                    raise WebSocketError(tr("unknown kind of frame {opcode}", opcode=opcode))
        except asyncio.IncompleteReadError:
            raise WebSocketError(tr("the connection ended")) from None

    async def close(self) -> None:
        """Say good-bye and let go."""
        with contextlib.suppress(OSError):
            await self._frame(_CLOSE, b"")
        await _end(self._writer)

    async def _next(self, room: int) -> tuple[bool, int, bytes]:
        first, second = await self._reader.readexactly(2)
        if first & 0x70:
            raise WebSocketError(tr("uses an extension that was not agreed on"))
        if second & 0x80:
            raise WebSocketError(tr("the server masks its frames"))
        length = second & 0x7F
        if length == 126:
            (length,) = struct.unpack(">H", await self._reader.readexactly(2))
        elif length == 127:
            (length,) = struct.unpack(">Q", await self._reader.readexactly(8))
        if length > room:
            raise WebSocketError(tr("a message larger than {message_limit} KiB", message_limit=MESSAGE_LIMIT >> 10))
        return bool(first & 0x80), first & 0x0F, await self._reader.readexactly(length)

    async def _frame(self, opcode: int, payload: bytes) -> None:
        size = len(payload)
        if size < 126:
            head = struct.pack(">BB", 0x80 | opcode, 0x80 | size)
        elif size < 1 << 16:
            head = struct.pack(">BBH", 0x80 | opcode, 0x80 | 126, size)
        else:
            head = struct.pack(">BBQ", 0x80 | opcode, 0x80 | 127, size)
        mask = os.urandom(4)
        stream = (mask * (size // 4 + 1))[:size]
        masked = (int.from_bytes(payload, "big") ^ int.from_bytes(stream, "big")).to_bytes(size, "big")
        self._writer.write(head + mask + masked)
        await self._writer.drain()


def _check(head: bytes, key: bytes) -> None:
    """Raise WebSocketError unless *head* accepts the connection that was asked for with *key*."""
    status, *lines = head.decode("latin-1").split("\r\n")
    if status.split(" ")[1:2] != ["101"]:
        raise WebSocketError(tr("no WebSocket: {status}", status=status[:60]))
    fields = {name.strip().casefold(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    accept = base64.b64encode(hashlib.sha1(key + _MAGIC, usedforsecurity=False).digest()).decode()
    if fields.get("sec-websocket-accept") != accept:
        raise WebSocketError(tr("no WebSocket: the answer belongs to another request"))


async def _end(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
