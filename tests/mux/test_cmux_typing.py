"""What goes through `cmux send` unchanged."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.mux.base import MuxError
from console.mux.cmux_typing import BYTE_LIMIT, TEXT_LIMIT, checked, key_name, parts


def unescaped(text: str) -> str:
    """What the program makes of one argument."""
    return text.replace("\\n", "\r").replace("\\r", "\r").replace("\\t", "\t")


@given(st.text(alphabet="\\nrt -ah한'\"", max_size=40))
def test_every_part_comes_out_as_it_went_in(text: str) -> None:
    split = parts(text)
    assert "".join(unescaped(part) for part in split) == text
    assert not {"--", "--help", "-h", "--json"} & set(split)
    assert all(split)


def test_only_what_must_be_split_is_split() -> None:
    assert parts("plain text - with \\d and C:\\x\\") == ("plain text - with \\d and C:\\x\\",)
    assert parts(r"C:\new\table\root") == ("C:\\", "new\\", "table\\", "root")
    assert parts("--help") == ("-", "-", "help") and parts("---") == ("---",) and parts("- a") == ("- a",)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("one\ntwo", "file"),
        ("one\r\ntwo", "file"),
        ("a\tb", "Tab"),
        ("\x1b[201~", "ESCAPE"),
        ("x" * (TEXT_LIMIT + 1), "file"),
        ("한" * (BYTE_LIMIT // 3 + 1), "file"),
        ("/" * 1000 + "한" * 500, "file"),
    ],
)
def test_what_cannot_be_typed_is_refused_with_what_to_do(text: str, why: str) -> None:
    with pytest.raises(MuxError, match=rf"surface:1: not typed.*{why}"):
        checked("surface:1", text)


def test_long_lines_within_the_limits_pass() -> None:
    assert checked("s", "x" * TEXT_LIMIT) == "x" * TEXT_LIMIT
    assert checked("s", "한" * 1100) == "한" * 1100


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("enter", "enter"), ("Escape", "escape"), ("up", "up"), ("btab", "shift+tab"), ("C-c", "ctrl+c"),
        ("ctrl-d", "ctrl+d"), ("ctrl+enter", "ctrl+enter"), ("M-x", "alt+x"), ("S-tab", "shift+tab"), (" ", "space"),
        ("1", ""), ("y", ""), ("?", ""), ("-", ""), ("\\", ""), ("한", ""),
    ],
)  # fmt: skip
def test_keys_have_the_names_of_the_program(key: str, name: str) -> None:
    assert key_name(key) == name


@pytest.mark.parametrize("key", ["f5", "", "xx", "ctrl+", "ctrl+1", "hyper+a", "\x1b", "--help"])
def test_an_unknown_key_is_an_error(key: str) -> None:
    with pytest.raises(MuxError, match="not a key"):
        key_name(key)
