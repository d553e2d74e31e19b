"""Everything that is watched besides the agents: services, schedules, files, the collector."""

from __future__ import annotations

import time
from typing import ClassVar, Final, Protocol

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from console.commands import Command
from console.i18n import mark, tr, trc
from console.model.artifact import Artifact
from console.model.automation import Automation
from console.model.service import Service
from console.model.service_detail import ServiceDetail
from console.model.snapshot import Snapshot
from console.widgets.filter_line import FilterLine
from console.widgets.key_bar import KeyBar
from console.widgets.operations_detail import detail
from console.widgets.operations_rows import Row, first_wrong, rows
from console.widgets.operations_table import OperationsTable

EVERY: Final = 0.25
"""Seconds between two looks at the snapshot; nothing is drawn when nothing changed."""
CLOSER: Final = 5.0
"""Seconds between two closer looks at the selected service."""
SETTLED: Final = 0.15
"""Seconds the cursor has to rest on a service before its manager is asked about it."""
WIDE: Final = 120
"""Cells from which the detail stands beside the list."""
EMPTY: Final = mark(
    "Nothing is watched: write services:, automation:, artifacts:, figures: or collector: in the config."
)


class OperationsDesk(Protocol):
    """What the screen sees, and what it hands on."""

    def snapshot(self) -> Snapshot:
        """The newest."""

    async def describe(self, service: Service) -> ServiceDetail:
        """What its manager says of it, and the last lines of its log."""

    async def act(self, service: Service) -> None:
        """Ask what is to be done to it, and do that."""

    async def clean(self, entry: Automation) -> None:
        """Show what would go, and move it if that is wanted."""

    async def open(self, artifact: Artifact, how: str) -> None:
        """Show it: ``read``, ``pager`` or ``editor``."""

    def reread(self) -> None:
        """Read everything again now."""


def _key(key: str, title: str, action: str) -> Command:
    return Command(f"operations.{action}", key, title, "", "Operations", action, show=True)


def _keys() -> tuple[Command, ...]:
    return (
        _key("enter", trc("key", "open"), "open"),
        _key("a", trc("key", "act"), "act"),
        _key("c", trc("key", "clean up"), "clean"),
        _key("slash", trc("key", "filter"), "filter"),
        _key("tab", trc("key", "next section"), "section(1)"),
        _key("r", trc("key", "re-read"), "reread"),
        _key("escape", trc("key", "back"), "leave"),
    )


class OperationsScreen(ModalScreen[None]):
    """A list with sections, and the detail of its selected row. *name* is what is selected at first."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,o", "leave", "back"),
        Binding("slash", "filter", "filter"),
        Binding("a", "act", mark("act on the service")),
        Binding("c", "clean", mark("clean up")),
        Binding("p", "show_file('pager')", mark("open in $PAGER")),
        Binding("e", "show_file('editor')", mark("open in $EDITOR")),
        Binding("r", "reread", "re-read"),
        Binding("J,shift+down", "scroll_detail(1)", mark("scroll the detail")),
        Binding("K,shift+up", "scroll_detail(-1)", mark("scroll the detail")),
    ]

    def __init__(self, desk: OperationsDesk, name: str = "") -> None:
        super().__init__()
        self._desk = desk
        self._wanted = name
        self._seen: Snapshot | None = None
        self._drawn_at = 0
        self._opened: set[str] = set()
        """Keys of the patterns whose members are all shown."""
        self._words: tuple[str, ...] = ()
        self._extra: ServiceDetail | None = None
        self._asked = ("", 0.0)
        """The service that was looked at closely, and when (monotonic)."""
        self._table = OperationsTable(id="operations")
        self._filter = FilterLine(placeholder=tr("filter: name, state, alarm …"), id="filter", compact=True)
        self._detail = Static("", id="operation", markup=False)

    def compose(self) -> ComposeResult:
        """Title, list and detail, filter, keys."""
        yield Static(tr("Operations"), id="operations-title", markup=False)
        with Horizontal(id="operations-body"):
            yield self._table
            with VerticalScroll(id="operation-scroll", can_focus=False):
                yield self._detail
        yield self._filter
        yield KeyBar(id="keys")

    def on_mount(self) -> None:
        """Follow the snapshot."""
        self.query_one(KeyBar).show(_keys())
        self._look()
        if not (self._wanted and self.select(self._wanted)):
            self._table.go(first_wrong(self._rows()))
        self._table.focus()
        self.set_interval(EVERY, self._look)

    def on_resize(self, event: events.Resize) -> None:
        """The detail stands beside the list where there is room."""
        self.set_class(event.size.width >= WIDE, "-wide")

    def select(self, name: str) -> bool:
        """Put the cursor on the service, entry or collector with this name; whether there is one."""
        if not name:
            return False
        self._seen = None
        self._words = ()
        self._filter.value = ""
        self._filter.remove_class("-open")
        self._look()
        listed = [row for row in self._rows() if not row.head]
        exact = (row.key for row in listed if name in (row.name, row.key.partition(" ")[2]))
        section = (row.key for row in listed if row.key.partition(" ")[0] == name)
        key = next(exact, None) or next(section, "")
        return bool(key) and self._table.go(key)

    # -- drawing -------------------------------------------------------------------------------------------------

    def _look(self) -> None:
        """Draw again what changed; ages move once a second."""
        snapshot, second = self._desk.snapshot(), int(time.time())
        if snapshot is not self._seen or second != self._drawn_at:
            self._seen, self._drawn_at = snapshot, second
            nothing = tr("nothing matches {words}", words=" ".join(self._words)) if self._words else tr(EMPTY)
            self._table.show(self._rows(), nothing)
            self._draw_detail()
        self._look_closer()

    def _rows(self) -> tuple[Row, ...]:
        return rows(self._desk.snapshot(), time.time(), self._opened, self._words)

    def _draw_detail(self) -> None:
        row = self._table.marked
        title = self.query_one("#operations-title", Static)
        title.update("  ".join([tr("Operations"), *([row.name] if row is not None else [])]))
        self._detail.update(detail(row, self._desk.snapshot(), time.time(), self._extra) if row is not None else "")

    def _look_closer(self) -> None:
        """Ask about the selected service alone: only once the cursor rests, and again from time to time."""
        row, now = self._table.marked, time.monotonic()
        if row is None or not isinstance(row.entry, Service) or row.entry.members:
            return
        key, at = self._asked
        if key != row.key:
            self._asked = (row.key, now + SETTLED - CLOSER)
        elif now - at >= CLOSER:
            self._asked = (row.key, now)
            service = row.entry
            self.run_worker(self._describe(service), exclusive=True, group="closer", exit_on_error=False)

    async def _describe(self, service: Service) -> None:
        self._extra = await self._desk.describe(service)
        self._draw_detail()

    @on(OperationsTable.Marked)
    def _marked(self) -> None:
        self._draw_detail()
        self.query_one("#operation-scroll", VerticalScroll).scroll_to(y=0, animate=False)

    # -- acts ----------------------------------------------------------------------------------------------------

    @on(OperationsTable.Opened)
    async def action_open(self) -> None:
        """Read an artifact; show the members of a pattern; act on a service; clean up."""
        row = self._table.marked
        entry = row.entry if row is not None else None
        if row is not None and isinstance(entry, Service) and entry.members:
            self._opened ^= {row.key}
            self._seen = None
            self._look()
        elif isinstance(entry, Artifact):
            await self._desk.open(entry, "read")
        elif isinstance(entry, Service):
            await self.action_act()
        elif isinstance(entry, Automation) and entry.clean:
            await self.action_clean()

    async def action_act(self) -> None:
        """What can be done to the selected service."""
        entry = self._entry()
        if isinstance(entry, Service):
            await self._desk.act(entry)
        else:
            self.notify(tr("Only services can be started and stopped."), markup=False, timeout=3)

    async def action_clean(self) -> None:
        """Clean up the selected entry."""
        entry = self._entry()
        if isinstance(entry, Automation) and entry.clean:
            await self._desk.clean(entry)
        else:
            text = tr("Only temporary automation with clean: true is cleaned up.")
            self.notify(text, markup=False, timeout=3)

    async def action_show_file(self, how: str) -> None:
        """The selected artifact in the operator's own program."""
        entry = self._entry()
        if isinstance(entry, Artifact):
            await self._desk.open(entry, how)
        else:
            self.notify(tr("Only artifacts can be opened."), markup=False, timeout=3)

    def action_reread(self) -> None:
        """Everything again, now."""
        self._desk.reread()
        self._asked = ("", 0.0)
        self.notify(tr("Reading again."), markup=False, timeout=2)

    def action_section(self, by: int) -> None:
        """Another section."""
        self._table.section(by)

    def action_scroll_detail(self, by: int) -> None:
        """The detail may be longer than its place."""
        self.query_one("#operation-scroll", VerticalScroll).scroll_relative(y=by * 3, animate=False)

    def action_filter(self) -> None:
        """Open the filter line."""
        self._filter.add_class("-open")
        self.set_focus(self._filter)

    @on(Input.Changed, "#filter")
    def _typed(self, event: Input.Changed) -> None:
        self._words = tuple(event.value.casefold().split())
        self._seen = None
        self._look()

    @on(Input.Submitted, "#filter")
    def _kept(self) -> None:
        self._table.focus()

    def action_leave_filter(self) -> None:
        """Everything again."""
        self._filter.value = ""
        self._filter.remove_class("-open")
        self._table.focus()

    def action_leave(self) -> None:
        """Back to the fleet; from a filter, to the whole list."""
        if self._filter.has_class("-open"):
            self.action_leave_filter()
        else:
            self.dismiss(None)

    @on(KeyBar.Pressed)
    async def _pressed(self, message: KeyBar.Pressed) -> None:
        await self.run_action(message.action)

    def _entry(self) -> object:
        row = self._table.marked
        return row.entry if row is not None else None
