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
    "number": ("number", "no", "dispatch_id", "dispatch", "id", "#", "dispatch_#", "번호"),
    "surface": ("surface", "session", "target", "surface_ref", "세션", "대상"),
    "task": ("task", "title", "prompt", "description", "message", "name", "작업", "제목", "내용"),
    "status": ("status", "state", "상태"),
    "dispatched_at": (
        "dispatched_at", "created_at", "ts", "timestamp", "sent_at", "time", "date",
        "배분시각", "배분_시각", "시각", "일시",
    ),
    "verification": ("verification", "verify", "cross_check", "cross_verification", "검증", "교차검증", "교차_검증"),
    "agent": ("agent", "assignee", "worker", "담당"),
}  # fmt: skip
"""From a field of `Dispatch` to its names in a record, the first one that holds something counts."""

CHECK_SYNONYMS: Final[Mapping[str, tuple[str, ...]]] = {
    "verdict": ("verdict", "result", "outcome", "status", "판정", "결과"),
    "self_score": ("self_score", "self", "score_self", "자기점수", "자기_점수"),
    "cross_score": ("cross_score", "cross", "score_cross", "score", "교차점수", "교차_점수"),
    "verified_by": ("by", "verified_by", "verifier", "reviewer", "surface", "agent", "검증자"),
    "verified_at": ("at", "verified_at", "checked_at", "ts", "timestamp", "time", "date", "시각", "일시"),
    "note": ("note", "notes", "comment", "reason", "비고", "메모"),
}
"""From a part of a verification to its names inside the verification."""

NESTED_SCORE: Final = ("score", "total", "점수", "총점")
"""Names of the number where a score is an object of its own: ``{"cross": {"score": 3.8, "by": "surface:6"}}``."""

FLAT: Final[Mapping[str, str]] = {
    "verdict": "verdict",
    "self_score": "self_score",
    "cross_score": "cross_score",
    "verified_by": "verified_by",
    "verified_at": "verified_at",
    "note": "verification_note",
}
"""Parts of a verification that may, under just these names, stand in the record itself."""

LINKS: Final[Mapping[str, tuple[str, ...]]] = {
    "verifies": ("verifies", "verifies_dispatch", "검증대상", "검증_대상"),
    "verifier": ("verifier", "검증자", "검증담당", "검증_담당"),
    "verified_by": ("verified_by_dispatch", "verification_dispatch", "검증배분", "검증_배분"),
}
"""From a field of `Links` to its names in a record; the first is the one the console writes."""

_CACHE_LIMIT: Final = 4096


@dataclass(frozen=True, slots=True)
class FieldMap:
    """What the owner says about the log; it comes before everything that is built in."""

    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """From a key of `SYNONYMS` or `FLAT` to the names it has in this log, for example ``{"task": ("what",)}``."""
    statuses: Mapping[str, DispatchStatus] = field(default_factory=dict)
    """From a word of the log to what it means; case, blanks and punctuation do not count."""
    automatic: Mapping[str, str] = field(default_factory=dict)
    """From a field of the record to the word it has when the automatic dispatcher wrote it; one is enough."""

    def names(self, name: str) -> tuple[str, ...]:
        """Folded names of the record's field *name*, the owner's first. Parts of a verification: see `check_names`."""
        built_in = SYNONYMS.get(name) or ((name,) if FLAT.get(name) == name else ())
        return (*map(fold, self.fields.get(name, ())), *built_in)

    def flat_names(self, part: str) -> tuple[str, ...]:
        """Folded names of a part of a verification, in the record itself."""
        return (*map(fold, self.fields.get(part, ())), FLAT[part])

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
