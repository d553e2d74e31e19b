"""One task of the queue, whole: what it is, what it waits for, and exactly what would be typed."""

from __future__ import annotations

import time
from typing import ClassVar

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from console.i18n import tr
from console.model.queue_view import Lane, Line
from console.safety import safe_text
from console.widgets.words import span


class ItemScreen(ModalScreen[None]):
    """Only shows."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,enter", "leave", "back")]

    def __init__(self, lane: Lane, line: Line, typed: str) -> None:
        """*typed* is exactly what would be typed."""
        super().__init__()
        self._lane = lane
        self._line = line
        self._typed = typed

    def compose(self) -> ComposeResult:
        """Facts, the text, what is typed."""
        item = self._line.item
        text, typed = (safe_text(each, multiline=True) for each in (item.text, self._typed))
        with Vertical():
            yield Static(Text(f"{item.title}"), classes="dialog--title")
            with VerticalScroll():
                yield Static(self._facts())
                yield Static(
                    Text(tr("\nWhat would be typed:") if typed != text else tr("\nTyped as it stands:"), style="dim")
                )
                yield Static(Text(typed))
                if typed != text:
                    yield Static(Text(tr("\nThe task:"), style="dim"))
                    yield Static(Text(text))
            yield Static(tr("Esc goes back."), classes="dialog--hint", markup=False)

    def on_mount(self) -> None:
        """Keys scroll."""
        self.query_one(VerticalScroll).focus()

    def _facts(self) -> Table:
        item, now = self._line.item, time.time()
        table = Table.grid(padding=(0, 2))
        table.add_column(no_wrap=True, style="dim")
        table.add_column()

        def row(name: str, text: str) -> None:
            if text:
                table.add_row(name, Text(safe_text(text, limit=500)))

        row("for", f"{self._lane.name} ({self._lane.ref})" if self._lane.ref else self._lane.name)
        row("state", str(self._line.state))
        row(tr("waits for"), self._line.why or tr("nothing: it is sent next"))
        row("queued", tr("{time} ago, as {id}", time=span(now - item.created_at), id=item.id))
        row("tried", f"{item.tries}×" if item.tries else "")
        overrides = item.options.get("overrides")
        row("overrides", ", ".join(map(str, overrides)) if isinstance(overrides, list) else "")
        fields = item.options.get("fields")
        for name, value in fields.items() if isinstance(fields, dict) else ():
            row(safe_text(str(name), limit=14), str(value))
        return table

    def action_leave(self) -> None:
        """Back to the queues."""
        self.dismiss(None)
