"""Watched processes of this machine, judged against what is expected of them."""

from __future__ import annotations

import asyncio
import os
import re
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from console.config import ServiceConfig
from console.host import in_thread
from console.model.reading import ServicesRead
from console.model.service import Judgement, Service
from console.safety import safe_text

SOURCE: Final = "processes"
ARGV_LIMIT: Final = 4096
"""Characters of a joined argv that are searched."""
PIDS_SHOWN: Final = 3


@dataclass(frozen=True, slots=True)
class Process:
    """One running process."""

    pid: int
    command: str
    """Its argv, joined by spaces."""
    started: float
    """Epoch seconds."""


async def watch_services(specs: Sequence[ServiceConfig], every: float = 5.0) -> AsyncIterator[ServicesRead]:
    """Yield the state of all *specs* now and *every* so many seconds. Never raises: what is not known is unknown."""
    while True:
        services = await in_thread(lambda: look(specs))
        yield ServicesRead(time.time(), SOURCE, services)
        await asyncio.sleep(every)


def look(specs: Sequence[ServiceConfig]) -> tuple[Service, ...]:
    """Return one `Service` per spec. Takes tens of milliseconds: not for the event loop."""
    import psutil

    try:
        processes = running()
    except (psutil.Error, OSError) as error:
        reason = safe_text(f"processes cannot be listed: {error}", limit=200)
        return tuple(_unknown(spec, reason) for spec in specs)
    now = time.time()
    return tuple(judge(spec, processes, now) for spec in specs)


def running() -> tuple[Process, ...]:
    """Return the processes whose command line this account may see, without this one. Raises psutil.Error, OSError."""
    import psutil

    own = os.getpid()
    found = []
    for process in psutil.process_iter(["pid", "cmdline", "create_time"]):
        info = process.info
        if info["cmdline"] and info["pid"] != own:  # kernel threads and zombies have no command line
            command = " ".join(info["cmdline"])[:ARGV_LIMIT]
            found.append(Process(info["pid"], command, info["create_time"] or 0.0))
    return tuple(found)


def judge(spec: ServiceConfig, processes: Iterable[Process], now: float) -> Service:
    """Return what *spec* expects against what runs at *now* (epoch seconds)."""
    try:
        pattern = re.compile(spec.process)
    except (re.error, RecursionError, OverflowError) as error:
        return _unknown(spec, safe_text(f"not a regular expression: {error}", limit=200))
    found = sorted((p for p in processes if pattern.search(p.command)), key=lambda process: process.started)
    observed = "running" if found else "absent"
    judgement = Judgement.OK if observed == spec.expected else Judgement.ALARM
    evidence = _evidence(found, now) if found else f"no process matches {safe_text(spec.process, limit=80)}"
    return Service(safe_text(spec.name, limit=200), spec.expected, observed, judgement, evidence)


def _unknown(spec: ServiceConfig, reason: str) -> Service:
    return Service(safe_text(spec.name, limit=200), spec.expected, "unknown", Judgement.UNKNOWN, reason)


def _evidence(found: Sequence[Process], now: float) -> str:
    pids = ", ".join(str(process.pid) for process in found[:PIDS_SHOWN])
    more = f" and {len(found) - PIDS_SHOWN} more" if len(found) > PIDS_SHOWN else ""
    age = f", up {span(now - found[0].started)}" if found[0].started else ""
    return f"pid {pids}{more}{age}"


def span(seconds: float) -> str:
    """Return a duration in its largest whole unit: ``<1m``, ``12m``, ``3h``, ``5d``; coarse, so it rarely changes."""
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if seconds >= size:
            return f"{int(seconds // size)}{unit}"
    return "<1m"
