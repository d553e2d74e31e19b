"""Windows, workspaces, panes and surfaces of the double, and the handles they are known by.

Refs (``surface:5``) are minted on first sight and never used again within a run; a restart mints them anew. UUIDs are
upper case, as macOS writes them.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

from tests.fakes.cmux_app_terminal import Terminal

QUEUE_LIMIT: Final = 1024 * 1024
"""Bytes that wait for a program that has not started; A drops the oldest, B refuses."""


@dataclass(frozen=True, slots=True)
class SurfaceSpec:
    """One surface as a test wants it."""

    title: str = ""
    """Empty: what the program itself says (OSC 2)."""
    argv: Sequence[str] = ("/bin/sh",)
    number: int | None = None
    """Wanted number of its ref in the first run; None: the next one."""
    size: tuple[int, int] = (80, 24)
    """Columns, rows."""
    cold: bool = False
    """Its program has not been started, as in a workspace nobody has looked at since the app came up."""
    type: str = "terminal"
    url: str | None = None
    cwd: str | None = None
    env: Mapping[str, str] = field(default_factory=dict)
    agent: str | None = None
    """``claude`` or ``codex``; None: guessed from *argv*."""
    uuid: str | None = None


@dataclass(frozen=True, slots=True)
class WorkspaceSpec:
    """One workspace; a tuple of surfaces in *surfaces* is one pane with tabs."""

    title: str
    surfaces: Sequence[SurfaceSpec | tuple[SurfaceSpec, ...]]
    description: str | None = None
    pinned: bool = False
    cwd: str = "/"
    color: str | None = None
    window: int = 0
    """Which window, from 0."""


def seed_layout(
    argv: Sequence[str] | Mapping[int, Sequence[str]] = ("/bin/sh",), *, size: tuple[int, int] = (80, 24)
) -> list[WorkspaceSpec]:
    """The operator's six: surfaces 1, 2, 3, 5 in workspace:1, 6 in workspace:2, 7 in workspace:3; surface:4 is gone."""

    def one(number: int, title: str, agent: str) -> SurfaceSpec:
        chosen = argv.get(number, ("/bin/sh",)) if isinstance(argv, Mapping) else argv
        return SurfaceSpec(title, chosen, number, size, agent=agent)

    main = [one(1, "CODEX 1", "codex"), one(2, "CODEX 2", "codex"), one(3, "CLAUDE 2", "claude")]
    return [
        WorkspaceSpec("openclaw", [*main, one(5, "CLAUDE 1", "claude")]),
        WorkspaceSpec("cross-verify", [one(6, "CLAUDE V", "claude")]),
        WorkspaceSpec("codex-verify", [one(7, "CODEX V", "codex")]),
    ]


@dataclass(slots=True, eq=False)
class Surface:
    """A tab of a pane: a terminal, or something else that has no PTY."""

    uuid: str
    spec: SurfaceSpec
    title: str
    terminal: Terminal | None = None
    queue: bytearray = field(default_factory=bytearray)
    """Typed while cold."""
    starting: bool = False
    tty: str | None = None
    input_state: dict[str, Any] = field(default_factory=dict)
    """What a test says about the composer; without it the screen decides."""
    resume: dict[str, Any] | None = None

    @property
    def is_terminal(self) -> bool:
        """Whether text can be typed into it."""
        return self.spec.type == "terminal"

    @property
    def agent(self) -> str | None:
        """``claude``, ``codex`` or None."""
        if self.spec.agent:
            return self.spec.agent
        words = " ".join(self.spec.argv)
        return next((kind for kind in ("claude", "codex") if kind in words), None)

    @property
    def shown_title(self) -> str:
        """Its name in the tab bar."""
        return self.title or (self.terminal.screen.title if self.terminal else "")


@dataclass(slots=True, eq=False)
class Pane:
    """A split with its tabs."""

    uuid: str
    surfaces: list[Surface] = field(default_factory=list)
    selected: str = ""


@dataclass(slots=True, eq=False)
class Workspace:
    """A tab of a window."""

    uuid: str
    title: str
    panes: list[Pane] = field(default_factory=list)
    focused_pane: str = ""
    description: str | None = None
    pinned: bool = False
    cwd: str = "/"
    color: str | None = None
    prompt: dict[str, Any] = field(default_factory=dict)
    """B: the latest submitted message, from the prompt hook."""

    @property
    def surfaces(self) -> list[Surface]:
        """All of its surfaces, in order."""
        return [surface for pane in self.panes for surface in pane.surfaces]

    @property
    def pane(self) -> Pane | None:
        """The focused pane."""
        return next((p for p in self.panes if p.uuid == self.focused_pane), self.panes[0] if self.panes else None)

    @property
    def focused(self) -> Surface | None:
        """The focused surface."""
        pane = self.pane
        if pane is None:
            return None
        return next((s for s in pane.surfaces if s.uuid == pane.selected), None)

    def pane_of(self, surface: Surface) -> Pane:
        """The pane that holds *surface*."""
        return next(pane for pane in self.panes if surface in pane.surfaces)


@dataclass(slots=True, eq=False)
class Window:
    """A window of the app."""

    uuid: str
    workspaces: list[Workspace] = field(default_factory=list)
    selected: str = ""
    previous: str = ""
    """The workspace that was selected before."""

    @property
    def workspace(self) -> Workspace | None:
        """The selected workspace."""
        chosen = (w for w in self.workspaces if w.uuid == self.selected)
        return next(chosen, self.workspaces[0] if self.workspaces else None)


class Tree:
    """Everything that has a handle."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self.windows: list[Window] = []
        self.focused_window = ""
        self._refs: dict[str, str] = {}
        self._uuids: dict[str, str] = {}
        self._next: dict[str, int] = {}

    def build(self, layout: Sequence[WorkspaceSpec]) -> None:
        """Make the first tree of a run."""
        for number in range(max((spec.window for spec in layout), default=0) + 1):
            window = Window(self.new_uuid())
            self.windows.append(window)
            self.mint("window", window.uuid)
            for spec in layout:
                if spec.window == number:
                    self._workspace(window, spec)
        self.focused_window = self.windows[0].uuid

    def _workspace(self, window: Window, spec: WorkspaceSpec) -> None:
        plain = (spec.description, spec.pinned, spec.cwd, spec.color)
        workspace = Workspace(self.new_uuid(), spec.title, [], "", *plain)
        window.workspaces.append(workspace)
        window.selected = window.selected or workspace.uuid
        self.mint("workspace", workspace.uuid)
        for entry in spec.surfaces:
            pane = self.new_pane(workspace)
            for one in entry if isinstance(entry, tuple) else (entry,):
                self.new_surface(pane, one)
        workspace.focused_pane = workspace.panes[0].uuid if workspace.panes else ""

    def new_uuid(self) -> str:
        """A UUID of this run's seed."""
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4)).upper()

    def new_workspace(self, window: Window, title: str, cwd: str = "/") -> Workspace:
        """Add an empty workspace at the end."""
        workspace = Workspace(self.new_uuid(), title, cwd=cwd)
        window.workspaces.append(workspace)
        window.selected = window.selected or workspace.uuid
        self.mint("workspace", workspace.uuid)
        return workspace

    def new_pane(self, workspace: Workspace) -> Pane:
        """Add an empty pane at the end."""
        pane = Pane(self.new_uuid())
        workspace.panes.append(pane)
        workspace.focused_pane = workspace.focused_pane or pane.uuid
        self.mint("pane", pane.uuid)
        return pane

    def new_surface(self, pane: Pane, spec: SurfaceSpec) -> Surface:
        """Add a surface at the end of *pane*; the caller starts its program."""
        surface = Surface(spec.uuid or self.new_uuid(), spec, spec.title)
        pane.surfaces.append(surface)
        pane.selected = pane.selected or surface.uuid
        self.mint("surface", surface.uuid, spec.number)
        return surface

    def remove(self, surface: Surface) -> tuple[Workspace, bool]:
        """Take *surface* out, and its pane when that is empty. Return its workspace, and whether that is gone too."""
        workspace = self.workspace_of(surface)
        assert workspace is not None
        pane = workspace.pane_of(surface)
        at = pane.surfaces.index(surface)
        pane.surfaces.remove(surface)
        if pane.selected == surface.uuid:
            pane.selected = pane.surfaces[max(0, at - 1)].uuid if pane.surfaces else ""
        if not pane.surfaces:
            workspace.panes.remove(pane)
            if workspace.focused_pane == pane.uuid:
                workspace.focused_pane = workspace.panes[0].uuid if workspace.panes else ""
        if workspace.panes:
            return workspace, False
        self.remove_workspace(workspace)
        return workspace, True

    def remove_workspace(self, workspace: Workspace) -> None:
        """Take a workspace out; its window stays."""
        window = self.window_of(workspace)
        window.workspaces.remove(workspace)
        if window.selected == workspace.uuid:
            window.selected = window.workspaces[0].uuid if window.workspaces else ""

    def mint(self, kind: str, uuid_: str, number: int | None = None) -> str:
        """The ref of *uuid_*, made now if it has none."""
        if uuid_ not in self._refs:
            number = number or self._next.get(kind, 1)
            self._next[kind] = max(self._next.get(kind, 1), number + 1)
            ref = f"{kind}:{number}"
            assert ref not in self._uuids, f"{ref} is taken"
            self._refs[uuid_], self._uuids[ref] = ref, uuid_
        return self._refs[uuid_]

    def ref(self, uuid_: str) -> str:
        """The ref of what is there."""
        return self._refs[uuid_]

    def resolve(self, kind: str, handle: object) -> str | None:
        """The UUID that *handle* (a ref of *kind*, or a UUID) means; None when it means nothing. It may be closed."""
        if not isinstance(handle, str):
            return None
        handle = handle.strip()
        if kind == "surface" and handle.lower().startswith("tab:"):
            handle = "surface:" + handle[4:]
        known = self._uuids.get(handle.lower())
        if known is not None:
            return known if handle.lower().startswith(f"{kind}:") else None
        try:
            return str(uuid.UUID(handle)).upper() if len(handle) == 36 else None
        except ValueError:
            return None

    def forget_refs(self) -> None:
        """A new run: no ref is known any more, and workspaces, panes and windows get new UUIDs."""
        self._refs.clear()
        self._uuids.clear()
        self._next.clear()
        for window in self.windows:
            selected, focused = window.workspace, self.focused_window == window.uuid
            window.uuid = self.new_uuid()
            if focused:
                self.focused_window = window.uuid
            for workspace in window.workspaces:
                pane = workspace.pane
                workspace.uuid = self.new_uuid()
                for one in workspace.panes:
                    one.uuid = self.new_uuid()
                workspace.focused_pane = pane.uuid if pane else ""
            window.selected = selected.uuid if selected else ""

    def mint_all(self, order: Random | None = None) -> None:
        """Give everything a ref; with *order* the surfaces in a shuffled order."""
        for window in self.windows:
            self.mint("window", window.uuid)
            for workspace in window.workspaces:
                self.mint("workspace", workspace.uuid)
                for pane in workspace.panes:
                    self.mint("pane", pane.uuid)
        surfaces = list(self.surfaces())
        if order is not None:
            order.shuffle(surfaces)
        for surface in surfaces:
            self.mint("surface", surface.uuid)

    def workspaces(self) -> Iterator[Workspace]:
        """Every workspace of every window."""
        for window in self.windows:
            yield from window.workspaces

    def surfaces(self) -> Iterator[Surface]:
        """Every surface."""
        for workspace in self.workspaces():
            yield from workspace.surfaces

    def surface(self, uuid_: str | None) -> Surface | None:
        """By UUID."""
        return next((s for s in self.surfaces() if s.uuid == uuid_), None)

    def workspace(self, uuid_: str | None) -> Workspace | None:
        """By UUID."""
        return next((w for w in self.workspaces() if w.uuid == uuid_), None)

    def window(self, uuid_: str | None) -> Window | None:
        """By UUID."""
        return next((w for w in self.windows if w.uuid == uuid_), None)

    def workspace_of(self, surface: Surface) -> Workspace | None:
        """The workspace that holds *surface*."""
        return next((w for w in self.workspaces() if surface in w.surfaces), None)

    def window_of(self, workspace: Workspace) -> Window:
        """The window that holds *workspace*."""
        return next(w for w in self.windows if workspace in w.workspaces)

    @property
    def front(self) -> Window:
        """The focused window."""
        return self.window(self.focused_window) or self.windows[0]
