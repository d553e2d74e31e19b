"""The demo's dispatch log and collector."""

from __future__ import annotations

import fcntl
import json
import os
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest

from console.demo.dispatches import KEPT, advance, first_rows, write_log
from console.demo.health import HealthServer
from console.demo.roster import ROSTER
from console.telemetry.prometheus import read_metrics

NOW = datetime(2026, 4, 10, 16, 41, tzinfo=UTC)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "dispatch_log.json"
    write_log(path, {"dispatches": first_rows(NOW), "owner": "kept"})
    return path


def test_the_log_names_every_agent_and_some_scores(log: Path) -> None:
    rows = json.loads(log.read_text(encoding="utf-8"))["dispatches"]
    assert len(rows) == 14
    assert {row["surface"] for row in rows} == {member.name for member in ROSTER}
    by_number = {row["id"]: row for row in rows}
    assert all(by_number[m.number]["surface"] == m.name and by_number[m.number]["task"] == m.task for m in ROSTER)
    gaps = [r["verification"]["self_score"] - r["verification"]["cross_score"] for r in rows if "verification" in r]
    assert len(gaps) >= 5 and max(gaps) > 1
    assert all(datetime.fromisoformat(row["dispatched_at"]) < NOW for row in rows)


def test_the_tracker_moves_rows_for_ever_and_keeps_what_it_does_not_know(log: Path) -> None:
    rng = Random(1)
    seen: set[str] = set()
    for _ in range(200):
        before = log.read_bytes()
        assert advance(log, rng, NOW)
        assert log.read_bytes() != before
        document = json.loads(log.read_text(encoding="utf-8"))
        seen |= {row["status"] for row in document["dispatches"]}
    assert document["owner"] == "kept"
    assert len(document["dispatches"]) <= KEPT
    assert {"Working", "verified", "완료 (확인 필요)"} <= seen
    assert sorted(p.name for p in log.parent.iterdir()) == ["dispatch_log.json", "dispatch_log.json.lock"]


def test_the_tracker_leaves_a_log_that_somebody_holds(log: Path) -> None:
    before = log.read_bytes()
    handle = os.open(f"{log}.lock", os.O_RDWR | os.O_CREAT)
    fcntl.flock(handle, fcntl.LOCK_EX)
    assert not advance(log, Random(1), NOW)
    os.close(handle)
    assert log.read_bytes() == before
    assert advance(log, Random(1), NOW)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"dispatches": 3}', '{"dispatches": [3]}'])
def test_the_tracker_bears_a_broken_log(tmp_path: Path, content: str) -> None:
    path = tmp_path / "dispatch_log.json"
    path.write_text(content, encoding="utf-8")
    assert not advance(path, Random(1), NOW)
    assert path.read_text(encoding="utf-8") == content


@pytest.fixture
def server() -> Iterator[HealthServer]:
    made = HealthServer()
    yield made
    made.stop()


def get(url: str) -> tuple[int, dict[str, object]]:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def test_the_collector_answers(server: HealthServer) -> None:
    status, body = get(server.url)
    assert status == 200
    assert body["status"] == "ok" and body["metrics"] == 7 and body["resources"] == 16
    assert isinstance(body["logs"], int) and body["logs"] >= 30306
    assert get(server.url.replace("/health", "/other"))[0] == 404


def test_its_metrics_are_those_of_a_collector(server: HealthServer) -> None:
    with urllib.request.urlopen(server.metrics_url, timeout=5) as answer:
        found = read_metrics(answer.read())
    assert found is not None and found.refused == 0 and found.exporters[0].fill is not None


def test_its_counts_never_fall() -> None:
    grown = [HealthServer._grown(second / 4, 0.6) for second in range(2000)]
    assert grown == sorted(grown) and grown[-1] == pytest.approx(300, abs=6)


def test_a_client_that_says_nothing_or_hangs_up_stops_nobody(server: HealthServer) -> None:
    port = int(server.url.split(":")[2].split("/")[0])
    with socket.create_connection(("127.0.0.1", port)):
        pass
    with socket.create_connection(("127.0.0.1", port)) as talker:
        talker.sendall(b"\xff\xfe\r\n\r\n")
        assert talker.recv(64).startswith(b"HTTP/1.1 404")
    assert get(server.url)[0] == 200


def test_stop_closes_the_port_and_may_be_called_twice(server: HealthServer) -> None:
    server.stop()
    server.stop()
    with pytest.raises(urllib.error.URLError):
        get(server.url)
