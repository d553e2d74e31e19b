"""The dispatch log in numbers: how many, what is still owed, how verification went. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from console.i18n import tr
from console.model.dispatch import Dispatch, DispatchStatus, VerificationVerdict
from console.model.naming import identity
from console.model.similar import groups

_DONE = frozenset({DispatchStatus.DONE, DispatchStatus.VERIFIED})
_TO_VERIFY = frozenset({DispatchStatus.DONE, DispatchStatus.NEEDS_CHECK})


@dataclass(frozen=True, slots=True)
class OpenItem:
    """A dispatch that is still owed."""

    number: int | None
    surface: str
    task: str
    status: DispatchStatus
    age: float | None
    """Seconds since it was dispatched, never negative; None when the record does not tell."""

    @property
    def label(self) -> str:
        """``#54``, or ``#?`` without a number."""
        return f"#{self.number}" if self.number is not None else "#?"


@dataclass(frozen=True, slots=True)
class VerificationCounts:
    """How the cross-checks went, over all dispatches."""

    passed: int = 0
    warned: int = 0
    failed: int = 0
    awaiting: int = 0
    """Reported done, and nobody else has said anything of them yet."""
    mean_gap: float | None = None
    """Mean of self score minus cross score, to 0.01; None without a dispatch that has both."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What a dispatch log comes to. ``total`` is done + open + failed + cancelled; unknown ones are among the open."""

    total: int
    done: int
    """Done or verified."""
    open: int
    unknown: int
    by_status: Mapping[DispatchStatus, int]
    """In the order of `DispatchStatus`; statuses nothing has are left out."""
    by_surface: Mapping[str, int]
    """Dispatches of every surface, ``surface:2`` before ``surface:10``; ``""`` are those that name none."""
    verification: VerificationCounts
    open_items: tuple[OpenItem, ...]
    """Oldest first, those of unknown age last."""
    duplicates: tuple[tuple[int, ...], ...]
    """Numbers of open dispatches that seem to be the same task: see `console.model.similar`."""


def summarise(dispatches: Iterable[Dispatch], now: float) -> Summary:
    """Return the numbers of *dispatches* at *now* (epoch seconds)."""
    found = tuple(dispatches)
    by_status = Counter(each.status for each in found)
    by_surface = Counter(each.surface for each in found)
    still_open = [each for each in found if each.is_open]
    still_open.sort(key=_oldest_first)
    items = tuple(
        OpenItem(each.number, each.surface, each.task, each.status, _age(each.dispatched_at, now))
        for each in still_open
    )
    # A verification quotes what it verifies: that is not the same task.
    own = [each for each in still_open if each.links.verifies is None]
    numbered = [(each.number, each.task) for each in own if each.number is not None]
    return Summary(
        total=len(found),
        done=sum(by_status[status] for status in _DONE),
        open=len(items),
        unknown=by_status[DispatchStatus.UNKNOWN],
        by_status={status: by_status[status] for status in DispatchStatus if by_status[status]},
        by_surface={name: by_surface[name] for name in sorted(by_surface, key=_natural)},
        verification=_verification(found),
        open_items=items,
        duplicates=groups(numbered),
    )


def may_verify(dispatch: Dispatch, by: str, names: Mapping[str, str] | None = None) -> str:
    """Return "" when *by* may verify *dispatch*, else why not, and what to do.

    Nobody verifies their own work. *names* leads from other names of surfaces to their refs (``CLAUDE 1`` to
    ``surface:5``). A dispatch that names no surface may be verified by all.
    """
    if not by.strip():
        return tr("{label}: nobody is named as verifier; say which surface verified it", label=dispatch.label)
    if author_verified(dispatch, by, names):
        return tr(
            "{label} is the work of {surface}; a verification is by another than the author",
            label=dispatch.label,
            surface=dispatch.surface,
        )
    return ""


def author_verified(dispatch: Dispatch, by: str, names: Mapping[str, str] | None = None) -> bool:
    """Whether *by* is the surface that did *dispatch*, however it is spelled; *names* as in `may_verify`."""
    known = {identity(name): identity(ref) for name, ref in (names or {}).items()}
    author, other = (known.get(each, each) for each in (identity(dispatch.surface), identity(by)))
    return bool(author) and author == other


def _verification(dispatches: Iterable[Dispatch]) -> VerificationCounts:
    verdicts: Counter[VerificationVerdict] = Counter()
    gaps: list[float] = []
    awaiting = 0
    for each in dispatches:
        check = each.verification
        if check is not None and check.verdict is not None:
            verdicts[check.verdict] += 1
        elif (
            each.status in _TO_VERIFY
            and (check is None or check.cross_score is None)
            and each.links.verifies is None  # nobody verifies a verification
        ):
            awaiting += 1
        if check is not None and check.gap is not None:
            gaps.append(check.gap)
    return VerificationCounts(
        passed=verdicts[VerificationVerdict.PASS],
        warned=verdicts[VerificationVerdict.WARN],
        failed=verdicts[VerificationVerdict.FAIL],
        awaiting=awaiting,
        mean_gap=round(sum(gaps) / len(gaps), 2) if gaps else None,
    )


def _oldest_first(dispatch: Dispatch) -> tuple[bool, float, bool, int]:
    at, number = dispatch.dispatched_at, dispatch.number
    return at is None, at or 0.0, number is None, number or 0


def _age(at: float | None, now: float) -> float | None:
    return None if at is None else max(0.0, now - at)


def _natural(name: str) -> tuple[bool, list[tuple[int, str]]]:
    parts = re.split(r"(\d{1,15})", name.casefold())
    return not name, [(int(part), "") if at % 2 else (0, part) for at, part in enumerate(parts)]
