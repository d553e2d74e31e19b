"""The fleet outlives the console: what has killed tmux servers is done to a private one."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from random import Random

import psutil
import pytest

from tests.bench.habits import HABITS, PANES, cycle, noisy_server
from tests.eventually import eventually
from tests.tmux_server import PROGRAM, TmuxServer

pytestmark = [pytest.mark.tmux, pytest.mark.skipif(not PROGRAM, reason="there is no tmux program")]

CYCLES = 2


@pytest.fixture
def noisy() -> Iterator[TmuxServer]:
    server = noisy_server()
    yield server
    server.stop()


async def test_no_habit_of_the_console_kills_the_server(noisy: TmuxServer) -> None:
    chance, tasks = Random(20261122), asyncio.all_tasks()
    for _ in range(CYCLES):
        await cycle(noisy, chance)
    assert noisy.alive() and len(noisy.panes()) == PANES
    assert noisy.clients() == []
    assert asyncio.all_tasks() == tasks
    await eventually(lambda: not [p for p in psutil.Process().children() if "tmux" in p.name()])


async def test_a_server_that_dies_is_noticed(noisy: TmuxServer) -> None:
    noisy.call("kill-server")
    await eventually(lambda: not noisy.alive())
    noisy.new()
    assert not noisy.alive()
    assert noisy.call("has-session").returncode == 0, "another server in its place does not count"
    assert len(HABITS) == 8
