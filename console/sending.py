"""A guarded send: what the guards say of a task, and the dispatch when they, or the operator, let it pass.

A part of the engine: it gathers what the guards have to know out of the snapshot.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from console.attending import minutes
from console.config import Config
from console.cut_off import CutOffs
from console.host import in_thread
from console.i18n import tr
from console.interlock import NAME as LOCK
from console.interlock import ManualLock
from console.model.agent import AgentState, Detection
from console.model.composed import Broadcast, Composed, without_own
from console.model.naming import identity
from console.model.service import Service
from console.model.snapshot import Snapshot
from console.model.surface import Screen, Surface
from console.model.verify_task import numbered
from console.mux.base import Multiplexer
from console.safety import check_outgoing
from console.tracing import Tracing
from console.tracker.dispatch_log import DispatchLog
from console.verifying import link, verified_number

if TYPE_CHECKING:
    from console.actions.dispatch import Dispatched, Request
    from console.actions.send import Order
    from console.actions.sends import InFlight
    from console.model.guard import Automatic, Facts, Policy, Verdict

NOT_GIVEN: Final = ("refused", "failed")
"""Outcomes after which nobody has got the task."""
TASKS: Final = "tasks"
"""Folder, in the state folder, of texts that a terminal without a paste gets as a file."""


class Sending:
    """The sends of one engine. *folder* is the state folder."""

    def __init__(self, config: Config, log: DispatchLog, folder: Path) -> None:
        from console.actions.dispatch import Dispatcher
        from console.state_guards import GuardJournal

        self._config = config
        self._log = log
        self._folder = folder
        self.tracing = Tracing(config.trace, log)
        self.lock = ManualLock(Path(config.guards.lock) if config.guards.lock else folder / LOCK)
        """Tells an automatic dispatcher that tasks may be sent by hand."""
        self._dispatcher = Dispatcher(folder, log, tracer=self.tracing.tracer)
        self._guards = GuardJournal(folder)
        self.cut_off = CutOffs(self._dispatcher)
        """Sends of earlier runs, and of other consoles, that were cut off."""

    def judge(self, snapshot: Snapshot, key: str, composed: Composed) -> tuple[Verdict, ...]:
        """What every guard says of sending *composed* to the surface *key* now."""
        from console.model.guard import Task, judge

        title = str(composed.fields.get("task") or "")
        verified = numbered(snapshot.log.dispatches, verified_number(composed.fields))
        verifier = str(composed.fields.get("verifier") or "")
        task = Task(composed.text, title, composed.context, verified, verifier=verifier)
        return judge(task, self._facts(snapshot, key, composed), self.policy)

    @property
    def policy(self) -> Policy:
        """The operator's rules."""
        return policy(self._config)

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
        from console.actions.dispatch import Request
        from console.actions.send import Order
        from console.model.guard import overridden, refusals

        # Published before the guards look whether the automatic dispatcher is off: one of both sees the other.
        if not await in_thread(self.lock.publish):
            why = tr(
                "the lock that keeps the automatic dispatcher off cannot be published: {error}", error=self.lock.error
            )
            return _refused(surface, why)
        order = order if order is not None else Order()
        wanted = verified_number(composed.fields)
        if wanted is not None and numbered(snapshot.log.dispatches, wanted) is None:
            return _refused(surface, tr("there is no #{number} in the log any more", number=wanted))
        verdicts = self.judge(snapshot, surface.key, composed)
        standing = refusals(verdicts, composed.overrides)
        if standing:
            await in_thread(lambda: self._guards.note(surface, standing, "refuse"))
            why = "; ".join(f"{each.rule}: {each.evidence}" for each in standing[:3])
            return _refused(surface, why)
        aside = overridden(verdicts, composed.overrides)
        if aside:
            noted = [each for each in verdicts if each.rule in aside]
            await in_thread(lambda: self._guards.note(surface, noted, "override"))
        request = Request(
            surface,
            composed.typed,
            str(composed.fields.get("task") or composed.text),
            replace(order, folder=order.folder or self._folder / TASKS, allow=order.allow | _allowed(aside)),
            frozenset(d.number for d in snapshot.log.dispatches if d.number is not None),
            aside,
            composed.fields,
        )
        if composed.broadcast is not None:
            request = _one_of_several(request, composed.broadcast)
        done = await self._dispatcher.dispatch(mux, request, detect)
        if wanted is None or done.number is None or done.result.outcome in NOT_GIVEN:
            return done
        warning = await link(self._log, wanted, done.number, surface)
        return replace(done, warning="; ".join(filter(None, (done.warning, warning))))

    def preview(self, mux: Multiplexer, composed: Composed) -> str:
        """Exactly what would be typed; or why nothing can be."""
        from console.actions.pointer import NoWay, plan

        try:
            made = plan(composed.typed, mux.capabilities, self._folder / TASKS)
        except NoWay as error:
            return f"✗ {error}"
        return made.text

    async def close(self) -> None:
        """Take our lock file away; let spans that are on their way arrive, for a moment."""
        self.lock.release()
        await self.tracing.close()

    def in_flight(self) -> tuple[InFlight, ...]:
        """Sends of an earlier run that were cut off: for the operator to look at; nothing is sent again."""
        return self._dispatcher.in_flight()

    def _automatic(self, snapshot: Snapshot) -> Automatic | None:
        """What services and records tell of the automatic dispatcher; None where there is none."""
        return automatic_now(self._config, snapshot, snapshot.services.services)

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
            self._automatic(snapshot),
            clock.tm_hour * 60 + clock.tm_min,
            self._log.names,
            snapshot.sends.cut_off,
        )


def _refused(surface: Surface, why: str) -> Dispatched:
    """Nothing was typed into *surface*, and why."""
    from console.actions.dispatch import Dispatched
    from console.actions.send import SendResult

    told = tr("{name}: {why}; nothing was typed", name=surface.name, why=why)
    return Dispatched(SendResult("refused", told), "")


def _allowed(aside: Collection[str]) -> frozenset[AgentState]:
    """States the guards let pass, or the operator has: what was set aside must not be refused after all."""
    found = {AgentState.ERROR}
    if "state" in aside:
        found |= {AgentState.WORKING, AgentState.STARTUP, AgentState.UNKNOWN}
    if "account" in aside:
        found.add(AgentState.LIMIT)
    return frozenset(found)


def cut_offs(folder: Path, log: DispatchLog) -> CutOffs:
    """The cut-off sends in the state folder *folder*, for whoever sends nothing."""
    from console.actions.dispatch import Dispatcher

    return CutOffs(Dispatcher(folder, log))


def policy(config: Config) -> Policy:
    """The rules of the guards as configured."""
    from console.model.guard import Level, Policy

    section = config.guards
    return Policy(
        levels={name: Level[level.upper()] for name, level in section.levels.items()},
        per_hour=section.rate,
        per_surface=section.rate_per_surface,
        stale_after=section.stale_after,
        automatic_within=section.automatic.minutes * 60,
        quiet_hours=tuple(span for text in section.quiet if (span := minutes(text)) is not None),
    )


def automatic_now(config: Config, snapshot: Snapshot, services: Collection[Service]) -> Automatic | None:
    """What *services* and the records of the log tell of the automatic dispatcher; None where there is none."""
    from console.model.guard import Automatic

    section = config.guards.automatic
    found = automatic(services, section.service)
    if found is None and section.service:
        found = Automatic(section.service, loaded=None, running=None)  # configured, and not looked at yet
    if not section.records:
        return found
    times = (each.dispatched_at for each in snapshot.log.dispatches if each.automatic and each.dispatched_at)
    return replace(found or Automatic(), newest=max(times, default=None))


def _one_of_several(request: Request, broadcast: Broadcast) -> Request:
    """*request* as a part of *broadcast*: recorded as that, and not held up by its other parts."""
    overrides = request.overrides if "elsewhere" in request.overrides else (*request.overrides, "elsewhere")
    return replace(
        request,
        fellows=frozenset(identity(ref) for ref in broadcast.surfaces),
        overrides=overrides,
        fields={**request.fields, "broadcast": list(broadcast.surfaces)},
    )


def automatic(services: Collection[Service], named: str = "") -> Automatic | None:
    """What the watched services tell of an automatic dispatcher, *named* where it is; None when none of them is one.

    Several rows may be about it (its unit, its process): one that says it is on is enough; it is off when all say so.
    """
    from console.model.guard import Automatic

    every = [each for service in services for each in (service, *service.members)]
    about = [
        each for each in every if each.manager not in _NO_PROGRAM and not each.members and is_automatic(each, named)
    ]
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


def is_automatic(service: Service, named: str) -> bool:
    """Whether a service is the automatic dispatcher: *named* by the configuration, or by its own name."""
    if named:
        return named.casefold() in (service.name.casefold(), service.label.casefold())
    names = f"{service.name} {service.label}".casefold()
    return "dispatcher" in names and "auto" in names


def _any(told: Iterable[bool | None]) -> bool | None:
    every = list(told)
    return True if True in every else None if None in every else False
