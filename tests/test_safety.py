"""The gates for text, against everything Hypothesis can think of."""

from __future__ import annotations

import re
import sys
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.safety import COMBINING_LIMIT, check_outgoing, redact, safe_text, strip_sgr

PIECES = st.sampled_from(
    [
        *"\x1b\x9b\x9d\x90\x98\x9e\x9f\x9c\x07\n\r\t\0\x7f\x85[]mP^_X\\;:0?!~ aé한",
        "\x1b[", "\x1b]52;c;aGk=\x07", "\x1b]0;title\x1b\\", "\x1b[31m", "\x1b[0m", "\x1b[2J", "\x1bc", "\x1b[?25l",
        "\u202e", "\u200b", "\u200d", "\ufe0f", "\U000e0041", "\ud800", "\u0301", "\u20dd", "\u1112", "\u1161",
        "\u11ab", "\u3099", "\ua66f", "\U0001d165", "\u2028", "\ufffd", "👩\u200d💻",
    ]
)  # fmt: skip
HOSTILE = st.one_of(st.text(), st.lists(PIECES, max_size=40).map("".join))
SGR = re.compile(r"\x1b\[[0-9;:]*m")
HARMLESS_FORMAT = {"\u200d"}  # joins emoji; moves nothing


def assert_inert(text: str, allowed: str = "") -> None:
    for char in text:
        if char in allowed or char in HARMLESS_FORMAT:
            continue
        assert unicodedata.category(char) not in ("Cc", "Cs", "Zl", "Zp"), repr(char)
        assert unicodedata.bidirectional(char) not in ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")


def longest_run(text: str) -> int:
    run = longest = 0
    for char in text:
        marks = unicodedata.category(char) in ("Mn", "Me") or char == "\u200d"
        run = run + 1 if marks else 0
        longest = max(longest, run)
    return longest


@settings(max_examples=250)
@given(HOSTILE)
def test_nothing_a_terminal_obeys_comes_through(text: str) -> None:
    assert_inert(safe_text(text))
    assert_inert(safe_text(text, multiline=True), allowed="\n")


@settings(max_examples=250)
@given(HOSTILE)
def test_only_colours_come_through_when_colours_are_wanted(text: str) -> None:
    assert_inert(SGR.sub("", safe_text(text, sgr=True)))
    assert_inert(strip_sgr(safe_text(text, sgr=True)))


@settings(max_examples=250)
@given(HOSTILE, st.booleans(), st.booleans(), st.integers(1, 30))
def test_a_second_pass_changes_nothing(text: str, sgr: bool, multiline: bool, limit: int) -> None:
    once = safe_text(text, sgr=sgr, multiline=multiline, limit=limit)
    assert safe_text(once, sgr=sgr, multiline=multiline, limit=limit) == once


@settings(max_examples=250)
@given(HOSTILE, st.booleans())
def test_marks_do_not_pile_up(text: str, sgr: bool) -> None:
    assert longest_run(strip_sgr(safe_text(text, sgr=sgr))) <= COMBINING_LIMIT


def test_every_mark_of_unicode_is_counted() -> None:
    for char in map(chr, range(sys.maxunicode + 1)):
        if unicodedata.category(char) in ("Mn", "Me"):
            assert longest_run(safe_text("a" + char * 9)) <= COMBINING_LIMIT, f"U+{ord(char):04X}"


def test_colours_between_marks_do_not_start_a_new_run() -> None:
    text = safe_text("a" + "\u0301\u0302\u0303\x1b[1m" * 5, sgr=True)
    assert longest_run(strip_sgr(text)) <= COMBINING_LIMIT


def test_an_endless_colour_sequence_is_dropped() -> None:
    assert safe_text("a\x1b[" + "0;" * 1000 + "mb", sgr=True) == "ab"


@settings(max_examples=200)
@given(HOSTILE, st.booleans(), st.integers(1, 30))
def test_a_line_is_no_longer_than_its_limit(text: str, sgr: bool, limit: int) -> None:
    for line in safe_text(text, sgr=sgr, multiline=True, limit=limit).split("\n"):
        assert len(strip_sgr(line)) <= limit + 1


@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E)))
def test_plain_text_is_left_alone(text: str) -> None:
    assert safe_text(text) == text


def test_what_people_write_is_left_alone() -> None:
    for text in ("산업재 DART 옵션 A 수정 (HD현대미포/대한조선)", "日本語 ▲ ● ─ │", "👩‍💻 ✔️ naïve"):
        assert safe_text(text) == text


def test_decomposed_hangul_is_composed() -> None:
    assert safe_text(unicodedata.normalize("NFD", "진행 중")) == "진행 중"


def test_controls_become_visible() -> None:
    assert safe_text("a\x07b\x7f\u202e") == "a␇b␡\ufffd"
    assert safe_text("a\nb\tc") == "a b c"
    assert safe_text("a\r\nb", multiline=True) == "a\nb"


def test_colours_do_not_count_as_characters() -> None:
    assert safe_text("\x1b[31mabc\x1b[0mdef", sgr=True, limit=4) == "\x1b[31mabc\x1b[0md…"


@settings(max_examples=250)
@given(HOSTILE)
def test_only_printable_text_may_be_typed(text: str) -> None:
    out, wrong = check_outgoing(text)
    assert "\r" not in out
    if not wrong:
        assert_inert(out, allowed="\n\t")
    for refused in wrong:
        assert out[refused.offset : refused.offset + 1]
        assert refused.line == out.count("\n", 0, refused.offset) + 1


def test_what_is_refused_is_named() -> None:
    _, wrong = check_outgoing("ok\nbad \x1b[201~")
    assert [(w.offset, w.line, w.name) for w in wrong] == [(7, 2, "U+001B ESCAPE")]
    assert "longer than 3" in check_outgoing("abcd", limit=3)[1][0].name


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("key sk-abcdefgh12345678 end", "key [redacted] end"),
        ("Authorization: Bearer abcdefgh1234", "Authorization: Bearer [redacted]"),
        ("export GH_TOKEN=abcd1234", "export GH_TOKEN=[redacted]"),
        ("token ghp_" + "a" * 30, "token [redacted]"),
        ("the task is done", "the task is done"),
    ],
)
def test_secrets_are_redacted(text: str, clean: str) -> None:
    assert redact(text) == clean


@settings(max_examples=200)
@given(HOSTILE)
def test_redacting_never_fails(text: str) -> None:
    assert isinstance(redact(text), str)
