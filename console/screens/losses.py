"""What the console wrote and another writer has undone: look at it, write it again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import ClassVar, Generic, Protocol, TypeVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from console.i18n import mark, tr


class Undone(Protocol):
    """One change that was undone."""

    @property
    def number(self) -> int:
        """Of the dispatch."""

    @property
    def why(self) -> str:
        """How it is known."""

    @property
    def what(self) -> str:
        """The change."""

    @property
    def restorable(self) -> bool:
        """Whether it can be written again."""


class Outcome(Protocol):
    """What became of writing one again."""

    @property
    def done(self) -> bool:
        """Whether the file has it."""

    @property
    def text(self) -> str:
        """One line."""


Lost = TypeVar("Lost", bound=Undone)


class LossesScreen(ModalScreen[None], Generic[Lost]):
    """Enter writes one again, ``a`` all of them."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "leave", mark("back")),
        Binding("a", "restore_all", mark("write all again")),
    ]

    def __init__(self, undone: Sequence[Lost], restore: Callable[[Lost], Awaitable[Outcome]]) -> None:
        super().__init__()
        self._undone = list(undone)
        self._restore = restore

    def compose(self) -> ComposeResult:
        """The list, then what can be done."""
        with Vertical():
            yield Static(tr("Undone by another writer"), classes="dialog--title", markup=False)
            yield OptionList(id="undone", markup=False)
            yield Static("", classes="dialog--hint", id="told", markup=False)

    def on_mount(self) -> None:
        """Show them."""
        self._fill()
        self.query_one(OptionList).focus()

    def _fill(self) -> None:
        listed = self.query_one(OptionList)
        at = listed.highlighted or 0
        listed.clear_options()
        for each in self._undone:
            note = "" if each.restorable else tr("  (cannot be written again)")
            listed.add_option(Option(Text(f"#{each.number}  {each.why}{note}\n    {each.what}")))
        listed.highlighted = min(at, len(self._undone) - 1) if self._undone else None
        hint = tr("Enter writes it again, a writes all again, Esc leaves them be.")
        self._tell(hint if self._undone else tr("Nothing that the console wrote is undone now.  Esc goes back."))

    def _tell(self, text: str) -> None:
        self.query_one("#told", Static).update(text)

    async def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Write one again."""
        if event.option_index < len(self._undone):
            await self._again([self._undone[event.option_index]])

    async def action_restore_all(self) -> None:
        """Write all again."""
        await self._again([each for each in self._undone if each.restorable])

    async def _again(self, chosen: list[Lost]) -> None:
        told = []
        for each in chosen:
            outcome = await self._restore(each)
            told.append(outcome.text)
            if outcome.done:
                self._undone.remove(each)
        self._fill()
        if told:
            self._tell("\n".join(told[-6:]))

    def action_leave(self) -> None:
        """Back to the fleet."""
        self.dismiss(None)
