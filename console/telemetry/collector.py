"""Asks an OpenTelemetry collector for its health."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import socket
import ssl
import threading
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Final
from urllib.parse import SplitResult, urlsplit

from console import __version__
from console.host import in_thread
from console.model.reading import CollectorRead
from console.model.telemetry import Collector, CollectorState
from console.safety import safe_text
from console.telemetry.health import read_health

TIMEOUT: Final = 2.0
"""Seconds for connection and whole answer."""
SIZE_LIMIT: Final = 256 * 1024
"""Bytes of an answer that are read."""

_LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")


async def watch_collector(url: str, every: float = 10.0) -> AsyncIterator[CollectorRead]:
    """Yield the health told by *url* now and *every* so many seconds. Never raises."""
    source = safe_text(url, limit=200)
    while True:
        collector = await in_thread(lambda: probe(url))
        yield CollectorRead(time.time(), source, collector)
        await asyncio.sleep(every)


def probe(url: str) -> Collector:
    """GET *url* once and return what it says; takes up to `TIMEOUT` seconds. Never raises.

    Neither redirects nor proxies from the environment are followed. Refused or silent is down; an answer that is no
    health document is unknown.
    """
    asked = f"GET {safe_text(url, limit=200)}"
    try:
        parts = urlsplit(url)
        endpoint = _endpoint(parts)
    except ValueError as error:
        return Collector(CollectorState.UNKNOWN, f"{asked}: not a URL ({safe_text(str(error), limit=80)})")
    try:
        status, kind, body = _get(parts)
    except (OSError, http.client.HTTPException, ValueError) as error:
        state, why = _failure(error)
        return Collector(state, f"{asked}: {why}", endpoint)
    found = read_health(body, status, time.time()) if status < 300 or status >= 500 else None
    if found is not None:
        return replace(found, evidence=f"{asked} {status} {found.evidence}".rstrip(), endpoint=endpoint)
    if status >= 500:
        return Collector(CollectorState.DEGRADED, f"{asked} {status}", endpoint)
    if status >= 300:
        why = "a redirect, not followed" if status < 400 else "no health document there"
        return Collector(CollectorState.UNKNOWN, f"{asked} {status}: {why}; check collector.url", endpoint)
    return Collector(CollectorState.UNKNOWN, f"{asked} {status}: {kind or 'answer'} is no health document", endpoint)


def _endpoint(parts: SplitResult) -> str:
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("http://host:port/path is wanted")
    port = parts.port or (443 if parts.scheme == "https" else 80)
    host = "" if parts.hostname in _LOOPBACK else safe_text(parts.hostname, limit=100)
    return f"{host}:{port}"


def _get(parts: SplitResult) -> tuple[int, str, bytes]:
    """Return (status, content type, body). Raises OSError, HTTPException, ValueError."""
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=TIMEOUT)
    overdue = threading.Event()
    try:
        connection.connect()
        # The socket's own timeout starts anew with every byte; this one does not.
        timer = threading.Timer(TIMEOUT, _cut, (connection.sock, overdue))
        timer.daemon = True
        timer.start()
        try:
            target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            connection.request("GET", target, headers={"User-Agent": f"oc-console/{__version__}"})
            answer = connection.getresponse()
            body = answer.read(SIZE_LIMIT + 1)
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
    if len(body) > SIZE_LIMIT:
        raise ValueError(f"answer larger than {SIZE_LIMIT >> 10} kB")
    return answer.status, safe_text(answer.getheader("Content-Type", "").partition(";")[0], limit=60), body


def _cut(sock: socket.socket, overdue: threading.Event) -> None:
    overdue.set()
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)


def _failure(error: Exception) -> tuple[CollectorState, str]:
    if isinstance(error, ConnectionRefusedError):
        return CollectorState.DOWN, "connection refused"
    if isinstance(error, TimeoutError):
        return CollectorState.DOWN, f"no answer within {TIMEOUT:g} s"
    if isinstance(error, socket.gaierror):
        return CollectorState.UNKNOWN, "host name not found; check collector.url"
    if isinstance(error, ssl.SSLError):
        return CollectorState.UNKNOWN, f"no TLS ({safe_text(error.reason or '', limit=80)}); check collector.url"
    if isinstance(error, http.client.RemoteDisconnected | ConnectionError):
        return CollectorState.DOWN, "connection closed without an answer"
    if isinstance(error, http.client.HTTPException):
        return CollectorState.UNKNOWN, "the answer is not HTTP; check collector.url"
    reason = (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__
    return CollectorState.UNKNOWN, safe_text(reason, limit=100)
