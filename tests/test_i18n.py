"""The language of the interface: how it is chosen, and that it holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from console import i18n


@pytest.mark.parametrize(
    ("environ", "language"),
    [
        ({}, "en"),
        ({"LANG": "ko_KR.UTF-8"}, "ko"),
        ({"LANG": "ko"}, "ko"),
        ({"LANG": "ko_KR.UTF-8", "LC_MESSAGES": "en_US.UTF-8"}, "en"),
        ({"LANG": "en_US.UTF-8", "LC_ALL": "ko_KR.UTF-8", "LC_MESSAGES": "C"}, "ko"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LC_ALL": "", "LANG": "ko_KR"}, "ko"),
    ],
)
def test_auto_follows_the_locale(environ: dict[str, str], language: str) -> None:
    assert i18n.chosen("auto", environ) == language
    assert i18n.chosen("ko", environ) == "ko"
    assert i18n.chosen("en", environ) == "en"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("language: ko\n", "ko"),
        ("theme: x\nlanguage:   'ko'  # mine\n", "ko"),
        ('language: "en"\n', "en"),
        ("language: auto\n", "en"),
        ("language: fr\n", "en"),
        ("handoff:\n  language: ko\n", "en"),
        ("# language: ko\n", "en"),
        ("\0\xff: [", "en"),
        ("", "en"),
    ],
)
def test_the_file_says_it_even_when_it_is_broken(tmp_path: Path, text: str, language: str) -> None:
    path = tmp_path / "config.yaml"
    path.write_bytes(text.encode("latin-1"))
    assert i18n.before_reading(path, {}) == language


def test_without_a_file_the_locale_says_it(tmp_path: Path) -> None:
    assert i18n.before_reading(None, {"LANG": "ko_KR.UTF-8"}) == "ko"
    assert i18n.before_reading(tmp_path / "none.yaml", {"LANG": "ko_KR.UTF-8"}) == "ko"
    assert i18n.before_reading(tmp_path, {}) == "en"


def test_english_is_what_the_code_says() -> None:
    i18n.use("en")
    assert i18n.tr("a text of no catalogue") == "a text of no catalogue"
    assert i18n.tr("{name} is gone", name="x {y}") == "x {y} is gone"
    assert i18n.tr("100 % of {braces") == "100 % of {braces"
    assert i18n.trn("{count} record", "{count} records", 1) == "1 record"
    assert i18n.trn("{count} record of {name}", "{count} records of {name}", 0, name="a") == "0 records of a"
    assert i18n.trc("a place", "open") == "open"
    assert i18n.mark("a text") == "a text"


def test_korean_comes_from_the_catalogue_and_the_rest_stays_english() -> None:
    i18n.use("ko")
    assert i18n.language() == "ko"
    assert i18n.tr("quit") == "종료"
    assert i18n.tr("a text of no catalogue") == "a text of no catalogue"
    i18n.use("en")
    assert i18n.tr("quit") == "quit"


def test_no_text_is_no_text_in_any_language() -> None:
    i18n.use("ko")
    assert i18n.tr("") == "", "gettext would give the head of the catalogue"
