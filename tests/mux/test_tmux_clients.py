"""What the adapter is to the server it watches: one quiet client that leaves nothing behind; and what it types."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import aclosing, suppress
from pathlib import Path
from random import Random

import psutil
import pytest

from console.mux import tmux as adapter
from console.mux import tmux_control, tmux_panes
from console.mux.base import MuxError
from console.mux.tmux import Tmux
from console.mux.tmux_control import ControlConnection
from tests.eventually import eventually, eventually_now
from tests.mux.watched import Watched
from tests.tmux_server import PROGRAM, TmuxServer, python

pytestmark = pytest.mark.tmux

RAW = """
import os, sys, tty
tty.setraw(0)
os.write(1, b"\\033[?2004h" if len(sys.argv) > 1 else b"")
os.write(1, b"ready\\r\\n")
got = b""
while True:
    got += os.read(0, 65536)
    open(sys.argv[-1], "wb").write(got) if len(sys.argv) > 1 else None
    os.write(1, b"\\033[2J\\033[H%d" % len(got))
"""
"""Takes bracketed pastes and writes every byte that arrives into the file it is given."""


def children() -> list[int]:
    """The living children of this process."""
    found = []
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            if process.status() != psutil.STATUS_ZOMBIE:
                found.append(process.pid)
    return found


async def test_it_is_one_quiet_client_and_windows_keep_their_size(tmux: TmuxServer) -> None:
    big, wide = tmux.new(name="big", width=120, height=40), tmux.new(name="wide", width=200, height=20)
    before = children()
    async with Watched(tmux.socket) as seen:
        await seen.until(lambda: seen.screens(big) and seen.screens(wide))
        clients = tmux.clients("#{client_control_mode} #{client_flags}")
        assert len(clients) == 1 and clients[0].startswith("1 ")
        assert {"read-only", "ignore-size", "no-output"} <= set(clients[0].split(" ")[1].split(","))
        for pane, size in ((big, "120x40"), (wide, "200x20")):
            assert tmux.show(pane, "#{window_width}x#{window_height}") == size
        second = tmux.window("big")
        await seen.until(lambda: second in seen.tree())
        assert tmux.show(second, "#{window_width}x#{window_height}") == "120x40"
        assert len(children()) == len(before) + 1
    assert tmux.clients() == []
    assert children() == before
    assert tmux.show(big, "#{window_width}x#{window_height}") == "120x40"


async def test_closing_twice_and_before_watching_is_fine(tmux: TmuxServer) -> None:
    tmux.new()
    mux = Tmux(str(tmux.socket))
    await mux.close()
    await mux.close()
    assert [reading async for reading in mux.watch()] == []


async def test_cancelling_at_any_moment_leaves_nothing(tmux: TmuxServer) -> None:
    for _ in range(4):
        tmux.new(python("import time\nwhile 1: print('x', flush=True); time.sleep(0.02)"))
    moments = Random(7)

    async def watch() -> None:
        async with aclosing(Tmux(str(tmux.socket)).watch()) as readings:  # type: ignore[type-var]
            async for _ in readings:
                pass

    await asyncio.create_task(_cancelled(watch(), 0.2))  # what is made once is not counted
    tasks, files, processes = asyncio.all_tasks(), psutil.Process().num_fds(), children()
    for _ in range(30):
        await _cancelled(watch(), moments.uniform(0, 0.08))
        assert children() == processes
    assert asyncio.all_tasks() == tasks
    await eventually(lambda: psutil.Process().num_fds() == files, what=lambda: psutil.Process().open_files())
    assert tmux.clients() == [] and tmux.alive()


async def _cancelled(work: object, after: float) -> None:
    task: asyncio.Task[None] = asyncio.create_task(work)  # type: ignore[arg-type]
    await asyncio.sleep(after)
    task.cancel()
    async with asyncio.timeout(10):
        await asyncio.gather(task, return_exceptions=True)
    assert task.cancelled()


async def test_a_server_that_hangs_is_told_and_read_again_when_it_goes_on(
    tmux: TmuxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tmux_control, "REPLY_TIMEOUT", 0.3)
    monkeypatch.setattr(tmux_control, "DETACH_TIMEOUT", 0.1)
    pane = tmux.new("echo here; sleep 1000")
    before = children()
    async with Watched(tmux.socket) as seen:
        await seen.shows(pane, "here")
        os.kill(tmux.pid, signal.SIGSTOP)
        await seen.until(seen.downs, "a hanging server")
        assert "within" in seen.downs()[0]
        os.kill(tmux.pid, signal.SIGCONT)
        mark = len(seen.screens(pane))
        await seen.until(lambda: len(seen.screens(pane)) > mark, "it is read again")
        assert len(seen.downs()) == 1
    assert children() == before


async def test_leaving_does_not_wait_for_a_server_or_a_client_that_hangs(
    tmux: TmuxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tmux_control, "DETACH_TIMEOUT", 0.1)
    pane = tmux.new("echo here; sleep 1000")
    before = children()
    for hangs in ("client", "server"):
        async with Watched(tmux.socket) as seen:
            await seen.shows(pane, "here")
            (client,) = tmux.clients()
            os.kill(int(client) if hangs == "client" else tmux.pid, signal.SIGSTOP)
        assert children() == before
        os.kill(tmux.pid, signal.SIGCONT)
        await eventually(lambda: tmux.clients() == [])


async def test_a_killed_client_is_replaced(tmux: TmuxServer) -> None:
    pane = tmux.new("echo here; sleep 1000")
    async with Watched(tmux.socket) as seen:
        for _ in range(3):
            mark = len(seen.screens(pane))
            await seen.until(lambda mark=mark: len(seen.screens(pane)) > mark and tmux.clients())  # type: ignore[misc]
            (client,) = tmux.clients()
            os.kill(int(client), signal.SIGKILL)
            await seen.until(lambda client=client: tmux.clients() not in ([client], []))  # type: ignore[misc]
        assert seen.downs() == []


async def test_a_lost_connection_is_noticed_at_once(tmux: TmuxServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapter, "TREE_EVERY", 1000.0)
    monkeypatch.setattr(tmux_panes, "BACKSTOP", 1000.0)
    pane = tmux.new("echo here; sleep 1000")
    async with Watched(tmux.socket) as seen:
        await seen.shows(pane, "here")
        (client,) = tmux.clients()
        os.kill(int(client), signal.SIGKILL)
        await seen.until(lambda: tmux.clients() not in ([client], []))
        tmux.kill()
        await seen.until(seen.downs)


async def test_pause_detaches_at_once_and_resume_attaches(
    tmux: TmuxServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adapter, "RETRY", 0.01)
    program, calls = tmp_path / "tmux", tmp_path / "calls"
    program.write_text(f'#!/bin/sh\necho "$@" >>{calls}\nexec {PROGRAM} "$@"\n')
    program.chmod(0o755)
    pane = tmux.new("echo here; sleep 1000")
    async with Watched(tmux.socket, {"PATH": str(tmp_path)}) as seen:
        await seen.shows(pane, "here")
        seen.mux.pause()
        eventually_now(lambda: tmux.clients() == [], what="it detaches although the process does nothing any more")
        mark, called = len(seen.readings), calls.read_text()
        for _ in range(20):  # time to attach again, which it must not
            await asyncio.sleep(0.02)
        assert len(seen.readings) == mark and calls.read_text() == called
        seen.mux.resume()
        await seen.until(lambda: len(seen.screens(pane)) > 1 and len(tmux.clients()) == 1)
        seen.mux.pause()
        seen.mux.resume()
        await seen.until(lambda: len(tmux.clients()) == 1)
        assert seen.downs() == []


async def test_a_server_that_goes_while_paused_is_told_after_it(tmux: TmuxServer) -> None:
    pane = tmux.new("echo here; sleep 1000")
    async with Watched(tmux.socket) as seen:
        await seen.shows(pane, "here")
        seen.mux.pause()
        await eventually(lambda: tmux.clients() == [])
        tmux.kill()
        for _ in range(10):
            await asyncio.sleep(0.01)
        assert seen.downs() == []
        seen.mux.resume()
        await seen.until(seen.downs)


@pytest.mark.parametrize("moment", ["at once", "while it starts", "while it waits"])
async def test_a_cancelled_attach_leaves_no_client(
    tmux: TmuxServer, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tmux_control, "DETACH_TIMEOUT", 0.1)
    tmux.new()
    os.kill(tmux.pid, signal.SIGSTOP)  # attaching takes for ever
    try:
        before, files = children(), psutil.Process().num_fds()
        attach = asyncio.create_task(ControlConnection.open(("-S", str(tmux.socket)), "tmux", lambda line: None))
        if moment != "at once":
            while len(children()) == len(before):  # noqa: ASYNC110 - the first moment at which there is a process
                await asyncio.sleep(0)
        if moment == "while it waits":
            await eventually(lambda: "tmux-control-reader" in {task.get_name() for task in asyncio.all_tasks()})
        attach.cancel()
        async with asyncio.timeout(10):
            await asyncio.gather(attach, return_exceptions=True)
        assert attach.cancelled() and children() == before
        await eventually(lambda: psutil.Process().num_fds() == files)
    finally:
        os.kill(tmux.pid, signal.SIGCONT)


@pytest.mark.parametrize(
    "text",
    [
        "one line",
        "-R starts like an option",
        "ends like a command;",
        "#{pane_id} %h #[fg=red] $HOME `id` ~ \\n \\",
        "한글 프롬프트 ✅ cafe\u0301",
        "\n".join(f"줄 {number}: {'가' * 50}" for number in range(60)),
        "x" * 50_000,
    ],
    ids=["line", "dash", "semicolon", "formats", "korean", "sixty lines", "long"],
)
async def test_a_text_arrives_as_it_is_in_one_paste(tmux: TmuxServer, text: str) -> None:
    got = tmux.folder / "got"
    pane = tmux.new(python(RAW, "paste", str(got)))
    await eventually(lambda: "ready" in tmux.screen(pane))
    await Tmux(str(tmux.socket)).send_text(pane, text)
    expected = b"\x1b[200~" + text.encode() + b"\x1b[201~"
    await eventually(lambda: got.exists() and len(got.read_bytes()) >= len(expected))
    assert got.read_bytes() == expected
    assert tmux.run("list-buffers") == ""


@pytest.mark.parametrize("text", ["a\x1b[201~rm -rf", "\x03", "a\nb\x7f", "\x9b31m", "bidi \u202e"])
async def test_control_characters_are_refused(tmux: TmuxServer, text: str) -> None:
    pane = tmux.new(python(RAW))
    await eventually(lambda: "ready" in tmux.screen(pane))
    with pytest.raises(MuxError, match="not typed: U\\+"):
        await Tmux(str(tmux.socket)).send_text(pane, text)
    assert "ready" in tmux.screen(pane) and tmux.run("list-buffers") == ""


async def test_two_texts_at_once_do_not_change_places(tmux: TmuxServer) -> None:
    files = [tmux.folder / f"got-{number}" for number in range(6)]
    panes = [tmux.new(python(RAW, "paste", str(file))) for file in files]
    mux = Tmux(str(tmux.socket))
    for pane in panes:
        await eventually(lambda pane=pane: "ready" in tmux.screen(pane))  # type: ignore[misc]
    await asyncio.gather(*(mux.send_text(pane, f"for {pane}") for pane in panes))
    for pane, file in zip(panes, files, strict=True):
        await eventually(file.exists)
        await eventually(lambda file=file: file.read_bytes().endswith(b"~"))  # type: ignore[misc]
        assert file.read_bytes() == b"\x1b[200~for " + pane.encode() + b"\x1b[201~"


async def test_keys_arrive_and_others_are_refused(tmux: TmuxServer) -> None:
    got = tmux.folder / "got"
    pane = tmux.new(python(RAW, str(got)))
    await eventually(lambda: "ready" in tmux.screen(pane))
    mux = Tmux(str(tmux.socket))
    for key in ("enter", "escape", "up", "tab", "2", "y", "backtab"):
        await mux.send_key(pane, key)
    await eventually(lambda: got.exists() and len(got.read_bytes()) >= 11)
    assert got.read_bytes() == b"\r\x1b\x1b[A\t2y\x1b[Z"
    for key in ("C-c", "", "Enter", "kill-server", ";", "é", "ab"):
        with pytest.raises(MuxError, match="not a key"):
            await mux.send_key(pane, key)


async def test_nothing_is_typed_into_a_dead_pane_and_the_server_lives(tmux: TmuxServer) -> None:
    pane = tmux.new("sleep 1000")
    tmux.run("set-option", "-w", "-t", pane, "remain-on-exit", "on")
    os.kill(int(tmux.show(pane, "#{pane_pid}")), signal.SIGKILL)
    await eventually(lambda: tmux.show(pane, "#{pane_dead}") == "1")
    mux = Tmux(str(tmux.socket))
    for _ in range(3):
        with pytest.raises(MuxError, match="its program has ended"):
            await mux.send_text(pane, "hello")
        with pytest.raises(MuxError, match="its program has ended"):
            await mux.send_key(pane, "enter")
    assert tmux.alive() and tmux.run("list-buffers") == ""


async def test_a_pane_that_is_gone_is_told_and_no_text_stays_behind(tmux: TmuxServer) -> None:
    pane = tmux.new()
    mux = Tmux(str(tmux.socket))
    with pytest.raises(MuxError, match="can't find pane: %99"):
        await mux.send_text("%99", "secret")
    assert tmux.run("list-buffers") == ""
    with pytest.raises(MuxError, match="is not a tmux pane id"):
        await mux.send_text("s1:0", "x")
    tmux.kill()
    with pytest.raises(MuxError, match=r"no server running|error connecting"):
        await mux.send_text(pane, "x")
