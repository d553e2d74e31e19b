"""The watched services in ``oc-console status`` and ``oc-console doctor``."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final

from console.i18n import mark, tr, trc
from console.model.observed import seen, wanted
from console.model.service import Judgement, Service, State
from console.model.service_history import History
from console.model.snapshot import ServicesSlice

_SHOWN: Final = 24 * 3600.0
"""Seconds for which a clock time is enough; older ones get their date."""


def service_document(service: Service, history: History | None = None) -> dict[str, object]:
    """One service for scripts; times are epoch seconds, lengths of time seconds, sizes bytes; null is not known."""
    return {
        "name": service.name,
        "expected": service.expected,
        "observed": service.observed,
        "judgement": service.judgement,
        "evidence": service.evidence,
        "group": service.group or None,
        "manager": service.manager or None,
        "label": service.label or None,
        "state": service.word,
        "pid": service.pid,
        "since": service.since,
        "last_exit": service.last_exit or None,
        "schedule": service.schedule or None,
        "next_run": service.next_run,
        "last_run": service.last_run,
        "overdue": service.overdue,
        "count": service.count,
        "bytes": service.size,
        "age_s": service.age,
        "latency_s": service.latency,
        "read_at": service.read_at,
        "every_s": service.period,
        "error": service.error or None,
        "log": service.log or None,
        "history": [{"at": at, "state": state} for at, state in _changes(history, service.name)],
        "members": [service_document(member) for member in service.members],
    }


def _changes(history: History | None, name: str) -> tuple[tuple[float, str], ...]:
    found: Mapping[str, tuple[tuple[float, str], ...]] = history or {}
    return found.get(name, ())


def service_lines(services: ServicesSlice) -> Iterator[str]:
    """The services for people."""
    if not services.source:
        yield tr("services: not configured")
    for service in services.services:
        yield f"  {tr(str(service.judgement))}: {service.name} {told(service)}"
        for member in service.odd:
            yield f"    {tr(str(member.judgement))}: {member.name} {seen(member.observed)} ({member.evidence})"


def all_well(services: ServicesSlice) -> str:
    """The last line where nothing needs a person: what is not known is not said to be well."""
    lost = [row.name for row in services.services if row.judgement is Judgement.UNKNOWN]
    return (
        tr("nothing needs a person as far as is known; unknown: {listed}", listed=", ".join(lost))
        if lost
        else tr("all well")
    )


def told(service: Service) -> str:
    """``unloaded, expected unloaded, since 14:02 (launchctl list has no com.openclaw.auto-dispatcher)``."""
    said = {"observed": seen(service.observed), "expected": wanted(service.expected), "evidence": service.evidence}
    if service.since is not None and service.word in _STILL:
        return tr("{observed}, expected {expected}, since {clock} ({evidence})", clock=clock(service.since), **said)
    return tr("{observed}, expected {expected} ({evidence})", **said)


_STILL: Final = (State.UNLOADED, State.ABSENT, State.LOADED, State.STOPPED, State.FAILED)
"""States whose evidence does not tell since when."""


def clock(at: float) -> str:
    """``14:02``, or with its date when that was more than a day ago."""
    return time.strftime("%H:%M" if time.time() - at < _SHOWN else "%Y-%m-%d %H:%M", time.localtime(at))


def service_checks(services: ServicesSlice) -> list[tuple[str, bool, str]]:
    """What doctor says: (what, whether it is well, the text with its remedy)."""
    if not services.source:
        return [(mark("services"), True, tr("not configured; write `services:` into the config to see them"))]
    rows = services.services
    counts = Counter(str(row.judgement) for row in rows)
    managers = ", ".join(sorted({row.manager for row in rows if row.manager}))
    judged = (
        trc("count", "{count} {state}", count=counts[each], state=tr(str(each))) for each in Judgement if counts[each]
    )
    how_many = ", ".join(judged)
    summary = tr("{count} by {managers}: {how_many}", count=len(rows), managers=managers, how_many=how_many)
    found = [("services", set(counts) <= {"ok"}, summary)]
    wrong = (row for row in rows if row.judgement is not Judgement.OK)
    found += [(mark("service"), False, f"{row.name}: {told(row)}") for row in wrong]
    return found
