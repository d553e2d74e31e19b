"""Who is to verify a dispatch: the surfaces that could, with what they do, and why some cannot."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final

from rich.cells import cell_len, set_cell_size
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from console.i18n import tr
from console.model.agent import SYMBOLS
from console.model.dispatch import Dispatch
from console.model.verify_task import Candidate
from console.widgets.surface_pane import state_of

STATE: Final = 12
"""Cells of the column of states."""
BY_HAND: Final = ""
"""Returned in place of a surface: the verdict is typed in."""


class VerifierScreen(ModalScreen[str | None]):
    """Returns the key of the surface that is to verify it, `BY_HAND`, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "leave", "back"),
        Binding("r", "by_hand", "record a verdict"),
    ]

    def __init__(self, dispatch: Dispatch, candidates: Sequence[Candidate]) -> None:
        super().__init__()
        self._dispatch = dispatch
        self._candidates = candidates

    def compose(self) -> ComposeResult:
        """What is verified, then the surfaces."""
        dispatch = self._dispatch
        with Vertical():
            yield Static(tr("Who verifies {label}?", label=dispatch.label), classes="dialog--title", markup=False)
            yield Static(Text(f"{dispatch.task}\n"))
            width = max((cell_len(each.surface.name) for each in self._candidates), default=0)
            rows = (Option(_row(each, width), disabled=bool(each.barred)) for each in self._candidates)
            yield OptionList(*rows, markup=False)
            hint = tr("Enter shows the task before it is sent, r records a verdict you have, Esc goes back.")
            if all(each.barred for each in self._candidates):
                hint = tr("▲ Nobody else is here who could.  {hint}", hint=hint)
            yield Static(hint, classes="dialog--hint", markup=False)

    def on_mount(self) -> None:
        """At the first choice."""
        listed = self.query_one(OptionList)
        if self._candidates and not self._candidates[0].barred:
            listed.highlighted = 0
        listed.focus()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Chosen."""
        self.dismiss(self._candidates[event.option_index].surface.key)

    def action_by_hand(self) -> None:
        """No task is sent."""
        self.dismiss(BY_HAND)

    def action_leave(self) -> None:
        """Return nothing."""
        self.dismiss(None)


def _row(each: Candidate, width: int) -> Text:
    surface, state = each.surface, state_of(each.surface)
    told = Text(no_wrap=True, overflow="ellipsis")
    told.append(f"{SYMBOLS[state]} {set_cell_size(surface.name, width)}  {set_cell_size(tr(state), STATE)}")
    told.append(f"✗ {each.barred} · " if each.barred else "")
    about = (each.note, surface.role, surface.agent, surface.info.ref)
    told.append(" · ".join(part for part in about if part), style="dim")
    return told
