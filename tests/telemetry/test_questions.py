"""Several questions to one collector, over real sockets, and what is made of the answers."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from console.config import CollectorConfig
from console.model.telemetry import CollectorState
from console.telemetry.collector import examine
from tests.telemetry.metrics_texts import EXPLICIT
from tests.telemetry.otlp import cannot_run, missing, rotel
from tests.telemetry.test_collector import HEALTH, raw, silent

PROTOBUF = "application/x-protobuf"
Page = tuple[int, str, bytes]
NOT_FOUND: Page = (404, "text/plain", b"404 page not found\n")
METRICS: Page = (200, "text/plain; version=0.0.4; charset=utf-8", EXPLICIT.encode())
SPA: Page = (200, "text/html; charset=utf-8", b"<!doctype html><div id=root>")
NO_POST: Page = (405, "text/plain", b"405 method not allowed, supported: [POST]")


class Site(ThreadingHTTPServer):
    """A server with pages by method and path; anything else is `other`."""

    daemon_threads = True

    def __init__(self, pages: dict[str, Page], other: Page = NOT_FOUND) -> None:
        self.pages, self.other, self.asked = pages, other, list[tuple[str, str, int]]()
        super().__init__(("127.0.0.1", 0), Pages)
        self.base = f"http://127.0.0.1:{self.server_port}"


class Pages(BaseHTTPRequestHandler):
    server: Site

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.asked.append((f"{self.command} {self.path}", self.headers.get("Content-Type", ""), len(body)))
        status, kind, page = self.server.pages.get(f"{self.command} {self.path}", self.server.other)
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    do_POST = do_GET

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def site(other: Page = NOT_FOUND, **pages: Page) -> Iterator[Site]:
    """Pages named ``get_health`` or ``post_v1_traces``."""
    named = {
        f"{name.split('_', 1)[0].upper()} /{name.split('_', 1)[1].replace('_', '/')}": p for name, p in pages.items()
    }
    with Site(named, other) as found:
        thread = threading.Thread(target=found.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield found
        found.shutdown()
        thread.join()


def json_page(document: object, status: int = 200) -> Page:
    return status, "application/json", json.dumps(document).encode()


async def test_what_one_answer_lacks_the_next_adds_and_the_evidence_says_both() -> None:
    with site(get_health=json_page(HEALTH), get_metrics=METRICS) as at:
        found = await examine(CollectorConfig(f"{at.base}/health", metrics_url=f"{at.base}/metrics"))
    assert (found.state, found.logs, found.metrics, found.uptime) == (CollectorState.UP, 30306, 7, 16.483)
    assert found.origin("logs") == "url" and found.origin("metrics") == found.origin("uptime") == "metrics_url"
    assert [exporter.name for exporter in found.exporters] == ["debug", "otlphttp/dead"]
    assert found.evidence == f"GET {at.base}/health 200 status=ok · GET {at.base}/metrics 200 19 series"
    assert sorted(asked for asked, _, _ in at.asked) == ["GET /health", "GET /metrics"]


async def test_metrics_alone_and_metrics_at_the_place_of_the_health() -> None:
    with site(get_metrics=METRICS) as at:
        for config in (CollectorConfig(metrics_url=f"{at.base}/metrics"), CollectorConfig(f"{at.base}/metrics")):
            found = await examine(config)
            assert (found.state, found.logs, found.refused) == (CollectorState.UP, 80, 3)


async def test_a_receiver_without_health_is_asked_by_an_empty_export() -> None:
    with site(post_v1_traces=(200, PROTOBUF, b""), get_v1_traces=NO_POST) as at:
        found = await examine(CollectorConfig(f"{at.base}/health"))
        assert found.state is CollectorState.UP
        assert found.evidence == (
            f"GET {at.base}/health 404: no health document there; check collector.url · "
            f"POST {at.base}/v1/traces 200 takes spans"
        )
        assert at.asked[-1] == ("POST /v1/traces", PROTOBUF, 0)
        assert (await examine(CollectorConfig(f"{at.base}/v1/traces"))).state is CollectorState.UP
        assert (await examine(CollectorConfig(otlp_url=f"{at.base}/v1/traces"))).state is CollectorState.UP
        assert (await examine(CollectorConfig(f"{at.base}/health", probe="never"))).state is CollectorState.UNKNOWN


async def test_a_receiver_of_logs_alone_is_found() -> None:
    with site(post_v1_logs=(200, PROTOBUF, b"\x0a\x00")) as at:
        found = await examine(CollectorConfig(otlp_url=f"{at.base}/v1/traces"))
        assert found.state is CollectorState.UP and found.evidence == f"POST {at.base}/v1/logs 200 takes logs"
        assert (await examine(CollectorConfig(otlp_url=f"{at.base}/v1/metrics"))).state is CollectorState.UNKNOWN


async def test_a_server_that_answers_everything_with_a_page_is_not_healthy() -> None:
    with site(SPA) as at:
        every = CollectorConfig(f"{at.base}/health", 10, f"{at.base}/metrics", f"{at.base}/", probe="always")
        found = await examine(every)
    assert found.state is CollectorState.UNKNOWN and found.logs is None
    assert "text/html is no health document" in found.evidence and "has no series of a collector" in found.evidence
    assert "text/html is no export response" in found.evidence


async def test_health_that_tells_leaves_the_export_alone_unless_it_is_wanted() -> None:
    with site(get_health=json_page(HEALTH), post_v1_traces=json_page({"partialSuccess": {"rejectedSpans": 1}})) as at:
        assert (await examine(CollectorConfig(f"{at.base}/health"))).state is CollectorState.UP
        found = await examine(CollectorConfig(f"{at.base}/health", probe="always"))
        assert (found.state, found.logs) == (CollectorState.DEGRADED, 30306)


@pytest.mark.parametrize(
    ("page", "state", "uptime"),
    [
        (json_page({"status": "Server available", "upSince": "2026-04-10T07:40:00Z", "uptime": "16m24.6s"}),
         CollectorState.UP, 984.6),
        (json_page({"status": "Server not available", "upSince": "0001-01-01T00:00:00Z", "uptime": ""}, 503),
         CollectorState.DOWN, None),
        (json_page({"healthy": True, "status": "StatusOK"}), CollectorState.UP, None),
        (json_page({"healthy": False, "status": "StatusRecoverableError"}), CollectorState.DEGRADED, None),
        (json_page({"healthy": False, "status": "StatusFatalError"}, 500), CollectorState.DOWN, None),
        (json_page({"healthy": False, "status": "StatusStarting"}, 503), CollectorState.DEGRADED, None),
        ((503, "text/plain", b""), CollectorState.DEGRADED, None),
    ],
)  # fmt: skip
async def test_the_health_check_extension(page: Page, state: CollectorState, uptime: float | None) -> None:
    with site(get_health=NOT_FOUND, get_status=page) as at:
        found = await examine(CollectorConfig(health_check_url=f"{at.base}/status"))
    assert (found.state, found.uptime) == (state, uptime)


async def test_the_worst_that_is_said_holds() -> None:
    with site(get_health=json_page(HEALTH), get_status=json_page({"healthy": False}), get_metrics=METRICS) as at:
        found = await examine(CollectorConfig(f"{at.base}/health", 10, f"{at.base}/metrics", f"{at.base}/status"))
    assert found.state is CollectorState.DEGRADED and "healthy=false" in found.evidence


async def test_a_port_that_is_closed_beside_one_that_answers_is_degraded() -> None:
    with site(get_metrics=METRICS) as at, socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, but nobody listens
        closed = f"http://127.0.0.1:{taken.getsockname()[1]}/health"
        found = await examine(CollectorConfig(closed, metrics_url=f"{at.base}/metrics"))
        assert (found.state, found.logs) == (CollectorState.DEGRADED, 80)
        assert found.reason == "url: connection refused"
        at.pages.clear()
        assert (await examine(CollectorConfig(closed, metrics_url=f"{at.base}/metrics"))).state is CollectorState.DOWN
        found = await examine(CollectorConfig(f"{at.base}/health", metrics_url=closed, probe="never"))
        assert found.state is CollectorState.UNKNOWN


async def test_a_question_that_hangs_holds_up_no_other() -> None:
    with site(get_health=json_page(HEALTH)) as at, raw(silent) as hangs:
        found = await examine(CollectorConfig(f"{at.base}/health", metrics_url=hangs, timeout=0.3))
    assert (found.state, found.logs) == (CollectorState.DEGRADED, 30306)
    assert found.reason.endswith("no answer within 0.3 s")


async def test_a_gigabyte_is_not_read() -> None:
    sent = 0

    def flood(connection: socket.socket) -> None:
        nonlocal sent
        connection.recv(4096)
        with suppress(OSError):  # the client has had enough
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 1073741824\r\n\r\n")
            while sent < 1 << 30:
                sent += connection.send(b"otelcol_process_uptime 5\n" * 4096)

    with raw(flood) as url:
        found = await examine(CollectorConfig(metrics_url=url))
    assert found.state is CollectorState.UNKNOWN and found.evidence.endswith("answer larger than 4096 kB")
    assert sent < 64 << 20


async def test_places_of_the_operator_are_read() -> None:
    with site(get_health=json_page({"counts": {"rows": 5}, "status": "ok"})) as at:
        found = await examine(CollectorConfig(f"{at.base}/health", fields={"logs": ("counts.rows",)}))
    assert found.logs == 5


async def test_a_password_is_never_shown() -> None:
    found = await examine(CollectorConfig("http://op:hunter2@127.0.0.1:1/health"))
    assert "hunter2" not in found.evidence and "127.0.0.1:1/health" in found.evidence


async def test_nothing_to_ask_is_said() -> None:
    found = await examine(CollectorConfig())
    assert (found.state, found.evidence) == (CollectorState.UNKNOWN, "nothing to ask; write collector.url")


@pytest.mark.skipif(bool(missing("rotel")), reason=missing("rotel"))
async def test_a_real_receiver_is_up_until_it_is_not(tmp_path: Path) -> None:
    if reason := cannot_run():
        pytest.skip(reason)
    with rotel(tmp_path) as found:
        config = CollectorConfig(f"{found.url}/health")
        collector = await examine(config)
        assert collector.state is CollectorState.UP
        assert collector.evidence.endswith(f"POST {found.url}/v1/traces 200 takes spans")
        assert f"GET {found.url}/health 404" in collector.evidence
        assert found.count() == 0, "nothing was left behind"
    assert (await examine(config)).state is CollectorState.DOWN
