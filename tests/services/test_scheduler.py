"""Many checks at once: one that hangs, breaks or lies delays and breaks no other."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager

import pytest

from console.config import ServiceConfig
from console.model.reading import ServicesRead
from console.model.service import Judgement, Service
from console.services import scheduler as module
from console.services.base import Check, Hanging, Unavailable
from console.services.scheduler import Scheduler, pause, read_once
from console.services.watch import watch_services
from tests.eventually import eventually
from tests.services.http_ground import drips, hangs, says, server


class Plugged:
    """A check of somebody else's; it has no rows before it was read."""

    def __init__(self, name: str, every: float = 0.01, timeout: float = 5.0) -> None:
        self.name, self.every, self.timeout = name, every, timeout
        self.state = "running"
        self.error: Exception | None = None
        self.looks = 0
        self.gate: asyncio.Event | None = None

    async def read(self) -> Sequence[Service]:
        self.looks += 1
        if self.gate is not None:
            await self.gate.wait()
        if self.error is not None:
            raise self.error
        return (Service(self.name, "running", self.state, Judgement.OK, "seen", state=self.state, pid=7),)


@asynccontextmanager
async def watching(readings: AsyncIterator[ServicesRead]) -> AsyncIterator[list[ServicesRead]]:
    """Collects what is said until the end of the block."""
    found: list[ServicesRead] = []

    async def follow() -> None:
        async with aclosing(readings) as each:  # type: ignore[type-var]
            async for reading in each:
                found.append(reading)

    task = asyncio.create_task(follow())
    try:
        yield found
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert not [each for each in asyncio.all_tasks() if each.get_name().startswith("check-")], "a check goes on"


def rows(found: Sequence[ServicesRead]) -> dict[str, Service]:
    return {row.name: row for row in found[-1].services} if found else {}


async def test_one_that_hangs_delays_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FIRST", 0.05)
    stuck, good = Plugged("stuck", timeout=1000.0), Plugged("good")
    stuck.gate = asyncio.Event()
    async with watching(Scheduler([stuck, good], ["stuck", "good"]).watch()) as found:
        await eventually(lambda: good.looks > 5)
        await eventually(lambda: rows(found)["good"].judgement is Judgement.OK)
        assert found[-1].waiting == 1 and stuck.looks == 1
        assert rows(found)["stuck"].judgement is Judgement.UNKNOWN and rows(found)["stuck"].evidence == "not read yet"
        stuck.gate.set()
        await eventually(lambda: rows(found)["stuck"].judgement is Judgement.OK)
        assert found[-1].waiting == 0 and [row.name for row in found[-1].services] == ["stuck", "good"]


async def test_the_first_reading_waits_for_all_that_answer() -> None:
    checks = [Plugged(str(number), every=100.0) for number in range(20)]
    async with watching(Scheduler(checks).watch()) as found:
        await eventually(lambda: found)
        assert found[0].waiting == 0 and len(found[0].services) == 20


async def test_what_breaks_is_unknown_and_comes_back() -> None:
    check = Plugged("x")
    async with watching(Scheduler([check]).watch()) as found:
        await eventually(lambda: rows(found) and rows(found)["x"].pid == 7)
        check.error = ValueError("bug \x1b[2J[/]")
        await eventually(lambda: rows(found)["x"].judgement is Judgement.UNKNOWN)
        row = rows(found)["x"]
        assert "an error in the console: ValueError: bug [/] at test_scheduler.py:" in row.evidence
        assert (row.word, row.pid, row.expected) == ("unknown", None, "running")
        check.error = None
        await eventually(lambda: rows(found)["x"].judgement is Judgement.OK)


async def test_a_late_look_is_unknown_and_cancelled() -> None:
    check = Plugged("x", timeout=0.05)
    check.gate = asyncio.Event()
    [row] = await read_once(check)
    assert row.judgement is Judgement.UNKNOWN and row.error == "no answer within 0.05 s"
    check.error = asyncio.CancelledError()  # type: ignore[assignment]
    check.gate = None
    [row] = await read_once(check)
    assert "cancelled from inside" in row.evidence


async def test_only_what_is_new_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FRESH", 1000.0)
    check = Plugged("x")
    async with watching(Scheduler([check]).watch()) as found:
        await eventually(lambda: check.looks > 20)
        assert len(found) <= 2, "the same again is nothing new"
        check.state = "absent"
        await eventually(lambda: rows(found)["x"].observed == "absent")


def test_the_pauses_grow_after_failures_and_have_an_end() -> None:
    assert [pause(5.0, failures) for failures in (0, 1, 2, 3, 4, 50)] == [5, 5, 10, 20, 40, 60]
    assert pause(600.0, 9) == 600.0


async def test_work_that_hangs_for_ever_holds_one_thread() -> None:
    over, started = threading.Event(), [0]

    def work() -> int:
        started[0] += 1
        over.wait(30)
        return 5

    thread = Hanging()
    first = asyncio.create_task(thread.run(work))
    await eventually(lambda: started[0] == 1)
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    for _ in range(3):
        with pytest.raises(Unavailable, match="still hangs"):
            await thread.run(work)
    assert started[0] == 1
    over.set()

    async def again() -> int:
        while True:
            try:
                return await thread.run(work)
            except Unavailable:
                await asyncio.sleep(0.01)

    async with asyncio.timeout(10):
        assert await again() == 5 and started[0] == 2


async def test_two_hundred_services_of_which_twenty_hang() -> None:
    """The 180 that answer are all told while the 20 still hang, and every one of these is unknown in the end."""
    with server(says(b'{"status": "ok"}')) as good, server(hangs) as bad, server(drips) as slow:
        specs = [ServiceConfig(f"s{n}", http=good, field="status", timeout=20.0) for n in range(100)]
        specs += [ServiceConfig(f"p{n}", f"oc-no-such-{n}", "absent", timeout=20.0) for n in range(80)]
        specs += [ServiceConfig(f"h{n}", http=bad if n % 2 else slow, timeout=4.0) for n in range(20)]
        async with watching(watch_services(specs)) as found:
            await eventually(lambda: sum(row.judgement is Judgement.OK for row in rows(found).values()) == 180)
            hanging = [row for row in rows(found).values() if row.name.startswith("h")]
            assert len(hanging) == 20 and not any(row.judgement is Judgement.OK for row in hanging)
            assert [row.name for row in found[-1].services] == [spec.name for spec in specs]
            await eventually(lambda: found[-1].waiting == 0, 30)
            ended = [row for row in rows(found).values() if row.name.startswith("h")]
            assert all(row.judgement is not Judgement.OK and "no answer" in row.evidence for row in ended)


async def test_somebody_elses_check_is_plugged_in() -> None:
    more: Check = Plugged("figure")
    async with watching(watch_services([ServiceConfig("none", "oc-no-such", "absent")], [more])) as found:
        await eventually(lambda: len(rows(found)) == 2 and not found[-1].waiting)
        assert list(rows(found)) == ["none", "figure"]
