"""The line at the top: what is watched, and who waits. And what it shares with the one at the bottom."""

from __future__ import annotations

from dataclasses import dataclass

from rich.segment import Segment
from rich.style import Style

from console.i18n import tr, trn
from console.model.snapshot import MuxSlice, Snapshot
from console.widgets.lines import Lines, Part, bar
from console.widgets.words import span


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
    decisions: int = 0
    """Decisions that wait for the owner."""

    @classmethod
    def of(cls, snapshot: Snapshot, note: str, page: int, pages: int) -> TopView:
        """From the snapshot."""
        gone = sum(1 for surface in snapshot.surfaces if surface.gone)
        return cls(snapshot.mux, len(snapshot.surfaces) - gone, len(snapshot.waiting()), note, page, pages, gone,
                   snapshot.auto_note, sum(1 for surface in snapshot.surfaces if surface.unconfirmed),
                   snapshot.queue.total, snapshot.queue.paused, snapshot.queue.check,
                   len(snapshot.decisions.pending))  # fmt: skip


class Bar(Lines):
    """A line of texts, each in one of a few styles."""

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


class TopBar(Bar):
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
        left += [("  ", meta), (source or tr("looking for a terminal server"), meta)]
        right: list[Part] = []
        if view.mux.error:
            since = span(self._now - view.mux.down_since) if view.mux.down_since is not None else ""
            left = [left[0], (tr("  ✗ away {since}  ", since=since), self._style("alert")), (view.mux.error, meta)]
        if view.pages > 1:
            right.append((tr("  page {page}/{pages} ", page=view.page + 1, pages=view.pages), meta))
        if view.mux.error:
            if view.surfaces:
                right.append((tr("  what is shown is from before "), meta))  # no count: the reason needs the room
            return bar(width, left, right, Style())
        if view.auto:
            right.append((f" {view.auto}  ", self._style("alert")))
        right += self._queue_parts(view)
        if view.decisions:
            right.append((trn("  {count} decision ", "  {count} decisions ", view.decisions), meta))
        right.append((trn("  {count} surface   ", "  {count} surfaces   ", view.surfaces), meta))
        if view.gone:
            right.append((tr(" {count} gone  ", count=view.gone), self._style("alert")))
        if view.unconfirmed:
            right.append((tr(" {count} blocked, C confirms  ", count=view.unconfirmed), self._style("alert")))
        if view.waiting:
            right.append(
                (trn(" ▲ {count} waits for you ", " ▲ {count} wait for you ", view.waiting), self._style("alert"))
            )
        else:
            right.append((tr("nobody waits "), self._style("calm")))
        return bar(width, left, right, Style())

    def _queue_parts(self, view: TopView) -> list[Part]:
        if not view.queued:
            return []
        held = view.queue_paused + view.queue_check
        paused = view.queue_paused and held >= view.queued
        told = tr("  ⧗ {count} paused ", count=view.queued) if paused else tr("  ⧗ {count} queued ", count=view.queued)
        parts: list[Part] = [(told, self._style("meta"))]
        if view.queue_check:
            parts.append((tr(" {count} to look at, Q ", count=view.queue_check), self._style("alert")))
        return parts
