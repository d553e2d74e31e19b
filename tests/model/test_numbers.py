"""Numbers as people write them: for certain, or not at all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.model.numbers import LARGEST, Number, cut_short, read_number


@pytest.mark.parametrize(
    ("text", "value", "unit", "at_least"),
    [
        ("0", 0, "", False),
        ("007", 7, "", False),
        (" 30,306\n", 30306, "", False),
        ("1,234,567.25", 1234567.25, "", False),
        ("-5", -5, "", False),
        ("−5.5", -5.5, "", False),
        ("+5", 5, "", False),
        ("12.0", 12, "", False),
        ("53+", 53, "", True),
        ("10+건", 10, "건", True),
        ("10건+", 10, "건", True),
        ("75%", 75, "%", False),
        ("12.92MB", 12.92, "MB", False),
        ("30K+", 30_000, "", True),
        ("1.5k", 1500, "", False),
        ("3만", 30_000, "", False),
        ("3만 5천", 35_000, "", False),
        ("3만5000", 35_000, "", False),
        ("1.2만", 12_000, "", False),
        ("1억 2,345만", 123_450_000, "", False),
        ("2억 5천만", 250_000_000, "", False),
        ("1만 2천 345", 12_345, "", False),
        ("2천건", 2000, "건", False),
        ("5천원", 5000, "원", False),
    ],
)
def test_a_number_is_read(text: str, value: float, unit: str, at_least: bool) -> None:
    found = read_number(text)
    assert found == Number(value, unit, at_least)
    assert found is not None and type(found.value) is type(value), "whole numbers stay whole"


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "없음", "n/a", "nan", "inf", "1e5", "0x10", "1_000", "３", "٣", "½"),
        *("1.234,56", "1,23", "12,34,567", "1,2345", "1 234", "1'234", ".5", "5.", "1.2.3", "1,234,"),
        *("~50", "약 50", "50여", "50여 건", "50-60", "3/4", "16:41", "2026-04-10", "#54", "(5)", "5?"),
        *(
            "5M",
            "5m",
            "30KB+x",
            "만",
            "천만",
            "3만천",
            "1만 20000",
            "3천 5만",
            "3천 0만",
            "1만 2천.5",
            "3만 1,23",
            "1.5만 3천",
            "1만 2.5",
            "3만 남음",
        ),
        *("-53+", "53++", "9" * 25, "1" * 81, "1\n2", "3만 5천 6천", "5건 3건"),
    ],
)
def test_what_is_not_certain_is_no_number(text: str) -> None:
    assert read_number(text) is None


def test_the_unit_that_is_named_is_the_only_one() -> None:
    assert read_number("30 dispatches", "dispatches") == Number(30, "dispatches")
    assert read_number("30 dispatches") is None
    assert read_number("12.92 GB", "MB") is None
    assert read_number("30", "MB") == Number(30)


@pytest.mark.parametrize(
    ("before", "taken", "after", "whole"),
    [
        ("logs ", "30", ",306", "30,306"),
        ("logs 30,", "306", " now", "30,306"),
        ("x", "12", ".92MB", "12.92"),
        ("v1.", "2", "", "1.2"),
        ("", "3", "만 5천", "3만 5천"),
        ("", "3", "만원", "3만"),
        ("", "30", "K+", "30K+"),
        ("", "5", "e3", "5e3"),
        ("t = -", "5", "", "-5"),
        ("", "50", "-60", "50-60"),
        ("1", "2", "", "12"),
        ("약 3만 ", "5", "", "3만 5"),
    ],
)
def test_a_part_of_a_number_is_seen(before: str, taken: str, after: str, whole: str) -> None:
    assert cut_short(before, taken, after) == whole


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("PASS ", " / FAIL 1"),
        ("", ""),
        ("No.", "."),
        ("items-", ", 5 left"),
        ("완료 ", "+ / 미완"),
        ("", "%"),
        ("(", ")"),
    ],
)
def test_a_whole_number_is_whole(before: str, after: str) -> None:
    assert not cut_short(before, "4", after)


@given(st.integers(-(10**23), 10**23))
def test_every_whole_number_comes_back(value: int) -> None:
    assert read_number(f"{value:,}") == read_number(str(value)) == Number(value)


@given(st.text(alphabet="0123456789.,+-%만천억 kK건MB", max_size=20) | st.text(max_size=90))
def test_no_text_raises_and_no_number_without_its_digits(text: str) -> None:
    found = read_number(text)
    if found is not None:
        assert any(char.isdigit() for char in text) and abs(found.value) < LARGEST
        again = read_number(str(found))
        assert again is not None and again.at_least == found.at_least and again.unit == found.unit
