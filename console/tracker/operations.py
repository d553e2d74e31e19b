"""What can be done to a dispatch log: operations, not documents. How one is carried out: `apply`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from json import dumps
from typing import Any, Final

from console.model.dispatch import DispatchStatus, VerificationVerdict


@dataclass(frozen=True, slots=True)
class Append:
    """A new record. Without ``number`` it gets the next one.

    Names of `Dispatch` (``number``, ``surface``, ``task``, ``status``, ``dispatched_at`` in epoch seconds) are written
    under the names, and in the words and form, the file uses for them; other names as they are.
    """

    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Patch:
    """New values for some fields of a record; names as in `Append`."""

    number: int
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SetStatus:
    """A new status, written in the file's own word for it."""

    number: int
    status: DispatchStatus


@dataclass(frozen=True, slots=True)
class RecordVerification:
    """The cross-check of a record by another than its author; in a file that keeps a list, one more entry of it."""

    number: int
    by: str
    """Surface or agent that verified."""
    self_score: float | None = None
    cross_score: float | None = None
    verdict: VerificationVerdict | None = None
    note: str = ""
    at: float | None = None
    """Epoch seconds."""


Operation = Append | Patch | SetStatus | RecordVerification


@dataclass(frozen=True, slots=True)
class Revision:
    """What a record was when an edit of it began; to be made with `of` from the raw record."""

    fields: tuple[tuple[str, str], ...] = ()
    """(Name, digest of the value), sorted."""
    digest: str = field(default="", compare=False)
    """Of the whole record."""

    @classmethod
    def of(cls, record: Mapping[str, object]) -> Revision:
        """Return the revision of *record*, raw as the file has it (`schema.raw_record`)."""
        fields = tuple(sorted((name, digest_of(value)) for name, value in record.items()))
        return cls(fields, digest_of(fields))


def digest_of(value: object) -> str:
    """Return 16 hex digits that are the same for the same JSON value, whatever the order of its keys."""
    text = dumps(value, sort_keys=True, ensure_ascii=True, default=str)
    return blake2b(text.encode(), digest_size=8).hexdigest()


_KINDS: Final = {"append": Append, "patch": Patch, "status": SetStatus, "verify": RecordVerification}


def to_json(operation: Operation) -> dict[str, Any]:
    """Return *operation* as a JSON object; `from_json` reads it back."""
    kind = next(name for name, made in _KINDS.items() if isinstance(operation, made))
    values = {name: getattr(operation, name) for name in type(operation).__slots__}
    if "fields" in values:
        values["fields"] = dict(values["fields"])
    return {"kind": kind, **{name: value for name, value in values.items() if value is not None}}


def from_json(found: Mapping[str, Any]) -> Operation:
    """Return the operation `to_json` wrote. Raises ValueError, TypeError or KeyError when it is none."""
    values = {name: value for name, value in found.items() if name != "kind"}
    made: type[Operation] = _KINDS[found["kind"]]
    if "status" in values and made is SetStatus:
        values["status"] = DispatchStatus(values["status"])
    if values.get("verdict") is not None and made is RecordVerification:
        values["verdict"] = VerificationVerdict(values["verdict"])
    return made(**values)
