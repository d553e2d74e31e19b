"""What a writer without a lock has undone is seen, told and brought back."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from console.model.dispatch import DispatchStatus
from console.tracker.errors import Refused
from console.tracker.journal import NAME, Journal
from console.tracker.json_write import JsonLog
from console.tracker.losses import Lost
from console.tracker.operations import Append, Patch, RecordVerification, SetStatus

RECORDS: list[dict[str, Any]] = [{"id": n, "surface": f"s{n}", "task": f"t{n}", "status": "working"} for n in (1, 2)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    found = tmp_path / "log.json"
    write(found, RECORDS)
    return found


def write(path: Path, records: object) -> None:
    path.write_text(json.dumps(records, indent=1))


def read(path: Path) -> Any:
    return json.loads(path.read_text())


def lost(path: Path) -> tuple[Lost, ...]:
    return JsonLog(path).journal.lost(read(path))


def test_nothing_is_lost_while_it_stands(path: Path) -> None:
    log = JsonLog(path)
    log.apply(Append({"task": "new"}))
    log.apply(SetStatus(1, DispatchStatus.DONE))
    log.apply(SetStatus(1, DispatchStatus.WORKING))
    assert lost(path) == ()


def test_a_stale_document_undoes_and_it_is_brought_back(path: Path) -> None:
    log = JsonLog(path)
    log.apply(SetStatus(1, DispatchStatus.DONE))
    log.apply(RecordVerification(1, "s2", 4.9, 3.8))
    log.apply(Append({"task": "new", "surface": "s3"}))
    log.apply(Patch(3, {"note": "n"}))
    after = read(path)
    write(path, RECORDS)
    found = lost(path)
    assert [(each.number, each.operation) for each in found[:2]] == [
        (1, SetStatus(1, DispatchStatus.DONE)),
        (1, RecordVerification(1, "s2", 4.9, 3.8)),
    ]
    assert found[2].operation == Append({"number": 3, "task": "new", "surface": "s3", "note": "n"})
    assert [each.why for each in found] == [
        "status of #1 is what it was before", "verification of #1 is what it was before",
        "#3 is not in the log any more",
    ]  # fmt: skip
    for each in found:
        log.reapply(each)
    assert read(path) == after
    assert lost(path) == ()


def test_a_newer_value_of_somebody_else_is_no_loss(path: Path) -> None:
    JsonLog(path).apply(SetStatus(1, DispatchStatus.DONE))
    write(path, [{**RECORDS[0], "status": "failed"}, RECORDS[1]])
    assert lost(path) == ()


def test_a_value_from_before_the_last_but_one_is_a_loss(path: Path) -> None:
    log = JsonLog(path)
    log.apply(SetStatus(1, DispatchStatus.DONE))
    log.apply(SetStatus(1, DispatchStatus.FAILED))
    write(path, RECORDS)
    assert [each.operation for each in lost(path)] == [SetStatus(1, DispatchStatus.FAILED)]


def test_only_the_undone_fields_are_offered(path: Path) -> None:
    log = JsonLog(path)
    log.apply(Patch(1, {"a": 1, "b": 2}))
    log.apply(Patch(1, {"a": 3}))
    write(path, [{**RECORDS[0], "a": 3}, RECORDS[1]])
    assert [each.operation for each in lost(path)] == [Patch(1, {"b": 2})]


def test_a_number_given_to_another_task_is_a_loss_and_comes_back_under_the_next(path: Path) -> None:
    log = JsonLog(path)
    log.apply(Append({"task": "ours"}))
    write(path, [*RECORDS, {"id": 3, "task": "theirs"}])
    (found,) = lost(path)
    assert (found.operation, found.why) == (Append({"task": "ours"}), "#3 is another task now")
    assert log.reapply(found).number == 4
    assert [each["task"] for each in read(path)] == ["t1", "t2", "theirs", "ours"]
    assert lost(path) == ()


def test_our_own_next_record_under_the_same_number_hides_no_loss(path: Path) -> None:
    log = JsonLog(path)
    log.apply(Append({"task": "first"}))
    write(path, RECORDS)
    log.apply(Append({"task": "second"}))
    assert [each.operation for each in lost(path)] == [Append({"task": "first"})]
    write(path, RECORDS)
    for each in lost(path):
        log.reapply(each)
    assert [each["task"] for each in read(path)[2:]] == ["first", "second"]
    assert lost(path) == ()


def test_a_change_of_a_record_that_is_gone_is_told_but_cannot_be_made_again(path: Path) -> None:
    log = JsonLog(path)
    log.apply(Patch(2, {"a": 1}))
    write(path, RECORDS[:1])
    (found,) = lost(path)
    with pytest.raises(Refused, match="#2 is not in the log any more"):
        log.reapply(found)
    log.journal.settle(found)
    assert lost(path) == ()


def test_a_torn_last_line_is_tolerated_and_told(path: Path) -> None:
    log = JsonLog(path)
    log.apply(SetStatus(1, DispatchStatus.DONE))
    with (path.parent / NAME).open("ab") as journal:
        journal.write(b'{"id": "x", "log": "')
    log.apply(SetStatus(2, DispatchStatus.DONE))
    assert [entry.number for entry in log.journal.entries()] == [1, 2]
    assert log.journal.damaged == 1


LATER = b'{"id": "x", "log": "LOG", "key": "", "op": {"kind": "later"}, "number": 1, "before": null, "after": {}}\n'


@pytest.mark.parametrize("line", [LATER, b"5\n", b"null\n", b"[1]\n", b"\xff\n", b'{"settled": 5}\n', b'{"id": 1}\n'])
def test_foreign_lines_are_counted(path: Path, line: bytes) -> None:
    (path.parent / NAME).write_bytes(line.replace(b"LOG", bytes(path)))
    log = JsonLog(path)
    log.apply(SetStatus(1, DispatchStatus.DONE))
    assert ([entry.number for entry in log.journal.entries()], log.journal.damaged) == ([1], 1)


def test_two_logs_share_a_journal(tmp_path: Path, path: Path) -> None:
    other = tmp_path / "other.json"
    write(other, RECORDS)
    JsonLog(path).apply(SetStatus(1, DispatchStatus.DONE))
    JsonLog(other).apply(SetStatus(2, DispatchStatus.DONE))
    write(path, RECORDS)
    write(other, RECORDS)
    assert [each.number for each in lost(path) + lost(other)] == [1, 2]


def test_a_long_journal_becomes_the_old_one(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("console.tracker.journal.ROTATE_SIZE", 1000)
    log = JsonLog(path)
    for n in range(12):
        log.apply(Patch(1, {"n": n}))
    assert sorted(name for name in os.listdir(path.parent) if name.startswith(NAME)) == [NAME, f"{NAME}.1"]  # noqa: PTH208
    assert (path.parent / f"{NAME}.1").stat().st_size < 2000
    assert log.journal.entries()[-1].after == {"n": 11}
    assert len(log.journal.entries()) > 3


def test_a_process_sees_what_another_wrote(path: Path) -> None:
    journal = Journal(path.parent, path.resolve())
    assert journal.entries() == ()
    JsonLog(path).apply(SetStatus(1, DispatchStatus.DONE), idempotency_key="k")
    found = journal.find("k")
    assert found is not None
    assert (found.number, found.before, found.after) == (1, {"status": "working"}, {"status": "done"})
    assert journal.find("") is None
