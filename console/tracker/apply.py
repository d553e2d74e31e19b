"""Carries out an operation on a parsed log; pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from console.i18n import tr
from console.model.dispatch import DispatchStatus
from console.model.naming import identity
from console.safety import safe_text
from console.tracker.dialect import Dialect, label_like, last_check
from console.tracker.document import Document, NotALog
from console.tracker.errors import Conflict, Refused
from console.tracker.fields import epoch, verdict_of
from console.tracker.names import CHECK_SYNONYMS, NESTED_SCORE, NO_OVERRIDES, SYNONYMS, FieldMap, fold, present
from console.tracker.numbers import number_in
from console.tracker.operations import (
    Append,
    Operation,
    Patch,
    RecordVerification,
    Revision,
    SetStatus,
    digest_of,
)


@dataclass(frozen=True, slots=True)
class Change:
    """What an operation comes to in one file, under the names of that file."""

    number: int
    text: str
    """The whole file after it."""
    record: Mapping[str, Any]
    """The record after it."""
    before: Mapping[str, Any] | None
    """The touched fields as they were, without those that were not there; None for a new record."""
    after: Mapping[str, Any]
    """The touched fields as they are now."""


def apply(
    document: Document, operation: Operation, *, based_on: Revision | None = None, mapping: FieldMap = NO_OVERRIDES
) -> Change:
    """Return what *operation* makes of *document*.

    With *based_on* an edit that meets fields changed since then, to something else than it wants itself, is a
    `Conflict`; changes of other fields do not matter. Raises Refused, Conflict.
    """
    dialect = Dialect([(entry.key, entry.value) for entry in document.entries], mapping)
    if isinstance(operation, Append):
        return _append(document, operation, dialect)
    index, record = _record(document, operation.number, mapping)
    after = _touched(operation, record, dialect)
    if based_on is not None:
        _compare(operation.number, record, after, based_on)
    changed = {**record, **after}
    before = {name: record[name] for name in after if name in record}
    try:
        text = document.text if changed == record else document.replaced(index, changed)
    except NotALog as error:
        raise Refused(f"#{operation.number} {error}") from None
    return Change(operation.number, text, changed, before, after)


def _record(document: Document, number: int, mapping: FieldMap) -> tuple[int, dict[str, Any]]:
    names = mapping.names("number")
    found: list[tuple[int, dict[str, Any]]] = []
    for index, entry in enumerate(document.entries):
        if isinstance(entry.value, dict) and number_in(entry.key, entry.value, names) == number:
            found.append((index, entry.value))
    if not found:
        raise Refused(
            tr(
                "there is no dispatch #{number} in the log; look whether it was removed or has another number",
                number=number,
            )
        )
    if len(found) > 1:
        raise Refused(
            tr(
                "#{number} stands {count} times in the log; give one of them another number first",
                number=number,
                count=len(found),
            )
        )
    return found[0]


def _append(document: Document, operation: Append, dialect: Dialect) -> Change:
    names = dialect.mapping.names("number")
    pairs = [(entry.key, entry.value) for entry in document.entries if isinstance(entry.value, dict)]
    taken = {number_in(key, record, names) for key, record in pairs}
    number = operation.fields.get("number")
    if number is None:
        number = 1 + max((each for each in taken if each is not None), default=0)
    elif not isinstance(number, int) or isinstance(number, bool) or number < 0:
        raise Refused(
            tr(
                "{number} is no number of a dispatch; leave it out for the next one",
                number=safe_text(str(number), limit=40),
            )
        )
    elif number in taken:
        raise Refused(tr("#{number} is in the log already; leave the number out for the next one", number=number))
    written = {
        name: value
        for field, value in operation.fields.items()
        if field != "number"
        for name, value in _written(field, value, {}, dialect).items()
    }
    like = dialect.sample[0] if dialect.sample else {}
    keyed_without = document.keyed and like and not present(like, names)
    if not keyed_without:
        written = {dialect.key("number", {}): dialect.number(number), **written}
    record = {name: written[name] for name in like if name in written} | written
    keys = [entry.key for entry in document.entries if entry.key is not None]
    key = label_like(keys[0 if dialect.newest_first else -1], number) if keys else str(number)
    try:
        text = document.inserted(record, key, first=dialect.newest_first)
    except NotALog as error:
        raise Refused(tr("the log {error}; make it a list first", error=error)) from None
    return Change(number, text, record, None, record)


def _touched(
    operation: Patch | SetStatus | RecordVerification, record: dict[str, Any], dialect: Dialect
) -> dict[str, Any]:
    if isinstance(operation, SetStatus):
        return _written("status", operation.status, record, dialect)
    if isinstance(operation, RecordVerification):
        return _verification(operation, record, dialect)
    found: dict[str, Any] = {}
    for field, value in operation.fields.items():
        if field == "number" or fold(field) in dialect.mapping.names("number"):
            raise Refused(tr("the number of #{number} stays; add a new dispatch instead", number=operation.number))
        found |= _written(field, value, record, dialect)
    if not found:
        raise Refused(tr("nothing to change in #{number}", number=operation.number))
    return found


def _written(field: str, value: Any, record: Mapping[str, Any], dialect: Dialect) -> dict[str, Any]:
    """The member that says *field* is *value* in the words of the file."""
    if field in record and field not in SYNONYMS:
        return {field: value}
    name = dialect.key(field, record)
    if field == "status" and isinstance(value, str):
        meant = value if isinstance(value, DispatchStatus) else None
        if meant is None and value in tuple(DispatchStatus):
            meant = DispatchStatus(value)
        value = dialect.status(meant) if meant is not None else value
        current = record.get(name)
        if meant is not None and isinstance(current, str) and dialect.mapping.status(current) is meant:
            value = current  # it says so already, in its own way: "완료 (14:20)"
    elif field == "dispatched_at" and isinstance(value, int | float) and not isinstance(value, bool):
        at = epoch(value)
        value = dialect.time(at) if at is not None else value
    return {name: value}


def _verification(operation: RecordVerification, record: dict[str, Any], dialect: Dialect) -> dict[str, Any]:
    author = record.get(dialect.key("surface", record))
    if isinstance(author, str) and identity(author) == identity(operation.by):
        who = safe_text(author, limit=80)
        raise Refused(
            tr(
                "{author} did #{number} itself; a verification is by another than the author",
                author=who,
                number=operation.number,
            )
        )
    parts: dict[str, Any] = {
        "verdict": dialect.verdict(operation.verdict) if operation.verdict is not None else None,
        "self_score": operation.self_score,
        "cross_score": operation.cross_score,
        "verified_by": operation.by or None,
        "verified_at": dialect.time(operation.at) if operation.at is not None else None,
        "note": operation.note or None,
    }
    given = {part: value for part, value in parts.items() if value is not None}
    name = dialect.key("verification", record)
    held = record.get(name)
    samples = [
        each[name] for each in (record, *dialect.sample) if isinstance(each.get(name), dict | list) and each[name]
    ]
    if not samples and not isinstance(held, dict | list) and dialect.flat(record):
        return _flat(given, record, dialect)
    if isinstance(held, str) and verdict_of(held) is not None and not samples:
        return _flat(given, record, dialect, verdict=name)
    like = last_check(samples[0]) if samples else {}
    as_list = isinstance(held, list) or (held is None and bool(samples) and isinstance(samples[0], list))
    old = {} if as_list or not isinstance(held, dict) else held
    names = {part: dialect.check_key(part, old or like) for part in CHECK_SYNONYMS}
    new = {names[part]: _inside(old.get(names[part]), value) for part, value in given.items()}
    made = {**{k: v for k, v in old.items() if k not in names.values()}, **new}
    made = {key: made[key] for key in (old or like) if key in made} | made
    return {name: [*(held if isinstance(held, list) else []), made] if as_list else made}


def _inside(held: object, value: Any) -> Any:
    """*value*, or, where the file has an object for it (``{"score": 3.8, …}``), that object with it."""
    if not isinstance(held, dict):
        return value
    return {**held, next(iter(present(held, NESTED_SCORE)), NESTED_SCORE[0]): value}


def _flat(given: dict[str, Any], record: dict[str, Any], dialect: Dialect, verdict: str = "") -> dict[str, Any]:
    found = {}
    for part, value in given.items():
        name = dialect.flat_key(part, record)
        found[verdict if part == "verdict" and verdict else name] = value
    return found


def _compare(number: int, record: dict[str, Any], after: dict[str, Any], based_on: Revision) -> None:
    then = dict(based_on.fields)
    other = tuple(
        name
        for name, wanted in after.items()
        if (digest_of(record[name]) if name in record else None) != then.get(name)
        and not (name in record and record[name] == wanted)
    )
    if other:
        now = ", ".join(
            tr("{field} is now {value}", field=safe_text(name, limit=40), value=_shown(record.get(name)))
            for name in other
        )
        raise Conflict(
            tr("#{number} was changed meanwhile: {now}; look at it and decide again", number=number, now=now), other
        )


def _shown(value: object) -> str:
    return safe_text(str(value), limit=80) if value is not None else tr("gone")
