"""cron: ``crontab -l`` once for all watched jobs; whether the last run took place is told by a file it touches."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Final

from console.config import ServiceConfig
from console.host import HostError, run
from console.i18n import tr
from console.model.durations import span
from console.model.service import Observation, Service, State
from console.model.service_rows import row
from console.safety import safe_text
from console.services.base import Batch, Hanging, Unavailable
from console.services.schedule import NAMED, last_of, next_of, wrong

KIND: Final = "cron"
_ASSIGNMENT: Final = re.compile(r"\s*(?:\"[^\"]*\"|'[^']*'|[A-Za-z_]\w*)\s*=\s*(.*)")
_LINE: Final = re.compile(r"\s*(@\w+|\S+\s+\S+\s+\S+\s+\S+\s+\S+)\s+(\S.*)")


@dataclass(frozen=True, slots=True)
class Job:
    """One job of a crontab."""

    fields: str
    """Five fields, ``@daily`` or ``@reboot``."""
    command: str
    line: int
    """From 1."""
    zone: str = ""
    """``CRON_TZ`` where it is set above; empty means local time."""


@dataclass(frozen=True, slots=True)
class Crontab:
    """A whole crontab."""

    jobs: tuple[Job, ...] = ()
    off: tuple[tuple[int, str], ...] = ()
    """(Line, text) of comments, where a job may have been put."""
    doubtful: tuple[tuple[int, str], ...] = ()
    """(Line, text) of what was not understood."""


class Cron(Batch):
    """All watched jobs of this account's crontab."""

    kind = KIND

    def __init__(self, specs: Sequence[ServiceConfig]) -> None:
        super().__init__(specs)
        self._thread = Hanging()

    async def look(self) -> Sequence[Service]:
        """See `Batch`."""
        table = parse(await self._list())
        now = time.time()

        def judged() -> tuple[Service, ...]:
            pairs = zip(self.specs, self.watched, strict=True)
            return tuple(row(what, observe(spec, table, now), now) for spec, what in pairs)

        return await self._thread.run(judged)

    async def _list(self) -> str:
        try:
            done = await run(["crontab", "-l"], timeout=self.timeout)
        except HostError as error:
            raise Unavailable(tr("{error}; cron jobs are read with it", error=error)) from error
        said = done.stderr.decode("utf-8", "replace")
        if done.returncode != 0 and "no crontab for" not in said:
            said = safe_text(said.strip(), limit=160) or tr("exit {status}", status=done.returncode)
            raise Unavailable(f"crontab -l: {said}")
        return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else ""


def parse(text: str) -> Crontab:
    """Read a crontab (crontab(5)). Never raises."""
    jobs, off, doubtful = [], [], []
    zone = ""
    for number, line in enumerate(text.split("\n"), start=1):
        plain = line.strip()
        if not plain:
            continue
        if plain.startswith("#"):
            off.append((number, plain))
        elif found := _ASSIGNMENT.fullmatch(line):
            if plain.startswith("CRON_TZ"):
                zone = found.group(1).strip().strip("'\"")
        elif (match := _LINE.fullmatch(line)) and _good(match.group(1)):
            jobs.append(Job(" ".join(match.group(1).split()), match.group(2).strip(), number, zone))
        else:
            doubtful.append((number, plain))
    return Crontab(tuple(jobs), tuple(off), tuple(doubtful))


def _good(fields: str) -> bool:
    plain = " ".join(fields.split())
    return plain == "@reboot" or (not wrong(plain) if not plain.startswith("@") or plain in NAMED else False)


def observe(spec: ServiceConfig, table: Crontab, now: float) -> Observation:
    """What the crontab, and the file its runs touch, say of one job at *now*. Reads that file."""
    try:
        pattern = re.compile(spec.cron)
    except (re.error, RecursionError, OverflowError) as error:
        return _unclear(safe_text(tr("not a regular expression: {error}", error=error), limit=200))
    mine = [job for job in table.jobs if pattern.search(job.command)]
    shown = safe_text(spec.cron, limit=80)
    if bad := next((number for number, text in table.doubtful if pattern.search(text)), 0):
        return _unclear(tr("line {line} of the crontab is not understood; cron may not either", line=bad))
    if not mine:
        at = next((number for number, text in table.off if pattern.search(text)), 0)
        why = tr("no line of the crontab matches {pattern}", pattern=shown)
        if at:
            why = tr("no line of the crontab matches {pattern}; line {line} is commented out", pattern=shown, line=at)
        return Observation(State.UNLOADED, why, count=0)
    try:
        zone = _zone(mine[0].zone)
    except ValueError as error:
        return _unclear(str(error))
    schedules = [job.fields for job in mine if job.fields != "@reboot"]
    told = tr("line {line}: {fields}", line=mine[0].line, fields=safe_text(mine[0].fields, limit=60))
    if len(mine) > 1:
        told = tr("{listed} and {count} more", listed=told, count=len(mine) - 1)
    return _timed(spec, told, next_of(schedules, now, zone), last_of(schedules, now - spec.grace, zone), now)


def _timed(spec: ServiceConfig, told: str, following: float | None, due: float | None, now: float) -> Observation:
    """Whether the run that was *due* has left its trace."""
    path = spec.marker or spec.log
    if not path:
        return Observation(State.LOADED, told, next_run=following)
    try:
        touched = os.stat(path).st_mtime  # noqa: PTH116 - a str from the configuration
    except FileNotFoundError:
        warning = tr("{path} is not there: has it ever run?", path=safe_text(path, limit=120))
        return Observation(State.LOADED, told, next_run=following, warning=warning)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        return _unclear(f"{told}; {safe_text(path, limit=120)}: {safe_text(reason, limit=80)}")
    late = due is not None and touched < due
    age = max(0.0, now - touched)
    told = tr("{told}, last run {time} ago", told=told, time=span(age))
    if late and due is not None:
        told = tr("{told}, was due {time} ago", told=told, time=span(now - due))
    return Observation(
        State.LOADED,
        told,
        next_run=following,
        last_run=touched,
        age=age,
        overdue=late,
    )


def _zone(name: str) -> tzinfo | None:
    """Raises ValueError: no such time zone."""
    if not name:
        return None
    from zoneinfo import ZoneInfo

    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError) as error:
        raise ValueError(
            tr("CRON_TZ={name} is no time zone of this machine", name=safe_text(name, limit=60))
        ) from error


def _unclear(why: str) -> Observation:
    return Observation(State.UNKNOWN, why, error=why)
