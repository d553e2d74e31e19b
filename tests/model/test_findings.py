"""Scores and verdict in a verifier's last message: what is found, and what is not."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.model.dispatch import VerificationVerdict
from console.model.findings import DEFAULTS, HIGHEST, find, unwrapped, wrong_pattern
from console.model.verify_task import TEMPLATE

PASS, WARN, FAIL = VerificationVerdict.PASS, VerificationVerdict.WARN, VerificationVerdict.FAIL
Found = tuple[float | None, float | None, VerificationVerdict | None]


def said(*lines: str, patterns: tuple[str, ...] = ()) -> Found:
    found = find(lines, patterns)
    return found.self_score, found.cross_score, found.verdict


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("self 8.5 cross 7.4 verdict: pass", (8.5, 7.4, PASS)),
        ("self 4.9 / cross 3.8 / verdict: warn", (4.9, 3.8, WARN)),
        ("자체 8.5 / 교차 7.4 / 판정 PASS", (8.5, 7.4, PASS)),
        ("자체 점수는 8.5점, 교차 점수는 7.4점, 판정: 조건부 통과", (8.5, 7.4, WARN)),
        ("score: 7.4/10", (None, 7.4, None)),
        ("• Score 3.8 out of 5", (None, 3.8, None)),
        ("**Self score:** 8,5 · **Cross score:** 7,4 · **Verdict:** FAIL.", (8.5, 7.4, FAIL)),
        ("검증 결과: PASS (교차 점수 4.2/5). 모바일 360px 에서 한 곳만", (None, 4.2, PASS)),
        ("Done. Self score 4.5/5.", (4.5, None, None)),
        ("the author's own score is 4.9", (4.9, None, None)),
        ("self=9 cross=7 verdict=passed with warnings", (9.0, 7.0, WARN)),
        ("| 판정 | 불합격 |", (None, None, FAIL)),
        ("판정 PASS로 합니다", (None, None, PASS)),
    ],
)
def test_what_verifiers_write_is_found(line: str, expected: Found) -> None:
    assert said("I looked at it.", line) == expected
    assert find(["x", line]).lines == (" ".join(line.split()),), "the evidence is the line itself"


@pytest.mark.parametrize(
    "line",
    [
        "",
        "All 12 tests pass.",
        "self <the author's own score> / cross <your score> / verdict: <the word>",
        "verdict: pass, warn or fail",
        "verdict: pass/warn/fail",
        "verdict: not pass",
        "verdict: passes",
        "판정: 통과하지 못함",
        "교차 검증 3건 완료",
        "cross 3 files, self 10:30",
        "self 120 cross 100.5 score: 11/10",
        "I myself 4 times looked, itself 5",
        "cross-section 4",
        "score: 80%",
    ],
)
def test_what_is_no_score_and_no_verdict_is_left(line: str) -> None:
    assert find([line]).nothing, find([line])


def test_the_last_line_counts_and_nothing_is_put_together_from_two_scales() -> None:
    assert said("self 4.0 cross 2.0 verdict: fail", "later", "self 4.5 cross 4.2 verdict: pass") == (4.5, 4.2, PASS)
    assert said("verdict: fail", "cross 4.0, cross 4.2") == (None, 4.2, FAIL)
    found = find(["self 4.5/5 cross 7.4/10 verdict: warn"])
    assert (found.self_score, found.cross_score, found.verdict) == (None, None, WARN)
    assert found.doubt == "self is out of 5 and cross out of 10: write both on one scale"
    assert find(["self 4.5/5", "cross 4/5"]).words == "self 4.5, cross 4"


def test_patterns_of_the_operators_own_take_the_place_of_all() -> None:
    own = (r"총평:\s*(?P<cross>\S+)\s+(?P<verdict>\S+)", r"Eigen (?P<self>\S+)")
    assert said("Eigen 3,5", "총평: 2.5 반려", patterns=own) == (3.5, 2.5, FAIL)
    assert said("self 8.5 cross 7.4 verdict: pass", patterns=own) == (None, None, None)
    assert said("총평: viel gut", "총평: 101 nan", "Eigen nan", "Eigen -1", patterns=own) == (None, None, None)


@pytest.mark.parametrize(
    ("pattern", "wrong"),
    [
        ("(?P<cross>", "not a regular expression"),
        ("x", "has no group"),
        ("(?P<note>x)", "has a group note"),
        (r"(?P<self>\d)", ""),
    ],
)
def test_a_pattern_is_judged(pattern: str, wrong: str) -> None:
    assert (wrong in wrong_pattern(pattern)) and (bool(wrong) == bool(wrong_pattern(pattern)))
    assert not [each for each in DEFAULTS if wrong_pattern(each)]


def test_the_task_itself_is_never_an_answer() -> None:
    assert find(TEMPLATE).nothing


def test_rows_that_a_screen_broke_are_one_line_again() -> None:
    rows = ["● I ran the tests myself and", "  they pass.", "", "  self 4.9 / cross 3.8 /", "  verdict: warn"]
    assert unwrapped(rows, 30) == ("● I ran the tests myself and they pass.", "self 4.9 / cross 3.8 / verdict: warn")
    assert unwrapped(["● one", "  two"], 30) == ("● one", "two"), "there was room: two lines"
    assert unwrapped(["x" * 29, "- item"], 30) == ("x" * 29, "- item"), "a mark begins a line"
    assert find(unwrapped(rows, 30)).words == "self 4.9, cross 3.8, warn"


SAID = (
    "self cross score verdict: pass warn fail 자체 교차 점수 판정 통과 못 4.9 3,8 7.4/10 100 101 -1 nan 1e3 /5 out of "
    "** | ( ) [ \\ \x1b 4.5.6 12:30 % \u202e ٣ ４.５"
)
WORDS = st.sampled_from(SAID.split())
LINES = st.lists(st.one_of(st.text(max_size=60), st.lists(WORDS, max_size=12).map(" ".join)), max_size=12)


@given(LINES, st.integers(0, 120))
def test_whatever_is_said_nothing_raises_and_scores_are_in_range(lines: list[str], width: int) -> None:
    found = find(unwrapped(lines, width))
    for score in (found.self_score, found.cross_score):
        assert score is None or 0 <= score <= HIGHEST
    assert found.nothing or found.lines
    assert found.nothing == (not found.words)


@given(LINES, st.sampled_from([r"(?P<self>.*)", r"(?P<cross>\S*)|(?P<verdict>.+)", r"(?P<verdict>)x?"]))
def test_whatever_an_own_pattern_matches_nothing_raises(lines: list[str], pattern: str) -> None:
    found = find(lines, (pattern,))
    for score in (found.self_score, found.cross_score):
        assert score is None or 0 <= score <= HIGHEST


@given(st.floats(0, 100), st.floats(0, 100), st.sampled_from(["pass", "warn", "fail"]))
def test_what_the_template_asks_for_is_found(own: float, cross: float, word: str) -> None:
    shown = f"{own:.1f}", f"{cross:.1f}"
    assert said(f"  self {shown[0]} / cross {shown[1]} / verdict: {word}") == (
        float(shown[0]), float(shown[1]), VerificationVerdict(word),
    )  # fmt: skip


def test_hostile_lines_cost_no_time() -> None:
    for text in ("self" * 100_000, "cross (" * 50_000, " " * 500_000 + "verdict", "4" * 200_000):
        assert find([text] * 3).nothing
    assert re.compile(DEFAULTS[0])
