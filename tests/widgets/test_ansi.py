"""Rows with colours: compared with Rich's own decoder, wrapped without loss, readable on every theme."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rich.ansi import AnsiDecoder
from rich.cells import cell_len
from rich.color import Color
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual.app import App
from textual.theme import BUILTIN_THEMES

from console.safety import safe_text, strip_sgr
from console.theming import load_themes, theme_folders
from console.widgets.ansi import CONTRAST, readable, row_segments, steady, wrap_row

Cell = tuple[str, tuple[bool, ...], object, object]
Row = tuple[Segment, ...]

CONSOLE = Console()
PALETTE_THEME = App().ansi_theme_dark
PLAIN_CODES = [0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 22, 23, 24, 25, 27, 28, 29, 39, 49, 53, 75]
CODES = [*PLAIN_CODES, *range(30, 38), *range(40, 48), *range(90, 98), *range(100, 108)]
small = st.integers(0, 260)
one = st.one_of(
    st.sampled_from(CODES).map(str),
    st.just(""),
    st.tuples(st.sampled_from([38, 48]), small).map(lambda c: f"{c[0]};5;{c[1]}"),
    st.tuples(st.sampled_from([38, 48]), small, small, small).map(lambda c: f"{c[0]};2;{c[1]};{c[2]};{c[3]}"),
)
sgr = st.lists(one, min_size=0, max_size=4).map(lambda codes: f"\x1b[{';'.join(codes)}m")
WORDS = ["a", "word", "길이", "한글과", "🧪", "✔", " ", "   ", "e\u0301", "…", "-", "0", "日本", "a\u0300\u0301"]
words = st.lists(st.sampled_from(WORDS), max_size=30).map("".join)
styled_rows = st.lists(st.one_of(sgr, words, st.text(st.characters(codec="utf-8"), max_size=8)), max_size=12).map(
    lambda parts: safe_text("".join(parts), sgr=True)
)


def cells(row: Row) -> list[Cell]:
    return [_cell(char, segment.style or Style()) for segment in row for char in segment.text]


def _cell(char: str, style: Style) -> Cell:
    flags = (style.bold, style.dim, style.italic, style.underline, style.reverse, style.strike)
    return char, tuple(bool(flag) for flag in flags), _colour(style.color), _colour(style.bgcolor)


def _colour(colour: Color | None) -> object:
    return None if colour is None or colour.is_default else (colour.type, colour.number, colour.triplet)


def text_of(row: Row) -> str:
    return "".join(segment.text for segment in row)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.one_of(sgr, st.sampled_from(["a", "한글", " x ", "🧪"])), max_size=12).map("".join))
@example("\x1b[1;31mbold\x1b[22m red\x1b[m plain\x1b[48;2;1;2;3m ground")
def test_colours_are_what_rich_reads(styled: str) -> None:
    text = AnsiDecoder().decode_line(styled)
    expected = [_cell(char, text.get_style_at_offset(CONSOLE, at)) for at, char in enumerate(text.plain)]
    assert cells(row_segments(styled)) == expected


@pytest.mark.parametrize(
    ("styled", "same_as"),
    [
        ("\x1b[38:2:1:2:3mx", "\x1b[38;2;1;2;3mx"),
        ("\x1b[38:2::1:2:3mx", "\x1b[38;2;1;2;3mx"),
        ("\x1b[48:5:9mx", "\x1b[48;5;9mx"),
        ("\x1b[1;4:3mx", "\x1b[1;4mx"),
        ("\x1b[1;4m\x1b[4:0mx", "\x1b[1mx"),
        ("\x1b[1;58:2::9:9:9;31mx", "\x1b[1;31mx"),
    ],
)
def test_parameters_with_colons(styled: str, same_as: str) -> None:
    """ITU-T T.416 colours and the underline styles that terminals write with colons."""
    assert cells(row_segments(styled)) == cells(row_segments(same_as))


@settings(max_examples=100, deadline=None)
@given(st.text(st.sampled_from("0123456789;:"), max_size=20))
def test_no_parameters_break_it(parameters: str) -> None:
    assert text_of(row_segments(f"\x1b[{parameters}mtext")) == "text"


def test_equal_rows_are_the_same_object() -> None:
    assert row_segments("\x1b[1mrow") is row_segments("\x1b[1mrow")


@pytest.mark.parametrize(
    ("raw", "shown"),
    [("plain", "plain"), ("✔\ufe0f done", "✔ done"), ("👍🏽", "👍"), ("👩\u200d🚀!", "👩!"), ("1\ufe0f\u20e3", "1"),
     ("한글", "한글"), ("e\u0301", "e\u0301")],
)  # fmt: skip
def test_steady_keeps_what_terminals_agree_about(raw: str, shown: str) -> None:
    assert steady(raw) == shown
    assert cell_len(shown) == sum(map(cell_len, shown))


@settings(max_examples=250, deadline=None)
@given(styled_rows, st.integers(2, 40))
@example("    " + "indented 한글 " * 5, 20)
@example("\x1b[31m" + "한" * 15, 3)
def test_wrapping_loses_nothing_and_stays_in_the_width(styled: str, width: int) -> None:
    plain = strip_sgr(styled).rstrip()
    rows = wrap_row(styled, plain, width)
    if len(rows) == 1:
        return
    assert all(cell_len(text_of(row)) <= width for row in rows), [text_of(row) for row in rows]
    assert "".join(map(text_of, rows)).replace(" ", "") == steady(strip_sgr(styled)).replace(" ", "")
    assert not any(unicodedata.category(text_of(row).lstrip()[:1] or "x") in ("Mn", "Me") for row in rows[1:])
    inked = [[cell for cell in cells(row) if cell[0] != " "] for row in [row_segments(styled), *rows]]
    assert inked[0] == [cell for row in inked[1:] for cell in row], "colours go on in the next row"


@given(st.integers(2, 60))
def test_a_row_that_fits_is_not_touched(width: int) -> None:
    styled = "\x1b[1m" + "한" * (width // 2)
    assert wrap_row(styled, "한" * (width // 2), width) == (row_segments(styled),)


def test_words_stay_whole_and_the_indentation_goes_on() -> None:
    rows = [text_of(row) for row in wrap_row("  alpha beta gamma delta", "  alpha beta gamma delta", 14)]
    assert rows == ["  alpha beta", "  gamma delta"]
    long = "x" * 25
    assert [text_of(row) for row in wrap_row(long, long, 10)] == ["x" * 10, "x" * 10, "x" * 5]


@pytest.mark.parametrize("rule", ["─" * 80, "━" * 80, "  " + "═" * 60, "-" * 50])
def test_rules_are_cut_not_wrapped(rule: str) -> None:
    assert len(wrap_row(rule, rule, 20)) == 1
    assert len(wrap_row(rule + " x", rule + " x", 20)) > 1, "with a word it is no rule"


BASES = {theme.name: theme for theme in load_themes(theme_folders()[:1])[0]}
for _name in ("textual-light", "textual-dark", "nord"):
    BASES[_name] = BUILTIN_THEMES[_name]


@lru_cache
def base_of(name: str) -> Style:
    colours = BASES[name].to_color_system().generate()
    return Style(color=colours["foreground"][:7], bgcolor=colours["background"][:7])


def luminance(colour: Color, *, foreground: bool) -> float:
    linear = []
    for value in colour.get_truecolor(PALETTE_THEME, foreground=foreground):
        part = value / 255
        linear.append(part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4)
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


rgb = st.tuples(*[st.integers(0, 255)] * 3).map(lambda c: Color.from_rgb(*c))
colours = st.one_of(st.none(), rgb, st.integers(0, 255).map(Color.from_ansi))


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(sorted(BASES)), colours, colours)
@example("oc-light", Color.from_rgb(250, 250, 250), None)
@example("oc-dark", Color.from_rgb(5, 5, 5), None)
def test_every_text_can_be_read_on_every_theme(name: str, text: Color | None, ground: Color | None) -> None:
    base = base_of(name)
    row = (Segment("x", Style(color=text, bgcolor=ground)),)
    (drawn,) = readable(row, base, PALETTE_THEME)
    style = base + (drawn.style or Style())
    assert style.color is not None and style.bgcolor is not None
    low, high = sorted((luminance(style.color, foreground=True), luminance(style.bgcolor, foreground=False)))
    assert (high + 0.05) / (low + 0.05) >= CONTRAST - 0.01
    assert ground is None or drawn.style is None or drawn.style.bgcolor == ground, "the ground is the agent's"


def test_what_can_be_read_is_left_as_it_is() -> None:
    row = row_segments("plain \x1b[1mbold \x1b[38;2;255;255;255;48;2;0;0;0mwhite on black \x1b[7mreversed")
    assert readable(row, base_of("oc-dark"), PALETTE_THEME) == row
    assert readable(row_segments("plain"), base_of("oc-dark"), PALETTE_THEME) is row_segments("plain")
