"""W3C trace context, and the console's own spans: ``dispatch``, ``dispatch.send``, ``dispatch.verify``.

Every dispatch carries a ``traceparent`` (W3C Trace Context, https://www.w3.org/TR/trace-context/). Spans go out over
OTLP/HTTP only where the configuration names a collector and the extra ``otel`` is installed. They say that something
was sent, to whom and with what outcome, never what: there is no field for a text.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal
from urllib.parse import urlsplit

from console.i18n import tr
from console.safety import redact, safe_text

if TYPE_CHECKING:
    from console.telemetry.spans import Exporter

SAMPLED: Final = 0x01
RANDOM: Final = 0x02
"""The trace id is random (level 2 of the specification); SDKs of OpenTelemetry send it by now."""
PATH: Final = "/v1/traces"
WORD_LIMIT: Final = 80

_TRACEPARENT: Final = re.compile(
    r"(?P<version>[0-9a-f]{2})-(?P<trace>[0-9a-f]{32})-(?P<span>[0-9a-f]{16})-(?P<flags>[0-9a-f]{2})(?P<more>-.*)?"
)

SpanName = Literal["dispatch", "dispatch.send", "dispatch.verify"]


@dataclass(frozen=True, slots=True)
class TraceParent:
    """The ids of one span and its trace, in lower case hexadecimal."""

    trace_id: str
    """32 digits, not all zero."""
    span_id: str
    """16 digits, not all zero."""
    flags: int = SAMPLED | RANDOM

    def __str__(self) -> str:
        return f"00-{self.trace_id}-{self.span_id}-{self.flags:02x}"

    @property
    def sampled(self) -> bool:
        """Whether its spans are to be kept."""
        return bool(self.flags & SAMPLED)


def parse(text: str) -> TraceParent | None:
    """Read a ``traceparent``; None when it is not valid. Of later versions what version 00 knows is read."""
    found = _TRACEPARENT.fullmatch(text.strip())
    if found is None or found["version"] == "ff" or (found["version"] == "00" and found["more"]):
        return None
    if not found["trace"].strip("0") or not found["span"].strip("0"):
        return None
    return TraceParent(found["trace"], found["span"], int(found["flags"], 16))


def make(random: Callable[[int], str] = secrets.token_hex, flags: int = SAMPLED | RANDOM) -> TraceParent:
    """A trace context of its own. *random* gives so many bytes as hexadecimal digits."""
    return TraceParent(_nonzero(random, 16), _nonzero(random, 8), flags & 0xFF)


def child(parent: TraceParent, random: Callable[[int], str] = secrets.token_hex) -> TraceParent:
    """A new span in the same trace."""
    return TraceParent(parent.trace_id, _nonzero(random, 8), parent.flags)


def _nonzero(random: Callable[[int], str], size: int) -> str:
    return next(text for text in iter(lambda: random(size), "") if text.strip("0"))


@dataclass(frozen=True, slots=True)
class About:
    """What a span may say."""

    dispatch: str = ""
    """Idempotency key or ``#54``."""
    surface: str = ""
    """Ref of the target."""
    agent: str = ""
    outcome: str = ""
    """`console.actions.send.Outcome`, or the verdict of a verification."""
    enters: int | None = None
    """How often Enter was pressed."""
    characters: int | None = None
    """Length of the text."""

    def attributes(self) -> Mapping[str, str | int]:
        """By the names of OpenTelemetry's conventions for generative AI (unstable yet) and our own."""
        found = {
            "dispatch.id": self.dispatch,
            "dispatch.surface": self.surface,
            "dispatch.outcome": self.outcome,
            "gen_ai.operation.name": "invoke_agent",
            "gen_ai.agent.name": self.agent,
            "gen_ai.provider.name": _PROVIDERS.get(self.agent, ""),
        }
        words = {name: redact(safe_text(held, limit=WORD_LIMIT)) for name, held in found.items() if held}
        numbers = {"dispatch.enters": self.enters, "dispatch.characters": self.characters}
        return {**words, **{name: held for name, held in numbers.items() if held is not None}}


_PROVIDERS: Final = {"claude": "anthropic", "codex": "openai", "gemini": "gcp.gemini"}


@dataclass(frozen=True, slots=True)
class Span:
    """One span that has ended."""

    name: SpanName
    context: TraceParent
    parent: TraceParent | None
    start: float
    """Epoch seconds."""
    end: float
    about: About
    links: tuple[TraceParent, ...] = ()


class Tracer:
    """Hands spans to a thread that exports them. Without a *url* it does nothing and loads nothing.

    No method blocks (but `close`, for a bounded time), prints or raises. *url* is the base of an OTLP/HTTP receiver
    (``http://127.0.0.1:4318``) or the whole address of its traces. *timeout* is for one export, in seconds.
    """

    def __init__(self, url: str = "", *, timeout: float = 2.0) -> None:
        self.url, self._problem = _endpoint(url)
        self._timeout = timeout
        self._exporter: Exporter | None = None

    @property
    def enabled(self) -> bool:
        """Whether spans go out, as far as the configuration is concerned."""
        return bool(self.url)

    @property
    def started(self) -> bool:
        """Whether a span was ever handed over."""
        return self._exporter is not None

    @property
    def shown(self) -> str:
        """The address for people: without a password that may stand in it."""
        parts = urlsplit(self.url)
        return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()

    @property
    def problem(self) -> str:
        """Why spans do not arrive, one line; empty when they do or none was sent."""
        return self._problem or (self._exporter.problem if self._exporter is not None else "")

    @property
    def counts(self) -> tuple[int, int, int]:
        """Spans the collector took, spans that were lost on the way, spans dropped because too many waited."""
        exporter = self._exporter
        return (exporter.delivered, exporter.failed, exporter.dropped) if exporter is not None else (0, 0, 0)

    def span(
        self, name: SpanName, traceparent: str, start: float, end: float, about: About, *, links: Iterable[str] = ()
    ) -> None:
        """Export a span (epoch seconds) of the dispatch with this *traceparent*.

        ``dispatch`` is the span the traceparent names, the others are its children. An empty *traceparent* is that of a
        dispatch without one: then the span begins a trace of its own. *links* are traceparents of other dispatches. One
        that is not valid, or not sampled, is not exported.
        """
        if not self.url:
            return
        context = parse(traceparent) if traceparent else make()
        if context is None or not context.sampled:
            return
        found = tuple(link for link in map(parse, links) if link is not None)
        parent = None if name == "dispatch" or not traceparent else context
        if self._exporter is None:
            from console.telemetry.spans import Exporter

            self._exporter = Exporter(self.url, self._timeout, self.shown)
        own = context if parent is None else child(context)
        self._exporter.put(Span(name, own, parent, start, max(start, end), about, found))

    def close(self, wait: float = 1.5) -> bool:
        """Export no more. Blocks at most *wait* seconds for what is on its way; False when something was left."""
        return self._exporter is None or self._exporter.close(wait)


def _endpoint(url: str) -> tuple[str, str]:
    """The address of the traces, and what is wrong with *url*."""
    if not url.strip():
        return "", ""
    told = safe_text(url, limit=200)
    try:
        parts = urlsplit(url.strip())
        fine = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        fine = False
    if not fine:
        return "", tr("{told}: is no address of a collector; write for example http://127.0.0.1:4318", told=told)
    path = parts.path if parts.path.strip("/") else PATH
    return parts._replace(path=path, fragment="").geturl(), ""
