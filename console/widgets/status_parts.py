"""What stands in the status bar, and what is left out first where there is no room. Knows no widget and no colour."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from rich.cells import cell_len

from console.i18n import tr
from console.model.observed import seen, wanted
from console.model.service import Judgement, Service
from console.model.snapshot import CollectorSlice, ServicesSlice, Snapshot
from console.model.telemetry import Collector, CollectorState
from console.model.trend import Trend
from console.widgets.ansi import steady
from console.widgets.lines import cut
from console.widgets.plots import sparkline
from console.widgets.words import STALE, count, size, span

COLLECTOR: Final = "collector"
"""What a click on the collector names."""
EVERYTHING: Final = ""
"""What a click on the count of services names."""
NEWS: Final = 600.0
"""Seconds for which a restart is told instead of the uptime."""
BRIEF: Final = 100
"""Cells below which the words are short."""

_SYMBOLS: Final = {
    CollectorState.UP: "●",
    CollectorState.DEGRADED: "▲",
    CollectorState.DOWN: "✗",
    CollectorState.UNKNOWN: "?",
}
_MARKS: Final = {Judgement.ALARM: "✗", Judgement.ATTENTION: "▲", Judgement.UNKNOWN: "?"}
_RANK: Final = {Judgement.ALARM: 0, Judgement.ATTENTION: 1, Judgement.UNKNOWN: 2}
_DETAILS: Final = ((2, 2, 6), (1, 1, 7), (1, 0, 8), (1, 0, 99), (0, 0, 99))
"""(Detail of alarms, of the other services, least weight of the collector's pieces that go before such detail)."""
_GAP: Final = 2
"""Cells between two services, and before the first."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One text of the bar."""

    text: str
    style: str
    """Name of a component class, without ``bar--``."""
    target: str | None = None
    """What a click on it names: a service, `COLLECTOR` or `EVERYTHING`; None: nothing."""
    weight: int = 0
    """The lowest is left out first; 0 stays."""

    @property
    def cells(self) -> int:
        """Its width."""
        return cell_len(steady(self.text))


Row = tuple[list[Piece], list[Piece]]
"""What stands at the left and what at the right."""


def one_line(collector: CollectorSlice, services: ServicesSlice, width: int, now: float) -> Row:
    """Both slices in one row of *width* cells; alarms stay, counts of the collector go first."""
    told = collector_pieces(collector, now)
    calm = _calm(services, brief=width < BRIEF)
    everything = [*_wanting(services, 2, 2), *calm]
    if sum(piece.cells for piece in (*told, *everything)) + 2 + _GAP <= width:
        right = everything
    else:
        room = width - 1 - sum(piece.cells for piece in calm)
        right = [*fitted(services, lambda weight: room - min(_least(told, weight), width // 2)), *calm]
    left = without_the_least(told, width - 2 - sum(piece.cells for piece in right))
    return [Piece(" ", "meta"), *left], [*right, Piece(" ", "meta")]


def two_lines(collector: CollectorSlice, services: ServicesSlice, width: int, now: float) -> tuple[Row, Row]:
    """The collector with everything it tells and its evidence; the services with what was seen of them."""
    blank = Piece(" ", "meta")
    told = without_the_least(collector_pieces(collector, now, full=True), width - 2)
    evidence = list[Piece]()
    found, room = collector.collector, width - 6 - sum(piece.cells for piece in told)
    said = found is not None and found.state is not CollectorState.UP and not found.reason
    if found is not None and found.evidence and not said and room > 20:
        evidence.append(Piece(cut(found.evidence, room), "meta", COLLECTOR))
    calm = _calm(services, brief=False)
    room = width - 2 - sum(piece.cells for piece in calm)
    wanting = _wanting(services, 3, 3)
    if sum(piece.cells for piece in wanting) > room:
        wanting = fitted(services, lambda weight: room)
    room -= sum(piece.cells for piece in wanting)
    names = list[Piece]()
    for service in services.services:
        piece = Piece(f"  {service.name}", "meta", service.name)
        if service.judgement is Judgement.OK and piece.cells <= room - _GAP:
            names.append(piece)
            room -= piece.cells
    first = ([blank, *told], [*evidence, blank])
    listed = [*wanting, *names]
    listed[:1] = [replace(piece, text=piece.text.lstrip()) for piece in listed[:1]]
    return first, ([blank, *listed], [*calm, blank])


def collector_pieces(told: CollectorSlice, now: float, *, full: bool = False) -> list[Piece]:
    """The collector, from left to right; *full*: with what only a wide bar has room for."""
    if not told.source:
        return [Piece(tr("otel: not configured"), "meta")]
    found = told.collector
    if found is None or told.read_at is None:
        return [Piece(tr("otel: asking …"), "meta", COLLECTOR)]
    style = "calm" if found.state is CollectorState.UP else "alert"
    pieces = [Piece(f"{_SYMBOLS[found.state]} otel {found.endpoint}".rstrip(), style, COLLECTOR)]
    if found.state is not CollectorState.UP:
        pieces.append(Piece(f" {tr(str(found.state))}: {found.why}", style, COLLECTOR))
    texts = [*_counted(found), *(_inside(found) if full else ()), *_moving(told.trend, full), *_age(found, told, now)]
    pieces += (Piece(f" {text}", look, COLLECTOR, weight) for weight, text, look in texts)
    if now - told.read_at > 3 * STALE:
        pieces.append(Piece(" " + tr("read {time} ago", time=span(now - told.read_at)), "alert", COLLECTOR))
    return pieces


def watched_words(snapshot: Snapshot, name: str, now: float) -> str:
    """What is known of the service *name*, of the collector (`COLLECTOR`), or of all services; some lines."""
    told = snapshot.collector
    if name == COLLECTOR:
        pieces = collector_pieces(told, now, full=True)
        found = told.collector
        lines = ["".join(piece.text for piece in pieces)]
        if found is not None:
            lines += found.evidence.split(" · ")
            lines += [
                tr("restarted {time} ago: {evidence}", time=span(now - each.at), evidence=each.evidence)
                for each in told.trend.restarts[-3:]
            ]
        if told.read_at is not None:
            lines.append(tr("read {time} ago", time=span(now - told.read_at)))
        return "\n".join(lines)
    services = snapshot.services.services
    named = [service for service in services if service.name == name] if name else _by_urgency(snapshot.services)
    lines = [
        tr(
            "{name}: {observed}, expected {expected} ({evidence})",
            name=each.name,
            observed=seen(each.observed),
            expected=wanted(each.expected),
            evidence=each.evidence,
        )
        for each in named
    ]
    return "\n".join(lines) or (
        tr("all as expected") if services else tr("nothing is watched; see services: in the config")
    )


_Said = tuple[int, str, str]
"""(Weight, text, style)."""


def _counted(found: Collector) -> Iterator[_Said]:
    for weight, name in ((7, "logs"), (5, "spans"), (4, "metrics"), (2, "resources")):  # OpenTelemetry's own names
        value = getattr(found, name)
        if value is not None:
            yield weight, f"{count(value)} {name}", "meta"
    if found.bytes is not None:
        yield 3, size(found.bytes), "meta"


def _inside(found: Collector) -> Iterator[_Said]:
    if found.refused:
        yield 1, tr("{count} refused", count=count(found.refused)), "note"
    fullest = max(found.exporters, key=lambda exporter: exporter.fill or 0.0, default=None)
    if fullest is not None and fullest.fill is not None:
        yield 1, tr("queue {fill:.0%}", fill=fullest.fill), "meta"
    if found.memory is not None:
        yield 1, tr("rss {size}", size=size(found.memory)), "meta"


def _moving(trend: Trend, full: bool) -> Iterator[_Said]:
    total = trend.rates.total
    if total is None:
        return
    curve = sparkline([point.rates.total or 0.0 for point in trend.history]) if full else ""
    if len(curve) > 1:
        yield 1, curve, "calm"
    yield 8, tr("↑ {count}/min", count="<1" if 0 < total < 0.5 else count(round(total))), "meta"


def _age(found: Collector, told: CollectorSlice, now: float) -> Iterator[_Said]:
    last = told.trend.restarts[-1] if told.trend.restarts else None
    if last is not None and now - last.at < NEWS:
        yield 9, tr("restarted {time} ago", time=span(now - last.at)), "note"
    elif found.uptime is not None:
        yield 6, tr("up {time}", time=span(found.uptime)), "meta"


def without_the_least(pieces: Sequence[Piece], room: int) -> list[Piece]:
    """The pieces that fit into *room* cells; those of the lowest weight are left out first, then the rest is cut."""
    kept = list(pieces)
    while sum(piece.cells for piece in kept) > room:
        light = min((piece for piece in kept if piece.weight), key=lambda piece: piece.weight, default=None)
        if light is None:
            break
        kept.remove(light)
    return kept


def _least(pieces: Sequence[Piece], weight: int) -> int:
    """Cells of what stays and of what weighs at least *weight*, with the gap after it."""
    return sum(piece.cells for piece in pieces if not piece.weight or piece.weight >= weight) + _GAP


def _calm(services: ServicesSlice, *, brief: bool) -> list[Piece]:
    if not services.source:
        return [Piece("  " + (tr("no services") if brief else tr("services: not configured")), "meta")]
    if services.read_at is None:
        return [Piece("  " + tr("services: looking …"), "meta", EVERYTHING)]
    good = sum(1 for service in services.services if service.judgement is Judgement.OK)
    text = tr("{count} ok", count=good) if brief else tr("{count} as expected", count=good)
    return [Piece(f"  ● {text}", "calm", EVERYTHING)]


def _by_urgency(services: ServicesSlice) -> list[Service]:
    wanting = (service for service in services.services if service.judgement is not Judgement.OK)
    return sorted(wanting, key=lambda service: _RANK.get(service.judgement, 2))


def _piece(service: Service, detail: int) -> Piece:
    """*detail*: 0 only the name, 1 with what it is, 2 with what it should be, 3 with the evidence."""
    text, observed = f"{_MARKS.get(service.judgement, '?')} {service.name}", seen(service.observed)
    if detail > 1:
        said = tr("{observed}, expected {expected}", observed=observed, expected=wanted(service.expected))
        text += f" {said}"
    elif detail:
        text += f" {observed}"
    if detail > 2 and service.evidence:
        text += f" ({service.evidence})"
    return Piece(f"  {text}", "alert" if service.judgement is Judgement.ALARM else "note", service.name)


def _wanting(services: ServicesSlice, detail: int, other: int) -> list[Piece]:
    if services.read_at is None:
        return []
    return [_piece(each, detail if each.judgement is Judgement.ALARM else other) for each in _by_urgency(services)]


def fitted(services: ServicesSlice, room_for: Callable[[int], int]) -> list[Piece]:
    """Who is not as expected, the alarms first; all of them with as much detail as there is room for.

    *room_for*: cells there are beside the collector's pieces of at least this weight. Where even the names do not fit,
    as many as do, and how many more there are.
    """
    for detail, other, weight in _DETAILS:
        wanting = _wanting(services, detail, other)
        room = room_for(weight)
        if sum(piece.cells for piece in wanting) <= room:
            return wanting
    more = _more(len(wanting) - 1, "note")
    room -= more.cells if len(wanting) > 1 else 0
    shown = list[Piece]()
    for piece in wanting:
        if shown and piece.cells > room:
            break
        shown.append(replace(piece, text=cut(piece.text, max(room, 4))))
        room -= shown[-1].cells
    left = len(wanting) - len(shown)
    if not left:
        return shown
    return [*shown, _more(left, wanting[len(shown)].style)]


def _more(count: int, style: str) -> Piece:
    return Piece("  " + tr("and {count} more", count=count), style, EVERYTHING)
