"""What the tests of the watchers share: real processes that do nothing, and a watch that runs in the background."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import time
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from console.model.reading import SignalsRead

Spawn = Callable[[], subprocess.Popen[bytes]]


@contextmanager
def sleepers() -> Iterator[Spawn]:
    """Start processes that do nothing; all are ended in the end."""
    made: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        made.append(subprocess.Popen(["sleep", "1000"]))
        return made[-1]

    try:
        yield start
    finally:
        for process in made:
            process.kill()
            process.wait()


def end(process: subprocess.Popen[bytes]) -> None:
    """Kill a process and wait until it is gone."""
    process.kill()
    process.wait()


def age(path: Path, seconds: float) -> None:
    """Make a file look as if it had been written *seconds* ago."""
    then = time.time() - seconds
    os.utime(path, (then, then))


SURFACE: Final = "8D4C65E6-1A99-4831-85E4-6B950EE7AB82"
"""The surface of `hook_event`."""


def hook_event(name: str, at: float | None = None, session: str = "claude-s-1", **payload: object) -> dict[str, Any]:
    """A line of the event log as cmux 0.64 writes it."""
    then = datetime.fromtimestamp(time.time() if at is None else at, UTC)
    return {
        "type": "event",
        "boot_id": "b",
        "seq": 1,
        "name": f"agent.hook.{name}",
        "category": "agent",
        "occurred_at": then.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "workspace_id": "W",
        "surface_id": SURFACE,
        "payload": {"session_id": session, "_source": "claude", "phase": "received", **payload},
    }


def write_log(folder: Path, *events: object, name: str = "events.jsonl") -> Path:
    """Add lines to the event log in *folder*."""
    path = folder / name
    with path.open("a", encoding="utf-8") as file:
        file.writelines(json.dumps(each) + "\n" for each in events)
    return path


class Followed:
    """A watch that runs in the background, and what it yielded. Needs a running loop; call `end` in the end."""

    def __init__(self, watch: AsyncGenerator[SignalsRead, None]) -> None:
        self.readings: list[SignalsRead] = []
        self.task = asyncio.create_task(self._follow(watch))

    async def _follow(self, watch: AsyncGenerator[SignalsRead, None]) -> None:
        async with aclosing(watch) as readings:
            async for reading in readings:
                self.readings.append(reading)

    @property
    def states(self) -> list[str]:
        """The states of the last reading; ``not read`` before the first."""
        return [str(signal.state) for signal in self.readings[-1].signals] if self.readings else ["not read"]

    @property
    def error(self) -> str:
        """The error of the last reading."""
        return self.readings[-1].error if self.readings else "not read"

    async def end(self) -> None:
        """Cancel the watch. Raises AssertionError when it ended by itself."""
        assert not self.task.done(), "a watch goes on"
        self.task.cancel()
        await asyncio.wait([self.task])


def inotify_descriptors() -> int:
    """How many watches of the file system this process holds; 0 where that cannot be told."""
    count = 0
    for link in Path("/proc/self/fd").glob("*"):
        with suppress(OSError):
            count += "inotify" in str(link.readlink())
    return count
