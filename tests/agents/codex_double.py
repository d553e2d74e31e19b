"""A test double of Codex's app server, written from its documentation; no real Codex answers here.

It speaks WebSocket over a Unix socket and the few methods the console uses: ``initialize``, ``initialized``,
``thread/loaded/list``, ``thread/read`` and the push ``thread/status/changed``. It refuses what comes before
``initialize``, frames that are not masked, and every method that would change something.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import json
import shutil
import struct
import tempfile
from pathlib import Path
from typing import Any


def frame(payload: bytes, opcode: int = 1, *, final: bool = True, wide: bool = False) -> bytes:
    """One frame as a server sends it; *wide* uses the longest form of the length."""
    first = (0x80 if final else 0) | opcode
    if wide or len(payload) >= 1 << 16:
        return struct.pack(">BBQ", first, 127, len(payload)) + payload
    if len(payload) >= 126:
        return struct.pack(">BBH", first, 126, len(payload)) + payload
    return struct.pack(">BB", first, len(payload)) + payload


class CodexDouble:
    """One server; `threads` is what it has in memory: id to (folder, status)."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="oct-", dir="/tmp"))
        self.path = self.folder / "app-server-control.sock"
        self.threads: dict[str, tuple[str, dict[str, Any]]] = {}
        self.methods: list[str] = []
        self.pongs: list[bytes] = []
        self.connections = 0
        self.mute = False
        """Accept, and never answer."""
        self.handshake = b""
        """What is answered in place of a handshake."""
        self.writers: list[asyncio.StreamWriter] = []
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        self._server = await asyncio.start_unix_server(self._serve, self.path)

    async def stop(self) -> None:
        """End the server and its connections; the socket file stays, as after a crash."""
        if self._server is not None:
            self._server.close()
            for writer in self.writers:
                writer.close()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(5):
                    await self._server.wait_closed()
        self._server = None

    async def remove(self) -> None:
        """Stop, and leave nothing behind."""
        await self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def open(self) -> int:
        """Connections that are open now."""
        return sum(not writer.is_closing() for writer in self.writers)

    def push(self, thread: str, status: dict[str, Any]) -> None:
        """Tell everybody that a thread's status changed."""
        if thread in self.threads:
            self.threads[thread] = (self.threads[thread][0], status)
        self.send({"method": "thread/status/changed", "params": {"threadId": thread, "status": status}})

    def send(self, message: object) -> None:
        self.raw(frame(json.dumps(message).encode()))

    def raw(self, data: bytes) -> None:
        """Send bytes as they are to everybody."""
        for writer in self.writers:
            if not writer.is_closing():
                writer.write(data)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.LimitOverrunError):
            await self._talk(reader, writer)
        writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        fields = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:] if ": " in line)
        assert head.startswith(b"GET / HTTP/1.1\r\n")
        assert (fields["Upgrade"], fields["Sec-WebSocket-Version"]) == ("websocket", "13")
        key = fields["Sec-WebSocket-Key"].encode() + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        accept = base64.b64encode(hashlib.sha1(key).digest())
        if self.mute:
            await reader.read()
            return
        answer = b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nsec-websocket-accept: "
        writer.write(self.handshake or answer + accept + b"\r\n\r\n")
        if self.handshake:
            return
        self.writers.append(writer)
        ready = False
        while True:
            opcode, payload = await self._frame(reader)
            if opcode == 8:
                return
            if opcode == 10:
                self.pongs.append(payload)
                continue
            request = json.loads(payload)
            self.methods.append(request["method"])
            ready = ready or request["method"] == "initialize"
            if "id" in request:
                writer.write(frame(json.dumps({"id": request["id"]} | self._answer(request, ready)).encode()))
                await writer.drain()

    def _answer(self, request: dict[str, Any], ready: bool) -> dict[str, Any]:
        params = request.get("params", {})
        match request["method"]:
            case _ if not ready:
                return {"error": {"code": -32600, "message": "Not initialized"}}
            case "initialize":
                assert params["clientInfo"]["name"] == "oc-console"
                return {"result": {"userAgent": "double", "codexHome": "/", "platformOs": "linux"}}
            case "thread/loaded/list":
                return {"result": {"data": list(self.threads), "nextCursor": None}}
            case "thread/read" if params["threadId"] in self.threads:
                folder, status = self.threads[params["threadId"]]
                thread = {"id": params["threadId"], "cwd": folder, "status": status, "preview": "x", "turns": []}
                return {"result": {"thread": thread}}
        return {"error": {"code": -32601, "message": "refused"}}

    async def _frame(self, reader: asyncio.StreamReader) -> tuple[int, bytes]:
        first, second = await reader.readexactly(2)
        assert second & 0x80, "a client masks its frames"
        length = second & 0x7F
        if length == 126:
            (length,) = struct.unpack(">H", await reader.readexactly(2))
        mask = await reader.readexactly(4)
        payload = await reader.readexactly(length)
        return first & 0x0F, bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload))
