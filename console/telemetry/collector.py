"""Asks an OpenTelemetry collector how it is: up to four questions, and one answer made of what they bring.

In this order: its own health document (`url`), its internal metrics (`metrics_url`), its health_check extension
(`health_check_url`), and, where none of them tells, an empty export (`otlp_url`, or the host of `url`).
"""

from __future__ import annotations

import asyncio
import http.client
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from console.config import CollectorConfig
from console.host import in_thread
from console.http_get import SIZE_LIMIT, Answer
from console.i18n import tr
from console.model.reading import CollectorRead
from console.model.telemetry import Collector, CollectorState
from console.telemetry import otlp
from console.telemetry.asking import METRICS_LIMIT, ask, endpoint, failure, shown, split
from console.telemetry.health import read_health
from console.telemetry.prometheus import looks_like, read_metrics

GRACE: Final = 0.5
"""Seconds a question may take beyond its timeout: finding and reaching the host."""

Sleep = Callable[[float], Awaitable[object]]

_MERGED: Final = ("logs", "spans", "metrics", "resources", "bytes", "uptime", "memory", "refused", "failed")
_RANK: Final = {CollectorState.UP: 0, CollectorState.DEGRADED: 1, CollectorState.DOWN: 2}


@dataclass(frozen=True, slots=True)
class _Told:
    """What one question brought; its evidence is whole, the reason short."""

    key: str
    """Which one: a key of the configuration."""
    collector: Collector
    reached: bool = True
    """Whether there was an answer at all."""


async def watch_collector(asked: CollectorConfig, sleep: Sleep = asyncio.sleep) -> AsyncIterator[CollectorRead]:
    """Yield what the collector tells now and every `asked.every` seconds; *sleep* may end sooner. Never raises."""
    while True:
        collector = await examine(asked)
        yield CollectorRead(time.time(), shown(asked.source), collector)
        await sleep(asked.every)


async def examine(asked: CollectorConfig) -> Collector:
    """Ask all questions at once, the empty export last; takes up to `asked.timeout` and two `GRACE`. Never raises.

    What one answer lacks the next may add. The worst that an answer says of the state holds; without an answer a
    refused or silent collector is down, anything else unknown.
    """
    began = time.monotonic()
    keys = [key for key in ("url", "metrics_url", "health_check_url") if getattr(asked, key)]
    told = list(await asyncio.gather(*(_get(key, asked) for key in keys)))
    where = _probe_at(asked, told)
    if where:
        left = max(GRACE, round(asked.timeout - (time.monotonic() - began), 1))
        told.append(await _probe(where, replace(asked, timeout=left)))
    return _merged(told, _endpoint(asked))


def _probe_at(asked: CollectorConfig, told: Sequence[_Told]) -> str:
    """Where the empty export goes; empty when it is not needed or not wanted."""
    known = any(each.reached and each.collector.state is not CollectorState.UNKNOWN for each in told)
    if asked.probe == "never" or (known and asked.probe != "always"):
        return ""
    if asked.otlp_url:
        return asked.otlp_url
    unreached = any(each.key == "url" and not each.reached for each in told)
    try:
        parts = split(asked.url)
    except ValueError:
        return ""
    return "" if unreached else f"{parts.scheme}://{parts.netloc}{otlp.PATHS[0]}"


async def _get(key: str, asked: CollectorConfig) -> _Told:
    url = str(getattr(asked, key))
    question = f"GET {shown(url)}"
    try:
        metrics = key == "metrics_url" or split(url).path.endswith("/metrics")
        answer = await _ask(url, asked.timeout, limit=METRICS_LIMIT if metrics else SIZE_LIMIT)
    except (OSError, http.client.HTTPException, ValueError) as error:
        state, why = failure(error, asked.timeout, f"collector.{key}")
        return _Told(key, Collector(state, f"{question}: {why}", reason=why), reached=False)
    found = _read(answer, key, asked)
    sign = "" if found.state is not CollectorState.UNKNOWN else ":"
    evidence = f"{question} {answer.status}{sign} {found.evidence}".rstrip(": ")
    return _Told(key, replace(found, evidence=evidence, reason=_reason(found, f"{answer.status}")))


def _reason(found: Collector, status: str) -> str:
    """Why it is not up, in few words."""
    if found.state is CollectorState.UP:
        return ""
    return found.reason or found.evidence or tr("answers {status}", status=status)


async def _ask(url: str, timeout: float, *, post: str = "", limit: int = SIZE_LIMIT) -> Answer:
    split(url)  # what is no URL is said before anything is begun
    async with asyncio.timeout(timeout + GRACE):
        return await in_thread(lambda: ask(url, timeout, post=post, limit=limit))


def _read(answer: Answer, key: str, asked: CollectorConfig) -> Collector:
    """What an answer to a GET says, with evidence that says why where it says nothing."""
    status, unknown = answer.status, CollectorState.UNKNOWN
    if 300 <= status < 500:
        why = tr("a redirect, not followed") if status < 400 else tr("no health document there")
        return Collector(unknown, tr("{why}; check {key}", why=why, key=f"collector.{key}"))
    found = None
    if status < 300 and (key == "metrics_url" or looks_like(answer.body, answer.kind)):
        found = read_metrics(answer.body)
    if found is None:
        names = asked.fields if key == "url" else None
        found = read_health(answer.body, status, time.time(), names)
    if found is not None:
        return found
    if status >= 500:
        return Collector(CollectorState.DEGRADED if key != "metrics_url" else unknown, "")
    kind = answer.kind or tr("answer")
    if key == "metrics_url":
        return Collector(unknown, tr("{kind} has no series of a collector", kind=kind))
    return Collector(unknown, tr("{kind} is no health document", kind=kind))


async def _probe(url: str, asked: CollectorConfig) -> _Told:
    """The empty export; a receiver without a traces pipeline is asked at its other paths."""
    base = url.removesuffix(otlp.PATHS[0])
    paths = otlp.PATHS if url != base else ("",)
    began, evidence = time.monotonic(), list[str]()
    for path in paths:
        question = f"POST {shown(base + path)}"
        left = asked.timeout - (time.monotonic() - began)
        if evidence and left < GRACE:
            break
        try:
            answer = await _ask(base + path, left, post=otlp.PROTOBUF)
        except (OSError, http.client.HTTPException, ValueError) as error:
            state, why = failure(error, asked.timeout, "collector.otlp_url")
            return _Told("otlp_url", Collector(state, f"{question}: {why}", reason=why), reached=False)
        found = otlp.read_export(answer, base + path)
        evidence.append(f"{question} {answer.status} {found.evidence}")
        if found.state is not CollectorState.UNKNOWN or answer.status not in (404, 405):
            reason = _reason(found, f"{answer.status}")
            return _Told("otlp_url", replace(found, evidence=evidence[-1], reason=reason))
    return _Told("otlp_url", Collector(CollectorState.UNKNOWN, evidence[0], reason=tr("no OTLP receiver there")))


def _endpoint(asked: CollectorConfig) -> str:
    for url in (asked.url, asked.otlp_url, asked.metrics_url, asked.health_check_url):
        try:
            return endpoint(split(url))
        except ValueError:
            continue
    return ""


def _merged(told: Sequence[_Told], where: str) -> Collector:
    """One answer of all, in their order."""
    fields: dict[str, object] = {}
    origins: list[tuple[str, str]] = []
    for each in told:
        for name in (*_MERGED, "exporters"):
            value = getattr(each.collector, name)
            if value not in (None, ()) and name not in fields:
                fields[name] = value
                origins.append((name, each.key))
    said = [each.collector for each in told if each.reached and each.collector.state is not CollectorState.UNKNOWN]
    silent = [each for each in told if not each.reached and each.collector.state is CollectorState.DOWN]
    state, reason = CollectorState.UNKNOWN, told[0].collector.reason if told else ""
    if said:
        worst = max(said, key=lambda each: _RANK[each.state])
        state, reason = worst.state, worst.reason
        if silent and state is CollectorState.UP:  # part of it does not listen
            state, reason = CollectorState.DEGRADED, f"{silent[0].key}: {silent[0].collector.reason}"
    elif any(each.key in ("url", "otlp_url") or not any(one.reached for one in told) for each in silent):
        state, reason = CollectorState.DOWN, silent[0].collector.reason
    evidence = " · ".join(each.collector.evidence for each in told) or tr("nothing to ask; write collector.url")
    found = Collector(state, evidence, where, reason=reason, origins=tuple(origins))
    return replace(found, **fields)  # type: ignore[arg-type]
