"""What is expected of a service, parsed from the words of the configuration, and the judgement. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from console.i18n import mark, tr, trn
from console.model.durations import bytes_of, seconds_of, span
from console.model.service import Judgement, Observation, State

_OK, _ATTENTION, _ALARM = Judgement.OK, Judgement.ATTENTION, Judgement.ALARM
_GONE: Final = (State.UNLOADED, State.ABSENT)
_CHANGING: Final = (State.STARTING, State.STOPPING)

_VERDICTS: Final[Mapping[str, Mapping[State, Judgement]]] = {
    "running": {State.RUNNING: _OK, State.UP: _OK, **dict.fromkeys(_CHANGING, _ATTENTION)},
    "up": {State.RUNNING: _OK, State.UP: _OK, **dict.fromkeys(_CHANGING, _ATTENTION)},
    "loaded": {
        **dict.fromkeys((State.RUNNING, State.LOADED, State.STARTING), _OK),
        **dict.fromkeys((State.STOPPED, State.STOPPING), _ATTENTION),
    },
    "stopped": {**dict.fromkeys((State.STOPPED, State.LOADED, *_GONE), _OK), State.STOPPING: _ATTENTION},
    "unloaded": {**dict.fromkeys(_GONE, _OK), State.STOPPED: _ATTENTION},
    "absent": {**dict.fromkeys(_GONE, _OK), State.STOPPED: _ATTENTION},
    "exists": {State.EXISTS: _OK},
}
"""A state that is not named is an alarm; one that is unknown is unknown."""
_SEVERITY: Final = (Judgement.OK, Judgement.UNKNOWN, Judgement.ATTENTION, Judgement.ALARM)

_NUMBERS: Final[Mapping[str, tuple[str, Callable[[str], float]]]] = {
    "at most": ("count", float),
    "at least": ("count", float),
    "exactly": ("count", float),
    "younger than": ("age", seconds_of),
    "older than": ("age", seconds_of),
    "smaller than": ("size", bytes_of),
    "larger than": ("size", bytes_of),
    "faster than": ("latency", seconds_of),
}
_ABOUT: Final = {"count": mark("count"), "age": mark("age"), "size": mark("size"), "latency": mark("latency")}
"""What a number is about, for people."""
_EXAMPLES: Final = {
    "count": "at most 3",
    "age": "younger than 2h",
    "size": "larger than 1 kB",
    "latency": "faster than 500ms",
}
"""As the configuration wants it, in any language of the interface."""
_PHRASE: Final = re.compile(rf"({'|'.join(name.replace(' ', r' +') for name in _NUMBERS)}) +(.+)")
_COUNT: Final = re.compile(r"\d{1,9}", re.ASCII)

KINDS: Final[Mapping[str, tuple[str, str]]] = {
    "process": ("running", "running absent count age"),
    "launchd": ("running", "running loaded stopped unloaded absent count"),
    "systemd": ("running", "running loaded stopped unloaded absent count"),
    "supervisor": ("running", "running loaded stopped unloaded absent count"),
    "unit": ("running", "running loaded stopped unloaded absent count"),
    "cron": ("loaded", "loaded unloaded absent age"),
    "http": ("up", "up running absent latency"),
    "file": ("exists", "exists absent age size"),
    "glob": ("exists", "exists absent count age size"),
}
"""By what is watched: what is expected of it when nothing is said, and what can be seen of it."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One number that has to hold."""

    words: str
    """``at most``, ``younger than``, …"""
    value: float

    @property
    def about(self) -> str:
        """The field of the observation it looks at."""
        return _NUMBERS[self.words][0]

    def holds(self, found: float) -> bool:
        """Whether *found* is within it."""
        match self.words:
            case "at most":
                return found <= self.value
            case "at least":
                return found >= self.value
            case "exactly":
                return found == self.value
            case "older than" | "larger than":
                return found > self.value
            case _:
                return found < self.value


@dataclass(frozen=True, slots=True)
class Expected:
    """What has to hold: a state, numbers, or both."""

    text: str
    """As it was written, for people."""
    word: str = ""
    """A key of the table of states; empty when only numbers are asked for."""
    conditions: tuple[Condition, ...] = ()

    @property
    def may_be_empty(self) -> bool:
        """Whether nothing at all is as good as anything."""
        return any(each.words in ("at most", "exactly") for each in self.conditions) and not any(
            each.words == "at least" and each.value > 0 for each in self.conditions
        )


def parse(text: str, kind: str = "") -> Expected:
    """Read ``running``, ``unloaded``, ``at most 3``, ``exists, younger than 2h`` and the like; *kind* as in `KINDS`.

    Raises ValueError: what is wrong and what can be written.
    """
    default, told = KINDS.get(kind, ("running", " ".join([*_VERDICTS, "count", "age", "size", "latency"])))
    can = told.split()
    plain = " ".join(text.split()) or default
    word, conditions = "", []
    for part in re.split(r" *, *| and ", plain.casefold()):
        found = _PHRASE.fullmatch(part)
        if found is not None:
            condition = _condition(" ".join(found.group(1).split()), found.group(2))
            if condition.about not in can:
                about = tr(_ABOUT[condition.about])
                raise ValueError(
                    tr("{kind} tells no {about}; {choices}", kind=kind, about=about, choices=_choices(can))
                )
            conditions.append(condition)
        elif part not in _VERDICTS:
            raise ValueError(
                tr("{part} cannot be expected; {choices}", part=part[:40] or tr("an empty word"), choices=_choices(can))
            )
        elif part not in can:
            raise ValueError(
                tr("{kind} cannot tell whether it is {part}; {choices}", kind=kind, part=part, choices=_choices(can))
            )
        elif word:
            raise ValueError(tr("it cannot be {word} and {part} at once; keep one of them", word=word, part=part))
        else:
            word = part
    return Expected(plain, word, tuple(conditions))


def _condition(words: str, value: str) -> Condition:
    about, read = _NUMBERS[words]
    if about == "count" and _COUNT.fullmatch(value) is None:
        raise ValueError(tr("{value} is no count; write for example {words} 3", value=value[:40], words=words))
    return Condition(words, read(value))


def _choices(can: list[str]) -> str:
    return tr("write {listed}", listed=", ".join(_EXAMPLES.get(each, each) for each in can))


def judge(expected: Expected, seen: Observation) -> tuple[Judgement, str]:
    """Compare what was seen with what is expected; (verdict, evidence). What is not known is never ok."""
    if seen.state is State.UNKNOWN:
        return Judgement.UNKNOWN, seen.error or seen.evidence
    verdict, told = _OK, [seen.evidence]
    if expected.word:
        verdict = _VERDICTS[expected.word].get(seen.state, _ALARM)
    elif seen.state is State.FAILED:
        verdict = _ALARM
    empty = seen.state in _GONE
    for condition in expected.conditions:
        if empty and condition.about != "count":
            # Nothing is neither young nor small; where nothing may be there it needs to be neither.
            each, why = (_OK, "") if expected.may_be_empty or expected.word in ("absent", "unloaded") else (_ALARM, "")
        else:
            each, why = _number(condition, seen)
        verdict = max(verdict, each, key=_SEVERITY.index)
        told.append(why)
    if seen.overdue:
        verdict = _ALARM
    if seen.warning and verdict in (_OK, Judgement.UNKNOWN):
        verdict = _ATTENTION
    if seen.warning:
        told.append(seen.warning)
    return verdict, "; ".join(part for part in told if part)


def _number(condition: Condition, seen: Observation) -> tuple[Judgement, str]:
    found = {"count": seen.count, "age": seen.age, "size": seen.size, "latency": seen.latency}[condition.about]
    if found is None:
        return Judgement.UNKNOWN, tr("its {about} is not known", about=tr(_ABOUT[condition.about]))
    if condition.holds(found):
        return _OK, ""
    if condition.about == "latency":
        return _ATTENTION, tr("it took longer than {seconds:g} s", seconds=condition.value)
    return _ALARM, ""


def observed(expected: Expected, seen: Observation) -> str:
    """What was seen, in the words of what was asked for: ``50 files``, ``3h old``, ``running``.

    A bare state is a word that code compares, so it is English; see `console.model.observed`.
    """
    asked = {condition.about for condition in expected.conditions}
    if seen.state is State.UNKNOWN or seen.state in _GONE:
        return str(seen.state)
    if seen.overdue:
        return mark("overdue")
    if "count" in asked and seen.count is not None:
        if seen.state is State.EXISTS:
            return trn("{count} file", "{count} files", seen.count)
        return tr("{count} {state}", count=seen.count, state=tr(str(seen.state)))
    if "age" in asked and seen.age is not None and not expected.word.startswith("running"):
        return tr("{time} old", time=span(seen.age))
    return str(seen.state)
