"""The order of record and first byte, what a crash leaves, and two consoles at once."""

from __future__ import annotations

import asyncio
import json
import re
import stat
import sys
from pathlib import Path
from typing import Any

import pytest

from console.actions.dispatch import Dispatched, Dispatcher, Request, new_traceparent, same_surface
from console.actions.send import Order
from console.config import LogConfig
from console.host import in_thread
from console.model.dispatch import DispatchStatus
from console.model.outcome import Step
from console.model.surface import Screen, Surface, SurfaceInfo
from console.mux.base import MuxError, NotTyped
from console.tracker.dispatch_log import DispatchLog
from console.tracker.json_write import JsonLog
from console.tracker.operations import Append
from tests.actions.crasher import TEXT
from tests.actions.sending import judge_of, rig
from tests.agents.samples import APPROVAL, claude
from tests.agents.samples import screen as drawn
from tests.eventually import eventually
from tests.fakes.mux import FakeMux
from tests.tmux_server import PROGRAM, ROOT

JUDGE = judge_of("claude")
IDLE = claude("❯ earlier\n\n● Done.", cursor=(2, 4))
TYPED = claude("❯ earlier\n\n● Done.", box="a task for you", cursor=(16, 4))
WORKING = claude("❯ a task for you\n\n✻ Pondering… (1s · esc to interrupt)", cursor=(2, 4))
TASK = "a task for you"
SURFACE = Surface(SurfaceInfo("%1", "U-1", "w", "w:0.0"), "CLAUDE 2", expected_agent="claude")


def fake(after: Screen = WORKING) -> FakeMux:
    """A surface that takes `TASK`."""
    mux = FakeMux()
    mux.screens["%1"] = IDLE
    mux.on_type["%1", TASK] = TYPED
    mux.on_type["%1", "<enter>"] = after
    return mux


class House:
    """A folder with a log and the journal of sends."""

    def __init__(self, folder: Path, *, log: bool = True) -> None:
        self.folder = folder
        self.path = folder / "dispatch_log.json"
        if log:
            self.path.write_text('[{"number": 55, "surface": "%9", "task": "older", "status": "done"}]')
        self.log = DispatchLog(LogConfig(), self.path if log else None)
        self.state = folder / "state"

    def dispatcher(self) -> Dispatcher:
        return Dispatcher(self.state, self.log)

    def records(self) -> list[dict[str, Any]]:
        return list(json.loads(self.path.read_text(encoding="utf-8")))

    def last(self) -> dict[str, Any]:
        return self.records()[-1]


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


async def send(house: House, mux: FakeMux, **more: Any) -> Dispatched:
    return await house.dispatcher().dispatch(mux, Request(SURFACE, TASK, **more), JUDGE)


async def test_the_record_is_on_the_disk_before_the_first_byte(house: House) -> None:
    mux = fake()
    seen: list[dict[str, Any]] = []
    type_it = mux.send_text

    async def look_first(ref: str, text: str) -> None:
        seen.append(house.last())
        seen.append({"in flight": [each.about for each in house.dispatcher().journal.in_flight(9e9)]})
        await type_it(ref, text)

    mux.send_text = look_first  # type: ignore[method-assign]
    done = await send(house, mux, fields={"role": "UI"})
    assert seen[0] | {"dispatched_at": 0} == {
        "number": 56, "surface": "%1", "task": TASK, "status": "sending", "dispatched_at": 0, "role": "UI",
        "dispatch_key": done.key, "traceparent": done.traceparent, "surface_uuid": "U-1",
    }  # fmt: skip
    assert seen[1] == {"in flight": ["#56 was sending: check %1"]}
    assert (done.result.outcome, done.number, done.warning) == ("submitted", 56, "")
    assert house.last()["status"] == "sent" and house.last()["send_outcome"] == "submitted"
    assert house.dispatcher().journal.in_flight(9e9) == ()
    assert re.fullmatch("00-[0-9a-f]{32}-[0-9a-f]{16}-01", done.traceparent)
    assert stat.S_IMODE(house.dispatcher().journal.path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("after", "outcome", "status"),
    [(WORKING, "submitted", "sent"), (IDLE, "unconfirmed", "waiting"), (TYPED, "typed_not_submitted", "waiting")],
)
async def test_every_outcome_is_recorded(
    house: House, after: Screen, outcome: str, status: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("console.actions.send.ENTER_WAIT", 0.2)
    done = await send(house, fake(after))
    assert (done.result.outcome, house.last()["status"], house.last()["send_outcome"]) == (outcome, status, outcome)


async def test_what_is_refused_is_recorded_as_cancelled(house: House) -> None:
    mux = fake()
    mux.screens["%1"] = drawn(APPROVAL, (1, 10))
    done = await send(house, mux)
    assert done.result.outcome == "refused" and mux.typed == []
    assert (house.last()["number"], house.last()["status"]) == (56, "cancelled")


async def test_without_a_record_nothing_is_typed(house: House) -> None:
    house.path.write_text("{ torn")
    mux = fake()
    done = await send(house, mux)
    assert done.result.outcome == "refused" and "could not be recorded" in done.result.evidence and mux.typed == []
    assert house.path.read_text() == "{ torn" and house.dispatcher().journal.in_flight(9e9) == ()
    done = await send(house, mux, overrides=("record",))
    assert (done.result.outcome, done.number) == ("submitted", None)


async def test_without_a_journal_nothing_is_typed(house: House) -> None:
    house.state.write_text("a file where the folder should be")
    mux = fake()
    done = await send(house, mux)
    assert done.result.outcome == "refused" and "journal" in done.result.evidence and mux.typed == []
    assert len(house.records()) == 1


async def test_without_a_log_the_journal_is_the_record(tmp_path: Path) -> None:
    bare = House(tmp_path, log=False)
    done = await send(bare, fake())
    assert (done.result.outcome, done.number, done.warning) == ("submitted", None, "")
    assert not bare.path.exists() and bare.dispatcher().journal.path.exists()


async def test_secrets_are_not_kept(house: House) -> None:
    secret = "use sk-abcdefghijklmnop for it"
    mux = fake()
    mux.on_type["%1", secret] = claude("❯ earlier\n\n● Done.", box=secret, cursor=(32, 4))
    await house.dispatcher().dispatch(mux, Request(SURFACE, secret), JUDGE)
    assert mux.typed[0] == ("%1", secret)
    assert "sk-abc" not in house.path.read_text() + house.dispatcher().journal.path.read_text()


async def test_an_outcome_that_cannot_be_recorded_is_told(house: House) -> None:
    mux = fake()
    type_it = mux.send_text

    async def then_tear(ref: str, text: str) -> None:
        await type_it(ref, text)
        house.path.write_text("{ torn")

    mux.send_text = then_tear  # type: ignore[method-assign]
    done = await send(house, mux)
    assert done.result.outcome == "submitted" and "could not be recorded" in done.warning


@pytest.mark.parametrize("same", [True, False])
async def test_two_consoles_and_a_log_add_at_once(tmp_path: Path, same: bool) -> None:
    """The same task, or two tasks for one surface: at most one is typed, and never none but for the one added."""
    for attempt in range(12):
        folder = tmp_path / str(attempt)
        folder.mkdir()
        house = House(folder)
        muxes = [fake(), fake()]
        other = "quite another piece of work"
        muxes[1].on_type["%1", other] = claude("❯ earlier\n\n● Done.", box=other, cursor=(29, 4))
        texts = (TASK, TASK if same else other)

        def add(path: Path = house.path) -> None:
            JsonLog(path).apply(Append({"surface": "%1", "task": TASK, "status": "sent"}))

        both = [
            Dispatcher(folder / "state", house.log).dispatch(mux, Request(SURFACE, text), JUDGE)
            for mux, text in zip(muxes, texts, strict=True)
        ]
        adding = (in_thread(add),) if same and attempt % 2 else ()
        results = await asyncio.gather(*both, *adding)
        sent = [each for each in results if isinstance(each, Dispatched) and each.result.outcome == "submitted"]
        typed = [what for mux in muxes for _, what in mux.typed if what != "<enter>"]
        standing = [record for record in house.records() if record["number"] > 55 and record["status"] == "sent"]
        assert len(typed) == len(sent) <= 1, results
        by_hand = [record for record in standing if "dispatch_key" not in record]
        assert len(sent) == 1 or min(r["number"] for r in by_hand) == 56, (results, standing)


async def test_a_dispatch_the_guard_has_judged_is_no_rival(house: House) -> None:
    JsonLog(house.path).apply(Append({"surface": "%1", "task": TASK, "status": "sent"}))
    assert (await send(house, fake(), known=frozenset({56}))).result.outcome == "submitted"
    refused = await send(house, mux := fake())
    assert refused.result.outcome == "refused" and "#56" in refused.result.evidence and mux.typed == []


STEPS = ("look", "paste", "echo", "wait", "enter", "verify")


@pytest.mark.parametrize("at", STEPS)
async def test_a_task_that_is_cancelled_leaves_a_true_record(house: House, at: str) -> None:
    mux = fake()
    going: list[asyncio.Task[Dispatched]] = []
    last: list[str] = []

    def progress(step: Step) -> None:
        last.append(step.text)
        if step.name == at:
            going[0].cancel()

    going.append(asyncio.create_task(send(house, mux, order=Order(progress=progress))))
    with pytest.raises(asyncio.CancelledError):
        await going[0]
    assert house.last()["status"] == "waiting" and house.last()["send_outcome"] == "unconfirmed"
    assert "cut off" in last[-1] and house.dispatcher().journal.in_flight(9e9) == ()
    assert mux.typed.count(("%1", TASK)) <= 1


async def test_a_task_that_is_cancelled_while_it_is_recorded_types_nothing(house: House) -> None:
    mux = fake()
    task = asyncio.create_task(send(house, mux))
    await eventually(lambda: len(house.records()) == 2)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    if not mux.typed:
        await eventually(lambda: house.last()["status"] in ("cancelled", "waiting"))
    assert house.last()["status"] != "sending"


# -- kill -9 at every step -----------------------------------------------------------------------------------------


@pytest.mark.skipif(not PROGRAM, reason="there is no tmux program")
@pytest.mark.parametrize("at", ["recorded", *STEPS, "done", "end"])
async def test_a_console_that_dies(at: str, house: House, short_folder: Path) -> None:
    """Record, box and next start tell what happened, and nothing is sent again."""
    async with rig("tmux", short_folder) as terminals:
        target = await terminals.start("claude", "--script", "say,say,say", "--speed", "0.5")
        socket = getattr(target.mux, "path")  # noqa: B009 - of the tmux back end only
        argv = [sys.executable, "-m", "tests.actions.crasher"]
        argv += [str(socket), target.ref, str(house.state), str(house.path), at]
        process = await asyncio.create_subprocess_exec(*argv, cwd=ROOT)
        async with asyncio.timeout(30):
            assert await process.wait() == -9
        left = house.dispatcher().in_flight()
        submitted = target.received("submit")
        assert len(submitted) <= 1 and len(target.received("paste")) <= 1
        record = house.last()
        assert record["number"] == 56 and record["surface"] == target.ref
        if at == "end":
            assert record["status"] == "sent" and submitted == [TEXT]
        else:
            assert record["status"] == "sending"
        assert [each.about for each in left] == [
            f"#56 was sending: check {target.ref}"
            if at != "recorded"
            else f"a task without a record was to be sent to {target.ref}; nothing was typed"
        ]
        screen = await target.screen()
        told = left[0].evidence(screen, target.judge(screen))
        if at in ("recorded", "look", "paste"):
            assert "nothing of the text" in told and target.received("paste") == []
        elif at in ("echo", "wait", "enter"):
            await eventually(lambda: target.received("paste") == [TEXT])
            await target.shows("typed")
            screen = await target.screen()
            assert "holds the text, not submitted" in left[0].evidence(screen, target.judge(screen))
        else:
            await eventually(lambda: target.received("submit") == [TEXT])
            await target.shows("working")
            screen = await target.screen()
            assert "shows the text above" in left[0].evidence(screen, target.judge(screen))
        assert await house.dispatcher().settle(left[0], DispatchStatus.SENT, "looked at it") == ""
        assert house.dispatcher().in_flight() == ()
        assert house.last()["status"] == ("sent" if left[0].number is not None else "sending")


def test_which_surface_it_was() -> None:
    from console.actions.sends import InFlight

    def flight(ref: str, uuid: str) -> InFlight:
        return InFlight("k", 0.0, ref, uuid, "n", "t")

    assert same_surface(flight("%7", "U-1"), SURFACE), "it has another ref now"
    assert not same_surface(flight("%1", "U-2"), SURFACE), "the ref is another's now"
    assert not same_surface(flight("%1", ""), SURFACE)
    assert same_surface(flight("%1", ""), Surface(SurfaceInfo("%1", None, "w", "p"), "n"))


def test_two_traces_are_two() -> None:
    assert len({new_traceparent() for _ in range(100)}) == 100


async def test_a_surface_that_cannot_be_reached_is_told(house: House) -> None:
    mux = fake()

    async def broken(ref: str, text: str) -> None:
        raise MuxError("%1: cmux hung up; it may have arrived; look before you repeat")

    mux.send_text = broken  # type: ignore[method-assign]
    done = await send(house, mux)
    assert (done.result.outcome, done.result.left) == ("failed", "unknown")
    assert house.last()["status"] == "waiting"

    async def untouched(ref: str, text: str) -> None:
        raise NotTyped("%1: its program has ended; nothing was typed")

    mux.send_text = untouched  # type: ignore[method-assign]
    assert (await send(house, mux, known=frozenset({56}))).result.outcome == "refused"
