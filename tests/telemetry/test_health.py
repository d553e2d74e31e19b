"""Health documents of real and imagined collectors."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.model.telemetry import Collector, CollectorState
from console.telemetry.health import read_health

NOW = 1_775_806_860.0
FLEET = Collector(
    CollectorState.UP, "status=ok", logs=30306, spans=1096, metrics=7, resources=16, bytes=12_920_000, uptime=3723.0
)


def read(document: object, status: int = 200) -> Collector | None:
    return read_health(json.dumps(document).encode(), status, NOW)


@pytest.mark.parametrize(
    "document",
    [
        {"status": "ok", "logs": 30306, "spans": 1096, "metrics": 7, "resources": 16, "bytes": 12920000,
         "uptime": 3723},
        {"status": "ok", "log_records": "30,306", "spanCount": "1,096", "metric_count": 7, "resource_count": 16,
         "size": "12.92MB", "uptime": "1h2m3s"},
        {"status": "ok", "data": {"counts": {"logs": {"total": 30306}, "spans": {"count": 1096}, "metrics":
         {"value": 7}, "resources": 16}}, "storage": {"size_mb": 12.92}, "uptime_seconds": 3723.0},
        {"status": "ok", "totals": {"total_logs": 30306, "traces": 1096, "data_points": 7, "resources": 16},
         "db_size": "12.92 mb", "uptime": "1:02:03"},
    ],
)  # fmt: skip
def test_the_same_facts_under_other_names(document: object) -> None:
    assert read(document) == FLEET


def test_what_is_not_said_is_none() -> None:
    assert read({"healthy": True}) == Collector(CollectorState.UP, "healthy=true")
    assert read({"ok": True, "logs": None, "spans": "many", "metrics": -1, "resources": True}) == Collector(
        CollectorState.UP, "ok=true"
    )


def test_deeper_than_four_levels_is_not_read() -> None:
    assert read({"ok": True, "a": {"b": {"logs": {"total": 1}}}}) == Collector(CollectorState.UP, "ok=true", logs=1)
    assert read({"ok": True, "a": {"b": {"c": {"logs": {"total": 1}}}}}) == Collector(CollectorState.UP, "ok=true")


def test_the_shallowest_word_decides() -> None:
    document = {"components": {"x": {"healthy": False, "logs": 5}}, "healthy": True, "logs": 9}
    assert read(document) == Collector(CollectorState.UP, "healthy=true", logs=9)


@pytest.mark.parametrize(
    ("document", "status", "state"),
    [
        ({"status": "Server available", "upSince": "2026-04-10T07:40:00Z", "uptime": "1m0s"}, 200, CollectorState.UP),
        ({"status": "Server not available", "upSince": "0001-01-01T00:00:00Z", "uptime": ""}, 503, CollectorState.DOWN),
        ({"healthy": True, "status": "StatusOK", "start_time": "2026-04-10T16:40:00+09:00"}, 200, CollectorState.UP),
        ({"healthy": False, "status": "StatusPermanentError"}, 200, CollectorState.DEGRADED),
        ({"healthy": False, "status": "StatusFatalError"}, 500, CollectorState.DOWN),
        ({"status": "StatusStarting"}, 503, CollectorState.DEGRADED),
        ({"status": "ok", "healthy": False}, 200, CollectorState.DEGRADED),
        ({"ok": False}, 200, CollectorState.DEGRADED),
        ({"ok": True}, 503, CollectorState.DEGRADED),
        ({}, 503, CollectorState.DEGRADED),
        ({"status": "down"}, 200, CollectorState.DOWN),
        ({"logs": 5}, 200, CollectorState.UP),
        ("OK", 200, CollectorState.UP),
    ],
)
def test_the_state(document: object, status: int, state: CollectorState) -> None:
    found = read(document, status)
    assert found is not None
    assert found.state is state


@pytest.mark.parametrize(
    "document",
    [
        {"status": "initializing", "logs": 5},
        {"status": 3, "spans": 1},
        {"logs": {"status": "ok", "count": 5}, "spans": {"status": "down", "count": 1}},
        {"a": {"status": "ok"}, "b": {"c": {"status": "down"}}},
        {"logs": 5, "checks": [{"name": "disk", "healthy": True}, {"name": "db", "healthy": False}]},
        {"logs": 5, "error": "database is locked"},
        {"healthy": 0, "logs": 5},
        {"healthy": "false"},
    ],
)
def test_what_is_not_surely_healthy_is_not_up(document: object) -> None:
    found = read(document)
    assert found is None or found.state is not CollectorState.UP


def test_an_unknown_word_keeps_the_counts_and_says_so() -> None:
    found = read({"status": "initializing", "logs": 5})
    assert found is not None and (found.state, found.logs) == (CollectorState.UNKNOWN, 5)
    assert found.evidence == "status=initializing is not understood"
    assert read({"status": "initializing"}) is None


def test_the_component_that_is_wrong_is_named() -> None:
    exporter = {"healthy": False, "status": "StatusRecoverableError", "error": "connection refused\x1b[2J"}
    pipeline = {"healthy": False, "components": {"receiver:otlp": {"healthy": True}, "exporter:otlp": exporter}}
    document = {"start_time": "2026-04-10T16:40:00+09:00", "healthy": False, "status": "StatusRecoverableError",
                "components": {"extensions": {"healthy": True}, "pipeline:traces": pipeline}}  # fmt: skip
    found = read(document)
    assert found is not None and (found.state, found.uptime) == (CollectorState.DEGRADED, 60)
    assert found.reason == found.why == "pipeline:traces/exporter:otlp: connection refused"


def test_a_place_of_the_operator_goes_before_every_synonym() -> None:
    document = {"logs": 1, "a": {"b": {"rows": "30,306"}}, "spans": 4, "alive_for": "2h", "mode": "ok", "status": "no"}
    names = {"logs": ("x.y", "a.b.rows"), "spans": ("nowhere",), "uptime": ("alive_for",), "status": ("mode",)}
    found = read_health(json.dumps(document).encode(), 200, NOW, names)
    assert found == Collector(CollectorState.UP, "status=ok", logs=30306, uptime=7200.0)


def test_uptime_from_the_time_of_the_start() -> None:
    found = read({"healthy": True, "start_time": "2026-04-10T16:40:00+09:00"})
    assert found is not None
    assert found.uptime == 60
    assert read({"ok": True, "upSince": "0001-01-01T00:00:00Z"}) == Collector(CollectorState.UP, "ok=true")


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("16m24.5s", 984.5), ("500ms", 0.5), ("2d3h", 183_600.0), ("1 day, 2:03:04", 93_784.0), ("3723", 3723.0),
        (12.5, 12.5), ("soon", None), ("", None), ("1.2.3s", None), (True, None), (None, None), ([1], None),
    ],
)  # fmt: skip
def test_the_uptime(value: object, seconds: float | None) -> None:
    found = read({"ok": True, "uptime": value})
    assert found is not None
    assert found.uptime == seconds


@pytest.mark.parametrize(
    "body", [b"", b"<html>ok</html>", b"\xff\xfe", b"[1]", b"{}", b"null", b"3", b'{"a": 1}', b"[" * 9999]
)
def test_what_is_no_health_document(body: bytes) -> None:
    assert read_health(body, 200, NOW) is None


def test_a_plain_ok() -> None:
    assert read_health(b"OK\n", 200, NOW) == Collector(CollectorState.UP, "ok")


def test_the_evidence_is_safe() -> None:
    found = read({"status": "ok\x1b[2J"})
    assert found is None or "\x1b" not in found.evidence


KEYS = st.sampled_from(["status", "healthy", "ok", "logs", "total", "bytes", "size_mb", "uptime", "upSince", "spans"])
VALUES = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.sampled_from(["ok", "9e999s"])
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=4)),
    max_leaves=10,
)


@settings(max_examples=200)
@given(VALUES, st.sampled_from([200, 500, 503]))
def test_no_document_is_an_error(document: object, status: int) -> None:
    found = read(document, status)
    if found is not None:
        assert found.state is not CollectorState.UNKNOWN or "is not understood" in found.evidence
        assert all(count is None or count >= 0 for count in (found.logs, found.spans, found.bytes, found.uptime))


WORDS = st.sampled_from(
    ["down", "failed", "unhealthy", "degraded", "no idea", "stopped", "unavailable", "StatusFatalError"]
)


@settings(max_examples=80)
@given(
    st.sampled_from(["status", "state", "health"]), WORDS, st.dictionaries(KEYS, VALUES, max_size=4), st.integers(0, 3)
)
def test_a_bad_word_at_the_top_or_alone_is_never_healthy(
    key: str, word: str, more: dict[str, object], deep: int
) -> None:
    counts = {name: value for name, value in more.items() if name in ("logs", "spans", "bytes", "size_mb", "uptime")}
    document: dict[str, object] = {**{k: v for k, v in counts.items() if not isinstance(v, dict | list)}, key: word}
    for level in range(deep):
        document = {f"level{level}": document}
    found = read(document)
    assert found is None or found.state is not CollectorState.UP


@given(st.binary(max_size=100))
def test_no_bytes_are_an_error(body: bytes) -> None:
    read_health(body, 200, NOW)


@pytest.mark.parametrize(
    "body", [b'{"ready":', b'{"ok":', b'{"status":"ok"', '{"status":"ok"}'.encode("utf-16"), b"<ok>", b'["ok"', b"ok="]
)
def test_half_a_document_is_no_word(body: bytes) -> None:
    assert read_health(body, 200, 0.0) is None


@pytest.mark.parametrize("body", [b"ok", b"OK\n", b"Alive!", b"server available", "정상".encode()])
def test_a_plain_word_is_one(body: bytes) -> None:
    found = read_health(body, 200, 0.0)
    assert found is not None and found.state is CollectorState.UP


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ({"status": "ok", "error": "disk full"}, "status=ok, but error=disk full"),
        ({"healthy": True, "components": {"pipeline:logs": {"error": "연결 거부"}}}, "but pipeline:logs: 연결 거부"),
    ],
)
def test_well_with_an_error_is_not_well(document: dict[str, object], told: str) -> None:
    found = read_health(json.dumps(document).encode(), 200, 0.0)
    assert found is not None and found.state is CollectorState.DEGRADED and told in found.evidence
    assert found.reason


@pytest.mark.parametrize("error", ["", "none", None, 0, "N/A"])
def test_no_error_is_none(error: object) -> None:
    found = read_health(json.dumps({"status": "ok", "error": error, "last_error": "old"}).encode(), 200, 0.0)
    assert found is not None and found.state is CollectorState.UP
