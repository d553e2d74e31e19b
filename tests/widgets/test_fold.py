"""What of a screen is shown in a pane smaller than it."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from console.model.agent import Regions
from console.model.surface import Screen
from console.safety import safe_text
from console.widgets.ansi import row_segments
from console.widgets.fold import Row, dialog_height, fold
from tests.ui_helpers import screen

FOOTER = ["", "✻ Pondering… (12s)", "─" * 60, "❯ ", "─" * 60, "  ? for shortcuts"]
DIALOG = [
    "─" * 60, " Bash command", "", " rm -rf build", " Clean the build folder", "",
    " Do you want to proceed?", " ❯ 1. Yes", "   2. Yes, and don't ask again for rm commands in this folder",
    "   3. No, and tell Claude what to do differently (esc)",
]  # fmt: skip


def texts(rows: list[Row]) -> list[str]:
    return ["".join(segment.text for segment in row).rstrip() for row in rows]


def made(rows: list[str], width: int = 60) -> Screen:
    return screen("\n".join(rows), width, len(rows))


def test_a_screen_that_fits_is_whole() -> None:
    shown = made(["first", "", "", "", "last", *FOOTER])
    assert fold(shown, Regions((0, 5)), 60, 11) == [row_segments(row) for row in shown.styled]
    assert texts(fold(shown, Regions((0, 5)), 60, 10)) == ["first", "", "last"], "one row less: the footer goes"
    assert texts(fold(shown, Regions((0, 5)), 59, 11))[-1] == "last", "one column less"


def test_the_footer_goes_and_the_last_rows_fill_the_pane() -> None:
    output = [f"line {number}" for number in range(30)]
    folded = texts(fold(made(output + FOOTER), Regions((0, 30)), 40, 8))
    assert folded == output[-8:]


def test_blank_runs_become_one_and_none_stands_at_an_end() -> None:
    rows = ["", "", "a", "", "", "", "b", "", "c", "", "", *["x"] * 20]
    assert texts(fold(made(rows), Regions((0, 11)), 40, 10)) == ["a", "", "b", "", "c"]
    assert texts(fold(made(rows), Regions((0, 11)), 40, 2)) == ["c"]


def test_long_rows_are_wrapped_and_the_last_part_is_kept() -> None:
    rows = ["one two three four five six seven", *["x"] * 10]
    assert texts(fold(made(rows), Regions((0, 1)), 10, 3)) == ["three four", "five six", "seven"]
    assert texts(fold(made(rows), Regions((0, 1)), 10, 2)) == ["five six", "seven"]


def test_without_regions_the_last_written_rows_are_given() -> None:
    rows = [f"line {number}" for number in range(20)] + [""] * 20
    assert texts(fold(made(rows), None, 40, 3)) == ["line 17", "line 18", "line 19"]


def test_a_dialog_is_whole_when_there_is_room() -> None:
    shown = made([f"line {number}" for number in range(20)] + DIALOG)
    regions = Regions((0, 20), (20, 30))
    wrapped = [*DIALOG[:8], "   2. Yes, and don't ask again for rm commands in this", "   folder", DIALOG[9]]
    assert texts(fold(shown, regions, 59, 14)) == ["line 18", "line 19", "", *wrapped]
    needed = dialog_height(shown, regions, 59)
    assert texts(fold(shown, regions, 59, needed)) == [row for row in wrapped if row], "only blank rows have gone"


def test_a_dialog_too_high_keeps_its_end_and_says_how_much_is_missing() -> None:
    rows = [f" step {number}" for number in range(20)]
    regions = Regions((0, 0), (0, 20))
    folded = texts(fold(made(rows), regions, 40, 7))
    assert folded == ["⋯ 14 more rows above: z shows all", *rows[-6:]], "the question and the answers are at the end"
    assert texts(fold(made(rows), regions, 40, 1)) == rows[-1:]
    assert dialog_height(made(rows), regions, 40) == 20
    assert dialog_height(made(rows), Regions((0, 20)), 40) == 0
    assert dialog_height(made(rows), None, 40) == 0


def test_the_rules_of_a_dialog_go_before_its_words() -> None:
    rows = ["═" * 60, "", "one", "═" * 60, "two", "three", *[""] * 10]
    assert texts(fold(made(rows), Regions((0, 0), (0, 6)), 40, 3)) == ["one", "two", "three"]


lines = st.lists(
    st.one_of(
        st.sampled_from(["", "   ", "─" * 70, "한글과 영어 mixed " * 4, "\x1b[31mred 🧪", *DIALOG]),
        st.text(st.characters(codec="utf-8"), max_size=90).map(lambda text: safe_text(text, sgr=True)),
    ),
    max_size=30,
)
edges = st.tuples(st.integers(0, 40), st.integers(0, 40))


@settings(max_examples=200, deadline=None)
@given(lines, st.one_of(st.none(), st.builds(Regions, edges, st.one_of(st.none(), edges))),
       st.integers(-1, 80), st.integers(-1, 20))  # fmt: skip
def test_never_more_than_the_pane_and_never_an_error(
    rows: list[str], regions: Regions | None, width: int, height: int
) -> None:
    shown = made(rows, 72)
    folded = fold(shown, regions, width, height)
    assert len(folded) <= max(0, height)
    fits = shown.height <= height and shown.width <= width
    if width >= 2 and not fits:
        narrow = [row for row in texts(folded) if cell_len(row) > width]
        assert all(set(row.strip()) <= set("─━═╌╍┄┈▔▁—_-") for row in narrow), "only rules are left to be cut"
    assert dialog_height(shown, regions, width) >= 0
