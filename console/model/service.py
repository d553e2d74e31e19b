"""A service or process, judged against what is expected of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Judgement(StrEnum):
    """How an observation compares with what is expected."""

    OK = "ok"
    ATTENTION = "attention"
    ALARM = "alarm"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Service:
    """One watched service."""

    name: str
    expected: str
    """``running`` or ``absent``."""
    observed: str
    """``running``, ``absent`` or ``unknown``."""
    judgement: Judgement
    evidence: str
    """What was seen: ``pid 67592, up 3h``."""
