"""A guarded send: what the guards say of a task, and the dispatch when they, or the operator, let it pass.

A part of the engine: it gathers what the guards have to know out of the snapshot.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from console.config import Config
from console.model.agent import Detection
from console.model.composed import Broadcast, Composed, without_own
from console.model.naming import identity
from console.model.service import Service
from console.model.snapshot import Snapshot
from console.model.surface import Screen, Surface
from console.mux.base import Multiplexer
from console.safety import check_outgoing
from console.tracker.dispatch_log import DispatchLog

if TYPE_CHECKING:
    from console.actions.dispatch import Dispatched, Request
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

        task = Task(composed.text, context=composed.context, verifier=str(composed.fields.get("verifier", "")))
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

        verdicts = self.judge(snapshot, surface.key, composed)
        standing = refusals(verdicts, composed.overrides)
        order = order if order is not None else Order()
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
        if composed.broadcast is not None:
            request = _one_of_several(request, composed.broadcast)
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
        surface = snapshot.surface(key)
        return Facts(
            now,
            surface,
            snapshot.surfaces,
            without_own(composed.broadcast, surface, snapshot.log.dispatches, now),
            snapshot.log.error,
            tuple(Wrong(each.offset, each.line, each.name) for each in wrong),
            automatic(snapshot.services.services),
            clock.tm_hour * 60 + clock.tm_min,
            self._log.names,
        )


def _one_of_several(request: Request, broadcast: Broadcast) -> Request:
    """*request* as a part of *broadcast*: recorded as that, and not held up by its other parts."""
    overrides = request.overrides if "elsewhere" in request.overrides else (*request.overrides, "elsewhere")
    return replace(
        request,
        fellows=frozenset(identity(ref) for ref in broadcast.surfaces),
        overrides=overrides,
        fields={**request.fields, "broadcast": list(broadcast.surfaces)},
    )


def automatic(services: Collection[Service]) -> Automatic | None:
    """What the watched services tell of an automatic dispatcher; None when none of them is one."""
    from console.model.guard import Automatic

    names = ((each, each.name.casefold()) for each in services)
    found = next((each for each, name in names if "dispatcher" in name and "auto" in name), None)
    if found is None:
        return None
    known = {"running": True, "absent": False}.get(found.observed)
    return Automatic(found.name, loaded=known, running=known)
