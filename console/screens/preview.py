"""The exact bytes that would be typed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from console.i18n import tr, trn
from console.widgets.typed import visible


class PreviewScreen(ModalScreen[None]):
    """Shows each text that would be typed with the names of the surfaces that get just that one."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,enter,ctrl+d", "leave", "back")]

    def __init__(self, texts: Sequence[tuple[str, str]]) -> None:
        """*texts* are (whom it is for, what is typed)."""
        super().__init__()
        self._texts = tuple(texts)

    def compose(self) -> ComposeResult:
        """A heading with its length, then the text, for each."""
        with Vertical():
            yield Static(tr("The exact bytes that would be typed"), classes="dialog--title", markup=False)
            with VerticalScroll():
                for names, text in self._texts:
                    size = len(text.encode("utf-8", "replace"))
                    told = trn(
                        "{names}: {count} byte (UTF-8), then Enter as a key of its own",
                        "{names}: {count} bytes (UTF-8), then Enter as a key of its own",
                        size,
                        names=names,
                    )
                    yield Static(told, classes="preview--names", markup=False)
                    yield Static(visible(text), classes="preview--text", markup=False)
            hint = tr("␊ line end · ␉ tab · characters that do not show are in reverse.  Arrows scroll, Esc goes back.")
            yield Static(hint, classes="dialog--hint", markup=False)

    def on_mount(self) -> None:
        """The arrows scroll at once."""
        self.query_one(VerticalScroll).focus()

    def action_leave(self) -> None:
        """Back to the composer."""
        self.dismiss(None)
