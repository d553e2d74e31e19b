"""The one value the whole console is drawn from, and the pure fold that makes the next one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from console.i18n import tr
from console.model.agent import settle
from console.model.binding import Bound, SurfaceSpec, bind, remember
from console.model.cut_off import CutOff
from console.model.decision import NO_DECISIONS, DecisionsSlice
from console.model.dispatch import Dispatch
from console.model.history import Past, changed, restored
from console.model.naming import identity
from console.model.operations import NO_OPERATIONS, OperationsSlice, based, told
from console.model.reading import (
    AutoRead,
    BaselineRead,
    CollectorPast,
    CollectorRead,
    DecisionsRead,
    HistoryRead,
    LogFailed,
    LogRead,
    MuxDown,
    OperationsRead,
    QueueRead,
    Reading,
    ScreenFailed,
    ScreenRead,
    SendsRead,
    ServicesPast,
    ServicesRead,
    SignalsRead,
    StartsRead,
    TreeRead,
)
from console.model.service import Judgement, Service
from console.model.service_history import History, noted
from console.model.service_history import restored as restored_services
from console.model.surface import Surface, SurfaceInfo
from console.model.telemetry import Collector, CollectorState
from console.model.trend import Trend, follow, resume


@dataclass(frozen=True, slots=True)
class MuxSlice:
    """The terminal server."""

    source: str = ""
    read_at: float | None = None
    error: str = ""
    """Why it cannot be read now; empty when it can."""
    down_since: float | None = None


@dataclass(frozen=True, slots=True)
class LogSlice:
    """The dispatch log; `source` is empty when none is configured."""

    source: str = ""
    read_at: float | None = None
    dispatches: tuple[Dispatch, ...] = ()
    not_understood: int = 0
    error: str = ""
    stale_since: float | None = None
    """Since when the file cannot be read while an older good state is shown."""
    newest_open: Mapping[str, Dispatch] = field(default_factory=dict, repr=False, compare=False)
    """The newest open dispatch by the surface's name in the log (see `identity`)."""
    asked: tuple[Dispatch, ...] = field(default=(), repr=False, compare=False)
    """The open dispatches that are to verify another."""


@dataclass(frozen=True, slots=True)
class ServicesSlice:
    """Watched services; `source` is empty when none is configured."""

    source: str = ""
    read_at: float | None = None
    services: tuple[Service, ...] = ()
    waiting: int = 0
    """Rows that nobody has looked at yet."""
    history: History = field(default_factory=dict, repr=False, compare=False)
    """Since when each was in which state, by its name."""

    @property
    def complete(self) -> bool:
        """Whether all that is configured was looked at once."""
        return not self.source or (self.read_at is not None and not self.waiting)


@dataclass(frozen=True, slots=True)
class CollectorSlice:
    """The collector; `source` is empty when none is configured."""

    source: str = ""
    read_at: float | None = None
    collector: Collector | None = None
    trend: Trend = field(default=Trend(), repr=False)


@dataclass(frozen=True, slots=True)
class SendsSlice:
    """Sends of our own that have no outcome."""

    read_at: float | None = None
    cut_off: tuple[CutOff, ...] = ()
    error: str = ""


@dataclass(frozen=True, slots=True)
class QueueSlice:
    """What waits in the queues of tasks."""

    waiting: Mapping[str, int] = field(default_factory=dict)
    """Tasks that are not sent yet, by the key of their queue (`console.model.queue.Target.key`)."""
    paused: int = 0
    check: int = 0
    """Those a person has to look at."""

    @property
    def total(self) -> int:
        """Of all queues."""
        return sum(self.waiting.values())


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything known at one moment. Slices that did not change are the same objects as before."""

    mux: MuxSlice = MuxSlice()
    surfaces: tuple[Surface, ...] = ()
    log: LogSlice = LogSlice()
    services: ServicesSlice = ServicesSlice()
    collector: CollectorSlice = CollectorSlice()
    sends: SendsSlice = SendsSlice()
    queue: QueueSlice = QueueSlice()
    operations: OperationsSlice = NO_OPERATIONS
    decisions: DecisionsSlice = NO_DECISIONS
    specs: tuple[SurfaceSpec, ...] = field(default=(), repr=False)
    auto: frozenset[str] = frozenset()
    """Keys of the surfaces where a policy may approve without a person."""
    auto_note: str = ""
    past: Past = field(default_factory=dict, repr=False, compare=False)
    """What was known of the surfaces before the console was started."""
    bindings: Mapping[str, str] = field(default_factory=dict, repr=False)
    """From the ref in the configuration to the uuid of the surface it means."""

    def surface(self, key: str) -> Surface | None:
        """The surface with this key."""
        return next((surface for surface in self.surfaces if surface.key == key), None)

    def called(self, name: str) -> tuple[Surface, ...]:
        """The surfaces *name* means: by name, ref, uuid, place or title; one, where it is said clearly enough."""
        wanted = identity(name)
        return tuple(s for s in self.surfaces if s.answers_to(name) or (wanted and identity(s.info.title) == wanted))

    def fleet(self) -> tuple[Surface, ...]:
        """The surfaces in the order they are shown: configured ones as configured, then agents, then the rest."""

        def order(surface: Surface) -> tuple[int, int]:
            if surface.place is not None:
                return (0, surface.place)
            return (1, 0) if surface.agent else (2, 0)

        return tuple(sorted(self.surfaces, key=order))

    def dispatch_of(self, surface: Surface) -> Dispatch | None:
        """The newest open dispatch of a surface."""
        newest = self.log.newest_open
        mine = [newest[name] for name in surface.names if name in newest]
        return max(mine, key=_age_rank, default=None)

    def waiting(self) -> tuple[Surface, ...]:
        """Surfaces that wait for a person, the longest wait first."""
        waits = [s for s in self.surfaces if s.status is not None and s.status.needs_person]
        return tuple(sorted(waits, key=lambda s: s.status.since if s.status else 0.0))

    def troubles(self) -> tuple[str, ...]:
        """One line for everything that needs a person, most urgent first; empty when all is well."""
        found = [f"{s.name}: {tr(s.status.state)}" for s in self.waiting() if s.status]
        if self.mux.error:
            found.append(self.mux.error)
        found += [f"{s.name}: {s.gone}" for s in self.surfaces if s.gone]
        found += [
            tr("{name}: {reason}; confirm it", name=s.name, reason=s.unconfirmed)
            for s in self.surfaces
            if s.unconfirmed
        ]
        found += [tr("{about}; settle it in the console", about=each.about) for each in self.sends.cut_off]
        if self.log.error:
            found.append(self.log.error)
        found += [
            tr("{name}: {observed}, expected {expected}", name=s.name, observed=tr(s.observed), expected=tr(s.expected))
            for s in self.services.services
            if s.judgement in (Judgement.ALARM, Judgement.ATTENTION)
        ]
        collector = self.collector.collector
        if collector is not None and collector.state in (CollectorState.DOWN, CollectorState.DEGRADED):
            state = tr(collector.state)
            found.append(
                tr("collector {endpoint} {state}: {why}", endpoint=collector.endpoint, state=state, why=collector.why)
                if collector.endpoint
                else tr("collector {state}: {why}", state=state, why=collector.why)
            )
        found += self.operations.troubles()
        if self.decisions.error:
            found.append(self.decisions.error)
        return tuple(found)


def reduce(before: Snapshot, reading: Reading) -> Snapshot:
    """Return the snapshot after *reading*. Pure; slices that are equal stay the same object."""
    match reading:
        case TreeRead():
            return _tree(before, reading)
        case ScreenRead():
            return _screen(before, reading)
        case ScreenFailed():
            return _swap(before, reading.key, lambda s: replace(s, error=reading.error))
        case MuxDown():
            since = before.mux.down_since if before.mux.error else reading.at
            source = reading.source or before.mux.source
            return replace(before, mux=replace(before.mux, source=source, error=reading.error, down_since=since))
        case LogRead():
            return replace(before, log=_log(reading))
        case LogFailed():
            since = before.log.stale_since if before.log.error else reading.at
            return replace(
                before, log=replace(before.log, source=reading.source, error=reading.error, stale_since=since)
            )
        case ServicesRead():
            return replace(before, services=_services(before.services, reading))
        case OperationsRead():
            seen = told(before.operations, reading.automation, reading.artifacts, reading.figures)
            return replace(before, operations=seen)
        case BaselineRead():
            compared = based(before.operations, reading.baseline, reading.error)
            return before if compared is before.operations else replace(before, operations=compared)
        case ServicesPast():
            history = restored_services(before.services.history, reading.past)
            return replace(before, services=replace(before.services, history=history))
        case SignalsRead():
            return before
        case SendsRead():
            same = before.sends.read_at is not None and before.sends.cut_off == reading.cut_off
            same = same and before.sends.error == reading.error
            return before if same else replace(before, sends=SendsSlice(reading.at, reading.cut_off, reading.error))
        case AutoRead():
            if (reading.covered, reading.note) == (before.auto, before.auto_note):
                return before
            return replace(before, auto=reading.covered, auto_note=reading.note)
        case QueueRead():
            queue = QueueSlice(reading.waiting, reading.paused, reading.check)
            return before if queue == before.queue else replace(before, queue=queue)
        case DecisionsRead():
            return _decisions(before, reading)
        case StartsRead():
            return _started(before, reading)
        case HistoryRead():
            surfaces = tuple(restored(surface, before.mux.source, reading.past) for surface in before.surfaces)
            return replace(before, surfaces=surfaces, past=reading.past)
        case CollectorPast():
            trend = resume(reading.trend, before.collector.trend)
            return replace(before, collector=replace(before.collector, trend=trend))
        case CollectorRead():
            collector, trend = follow(before.collector.trend, reading.at, reading.collector)
            return replace(before, collector=CollectorSlice(reading.source, reading.at, collector, trend))


def _started(before: Snapshot, reading: StartsRead) -> Snapshot:
    started = reading.started
    surfaces = tuple(
        s if s.started == started.get(s.key) else replace(s, started=started.get(s.key)) for s in before.surfaces
    )
    return before if surfaces == before.surfaces else replace(before, surfaces=surfaces)


def _services(before: ServicesSlice, reading: ServicesRead) -> ServicesSlice:
    rows, history = noted(before.history, reading.services, reading.at)
    return ServicesSlice(reading.source, reading.at, rows, reading.waiting, history)


def _decisions(before: Snapshot, reading: DecisionsRead) -> Snapshot:
    slice_ = before.decisions
    if reading.error:
        after = replace(slice_, source=reading.source, error=reading.error)
    else:
        after = DecisionsSlice(reading.source, reading.at, reading.decisions, reading.problems)
    return before if after == slice_ else replace(before, decisions=after)


def _log(reading: LogRead) -> LogSlice:
    newest: dict[str, Dispatch] = {}
    for dispatch in reading.dispatches:
        if dispatch.is_open and dispatch.surface:
            name = identity(dispatch.surface)
            if name not in newest or _age_rank(dispatch) > _age_rank(newest[name]):
                newest[name] = dispatch
    asked = tuple(each for each in reading.dispatches if each.links.verifies is not None and each.is_open)
    return LogSlice(
        reading.source, reading.at, reading.dispatches, reading.not_understood, newest_open=newest, asked=asked
    )


def _age_rank(dispatch: Dispatch) -> tuple[float, int]:
    return (dispatch.dispatched_at or 0.0, dispatch.number or 0)


def _tree(before: Snapshot, reading: TreeRead) -> Snapshot:
    known = {surface.key: surface for surface in before.surfaces}
    infos = [info for info in reading.surfaces if not info.own]
    bounds = bind(infos, before.specs, before.bindings) if before.specs else ()
    place = {bound.info.key: at for at, bound in enumerate(bounds) if bound.info is not None}
    surfaces = tuple(_surface(info, known.get(info.key), before.specs, bounds, place.get(info.key)) for info in infos)
    if before.past:
        new = (s.key not in known or known[s.key].info.pid != s.info.pid for s in surfaces)
        pairs = zip(surfaces, new, strict=True)
        surfaces = tuple(restored(s, reading.source, before.past) if fresh else s for s, fresh in pairs)
    gone = tuple(_gone(before.specs[at], at, bound.wrong) for at, bound in enumerate(bounds) if bound.info is None)
    surfaces = tuple(known[s.key] if known.get(s.key) == s else s for s in (*surfaces, *gone))
    if surfaces == before.surfaces:
        surfaces = before.surfaces
    bindings = remember(before.specs, bounds, before.bindings)
    return replace(before, mux=MuxSlice(reading.source, reading.at), surfaces=surfaces, bindings=bindings)


def _surface(
    info: SurfaceInfo, known: Surface | None, specs: tuple[SurfaceSpec, ...], bounds: tuple[Bound, ...], at: int | None
) -> Surface:
    spec = specs[at] if at is not None else SurfaceSpec("")
    wrong = bounds[at].wrong if at is not None else ""
    # Another process behind the same ref (a restarted server, a respawned pane) is another agent.
    same = known is not None and known.info.pid == info.pid
    if known is not None and same and known.info == info and known.unconfirmed == wrong and known.place == at:
        return known
    return replace(
        known if known is not None and same else Surface(info, ""),
        info=info,
        name=spec.name or info.label or info.place,
        role=spec.role,
        expected_agent=spec.agent,
        place=at,
        unlisted=bool(specs) and at is None,
        unconfirmed=wrong,
    )


def _gone(spec: SurfaceSpec, at: int, why: str) -> Surface:
    """A surface that the configuration names and the server has not."""
    info = SurfaceInfo(spec.ref, None, "", "", label=spec.name)
    return Surface(info, spec.name or spec.ref, spec.role, spec.agent, at, gone=why)


def _screen(before: Snapshot, reading: ScreenRead) -> Snapshot:
    surface = before.surface(reading.key)
    if surface is None:
        return before
    seen = reading.detection
    at = reading.at
    if seen is not None and seen.at is not None:
        # The first verdict of a witness tells since when; later ones may be newer than the screen.
        at = seen.at if surface.status is None else max(at, seen.at)
    status, history = changed(surface, settle(surface.status, seen, at) if seen is not None else surface.status)
    screen = surface.screen if surface.screen == reading.screen else reading.screen
    agent = (seen.agent if seen is not None else "") or surface.seen_agent
    after = replace(
        surface, screen=screen, status=status, history=history, seen_agent=agent, read_at=reading.at, error=""
    )
    return _put(before, surface, after)


def _swap(before: Snapshot, key: str, change: Callable[[Surface], Surface]) -> Snapshot:
    surface = before.surface(key)
    return before if surface is None else _put(before, surface, change(surface))


def _put(before: Snapshot, old: Surface, new: Surface) -> Snapshot:
    if old == new:
        return before
    return replace(before, surfaces=tuple(new if s is old else s for s in before.surfaces))
