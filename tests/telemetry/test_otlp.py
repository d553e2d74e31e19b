"""Answers to an empty export."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.http_get import Answer
from console.model.telemetry import CollectorState
from console.telemetry.otlp import PROTOBUF, read_export

UP, DEGRADED, UNKNOWN = CollectorState.UP, CollectorState.DEGRADED, CollectorState.UNKNOWN
JSON = "application/json"


@pytest.mark.parametrize(
    ("status", "kind", "body", "state", "evidence"),
    [
        (200, PROTOBUF, b"", UP, "takes spans"),
        (200, PROTOBUF, b"\x0a\x00", UP, "takes spans"),
        (200, PROTOBUF, b"\x0a\x04\x12\x02hi", UP, "takes spans, but says: hi"),
        (200, PROTOBUF, b"\x0a\x02\x08\x05", DEGRADED, "rejects 5 of nothing"),
        (200, PROTOBUF, b"<html>", UNKNOWN, "application/x-protobuf is no export response"),
        (200, PROTOBUF, b"\x0a\xff", UNKNOWN, "is no export response"),
        (200, PROTOBUF, b"\x12\x00", UNKNOWN, "is no export response"),
        (200, JSON, b"{}", UP, "takes spans"),
        (200, JSON, b"", UP, "takes spans"),
        (200, JSON, b'{"partialSuccess":null}', UP, "takes spans"),
        (200, JSON, b'{"partialSuccess":{"rejectedSpans":"3","errorMessage":"full\\u001b[2J"}}', DEGRADED, "rejects 3"),
        (200, JSON, b'{"partial_success":{"rejected_log_records":0,"error_message":"slow"}}', UP, "but says: slow"),
        (200, JSON, b'{"status":"ok"}', UNKNOWN, "is no export response"),
        (200, JSON, b"[]", UNKNOWN, "is no export response"),
        (200, JSON, b"[" * 100_000, UNKNOWN, "is no export response"),
        (200, "text/html", b"", UNKNOWN, "text/html is no export response"),
        (200, "", b"", UNKNOWN, "an answer without a type is no export response"),
        (204, PROTOBUF, b"", UNKNOWN, "no export response"),
        (302, "", b"", UNKNOWN, "no export response"),
        (400, JSON, b"{}", UNKNOWN, "no export response"),
        (401, "", b"", UNKNOWN, "asks who you are"),
        (404, "", b"", UNKNOWN, "no OTLP receiver there"),
        (405, "", b"", UNKNOWN, "no OTLP receiver there"),
        (415, "", b"", UNKNOWN, "takes no protobuf"),
        (429, "", b"", DEGRADED, "takes no more just now"),
        (503, "", b"", DEGRADED, "takes no data now"),
    ],
)
def test_an_answer(status: int, kind: str, body: bytes, state: CollectorState, evidence: str) -> None:
    found = read_export(Answer(status, kind, body, True, 0.1), "http://c/v1/traces")
    assert found.state is state
    assert evidence in found.evidence and "\x1b" not in found.evidence + found.reason


@given(st.integers(100, 599), st.sampled_from([PROTOBUF, JSON, "text/html", ""]), st.binary(max_size=60))
def test_nothing_is_an_error_and_only_an_export_response_is_up(status: int, kind: str, body: bytes) -> None:
    found = read_export(Answer(status, kind, body, True, 0.1), "/v1/logs")
    assert found.state is not UP or (status == 200 and kind in (PROTOBUF, JSON) and not body.startswith(b"<"))
