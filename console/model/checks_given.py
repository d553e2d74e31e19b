"""What the checks of a restart are made from, and the small words they share. Pure; time is passed in."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from console.model.artifact import Artifact
from console.model.automation import Automation
from console.model.baseline import Baseline
from console.model.checklist import StepState
from console.model.guard_facts import Automatic, Policy
from console.model.handoff import Handoff
from console.model.handoff_items import FigureValue, Found, ServiceEntry
from console.model.service import Judgement, Service
from console.model.snapshot import Snapshot

DEFAULTS: Final = Policy()
STALE: Final = 60.0
"""Seconds after which a reading is no answer any more."""
SHORT: Final = 4
"""Letters from which a part of a label is a name of its own."""


@dataclass(frozen=True, slots=True)
class Given:
    """Everything the checks look at."""

    snapshot: Snapshot
    now: float
    """Epoch seconds."""
    handoff: Handoff | None = None
    source: str = ""
    """Name of the hand-off, for people; empty when none is configured."""
    wrong: str = ""
    """Why the hand-off that is configured cannot be read."""
    written: tuple[float, float] | None = None
    """Epoch seconds between which the hand-off was written; see `written_between`."""
    baseline: Baseline | None = None
    automatic: Automatic | None = None
    """None: nothing is known of an automatic dispatcher."""
    automatic_service: str = ""
    """Name of the service that is configured as the automatic dispatcher."""
    policy: Policy = DEFAULTS
    names: Mapping[str, str] | None = None
    """From other names of surfaces to their refs."""
    approves: str = ""
    """By what the console itself approves: ``2 rules``; empty when it does not."""
    decisions: tuple[str, ...] | None = None
    """Decisions that wait, from the file of decisions; None: the hand-off tells."""
    services: tuple[Service, ...] = ()
    """Read for this checklist only, as the hand-off names them and nobody watches them."""
    automation: tuple[Automation, ...] = ()
    artifacts: tuple[Artifact, ...] = ()
    log_path: str = ""
    home: str = ""
    settled: bool = False
    """Nobody waits for readings any more: what is not known by now has failed."""

    @property
    def unread(self) -> StepState:
        """The state of what was not read yet."""
        return StepState.FAIL if self.settled else StepState.RUNNING

    @property
    def every_service(self) -> tuple[Service, ...]:
        """Watched ones, then those read for the checklist."""
        return (*self.snapshot.services.services, *self.services)

    def expanded(self, path: str) -> str:
        """*path* with the home in place of ``~``."""
        return f"{self.home}{path[1:]}" if self.home and path.startswith("~/") else path

    def figure(self, key: str) -> tuple[FigureValue, int] | None:
        """The number with this key in the hand-off, and its line; None when there is none, or several that differ."""
        found = list(self._figures(key))
        values = {(each.value, each.unit, each.at_least) for each, _ in found}
        return found[0] if len(values) == 1 else None

    def _figures(self, key: str) -> Iterator[tuple[FigureValue, int]]:
        for line in self.handoff.figures if self.handoff is not None else ():
            for value in line.item.values:
                if value.key == key:
                    yield value, line.line


JUDGED: Final = {
    Judgement.OK: StepState.PASS,
    Judgement.ATTENTION: StepState.ATTENTION,
    Judgement.ALARM: StepState.FAIL,
    Judgement.UNKNOWN: StepState.ATTENTION,
}
"""What is unknown is never well."""


def duration(seconds: float) -> str:
    """``1s``, ``12m``, ``3h``, ``5d``."""
    whole = max(0, int(seconds))
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if whole >= size:
            return f"{whole // size}{unit}"
    return f"{whole}s"


def matching(entry: Found[ServiceEntry], services: tuple[Service, ...]) -> tuple[Service, ...]:
    """The services an entry of a hand-off means, by label or name."""
    wanted = entry.item.label.casefold()
    short = wanted.rsplit(".", 1)[-1]
    every = [each for service in services for each in (service, *service.members)]
    exact = [each for each in every if wanted in (each.label.casefold(), each.name.casefold())]
    if exact or "." not in wanted or len(short) < SHORT:
        return tuple(exact[:1])
    return tuple([each for each in every if each.name.casefold() == short][:1])


_MOMENT: Final = re.compile(r"(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d)(:\d\d)?(?:\.\d+)?)?(Z|[+-]\d\d:?\d\d)?")


def written_between(text: str, offset: float = 0.0) -> tuple[float, float] | None:
    """Epoch seconds between which *text* (ISO 8601, as precise as the document) may lie; None when it tells none.

    A date is the whole day, a minute all of it. *offset*: seconds east of UTC where the text does not say.
    """
    found = _MOMENT.fullmatch(text)
    if found is None:
        return None
    day, minute, second, zone = found.groups()
    try:
        at = datetime.fromisoformat(f"{day}T{minute or '00:00'}{second or ':00'}")
        east = datetime.fromisoformat(f"{day}T00:00{zone}").utcoffset() if zone else None
    except ValueError:
        return None
    start = calendar.timegm(at.timetuple()) - (east.total_seconds() if east is not None else offset)
    return start, start + (1.0 if second else 60.0 if minute else 86_400.0)
