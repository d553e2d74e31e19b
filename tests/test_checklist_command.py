"""The checklist over real files and a real collector: the command judges what the screen judges."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from pathlib import Path

import pytest

from console import checklist_command, i18n
from console.checking import Checking
from console.config import CollectorConfig, Config
from console.config_sections import HandoffSection
from console.engine import Engine
from console.model.agent import AgentState
from console.model.checklist import Mark, Step, StepState
from console.model.composed import Composed
from console.model.decision import Decision, DecisionsSlice, DecisionState
from console.model.snapshot import Snapshot
from console.opening import state_folder
from console.state_checklist import ChecklistFile
from tests.eventually import eventually
from tests.telemetry.test_collector import Answers
from tests.ui_helpers import EchoMux, Fleet, read, until

# -- the queue ---------------------------------------------------------------------------------------------------------


async def by_the_command(config: Config) -> Step | None:
    engine = await checklist_command.reader(config)
    try:
        return queue_of(Checking(config, lambda: engine.snapshot, None))
    finally:
        await engine.close()


def queue_of(checking: Checking) -> Step | None:
    return next((step for step in checking.steps() if step.id == "queue"), None)


def judged(step: Step | None) -> tuple[StepState, str, str] | None:
    return (step.state, step.evidence, step.remedy) if step is not None else None


@asynccontextmanager
async def console() -> AsyncIterator[Fleet]:
    """A console of this account over two agents at work, which sends from the queue."""
    fleet = Fleet(state=state_folder())
    async with fleet.app.run_test() as pilot:
        await fleet.start(pilot, 2)
        fleet.post(*(read(number, "at work", AgentState.WORKING) for number in (1, 2)))
        await fleet.settled(pilot)
        queue = fleet.engine.queue
        assert queue is not None
        await until(pilot, lambda: queue.own is not None)
        yield fleet


async def test_the_command_reads_the_queue_and_judges_it_as_the_screen_does() -> None:
    config = Config()
    assert await by_the_command(config) is None, "there is no queue"
    async with console() as fleet:
        screen = Checking(config, lambda: fleet.engine.snapshot, None)
        assert (await fleet.engine.enqueue("%1", Composed("첫 작업"), id="q1")).done
        await eventually(lambda: fleet.engine.snapshot.queue.total == 1)
        assert judged(queue_of(screen)) == (StepState.PASS, "1 waiting", "")
        assert judged(await by_the_command(config)) == judged(queue_of(screen))
        assert fleet.engine.queue is not None
        assert (await fleet.engine.queue.pause()).done
        await eventually(lambda: fleet.engine.snapshot.queue.paused == 1)
        assert judged(queue_of(screen)) == (StepState.ATTENTION, "1 waiting, 1 paused", "resume what is to go on")
        assert judged(await by_the_command(config)) == judged(queue_of(screen))
        assert (await fleet.engine.queue.resume()).done
    alone = await by_the_command(config)
    async with console() as fleet:
        await eventually(lambda: fleet.engine.snapshot.queue.total == 1)
        screen = Checking(config, lambda: fleet.engine.snapshot, None)
        assert judged(queue_of(screen)) == (StepState.ATTENTION, "1 waiting, 1 paused", "resume what is to go on")
        assert judged(alone) == judged(queue_of(screen)), "what waits is from before the next console"


# -- the decisions -----------------------------------------------------------------------------------------------------


async def test_decisions_are_those_of_the_file_and_what_it_has_not_yet(tmp_path: Path) -> None:
    path = tmp_path / "handoff.md"
    path.write_text("# Hand-off\n## Decisions pending\n- 첫째 결정\n- 둘째 결정\n- 셋째 결정\n", encoding="utf-8")
    now = Snapshot()
    checking = Checking(Config(handoff=HandoffSection(str(path))), lambda: now, None)
    await checking.load()

    def told() -> tuple[StepState, str]:
        step = next(step for step in checking.steps() if step.id == "decisions")
        return step.state, step.evidence

    assert told() == (StepState.MANUAL, "3 wait: 첫째 결정; 둘째 결정; 셋째 결정")
    kept = [Decision("a", "첫째 결정", state=DecisionState.DECIDED), Decision("b", "둘째 결정")]
    now = Snapshot(decisions=DecisionsSlice("decisions.yaml", 1.0, tuple(kept)))
    assert told() == (StepState.MANUAL, "2 wait: 둘째 결정; 셋째 결정")
    kept = [Decision(id, f"{id} 결정", state=DecisionState.DECIDED) for id in ("첫째", "둘째", "셋째")]
    now = Snapshot(decisions=DecisionsSlice("decisions.yaml", 1.0, tuple(kept)))
    assert told() == (StepState.PASS, "none waits")


# -- the collector -----------------------------------------------------------------------------------------------------


@pytest.fixture
def server() -> Iterator[Answers]:
    with Answers() as found:
        thread = threading.Thread(target=found.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield found
        found.shutdown()
        thread.join()


def says(server: Answers, **health: object) -> None:
    server.body = json.dumps({"status": "ok", **health}).encode()


@asynccontextmanager
async def running(config: Config) -> AsyncIterator[Engine]:
    engine = Engine(config, EchoMux())
    task = asyncio.create_task(engine.run())
    try:
        yield engine
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await engine.close()


async def test_a_collector_that_starts_again_or_loses_counts_while_it_is_watched_is_told(
    tmp_path: Path, server: Answers
) -> None:
    path = tmp_path / "handoff.md"
    written = datetime.fromtimestamp(time.time() - 3600)
    path.write_text(f"# Hand-off {written:%Y-%m-%d %H:%M}\n## Figures\n- logs 30,306\n- spans 1,096\n", "utf-8")
    config = Config(collector=CollectorConfig(server.url(), probe="never"), handoff=HandoffSection(str(path)))
    says(server, logs=30_306, spans=1096, uptime=11_520)
    async with running(config) as engine:
        checking = Checking(config, lambda: engine.snapshot, None)
        await checking.load()

        def step() -> Step:
            return next(each for each in checking.steps() if each.id == "collector")

        async def comes(state: StepState, *words: str) -> None:
            engine.reread()
            so: Callable[[], bool] = lambda: step().state is state and all(w in step().evidence for w in words)  # noqa: E731
            await eventually(so, what=step)

        await comes(StepState.PASS, "up, 30,306 logs, 1,096 spans", "up 3h")
        says(server, logs=30_400, spans=1096, uptime=11_530)
        await comes(StepState.PASS, "30,400 logs")
        says(server, logs=120, spans=1096, uptime=5)
        await comes(StepState.ATTENTION, "started again", "after the hand-off", "logs fell from 30,306 to 120")
        assert "spans fell" not in step().evidence, "what was kept is not told as lost"
        says(server, logs=7, spans=2)
        await comes(StepState.ATTENTION, "started again after the hand-off", "spans fell from 1,096 to 2")
        server.status = 503
        await comes(StepState.ATTENTION, "degraded")
        server.status = 200
        says(server, logs=30_500, spans=1100, uptime=11_600)
        await comes(StepState.PASS, "30,500 logs")


# -- the language ------------------------------------------------------------------------------------------------------


async def test_what_was_ticked_in_one_language_holds_in_the_other(tmp_path: Path) -> None:
    path = tmp_path / "handoff.md"
    path.write_text("# Hand-off\n## Check after restart\n- 커피를 내린다\n## Services\n- watcher: running\n", "utf-8")
    config = Config(handoff=HandoffSection(str(path)))
    ids: dict[i18n.Language, dict[str, StepState]] = {}
    languages: tuple[i18n.Language, ...] = ("en", "ko")
    for language in languages:
        i18n.use(language)
        checking = Checking(config, Snapshot, tmp_path / "state")
        await checking.run()
        if language == "en":
            assert await checking.mark("check 3", Mark("tick", time.time())) == ""
        steps = checking.steps(settled=True)
        ids[language] = {step.id: step.state for step in steps}
        await checking.keep(steps)
    assert ids["ko"]["check 3"] is StepState.PASS
    assert ids["ko"] == ids["en"], "the ids and the states know no language"
    one, two = ChecklistFile(tmp_path / "state").runs()
    assert [(s["id"], s["state"]) for s in one["steps"]] == [(s["id"], s["state"]) for s in two["steps"]]
