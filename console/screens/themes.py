"""Choosing a theme with a preview."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from console.i18n import tr


class ThemeScreen(ModalScreen[str | None]):
    """Returns the theme's name, or None to keep the one before; the fleet stays visible behind it."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,t", "leave", "back")]

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__()
        self._names = list(names)
        self._before = ""

    def compose(self) -> ComposeResult:
        """The list, the current one marked."""
        with Vertical():
            yield Static(tr("Theme"), classes="dialog--title", markup=False)
            yield OptionList(*(Option(name, id=name) for name in self._names), markup=False)
            yield Static(tr("Enter keeps, Esc goes back"), classes="dialog--hint", markup=False)

    def on_mount(self) -> None:
        """Start at the theme in use."""
        self._before = self.app.theme
        options = self.query_one(OptionList)
        if self._before in self._names:
            options.highlighted = self._names.index(self._before)
        options.focus()

    @on(OptionList.OptionHighlighted)
    def _preview(self, event: OptionList.OptionHighlighted) -> None:
        if event.option.id:
            self.app.theme = event.option.id

    @on(OptionList.OptionSelected)
    def _keep(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option.id)

    def action_leave(self) -> None:
        """Put the theme back."""
        self.app.theme = self._before
        self.dismiss(None)
