"""The demo: six stand-in agents in real terminals, a dispatch log that moves, and a collector to ask.

Everything lives in one temporary folder and on one private server, and goes with `DemoFleet.stop`; a watchdog process
does the same when the console is killed.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Final

from console.demo import backend_cmux, backend_tmux
from console.demo.backend_tmux import DemoError, environment
from console.demo.dispatches import advance, first_rows, write_log
from console.demo.health import HealthServer
from console.demo.litter import write as write_litter
from console.demo.roster import ROSTER
from console.demo.watchdog import GRACE, Plan, socket_file, sweep
from console.model.binding import SurfaceSpec

__all__ = ["DemoError", "DemoFleet"]

TRACK_EVERY: Final = (5.0, 11.0)
"""Seconds between two changes of the dispatch log, from and to."""


class DemoFleet:
    """A running demo. Make one with `start`."""

    def __init__(self, backend: str, program: str) -> None:
        folder = Path(tempfile.mkdtemp(prefix="oc-demo-"))
        self.backend = backend
        self.tmux_socket = f"oc-demo-{os.getpid()}" if backend == "tmux" else ""
        self.cmux_socket = str(folder / "cmux.sock") if backend == "cmux" else ""
        self.log_path = folder / "dispatch_log.json"
        self.specs: tuple[SurfaceSpec, ...] = ()
        self._folder = folder
        self._program = program
        tmux = program if backend == "tmux" else ""
        self._plan = Plan(str(folder), tmux, self.tmux_socket, self.cmux_socket)
        self._health: HealthServer | None = None
        self._watchdog: subprocess.Popen[bytes] | None = None
        self._daemon: subprocess.Popen[bytes] | None = None
        self._agents: list[int] = []
        self._tracker: asyncio.Task[None] | None = None
        self._stopped = False

    @classmethod
    async def start(cls, *, backend: str = "auto") -> DemoFleet:
        """Start everything. *backend* is ``auto`` (tmux 3.2 or newer if there is one), ``tmux`` or ``cmux``.

        Raises `DemoError`; nothing is left behind then.
        """
        backend, program = _choose(backend)
        fleet = cls(backend, program)
        try:
            await fleet._start()
        except BaseException:
            fleet.kill()
            raise
        return fleet

    @property
    def health_url(self) -> str:
        """The collector's health document; empty after `stop`."""
        return self._health.url if self._health is not None else ""

    @property
    def metrics_url(self) -> str:
        """The collector's internal metrics; empty after `stop`."""
        return self._health.metrics_url if self._health is not None else ""

    async def stop(self) -> None:
        """Take everything down and wait until it is gone; idempotent."""
        if self._tracker is not None:
            self._tracker.cancel()
            await asyncio.gather(self._tracker, return_exceptions=True)
            self._tracker = None
        await asyncio.to_thread(self.kill)

    def kill(self) -> None:
        """The same from where nothing can be awaited (atexit, a signal); idempotent."""
        if self._stopped:
            return
        self._stopped = True
        if self._health is not None:
            self._health.stop()
            self._health = None
        if self._daemon is not None:
            self._daemon.terminate()
            with suppress(subprocess.TimeoutExpired):  # sweep() ends a daemon that does not listen
                self._daemon.wait(GRACE)
        sweep(self._plan, tuple(self._agents))
        if self._daemon is not None:
            self._daemon.wait()
        if self._watchdog is not None:
            with suppress(OSError):  # killed by somebody: the work is done already
                self._watchdog.communicate(b"done")

    async def _start(self) -> None:
        self._start_watchdog()
        if self.backend == "tmux":
            refs = await self._start_tmux()
        else:
            self._daemon = backend_cmux.start_daemon(self._program, self.cmux_socket, self._folder)
            refs = await backend_cmux.start(self._daemon, self.cmux_socket, self._agents.append)
        self.specs = tuple(
            SurfaceSpec(ref, member.name, member.role, member.agent) for ref, member in zip(refs, ROSTER, strict=True)
        )
        write_log(self.log_path, {"dispatches": first_rows(datetime.now().astimezone())})
        write_litter(self._folder)
        self._health = HealthServer()
        self._tracker = asyncio.create_task(self._track(), name="demo-tracker")

    async def _start_tmux(self) -> tuple[str, ...]:
        if socket_file(self.tmux_socket).exists():
            # Left by a dead process that had our pid: nobody else uses this name.
            sweep(Plan("", self._plan.tmux, self.tmux_socket))
        return await backend_tmux.start(self._program, self.tmux_socket)

    async def _track(self) -> None:
        rng = Random(7)
        while not self._stopped:
            await asyncio.sleep(rng.uniform(*TRACK_EVERY))
            await asyncio.to_thread(advance, self.log_path, rng, datetime.now().astimezone())

    def _start_watchdog(self) -> None:
        # Before anything else, so that no moment is left in which a kill would leave something behind.
        self._watchdog = subprocess.Popen(
            [sys.executable, "-S", "-m", "console.demo.watchdog", self._plan.to_json()],
            env=environment(),
            cwd="/",
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )


def _choose(backend: str) -> tuple[str, str]:
    if backend not in ("auto", "tmux", "cmux"):
        raise DemoError(f"no such demo back end: {backend}; write auto, tmux or cmux")
    program = backend_tmux.find_tmux() if backend != "cmux" else ""
    if program:
        return "tmux", program
    program = backend_cmux.find_cmux() if backend != "tmux" else ""
    if program:
        return "cmux", program
    if backend == "cmux":
        raise DemoError("there is no cmux program; install the extra `embedded` (the cmux package)")
    oldest = ".".join(map(str, backend_tmux.OLDEST))
    more = "" if backend == "tmux" else ", or the extra `embedded` (the cmux package)"
    raise DemoError(f"there is no tmux {oldest} or newer; install tmux{more}")
