"""A double of the macOS cmux.app socket ("cmux-socket" v2 and its v1 text commands), for tests.

Made from documented facts about releases 0.63.2 (A), 0.64.22 (B) and main of 2026-10 (C): it was never run against the
real app, which exists only on macOS. Where the facts are silent it does the simplest thing they allow. Its terminals
are real PTYs with real programs, so text that is typed really arrives.

    with CmuxApp(tmp_path / "cmux.sock") as app:          # the seed's six surfaces, /bin/sh in each
        ...                                                # a client talks to app.path
        app.faults.swallow_enter = 1
        assert app.typed("surface:5") == b"hello"

On its own: ``python -m tests.fakes.cmux_app --socket PATH --personality 0.64.22 --fault stall=10``; it ends on SIGTERM,
SIGINT and end of input (with ``--until-eof``). Faults: `tests.fakes.cmux_app_faults`.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.fakes.cmux_app_core import Core
from tests.fakes.cmux_app_events import EventBus
from tests.fakes.cmux_app_faults import FaultFile, Faults
from tests.fakes.cmux_app_gate import write_marker
from tests.fakes.cmux_app_hooks import HookSessions
from tests.fakes.cmux_app_personality import Personality
from tests.fakes.cmux_app_personality import personality as find_personality
from tests.fakes.cmux_app_published import Notification, Published
from tests.fakes.cmux_app_server import Server
from tests.fakes.cmux_app_tree import Surface, SurfaceSpec, Workspace, WorkspaceSpec, seed_layout
from tests.fakes.cmux_app_v2_news import add_feed_item
from tests.fakes.cmux_app_wire import Json

__all__ = ["CmuxApp", "Faults", "SurfaceSpec", "WorkspaceSpec", "seed_layout"]


class CmuxApp:
    """A running app. Every method may be called from any thread; a handle is a ref or a UUID of the run that is on."""

    def __init__(
        self,
        path: Path | str | None = None,
        *,
        personality: str = "0.63.2",
        workspaces: Sequence[WorkspaceSpec] | None = None,
        access_mode: str = "cmuxOnly",
        password: str | None = None,
        home: Path | None = None,
        seed: int = 1,
        faults: dict[str, Any] | None = None,
        fault_file: Path | None = None,
        marker: bool = False,
    ) -> None:
        """Make an app that `start` starts.

        *path*: the socket; None: where the release puts it under *home*. *home*: gets ``.cmuxterm`` (events, hook
        sessions) and, with *marker*, the release's ``last-socket-path`` file. *seed* decides UUIDs, key orders and the
        capability token. Raises ValueError for an unknown personality or fault.
        """
        chosen: Personality = find_personality(personality)
        if path is None and home is None:
            raise ValueError("say a socket path or a home")
        self.path = Path(path) if path is not None else chosen.socket_path(home or Path())
        self.home = home
        own = Faults()
        own.set(faults or {})
        self._core = Core(chosen, seed_layout() if workspaces is None else workspaces, own, home, seed)
        self._core.socket_path = str(self.path)
        self._core.access_mode, self._core.password = access_mode, password
        self._core.fault_file = FaultFile(fault_file, own)
        self._core.fault_file.look()
        self._server = Server(self._core, self.path)
        self._marker = chosen.marker(home) if marker and home is not None else None
        self.hooks = HookSessions(self._core)
        """Writes ``~/.cmuxterm/<agent>-hook-sessions.json``."""
        self._state = "new"

    # Life

    def start(self) -> Self:
        """Start programs, then listen. Raises OSError."""
        try:
            self._core.boot()
            self._listen()
        except BaseException:
            self.stop()
            raise
        return self

    def _listen(self) -> None:
        if self._core.access_mode != "off":
            self._server.start()
        if self._marker is not None:
            write_marker(self._marker, str(self.path))
        self._state = "up"

    def stop(self) -> None:
        """End everything: connections, programs, threads; idempotent."""
        if self._state == "stopped":
            return
        self._state = "stopped"
        self._core.stopping.set()
        self._server.stop()
        self._core.shut_down()

    def kill(self) -> None:
        """Crash: connections are cut and the socket file stays, with nobody behind it. `restart` brings it back."""
        self._go_down(leave_socket=True)

    def restart(
        self, *, down: float = 0.0, shuffle: bool = False, keep_programs: bool = False, mint_surface_uuids: bool = False
    ) -> None:
        """Quit and come up again after *down* seconds.

        Surface UUIDs are restored (unless *mint_surface_uuids*, as before 2026-06); workspace, pane and window UUIDs
        and all refs are minted anew, surfaces counted through from 1, or in a random order with *shuffle*: a saved ref
        then means another surface. Programs start again unless *keep_programs*. Events get a new boot id.
        """
        self._go_down()
        if down:
            time.sleep(down)
        flags = {"shuffle": shuffle, "keep_programs": keep_programs, "drop_restored_uuids": mint_surface_uuids}
        self._core.reboot(**flags)
        self._listen()

    def _go_down(self, *, leave_socket: bool = False) -> None:
        self._state = "down"
        self._core.stopping.set()  # a command that hangs is let go
        self._server.stop(leave_socket=leave_socket)
        self._core.stopping.clear()

    def cut_connections(self) -> None:
        """Hang up on every client; the app goes on."""
        self._server.cut_all()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    # What a test looks at

    @property
    def personality(self) -> Personality:
        """The release it is."""
        return self._core.personality

    @property
    def faults(self) -> Faults:
        """The switches; set them at any time."""
        return self._core.faults

    @property
    def events(self) -> EventBus:
        """The event bus; ``app.events.emit(name, payload, surface_id=…)`` publishes."""
        return self._core.events

    @property
    def published(self) -> Published:
        """Pills, progress, log and notifications."""
        return self._core.published

    @property
    def commands(self) -> list[str]:
        """Every v2 method and v1 command carried out so far."""
        return self._core.commands

    @property
    def capability_token(self) -> str:
        """What terminals get as ``CMUX_SOCKET_CAPABILITY`` (B, C)."""
        return self._core.capability_token

    @property
    def connections(self) -> int:
        """Open connections."""
        return self._server.connections

    @property
    def accepted(self) -> int:
        """Connections taken so far."""
        return self._server.accepted

    def surface(self, handle: str) -> Surface:
        """By ref or UUID. Raises KeyError."""
        with self._core.main:
            found = self._core.tree.surface(self._core.tree.resolve("surface", handle))
        if found is None:
            raise KeyError(handle)
        return found

    def workspace(self, handle: str) -> Workspace:
        """By ref or UUID. Raises KeyError."""
        with self._core.main:
            found = self._core.tree.workspace(self._core.tree.resolve("workspace", handle))
        if found is None:
            raise KeyError(handle)
        return found

    def refs(self) -> list[str]:
        """The refs of all surfaces, in tree order."""
        with self._core.main:
            return [self._core.tree.ref(s.uuid) for s in self._core.tree.surfaces()]

    def ref(self, uuid: str) -> str:
        """The ref of a UUID in this run. Raises KeyError."""
        return self._core.tree.ref(uuid)

    def screen(self, handle: str) -> str:
        """The rows on screen; empty while cold."""
        terminal = self.surface(handle).terminal
        return terminal.text(scrollback=False) if terminal else ""

    def typed(self, handle: str) -> bytes:
        """Every byte of the keyboard that arrived at the PTY."""
        terminal = self.surface(handle).terminal
        return bytes(terminal.typed) if terminal else b""

    def pid(self, handle: str) -> int:
        """Process id of the program in a surface; 0 while cold."""
        terminal = self.surface(handle).terminal
        return terminal.pid if terminal else 0

    # What a test does

    def warm(self, handle: str) -> None:
        """Start the program of a cold surface; what was sent meanwhile is pasted."""
        self._core.warm(self.surface(handle))

    def add_surface(self, workspace: str, spec: SurfaceSpec) -> str:
        """Open a surface in a pane of its own; return its ref."""
        with self._core.main:
            made = self._core.add_surface(self._core.tree.new_pane(self.workspace(workspace)), spec)
            return self._core.tree.ref(made.uuid)

    def close_surface(self, handle: str) -> None:
        """Close a surface, as the operator would."""
        self._core.close(self.surface(handle))

    def rename(self, handle: str, title: str) -> None:
        """Give a surface another title."""
        self.surface(handle).title = title

    def resize(self, handle: str, columns: int, rows: int) -> None:
        """Give a surface another size."""
        terminal = self.surface(handle).terminal
        if terminal is not None:
            terminal.resize(columns, rows)

    def type_as_human(self, handle: str, text: str) -> None:
        """Type at the real keyboard: no event, no fault."""
        terminal = self.surface(handle).terminal
        if terminal is not None:
            terminal.type(text.encode())

    def set_input_state(self, handle: str, **said: Any) -> None:
        """Say what ``surface.input_state`` answers; a key of None is left out; nothing: the screen decides again."""
        self.surface(handle).input_state = said

    def set_prompt(self, workspace: str, message: str, at: float | None = None) -> None:
        """B: what ``workspace.list`` gives as the latest submitted message (epoch seconds), with its event."""
        found = self.workspace(workspace)
        when = time.time() if at is None else at
        found.prompt = {"latest_submitted_message": message, "latest_submitted_at": when}
        self._core.events.emit("workspace.prompt.submitted", {"message": message}, workspace_id=found.uuid)

    def notify(self, handle: str, title: str, subtitle: str = "", body: str = "") -> Notification:
        """Let an agent's hook notify."""
        surface = self.surface(handle)
        workspace = self._core.tree.workspace_of(surface)
        assert workspace is not None
        return self._core.notify(workspace, surface, title, subtitle, body)

    def add_feed_item(self, **item: Any) -> Json:
        """B: put an item into the feed; what is not said is made up."""
        return add_feed_item(self._core, item)

    def agent_hook(self, handle: str, name: str, source: str = "claude", **payload: Any) -> Json:
        """Publish ``agent.hook.<name>`` for a surface."""
        surface = self.surface(handle)
        workspace = self._core.tree.workspace_of(surface)
        said = {"hook_event_name": name, "_source": source, "phase": "received", **payload}
        where = {"surface_id": surface.uuid, "workspace_id": workspace.uuid if workspace else None}
        return self.events.emit(f"agent.hook.{name}", said, category="agent", source=source, **where)


if __name__ == "__main__":
    from tests.fakes.cmux_app_main import main

    raise SystemExit(main())
