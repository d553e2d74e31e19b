"""One GET over HTTP, bounded in time and size; no redirects, no proxies from the environment."""

from __future__ import annotations

import contextlib
import http.client
import socket
import threading
from typing import Final
from urllib.parse import urlsplit

from console import __version__
from console.safety import safe_text

SIZE_LIMIT: Final = 4 * 1024 * 1024
"""Bytes of an answer that are read."""


class FetchError(Exception):
    """There is no usable answer; the text says why, for people."""


def get(url: str, timeout: float) -> bytes:
    """Return the body of a 200 answer. Takes up to *timeout* seconds for each of connecting and answering.

    Raises `FetchError` for everything else. Credentials in a URL are not sent.
    """
    try:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise FetchError("is not an http(s) URL")
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        connection = kind(parts.hostname, parts.port, timeout=timeout)
    except (ValueError, http.client.HTTPException) as error:
        raise FetchError(safe_text(str(error), limit=100)) from error
    overdue = threading.Event()
    timer: threading.Timer | None = None
    try:
        connection.connect()
        # The socket's own timeout starts anew with every byte; this one does not.
        timer = threading.Timer(timeout, _cut, (connection.sock, overdue))
        timer.daemon = True
        timer.start()
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("GET", target, headers={"User-Agent": f"oc-console/{__version__}"})
        # An answer that ends with its connection is not closed with it.
        with contextlib.closing(connection.getresponse()) as answer:
            body = answer.read(SIZE_LIMIT + 1)
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise FetchError(_why(error, timeout, overdue.is_set())) from error
    finally:
        if timer is not None:
            timer.cancel()
        connection.close()
    if overdue.is_set():
        raise FetchError(f"no whole answer within {timeout:g} s")
    if len(body) > SIZE_LIMIT:
        raise FetchError(f"the answer is larger than {SIZE_LIMIT >> 20} MiB")
    if answer.status != 200:
        raise FetchError(f"answers {answer.status}{', a redirect, not followed' if 300 <= answer.status < 400 else ''}")
    return body


def _cut(sock: socket.socket, overdue: threading.Event) -> None:
    overdue.set()
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)


def _why(error: Exception, timeout: float, overdue: bool) -> str:
    if overdue or isinstance(error, TimeoutError):
        return f"no answer within {timeout:g} s"
    if isinstance(error, ConnectionRefusedError):
        return "connection refused"
    if isinstance(error, http.client.RemoteDisconnected | ConnectionError):
        return "connection closed without an answer"
    if isinstance(error, http.client.HTTPException):
        return "the answer is not HTTP"
    reason = (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__
    return safe_text(reason, limit=100)
