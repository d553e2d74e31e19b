"""The line of keys at the bottom, from the registry. Drawn once, not made anew at each move of the focus."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.message import Message

from console.commands import Command
from console.i18n import tr
from console.widgets.lines import Lines, Part, bar


class KeyBar(Lines):
    """Key and title of the commands that are shown; a click runs one."""

    COMPONENT_CLASSES = {"keys--key", "keys--title"}

    class Pressed(Message):
        """A key was clicked."""

        def __init__(self, action: str) -> None:
            super().__init__()
            self.action = action

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._commands: tuple[Command, ...] = ()
        self._ends: list[int] = []

    def show(self, commands: Sequence[Command]) -> None:
        """Show these commands."""
        if tuple(commands) != self._commands:
            self._commands = tuple(commands)
            self._draw()

    def redraw(self) -> None:
        """Colours are part of the rows."""
        self._draw()

    def _draw(self) -> None:
        if self.size.width > 0:
            self.put([self._row(self.size.width)])

    def _row(self, width: int) -> tuple[Segment, ...]:
        parts: list[Part] = []
        self._ends, at = [], 0
        for command in self._commands:
            key, title = f" {command.keys.split(' ', 1)[0]}", f" {tr(command.title)} "
            parts += [(key, self.part("keys--key")), (title, self.part("keys--title"))]
            at += cell_len(key) + cell_len(title)
            self._ends.append(at)
        return bar(width, parts, [], Style())

    def on_click(self, event: events.Click) -> None:
        """Run the command under the mouse."""
        for command, end in zip(self._commands, self._ends, strict=False):
            if event.x < end:
                self.post_message(self.Pressed(command.action))
                return
