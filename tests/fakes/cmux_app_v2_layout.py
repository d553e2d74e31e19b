"""The v2 methods that make, move and close windows, workspaces, panes and surfaces."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol

from tests.fakes import cmux_app_shapes as shapes
from tests.fakes import cmux_app_target as target
from tests.fakes.cmux_app_core import Core, integer
from tests.fakes.cmux_app_tree import Pane, Surface, SurfaceSpec, Window, Workspace
from tests.fakes.cmux_app_wire import Json, MethodError


class _Named(Protocol):
    uuid: str


def named_workspace(core: Core, params: Json) -> Workspace:
    """The workspace that must be named. Raises `MethodError`."""
    uuid = core.tree.resolve("workspace", params.get("workspace_id"))
    if uuid is None:
        raise MethodError("invalid_params", "Missing or invalid workspace_id")
    found = core.tree.workspace(uuid)
    if found is None:
        raise MethodError("not_found", "Workspace not found", {"workspace_id": uuid})
    return found


def named_pane(core: Core, params: Json, key: str = "pane_id") -> tuple[Workspace, Pane]:
    """The pane of *params*; without one (and *key* ``pane_id``) the focused one. Raises `MethodError`."""
    given = params.get(key)
    uuid = core.tree.resolve("pane", given)
    for workspace in core.tree.workspaces():
        for pane in workspace.panes:
            if pane.uuid == uuid:
                return workspace, pane
    if given is None and key == "pane_id":
        found = target.workspace(core, params)
        if found.pane is not None:
            return found, found.pane
    raise MethodError("not_found", "Pane not found")


def pane_answer(core: Core, workspace: Workspace, pane: Pane, surface: Surface | None = None) -> Json:
    """Handles of a pane and what is around it."""
    where = shapes.place(core.tree, workspace, surface)
    return where | {"pane_id": pane.uuid, "pane_ref": core.tree.ref(pane.uuid)}


def _window_answer(core: Core, window: Window) -> Json:
    return {"window_id": window.uuid, "window_ref": core.tree.ref(window.uuid)}


def _window_create(core: Core, params: Json) -> Json:
    window = Window(core.tree.new_uuid())
    core.tree.windows.append(window)
    core.tree.mint("window", window.uuid)
    core.events.emit("window.created", {"workspace_count": 1}, window_id=window.uuid)
    made = core.tree.new_workspace(window, "")
    core.add_surface(core.tree.new_pane(made), SurfaceSpec())
    core.tree.focused_window = window.uuid
    return _window_answer(core, window)


def _window_close(core: Core, params: Json) -> Json:
    if params.get("window_id") is None:
        raise MethodError("invalid_params", "Missing or invalid window_id")
    window = target.window(core, params)
    answer = _window_answer(core, window)
    for workspace in list(window.workspaces):
        _close_all(core, workspace)
    core.tree.windows.remove(window)
    if not core.tree.windows:  # the app stays up with a window
        _window_create(core, {})
    core.tree.focused_window = core.tree.front.uuid
    core.events.emit("window.closed", {}, window_id=window.uuid)
    return answer


def _close_all(core: Core, workspace: Workspace) -> None:
    for surface in workspace.surfaces:
        core.close(surface)


def _workspace_create(core: Core, params: Json) -> Json:
    title, cwd, command = (params.get(key) for key in ("title", "working_directory", "initial_command"))
    window = target.window(core, params)
    where = cwd if isinstance(cwd, str) else "/"
    made = core.tree.new_workspace(window, title if isinstance(title, str) else "", where)
    core.events.emit("workspace.created", {}, workspace_id=made.uuid, window_id=window.uuid)
    argv: Sequence[str] = ("/bin/sh", "-c", command) if isinstance(command, str) and command else ("/bin/sh",)
    # Nobody has looked at it: on A its program does not start (#1472).
    spec = SurfaceSpec(argv=argv, cwd=where if isinstance(cwd, str) else None, cold=not core.personality.modern)
    surface = core.add_surface(core.tree.new_pane(made), spec)
    return shapes.place(core.tree, made, surface)


def _workspace_close(core: Core, params: Json) -> Json:
    found = named_workspace(core, params)
    answer = shapes.place(core.tree, found)
    _close_all(core, found)
    return answer


def _workspace_rename(core: Core, params: Json) -> Json:
    found, title = named_workspace(core, params), params.get("title")
    if not isinstance(title, str) or not title.strip():
        raise MethodError("invalid_params", "Missing or invalid title")
    found.title = title.strip()
    core.events.emit("workspace.renamed", {"title": found.title}, workspace_id=found.uuid)
    return shapes.place(core.tree, found) | {"title": found.title}


def _workspace_reorder(core: Core, params: Json) -> Json:
    found = named_workspace(core, params)
    _place_at(core, "workspace", core.tree.window_of(found).workspaces, found, params)
    core.events.emit("workspace.reordered", {}, workspace_id=found.uuid)
    return shapes.place(core.tree, found)


def _workspace_move(core: Core, params: Json) -> Json:
    found = named_workspace(core, params)
    if params.get("window_id") is None:
        raise MethodError("invalid_params", "Missing or invalid window_id")
    window = target.window(core, params)
    core.tree.remove_workspace(found)
    window.workspaces.append(found)
    window.selected = window.selected or found.uuid
    if params.get("focus") is not False:
        core.select(found)
    core.events.emit("workspace.moved", {}, workspace_id=found.uuid, window_id=window.uuid)
    return shapes.place(core.tree, found)


def _place_at(core: Core, kind: str, row: list[Any], moved: _Named, params: Json) -> None:
    """Move *moved* inside *row* as ``index`` or ``before_…``/``after_…`` say. Raises `MethodError`."""
    others = [one for one in row if one is not moved]
    index = integer(params.get("index"))
    for key, step in ((f"before_{kind}_id", 0), (f"after_{kind}_id", 1)):
        if params.get(key) is not None:
            uuid = core.tree.resolve(kind, params[key])
            found = next((n for n, one in enumerate(others) if one.uuid == uuid), None)
            if found is None:
                raise MethodError("not_found", f"{kind.capitalize()} not found")
            index = found + step
    if index is None:
        raise MethodError("invalid_params", "Specify exactly one target: index, before or after")
    others.insert(max(0, min(index, len(others))), moved)
    row[:] = others


def _spec(params: Json) -> SurfaceSpec:
    kind, url = params.get("type", "terminal"), params.get("url")
    return SurfaceSpec(type=kind if isinstance(kind, str) else "terminal", url=url if isinstance(url, str) else None)


def _surface_create(core: Core, params: Json) -> Json:
    workspace, pane = named_pane(core, params)
    made = core.add_surface(pane, _spec(params))
    pane.selected = made.uuid
    return pane_answer(core, workspace, pane, made)


def _split(core: Core, params: Json) -> Json:
    if params.get("direction") not in ("left", "right", "up", "down"):
        raise MethodError("invalid_params", "Missing or invalid direction (left|right|up|down)")
    workspace, _ = target.surface(core, params)
    pane = core.tree.new_pane(workspace)
    made = core.add_surface(pane, _spec(params))
    workspace.focused_pane = pane.uuid
    return pane_answer(core, workspace, pane, made)


def _surface_close(core: Core, params: Json) -> Json:
    workspace, surface = target.surface(core, params)
    answer = shapes.place(core.tree, workspace, surface)
    core.close(surface)
    return answer


def _surface_reorder(core: Core, params: Json) -> Json:
    workspace, surface = target.surface(core, params)
    _place_at(core, "surface", workspace.pane_of(surface).surfaces, surface, params)
    core.emit("surface.reordered", surface)
    return shapes.place(core.tree, workspace, surface)


def _surface_move(core: Core, params: Json) -> Json:
    _, surface = target.surface(core, {"surface_id": params.get("surface_id")})
    if params.get("pane_id") is not None:
        goal, pane = named_pane(core, params)
    else:
        goal = named_workspace(core, params)
        pane = goal.pane or core.tree.new_pane(goal)
    if surface not in pane.surfaces:
        core.tree.remove(surface)
        pane.surfaces.append(surface)
        pane.selected = pane.selected or surface.uuid
    if params.get("focus") is not False:
        core.focus(surface)
    core.emit("surface.moved", surface)
    return pane_answer(core, goal, pane, surface)


def _pane_focus(core: Core, params: Json) -> Json:
    workspace, pane = named_pane(core, params)
    workspace.focused_pane = pane.uuid
    core.events.emit("pane.focused", {}, workspace_id=workspace.uuid, pane_id=pane.uuid)
    return pane_answer(core, workspace, pane)


def _pane_break(core: Core, params: Json) -> Json:
    """A pane's selected surface, or the named one, gets a workspace of its own."""
    if params.get("surface_id") is not None:
        source, surface = target.surface(core, params)
    else:
        source, pane = named_pane(core, params)
        surface = next(s for s in pane.surfaces if s.uuid == pane.selected)
    window = core.tree.window_of(source)
    made = core.tree.new_workspace(window, surface.shown_title, source.cwd)
    fresh = core.tree.new_pane(made)
    core.tree.remove(surface)
    fresh.surfaces.append(surface)
    fresh.selected = surface.uuid
    core.events.emit("pane.broken", {}, workspace_id=made.uuid, pane_id=fresh.uuid)
    return pane_answer(core, made, fresh, surface)


def _pane_join(core: Core, params: Json) -> Json:
    goal, pane = named_pane(core, params, "target_pane_id")
    if params.get("surface_id") is not None:
        moved = [target.surface(core, params)[1]]
    else:
        moved = list(named_pane(core, params)[1].surfaces)
    for surface in moved:
        if surface not in pane.surfaces:
            core.tree.remove(surface)
            pane.surfaces.append(surface)
    core.events.emit("pane.joined", {}, workspace_id=goal.uuid, pane_id=pane.uuid)
    return pane_answer(core, goal, pane)


LAYOUT: Final[dict[str, Callable[[Core, Json], Json]]] = {
    "window.create": _window_create,
    "window.close": _window_close,
    "workspace.create": _workspace_create,
    "workspace.close": _workspace_close,
    "workspace.rename": _workspace_rename,
    "workspace.reorder": _workspace_reorder,
    "workspace.move_to_window": _workspace_move,
    "surface.create": _surface_create,
    "surface.split": _split,
    "surface.close": _surface_close,
    "surface.reorder": _surface_reorder,
    "surface.move": _surface_move,
    "pane.create": _split,
    "pane.focus": _pane_focus,
    "pane.break": _pane_break,
    "pane.join": _pane_join,
}
