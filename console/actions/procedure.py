"""The steps of one send; see `console.actions.send` for what it promises."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import Final

from console.actions import send
from console.actions.echo import Ours, Trace, submit_key
from console.actions.pointer import NoWay, plan, write_file
from console.actions.send import Judge, Left, Order, Outcome, SendResult, StepName
from console.i18n import tr, trn
from console.model.agent import AgentState, Detection
from console.model.outcome import Step
from console.model.surface import Screen
from console.mux.base import Multiplexer, MuxError, Queued
from console.safety import check_outgoing, safe_text

STOP_WAIT: Final = 0.5
"""Seconds after the paste in which a cancelled send still looks what the box shows."""
Seen = tuple[Screen, Detection]


class _End(Exception):
    """The send is over."""

    def __init__(self, outcome: Outcome, evidence: str, left: Left = "nothing", *, cancelled: bool = False) -> None:
        super().__init__(evidence)
        self.outcome, self.left, self.cancelled = outcome, left, cancelled


class Procedure:
    """One send. `run` once."""

    def __init__(self, mux: Multiplexer, ref: str, text: str, judge: Judge, order: Order) -> None:
        self._mux, self._ref, self._judge, self._order = mux, ref, judge, order
        self._text = text
        self._ours = Ours("")
        self._loop = asyncio.get_running_loop()
        self._began = self._pasted_at = self._loop.time()
        self._pasting = False
        self._enters = 0
        self._file: Path | None = None

    async def run(self) -> SendResult:
        """Carry it out. Raises CancelledError only."""
        try:
            await self._run()
            raise AssertionError("a send ends with an outcome")
        except _End as end:
            result = self._result(end.outcome, str(end), end.left, end.cancelled)
        except Queued as error:
            # Not failed: the text may stand in the box later, when nobody looks any more.
            kept = tr("Enter waits behind the text") if self._enters else tr("Enter was not pressed")
            result = self._result(
                "unconfirmed" if self._enters else "typed_not_submitted", f"{error}; {kept}", "unknown"
            )
        except MuxError as error:
            left: Left = "unknown" if self._pasting else "nothing"
            told = tr("{error}; the text may stand in the input box", error=error) if self._pasting else str(error)
            result = self._result("failed" if self._pasting else "refused", told, left)
        except asyncio.CancelledError:
            stands = tr("the text may stand in the input box") if self._pasting else tr("nothing was typed")
            self._step("done", tr("cut off: {left}; {pressed}", left=stands, pressed=self._pressed()))
            if not self._pasting:
                self._forget_file()
            raise
        self._step("done", f"{tr(result.outcome)}: {result.evidence}")
        return result

    def _result(self, outcome: Outcome, evidence: str, left: Left, cancelled: bool = False) -> SendResult:
        if outcome == "refused":
            self._forget_file()
        evidence = evidence if evidence.startswith(f"{self._ref}: ") else f"{self._ref}: {evidence}"
        return SendResult(outcome, evidence, left, self._enters, cancelled, self._file)

    def _forget_file(self) -> None:
        if self._file is not None:
            with suppress(OSError):
                self._file.unlink()
            self._file = None

    async def _run(self) -> None:
        text, wrong = check_outgoing(self._text)
        if wrong:
            raise _End(
                "refused",
                tr("line {line} has {name}; take it out; nothing was typed", line=wrong[0].line, name=wrong[0].name),
            )
        text = text.strip("\n")
        if not text.strip():
            raise _End("refused", tr("nothing to send"))
        self._step("look", tr("reading the screen"))
        before = await self._look()
        self._refuse_closed(before)
        known = bool(before[1].agent)
        if not known and "\n" in text:
            raise _End("refused", tr("no agent is recognised, and each line would be a command; nothing was typed"))
        typed = self._planned(text)
        self._ours = Ours(typed)
        traced = self._ours.trace(*before)
        if self._stopped():
            raise _End("refused", tr("cancelled; nothing was typed"), cancelled=True)
        self._refuse_veto()
        await self._paste(typed)
        if known:
            await self._echo()
            await self._submit(before, traced)
        await self._plain(before)

    # -- before the paste ----------------------------------------------------------------------------------------

    def _refuse_closed(self, at: Seen) -> None:
        screen, seen = at
        why = self._closed(seen)
        if not why and seen.state not in self._order.allow:
            why = tr("it shows {state}", state=tr(seen.state))
        if not why and seen.draft:
            why = tr("its input box holds a text already; submit or clear that first")
        if not why and seen.agent and seen.state is AgentState.UNKNOWN:
            why = tr("its input box is not on the screen")
        if not why and not any(line.strip() for line in screen.lines) and seen.agent:
            why = tr("its screen is empty")
        if why:
            raise _End("refused", tr("{why}; nothing was typed", why=why))

    @staticmethod
    def _closed(seen: Detection) -> str:
        if seen.state is AgentState.DEAD:
            return tr("its program has ended")
        if seen.state in send.NEVER or seen.regions.dialog is not None or seen.blocks or seen.keep:
            return tr("it shows {state}", state=tr(seen.state))
        return ""

    def _refuse_veto(self) -> None:
        why = self._order.veto() if self._order.veto is not None else ""
        if why:
            raise _End("refused", tr("{why}; nothing was typed", why=safe_text(why)))

    def _planned(self, text: str) -> str:
        """What is typed: the text, or a line that names the file it has been put into."""
        try:
            way = plan(text, self._mux.capabilities, self._order.folder, self._order.template)
            if way.way != "file" or way.folder is None:
                return way.text
            self._file = write_file(way.folder, text)
        except NoWay as error:
            raise _End("refused", tr("{error}; nothing was typed", error=error)) from error
        except OSError as error:
            raise _End(
                "refused", tr("the file for the text: {error}; nothing was typed", error=safe_text(str(error)))
            ) from error
        return self._order.template.replace("{path}", str(self._file))

    async def _paste(self, typed: str) -> None:
        lines = typed.count("\n") + 1
        self._step("paste", tr("{count} characters, {lines} lines", count=len(typed), lines=lines))
        self._pasting = True
        try:
            await self._mux.send_text(self._ref, typed)
        except MuxError as error:
            self._pasting = not error.untouched
            raise
        self._pasted_at = self._loop.time()

    # -- from the paste to the effect of Enter ---------------------------------------------------------------------

    async def _echo(self) -> None:
        """Wait until the box shows the text, and long enough for Enter not to be part of the paste."""
        self._step("echo", tr("waiting for the text in the input box"))
        until = self._pasted_at + send.ECHO_WAIT
        while True:
            _, seen = await self._look()
            self._stop_at_dialog(seen)
            shown = self._ours.in_box(seen.draft)
            if self._stopped():
                until = min(until, self._pasted_at + STOP_WAIT)  # to say what is left in the box
            if shown or self._loop.time() > until:
                break
            await asyncio.sleep(send.LOOK_EVERY)
        if self._stopped():
            raise self._cancelled(shown)
        if not shown and seen.draft:
            raise _End(
                "typed_not_submitted", tr("the input box shows another text too; Enter was not pressed"), "unknown"
            )
        if not shown:
            why = tr("the text did not show in the input box; Enter was not pressed; it may still appear there")
            raise _End("typed_not_submitted", why, "unknown")
        ready = max(self._pasted_at + send.PASTE_PAUSE, self._loop.time() + send.ECHO_PAUSE)
        self._step("wait", tr("{seconds:.1f} s before Enter", seconds=max(0.0, ready - self._loop.time())))
        await self._pause(ready - self._loop.time())
        if self._stopped():
            raise self._cancelled(shown)

    async def _submit(self, before: Seen, traced: Trace) -> None:
        """Press Enter while the box holds the text, and look what comes of it. Ends the send."""
        for _ in range(send.ENTERS):
            screen, seen = await self._look()
            self._stop_at_dialog(seen)
            if not self._ours.in_box(seen.draft):
                break
            if self._stopped():
                raise self._cancelled(True)
            why = self._order.veto() if self._order.veto is not None else ""
            if why:
                raise _End("typed_not_submitted", tr("{why}; Enter was not pressed again", why=safe_text(why)), "text")
            await self._enter(submit_key(screen, seen))
            if not await self._effect(before, traced):
                continue
            break
        await self._unsure()

    async def _enter(self, key: str) -> None:
        self._enters += 1
        named = key.capitalize()
        told = (
            tr("pressing {key}, time {number}", key=named, number=self._enters)
            if self._enters > 1
            else tr("pressing {key}", key=named)
        )
        self._step("enter", told)
        await self._mux.send_key(self._ref, key)

    async def _effect(self, before: Seen, traced: Trace) -> bool:
        """Look for the effect of Enter; ends the send when it is sure. True: the box does not hold the text any more.

        Two looks in a row have to agree: one may have caught a half-drawn screen.
        """
        self._step("verify", tr("looking whether the text was taken"))
        until = self._loop.time() + send.ENTER_WAIT
        last: tuple[Outcome, str] | None = None
        held = False
        while self._loop.time() < until:
            await asyncio.sleep(send.LOOK_EVERY)
            screen, seen = await self._look()
            held = self._ours.in_box(seen.draft)
            found = self._taken(screen, seen, before[1], traced)
            if found is not None and found == last:
                raise _End(*found)
            last = found
        return not held

    def _taken(self, screen: Screen, seen: Detection, before: Detection, traced: Trace) -> tuple[Outcome, str] | None:
        """What this screen proves: an outcome and its evidence, or None."""
        if seen.draft or seen.agent != before.agent or seen.state is AgentState.UNKNOWN or seen.keep:
            return None
        now = self._ours.trace(screen, seen)
        busy = before.state is AgentState.WORKING
        if now.queued > traced.queued or (now.ghost and (busy or not traced.ghost)):
            return "queued", tr("it waits in the agent's own queue until the turn ends")
        if now.more_than(traced):
            return "submitted", (
                tr("Enter was taken; the transcript shows the text (in the running turn)")
                if busy
                else tr("Enter was taken; the transcript shows the text")
            )
        if seen.state is AgentState.WORKING and not busy:
            return "submitted", tr("Enter was taken; it works")
        return None

    async def _unsure(self) -> None:
        """Ends the send that has no proof, with what the box shows."""
        _, seen = await self._look()
        pressed = self._pressed()
        if self._ours.in_box(seen.draft):
            told = trn(
                "typed, and Enter was pressed once without effect; the text stands in the input box",
                "typed, and Enter was pressed {count} times without effect; the text stands in the input box",
                self._enters,
            )
            raise _End("typed_not_submitted", told, "text")
        if not self._enters and seen.draft:
            told = tr("someone else is typing in the input box; Enter was not pressed")
            raise _End("typed_not_submitted", told, "unknown")
        if not self._enters:
            told = tr("the text has left the input box before Enter was pressed; look whether someone submitted it")
            raise _End("unconfirmed", told, "unknown")
        if self._closed(seen) or seen.state is AgentState.UNKNOWN:
            raise _End(
                "unconfirmed",
                tr("{pressed}; now it shows {state}; look at it", pressed=pressed, state=tr(seen.state)),
                "unknown",
            )
        if seen.draft:
            told = tr("{pressed}; the input box shows another text", pressed=pressed)
            raise _End("unconfirmed", told, "unknown")
        raise _End(
            "unconfirmed",
            trn(
                "Enter was pressed once and the input box is empty, but nothing shows that it works",
                "Enter was pressed {count} times and the input box is empty, but nothing shows that it works",
                self._enters,
            ),
        )

    async def _plain(self, before: Seen) -> None:
        """A program whose input box is not known: Enter once, and nothing is proven by what follows."""
        self._step("echo", tr("waiting for the text on the screen"))
        count = self._ours.on_screen(before[0])
        while True:
            pasted, seen = await self._look()
            self._stop_at_dialog(seen)
            if self._ours.on_screen(pasted) > count:
                break
            if self._stopped():
                raise self._cancelled(False)
            if self._loop.time() - self._pasted_at > send.ECHO_WAIT:
                raise _End(
                    "typed_not_submitted", tr("the text did not show on the screen; Enter was not pressed"), "unknown"
                )
            await asyncio.sleep(send.LOOK_EVERY)
        await self._pause(self._pasted_at + send.PASTE_PAUSE - self._loop.time())
        pasted, seen = await self._look()
        self._stop_at_dialog(seen)
        if self._stopped():
            raise self._cancelled(True)
        await self._enter("enter")
        until = self._loop.time() + send.ENTER_WAIT
        while self._loop.time() < until:
            await asyncio.sleep(send.LOOK_EVERY)
            if (await self._look())[0] != pasted:
                raise _End(
                    "unconfirmed",
                    tr("Enter was pressed and the screen changed; no agent is recognised there"),
                    "unknown",
                )
        raise _End("unconfirmed", tr("Enter was pressed, and the screen did not react; look at it"), "unknown")

    # -- small parts -----------------------------------------------------------------------------------------------

    async def _look(self) -> Seen:
        screen = await self._mux.read(self._ref)
        return screen, self._judge(screen)

    def _stop_at_dialog(self, seen: Detection) -> None:
        """No Enter once something else than the input box is open."""
        why = self._closed(seen)
        if why and self._enters:
            raise _End(
                "unconfirmed", tr("Enter was pressed, then: {why}; it was not pressed again", why=why), "unknown"
            )
        if why:
            told = tr("{why} since the paste; Enter was not pressed, the text may be lost", why=why)
            if seen.state is AgentState.DEAD:
                raise _End("failed", told)
            if "paste" not in self._mux.capabilities:
                told = tr(
                    "{why} since the text was typed; its keys may have answered that; Enter was not pressed", why=why
                )
                raise _End("unconfirmed", told, "unknown")
            raise _End("typed_not_submitted", told, "unknown")

    def _cancelled(self, shown: bool) -> _End:
        left = tr("the text stands in the input box") if shown else tr("the text may appear in the input box")
        return _End(
            "typed_not_submitted",
            tr("cancelled; {left}; {pressed}", left=left, pressed=self._pressed()),
            "text" if shown else "unknown",
            cancelled=True,
        )

    def _pressed(self) -> str:
        """How often Enter was pressed, in words."""
        if not self._enters:
            return tr("Enter was not pressed")
        return trn("Enter was pressed once", "Enter was pressed {count} times", self._enters)

    def _stopped(self) -> bool:
        return self._order.stop is not None and self._order.stop.is_set()

    async def _pause(self, seconds: float) -> None:
        """Sleep, or less when the operator stops the send."""
        if seconds <= 0:
            return
        if self._order.stop is None:
            await asyncio.sleep(seconds)
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._order.stop.wait()

    def _step(self, name: StepName, text: str) -> None:
        if self._order.progress is not None:
            self._order.progress(Step(name, text, self._loop.time() - self._began))
