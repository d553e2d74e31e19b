"""Asking for the text to type into one surface."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static, TextArea

from console.model.agent import TAKES_NO_TEXT
from console.model.dispatch import Dispatch
from console.model.surface import Surface
from console.safety import check_outgoing
from console.widgets.surface_pane import state_of


class SendScreen(ModalScreen[str | None]):
    """Returns the text, or None when the operator thought better of it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s,ctrl+enter,f5", "send", "send", key_display="ctrl+s"),
        Binding("escape", "leave", "cancel"),
    ]

    def __init__(self, surface: Surface, dispatch: Dispatch | None, now: Callable[[], Surface | None]) -> None:
        super().__init__()
        self._surface = surface
        self._current = now
        self._dispatch = dispatch

    def compose(self) -> ComposeResult:
        """To whom, the text, what is wrong with it."""
        surface = self._surface
        about = " · ".join(t for t in (surface.agent, surface.role, surface.info.ref, str(state_of(surface))) if t)
        with Vertical():
            yield Static(f"Send to {surface.name}", classes="dialog--title", markup=False)
            yield Static(about, markup=False)
            yield TextArea(id="text", soft_wrap=True, tab_behavior="focus")
            yield Static("", classes="dialog--hint", id="verdict", markup=False)

    def on_mount(self) -> None:
        """Say what will happen from the start."""
        self._judge("")
        self.query_one(TextArea).focus()

    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        """Judge as it is typed."""
        self._judge(event.text_area.text)

    def _judge(self, text: str) -> bool:
        text, wrong = check_outgoing(text)
        hint = self.query_one("#verdict", Static)
        if wrong:
            hint.update(f"✗ line {wrong[0].line}: {wrong[0].name} cannot be typed; take it out ({len(wrong)} in all)")
            return False
        lines = [f"{len(text)} characters, {text.count(chr(10)) + 1} line(s).  ctrl+s sends it, Esc leaves."]
        if why := self._barred():
            lines.insert(0, f"✗ {self._surface.name} {why}. Nothing can be sent.")
        elif self._dispatch is not None:
            lines.insert(0, f"▲ {self._dispatch.label} is still open here: {self._dispatch.task}")
        hint.update("\n".join(lines))
        return True

    def _barred(self) -> str:
        """Why the surface, as it is now, takes no text, or nothing: the text stays here until it does."""
        self._surface = surface = self._current() or self._surface
        if surface.gone:
            return f"is gone: {surface.gone}"
        if surface.unconfirmed:
            return f"is blocked: {surface.unconfirmed}; Esc, look at it, and C confirms it"
        return f"shows {state_of(surface)}: answer that first" if state_of(surface) in TAKES_NO_TEXT else ""

    def action_send(self) -> None:
        """Return the text."""
        text = self.query_one(TextArea).text
        if self._judge(text) and text.strip() and not self._barred():
            self.dismiss(text)
        elif self._barred():
            self.notify("Nothing was sent; the text stays here.", severity="warning", markup=False, timeout=4)

    def action_leave(self) -> None:
        """Return nothing."""
        self.dismiss(None)
