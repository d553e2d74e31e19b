"""The v2 methods about the app, its windows, workspaces and panes; and the table of all v2 methods."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from tests.fakes import cmux_app_shapes as shapes
from tests.fakes import cmux_app_target as target
from tests.fakes.cmux_app_core import Core
from tests.fakes.cmux_app_v2_control import CONTROL
from tests.fakes.cmux_app_v2_layout import LAYOUT, named_pane, named_workspace, pane_answer
from tests.fakes.cmux_app_v2_news import NEWS
from tests.fakes.cmux_app_v2_surface import SURFACE
from tests.fakes.cmux_app_wire import Json, MethodError

Method = Callable[[Core, Json], Json]


def call(core: Core, method: str, params: Json) -> Json:
    """Carry out *method*. Raises `MethodError`."""
    if method in CONTROL:
        return CONTROL[method](core, params)
    with core.on_main(method):
        if method not in core.personality.methods or core.missing(method):
            raise MethodError(core.faults.method_error, "Unknown method")
        act = METHODS.get(method)
        if act is None:
            raise MethodError("not_supported", f"The double does not carry out {method}")
        return act(core, params)


def _ping(core: Core, params: Json) -> Json:
    return {"pong": True}


def _capabilities(core: Core, params: Json) -> Json:
    more: Json = {"capabilities": ["socket.v2"]} if core.personality.modern else {}
    where = {"socket_path": core.socket_path, "access_mode": core.access_mode}
    return {"protocol": "cmux-socket", "version": 2, **where, "methods": core.methods(), **more}


def _identify(core: Core, params: Json) -> Json:
    found: Json = {"socket_path": core.socket_path, "focused": shapes.focused(core.tree)}
    found["caller"] = shapes.caller(core.tree, params.get("caller"))
    if core.personality.modern:
        app = "/Applications/cmux.app"
        found |= {"bundle_identifier": "com.cmuxterm.app", "app_bundle_path": app}
        found |= {
            "app_executable_path": f"{app}/Contents/MacOS/cmux",
            "app_cli_path": f"{app}/Contents/Resources/bin/cmux",
        }
    return found


def _tree(core: Core, params: Json) -> Json:
    tree, only, given = core.tree, None, params.get("workspace_id")
    if given is not None:
        uuid = tree.resolve("workspace", given)
        if uuid is None:
            raise MethodError("invalid_params", "Missing or invalid workspace_id")
        only = tree.workspace(uuid)
        if only is None:
            raise MethodError("not_found", "Workspace not found")
    windows = tree.windows if params.get("all_windows") else [target.window(core, params)]
    if only is not None:
        windows = [tree.window_of(only)]
    return shapes.tree_reply(tree, windows, only, params.get("caller"))


def _window_list(core: Core, params: Json) -> Json:
    return {"windows": [shapes.window_node(core.tree, w) for w in core.tree.windows]}


def _window_current(core: Core, params: Json) -> Json:
    front = core.tree.front
    return {"window_id": front.uuid, "window_ref": core.tree.ref(front.uuid)}


def _window_focus(core: Core, params: Json) -> Json:
    if params.get("window_id") is None:
        raise MethodError("invalid_params", "Missing or invalid window_id")
    core.tree.focused_window = target.window(core, params).uuid
    core.events.emit("window.focused", {}, window_id=core.tree.focused_window)
    return _window_current(core, params)


def _workspace_list(core: Core, params: Json) -> Json:
    tree, window = core.tree, target.window(core, params)
    rows = []
    for index, workspace in enumerate(window.workspaces):
        row = shapes.workspace_node(tree, window, workspace, index)
        remote = {"enabled": False, "state": "disconnected"}
        row |= {"listening_ports": [], "remote": remote, "current_directory": workspace.cwd}
        row["custom_color"] = workspace.color
        if core.personality.modern:
            row |= {"custom_title": workspace.title, "has_custom_title": True, "latest_conversation_message": None}
            row |= {"latest_submitted_message": None, "latest_submitted_at": None, **workspace.prompt}
        rows.append(row)
    return {"window_id": window.uuid, "window_ref": tree.ref(window.uuid), "workspaces": rows}


def _workspace_current(core: Core, params: Json) -> Json:
    found = target.window(core, params).workspace
    if found is None:
        raise MethodError("not_found", "No workspace selected")
    return shapes.place(core.tree, found)


def _workspace_select(core: Core, params: Json) -> Json:
    found = named_workspace(core, params)
    core.select(found)
    core.tree.focused_window = core.tree.window_of(found).uuid
    return shapes.place(core.tree, found)


def _step(core: Core, params: Json, by: int) -> Json:
    window = target.window(core, params)
    if window.workspace is None:
        raise MethodError("not_found", "No workspace selected")
    at = window.workspaces.index(window.workspace)
    core.select(window.workspaces[(at + by) % len(window.workspaces)])
    return _workspace_current(core, params)


def _workspace_last(core: Core, params: Json) -> Json:
    window = target.window(core, params)
    before = core.tree.workspace(window.previous)
    if before is None or before not in window.workspaces:
        raise MethodError("not_found", "No previous workspace")
    core.select(before)
    return _workspace_current(core, params)


def _pane_list(core: Core, params: Json) -> Json:
    found = target.workspace(core, params)
    rows = shapes.pane_rows(core.tree, found)
    sizes = [row["pixel_frame"] for row in rows]
    frame = {"width": max((s["width"] for s in sizes), default=0), "height": sum(s["height"] for s in sizes)}
    return shapes.place(core.tree, found) | {"panes": rows, "container_frame": frame}


def _pane_surfaces(core: Core, params: Json) -> Json:
    workspace, pane = named_pane(core, params)
    answer = pane_answer(core, workspace, pane)
    rows: list[dict[str, Any]] = []
    for index, surface in enumerate(pane.surfaces):
        node = shapes.surface_node(core.tree, workspace, pane, surface, index)
        rows.append({key: node[key] for key in ("id", "ref", "index", "type", "title", "selected")})
    return answer | {"surfaces": rows}


def _login(core: Core, params: Json) -> Json:
    # The connection has looked at the password before; it is asked for here when nobody needs one.
    required = core.access_mode == "password"
    return {"authenticated": True} if required else {"authenticated": True, "required": False}


METHODS: Final[dict[str, Method]] = {
    "system.ping": _ping,
    "system.capabilities": _capabilities,
    "system.identify": _identify,
    "system.tree": _tree,
    "auth.login": _login,
    "window.list": _window_list,
    "window.current": _window_current,
    "window.focus": _window_focus,
    "workspace.list": _workspace_list,
    "workspace.current": _workspace_current,
    "workspace.select": _workspace_select,
    "workspace.next": lambda core, params: _step(core, params, 1),
    "workspace.last": _workspace_last,
    "workspace.previous": lambda core, params: _step(core, params, -1),
    "pane.list": _pane_list,
    "pane.surfaces": _pane_surfaces,
    **LAYOUT,
    **SURFACE,
    **NEWS,
}
