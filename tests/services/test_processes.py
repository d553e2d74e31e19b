"""Watched processes, judged."""

from __future__ import annotations

import asyncio
import os
import sys
import uuid
from collections.abc import AsyncIterator
from contextlib import aclosing

import psutil
import pytest

from console.config import ServiceConfig
from console.model.durations import span
from console.model.reading import ServicesRead
from console.model.service import Judgement, Service
from console.services.processes import Process, judge, look, running
from console.services.watch import watch_services
from tests.waiting import DEADLINE, until

NOW = 1_775_806_860.0
WATCHER = Process(67592, "/bin/bash /srv/dispatch_watcher.sh --every 5", NOW - 3 * 3600 - 5)


def told(row: Service) -> tuple[str, str, str, Judgement, str]:
    """What a row says in words."""
    return row.name, row.expected, row.observed, row.judgement, row.evidence


@pytest.mark.parametrize(
    ("process", "expected", "observed", "judgement", "evidence"),
    [
        (r"dispatch_watcher\.sh", "running", "running", Judgement.OK, "pid 67592, up 3h"),
        (r"bash .*watcher.*--every", "absent", "running", Judgement.ALARM, "pid 67592, up 3h"),
        ("auto_dispatcher", "absent", "absent", Judgement.OK, "no process matches auto_dispatcher"),
        ("auto_dispatcher", "running", "absent", Judgement.ALARM, "no process matches auto_dispatcher"),
    ],
)
def test_the_judgement(process: str, expected: str, observed: str, judgement: Judgement, evidence: str) -> None:
    spec = ServiceConfig("x", process, expected)
    assert told(judge(spec, [WATCHER], NOW)) == ("x", expected, observed, judgement, evidence)


def test_several_matches_are_counted_and_the_oldest_tells_the_age() -> None:
    found = [Process(pid, "agent", NOW - pid * 60) for pid in (1, 2, 3, 4, 5)]
    assert judge(ServiceConfig("x", "agent"), found, NOW).evidence == "pid 5, 4, 3 and 2 more, up 5m"


def test_a_bad_pattern_is_unknown() -> None:
    found = judge(ServiceConfig("x", "("), [WATCHER], NOW)
    assert (found.observed, found.judgement) == ("unknown", Judgement.UNKNOWN)
    assert found.evidence.startswith("not a regular expression")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-5, "<1m"), (59, "<1m"), (60, "1m"), (3599, "59m"), (3600, "1h"), (86_399, "23h"), (3 * 86_400, "3d")],
)
def test_the_age(seconds: float, text: str) -> None:
    assert span(seconds) == text


def test_this_process_is_not_seen() -> None:
    assert os.getpid() not in {process.pid for process in running()}


def test_without_a_process_list_all_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(attributes: list[str]) -> None:
        raise PermissionError("not \x1b[2Jallowed")

    refuse.cache_clear = lambda: None  # type: ignore[attr-defined]
    monkeypatch.setattr("psutil.process_iter", refuse)
    [row] = look([ServiceConfig("x", "y", "absent")])
    assert told(row) == ("x", "absent", "unknown", Judgement.UNKNOWN, "processes cannot be listed: not allowed")


def test_how_many_there_are_can_be_expected() -> None:
    found = [Process(pid, "agent", NOW - pid * 60) for pid in (1, 2, 3)]
    judged = [judge(ServiceConfig("x", "agent", text), found, NOW) for text in ("at most 2", "running, exactly 3")]
    assert [(row.observed, str(row.judgement)) for row in judged] == [("3 running", "alarm"), ("3 running", "ok")]
    assert judge(ServiceConfig("x", "agent", "at most 2"), [], NOW).judgement is Judgement.OK
    assert judge(ServiceConfig("x", "agent", "younger than 2m"), found, NOW).judgement is Judgement.ALARM


async def test_a_pid_that_was_given_to_another_process_is_another_process() -> None:
    """psutil keeps the start time a pid had at first: without care the new process has the age of the old one."""
    mark = f"oc-test-{uuid.uuid4().hex}"
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", "input()", mark, stdin=asyncio.subprocess.PIPE)
    try:
        before = next(each for each in running() if each.pid == process.pid)
        vars(psutil)["_pmap"][process.pid]._create_time = 1.0  # as if the pid had been another's, long ago
        after = next(each for each in running() if each.pid == process.pid)
        assert after == before and after.started > 1_000_000_000
    finally:
        process.kill()
        await process.wait()


@pytest.fixture
async def readings() -> AsyncIterator[list[ServicesRead]]:
    """What is said, ten times a second, of a service marked by `MARK`."""
    found: list[ServicesRead] = []

    async def follow() -> None:
        async with aclosing(watch_services([ServiceConfig("worker", MARK, every=0.1)])) as services:  # type: ignore[type-var]
            async for reading in services:
                found.append(reading)

    task = asyncio.create_task(follow())
    yield found
    task.cancel()
    await asyncio.wait([task], timeout=DEADLINE)
    assert task.done()


MARK = f"oc-test-{uuid.uuid4().hex}"


async def test_a_real_process_comes_and_goes(readings: list[ServicesRead]) -> None:
    def observed() -> str:
        return readings[-1].services[0].observed if readings else ""

    await until(lambda: observed() == "absent")
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", "input()", MARK, stdin=asyncio.subprocess.PIPE)
    try:
        await until(lambda: observed() == "running")
        assert readings[-1].services[0].evidence == f"pid {process.pid}, up <1m"
        assert readings[-1].source == "services"
    finally:
        process.kill()
        await process.wait()
    await until(lambda: observed() == "absent")
