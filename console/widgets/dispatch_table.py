"""The dispatch log as a virtual table: only rows on screen are ever drawn, and only changed ones again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import compress
from operator import attrgetter
from textwrap import wrap
from typing import Final

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import var
from textual.scroll_view import ScrollView
from textual.strip import Strip

from console.i18n import mark, tr, trc, trn
from console.model.dispatch import OPEN_STATUSES, Dispatch, DispatchStatus, VerificationVerdict
from console.model.query import parse, searched
from console.model.reconcile import Live, trouble
from console.model.snapshot import LogSlice
from console.widgets.lines import Part, bar, cut
from console.widgets.words import span

_ATTENTION: Final = frozenset({DispatchStatus.NEEDS_CHECK, DispatchStatus.WAITING})
_STATUS_SYMBOLS: Final = {
    DispatchStatus.QUEUED: "◌",
    DispatchStatus.SENDING: "⇢",
    DispatchStatus.SENT: "→",
    DispatchStatus.WORKING: "●",
    DispatchStatus.WAITING: "▲",
    DispatchStatus.DONE: "✓",
    DispatchStatus.NEEDS_CHECK: "▲",
    DispatchStatus.VERIFIED: "✓",
    DispatchStatus.FAILED: "✗",
    DispatchStatus.CANCELLED: "–",
    DispatchStatus.UNKNOWN: "?",
}


SORTS: Final = ("number", "age", "status", "surface")
"""Orders of the rows: newest number first, oldest first, what is open first, by surface."""
_SORTED: Final = {"age": mark(", by age"), "status": mark(", by status"), "surface": mark(", by surface")}
MANY: Final = 5000
"""Dispatches from which the filter is prepared ahead."""
_WIDE: Final = 120
"""Cells from which the last column has room for words."""


class DispatchTable(ScrollView, can_focus=True):
    """Newest first. `show` gives it the log; `filter_text` narrows it."""

    COMPONENT_CLASSES = {
        "table--header",
        "table--cursor",
        "table--meta",
        "table--open",
        "table--alert",
        "table--number",
    }

    cursor = var(0)
    """Row of the cursor among the rows that pass the filter."""
    filter_text = var("", init=False)
    sort = var("number", init=False)
    """One of `SORTS`."""

    class Opened(Message):
        """Enter or a click on a dispatch."""

        def __init__(self, dispatch: Dispatch) -> None:
            super().__init__()
            self.dispatch = dispatch

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._log = LogSlice()
        self._now = 0.0
        self._all: tuple[Dispatch, ...] = ()
        self._found: list[Dispatch] = []
        self._live: Mapping[str, Live] = {}
        self._searched: list[str] = []
        """What the filter looks at, for each of `_all`; made when it is first used."""
        self._open = 0
        self._sought: int | None = None
        self.painted = 0

    def show(self, log: LogSlice, now: float, live: Mapping[str, Live] | None = None) -> None:
        """Show the log as of *now* (epoch seconds), beside what the surfaces do (`live`, None: as before)."""
        if live is not None and live != self._live:
            self._live = live
            self._repaint_open()
        changed = log.dispatches is not self._log.dispatches or log.error != self._log.error
        minute = int(now // 60) != int(self._now // 60)
        source_changed = log.source != self._log.source or log.stale_since != self._log.stale_since
        self._log, self._now = log, now
        if changed:
            self._take(log.dispatches)
        if changed or source_changed or log.error:
            self.refresh(Region(0, 0, self.size.width, 1))
        if minute or ((changed or source_changed) and not self._found):
            self.refresh()

    @property
    def marked(self) -> Dispatch | None:
        """The dispatch under the cursor."""
        return self._found[self.cursor] if self.cursor < len(self._found) else None

    def seek(self, number: int | None) -> None:
        """Put the cursor on dispatch *number*, as soon as it is there."""
        self._sought = number
        self._go_to_sought()

    def _go_to_sought(self) -> None:
        row = next((row for row, d in enumerate(self._found) if d.number == self._sought), None)
        if self._sought is not None and row is not None:
            self.cursor, self._sought = row, None

    def _repaint_open(self) -> None:
        """What a surface does only shows in rows of open dispatches."""
        top = self.scroll_offset.y
        for row in range(top, min(top + self.size.height, len(self._found))):
            if self._found[row].is_open:
                self._repaint(row)

    def _take(self, dispatches: tuple[Dispatch, ...]) -> None:
        before = self._found
        marked = before[self.cursor] if self.cursor < len(before) and (self.cursor or self.has_focus) else None
        self._all = _ordered(dispatches, self.sort)
        self._searched = []
        if len(self._all) > MANY and self.is_mounted:
            # Without arguments: a worker writes down the repr of its work, and 100,000 dispatches take a second.
            self.run_worker(self._prepare, thread=True, exclusive=True, exit_on_error=False)
        statuses = [dispatch.status for dispatch in self._all]
        self._open = sum(map(statuses.count, OPEN_STATUSES))
        self._found = self._passing()
        if marked is not None:
            # Rows move when a dispatch comes in; Enter must not open another one than the operator sees marked.
            self.cursor = next((row for row, d in enumerate(self._found) if _same(d, marked)), self.cursor)
        self._resize_virtual()
        self._go_to_sought()
        if len(before) != len(self._found):
            self.refresh()
            return
        top = self.scroll_offset.y
        for row in range(top, min(top + self.size.height, len(before))):
            if before[row] != self._found[row]:
                self._repaint(row)

    def _passing(self) -> list[Dispatch]:
        query = parse(self.filter_text)
        if query.empty:
            return list(self._all)
        if len(self._searched) != len(self._all):
            self._searched = [searched(dispatch) for dispatch in self._all]
        found, texts = list(self._all), self._searched
        for word in query.words:  # a loop in C for each word: this is done at every key on up to 100,000 rows
            passing = [word in text for text in texts]
            found, texts = list(compress(found, passing)), list(compress(texts, passing))
        if query.plain:
            return found
        return [dispatch for dispatch, text in zip(found, texts, strict=True) if query.matches(dispatch, text)]

    def _prepare(self) -> None:
        """Make the texts the filter looks at; in a thread, so that the first letter typed need not wait for it."""
        dispatches = self._all
        texts = [searched(dispatch) for dispatch in dispatches]
        if self._all is dispatches:
            self._searched = texts

    def watch_sort(self) -> None:
        """Order at once."""
        self._take(self._all)
        self.refresh()

    def watch_filter_text(self) -> None:
        """Narrow at once."""
        self._found = self._passing()
        self.cursor = 0
        self.scroll_to(y=0, animate=False)
        self._resize_virtual()
        self.refresh()

    def _resize_virtual(self) -> None:
        self.virtual_size = Size(0, len(self._found) + 1)
        self.cursor = max(0, min(self.cursor, len(self._found) - 1))

    def _repaint(self, row: int) -> None:
        y = row + 1 - self.scroll_offset.y
        if 1 <= y < self.size.height:
            self.painted += 1
            self.refresh(Region(0, y, self.size.width, 1))

    def watch_cursor(self, old: int, new: int) -> None:
        """Keep the cursor on screen; repaint two rows."""
        self._repaint(old)
        self._repaint(new)
        room = max(1, self.size.height - 1)
        top = self.scroll_offset.y
        if new < top:
            self.scroll_to(y=new, animate=False)
        elif new >= top + room:
            self.scroll_to(y=new - room + 1, animate=False)

    def render_line(self, y: int) -> Strip:
        """The header, or the row that the scroll position puts at *y*."""
        width = self.scrollable_content_region.width
        if y == 0:
            return Strip(self._header(width)).adjust_cell_length(width, self.rich_style)
        row = self.scroll_offset.y + y - 1
        if row < len(self._found):
            return Strip(self._row(self._found[row], width, row == self.cursor)).adjust_cell_length(
                width, self.rich_style
            )
        return self._empty(y, width)

    @property
    def _wrong(self) -> str:
        """Why the log cannot be read, with the name of the file but not its directories."""
        source, error = self._log.source, self._log.error
        return source.rpartition("/")[2] + error.removeprefix(source) if error.startswith(source) else error

    def _empty(self, y: int, width: int) -> Strip:
        base = self.rich_style
        if self._log.error and not self._all and y >= 1:
            lines = wrap(self._log.error, max(20, width - 4))
            text = lines[y - 1] if y <= len(lines) else ""
            return Strip([Segment("  " + cut(text, width - 2), base)]).adjust_cell_length(width, base)
        if y != 1 or self._found:
            return Strip.blank(width, base)
        if not self._log.source:
            text = tr("dispatch log: not configured (log: path: in the config)")
        elif self.filter_text:
            text = tr("nothing matches {filter_text}", filter_text=self.filter_text)
        elif self._log.read_at is None and not self._log.error:
            text = tr("reading the dispatch log …")
        else:
            text = tr("the dispatch log is empty")
        return Strip([Segment("  " + text, base + self._style("meta"))]).adjust_cell_length(width, base)

    def _style(self, name: str) -> Style:
        return self.get_component_rich_style(f"table--{name}", partial=True)

    def _columns(self, width: int) -> tuple[int, int, int]:
        """Widths of status, surface and verification; what is left is the task's. 0 hides a column."""
        return (16, 18 if width >= _WIDE else 13, 22 if width >= _WIDE else (8 if width >= 100 else 0))

    def _header(self, width: int) -> tuple[Segment, ...]:
        status, surface, check = self._columns(width)
        fill = self.get_component_rich_style("table--header")
        if self._log.error:  # the whole line: where and what is wrong stands at its end
            since = span(self._now - self._log.stale_since) if self._log.stale_since is not None else ""
            told = tr("▲ stale since {since}: {wrong}", since=since, wrong=self._wrong)
            return bar(width, [(f"  {told}", self._style("alert"))], [], fill)
        shown = f"{len(self._found)}/{len(self._all)}" if self.filter_text else f"{len(self._all)}"
        order = tr(_SORTED[self.sort]) if self.sort in _SORTED else ""
        counted = trn(
            "{shown} dispatch, {open} open",
            "{shown} dispatches, {open} open",
            len(self._all),
            shown=shown,
            open=self._open,
        )
        heads = (
            f"{'#':>6}",
            _left(tr("status"), status) + _right(trc("column", "age"), 5),
            _left(tr("surface"), surface) + tr("task"),
        )
        right: list[Part] = [(" " + _left(tr("verified"), check) if check else "", Style())]
        return bar(width, [(f"{'  '.join(heads)}   {counted}{order}", Style())], right, fill)

    def _row(self, dispatch: Dispatch, width: int, at_cursor: bool) -> tuple[Segment, ...]:
        status, surface, check = self._columns(width)
        calm = self._style("open") if dispatch.is_open else self._style("meta")
        colour = self._style("alert") if dispatch.status in _ATTENTION else calm
        fill = self.get_component_rich_style("table--cursor") if at_cursor and self.has_focus else self.rich_style
        since = span(self._now - dispatch.dispatched_at) if dispatch.dispatched_at is not None else "–"
        word = f"{_STATUS_SYMBOLS[dispatch.status]} {_status_word(dispatch)}"
        left: list[Part] = [
            (f"{dispatch.label:>6}  ", self._style("number")),
            (_column(word, status), colour),
            (f"{since:>5}  ", self._style("meta")),
            (_column(dispatch.surface or "–", surface), self._style("meta")),
        ]
        wrong = trouble(dispatch, self._live, self._now)
        left += [(f"▲ {wrong} · ", self._style("alert"))] if wrong else []
        return bar(width, [*left, (dispatch.task, calm)], self._verification(dispatch, check), fill)

    def _verification(self, dispatch: Dispatch, width: int) -> list[Part]:
        if width <= 0:
            return []
        found = dispatch.verification
        if found is None:
            return [(" " * (width + 1), self._style("meta"))]
        text = tr(found.verdict) if found.verdict is not None else tr("pending")
        if width >= 22 and found.self_score is not None and found.cross_score is not None:
            text = tr(
                "{verdict} {own:g}→{cross:g} gap {gap:+g}",
                verdict=text,
                own=found.self_score,
                cross=found.cross_score,
                gap=found.gap or 0.0,
            )
        # A closed dispatch needs nobody, whatever its verdict was.
        bad = dispatch.is_open and found.verdict in (VerificationVerdict.FAIL, VerificationVerdict.WARN)
        return [(" " + _column(text, width), self._style("alert" if bad else "meta"))]

    def on_key(self, event: events.Key) -> None:
        """Move the cursor; Enter opens."""
        page = max(1, self.size.height - 2)
        moves = {"up": -1, "k": -1, "down": 1, "j": 1, "pageup": -page, "pagedown": page}
        if event.key in moves:
            event.stop()
            self.cursor = max(0, min(self.cursor + moves[event.key], len(self._found) - 1))
        elif event.key in ("home", "end"):
            event.stop()
            self.cursor = 0 if event.key == "home" else max(0, len(self._found) - 1)
        elif event.key == "enter" and self._found:
            event.stop()
            self.post_message(self.Opened(self._found[self.cursor]))

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on the row; a second click opens it."""
        row = self.scroll_offset.y + event.y - 1
        if event.y >= 1 and row < len(self._found):
            self.cursor = row
            if event.chain == 2:
                self.post_message(self.Opened(self._found[row]))

    def on_focus(self) -> None:
        """The cursor row is drawn only with the focus."""
        self._repaint(self.cursor)

    def on_blur(self) -> None:
        """See `on_focus`."""
        self._repaint(self.cursor)


def _newest_first(dispatch: Dispatch) -> tuple[float, float]:
    return (-(dispatch.number if dispatch.number is not None else -1), -(dispatch.dispatched_at or 0.0))


def _same(one: Dispatch, other: Dispatch) -> bool:
    return one == other if other.number is None else one.number == other.number


def _oldest_first(dispatch: Dispatch) -> tuple[bool, float]:
    return (dispatch.dispatched_at is None, dispatch.dispatched_at or 0.0)


def _open_first(dispatch: Dispatch) -> tuple[bool, str, tuple[float, float]]:
    return (not dispatch.is_open, str(dispatch.status), _newest_first(dispatch))


def _by_surface(dispatch: Dispatch) -> tuple[str, tuple[float, float]]:
    return (dispatch.surface.casefold(), _newest_first(dispatch))


_ORDERS: Final[dict[str, Callable[[Dispatch], tuple[object, ...]]]] = {
    "number": _newest_first,
    "age": _oldest_first,
    "status": _open_first,
    "surface": _by_surface,
}


def _ordered(dispatches: tuple[Dispatch, ...], order: str) -> tuple[Dispatch, ...]:
    """*dispatches* in one of `SORTS`; the usual one is a matter of C alone when every number is there once."""
    if order == SORTS[0]:
        numbers = [dispatch.number for dispatch in dispatches]
        if None not in numbers and len(set(numbers)) == len(numbers):
            return tuple(sorted(dispatches, key=attrgetter("number"), reverse=True))
    return tuple(sorted(dispatches, key=_ORDERS[order]))


def _status_word(dispatch: Dispatch) -> str:
    if dispatch.status is DispatchStatus.UNKNOWN and dispatch.raw_status:
        return dispatch.raw_status
    return tr(dispatch.status)


def _left(text: str, width: int) -> str:
    return text + " " * (width - cell_len(text))


def _right(text: str, width: int) -> str:
    return " " * (width - cell_len(text)) + text


def _column(text: str, width: int) -> str:
    return _left(cut(text, width - 1), width)
