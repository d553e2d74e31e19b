"""The hand-off as it would be written now: the document, what changed since the last one, the operator's notes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from rich.cells import cell_len
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import ContentSwitcher, Static, TextArea

from console.i18n import mark, tr
from console.widgets.markdown import Document

VIEWS: Final = (("document", mark("Document")), ("changes", mark("Changes")), ("notes", mark("Notes")))
WIDTH: Final = 150
"""Cells of the widest dialog, as the style sheet has it."""
MARGIN: Final = 5
"""Cells of the words before a path that its room allows for."""
_STYLES: Final = {"+": "green", "-": "red", "~": "yellow"}


@dataclass(frozen=True, slots=True)
class Shown:
    """What the screen tells."""

    path: str
    """Where it goes."""
    replaces: bool
    last: str
    """The hand-off before; empty when there is none."""
    changes: Sequence[tuple[str, str, str]]
    """(``+``, ``-`` or ``~``, heading, text)."""
    notes: str
    warning: str = ""


class HandoffScreen(ModalScreen[bool]):
    """Returns whether it was written."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "back", priority=True),
        Binding("ctrl+s", "write", "write", priority=True),
        Binding("tab", "turn(1)", "next view", priority=True),
        Binding("shift+tab", "turn(-1)", "previous view", priority=True),
        Binding("q,H", "leave", "back"),
        *(Binding(str(at), f"view('{name}')", title) for at, (name, title) in enumerate(VIEWS, 1)),
    ]

    def __init__(
        self,
        shown: Shown,
        document: Callable[[str], str],
        write: Callable[[str], Awaitable[str]],
        *,
        read_only: bool = False,
    ) -> None:
        """*document* gives the text for notes; *write* writes with them and says why it did not, or nothing."""
        super().__init__()
        self._shown = shown
        self._document = document
        self._write = write
        self._read_only = read_only
        self._told = shown.warning
        self._drawn = shown.notes
        """The notes the document is drawn with."""

    def compose(self) -> ComposeResult:
        """Where it goes, the three views, what can be done."""
        with Vertical():
            yield Static(tr("Hand-off"), classes="dialog--title", markup=False)
            yield Static(self._where(), id="where", markup=False)
            yield Static(self._tabs("document"), id="views")
            with ContentSwitcher(initial="document"):
                with VerticalScroll(id="document"):
                    yield Document(_readable(self._document(self._shown.notes)))
                with VerticalScroll(id="changes"):
                    yield Static(self._changes())
                yield TextArea(self._shown.notes, id="notes", soft_wrap=True, read_only=self._read_only)
            yield Static(self._hint(), classes="dialog--hint", id="told", markup=False)

    def on_mount(self) -> None:
        """The document first."""
        self.query_one("#document").focus()

    # -- drawing -------------------------------------------------------------------------------------------------

    def _where(self) -> str:
        shown = self._shown
        room = max(20, min(WIDTH, int(self.app.size.width * 0.95)) - 12)

        def fitted(told: Callable[[str], str], path: str) -> str:
            return told(_tail(path, room - max(0, cell_len(told("")) - MARGIN)))

        def goes(path: str) -> str:
            return tr("to {path} (a copy is kept)", path=path) if shown.replaces else tr("to {path}", path=path)

        def comes(path: str) -> str:
            return tr("from {path}", path=path)

        before = fitted(comes, shown.last) if shown.last else tr("there is none before it")
        return f"{fitted(goes, shown.path)}\n{before}"

    def _tabs(self, current: str) -> Text:
        text = Text()
        for at, (name, title) in enumerate(VIEWS, 1):
            count = f" {len(self._shown.changes)}" if name == "changes" else ""
            text.append(f" {at} {tr(title)}{count} ", style="bold reverse" if name == current else "dim").append(" ")
        return text

    def _changes(self) -> Text:
        text = Text()
        heading = ""
        if not self._shown.changes:
            return Text(
                tr("Nothing changed since the last one.") if self._shown.last else tr("There is no hand-off before it.")
            )
        for sign, section, told in self._shown.changes:
            if section != heading:
                text.append(f"{chr(10) if heading else ''}{section}\n", style="bold")
                heading = section
            text.append(f"  {sign} ", style=_STYLES.get(sign, "")).append(f"{told}\n")
        return text

    def _hint(self) -> str:
        writes = tr("The console is read-only: nothing is written.") if self._read_only else tr("Ctrl-S writes it.")
        hint = tr("{writes}  Tab: next view  Esc: back", writes=writes)
        return f"{self._told}\n{hint}" if self._told else hint

    # -- what the operator does ----------------------------------------------------------------------------------

    async def action_view(self, name: str) -> None:
        """Show one of the views."""
        notes = self.query_one("#notes", TextArea).text
        if name == "document" and notes != self._drawn:
            self._drawn = notes
            await self.query_one(Document).update(_readable(self._document(notes)))
        self.query_one(ContentSwitcher).current = name
        self.query_one("#views", Static).update(self._tabs(name))
        # What is not shown yet takes no focus.
        self.call_after_refresh(self.query_one(f"#{name}").focus)

    async def action_turn(self, by: int) -> None:
        """Show the view beside this one."""
        names = [name for name, _ in VIEWS]
        current = self.query_one(ContentSwitcher).current or names[0]
        await self.action_view(names[(names.index(current) + by) % len(names)])

    async def action_write(self) -> None:
        """Write it, and leave when that was done."""
        self._told = tr("The console is read-only: nothing was written.")
        if not self._read_only:
            self._told = await self._write(self.query_one("#notes", TextArea).text)
        if self._told:
            self.query_one("#told", Static).update(self._hint())
        else:
            self.dismiss(True)

    def action_leave(self) -> None:
        """Back to the fleet; nothing is written."""
        self.dismiss(False)


def _readable(document: str) -> str:
    """The document without the marks that only the console needs."""
    return "\n".join(line for line in document.split("\n") if not line.startswith("<!-- "))


def _tail(path: str, room: int) -> str:
    """*path* in *room* cells: the end of it is what tells."""
    if cell_len(path) <= room:
        return path
    return "…" + path[-max(1, room - 1 if path.isascii() else room // 2) :]
