"""The collector asked over real sockets."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import aclosing, contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from console.config import CollectorConfig
from console.http_get import SIZE_LIMIT
from console.model.reading import CollectorRead
from console.model.telemetry import Collector, CollectorState
from console.telemetry.collector import examine, watch_collector
from tests.waiting import DEADLINE, until

HEALTH = {"status": "ok", "logs": 30306, "spans": 1096}


def probe(url: str, timeout: float = 2.0) -> Collector:
    """The one question after the health document."""
    return asyncio.run(examine(CollectorConfig(url, probe="never", timeout=timeout)))


class Answers(ThreadingHTTPServer):
    """A server that answers as it is told, and remembers what it was asked."""

    daemon_threads = True
    status = 200
    kind = "application/json"
    body = json.dumps(HEALTH).encode()
    location = ""

    def __init__(self) -> None:
        self.asked: list[str] = []
        super().__init__(("127.0.0.1", 0), Handler)

    def url(self, path: str = "/health") -> str:
        return f"http://127.0.0.1:{self.server_port}{path}"


class Handler(BaseHTTPRequestHandler):
    server: Answers

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        self.send_response(self.server.status)
        self.send_header("Content-Type", self.server.kind)
        self.send_header("Content-Length", str(len(self.server.body)))
        if self.server.location:
            self.send_header("Location", self.server.location)
        self.end_headers()
        self.wfile.write(self.server.body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[Answers]:
    with Answers() as found:
        thread = threading.Thread(target=found.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield found
        found.shutdown()
        thread.join()


@contextmanager
def raw(talk: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server that does *talk* with its one client."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                talk(connection)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/health"
        thread.join(DEADLINE)


def test_a_healthy_collector(server: Answers) -> None:
    found = probe(server.url("/health?full=1"))
    assert (found.state, found.logs, found.spans, found.metrics) == (CollectorState.UP, 30306, 1096, None)
    assert found.evidence == f"GET {server.url('/health?full=1')} 200 status=ok"
    assert found.endpoint == f":{server.server_port}"
    assert server.asked == ["/health?full=1"]


@pytest.mark.parametrize(
    ("status", "kind", "body", "state", "evidence"),
    [
        (200, "text/html; charset=utf-8", b"<!doctype html>", CollectorState.UNKNOWN, "200: text/html is no health"),
        (200, "text/plain", b"OK", CollectorState.UP, "200 ok"),
        (200, "application/json", b"[]", CollectorState.UNKNOWN, "application/json is no health document"),
        (404, "application/json", b'{"status": "ok"}', CollectorState.UNKNOWN, "404: no health document there"),
        (503, "application/json", b'{"status": "starting"}', CollectorState.DEGRADED, "503 status=starting"),
        (503, "application/json", b'{"status": "down"}', CollectorState.DOWN, "503 status=down"),
        (500, "text/plain", b"oops", CollectorState.DEGRADED, "500"),
        (200, "application/json", b" " * (SIZE_LIMIT + 1), CollectorState.UNKNOWN, "answer larger than 256 kB"),
        (200, "te\x1b[2Jxt", b"<>", CollectorState.UNKNOWN, "200: text is no health document"),
    ],
)
def test_other_answers(
    server: Answers, status: int, kind: str, body: bytes, state: CollectorState, evidence: str
) -> None:
    server.status, server.kind, server.body = status, kind, body
    found = probe(server.url())
    assert found.state is state
    assert evidence in found.evidence


def test_a_redirect_is_not_followed(server: Answers) -> None:
    server.status, server.location = 302, "/elsewhere"
    found = probe(server.url())
    assert found.state is CollectorState.UNKNOWN
    assert "302: a redirect, not followed" in found.evidence
    assert server.asked == ["/health"]


def test_proxies_of_the_environment_are_not_used(server: Answers, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert probe(server.url()).state is CollectorState.UP


def test_refused_is_down() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, but nobody listens
        found = probe(f"http://127.0.0.1:{taken.getsockname()[1]}/health")
    assert found.state is CollectorState.DOWN
    assert found.evidence.endswith("connection refused")


def silent(connection: socket.socket) -> None:
    while connection.recv(4096):
        pass


def dripping(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nX-Drip: ")
    pause = threading.Event()
    with suppress(OSError):  # the client has cut the line
        while not pause.wait(0.05):
            connection.sendall(b"1")


@pytest.mark.parametrize("talk", [silent, dripping])
def test_silent_or_slow_is_down(talk: Callable[[socket.socket], None]) -> None:
    with raw(talk) as url:
        found = probe(url, 0.3)
    assert found.state is CollectorState.DOWN
    assert found.evidence.endswith("no answer within 0.3 s")


@pytest.mark.parametrize(
    ("answer", "state", "evidence"),
    [
        (b"", CollectorState.DOWN, "connection closed without an answer"),
        (b"SSH-2.0-OpenSSH\r\n", CollectorState.UNKNOWN, "the answer is not HTTP"),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{",
            CollectorState.UNKNOWN,
            "the answer is shorter than it says",
        ),
        (b"HTTP/1.1 200 OK\r\nContent-Length: -9\r\n\r\n{}", CollectorState.UNKNOWN, "no health document"),
    ],
)
def test_answers_that_break_the_protocol(answer: bytes, state: CollectorState, evidence: str) -> None:
    def talk(connection: socket.socket) -> None:
        connection.recv(4096)
        connection.sendall(answer)

    with raw(talk) as url:
        found = probe(url)
    assert found.state is state
    assert evidence in found.evidence


@pytest.mark.parametrize(
    "url",
    [
        "",
        "x",
        "ftp://a/b",
        "http://",
        "http://[::1",
        "http://a:99999/",
        "http://127.0.0.1:1/a b\r\nX: y",
        "http://a..b/",
    ],
)
def test_no_url_is_an_error(url: str) -> None:
    found = probe(url)
    assert found.state in (CollectorState.UNKNOWN, CollectorState.DOWN)
    assert "\n" not in found.evidence


def test_tls_is_asked_for_and_its_failure_told(server: Answers) -> None:
    found = probe(server.url().replace("http:", "https:"))
    assert found.state is CollectorState.UNKNOWN
    assert "no TLS" in found.evidence


async def test_it_is_asked_again_and_again_until_stopped(server: Answers) -> None:
    before, readings = asyncio.all_tasks(), list[CollectorRead]()

    async def follow() -> None:
        async with aclosing(watch_collector(CollectorConfig(server.url(), 0.05))) as found:  # type: ignore[type-var]
            async for reading in found:
                readings.append(reading)

    task = asyncio.create_task(follow())
    await until(lambda: bool(readings))
    assert readings[0].source == server.url()
    assert readings[0].collector.state is CollectorState.UP
    server.body = b'{"ok": false}'
    await until(lambda: readings[-1].collector.state is CollectorState.DEGRADED)
    task.cancel()
    await asyncio.wait([task], timeout=DEADLINE)
    assert asyncio.all_tasks() == before
    await until(lambda: not any(thread.name.startswith("oc-") for thread in threading.enumerate()))


KINDS = st.sampled_from(["application/json", "text/plain", "text/html"])
BODIES = st.one_of(st.binary(max_size=80), st.sampled_from([b'{"status":"down"}', b"<html>ok</html>", b"[]", b"null"]))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from([200, 204, 302, 404, 500, 503]), KINDS, BODIES)
def test_no_answer_is_an_error_or_a_false_up(server: Answers, status: int, kind: str, body: bytes) -> None:
    server.status, server.kind, server.body = status, kind, b"" if status == 204 else body
    found = probe(server.url())
    assert "\n" not in found.evidence
    if found.state is CollectorState.UP:
        assert status < 300 and (body.strip()[:1] in b'{"' or len(body) < 64)
