"""One dispatch in the right order: recorded as ``sending``, then typed, then recorded with what came of it.

A dispatch without a record does not exist. So the record, with an idempotency key and a W3C ``traceparent``, is on the
disk before the first byte goes out; what happens after a crash is then told by the record and by `sends`.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from console.actions.claim import claimed
from console.actions.send import Judge, Order, SendResult, submit
from console.actions.sends import InFlight, SendJournal, kept
from console.host import in_thread
from console.i18n import tr
from console.model.dispatch import Dispatch, DispatchStatus
from console.model.naming import identity
from console.model.outcome import Step, Written
from console.model.reading import LogRead
from console.model.similar import groups
from console.model.surface import Surface
from console.mux.base import Multiplexer
from console.safety import redact, safe_text
from console.telemetry.trace import SAMPLED, About, SpanName, Tracer, make
from console.tracker.dispatch_log import DispatchLog

STATUSES: Final = {
    "submitted": DispatchStatus.SENT,
    "queued": DispatchStatus.SENT,
    "typed_not_submitted": DispatchStatus.WAITING,
    "unconfirmed": DispatchStatus.WAITING,
    "failed": DispatchStatus.WAITING,
    "refused": DispatchStatus.CANCELLED,
}
"""From an outcome to the status of the record; where a person has to look, it waits."""
MOMENT: Final = 20.0
"""Seconds for which a send of another console may be younger than what this one has judged."""
TASK_LIMIT: Final = 2000
"""Characters of a task that the log gets."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be sent to whom."""

    surface: Surface
    text: str
    """Exactly what is typed, attached context and all."""
    task: str = ""
    """What the log says; empty: the text."""
    order: Order = field(default_factory=Order)
    known: frozenset[int] = frozenset()
    """Numbers of the dispatches the guard has judged. A newer one with the same task came from another console."""
    overrides: tuple[str, ...] = ()
    """Rules of the guard the operator has set aside; with ``record`` among them it is sent without a record."""
    fields: Mapping[str, Any] = field(default_factory=dict)
    """More for the record: role, verifier, the dispatch that is verified."""
    fellows: frozenset[str] = frozenset()
    """Surfaces (`identity`) that get the same task at the same moment on purpose: their records are no rivals."""


@dataclass(frozen=True, slots=True)
class Dispatched:
    """What came of one dispatch."""

    result: SendResult
    key: str
    """Its idempotency key; empty when nothing was begun."""
    traceparent: str = ""
    number: int | None = None
    """Its record; None when there is no log."""
    warning: str = ""
    """What the operator should know besides: the outcome could not be recorded."""


def new_traceparent() -> str:
    """Return a fresh W3C trace context, sampled: ``00-<trace id>-<span id>-01``."""
    return str(make(flags=SAMPLED))


class Dispatcher:
    """Sends and records. *folder* keeps the journal of sends; *log* is the dispatch log, None where there is none.

    *tracer* gets the spans ``dispatch`` (from the first line of the journal to the recorded outcome) and, within it,
    ``dispatch.send`` (from the first look at the screen to what was seen).
    """

    def __init__(
        self,
        folder: Path,
        log: DispatchLog | None,
        *,
        clock: Callable[[], float] = time.time,
        tracer: Tracer | None = None,
    ) -> None:
        self.journal = SendJournal(folder)
        self._tracer = tracer
        self._log = log if log is not None and log.path is not None else None
        self._clock = clock
        self._since = clock()

    async def dispatch(self, mux: Multiplexer, request: Request, judge: Judge) -> Dispatched:
        """Carry out *request*. Raises CancelledError only; then the record says that it was cut off."""
        key, traceparent, began = secrets.token_hex(16), new_traceparent(), self._clock()
        ref = request.surface.info.ref
        try:
            with claimed(self.journal.path.parent, request.surface.info) as free:
                if not free:
                    why = tr("another console is sending to it just now; try again when that is done")
                    return Dispatched(_refused(ref, why), "")
                done = await self._dispatch(mux, request, judge, key, traceparent)
        except OSError as error:
            return Dispatched(_refused(ref, tr("the lock of its sends cannot be taken: {error}", error=error)), "")
        except asyncio.CancelledError:
            self._span("dispatch", request, traceparent, began, About(key, outcome="unconfirmed"))
            raise
        if done.key:
            number = f"#{done.number}" if done.number is not None else key
            about = About(number, outcome=done.result.outcome, enters=done.result.enters)
            self._span("dispatch", request, traceparent, began, about)
        return done

    def _span(self, name: SpanName, request: Request, traceparent: str, began: float, about: About) -> None:
        if self._tracer is not None:
            info, agent = request.surface.info, request.surface.agent
            about = replace(about, surface=info.ref, agent=agent, characters=len(request.text))
            self._tracer.span(name, traceparent, began, self._clock(), about)

    async def _typed(
        self, mux: Multiplexer, request: Request, judge: Judge, traceparent: str, dispatch: str
    ) -> SendResult:
        """The procedure itself, with its span."""
        address = request.surface.info.key if "uuid" in mux.capabilities else request.surface.info.ref
        about, began = About(dispatch, outcome="unconfirmed"), self._clock()
        try:
            result = await submit(mux, address, request.text, judge, request.order)
            about = replace(about, outcome=result.outcome, enters=result.enters)
            return result
        finally:
            self._span("dispatch.send", request, traceparent, began, about)

    async def _dispatch(
        self, mux: Multiplexer, request: Request, judge: Judge, key: str, traceparent: str
    ) -> Dispatched:
        ref, now = request.surface.info.ref, self._clock()
        try:
            await in_thread(lambda: self.journal.begin(key, now, request.surface, request.text, traceparent))
        except OSError as error:
            return Dispatched(_refused(ref, tr("the journal of sends cannot be written: {error}", error=error)), "")
        recording = asyncio.ensure_future(self._record(request, key, traceparent, now))
        typing = False
        try:
            made = await asyncio.shield(recording)  # it runs to its end in a thread, whoever waits for it
            if made is not None and not made.done and "record" not in request.overrides:
                return await self._closed(
                    _refused(ref, tr("it could not be recorded: {text}", text=made.text)), key, traceparent
                )
            number = made.number if made is not None and made.done else None
            rival = await self._rival(request, key, number)
            if rival:
                return await self._closed(_refused(ref, rival), key, traceparent, number)
            await in_thread(lambda: self.journal.recorded(key, number))
            if request.order.progress is not None:
                request.order.progress(
                    Step("record", f"#{number}" if number is not None else tr("there is no log"), 0.0)
                )
            typing = True
            label = f"#{number}" if number is not None else key
            result = await self._typed(mux, request, judge, traceparent, label)
        except OSError as error:
            number = await _number_of(recording)
            return await self._closed(
                _refused(ref, tr("the journal of sends: {error}", error=error)), key, traceparent, number
            )
        except asyncio.CancelledError:
            cut = _refused(ref, tr("cancelled"))
            if typing:
                cut = SendResult(
                    "unconfirmed", tr("{ref}: cut off while it was sent; look at the surface", ref=ref), "unknown"
                )
            await asyncio.shield(asyncio.ensure_future(self._cut(cut, key, traceparent, recording)))
            raise
        return await self._closed(result, key, traceparent, number)

    async def _cut(
        self, result: SendResult, key: str, traceparent: str, recording: asyncio.Future[Written | None]
    ) -> None:
        await self._closed(result, key, traceparent, await _number_of(recording))

    def in_flight(self) -> tuple[InFlight, ...]:
        """Sends of earlier runs that were cut off: to be shown at the start. Nothing is sent again by itself."""
        return self.journal.in_flight(self._clock())

    def cut_off(self) -> tuple[InFlight, ...]:
        """The same, each with the number of its record also where the crash came before that was noted. Blocks."""
        found, path = self.in_flight(), self._log.path if self._log is not None else None
        if path is None or self._log is None or all(each.number is not None for each in found):
            return found
        from console.tracker.lookup import number_with

        mapping = self._log.mapping

        def numbered(each: InFlight) -> InFlight:
            if each.number is not None:
                return each
            return replace(each, number=number_with(path, "dispatch_key", each.key, mapping))

        return tuple(map(numbered, found))

    async def settle(self, found: InFlight, status: DispatchStatus, evidence: str) -> str:
        """Close a send that was cut off as the operator decided; return why it stays open, or an empty string."""
        if found.number is not None:
            warning = await self._mark(found.number, status, "settled", evidence)
            if warning:
                return warning
        try:
            await in_thread(lambda: self.journal.end(found.key, f"settled {status}", evidence))
        except OSError as error:
            return tr("the journal of sends cannot be written: {error}", error=error)
        return ""

    async def _record(self, request: Request, key: str, traceparent: str, now: float) -> Written | None:
        """Append the record; None without a log."""
        log = self._log
        if log is None or log.path is None:
            return None
        from console.tracker.errors import LogError
        from console.tracker.json_write import JsonLog
        from console.tracker.operations import Append

        info = request.surface.info
        fields = {
            "surface": info.ref,
            "task": redact(safe_text(request.task or request.text, multiline=True))[:TASK_LIMIT],
            "status": DispatchStatus.SENDING,
            "dispatched_at": now,
            **request.fields,
            "dispatch_key": key,
            "traceparent": traceparent,
        }
        if info.uuid:
            fields["surface_uuid"] = info.uuid
        if request.overrides:
            fields["overrides"] = list(request.overrides)
        if log.by_command:
            return await log.write(Append(fields))
        file = JsonLog(log.path, mapping=log.mapping)
        try:
            applied = await in_thread(lambda: file.apply(Append(fields), idempotency_key=key))
        except LogError as error:
            return Written(False, str(error))
        return Written(True, f"#{applied.number}", applied.number, applied.warning)

    async def _rival(self, request: Request, key: str, number: int | None) -> str:
        """Why another console goes before; empty when none does. The lower number wins, so exactly one goes on."""
        just_now = await in_thread(lambda: self._just_now(request, key))
        if just_now:
            return just_now
        path = self._log.path if self._log is not None else None
        if number is None or path is None or self._log is None:
            return ""
        mapping = self._log.mapping

        def look() -> tuple[Dispatch, ...]:
            from console.tracker.json_file import look
            from console.tracker.stream import LogParser

            seen = look(path, None, self._clock(), LogParser(mapping))
            return seen.reading.dispatches if seen is not None and isinstance(seen.reading, LogRead) else ()

        task = request.task or request.text
        for each in await in_thread(look):
            if each.number is None or each.number >= number or each.number in request.known or not each.is_open:
                continue
            here = request.surface.answers_to(each.surface)
            if not here and identity(each.surface) in request.fellows:
                continue
            if groups(((0, task), (1, each.task))) or (here and each.status is DispatchStatus.SENDING):
                return tr(
                    "{label} was given to {surface} at the same moment",
                    label=each.label,
                    surface=safe_text(each.surface),
                )
        return ""

    def _just_now(self, request: Request, key: str) -> str:
        """Why a send of another console is in the way, whatever log that one writes to; empty when none is."""
        now = self._clock()
        for each in self.journal.before(key, max(self._since, now - MOMENT)):
            here = each.fact.went_to(request.surface)
            if ("duplicate" if here else "elsewhere") in request.overrides:
                continue
            if not here and identity(each.surface) in request.fellows:
                continue
            if groups(((0, kept(request.text)), (1, each.text))):
                age = max(0.0, now - each.at)
                if here:
                    return tr("another console gave the same task to it {age:.0f} s ago", age=age)
                name = safe_text(each.name or each.surface)
                return tr("another console gave the same task to {name} {age:.0f} s ago", name=name, age=age)
        return ""

    async def _closed(self, result: SendResult, key: str, traceparent: str, number: int | None = None) -> Dispatched:
        """Record the outcome: in the log first, then in the journal."""
        warning = ""
        if number is not None:
            warning = await self._mark(number, STATUSES[result.outcome], result.outcome, result.evidence)
        try:
            await in_thread(lambda: self.journal.end(key, result.outcome, result.evidence))
        except OSError as error:
            warning = warning or tr("the outcome could not be written into the journal of sends: {error}", error=error)
        return Dispatched(result, key, traceparent, number, warning)

    async def _mark(self, number: int, status: DispatchStatus, outcome: str, evidence: str) -> str:
        """Write the outcome into the record; return why that failed."""
        from console.tracker.operations import Patch, SetStatus

        assert self._log is not None
        if self._log.by_command:
            written = await self._log.write(SetStatus(number, status))
        else:
            told = redact(safe_text(evidence, limit=300))
            fields = {"status": status, "send_outcome": outcome, "send_evidence": told}
            written = await self._log.write(Patch(number, fields))
        if written.done:
            return ""
        return tr(
            "#{number}: the outcome “{outcome}” could not be recorded: {text}",
            number=number,
            outcome=tr(outcome),
            text=written.text,
        )


def same_surface(found: InFlight, surface: Surface) -> bool:
    """Whether a send that was cut off went to *surface*; see `CutOff.went_to`."""
    return found.fact.went_to(surface)


async def _number_of(recording: asyncio.Future[Written | None]) -> int | None:
    made = await recording
    return made.number if made is not None and made.done else None


def _refused(ref: str, why: str) -> SendResult:
    return SendResult("refused", tr("{ref}: {why}; nothing was typed", ref=ref, why=safe_text(why)))
