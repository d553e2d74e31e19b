"""A guarded send: what the guards say of a task, and the dispatch when they, or the operator, let it pass.

A part of the engine: it gathers what the guards have to know out of the snapshot.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from console.config import Config
from console.model.agent import Detection
from console.model.composed import Composed
from console.model.service import Service
from console.model.snapshot import Snapshot
from console.model.surface import Screen, Surface
from console.mux.base import Multiplexer
from console.safety import check_outgoing
from console.tracker.dispatch_log import DispatchLog

if TYPE_CHECKING:
    from console.actions.dispatch import Dispatched
    from console.actions.send import Order
    from console.actions.sends import InFlight
    from console.model.guard import Automatic, Facts, Policy, Verdict

TASKS: Final = "tasks"
"""Folder, in the state folder, of texts that a terminal without a paste gets as a file."""


class Sending:
    """The sends of one engine. *folder* is the state folder."""

    def __init__(self, config: Config, log: DispatchLog, folder: Path) -> None:
        from console.actions.dispatch import Dispatcher

        self._config = config
        self._log = log
        self._folder = folder
        self._dispatcher = Dispatcher(folder, log)

    def judge(self, snapshot: Snapshot, key: str, composed: Composed) -> tuple[Verdict, ...]:
        """What every guard says of sending *composed* to the surface *key* now."""
        from console.model.guard import Task, judge

        task = Task(composed.text, context=composed.context)
        return judge(task, self._facts(snapshot, key, composed), self.policy)

    @property
    def policy(self) -> Policy:
        """The operator's rules."""
        from console.model.guard import Level, Policy

        section = self._config.guards
        return Policy(
            levels={name: Level[level.upper()] for name, level in section.levels.items()},
            per_hour=section.rate,
            per_surface=section.rate_per_surface,
            stale_after=section.stale_after,
        )

    async def send(
        self,
        mux: Multiplexer,
        snapshot: Snapshot,
        surface: Surface,
        composed: Composed,
        detect: Callable[[Screen], Detection],
        order: Order | None = None,
    ) -> Dispatched:
        """Judge again, record, type, record. Refused with the guards' evidence when a refusal stands."""
        from console.actions.dispatch import Dispatched, Request
        from console.actions.send import Order, SendResult
        from console.model.guard import overridden, refusals

        order = order if order is not None else Order()
        verdicts = self.judge(snapshot, surface.key, composed)
        standing = refusals(verdicts, composed.overrides)
        if standing:
            why = "; ".join(f"{each.rule}: {each.evidence}" for each in standing[:3])
            return Dispatched(SendResult("refused", f"{surface.name}: {why}; nothing was typed"), "")
        request = Request(
            surface,
            composed.typed,
            composed.text,
            order if order.folder is not None else replace(order, folder=self._folder / TASKS),
            frozenset(d.number for d in snapshot.log.dispatches if d.number is not None),
            overridden(verdicts, composed.overrides),
            composed.fields,
        )
        return await self._dispatcher.dispatch(mux, request, detect)

    def preview(self, mux: Multiplexer, composed: Composed) -> str:
        """Exactly what would be typed; or why nothing can be."""
        from console.actions.pointer import NoWay, plan

        try:
            made = plan(composed.typed, mux.capabilities, self._folder / TASKS)
        except NoWay as error:
            return f"✗ {error}"
        return made.text

    def in_flight(self) -> tuple[InFlight, ...]:
        """Sends of an earlier run that were cut off: for the operator to look at; nothing is sent again."""
        return self._dispatcher.in_flight()

    def _facts(self, snapshot: Snapshot, key: str, composed: Composed) -> Facts:
        from console.model.guard import Facts, Wrong

        now = time.time()
        clock = time.localtime(now)
        wrong = check_outgoing(composed.typed)[1]
        return Facts(
            now,
            snapshot.surface(key),
            snapshot.surfaces,
            snapshot.log.dispatches,
            snapshot.log.error,
            tuple(Wrong(each.offset, each.line, each.name) for each in wrong),
            automatic(snapshot.services.services),
            clock.tm_hour * 60 + clock.tm_min,
            self._log.names,
        )


def automatic(services: Collection[Service]) -> Automatic | None:
    """What the watched services tell of an automatic dispatcher; None when none of them is one.

    Several rows may be about it (its unit, its process): one that says it is on is enough; it is off when all say so.
    """
    from console.model.guard import Automatic

    every = [each for service in services for each in (service, *service.members)]
    about = [each for each in every if each.manager not in _NO_PROGRAM and not each.members and is_automatic(each)]
    if not about:
        return None
    told = [_ON.get(each.word, (None, None)) for each in about]
    loaded, running = _any(each[0] for each in told), _any(each[1] for each in told)
    name = next((each.name for each, one in zip(about, told, strict=True) if True in one), about[0].name)
    return Automatic(name, loaded=loaded, running=running)


_NO_PROGRAM: Final = ("file", "glob", "http")
"""What is about an automatic dispatcher there is its log or its page, not itself."""
_ON: Final[Mapping[str, tuple[bool | None, bool | None]]] = {
    **dict.fromkeys(("running", "starting", "stopping", "up"), (True, True)),
    **dict.fromkeys(("loaded", "failed"), (True, False)),
    **dict.fromkeys(("unloaded", "absent", "stopped"), (False, False)),
}
"""(Loaded, running) by what was observed; anything else is not known."""


def is_automatic(service: Service) -> bool:
    """Whether a service is an automatic dispatcher, by its name or label."""
    names = f"{service.name} {service.label}".casefold()
    return "dispatcher" in names and "auto" in names


def _any(told: Iterable[bool | None]) -> bool | None:
    every = list(told)
    return True if True in every else None if None in every else False
