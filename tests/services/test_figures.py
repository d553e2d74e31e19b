"""Numbers of the operator's own, from real commands, files and http servers; what is not certain is unknown."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import aclosing
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.config_operations import FigureSection
from console.model.figure import Figure
from console.model.numbers import Number
from console.services import figures
from console.services.figures import look, watch_figures
from console.services.picking import Unpicked, pick_json, pick_whole


def python(code: str, *arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-c", code, *arguments)


async def read(**spec: Any) -> Figure:
    found = await look(FigureSection("f", **spec))
    assert (found.number is None) == (found.shown == "unknown") and found.evidence and found.read_at is not None
    return found


@pytest.mark.parametrize(
    ("spec", "number"),
    [
        ({"command": ("echo", "30,306")}, Number(30306)),
        ({"command": ("echo", "53+ 건")}, Number(53, "건", at_least=True)),
        ({"command": ("printf", "A\\n완료 53 / 59\\n"), "pattern": r"완료 (\d+)"}, Number(53)),
        ({"command": ("echo", '{"a": [1, {"b c": "1.2만"}]}'), "json": ("a", "-1", "b c")}, Number(12000)),
        ({"command": python("import os; print(len(os.getcwd()))"), "cwd": "/"}, Number(1)),
    ],
)
async def test_a_command(spec: dict[str, Any], number: Number) -> None:
    assert (await read(**spec)).number == number


@pytest.mark.parametrize(
    ("spec", "why"),
    [
        ({"command": ("oc-console-no-such",)}, "no such program"),
        ({"command": ("sh", "-c", "echo 5; echo broken >&2; exit 3")}, "ended with 3: broken"),
        ({"command": ("sleep", "100"), "timeout": 0.2}, "no end within 0.2 s"),
        ({"command": ("true",)}, "there is no text"),
        ({"command": ("echo", "about fifty")}, "about fifty is not surely a number"),
        ({"command": ("printf", "5\\n6\\n")}, "name a pattern"),
        ({"command": ("echo", "5"), "cwd": "/nowhere"}, "the directory /nowhere does not exist"),
        ({"command": python("print('9' * 9_000_000)")}, "wrote more than 8 MiB"),
        ({"command": ("printf", "\\033]0;x\\007five")}, "five is not surely a number"),
        ({"command": ("sh", "-c", "echo token=abcdefgh >&2; exit 1")}, "token=[redacted]"),
    ],
)
async def test_a_command_that_tells_no_number(spec: dict[str, Any], why: str) -> None:
    found = await read(**spec)
    assert found.number is None and why in found.evidence and "\x1b" not in found.evidence


LOG = "start 1\nlogs 30,306 spans 1,096\nlogs 30,310 spans 1,099\n"


@pytest.mark.parametrize(
    ("pattern", "take", "value"),
    [
        (r"start (\d+)", "only", 1),
        (r"logs ([\d,]+)", "first", 30306),
        (r"logs ([\d,]+)", "last", 30310),
        (r"^logs", "count", 2),
        (r"nothing", "count", 0),
        (r"(?<=spans )1,099", "only", 1099),
    ],
)
async def test_a_pattern_in_a_file(tmp_path: Path, pattern: str, take: Any, value: int) -> None:
    path = tmp_path / "a.log"
    path.write_text(LOG)
    assert (await read(file=str(path), pattern=pattern, take=take)).number == Number(value)


@pytest.mark.parametrize(
    ("text", "pattern", "why"),
    [
        (LOG, r"logs ([\d,]+)", "several places; write take: first, last or count"),
        (LOG, r"nothing (\d)", "the pattern finds nothing"),
        ("logs 30,306", r"logs (\d+)", "takes 30, a part of 30,306"),
        ("3만 5천", r"(\d+)만", "takes 3, a part of 3만 5천"),
        ("v 1.25", r"\.(\d+)", "takes 25, a part of 1.25"),
        ("logs many", r"logs (\w+)", "many is not surely a number"),
        ("logs 5 or", r"logs 5( \d)?", "is not surely a number"),
    ],
)
async def test_a_pattern_that_finds_no_certain_number(tmp_path: Path, text: str, pattern: str, why: str) -> None:
    path = tmp_path / "a.log"
    path.write_text(text)
    found = await read(file=str(path), pattern=pattern)
    assert found.number is None and why in found.evidence


async def test_a_plus_behind_what_was_taken_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_text("완료 53+ / 미완 6")
    assert (await read(file=str(path), pattern=r"완료 (\d+)", unit="건")).shown == "53건+"


async def test_a_pattern_that_never_ends_stops_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_text("a" * 60 + "c")
    beats = 0

    async def beat() -> None:
        nonlocal beats
        while True:
            await asyncio.sleep(0.01)
            beats += 1

    task = asyncio.create_task(beat())
    found = await read(file=str(path), pattern="(a+)+b", timeout=0.5)
    task.cancel()
    assert found.number is None and "write a simpler one" in found.evidence and beats > 5


async def test_what_is_no_usable_file_is_told(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "link").symlink_to("/nowhere")
    for name, why in (
        ("none", "No such file"),
        ("", "not a regular file"),
        ("fifo", "not a regular file"),
        ("link", "No such"),
    ):
        async with asyncio.timeout(15):
            assert why in (await read(file=str(tmp_path / name), pattern="x(1)")).evidence
    assert "null" in (await read(file="/tmp/a\0b")).evidence


async def test_a_long_file_is_looked_into_only_where_that_is_certain(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(figures, "SIZE_LIMIT", 1000)
    path = tmp_path / "a.log"
    # The cut goes through a number, at both ends.
    path.write_text("logs 1\n" + "x" * 985 + "\nlogs 2222222\n" * 3 + "y" * 980 + "\nlogs 3\n")
    for take, value in (("first", 1), ("last", 3)):
        assert (await read(file=str(path), pattern=r"logs (\d+)", take=take)).number == Number(value)
    for take in ("only", "count"):
        assert "only take: first or last" in (await read(file=str(path), pattern=r"logs (\d+)", take=take)).evidence
    path.write_text("z\n" + "logs 2222222 " * 100)
    assert (await read(file=str(path), pattern=r"(\d+)", take="first")).number is None, "half a line is not looked at"


@pytest.mark.parametrize(
    ("document", "path", "expected"),
    [
        ({"logs": 30306}, ("logs",), Number(30306)),
        ({"a": {"b": 12.5}}, ("a", "b"), Number(12.5)),
        ({"a": 5.0}, ("a",), Number(5)),
        ({"a": "12.92 MB"}, ("a",), Number(12.92, "MB")),
        ({"d": [1, 2, 3]}, ("d", "#"), Number(3)),
        ({"d": [1, 2, 3]}, ("d", "-1"), Number(3)),
        ({"0": 7}, ("0",), Number(7)),
        ([5, 6], ("1",), Number(6)),
        ({"#": 9}, ("#",), Number(1)),
        ({"a": True}, ("a",), "True"),
        ({"a": None}, ("a",), "None"),
        ({"a": [1]}, ("a",), "is a list, not surely a number; add .# for its length"),
        ({"a": 1}, ("b",), "there is no b in ."),
        ({"a": [1]}, ("a", "7"), "there is no 7 in .a"),
        ({"a": [1]}, ("a", "x"), "there is no x in .a"),
        ({"a": 5}, ("a", "#"), "there is no # in .a"),
        ({"a": 1e300}, ("a",), Number(1e300)),
    ],
)
def test_a_json_path(document: object, path: tuple[str, ...], expected: Number | str) -> None:
    text = json.dumps(document).encode()
    if isinstance(expected, Number):
        assert pick_json(text, path, "") == expected
    else:
        with pytest.raises(Unpicked) as caught:
            pick_json(text, path, "")
        assert expected in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [b"", b"<html>5</html>", b"{'a': 5}", b"\xff", b"[" * 100_000, b'{"a": NaN}', b'{"a": 1' + b"0" * 5000 + b"}"],
)
def test_what_is_no_json_with_a_number(text: bytes) -> None:
    with pytest.raises(Unpicked):
        pick_json(text, ("a",), "")


@given(st.binary(max_size=200), st.lists(st.text(max_size=4), max_size=3), st.text(max_size=3))
def test_no_bytes_give_another_exception(text: bytes, path: list[str], unit: str) -> None:
    for whole in (True, False):
        try:
            assert isinstance(pick_whole(text, unit) if whole else pick_json(text, path, unit), Number)
        except Unpicked as error:
            assert str(error)


@dataclass
class Server:
    """An http server that answers as told."""

    url: str = ""
    status: int = 200
    body: bytes = b'{"logs": "30,306"}'
    headers: dict[str, str] = field(default_factory=dict)
    drip: bool = False
    asked: int = 0
    stop: threading.Event = field(default_factory=threading.Event)


@pytest.fixture
def server() -> Iterator[Server]:
    told = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            told.asked += 1
            try:
                self.send_response(told.status)
                for name, value in told.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(told.body)
                while told.drip and not told.stop.wait(0.05):
                    self.wfile.write(b" ")
            except OSError:
                self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    serving = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    serving.daemon_threads = True
    thread = threading.Thread(target=serving.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    told.url = f"http://127.0.0.1:{serving.server_port}/health"
    yield told
    told.stop.set()
    serving.shutdown()
    serving.server_close()
    thread.join()


async def test_an_http_answer(server: Server) -> None:
    found = await read(url=server.url, json=("logs",))
    assert found.number == Number(30306) and found.evidence == f"{server.url} logs"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"status": 500}, "answers 500"),
        ({"status": 302, "headers": {"Location": "/other"}}, "answers 302, a redirect, not followed"),
        ({"body": b"<html>5</html>"}, "is not JSON"),
        ({"body": b"5" * (5 << 20)}, "larger than 4 MiB"),
        ({"drip": True}, "no whole answer within 0.3 s|no answer within 0.3 s"),
    ],
)
async def test_an_answer_that_is_no_number(server: Server, change: dict[str, Any], why: str) -> None:
    for name, value in change.items():
        setattr(server, name, value)
    found = await read(url=server.url, json=("logs",), timeout=0.3 if server.drip else 5.0)
    assert found.number is None and any(each in found.evidence for each in why.split("|"))
    assert server.asked == 1


async def test_servers_that_are_not_there_hang_or_speak_something_else() -> None:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()[1]
        assert "refused" in (await read(url=f"http://127.0.0.1:{port}/x", json=("a",))).evidence
        listening.listen()
        found = await read(url=f"http://127.0.0.1:{port}/x", json=("a",), timeout=0.2)
        assert "no answer within 0.2 s" in found.evidence
    assert "http://host:port/path is wanted" in (await read(url="ftp://x/y", json=("a",))).evidence
    assert (await read(url="http://[::1", json=("a",))).shown == "unknown"


async def test_one_that_hangs_delays_no_other() -> None:
    specs = [FigureSection("hangs", command=("sleep", "100"), timeout=60.0)]
    specs += [FigureSection(f"f{n}", command=("echo", str(n))) for n in range(5)]
    seen: dict[str, Figure] = {}
    async with asyncio.timeout(30), aclosing(watch_figures(specs)) as readings:  # type: ignore[type-var]
        async for reading in readings:
            seen.update({each.name: each for each in reading.figures})
            if len(seen) == 5:
                break
    assert set(seen) == {f"f{n}" for n in range(5)}
