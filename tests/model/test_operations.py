"""Automation, artifacts and figures judged, compared and folded."""

from __future__ import annotations

from dataclasses import replace

import pytest

from console.model.artifact import FILES, Artifact, Changed, FileFact, compare
from console.model.automation import Automation, Tally, expectation, judge_files, judge_processes
from console.model.baseline import Baseline
from console.model.figure import Figure
from console.model.numbers import Number
from console.model.operations import OperationsSlice, only_fresher
from console.model.reading import BaselineRead, OperationsRead
from console.model.service import Judgement
from console.model.snapshot import Snapshot, reduce

OK, ATTENTION, ALARM, UNKNOWN = Judgement.OK, Judgement.ATTENTION, Judgement.ALARM, Judgement.UNKNOWN
A = FileFact("/a", 10, 100.0)
B = FileFact("/b", 20, 200.0)


@pytest.mark.parametrize(
    ("text", "holds", "fails"),
    [
        ("running", (1, 5), (0,)),
        ("gone", (0,), (1,)),
        ("0", (0,), (1,)),
        (" At  MOST 3 ", (0, 3), (4,)),
        ("at least 1", (1, 99), (0,)),
        ("3", (3,), (2, 4)),
    ],
)
def test_what_is_expected(text: str, holds: tuple[int, ...], fails: tuple[int, ...]) -> None:
    found = expectation(text)
    assert found is not None
    assert all(found.holds(count) for count in holds) and not any(found.holds(count) for count in fails)


@pytest.mark.parametrize("text", ["", "some", "-1", "at most", "at most three", "<= 3", "1.5", "at most 3 4", "３"])
def test_what_is_not_understood(text: str) -> None:
    assert expectation(text) is None


@pytest.mark.parametrize(
    ("expected", "tally", "said"),
    [
        ("0", Tally(), ("0 files", OK)),
        ("0", Tally(1), ("1 file", ATTENTION)),
        ("at most 3", Tally(53), ("53 files", ATTENTION)),
        ("0", Tally(1234, cut="more than 1,000 names"), ("1,234+ files", ATTENTION)),
        ("at most 3", Tally(2, cut="more"), ("2+ files", UNKNOWN)),
        ("at least 1", Tally(2, cut="more"), ("2+ files", OK)),
        ("2", Tally(2, cut="more"), ("2+ files", UNKNOWN)),
        ("0", Tally(0, trouble="/x: Permission denied"), ("unknown", UNKNOWN)),
        ("0", Tally(2, trouble="/x: Permission denied"), ("2 files", ATTENTION)),
    ],
)
def test_files_are_judged_and_never_more_surely_than_they_were_seen(
    expected: str, tally: Tally, said: tuple[str, Judgement]
) -> None:
    wanted = expectation(expected)
    assert wanted is not None and judge_files(wanted, tally) == said


def test_processes_are_judged() -> None:
    running, gone = expectation("running"), expectation("gone")
    assert running is not None and gone is not None
    assert judge_processes(running, 0) == ("gone", ALARM)
    assert judge_processes(running, 2) == ("2 running", OK)
    assert judge_processes(gone, 1) == ("running", ALARM)
    assert judge_processes(gone, 0) == ("gone", OK)


@pytest.mark.parametrize(
    ("files", "before", "expected"),
    [
        ((A,), None, (Changed.UNKNOWN, ())),
        ((A,), {"/a": A.mark}, (Changed.SAME, ())),
        ((), {}, (Changed.SAME, ())),
        ((replace(A, size=11),), {"/a": A.mark}, (Changed.CHANGED, ("/a",))),
        ((replace(A, mtime=101.0),), {"/a": A.mark}, (Changed.CHANGED, ("/a",))),
        ((A, B), {"/a": A.mark}, (Changed.CHANGED, ("/b",))),
        ((A,), {"/a": A.mark, "/b": B.mark}, (Changed.CHANGED, ("/b",))),
        ((A,), {}, (Changed.NEW, ("/a",))),
        ((), {"/a": A.mark}, (Changed.GONE, ("/a",))),
    ],
)
def test_artifacts_are_compared(
    files: tuple[FileFact, ...], before: dict[str, tuple[float, int, int]] | None, expected: object
) -> None:
    assert compare(files, before) == expected


def test_a_part_of_the_files_never_says_that_one_is_gone_or_the_same() -> None:
    assert compare((A,), {"/a": A.mark, "/b": B.mark}, whole=False) == (Changed.UNKNOWN, ())
    assert compare((A,), {"/a": B.mark, "/b": B.mark}, whole=False) == (Changed.CHANGED, ("/a",))


@pytest.mark.parametrize(
    ("now", "then", "moved"),
    [
        (Number(59), Number(47), "+12"),
        (Number(1000), Number(3000), "-2,000"),
        (Number(3.8), Number(4.9), "-1.1"),
        (Number(5), Number(5), "±0"),
        (Number(5), None, ""),
        (None, Number(5), ""),
        (Number(53, at_least=True), Number(50), ""),
        (Number(5, "MB"), Number(5, "kB"), ""),
        (Number(7, "건"), Number(5), "+2"),
        (Number(7), Number(5, "%"), ""),
    ],
)
def test_a_change_is_told_only_of_what_can_be_compared(now: Number | None, then: Number | None, moved: str) -> None:
    assert Figure("x", "건", now, then, read_at=1.0).moved == moved


def test_a_figure_is_shown_with_its_unit() -> None:
    assert Figure("x", "건", Number(30306), read_at=1.0).shown == "30,306건"
    assert Figure("x", "MB", Number(12.92), read_at=1.0).shown == "12.92 MB"
    assert Figure("x", "건", Number(53, "건", at_least=True), read_at=1.0).shown == "53건+"
    assert (Figure("x").shown, Figure("x", read_at=1.0).shown) == ("not read yet", "unknown")


def snapshot() -> Snapshot:
    automation = Automation("messages", "glob", "/tmp/m*", "0")
    return Snapshot(
        operations=OperationsSlice((automation,), (Artifact("a", "/a"), Artifact("b", "/b")), (Figure("f"),))
    )


def test_entries_are_read_one_by_one() -> None:
    before = snapshot()
    assert not before.operations.complete
    seen = replace(before.operations.automation[0], observed="2 files", judgement=ATTENTION, read_at=5.0)
    after = reduce(before, OperationsRead(5.0, automation=(seen, replace(seen, name="a stranger"))))
    assert after.operations.automation == (seen,) and not after.operations.complete
    assert after.troubles() == ("messages: 2 files, expected 0",)
    after = reduce(after, OperationsRead(5.0, (), (Artifact("b", "/b", read_at=5.0),), (Figure("f", read_at=5.0),)))
    assert not after.operations.complete
    missing = Artifact("a", "/a", judgement=ATTENTION, evidence="missing", read_at=5.0)
    after = reduce(after, OperationsRead(5.0, (), (missing,)))
    assert after.operations.complete and [each.name for each in after.operations.artifacts] == ["a", "b"]
    assert after.troubles()[-1] == "a: missing"


def test_what_was_before_is_compared_whichever_comes_first() -> None:
    baseline = Baseline(1.0, {"f": Number(3)}, {"/a": {"/a": A.mark}})
    artifact = Artifact("a", "/a", (replace(A, size=11),), 1, judgement=OK, read_at=5.0)
    read = OperationsRead(5.0, (), (artifact,), (Figure("f", number=Number(5), read_at=5.0),))
    noted = BaselineRead(5.0, baseline)
    one, other = reduce(reduce(snapshot(), read), noted), reduce(reduce(snapshot(), noted), read)
    assert (
        one.operations.artifacts[0] == other.operations.artifacts[0]
        and one.operations.figures == other.operations.figures
    )
    assert one.operations.artifacts[0].changed is Changed.CHANGED and one.operations.figures[0].moved == "+2"
    assert reduce(one, noted) is one
    gone = reduce(one, BaselineRead(6.0, None, "cannot be read"))
    assert gone.operations.artifacts[0].changed is Changed.UNKNOWN and gone.operations.figures[0].previous is None
    unknown = reduce(one, OperationsRead(6.0, (), (replace(artifact, files=(), count=0, judgement=UNKNOWN),)))
    assert unknown.operations.artifacts[0].changed is Changed.UNKNOWN, "what cannot be read is not gone"


def test_too_many_files_are_not_compared_as_if_they_were_all() -> None:
    many = Artifact("a", "/a", (A,), FILES + 1, judgement=OK, read_at=5.0)
    after = reduce(
        reduce(snapshot(), BaselineRead(1.0, Baseline(1.0, {}, {"/a": {"/a": A.mark}}))),
        OperationsRead(5.0, (), (many,)),
    )
    assert after.operations.artifacts[0].changed is Changed.UNKNOWN


def test_a_newer_time_alone_is_no_news() -> None:
    before = snapshot().operations
    read = replace(before, figures=(replace(before.figures[0], number=Number(5), read_at=5.0),))
    later = replace(read, figures=(replace(read.figures[0], read_at=6.0),))
    other = replace(read, figures=(replace(read.figures[0], number=Number(6)),))
    assert only_fresher(read, later) and not only_fresher(read, other) and not only_fresher(before, read)
    assert not only_fresher(read, replace(read, baseline=Baseline(1.0))) and not only_fresher(
        read, replace(read, figures=())
    )
