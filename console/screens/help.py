"""Every key, from the registry."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from console.commands import COMPOSER, DIGITS, Command
from console.i18n import tr
from console.model.agent import NEEDS_PERSON, SYMBOLS


class HelpScreen(ModalScreen[None]):
    """Keys by group, and what the symbols mean."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,question_mark,q", "leave", "back")]

    def __init__(self, commands: Sequence[Command]) -> None:
        super().__init__()
        self._commands = commands

    def compose(self) -> ComposeResult:
        """One table a group."""
        with Vertical():
            yield Static(tr("Keys"), classes="dialog--title", markup=False)
            with VerticalScroll():
                yield Static(self._table(), classes="help--table")
            yield Static(tr("Esc goes back.  ctrl+p searches every command."), classes="dialog--hint", markup=False)

    def _table(self) -> Table:
        table = Table.grid(padding=(0, 2))
        table.add_column(no_wrap=True, justify="right")
        table.add_column(overflow="fold")  # Rich cuts a wide last character for a blank behind it otherwise
        group = ""
        groups = list(dict.fromkeys(command.group for command in self._commands))
        for command in (*sorted(self._commands, key=lambda each: groups.index(each.group)), *COMPOSER):
            if command.id.startswith("surface.focus_") and command.id != "surface.focus_1":
                continue
            if command.group != group:
                group = command.group
                table.add_row("", "")
                table.add_row("", Text(tr(group), style="bold"))
            one = command.id == "surface.focus_1"
            table.add_row(
                Text("1–9" if one else command.keys, style="bold"),
                Text(tr(DIGITS) if one else tr(command.help)),
            )
        table.add_row("", "")
        table.add_row("", Text(tr("States"), style="bold"))
        for state, symbol in SYMBOLS.items():
            told = tr("{state}  — waits for a person", state=tr(state)) if state in NEEDS_PERSON else tr(state)
            table.add_row(symbol, Text(told))
        return table

    def action_leave(self) -> None:
        """Back to the fleet."""
        self.dismiss(None)
