"""Is there a receiver for our spans? For ``doctor``: nothing is sent that would be kept."""

from __future__ import annotations

import http.client
import importlib.util
from typing import Final
from urllib.parse import urlsplit

from console import __version__
from console.i18n import tr
from console.safety import safe_text
from console.telemetry.spans import MISSING
from console.telemetry.trace import Tracer

PACKAGES: Final = ("opentelemetry.sdk", "opentelemetry.exporter.otlp.proto.http", "requests")


def problem(url: str, timeout: float = 2.0) -> str:
    """Why spans would not arrive at *url*; empty when they would. Blocks up to *timeout* seconds or two. Never raises.

    An export of nothing: the OTLP specification wants success for it, and nothing is kept (tried with rotel).
    """
    tracer = Tracer(url)
    if not tracer.enabled:
        return tracer.problem
    if not all(map(_installed, PACKAGES)):
        return tr(MISSING)
    told = safe_text(tracer.shown, limit=200)
    try:
        status = _post(tracer.url, timeout)
    except (OSError, http.client.HTTPException, ValueError) as error:
        return tr(
            "nobody takes spans at {told} ({error})",
            told=told,
            error=safe_text(str(error) or type(error).__name__, limit=120),
        )
    if status != 200:
        return tr("{told} answers {status}, not 200; it is no OTLP/HTTP receiver of traces", told=told, status=status)
    return ""


def _post(url: str, timeout: float) -> int:
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=timeout)
    try:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        headers = {"Content-Type": "application/x-protobuf", "User-Agent": f"oc-console/{__version__}"}
        connection.request("POST", target, b"", headers)
        return connection.getresponse().status
    finally:
        connection.close()


def _installed(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except (ModuleNotFoundError, ValueError):
        return False
