"""Who verified whom: the cross-checks of a dispatch log by author. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from console.model.dispatch import Dispatch, DispatchStatus, VerificationVerdict
from console.model.naming import identity
from console.model.summary import author_verified

_FINISHED = frozenset({DispatchStatus.DONE, DispatchStatus.NEEDS_CHECK})


@dataclass(frozen=True, slots=True)
class Author:
    """The work of one surface, as others judged it."""

    name: str
    """As the newest record spells it; empty for records that name no surface."""
    passed: int
    warned: int
    failed: int
    awaiting: int
    """Finished, and verified by nobody."""
    gaps: tuple[float, ...]
    """Self score minus cross score, oldest first."""
    verifiers: Mapping[str, int]
    """Who verified how many, most first."""

    @property
    def mean_gap(self) -> float | None:
        """To 0.01; None without a check that has both scores."""
        return round(sum(self.gaps) / len(self.gaps), 2) if self.gaps else None


@dataclass(frozen=True, slots=True)
class Ledger:
    """Every cross-check, and what still needs one."""

    authors: tuple[Author, ...]
    """Those with the most to verify first, then by name."""
    checked: tuple[Dispatch, ...]
    """Verified dispatches, newest first."""
    awaiting: tuple[Dispatch, ...]
    """Finished and verified by nobody, oldest first."""
    by_author: tuple[Dispatch, ...]
    """Verified by their own author: no verification."""


def awaits_check(dispatch: Dispatch) -> bool:
    """Whether a dispatch is reported done and nobody has said anything of it; a verification is not verified."""
    check = dispatch.verification
    judged = check is not None and (check.verdict is not None or check.cross_score is not None)
    return dispatch.status in _FINISHED and not judged and dispatch.links.verifies is None


def ledger(dispatches: Iterable[Dispatch], names: Mapping[str, str] | None = None) -> Ledger:
    """Return the ledger of *dispatches*; *names* leads from names of surfaces to their refs."""
    known = {identity(name): identity(ref) for name, ref in (names or {}).items()}
    work: dict[str, list[Dispatch]] = {}
    for each in sorted(dispatches, key=_age):
        author = identity(each.surface)
        work.setdefault(known.get(author, author), []).append(each)
    authors = [_author(own) for own in work.values() if any(awaits_check(d) or _judged(d) for d in own)]
    authors.sort(key=lambda author: (-author.awaiting, author.name))
    every = [each for own in work.values() for each in own]
    every.sort(key=_age)
    checked = tuple(reversed([each for each in every if _judged(each)]))
    own = tuple(d for d in checked if d.verification and author_verified(d, d.verification.by, names))
    return Ledger(tuple(authors), checked, tuple(each for each in every if awaits_check(each)), own)


def gaps(dispatches: Iterable[Dispatch], surface: str) -> tuple[float, ...]:
    """The gaps of the work of *surface*, oldest first."""
    wanted = identity(surface)
    return tuple(
        each.verification.gap
        for each in sorted(dispatches, key=_age)
        if each.verification is not None and each.verification.gap is not None and identity(each.surface) == wanted
    )


def _author(own: list[Dispatch]) -> Author:
    verdicts = Counter(d.verification.verdict for d in own if d.verification is not None)
    by = Counter(d.verification.by or "?" for d in own if d.verification is not None and _judged(d))
    return Author(
        own[-1].surface,
        verdicts[VerificationVerdict.PASS],
        verdicts[VerificationVerdict.WARN],
        verdicts[VerificationVerdict.FAIL],
        sum(1 for d in own if awaits_check(d)),
        tuple(d.verification.gap for d in own if d.verification is not None and d.verification.gap is not None),
        dict(by.most_common()),
    )


def _judged(dispatch: Dispatch) -> bool:
    check = dispatch.verification
    return check is not None and (check.verdict is not None or check.cross_score is not None)


def _age(dispatch: Dispatch) -> tuple[float, int]:
    return (dispatch.dispatched_at or 0.0, dispatch.number or 0)
