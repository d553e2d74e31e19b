"""The dispatch log in numbers, tasks that are the same twice, and who may verify whom."""

from __future__ import annotations

import pytest

from console.model.dispatch import Dispatch, DispatchStatus, Verification, VerificationVerdict
from console.model.similar import groups
from console.model.summary import VerificationCounts, author_verified, may_verify, summarise

NOW = 1_775_800_000.0


def dispatch(
    number: int | None,
    status: DispatchStatus = DispatchStatus.WORKING,
    *,
    surface: str = "surface:5",
    task: str = "",
    at: float | None = None,
    check: Verification | None = None,
) -> Dispatch:
    return Dispatch(number, surface, task or f"과제 {number}", status, "", at, check)


def test_an_empty_log() -> None:
    found = summarise((), NOW)
    assert (found.total, found.done, found.open, found.unknown) == (0, 0, 0, 0)
    assert found.verification == VerificationCounts() and found.verification.mean_gap is None
    assert not (found.by_status or found.by_surface or found.open_items or found.duplicates)


def test_every_status_is_counted_once() -> None:
    found = summarise([dispatch(at, status) for at, status in enumerate(DispatchStatus)], NOW)
    assert (found.total, found.done, found.open, found.unknown) == (11, 2, 7, 1)
    assert found.by_status == dict.fromkeys(DispatchStatus, 1)
    assert list(found.by_status) == list(DispatchStatus)
    failed_or_cancelled = found.by_status[DispatchStatus.FAILED] + found.by_status[DispatchStatus.CANCELLED]
    assert found.total == found.done + found.open + failed_or_cancelled


def test_surfaces_stand_in_the_order_of_their_numbers() -> None:
    names = ("surface:10", "surface:2", "", "CODEX V", "surface:2")
    found = summarise([dispatch(at, surface=name) for at, name in enumerate(names)], NOW)
    assert list(found.by_surface.items()) == [("CODEX V", 1), ("surface:2", 2), ("surface:10", 1), ("", 1)]


def test_the_oldest_open_one_comes_first_and_those_of_unknown_age_last() -> None:
    log = [
        dispatch(9),
        dispatch(None),
        dispatch(3, at=NOW - 60),
        dispatch(2, at=NOW - 7200),
        dispatch(1, DispatchStatus.DONE, at=NOW - 9000),
        dispatch(8, DispatchStatus.NEEDS_CHECK, at=NOW + 50),
    ]
    items = summarise(log, NOW).open_items
    found = [(item.label, item.age) for item in items]
    assert found == [("#2", 7200.0), ("#3", 60.0), ("#8", 0.0), ("#9", None), ("#?", None)]


def test_verification() -> None:
    warn, passed, failed = VerificationVerdict.WARN, VerificationVerdict.PASS, VerificationVerdict.FAIL
    log = [
        dispatch(1, DispatchStatus.VERIFIED, check=Verification(warn, 4.9, 3.8)),
        dispatch(2, DispatchStatus.DONE, check=Verification(passed, 4.0, 4.5)),
        dispatch(3, DispatchStatus.FAILED, check=Verification(failed, None, 1.0)),
        dispatch(4, DispatchStatus.DONE),
        dispatch(5, DispatchStatus.NEEDS_CHECK, check=Verification(self_score=4.8)),
        dispatch(6, DispatchStatus.DONE, check=Verification(cross_score=4.8)),
        dispatch(7, DispatchStatus.WORKING),
    ]
    assert summarise(log, NOW).verification == VerificationCounts(1, 1, 1, awaiting=2, mean_gap=0.3)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Fix the tailer", "fix  the TAILER!"),
        ("Fix the log tailer now please", "please fix the log tailer now"),
        ("rotate logs of the tailer every night", "rotate logs of the tailer every night again"),
        ("대시보드 화면 레이아웃 정리", "대시보드화면 레이아웃정리"),
        ("대시보드 화면 레이아웃 정리", "대시보드 화면의 레이아웃 정리"),
        ("ｔａｉｌｅｒ 점검", "tailer 점검"),
    ],
)
def test_nearly_the_same_task_is_found(one: str, other: str) -> None:
    assert groups([(60, one), (54, other), (7, "something else altogether here")]) == ((54, 60),)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("step 1 of that very big plan for a new tailer", "step 2 of that very big plan for a new tailer"),
        ("운영 대시보드 전면 개편 계획 1단계 화면 구현", "운영 대시보드 전면 개편 계획 2단계 화면 구현"),
        ("fix tailer", "tailer fix"),
        ("대시보드 화면 레이아웃 정리", "대시보드 화면 레이아웃 추가"),
        ("rotate logs of tailer", "rotate logs of collector"),
        ("...", "!!!"),
        ("", ""),
    ],
)
def test_another_task_is_not(one: str, other: str) -> None:
    assert groups([(54, one), (60, other)]) == ()


def test_groups_grow_and_stand_in_order() -> None:
    tasks = [(9, "b c d e f"), (8, "a"), (7, "b c d e f g"), (3, "a"), (5, "b c d e f"), (5, "b c d e f")]
    assert groups(tasks) == ((3, 8), (5, 7, 9))


def test_only_open_dispatches_with_a_number_are_duplicates() -> None:
    same = "텔레메트리 정리"
    log = [dispatch(1, task=same), dispatch(2, DispatchStatus.DONE, task=same), dispatch(None, task=same)]
    assert summarise(log, NOW).duplicates == ()
    assert summarise([*log, dispatch(4, DispatchStatus.UNKNOWN, task=same)], NOW).duplicates == ((1, 4),)


def test_many_tasks_from_one_template_are_all_compared_with_a_few() -> None:
    tasks = [(at, f"모듈 파일 정리 작업 {chr(0xAC00 + at)}{chr(0xB000 + at)}") for at in range(2000)]
    assert groups([*tasks, (5000, tasks[1999][1] + "!")]) == ((1999, 5000),)


@pytest.mark.parametrize(
    "by", ["surface:5", " Surface 5 ", "surface-05", "5", "surface:5 (CLAUDE 1)", "CLAUDE 1", "claude1"]
)
def test_the_author_never_verifies(by: str) -> None:
    reason = may_verify(dispatch(54), by, {"CLAUDE 1": "surface:5"})
    assert reason == "#54 is the work of surface:5; a verification is by another than the author"
    assert author_verified(dispatch(54, surface="CLAUDE 1"), by, {"CLAUDE 1": "surface:5"})


@pytest.mark.parametrize("by", ["surface:6", "surface:55", "%5", "CLAUDE V", "6"])
def test_another_may(by: str) -> None:
    assert may_verify(dispatch(54), by, {"CLAUDE 1": "surface:5"}) == ""
    assert may_verify(dispatch(54, surface=""), by) == ""


def test_nobody_may_not() -> None:
    assert "say which surface" in may_verify(dispatch(54), "  ")
