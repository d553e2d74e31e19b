"""launchd: one ``launchctl list`` for all watched labels.

A label that is not in the list is unloaded. A system daemon is not in a user's list at all, so where a property list
for one lies it is asked for by itself. Exit status 113 of ``launchctl`` means that it could not find the service.
"""

from __future__ import annotations

import fnmatch
import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from console.config import ServiceConfig
from console.host import HostError, in_thread, run
from console.i18n import mark, tr
from console.model.service import Observation, Service, State
from console.model.service_rows import group_row, row, unknown
from console.safety import redact, safe_text
from console.services.base import Batch, Unavailable, target
from console.services.exits import ended, runs
from console.services.groups import is_pattern, members
from console.services.launchd_text import Job, Listed, Plan, parse_list, parse_plist, parse_print
from console.services.processes import start_of
from console.services.schedule import next_of

KIND: Final = "launchd"
NOT_FOUND: Final = 113
PLIST_LIMIT: Final = 256 * 1024
"""Bytes."""
AGENTS: Final = ("~/Library/LaunchAgents", "/Library/LaunchAgents")
DAEMONS: Final = ("/Library/LaunchDaemons",)
GROUP_LIMIT: Final = 300
"""Members of a pattern that are looked at."""


class Launchd(Batch):
    """All watched labels of launchd."""

    kind = KIND

    def __init__(
        self, specs: Sequence[ServiceConfig], agents: Sequence[str] = AGENTS, daemons: Sequence[str] = DAEMONS
    ) -> None:
        super().__init__(specs)
        self._agents, self._daemons = tuple(agents), tuple(daemons)

    async def look(self) -> Sequence[Service]:
        """See `Batch`."""
        listed = await self._listed()
        named = [target(spec) for spec in self.specs if not is_pattern(target(spec))]
        plans = await in_thread(lambda: self._plans([*named]))
        now = time.time()
        rows = []
        for spec, what in zip(self.specs, self.watched, strict=True):
            label = target(spec)
            if is_pattern(label):
                wrong = [line for line in listed.doubtful if fnmatch.fnmatchcase(line.split("\t")[-1].strip(), label)]
                if wrong:
                    rows.append(unknown(what, _doubt(wrong[0]), now))
                    continue
                found = members(label, listed.jobs, named)[:GROUP_LIMIT]
                seen = [(safe_text(each, limit=200), _observe(listed.jobs[each], None, now)) for each in found]
                rows.append(group_row(what, seen, now))
            else:
                rows.append(row(what, await self._one(label, listed, plans.get(label), now), now))
        return tuple(rows)

    async def _listed(self) -> Listed:
        try:
            done = await run(["launchctl", "list"], timeout=self.timeout)
        except HostError as error:
            raise Unavailable(
                tr("{error}; launchd is on macOS only: elsewhere write unit:", error=_line(str(error)))
            ) from error
        listed = parse_list(done.stdout.decode("utf-8", "replace"))
        if done.returncode != 0:
            raise Unavailable(
                tr(
                    "launchctl list ended with {status}: {said}",
                    status=_line(ended(done.returncode)),
                    said=_line(done.stderr),
                )
            )
        if not listed.good:
            raise Unavailable(tr("launchctl list printed something else than a list; run it in a terminal and look"))
        return listed

    async def _one(self, label: str, listed: Listed, plan: Plan | None, now: float) -> Observation:
        job = listed.jobs.get(label)
        if job is not None:
            return _observe(job, plan, now)
        doubt = next((line for line in listed.doubtful if label in line), None)
        if doubt is not None:
            return _unclear(_doubt(doubt))
        if os.geteuid() != 0 and await in_thread(lambda: _file(label, self._daemons) is not None):
            return await self._daemon(label)
        return Observation(State.UNLOADED, tr("launchctl list has no {label}", label=safe_text(label, limit=100)))

    async def _daemon(self, label: str) -> Observation:
        try:
            done = await run(["launchctl", "print", f"system/{label}"], timeout=self.timeout)
        except HostError as error:
            return _unclear(str(error))
        if done.returncode == NOT_FOUND:
            return Observation(State.UNLOADED, tr("a system daemon; launchctl print does not find it"))
        fields = parse_print(done.stdout.decode("utf-8", "replace"))
        state = {"running": State.RUNNING, "not running": State.LOADED, "waiting": State.LOADED}.get(
            fields.get("state", "")
        )
        pid = int(fields["pid"]) if fields.get("pid", "").isdecimal() else None
        if done.returncode != 0 or state is None or (state is State.RUNNING and pid is None):
            return _unclear(
                tr("a system daemon; launchctl print system/{label} does not tell its state", label=_line(label))
            )
        return Observation(state, tr("pid {pids}", pids=pid) if pid else tr("a system daemon, not running"), pid=pid)

    def _plans(self, labels: Sequence[str]) -> Mapping[str, Plan]:
        found = {}
        for label in labels:
            path = _file(label, (*self._agents, *self._daemons))
            plan = _read(path) if path is not None else None
            if plan is not None:
                found[label] = plan
        return found


def _observe(job: Job, plan: Plan | None, now: float) -> Observation:
    last = ended(job.status)
    schedule = plan.told if plan is not None and not plan.keep_alive else ""
    if job.pid is not None:
        since = start_of(job.pid)
        return Observation(
            State.RUNNING,
            runs(job.pid, since, now),
            pid=job.pid,
            since=since,
            last_exit=last,
            schedule=schedule,
        )
    when = [plan.told] if plan is not None and plan.told else []
    return Observation(
        State.LOADED,
        ", ".join([tr("loaded, not running"), *when]),
        last_exit=last,
        schedule=schedule,
        next_run=next_of(plan.calendar, now) if plan is not None else None,
        warning=tr("its last run ended with {exit}", exit=last) if last else "",
    )


async def describe(label: str) -> dict[str, str]:
    """What ``launchctl print`` says of one loaded label: only fields that may be shown. Raises `Unavailable`."""
    fields: dict[str, str] = {}
    for domain in (f"gui/{os.getuid()}", f"user/{os.getuid()}", "system"):
        try:
            done = await run(["launchctl", "print", f"{domain}/{label}"])
        except HostError as error:
            raise Unavailable(str(error)) from error
        if done.returncode == 0:
            fields = parse_print(done.stdout.decode("utf-8", "replace"))
            break
    path = await in_thread(lambda: _file(label, (*AGENTS, *DAEMONS)))
    plan = await in_thread(lambda: _read(path)) if path is not None else None
    if plan is not None:
        fields[mark("command")] = redact(safe_text(" ".join(plan.program), limit=400))
        fields[mark("schedule")] = plan.told
        fields[mark("output")] = safe_text(plan.output, limit=400)
    return {name: value for name, value in fields.items() if value}


def property_list(label: str) -> tuple[str, Plan | None]:
    """Path of the property list of an agent, empty when there is none, and what it says. Blocks a moment."""
    path = _file(label, AGENTS)
    return ("", None) if path is None else (str(path), _read(path))


def is_daemon(label: str) -> bool:
    """Whether it is a service of the system. Blocks a moment."""
    return _file(label, AGENTS) is None and _file(label, DAEMONS) is not None


def _file(label: str, folders: Sequence[str]) -> Path | None:
    if "/" in label or "\0" in label:
        return None
    paths = (Path(os.path.expanduser(folder)) / f"{label}.plist" for folder in folders)  # noqa: PTH111 - never raises
    return next((path for path in paths if os.path.isfile(path)), None)  # noqa: PTH113 - never raises


def _read(path: Path) -> Plan | None:
    try:
        with path.open("rb") as file:
            return parse_plist(file.read(PLIST_LIMIT))
    except OSError:
        return None


def _doubt(line: str) -> str:
    return tr("launchctl list has a line that is not understood: {line}", line=_line(line))


def _unclear(why: str) -> Observation:
    return Observation(State.UNKNOWN, why, error=why)


def _line(text: str | bytes) -> str:
    plain = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return safe_text(plain.strip(), limit=120)
