"""Codex's app server, as a test double plays it (tests/agents/codex_double.py): no real Codex is here."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import subprocess
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from console.agents import codex_status
from console.agents.codex_status import Thread, control_socket, read_status, read_thread, to_signals, watch_codex
from console.agents.processes import codex_windows
from console.agents.websocket import MESSAGE_LIMIT, WebSocket, WebSocketError
from console.model.agent import AgentState
from tests.agents.codex_double import CodexDouble, frame
from tests.agents.following import Followed, end
from tests.eventually import eventually, eventually_now

IDLE = {"type": "idle"}
ACTIVE: dict[str, Any] = {"type": "active", "activeFlags": []}
APPROVAL = {"type": "active", "activeFlags": ["waitingOnApproval"]}


@pytest.fixture
async def server() -> AsyncIterator[CodexDouble]:
    """A running double."""
    double = CodexDouble()
    await double.start()
    yield double
    await double.remove()


def follow(server: CodexDouble, folders: Mapping[int, str] | None = None, refresh: float = 3600) -> Followed:
    return Followed(watch_codex(server.path, again=0.1, refresh=refresh, folders=lambda: folders or {}))


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (IDLE, AgentState.IDLE),
        (ACTIVE, AgentState.WORKING),
        (APPROVAL, AgentState.APPROVAL),
        ({"type": "active", "activeFlags": ["waitingOnUserInput"]}, AgentState.QUESTION),
        ({"type": "active", "activeFlags": ["waitingOnUserInput", "waitingOnApproval"]}, AgentState.APPROVAL),
        ({"type": "active", "activeFlags": ["somethingNew"]}, AgentState.WORKING),
        ({"type": "active", "activeFlags": "waitingOnApproval"}, AgentState.WORKING),
        ({"type": "active"}, AgentState.WORKING),
        ({"type": "systemError"}, AgentState.ERROR),
        ("idle", AgentState.IDLE),
        ({"type": "notLoaded"}, None),
        ({"type": 7}, None),
        (None, None),
        ([], None),
    ],
)
def test_every_status(status: object, expected: AgentState | None) -> None:
    thread = Thread("t", "/src", *read_status(status), at=5.0)
    assert [signal.state for signal in to_signals([thread], {})] == ([expected] if expected else [])


def test_a_thread_is_joined_to_a_window_only_when_there_is_one_of_each() -> None:
    one, two = Thread("1", "/a", "idle"), Thread("2", "/b", "idle")

    def pids(threads: list[Thread], folders: dict[int, str]) -> list[int | None]:
        return [signal.pid for signal in to_signals(threads, folders)]

    assert pids([one, two], {10: "/a", 20: "/b"}) == [10, 20]
    assert pids([one, two], {10: "/a", 11: "/a", 20: "/b"}) == [None, 20], "two windows"
    assert pids([one, Thread("3", "/a", "idle")], {10: "/a"}) == [None, None], "two threads"
    assert pids([one], {}) == [None]
    assert pids([Thread("4", "", "idle")], {10: ""}) == [None]


@pytest.mark.parametrize("raw", [None, [], "t", {}, {"id": 3}, {"id": ""}])
def test_what_is_no_thread_is_passed_over(raw: object) -> None:
    assert read_thread(raw, 1.0) is None


def test_the_socket_follows_the_environment(tmp_path: Path) -> None:
    name = "app-server-control/app-server-control.sock"
    assert control_socket({}) == Path.home() / ".codex" / name
    assert control_socket({"CODEX_HOME": str(tmp_path)}) == tmp_path / name


class TestWatch:
    async def test_without_a_server_one_empty_reading(self, tmp_path: Path) -> None:
        followed = Followed(watch_codex(tmp_path / "none.sock", again=0.01))
        try:
            await eventually(lambda: followed.readings)
            await asyncio.sleep(0.1)
            assert [(reading.signals, reading.error) for reading in followed.readings] == [((), "")]
        finally:
            await followed.end()

    async def test_threads_and_pushes_arrive(self, server: CodexDouble) -> None:
        server.threads = {"t-1": ("/a", ACTIVE), "t-2": ("/b", IDLE)}
        followed = follow(server, {77: "/a"})
        try:
            await eventually(lambda: followed.states == ["working", "idle"], what=lambda: followed.readings)
            first = followed.readings[-1].signals[0]
            assert (first.source, first.agent, first.session, first.pid) == ("app server", "codex", "t-1", 77)
            server.push("t-1", APPROVAL)
            await eventually(lambda: followed.states == ["approval", "idle"], what=lambda: followed.readings)
            second = followed.readings[-1].signals
            assert second[0].at > first.at
            assert second[1].at == followed.readings[-2].signals[1].at, "what did not change keeps its time"
            server.send({"method": "thread/closed", "params": {"threadId": "t-2"}})
            await eventually(lambda: followed.states == ["approval"])
            assert set(server.methods) == {"initialize", "initialized", "thread/loaded/list", "thread/read"}
        finally:
            await followed.end()

    async def test_a_new_thread_is_read(self, server: CodexDouble) -> None:
        followed = follow(server)
        try:
            await eventually(lambda: followed.states == [] and server.open == 1)
            server.push("ghost", {"type": "notLoaded"})
            server.threads["t-9"] = ("/c", IDLE)
            server.push("t-9", ACTIVE)
            await eventually(lambda: followed.states == ["working"], what=lambda: followed.readings)
        finally:
            await followed.end()

    async def test_a_change_that_was_not_pushed_is_found(self, server: CodexDouble) -> None:
        server.threads = {"t-1": ("/a", ACTIVE)}
        followed = follow(server, refresh=0.05)
        try:
            await eventually(lambda: followed.states == ["working"])
            at = followed.readings[-1].signals[0].at
            server.threads["t-1"] = ("/a", IDLE)
            await eventually(lambda: followed.states == ["idle"])
            assert followed.readings[-1].signals[0].at > at
            del server.threads["t-1"]
            await eventually(lambda: followed.states == [])
            assert server.connections == 1
        finally:
            await followed.end()

    async def test_a_restarted_server_is_found_again(self, server: CodexDouble) -> None:
        server.threads = {"t-1": ("/a", ACTIVE)}
        followed = follow(server)
        try:
            await eventually(lambda: followed.states == ["working"])
            await server.stop()
            await eventually(lambda: followed.states == [], what=lambda: followed.readings)
            server.path.unlink(missing_ok=True)
            await server.start()
            await eventually(lambda: followed.states == ["working"], what=lambda: followed.readings)
            assert followed.error == ""
        finally:
            await followed.end()

    async def test_a_socket_nobody_listens_on_is_no_fault(self, server: CodexDouble) -> None:
        await server.stop()
        left = server.folder / "left.sock"
        import socket

        with socket.socket(socket.AF_UNIX) as gone:
            gone.bind(str(left))
        followed = Followed(watch_codex(left, again=0.05))
        try:
            await eventually(lambda: followed.readings)
            assert followed.error == ""
        finally:
            await followed.end()

    async def test_frames_of_every_form_are_understood(self, server: CodexDouble) -> None:
        server.threads = {"t-1": ("/a", ACTIVE)}
        followed = follow(server)
        try:
            await eventually(lambda: followed.states == ["working"])
            told = json.dumps(
                {"method": "thread/status/changed", "params": {"threadId": "t-1", "status": IDLE, "x": "y" * 300}}
            ).encode()
            server.raw(frame(b"are you there", 9))
            server.raw(frame(told[:10], final=False) + frame(b"", 9) + frame(told[10:40], 0, final=False))
            await eventually(lambda: server.pongs == [b"are you there", b""])
            assert followed.states == ["working"], "not whole yet"
            server.raw(frame(told[40:], 0, wide=True))
            await eventually(lambda: followed.states == ["idle"])
            server.raw(frame(b"not json at all"))
            await eventually(lambda: server.connections == 2)
            await eventually(lambda: followed.error == "" and followed.states == ["working"])
        finally:
            await followed.end()

    @pytest.mark.parametrize(
        ("data", "said"),
        [
            (b"\x81\x7f" + (MESSAGE_LIMIT + 1).to_bytes(8, "big"), "larger than 1024 KiB"),
            (b"\xc1\x01x", "an extension"),
            (b"\x81\x81abcdx", "masks"),
            (b"\x83\x01x", "unknown kind of frame 3"),
            (b"\x80\x01x", "out of order"),
            (frame(b"x", final=False) + frame(b"y"), "out of order"),
            (frame(b"\x03\xe8", 8), "closed by the server"),
            (frame(b"[" * 100_000), "nested too deeply"),
            (frame(b"\xff\xfe{}"), "app server"),
        ],
    )
    async def test_a_server_that_breaks_the_rules_is_left(self, server: CodexDouble, data: bytes, said: str) -> None:
        server.threads = {"t-1": ("/a", ACTIVE)}
        followed = Followed(watch_codex(server.path, again=3600, refresh=3600, folders=dict))
        try:
            await eventually(lambda: followed.states == ["working"])
            server.raw(data)
            await eventually(lambda: said in followed.error, what=lambda: followed.readings)
            assert followed.states == []
            await eventually(lambda: server.open == 0, what="the connection stays open")
        finally:
            await followed.end()

    @pytest.mark.parametrize(
        "handshake",
        [
            b"HTTP/1.1 403 Forbidden\r\n\r\n",
            b"HTTP/1.1 101 Switching\r\nsec-websocket-accept: abc\r\n\r\n",
            b"\xff\x00\r\n\r\n",
            b"SSH-2.0-x\r\n",
            b"x" * 40_000,
        ],
    )
    async def test_something_else_on_the_socket_is_said(self, server: CodexDouble, handshake: bytes) -> None:
        server.handshake = handshake
        followed = Followed(watch_codex(server.path, again=3600))
        try:
            await eventually(lambda: "no WebSocket" in followed.error, what=lambda: followed.readings)
        finally:
            await followed.end()

    async def test_a_silent_server_is_left(self, server: CodexDouble, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(codex_status, "PATIENCE", 0.2)
        server.mute = True
        followed = follow(server)
        try:
            await eventually(lambda: "no answer" in followed.error)
            server.mute = False
            server.threads = {"t-1": ("/a", ACTIVE)}
            await eventually(lambda: followed.states == ["working"])
        finally:
            await followed.end()

    async def test_a_socket_of_somebody_else_is_not_spoken_to(
        self, server: CodexDouble, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        mine = os.geteuid()
        monkeypatch.setattr(os, "geteuid", lambda: mine + 1)
        followed = follow(server)
        try:
            await eventually(lambda: "another user" in followed.error, what=lambda: followed.readings)
            assert server.connections == 0
        finally:
            await followed.end()

    async def test_it_ends_cleanly(self, server: CodexDouble) -> None:
        server.threads = {"t-1": ("/a", ACTIVE)}
        complaints: list[dict[str, Any]] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
        before = asyncio.all_tasks()
        for _ in range(3):
            followed = follow(server)
            await eventually(lambda: followed.states == ["working"])  # noqa: B023
            await followed.end()
            await eventually(lambda: server.open == 0, what="the connection stays open")
        await eventually(lambda: asyncio.all_tasks() == before)
        gc.collect()
        assert complaints == []


async def test_what_is_no_websocket_ends_the_connection(server: CodexDouble) -> None:
    server.handshake = b"HTTP/1.1 200 OK\r\n\r\n"
    with pytest.raises(WebSocketError, match="200 OK"):
        await WebSocket.connect(server.path)


def test_codex_windows_are_found_with_their_folder(tmp_path: Path) -> None:
    code = Path("/bin/sleep").resolve()
    copy = tmp_path / "bin" / "codex"
    copy.parent.mkdir()
    copy.write_bytes(code.read_bytes())
    copy.chmod(0o755)
    window = subprocess.Popen([str(copy), "1000"], cwd=tmp_path)
    try:
        eventually_now(lambda: window.pid in codex_windows(), what=codex_windows)
        assert codex_windows()[window.pid] == str(tmp_path)
    finally:
        end(window)
