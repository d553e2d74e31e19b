"""What a check is: something that is looked at in its own period and says how some services are."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Final, Protocol, TypeVar, runtime_checkable

from console.config import ServiceConfig
from console.host import in_thread
from console.i18n import tr
from console.model import expected
from console.model.service import Service
from console.model.service_rows import Watched, unknown
from console.safety import safe_text

NAME_LIMIT: Final = 200
EVERY: Final = {
    **{"process": 5.0, "launchd": 10.0, "systemd": 10.0, "supervisor": 5.0, "unit": 10.0},
    **{"cron": 60.0, "http": 15.0, "file": 15.0, "glob": 15.0},
}
"""Seconds between two looks, where the configuration says nothing, by kind."""

_Result = TypeVar("_Result")


class Check(Protocol):
    """Something the scheduler reads again and again, concurrently with all others."""

    @property
    def name(self) -> str:
        """For messages; of its own."""

    @property
    def every(self) -> float:
        """Seconds between two looks."""

    @property
    def timeout(self) -> float:
        """Seconds one look may take; then its rows are unknown."""

    async def read(self) -> Sequence[Service]:
        """Look once. May raise `Unavailable`; whatever else it raises is an error in the console and told as one."""


@runtime_checkable
class Foretells(Protocol):
    """A check that knows its rows before it has looked; without it, one that fails at first is one row."""

    def rows(self, why: str) -> Sequence[Service]:
        """Its rows as unknown, because of *why*."""


class Unavailable(Exception):
    """A manager cannot be asked; the text says why and what to do."""


class Batch:
    """A check for all services of one kind that are read in one go. A part that is not told is unknown."""

    kind: str = ""

    def __init__(self, specs: Sequence[ServiceConfig]) -> None:
        self.specs = tuple(specs)
        self.name = self.kind if len(self.specs) > 1 else f"{self.kind} {self.specs[0].name}"
        self.every = max(every(spec) for spec in self.specs)
        self.timeout = max(spec.timeout for spec in self.specs)
        self.watched = tuple(self.watch(spec) for spec in self.specs)

    def watch(self, spec: ServiceConfig) -> Watched:
        """What is known of a service before it is looked at."""
        return watched(spec, self.kind, target(spec))

    def rows(self, why: str) -> tuple[Service, ...]:
        """See `Foretells`."""
        return tuple(unknown(each, why, None) for each in self.watched)

    async def read(self) -> Sequence[Service]:
        """See `Check`."""
        try:
            return await self.look()
        except Unavailable as error:
            now = time.time()
            return tuple(unknown(each, safe_text(str(error), limit=300), now) for each in self.watched)

    async def look(self) -> Sequence[Service]:
        """Look once; may raise `Unavailable`."""
        raise Unavailable(tr("{kind} is not watched here", kind=self.kind))


class Hanging:
    """Work in threads, one at a time: work that hangs for ever holds one thread, not one more every few seconds."""

    def __init__(self) -> None:
        self._busy = False

    async def run(self, work: Callable[[], _Result]) -> _Result:
        """The result of *work*. Raises `Unavailable` while an earlier call has not come back."""
        if self._busy:
            raise Unavailable(tr("the look before this one still hangs; it is not tried again until that has ended"))
        self._busy = True

        def whole() -> _Result:
            try:
                return work()
            finally:
                self._busy = False

        return await in_thread(whole)


def kind_of(spec: ServiceConfig) -> str:
    """What is watched: the key of the entry that is filled in. ``process`` when none is."""
    return next((kind for kind in EVERY if getattr(spec, kind)), "process")


def target(spec: ServiceConfig) -> str:
    """The value of that key: a pattern, a label, a path, a URL."""
    return str(getattr(spec, kind_of(spec)))


def every(spec: ServiceConfig) -> float:
    """Seconds between two looks."""
    return spec.every or EVERY[kind_of(spec)]


def expectation(spec: ServiceConfig) -> expected.Expected:
    """What is expected of it. Raises ValueError; a configuration that was loaded from a file was tried."""
    kind = kind_of(spec)
    if not spec.expected and target(spec).endswith(".timer"):
        return expected.parse("loaded", kind)
    return expected.parse(spec.expected, kind)


def watched(spec: ServiceConfig, manager: str, label: str) -> Watched:
    """The part of a row that does not change."""
    return Watched(
        safe_text(spec.name, limit=NAME_LIMIT),
        expectation(spec),
        manager,
        safe_text(label, limit=NAME_LIMIT),
        safe_text(spec.group, limit=NAME_LIMIT),
        every(spec),
        spec.log,
    )
