"""What `oc-console` without a sub-command watches."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from console import opening
from console.config import Config, MuxConfig, SurfaceConfig
from console.engine import Engine
from console.mux.cmux_socket import CmuxSocket
from console.mux.cmux_tui import CmuxTui
from console.mux.tmux import Tmux
from console.opening import Opened, open_fleet
from tests.eventually import eventually
from tests.fakes.mux import FakeMux
from tests.mux.app_ground import doubles
from tests.tmux_server import TmuxServer, agent

DEMO = "a demo"


@pytest.fixture(autouse=True)
def demos(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The demo is not started; the notes it would have got."""
    notes: list[str] = []

    async def open_demo(config: Config, backend: str = "auto", note: str = DEMO) -> Opened:
        notes.append(note)
        return Opened(Engine(config, FakeMux()), note)

    monkeypatch.setattr(opening, "open_demo", open_demo)
    return notes


def env(tmux: TmuxServer, **more: str) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "TMUX_TMPDIR": str(tmux.folder), **more}


async def watched(opened: Opened) -> Path:
    """The socket that is watched; everything is let go."""
    await opened.close()
    assert isinstance(opened.engine.mux, Tmux)
    return opened.engine.mux.path


@pytest.fixture
async def with_agent(tmux: TmuxServer) -> AsyncIterator[TmuxServer]:
    """A server with an agent at work and a pane that is none."""
    tmux.new()
    pane = tmux.new(agent("claude", "--start", "done"), width=100, height=30)
    await eventually(lambda: "❯" in tmux.screen(pane))
    yield tmux


@pytest.mark.tmux
async def test_the_server_it_runs_in_is_watched_when_agents_are_there(with_agent: TmuxServer, demos: list[str]) -> None:
    other = with_agent.folder / "other"
    other.mkdir()
    inside = {"PATH": os.environ["PATH"], "TMUX": f"{with_agent.socket},1,0", "TMUX_TMPDIR": str(other)}
    opened = await open_fleet(Config(), inside)
    assert await watched(opened) == with_agent.socket
    assert (opened.note, opened.fleet, demos) == ("", None, [])


@pytest.mark.tmux
async def test_the_default_server_is_watched_when_agents_are_there(with_agent: TmuxServer, demos: list[str]) -> None:
    assert await watched(await open_fleet(Config(), env(with_agent))) == with_agent.socket
    assert demos == []


@pytest.mark.tmux
async def test_a_server_that_was_looked_into_can_be_watched(with_agent: TmuxServer) -> None:
    opened = await open_fleet(Config(), env(with_agent))
    task = asyncio.create_task(opened.engine.run())
    await eventually(lambda: len(opened.engine.snapshot.surfaces) == 2)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await opened.close()
    assert with_agent.clients() == []


@pytest.mark.tmux
async def test_a_server_without_agents_gives_the_demo_and_says_why(tmux: TmuxServer, demos: list[str]) -> None:
    tmux.new()
    opened = await open_fleet(Config(), env(tmux))
    assert demos == [f"demo fleet: no agents in {tmux.run('-V')} {tmux.socket}"] and opened.note == demos[0]
    assert tmux.clients() == [] and tmux.alive()


@pytest.mark.tmux
async def test_surfaces_that_are_configured_are_watched_without_agents(tmux: TmuxServer, demos: list[str]) -> None:
    tmux.new()
    opened = await open_fleet(Config(surfaces=(SurfaceConfig("%0"),)), env(tmux))
    assert await watched(opened) == tmux.socket and demos == []


@pytest.mark.tmux
@pytest.mark.parametrize("chosen", ["path", "name", "backend"])
async def test_a_server_that_is_named_is_always_taken(tmux: TmuxServer, demos: list[str], chosen: str) -> None:
    tmux.new()
    named = {"path": str(tmux.socket), "name": tmux.name, "backend": ""}[chosen]
    config = Config(mux=MuxConfig(tmux_socket=named, backend="tmux" if chosen == "backend" else "auto"))
    assert await watched(await open_fleet(config, env(tmux))) == tmux.socket
    tmux.kill()
    assert await watched(await open_fleet(config, env(tmux))) == tmux.socket, "also when it does not run"
    assert demos == []


async def test_without_any_server_there_is_the_demo(demos: list[str], tmp_path: Path) -> None:
    await open_fleet(Config(), {"PATH": os.environ["PATH"], "TMUX_TMPDIR": str(tmp_path)})
    await open_fleet(Config())  # the environment of the tests names a folder without servers
    assert demos == ["demo fleet: no terminal server runs here"] * 2


async def test_a_cmux_daemon_is_taken_when_it_is_named_or_nothing_else_runs(tmp_path: Path) -> None:
    outside = {"PATH": "", "TMUX_TMPDIR": str(tmp_path), "CMUX_TUI_SOCKET": "/run/cmux.sock"}
    for config in (Config(mux=MuxConfig(backend="cmux")), Config(mux=MuxConfig(cmux_socket="/run/other.sock"))):
        opened = await open_fleet(config, outside)
        assert isinstance(opened.engine.mux, CmuxTui)
        await opened.close()
        assert isinstance(opened.engine.mux, CmuxTui)


@pytest.mark.parametrize(("backend", "kind"), [("cmux-app", CmuxSocket), ("cmux-tui", CmuxTui), ("tmux", Tmux)])
async def test_a_back_end_that_is_named_is_not_asked_for(backend: Any, kind: type[object]) -> None:
    config = Config(mux=MuxConfig(backend=backend, cmux_socket="/run/x.sock"))
    mux = (await opening.choose(config, {"PATH": ""})).mux
    assert mux is not None and isinstance(mux, kind)
    await mux.close()


async def shown(opened: Opened) -> str:
    """What the first reading says is wrong."""
    task = asyncio.create_task(opened.engine.run())
    await eventually(lambda: bool(opened.engine.snapshot.mux.error))
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await opened.close()
    return opened.engine.snapshot.mux.error


async def test_a_named_socket_that_is_none_is_said_and_not_hidden_behind_a_demo(
    demos: list[str], tmp_path: Path
) -> None:
    plain = tmp_path / "cmux.sock"
    plain.touch()
    opened = await open_fleet(Config(mux=MuxConfig(backend="cmux", cmux_socket=str(plain))), {"PATH": ""})
    assert "is not a Unix socket" in await shown(opened) and demos == []


async def test_a_configured_fleet_that_is_away_is_looked_for(demos: list[str], tmp_path: Path) -> None:
    outside = {"PATH": "", "TMUX_TMPDIR": str(tmp_path)}
    opened = await open_fleet(Config(surfaces=(SurfaceConfig("surface:1"),)), outside)
    assert "no tmux and no cmux server answers" in await shown(opened) and demos == []


@pytest.mark.tmux
async def test_a_cmux_that_refuses_is_mentioned_beside_the_tmux_that_is_watched(
    tmux: TmuxServer, demos: list[str], tmp_path: Path
) -> None:
    tmux.new()
    config = Config(surfaces=(SurfaceConfig("surface:1"),))
    with doubles(tmp_path) as make:
        app = make("B", faults={"denied": "yes"})
        inside = {"PATH": "", "TMUX": f"{tmux.socket},1,0", "CMUX_SOCKET_PATH": str(app.path)}
        opened = await open_fleet(config, inside)
        assert await watched(opened) == tmux.socket
        assert opened.note == "cmux refuses the console: oc-console doctor"
        outside = {"PATH": "", "TMUX_TMPDIR": str(tmp_path), "CMUX_SOCKET_PATH": str(app.path)}
        without = await open_fleet(config, outside)
        said = await shown(without)
    assert "Access denied" in said or "ERROR" in said, said
    assert "Socket Control Mode" in said and demos == []
