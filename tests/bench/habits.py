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
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager, suppress
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
            try:
                await habit(target, panes.split(), chance)
            finally:
                assert target.alive(), f"the server died of {habit.__name__}"
    finally:
        if server is None:
            target.stop()


async def attach_and_detach(server: TmuxServer, panes: list[str], chance: Random) -> None:
    """The console is started and left again, at any moment."""
    for _ in range(6):
        async with _reading(Tmux(str(server.socket)), panes, chance.randint(0, 40)):
            pass


async def stalled_reader(server: TmuxServer, panes: list[str], chance: Random) -> None:
    """The console hangs: nothing is read, its client is stopped, and meanwhile panes come and go."""
    connection = await ControlConnection.open(("-S", str(server.socket)), "tmux", lambda line: None)
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
    for _ in range(2):
        async with _reading(Tmux(str(server.socket)), panes, chance.randint(1, 20)):
            for pid in (await _tmux(server, "list-clients", "-F", "#{client_pid}")).split():
                with suppress(ProcessLookupError):
                    os.kill(int(pid), signal.SIGKILL)
            await asyncio.sleep(chance.uniform(0.4, 1.0))


async def respawned_panes(server: TmuxServer, panes: list[str], chance: Random) -> None:
    """``respawn-pane -k`` while every pane is on screen."""
    async with _reading(Tmux(str(server.socket)), panes):
        await _respawn(server, panes, chance, 15)


async def dying_panes(server: TmuxServer, panes: list[str], chance: Random) -> None:
    """Programs that end while they are watched and typed into; their panes remain."""
    mux = Tmux(str(server.socket))
    async with _reading(mux, panes):
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


async def windows_come_and_go(server: TmuxServer, panes: list[str], chance: Random) -> None:
    """Windows and sessions are made, resized and closed under the reader."""
    async with _reading(Tmux(str(server.socket)), panes):
        for number in range(4):
            window = (await _tmux(server, "new-window", "-d", "-P", "-F", "#{pane_id}", "-t", "=fleet:", NOISE)).strip()
            await _tmux(server, "new-session", "-d", "-s", f"short{number}", "-x", "90", "-y", "20", NOISE)
            size = (str(chance.randint(20, 200)), str(chance.randint(5, 60)))
            await _tmux(server, "resize-window", "-t", chance.choice(panes), "-x", size[0], "-y", size[1])
            await _tmux(server, "kill-session", "-t", f"=short{number}")
            await _tmux(server, "kill-window", "-t", window)


async def closed_sessions(server: TmuxServer, panes: list[str], chance: Random) -> None:
    """The session attached to is closed, and then others, as a script does that cleans up: on a server of its own."""
    own = TmuxServer("sessions")
    try:
        for name in "abcd":
            own.new(NOISE, name=name)
        async with _reading(Tmux(str(own.socket)), own.panes()):
            for name in "abc":
                await _tmux(own, "kill-session", "-t", f"={name}")
                await _tmux(own, "new-session", "-d", "-s", f"{name}2", NOISE)
                await asyncio.sleep(chance.uniform(0, 0.02))
            await asyncio.sleep(chance.uniform(0.4, 1.0))  # in which the console attaches again
        assert own.alive(), "a server died of closed sessions"
    finally:
        own.stop()


HABITS: Final[tuple[Habit, ...]] = (
    attach_and_detach, stalled_reader, suspended, killed_client, respawned_panes, dying_panes, windows_come_and_go,
    closed_sessions,
)  # fmt: skip


@asynccontextmanager
async def _reading(mux: Tmux, panes: list[str], readings: int = 1) -> AsyncIterator[None]:
    """Watch with *panes* on screen; the block begins after *readings* readings (0: at once)."""
    mux.look_at(Interest(frozenset(panes)))
    taken = 0
    enough = asyncio.Event()

    async def read() -> None:
        nonlocal taken
        async with aclosing(mux.watch()) as watch:  # type: ignore[type-var]
            async for _ in watch:
                taken += 1
                if taken >= readings:
                    enough.set()

    task = asyncio.create_task(read())
    try:
        if readings:
            async with asyncio.timeout(10):  # a server that has died gives no more readings
                await enough.wait()
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


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
            except (AssertionError, TimeoutError) as error:
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
