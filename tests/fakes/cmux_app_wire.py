"""Lines of the app's socket, read and written as the app does: Foundation's JSON, replies with or without an id."""

from __future__ import annotations

import json
from random import Random
from typing import Any, Final

Json = dict[str, Any]


class MethodError(Exception):
    """A v2 error reply."""

    def __init__(self, code: str, message: str, data: Json | None = None) -> None:
        super().__init__(message)
        self.code, self.message, self.data = code, message, data


class Malformed(Exception):
    """A line that is no request; the reply has no ``id`` key."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


MISSING: Final = object()


def parse(line: str) -> Json:
    """Read one v2 line. Raises `Malformed`."""
    try:
        value = json.loads(line, parse_constant=_refuse)
        json.dumps(value, ensure_ascii=False).encode()  # Foundation refuses a lone surrogate
    except (ValueError, RecursionError):
        raise Malformed("parse_error", "Invalid JSON") from None
    if not isinstance(value, dict):
        raise Malformed("invalid_request", "Expected JSON object")
    return value


def _refuse(name: str) -> object:
    raise ValueError(name)


def encode(value: Json, order: Random) -> bytes:
    """One line as Foundation writes it: compact, keys in any order, ``/`` as ``\\/``, UTF-8 unescaped."""
    text = json.dumps(shuffled(value, order), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.replace("/", "\\/").encode("utf-8", "replace") + b"\n"


def shuffled(value: Any, order: Random) -> Any:
    """*value* with the keys of every object in an order of *order*'s choice."""
    if isinstance(value, dict):
        keys = list(value)
        order.shuffle(keys)
        return {key: shuffled(value[key], order) for key in keys}
    if isinstance(value, list):
        return [shuffled(item, order) for item in value]
    return value


def success(id_: Any, result: Json) -> Json:
    """A good reply."""
    return {"id": id_, "ok": True, "result": result}


def failure(id_: Any, error: MethodError | Malformed) -> Json:
    """A bad reply; a malformed line gets no id."""
    body: Json = {"code": error.code, "message": error.message}
    if isinstance(error, Malformed):
        return {"ok": False, "error": body}
    if error.data is not None:
        body["data"] = error.data
    return {"id": id_, "ok": False, "error": body}
