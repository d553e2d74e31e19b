"""Looking at many things, each in its own time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing

import pytest

from console.services.nudge import Ear, Nudge
from console.services.polling import Job, poll
from tests.waiting import DEADLINE, until


def job(look: Callable[[], Awaitable[str]], every: float = 0.01, timeout: float = 5.0) -> Job[str]:
    return Job(look, every, timeout, lambda: "late", lambda seen: seen == "bad")


async def collect(jobs: list[Job[str]], into: list[str]) -> None:
    readings: AsyncIterator[str] = poll(jobs)
    async with aclosing(readings) as found:  # type: ignore[type-var]
        async for seen in found:
            into.append(seen)


async def end(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait([task], timeout=DEADLINE)
    assert task.cancelled()


async def test_one_that_hangs_is_late_and_delays_no_other_and_is_not_begun_twice() -> None:
    begun, ended = 0, 0

    async def hangs() -> str:
        nonlocal begun, ended
        begun += 1
        try:
            await asyncio.Event().wait()
        finally:
            ended += 1
        return "never"

    async def works() -> str:
        return "ok"

    seen: list[str] = []
    task = asyncio.create_task(collect([job(hangs, timeout=0.01), job(works)], seen))
    await until(lambda: seen.count("ok") > 5 and "late" in seen)
    assert seen.count("late") == 1 and begun == 1
    await end(task)
    assert ended == 1


async def test_what_comes_late_is_said_when_it_comes() -> None:
    gate = asyncio.Event()

    async def slow() -> str:
        await gate.wait()
        return "ok"

    seen: list[str] = []
    task = asyncio.create_task(collect([job(slow, timeout=0.01)], seen))
    await until(lambda: seen == ["late"])
    gate.set()
    await until(lambda: seen[1:2] == ["ok"])
    await end(task)


async def test_failures_make_the_pauses_longer_up_to_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    real = asyncio.sleep

    async def sleep(_ear: Ear, seconds: float) -> None:
        pauses.append(seconds)
        await real(0)

    monkeypatch.setattr(Ear, "sleep", sleep)
    monkeypatch.setattr("console.services.polling.monotonic", lambda: 0.0)
    answers = iter(["bad", "bad", "bad", "bad", "ok", "bad"])

    async def look() -> str:
        return next(answers, "ok")

    seen: list[str] = []
    task = asyncio.create_task(collect([job(look, every=10.0)], seen))
    while len(pauses) < 6:
        await real(0)
    assert pauses[:6] == [20, 40, 40, 40, 10, 20]
    await end(task)


async def test_a_long_look_is_given_rarely(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    clock = iter(range(0, 1000, 3))
    real = asyncio.sleep

    async def sleep(_ear: Ear, seconds: float) -> None:
        pauses.append(seconds)
        await real(0)

    async def look() -> str:
        return "ok"

    monkeypatch.setattr(Ear, "sleep", sleep)
    monkeypatch.setattr("console.services.polling.monotonic", lambda: float(next(clock)))
    task = asyncio.create_task(collect([job(look, every=10.0)], []))
    while not pauses:
        await real(0)
    assert pauses[0] == 60
    await end(task)


async def test_an_error_in_a_look_is_raised_and_the_others_end() -> None:
    async def breaks() -> str:
        raise ZeroDivisionError

    ended = asyncio.Event()

    async def hangs() -> str:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
        return ""

    with pytest.raises(ZeroDivisionError):
        await collect([job(hangs), job(breaks)], [])
    assert ended.is_set()


async def test_a_nudge_looks_at_once_and_after_a_look_that_is_under_way_again() -> None:
    gate, begun, nudge = asyncio.Event(), 0, Nudge()

    async def slow() -> str:
        nonlocal begun
        begun += 1
        await gate.wait()
        return "ok"

    readings: AsyncIterator[str] = poll([job(slow, every=3600.0)], nudge)
    first = asyncio.ensure_future(anext(readings))
    await until(lambda: begun == 1)
    nudge()  # what is being read may be from before
    gate.set()
    assert await first == "ok"
    assert await anext(readings) == "ok" and begun == 2
    nudge()
    assert await anext(readings) == "ok" and begun == 3
    await readings.aclose()  # type: ignore[attr-defined]


async def test_an_ear_sleeps_its_time_and_hears_once() -> None:
    ear = Ear()
    await ear.sleep(0.0)
    await ear.sleep(-1.0)
    ear.ask()
    ear.ask()
    async with asyncio.timeout(DEADLINE):
        await ear.sleep(3600.0)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await ear.sleep(3600.0)
