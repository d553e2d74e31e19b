"""Watched processes, judged."""

from __future__ import annotations

import asyncio
import os
import sys
import uuid
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest

from console.config import ServiceConfig
from console.model.reading import ServicesRead
from console.model.service import Judgement, Service
from console.services.processes import Process, judge, look, running, span, watch_services
from tests.waiting import DEADLINE, until

NOW = 1_775_806_860.0
WATCHER = Process(67592, "/bin/bash /srv/dispatch_watcher.sh --every 5", NOW - 3 * 3600 - 5)


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
    spec = ServiceConfig("x", process, expected)  # type: ignore[arg-type]
    assert judge(spec, [WATCHER], NOW) == Service("x", expected, observed, judgement, evidence)


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
    def refuse() -> None:
        raise PermissionError("not \x1b[2Jallowed")

    monkeypatch.setattr("console.services.processes.running", refuse)
    assert look([ServiceConfig("x", "y")]) == (
        Service("x", "running", "unknown", Judgement.UNKNOWN, "processes cannot be listed: not allowed"),
    )


@pytest.fixture
async def readings() -> AsyncIterator[list[ServicesRead]]:
    """What is said, ten times a second, of a service marked by `MARK`."""
    found: list[ServicesRead] = []

    async def follow() -> None:
        async with aclosing(watch_services([ServiceConfig("worker", MARK)], every=0.1)) as services:  # type: ignore[type-var]
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
        assert readings[-1].source == "processes"
    finally:
        process.kill()
        await process.wait()
    await until(lambda: observed() == "absent")
