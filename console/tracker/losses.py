"""Which of our operations another writer has undone. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from console.i18n import tr
from console.tracker.names import FieldMap, present
from console.tracker.numbers import number_in
from console.tracker.operations import Append, Operation, Patch
from console.tracker.schema import find_records

_GONE: Final = object()
"""The value of a field that is not there."""


class Written(Protocol):
    """What `losses` needs of a line of the journal."""

    @property
    def id(self) -> str:
        """Names the line."""

    @property
    def operation(self) -> Operation:
        """What was to be done."""

    @property
    def number(self) -> int:
        """The record it touched."""

    @property
    def before(self) -> Mapping[str, Any] | None:
        """Touched fields before; None for a new record."""

    @property
    def after(self) -> Mapping[str, Any]:
        """Touched fields after."""


@dataclass(frozen=True, slots=True)
class Lost:
    """Something of ours that is not in the log any more, and the operation that brings it back."""

    number: int
    operation: Operation
    fields: tuple[str, ...]
    """Names of what was undone; empty when the whole record is gone."""
    why: str
    entries: tuple[str, ...]
    """Ids of the journal's lines this is about."""
    applicable: bool = True
    """Whether it can be applied again: the record it changed was not ours, and is gone, when it cannot."""


def find_losses(entries: Iterable[Written], document: object, mapping: FieldMap) -> tuple[Lost, ...]:
    """Return what of *entries*, the oldest first, another writer has undone in *document*."""
    by_number: dict[int, list[Written]] = {}
    for entry in entries:
        by_number.setdefault(entry.number, []).append(entry)
    if not by_number:
        return ()
    records = _by_number(document, mapping)
    found: list[Lost] = []
    for number, all_own in by_number.items():
        record = records.get(number)
        *earlier, own = _lives(all_own)
        for life in earlier:  # the number was free again when we gave it to the next one
            if life[0].before is not None:
                found += [
                    _one(entry, tr("#{number} was removed and is another task now", number=number), False)
                    for entry in life
                ]
            elif record is None or not _same(life, record, mapping):
                found.append(_whole(number, life, record is not None, mapping))
        if own[0].before is None and (record is None or not _same(own, record, mapping)):
            found.append(_whole(number, own, record is not None, mapping))
        elif record is None:
            found += [_one(entry, tr("#{number} is not in the log any more", number=number), False) for entry in own]
        else:
            found += _fields(number, own, record)
    return tuple(found)


def _lives(own: list[Written]) -> list[list[Written]]:
    """What was written under one number, apart for each record that had it."""
    lives: list[list[Written]] = []
    for entry in own:
        if entry.before is None or not lives:
            lives.append([])
        lives[-1].append(entry)
    return lives


def _one(entry: Written, why: str, applicable: bool) -> Lost:
    return Lost(entry.number, entry.operation, (), why, (entry.id,), applicable)


def _by_number(document: object, mapping: FieldMap) -> dict[int, dict[str, Any]]:
    keys, records = find_records(document) or (None, [])
    under: Sequence[object] = keys if keys is not None else [None] * len(records)
    names = mapping.names("number")
    found: dict[int, dict[str, Any]] = {}
    for key, record in zip(under, records, strict=True):
        if isinstance(record, dict):
            number = number_in(key, record, names)
            if number is not None:
                found[number] = record
    return found


def _same(own: Sequence[Written], record: Mapping[str, Any], mapping: FieldMap) -> bool:
    """Whether *record* is still the one we added: another writer may have given its number to another task."""
    marks = [name for field in ("task", "dispatched_at") for name in present(own[0].after, mapping.names(field))[:1]]
    if not marks:
        return True
    return any(record.get(name, _GONE) == entry.after.get(name, own) for name in marks for entry in own)


def _whole(number: int, own: Sequence[Written], taken: bool, mapping: FieldMap) -> Lost:
    """The record as we left it, to be added again; under its number when that is free."""
    merged: dict[str, Any] = {}
    for entry in own:
        merged |= entry.after
    for name in present(merged, mapping.names("number")):
        del merged[name]
    if not taken:
        merged = {"number": number, **merged}
    why = (
        tr("#{number} is another task now", number=number)
        if taken
        else tr("#{number} is not in the log any more", number=number)
    )
    return Lost(number, Append(merged), (), why, tuple(entry.id for entry in own))


def _fields(number: int, own: Sequence[Written], record: Mapping[str, Any]) -> list[Lost]:
    undone: dict[str, list[str]] = {}
    for name in dict.fromkeys(name for entry in own for name in entry.after):
        now = record.get(name, _GONE)
        touching = [entry for entry in own if name in entry.after]
        last = touching[-1]
        if now == last.after[name]:
            continue
        older = [(entry.before or {}).get(name, _GONE) for entry in touching]
        older += [entry.after[name] for entry in touching[:-1]]
        if any(now is value or now == value for value in older):
            undone.setdefault(last.id, []).append(name)
    found = []
    for entry in own:
        names = undone.get(entry.id)
        if names:
            whole = entry.before is not None and set(names) == set(entry.after)
            operation = entry.operation if whole else Patch(number, {n: entry.after[n] for n in names})
            why = tr("{fields} of #{number} is what it was before", fields=", ".join(names), number=number)
            found.append(Lost(number, operation, tuple(names), why, (entry.id,)))
    return found
