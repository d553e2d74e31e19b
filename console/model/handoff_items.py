"""What a hand-off document says, and the facts from which one is written."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Final, Generic, TypeVar

from console.i18n import mark


@dataclass(frozen=True, slots=True)
class SurfaceEntry:
    """A session and what it is for."""

    ref: str
    """``surface:1``."""
    role: str = ""
    """As written: ``Codex "CODEX 1"``."""
    workspace: str = ""
    agent: str = ""
    """``claude``, ``codex``, …; empty when the document does not tell."""
    name: str = ""
    state: str = ""
    remarks: str = ""


@dataclass(frozen=True, slots=True)
class DispatchEntry:
    """A task that was given and is not closed."""

    number: int | None
    """``54`` for ``#54``."""
    surface: str = ""
    task: str = ""
    status: str = ""
    """As written: ``완료 (확인 필요)``."""
    remarks: str = ""


@dataclass(frozen=True, slots=True)
class PointEntry:
    """A step, a lesson, a check or a thing to avoid."""

    text: str
    commands: tuple[str, ...] = ()
    """Shell commands it names, each whole; a loop has several lines."""
    paths: tuple[str, ...] = ()


TITLES: Final = {
    "surfaces": mark("surfaces"),
    "dispatches": mark("work in progress"),
    "decisions": mark("decisions"),
    "services": mark("services"),
    "automation": mark("temporary automation"),
    "artifacts": mark("artifacts"),
    "figures": mark("figures"),
    "first_steps": mark("first steps"),
    "checks": mark("checks after restart"),
    "avoid": mark("things to avoid"),
    "lessons": mark("lessons"),
    "verifications": mark("verification ledger"),
    "guards": mark("guards that fired"),
    "notes": mark("notes"),
}
"""What the lists are called; shown, they go through `tr`."""


@dataclass(frozen=True, slots=True)
class DecisionEntry:
    """What the owner has to decide, or has decided."""

    text: str
    commands: tuple[str, ...] = ()
    """What it unlocks."""
    paths: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    """Options of a program it names: ``-a never``."""
    decided: str = ""
    """What was decided, by whom, when; empty while it waits."""
    id: str = ""
    """What the console's own list calls it; empty where only the document knows of it."""


@dataclass(frozen=True, slots=True)
class ServiceEntry:
    """A service and the state it should be in."""

    label: str
    role: str = ""
    pid: int | None = None
    port: int | None = None
    expected: str = ""
    """``running``, ``unloaded``, ``absent``, or the document's own words. One that is listed and of which nothing is
    said is expected to run."""
    observed: str = ""
    remarks: str = ""
    count: int | None = None
    """At least so many services, where the entry stands for several: 10 for ``10+``."""


@dataclass(frozen=True, slots=True)
class AutomationEntry:
    """A temporary script, or files that one leaves."""

    path: str
    """May be a pattern: ``/tmp/verify_*.txt``."""
    state: str = ""
    action: str = ""
    expected: str = ""
    """``running``, ``unloaded`` or ``absent`` for a script, the document's own words, or empty."""
    count: int | None = None
    """Files, as far as the document counts them."""

    @property
    def glob(self) -> bool:
        """Whether the path is a pattern."""
        return _is_glob(self.path)


@dataclass(frozen=True, slots=True)
class ArtifactEntry:
    """A deliverable and where it is."""

    name: str
    path: str
    """May be a pattern."""
    remarks: str = ""

    @property
    def glob(self) -> bool:
        """Whether the path is a pattern."""
        return _is_glob(self.path)


@dataclass(frozen=True, slots=True)
class FigureValue:
    """One number."""

    name: str
    """What is counted, as written: ``완료``; empty when nothing stands before or after the number."""
    value: int | float
    unit: str = ""
    """``건``, ``MB``, ``%``."""
    at_least: bool = False
    """``53+``."""
    key: str = ""
    """What is counted, in a word that is the same in every language: ``done``; empty when it is not known."""
    before: int | float | None = None
    """The same number in the hand-off before."""
    remarks: str = ""

    @property
    def change(self) -> int | float | None:
        """By how much it grew; None without a number before."""
        if self.before is None:
            return None
        change = self.value - self.before
        return round(change, 6) if isinstance(change, float) else change


@dataclass(frozen=True, slots=True)
class FigureEntry:
    """One line of figures."""

    text: str
    values: tuple[FigureValue, ...] = ()


@dataclass(frozen=True, slots=True)
class VerificationEntry:
    """A row of the verification ledger."""

    number: int | None
    surface: str = ""
    """The author's."""
    by: str = ""
    self_score: float | None = None
    cross_score: float | None = None
    verdict: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class GuardEntry:
    """A guard that fired."""

    guard: str
    verdict: str = ""
    at: str = ""
    surface: str = ""
    text: str = ""


T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Found(Generic[T]):
    """An entry and where it stands."""

    item: T
    lines: tuple[int, ...]
    """Numbers of the source lines it was read from, from 1."""
    raw: str
    """These lines."""

    @property
    def line(self) -> int:
        """The first one."""
        return self.lines[0]


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with what belongs to the form of its section: rules, the head of a table."""

    kind: str
    """The list its entries are in; empty when nobody knows."""
    title: str


@dataclass(frozen=True, slots=True)
class Note:
    """Text that is kept as it is."""

    text: str


@dataclass(frozen=True, slots=True)
class Gap:
    """A line that was not understood."""

    text: str
    reason: str


LISTS: Final = (
    "surfaces", "dispatches", "decisions", "services", "automation", "artifacts", "lessons", "figures", "first_steps",
    "checks", "avoid", "verifications", "guards",
)  # fmt: skip
"""Names of the lists of entries, in `Handoff` and in `HandoffFacts`."""

POINTS: Final = ("first_steps", "lessons", "checks", "avoid")
"""Those whose entries are `PointEntry`."""


@dataclass(frozen=True, slots=True)
class Handoff:
    """A document that was read. Every line that is not blank is in one of the tuples."""

    written_at: str = ""
    """ISO 8601 as precise as the document, ``2026-04-10T16:41+09:00``, ``2026-04-10``; empty when it does not tell."""
    written_line: int | None = None
    surfaces: tuple[Found[SurfaceEntry], ...] = ()
    dispatches: tuple[Found[DispatchEntry], ...] = ()
    decisions: tuple[Found[DecisionEntry], ...] = ()
    services: tuple[Found[ServiceEntry], ...] = ()
    automation: tuple[Found[AutomationEntry], ...] = ()
    artifacts: tuple[Found[ArtifactEntry], ...] = ()
    lessons: tuple[Found[PointEntry], ...] = ()
    figures: tuple[Found[FigureEntry], ...] = ()
    first_steps: tuple[Found[PointEntry], ...] = ()
    checks: tuple[Found[PointEntry], ...] = ()
    avoid: tuple[Found[PointEntry], ...] = ()
    verifications: tuple[Found[VerificationEntry], ...] = ()
    guards: tuple[Found[GuardEntry], ...] = ()
    notes: tuple[Found[Note], ...] = ()
    sections: tuple[Found[Section], ...] = ()
    not_understood: tuple[Found[Gap], ...] = ()
    exact: bool = False
    """The console wrote it: nothing was guessed."""


@dataclass(frozen=True, slots=True)
class HandoffFacts:
    """What a hand-off is written from. Every text has passed `safety.safe_text`; an entry without its first text (ref,
    label, path, …) is not written, nor is a point without text."""

    written_at: str = ""
    """ISO 8601."""
    surfaces: tuple[SurfaceEntry, ...] = ()
    dispatches: tuple[DispatchEntry, ...] = ()
    decisions: tuple[DecisionEntry, ...] = ()
    services: tuple[ServiceEntry, ...] = ()
    automation: tuple[AutomationEntry, ...] = ()
    artifacts: tuple[ArtifactEntry, ...] = ()
    lessons: tuple[PointEntry, ...] = ()
    figures: tuple[FigureValue, ...] = ()
    first_steps: tuple[PointEntry, ...] = ()
    checks: tuple[PointEntry, ...] = ()
    avoid: tuple[PointEntry, ...] = ()
    verifications: tuple[VerificationEntry, ...] = ()
    guards: tuple[GuardEntry, ...] = ()
    notes: str = ""
    """The operator's own text, kept to the letter."""


def facts_of(handoff: Handoff) -> HandoffFacts:
    """The facts in a document, without where they stand."""
    held: dict[str, Any] = {name: tuple(each.item for each in getattr(handoff, name)) for name in LISTS}
    held["figures"] = tuple(value for line in handoff.figures for value in line.item.values)
    return HandoffFacts(handoff.written_at, notes="\n".join(note.item.text for note in handoff.notes), **held)


def as_document(handoff: Handoff) -> dict[str, Any]:
    """The document for JSON: each entry with its fields, ``line``, ``lines`` and ``raw``."""
    told: dict[str, Any] = {"written_at": handoff.written_at or None, "written_line": handoff.written_line}
    for name in (*LISTS, "notes", "sections", "not_understood"):
        told[name] = [_entry(each) for each in getattr(handoff, name)]
    return told


def _entry(found: Found[Any]) -> dict[str, Any]:
    item = found.item
    told = {each.name: _plain(getattr(item, each.name)) for each in fields(item)}
    if isinstance(item, AutomationEntry | ArtifactEntry):
        told["glob"] = item.glob
    if isinstance(item, DecisionEntry):
        told["command"] = next(iter(item.commands), None)
        told["path"] = next(iter(item.paths), None)
    return {"line": found.line, **told, "lines": list(found.lines), "raw": found.raw}


def _plain(value: object) -> object:
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    if isinstance(value, FigureValue):
        return {each.name: getattr(value, each.name) for each in fields(value)} | {"change": value.change}
    return value


def _is_glob(path: str) -> bool:
    return any(sign in path for sign in "*?[")
