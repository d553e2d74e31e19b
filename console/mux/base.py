"""The one protocol behind which every terminal multiplexer stands."""

from __future__ import annotations

from collections.abc import AsyncIterator, Set
from dataclasses import dataclass
from typing import Final, Protocol

from console.i18n import mark, tr
from console.model.reading import MuxReading
from console.model.surface import Screen


class MuxError(Exception):
    """A multiplexer could not do what was asked; the text says what happened, where, and what to do."""

    untouched: bool = False
    """Nothing has reached the terminal, for sure."""


class NotTyped(MuxError):
    """What was to be typed has not reached the terminal, not even in part."""

    untouched = True


class Queued(MuxError):
    """The back end keeps what was to be typed, and types it once the terminal has started (cmux: a surface that was
    never shown). It does not count as sent, and must not be sent again: it may be there later."""


@dataclass(frozen=True, slots=True)
class Interest:
    """What the operator looks at; an adapter spends its reads accordingly."""

    visible: frozenset[str] = frozenset()
    """Keys of the surfaces on screen. Empty means: nothing is drawn, read slowly."""
    focused: str = ""
    """Key of the surface the operator is in."""


class Multiplexer(Protocol):
    """tree, read, watch, send_text, send_key. Texts that come out have passed `safety.safe_text`."""

    @property
    def source(self) -> str:
        """What is read, for people: ``tmux 3.3a · default``."""

    @property
    def capabilities(self) -> frozenset[str]:
        """What this back end can do, out of ``colours cursor push paste uuid focus publish``.

        ``colours``/``cursor``: screens carry them. ``push``: changes arrive by themselves. ``paste``: `send_text` is a
        real (bracketed) paste, so several lines arrive as one text. ``uuid``: an identity that outlives a renumbered
        ref. ``focus``: `focus` works. ``publish``: the object is a `Publisher` too.
        """

    def watch(self) -> AsyncIterator[MuxReading]:
        """Yield readings for ever: first a `TreeRead`, then what changes. Never raises: a failure is a reading.

        After a `MuxDown` it keeps trying and yields a `TreeRead` when the server is back.
        """

    def look_at(self, interest: Interest) -> None:
        """Say what the operator sees now."""

    def reread(self) -> None:
        """Read tree and screens again soon, changed or not."""

    def pause(self) -> None:
        """Let go of the server at once until `resume`: the console is about to be stopped (Ctrl-Z)."""

    def resume(self) -> None:
        """Go on watching."""

    async def read(self, ref: str) -> Screen:
        """Read one screen now. Raises `MuxError`."""

    async def send_text(self, ref: str, text: str) -> None:
        """Put *text* into the surface as one paste, without Enter. Only `actions/` calls this. Raises `MuxError`."""

    async def send_key(self, ref: str, key: str) -> None:
        """Press one key (``enter``, ``escape``, ``tab``, ``up``, ``down``, a digit or letter). Raises `MuxError`."""

    async def focus(self, ref: str) -> None:
        """Bring the real surface before the operator's eyes. Raises `MuxError`, also where this cannot be done."""

    async def close(self) -> None:
        """Let go of everything; idempotent."""


_LACKS: Final = (
    ("colours", mark("no colours")),
    ("cursor", mark("no cursor")),
    ("push", mark("changes show when it is asked next")),
    ("paste", mark("no paste: text is typed, one line at a time")),
    ("focus", mark("no way to bring a surface to the front")),
)


def lacks(capabilities: Set[str]) -> str:
    """What a back end with these *capabilities* cannot do, for people; empty when it can do everything."""
    return "; ".join(tr(words) for name, words in _LACKS if name not in capabilities)


class Publisher(Protocol):
    """A back end that can show what the console knows (cmux's sidebar). Only `actions/` calls this.

    Every method raises `MuxError`; nothing here types into a terminal.
    """

    async def set_status(self, ref: str, key: str, value: str, *, icon: str = "", color: str = "") -> None:
        """Show a status pill *key* on the workspace of *ref*; an empty *value* takes it away."""

    async def set_progress(self, ref: str, fraction: float | None, label: str = "") -> None:
        """Show progress (0 to 1) on the workspace of *ref*; None takes it away."""

    async def log(self, ref: str, message: str, level: str = "info") -> None:
        """Add a line to the log of the workspace of *ref*; levels: info progress success warning error."""

    async def notify(self, ref: str, title: str, body: str) -> None:
        """Show a notification that belongs to *ref*."""
