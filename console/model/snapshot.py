"""The one value the whole console is drawn from, and the pure fold that makes the next one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from console.model.agent import settle
from console.model.dispatch import Dispatch
from console.model.naming import identity
from console.model.reading import (
    CollectorRead,
    LogFailed,
    LogRead,
    MuxDown,
    Reading,
    ScreenFailed,
    ScreenRead,
    ServicesRead,
    SignalsRead,
    TreeRead,
)
from console.model.service import Judgement, Service
from console.model.surface import Surface, SurfaceInfo
from console.model.telemetry import Collector, CollectorState


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


@dataclass(frozen=True, slots=True)
class ServicesSlice:
    """Watched services; `source` is empty when none is configured."""

    source: str = ""
    read_at: float | None = None
    services: tuple[Service, ...] = ()


@dataclass(frozen=True, slots=True)
class CollectorSlice:
    """The collector; `source` is empty when none is configured."""

    source: str = ""
    read_at: float | None = None
    collector: Collector | None = None


@dataclass(frozen=True, slots=True)
class SurfaceSpec:
    """What the configuration says of one surface."""

    ref: str
    name: str = ""
    role: str = ""
    agent: str = ""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything known at one moment. Slices that did not change are the same objects as before."""

    mux: MuxSlice = MuxSlice()
    surfaces: tuple[Surface, ...] = ()
    log: LogSlice = LogSlice()
    services: ServicesSlice = ServicesSlice()
    collector: CollectorSlice = CollectorSlice()
    specs: tuple[SurfaceSpec, ...] = field(default=(), repr=False)

    def surface(self, key: str) -> Surface | None:
        """The surface with this key."""
        return next((surface for surface in self.surfaces if surface.key == key), None)

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
        found = [f"{s.name}: {s.status.state}" for s in self.waiting() if s.status]
        if self.mux.error:
            found.append(self.mux.error)
        if self.log.error:
            found.append(self.log.error)
        found += [
            f"{s.name}: {s.observed}, expected {s.expected}"
            for s in self.services.services
            if s.judgement in (Judgement.ALARM, Judgement.ATTENTION)
        ]
        collector = self.collector.collector
        if collector is not None and collector.state in (CollectorState.DOWN, CollectorState.DEGRADED):
            found.append(f"collector {collector.state}: {collector.evidence}")
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
            return replace(before, services=ServicesSlice(reading.source, reading.at, reading.services))
        case SignalsRead():
            return before
        case CollectorRead():
            return replace(before, collector=CollectorSlice(reading.source, reading.at, reading.collector))


def _log(reading: LogRead) -> LogSlice:
    newest: dict[str, Dispatch] = {}
    for dispatch in reading.dispatches:
        if dispatch.is_open and dispatch.surface:
            name = identity(dispatch.surface)
            if name not in newest or _age_rank(dispatch) > _age_rank(newest[name]):
                newest[name] = dispatch
    return LogSlice(reading.source, reading.at, reading.dispatches, reading.not_understood, newest_open=newest)


def _age_rank(dispatch: Dispatch) -> tuple[float, int]:
    return (dispatch.dispatched_at or 0.0, dispatch.number or 0)


def _tree(before: Snapshot, reading: TreeRead) -> Snapshot:
    known = {surface.key: surface for surface in before.surfaces}
    surfaces = tuple(_surface(info, known.get(info.key), before.specs) for info in reading.surfaces if not info.own)
    if surfaces == before.surfaces:
        surfaces = before.surfaces
    return replace(before, mux=MuxSlice(reading.source, reading.at), surfaces=surfaces)


def _surface(info: SurfaceInfo, known: Surface | None, specs: tuple[SurfaceSpec, ...]) -> Surface:
    # Another process behind the same ref (a restarted server, a respawned pane) is another agent.
    same = known is not None and known.info.pid == info.pid
    if known is not None and same and known.info == info:
        return known
    spec = _spec(info, specs)
    return replace(
        known if known is not None and same else Surface(info, ""),
        info=info,
        name=(spec.name if spec else "") or info.label or info.place,
        role=spec.role if spec else "",
        expected_agent=spec.agent if spec else "",
        place=specs.index(spec) if spec is not None else None,
    )


def _spec(info: SurfaceInfo, specs: tuple[SurfaceSpec, ...]) -> SurfaceSpec | None:
    probe = Surface(info, info.label)
    return next((spec for spec in specs if probe.answers_to(spec.ref)), None)


def _screen(before: Snapshot, reading: ScreenRead) -> Snapshot:
    surface = before.surface(reading.key)
    if surface is None:
        return before
    status = settle(surface.status, reading.detection, reading.at) if reading.detection else surface.status
    screen = surface.screen if surface.screen == reading.screen else reading.screen
    agent = (reading.detection.agent if reading.detection else "") or surface.seen_agent
    after = replace(surface, screen=screen, status=status, seen_agent=agent, read_at=reading.at, error="")
    return _put(before, surface, after)


def _swap(before: Snapshot, key: str, change: Callable[[Surface], Surface]) -> Snapshot:
    surface = before.surface(key)
    return before if surface is None else _put(before, surface, change(surface))


def _put(before: Snapshot, old: Surface, new: Surface) -> Snapshot:
    if old == new:
        return before
    return replace(before, surfaces=tuple(new if s is old else s for s in before.surfaces))
