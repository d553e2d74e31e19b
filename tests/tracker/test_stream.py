"""Large logs read in pieces: the same as read whole, and what did not change is not read again."""

from __future__ import annotations

import json
import random
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.model.dispatch import Dispatch
from console.tracker import stream
from console.tracker.fields import epoch, epochs
from console.tracker.schema import read_records
from console.tracker.stream import LogParser


@pytest.fixture(autouse=True)
def _small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "WHOLE_SIZE", 64)
    monkeypatch.setattr(stream, "PIECE_SIZE", 256)


def record(number: int, **more: Any) -> dict[str, Any]:
    about = {"id": number, "surface": f"surface:{number % 7}", "task": f"산업재 {number} }}, {{ ]", "status": "완료"}
    return {**about, "dispatched_at": f"2026-04-10T16:41:{number % 60:02d}+09:00", **more}


def same(document: object, content: bytes, parser: LogParser | None = None) -> tuple[Dispatch, ...]:
    found = (parser or LogParser()).read(content)
    assert found == read_records(document)
    return found[0]


WRAPS: list[Any] = [
    lambda rows: rows,
    lambda rows: {"version": 1, "dispatches": rows},
    lambda rows: {"meta": {"a": [1, {}]}, "items": [record(900)], "log": rows, "tail": "x" * 300},
    lambda rows: {"tasks": rows[:5], "items": rows},
    lambda rows: {"tasks": {str(row["id"]): row for row in rows}, "log": []},
    lambda rows: {str(row["id"]): row for row in rows},
]


@pytest.mark.parametrize("wrap", WRAPS)
@pytest.mark.parametrize(
    "style", [{"indent": 2}, {"indent": None}, {"separators": (",", ":")}, {"ensure_ascii": False}]
)
@pytest.mark.parametrize("count", [0, 1, 2, 40])
def test_in_pieces_is_as_whole(wrap: Any, style: dict[str, Any], count: int) -> None:
    rows = [
        record(n, **({"verification": {"verdict": "PASS"}} if n % 3 else {"note": ["}, {", {}]})) for n in range(count)
    ]
    document = wrap(rows)
    content = json.dumps(document, **style).encode()
    same(document, content)
    same(document, b"\xef\xbb\xbf" + content + b"\n\n")


def test_odd_rows_are_in_their_place() -> None:
    rows: list[Any] = [record(n) for n in range(30)]
    rows[3:3] = [5, None, "text", ["x"], {}, {"title": "b"}, record(3, task="a", title="b"), {"task": 7, "id": "#9"}]
    for indent in (None, 1):
        same(rows, json.dumps(rows, indent=indent).encode())


@pytest.mark.parametrize(
    "text",
    ["[" + "{}," * 100 + "]", "[{}" + ", {}" * 100, "[" + "{}\n" * 100 + "]", "[{}]" * 50,
     '{"log": [' + "{}, " * 99 + "{}], ", '{"log": [' + "{},\n" * 99 + "{}] 5}",
     "[" + '{"a": 1},\n' * 99 + '{"a": 01}]', '["' + "\xff" * 100],
)  # fmt: skip
def test_what_the_parser_refuses_is_refused(text: str) -> None:
    with pytest.raises(ValueError) as expected:
        json.loads(text)
    with pytest.raises(ValueError) as found:
        LogParser().read(text.encode())
    assert str(found.value) == str(expected.value)


def test_half_a_letter_is_refused() -> None:
    content = json.dumps([record(n) for n in range(50)], ensure_ascii=False).encode()
    at = content.index("산".encode(), 3000)
    with pytest.raises(UnicodeDecodeError):
        LogParser().read(content[: at + 1] + content[at + 2 :])


def test_what_did_not_change_is_the_same_object() -> None:
    rows = [record(n) for n in range(200)]
    parser = LogParser()
    before = same(rows, json.dumps(rows, indent=2).encode(), parser)
    rows[100] = record(100, status="failed")
    after = same(rows, json.dumps(rows, indent=2).encode(), parser)
    fresh = [n for n, (old, new) in enumerate(zip(before, after, strict=True)) if old is not new]
    assert 100 in fresh
    assert len(fresh) < 10


@pytest.mark.parametrize("sizes", [(200, 100), (100, 200), (200, 3), (30, 31)])
def test_records_that_are_all_alike_are_counted_once(sizes: tuple[int, int]) -> None:
    parser = LogParser()
    for size in sizes:
        rows = [record(1)] * size
        same(rows, json.dumps(rows, indent=2).encode(), parser)


@pytest.mark.parametrize("added", [[0], [record(0), 0], [record(1), record(2)]])
def test_a_list_that_was_empty_loses_nothing_of_what_comes(added: list[Any]) -> None:
    parser = LogParser()
    for rows in ([record(0)], [], added):
        document = {"v": "x" * 40, "log": rows, "end": [1]}
        same(document, json.dumps(document, indent=2, ensure_ascii=False).encode(), parser)


EDITS = st.lists(
    st.tuples(st.sampled_from(["set", "add", "insert", "remove", "odd", "empty"]), st.integers(0, 10_000)), max_size=6
)


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 60), st.sampled_from([None, 0, 2]), st.lists(EDITS, max_size=4), st.booleans())
def test_changes_are_read_as_if_for_the_first_time(count: int, indent: Any, rounds: Any, wrapped: bool) -> None:
    rows: list[Any] = [record(n) for n in range(count)]
    parser = LogParser()
    for edits in [[], *rounds]:
        for what, number in edits:
            at = number % (len(rows) + 1)
            if what == "set" and rows:
                rows[at - 1] = record(number, status="x" * (number % 300))
            elif what in ("insert", "add"):
                rows.insert(at if what == "insert" else len(rows), record(number))
            elif what == "remove":
                del rows[at : at + number % 20]
            elif what == "odd":
                rows.insert(at, number)
            elif what == "empty":
                rows.clear()
        document = {"v": random.Random(count).random(), "log": rows, "end": [1]} if wrapped else rows
        same(document, json.dumps(document, indent=indent, ensure_ascii=False).encode(), parser)


ANY = st.booleans()


@settings(max_examples=200, deadline=None)
@given(
    st.datetimes(), st.sampled_from(["", "Z", "+09:00", "-03:30", "+00:00:30"]), st.sampled_from("T "), st.booleans()
)
def test_the_quick_way_to_a_time_is_right(at: Any, zone: str, blank: str, whole: bool) -> None:
    text = (at.replace(microsecond=0) if whole else at).isoformat(blank) + zone
    try:
        expected: float | None = datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError):
        expected = None
    if expected is not None and not 946_684_800 <= expected <= 4_102_444_800:
        expected = None
    assert epoch(text) == pytest.approx(expected, abs=1e-6)
    assert epochs([text, text]) == [epoch(text)] * 2


@pytest.mark.parametrize(
    "text", ["2026-04-10T16: 1:00+09:00", "2026-04-10T1_:41:00Z", "2026-13-10T16:41:00Z", "2026-04-10T24:00:00Z"]
)
def test_what_is_no_time_is_none_in_a_column_too(text: str) -> None:
    assert epochs([text, "2026-04-10T16:41:00+09:00", None, ["x"]]) == [None, 1_775_806_860.0, None, None]
