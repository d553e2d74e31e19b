"""One connection to a cmux-tui daemon: requests, replies and streams of `cmux.protocol/2`.

Source: the operation catalogue inside the program of the `cmux` 0.13.4 wheel, and a live daemon. One JSON object per
line on a unix socket. Replies carry the request's id and may come in any order; a stream's items carry its stream id.
At most 64 streams are open per connection (the daemon's own error says ``limit: 64``).
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import stat
import uuid
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from console.i18n import tr
from console.mux.base import MuxError
from console.safety import safe_text

PROTOCOL: Final = "cmux.protocol/2"
ANSWER_TIMEOUT: Final = 5.0
"""Seconds a reply may take."""
LINE_BYTES: Final = 16 * 1024 * 1024
"""Longest line taken from the daemon; a longer one ends the connection."""
STREAM_LIMIT: Final = 64

StreamHandler = Callable[[dict[str, Any] | None], None]
"""Called with each item of a stream, and once with None when the stream has ended."""


def _check(path: str) -> None:
    """Nothing is said to a socket that somebody else has put there. What is not there, connecting tells."""
    with suppress(OSError, ValueError):
        found = Path(path).stat()
        if not stat.S_ISSOCK(found.st_mode):
            raise MuxError(tr("cmux daemon at {path}: not a Unix socket; take the file away", path=safe_text(path)))
        if found.st_uid != os.getuid():
            raise MuxError(
                tr("cmux daemon at {path}: not owned by the current user; not connected to", path=safe_text(path))
            )


class CmuxRefused(MuxError):
    """The daemon answered with an error; `code` is its code, for example ``selector.not_found``."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


class CmuxRpc:
    """A live connection. When it breaks, every waiting call raises `MuxError` and `lost` says why."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._waiting: dict[str, asyncio.Future[Any]] = {}
        self._streams: dict[str, StreamHandler] = {}
        self._sent = 0
        self.lost: str = ""
        """Why the connection is gone; empty while it lives."""
        self.on_lost: Callable[[], None] = lambda: None
        self._task = asyncio.create_task(self._receive(), name="cmux-rpc")

    @classmethod
    async def connect(cls, path: str) -> CmuxRpc:
        """Connect to the socket at *path*. Raises `MuxError`, also for what is no socket or another user's."""
        _check(path)
        try:
            async with asyncio.timeout(ANSWER_TIMEOUT):
                reader, writer = await asyncio.open_unix_connection(path, limit=LINE_BYTES)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error) or "no answer"
            raise MuxError(
                tr("cmux daemon at {path}: {reason}", path=safe_text(path), reason=safe_text(reason))
            ) from error
        return cls(reader, writer)

    async def call(self, operation: str, *, mutation: bool = False, **params: Any) -> Any:
        """Return the result of *operation*. Raises `CmuxRefused` for the daemon's no, `MuxError` when it is gone."""
        if self.lost:
            raise MuxError(self.lost)
        self._sent += 1
        key = f"r{self._sent}"
        request = {
            "protocol": PROTOCOL,
            "type": "request",
            "id": key,
            "operation": operation,
            "params": {"machine": "current", "session": "current", **params},
        }
        if mutation:
            request["idempotency_key"] = uuid.uuid4().hex
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting[key] = answer
        try:
            self._writer.write(json.dumps(request).encode() + b"\n")
            async with asyncio.timeout(ANSWER_TIMEOUT):
                return await answer
        except TimeoutError as error:
            if mutation:
                told = tr(
                    "cmux daemon gave no answer to {operation} in {seconds:g} s; "
                    "it may have been done all the same, look before you repeat it",
                    operation=operation,
                    seconds=ANSWER_TIMEOUT,
                )
            else:
                told = tr(
                    "cmux daemon gave no answer to {operation} in {seconds:g} s",
                    operation=operation,
                    seconds=ANSWER_TIMEOUT,
                )
            raise MuxError(told) from error
        finally:
            self._waiting.pop(key, None)

    async def open_stream(self, operation: str, handler: StreamHandler, **params: Any) -> str:
        """Open a stream, give its items to *handler*, return its id. Raises like `call`."""
        if len(self._streams) >= STREAM_LIMIT:
            raise CmuxRefused(
                "stream.limit", tr("cmux allows {stream_limit} streams on one connection", stream_limit=STREAM_LIMIT)
            )
        stream = f"stream_{uuid.uuid4().hex}"
        self._streams[stream] = handler
        try:
            await self.call(operation, stream_id=stream, **params)
        except MuxError:
            self._streams.pop(stream, None)
            raise
        return stream

    async def close_stream(self, stream: str) -> None:
        """Cancel a stream; one that has ended already is fine. Raises `MuxError` when the daemon is gone."""
        if self._streams.pop(stream, None) is not None:
            await self.call("stream.cancel", stream=stream)

    @property
    def streams(self) -> int:
        """How many streams are open."""
        return len(self._streams)

    def abort(self) -> None:
        """Break the connection at once, before the event loop runs again; waiting calls fail."""
        with suppress(OSError):  # the daemon was faster
            self._writer.get_extra_info("socket").shutdown(socket.SHUT_RDWR)
        self._end(tr("cmux connection let go"))
        self._task.cancel()

    async def close(self) -> None:
        """Close the connection; idempotent."""
        self._end(tr("cmux connection closed"))
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _receive(self) -> None:
        why = tr("cmux daemon closed the connection")
        try:
            while line := await self._reader.readline():
                self._dispatch(line)
        except (OSError, ValueError) as error:
            why = tr("cmux connection broke: {error}", error=safe_text(str(error)))
        finally:
            self._end(why)

    def _dispatch(self, line: bytes) -> None:
        message = json.loads(line)
        if not isinstance(message, dict):
            raise ValueError(tr("a line is not a JSON object"))
        match message.get("type"):
            case "response":
                self._answer(message)
            case "stream_item":
                handler = self._streams.get(str(message.get("stream_id")))
                item = message.get("item")
                if handler is not None and isinstance(item, dict):
                    handler(item)
            case "stream_end":
                handler = self._streams.pop(str(message.get("stream_id")), None)
                if handler is not None:
                    handler(None)
            case _:
                return

    def _answer(self, message: dict[str, Any]) -> None:
        future = self._waiting.get(str(message.get("id")))
        if future is None or future.done():
            return
        if message.get("ok") is True:
            future.set_result(message.get("result"))
            return
        error = message.get("error")
        fields = error if isinstance(error, dict) else {}
        code = safe_text(str(fields.get("code", "error")))
        future.set_exception(
            CmuxRefused(
                code, tr("cmux: {get} ({code})", get=safe_text(str(fields.get("message", "refused"))), code=code)
            )
        )

    def _end(self, why: str) -> None:
        if self.lost:
            return
        self.lost = why
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(MuxError(why))
        handlers, self._streams = list(self._streams.values()), {}
        for handler in handlers:
            handler(None)
        self._writer.close()
        self.on_lost()
