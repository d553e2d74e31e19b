"""The restart checklist: steps, their states, what the operator has ticked or skipped, and how far it is. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, Literal

from console.i18n import mark, tr


class StepState(StrEnum):
    """State of a step. The value is the word shown and the word in JSON."""

    PASS = "pass"
    FAIL = "fail"
    ATTENTION = "attention"
    """Something a person should look at."""
    RUNNING = "running"
    """Not found out yet."""
    MANUAL = "manual"
    """Only a person can tell: ticked by hand."""
    SKIPPED = "skipped"
    """The operator said so, and why; or there is nothing to find out."""


SYMBOLS: Final = {
    StepState.PASS: "✓",
    StepState.FAIL: "✗",
    StepState.ATTENTION: "▲",
    StepState.RUNNING: "…",
    StepState.MANUAL: "☐",
    StepState.SKIPPED: "–",
}
"""One cell wide each."""
OWED: Final = (StepState.FAIL, StepState.ATTENTION, StepState.RUNNING, StepState.MANUAL)
"""States that are not settled, the worst first."""

FIRST, CHECKS, SURFACES, WORK, SERVICES, TEMPORARY, ARTIFACTS, OWN, AVOID = (
    mark("First steps"), mark("Checks after restart"), mark("Surfaces"), mark("Work"), mark("Services"),
    mark("Temporary automation"), mark("Artifacts"), mark("Own steps"), mark("Things to avoid"),
)  # fmt: skip
GROUPS: Final = (FIRST, CHECKS, SURFACES, WORK, SERVICES, TEMPORARY, ARTIFACTS, OWN, AVOID)
"""In the order in which they are shown; in English, as they are compared: `tr` shows them."""

Kind = Literal["", "surface", "dispatch", "operation", "sends", "queue", "decisions", "summary"]


@dataclass(frozen=True, slots=True)
class About:
    """What a step is about: where Enter leads."""

    kind: Kind = ""
    name: str = ""
    """Key of the surface, number of the dispatch, name of the service or entry (``collector`` for the collector)."""


NOWHERE: Final = About()


@dataclass(frozen=True, slots=True)
class Step:
    """One step."""

    id: str
    """The same from one look to the next: ``surface surface:5``, ``collect 57``."""
    title: str
    group: str
    state: StepState
    evidence: str = ""
    """The fact it rests on: ``working on #57 for 12m, read 1s ago``."""
    remedy: str = ""
    """What to do about it; empty when it passes."""
    key: str = ""
    """Id of the command that helps (`console.commands`); which key that is, the operator has configured."""
    checked_at: float | None = None
    """Epoch seconds; None: not yet."""
    about: About = NOWHERE
    line: int | None = None
    """Line of the hand-off it comes from."""
    links: tuple[str, ...] = ()
    """Ids of the steps it follows: its state is theirs, and it is not counted a second time."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What the operator has said of a step."""

    kind: Literal["tick", "skip"]
    at: float
    """Epoch seconds."""
    reason: str = ""
    """Why it is skipped."""


_COUNTED: Final = (
    (StepState.FAIL, mark("{count} failed")),
    (StepState.ATTENTION, mark("{count} to look at")),
    (StepState.RUNNING, mark("{count} running")),
    (StepState.MANUAL, mark("{count} by hand")),
    (StepState.SKIPPED, mark("{count} skipped")),
)
Marks = Mapping[str, Mark]
"""By the id of the step."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a checklist is; steps that follow others are not counted."""

    total: int
    settled: int
    """Passed, ticked or skipped."""
    counts: Mapping[StepState, int]

    @property
    def done(self) -> bool:
        """Whether nothing is owed any more."""
        return self.settled == self.total

    @property
    def words(self) -> str:
        """``12 of 18 settled · 1 failed · 2 to look at · 3 by hand``."""
        return " · ".join((self.settled_words, *(words for _, _, words in self.owed)))

    @property
    def settled_words(self) -> str:
        """``12 of 18 settled``."""
        return tr("{settled} of {total} settled", settled=self.settled, total=self.total)

    @property
    def owed(self) -> tuple[tuple[StepState, int, str], ...]:
        """(State, how many, that in words) of the steps that did not simply pass, the worst first."""
        held = ((state, self.counts.get(state, 0), words) for state, words in _COUNTED)
        return tuple((state, count, tr(words, count=count)) for state, count, words in held if count)


def progress(steps: Iterable[Step]) -> Progress:
    """Count *steps*."""
    counts = Counter(step.state for step in steps if not step.links)
    total = counts.total()
    return Progress(total, total - sum(counts[state] for state in OWED), counts)


def marked(steps: Iterable[Step], marks: Marks) -> tuple[Step, ...]:
    """*steps* as the operator has ticked and skipped them. A tick settles only what nobody else can tell.

    What follows others is settled by those.
    """
    return tuple(_marked(step, marks.get(step.id)) for step in steps)


def _marked(step: Step, mark: Mark | None) -> Step:
    if mark is None or step.links or step.state is StepState.PASS:
        return step
    if mark.kind == "skip":
        why = tr("skipped: {reason}", reason=mark.reason) if mark.reason else tr("skipped")
        return replace(step, state=StepState.SKIPPED, evidence=f"{why} ({step.evidence})" if step.evidence else why)
    if step.state is not StepState.MANUAL:
        return step
    evidence = "; ".join(filter(None, (tr("ticked"), step.evidence)))
    return replace(step, state=StepState.PASS, evidence=evidence, checked_at=mark.at)


def followed(step: Step, by_id: Mapping[str, Step]) -> Step:
    """*step* in the state of those it follows: the worst of them, with its evidence."""
    found = [by_id[id] for id in step.links if id in by_id]
    if not found:
        return replace(step, state=StepState.MANUAL, links=())
    times = [each.checked_at for each in found if each.checked_at is not None]
    at = min(times) if len(times) == len(found) else None
    worst = next((state for state in OWED if any(each.state is state for each in found)), None)
    if worst is None:
        said = found[0].evidence if len(found) == 1 else tr("{count} steps below, all settled", count=len(found))
        state = StepState.PASS if any(each.state is StepState.PASS for each in found) else StepState.SKIPPED
        return replace(step, state=state, evidence=said, remedy="", key="", checked_at=at, about=found[0].about)
    bad = [each for each in found if each.state is worst]
    first = bad[0]
    evidence = f"{first.title}: {first.evidence}"
    if len(bad) > 1:
        evidence = tr("{evidence}; and {count} more", evidence=evidence, count=len(bad) - 1)
    return replace(
        step, state=worst, evidence=evidence, remedy=first.remedy, key=first.key, checked_at=at, about=first.about
    )


def ordered(steps: Iterable[Step]) -> tuple[Step, ...]:
    """*steps* by their groups, else as they come; of several with one id the first."""
    unique: dict[str, Step] = {}
    for step in steps:
        unique.setdefault(step.id, step)
    return tuple(sorted(unique.values(), key=lambda step: GROUPS.index(step.group)))


def worse(one: StepState, other: StepState) -> StepState:
    """The one that is owed more."""
    rank = {state: at for at, state in enumerate((*OWED, StepState.SKIPPED, StepState.PASS))}
    return min(one, other, key=lambda state: rank[state])


def listed(words: Sequence[str], limit: int = 4) -> str:
    """``a, b, c and 2 more``."""
    more = len(words) - limit
    told = ", ".join(words[:limit])
    return tr("{listed} and {count} more", listed=told, count=more) if more > 0 else told


def joined(words: Sequence[str]) -> str:
    """``a, b and c``."""
    return tr("{listed} and {last}", listed=", ".join(words[:-1]), last=words[-1]) if len(words) > 1 else "".join(words)


def either(words: Sequence[str]) -> str:
    """``a, b or c``."""
    return tr("{listed} or {last}", listed=", ".join(words[:-1]), last=words[-1]) if len(words) > 1 else "".join(words)


def beside(said: str, evidence: str) -> str:
    """``said: evidence``; *said* alone where there is no evidence."""
    return f"{said}: {evidence}" if evidence else said
