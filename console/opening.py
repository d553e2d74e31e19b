"""What to watch: a multiplexer that was named, one that is running and has agents in it, else the demo fleet."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from console.config import Config
from console.engine import Engine
from console.i18n import tr
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


async def open_demo(config: Config, backend: str = "auto", note: str = "") -> Opened:
    """Start the demo fleet and an engine over it; the operator's theme and keys stay."""
    from console.demo.fleet import DemoFleet
    from console.demo.watched import over

    fleet = await DemoFleet.start(backend=backend)
    mux: Multiplexer
    if fleet.tmux_socket:
        mux = Tmux(fleet.tmux_socket)
    else:
        from console.mux.cmux_tui import CmuxTui

        mux = CmuxTui(fleet.cmux_socket)
    state = fleet.log_path.parent / "state"  # goes with the demo
    return Opened(
        Engine(over(config, fleet, state), mux, specs=fleet.specs, state=state), note or tr("demo fleet"), fleet
    )


def direct(config: Config, env: Mapping[str, str]) -> Multiplexer | None:
    """The server that is named beyond doubt; None when it has to be looked for."""
    mux = config.mux
    if mux.backend == "tmux" or (mux.tmux_socket and not mux.cmux_socket):
        return Tmux(mux.tmux_socket, env)
    if mux.backend == "cmux-tui" and mux.cmux_socket:
        return _made(config, env, "cmux-tui", mux.cmux_socket)
    if mux.backend == "cmux-app" and mux.cmux_socket:
        return _made(config, env, "cmux-app", mux.cmux_socket)
    return None


@dataclass(frozen=True, slots=True)
class Choice:
    """What there is to watch."""

    mux: Multiplexer | None
    why: str = ""
    """Why there is nothing."""
    aside: str = ""
    """What the operator should know of the choice: cmux is there, and refuses the console."""


async def choose(config: Config, env: Mapping[str, str]) -> Choice:
    """The server to watch: named, or the first that answers; see `console.mux.discover`."""
    mux = direct(config, env)
    if mux is not None:
        return Choice(mux)
    if config.mux.backend == "auto" and not config.mux.cmux_socket and not _cmux_named(env) and env.get("TMUX"):
        mux = Tmux("", env)  # inside tmux, and nothing speaks of cmux: nothing to ask
        if answers(mux.path):
            return Choice(mux)
    from console.mux.discover import discover, problem

    discovery = await discover(config.mux, env)
    found = discovery.chosen
    denied = any(each.verdict == "denied" for each in discovery.candidates if each is not found)
    aside = tr("cmux refuses the console: oc-console doctor") if denied else ""
    if found is None:
        return Choice(None, problem(discovery), aside)
    return Choice(_made(config, env, found.kind, found.path), "", aside)


def seek(config: Config, env: Mapping[str, str], why: str) -> Multiplexer:
    """A stand-in that says *why* there is nothing and goes on looking."""
    from console.mux.sought import Sought

    async def find() -> tuple[Multiplexer | None, str]:
        choice = await choose(config, env)
        return choice.mux, choice.why

    return Sought(find, why)


def _cmux_named(env: Mapping[str, str]) -> bool:
    return any(env.get(name) for name in ("CMUX_SOCKET_PATH", "CMUX_SOCKET", "CMUX_TUI_SOCKET", "CMUX_MUX_SOCKET"))


def _made(config: Config, env: Mapping[str, str], kind: str, path: str) -> Multiplexer:
    """The back end of *kind* over *path*."""
    if kind == "cmux-app":
        from console.mux.cmux_socket import CmuxSocket

        return CmuxSocket(path, password=config.mux.cmux_password, env=env)
    if kind == "cmux-cli":
        from console.mux.cmux_cli import CmuxCli

        return CmuxCli(path, config.mux.cmux_socket, env)
    if kind == "cmux-tui":
        from console.mux.cmux_tui import CmuxTui

        return CmuxTui(path)
    return Tmux(path, env)


async def open_fleet(config: Config, env: Mapping[str, str] | None = None) -> Opened:
    """What `oc-console` without a sub-command watches."""
    env = os.environ if env is None else env
    named = config.mux.backend != "auto" or bool(config.mux.tmux_socket or config.mux.cmux_socket)
    choice = await choose(config, env)
    mux = choice.mux
    if mux is None and not (named or config.surfaces):
        return await open_demo(
            config, note=tr("demo fleet: {aside}", aside=choice.aside or tr("no terminal server runs here"))
        )
    if mux is None:
        mux = seek(config, env, choice.why)  # the operator has a fleet: a demo would hide that it is away
    elif not (named or config.surfaces or await _has_agents(Engine(config, mux))):
        source = mux.source
        await mux.close()
        return await open_demo(
            config, note=tr("demo fleet: {aside}", aside=choice.aside or tr("no agents in {source}", source=source))
        )
    engine = Engine(config, mux, witness=True, state=state_folder(), rules=rules_folder())
    return Opened(engine, choice.aside if choice.mux is not None else "")


def state_folder() -> Path:
    """Where the console keeps what outlives it."""
    from platformdirs import user_state_path

    return user_state_path("oc-console")


def rules_folder() -> Path:
    """Where rule files of the operator's own are looked for."""
    from platformdirs import user_config_path

    return user_config_path("oc-console") / "agents"


async def _has_agents(engine: Engine) -> bool:
    """Read every surface once and look; a server that answers with an error is worth watching too."""
    snapshot = await engine.peek()
    return bool(snapshot.mux.error) or any(surface.agent for surface in snapshot.surfaces)
