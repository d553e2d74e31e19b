"""What the engine carries out for the operator: each act refuses what it can see is wrong, and says what came of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from console.model.agent import Detection
from console.model.snapshot import Snapshot
from console.model.surface import Screen, SurfaceInfo
from console.mux.base import Multiplexer, MuxError, Publisher, lacks

if TYPE_CHECKING:
    from console.actions.answer import AnswerResult
    from console.actions.publish import Sidebar
    from console.actions.send import SendResult
    from console.model.dialog import DialogId


def named(text: str, info: SurfaceInfo) -> str:
    """*text* with the ref people know in place of the uuid a surface is addressed by."""
    return text.replace(info.key, info.ref)


class Acts:
    """The acts of `console.engine.Engine`."""

    mux: Multiplexer
    snapshot: Snapshot
    _typing: set[str]
    _sidebar: Sidebar | None = None

    def _detect(self, screen: Screen, info: SurfaceInfo, agent: str) -> Detection:
        raise TypeError("the engine detects")

    def _keep_bindings(self) -> None:
        raise TypeError("the engine remembers")

    async def send(self, key: str, text: str) -> SendResult:
        """Type *text* into a surface, press Enter, and say what was seen.

        Refused without touching the surface: it is gone, it shows a dialog, a shell, a menu or somebody's draft, its
        program has ended, or another text is on its way to it.
        """
        from console.actions.send import CLOSED, SendResult, type_and_enter

        surface = self.snapshot.surface(key)
        if surface is None:
            return SendResult("refused", "the surface is gone; nothing was typed")
        if surface.gone or surface.unconfirmed:
            return SendResult("refused", f"{surface.name}: {surface.gone or surface.unconfirmed}; nothing was typed")
        if surface.info.dead:
            return SendResult("refused", f"{surface.name}: its program has ended; nothing was typed")
        if surface.status is not None and surface.status.state in CLOSED:
            return SendResult("refused", f"{surface.name} shows {surface.status.state}; nothing was typed")
        if key in self._typing:
            return SendResult("refused", f"{surface.name}: another text is being typed; nothing was typed")
        info, agent = surface.info, surface.expected_agent
        self._typing.add(key)
        try:
            result = await type_and_enter(self.mux, info.key, text, lambda screen: self._detect(screen, info, agent))
            result = replace(result, evidence=named(result.evidence, info))
        finally:
            self._typing.discard(key)
        if self._sidebar is not None and "publish" in self.mux.capabilities:
            await self._sidebar.sent(surface, text.strip().split("\n", 1)[0], result.outcome)
        return result

    async def answer(self, key: str, wanted: str) -> AnswerResult:
        """Answer the dialog that is open on a surface with ``y``, ``n`` or the digit of an answer.

        The dialog is the one of the snapshot: when another one is open by now, nothing is pressed.
        """
        from console.actions.answer import AnswerResult
        from console.model.dialog import read_dialog

        surface = self.snapshot.surface(key)
        if surface is None or surface.screen is None or surface.status is None:
            return AnswerResult("refused", "the surface is gone; nothing was pressed")
        dialog = read_dialog(surface.screen, surface.status.detection)
        if dialog is None:
            return AnswerResult("refused", f"{surface.name}: no dialog is open that could be answered from here")
        return await self.press(key, wanted, dialog.id)

    async def press(
        self, key: str, wanted: str, expected: DialogId, veto: Callable[[], str] | None = None
    ) -> AnswerResult:
        """Answer the dialog *expected* with *wanted*; *veto* is asked directly before the key. See `answer`."""
        from console.actions.answer import AnswerResult, answer

        surface = self.snapshot.surface(key)
        if surface is None or surface.gone or surface.unconfirmed:
            why = (surface.gone or surface.unconfirmed) if surface is not None else "the surface is gone"
            return AnswerResult("refused", f"{why}; nothing was pressed")
        if key in self._typing:
            return AnswerResult("refused", f"{surface.name}: a text is being typed; nothing was pressed")
        info, agent = surface.info, surface.expected_agent
        self._typing.add(key)
        try:
            result = await answer(
                self.mux, info.key, wanted, expected, lambda screen: self._detect(screen, info, agent), veto=veto
            )
            return replace(result, evidence=named(result.evidence, info))
        finally:
            self._typing.discard(key)

    async def focus(self, key: str) -> str:
        """Bring the real surface before the operator's eyes; empty, or why that could not be done."""
        surface = self.snapshot.surface(key)
        if surface is None or surface.gone:
            return "the surface is gone"
        try:
            await self.mux.focus(surface.info.key)
        except MuxError as error:
            return named(str(error), surface.info)
        return ""

    def about_server(self) -> tuple[tuple[str, str], ...]:
        """For people: what is read, what it cannot do, and what is wrong with it now; each with its name."""
        sidebar = self._sidebar.error if self._sidebar is not None else ""
        found = (
            ("server", self.mux.source),
            ("", lacks(self.mux.capabilities)),
            ("away", self.snapshot.mux.error),
            ("sidebar", sidebar),
        )
        return tuple((name, text) for name, text in found if text)

    def confirm(self, key: str) -> bool:
        """Take a surface for the one its entry in the configuration means, whatever it was before."""
        surface = self.snapshot.surface(key)
        if surface is None or not surface.unconfirmed or surface.place is None or not surface.info.uuid:
            return False
        spec = self.snapshot.specs[surface.place]
        self.snapshot = replace(self.snapshot, bindings={**self.snapshot.bindings, spec.ref: surface.info.uuid})
        self._keep_bindings()
        self.mux.reread()
        return True

    async def publish(self, changes: asyncio.Event) -> None:
        """Keep the terminal server's sidebar in line with the snapshot, where the server has one."""
        from console.actions.publish import Sidebar

        sidebar = self._sidebar = Sidebar(cast(Publisher, self.mux))
        await sidebar.follow(lambda: self.snapshot, changes, lambda: "publish" in self.mux.capabilities)
