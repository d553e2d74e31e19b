"""Asks an OpenTelemetry collector for its health."""

from __future__ import annotations

import asyncio
import http.client
import socket
import ssl
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Final
from urllib.parse import SplitResult, urlsplit

from console.host import in_thread
from console.http_get import SIZE_LIMIT, fetch, why_not
from console.model.reading import CollectorRead
from console.model.telemetry import Collector, CollectorState
from console.safety import safe_text
from console.telemetry.health import read_health

TIMEOUT: Final = 2.0
"""Seconds for connection and whole answer."""

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
        answer = fetch(url, timeout=TIMEOUT)
        if not answer.whole:
            raise ValueError(f"answer larger than {SIZE_LIMIT >> 10} kB")
    except (OSError, http.client.HTTPException, ValueError) as error:
        state, why = _failure(error)
        return Collector(state, f"{asked}: {why}", endpoint)
    status, kind = answer.status, answer.kind
    found = read_health(answer.body, status, time.time()) if status < 300 or status >= 500 else None
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


def _failure(error: Exception) -> tuple[CollectorState, str]:
    why = why_not(error, TIMEOUT)
    if isinstance(error, socket.gaierror | ssl.SSLError) or why == "the answer is not HTTP":
        return CollectorState.UNKNOWN, f"{why}; check collector.url"
    silent = isinstance(error, ConnectionError | TimeoutError | http.client.RemoteDisconnected)
    return (CollectorState.DOWN if silent else CollectorState.UNKNOWN), why
