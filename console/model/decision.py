"""Decisions of the owner: what waits for a yes or a no, what was decided by whom, and what came of it. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

ID_LENGTH: Final = 6
"""Hexadecimal digits of an id: made of the text, so that two people who note the same decision note one."""
FIELDS: Final = (
    "id", "text", "commands", "paths", "options", "asked_at", "source", "state", "answer", "note", "decided_by",
    "decided_at", "ran",
)  # fmt: skip
"""In the order in which a new entry has them in the file."""


class DecisionState(StrEnum):
    """Where a decision stands."""

    PENDING = "pending"
    DECIDED = "decided"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Ran:
    """One run of a command that a decision has unlocked."""

    command: str
    at: float | None
    """Epoch seconds."""
    cwd: str = ""
    by: str = ""
    exit: int | None = None
    """Exit status; None: it has not ended, or nobody knows how."""
    seconds: float | None = None
    result: str = ""
    """The end of what it wrote, or why it did not run."""


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision, as the file has it."""

    id: str
    text: str
    commands: tuple[str, ...] = ()
    """What it unlocks."""
    paths: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    """What may be answered, or options of a program: ``-a never``."""
    asked_at: float | None = None
    """Epoch seconds; so are all times here."""
    source: str = ""
    """``handoff-2026-04-10.txt:70``, or who noted it."""
    state: DecisionState = DecisionState.PENDING
    decided_by: str = ""
    decided_at: float | None = None
    answer: str = ""
    note: str = ""
    ran: tuple[Ran, ...] = ()

    @property
    def pending(self) -> bool:
        """Whether somebody has to decide."""
        return self.state is DecisionState.PENDING


@dataclass(frozen=True, slots=True)
class Asked:
    """A decision that is to be noted."""

    text: str
    commands: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    source: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class DecisionsSlice:
    """The decisions of a fleet; `source` is empty when none are kept."""

    source: str = ""
    read_at: float | None = None
    decisions: tuple[Decision, ...] = ()
    problems: tuple[str, ...] = ()
    """Entries that were not understood, each with its line; they stay in the file as they are."""
    error: str = ""
    """Why the file cannot be used now; the last good state stands."""

    @property
    def complete(self) -> bool:
        """Whether the file was read once, or cannot be."""
        return not self.source or self.read_at is not None or bool(self.error)

    @property
    def pending(self) -> tuple[Decision, ...]:
        """Those somebody has to decide, in the order of the file."""
        return tuple(each for each in self.decisions if each.pending)

    @property
    def settled(self) -> tuple[Decision, ...]:
        """Those that are decided or withdrawn, the newest first."""
        found = [each for each in self.decisions if not each.pending]
        return tuple(sorted(found, key=lambda each: -(each.decided_at or 0.0)))


NO_DECISIONS: Final = DecisionsSlice()


def matched(text: str) -> str:
    """*text* as it is compared: the same words are the same decision, however they are spaced or punctuated."""
    return " ".join(re.findall(r"\w+", text.casefold()))


def id_of(text: str, taken: Collection[str] = ()) -> str:
    """The id of a decision with this text; with a number behind it where that one is *taken*."""
    made = hashlib.sha256(matched(text).encode("utf-8", "replace")).hexdigest()[:ID_LENGTH]
    number, found = 2, made
    while found in taken:
        found, number = f"{made}-{number}", number + 1
    return found


def find(decisions: Iterable[Decision], name: str) -> tuple[Decision, ...]:
    """Those *name* means: an id, or the beginning of one (two characters or more)."""
    every = tuple(decisions)
    exact = tuple(each for each in every if each.id == name)
    return exact or tuple(each for each in every if len(name) >= 2 and each.id.startswith(name))


def new(asked: Iterable[Asked], known: Iterable[Decision]) -> tuple[Asked, ...]:
    """Those of *asked* that are not noted yet, pending or decided: each once, also where its text was edited since."""
    every = tuple(known)
    seen = {matched(each.text) for each in every}
    ids = {each.id for each in every}
    found = []
    for each in asked:
        key = matched(each.text)
        if key and key not in seen and id_of(each.text) not in ids:
            seen.add(key)
            found.append(each)
    return tuple(found)


# -- as the file has them --------------------------------------------------------------------------------------------


def entry_of(asked: Asked, id: str, at: float) -> dict[str, Any]:
    """A new entry of the file; what is empty is left out."""
    entry = {
        "id": id,
        "text": asked.text,
        "commands": list(asked.commands),
        "paths": list(asked.paths),
        "options": list(asked.options),
        "asked_at": stamp(at),
        "source": asked.source,
        "state": str(DecisionState.PENDING),
        "note": asked.note,
    }
    return {name: value for name, value in entry.items() if value}


def ran_entry(ran: Ran) -> dict[str, Any]:
    """A run, for the file."""
    entry: dict[str, Any] = {"command": ran.command, "cwd": ran.cwd, "by": ran.by}
    if ran.at is not None:
        entry["at"] = stamp(ran.at)
    if ran.exit is not None:
        entry["exit"] = ran.exit
    if ran.seconds is not None:
        entry["seconds"] = round(ran.seconds, 1)
    entry["result"] = ran.result
    return {name: value for name, value in entry.items() if value != ""}


def stamp(at: float) -> str:
    """``2026-04-10T07:41:00Z``: UTC, so that it reads the same in every zone."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment(text: str) -> float | None:
    """Epoch seconds of an ISO 8601 time, a day, or a number; a time without a zone is UTC. None for anything else."""
    text = text.strip()
    if re.fullmatch(r"[0-9]{9,10}(\.[0-9]+)?", text):
        return float(text)
    try:
        found = datetime.fromisoformat(text)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError, OSError):
        return None


def decision_of(entry: Mapping[str, Any], taken: Collection[str] = ()) -> Decision | None:
    """The decision in one entry, whose scalars are texts; None where it has no text. Unknown fields are not looked at.

    A list may be written as one text. An entry with an answer is decided, whatever else it says.
    """
    text = _text(entry.get("text"))
    if not text:
        return None
    id = _text(entry.get("id"))
    if not id or id in taken:
        id = id_of(text, taken)
    state = next((each for each in DecisionState if each.value == _text(entry.get("state")).casefold()), None)
    answer = _text(entry.get("answer"))
    if state is None:
        state = DecisionState.DECIDED if answer else DecisionState.PENDING
    runs = entry.get("ran")
    runs = [runs] if isinstance(runs, Mapping) else runs if isinstance(runs, list) else []
    return Decision(
        id,
        text,
        _texts(entry.get("commands", entry.get("command"))),
        _texts(entry.get("paths", entry.get("path"))),
        _texts(entry.get("options")),
        moment(_text(entry.get("asked_at"))),
        _text(entry.get("source")),
        state,
        _text(entry.get("decided_by")),
        moment(_text(entry.get("decided_at"))),
        answer,
        _text(entry.get("note")),
        tuple(_ran(each) for each in runs if isinstance(each, Mapping)),
    )


def _ran(entry: Mapping[str, Any]) -> Ran:
    return Ran(
        _text(entry.get("command")),
        moment(_text(entry.get("at"))),
        _text(entry.get("cwd")),
        _text(entry.get("by")),
        _whole(_text(entry.get("exit"))),
        _seconds(_text(entry.get("seconds"))),
        _text(entry.get("result")),
    )


def _text(value: object) -> str:
    return "" if value is None or isinstance(value, Mapping | list) else str(value).strip()


def _texts(value: object) -> tuple[str, ...]:
    if isinstance(value, list):
        return tuple(text for each in value if (text := _text(each)))
    text = _text(value)
    return (text,) if text else ()


def _whole(text: str) -> int | None:
    return int(text) if re.fullmatch(r"-?[0-9]{1,6}", text) else None


def _seconds(text: str) -> float | None:
    return float(text) if re.fullmatch(r"[0-9]{1,8}(\.[0-9]{1,6})?", text) else None
