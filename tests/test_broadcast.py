"""One text for several real surfaces at once: each gets it exactly once, and the log says that it was on purpose."""

from __future__ import annotations

import asyncio
import json
import shlex
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from console.config import Config, LogConfig
from console.engine import Engine
from console.model.composed import Broadcast, Composed
from console.model.outcome import Ended, Step
from console.model.surface import Surface
from console.mux.tmux import Tmux
from tests.tmux_server import TmuxServer
from tests.waiting import until

TASK = "모두에게: go on with the next step of the review, please"


class Ground:
    """Two demo agents, a log, and an engine over them."""

    def __init__(self, folder: Path, tmux: TmuxServer) -> None:
        self.logs = [folder / "one.jsonl", folder / "two.jsonl"]
        self.path = folder / "dispatch_log.json"
        self.path.write_text('[{"number": 55, "surface": "%9", "task": "older", "status": "done"}]')
        for log in self.logs:
            argv = [sys.executable, "-S", "-m", "console.demo.agent", "--kind", "claude", "--log", str(log)]
            tmux.new("exec " + shlex.join(argv), width=100, height=40)
        config = Config(log=LogConfig(str(self.path)))
        self.engine = Engine(config, Tmux(str(tmux.socket)), state=folder / "state")

    @property
    def surfaces(self) -> list[Surface]:
        return [s for s in self.engine.snapshot.surfaces if s.status is not None and s.status.state == "idle"]

    def submitted(self) -> list[list[str]]:
        """What each agent says it was given."""
        found = []
        for log in self.logs:
            lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
            events: list[dict[str, Any]] = [json.loads(line) for line in lines]
            found.append([each["text"] for each in events if each["event"] in ("submit", "queue", "steer")])
        return found

    def records(self) -> list[dict[str, Any]]:
        return list(json.loads(self.path.read_text(encoding="utf-8")))[1:]


@asynccontextmanager
async def ground(folder: Path, tmux: TmuxServer) -> AsyncIterator[Ground]:
    made = Ground(folder, tmux)
    watching = asyncio.create_task(made.engine.run())
    try:
        await until(lambda: len(made.surfaces) == 2 and bool(made.engine.snapshot.log.dispatches))
        yield made
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        await made.engine.close()


async def send(ground: Ground, several: Broadcast | None, steps: Sequence[list[Step]]) -> list[Ended]:
    composed = Composed(TASK, fields={"role": "검토"}, broadcast=several)
    sends = (
        ground.engine.send_watched(surface.key, composed, told.append, asyncio.Event())
        for surface, told in zip(ground.surfaces, steps, strict=True)
    )
    return list(await asyncio.gather(*sends))


async def test_each_surface_gets_it_once_and_the_records_say_it_was_meant(tmp_path: Path, tmux: TmuxServer) -> None:
    async with ground(tmp_path, tmux) as made:
        refs = tuple(surface.info.ref for surface in made.surfaces)
        steps: tuple[list[Step], ...] = ([], [])
        ended = await send(made, Broadcast(refs, 55), steps)
        assert [each.outcome for each in ended] == ["submitted", "submitted"], ended
        await until(lambda: made.submitted() == [[TASK], [TASK]])
        records = made.records()
        assert sorted(each["surface"] for each in records) == sorted(refs)
        for each in records:
            assert (each["task"], each["status"], each["role"]) == (TASK, "sent", "검토")
            assert each["overrides"] == ["elsewhere"] and sorted(each["broadcast"]) == sorted(refs)
        for told in steps:
            names = [step.name for step in told]
            assert names[:4] == ["record", "look", "paste", "echo"] and names[-1] == "done"
            assert {"wait", "enter", "verify"} <= set(names) and told[0].text in ("#56", "#57")


async def test_its_other_records_do_not_hold_up_what_comes_a_moment_later(tmp_path: Path, tmux: TmuxServer) -> None:
    async with ground(tmp_path, tmux) as made:
        one, other = made.surfaces
        engine, both = made.engine, Broadcast((one.info.ref, other.info.ref), 55)
        composed = Composed(TASK, broadcast=both)
        assert (await engine.send(one.key, composed)).outcome == "submitted"
        await until(lambda: any(each.number == 56 for each in engine.snapshot.log.dispatches))
        alone = await engine.send(other.key, Composed(TASK))
        assert alone.outcome == "refused" and "elsewhere: #56 is open" in alone.evidence
        assert (await engine.send(other.key, composed)).outcome == "submitted"


async def test_without_the_word_of_the_operator_only_one_gets_it(tmp_path: Path, tmux: TmuxServer) -> None:
    async with ground(tmp_path, tmux) as made:
        ended = await send(made, None, ([], []))
        assert sorted(each.outcome for each in ended) == ["refused", "submitted"], ended
        await until(lambda: [text for each in made.submitted() for text in each] == [TASK])
