"""The clean-up of one entry: exactly what would go, what stays and why, what came of it, and the way back."""

from __future__ import annotations

import time
from collections.abc import Coroutine, Sequence
from typing import ClassVar, Final, Protocol

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from console.i18n import tr, trn
from console.widgets.words import size, span

SHOWN: Final = 200
"""Files that are listed one by one."""


class Going(Protocol):
    """A file that would go."""

    @property
    def path(self) -> str:
        """For people."""

    @property
    def size(self) -> int:
        """Bytes."""

    @property
    def mtime(self) -> float:
        """Epoch seconds."""


class Stays(Protocol):
    """A file that is left."""

    @property
    def path(self) -> str:
        """For people."""

    @property
    def why(self) -> str:
        """Why."""


class Broom(Protocol):
    """The clean-up of one entry."""

    async def plan(self) -> tuple[Sequence[Going], Sequence[Stays]]:
        """What would go, and what stays."""

    async def run(self) -> tuple[str, str]:
        """Move what was shown: (id to restore it by, what to say). An empty id: nothing was moved."""

    async def restore(self, made: str) -> str:
        """Move the clean-up *made* back; what to say."""


class CleanupScreen(ModalScreen[None]):
    """``y`` moves the files into the trash, ``u`` brings them back."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,n", "leave", "back"),
        Binding("y", "clean", "move"),
        Binding("u", "restore", "restore"),
    ]

    def __init__(self, name: str, broom: Broom, read_only: bool = False) -> None:
        super().__init__()
        self._entry = name
        self._broom = broom
        self._read_only = read_only
        self._items: Sequence[Going] = ()
        self._made = ""
        self._ready = False

    def compose(self) -> ComposeResult:
        """The files, the question."""
        with Vertical():
            yield Static(Text(tr("Clean up: {entry}", entry=self._entry)), classes="dialog--title")
            with VerticalScroll():
                yield Static("", id="going", markup=False)
            yield Static(tr("looking …"), classes="dialog--hint", id="told", markup=False)

    def on_mount(self) -> None:
        """Look what would go; keys scroll."""
        self.query_one(VerticalScroll).focus()
        self._later(self._show())

    def _later(self, work: Coroutine[None, None, None]) -> None:
        self.run_worker(work, exclusive=True, exit_on_error=False)

    async def _show(self, told: str = "") -> None:
        self._items, left = await self._broom.plan()
        now = time.time()
        text = Text()
        for item in self._items[:SHOWN]:
            text.append(f"{size(item.size):>9}  {span(now - item.mtime):>5}  {item.path}\n")
        if len(self._items) > SHOWN:
            more = tr("and {count:,} more", count=len(self._items) - SHOWN)
            text.append(f"{more}\n", style="dim")
        for each in left[:SHOWN]:
            stays = tr("stays: {path}: {why}", path=each.path, why=each.why)
            text.append(f"{stays}\n", style="dim")
        self.query_one("#going", Static).update(text)
        total = sum(item.size for item in self._items)
        count = len(self._items)
        files = trn("{count:,} file, {size}", "{count:,} files, {size}", count, size=size(total))
        if self._read_only:
            ask = tr("The console is read-only: nothing is moved.  Esc goes back.")
        elif count:
            ask = tr(
                "{files} would go into the trash, from where u brings them back.  y moves them, n does not.",
                files=files,
            )
        else:
            ask = tr("Nothing to clean up.  Esc goes back.")
        self._ready = bool(count) and not self._read_only
        if self._made:
            undo = tr("u brings them back.")
            told = f"{told}  {undo}"
        self._tell(f"{told}\n{ask}" if told else ask)

    def _tell(self, text: str) -> None:
        self.query_one("#told", Static).update(text)

    def action_clean(self) -> None:
        """Move what is shown."""
        if self._ready:
            self._ready = False
            self._later(self._clean())

    async def _clean(self) -> None:
        self._made, told = await self._broom.run()
        await self._show(told)

    def action_restore(self) -> None:
        """Bring back what was moved here."""
        if self._made:
            made, self._made = self._made, ""
            self._later(self._back(made))

    async def _back(self, made: str) -> None:
        await self._show(await self._broom.restore(made))

    def action_leave(self) -> None:
        """Back to the list."""
        self.dismiss(None)
