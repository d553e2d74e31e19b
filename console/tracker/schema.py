"""A dispatch log as people and scripts write it: where its records are, and all of them as `Dispatch`. Tolerant."""

from __future__ import annotations

from collections.abc import Sequence

from console.model.dispatch import Dispatch
from console.tracker.mapper import Mapper
from console.tracker.names import CONTAINERS, NO_OVERRIDES, SYNONYMS, FieldMap
from console.tracker.numbers import number_in, number_of


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
    found_in = find_records(document)
    if found_in is None:
        return None
    keys, records = found_in
    at_number = mapping.names("number")
    under: Sequence[object] = keys if keys is not None else [None] * len(records)
    found = None
    for key, record in zip(under, records, strict=True):
        if isinstance(record, dict) and number_in(key, record, at_number) == number:
            found = record
    return found


def find_records(document: object) -> tuple[list[str] | None, list[object]] | None:
    """Return (what the records stand under, None in a list; the records); None when *document* is no log."""
    if isinstance(document, list):
        return None, document
    if not isinstance(document, dict):
        return None
    for name in CONTAINERS:
        held = document.get(name)
        if isinstance(held, list):
            return None, held
        if isinstance(held, dict):
            return list(held), list(held.values())
    keyed = [item for item in document.items() if is_keyed(*item)]
    if keyed or not document:
        return [key for key, _ in keyed], [record for _, record in keyed]
    return (None, [document]) if any(name in document for name in SYNONYMS["task"]) else None


def is_keyed(key: str, value: object) -> bool:
    """Whether a member of an object is a record under its number."""
    return isinstance(value, dict) and number_of(key) is not None
