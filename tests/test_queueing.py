"""The queue of a running console, down to what real (demo) agents in a real tmux received."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path

from console.config import Config
from console.engine import Engine
from console.model.composed import Composed
from console.model.queue import ItemState
from tests.eventually import eventually
from tests.fakes.mux import FakeMux
from tests.queue_fleet import LONG, Room, put, shows, state, surface
from tests.tmux_server import TmuxServer


async def test_two_tasks_queued_while_the_agent_works_go_one_after_the_other_exactly_once(
    tmux: TmuxServer, tmp_path: Path
) -> None:
    room = Room(tmux, tmp_path)
    pane = await room.busy("ONE")
    async with room.console() as (engine, said):
        await shows(engine, "ONE", "approval")
        composed = Composed("첫 작업: fix the loader", fields={"role": "builder", "verifier": "TWO"})
        written = await engine.enqueue(surface(engine, "ONE").key, composed, id="a")
        assert (written.done, written.text, written.warning) == (True, "queued for ONE as a, 0 before it", "")
        await put(engine, "ONE", "second task", "b")
        assert engine.snapshot.queue.total == 2 and room.got("ONE", "submit") == ["go"]
        room.approve(pane)
        await eventually(lambda: state(engine, "a") == "sent", LONG, lambda: engine.queue and engine.queue.queues)
        await shows(engine, "ONE", "approval")
        assert state(engine, "b") == "waiting" and engine.snapshot.queue.total == 1
        room.approve(pane)
        await eventually(lambda: state(engine, "b") == "sent", LONG, lambda: engine.queue and engine.queue.queues)
        await eventually(lambda: engine.snapshot.queue.total == 0)
    assert room.got("ONE", "submit", "queue", "steer") == ["go", "첫 작업: fix the loader", "second task"]
    first, second = room.records()
    assert (first["queue_item"], first["role"], first["verifier"]) == ("a", "builder", "TWO")
    assert (second["queue_item"], second["status"], second["send_outcome"]) == ("b", "sent", "submitted")
    assert [text.split(": ")[0] for text in said] == ["From the queue"] * 2


async def test_a_restart_in_between_leaves_them_paused_until_they_are_resumed(tmux: TmuxServer, tmp_path: Path) -> None:
    room = Room(tmux, tmp_path)
    pane = await room.busy("TWO")
    async with room.console() as (engine, _):
        await shows(engine, "TWO", "approval")
        await put(engine, "TWO", "first", "a")
        await put(engine, "TWO", "second", "b")
    room.approve(pane)  # nothing holds them up any more
    async with room.console() as (engine, said):
        await eventually(lambda: said == ["2 queued tasks are paused: Q shows them"])
        assert engine.snapshot.queue.paused == 2
        await shows(engine, "TWO", "idle")
        room.agent("THREE")
        await eventually(lambda: engine.snapshot.called("THREE"))
        await shows(engine, "THREE", "idle")
        await put(engine, "THREE", "another", "c")
        await eventually(lambda: state(engine, "c") == "sent", LONG)
        assert room.got("TWO", "paste", "submit") == ["go"] and [state(engine, id) for id in "ab"] == ["paused"] * 2
        assert engine.queue is not None
        await engine.queue.resume(engine.queue.queues.items[0].target.key)
        await eventually(lambda: state(engine, "a") == "sent", LONG)
        await shows(engine, "TWO", "approval")
        room.approve(pane)
        await eventually(lambda: state(engine, "b") == "sent", LONG)
    assert room.got("TWO", "submit", "queue", "steer") == ["go", "first", "second"]


async def test_the_stop_key_ends_a_send_that_goes_on_and_nothing_follows(tmux: TmuxServer, tmp_path: Path) -> None:
    room = Room(tmux, tmp_path)
    room.agent("DEAF", "--deaf")  # it draws, and never shows what is typed: the send waits for that
    room.agent("TWO")
    async with room.console() as (engine, _):
        assert engine.queue is not None
        await put(engine, "DEAF", "never read", "a")
        await eventually(room.records, LONG)  # it is recorded directly before the first byte
        await put(engine, "TWO", "after it", "b")
        told = await engine.stop_all()
        assert told == "Stopped: nothing is approved or sent without you; " \
            "the send to DEAF is stopped: Q shows what came of it."  # fmt: skip
        await eventually(lambda: engine.queue is not None and engine.queue.queues.sending is None)
        assert state(engine, "a") in ("check", "paused") and state(engine, "b") == "paused"
        assert "cancelled" in engine.queue.queues.items[0].reason, engine.queue.queues.items[0]
        assert (await engine.stop_all()) == "The queue stays stopped: Q, then P, lets it go on."
        assert engine.queue.stopped
        await engine.queue.drop("b")
        await engine.queue.drop("a")
        assert (await engine.stop_all()) == "The queue is no longer stopped; nothing waits in it."
        assert (await engine.stop_all()) == "" and not engine.queue.stopped
    assert room.got("TWO") == []


async def test_a_guard_holds_an_item_and_says_why_and_it_goes_when_the_guard_lets_it(
    tmux: TmuxServer, tmp_path: Path
) -> None:
    room = Room(tmux, tmp_path)
    room.agent("ONE")
    async with room.console() as (engine, _):
        open_one = {"number": 7, "surface": "ONE", "task": "review the loader", "status": "working"}
        room.log.write_text(json.dumps({"dispatches": [open_one]}))
        await eventually(lambda: engine.snapshot.log.dispatches)
        await put(engine, "ONE", "Review the loader!", "a")
        await eventually(lambda: state(engine, "a") == "refused", LONG)
        assert engine.queue is not None
        assert "duplicate: " in engine.queue.queues.items[0].reason
        assert room.got("ONE") == []
        await eventually(lambda: engine.snapshot.queue.total == 1)


async def test_what_no_waiting_cures_and_what_waits_already_is_not_queued(tmux: TmuxServer, tmp_path: Path) -> None:
    room = Room(tmux, tmp_path)
    room.agent("ONE")
    room.agent("TWO")
    async with room.console() as (engine, _):
        assert engine.queue is not None
        await engine.queue.pause()
        one, two = (surface(engine, name).key for name in ("ONE", "TWO"))

        async def refused(key: str, composed: Composed) -> str:
            written = await engine.enqueue(key, composed)
            assert not written.done and written.refused
            return written.text

        assert "characters: line 1: U+001B" in await refused(one, Composed("a\x1b[31m"))
        assert "nothing to send" in await refused(one, Composed(" \n"))
        assert "the surface is gone" in await refused("%99", Composed("x"))
        assert "cannot be kept" in (await engine.enqueue(one, Composed("x", fields={"at": object()}))).text
        made = await engine.enqueue(one, Composed("fix the loader"))
        assert made.done and made.warning == "paused: by the operator"
        assert "duplicate: the same task waits in the queue of ONE" in await refused(one, Composed("Fix the loader."))
        assert "elsewhere: the same task waits in the queue of ONE" in await refused(two, Composed("Fix the loader."))
        assert (await engine.enqueue(two, Composed("Fix the loader.", ("elsewhere",)))).done
        tmux.run("kill-session", "-t", "=s2")
        await eventually(lambda: len(engine.snapshot.surfaces) == 1)
        assert len(engine.queue.queues.open()) == 2


async def test_an_item_whose_options_somebody_broke_is_refused_and_stays(tmux: TmuxServer, tmp_path: Path) -> None:
    room = Room(tmux, tmp_path)
    room.agent("ONE")
    async with room.console() as (engine, _):
        assert engine.queue is not None
        await engine.queue.pause()
        await put(engine, "ONE", "text", "a")
        path = room.state / "queue.json"
        path.write_text(path.read_text().replace('"options": {}', '"options": {"context": 5}'))
        await engine.queue.resume()
        await eventually(lambda: state(engine, "a") == "refused", LONG)
        assert "its context is no text in the queue's file" in engine.queue.queues.items[0].reason
    assert room.got("ONE") == [] and room.records() == []


async def test_a_read_only_console_shows_the_queue_and_sends_and_changes_nothing(
    tmux: TmuxServer, tmp_path: Path
) -> None:
    room = Room(tmux, tmp_path)
    room.agent("ONE")
    async with room.console() as (engine, _):
        assert engine.queue is not None
        await engine.queue.pause()
        await put(engine, "ONE", "text", "a")
        await engine.queue.resume()
        await engine.queue.pause("somewhere else")
    before = (room.state / "queue.json").read_bytes()
    async with room.console(read_only=True) as (engine, _):
        await eventually(lambda: engine.snapshot.queue.total == 1)
        assert engine.queue is not None and engine.queue.own is None
        queue = engine.queue
        acts = [queue.pause(), queue.resume(), queue.drop("a"), queue.again("a"), queue.move("a", 1)]
        for each in await asyncio.gather(*acts, queue.stop_all(), queue.lift()):
            assert each.refused and "read-only" in each.text
        assert "read-only" in (await engine.enqueue(surface(engine, "ONE").key, Composed("y"))).text
        assert await engine.stop_all() == ""
        await shows(engine, "ONE", "idle")
        assert not await queue.attended(), "it is none that sends"
    assert room.got("ONE") == [] and (room.state / "queue.json").read_bytes() == before


async def test_an_engine_without_a_state_folder_has_no_queue_and_one_without_a_screen_sends_nothing(
    tmp_path: Path,
) -> None:
    plain = Engine(Config(), FakeMux())
    assert plain.queue is None and plain.desk() is None
    assert not (await plain.enqueue("%1", Composed("x"))).done
    headless = Engine(replace(Config()), FakeMux(), state=tmp_path)
    task = asyncio.create_task(headless.run())
    assert headless.queue is not None
    await headless.queue.load()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert headless.queue.own is None and not (tmp_path / "queue.json").exists()
    assert ItemState.SENT not in [item.state for item in headless.queue.queues.items]
