"""Choosing one of a list by typing a part of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from console.i18n import tr


class PickScreen(ModalScreen[int | None]):
    """Returns the place of what was chosen, counted from 0, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "back"),
        Binding("down,ctrl+n", "move(1)", "next", priority=True),
        Binding("up,ctrl+p", "move(-1)", "before", priority=True),
        Binding("enter", "take", "choose", priority=True),
    ]

    def __init__(self, title: str, entries: Sequence[tuple[str, str]], nothing: str) -> None:
        """*entries* are (name, the beginning of the rest); *nothing* is said where there are none."""
        super().__init__()
        self._title = title
        self._entries = tuple(entries)
        self._nothing = nothing
        self._listed: list[int] = []

    def compose(self) -> ComposeResult:
        """A line to type in, and what it finds."""
        with Vertical():
            yield Static(self._title, classes="dialog--title", markup=False)
            if self._entries:
                yield Input(placeholder=tr("type a part of it"), compact=True, id="part", classes="send--line")
                yield OptionList(markup=False, id="found")
            hint = (
                tr("Enter takes it, Esc goes back.") if self._entries else self._nothing + "\n" + tr("Esc goes back.")
            )
            yield Static(hint, classes="dialog--hint", markup=False)

    def on_mount(self) -> None:
        """Everything is listed."""
        if self._entries:
            self._list("")
            self.query_one(Input).focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Only what has all these words in it."""
        self._list(event.value)

    def _list(self, part: str) -> None:
        words = part.casefold().split()
        every = [f"{name} {rest}".casefold() for name, rest in self._entries]
        self._listed = [at for at, text in enumerate(every) if all(word in text for word in words)]
        listed = self.query_one(OptionList)
        listed.clear_options()
        listed.add_options([Option(_shown(*self._entries[at])) for at in self._listed])
        listed.highlighted = 0 if self._listed else None

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Clicked."""
        self.dismiss(self._listed[event.option_index])

    def action_move(self, by: int) -> None:
        """Up and down in the list while one types."""
        listed = self.query(OptionList)
        if self._listed and listed:
            first = listed.first()
            first.highlighted = ((first.highlighted or 0) + by) % len(self._listed)

    def action_take(self) -> None:
        """Return what is marked."""
        listed = self.query(OptionList)
        at = listed.first().highlighted if listed else None
        if at is not None:
            self.dismiss(self._listed[at])

    def action_leave(self) -> None:
        """Return nothing."""
        self.dismiss(None)


def _shown(name: str, rest: str) -> Content:
    return Content.assemble((name, "bold"), "  ", (" ".join(rest.split())[:120], "dim"))
