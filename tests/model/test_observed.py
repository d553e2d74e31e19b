"""What is expected and seen, in both languages; widths in cells."""

from __future__ import annotations

import pytest

from console import i18n
from console.model.automation import Tally, expectation, judge_files
from console.model.cells import cells, padded
from console.model.observed import seen, wanted


@pytest.mark.parametrize(
    "text", ["running", "at most 3", "exists,younger than 2h", "at least 1 and larger than 1 kB", ""]
)
def test_english_stays_as_it_was_written(text: str) -> None:
    assert wanted(text) == text and seen(text) == text


def test_the_words_of_the_configuration_in_korean() -> None:
    i18n.use("ko")
    assert wanted("running") == "실행 중"
    assert wanted("Exists,  younger than 2h and at most 3") == "있음, 2h보다 최근, 3 이하"
    assert wanted("0") == "0" and wanted("") == "" == seen("")


def test_a_bare_state_is_translated_where_it_is_shown_and_nothing_twice() -> None:
    i18n.use("ko")
    expected = expectation("0")
    assert expected is not None
    observed, _ = judge_files(expected, Tally(53))
    assert observed == "파일 53개" == seen(observed)
    assert seen("unloaded") == "언로드됨"


@pytest.mark.parametrize(("text", "width"), [("", 0), ("abc", 3), ("한글 a", 6), ("e\N{COMBINING ACUTE ACCENT}", 1)])
def test_cells(text: str, width: int) -> None:
    assert cells(text) == width and cells(padded(text, 8)) == 8
    assert padded(text, width - 1) == text
