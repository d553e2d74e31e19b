"""One line with a label and one of several values; left and right change it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import Static


class Choice(Static, can_focus=True):
    """Starts at the value it is given. A typed character goes to the next value that begins with it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,up,minus", "step(-1)", "before", show=False),
        Binding("right,down,space,plus", "step(1)", "next", show=False),
    ]

    class Changed(Message):
        """Another value is chosen."""

    def __init__(self, label: str, options: Sequence[str], at: int = 0, *, id: str | None = None) -> None:
        super().__init__("", id=id, markup=False)
        self._label = label
        self.options = tuple(options)
        self.at = at
        """The value that is chosen, counted from 0."""

    def on_mount(self) -> None:
        """Show it."""
        self._show()

    def on_focus(self) -> None:
        """The arrows work now."""
        self._show()

    def on_blur(self) -> None:
        """They do not any more."""
        self._show()

    def offer(self, options: Sequence[str]) -> None:
        """Other values; what is chosen stays as far as there is such a place."""
        if tuple(options) != self.options:
            self.options = tuple(options)
            self.at = max(0, min(self.at, len(self.options) - 1))
            self._show()

    def choose(self, at: int) -> None:
        """Choose the value *at*."""
        if 0 <= at < len(self.options) and at != self.at:
            self.at = at
            self._show()
            self.post_message(self.Changed())

    def action_step(self, by: int) -> None:
        """The value before, or the next; round and round."""
        if self.options:
            self.choose((self.at + by) % len(self.options))

    def on_key(self, event: events.Key) -> None:
        """Go to what begins with the character."""
        char = (event.character or "").casefold()
        if not char.strip():
            return
        count = len(self.options)
        ahead = [(self.at + more) % count for more in range(1, count + 1)] if count else []
        found = next((at for at in ahead if self.options[at].casefold().startswith(char)), None)
        if found is not None:
            event.stop()
            self.choose(found)

    def _show(self) -> None:
        value = self.options[self.at] if self.options else "–"
        marks = ("‹ ", " ›") if self.has_focus else ("  ", "  ")
        shown = Content.assemble((f"{self._label} ", "dim"), (marks[0], "bold"), (value, "bold"), (marks[1], "bold"))
        self.update(shown)
