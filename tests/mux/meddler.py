"""A relay between an adapter and its server that spoils what the server says."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Final

LIMIT: Final = 32 * 1024 * 1024
HUGE: Final = 16 * 1024 * 1024

Spoil = Callable[[bytes, asyncio.StreamWriter], Awaitable[bytes]]
"""Gives what is passed on for one line of the server; it may write to the client, or hang up on it, itself."""


async def nothing(line: bytes, _: asyncio.StreamWriter) -> bytes:
    """Passed on as it is."""
    return line


async def half(line: bytes, client: asyncio.StreamWriter) -> bytes:
    """Half a line, and then the connection ends."""
    client.write(line[: len(line) // 2])
    client.close()
    return b""


async def huge(line: bytes, _: asyncio.StreamWriter) -> bytes:
    """A line of 16 MiB that is nobody's answer comes first."""
    return b'{"pad":"' + b"x" * HUGE + b'"}\n' + line


async def endless(line: bytes, client: asyncio.StreamWriter) -> bytes:
    """More bytes than any line has, and no end."""
    for _ in range(18):
        client.write(b"x" * 1024 * 1024)
        with suppress(ConnectionError):
            await client.drain()
    return line


async def no_text(line: bytes, _: asyncio.StreamWriter) -> bytes:
    """A line that is no UTF-8 comes first."""
    return b"\xff\xfe\xc3(\n" + line


async def no_answer_at_all(line: bytes, _: asyncio.StreamWriter) -> bytes:
    """Lines that are JSON and yet nothing come first."""
    return b'[1]\nnull\n"text"\n{}\n{"id":null}\n{"id":{"a":1},"ok":true,"type":"response"}\n' + line


async def foreign(line: bytes, _: asyncio.StreamWriter) -> bytes:
    """The same answer comes first under an id nobody asked with, and with a screen that is nobody's."""
    with suppress(ValueError):
        message: dict[str, Any] = json.loads(line)
        if "id" in message:
            message["id"] = "r999999"
            if isinstance(message.get("result"), dict):
                message["result"] |= {"text": "POISON", "workspaces": [], "windows": []}
            return json.dumps(message).encode() + b"\n" + line
    return line


async def late(line: bytes, _: asyncio.StreamWriter) -> bytes:
    """It comes when nobody waits any more."""
    await asyncio.sleep(0.3)
    return line


async def silent(line: bytes, _: asyncio.StreamWriter) -> bytes:
    """It never comes."""
    return b""


class Meddler:
    """Listens at *path* and relays to the server at *real*; spoils the next `left` lines with `spoil`."""

    def __init__(self, path: Path, real: Path | str) -> None:
        self.path, self._real = path, str(real)
        self.spoil: Spoil = nothing
        self.left = 0
        self.accepted = 0
        self.lines = 0
        """Lines of the server so far."""
        self._clients: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen."""
        self._server = await asyncio.start_unix_server(self._accept, self.path)

    async def stop(self) -> None:
        """Hang up on everyone and stop listening; the file is gone."""
        if self._server is not None:
            self._server.close()
        self._server = None
        self.cut()
        if self._tasks:
            await asyncio.wait(tuple(self._tasks), timeout=10)
        self.path.unlink(missing_ok=True)

    def cut(self) -> None:
        """Hang up on everyone now."""
        for client in tuple(self._clients):
            client.transport.abort()

    async def goes_on(self, lines: int) -> None:
        """Wait for another connection, and until the server has said so many more lines. Raises TimeoutError."""
        accepted, said = self.accepted, self.lines
        async with asyncio.timeout(20):
            while self.accepted == accepted or self.lines < said + lines:  # noqa: ASYNC110 - two things at once
                await asyncio.sleep(0.001)

    def meddle(self, spoil: Spoil, count: int) -> None:
        """Spoil the next *count* lines."""
        self.spoil, self.left = spoil, count

    async def _accept(self, reader: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._clients.add(client)
        self.accepted += 1
        try:
            server_reader, server = await asyncio.open_unix_connection(self._real, limit=LIMIT)
        except OSError:
            client.close()  # nobody is there
        else:
            await self._relay(reader, client, server_reader, server)
        finally:
            self._clients.discard(client)
            self._tasks.discard(task)

    async def _relay(
        self,
        reader: asyncio.StreamReader,
        client: asyncio.StreamWriter,
        server_reader: asyncio.StreamReader,
        server: asyncio.StreamWriter,
    ) -> None:
        pumps = [
            asyncio.create_task(self._requests(reader, server)),
            asyncio.create_task(self._answers(server_reader, client)),
        ]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
            client.close()
            server.close()

    async def _requests(self, reader: asyncio.StreamReader, server: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            server.write(data)
            await server.drain()

    async def _answers(self, server_reader: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        while line := await server_reader.readline():
            self.lines += 1
            if self.left > 0:
                self.left -= 1
                line = await self.spoil(line, client)
            client.write(line)
            await client.drain()


@asynccontextmanager
async def meddling(path: Path, real: Path | str) -> AsyncIterator[Meddler]:
    """A relay that ends with the block."""
    made = Meddler(path, real)
    await made.start()
    try:
        yield made
    finally:
        await made.stop()
