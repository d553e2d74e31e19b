"""The console's own journal of sends: what was begun, whether a byte went out, and what came of it.

One line before anything else happens, one directly before the first byte, one with the outcome. What has no outcome at
the next start was cut off by a crash; nobody sends it again by itself.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from console.actions.echo import Ours, squeeze
from console.i18n import tr
from console.model.agent import Detection
from console.model.cut_off import CutOff
from console.model.surface import Screen, Surface
from console.safety import redact, safe_text
from console.state_journal import append_line, read_lines

NAME: Final = "sends.jsonl"
TEXT_LIMIT: Final = 3000
"""Characters of a text that are kept."""
LONGEST: Final = 60.0
"""Seconds after which a send without an outcome is one that was cut off, even if a process with its number runs."""


@dataclass(frozen=True, slots=True)
class InFlight:
    """A send that was begun and has no outcome."""

    key: str
    """Its idempotency key."""
    at: float
    """Epoch seconds."""
    surface: str
    """Ref of the target, as it was then."""
    uuid: str
    """Identity of the target, where the back end has one."""
    name: str
    text: str
    """The beginning of what was sent, without what looks like a secret."""
    number: int | None = None
    """Its record in the log, as far as it was written."""
    typing: bool = False
    """The first byte may have gone out. Otherwise nothing was typed, for sure."""
    process: int | None = None
    """Process that ran in the target."""

    @property
    def fact(self) -> CutOff:
        """The same without the text, for the snapshot."""
        where = (self.surface, self.uuid, self.name)
        return CutOff(self.key, self.at, *where, self.number, self.typing, self.process)

    @property
    def about(self) -> str:
        """One line for the operator at the next start."""
        return self.fact.about

    def evidence(self, screen: Screen, seen: Detection) -> str:
        """What the surface shows of it now; a fact for the operator, not a decision."""
        ours = Ours(self.text)
        draft = squeeze(seen.draft)
        if draft:
            mine = ours.in_box(seen.draft) or draft[:16] in squeeze(self.text)
            return tr("its input box holds the text, not submitted") if mine else tr("its input box holds another text")
        found = ours.trace(screen, seen)
        if found.heads or found.tails:
            return tr("its screen shows the text above the input box; it shows {state}", state=tr(seen.state))
        return tr("its screen shows nothing of the text; it shows {state}", state=tr(seen.state))


def kept(text: str) -> str:
    """What the journal keeps of a text."""
    return redact(safe_text(text, multiline=True))[:TEXT_LIMIT]


class SendJournal:
    """Sends in *folder*, shared by all consoles of this account. Methods raise OSError."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / NAME
        self.going_on = False
        """Whether another console was at one when it was last looked: that may have ended without a new line."""
        self._own: set[str] = set()
        """Keys of the sends this very object is at; they are not cut off."""

    def begin(self, key: str, at: float, surface: Surface, text: str, traceparent: str) -> None:
        """A send begins; nothing has been recorded or typed."""
        self._own.add(key)
        self._write(
            key,
            "begin",
            at=at,
            surface=surface.info.ref,
            uuid=surface.info.uuid or "",
            name=surface.name,
            text=kept(text),
            traceparent=traceparent,
            pid=os.getpid(),
            process=surface.info.pid,
        )

    def recorded(self, key: str, number: int | None) -> None:
        """The log has the record *number*; from here on bytes may go out."""
        self._write(key, "typing", number=number)

    def end(self, key: str, outcome: str, evidence: str) -> None:
        """What came of it."""
        self._own.discard(key)
        self._write(key, "end", outcome=outcome, evidence=redact(safe_text(evidence))[:500])

    def _write(self, key: str, event: str, **more: object) -> None:
        append_line(self.path, {"key": key, "event": event, **more})

    def before(self, key: str, since: float) -> tuple[InFlight, ...]:
        """Return what other processes began to send since *since*, but before the send *key*; not what was refused."""
        found: dict[str, InFlight] = {}
        for line in read_lines(self.path):
            name, event = line.get("key"), line.get("event")
            if name == key:
                break  # whoever began first goes on
            if not isinstance(name, str):
                continue
            if event == "begin" and line.get("pid") != os.getpid():
                found[name] = _begun(name, line)
            elif event == "end" and line.get("outcome") == "refused":
                found.pop(name, None)
        return tuple(each for each in found.values() if each.at >= since)

    def in_flight(self, now: float, alive: Callable[[int], bool] | None = None) -> tuple[InFlight, ...]:
        """Return the sends that were cut off, oldest first; not those another console is at just now. Never raises."""
        runs = alive if alive is not None else _runs
        found: dict[str, tuple[InFlight, int]] = {}
        for line in read_lines(self.path):
            key, event = line.get("key"), line.get("event")
            if not isinstance(key, str):
                continue
            if event == "begin":
                found[key] = (_begun(key, line), _number(line.get("pid")) or 0)
            elif event == "end":
                found.pop(key, None)
            elif event == "typing" and key in found:
                begun, pid = found[key]
                found[key] = (replace(begun, number=_number(line.get("number")), typing=True), pid)
        others = [(each, pid) for key, (each, pid) in found.items() if key not in self._own]
        left = tuple(each for each, pid in others if now - each.at > LONGEST or not runs(pid))
        self.going_on = len(left) < len(others)
        return left


def _begun(key: str, line: dict[str, object]) -> InFlight:
    def text(name: str) -> str:
        held = line.get(name)
        return held if isinstance(held, str) else ""

    at = line.get("at")
    when = float(at) if isinstance(at, int | float) else 0.0
    where = (text("surface"), text("uuid"), text("name"))
    return InFlight(key, when, *where, text("text"), process=_number(line.get("process")))


def _number(held: object) -> int | None:
    return held if isinstance(held, int) and not isinstance(held, bool) else None


def _runs(pid: int) -> bool:
    """Whether another process has this number; our own is none that was cut off before we started."""
    if pid <= 0 or pid == os.getpid():
        return False
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True
    except (OSError, OverflowError):
        return False
    return True
