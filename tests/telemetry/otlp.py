"""Receivers of spans: a real one, and ones that are of no use."""

from __future__ import annotations

import importlib.util
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final

import pytest

from tests.eventually import eventually_now


def missing(*packages: str) -> str:
    """Which of these is not installed; empty when all are."""
    for package in packages:
        try:
            found = importlib.util.find_spec(package)
        except ModuleNotFoundError:
            found = None
        if found is None:
            return f"{package} is not installed (extra `otel`, or for tests `dev`)"
    return ""


SDK: Final = ("opentelemetry.sdk", "opentelemetry.exporter.otlp.proto.http")


@dataclass
class Rotel:
    """A running rotel, which writes every span it gets into a file."""

    url: str
    log: Path

    def count(self) -> int:
        """How many spans it got."""
        return self.text().count("\nSpan #")

    def text(self) -> str:
        """All of it."""
        return self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""


def cannot_run() -> str:
    """Why the rotel that is installed cannot run here; empty when it can. It needs a libpython3.x.so."""
    spec = importlib.util.find_spec("rotel")
    if spec is None or spec.origin is None:
        return "rotel is not installed"
    try:
        argv = [str(Path(spec.origin).parent / "rotel-agent"), "--version"]
        done = subprocess.run(argv, capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"rotel does not start: {error}"
    return f"rotel does not run: {done.stderr.strip()[:200]}" if done.returncode else ""


def free_port() -> int:
    """A port nobody listens on just now."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


@contextmanager
def rotel(folder: Path) -> Iterator[Rotel]:
    """A real OTLP receiver (PyPI ``rotel``)."""
    spec = importlib.util.find_spec("rotel")
    assert spec is not None and spec.origin is not None
    http, grpc = free_port(), free_port()
    argv = [
        str(Path(spec.origin).parent / "rotel-agent"), "start", "--exporter", "blackhole", "--log-format", "json",
        "--debug-log", "traces", "--debug-log-verbosity", "detailed",
        "--otlp-http-endpoint", f"127.0.0.1:{http}", "--otlp-grpc-endpoint", f"127.0.0.1:{grpc}",
    ]  # fmt: skip
    found = Rotel(f"http://127.0.0.1:{http}", folder / "rotel.log")
    with found.log.open("wb") as log:
        process = subprocess.Popen(argv, stdout=log, stderr=subprocess.STDOUT, cwd=folder)
    try:
        eventually_now(lambda: process.poll() is not None or _listens(http), 20, found.text)
        if process.poll() is not None and "shared librar" in found.text():
            pytest.skip(f"rotel cannot run here: {found.text().strip()[:200]} (on Debian: apt install libpython3.x)")
        assert process.poll() is None, found.text()
        yield found
    finally:
        process.kill()
        process.wait()


def _listens(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


class Hanging:
    """Takes connections, reads what comes, and never answers."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.connections: list[socket.socket] = []
        self.thread = threading.Thread(target=self._accept, daemon=True)
        self.thread.start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                self.connections.append(self.listener.accept()[0])

    def close(self) -> None:
        """Let go of everybody."""
        with suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(10)
        for connection in self.connections:
            connection.close()


@contextmanager
def hanging() -> Iterator[Hanging]:
    """A collector that hangs."""
    made = Hanging()
    try:
        yield made
    finally:
        made.close()


class _Answers(BaseHTTPRequestHandler):
    server: Answering

    def do_POST(self) -> None:
        self.server.asked.append(self.path)
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.send_response(self.server.status)
        self.send_header("Content-Length", "0")
        for name, value in self.server.headers.items():
            self.send_header(name, value)
        self.end_headers()

    do_GET = do_POST

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


class Answering(ThreadingHTTPServer):
    """Answers everything with one status."""

    daemon_threads = True

    def __init__(self, status: int, headers: dict[str, str]) -> None:
        self.status, self.headers, self.asked = status, headers, list[str]()
        super().__init__(("127.0.0.1", 0), _Answers)
        self.url = f"http://127.0.0.1:{self.server_port}"


@contextmanager
def answering(status: int, **headers: str) -> Iterator[Answering]:
    """A server that is no collector."""
    with ExitStack() as stack:
        made = stack.enter_context(Answering(status, headers))
        thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        stack.callback(thread.join)
        stack.callback(made.shutdown)
        yield made
