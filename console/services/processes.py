"""Processes of this machine that should, or should not, be there."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from console.config import ServiceConfig
from console.i18n import tr
from console.model.service import Observation, Service, State
from console.model.service_rows import row
from console.safety import safe_text
from console.services.base import Batch, Hanging, Unavailable, watched
from console.services.exits import runs

KIND: Final = "process"
ARGV_LIMIT: Final = 4096
"""Characters of a joined argv that are searched."""
PIDS_SHOWN: Final = 3


@dataclass(frozen=True, slots=True)
class Process:
    """One running process; pid and start together are its identity, a pid alone may be another one by now."""

    pid: int
    command: str
    """Its argv, joined by spaces."""
    started: float
    """Epoch seconds."""


class Processes(Batch):
    """All watched processes, by one look at the table of processes."""

    kind = KIND

    def __init__(self, specs: Sequence[ServiceConfig]) -> None:
        super().__init__(specs)
        self._thread = Hanging()

    async def look(self) -> Sequence[Service]:
        """See `Batch`."""
        return await self._thread.run(lambda: look(self.specs))


def look(specs: Sequence[ServiceConfig]) -> tuple[Service, ...]:
    """Return one `Service` per spec. Takes tens of milliseconds: not for the event loop."""
    now = time.time()
    try:
        processes: tuple[Process, ...] | str = running()
    except Unavailable as error:
        processes = str(error)
    return tuple(judge(spec, processes, now) for spec in specs)


def running() -> tuple[Process, ...]:
    """Return the processes whose command line this account may see, without this one. Raises `Unavailable`."""
    import psutil

    own = os.getpid()
    found = []
    try:
        # psutil keeps one object for each pid, with the start time it had at first, and looks no more whether the pid
        # was given to another process since (psutil 6.0.0): without this a new process would have an old start.
        psutil.process_iter.cache_clear()
        for process in psutil.process_iter(["pid", "cmdline", "create_time"]):
            info = process.info
            if info["cmdline"] and info["pid"] != own:  # kernel threads and zombies have no command line
                command = " ".join(info["cmdline"])[:ARGV_LIMIT]
                found.append(Process(info["pid"], command, info["create_time"] or 0.0))
    except (psutil.Error, OSError) as error:
        raise Unavailable(safe_text(tr("processes cannot be listed: {error}", error=error), limit=200)) from error
    return tuple(found)


def judge(spec: ServiceConfig, processes: Iterable[Process] | str, now: float) -> Service:
    """What *spec* expects against what runs at *now* (epoch seconds); a str says why that is not known."""
    return row(watched(spec, KIND, spec.process), _observe(spec, processes, now), now)


def _observe(spec: ServiceConfig, processes: Iterable[Process] | str, now: float) -> Observation:
    if isinstance(processes, str):
        return Observation(State.UNKNOWN, processes, error=processes)
    try:
        pattern = re.compile(spec.process)
    except (re.error, RecursionError, OverflowError) as error:
        reason = safe_text(tr("not a regular expression: {error}", error=error), limit=200)
        return Observation(State.UNKNOWN, reason, error=reason)
    found = sorted(
        (p for p in processes if pattern.search(p.command)), key=lambda process: (process.started, process.pid)
    )
    if not found:
        return Observation(
            State.ABSENT, tr("no process matches {target}", target=safe_text(spec.process, limit=80)), count=0
        )
    oldest = found[0]
    known = oldest.started > 0
    return Observation(
        State.RUNNING,
        _evidence(found, now),
        pid=oldest.pid,
        since=oldest.started if known else None,
        age=max(0.0, now - oldest.started) if known else None,
        count=len(found),
    )


def _evidence(found: Sequence[Process], now: float) -> str:
    pids = ", ".join(str(process.pid) for process in found[:PIDS_SHOWN])
    if len(found) > PIDS_SHOWN:
        pids = tr("{listed} and {count} more", listed=pids, count=len(found) - PIDS_SHOWN)
    return runs(pids, found[0].started or None, now)


def start_of(pid: int) -> float | None:
    """Epoch seconds at which the process *pid* began; None when it is gone or may not be looked at."""
    import psutil

    try:
        return float(psutil.Process(pid).create_time())
    except (psutil.Error, OSError, ValueError, OverflowError):
        return None


def line(pid: int) -> list[int]:
    """*pid*, its parent, and so on up; as far as that is known."""
    import psutil

    try:
        return [pid, *(each.pid for each in psutil.Process(pid).parents())]
    except (psutil.Error, OSError, ValueError, OverflowError):
        return [pid]
