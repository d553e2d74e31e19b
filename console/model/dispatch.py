"""One row of the dispatch log: a task given to a surface, and its verification."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class DispatchStatus(StrEnum):
    """State of a dispatch. The value is the word shown and the word in JSON."""

    QUEUED = "queued"
    SENDING = "sending"
    """Its bytes may be on their way; it stays so only where the console was cut off meanwhile."""
    SENT = "sent"
    WORKING = "working"
    WAITING = "waiting"
    DONE = "done"
    NEEDS_CHECK = "needs-check"
    VERIFIED = "verified"
    FAILED = "failed"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"


OPEN_STATUSES: Final = frozenset(
    {
        DispatchStatus.QUEUED,
        DispatchStatus.SENDING,
        DispatchStatus.SENT,
        DispatchStatus.WORKING,
        DispatchStatus.WAITING,
        DispatchStatus.NEEDS_CHECK,
        DispatchStatus.UNKNOWN,
    }
)
"""Not finished: somebody still owes something. A dispatch nobody understands counts as open."""


class VerificationVerdict(StrEnum):
    """Outcome of a cross-check."""

    PASS = "pass"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Verification:
    """A cross-check of a dispatch by another agent."""

    verdict: VerificationVerdict | None = None
    self_score: float | None = None
    cross_score: float | None = None
    by: str = ""
    """Surface or agent that verified."""
    note: str = ""
    at: float | None = None
    """Epoch seconds, when the record tells."""

    @property
    def gap(self) -> float | None:
        """Self score minus cross score: how much the author flatters itself."""
        if self.self_score is None or self.cross_score is None:
            return None
        return round(self.self_score - self.cross_score, 2)


@dataclass(frozen=True, slots=True)
class Links:
    """What a dispatch has to do with others."""

    verifies: int | None = None
    """Number of the dispatch this one is to verify."""
    verifier: str = ""
    """Surface that verifies it, or is to."""
    verified_by: int | None = None
    """Number of the dispatch that was sent to verify it."""


NO_LINKS: Final = Links()


@dataclass(frozen=True, slots=True)
class Dispatch:
    """One task given to one surface; texts have passed `safety.safe_text`."""

    number: int | None
    """``54`` for ``#54``; None when the record has no usable number."""
    surface: str
    task: str
    status: DispatchStatus
    raw_status: str = ""
    """The status as the file has it."""
    dispatched_at: float | None = None
    """Epoch seconds."""
    verification: Verification | None = None
    agent: str = ""
    """The agent it was given to, as the file names it; most logs do not."""
    automatic: bool = False
    """The automatic dispatcher's, by the words the configuration names (``guards.automatic.records``)."""
    links: Links = NO_LINKS

    @property
    def is_open(self) -> bool:
        """Whether it is still owed."""
        return self.status in OPEN_STATUSES

    @property
    def label(self) -> str:
        """``#54``, or ``#?`` without a number."""
        return f"#{self.number}" if self.number is not None else "#?"
