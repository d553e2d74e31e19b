"""What the engine carries out for the operator: each act refuses what it can see is wrong, and says what came of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

from console.config import Config
from console.cut_off import CutOffs
from console.host import in_thread
from console.i18n import mark, tr, trn
from console.model.agent import Detection
from console.model.composed import Composed
from console.model.dispatch import Dispatch, DispatchStatus, Verification
from console.model.outcome import Written
from console.model.snapshot import Snapshot
from console.model.summary import may_verify
from console.model.surface import Screen, Surface, SurfaceInfo
from console.model.verify_task import fleet_names
from console.mux.base import Multiplexer, MuxError, Publisher, lacks
from console.sending import Sending
from console.services.nudge import Nudge
from console.tracker.dispatch_log import DispatchLog

if TYPE_CHECKING:
    from console.actions.answer import AnswerResult
    from console.actions.cleanup import Plan
    from console.actions.publish import Sidebar
    from console.actions.send import Order, SendResult
    from console.model.dialog import DialogId
    from console.model.outcome import Ended, Step
    from console.servicing import Servicing
    from console.tracker.operations import Revision


def named(text: str, info: SurfaceInfo) -> str:
    """*text* with the ref people know in place of the uuid a surface is addressed by."""
    return text.replace(info.key, info.ref)


class Acts:
    """The acts of `console.engine.Engine`."""

    config: Config
    mux: Multiplexer
    snapshot: Snapshot
    dispatches: DispatchLog
    sending: Sending | None
    """Guards and records; None where nothing outlives the console."""
    cut_off: CutOffs | None
    """Sends that were cut off; None where nothing outlives the console."""
    _typing: set[str]
    _sidebar: Sidebar | None = None

    nudge: Nudge
    _state: Path | None

    def servicing(self) -> Servicing:
        """What can be done to the watched services."""
        from console.servicing import Servicing

        return Servicing(self.config, self._state, lambda: self.snapshot, self.nudge)

    async def plan_cleanup(self, name: str) -> Plan:
        """Exactly what a clean-up of the entry *name* would move now; nothing where nothing outlives the console."""
        from console import cleaning

        state = self._state
        if state is None:
            from console.actions.cleanup import Plan

            return Plan()
        return await in_thread(lambda: cleaning.plan(self.config, state, time.time(), (name,)))

    async def clean_up(self, made: Plan) -> tuple[str, str]:
        """Move what *made* shows into the trash: (id to bring it back by, empty when nothing went; what to say)."""
        from console import cleaning

        state = self._state
        if state is None:
            return "", tr("✗ nothing outlives this console")
        try:
            done = await in_thread(lambda: cleaning.run(self.config, made, state, time.time()))
        except cleaning.refusal() as error:
            return "", tr("✗ refused: {error}", error=error)
        finally:
            self.nudge()
        moved = trn(
            "✓ {count:,} file moved ({id}).",
            "✓ {count:,} files moved ({id}).",
            done.moved,
            id=done.id or tr("nothing"),
        )
        stays = [tr("▲ stays: {path}: {why}", path=each.path, why=each.why) for each in done.left[:3]]
        return done.id, "\n".join((moved, *stays))

    async def bring_back(self, made: str) -> str:
        """Move the clean-up *made* back; what to say."""
        from console import cleaning

        state = self._state
        if state is None:
            return tr("✗ nothing outlives this console")
        try:
            _, back, left = await in_thread(lambda: cleaning.restore(self.config, state, time.time(), made))
        except cleaning.refusal() as error:
            return tr("✗ refused: {error}", error=error)
        finally:
            self.nudge()
        stays = [tr("▲ stays in the trash: {path}: {why}", path=each.path, why=each.why) for each in left[:3]]
        return "\n".join((trn("✓ {count:,} file is back.", "✓ {count:,} files are back.", back), *stays))

    def _detect(self, screen: Screen, info: SurfaceInfo, agent: str) -> Detection:
        raise TypeError("the engine detects")

    def _weigh(self, surface: Surface, screen: Screen) -> Detection:
        raise TypeError("the engine weighs")

    def _keep_bindings(self) -> None:
        raise TypeError("the engine remembers")

    async def send(
        self, key: str, composed: Composed | str, order: Order | None = None, *, stop: asyncio.Event | None = None
    ) -> SendResult:
        """Send a task to a surface, and say what was seen: guarded and recorded where there is a state folder.

        *stop* alone is an order too: whoever sets it ends the send at its next step.

        Without one nothing is recorded, and only the surface itself is looked at: it is refused without a touch where
        it is gone, shows a dialog, a shell, a menu or somebody's draft, or another text is on its way to it.
        """
        from console.actions.send import Order, SendResult

        order = Order(stop=stop) if order is None and stop is not None else order
        composed = Composed(composed) if isinstance(composed, str) else composed
        surface = self.snapshot.surface(key)
        why = self._barred(surface)
        if surface is None or why:
            return SendResult("refused", tr("{why}; nothing was typed", why=why))
        self._typing.add(key)
        try:
            result = await self._sent(surface, composed, order)
        finally:
            self._typing.discard(key)
        if self._sidebar is not None and "publish" in self.mux.capabilities:
            await self._sidebar.sent(surface, composed.text.strip().split("\n", 1)[0], result.outcome)
        return result

    async def send_watched(
        self, key: str, composed: Composed, told: Callable[[Step], None], stop: asyncio.Event
    ) -> Ended:
        """`send` that tells each step to *told*, and ends early when *stop* is set: it says what is left in the box."""
        from console.actions.send import Order
        from console.model.outcome import Ended

        result = await self.send(key, composed, Order(progress=told, stop=stop))
        return Ended(result.outcome, result.evidence, result.left)

    def barred(self, key: str) -> str:
        """Why nothing at all is typed into a surface now, whatever guard is set aside; empty when something may be."""
        return self._barred(self.snapshot.surface(key))

    def _barred(self, surface: Surface | None) -> str:
        """Why nothing is typed into *surface* now; the guards know more."""
        if self.config.read_only:
            return tr("the console is read-only")
        if surface is None:
            return tr("the surface is gone")
        if surface.gone:
            return f"{surface.name}: {surface.gone}"
        if surface.unconfirmed:
            return tr(
                "{name}: {unconfirmed}; look at it, then confirm it in the console (C)",
                name=surface.name,
                unconfirmed=surface.unconfirmed,
            )
        if surface.info.dead:
            return tr("{name}: its program has ended", name=surface.name)
        if surface.key in self._typing:
            return tr("{name}: another text is being typed", name=surface.name)
        return ""

    async def _sent(self, surface: Surface, composed: Composed, order: Order | None) -> SendResult:
        from console.actions.send import ANYWHERE, CLOSED, SendResult, submit, type_and_enter

        info, agent = surface.info, surface.expected_agent

        def detect(screen: Screen) -> Detection:
            return self._detect(screen, info, agent)

        if self.sending is not None:
            done = await self.sending.send(self.mux, self.snapshot, surface, composed, detect, order)
            label = f"#{done.number} " if done.number is not None else ""
            told = named(done.result.evidence, info)
            return replace(done.result, evidence="; ".join(filter(None, (f"{label}{told}", done.warning))))
        if surface.status is not None and surface.status.state in CLOSED:
            return SendResult(
                "refused",
                tr("{name} shows {state}; nothing was typed", name=surface.name, state=tr(surface.status.state)),
            )
        if order is None:
            result = await type_and_enter(self.mux, info.key, composed.typed, detect)
        else:
            plain = replace(order, allow=ANYWHERE.allow)
            result = await submit(self.mux, info.key, composed.typed, detect, plain)
        return replace(result, evidence=named(result.evidence, info))

    async def settle(self, key: str, taken: bool) -> Written:
        """Close a cut-off send as the operator has seen it; *key* is that of the send."""
        if self.config.read_only or self.cut_off is None:
            return Written(False, tr("the console is read-only; nothing was settled"), refused=True)
        return await self.cut_off.settle(key, taken, self.snapshot)

    async def answer(self, key: str, wanted: str) -> AnswerResult:
        """Answer the dialog that is open on a surface with ``y``, ``n`` or the digit of an answer.

        The dialog is the one of the snapshot: when another one is open by now, nothing is pressed.
        """
        from console.actions.answer import AnswerResult
        from console.model.dialog import read_dialog

        surface = self.snapshot.surface(key)
        if surface is None or surface.screen is None or surface.status is None:
            return AnswerResult("refused", tr("the surface is gone; nothing was pressed"))
        dialog = read_dialog(surface.screen, surface.status.detection)
        if dialog is None:
            why = tr("no dialog is open that could be answered from here; f goes to its terminal")
            return AnswerResult("refused", f"{surface.name}: {why}")
        return await self.press(key, wanted, dialog.id)

    async def press(
        self, key: str, wanted: str, expected: DialogId, veto: Callable[[], str] | None = None
    ) -> AnswerResult:
        """Answer the dialog *expected* with *wanted*; *veto* is asked directly before the key. See `answer`."""
        from console.actions.answer import AnswerResult, answer

        surface = self.snapshot.surface(key)
        why = self._barred(surface)
        if surface is None or why:
            return AnswerResult("refused", tr("{why}; nothing was pressed", why=why))
        info = surface.info
        self._typing.add(key)
        try:
            result = await answer(
                self.mux, info.key, wanted, expected, lambda screen: self._weigh(surface, screen), veto=veto
            )
            return replace(result, evidence=named(result.evidence, info))
        finally:
            self._typing.discard(key)

    async def record_verdict(
        self, dispatch: Dispatch, check: Verification, asked: Dispatch | None = None, based_on: Revision | None = None
    ) -> Written:
        """Write what *check* says of *dispatch*: the one place where a verdict goes into the log.

        *asked* is the dispatch that was the verification: with its verdict taken it is done. *based_on* is the record
        the operator decided by. Refused when it is by the author, whatever name the log has for it.
        """
        why = may_verify(dispatch, check.by, fleet_names(self.snapshot, self.dispatches.names))
        if why:
            return Written(False, tr("refused: {why}", why=why), refused=True)
        at = check.at if check.at is not None else time.time()
        scores = check.self_score, check.cross_score
        written = await self.dispatches.verify(dispatch, check.by, *scores, check.verdict, check.note, at, based_on)
        if written.done and asked is not None and asked.number is not None and asked.is_open:
            closed = await self.dispatches.set_status(asked.number, DispatchStatus.DONE)
            if not closed.done:
                return replace(
                    written, warning=tr("{label} is still open: {text}", label=asked.label, text=closed.text)
                )
        return written

    async def focus(self, key: str) -> str:
        """Bring the real surface before the operator's eyes; empty, or why that could not be done."""
        surface = self.snapshot.surface(key)
        if surface is None or surface.gone:
            return tr("the surface is gone")
        try:
            await self.mux.focus(surface.info.key)
        except MuxError as error:
            return named(str(error), surface.info)
        return ""

    def about_server(self) -> tuple[tuple[str, str], ...]:
        """For people: what is read, what it cannot do, and what is wrong with it; each with its name, in English."""
        sidebar = self._sidebar.error if self._sidebar is not None else ""
        found = (
            (mark("server"), self.mux.source),
            ("", lacks(self.mux.capabilities)),
            (mark("away"), self.snapshot.mux.error),
            (mark("sidebar"), sidebar),
            (mark("lock"), self.sending.lock.error if self.sending is not None else ""),
            (mark("spans"), self.sending.tracing.told if self.sending is not None else ""),
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
