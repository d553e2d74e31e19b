"""Demo agents on a private tmux, and a console's engine that sends from the queue to them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from console.attending import Ears
from console.config import Config, LogConfig
from console.engine import Engine
from console.model.composed import Composed
from console.model.surface import Surface
from console.mux.tmux import Tmux
from tests.eventually import eventually
from tests.tmux_server import TmuxServer, agent

LONG = 40.0
"""Seconds for agents that work; only a failure reaches it."""


class Room:
    """A tmux server with agents, a dispatch log and a state folder, which several consoles use one after the other."""

    def __init__(self, tmux: TmuxServer, folder: Path) -> None:
        self.tmux = tmux
        self.state = folder / "state"
        self.log = folder / "log.json"
        self.log.write_text('{"dispatches": []}', encoding="utf-8")
        self._folder = folder

    def agent(self, name: str, *arguments: str, kind: str = "claude") -> str:
        """Start one; return its pane."""
        heard = str(self._folder / f"{name}.jsonl")
        pane = self.tmux.new(agent(kind, "--log", heard, "--speed", "8", *arguments), width=100, height=30)
        self.tmux.run("set-option", "-p", "-t", pane, "@surface", name)
        return pane

    async def busy(self, name: str) -> str:
        """Start an agent whose every turn waits for an approval, and give it a first task by hand; return its pane."""
        pane = self.agent(name, "--script", "approval,say")
        await eventually(lambda: "❯" in self.tmux.screen(pane), LONG)
        self.tmux.run("send-keys", "-t", pane, "-l", "go")
        self.tmux.run("send-keys", "-t", pane, "Enter")
        return pane

    def approve(self, pane: str) -> None:
        """As a person does."""
        self.tmux.run("send-keys", "-t", pane, "Enter")

    def got(self, name: str, *events: str) -> list[str]:
        """What an agent says it received: ``submit queue steer answer paste``."""
        path = self._folder / f"{name}.jsonl"
        lines = path.read_text(encoding="utf-8").split("\n")[:-1] if path.exists() else []
        told: list[dict[str, Any]] = [json.loads(line) for line in lines]
        return [each["text"] for each in told if each["event"] in (events or ("submit", "queue", "steer", "answer"))]

    def records(self) -> list[dict[str, Any]]:
        """The dispatch log."""
        found: list[dict[str, Any]] = json.loads(self.log.read_text(encoding="utf-8"))["dispatches"]
        return found

    @asynccontextmanager
    async def console(self, *, read_only: bool = False) -> AsyncIterator[tuple[Engine, list[str]]]:
        """An engine as the console with a screen has it, and what it says to the operator."""
        config = replace(Config(), log=LogConfig(str(self.log)), read_only=read_only)
        engine, said = Engine(config, Tmux(str(self.tmux.socket)), state=self.state), list[str]()
        engine.ears = Ears(said.append, said.append)
        task = asyncio.create_task(engine.run())
        try:
            assert engine.queue is not None
            await eventually(lambda: read_only or engine.queue.own is not None, LONG)  # type: ignore[union-attr]
            await eventually(lambda: all(s.status for s in engine.snapshot.surfaces) and engine.snapshot.surfaces, LONG)
            await eventually(lambda: engine.snapshot.log.read_at is not None, LONG)
            yield engine, said
            assert not task.done(), f"the engine has ended: {task}"
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await engine.close()


def surface(engine: Engine, name: str) -> Surface:
    """The surface of this name."""
    [found] = engine.snapshot.called(name)
    return found


async def put(engine: Engine, name: str, text: str, id: str) -> None:
    """Queue a task."""
    written = await engine.enqueue(surface(engine, name).key, Composed(text), id=id)
    assert written.done, written


def state(engine: Engine, id: str) -> str:
    """The state of an item, as its console sees it."""
    assert engine.queue is not None
    item = engine.queue.queues.item(id)
    return str(engine.queue.state(item)) if item is not None else "gone"


async def shows(engine: Engine, name: str, wanted: str) -> None:
    """Wait until a surface shows this state."""

    def found() -> bool:
        status = surface(engine, name).status
        return status is not None and status.state == wanted

    await eventually(found, LONG, lambda: engine.snapshot.surfaces)
