"""The queue with real files, several consoles, and consoles that die."""

from __future__ import annotations

import asyncio
import contextlib
import json
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from console.actions import queue_file
from console.actions.dispatch import Dispatched
from console.actions.queue import Queue
from console.actions.queue_file import NAME, QueueFile
from console.actions.send import Outcome
from console.model.agent import AgentState
from console.model.outcome import Written
from console.model.queue import Item, ItemState
from console.model.snapshot import Snapshot
from console.tracker.lock import locked
from tests.actions.queue_ground import Agent, done, new, put, running, state
from tests.actions.queuer import REFS, SERVER, clock, snapshot, surface
from tests.eventually import eventually


async def test_what_is_queued_is_sent_in_order_and_kept_without_its_text(tmp_path: Path) -> None:
    queue, agent = new(tmp_path), Agent()
    async with running(queue, agent.send):
        await put(queue, "a", "b")
        await put(queue, "c", ref="%2")
        await eventually(lambda: not queue.queues.open())
    assert agent.got.index("a") < agent.got.index("b") and sorted(agent.got) == ["a", "b", "c"]
    item = queue.queues.item("a")
    assert item is not None and (item.text, item.number, item.reason, item.tries) == ("", 7, "seen", 1)
    assert json.loads((tmp_path / NAME).read_text())["items"][0]["state"] == "sent"


async def test_the_file_is_for_this_account_only_and_holds_texts_as_they_are(tmp_path: Path) -> None:
    queue = new(tmp_path / "state")
    text = "첫 줄\n\ttab 'quoted' \U0001f600 \ud800 %s #{x} ;"
    made = await queue.add(surface("%1"), SERVER, text, title="sk-abcdefghijkl \x1b[31mred", id="a")
    assert made.done and "0 before it" in made.text
    path = tmp_path / "state" / NAME
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    [item] = QueueFile(tmp_path / "state").read().items
    assert item.text == text
    assert item.title == "[redacted] red"
    assert not [each for each in path.parent.iterdir() if each.name.startswith(f".{NAME}")]


async def test_others_can_tell_whether_a_console_takes_part(tmp_path: Path) -> None:
    other, file = new(tmp_path), QueueFile(tmp_path)
    assert not await other.attended() and not any(tmp_path.iterdir()), "a look makes nothing"
    async with running(new(tmp_path), Agent().send):
        await eventually(file.attended)
        async with running(new(tmp_path), Agent().send):
            assert await other.attended()
        assert await other.attended(), "one of two has ended"
    assert not await other.attended()


async def test_a_restart_pauses_and_only_the_operator_resumes(tmp_path: Path) -> None:
    await put(new(tmp_path), "a")
    queue, agent = new(tmp_path), Agent()
    async with running(queue, agent.send):
        assert state(queue, "a") == "paused"
        await put(queue, "b", ref="%2")
        await eventually(lambda: agent.got == ["b"])
        assert state(queue, "a") == "paused"
        assert (await queue.resume(surface("%1").info.ref + " " + SERVER)).done
        await eventually(lambda: agent.got == ["b", "a"])


async def test_another_process_queues_pauses_and_resumes_while_the_console_runs(tmp_path: Path) -> None:
    queue, agent, other = new(tmp_path), Agent(), new(tmp_path)
    async with running(queue, agent.send):
        await other.pause()
        await put(other, "a")
        await eventually(lambda: state(queue, "a") == "paused")
        assert not agent.got
        await other.resume()
        await eventually(lambda: agent.got == ["a"])
        await put(other, "b")
        await eventually(lambda: agent.got == ["a", "b"])


async def test_a_refused_item_stays_with_its_reason_and_is_tried_again(tmp_path: Path) -> None:
    queue, agent = new(tmp_path), Agent("refused")
    seen: list[str] = []

    async def send(item: Item, stop: asyncio.Event) -> Dispatched:
        answer = await agent.send(item, stop)
        seen.append(answer.result.outcome)
        return answer

    async with running(queue, send):
        await put(queue, "a")
        await eventually(lambda: state(queue, "a") == "refused")
        assert queue.queues.items[0].reason == "seen"
        await eventually(lambda: state(queue, "a") == "sent", what=lambda: seen)
    assert seen == ["refused", "submitted"]


@pytest.mark.parametrize("outcome", ["unconfirmed", "typed_not_submitted", "failed"])
async def test_what_may_have_been_typed_is_not_sent_again(tmp_path: Path, outcome: Outcome) -> None:
    queue, agent = new(tmp_path), Agent(outcome)
    async with running(queue, agent.send):
        await put(queue, "a", "b")
        await put(queue, "c", ref="%2")
        await eventually(lambda: agent.got == ["a", "c"])
        await eventually(lambda: state(queue, "c") == "sent")
        assert state(queue, "a") == "check"
        assert (await queue.drop("a")).done
        await eventually(lambda: agent.got == ["a", "c", "b"])


async def test_a_send_that_breaks_is_to_be_checked_and_the_loop_goes_on(tmp_path: Path) -> None:
    queue = new(tmp_path)

    async def send(item: Item, stop: asyncio.Event) -> Dispatched:
        if item.text == "a":
            raise ZeroDivisionError("oops")
        if item.text == "b":
            raise asyncio.CancelledError
        return done()

    async with running(queue, send):
        for text, ref in zip("abc", REFS, strict=True):
            await put(queue, text, ref=ref)
        await eventually(lambda: state(queue, "c") == "sent")
        await eventually(lambda: state(queue, "b") == "check")
    assert "ZeroDivisionError: oops: check %1" in queue.queues.items[0].reason
    assert state(queue, "a") == "check"


async def test_one_key_stops_everything_also_what_is_being_sent(tmp_path: Path) -> None:
    queue, got = new(tmp_path), list[str]()

    async def send(item: Item, stop: asyncio.Event) -> Dispatched:
        got.append(item.text)
        await stop.wait()
        return done("refused", "cancelled; nothing was typed")

    async with running(queue, send):
        await put(queue, "a")
        await put(queue, "b", ref="%2")
        await eventually(lambda: got == ["a"])
        assert (await queue.stop_all()).done
        await eventually(lambda: queue.queues.sending is None)
        assert [state(queue, id) for id in "ab"] == ["paused", "paused"]
        assert QueueFile(tmp_path).read().stopped == "stopped by the operator"
        await new(tmp_path).pause("another surface")
        await eventually(lambda: "another surface" in queue.queues.paused, what="the loop goes on")
        assert got == ["a"]
        await queue.resume()
        await eventually(lambda: got == ["a", "b"])


async def test_another_console_stops_a_send_of_this_one(tmp_path: Path) -> None:
    queue, begun = new(tmp_path), asyncio.Event()

    async def send(item: Item, stop: asyncio.Event) -> Dispatched:
        begun.set()
        await stop.wait()
        return done("typed_not_submitted", "cancelled; the text stands in the input box")

    async with running(queue, send):
        await put(queue, "a")
        await begun.wait()
        await new(tmp_path).stop_all()
        await eventually(lambda: state(queue, "a") == "check")


async def test_a_send_is_stopped_at_once_not_at_the_next_look(tmp_path: Path) -> None:
    queue, begun = Queue(tmp_path, clock=clock, tick=600), asyncio.Event()

    async def send(item: Item, stop: asyncio.Event) -> Dispatched:
        begun.set()
        await stop.wait()
        return done("refused", "cancelled; nothing was typed")

    await queue.start()
    async with running(queue, send):
        await put(queue, "a")
        await begun.wait()
        await queue.stop_all()
        await eventually(lambda: queue.queues.sending is None)
    assert state(queue, "a") == "paused"


async def test_stop_holds_in_this_console_while_the_file_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue, agent, idle = new(tmp_path), Agent(), False

    async def fail(key: str | None = None, why: str = "") -> Written:
        return Written(False, "the disk is full")

    def seen() -> Snapshot:
        return snapshot() if idle else replace(snapshot(), surfaces=(surface("%1", AgentState.WORKING),))

    async with running(queue, agent.send, seen):
        await put(queue, "a")
        with monkeypatch.context() as broken:
            broken.setattr(queue, "pause", fail)
            assert not (await queue.stop_all()).done
            idle = True
            await new(tmp_path).pause("another surface")
            await eventually(lambda: "another surface" in queue.queues.paused, what="the loop goes on")
            assert not agent.got and not QueueFile(tmp_path).read().stopped
        await eventually(lambda: QueueFile(tmp_path).read().stopped)
        await eventually(lambda: state(queue, "a") == "paused")
        await queue.resume()
        await eventually(lambda: agent.got == ["a"])


async def test_nothing_more_is_sent_until_an_outcome_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue_file.QueueFile.change, "__defaults__", (0.05,))
    queue, got = new(tmp_path), list[str]()
    held = contextlib.ExitStack()

    async def send(item: Item, stop: asyncio.Event) -> Dispatched:
        got.append(item.text)
        if item.text == "a":
            held.enter_context(locked(tmp_path / NAME, 1.0))
        return done()

    await queue.start()
    await put(queue, "a")
    await put(queue, "b", ref="%2")
    async with running(queue, send):
        await eventually(lambda: "held by" in queue.error)
        assert QueueFile(tmp_path).read().items[0].state is ItemState.SENDING
        assert got == ["a"]
        held.close()
        await eventually(lambda: state(queue, "b") == "sent")
    assert (state(queue, "a"), got, queue.error) == ("sent", ["a", "b"], "")


async def test_a_console_that_ends_in_the_middle_leaves_it_to_be_checked(tmp_path: Path) -> None:
    queue, begun = new(tmp_path), asyncio.Event()

    async def send(item: Item, stop: asyncio.Event) -> Dispatched:
        begun.set()
        await asyncio.Event().wait()
        return done()

    async with running(queue, send):
        await put(queue, "a")
        await begun.wait()
    [item] = QueueFile(tmp_path).read().items
    assert (item.state, item.reason) == (ItemState.CHECK, "cut off while it was being sent: check %1")
