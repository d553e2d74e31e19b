"""Sends that were cut off by a crash: what the screen shows of each, and the operator's word on what became of it."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from console.i18n import mark, tr
from console.model.cut_off import Checked
from console.model.outcome import Written
from console.widgets.words import span

Settle = Callable[[str, bool], Awaitable[Written]]
"""(key of the send, whether it was taken) -> what came of settling it."""


class CutOffScreen(ModalScreen[str]):
    """Returns the key of the surface to go to, or an empty text. What it shows is read again every second."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "leave", mark("back")),
        Binding("t", "settle(True)", mark("it was taken")),
        Binding("c", "settle(False)", mark("it was not taken")),
        Binding("g", "go", mark("go to the surface")),
    ]

    def __init__(self, now: Callable[[], Sequence[Checked]], settle: Settle) -> None:
        super().__init__()
        self._now = now
        self._settle = settle
        self._shown: tuple[Checked, ...] = ()
        self._told = ""
        self._settled: set[str] = set()
        """Keys that are settled; the next reading of the journal has them no more."""

    def compose(self) -> ComposeResult:
        """The list, then what can be done."""
        with Vertical():
            yield Static(tr("Cut off while sending"), classes="dialog--title", markup=False)
            yield OptionList(id="cut-off", markup=False)
            yield Static("", classes="dialog--hint", id="told", markup=False)

    def on_mount(self) -> None:
        """Show them; the screens they went to change meanwhile."""
        self._fill()
        self.query_one(OptionList).focus()
        self.set_interval(1.0, self._fill)

    def _fill(self) -> None:
        found = tuple(each for each in self._now() if each.cut_off.key not in self._settled)
        listed = self.query_one(OptionList)
        if found != self._shown or not listed.option_count:
            self._shown = found
            at = listed.highlighted or 0
            listed.clear_options()
            listed.add_options([Option(_row(each, time.time())) for each in found])
            listed.highlighted = min(at, len(found) - 1) if found else None
        hint = tr("t it was taken (sent), c it was not (cancelled), Enter goes to its surface, Esc goes back.")
        hint = hint if found else tr("Nothing is left to settle.  Esc goes back.")
        self.query_one("#told", Static).update(f"{self._told}\n{hint}" if self._told else hint)

    def _chosen(self) -> Checked | None:
        at = self.query_one(OptionList).highlighted
        return self._shown[at] if at is not None and at < len(self._shown) else None

    async def action_settle(self, taken: bool) -> None:
        """Settle the chosen one."""
        chosen = self._chosen()
        if chosen is not None:
            written = await self._settle(chosen.cut_off.key, taken)
            self._told = written.text
            if written.done:
                self._settled.add(chosen.cut_off.key)
            self._fill()

    def on_option_list_option_selected(self) -> None:
        """Look at it."""
        self.action_go()

    def action_go(self) -> None:
        """To the surface of the chosen one, where it is there."""
        chosen = self._chosen()
        if chosen is not None and chosen.key:
            self.dismiss(chosen.key)
        elif chosen is not None:
            self._told = tr("Its surface is not there now.")
            self._fill()

    def action_leave(self) -> None:
        """Back to the fleet."""
        self.dismiss("")


def _row(checked: Checked, now: float) -> Text:
    found = checked.cut_off
    where = f"{checked.where} ({found.surface})" if checked.where not in ("", found.surface) else found.surface
    label = f"#{found.number}" if found.number is not None else tr("no record")
    age = f", {tr('{time} ago', time=span(now - found.at))}" if found.at else ""
    text = Text(f"{label}  {where}{age}\n", style="bold")
    return text.append(f"    {checked.evidence}", style="not bold")
