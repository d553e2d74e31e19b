"""Every byte of a text is to be seen before it is typed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from console.widgets.typed import visible


def test_what_does_not_show_stands_there_in_words() -> None:
    assert visible("a\tb  \n한글 \x1b[31m\u202e\u00a0\x7f\x9b\r").plain == (
        "a␉   b··␊\n한글 ␛[31m‹U+202E›‹U+00A0›␡‹U+009B›␍"
    )
    assert visible("").plain == "" and visible("\n").plain == "␊\n"
    assert visible("[/] [red]x[@click=app.quit]").plain == "[/] [red]x[@click=app.quit]"


@given(st.text())
def test_nothing_a_terminal_obeys_is_left(text: str) -> None:
    shown = visible(text).plain
    assert all(char == "\n" or char.isprintable() for char in shown)
    assert shown.count("\n") == text.count("\n")
