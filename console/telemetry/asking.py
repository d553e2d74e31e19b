"""One question to an HTTP server that may be slow, wrong or hostile."""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import threading
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, urlsplit

from console import __version__
from console.model.telemetry import CollectorState
from console.safety import safe_text

SIZE_LIMIT: Final = 256 * 1024
"""Bytes of a health document that are read."""
METRICS_LIMIT: Final = 4 * 1024 * 1024
"""Bytes of an answer with metrics that are read."""

_LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said."""

    status: int
    kind: str
    """Content type without its parameters, lower case; safe to draw."""
    body: bytes


def split(url: str) -> SplitResult:
    """*url* in parts. Raises ValueError unless it is http(s) with a host and a possible port."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.port == 0:
        raise ValueError("http://host:port/path is wanted")
    return parts


def shown(url: str) -> str:
    """*url* for people: without a password, and nothing in it is obeyed by a terminal."""
    scheme, sign, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    return safe_text(f"{scheme}{sign}{host.rpartition('@')[2]}{slash}{path}", limit=200)


def endpoint(parts: SplitResult) -> str:
    """Host and port for people; the host is left out where it is this machine."""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    host = "" if parts.hostname in _LOOPBACK else safe_text(parts.hostname or "", limit=100)
    return f"{host}:{port}"


def ask(parts: SplitResult, timeout: float, *, post: str = "", limit: int = SIZE_LIMIT) -> Answer:
    """GET *parts* once, or POST nothing at all as content type *post*. Takes up to *timeout* seconds once connected.

    Neither redirects nor proxies from the environment are followed. Raises OSError, HTTPException or ValueError.
    """
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=timeout)
    overdue = threading.Event()
    try:
        connection.connect()
        # The socket's own timeout starts anew with every byte; this one does not.
        timer = threading.Timer(timeout, _cut, (connection.sock, overdue))
        timer.daemon = True
        timer.start()
        try:
            target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            headers = {"User-Agent": f"oc-console/{__version__}", "Accept": "application/json, text/plain, */*"}
            if post:
                connection.request("POST", target, body=b"", headers={**headers, "Content-Type": post, "Accept": post})
            else:
                connection.request("GET", target, headers=headers)
            answer = connection.getresponse()
            body = answer.read(limit + 1)
        except (OSError, http.client.HTTPException, ValueError) as error:
            if overdue.is_set():
                raise TimeoutError from error
            raise
        finally:
            timer.cancel()
    finally:
        connection.close()
    if overdue.is_set():
        raise TimeoutError
    if len(body) > limit:
        raise ValueError(f"answer larger than {limit >> 10} kB")
    said = answer.getheader("Content-Type", "").partition(";")[0].strip().lower()
    return Answer(answer.status, safe_text(said, limit=60), body)


def _cut(sock: socket.socket, overdue: threading.Event) -> None:
    overdue.set()
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)


def failure(error: Exception, timeout: float, key: str) -> tuple[CollectorState, str]:
    """What an error of `ask` says of the collector; *key* of the configuration names the place to look at."""
    if isinstance(error, ConnectionRefusedError):
        return CollectorState.DOWN, "connection refused"
    if isinstance(error, TimeoutError):
        return CollectorState.DOWN, f"no answer within {timeout:g} s"
    if isinstance(error, socket.gaierror):
        return CollectorState.UNKNOWN, f"host name not found; check {key}"
    if isinstance(error, ssl.SSLError):
        return CollectorState.UNKNOWN, f"no TLS ({safe_text(error.reason or '', limit=80)}); check {key}"
    if isinstance(error, http.client.RemoteDisconnected | ConnectionError):
        return CollectorState.DOWN, "connection closed without an answer"
    if isinstance(error, http.client.HTTPException):
        return CollectorState.UNKNOWN, f"the answer is not HTTP; check {key}"
    reason = (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__
    return CollectorState.UNKNOWN, safe_text(reason, limit=100)
