"""The empty export: a question every OTLP/HTTP receiver answers, and that leaves nothing behind.

A request without data SHOULD succeed (opentelemetry-proto, docs/specification.md). It is sent as protobuf, of which
zero bytes are a whole message; some receivers take no JSON.
"""

from __future__ import annotations

import json
from typing import Final

from console.http_get import Answer
from console.i18n import mark, tr
from console.model.telemetry import Collector, CollectorState
from console.safety import safe_text

PROTOBUF: Final = "application/x-protobuf"
PATHS: Final = ("/v1/traces", "/v1/logs", "/v1/metrics")
"""A receiver has only those of its pipelines (opentelemetry-collector, receiver/otlpreceiver)."""

_TAKES_ANY: Final = mark("takes data")
_TAKES: Final = {
    "/v1/traces": mark("takes spans"),
    "/v1/logs": mark("takes logs"),
    "/v1/metrics": mark("takes metrics"),
}
_MESSAGE_LIMIT: Final = 160


def read_export(answer: Answer, path: str) -> Collector:
    """What the answer to an empty export at *path* says. Only a true export response is up, whatever its status."""
    up, degraded, unknown = CollectorState.UP, CollectorState.DEGRADED, CollectorState.UNKNOWN
    if answer.status != 200:
        words = {404: tr("no OTLP receiver there"), 405: tr("no OTLP receiver there"), 415: tr("takes no protobuf"),
                 401: tr("asks who you are"), 403: tr("refuses you"), 429: tr("takes no more just now")}  # fmt: skip
        if answer.status >= 500 or answer.status == 429:
            return Collector(degraded, words.get(answer.status, tr("takes no data now")))
        return Collector(unknown, words.get(answer.status, tr("no export response")))
    found = _partial(answer)
    if found is None:
        return Collector(
            unknown, tr("{kind} is no export response", kind=answer.kind or tr("an answer without a type"))
        )
    rejected, message = found
    text = safe_text(message, limit=_MESSAGE_LIMIT)
    if rejected:
        return Collector(
            degraded, tr("rejects {rejected:,} of nothing", rejected=rejected), reason=text or tr("rejects data")
        )
    takes = tr(next((words for end, words in _TAKES.items() if path.endswith(end)), _TAKES_ANY))
    return Collector(up, tr("{takes}, but says: {text}", takes=takes, text=text) if text else takes)


def _partial(answer: Answer) -> tuple[int, str] | None:
    """(Rejected, message) of an ``Export…ServiceResponse``; None when it is none."""
    if answer.kind.lower() == PROTOBUF:
        return _decoded(answer.body)
    if answer.kind.lower() == "application/json":
        try:
            document = json.loads(answer.body.decode("utf-8") or "{}")
        except (ValueError, RecursionError):
            return None
        if not isinstance(document, dict) or set(document) - {"partialSuccess", "partial_success"}:
            return None
        return _said(next(iter(document.values()), None))
    return None


def _decoded(body: bytes) -> tuple[int, str] | None:
    rejected, texts = 0, list[str]()
    for number, partial in _fields(body) or ([] if not body else [(0, 0)]):
        inner = _fields(partial) if number == 1 and isinstance(partial, bytes) else None
        if inner is None:
            return None
        for part, value in inner:
            if part == 1 and isinstance(value, int):
                rejected += value
            elif part == 2 and isinstance(value, bytes):
                texts.append(value.decode("utf-8", "replace"))
            else:
                return None
    return rejected, " ".join(texts)


def _said(partial: object) -> tuple[int, str] | None:
    if partial is None:
        return 0, ""
    if not isinstance(partial, dict):
        return None
    rejected, message = 0, ""
    for key, value in partial.items():
        plain = key.replace("_", "").casefold()
        if plain.startswith("rejected"):
            text = str(value).strip()[:20]  # int64 is a string in JSON
            rejected = int(text) if text.isascii() and text.isdigit() else 1
        elif plain == "errormessage" and isinstance(value, str):
            message = value
    return rejected, message


def _fields(data: bytes) -> list[tuple[int, int | bytes]] | None:
    """(Number, value) of the fields of a protobuf message: varints and byte strings; None when it is no message."""
    found: list[tuple[int, int | bytes]] = []
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        if at < 0 or tag >> 3 == 0 or len(found) > 100:
            return None
        value, at = _varint(data, at)
        if at < 0 or tag & 7 not in (0, 2):
            return None
        if tag & 7 == 0:
            found.append((tag >> 3, value))
            continue
        if value > len(data) - at:
            return None
        found.append((tag >> 3, data[at : at + value]))
        at += value
    return found


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """(Value, place after it); the place is -1 when there is none."""
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(data):
            break
        value |= (data[at] & 0x7F) << shift
        at += 1
        if not data[at - 1] & 0x80:
            return value, at
    return 0, -1
