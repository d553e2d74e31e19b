"""The state of the double and what changes it; both protocols stand on this."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any

from tests.fakes.cmux_app_events import EventBus
from tests.fakes.cmux_app_faults import FaultFile, Faults
from tests.fakes.cmux_app_keys import ENTERS, key_bytes
from tests.fakes.cmux_app_personality import Personality
from tests.fakes.cmux_app_published import Notification, Published
from tests.fakes.cmux_app_terminal import Terminal, Terminals
from tests.fakes.cmux_app_tree import QUEUE_LIMIT, Pane, Surface, SurfaceSpec, Tree, Workspace, WorkspaceSpec
from tests.fakes.cmux_app_wire import Json, MethodError

COLD_START = 0.3
"""Seconds B takes to start the program of a cold surface after the first send (#3876)."""


class Core:
    """One running app without its socket. `main` is the app's main thread: whoever holds it, holds everyone up."""

    def __init__(
        self, personality: Personality, layout: Sequence[WorkspaceSpec], faults: Faults, home: Path | None, seed: int
    ) -> None:
        self.personality = personality
        self.faults = faults
        self.fault_file = FaultFile(None, faults)
        self.home = home
        self.random = Random(seed)
        self.order = Random(seed + 1)
        """Decides the order of keys."""
        self.main = threading.RLock()
        self.stopping = threading.Event()
        self.socket_path = ""
        self.access_mode = "cmuxOnly"
        self.password: str | None = None
        self.capability_token = f"v1.{self.random.getrandbits(64):016x}.{self.random.getrandbits(128):032x}"
        self.tree = Tree(self.random)
        self.published = Published()
        self.events = EventBus(home if personality.modern else None)
        self.feed: list[Json] = []
        self.messages: list[Json] = []
        self.commands: list[str] = []
        """Every v2 method and v1 command that was carried out, in order."""
        self._layout = layout
        self._timers: list[threading.Timer] = []
        self.terminals = Terminals(self._program_ended)

    def boot(self) -> None:
        """Build the tree and start the programs."""
        with self.main:
            self.tree.build(self._layout)
            for surface in self.tree.surfaces():
                if not surface.spec.cold:
                    self.warm(surface)

    def shut_down(self) -> None:
        """End programs, threads and streams."""
        self.stopping.set()
        with self.events.changed:
            self.events.changed.notify_all()
        self._cancel_timers()
        self.terminals.stop()

    def _cancel_timers(self) -> None:
        for timer in self._timers:
            timer.cancel()
        for timer in self._timers:
            if timer is not threading.current_thread():
                timer.join()
        self._timers.clear()

    def reboot(self, *, shuffle: bool, keep_programs: bool, drop_restored_uuids: bool) -> None:
        """What a restart does to handles and programs; the socket is down meanwhile."""
        self._cancel_timers()
        with self.main:
            surfaces = list(self.tree.surfaces())
            kept = [s for s in surfaces if s.terminal is not None]
            if not keep_programs:
                running = [s.terminal for s in kept if s.terminal is not None]
                for surface in kept:
                    surface.terminal, surface.tty = None, None
                self.terminals.end(*running)
            for surface in surfaces:
                surface.queue.clear()
                surface.starting = False
                if drop_restored_uuids:
                    old, surface.uuid = surface.uuid, self.tree.new_uuid()
                    for pane in (p for w in self.tree.workspaces() for p in w.panes if p.selected == old):
                        pane.selected = surface.uuid
            self.tree.forget_refs()
            self.tree.mint_all(self.random if shuffle else None)
            self.published = Published()
            self.events.reboot()
            for surface in kept:
                if surface.terminal is None:
                    self.warm(surface)

    # Surfaces

    def warm(self, surface: Surface) -> None:
        """Start the program of a surface that has none; what was typed meanwhile is pasted."""
        with self.main:
            if surface.terminal is not None or not surface.is_terminal or self.stopping.is_set():
                return
            workspace = self.tree.workspace_of(surface)
            if workspace is None:
                return
            socket = {"CMUX_SOCKET_PATH": self.socket_path, "CMUX_SOCKET": self.socket_path}
            env = {"CMUX_SURFACE_ID": surface.uuid, "CMUX_WORKSPACE_ID": workspace.uuid, **socket}
            if self.personality.modern:
                env["CMUX_SOCKET_CAPABILITY"] = self.capability_token
            spec = surface.spec
            surface.terminal = self.terminals.start(spec.argv, spec.size, {**env, **spec.env}, spec.cwd)
            surface.tty = surface.terminal.tty.removeprefix("/dev/")
            surface.starting = False
            if surface.queue:
                text = surface.queue.decode("utf-8", "replace")
                surface.queue.clear()
                self.paste(surface, text)

    def _warm_later(self, surface: Surface) -> None:
        after = self.faults.cold_start
        if after is None:
            after = COLD_START if self.personality.modern else -1
        if after < 0 or surface.starting:
            return
        surface.starting = True
        timer = threading.Timer(after, self.warm, (surface,))
        timer.daemon = True
        self._timers.append(timer)
        timer.start()

    def add_surface(self, pane: Pane, spec: SurfaceSpec) -> Surface:
        """Open a surface and start its program."""
        with self.main:
            surface = self.tree.new_surface(pane, spec)
            if not spec.cold:
                self.warm(surface)
            self.emit("surface.created", surface)
            return surface

    def close(self, surface: Surface) -> None:
        """Close a surface; its program is hung up."""
        with self.main:
            where = self.where(surface)
            workspace, empty = self.tree.remove(surface)
            terminal, surface.terminal = surface.terminal, None
            self.events.emit("surface.closed", where, surface_id=surface.uuid, workspace_id=workspace.uuid)
            if empty:
                self.events.emit("workspace.closed", {}, workspace_id=workspace.uuid)
        if terminal is not None:
            self.terminals.end(terminal)

    def _program_ended(self, terminal: Terminal) -> None:
        with self.main:
            if self.stopping.is_set():
                return
            surface = next((s for s in self.tree.surfaces() if s.terminal is terminal), None)
            if surface is not None:
                surface.terminal = None
                self.close(surface)

    def select(self, workspace: Workspace) -> None:
        """Bring a workspace to the front of its window; its cold surfaces start."""
        with self.main:
            window = self.tree.window_of(workspace)
            before = window.selected
            if before != workspace.uuid:
                window.previous = before
            window.selected = workspace.uuid
            index = window.workspaces.index(workspace)
            payload = {"previous_workspace_id": before, "index": index, "tab_count": len(window.workspaces)}
            self.events.emit("workspace.selected", payload, workspace_id=workspace.uuid, window_id=window.uuid)
            for surface in workspace.surfaces:
                self.warm(surface)

    def focus(self, surface: Surface) -> None:
        """Give a surface the keyboard."""
        with self.main:
            workspace = self.tree.workspace_of(surface)
            if workspace is None:
                return
            pane = workspace.pane_of(surface)
            pane.selected, workspace.focused_pane = surface.uuid, pane.uuid
            self.select(workspace)
            self.tree.focused_window = self.tree.window_of(workspace).uuid
            self.emit("surface.focused", surface)

    def where(self, surface: Surface) -> Json:
        """The UUIDs around a surface, for an event's payload."""
        workspace = self.tree.workspace_of(surface)
        return {"kind": surface.spec.type, "pane_id": workspace.pane_of(surface).uuid if workspace else None}

    def emit(self, name: str, surface: Surface, payload: Json | None = None) -> None:
        """Publish an event about a surface."""
        workspace = self.tree.workspace_of(surface)
        window = self.tree.window_of(workspace) if workspace else None
        self.events.emit(
            name,
            self.where(surface) | (payload or {}),
            surface_id=surface.uuid,
            workspace_id=workspace.uuid if workspace else None,
            window_id=window.uuid if window else None,
            pane_id=workspace.pane_of(surface).uuid if workspace else None,
        )

    # The keyboard

    def type_text(self, surface: Surface, text: str) -> bool:
        """``surface.send_text``: keystrokes, never a bracketed paste. Return whether it waits for the program."""
        faults = self.faults
        self.emit("surface.input_sent", surface, {"text_length": len(text)})
        if faults.spend("lost_sends"):
            return False
        if surface.terminal is None:
            self._enqueue(surface, text)
            return True
        if faults.freeze_over and len(text) > faults.freeze_over:
            surface.terminal.frozen = True
        if faults.paste_path_bytes and len(text.encode()) >= faults.paste_path_bytes:
            self.paste(surface, text, strip_return=False)
            return False
        text = self._swallow(text)
        if self.personality.modern:
            surface.terminal.type(text.replace("\n", "\r").encode(), faults.delayed_sends)
            return False
        for part in keystrokes(text):
            surface.terminal.type(part.encode(), faults.delayed_sends)
        return False

    def _swallow(self, text: str) -> str:
        kept = [char for char in text if char not in "\r\n" or not self.faults.spend("swallow_enter")]
        return "".join(kept)

    def _enqueue(self, surface: Surface, text: str) -> None:
        data = text.encode()
        full = len(surface.queue) + len(data) > QUEUE_LIMIT or self.faults.spend("input_queue_full")
        if full and self.personality.modern:
            raise MethodError("input_queue_full", "Terminal input queue is full", {"surface_id": surface.uuid})
        surface.queue += data
        del surface.queue[:-QUEUE_LIMIT]
        self._warm_later(surface)

    def paste(self, surface: Surface, text: str, *, strip_return: bool = True) -> None:
        """A real paste: bracketed when the program asked for it (DECSET 2004), else newlines become returns."""
        if surface.terminal is None:
            self._enqueue(surface, text)
            return
        text = text.replace("\x1b", " ")
        screen = surface.terminal.screen
        data = f"\x1b[200~{text}\x1b[201~" if screen.bracketed_paste else text.replace("\n", "\r")
        surface.terminal.type(data.encode(), self.faults.delayed_sends)

    def press(self, surface: Surface, key: str) -> bool:
        """``surface.send_key``. Return whether it waits. Raises `MethodError` for an unknown key."""
        terminal = surface.terminal
        application = terminal.screen.application_cursor if terminal else False
        data = key_bytes(key, application_cursor=application)
        if data is None:
            raise MethodError("invalid_params", "Unknown key", {"key": key})
        self.emit("surface.key_sent", surface, {"key": key})
        if key.lower() in ENTERS and self.faults.spend("swallow_enter"):
            return False
        if terminal is None:
            self._enqueue(surface, data.decode())
            return True
        terminal.type(data, self.faults.delayed_sends)
        return False

    # Notifications

    def notify(
        self, workspace: Workspace, surface: Surface | None, title: str, subtitle: str, body: str
    ) -> Notification:
        """Put a notification on top."""
        with self.main:
            made = Notification(
                self.tree.new_uuid(), workspace.uuid, surface.uuid if surface else None, title, subtitle, body
            )
            self.published.notifications.insert(0, made)
            payload = {"notification_id": made.id, "title": title, "subtitle": subtitle, "body": body}
            self.events.emit(
                "notification.created",
                {**payload, "delivery": "store"},
                workspace_id=made.workspace_id,
                surface_id=made.surface_id,
            )
            return made

    @contextlib.contextmanager
    def on_main(self, command: str) -> Iterator[None]:
        """Do something on the main thread, which may be starved (`Faults.stall`)."""
        with self.main:
            self.commands.append(command)
            faults = self.faults
            stalls = faults.stall > 0 and (not faults.stall_methods or command in faults.stall_methods)
            if stalls and faults.spend("stall_count"):
                self.stopping.wait(faults.stall)
            yield

    def missing(self, method: str) -> bool:
        """Whether a fault takes *method* away."""
        return method in self.faults.missing

    def methods(self) -> list[str]:
        """What ``system.capabilities`` lists."""
        return sorted(m for m in self.personality.methods if not self.missing(m))


def keystrokes(text: str) -> Iterator[str]:
    """A's typing: runs of text, and each control character a key of its own; a newline is Return."""
    run: list[str] = []
    for char in text:
        if char in "\r\n\t\x1b\x7f":
            if run:
                yield "".join(run)
                run = []
            yield "\r" if char == "\n" else char
        else:
            run.append(char)
    if run:
        yield "".join(run)


def integer(value: Any) -> int | None:
    """*value* when it is a whole number, as Foundation reads one."""
    if isinstance(value, bool):
        return None
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, int) else None
