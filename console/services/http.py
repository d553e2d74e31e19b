"""HTTP checks: the status of an answer, a value in its JSON, and how long it took."""

from __future__ import annotations

import http.client
import json
import math
import socket
import ssl
import time
from collections.abc import Sequence
from typing import Final

from console.config import ServiceConfig
from console.http_get import SIZE_LIMIT, Answer, fetch, why_not
from console.i18n import tr
from console.model.service import Observation, Service, State
from console.model.service_rows import row
from console.safety import safe_text
from console.services.base import Batch, Hanging

KIND: Final = "http"
_GOOD: Final = (
    "ok", "up", "healthy", "pass", "passing", "green", "true", "ready", "running", "alive", "available", "serving",
    "success", "정상",
)  # fmt: skip
_BAD: Final = (
    "down", "fail", "failed", "failing", "error", "unhealthy", "critical", "red", "false", "dead", "stopped",
    "degraded", "중단", "실패",
)  # fmt: skip


class Http(Batch):
    """One URL."""

    kind = KIND

    def __init__(self, specs: Sequence[ServiceConfig]) -> None:
        super().__init__(specs[:1])
        self._thread = Hanging()

    async def look(self) -> Sequence[Service]:
        """See `Batch`."""
        [spec], [what] = self.specs, self.watched
        seen = await self._thread.run(lambda: probe(spec))
        return (row(what, seen, time.time()),)


def probe(spec: ServiceConfig) -> Observation:
    """Ask once; takes up to twice the timeout. Never raises. A redirect is not followed."""
    # Half for the connection and half for the answer: together they stay within what was given.
    patience = spec.timeout / 2
    try:
        answer = fetch(spec.http, timeout=patience)
    except ConnectionRefusedError:
        return Observation(State.ABSENT, tr("connection refused: nobody listens there"))
    except (socket.gaierror, ssl.SSLError) as error:
        return _unclear(tr("{why}; check the URL", why=why_not(error, patience)))
    except (OSError, http.client.HTTPException, ValueError) as error:
        return Observation(State.FAILED, why_not(error, patience))
    wrong = _wrong_status(spec, answer)
    if wrong is not None:
        return wrong
    if not spec.field:
        kind = f" {answer.kind}" if answer.kind else ""
        return Observation(State.UP, f"{answer.status}{kind}", latency=answer.seconds, size=len(answer.body))
    return _value(spec, answer)


def _wrong_status(spec: ServiceConfig, answer: Answer) -> Observation | None:
    if answer.status == spec.status or (not spec.status and 200 <= answer.status < 300):
        return None
    if not spec.status and 300 <= answer.status < 400:
        return _unclear(
            tr("{status}: a redirect, not followed; write where it leads, or status: {status}", status=answer.status)
        )
    told = f"{answer.status}"
    if spec.status:
        told = tr("{seen}, {wanted} is wanted", seen=told, wanted=spec.status)
    return Observation(State.FAILED, told, latency=answer.seconds)


def _value(spec: ServiceConfig, answer: Answer) -> Observation:
    """Judge the value of the JSON document that was asked for."""
    name = safe_text(spec.field, limit=60)
    if not answer.whole:
        return _unclear(
            tr(
                "{status}: the answer is larger than {limit} kB; {name} is not looked for",
                status=answer.status,
                limit=SIZE_LIMIT >> 10,
                name=name,
            )
        )
    try:
        found = _at(json.loads(answer.body.decode("utf-8-sig")), spec.field)
    except (ValueError, RecursionError):
        return Observation(
            State.FAILED,
            tr("{status}: {kind} is no JSON", status=answer.status, kind=answer.kind or tr("the answer")),
            latency=answer.seconds,
        )
    except LookupError:
        return _unclear(tr("{status}: there is no {name} in the answer; check field", status=answer.status, name=name))
    text = found if isinstance(found, str) else json.dumps(found, ensure_ascii=False)[:80]
    told = f"{answer.status} {name}={safe_text(text, limit=60)}"
    word = text.strip().casefold()
    if spec.equals:
        state = State.UP if word == spec.equals.strip().casefold() else State.FAILED
        if state is not State.UP:
            told = tr("{seen}, {wanted} is wanted", seen=told, wanted=safe_text(spec.equals, limit=40))
    elif word in _GOOD or _number(found):
        state = State.UP
    elif word in _BAD or found is None:
        state = State.FAILED
    else:
        return _unclear(tr("{told}: is that good? write what it should be as equals", told=told))
    return Observation(state, told, latency=answer.seconds)


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _at(document: object, path: str) -> object:
    """The value at ``a.b.0.c``. Raises LookupError."""
    for part in path.split("."):
        if isinstance(document, dict):
            document = document[part]
        elif isinstance(document, list) and part.isascii() and part.isdigit() and len(part) < 9:
            document = document[int(part)]
        else:
            raise LookupError(part)
    return document


def _unclear(why: str) -> Observation:
    return Observation(State.UNKNOWN, why, error=why)
