"""Rows drawn alone look as they do in the stream: compared with a small terminal of our own, and with Rich's."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.ansi import AnsiDecoder
from rich.style import Style
from rich.text import Text

from console.mux.sgr import Carry, LineDrawing
from console.safety import safe_text

ON = {"1": "22", "2": "22", "3": "23", "4": "24", "5": "25", "7": "27", "8": "28", "9": "29", "53": "55"}
COLOURS = ["31", "97", "44", "100", "38;5;208", "48;5;22", "38;2;1;2;3", "48;2;200;100;0", "58;5;1", "58;2;9;9;9",
           "38:5:9", "58:2::1:2:3", "39", "49", "59"]  # fmt: skip
_SGR = re.compile(r"\x1b\[([0-9;:]*)m")
Cell = tuple[str, frozenset[tuple[str, str]]]


def terminal(stream: str) -> list[list[Cell]]:
    """A reference: cells with their attributes, attributes kept across newlines (ECMA-48 8.3.117)."""
    rows: list[list[Cell]] = []
    state: dict[str, str] = {}
    for line in stream.split("\n"):
        cells: list[Cell] = []
        at = 0
        for match in _SGR.finditer(line):
            cells += ((char, frozenset(state.items())) for char in line[at : match.start()])
            at = match.end()
            obey(match.group(1).split(";"), state)
        cells += ((char, frozenset(state.items())) for char in line[at:])
        rows.append(cells)
    return rows


def obey(codes: list[str], state: dict[str, str]) -> None:
    at = 0
    while at < len(codes):
        code = codes[at]
        at += 1
        if code in ("", "0"):
            state.clear()
        elif code in ("38", "48", "58"):
            more = 2 if codes[at] == "5" else 4
            state[code] = ";".join(codes[at : at + more])
            at += more
        elif ":" in code:
            name, _, value = code.partition(":")
            state[name] = value.replace("::", ":").replace(":", ";")
        elif code in ("39", "49", "59"):
            state.pop(str(int(code) - 1), None)
        elif len(code) > 1 and code[:-1] in ("3", "9", "4", "10"):
            state["38" if code[:-1] in ("3", "9") else "48"] = code
        elif code in ON.values():
            for on, off in ON.items():
                if off == code:
                    state.pop(on, None)
        else:
            state[code] = "on"


def alone(stream: str) -> list[str]:
    """The rows of *stream*, each with what it needs to be drawn alone."""
    rows, before = [], ""
    for row in stream.split("\n"):
        rows.append(before + row)
        carry = Carry()
        carry.feed(rows[-1])
        before = carry.prefix
    return rows


code = st.sampled_from([*ON, *ON.values(), *COLOURS, "0", ""])
sequence = st.lists(code, min_size=1, max_size=4).map(lambda codes: f"\x1b[{';'.join(codes)}m")
piece = st.one_of(sequence, sequence, st.text("abc 한", max_size=4), st.just("\n"))
streams = st.lists(piece, max_size=30).map("".join)


@given(streams)
def test_rows_alone_look_as_in_the_stream(stream: str) -> None:
    assert [terminal(row)[0] for row in alone(stream)] == terminal(stream)


@given(streams)
def test_what_is_carried_passes_the_gate_unchanged(stream: str) -> None:
    assert all(safe_text(row, sgr=True) == row for row in alone(stream))


@pytest.mark.parametrize(("on", "off"), ON.items())
def test_what_is_switched_off_is_not_carried(on: str, off: str) -> None:
    stream = f"\x1b[{on}ma\x1b[{off}mb\nc\x1b[{on}md\ne\x1b[{off};{on}mf\ng"
    assert [terminal(row)[0] for row in alone(stream)] == terminal(stream)
    assert alone(stream)[1] == f"c\x1b[{on}md"


def test_every_attribute_at_once_passes_the_gate() -> None:
    carry = Carry()
    carry.feed("\x1b[1;2;3;4:3;5;7;8;9;53m\x1b[38;2;255;255;255m\x1b[48;2;255;255;255m\x1b[58:2::255:255:255m")
    assert safe_text(carry.prefix, sgr=True) == carry.prefix
    again = Carry()
    again.feed(carry.prefix)
    assert again.prefix == carry.prefix
    again.feed("\x1b[m")
    assert again.prefix == ""


simple = st.lists(
    st.one_of(
        st.sampled_from(["1", "3", "7", "22", "23", "27", "31", "38;5;9", "38;2;1;2;3", "44", "39", "49", "0"]).map(
            lambda code: f"\x1b[{code}m"
        ),
        st.text("ab", min_size=1, max_size=3),
        st.just("\n"),
    ),
    max_size=20,
).map("".join)


@given(simple)
def test_rich_draws_rows_alone_as_it_draws_the_stream(stream: str) -> None:
    whole = AnsiDecoder()
    for row, one in zip(stream.split("\n"), alone(stream), strict=True):
        assert styles(AnsiDecoder().decode_line(one)) == styles(whole.decode_line(row))


def styles(text: Text) -> list[tuple[object, ...]]:
    """What is seen of each character: switched off is the same as never switched on."""
    found: list[tuple[object, ...]] = []
    for at, char in enumerate(text.plain):
        spans = [span.style for span in text.spans if span.start <= at < span.end]
        style = Style.combine([Style.null(), *(span for span in spans if isinstance(span, Style))])
        colours = (None if c is None or c.is_default else c for c in (style.color, style.bgcolor))
        found.append((char, bool(style.bold), bool(style.italic), bool(style.reverse), *colours))
    return found


@given(st.lists(st.one_of(st.sampled_from(["\x0e", "\x0f", "\x1b[31m", "qx", "lk"]), st.just("\n")), max_size=20))
def test_line_drawing_in_rows_is_as_in_the_stream(pieces: list[str]) -> None:
    stream = "".join(pieces)
    whole = LineDrawing().feed(stream)
    on, rows = False, []
    for row in stream.split("\n"):
        drawing = LineDrawing(on)
        rows.append(drawing.feed(row))
        on = drawing.on
    assert "\n".join(rows) == whole
    assert "\x0e" not in whole and "\x0f" not in whole


def test_only_the_characters_between_the_shifts_are_drawn() -> None:
    drawing = LineDrawing()
    assert drawing.feed("q\x0elq\x1b[38;5;1mk\x0fq\x0ex") == "q┌─\x1b[38;5;1m┐q│"
    assert drawing.on and drawing.feed("tqu") == "├─┤"
