"""Sending, as the app carries it out: the composer, the engine, and what came of it before the operator's eyes."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from textual import work
from textual.app import App, SuspendNotSupported
from textual.notifications import SeverityLevel

from console.config import Config
from console.host import in_thread
from console.i18n import mark, tr
from console.model.dispatch import Dispatch
from console.model.outcome import Ended, outcome_word
from console.model.parcel import Fate, Parcel
from console.model.snapshot import Snapshot
from console.model.surface import Surface
from console.model.template import Template
from console.opening import Opened
from console.safety import safe_text
from console.screens.main import MainScreen

if TYPE_CHECKING:
    from console.screens.desk import Desk
    from console.screens.send_progress import Errand, Run

NOTICE: Final = 8.0
"""Seconds a good outcome is shown."""
WARNING: Final = 120.0
"""Seconds a notice of an outcome that somebody has to look at is shown, when its dialog is closed."""


class Sends(App[None]):
    """A part of `console.app.ConsoleApp`: everything goes through the engine."""

    config: Config
    snapshot: Snapshot
    opened: Opened | None
    main: MainScreen
    away: bool
    """Whether another program has the terminal."""
    _handoff = ""
    """The newest hand-off file, as last looked for."""

    async def action_send(self) -> None:
        """Ask for a text, type it, say what was seen.

        Not in a worker: the composer stands there before the next key is looked at. Whoever types on at once may begin
        with a y, which would answer the open dialog of the pane behind it.
        """
        about = self.main.addressed
        surface = self._author(about) if about is not None else self.main.selected_surface()
        if self.opened is None or surface is None:
            told = tr("There is no surface to send to.")
            if about is not None:
                told = tr("{label}: no surface {surface} here", label=about.label, surface=about.surface or "?")
            self.notify(told, severity="warning", markup=False)
            return
        await self.compose_and_send(surface, about)

    async def compose_and_send(
        self, surface: Surface, about: Dispatch | None = None, text: str = "", fields: Mapping[str, Any] | None = None
    ) -> None:
        """The composer for *surface*, then what comes of it. *text* stands there from the start.

        With *fields* they go into the record, and the text is for this one surface.
        """
        from console.screens.send import SendScreen

        if self.opened is not None:
            if self.config.handoff and self.config.templates:
                self._look_for_handoff()
            screen = SendScreen(self._desk(self.opened), [surface.key], about, text=text, fields=fields)
            await self.push_screen(screen, self._send_out)

    async def _send_out(self, parcels: Sequence[Parcel] | None) -> None:
        """Carry it out before the operator's eyes."""
        from console.screens.send_progress import ProgressScreen, Run

        if parcels:
            run = Run(parcels)
            self._carry_out(run)
            await self.push_screen(ProgressScreen(run))

    def _author(self, dispatch: Dispatch) -> Surface | None:
        fleet = self.snapshot.fleet()
        return next((surface for surface in fleet if surface.answers_to(dispatch.surface)), None)

    def _desk(self, opened: Opened) -> Desk:
        from console.screens.desk import Desk

        engine = opened.engine
        sending = engine.sending
        return Desk(
            snapshot=lambda: self.snapshot,
            judge=(lambda key, composed: sending.judge(self.snapshot, key, composed)) if sending is not None else None,
            preview=(lambda composed: sending.preview(engine.mux, composed)) if sending is not None else None,
            edit=self._edit,
            memory=engine.drafts,
            templates=tuple(Template(t.name, t.text, t.role, t.verifier) for t in self.config.templates),
            handoff=lambda: self._handoff,
            today=lambda: time.strftime("%Y-%m-%d"),
            queues=engine.queue is not None and not engine.config.read_only,
            read_only=engine.config.read_only,
        )

    @work(exit_on_error=False, exclusive=True, group="handoff", name=mark("hand-off"))
    async def _look_for_handoff(self) -> None:
        """Find the last hand-off file for templates; a slow disk holds nothing up."""
        from console.handoff_places import written

        if self.opened is not None:
            engine = self.opened.engine
            found = await in_thread(lambda: written(engine.config.handoff.path, engine.state))
            self._handoff = str(found) if found is not None else ""

    # -- what was composed goes out --------------------------------------------------------------------------------

    @work(exit_on_error=False, name=mark("sending"), group="sending")
    async def _carry_out(self, run: Run) -> None:
        """Every parcel at once: no two are for the same surface."""
        opened = self.opened
        if opened is None:
            return
        delivering = (self._deliver(opened, errand) for errand in run.errands)
        told, *_ = await asyncio.gather(self._keep(opened, run), *delivering)
        if not told and not run.well:
            told = await self._keep(opened, run, as_draft=True)
        if told:
            self.notify(told, severity="warning", markup=False, timeout=WARNING)
        if run.well or not run.watched:
            self._tell_run(run)

    @staticmethod
    async def _keep(opened: Opened, run: Run, *, as_draft: bool = False) -> str:
        """Keep the text for the composer, as sent or, where it did not get through, as a draft; what went wrong."""
        drafts, first = opened.engine.drafts, run.errands[0].parcel
        if drafts is None:
            return ""
        keep = drafts.left if as_draft else drafts.sent
        return await keep(first.composed.text, first.name, time.time())

    async def _deliver(self, opened: Opened, errand: Errand) -> None:
        parcel = errand.parcel
        try:
            errand.end(await self._outcome(opened, errand))
        except Exception as error:  # whatever broke: the others go on, and somebody looks at this one
            told = tr("an error in the console: {name}: {error}", name=type(error).__name__, error=error)
            errand.end(Ended("failed", f"{parcel.name}: {safe_text(told, limit=200)}", "unknown"))

    async def _outcome(self, opened: Opened, errand: Errand) -> Ended:
        parcel = errand.parcel
        if parcel.fate is Fate.REFUSE:
            return Ended("refused", tr("{why}; nothing was typed", why=parcel.why))
        if parcel.fate is Fate.QUEUE:
            written = await opened.engine.enqueue(parcel.key, parcel.composed)
            text = f"{written.text}; {written.warning}" if written.warning else written.text
            return Ended("waits" if written.done else "refused", text)
        return await opened.engine.send_watched(parcel.key, parcel.composed, errand.step, errand.stop)

    def _tell_run(self, run: Run) -> None:
        """One notice for each that went well, together where there are several; one for each that did not."""
        for errand in run.errands:
            ended = errand.ended
            if ended is not None:
                severity: SeverityLevel = "information" if ended.well else "warning"
                text = f"{errand.parcel.name}: {outcome_word(ended.outcome)}. {ended.evidence}"
                self.notify(text, severity=severity, markup=False, timeout=NOTICE if ended.well else WARNING)

    # -- the operator's editor -------------------------------------------------------------------------------------

    async def _edit(self, text: str) -> str | None:
        """*text* from the operator's editor; None when that failed, which was told."""
        from console.editor import EditError, edit, editor

        drafts = self.opened.engine.drafts if self.opened is not None else None
        edited, problem = None, ""
        try:
            editor(os.environ)  # before the screen is given back
            self.away = True
            # Nothing is drawn while another program has the screen; the engine goes on.
            with self.batch_update(), self.suspend():
                try:
                    edited = await edit(text, drafts.folder if drafts is not None else None, os.environ)
                except EditError as error:  # inside: Textual takes the screen back only after an orderly end
                    problem = str(error)
        except EditError as error:
            problem = str(error)
        except SuspendNotSupported:
            problem = tr("this terminal cannot be given to an editor")
        finally:
            self.away = False
        if problem:
            self.notify(problem, title=tr("Editor"), severity="warning", markup=False, timeout=10)
        return edited
