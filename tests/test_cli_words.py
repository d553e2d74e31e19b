"""The help of every sub-command fits the terminal in either language: Hangul is two cells wide."""

from __future__ import annotations

import argparse

import pytest

from console import i18n
from console.cli import _parser
from console.cli_words import broken
from console.model.cells import cells


def every(parser: argparse.ArgumentParser) -> list[argparse.ArgumentParser]:
    """*parser* and all its sub-commands."""
    below = [each for action in parser._actions if isinstance(action, argparse._SubParsersAction)
             for each in action.choices.values()]  # fmt: skip
    return [parser, *(deeper for each in below for deeper in every(each))]


@pytest.mark.parametrize("language", ["en", "ko"])
def test_no_line_of_any_help_is_wider_than_the_terminal(
    language: i18n.Language, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    i18n.use(language)
    parsers = every(_parser())
    assert len(parsers) > 30
    wide = [(each.prog, line) for each in parsers for line in each.format_help().splitlines() if cells(line) > 80]
    assert not wide, wide


def test_a_line_is_broken_by_cells_and_nothing_is_lost() -> None:
    text = "지켜보는 서비스의 시작·중지: 가드를 거치고, 결과를 확인합니다 superlongwordwithoutblank 끝"
    lines = broken(text, 16)
    assert " ".join(lines) == text and all(cells(line) <= 16 or " " not in line for line in lines)
    assert broken("plain English words", 8) == ["plain", "English", "words"] and broken("", 8) == []
