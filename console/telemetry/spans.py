"""Exports spans with OpenTelemetry's SDK, from one daemon thread, so that nothing of it is ever waited for.

The SDK (1.45) by itself: ``force_flush`` says True when every export failed and takes longer than it is given,
``shutdown`` with a dead collector takes 15 s, failures are written to stderr, which is the screen. So only its data
model and its exporter are used here; queue, thread, end and counting are our own, and its log stays with us.
"""

from __future__ import annotations

import logging
import threading
import time
import uuid
import warnings
from collections import deque
from typing import TYPE_CHECKING, Any, Final

from console import __version__
from console.i18n import mark, tr
from console.safety import safe_text
from console.telemetry.trace import RANDOM, SAMPLED, Span, TraceParent

if TYPE_CHECKING:
    from collections.abc import Callable

LIMIT: Final = 256
"""Spans that may wait; more are dropped and counted."""
BATCH: Final = 64
LOGGERS: Final = ("opentelemetry", "urllib3", "requests")
"""Who of the SDK's parts writes a log."""
MISSING: Final = mark("spans are switched on, but OpenTelemetry is not installed; install the extra: oc-console[otel]")

_INSTANCE: Final = str(uuid.uuid4())
"""Of this run of the console."""


class Exporter:
    """Sends spans to *url*, with *timeout* seconds for each export. Starts its thread with the first span."""

    def __init__(self, url: str, timeout: float, shown: str = "") -> None:
        """*shown* is the address as people may see it."""
        self.problem = ""
        """Why the last spans did not arrive."""
        self.delivered = self.failed = self.dropped = 0
        self._url, self._timeout, self._shown = url, timeout, shown or url
        self._waiting: deque[Span] = deque()
        self._news = threading.Condition()
        self._closed = False
        self._thread: threading.Thread | None = None
        self._leave: Callable[[], None] = lambda: None
        """Ends the retries of the export that is going on; does not wait for it."""

    def put(self, span: Span) -> None:
        """Queue one span. Never blocks: the lock is held for a moment only, never while something is exported."""
        with self._news:
            if self._closed or len(self._waiting) >= LIMIT:
                self.dropped += 1
                return
            self._waiting.append(span)
            self._news.notify_all()
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="oc-spans", daemon=True)
                try:
                    self._thread.start()
                except RuntimeError as error:  # no more threads on this machine
                    self._thread = None
                    self.problem = tr("spans cannot be exported: {error}", error=safe_text(str(error), limit=100))

    def close(self, wait: float) -> bool:
        """Take no more spans, wait at most *wait* seconds; whether everything had been tried by then."""
        with self._news:
            self._closed = True
            self._news.notify_all()
        if self._thread is None:
            return True
        self._thread.join(wait)
        if not self._thread.is_alive():
            return True
        with self._news:
            self.failed += len(self._waiting)
            self._waiting.clear()
        self._leave()
        return False

    def _work(self) -> None:
        try:
            export, self._leave = _connect(self._url, self._timeout, self._told)
        except ImportError:
            export, self.problem = None, tr(MISSING)
        except Exception as error:  # a variable of the environment the SDK does not like, a certificate
            export, self.problem = None, tr("spans cannot be exported: {error}", error=safe_text(str(error), limit=200))
        while True:
            with self._news:
                while not self._waiting and not self._closed:
                    self._news.wait()
                batch = [self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))]
            if not batch:
                return
            arrived = export is not None and export(batch)
            with self._news:
                if arrived:
                    self.delivered += len(batch)
                    self.problem = ""
                else:
                    self.failed += len(batch)

    def _told(self, text: str) -> None:
        self.problem = tr(
            "spans do not arrive at {shown}: {text}",
            shown=safe_text(self._shown, limit=100),
            text=safe_text(text, limit=200),
        )


class _Ears(logging.Handler):
    """Keeps what the SDK has to say, instead of the screen."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        super().__init__(logging.WARNING)
        self.tell = tell

    def emit(self, record: logging.LogRecord) -> None:
        """Hand on one message; a message that cannot be put together is told by its template."""
        try:
            self.tell(record.getMessage())
        except (TypeError, ValueError):
            self.tell(str(record.msg))


def _quiet(tell: Callable[[str], None]) -> None:
    """From now on the SDK's log goes to *tell* and nowhere else; also after the end, when a thread is still at it."""
    for name in LOGGERS:
        logger = logging.getLogger(name)
        logger.propagate = False
        logger.handlers = [_Ears(tell)]
    for name in LOGGERS:
        warnings.filterwarnings("ignore", module=rf"{name}(\.|$)")


def _connect(
    url: str, timeout: float, tell: Callable[[str], None]
) -> tuple[Callable[[list[Span]], bool], Callable[[], None]]:
    """Load the SDK (about 0.1 s, therefore here); return what exports spans, and what ends it. Raises ImportError."""
    _quiet(tell)
    import requests
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace.export import SpanExportResult

    session = requests.Session()
    session.trust_env = False  # no proxy for a collector, no password from .netrc
    session.max_redirects = 0
    exporter = OTLPSpanExporter(endpoint=url, timeout=timeout, session=session)
    resource = Resource(
        {"service.name": "oc-console", "service.version": __version__, "service.instance.id": _INSTANCE}
    )

    def export(spans: list[Span]) -> bool:
        try:
            return exporter.export([_readable(span, resource) for span in spans]) is SpanExportResult.SUCCESS
        except Exception as error:
            tell(f"{type(error).__name__}: {error}")
            return False

    end: Callable[[], None] = exporter.shutdown

    def leave() -> None:
        try:
            end()
        except Exception as error:
            tell(f"{type(error).__name__}: {error}")

    return export, leave


def _readable(span: Span, resource: Any) -> Any:
    """The span as the SDK has it."""
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.sdk.util.instrumentation import InstrumentationScope
    from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, TraceFlags

    def context(of: TraceParent) -> SpanContext:
        flags = TraceFlags(of.flags & (SAMPLED | RANDOM))
        return SpanContext(int(of.trace_id, 16), int(of.span_id, 16), of is span.parent, flags)

    code = {"submitted": StatusCode.OK, "queued": StatusCode.OK, "pass": StatusCode.OK, "failed": StatusCode.ERROR}
    return ReadableSpan(
        name=span.name,
        context=context(span.context),
        parent=context(span.parent) if span.parent is not None else None,
        resource=resource,
        attributes=dict(span.about.attributes()),
        links=[Link(context(link)) for link in span.links],
        kind=SpanKind.INTERNAL,
        instrumentation_scope=InstrumentationScope("oc-console", __version__),
        status=Status(code.get(span.about.outcome, StatusCode.UNSET)),
        start_time=_nanoseconds(span.start),
        end_time=_nanoseconds(span.end),
    )


def _nanoseconds(seconds: float) -> int:
    """Epoch nanoseconds; now, where a clock gave no usable time."""
    return int(seconds * 1e9) if 0 <= seconds < 4e9 else time.time_ns()
