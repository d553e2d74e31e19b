"""Having a dispatch verified, as the app carries it out: ask whom, show the task, send it, offer what came back."""

from __future__ import annotations

import json
import time
from collections.abc import Awaitable, Callable
from functools import partial

from textual import work
from textual.notifications import SeverityLevel

from console.app_send import Sends
from console.config_sections import VerifySection
from console.i18n import tr
from console.model.dispatch import Dispatch, Verification
from console.model.naming import identity
from console.model.outcome import Written
from console.model.reconcile import live_states
from console.model.snapshot import Snapshot
from console.model.summary import may_verify
from console.model.surface import Screen, Surface
from console.model.verify_answer import Answer, finished, on_demand, read_answer, superseded, surface_of
from console.model.verify_task import candidates, fleet_names, not_ready, numbered, render, under_way
from console.opening import Opened
from console.screens.main import MainScreen
from console.verifying import verification_fields


class Verifies(Sends):
    """A part of `console.app.ConsoleApp`."""

    snapshot: Snapshot
    opened: Opened | None
    main: MainScreen

    def __init__(self) -> None:
        super().__init__()
        self._answers: dict[int, Answer] = {}
        """What was found for each open verification; nothing of it is ever written by itself."""
        self._searched: dict[int, tuple[float, Screen | None]] = {}

    @property
    def _verify_config(self) -> VerifySection:
        return self.opened.engine.config.verify if self.opened is not None else VerifySection()

    # -- out ------------------------------------------------------------------------------------------------------

    @work(exit_on_error=False, name="verify")
    async def action_verify(self) -> None:
        """The dispatch under the cursor is verified by another agent, or its verifier has answered."""
        dispatch = self.main.addressed
        if dispatch is None:
            self.notify(tr("v verifies a dispatch: go to the table (Tab) and choose one."), markup=False, timeout=4)
        else:
            await self._verify(dispatch)

    async def _verify(self, dispatch: Dispatch) -> None:
        log = self.snapshot.log
        asked = dispatch if dispatch.links.verifies is not None else under_way(log.asked, dispatch.number)
        target = numbered(log.dispatches, asked.links.verifies) if asked is not None else dispatch
        if target is None:
            self._warn(
                tr(
                    "{label} verifies #{verifies}, which is not in the log.",
                    label=dispatch.label,
                    verifies=dispatch.links.verifies,
                )
            )
        elif asked is None:
            await self._ask(target)
        elif not asked.is_open:
            self._warn(
                tr(
                    "{label} is {status}: what came of it stands in {target}.",
                    label=asked.label,
                    status=tr(asked.status),
                    target=target.label,
                )
            )
        else:
            kept = self._answers.get(asked.number) if asked.number is not None else None
            answer = on_demand(self.snapshot, asked, self._verify_config.pattern, kept)
            if answer is None:
                self._warn(
                    tr(
                        "{label} on {surface} is at it; its verdict is offered when it has finished.",
                        label=asked.label,
                        surface=asked.surface,
                    )
                )
            else:
                await self._record_check(target, answer)

    async def _ask(self, dispatch: Dispatch) -> None:
        """Choose the verifier, show the task, send it."""
        from console.screens.verifier import BY_HAND, VerifierScreen

        opened = self.opened
        why = not_ready(dispatch, live_states(self.snapshot.surfaces))
        if opened is None or why:
            self._warn(f"{why}.")
            return
        log = opened.engine.dispatches
        offered = candidates(self.snapshot, dispatch, self._verify_config.verifiers, log.names)
        key = await self.push_screen_wait(VerifierScreen(dispatch, offered))
        surface = self.snapshot.surface(key) if key else None
        if key == BY_HAND and key is not None:
            await self._record_check(dispatch)
        elif surface is not None:
            raw = (await log.record(dispatch.number)).raw
            await self._send_verification(
                surface, dispatch, render(dispatch, self._verify_config.template, _record(raw))
            )

    async def _send_verification(self, surface: Surface, dispatch: Dispatch, text: str) -> None:
        """The composer with the task in it; what is sent is linked with *dispatch*."""
        if self.opened is None or self.opened.engine.sending is None:
            self._warn(tr("Nothing can be recorded here, so nothing is verified from here."))
            return
        await self.compose_and_send(surface, dispatch, text, verification_fields(dispatch))

    # -- back -----------------------------------------------------------------------------------------------------

    def look_for_answers(self) -> None:
        """Search the last message of every verifier that has finished, once; tell what may be recorded."""
        log, now = self.snapshot.log, time.time()
        there = {each.number for each in log.asked}
        for number in [number for number in self._answers if number not in there]:
            del self._answers[number]
        for asked in log.asked:
            surface = finished(self.snapshot, asked, now)
            if surface is None or surface.status is None or asked.number is None:
                continue
            kept, seen = self._answers.get(asked.number), (surface.status.since, surface.screen)
            if (kept is not None and not kept.findings.nothing) or self._searched.get(asked.number) == seen:
                continue
            self._searched[asked.number] = seen
            if superseded(log.dispatches, asked, surface):
                continue
            answer = read_answer(surface, asked, self._verify_config.pattern)
            if kept is None or not answer.findings.nothing:
                self._answers[asked.number] = answer
                self._offer(answer)

    def _offer(self, answer: Answer) -> None:
        asked, found = answer.asked, answer.findings
        target = f"#{asked.links.verifies}"
        if found.nothing:
            why = found.doubt or tr("its last message names no score and no verdict")
            text = tr(
                "{label} on {name} has finished: {why}. v on {target} takes what you type.",
                label=asked.label,
                name=answer.name,
                why=why,
                target=target,
            )
        else:
            text = tr(
                "{label} on {name} has finished: {words} for {target}. v on {target} records it.",
                label=asked.label,
                name=answer.name,
                words=found.words,
                target=target,
            )
        self.notify(text, title=tr("Verification"), markup=False, timeout=20)

    async def _record_check(
        self, dispatch: Dispatch, answer: Answer | None = None, write: Callable[..., Awaitable[Written]] | None = None
    ) -> None:
        """Show what is known, let the operator complete it, and record it on their word."""
        from console.screens.verdict import VerdictScreen

        if self.opened is None:
            return
        engine = self.opened.engine
        if write is None:
            seen = (await engine.dispatches.record(dispatch.number)).revision
            write = partial(engine.record_verdict, based_on=seen)
        names = fleet_names(self.snapshot, engine.dispatches.names)
        check = await self.push_screen_wait(VerdictScreen(dispatch, lambda by: may_verify(dispatch, by, names), answer))
        if check is not None:
            made = Verification(check.verdict, check.self_score, check.cross_score, check.by, check.note, time.time())
            self._told(await write(dispatch, made, asked=self._closed_by(dispatch, check.by, answer)))

    def _closed_by(self, dispatch: Dispatch, by: str, answer: Answer | None) -> Dispatch | None:
        """The verification that is done with a verdict by *by*."""
        asked = answer.asked if answer is not None else under_way(self.snapshot.log.asked, dispatch.number)
        if asked is None:
            return None
        surface = surface_of(self.snapshot, asked)
        theirs = identity(asked.surface) == identity(by) or (surface is not None and surface.answers_to(by))
        return asked if theirs else None

    def _told(self, written: Written) -> None:
        text = f"{written.text}; {written.warning}" if written.warning else written.text
        severity: SeverityLevel = "information" if written.done and not written.warning else "warning"
        self.notify(text, severity=severity, markup=False, timeout=4 if written.done else 20)

    def _warn(self, text: str) -> None:
        self.notify(text, severity="warning", markup=False, timeout=8)


def _record(raw: str) -> dict[str, object]:
    """The record as the file has it; empty when it could not be read."""
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
