"""Maps records to `Dispatch`, a column at a time: 100,000 of them must not cost more than parsing them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Final, cast

from console.model.dispatch import NO_LINKS, Dispatch, DispatchStatus, Links, Verification
from console.safety import LINE_LIMIT, safe_text
from console.tracker.fields import epoch, epochs, score, verdict_of
from console.tracker.names import (
    CHECK_SYNONYMS,
    FLAT,
    LINKS,
    NESTED_SCORE,
    NO_OVERRIDES,
    SYNONYMS,
    FieldMap,
    fold,
    present,
)
from console.tracker.numbers import NUMBER_LIMIT, number_in, number_of

_CACHE_LIMIT: Final = 4096
_SHAPES: Final = 16
"""Sets of keys in one batch up to which it is worth looking whether they agree."""
_PLAIN: Final = re.compile("[ -~가-힣]*").fullmatch
"""Text `safe_text` returns as it is; asking here costs a fifth."""

_Pairs = tuple[tuple[str, str], ...]
_Plan = tuple[str | None, str | None, str | None, str | None, str | None, str | None, str | None, _Pairs, _Pairs]
"""Keys of number, surface, task, status, time, verification and agent; of parts of the verification in the record; of
links to other records."""
_CheckPlan = tuple[tuple[str, ...], ...]
_Record = dict[str, object]


class _Made:
    """A `Dispatch` before it is frozen: the same slots, and a constructor at half the cost."""

    __slots__ = Dispatch.__slots__

    def __init__(
        self,
        number: int | None,
        surface: str,
        task: str,
        status: DispatchStatus,
        raw_status: str,
        dispatched_at: float | None,
        verification: Verification | None,
        agent: str,
        links: Links,
    ) -> None:
        self.automatic = False
        self.number = number
        self.surface = surface
        self.task = task
        self.status = status
        self.raw_status = raw_status
        self.dispatched_at = dispatched_at
        self.verification = verification
        self.agent = agent
        self.links = links


class Mapper:
    """Maps the records of one log; records of one writer look alike, so what was worked out once is kept."""

    def __init__(self, mapping: FieldMap = NO_OVERRIDES) -> None:
        self.not_understood = 0
        """Records so far that are not fully understood."""
        self.mapping = mapping
        self._others: dict[str, tuple[str, ...]] = {}
        """From a field to more of its names, for records that have several, and nothing under the first one."""
        self._number_names = mapping.names("number")
        self._plans: dict[tuple[str, ...], _Plan] = {}
        self._check_plans: dict[tuple[str, ...], _CheckPlan] = {}
        self._checks: dict[tuple[object, ...], Verification | None] = {}
        self._statuses: dict[object, tuple[DispatchStatus, str]] = {}
        self._surfaces: dict[object, str] = {}

    def read(self, records: list[object], keys: Iterable[object] | None = None) -> list[Dispatch]:
        """Return *records* mapped, in their order, none left out; *keys* are what they stand under, if anything."""
        if set(map(type, records)) == {dict}:
            dicts = cast(list[_Record], records)
            names = set(map(tuple, dicts))
            plan = self._common(names) if len(names) <= _SHAPES else None
            if plan is not None:
                return self._columns(dicts, plan, keys)
        out: list[Dispatch] = []
        for key, record in zip(keys if keys is not None else [None] * len(records), records, strict=True):
            if isinstance(record, dict):
                out += self._columns([record], self._plan(tuple(record)), [key])
            else:
                self.not_understood += 1
                out.append(Dispatch(number_of(key), "", _text(record), DispatchStatus.UNKNOWN))
        return out

    def _columns(self, records: list[_Record], plan: _Plan, keys: Iterable[object] | None) -> list[Dispatch]:
        at_number, at_surface, at_task, at_status, at_time, at_check, at_agent, flat, at_links = plan
        raw = _column(records, at_number)
        numbers = cast(list[int | None], raw)
        if set(map(type, raw)) != {int} or not _usable(cast(list[int], raw)):
            under = keys if keys is not None else [None] * len(records)
            names = self._number_names
            numbers = [number_in(key, record, names) for key, record in zip(under, records, strict=True)]
        surfaces = self._column_of_surfaces(self._filled(records, at_surface, "surface"))
        tasks = _column_of_texts(self._filled(records, at_task, "task"))
        pairs = self._column_of_statuses(self._filled(records, at_status, "status"))
        statuses, shown = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
        times = self._filled(records, at_time, "dispatched_at")
        whens = epochs(times)
        held = self._filled(records, at_check, "verification")
        if flat:
            checks = [self._check(each, record, flat) for each, record in zip(held, records, strict=True)]
        else:
            checks = [None if each is None else self._check(each, {}, ()) for each in held]
        agents = [""] * len(records) if at_agent is None else self._column_of_surfaces(_column(records, at_agent))
        links = _column_of_links(records, at_links)
        made = list(map(_Made, numbers, surfaces, tasks, statuses, shown, whens, checks, agents, links))
        if self.mapping.automatic:
            self._mark(records, made)
        for each in made:
            each.__class__ = Dispatch  # type: ignore[assignment]
        unclear = _empty(numbers, surfaces, tasks, statuses)
        if None in whens:
            unclear |= {at for at, value in enumerate(times) if value and whens[at] is None}
        if at_check is not None and None in checks:
            found = enumerate(zip(held, checks, strict=True))
            unclear |= {at for at, (each, check) in found if check is None and each and self._says_nothing(each)}
        self.not_understood += len(unclear)
        return cast(list[Dispatch], made)

    def _mark(self, records: list[_Record], made: list[_Made]) -> None:
        """Tell the records of the automatic dispatcher, by the operator's own words for them."""
        wanted = {fold(name): word.strip().casefold() for name, word in self.mapping.automatic.items()}
        names = {name: fold(name) for name in {name for record in records for name in record}}
        marks = [(name, wanted[folded]) for name, folded in names.items() if folded in wanted]
        for name, word in marks:
            for record, each in zip(records, made, strict=True):
                if _text(record.get(name), 200).strip().casefold() == word:
                    each.automatic = True

    def _filled(self, records: list[_Record], at: str | None, field: str) -> list[object]:
        """The column under *at*; where that holds nothing, what stands under another name of *field*."""
        column = _column(records, at)
        others = self._others.get(field, ())
        if not others or (None not in column and "" not in column):
            return column
        return [
            value if value is not None and value != "" else _first(record, (at or "", *others))
            for value, record in zip(column, records, strict=True)
        ]

    def _says_nothing(self, held: object) -> bool:
        """Whether a verification of which nothing was understood holds something all the same."""
        if isinstance(held, list):
            return bool(held) and self._says_nothing(held[-1])
        if isinstance(held, dict):
            known = {name for part in CHECK_SYNONYMS for name in present(held, self.mapping.check_names(part))}
            verdict = _first(held, present(held, self.mapping.check_names("verdict")))
            foreign = any(value not in _NOTHING for name, value in held.items() if name not in known)
            return self._says_nothing(verdict) if verdict is not None else foreign and not known
        if isinstance(held, str):
            return held != "" and self.mapping.status(held) is DispatchStatus.UNKNOWN
        return held is not None and not isinstance(held, bool)

    def _common(self, shapes: set[tuple[str, ...]]) -> _Plan | None:
        """One plan for records with these keys; None when they do not agree where a field stands."""
        plans = [self._plans.get(names) or self._plan(names) for names in shapes]
        common: list[str | None] = []
        for choices in zip(*(plan[:7] for plan in plans), strict=True):
            named = set(choices) - {None}
            if len(named) > 1:
                return None
            common.append(next(iter(named), None))
        flats = {plan[7] for plan in plans} - {()}
        if len(common) < 7 or len(flats) > 1:
            return None
        number, surface, task, status, time, check, agent = common
        links = tuple(dict.fromkeys(pair for plan in plans for pair in plan[8]))
        return number, surface, task, status, time, check, agent, next(iter(flats), ()), links

    def _plan(self, names: tuple[str, ...]) -> _Plan:
        def pick(field: str, wanted: tuple[str, ...] = ()) -> str | None:
            found = present(names, wanted or self.mapping.names(field))
            if len(found) > 1:
                known = self._others.get(field, ())
                self._others[field] = present((*known, *found[1:]), self.mapping.names(field))
            return next(iter(found), None)

        flat = tuple(
            (field, name) for field in FLAT if (name := pick(field, self.mapping.flat_names(field))) is not None
        )
        number, surface, task, status, time, check, agent = map(pick, SYNONYMS)
        links = tuple((field, name) for field, wanted in LINKS.items() for name in present(names, wanted)[:1])
        plan = (number, surface, task, status, time, check, agent, flat, links)
        if len(self._plans) < _CACHE_LIMIT:
            self._plans[names] = plan
        return plan

    def _column_of_statuses(self, column: list[object]) -> list[tuple[DispatchStatus, str]]:
        try:
            return [self._statuses[raw] for raw in column]
        except (KeyError, TypeError):  # not seen yet, or not even hashable
            return [self._status(raw) for raw in column]

    def _status(self, raw: object) -> tuple[DispatchStatus, str]:
        if isinstance(raw, str) and raw in self._statuses:
            return self._statuses[raw]
        shown = _text(raw, 200)
        found = (DispatchStatus.UNKNOWN if isinstance(raw, dict | list) else self.mapping.status(shown), shown)
        if isinstance(raw, str) and len(self._statuses) < _CACHE_LIMIT:
            self._statuses[raw] = found
        return found

    def _column_of_surfaces(self, column: list[object]) -> list[str]:
        try:
            return [self._surfaces[raw] for raw in column]
        except (KeyError, TypeError):
            return [self._surface(raw) for raw in column]

    def _surface(self, raw: object) -> str:
        shown = _text(raw, 200).strip()
        if isinstance(raw, str) and len(self._surfaces) < _CACHE_LIMIT:
            self._surfaces[raw] = shown
        return shown

    def _check(self, held: object, record: _Record, flat: tuple[tuple[str, str], ...]) -> Verification | None:
        """The verification in any form; *flat* names what of it stands in the record itself."""
        if not (held or flat):
            return None
        if isinstance(held, list):
            held = held[-1] if held else None
        if isinstance(held, dict):
            names = tuple(held)
            plan = self._check_plans.get(names) or self._check_plan(names)
            parts = [_first(held, at) for at in plan]
            if dict in map(type, parts):
                parts = self._unfolded(parts)
        else:
            parts = [held, None, None, None, None, None]
        for field, name in flat:
            value = record.get(name)
            if value is not None:
                parts[_PART[field]] = value
        key = (*parts, *map(type, parts))  # True is 1 as a key, but no score
        try:
            return self._checks[key]
        except (KeyError, TypeError):
            check = _verification(*parts)
        if _SMALL.issuperset(map(type, parts)) and len(self._checks) < _CACHE_LIMIT:
            self._checks[key] = check
        return check

    def _unfolded(self, parts: list[object]) -> list[object]:
        """The parts of a verification in which a score may be an object with its number, and who gave it."""
        for at in (_PART["self_score"], _PART["cross_score"]):
            inner = parts[at]
            if isinstance(inner, dict):
                names = tuple(inner)
                parts[at] = _first(inner, present(names, NESTED_SCORE))
                if at == _PART["cross_score"]:
                    more = [_first(inner, present(names, self.mapping.check_names(part))) for part in CHECK_SYNONYMS]
                    parts = [one if one is not None else other for one, other in zip(parts, more, strict=True)]
        return parts

    def _check_plan(self, names: tuple[str, ...]) -> _CheckPlan:
        plan = tuple(present(names, self.mapping.check_names(part)) for part in CHECK_SYNONYMS)
        if len(self._check_plans) < _CACHE_LIMIT:
            self._check_plans[names] = plan
        return plan


_NOTHING: Final[tuple[object, ...]] = (None, "", False, [], {})
_PART: Final = {name: at for at, name in enumerate(CHECK_SYNONYMS)}
_SMALL: Final = frozenset({str, int, float, bool, type(None)})


def _verification(
    verdict: object, self_score: object, cross_score: object, by: object, at: object, note: object
) -> Verification | None:
    found, own, cross = verdict_of(verdict), score(self_score), score(cross_score)
    if found is None and cross is None and verdict is None:
        found = verdict_of(cross_score)  # "cross": "PASS"
    if found is None and own is None and cross is None:
        return None
    return Verification(found, own, cross, _text(by, 200), _text(note), epoch(at) if at else None)


def _first(held: _Record, names: tuple[str, ...]) -> object:
    """The first value under one of *names* that says something, else None."""
    for name in names:
        value = held.get(name)
        if value is not None and value != "":
            return value
    return None


def _empty(
    numbers: list[int | None], surfaces: list[str], tasks: list[str], statuses: list[DispatchStatus]
) -> set[int]:
    """Indices of records that lack something every record should have."""
    unknown = DispatchStatus.UNKNOWN
    if None not in numbers and "" not in surfaces and "" not in tasks and unknown not in statuses:
        return set()
    rows = enumerate(zip(numbers, surfaces, tasks, statuses, strict=True))
    return {
        at
        for at, (number, surface, task, status) in rows
        if number is None or not (surface and task) or status is unknown
    }


def _usable(numbers: list[int]) -> bool:
    return min(numbers) >= 0 and max(numbers) < NUMBER_LIMIT


def _column(records: list[_Record], name: str | None) -> list[object]:
    return [record.get(name) for record in records] if name is not None else [None] * len(records)


def _column_of_texts(column: list[object]) -> list[str]:
    if set(map(type, column)) == {str}:
        texts = cast(list[str], column)
        if max(map(len, texts)) <= LINE_LIMIT and _PLAIN(" ".join(texts)) is not None:
            return texts
    return [_text(value) for value in column]


def _column_of_links(records: list[_Record], at: _Pairs) -> list[Links]:
    """What each record has to do with others; almost none has anything."""
    found: dict[int, dict[str, object]] = {}
    for field, name in at:
        for row, value in enumerate(_column(records, name)):
            if value is not None and value != "":
                found.setdefault(row, {})[field] = value
    links = [NO_LINKS] * len(records)
    for row, held in found.items():
        verifies, by = number_of(held.get("verifies")), number_of(held.get("verified_by"))
        links[row] = Links(verifies, _text(held.get("verifier"), 200).strip(), by)
    return links


def _text(value: object, limit: int = LINE_LIMIT) -> str:
    if isinstance(value, str):
        if len(value) <= limit and _PLAIN(value) is not None:
            return value
        return safe_text(value, limit=limit)
    if value is None:
        return ""
    if isinstance(value, int | float):
        return str(value)
    try:
        return safe_text(json.dumps(value, ensure_ascii=False), limit=limit)
    except (ValueError, RecursionError):
        return "[…]"
