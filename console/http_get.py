"""One HTTP request to a service that may hang, drip, lie or send without end; for a thread, not for the event loop.

Beside `console.host` because two rooms need it, and rooms do not import each other.
"""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, urlsplit

from console import __version__
from console.i18n import tr
from console.safety import safe_text

TIMEOUT: Final = 2.0
"""Seconds for connection and whole answer."""
SIZE_LIMIT: Final = 256 * 1024
"""Bytes of an answer that are read."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. A redirect is an answer like any other: nothing is followed."""

    status: int
    kind: str
    """Content type without its parameters."""
    body: bytes
    """At most the limit of the request."""
    whole: bool
    """Whether the body ended within the limit."""
    seconds: float


class _UnixConnection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: str, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path
        self._patience = timeout

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self._patience)
        self.sock.connect(self._path)


def fetch(
    url: str,
    *,
    method: str = "GET",
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    timeout: float = TIMEOUT,
    limit: int = SIZE_LIMIT,
    unix: str = "",
) -> Answer:
    """Ask *url* once; takes up to *timeout* seconds for connecting and as long again for the whole answer.

    Neither redirects nor proxies from the environment are followed. *unix* is the path of a Unix socket to ask instead
    of the host in *url*. Raises OSError (TimeoutError when the time is up), http.client.HTTPException, ValueError
    (not a URL).
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(tr("http://host:port/path is wanted"))
    began = time.monotonic()
    connection = _connection(parts, timeout, unix)
    overdue = threading.Event()
    try:
        connection.connect()
        # The socket's own timeout starts anew with every byte; this one does not.
        timer = threading.Timer(timeout, _cut, (connection.sock, overdue))
        timer.daemon = True
        timer.start()
        try:
            target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            connection.request(
                method, target, body=body, headers={"User-Agent": f"oc-console/{__version__}", **(headers or {})}
            )
            # One that ends with its connection is not closed with it.
            with contextlib.closing(connection.getresponse()) as answer:
                found = answer.read(limit + 1)
        except (OSError, http.client.HTTPException) as error:
            if overdue.is_set():
                raise TimeoutError from error
            raise
        finally:
            timer.cancel()
    finally:
        connection.close()
    if overdue.is_set():
        raise TimeoutError
    promised = _length(answer)
    if len(found) <= limit and promised is not None and len(found) < promised:
        raise http.client.IncompleteRead(found, promised - len(found))  # read(n) itself does not say so
    kind = safe_text(answer.getheader("Content-Type", "").partition(";")[0], limit=60)
    return Answer(answer.status, kind, found[:limit], len(found) <= limit, time.monotonic() - began)


def _connection(parts: SplitResult, timeout: float, unix: str) -> http.client.HTTPConnection:
    if unix:
        return _UnixConnection(unix, timeout)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    return kind(parts.hostname or "", parts.port, timeout=timeout)


def _length(answer: http.client.HTTPResponse) -> int | None:
    text = answer.getheader("Content-Length", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None


def _cut(sock: socket.socket, overdue: threading.Event) -> None:
    overdue.set()
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)


def why_not(error: Exception, timeout: float = TIMEOUT) -> str:
    """One line, safe to draw, for an error of `fetch`."""
    if isinstance(error, ConnectionRefusedError):
        return tr("connection refused")
    if isinstance(error, TimeoutError):
        return tr("no answer within {timeout:g} s", timeout=timeout)
    if isinstance(error, socket.gaierror):
        return tr("host name not found")
    if isinstance(error, ssl.SSLError):
        return tr("no TLS ({reason})", reason=safe_text(error.reason or "", limit=80))
    if isinstance(error, http.client.IncompleteRead):
        return tr("the answer is shorter than it says")
    if isinstance(error, http.client.RemoteDisconnected | ConnectionError):
        return tr("connection closed without an answer")
    if isinstance(error, http.client.HTTPException):
        return tr("the answer is not HTTP")
    reason = (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__
    return safe_text(reason, limit=100)
