"""A double of the app, a `cmux` program that talks to it, and the adapter over both, for one test."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import tempfile
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from console.model.reading import MuxDown, MuxReading, ScreenFailed, ScreenRead, TreeRead
from console.model.surface import SurfaceInfo
from console.mux.cmux_cli import CmuxCli
from tests.fakes import cmux_program
from tests.fakes.cmux_app import CmuxApp, WorkspaceSpec


@dataclass
class Bench:
    """What a test works with; `mux` is made when it is first asked for."""

    folder: Path
    app: CmuxApp
    program: Path
    mux: CmuxCli
    readings: list[MuxReading] = field(default_factory=list)
    task: asyncio.Task[None] | None = None

    def watch(self) -> None:
        """Collect readings until the end of the test."""
        self.task = asyncio.create_task(self._collect())

    async def _collect(self) -> None:
        async for reading in self.mux.watch():
            self.readings.append(reading)

    def tree(self) -> tuple[SurfaceInfo, ...]:
        """The last tree."""
        return next((r.surfaces for r in reversed(self.readings) if isinstance(r, TreeRead)), ())

    def text(self, key: str) -> str:
        """The last screen of a surface."""
        screens = (r for r in reversed(self.readings) if isinstance(r, ScreenRead) and r.key == key)
        return "\n".join(next(screens).screen.lines) if self.told(key) else ""

    def told(self, key: str) -> int:
        """How many screens of it were read."""
        return sum(isinstance(r, ScreenRead) and r.key == key for r in self.readings)

    def failed(self, key: str) -> str:
        """Why it could not be read the last time that it could not."""
        errors = [r.error for r in self.readings if isinstance(r, ScreenFailed) and r.key == key]
        return errors[-1] if errors else ""

    def downs(self) -> list[str]:
        """Every MuxDown."""
        return [r.error for r in self.readings if isinstance(r, MuxDown)]

    def wrap(self, script: str) -> None:
        """Put a shell script before the program; ``$REAL`` is the program."""
        real = self.program.with_name("real-cmux")
        self.program.rename(real)
        self.program.write_text(f"#!/bin/sh\nREAL={real}\n{script}\n", encoding="utf-8")
        self.program.chmod(0o755)


@contextlib.asynccontextmanager
async def bench(
    release: str = "0.63.2", workspaces: Sequence[WorkspaceSpec] | None = None, password: str | None = None
) -> AsyncIterator[Bench]:
    """Everything started; ended after the block."""
    folder = Path(tempfile.mkdtemp(prefix="occ-", dir="/tmp"))
    mode = "password" if password else "automation"
    app = CmuxApp(folder / "c.sock", personality=release, workspaces=workspaces, access_mode=mode, password=password)
    program = cmux_program.install(folder / "bin", folder / "c.sock", release)
    made = Bench(folder, app, program, CmuxCli(str(program)))
    try:
        with app:
            yield made
            async with asyncio.timeout(20):
                await made.mux.close()
                if made.task is not None:
                    await made.task
    finally:
        shutil.rmtree(folder, ignore_errors=True)
