"""The two lines that are always there: who waits (top) and the operator's services (bottom)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style

from console.model.service import Judgement
from console.model.snapshot import CollectorSlice, MuxSlice, ServicesSlice, Snapshot
from console.model.telemetry import Collector, CollectorState
from console.widgets.lines import Lines, Part, bar, cut
from console.widgets.words import STALE, count, size, span

_COLLECTOR_SYMBOLS: Final = {
    CollectorState.UP: "●",
    CollectorState.DEGRADED: "▲",
    CollectorState.DOWN: "✗",
    CollectorState.UNKNOWN: "?",
}
_RANK: Final = {Judgement.ALARM: 0, Judgement.ATTENTION: 1, Judgement.UNKNOWN: 2}


@dataclass(frozen=True, slots=True)
class TopView:
    """The slice of the snapshot the top bar shows."""

    mux: MuxSlice
    surfaces: int
    waiting: int
    note: str
    """``demo fleet`` or empty."""
    page: int
    pages: int
    gone: int = 0
    """Surfaces that the configuration names and the server has not."""
    auto: str = ""
    """What is approved without a person, or why nothing is."""
    unconfirmed: int = 0
    """Surfaces that are blocked until the operator says that they are the ones that are meant."""
    queued: int = 0
    """Tasks that wait to be sent."""
    queue_paused: int = 0
    queue_check: int = 0
    """Those of them a person has to look at."""

    @classmethod
    def of(cls, snapshot: Snapshot, note: str, page: int, pages: int) -> TopView:
        """From the snapshot."""
        gone = sum(1 for surface in snapshot.surfaces if surface.gone)
        return cls(snapshot.mux, len(snapshot.surfaces) - gone, len(snapshot.waiting()), note, page, pages, gone,
                   snapshot.auto_note, sum(1 for surface in snapshot.surfaces if surface.unconfirmed),
                   snapshot.queue.total, snapshot.queue.paused, snapshot.queue.check)  # fmt: skip


class _Bar(Lines):
    COMPONENT_CLASSES = {"bar--name", "bar--meta", "bar--alert", "bar--calm", "bar--note"}

    def _style(self, name: str) -> Style:
        return self.part(f"bar--{name}")

    def _draw(self, *, all_new: bool = False) -> None:
        if self.size.width > 0:
            self.put([self._content(self.size.width)], all_new=all_new)

    def _content(self, width: int) -> tuple[Segment, ...]:
        return ()

    def redraw(self) -> None:
        """Colours are part of the rows."""
        self._draw(all_new=True)


class TopBar(_Bar):
    """What is watched, how many surfaces, and how many wait for a person."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._view: TopView | None = None
        self._now = 0.0

    def show(self, view: TopView, now: float) -> None:
        """Show *view* as of *now* (epoch seconds)."""
        self._view, self._now = view, now
        self._draw()

    def _content(self, width: int) -> tuple[Segment, ...]:
        view = self._view
        if view is None:
            return ()
        meta = self._style("meta")
        left: list[Part] = [(" oc-console ", self._style("name"))]
        if view.note:
            left.append((f" {view.note} ", self._style("note")))
        source = " ".join(part.rsplit("/", 1)[-1] for part in view.mux.source.split(" "))  # doctor says the whole path
        left.append((f"  {source or 'looking for a terminal server'}", meta))
        right: list[Part] = []
        if view.mux.error:
            since = span(self._now - view.mux.down_since) if view.mux.down_since is not None else ""
            left = [left[0], (f"  ✗ away {since}  ", self._style("alert")), (view.mux.error, meta)]
        if view.pages > 1:
            right.append((f"  page {view.page + 1}/{view.pages} ", meta))
        if view.mux.error:
            if view.surfaces:
                right.append(("  what is shown is from before ", meta))  # no count: the reason needs the room
            return bar(width, left, right, Style())
        if view.auto:
            right.append((f" {view.auto}  ", self._style("alert")))
        right += self._queue_parts(view)
        plural = "" if view.surfaces == 1 else "s"
        right.append((f"  {view.surfaces} surface{plural}   ", meta))
        if view.gone:
            right.append((f" {view.gone} gone  ", self._style("alert")))
        if view.unconfirmed:
            right.append((f" {view.unconfirmed} blocked, C confirms  ", self._style("alert")))
        if view.waiting:
            right.append((f" ▲ {view.waiting} wait{'s' if view.waiting == 1 else ''} for you ", self._style("alert")))
        else:
            right.append(("nobody waits ", self._style("calm")))
        return bar(width, left, right, Style())

    def _queue_parts(self, view: TopView) -> list[Part]:
        if not view.queued:
            return []
        held = view.queue_paused + view.queue_check
        word = "paused" if view.queue_paused and held >= view.queued else "queued"
        parts: list[Part] = [(f"  ⧗ {view.queued} {word} ", self._style("meta"))]
        if view.queue_check:
            parts.append((f" {view.queue_check} to look at, Q ", self._style("alert")))
        return parts


class StatusBar(_Bar):
    """The collector, then services by urgency, then how many are as expected."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._collector = CollectorSlice()
        self._services = ServicesSlice()
        self._now = 0.0

    def show(self, collector: CollectorSlice, services: ServicesSlice, now: float) -> None:
        """Show both slices as of *now* (epoch seconds)."""
        self._collector, self._services, self._now = collector, services, now
        self._draw()

    def _content(self, width: int) -> tuple[Segment, ...]:
        meta = self._style("meta")
        right = [("  ", meta), *self._service_parts(width * 3 // 4), (" ", meta)]
        return bar(width, [(" ", meta), *self._collector_parts(width)], right, Style())

    def _collector_parts(self, width: int) -> list[Part]:
        meta = self._style("meta")
        collector = self._collector.collector
        if not self._collector.source:
            return [("otel: not configured", meta)]
        if collector is None or self._collector.read_at is None:
            return [("otel: asking …", meta)]
        style = self._style("calm" if collector.state is CollectorState.UP else "alert")
        symbol = f"{_COLLECTOR_SYMBOLS[collector.state]} otel {collector.endpoint}"
        parts: list[Part] = [(symbol.rstrip(), style)]
        if collector.state is not CollectorState.UP:
            parts.append((f" {collector.state}: {collector.evidence}", style))
        parts.append((f" {counts(collector, brief=width < 100)}", meta))
        age = self._now - self._collector.read_at
        if age > 3 * STALE:
            parts.append((f" read {span(age)} ago", self._style("alert")))
        return parts

    def _service_parts(self, room: int) -> list[Part]:
        """Who is not as expected in at most *room* cells, the alarms first, and how many are."""
        meta = self._style("meta")
        if not self._services.source:
            return [("services: not configured", meta)]
        if self._services.read_at is None:
            return [("services: looking …", meta)]
        services = self._services.services
        wanting = sorted((s for s in services if s.judgement is not Judgement.OK), key=lambda s: _RANK[s.judgement])
        calm = f"● {len(services) - len(wanting)} as expected"
        room -= cell_len(calm) + len("and 99 more  ")
        parts: list[Part] = []
        for at, service in enumerate(wanting):
            text = f"✗ {service.name} {service.observed}, expected {service.expected}"
            style = self._style("alert" if service.judgement is Judgement.ALARM else "note")
            if at and cell_len(text) > room:
                parts.append((f"and {len(wanting) - at} more  ", style))
                break
            parts.append((cut(text, room) + "  ", style))
            room -= cell_len(text) + 2
        return [*parts, (calm, self._style("calm"))]


def counts(collector: Collector, *, brief: bool = False) -> str:
    """``30.3k logs 1.1k spans 7 metrics 12.9 MB up 3h``; what the answer does not give is not there.

    *brief* leaves out resources and size.
    """
    parts = [
        f"{count(value)} {name}"
        for value, name in (
            (collector.logs, "logs"),
            (collector.spans, "spans"),
            (collector.metrics, "metrics"),
            (collector.resources, "resources"),
        )
        if value is not None and not (brief and name == "resources")
    ]
    if collector.bytes is not None and not brief:
        parts.append(size(collector.bytes))
    if collector.uptime is not None:
        parts.append(f"up {span(collector.uptime)}")
    return " ".join(parts)
