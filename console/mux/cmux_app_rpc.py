"""One connection to the socket of the cmux app (``cmux-socket`` version 2): one JSON object per line, one at a time.

Source: cmux 0.63.2 and 0.64.22 (`TerminalController`, `SocketControlSettings`). The server answers a connection's lines
strictly in order, so only one request is under way; what comes late carries the id of a request nobody waits for and
is dropped. Requests are ASCII: 0.63 reads 4,095 bytes at a time and loses the whole chunk when a character is split.

The socket is used directly and not through a transport: 0.63 denies by writing a line and closing before it reads, and
a transport that fails to write throws away what could still be read.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import secrets
import socket
import stat
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from console.i18n import tr
from console.mux.base import MuxError
from console.safety import safe_text

ANSWER_TIMEOUT: Final = 5.0
"""Seconds an answer may take."""
STALL_LIMIT: Final = 20.0
"""Seconds a request may stay unanswered before its connection is given up; stalls of 10 s were measured (#10548)."""
LINE_BYTES: Final = 17 * 1024 * 1024
"""Longest line taken; cmux itself takes 16 MiB."""
_CHUNK: Final = 64 * 1024
_RELAY: Final = re.compile(r"[\w.-]+:\d+")

Frames = Callable[[dict[str, Any] | None], None]
"""Called with each frame of a stream, and once with None when the connection has ended."""


class AppRefused(MuxError):
    """cmux answered this request with an error; `code` is its code, `method_not_found` for example."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code

    @property
    def missing(self) -> bool:
        """This cmux has no such method: the feature is off, nothing is wrong."""
        return self.code in ("method_not_found", "unsupported", "not_supported")


class AppLost(MuxError):
    """There was no answer. `sent` is whether the whole request had gone out, so that it may have been carried out."""

    def __init__(self, text: str, sent: bool = False) -> None:
        super().__init__(text)
        self.sent = sent


class AppSilent(AppLost):
    """The connection lives, the answer did not come in time."""


class AppDenied(AppLost):
    """cmux wrote an ``ERROR:`` line, in whatever language, in place of an answer: this process may not connect."""


def check_socket(path: str) -> None:
    """Make the checks cmux's own client makes before it connects. Raises `MuxError` with that client's words."""
    shown = safe_text(path)
    if _RELAY.fullmatch(path):
        raise MuxError(
            tr("{shown} is the relay of `cmux ssh`; run the console on the machine the cmux app runs on", shown=shown)
        )
    try:
        found = Path(path).stat()
    except FileNotFoundError:
        raise MuxError(tr("Socket not found at {shown}", shown=shown)) from None
    except (OSError, ValueError) as error:
        raise MuxError(f"{shown}: {reason(error)}") from error
    if not stat.S_ISSOCK(found.st_mode):
        raise MuxError(tr("Path exists at {shown} but is not a Unix socket", shown=shown))
    if found.st_uid != os.getuid():
        raise MuxError(
            tr("Socket at {shown} is not owned by the current user; the console does not connect to it", shown=shown)
        )


async def connect_socket(path: str) -> socket.socket:
    """Return a connected, non-blocking socket. Raises `MuxError`."""
    check_socket(path)
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        made.setblocking(False)
        async with asyncio.timeout(ANSWER_TIMEOUT):
            await asyncio.get_running_loop().sock_connect(made, path)
    except (OSError, ValueError) as error:
        made.close()
        text = tr("Failed to connect to socket at {path} ({reason})", path=safe_text(path), reason=reason(error))
        raise MuxError(tr("{text}; is cmux running?", text=text)) from error
    except BaseException:
        made.close()
        raise
    return made


def reason(error: BaseException) -> str:
    """The words of an OS error with its number, as cmux prints them."""
    if isinstance(error, TimeoutError) and not getattr(error, "errno", None):
        return "no answer"
    if isinstance(error, OSError) and error.errno:
        return tr("{strerror}, errno {errno}", strerror=safe_text(error.strerror or ""), errno=error.errno)
    return safe_text(str(error)) or type(error).__name__


class AppRpc:
    """A live connection. When it breaks, waiting calls raise `AppLost` and `lost` says why."""

    def __init__(self, sock: socket.socket, prefix: str = "") -> None:
        self.lost: AppLost | None = None
        self.used_at = time.monotonic()
        """Monotonic seconds of the last byte in either direction."""
        self._sock = sock
        self._prefix = prefix
        self._names = secrets.token_hex(4)
        self._count = 0
        self._buffer = bytearray()
        self._turn = asyncio.Lock()
        self._writing = asyncio.Lock()
        self._waiting: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._late: dict[str, float] = {}
        """Ids whose answers nobody waits for any more, oldest first, and since when (monotonic seconds)."""
        self._probe = ""
        self._caught_up = asyncio.Event()
        self._over = asyncio.Event()
        self._frames: Frames | None = None
        self._task = asyncio.create_task(self._receive(), name="cmux-app-rpc")
        # Not in the task itself: one that is cancelled before its first step runs no line of its own.
        self._task.add_done_callback(lambda _: sock.close())

    @classmethod
    async def connect(cls, path: str, capability: str = "") -> AppRpc:
        """Connect to the socket at *path*; every line is preceded by the *capability* token, if one is given."""
        prefix = f"_cmux_capability_v1 {capability} " if capability else ""
        return cls(await connect_socket(path), prefix)

    async def call(self, method: str, params: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Return the result of *method*. Raises `AppRefused` for cmux's no, `AppLost` when there is no answer."""
        sent = False
        key = ""
        try:
            async with asyncio.timeout(ANSWER_TIMEOUT), self._turn:
                await self._catch_up()
                key = self._next_id()
                answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
                self._waiting[key] = answer
                await self._write(key, method, params or {})
                sent = True
                return await answer
        except TimeoutError as error:
            text = tr(
                "cmux gave no answer to {method} in {answer_timeout:g} s", method=method, answer_timeout=ANSWER_TIMEOUT
            )
            raise AppSilent(
                text if sent else tr("{text}: it is busy with an earlier request", text=text), sent
            ) from error
        finally:
            future = self._waiting.pop(key, None)
            if future is not None and sent and (future.cancelled() or not future.done()):
                self._late[key] = time.monotonic()
            elif future is not None and future.done() and not future.cancelled():
                future.exception()  # told already, if writing was what failed

    async def stream(self, method: str, params: Mapping[str, Any], frames: Frames) -> None:
        """Ask for a stream, which takes the connection over; returns with its first frame. Raises like `call`."""
        self._frames = frames
        await self.call(method, params)

    def abort(self) -> None:
        """Break the connection at once, before the event loop runs again; waiting calls fail."""
        with suppress(OSError):  # cmux was faster
            self._sock.shutdown(socket.SHUT_RDWR)
        self._end(AppLost(tr("the console has let go of cmux")))
        self._task.cancel()

    async def close(self) -> None:
        """Close the connection; idempotent."""
        if not self._task.done():
            self.abort()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _catch_up(self) -> None:
        """Wait until the server is past what was given up: behind that, every request would only queue.

        Answers come in order, so the answer to a ping says that an earlier one will not come any more.
        """
        while self._late and self.lost is None:
            if time.monotonic() - min(self._late.values()) > STALL_LIMIT:
                self._give_up(tr("cmux has not answered for {stall_limit:g} s", stall_limit=STALL_LIMIT))
                break
            if self._probe not in self._late:
                self._probe = self._next_id()
                await self._write(self._probe, "system.ping", {})
                self._late[self._probe] = time.monotonic()
            self._caught_up.clear()
            await self._caught_up.wait()
        if self.lost is not None:
            raise type(self.lost)(str(self.lost))

    def _next_id(self) -> str:
        self._count += 1
        return f"{self._names}-{self._count}"

    def _give_up(self, why: str) -> None:
        with suppress(OSError):  # it has just broken
            self._sock.shutdown(socket.SHUT_RDWR)
        self._end(AppLost(why))

    async def _write(self, key: str, method: str, params: Mapping[str, Any]) -> None:
        request = {"id": key, "method": method, "params": dict(params)}
        line = self._prefix + json.dumps(request, separators=(",", ":")) + "\n"
        try:
            async with self._writing:
                if self.lost is None:
                    await asyncio.get_running_loop().sock_sendall(self._sock, line.encode("ascii"))
        except OSError:
            # A server that closed before it read has left its reason in our receive buffer: read that to the end.
            await self._over.wait()
        except asyncio.CancelledError:
            self._give_up(tr("a request could not be written whole"))  # half a line would swallow the next one
            raise
        if self.lost is not None:
            raise type(self.lost)(str(self.lost))
        self.used_at = time.monotonic()

    async def _receive(self) -> None:
        why = tr("cmux closed the connection")
        loop = asyncio.get_running_loop()
        try:
            while data := await loop.sock_recv(self._sock, _CHUNK):
                self.used_at = time.monotonic()
                self._feed(data)
                if self.lost is not None:
                    break
                await asyncio.sleep(0)  # sock_recv does not wait while there is more: others must run
        except (OSError, ValueError) as error:
            why = tr("the connection to cmux broke: {reason}", reason=reason(error))
        finally:
            self._end(AppLost(why))
            with suppress(OSError):  # the other side was faster
                self._sock.shutdown(socket.SHUT_RDWR)
            async with self._writing:  # a writer still has the descriptor in the event loop's hands
                pass

    def _feed(self, data: bytes) -> None:
        scanned = len(self._buffer)
        self._buffer += data
        while (end := self._buffer.find(b"\n", scanned)) >= 0:
            line = bytes(self._buffer[:end])
            del self._buffer[: end + 1]
            scanned = 0
            self._line(line)
        if len(self._buffer) > LINE_BYTES:
            raise ValueError(tr("a line longer than {line_bytes} bytes", line_bytes=LINE_BYTES))

    def _line(self, line: bytes) -> None:
        text = line.decode("utf-8", "replace").strip()
        if text.startswith("ERROR:"):
            self._end(AppDenied(tr("cmux says: {text}", text=safe_text(text, limit=300))))
        elif text.startswith("{"):
            try:
                message = json.loads(text)
            except (ValueError, RecursionError):
                return  # a torn line; who waits for it will say so
            if isinstance(message, dict):
                self._message(message)
        # Anything else is a status line of the old text protocol, which some releases let slip in between.

    def _message(self, message: dict[str, Any]) -> None:
        key = message.get("id")
        if self._frames is not None and isinstance(message.get("type"), str):
            for future in self._waiting.values():
                if not future.done():
                    future.set_result({})
            self._frames(message)
        elif isinstance(key, str) and key in self._waiting:
            self._settle(self._waiting[key], message)
        elif isinstance(key, str) and key in self._late:
            for earlier in list(self._late):
                del self._late[earlier]
                if earlier == key:
                    break
            self._caught_up.set()
        elif message.get("id") is None and message.get("ok") is False and not self._late:
            # A line that cmux could not read is answered without an id; only one request is under way.
            for future in self._waiting.values():
                self._settle(future, message)

    def _settle(self, future: asyncio.Future[dict[str, Any]], message: dict[str, Any]) -> None:
        if future.done():
            return
        result = message.get("result")
        if message.get("ok") is True:
            future.set_result(result if isinstance(result, dict) else {})
            return
        error = message.get("error")
        fields = error if isinstance(error, dict) else {}
        code = safe_text(str(fields.get("code") or "error"), limit=60)
        text = safe_text(str(fields.get("message") or "refused"), limit=300)
        future.set_exception(AppRefused(code, tr("cmux: {text} ({code})", text=text, code=code)))

    def _end(self, why: AppLost) -> None:
        if self.lost is not None:
            return
        self.lost = why
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(type(why)(str(why), sent=True))
        self._caught_up.set()
        self._over.set()
        frames, self._frames = self._frames, None
        if frames is not None:
            frames(None)
