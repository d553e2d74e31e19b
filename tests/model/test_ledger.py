"""Who verified whom."""

from __future__ import annotations

import pytest

from console.model.dispatch import Dispatch, DispatchStatus, Verification, VerificationVerdict
from console.model.ledger import gaps, ledger
from console.model.naming import identity
from console.widgets.plots import gap_words


def done(number: int, surface: str, check: Verification | None = None) -> Dispatch:
    return Dispatch(number, surface, f"task {number}", DispatchStatus.DONE, "", 1000.0 + number, check)


def checked(number: int, surface: str, by: str, own: float, cross: float) -> Dispatch:
    return done(number, surface, Verification(VerificationVerdict.WARN, own, cross, by))


def test_authors_have_what_others_said_of_them_however_they_are_spelled() -> None:
    log = [
        checked(3, "surface:5", "surface:6", 5.0, 3.0),
        checked(1, "Surface 5 (CLAUDE 1)", "surface:6", 4.0, 4.0),
        checked(2, "CLAUDE 1", "surface:7", 4.5, 4.0),
        done(4, "surface:5"),
    ]
    found = ledger(log, {"CLAUDE 1": "surface:5"})
    [author] = found.authors
    assert author.name == "surface:5"
    assert (author.passed, author.warned, author.failed, author.awaiting) == (0, 3, 0, 1)
    assert author.gaps == (0.0, 0.5, 2.0)
    assert author.mean_gap == 0.83
    assert dict(author.verifiers) == {"surface:6": 2, "surface:7": 1}
    assert [each.number for each in found.checked] == [3, 2, 1]
    assert [each.number for each in found.awaiting] == [4]


def test_a_check_by_the_author_is_no_verification_and_is_told() -> None:
    found = ledger([checked(1, "surface:5", "5", 5, 5), checked(2, "surface:5", "surface:6", 5, 5)])
    assert [each.number for each in found.by_author] == [1]


def test_work_that_still_goes_on_awaits_nothing() -> None:
    assert ledger([Dispatch(1, "surface:5", "x", DispatchStatus.WORKING)]).authors == ()


def test_the_trend_is_one_bar_for_each_verification_of_this_author() -> None:
    log = [checked(3, "%3", "%9", 5.0, 3.0), checked(1, "%3", "%9", 4.0, 4.0), checked(9, "%4", "%9", 5, 1)]
    assert gap_words(gaps(log, "%3")) == "▁█  last +2, mean +1.00 over 2"
    assert gap_words(gaps(log, "%8")) == ""


@pytest.mark.parametrize(
    ("one", "other"), [("b:1.20", "b:12.0"), ("%1", "%11"), ("surface:1", "surface:11"), ("a.b", "ab")]
)
def test_different_surfaces_are_not_taken_for_one(one: str, other: str) -> None:
    assert identity(one) != identity(other)
