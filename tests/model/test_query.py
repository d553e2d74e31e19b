"""The filter of the dispatch table."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.model.dispatch import Dispatch, DispatchStatus, Verification, VerificationVerdict
from console.model.query import Query, parse, searched

TAILER = Dispatch(54, "surface:5", "Hermes tailer 샘플링", DispatchStatus.WORKING, "진행 중")
OTHER = Dispatch(58, "surface:15", "OTel Phase 5 E2E trace 재수정", DispatchStatus.NEEDS_CHECK, "완료 (확인 필요)")
CLOSED = Dispatch(
    540,
    "CODEX 5",
    "tailer, 끝",
    DispatchStatus.VERIFIED,
    "verified",
    verification=Verification(VerificationVerdict.WARN),
)
LOG = (TAILER, OTHER, CLOSED)


def found(text: str) -> list[int | None]:
    query = parse(text)
    return [dispatch.number for dispatch in LOG if query.matches(dispatch, searched(dispatch))]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("", [54, 58, 540]),
        ("tailer", [54, 540]),
        ("TAILER 샘플", [54]),
        ("status:working surface:5 tailer", [54]),
        ("surface:5", [54, 540]),
        ("surface:codex", [540]),
        ("세션:15", [58]),
        ("status:open", [54, 58]),
        ("status:closed", [540]),
        ("상태:진행", [54]),
        ("status:needs", [58]),
        ("#54", [54]),
        ("check:warn", [540]),
        ("check:fail", []),
        ("검증:awaiting", [58]),
        ("54", [54, 540]),
        ("status:", [54, 58, 540]),
        ("surface: status:", [54, 58, 540]),
        ("재수정 status:working", []),
    ],
)
def test_every_part_narrows(text: str, numbers: list[int]) -> None:
    assert found(text) == numbers


def test_nothing_typed_is_empty() -> None:
    assert parse("  ") == Query() and parse(" status: ").empty and not parse("x").empty


@given(st.text(max_size=60))
def test_nothing_typed_is_wrong(text: str) -> None:
    query = parse(text)
    for dispatch in LOG:
        assert query.matches(dispatch, searched(dispatch)) in (True, False)
    assert not query.empty or found(text) == [54, 58, 540]
