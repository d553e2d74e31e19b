"""Spans of the console's own acts: who makes the tracer, what it is told, and its end.

A part of the engine. Without ``trace.otlp`` in the configuration nothing is loaded and nothing is told.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from console.host import in_thread
from console.i18n import tr
from console.telemetry.trace import About, Tracer

if TYPE_CHECKING:
    from console.config_sections import TraceSection
    from console.tracker.dispatch_log import DispatchLog
    from console.tracker.operations import RecordVerification

LEAVE: Final = 1.5
"""Most seconds the end of the console waits for spans that are on their way."""


class Tracing:
    """The tracer of one configuration; *log* tells of the verifications that are recorded."""

    def __init__(self, section: TraceSection, log: DispatchLog) -> None:
        self.tracer = Tracer(section.otlp, timeout=section.timeout)
        self._log = log
        self._closed = False
        if self.tracer.enabled:
            log.on_verified = self._verified

    @property
    def told(self) -> str:
        """For people: where spans go and how many arrived, or why not; empty when they are off."""
        if self.tracer.problem or not self.tracer.enabled:
            return self.tracer.problem
        delivered, failed, dropped = self.tracer.counts
        shown, lost = self.tracer.shown, failed + dropped
        if lost:
            return tr("{shown}, {delivered} delivered, {lost} lost", shown=shown, delivered=delivered, lost=lost)
        return tr("{shown}, {delivered} delivered", shown=shown, delivered=delivered)

    async def close(self) -> None:
        """Take no more spans; wait a moment for those on their way. Idempotent."""
        if not self._closed:
            self._closed = True
            if self.tracer.started:  # a thread that would only look at nothing is not begun
                await in_thread(lambda: self.tracer.close(LEAVE))

    async def _verified(self, check: RecordVerification, began: float) -> None:
        """The span ``dispatch.verify``: in the trace of the dispatch that was verified, and linked to it."""
        context = await self._log.text_of(check.number, "traceparent")
        about = About(f"#{check.number}", surface=check.by, outcome=check.verdict or "")
        links = (context,) if context else ()
        self.tracer.span("dispatch.verify", context, began, time.time(), about, links=links)
