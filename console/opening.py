"""What to watch: a multiplexer that was named, one that is running and has agents in it, else the demo fleet."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from console.config import CollectorConfig, Config, LogConfig
from console.engine import Engine
from console.mux.base import Multiplexer
from console.mux.tmux import Tmux, answers

if TYPE_CHECKING:
    from console.demo.fleet import DemoFleet


@dataclass(slots=True)
class Opened:
    """A running choice. `close` gives everything back."""

    engine: Engine
    note: str = ""
    """For the header: ``demo fleet``; empty for the operator's own."""
    fleet: DemoFleet | None = None

    async def close(self) -> None:
        """End the engine's multiplexer and the demo fleet, when there is one."""
        await self.engine.close()
        if self.fleet is not None:
            await self.fleet.stop()

    def kill(self) -> None:
        """The same without waiting, for the last moment of a process."""
        if self.fleet is not None:
            self.fleet.kill()


Opener = Callable[[], Awaitable[Opened]]


async def open_demo(config: Config, backend: str = "auto", note: str = "demo fleet") -> Opened:
    """Start the demo fleet and an engine over it; the operator's theme and keys stay."""
    from console.demo.fleet import DemoFleet

    fleet = await DemoFleet.start(backend=backend)
    mux: Multiplexer
    if fleet.tmux_socket:
        mux = Tmux(fleet.tmux_socket)
    else:
        from console.mux.cmux_tui import CmuxTui

        mux = CmuxTui(fleet.cmux_socket)
    config = replace(
        config,
        surfaces=(),
        services=(),
        log=LogConfig(str(fleet.log_path)),
        collector=CollectorConfig(fleet.health_url, 2.0),
    )
    return Opened(Engine(config, mux, specs=fleet.specs), note, fleet)


def named(config: Config, env: Mapping[str, str]) -> Multiplexer | None:
    """The multiplexer the configuration or the command line names; None when the choice is ours."""
    if config.mux.cmux_socket or config.mux.backend == "cmux":
        from console.mux.cmux_tui import CmuxTui

        return CmuxTui(config.mux.cmux_socket or env.get("CMUX_TUI_SOCKET", ""))
    if config.mux.tmux_socket or config.mux.backend == "tmux":
        return Tmux(config.mux.tmux_socket, env)
    return None


def running(env: Mapping[str, str]) -> Multiplexer | None:
    """A multiplexer that runs now: tmux (``$TMUX``, else the default socket), else the cmux daemon of the env."""
    tmux = Tmux("", env)
    if answers(tmux.path):
        return tmux
    if env.get("CMUX_TUI_SOCKET"):
        from console.mux.cmux_tui import CmuxTui

        return CmuxTui(env["CMUX_TUI_SOCKET"])
    return None


async def open_fleet(config: Config, env: Mapping[str, str] | None = None) -> Opened:
    """What `oc-console` without a sub-command watches."""
    env = os.environ if env is None else env
    mux = named(config, env)
    if mux is not None:
        return Opened(Engine(config, mux))
    mux = running(env)
    if mux is None:
        return await open_demo(config, note="demo fleet: no terminal server runs here")
    engine = Engine(config, mux)
    if config.surfaces or await _has_agents(engine):
        return Opened(Engine(config, mux))
    source = mux.source
    await mux.close()
    return await open_demo(config, note=f"demo fleet: no agents in {source}")


async def _has_agents(engine: Engine) -> bool:
    """Read every surface once and look."""
    snapshot = await engine.peek()
    return any(surface.agent for surface in snapshot.surfaces)
