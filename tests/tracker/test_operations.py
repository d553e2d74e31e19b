"""Operations on logs of every shape: what they change, and all they leave alone."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.model.dispatch import DispatchStatus, VerificationVerdict
from console.tracker.apply import Change, apply
from console.tracker.document import NotALog, parse
from console.tracker.errors import Conflict, Refused
from console.tracker.names import FieldMap
from console.tracker.operations import (
    Append,
    Operation,
    Patch,
    RecordVerification,
    Revision,
    SetStatus,
    from_json,
    to_json,
)
from console.tracker.schema import raw_record, read_records

AT = 1_775_806_860.0
"""2026-04-10 16:41 in Korea."""
WHEN = "some time"
FIRST = {"id": 53, "session": "surface:2", "title": "산업재", "status": "완료", "ts": "2026-04-10T16:00:00+09:00"}
SECOND = {"id": 54, "session": "surface:1", "title": "tailer", "status": "진행 중", "x": {"b": 1, "a": [1.50]}}


def done(text: str, operation: Operation, **options: Any) -> Change:
    return apply(parse(text.encode()), operation, **options)


def dumped(document: object, **style: Any) -> str:
    return json.dumps(document, **{"ensure_ascii": False, "indent": 2, **style})


@pytest.mark.parametrize(
    "style",
    [
        {"indent": 2}, {"indent": 4}, {"indent": "\t"}, {"indent": 1, "ensure_ascii": True}, {"indent": None},
        {"indent": None, "separators": (",", ":")}, {"indent": None, "ensure_ascii": True},
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "shape",
    [
        lambda a, b: [a, b],
        lambda a, b: {"version": 2, "dispatches": [a, b], "meta": {"by": "해리"}},
        lambda a, b: {"53": a, "54": b},
        lambda a, b: {"log": {"#53": a, "#54": b}, "z": 1},
    ],
)
def test_a_change_is_what_the_files_own_writer_would_have_written(style: dict[str, Any], shape: Any) -> None:
    before = dumped(shape(FIRST, SECOND), **style) + "\n"
    changed = done(before, SetStatus(54, DispatchStatus.DONE))
    assert changed.text == dumped(shape(FIRST, {**SECOND, "status": "완료"}), **style) + "\n"
    assert (changed.before, changed.after) == ({"status": "진행 중"}, {"status": "완료"})


@pytest.mark.parametrize("style", [{"indent": 2}, {"indent": 1, "ensure_ascii": True}, {"indent": None}])
@pytest.mark.parametrize(
    ("shape", "label"),
    [
        (lambda *r: list(r), 55),
        (lambda *r: {"tasks": list(r), "n": 1}, 55),
        (lambda *r: {f"#{each['id']}": each for each in r}, 55),
        (lambda *r: {"dispatches": {str(each["id"]): each for each in r}}, 55),
    ],
)
def test_a_new_record_looks_like_the_others(style: dict[str, Any], shape: Any, label: object) -> None:
    new = {
        "id": label,
        "session": "surface:3",
        "title": "새 작업",
        "status": "queued",
        "ts": "2026-04-10T16:41:00+09:00",
    }
    operation = Append(
        {"task": "새 작업", "surface": "surface:3", "status": DispatchStatus.QUEUED, "dispatched_at": AT}
    )
    second = {**FIRST, "id": 54}
    changed = done(dumped(shape(FIRST, second), **style), operation)
    assert changed.text == dumped(shape(FIRST, second, new), **style)
    assert (changed.number, changed.before) == (55, None)


@pytest.mark.parametrize(("like", "label"), [("54", "55"), ("#54", "#55"), ("dispatch-054", "dispatch-055")])
def test_the_number_is_written_as_the_others_are(like: str, label: str) -> None:
    changed = done(dumped([{"id": like, "task": "a"}]), Append({"task": "b"}))
    assert json.loads(changed.text)[-1] == {"id": label, "task": "b"}


def test_a_log_with_the_newest_first_gets_it_first() -> None:
    changed = done(dumped([{"id": 2, "task": "b"}, {"id": 1, "task": "a"}]), Append({"task": "c"}))
    assert changed.text == dumped([{"id": 3, "task": "c"}, {"id": 2, "task": "b"}, {"id": 1, "task": "a"}])


def test_so_does_one_whose_records_stand_under_their_numbers() -> None:
    changed = done(dumped({"#2": {"task": "b"}, "#1": {"task": "a"}}), Append({"task": "c"}))
    assert changed.text == dumped({"#3": {"task": "c"}, "#2": {"task": "b"}, "#1": {"task": "a"}})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[]", [{"number": 1, "task": "a"}]),
        ("{}", {"dispatches": [{"number": 1, "task": "a"}]}),
        ('{\n    "v": 1,\n    "tasks": []\n}', {"v": 1, "tasks": [{"number": 1, "task": "a"}]}),
        ('{"log": {}}', {"log": {"1": {"number": 1, "task": "a"}}}),
        ("\ufeff[ ]\r\n", [{"number": 1, "task": "a"}]),
    ],
)
def test_an_empty_log_gets_its_first_record(text: str, expected: object) -> None:
    changed = done(text, Append({"task": "a"}))
    assert json.loads(changed.text.removeprefix("\ufeff")) == expected
    assert changed.text.startswith("\ufeff") == text.startswith("\ufeff")
    again = done(changed.text, Append({"task": "b"}))
    assert [d.number for d in read_records(json.loads(again.text.removeprefix("\ufeff")))[0]] == [1, 2]


@pytest.mark.parametrize("text", ["5", '"x"', "null", '{"a": 1}', '{"log": 5}', '{"log": [], "log": []}'])
def test_what_is_no_log_is_not_touched(text: str) -> None:
    with pytest.raises(NotALog):
        parse(text.encode())


def test_everything_outside_the_record_stays_byte_for_byte() -> None:
    odd = '{"x" : 1.50e3,"log":[ {"id":1,"task":"a",  "n":0.10} ,\n\n{ "id": 2, "task": "\\ud55c", "s":"\\ud800"}\t]  }'
    changed = done(odd, Patch(2, {"task": "b"}))
    assert changed.text.startswith(odd[: odd.index('{ "id": 2')])
    assert changed.text.endswith("\t]  }")
    assert json.loads(changed.text)["log"][1] == {"id": 2, "task": "b", "s": "\ud800"}
    assert changed.text.encode()


def test_windows_line_ends_stay() -> None:
    text = dumped([FIRST, SECOND]).replace("\n", "\r\n")
    assert done(text, SetStatus(54, DispatchStatus.DONE)).text == text.replace("진행 중", "완료")


@pytest.mark.parametrize("piece", ['"a": 1, "a": 2', '"a": 1e999'])
def test_a_record_that_cannot_be_kept_whole_is_not_rewritten(piece: str) -> None:
    with pytest.raises(Refused, match=r"#1 .*first"):
        done(f'[{{"id": 1, "task": "t", {piece}}}]', Patch(1, {"task": "b"}))


@pytest.mark.parametrize(
    ("words", "status", "word"),
    [
        (["완료", "완료", "완료 (14:20)", "완료 (15:20)", "완료 (15:20)", "done"], DispatchStatus.DONE, "완료"),
        (["Working"], DispatchStatus.WORKING, "Working"),
        (["중복", "중복"], DispatchStatus.CANCELLED, "cancelled"),
        (["Working"], DispatchStatus.NEEDS_CHECK, "needs-check"),
    ],
)
def test_a_status_is_written_in_the_words_of_the_file(words: list[str], status: DispatchStatus, word: str) -> None:
    records = [{"id": n, "task": "t", "state": each} for n, each in enumerate([*words, "queued"], 1)]
    assert done(dumped(records), SetStatus(len(records), status)).after == {"state": word}


def test_a_status_that_says_so_already_stays_as_it_is() -> None:
    text = dumped([{"id": 1, "task": "t", "status": "완료 (14:20)"}])
    assert done(text, SetStatus(1, DispatchStatus.DONE)).text == text


def test_the_owners_names_and_words_come_first() -> None:
    mapping = FieldMap({"status": ("phase",), "task": ("what",)}, {"빨강": DispatchStatus.FAILED})
    text = dumped([{"id": 1, "what": "w", "phase": "ok", "status": "x"}])
    changed = done(text, SetStatus(1, DispatchStatus.FAILED), mapping=mapping)
    assert changed.after == {"phase": "빨강"}
    (found,), _ = read_records(json.loads(changed.text), mapping)
    assert (found.task, found.status, found.raw_status) == ("w", DispatchStatus.FAILED, "빨강")
    assert raw_record(json.loads(changed.text), 1, mapping) == {"id": 1, "what": "w", "phase": "빨강", "status": "x"}


CHECK = RecordVerification(2, "surface:6", 4.9, 3.8, VerificationVerdict.WARN, "gap", AT)


@pytest.mark.parametrize(
    ("first", "second", "after"),
    [
        ({}, {}, {"verification": {
            "verdict": "warn", "self_score": 4.9, "cross_score": 3.8, "by": "surface:6",
            "at": WHEN, "note": "gap"}}),
        ({"verify": {"self": 1, "cross": 2, "reviewer": "a", "result": "WARN", "ts": 1_775_000_000}}, {}, {"verify": {
            "self": 4.9, "cross": 3.8, "reviewer": "surface:6", "result": "WARN", "ts": WHEN, "note": "gap"}}),
        ({}, {"cross_check": {"verdict": None, "extra": 1}}, {"cross_check": {
            "verdict": "warn", "extra": 1, "self_score": 4.9, "cross_score": 3.8, "by": "surface:6",
            "at": WHEN, "note": "gap"}}),
        ({}, {"verification": [{"verdict": "PASS"}]}, {"verification": [{"verdict": "PASS"}, {
            "verdict": "warn", "self_score": 4.9, "cross_score": 3.8, "by": "surface:6",
            "at": WHEN, "note": "gap"}]}),
        ({"verdict": "경고", "self_score": 4, "verified_by": "b"}, {}, {
            "verdict": "경고", "self_score": 4.9, "cross_score": 3.8, "verified_by": "surface:6",
            "verified_at": WHEN, "verification_note": "gap"}),
        ({}, {"verification": {"self": {"score": 4, "x": 1}, "cross": {"by": "b"}, "verdict": None}}, {"verification": {
            "self": {"score": 4.9, "x": 1}, "cross": {"by": "b", "score": 3.8}, "verdict": "warn", "by": "surface:6",
            "at": WHEN, "note": "gap"}}),
    ],
)  # fmt: skip
def test_a_verification_is_written_where_the_file_has_them(first: Any, second: Any, after: Any) -> None:
    base = [{"id": 1, "surface": "s1", "task": "a", **first}, {"id": 2, "surface": "s2", "task": "b", **second}]
    changed = done(dumped(base), CHECK)

    def timeless(value: Any) -> Any:
        if isinstance(value, list):
            return [timeless(each) for each in value]
        if isinstance(value, dict):
            return {k: WHEN if k in ("at", "ts", "verified_at") else timeless(v) for k, v in value.items()}
        return value

    assert timeless(changed.after) == after
    found = read_records(json.loads(changed.text))[0][1].verification
    assert found is not None
    assert (found.verdict, found.gap, found.by, found.note) == (VerificationVerdict.WARN, 1.1, "surface:6", "gap")


def test_nobody_verifies_itself() -> None:
    with pytest.raises(Refused, match="surface:1 did #54 itself; a verification is by another than the author"):
        done(dumped([SECOND]), RecordVerification(54, " Surface:1"))


@pytest.mark.parametrize(
    ("operation", "why"),
    [
        (SetStatus(99, DispatchStatus.DONE), "there is no dispatch #99"),
        (Append({"task": "x", "number": 54}), "#54 is in the log already"),
        (Append({"task": "x", "number": "y"}), "y is no number"),
        (Patch(54, {"id": 3}), "the number of #54 stays"),
        (Patch(54, {}), "nothing to change"),
    ],
)
def test_what_makes_no_sense_is_refused(operation: Operation, why: str) -> None:
    with pytest.raises(Refused, match=why):
        done(dumped([SECOND]), operation)


def test_a_number_that_stands_twice_is_refused() -> None:
    with pytest.raises(Refused, match="stands 2 times"):
        done(dumped([SECOND, SECOND]), SetStatus(54, DispatchStatus.DONE))


def test_an_edit_of_what_somebody_else_changed_is_a_conflict() -> None:
    base = Revision.of(SECOND)
    now = {**SECOND, "status": "완료", "y": 1}
    with pytest.raises(Conflict, match="#54 was changed meanwhile: status is now 완료") as caught:
        done(dumped([now]), SetStatus(54, DispatchStatus.FAILED), based_on=base)
    assert caught.value.fields == ("status",)
    assert done(dumped([now]), SetStatus(54, DispatchStatus.DONE), based_on=base).after == {"status": "완료"}
    assert done(dumped([now]), Patch(54, {"title": "t"}), based_on=base).record["y"] == 1
    with pytest.raises(Conflict):
        done(dumped([{**SECOND, "title": "z"}]), Patch(54, {"task": "t"}), based_on=base)


@pytest.mark.parametrize(
    "operation",
    [Append({"task": "한"}), Patch(1, {"x": None}), SetStatus(1, DispatchStatus.NEEDS_CHECK), CHECK],
)
def test_an_operation_survives_the_journal(operation: Operation) -> None:
    assert from_json(json.loads(json.dumps(to_json(operation)))) == operation


NAMES = st.sampled_from(["note", "owner", "x", "태그", "deep"])
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=4), inner, max_size=3)),
    max_leaves=6,
)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.dictionaries(NAMES, VALUES, max_size=4), min_size=1, max_size=4),
    st.sampled_from([None, 0, 1, 2, "\t"]),
    st.booleans(),
    st.data(),
)
def test_no_operation_touches_an_unknown_field(
    extras: list[dict[str, Any]], indent: Any, escaped: bool, data: st.DataObject
) -> None:
    records = [{"id": n, "task": f"t{n}", "status": "완료", **extra} for n, extra in enumerate(extras, 1)]
    text = json.dumps({"dispatches": records}, indent=indent, ensure_ascii=escaped)
    if not escaped:
        text = text.encode("utf-8", "replace").decode()
    records = json.loads(text)["dispatches"]
    at = data.draw(st.integers(0, len(records) - 1))
    after = json.loads(done(text, SetStatus(at + 1, DispatchStatus.FAILED)).text)["dispatches"]
    records[at]["status"] = "failed"
    assert after == records
    assert [list(each) for each in after] == [list(each) for each in records]
    grown = json.loads(done(text, Append({"task": "새"})).text)["dispatches"]
    records[at]["status"] = "완료"
    assert grown[:-1] == records
