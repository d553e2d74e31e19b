"""What has killed tmux servers, done over and over to a private one: ``python -m tests.bench.habits --minutes 20``.

tmux 3.3a and older can be crashed by a control-mode client (a stalled reader of ``%output``, a paste into a dead pane).
Each habit here is one the console has; a server that dies of it would take the operator's whole fleet with it.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable
from contextlib import aclosing, suppress
from random import Random
from typing import Final

from console.config import Config
from console.engine import Engine
from console.mux.base import Interest, MuxError
from console.mux.tmux import Tmux
from console.mux.tmux_control import ControlConnection
from tests.tmux_server import TmuxServer, python

PANES: Final = 12
NOISE: Final = python(
    "import time\nn = 0\nwhile 1: n += 1; print('line', n, 'x' * (n % 70), flush=True); time.sleep(0.02)"
)
SHORT: Final = python("import time\nfor n in range(9): print('soon gone', n, flush=True); time.sleep(0.02)")
Habit = Callable[[TmuxServer, list[str], Random], Awaitable[None]]


def noisy_server() -> TmuxServer:
    """A private server with twelve panes that print fifty lines a second each."""
    server = TmuxServer("habits")
    server.new(NOISE, name="fleet", width=120, height=40)
    server.run("set-option", "-g", "remain-on-exit", "on")
    for _ in range(PANES - 1):
        server.window("fleet", NOISE)
    return server


async def cycle(server: TmuxServer | None = None, chance: Random | None = None) -> None:
    """Every habit once, in an order that *chance* decides. Raises AssertionError when the server has died.

    Without *server* it is done to a new one, which is gone afterwards.
    """
    target, chance = server or noisy_server(), chance or Random()
    try:
        for habit in chance.sample(HABITS, len(HABITS)):
            panes = await _tmux(target, "list-panes", "-a", "-F", "#{pane_id}")
            await habit(target, panes.split(), chance)
            assert target.alive(), f"the server died of {habit.__name__}"
    finally:
        if server is None:
            target.stop()


async def attach_and_detach(server: TmuxServer, panes: list[str], chance: Random) -> None:
    """The console is started and left again, at any moment."""
    for _ in range(6):
        await _watch(Tmux(str(server.socket)), panes, chance.randint(0, 40))


async def stalled_reader(server: TmuxServer, panes: list[str], chance: Random) -> None:
    """The console hangs: nothing is read, its client is stopped, and meanwhile panes come and go."""
    connection = await ControlConnection.open(server_options(server), "tmux", lambda line: None)
    stdout = connection._process._transport.get_pipe_transport(1)  # type: ignore[attr-defined]
    stdout.pause_reading()
    os.kill(connection._process.pid, signal.SIGSTOP)
    with suppress(MuxError, TimeoutError):
        async with asyncio.timeout(0.3):
            await connection.capture(panes * 4, "#{pane_width}")
    await _respawn(server, panes, chance, 6)
    if chance.random() < 0.5:
        os.kill(connection._process.pid, signal.SIGKILL)
    else:
        os.kill(connection._process.pid, signal.SIGCONT)
        stdout.resume_reading()
    await connection.close()


async def suspended(server: TmuxServer, panes: list[str], chance: Random) -> None:
    """Ctrl-Z and ``fg``, again and again."""
    engine = Engine(Config(), Tmux(str(server.socket)))
    engine.look_at(Interest(frozenset(panes)))
    task = asyncio.create_task(engine.run())
    for _ in range(5):
        await asyncio.sleep(chance.uniform(0, 0.15))
        engine.pause()
        await _respawn(server, panes, chance, 1)
        engine.resume()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await engine.close()


async def killed_client(server: TmuxServer, panes: list[str], chance: Random) -> None:
    """``kill -9`` of the client while the console reads."""
    mux = Tmux(str(server.socket))
    mux.look_at(Interest(frozenset(panes)))
    task = asyncio.create_task(_read_for_ever(mux))
    for _ in range(4):
        await asyncio.sleep(chance.uniform(0.05, 0.25))
        for pid in (await _tmux(server, "list-clients", "-F", "#{client_pid}")).split():
            with suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def respawned_panes(server: TmuxServer, panes: list[str], chance: Random) -> None:
    """``respawn-pane -k`` while every pane is on screen."""
    mux = Tmux(str(server.socket))
    mux.look_at(Interest(frozenset(panes)))
    task = asyncio.create_task(_read_for_ever(mux))
    await _respawn(server, panes, chance, 15)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def dying_panes(server: TmuxServer, panes: list[str], chance: Random) -> None:
    """Programs that end while they are watched and typed into; their panes remain."""
    mux = Tmux(str(server.socket))
    mux.look_at(Interest(frozenset(panes)))
    task = asyncio.create_task(_read_for_ever(mux))
    doomed = chance.sample(panes, 4)
    for pane in doomed:
        await _tmux(server, "respawn-pane", "-k", "-t", pane, SHORT)
    for _ in range(4):
        for pane in doomed:
            with suppress(MuxError):
                await mux.send_text(pane, "a task\nof two lines")
                await mux.send_key(pane, "enter")
    for pane in doomed:
        await _tmux(server, "respawn-pane", "-k", "-t", pane, NOISE)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def windows_come_and_go(server: TmuxServer, panes: list[str], chance: Random) -> None:
    """Windows and sessions are made, resized and killed under the reader, its own session too."""
    mux = Tmux(str(server.socket))
    task = asyncio.create_task(_read_for_ever(mux))
    for number in range(4):
        await _tmux(server, "new-session", "-d", "-s", f"short{number}", "-x", "90", "-y", "20", NOISE)
        size = (str(chance.randint(20, 200)), str(chance.randint(5, 60)))
        await _tmux(server, "resize-window", "-t", chance.choice(panes), "-x", size[0], "-y", size[1])
        if number == 1:
            await _watch(Tmux(str(server.socket)), panes, 5)
        await _tmux(server, "kill-session", "-t", f"=short{number}")
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


HABITS: Final[tuple[Habit, ...]] = (
    attach_and_detach, stalled_reader, suspended, killed_client, respawned_panes, dying_panes, windows_come_and_go,
)  # fmt: skip


def server_options(server: TmuxServer) -> tuple[str, str]:
    """The options that choose *server*."""
    return ("-S", str(server.socket))


async def _watch(mux: Tmux, panes: list[str], readings: int) -> None:
    """Take *readings* readings and leave."""
    mux.look_at(Interest(frozenset(panes)))
    async with aclosing(mux.watch()) as watch:  # type: ignore[type-var]
        async for _ in watch:
            readings -= 1
            if readings < 0:
                break


async def _read_for_ever(mux: Tmux) -> None:
    async with aclosing(mux.watch()) as watch:  # type: ignore[type-var]
        async for _ in watch:
            pass


async def _respawn(server: TmuxServer, panes: list[str], chance: Random, times: int) -> None:
    for _ in range(times):
        await _tmux(server, "respawn-pane", "-k", "-t", chance.choice(panes), NOISE)


async def _tmux(server: TmuxServer, *command: str) -> str:
    """Run a command without holding up the readers."""
    done = await asyncio.to_thread(server.call, *command)
    return done.stdout.decode()


async def _run(minutes: float, seed: int) -> int:
    deadline, cycles, dead = time.monotonic() + minutes * 60, 0, 0
    chance = Random(seed)
    server = noisy_server()
    try:
        while time.monotonic() < deadline:
            try:
                await cycle(server, chance)
            except AssertionError as error:
                print(f"cycle {cycles}: {error}", flush=True)
                dead += 1
                server.stop()
                server = noisy_server()
            cycles += 1
    finally:
        server.stop()
    print(f"{cycles} cycles of {len(HABITS)} habits, {dead} dead servers (seed {seed})")
    return 1 if dead else 0


def main() -> int:
    """Go on for as long as asked. Exit 1 when a server died."""
    parser = argparse.ArgumentParser(prog="tests.bench.habits", description=__doc__)
    parser.add_argument("--minutes", type=float, default=20.0)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    return asyncio.run(_run(options.minutes, options.seed))


if __name__ == "__main__":
    raise SystemExit(main())
