"""One surface: who it is, what it does, since when, for which dispatch, and its screen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.message import Message

from console.i18n import tr
from console.model.agent import SYMBOLS, AgentState
from console.model.context import compactions, forgetting_shown
from console.model.dispatch import Dispatch
from console.model.surface import Surface
from console.widgets.ansi import readable
from console.widgets.fold import dialog_height, fold
from console.widgets.lines import CACHED_ROWS, Lines, Part, Row, bar
from console.widgets.timeline import timeline
from console.widgets.words import STALE, span

HEADER_ROWS: Final = 2
if TYPE_CHECKING:
    from console.model.dialog import Dialog

_ASKING: Final = frozenset({AgentState.APPROVAL, AgentState.QUESTION, AgentState.TRUST})
STRIP_FROM: Final = 50
"""Cells of a pane from which on the last hour is drawn in its header."""
LEAST_TASK: Final = 30
"""Cells that the task keeps beside what the agent says."""
REF_WIDTH: Final = 10
"""A longer ref (the cmux daemon's ids) is cut in the header."""
_MARGIN: Final = Segment(" ")


@dataclass(frozen=True, slots=True)
class PaneView:
    """The slice of the snapshot one pane shows."""

    surface: Surface
    dispatch: Dispatch | None = None
    number: int = 0
    """The digit that focuses it; 0 for none."""
    unlogged: bool = False
    """It works, and there is a dispatch log, but no open dispatch of it."""
    server_error: str = ""
    """Why nothing can be read at all."""
    dialog: Dialog | None = None
    """The open dialog, where the console understands it."""
    answering: bool = False
    """The keys of a dialog are this pane's now."""
    auto: bool = False
    """A policy may answer here without a person."""
    queued: int = 0
    """Tasks that wait to be sent here."""

    @property
    def asks(self) -> bool:
        """Whether the agent waits for an answer, understood or not."""
        status = self.surface.status
        return status is not None and (status.state in _ASKING or status.detection.blocks)


def rows_needed(view: PaneView, width: int) -> int:
    """Height of a pane of *width* cells that shows its open dialog whole; 0 when none is open."""
    surface = view.surface
    if surface.screen is None or surface.status is None:
        return 0
    rows = dialog_height(surface.screen, surface.status.detection.regions, width - 1)
    return rows + HEADER_ROWS + (view.dialog is not None or view.asks) if rows else 0


def _hint(dialog: Dialog, style: Style) -> list[Part]:
    from console.widgets.answers import keys_of

    keys = [keys_of(dialog, choice.number) for choice in dialog.choices if choice.key]
    return [(" · ".join(keys), style)] if keys else []


def state_of(surface: Surface) -> AgentState:
    """The settled state, or unknown before the first reading."""
    return surface.status.state if surface.status else AgentState.UNKNOWN


class SurfacePane(Lines, can_focus=True):
    """A pane of the grid. `show` gives it a view; it paints only what changed.

    The text of the header is in words: colour only repeats what the symbol and the word say.
    """

    COMPONENT_CLASSES = {"pane--header", "pane--name", "pane--meta", "pane--alert", "pane--answer"}

    class Selected(Message):
        """The operator moved to this pane."""

        def __init__(self, key: str) -> None:
            super().__init__()
            self.key = key

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.view: PaneView | None = None
        self._now = 0.0
        self._folded: tuple[object, ...] = ()
        self._body: list[Row] = []
        self._made: dict[Row, Row] = {}

    def show(self, view: PaneView | None, now: float) -> None:
        """Show *view* as of *now* (epoch seconds)."""
        if int(now) == int(self._now) and (view is self.view or view == self.view):
            return
        new = self.view is None or view is None or view.surface.key != self.view.surface.key
        self.view, self._now = view, now
        self._classes_for(view)
        self._draw(all_new=new)

    def on_focus(self, _event: events.Focus) -> None:
        """Tell the screen which surface the operator is in."""
        if self.view is not None:
            self.post_message(self.Selected(self.view.surface.key))

    def redraw(self) -> None:
        """Colours are part of the rows."""
        self._folded = ()
        self._draw(all_new=True)

    def _classes_for(self, view: PaneView | None) -> None:
        needs = bool(view and view.surface.status and view.surface.status.needs_person)
        self.set_class(needs, "-needs-person")

    def _draw(self, *, all_new: bool = False) -> None:
        width, height = self.size
        view = self.view
        if view is None or width <= 0:
            self.put([], all_new=all_new)
            return
        rows: list[Row] = [self._first_row(view, width)]
        if height > 4:
            rows.append(self._second_row(view, width))
        answers = self._answers(view, width) if height > len(rows) + 3 else None
        rows += self._screen_rows(view, width, height - len(rows) - (answers is not None))
        if answers is not None:
            rows += [()] * (height - 1 - len(rows))
            rows.append(answers)
        self.put(rows[:height], all_new=all_new)

    def _answers(self, view: PaneView, width: int) -> Row | None:
        """Which keys answer it; they only do where the operator is. None when nothing is asked."""
        from console.widgets.answers import ELSEWHERE, answer_row

        fill, meta = self._style("pane--header"), self._style("pane--meta")
        dialog = view.dialog
        if dialog is None:
            return bar(width, [(f" {tr(ELSEWHERE)}", self._style("pane--answer"))], [], fill) if view.asks else None
        if not view.answering:
            here = tr(" {number} goes here: ", number=view.number) if view.number else tr(" w goes here: ")
            return bar(width, [(here, meta), *_hint(dialog, meta)], [], fill)
        return answer_row(dialog, width, self._style("pane--name"), self._style("pane--answer"), fill)

    def _screen_rows(self, view: PaneView, width: int, height: int) -> list[Row]:
        surface = view.surface
        if surface.screen is None:
            text = surface.gone or surface.error or tr("waiting for the first reading")
            return [bar(width, [("  " + text, self._style("pane--meta"))], [], Style())]
        regions = surface.status.detection.regions if surface.status else None
        wanted = (id(surface.screen), regions, width, height)
        if wanted != self._folded:
            self._folded = wanted
            self._body = [self._ready(row) for row in fold(surface.screen, regions, width - 1, height)]
        return self._body

    def _first_row(self, view: PaneView, width: int) -> Row:
        surface = view.surface
        header, state_style = self._style("pane--header"), self.state_style(state_of(view.surface))
        name, meta = self._style("pane--name"), self._style("pane--meta")
        state = state_of(surface)
        word = tr("gone") if surface.gone else tr(state)
        number = f"{view.number}" if view.number else " "
        ref = surface.info.ref if len(surface.info.ref) <= REF_WIDTH else surface.info.ref[:REF_WIDTH] + "…"
        about = " · ".join(text for text in (surface.agent, surface.role, ref) if text != surface.name and text)
        since = span(self._now - surface.status.since) if surface.status else ""
        left: list[Part] = [(f"{number} ", meta), (f"{SYMBOLS[state]} ", state_style), (surface.name, name)]
        left.append((f"  {about}", meta))
        if view.auto:
            left.append((tr(" auto "), self._style("pane--alert")))
        if view.queued:
            left.append((tr("  ⧗ {count} queued", count=view.queued), meta))
        if surface.gone:
            state_style = self._style("pane--alert")
        right: list[Part] = [(f" {word}", state_style), (f" {since} " if since else " ", meta)]
        return bar(width, left, right, header)

    def _second_row(self, view: PaneView, width: int) -> Row:
        surface = view.surface
        header, meta, alert = self._style("pane--header"), self._style("pane--meta"), self._style("pane--alert")
        left: list[Part] = [("    ", meta)]
        if surface.unconfirmed:
            left.append((tr("blocked, C confirms: {reason}  ", reason=surface.unconfirmed), alert))
        elif surface.seen_agent and surface.expected_agent and surface.seen_agent != surface.expected_agent:
            other = tr("shows {seen}, not {expected}  ", seen=surface.seen_agent, expected=surface.expected_agent)
            left.append((other, alert))
        elif surface.unlisted:
            left.append((tr("not configured  "), meta))
        if view.dispatch is not None:
            left += [(view.dispatch.label, self._style("pane--name")), (f" {view.dispatch.task}", meta)]
        elif surface.status is not None:
            left.append((tr("no open dispatch  ") if view.unlogged else "", meta))
            left.append((surface.status.detection.reason, meta))
        right: list[Part] = []
        if surface.status is not None and (worry := forgetting_shown(surface.status.detection)):
            right.append((f" {worry}", alert))
        elif surface.screen is not None and compactions(surface.screen.lines):
            right.append((tr(" compacted"), alert))
        age = self._now - surface.read_at if surface.read_at is not None else 0.0
        if view.server_error or surface.error:
            away = tr("server away") if view.server_error else surface.error[: width // 2]
            right.append((f" {away}", alert))
        if age > STALE:
            right.append((tr(" read {time} ago", time=span(age)), alert))
        else:
            hour = timeline(surface.history, self._now, self.state_style) if width >= STRIP_FROM else []
            if view.dispatch is not None and surface.status is not None:
                reason = surface.status.detection.reason
                fits = cell_len(reason) + (len(hour) + 2 if hour else 0) < width - LEAST_TASK
                right.append((f"  {reason}" if fits else "", meta))
            right += [("  ", meta), *hour] if hour else []
        right.append((" ", meta))
        return bar(width, left, right, header)

    def _style(self, name: str) -> Style:
        return self.part(name, filled=name == "pane--header")

    def _ready(self, row: Row) -> Row:
        """*row* with the margin, readable on this background."""
        ready = self._made.get(row)
        if ready is None:
            ready = (_MARGIN, *readable(row, self.base, self.app.ansi_theme))
            if len(self._made) >= CACHED_ROWS:
                self._made.clear()
            self._made[row] = ready
        return ready

    def forget(self) -> None:
        """See `Lines.forget`."""
        super().forget()
        self._made.clear()
