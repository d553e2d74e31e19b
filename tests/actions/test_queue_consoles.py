"""The queue when its file is damaged, when several consoles work on it, and when they die."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from console.actions import queue_file
from console.actions.queue_file import NAME, QueueFile
from console.model.queue import ItemState
from console.model.snapshot import Snapshot
from tests.actions.queue_ground import Agent, new, put, running, state
from tests.actions.queuer import REFS, SERVER, snapshot, surface
from tests.eventually import eventually
from tests.tmux_server import ROOT


@pytest.mark.parametrize("content", [b"", b"\xff\xfe{", b"[1, 2]", b'{"items": 5}', b"[" * 99999, b'{"items": [1'])
async def test_a_file_that_is_no_queue_is_put_aside_and_nothing_breaks(tmp_path: Path, content: bytes) -> None:
    (tmp_path / NAME).write_bytes(content)
    queue = new(tmp_path)
    assert (await queue.load()).items == ()
    assert (tmp_path / NAME).read_bytes() == content, "a look changes nothing"
    await put(queue, "a")
    assert [item.id for item in QueueFile(tmp_path).read().items] == ["a"]
    assert (tmp_path / f"{NAME}.broken-1").read_bytes() == content
    assert "it is kept as queue.json.broken-1" in queue.notice


async def test_items_that_are_not_understood_are_kept_as_they_are(tmp_path: Path) -> None:
    await put(new(tmp_path), "a")
    document = json.loads((tmp_path / NAME).read_text())
    strange: list[Any] = [5, {"id": "x"}, {**document["items"][0], "state": "teleported", "id": "t"}, None]
    fine = {**document["items"][0], "id": "b", "pid": "x", "at": "soon", "tries": -4, "options": 5, "armed": 9}
    document["items"] = [strange[0], *document["items"], *strange[1:], fine, dict(document["items"][0])]
    document["paused"], document["stopped"], document["starts"] = 7, True, "many"
    (tmp_path / NAME).write_text(json.dumps(document))
    queue = new(tmp_path)
    await queue.start()
    assert [item.id for item in queue.queues.items] == ["a", "b"]
    assert queue.queues.stopped == "stopped", "somebody meant something by it"
    assert queue.own == 10, "no item counts as released after this start"
    written = json.loads((tmp_path / NAME).read_text())
    assert [raw for raw in written["items"] if raw in strange] == strange
    assert len(written["items"]) == 7


async def test_a_folder_that_cannot_be_used_is_told_and_tried_again(tmp_path: Path) -> None:
    (tmp_path / NAME).mkdir()
    queue, agent = new(tmp_path), Agent()
    task = asyncio.create_task(queue.run(snapshot, asyncio.Event(), agent.send))
    await eventually(lambda: "the queue: " in queue.error)
    assert not (await queue.add(surface("%1"), SERVER, "x")).done
    (tmp_path / NAME).rmdir()
    await eventually(lambda: queue.own is not None)
    await put(queue, "a")
    await eventually(lambda: agent.got == ["a"])
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_the_file_is_taken_away_while_the_console_runs(tmp_path: Path) -> None:
    queue, agent = new(tmp_path), Agent()
    for _ in range(3):
        await new(tmp_path).start()
    async with running(queue, agent.send):
        (tmp_path / NAME).unlink()
        # The end of its start may write the file anew.
        await eventually(lambda: queue.queues.starts == 0 or (tmp_path / NAME).exists())
        await put(queue, "a")
        await eventually(lambda: agent.got == ["a"])


async def test_what_cannot_be_done_is_told(tmp_path: Path) -> None:
    queue = new(tmp_path)
    await put(queue, "a")
    assert (await queue.drop("nobody")).refused
    assert "nothing was changed" in (await queue.move("a", -1)).text
    assert "nothing was changed" in (await queue.again("a")).text
    circular: dict[str, Any] = {}
    circular["me"] = circular
    assert "cannot be kept" in (await queue.add(surface("%1"), SERVER, "b", options=circular)).text
    assert (await queue.move("a", 0)).refused
    assert (await queue.drop("a")).done and not queue.queues.items


# -- several processes ---------------------------------------------------------------------------------------------


@pytest.fixture
def consoles(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    started: list[subprocess.Popen[str]] = []

    def start(name: str, *step: str) -> subprocess.Popen[str]:
        argv = [sys.executable, "-m", "tests.actions.queuer", str(tmp_path / "s"), str(tmp_path / "out"), name, *step]
        process = subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


async def ready(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    assert await asyncio.to_thread(process.stdout.readline) == "ready\n", process.communicate()


def lines(folder: Path) -> list[str]:
    out = folder / "out"
    return out.read_text().split("\n")[:-1] if out.exists() else []


async def test_two_consoles_send_each_item_once_and_one_at_a_time(
    tmp_path: Path, consoles: Callable[..., subprocess.Popen[str]]
) -> None:
    for name in ("one", "two"):
        await ready(consoles(name))
    queue = new(tmp_path / "s")
    texts = [f"t{number:02}" for number in range(15)]
    await asyncio.gather(*(put(queue, text, ref=REFS[at % 3]) for at, text in enumerate(texts)))
    file = QueueFile(tmp_path / "s")
    await eventually(lambda: not file.read().open() and file.read().items, 40.0, file.read)
    told = lines(tmp_path)
    assert sorted(line.removeprefix("end ") for line in told if line.startswith("end ")) == texts
    assert len(told) == 2 * len(texts)
    for begin, end in zip(told[::2], told[1::2], strict=True):
        assert begin.removeprefix("begin ") == end.removeprefix("end "), "never two at once"


@pytest.mark.parametrize("step", ["claimed", "sending", "settling"])
async def test_a_console_that_is_killed_while_it_sends_is_told_and_nothing_is_sent_again(
    tmp_path: Path, consoles: Callable[..., subprocess.Popen[str]], step: str
) -> None:
    first = consoles("one", step)
    await ready(first)
    queue = new(tmp_path / "s")
    await put(queue, "a", "b")
    await put(queue, "c", ref="%2")
    assert await asyncio.to_thread(first.wait, 20) == -signal.SIGKILL
    before = lines(tmp_path)
    assert QueueFile(tmp_path / "s").read().items[0].state is ItemState.SENDING

    agent, after = Agent(), new(tmp_path / "s")
    assert await after.start() and state(after, "a") == "check", "it is told at the start"
    async with running(after, agent.send):
        assert after.queues.items[0].reason == "was sending: check %1"
        assert [state(after, id) for id in "bc"] == ["paused", "paused"]
        await after.resume()
        await eventually(lambda: agent.got == ["c"])
        await put(after, "d", ref="%3")
        await eventually(lambda: agent.got == ["c", "d"])
        assert state(after, "a") == "check", "nobody but the operator puts it back"
        await after.again("a")
        await eventually(lambda: agent.got == ["c", "d", "a", "b"])
    assert lines(tmp_path) == before and len(before) <= 2


async def test_the_other_console_sees_it_when_one_is_killed_and_goes_on(
    tmp_path: Path, consoles: Callable[..., subprocess.Popen[str]]
) -> None:
    killed, queue, agent, idle = consoles("one", "sending"), new(tmp_path / "s"), Agent(), False
    await ready(killed)

    def seen() -> Snapshot:
        return snapshot() if idle else replace(snapshot(), surfaces=())

    async with running(queue, agent.send, seen):
        await put(queue, "a")
        assert await asyncio.to_thread(killed.wait, 20) == -signal.SIGKILL
        idle = True
        await eventually(lambda: state(queue, "a") == "check")
        await put(queue, "b", ref="%2")
        await eventually(lambda: agent.got == ["b"])


async def test_a_child_of_the_console_does_not_keep_the_lock(tmp_path: Path) -> None:
    file = QueueFile(tmp_path)
    with file.sending() as free:
        assert free
        with file.sending() as second:
            assert not second
        child = await asyncio.to_thread(subprocess.Popen, ["sleep", "30"], close_fds=False)
    try:
        with file.sending() as free:
            assert free
    finally:
        child.kill()
        child.wait()
    assert (tmp_path / queue_file.SENDING_LOCK).stat().st_mode & 0o077 == 0
