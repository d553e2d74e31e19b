"""A single field of a record, and a record by a single field."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from console.tracker.lookup import number_with, text_of

RECORDS = [{"number": 1, "dispatch_key": "a", "n": 5}, {"number": 2, "dispatch_key": "b"}, {"id": "#3"}, "text", None]


@pytest.mark.parametrize("document", [RECORDS, {"dispatches": RECORDS}])
def test_fields_and_records_are_found(tmp_path: Path, document: object) -> None:
    log = tmp_path / "log.json"
    log.write_text(json.dumps(document))
    assert text_of(log, 2, "dispatch_key") == "b"
    assert text_of(log, 1, "n") == text_of(log, 9, "n") == text_of(log, 3, "dispatch_key") == ""
    assert number_with(log, "dispatch_key", "a") == 1 and number_with(log, "dispatch_key", "z") is None


def test_records_under_their_numbers(tmp_path: Path) -> None:
    log = tmp_path / "log.json"
    log.write_text('{"54": {"dispatch_key": "k", "traceparent": "t"}}')
    assert (number_with(log, "dispatch_key", "k"), text_of(log, 54, "traceparent")) == (54, "t")


@pytest.mark.parametrize("text", ["", "{ torn", '"a word"', "[" * 100_000])
def test_what_is_no_log_has_nothing(tmp_path: Path, text: str) -> None:
    log = tmp_path / "log.json"
    log.write_text(text)
    assert text_of(log, 1, "a") == "" and number_with(log, "a", "b") is None
    assert number_with(tmp_path / "gone", "a", "b") is None
