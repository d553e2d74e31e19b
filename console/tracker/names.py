"""Names people and scripts give the fields of a dispatch record, and what the owner's configuration adds to them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from console.model.dispatch import DispatchStatus
from console.tracker.fields import squeeze, status_of

CONTAINERS: Final = ("dispatches", "tasks", "entries", "log", "items")
"""Keys under which an object may hold its records."""

SYNONYMS: Final[Mapping[str, tuple[str, ...]]] = {
    "number": ("number", "no", "dispatch_id", "dispatch", "id", "#"),
    "surface": ("surface", "session", "target", "surface_ref"),
    "task": ("task", "title", "prompt", "description", "message", "name"),
    "status": ("status", "state"),
    "dispatched_at": ("dispatched_at", "created_at", "ts", "timestamp", "sent_at", "time", "date"),
    "verification": ("verification", "verify", "cross_check", "cross_verification"),
    "agent": ("agent", "assignee", "worker"),
}
"""From a field of `Dispatch` to its names in a record, the first one that is there counts."""

CHECK_SYNONYMS: Final[Mapping[str, tuple[str, ...]]] = {
    "verdict": ("verdict", "result", "outcome", "status"),
    "self_score": ("self_score", "self", "score_self"),
    "cross_score": ("cross_score", "cross", "score_cross", "score"),
    "verified_by": ("by", "verified_by", "verifier", "reviewer", "surface", "agent"),
    "verified_at": ("at", "verified_at", "checked_at", "ts", "timestamp", "time", "date"),
    "note": ("note", "notes", "comment", "reason"),
}
"""From a part of a verification to its names inside the verification."""

FLAT: Final = ("verdict", "self_score", "cross_score", "verified_by", "verified_at")
"""Parts of a verification that may, under just these names, stand in the record itself."""

_CACHE_LIMIT: Final = 4096


@dataclass(frozen=True, slots=True)
class FieldMap:
    """What the owner says about the log; it comes before everything that is built in."""

    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """From a key of `SYNONYMS` or `FLAT` to the names it has in this log, for example ``{"task": ("what",)}``."""
    statuses: Mapping[str, DispatchStatus] = field(default_factory=dict)
    """From a word of the log to what it means; case, blanks and punctuation do not count."""

    def names(self, name: str) -> tuple[str, ...]:
        """Folded names of the record's field *name*, the owner's first. Parts of a verification: see `check_names`."""
        built_in = SYNONYMS.get(name) or ((name,) if name in FLAT else ())
        return (*map(fold, self.fields.get(name, ())), *built_in)

    def check_names(self, name: str) -> tuple[str, ...]:
        """Folded names of a part of a verification, inside the verification."""
        return (*map(fold, self.fields.get(name, ())), *CHECK_SYNONYMS[name])

    def status(self, text: str) -> DispatchStatus:
        """Return what *text* means in this log."""
        if self.statuses:
            wanted = squeeze(text.casefold())
            for word, status in self.statuses.items():
                if word == text or (wanted and squeeze(word.casefold()) == wanted):
                    return status
        return status_of(text)


NO_OVERRIDES: Final = FieldMap()


@lru_cache(_CACHE_LIMIT)
def fold(name: str) -> str:
    """Return *name* so that ``dispatchedAt``, ``Dispatched-At`` and ``dispatched_at`` are one name."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[ -]", "_", name[:80]).casefold()


def present(record: Iterable[str], wanted: tuple[str, ...]) -> tuple[str, ...]:
    """Return the keys of *record* that are one of the folded names *wanted*, in the order of *wanted*."""
    folded = {fold(name): name for name in reversed(tuple(record))}
    return tuple(dict.fromkeys(folded[name] for name in wanted if name in folded))
