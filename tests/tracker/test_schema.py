"""Dispatch logs in the shapes people and scripts give them."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.model.dispatch import Dispatch, DispatchStatus, Links, Verification, VerificationVerdict
from console.tracker.fields import epoch, score, status_of, verdict_of
from console.tracker.names import CONTAINERS, FieldMap
from console.tracker.schema import raw_record, read_records

RECORD = {"id": 54, "surface": "surface:1", "task": "Hermes tailer 샘플링", "status": "Working"}
READ = Dispatch(54, "surface:1", "Hermes tailer 샘플링", DispatchStatus.WORKING, "Working")
AT = 1_775_806_860.0
"""2026-04-10 16:41 in Korea."""


def one(record: object) -> Dispatch:
    (found,), _ = read_records([record])
    return found


@pytest.mark.parametrize(
    "document",
    [
        [RECORD],
        *({name: [RECORD], "version": 2} for name in CONTAINERS),
        {"54": {key: value for key, value in RECORD.items() if key != "id"}},
        {"dispatches": {"#54": {key: value for key, value in RECORD.items() if key != "id"}}},
        RECORD,
    ],
)
def test_the_records_are_found(document: object) -> None:
    assert read_records(document) == ((READ,), 0)


@pytest.mark.parametrize(("document", "count"), [([], 0), ({}, 0), (None, 1), (42, 1), ("x", 1), ({"a": 1}, 1)])
def test_what_holds_no_records(document: object, count: int) -> None:
    assert read_records(document) == ((), count)


@pytest.mark.parametrize("key", ["id", "number", "no", "dispatch", "dispatch_id", "dispatchId"])
@pytest.mark.parametrize("value", [54, "54", "#54", "dispatch-54", 54.0])
def test_the_number(key: str, value: object) -> None:
    assert one({key: value}).number == 54


@pytest.mark.parametrize("value", [None, True, -1, "", "abc", [54], 1.5, float("nan"), 10**30, "9" * 60])
def test_no_usable_number_is_none_and_counted(value: object) -> None:
    (found,), count = read_records([{**RECORD, "id": value}])
    assert (found.number, found.task, count) == (None, READ.task, 1)


def test_a_second_name_helps_when_the_first_is_no_number() -> None:
    assert one({"number": "x", "id": "#54"}).number == 54


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("Working", DispatchStatus.WORKING),
        ("진행 중", DispatchStatus.WORKING),
        ("진행중", DispatchStatus.WORKING),
        ("in_progress", DispatchStatus.WORKING),
        ("🔄 진행 중...", DispatchStatus.WORKING),
        ("working on it", DispatchStatus.WORKING),
        ("완료", DispatchStatus.DONE),
        ("✅ 완료", DispatchStatus.DONE),
        ("완료 (14:20)", DispatchStatus.DONE),
        ("Done - all tests pass", DispatchStatus.DONE),
        ("COMPLETED", DispatchStatus.DONE),
        ("완료 (확인 필요)", DispatchStatus.NEEDS_CHECK),
        ("완료(검증 필요)", DispatchStatus.NEEDS_CHECK),
        ("done (needs check)", DispatchStatus.NEEDS_CHECK),
        ("verified", DispatchStatus.VERIFIED),
        ("검증 완료", DispatchStatus.VERIFIED),
        ("대기", DispatchStatus.WAITING),
        ("queued", DispatchStatus.QUEUED),
        ("sent", DispatchStatus.SENT),
        ("sending", DispatchStatus.SENDING),
        ("전송 중", DispatchStatus.SENDING),
        ("실패", DispatchStatus.FAILED),
        ("취소", DispatchStatus.CANCELLED),
        ("canceled", DispatchStatus.CANCELLED),
        ("시작 전", DispatchStatus.QUEUED),
        ("배정됨", DispatchStatus.SENT),
        ("처리 중", DispatchStatus.WORKING),
        ("재작업", DispatchStatus.WORKING),
        ("processing", DispatchStatus.WORKING),
        ("승인 필요", DispatchStatus.WAITING),
        ("중단됨", DispatchStatus.WAITING),
        ("작업 완료", DispatchStatus.DONE),
        ("대기 → 진행 중 → 완료", DispatchStatus.DONE),
        ("done -> 확인 요망", DispatchStatus.NEEDS_CHECK),
        ("완료 (미확인)", DispatchStatus.NEEDS_CHECK),
        ("pending verification", DispatchStatus.NEEDS_CHECK),
        ("awaiting review", DispatchStatus.NEEDS_CHECK),
        ("교차 검증 완료", DispatchStatus.VERIFIED),
        ("PASS", DispatchStatus.VERIFIED),
        ("거절", DispatchStatus.FAILED),
        ("중복", DispatchStatus.CANCELLED),
        ("not done", DispatchStatus.UNKNOWN),
        ("done tomorrow", DispatchStatus.UNKNOWN),
        ("완료 예정", DispatchStatus.UNKNOWN),
        ("", DispatchStatus.UNKNOWN),
    ],
)
def test_the_status(text: str, status: DispatchStatus) -> None:
    assert status_of(text) is status
    assert (one({"status": text}).status, one({"state": text}).raw_status) == (status, text)


@pytest.mark.parametrize("status", [None, 5, ["done"], {"a": 1}])
def test_a_status_that_is_no_word_is_unknown_and_counted(status: object) -> None:
    (found,), count = read_records([{**RECORD, "status": status}])
    assert (found.status, count) == (DispatchStatus.UNKNOWN, 1)


@pytest.mark.parametrize(
    "value",
    [
        "2026-04-10T16:41:00+09:00",
        "2026-04-10T07:41:00Z",
        "2026-04-10T16:41:00.000+0900",
        "2026-04-10 16:41 KST",
        "2026-04-10 ~16:41 KST",
        "2026/4/10 07:41 UTC",
        "2026.04.10 16:41:00 kst",
        1_775_806_860,
        1_775_806_860.0,
        1_775_806_860_000,
        1_775_806_860_000_000,
        "1775806860",
        "1775806860000",
    ],
)
def test_the_time(value: object) -> None:
    assert epoch(value) == AT
    for key in ("dispatched_at", "created_at", "ts"):
        assert read_records([{**RECORD, key: value}])[0][0].dispatched_at == AT


@pytest.mark.parametrize("value", ["2026-04-10T16:41:00", "2026-04-10 16:41", "2026/04/10 16:41"])
def test_a_time_without_a_zone_is_local(value: str) -> None:
    assert epoch(value) == datetime(2026, 4, 10, 16, 41).timestamp()


@pytest.mark.parametrize(
    "value", ["soon", "2026-13-45", "0001-01-01T00:00:00", "2026-04-10 16:41 XYZ", 5, -1, 1e300, True]
)
def test_a_time_that_is_none_is_counted(value: object) -> None:
    assert epoch(value) is None
    assert read_records([{**RECORD, "ts": value}]) == ((READ,), 1)


@pytest.mark.parametrize("value", [None, "", 0])
def test_an_empty_time_is_not_counted(value: object) -> None:
    assert read_records([{**RECORD, "ts": value}]) == ((READ,), 0)


PASS = Verification(VerificationVerdict.PASS, 4.9, 3.8, "surface:6")


@pytest.mark.parametrize(
    "record",
    [
        {"verification": {"verdict": "PASS", "self_score": 4.9, "cross_score": 3.8, "by": "surface:6"}},
        {"verify": {"result": "pass", "self": "4.9/5", "cross": "3.8", "verified_by": "surface:6"}},
        {"cross_check": [{"verdict": "FAIL"}, {"outcome": "통과", "self": 4.9, "cross": 3.8, "reviewer": "surface:6"}]},
        {"verdict": "PASS (3.8/5)", "self_score": 4.9, "cross_score": 3.8, "verified_by": "surface:6"},
        {"verification": "PASS", "selfScore": 4.9, "crossScore": 3.8, "verifiedBy": "surface:6"},
        {"verification": {"self": {"score": 4.9}, "cross": {"score": "3.8점", "verdict": "PASS", "by": "surface:6"}}},
        {"검증": {"자기 점수": 4.9, "교차점수": "3.8 (5점 만점)", "판정": "통과", "검증자": "surface:6"}},
    ],
)
def test_the_verification(record: dict[str, Any]) -> None:
    (found,), count = read_records([{**RECORD, **record}])
    assert (found.verification, count) == (PASS, 0)


@pytest.mark.parametrize(
    ("value", "verdict"),
    [
        ("PASS", VerificationVerdict.PASS),
        ("WARN", VerificationVerdict.WARN),
        ("경고", VerificationVerdict.WARN),
        ("FAIL (3.8/5)", VerificationVerdict.FAIL),
        ("PASS → FAIL", VerificationVerdict.FAIL),
        ("pass with warnings", VerificationVerdict.WARN),
        ("조건부 통과", VerificationVerdict.WARN),
        ("불통과", VerificationVerdict.FAIL),
        ("실패", VerificationVerdict.FAIL),
        (True, VerificationVerdict.PASS),
        (False, None),
        ("?", None),
        (3, None),
    ],
)
def test_the_verdict(value: object, verdict: VerificationVerdict | None) -> None:
    assert verdict_of(value) is verdict


@pytest.mark.parametrize("value", [None, {}, {"status": "pending"}, False, "대기", ""])
def test_no_verification_yet_is_none_and_not_counted(value: object) -> None:
    assert read_records([{**RECORD, "verification": value}]) == ((READ,), 0)


@pytest.mark.parametrize(
    "value",
    ["purple", {"verdict": "purple"}, {"by": "s6", "verdict": "purple"}, {"surface:6": "PASS"}, {"passed": True}, 4.5],
)
def test_a_verification_nobody_understands_is_counted(value: object) -> None:
    assert read_records([{**RECORD, "verification": value}]) == ((READ,), 1)
    assert read_records([{**RECORD, "verification": [value]}]) == ((READ,), 1)


@pytest.mark.parametrize("nothing", [None, ""])
def test_a_name_that_holds_nothing_does_not_hide_another_one(nothing: object) -> None:
    record = {
        "id": 54, "surface": nothing, "session": "surface:1", "task": nothing, "title": READ.task, "status": nothing,
        "state": "Working", "dispatched_at": nothing, "created_at": AT, "verification": nothing, "verify": "PASS",
    }  # fmt: skip
    expected = replace(READ, dispatched_at=AT, verification=Verification(VerificationVerdict.PASS))
    assert read_records([record]) == ((expected,), 0)
    assert read_records([{**RECORD, "state": "done"}, record])[0][1] == expected


def test_korean_names_of_fields() -> None:
    when = "2026-04-10 16:41 KST"
    record = {"번호": "#54", "세션": "surface:1", "작업": READ.task, "상태": "Working", "배분 시각": when}
    assert read_records([record]) == ((replace(READ, dispatched_at=AT),), 0)


def test_an_object_where_a_text_should_be_is_shown_as_it_is() -> None:
    (found,), _ = read_records([{**RECORD, "task": {"무엇": ["a", 1]}, "status": {"code": 1}}])
    assert (found.task, found.status, found.raw_status) == ('{"무엇": ["a", 1]}', DispatchStatus.UNKNOWN, '{"code": 1}')


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "x", True, None, [], 10**400])
def test_what_is_no_score(value: object) -> None:
    assert score(value) is None


@pytest.mark.parametrize("record", ["fix the tailer", 5, None, ["a"], {}])
def test_what_is_no_record_stays_and_is_counted(record: object) -> None:
    found, count = read_records([record, RECORD])
    assert (len(found), found[0].status, found[1], count) == (2, DispatchStatus.UNKNOWN, READ, 1)


@pytest.mark.parametrize(
    ("mapping", "record"),
    [
        (FieldMap({"number": ("Seq No",)}), {"seqNo": 54, "id": 1}),
        (FieldMap({"surface": ("where",), "status": ("phase",)}), {"where": "surface:1", "phase": "Working"}),
        (FieldMap({"dispatched_at": ("started",)}), {"started": "2026-04-10 16:41 KST", "ts": 5}),
        (FieldMap({"verification": ("qa",)}), {"qa": "PASS", "verify": "FAIL"}),
        (FieldMap({"verdict": ("qa_result",), "self_score": ("mine",)}), {"qa_result": "PASS", "mine": 4.9}),
        (FieldMap({"verified_by": ("who",)}), {"verification": {"who": "s6", "by": "x", "verdict": "PASS"}}),
        (FieldMap({}, {"Working!": DispatchStatus.WAITING, "🔴": DispatchStatus.FAILED}), {"status": "working"}),
        (FieldMap({}, {"🔴": DispatchStatus.FAILED}), {"status": "🔴"}),
    ],
)
def test_what_the_owner_says_comes_first(mapping: FieldMap, record: dict[str, Any]) -> None:
    (plain,), _ = read_records([{"task": "t", **record}])
    (found,), _ = read_records([{"task": "t", **record}], mapping)
    expected: dict[str, Any] = {
        "number": 54, "surface": "surface:1", "dispatched_at": AT, "verification": VerificationVerdict.PASS,
        "verdict": VerificationVerdict.PASS, "verified_by": "s6", "status": DispatchStatus.WORKING,
    }  # fmt: skip
    check = found.verification
    values = {
        "number": found.number, "surface": found.surface, "dispatched_at": found.dispatched_at, "status": found.status,
        "verification": check and check.verdict, "verdict": check and check.verdict, "verified_by": check and check.by,
    }  # fmt: skip
    assert found != plain
    for name in mapping.fields.keys() & expected.keys():
        assert values[name] == expected[name]
    if mapping.statuses:
        assert found.status in mapping.statuses.values()


def test_the_raw_record_is_as_the_file_has_it() -> None:
    raw = {**RECORD, "x": {"b": "\x1b[2J"}}
    assert raw_record({"log": [{"id": 1}, raw, 5]}, 54) is raw
    assert raw_record({"54": {"task": "t"}}, 54) == {"task": "t"}
    assert (raw_record([RECORD], 7), raw_record(5, 7)) == (None, None)


def test_a_mapped_record_is_as_a_constructed_one() -> None:
    (found,), _ = read_records([{**RECORD, "verification": {"verdict": "PASS", "note": "n", "at": AT}}])
    check = Verification(VerificationVerdict.PASS, note="n", at=AT)
    assert found == Dispatch(54, "surface:1", READ.task, DispatchStatus.WORKING, "Working", None, check)
    assert type(found) is Dispatch
    assert {name: getattr(found, name) for name in Dispatch.__slots__}
    assert hash(found) == hash(replace(found))


def test_texts_are_made_safe() -> None:
    found = one({"id": 1, "surface": "\x1b[2Js", "task": "a\x1b]52;c;aGk=\x07b\nc", "status": "done\x1b[31m"})
    assert (found.surface, found.task, found.raw_status) == ("s", "ab c", "done")
    assert one({"verification": {"verdict": "PASS", "by": "\x1b[2Jx"}}).verification == Verification(
        VerificationVerdict.PASS, by="x"
    )


def test_records_of_one_writer_with_different_keys_are_not_mixed_up() -> None:
    found, _ = read_records([{"id": 1, "task": "a"}, {"id": 2, "title": "b"}, {"id": 3, "task": "c", "title": "no"}])
    assert [dispatch.task for dispatch in found] == ["a", "b", "c"]


KEYS = st.sampled_from(
    ["id", "no", "task", "status", "ts", "verify", "verification", "self_score", "surface", "log", "7"]
)
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=12)),
    lambda inner: st.one_of(st.lists(inner, max_size=5), st.dictionaries(st.one_of(KEYS, st.text(max_size=8)), inner)),
    max_leaves=12,
)


@settings(max_examples=200)
@given(st.one_of(JSON, st.lists(st.dictionaries(KEYS, JSON), max_size=5)))
def test_no_document_is_an_error_and_no_record_is_dropped(document: object) -> None:
    found, count = read_records(json.loads(json.dumps(document)))
    assert 0 <= count <= max(1, len(found))
    if isinstance(document, list):
        assert len(found) == len(document)


def test_links_between_records_are_read_as_people_write_them() -> None:
    log = [
        {
            "id": 54,
            "task": "a",
            "surface": "s",
            "status": "done",
            "verifier": "CLAUDE V",
            "verified_by_dispatch": "#61",
        },
        {"id": 55, "task": "b", "surface": "s", "status": "done", "검증자": "surface:7"},
        {"id": 61, "task": "c", "surface": "s", "status": "sent", "verifies": "54"},
        {"id": 62, "task": "d", "surface": "s", "status": "sent", "verifies": ["x"], "verifier": None},
        {"id": 63, "task": "e", "surface": "s", "status": "sent"},
    ]
    found, not_understood = read_records(log)
    assert [each.links for each in found] == [
        Links(None, "CLAUDE V", 61), Links(None, "surface:7"), Links(54), Links(), Links(),
    ]  # fmt: skip
    assert not_understood == 0
    mixed, _ = read_records([*log, "no record"])
    assert [each.links for each in mixed[:5]] == [each.links for each in found]
