"""A dispatch log as people and scripts write it, mapped to `Dispatch`. Tolerant: no record is ever dropped."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from console.model.dispatch import Dispatch, DispatchStatus, Verification
from console.safety import LINE_LIMIT, safe_text
from console.tracker.fields import epoch, score, status_of, verdict_of

CONTAINERS: Final = ("dispatches", "tasks", "entries", "log", "items")
"""Keys under which an object may hold its records."""

NUMBER: Final = ("number", "no", "dispatch_id", "dispatch", "id", "#")
SURFACE: Final = ("surface", "session", "target", "surface_ref")
TASK: Final = ("task", "title", "prompt", "description", "message", "name")
STATUS: Final = ("status", "state")
TIME: Final = ("dispatched_at", "created_at", "ts", "timestamp", "sent_at", "time", "date")
CHECK: Final = ("verification", "verify", "cross_check", "cross_verification")

SELF_SCORE: Final = ("self_score", "self", "score_self")
CROSS_SCORE: Final = ("cross_score", "cross", "score_cross", "score")
VERDICT: Final = ("verdict", "result", "outcome", "status")
BY: Final = ("by", "verified_by", "verifier", "reviewer", "surface", "agent")
_FLAT: Final[tuple[str, ...]] = ("self_score", "cross_score", "verdict", "verified_by")
"""Parts of a verification that may stand in the record itself."""

NUMBER_LIMIT: Final = 10**15
_CACHE_LIMIT: Final = 4096
_LABEL: Final = re.compile(r"\D{0,16}(\d{1,15})")

_Plan = tuple[str | None, str | None, str | None, str | None, str | None, str | None, tuple[tuple[str, str], ...]]


def read_records(document: object) -> tuple[tuple[Dispatch, ...], int]:
    """Return (every record of *document*, how many of them are not fully understood).

    *document* is parsed JSON: a list of records, an object with the list under one of `CONTAINERS`, or an object keyed
    by number. A record that is not understood stays in the result with what was found of it. Never raises.
    """
    records = _records(document)
    if records is None:
        return (), 1
    reader = _Reader()
    found = tuple([reader.read(key, record) for key, record in records])
    return found, reader.not_understood


def _records(document: object) -> Iterable[tuple[object, object]] | None:
    if isinstance(document, list):
        return ((None, record) for record in document)
    if not isinstance(document, dict):
        return None
    for name in CONTAINERS:
        held = document.get(name)
        if isinstance(held, list):
            return ((None, record) for record in held)
        if isinstance(held, dict):
            return held.items()
    keyed = [item for item in document.items() if isinstance(item[1], dict) and _number(item[0]) is not None]
    if keyed or not document:
        return keyed
    return [(None, document)] if any(name in document for name in TASK) else None


class _Reader:
    """Reads the records of one document; records of one writer look alike, so what was worked out once is kept."""

    def __init__(self) -> None:
        self.not_understood = 0
        self._plans: dict[tuple[str, ...], _Plan] = {}
        self._statuses: dict[object, tuple[DispatchStatus, str]] = {}
        self._surfaces: dict[object, str] = {}

    def read(self, key: object, record: object) -> Dispatch:
        if not isinstance(record, dict):
            self.not_understood += 1
            return Dispatch(_number(key), "", _text(record), DispatchStatus.UNKNOWN)
        names = tuple(record)
        at_number, at_surface, at_task, at_status, at_time, at_check, flat = self._plans.get(names) or self._plan(names)
        get = record.get
        number = get(at_number)
        if type(number) is not int or not 0 <= number < NUMBER_LIMIT:
            number = _any_number(key, record)
        try:
            status, shown = self._statuses[get(at_status)]
        except (KeyError, TypeError):  # not seen yet, or not even hashable
            status, shown = self._status(get(at_status))
        try:
            surface = self._surfaces[get(at_surface)]
        except (KeyError, TypeError):
            surface = self._surface(get(at_surface))
        task, at, held = _text(get(at_task)), get(at_time), get(at_check)
        when = epoch(at) if at else None
        check = _verification(held, flat, record) if held or flat else None
        if (
            number is None
            or not (surface and task)
            or status is DispatchStatus.UNKNOWN
            or (at and when is None)
            or (check is None and held and isinstance(held, str) and status_of(held) is DispatchStatus.UNKNOWN)
        ):
            self.not_understood += 1
        return Dispatch(number, surface, task, status, shown, when, check)

    def _plan(self, names: tuple[str, ...]) -> _Plan:
        folded = {_fold(name): name for name in reversed(names)}

        def pick(synonyms: tuple[str, ...]) -> str | None:
            return next((folded[name] for name in synonyms if name in folded), None)

        flat = tuple((name, folded[name]) for name in _FLAT if name in folded)
        plan = (pick(NUMBER), pick(SURFACE), pick(TASK), pick(STATUS), pick(TIME), pick(CHECK), flat)
        if len(self._plans) < _CACHE_LIMIT:
            self._plans[names] = plan
        return plan

    def _status(self, raw: object) -> tuple[DispatchStatus, str]:
        shown = _text(raw, 200)
        found = (status_of(shown), shown)
        if isinstance(raw, str) and len(self._statuses) < _CACHE_LIMIT:
            self._statuses[raw] = found
        return found

    def _surface(self, raw: object) -> str:
        shown = _text(raw, 200).strip()
        if isinstance(raw, str) and len(self._surfaces) < _CACHE_LIMIT:
            self._surfaces[raw] = shown
        return shown


@lru_cache(_CACHE_LIMIT)
def _fold(name: str) -> str:
    """``dispatchedAt``, ``Dispatched-At`` and ``dispatched_at`` are one name."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[ -]", "_", name[:80]).casefold()


def _text(value: object, limit: int = LINE_LIMIT) -> str:
    if isinstance(value, str):
        return safe_text(value, limit=limit)
    if value is None:
        return ""
    return str(value) if isinstance(value, int | float) else "[…]"


def _any_number(key: object, record: dict[str, object]) -> int | None:
    """The number of a record whose first choice is no plain integer: ``"#54"``, or under another name, or its key."""
    folded = {_fold(name): value for name, value in record.items()}
    numbers = (_number(value) for value in (*(folded.get(name) for name in NUMBER), key))
    return next((number for number in numbers if number is not None), None)


def _number(value: object) -> int | None:
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


def _verification(held: object, flat: tuple[tuple[str, str], ...], record: dict[str, object]) -> Verification | None:
    """*held* is the record's verification in any form; *flat* names what of it stands in the record itself."""
    if isinstance(held, list):
        held = held[-1] if held else None
    parts = {_fold(name): value for name, value in held.items()} if isinstance(held, dict) else {"verdict": held}
    for name, at in flat:
        if record[at] is not None:
            parts[name] = record[at]
    verdict = verdict_of(_first(parts, VERDICT))
    self_score, cross_score = score(_first(parts, SELF_SCORE)), score(_first(parts, CROSS_SCORE))
    if verdict is None and self_score is None and cross_score is None:
        return None
    return Verification(verdict, self_score, cross_score, _text(_first(parts, BY), 200))


def _first(parts: dict[str, object], names: tuple[str, ...]) -> object:
    for name in names:
        value = parts.get(name)
        if value is not None:
            return value
    return None
