"""One record, whole."""

from __future__ import annotations

import json
from pathlib import Path

from console.model.dispatch import DispatchStatus
from console.tracker.json_write import JsonLog
from console.tracker.operations import Append, SetStatus
from console.tracker.record import RAW_LIMIT, record


def test_the_raw_record_and_what_the_console_wrote(tmp_path: Path) -> None:
    path = tmp_path / "dispatch_log.json"
    path.write_text(json.dumps({"dispatches": [{"id": 54, "task": "샘플링", "status": "Working", "x": [1]}]}))
    log = JsonLog(path)
    log.apply(SetStatus(54, DispatchStatus.DONE))
    log.apply(Append({"surface": "%1", "task": "token=sk-abcdefghijklmnop"}))
    found = record(path, 54)
    assert '"x": [' in found.raw and "샘플링" in found.raw
    assert len(found.history) == 1 and "status" in found.history[0] and "done" in found.history[0]
    assert "sk-abc" not in record(path, 55).history[0]


def test_what_cannot_be_shown_says_why(tmp_path: Path) -> None:
    path = tmp_path / "log.json"
    assert "cannot be read" in record(path, 1).raw
    path.write_text('{"dispatches": [')
    assert "cannot be read" in record(path, 1).raw
    path.write_text("[" * 100_000)
    assert "cannot be read" in record(path, 1).raw
    path.write_text('{"dispatches": []}')
    assert record(path, 9).raw == "#9 is not in the file any more"


def test_a_hostile_record_is_harmless_and_bounded(tmp_path: Path) -> None:
    path = tmp_path / "log.json"
    path.write_text(json.dumps([{"id": 1, "task": "\x1b]52;c;AA\x07\u202e[/]", "long": "x" * 90_000}]))
    raw = record(path, 1).raw
    assert "\x1b" not in raw and "\u202e" not in raw and len(raw) <= RAW_LIMIT
