"""One task of the queue, whole: what it is, what it waits for, and exactly what would be typed."""

from __future__ import annotations

import time
from typing import ClassVar, Final

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from console.i18n import mark, tr, trc
from console.model.queue_view import Lane, Line
from console.safety import safe_text
from console.widgets.words import span

FIELDS: Final = {"role": mark("role"), "verifier": mark("verifier"), "task": mark("task")}
"""What the composer puts into the record; another field is shown by its own name."""


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
        heading = tr("Typed as it stands:") if typed == text else tr("What would be typed:")
        with Vertical():
            yield Static(Text(item.title), classes="dialog--title")
            with VerticalScroll():
                yield Static(self._facts())
                yield Static(Text(f"\n{heading}", style="dim"))
                yield Static(Text(typed))
                if typed != text:
                    yield Static(Text("\n" + tr("The task:"), style="dim"))
                    yield Static(Text(text))
            yield Static(tr("Esc goes back."), classes="dialog--hint", markup=False)

    def on_mount(self) -> None:
        """Keys scroll."""
        self.query_one(VerticalScroll).focus()

    def _facts(self) -> Table:
        item, now = self._line.item, time.time()
        table = Table.grid(padding=(0, 2))
        table.add_column(no_wrap=True, style="dim")
        table.add_column(overflow="fold")

        def row(name: str, text: str) -> None:
            if text:
                table.add_row(name, Text(safe_text(text, limit=500)))

        row(trc("queue item", "for"), f"{self._lane.name} ({self._lane.ref})" if self._lane.ref else self._lane.name)
        row(tr("state"), tr(str(self._line.state)))
        row(tr("waits for"), self._line.why or tr("nothing: it is sent next"))
        row(trc("queue item", "queued"), tr("{time} ago, as {id}", time=span(now - item.created_at), id=item.id))
        row(tr("tried"), f"{item.tries}×" if item.tries else "")
        overrides = item.options.get("overrides")
        row(tr("overrides"), ", ".join(map(str, overrides)) if isinstance(overrides, list) else "")
        fields = item.options.get("fields")
        for name, value in fields.items() if isinstance(fields, dict) else ():
            row(tr(FIELDS[name]) if name in FIELDS else safe_text(str(name), limit=14), str(value))
        return table

    def action_leave(self) -> None:
        """Back to the queues."""
        self.dismiss(None)
