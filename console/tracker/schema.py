"""A dispatch log as people and scripts write it, mapped to `Dispatch`. Tolerant: no record is ever dropped."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import repeat
from typing import Final, cast

from console.model.dispatch import Dispatch, DispatchStatus, Verification
from console.safety import LINE_LIMIT, safe_text
from console.tracker.fields import epoch, score, verdict_of
from console.tracker.names import CHECK_SYNONYMS, CONTAINERS, FLAT, NO_OVERRIDES, SYNONYMS, FieldMap, fold, present

NUMBER_LIMIT: Final = 10**15
_CACHE_LIMIT: Final = 4096
_LABEL: Final = re.compile(r"\D{0,16}(\d{1,15})")
_PLAIN: Final = re.compile("[ -~가-힣]*").fullmatch
"""Text `safe_text` returns as it is; asking here costs a fifth."""

_Plan = tuple[str | None, str | None, str | None, str | None, str | None, str | None, tuple[tuple[str, str], ...]]
_CheckPlan = tuple[tuple[str, ...], ...]


def read_records(document: object, mapping: FieldMap = NO_OVERRIDES) -> tuple[tuple[Dispatch, ...], int]:
    """Return (every record of *document*, how many of them are not fully understood).

    *document* is parsed JSON: a list of records, an object with the list under one of `CONTAINERS`, or an object keyed
    by number. A record that is not understood stays in the result with what was found of it. Never raises.
    """
    found = find_records(document)
    if found is None:
        return (), 1
    keys, records = found
    mapper = Mapper(mapping)
    return tuple(mapper.read(records, keys)), mapper.not_understood


def raw_record(document: object, number: int, mapping: FieldMap = NO_OVERRIDES) -> dict[str, object] | None:
    """Return record *number* as the file has it (nothing made safe!), the last one when several have it, or None."""
    keys, records = find_records(document) or ([], [])
    at_number = mapping.names("number")
    found = None
    for key, record in zip(keys, records, strict=False):
        if isinstance(record, dict) and number_in(key, record, at_number) == number:
            found = record
    return found


def find_records(document: object) -> tuple[Iterable[object], Sequence[object]] | None:
    """Return (the key of each record, or endless None in a list; the records); None when *document* is no log."""
    if isinstance(document, list):
        return repeat(None), document
    if not isinstance(document, dict):
        return None
    for name in CONTAINERS:
        held = document.get(name)
        if isinstance(held, list):
            return repeat(None), held
        if isinstance(held, dict):
            return tuple(held), tuple(held.values())
    keyed = [item for item in document.items() if is_keyed(*item)]
    if keyed or not document:
        return [key for key, _ in keyed], [record for _, record in keyed]
    return (repeat(None), [document]) if any(name in document for name in SYNONYMS["task"]) else None


def is_keyed(key: str, value: object) -> bool:
    """Whether a member of an object is a record under its number."""
    return isinstance(value, dict) and number_of(key) is not None


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
    ) -> None:
        self.number = number
        self.surface = surface
        self.task = task
        self.status = status
        self.raw_status = raw_status
        self.dispatched_at = dispatched_at
        self.verification = verification


class Mapper:
    """Maps the records of one log; records of one writer look alike, so what was worked out once is kept."""

    def __init__(self, mapping: FieldMap = NO_OVERRIDES) -> None:
        self.not_understood = 0
        """Records so far that are not fully understood."""
        self.mapping = mapping
        self._number_names = mapping.names("number")
        self._plans: dict[tuple[str, ...], _Plan] = {}
        self._check_plans: dict[tuple[str, ...], _CheckPlan] = {}
        self._checks: dict[tuple[object, ...], Verification | None] = {}
        self._statuses: dict[object, tuple[DispatchStatus, str]] = {}
        self._surfaces: dict[object, str] = {}

    def read(self, records: Iterable[object], keys: Iterable[object] = repeat(None)) -> list[Dispatch]:
        """Return *records* mapped, in their order. One loop without calls for the usual record: it is the hot path."""
        out: list[Dispatch] = []
        last: tuple[str, ...] = ()
        plan = self._plan(last)
        for key, record in zip(keys, records, strict=False):
            if not isinstance(record, dict):
                self.not_understood += 1
                out.append(Dispatch(number_of(key), "", _text(record), DispatchStatus.UNKNOWN))
                continue
            names = tuple(record)
            if names != last:
                plan = self._plans.get(names) or self._plan(names)
                last = names
            at_number, at_surface, at_task, at_status, at_time, at_check, flat = plan
            get = record.get
            number = get(at_number)
            if type(number) is not int or not 0 <= number < NUMBER_LIMIT:
                number = number_in(key, record, self._number_names)
            raw_status = get(at_status)
            try:
                status, shown = self._statuses[raw_status]
            except (KeyError, TypeError):  # not seen yet, or not even hashable
                status, shown = self._status(raw_status)
            try:
                surface = self._surfaces[get(at_surface)]
            except (KeyError, TypeError):
                surface = self._surface(get(at_surface))
            task, at, held = get(at_task), get(at_time), get(at_check)
            if type(task) is not str or len(task) > LINE_LIMIT or _PLAIN(task) is None:
                task = _text(task)
            when = epoch(at) if at else None
            check = self._check(held, flat, record) if held or flat else None
            if (
                number is None
                or not (surface and task)
                or status is DispatchStatus.UNKNOWN
                or (at and when is None)
                or (check is None and held and isinstance(held, str) and self._means_nothing(held))
            ):
                self.not_understood += 1
            made = _Made(number, surface, task, status, shown, when, check)
            made.__class__ = Dispatch  # type: ignore[assignment]
            out.append(cast(Dispatch, made))
        return out

    def _plan(self, names: tuple[str, ...]) -> _Plan:
        def pick(field: str) -> str | None:
            return next(iter(present(names, self.mapping.names(field))), None)

        flat = tuple((field, name) for field in FLAT if (name := pick(field)) is not None)
        number, surface, task, status, time, check = map(pick, SYNONYMS)
        plan = (number, surface, task, status, time, check, flat)
        if len(self._plans) < _CACHE_LIMIT:
            self._plans[names] = plan
        return plan

    def _status(self, raw: object) -> tuple[DispatchStatus, str]:
        shown = _text(raw, 200)
        found = (self.mapping.status(shown), shown)
        if isinstance(raw, str) and len(self._statuses) < _CACHE_LIMIT:
            self._statuses[raw] = found
        return found

    def _means_nothing(self, text: str) -> bool:
        return self.mapping.status(text) is DispatchStatus.UNKNOWN

    def _surface(self, raw: object) -> str:
        shown = _text(raw, 200).strip()
        if isinstance(raw, str) and len(self._surfaces) < _CACHE_LIMIT:
            self._surfaces[raw] = shown
        return shown

    def _check(self, held: object, flat: tuple[tuple[str, str], ...], record: dict[str, object]) -> Verification | None:
        """*held* is the record's verification in any form; *flat* names what of it stands in the record itself."""
        if isinstance(held, list):
            held = held[-1] if held else None
        parts: list[object]
        if isinstance(held, dict):
            names = tuple(held)
            plan = self._check_plans.get(names) or self._check_plan(names)
            parts = [_first(held, at) for at in plan]
        else:
            parts = [held, None, None, None, None, None]
        for field, at in flat:
            if record[at] is not None:
                parts[_PART[field]] = record[at]
        key = (*parts, *map(type, parts))  # True is 1 as a key, but no score
        try:
            return self._checks[key]
        except (KeyError, TypeError):
            check = _verification(*parts)
        if all(type(part) in _SMALL for part in parts) and len(self._checks) < _CACHE_LIMIT:
            self._checks[key] = check
        return check

    def _check_plan(self, names: tuple[str, ...]) -> _CheckPlan:
        plan = tuple(present(names, self.mapping.check_names(part)) for part in CHECK_SYNONYMS)
        if len(self._check_plans) < _CACHE_LIMIT:
            self._check_plans[names] = plan
        return plan


_PART: Final = {name: at for at, name in enumerate(CHECK_SYNONYMS)}
_SMALL: Final = frozenset({str, int, float, bool, type(None)})


def _verification(
    verdict: object, self_score: object, cross_score: object, by: object, at: object, note: object
) -> Verification | None:
    found, own, cross = verdict_of(verdict), score(self_score), score(cross_score)
    if found is None and own is None and cross is None:
        return None
    return Verification(found, own, cross, _text(by, 200), _text(note), epoch(at) if at else None)


def _first(held: dict[str, object], names: tuple[str, ...]) -> object:
    for name in names:
        value = held[name]
        if value is not None:
            return value
    return None


def _text(value: object, limit: int = LINE_LIMIT) -> str:
    if isinstance(value, str):
        return safe_text(value, limit=limit)
    if value is None:
        return ""
    return str(value) if isinstance(value, int | float) else "[…]"


def number_in(key: object, record: dict[str, object], names: tuple[str, ...]) -> int | None:
    """Return the number of a record: the first of *names* (folded) that holds one, else its *key*; None without."""
    folded = {fold(name): value for name, value in record.items()}
    numbers = (number_of(value) for value in (*(folded.get(name) for name in names), key))
    return next((number for number in numbers if number is not None), None)


def number_of(value: object) -> int | None:
    """Return 54 for ``54``, ``54.0``, ``"54"``, ``"#54"``, ``"dispatch-54"``; None when *value* is no such number."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value if 0 <= value < NUMBER_LIMIT else None
    if isinstance(value, float):
        return int(value) if value.is_integer() and 0 <= value < NUMBER_LIMIT else None
    if isinstance(value, str):
        found = _LABEL.fullmatch(value.strip()) if len(value) < 64 else None
        return int(found.group(1)) if found else None
    return None
