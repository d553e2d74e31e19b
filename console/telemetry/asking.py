"""How a collector is asked, and what it says of it when there is no answer."""

from __future__ import annotations

import http.client
import socket
import ssl
from typing import Final
from urllib.parse import SplitResult, urlsplit

from console.http_get import SIZE_LIMIT, Answer, fetch, why_not
from console.i18n import tr
from console.model.telemetry import CollectorState
from console.safety import safe_text

METRICS_LIMIT: Final = 4 * 1024 * 1024
"""Bytes of an answer with metrics that are read."""

_LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")


def split(url: str) -> SplitResult:
    """*url* in parts. Raises ValueError unless it is http(s) with a host and a possible port."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.port == 0:
        raise ValueError(tr("http://host:port/path is wanted"))
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


def ask(url: str, timeout: float, *, post: str = "", limit: int = SIZE_LIMIT) -> Answer:
    """GET *url* once, or POST nothing at all as content type *post*; for a thread.

    Raises OSError, HTTPException or ValueError, the last also when the answer is larger than *limit* bytes.
    """
    if post:
        headers = {"Content-Type": post, "Accept": post}
        answer = fetch(url, method="POST", body=b"", headers=headers, timeout=timeout, limit=limit)
    else:
        answer = fetch(url, headers={"Accept": "application/json, text/plain, */*"}, timeout=timeout, limit=limit)
    if not answer.whole:
        raise ValueError(tr("answer larger than {limit} kB", limit=limit >> 10))
    return answer


def failure(error: Exception, timeout: float, key: str) -> tuple[CollectorState, str]:
    """What an error of `ask` says of the collector; *key* of the configuration names the place to look at."""
    why = why_not(error, timeout)
    if isinstance(error, http.client.RemoteDisconnected):
        return CollectorState.DOWN, why
    if isinstance(error, socket.gaierror | ssl.SSLError | http.client.HTTPException):
        return CollectorState.UNKNOWN, tr("{why}; check {key}", why=why, key=key)
    if isinstance(error, TimeoutError | ConnectionError):
        return CollectorState.DOWN, why
    return CollectorState.UNKNOWN, why
