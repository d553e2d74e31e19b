"""What the operator does, as the app carries it out: ask on a screen, hand it to the engine, say what came of it."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Final, Generic, TypeVar

from textual import on, work
from textual.actions import ActionParseResult
from textual.await_complete import AwaitComplete
from textual.dom import DOMNode
from textual.screen import SystemModalScreen

from console.app_decisions import DecisionActs
from console.app_handoff import HandoffActs
from console.app_operations import OperationActs
from console.app_queue import QueueActs
from console.app_verify import Verifies
from console.commands import COMMANDS, with_keys
from console.config import Config
from console.i18n import mark, tr, trn
from console.model.cut_off import Checked
from console.model.dispatch import Dispatch, DispatchStatus
from console.model.outcome import Written
from console.model.reconcile import live_states
from console.model.surface import Surface
from console.screens.main import MainScreen
from console.widgets.dispatch_table import DispatchTable

_OUTCOMES: Final[Mapping[str, str]] = {
    "answered": mark("answered"),
    "unconfirmed": mark("unconfirmed"),
    "refused": mark("refused"),
    "failed": mark("failed"),
}
CUT_OFF_TOLD: Final = 3
"""Cut-off sends that a notice names."""
READ_FIRST: Final = 0.7
"""Seconds for which a dialog takes no key after it has opened, or after the operator has come back to the fleet: the
key was meant for what was there before."""

_STAY: Final = frozenset(
    {"focus_next", "focus_previous", "reread", "go_there", "confirm", "stop_all", "suspend_process"}
)
OPENS: Final = frozenset(
    command.action
    for command in COMMANDS
    if command.action.startswith("app.") and command.action.removeprefix("app.") not in _STAY
)
"""Actions that open a dialog."""

Read = TypeVar("Read")


class _Kept(Generic[Read]):
    """Reads something, and remembers what the last time gave."""

    def __init__(self, read: Callable[[], Awaitable[Read]]) -> None:
        self._read = read
        self.found: Read | None = None

    async def __call__(self) -> Read:
        self.found = await self._read()
        return self.found


class Acts(HandoffActs, DecisionActs, Verifies, QueueActs, OperationActs):
    """The acts of `console.app.ConsoleApp`; everything goes through the engine."""

    config: Config
    _lost: int
    _came_back_at = float("-inf")
    """Epoch seconds at which a dialog was closed, or one was asked for."""

    async def run_action(
        self,
        action: str | ActionParseResult,
        default_namespace: DOMNode | None = None,
        namespaces: Mapping[str, DOMNode] | None = None,
    ) -> bool:
        """What is typed on while a dialog is still being opened is not for the agent behind it."""
        if action in OPENS:
            self._came_back_at = time.time()
        return await super().run_action(action, default_namespace, namespaces)

    def pop_screen(self) -> AwaitComplete:
        """A dialog of the console is closed; the palette does what was chosen in it, at once."""
        if not isinstance(self.screen, SystemModalScreen):
            self._came_back_at = time.time()
        return super().pop_screen()

    @work(exit_on_error=False, exclusive=True, group="losses", name=mark("dispatch log"))
    async def _look_for_losses(self) -> None:
        lost = await self.opened.engine.dispatches.count_lost() if self.opened is not None else 0
        if lost > self._lost:
            text = trn(
                "Another writer has undone {count} of the console's changes: L shows it and writes it again.",
                "Another writer has undone {count} of the console's changes: L shows them and writes them again.",
                lost,
            )
            self.notify(text, title=tr("Dispatch log"), severity="warning", timeout=30, markup=False)
        self._lost = lost

    @on(DispatchTable.Opened)
    @work(exit_on_error=False, name=mark("record"))
    async def _open_record(self, message: DispatchTable.Opened) -> None:
        await self._look_at(message.dispatch)

    async def _verify_chosen(self, dispatch: Dispatch) -> None:
        await self._verify(dispatch)

    async def _look_at(self, dispatch: Dispatch) -> None:
        """The record of *dispatch*, and what the operator wants done with it."""
        from console.screens.record import RecordScreen

        opened = self.opened
        if opened is None:
            return
        live = dict(live_states(self.snapshot.surfaces))
        log = opened.engine.dispatches
        read = _Kept(partial(log.record, dispatch.number))
        screen = RecordScreen(dispatch, self.snapshot.log.dispatches, live, read)
        choice = await self.push_screen_wait(screen)
        # What the operator saw is what is decided by: another writer may change the record while the question is open.
        seen = read.found.revision if read.found is not None else None
        match choice:
            case "go":
                self.main.open_dispatch(dispatch)
            case "verify":
                await self._verify(dispatch)
            case "other" if screen.other is not None:
                await self._look_at(screen.other)
            case "check":
                await self._record_check(dispatch, write=partial(opened.engine.record_verdict, based_on=seen))
            case "status":
                await self._set_status(dispatch, partial(log.set_status, based_on=seen))

    async def _set_status(self, dispatch: Dispatch, write: Callable[[int, DispatchStatus], Awaitable[Written]]) -> None:
        from console.screens.verdict import StatusScreen

        if dispatch.number is None:
            self.notify(tr("This record has no number it could be found by."), severity="warning", markup=False)
            return
        status = await self.push_screen_wait(StatusScreen(dispatch))
        if status is not None and status is not dispatch.status:
            self._told(await write(dispatch.number, status))

    @on(MainScreen.Answered)
    @work(exit_on_error=False, name=mark("answer"))
    async def _answer(self, message: MainScreen.Answered) -> None:
        surface, shown = self._surface(message.key), message.shown
        if surface is None or self.opened is None:
            return
        if shown is not None and message.pressed_at - shown.at < READ_FIRST:
            self.notify(
                tr("{name}: this has just opened; read it, then press again.", name=surface.name),
                markup=False,
                timeout=3,
            )
            return
        if 0 <= message.pressed_at - self._came_back_at < READ_FIRST:
            # The second y of a hasty "yes, send it to all" is no yes to an agent.
            told = tr("{name}: a dialog was opened or closed just now; press again.", name=surface.name)
            self.notify(told, markup=False, timeout=3)
            return
        engine = self.opened.engine
        if shown is None:
            result = await engine.answer(surface.key, message.wanted)
        else:
            # What the operator saw when pressing is what is answered; the engine may know of another one by now.
            result = await engine.press(surface.key, message.wanted, shown.dialog)
        good = result.outcome == "answered"
        self.notify(
            f"{surface.name}: {tr(_OUTCOMES[result.outcome])}. {result.evidence}",
            severity="information" if good else "warning", markup=False, timeout=3 if good else 10,
        )  # fmt: skip

    async def action_details(self) -> None:
        """Everything known of the selected surface."""
        from console.screens.surface import SurfaceScreen

        surface = self.main.selected_surface()
        if surface is not None and self.opened is not None:
            now = partial(self._surface, surface.key)
            log, server = self.snapshot.log.dispatches, self.opened.engine.about_server
            await self.push_screen(SurfaceScreen(now, log, server))

    @work(exit_on_error=False, name=mark("focus"))
    async def action_go_there(self) -> None:
        """To the real surface, in its own terminal."""
        surface = self.main.selected_surface()
        if surface is not None and self.opened is not None:
            wrong = await self.opened.engine.focus(surface.key)
            text = wrong or tr("{name} is in front now.", name=surface.name)
            self.notify(text, severity="warning" if wrong else "information", markup=False, timeout=6)

    def action_confirm(self) -> None:
        """A renumbered surface is the one that is meant."""
        surface = self.main.selected_surface()
        if surface is None or self.opened is None or not self.opened.engine.confirm(surface.key):
            self.notify(tr("There is nothing to confirm here."), markup=False, timeout=2)
        else:
            text = tr("{ref} is {name}.", ref=surface.info.ref, name=surface.name)
            self.notify(text, markup=False, timeout=4)

    @work(exit_on_error=False, name=mark("ledger"))
    async def action_ledger(self) -> None:
        """Who verified whom."""
        from console.screens.ledger import LedgerScreen

        names = self.opened.engine.dispatches.names if self.opened is not None else {}
        dispatch = await self.push_screen_wait(LedgerScreen(self.snapshot.log.dispatches, names))
        if dispatch is not None:
            await self._look_at(dispatch)

    async def action_lost(self) -> None:
        """What another writer has undone."""
        from console.screens.losses import LossesScreen

        if self.opened is not None:
            log = self.opened.engine.dispatches
            await self.push_screen(LossesScreen(await log.lost(), log.restore))

    @work(exit_on_error=False, name=mark("cut off"))
    async def action_cut_off(self) -> None:
        """Sends that have no outcome: the operator looks, and says what became of them."""
        from console.screens.cut_off import CutOffScreen

        if self.opened is None:
            return
        engine = self.opened.engine
        self.clear_notifications()  # the notice that led here would cover the list
        key = await self.push_screen_wait(CutOffScreen(self._cut_off_now, engine.settle))
        if key:
            self.main.select(key)

    def _cut_off_now(self) -> tuple[Checked, ...]:
        engine = self.opened.engine if self.opened is not None else None
        return engine.cut_off.checked(engine.snapshot) if engine is not None and engine.cut_off is not None else ()

    def _tell_cut_off(self, keys: frozenset[str]) -> None:
        """Say what was cut off, with what its screen shows; once the screens have been judged."""
        found = [each for each in self._cut_off_now() if each.cut_off.key in keys]
        if found:
            key = next(c.keys for c in with_keys(self.config.keys) if c.id == "log.cut_off")
            lines = [f"{each.cut_off.about}: {each.evidence}." for each in found[:CUT_OFF_TOLD]]
            more = len(found) - CUT_OFF_TOLD
            lines += [tr("… and {more} more.", more=more)] if more > 0 else []
            text = "\n".join((*lines, tr("Nothing is sent again by itself; {key} settles it.", key=key)))
            self.notify(text, title=tr("Cut off while sending"), severity="warning", timeout=20, markup=False)

    def _surface(self, key: str) -> Surface | None:
        return self.snapshot.surface(key)
