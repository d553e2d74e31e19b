"""One connection to the cmux app: framing, ids, late and foreign answers, denial, and nothing left behind."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from console.mux.base import MuxError
from console.mux.cmux_app_link import AppLink
from console.mux.cmux_app_login import Login
from console.mux.cmux_app_rpc import AppDenied, AppLost, AppRefused, AppRpc, AppSilent
from tests.eventually import eventually
from tests.fakes.cmux_app import CmuxApp, SurfaceSpec, WorkspaceSpec
from tests.mux.app_watched import held

Answer = Callable[[dict[str, Any]], bytes]


def good(request: dict[str, Any], **result: Any) -> bytes:
    return json.dumps({"id": request["id"], "ok": True, "result": result}).encode() + b"\n"


@asynccontextmanager
async def server(path: Path, answer: Answer) -> AsyncIterator[list[bytes]]:
    """A server that answers each line with what *answer* gives; yields the lines it got."""
    got: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            got.append(line)
            writer.write(answer(json.loads(line)))
            await writer.drain()
        writer.close()

    running = await asyncio.start_unix_server(serve, path)
    try:
        yield got
    finally:
        running.close()


@asynccontextmanager
async def connection(path: Path) -> AsyncIterator[AppRpc]:
    rpc = await AppRpc.connect(str(path))
    try:
        yield rpc
    finally:
        await rpc.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "app.sock"


async def test_requests_are_ascii_lines_with_ids_of_their_own(path: Path) -> None:
    async with server(path, lambda r: good(r, got=r["params"].get("text"))) as lines, connection(path) as rpc:
        text = "한글 🙂 \u2028"
        assert await rpc.call("a", {"text": text}) == {"got": text}
        assert await rpc.call("b") == {"got": None}
    assert all(line.isascii() and line.endswith(b"}\n") and line.count(b"\n") == 1 for line in lines)
    assert len({json.loads(line)["id"] for line in lines}) == 2


async def test_an_error_reply_says_its_code(path: Path) -> None:
    def refuse(request: dict[str, Any]) -> bytes:
        error = {"code": "method_not_found", "message": "Unknown\x1b[31m method"}
        return json.dumps({"id": request["id"], "ok": False, "error": error}).encode() + b"\n"

    async with server(path, refuse), connection(path) as rpc:
        with pytest.raises(AppRefused, match=r"cmux: Unknown method \(method_not_found\)") as refused:
            await rpc.call("a")
        assert refused.value.missing and rpc.lost is None


async def test_an_error_without_an_id_answers_what_is_under_way(path: Path) -> None:
    error = b'{"ok":false,"error":{"code":"parse_error","message":"Invalid JSON"}}\n'
    async with server(path, lambda _: error), connection(path) as rpc:
        with pytest.raises(AppRefused, match="parse_error"):
            await rpc.call("a")


@pytest.mark.parametrize(
    "noise",
    [
        b"OK\n",
        b"\n",
        b"\xff\xfe\n",
        b'{"id":"other","ok":true,"result":{"wrong":1}}\n',
        b'{"id":1,"ok":true,"result":{"wrong":1}}\n',
        b'{"id":null,"ok":true,"result":{"wrong":1}}\n',
        b'{"type":"event","name":"x"}\n',
        b"[1]\n",
        b"{\n",
        b'{"a":' + b"[" * 100_000 + b"\n",
        b'{"n":' + b"9" * 5000 + b"}\n",
        b'{"id":{"a":1},"ok":true}\n',
    ],
    ids=range(12),
)
async def test_what_is_no_answer_is_passed_over(path: Path, noise: bytes) -> None:
    async with server(path, lambda r: noise + good(r, right=1) + noise), connection(path) as rpc:
        for _ in range(3):
            assert await rpc.call("a") == {"right": 1}


@pytest.mark.parametrize("reply", [{"ok": True}, {"ok": True, "result": [1]}, {"ok": 1, "result": {}}, {}])
async def test_an_answer_of_another_shape_is_no_traceback(path: Path, reply: dict[str, Any]) -> None:
    async with server(path, lambda r: json.dumps({"id": r["id"], **reply}).encode() + b"\n"), connection(path) as rpc:
        if reply.get("ok") is True:
            assert await rpc.call("a") == {}
        else:
            with pytest.raises(AppRefused):
                await rpc.call("a")


async def test_a_late_answer_is_never_taken_for_another(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("console.mux.cmux_app_rpc.ANSWER_TIMEOUT", 0.2)
    held_back: list[bytes] = []

    def answer(request: dict[str, Any]) -> bytes:
        if request["method"] == "slow":
            held_back.append(good(request, wrong=1))
            return b""
        late, held_back[:] = b"".join(held_back), []
        return late + good(request, method=request["method"])

    async with server(path, answer) as lines, connection(path) as rpc:
        with pytest.raises(AppSilent) as silent:
            await rpc.call("slow")
        assert silent.value.sent and rpc.lost is None
        assert await rpc.call("quick") == {"method": "quick"}
        assert [json.loads(line)["method"] for line in lines] == ["slow", "system.ping", "quick"]
        assert await rpc.call("again") == {"method": "again"}
        assert len(lines) == 4


async def test_behind_a_stall_nothing_more_is_sent(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("console.mux.cmux_app_rpc.ANSWER_TIMEOUT", 0.1)
    async with server(path, lambda _: b"") as lines, connection(path) as rpc:
        with pytest.raises(AppSilent):
            await rpc.call("slow")
        for _ in range(3):
            with pytest.raises(AppSilent, match="busy with an earlier request") as silent:
                await rpc.call("act")
            assert not silent.value.sent
        assert [json.loads(line)["method"] for line in lines] == ["slow", "system.ping"]
        monkeypatch.setattr("console.mux.cmux_app_rpc.STALL_LIMIT", 0.0)
        with pytest.raises(AppLost, match="has not answered for"):
            await rpc.call("act")
        assert rpc.lost is not None


async def test_a_call_that_is_cancelled_leaves_the_connection_usable(path: Path) -> None:
    waiting = asyncio.Event()

    def answer(request: dict[str, Any]) -> bytes:
        if request["method"] == "never":
            waiting.set()
            return b""
        return good(request)

    async with server(path, answer), connection(path) as rpc:
        task = asyncio.create_task(rpc.call("never"))
        await waiting.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await rpc.call("next") == {}


async def test_a_server_that_hangs_up_tells_every_caller(path: Path) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.close()

    async with await asyncio.start_unix_server(serve, path), connection(path) as rpc:
        results = await asyncio.gather(*(rpc.call("a") for _ in range(3)), return_exceptions=True)
        assert [type(each) for each in results] == [AppLost] * 3
        assert [each.sent for each in results if isinstance(each, AppLost)] == [True, False, False]


async def test_a_server_that_does_not_read_gets_no_half_line_twice(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("console.mux.cmux_app_rpc.ANSWER_TIMEOUT", 0.2)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        async with connection(path) as rpc:
            with pytest.raises(AppSilent) as silent:
                await rpc.call("a", {"text": "x" * 5_000_000})
            assert not silent.value.sent
            with pytest.raises(AppLost, match="could not be written whole"):
                await rpc.call("b")


async def test_a_denial_is_read_whether_or_not_the_write_failed(path: Path) -> None:
    text = "ERROR: 접근이 거부되었습니다 — only processes started inside cmux\n".encode()
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen(128)

    def deny() -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            client.sendall(text)
            client.close()

    thread = threading.Thread(target=deny)
    thread.start()
    try:
        for _ in range(200):
            async with connection(path) as rpc:
                with pytest.raises(AppDenied, match="접근이 거부되었습니다"):
                    await rpc.call("system.ping")
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


async def test_a_thousand_reconnections_leave_nothing(path: Path) -> None:
    with CmuxApp(path, personality="B", workspaces=[WorkspaceSpec("w", [SurfaceSpec("a", cold=True)])]) as app:
        link = AppLink(str(path), Login(env={}, home=path.parent), lambda: False)
        await link.ask("system.ping")
        before, aborted = held(), 0
        for turn in range(1000):
            match turn % 4:
                case 0:
                    await link.close()
                case 1:
                    link.abort()
                case 2:
                    (await AppRpc.connect(str(path))).abort()  # before its task has run a step
                    aborted += 1
                case _:
                    await eventually(lambda: (app.accepted, app.connections) == (link.opened + aborted, 1))  # noqa: B023
                    app.cut_connections()
            await link.ask("system.ping")
        assert link.opened > 700
        await eventually(lambda: app.connections == 1)
        await eventually(lambda: held() <= before and held()[1] <= before[1], what=lambda: (before, held()))
        await link.close()
        await eventually(lambda: app.connections == 0)


async def test_connections_that_fail_leave_nothing(path: Path) -> None:
    path.touch()
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path.with_name("dead")))
    before = held()
    for _ in range(200):
        for name in (path, path.with_name("dead")):
            with pytest.raises(MuxError):
                await AppRpc.connect(str(name))
    assert held() == before
