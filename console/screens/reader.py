"""One file to read: Markdown as Markdown, everything else as it stands; nothing in it is obeyed."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from console.i18n import mark, tr
from console.widgets.markdown import Document

MARKDOWN = (".md", ".markdown")


class ReaderScreen(ModalScreen[str]):
    """Returns ``pager`` or ``editor`` when the file is to be opened there, else nothing."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,enter", "leave", "back"),
        Binding("p", "choose('pager')", mark("open in $PAGER")),
        Binding("e", "choose('editor')", mark("open in $EDITOR")),
    ]

    def __init__(self, path: str, text: str, note: str = "") -> None:
        """*text* is safe to draw; *note* says what of the file it is."""
        super().__init__()
        self._path = path
        self._text = text
        self._note = note

    def compose(self) -> ComposeResult:
        """The file."""
        with Vertical():
            yield Static(Text(self._path), classes="dialog--title")
            with VerticalScroll():
                if self._path.casefold().endswith(MARKDOWN):
                    yield Document(self._text)
                else:
                    yield Static(Text(self._text))
            hint = tr("p opens it in $PAGER, e in $EDITOR, Esc goes back.")
            yield Static(f"{self._note}  {hint}".strip(), classes="dialog--hint", markup=False)

    def on_mount(self) -> None:
        """Keys scroll."""
        self.query_one(VerticalScroll).focus()

    def action_choose(self, how: str) -> None:
        """Leave for another program."""
        self.dismiss(how)

    def action_leave(self) -> None:
        """Back to the list."""
        self.dismiss("")


class FilesScreen(ModalScreen[str | None]):
    """Which file of an artifact; returns its path or None."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q", "leave", "back")]

    def __init__(self, name: str, files: tuple[tuple[str, str], ...]) -> None:
        """*files* are (path, what to show)."""
        super().__init__()
        self._artifact = name
        self._files = files

    def compose(self) -> ComposeResult:
        """The files."""
        with Vertical():
            yield Static(Text(self._artifact), classes="dialog--title")
            yield OptionList(*(Option(Text(shown)) for _, shown in self._files), id="files", markup=False)
            yield Static(tr("Enter opens it, Esc goes back."), classes="dialog--hint", markup=False)

    def on_mount(self) -> None:
        """Choose."""
        self.query_one(OptionList).focus()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """This one."""
        self.dismiss(self._files[event.option_index][0])

    def action_leave(self) -> None:
        """None."""
        self.dismiss(None)
