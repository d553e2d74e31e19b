"""The engine over the double of the cmux app: the wiring between them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest

from console.config import Config, MuxConfig, SurfaceConfig
from console.engine import Engine
from console.model.agent import AgentState
from console.model.surface import Surface
from console.mux.cmux_socket import CmuxSocket
from tests.eventually import eventually
from tests.fakes.cmux_app import CmuxApp, SurfaceSpec
from tests.mux.app_ground import Make, doubles
from tests.tmux_server import agent

CLAUDE = ("/bin/sh", "-c", agent("claude", "--start", "idle"))


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    with doubles(tmp_path) as started:
        yield started


NEW = {"mint_surface_uuids": True, "keep_programs": True}


def shown(app: CmuxApp) -> tuple[list[str], float | None]:
    """The pills and the progress of the one workspace."""
    pills = [pill.value for sidebar in app.published.sidebars.values() for pill in sidebar.pills.values()]
    return pills, next((s.progress for s in app.published.sidebars.values() if s.progress is not None), None)


def configured(engine: Engine) -> list[Surface]:
    return [s for s in engine.snapshot.surfaces if s.place is not None and not s.gone and s.status is not None]


def idle(engine: Engine) -> bool:
    return any(s.status is not None and s.status.state is AgentState.IDLE for s in engine.snapshot.surfaces)


@asynccontextmanager
async def running(app: CmuxApp, config: Config, state: Path | None = None) -> AsyncIterator[Engine]:
    engine = Engine(config, CmuxSocket(str(app.path), env={}, home=app.path.parent), state=state)
    task = asyncio.create_task(engine.run())
    try:
        yield engine
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await engine.close()


async def test_what_was_sent_stands_in_the_sidebar_until_the_console_ends(make: Make) -> None:
    app = make("B", SurfaceSpec("CLAUDE 1", CLAUDE), access_mode="automation")
    for publish in (True, False):
        config = Config(mux=MuxConfig(publish=publish))
        async with running(app, config) as engine:
            await eventually(partial(idle, engine))
            [surface] = engine.snapshot.surfaces
            assert (await engine.send(surface.key, "look at the log")).outcome == "submitted"
            if publish:
                await eventually(lambda: shown(app)[0] and shown(app)[1] is not None)
            else:
                assert shown(app) == ([], None)
                assert not app.published.sidebars
        assert shown(app) == ([], None)
        app.published.sidebars.clear()
        app.type_as_human(surface.info.ref, "\x1b")


async def test_a_ref_that_leads_elsewhere_is_blocked_until_confirmed_also_for_the_next_console(
    make: Make, tmp_path: Path
) -> None:
    specs = [SurfaceSpec("CLAUDE 1", CLAUDE), SurfaceSpec("CLAUDE 2", CLAUDE)]
    app = make("B", *specs, access_mode="automation")
    config = Config(surfaces=(SurfaceConfig("surface:1", "builder"),))
    async with running(app, config, tmp_path / "state") as engine:
        await eventually(lambda: bool(configured(engine)))
        first = configured(engine)[0].info.uuid
    app.restart(**NEW)
    for _ in range(2):  # blocked, and still when the console was restarted
        async with running(app, config, tmp_path / "state") as engine:
            await eventually(lambda: bool(configured(engine)))
            [surface] = configured(engine)
            assert surface.info.uuid != first and "another terminal than before" in surface.unconfirmed
            result = await engine.send(surface.key, "x")
            assert result.outcome == "refused" and "another terminal" in result.evidence
            assert "confirm it in the console" in result.evidence, "no guard that is set aside helps"
            assert engine.barred(surface.key) in result.evidence, "a dry run says the same"
    async with running(app, config, tmp_path / "state") as engine:
        await eventually(lambda: bool(configured(engine)))
        assert engine.confirm(configured(engine)[0].key)
        await eventually(lambda: not configured(engine)[0].unconfirmed)
    async with running(app, config, tmp_path / "state") as engine:
        await eventually(lambda: bool(configured(engine)))
        assert not configured(engine)[0].unconfirmed, "confirmed once is confirmed"
    renamed = Config(surfaces=(SurfaceConfig("surface:1", "another"),))
    app.restart(**NEW)
    async with running(app, renamed, tmp_path / "state") as engine:
        await eventually(lambda: bool(configured(engine)))
        assert not configured(engine)[0].unconfirmed, "the configuration was corrected: nothing to ask"
