"""The composer's memory: the draft that was left, texts that were sent, the text that is being written."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Final

from textual import work
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import TextArea

from console.i18n import mark, tr
from console.model.draft import Remembered
from console.model.parcel import Parcel
from console.model.surface import Surface
from console.screens.desk import Desk
from console.widgets.words import span

SAVE_EVERY: Final = 3.0
"""Seconds after which a text that is being written is kept, for a console that is killed."""


class EarlierTexts(ModalScreen[tuple[Parcel, ...] | None]):
    """A part of `console.screens.send.SendScreen`."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._past = Remembered()
        self._texts: tuple[str, ...] = ()
        self._place = -1
        """Which of the texts of before stands in the area; -1 is the one that is being written."""
        self._mine = ""
        self._saved = ""

    def _surfaces(self) -> Sequence[Surface]:
        raise TypeError("the composer has the targets")

    def _remember(self) -> None:
        """Begin to keep, and offer what was kept."""
        if self._desk.memory is not None:
            self.set_interval(SAVE_EVERY, self._save)
            self._recall()

    @work(exit_on_error=False, name=mark("texts of before"))
    async def _recall(self) -> None:
        assert self._desk.memory is not None
        self._past = await self._desk.memory.remembered()
        self._offer()

    def _offer(self) -> None:
        """What there is for the first target."""
        surfaces = self._surfaces()
        name = surfaces[0].name if surfaces else ""
        self._texts, self._place = self._past.texts(name), -1
        draft = self._past.draft_for(name)
        told = ""
        if draft is not None:
            began = " ".join(draft.text.split())[:60]
            told = tr("ctrl+up: what you left here {time} ago: {began}", time=span(time.time() - draft.at), began=began)
        self.query_one(TextArea).placeholder = Content(told)

    def _put(self, text: str) -> None:
        """Another text in the area; ctrl+z brings back what was there."""
        area = self.query_one(TextArea)
        area.replace(text, (0, 0), area.document.end)
        area.move_cursor(area.document.end)

    def action_before(self, by: int) -> None:
        """An earlier text, or back to a later one."""
        at = max(-1, min(self._place + by, len(self._texts) - 1))
        if at == self._place:
            return
        area = self.query_one(TextArea)
        if self._place == -1:
            self._mine = area.text
        self._place = at
        self._put(self._mine if at == -1 else self._texts[at])

    def _save(self) -> None:
        """Keep what is being written."""
        text = self.query_one(TextArea).text
        if text.strip() and text != self._saved:
            self._keep(text)

    @work(exit_on_error=False, group="draft", name=mark("draft"))
    async def _keep(self, text: str) -> None:
        await self._left(text)

    async def _left(self, text: str) -> None:
        surfaces = self._surfaces()
        if self._desk.memory is not None and surfaces:
            self._saved = text
            told = await self._desk.memory.left(text, surfaces[0].name, time.time())
            if told:
                self.notify(told, severity="warning", markup=False, timeout=6)

    def interrupted(self) -> None:
        """Ctrl-C copies what is marked; without a mark it leaves the composer, not the console."""
        area = self.query_one(TextArea)
        if area.selected_text:
            self.app.copy_to_clipboard(area.selected_text)
        else:
            self.call_later(self.action_leave)

    async def action_leave(self) -> None:
        """Return nothing; the text is offered again."""
        text = self.query_one(TextArea).text
        if text.strip() and text != self._saved:
            await self._left(text)
        self.dismiss(None)
