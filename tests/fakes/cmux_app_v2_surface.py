"""The v2 methods about one surface: reading, typing, pasting, focus, health, and what its composer holds (C)."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Final

from tests.fakes import cmux_app_shapes as shapes
from tests.fakes import cmux_app_target as target
from tests.fakes.cmux_app_composer import input_state
from tests.fakes.cmux_app_core import Core, integer
from tests.fakes.cmux_app_tree import Surface, Workspace
from tests.fakes.cmux_app_wire import Json, MethodError


def read_screen(core: Core, surface: Surface, *, scrollback: bool, lines: int | None) -> str:
    """The text of a surface. Raises `MethodError` while it has no program."""
    if surface.terminal is None:
        raise MethodError("internal_error", core.personality.cold_read)
    text = surface.terminal.text(scrollback=scrollback or lines is not None)
    return text if lines is None else "\n".join(text.split("\n")[-lines:])


def _read_text(core: Core, params: Json) -> Json:
    lines = params.get("lines")
    if lines is not None:
        count = integer(lines)
        if count is None or count <= 0:
            raise MethodError("invalid_params", "lines must be greater than 0")
        lines = count
    workspace, surface = target.terminal(core, params)
    text = read_screen(core, surface, scrollback=params.get("scrollback") is True, lines=lines)
    packed = base64.b64encode(text.encode()).decode()
    return {"text": text, "base64": packed, **shapes.place(core.tree, workspace, surface)}


def _typed(core: Core, workspace: Workspace, surface: Surface, queued: bool) -> Json:
    answer = shapes.place(core.tree, workspace, surface)
    return answer | {"queued": queued} if core.personality.modern else answer


def _send_text(core: Core, params: Json) -> Json:
    text = params.get("text")
    if not isinstance(text, str):
        raise MethodError("invalid_params", "Missing text")
    workspace, surface = target.terminal(core, params)
    return _typed(core, workspace, surface, core.type_text(surface, text))


def _send_key(core: Core, params: Json) -> Json:
    key = params.get("key")
    if not isinstance(key, str):
        raise MethodError("invalid_params", "Missing key")
    workspace, surface = target.terminal(core, params)
    return _typed(core, workspace, surface, core.press(surface, key))


def _paste(core: Core, params: Json) -> Json:
    text, key = params.get("text"), params.get("submit_key", "return")
    if not isinstance(text, str) or not text:
        raise MethodError("invalid_params", "Missing text")
    if key not in ("return", "ctrl+enter", "none"):
        raise MethodError("invalid_params", "Invalid submit_key", {"submit_key": key})
    workspace, surface = target.terminal(core, params)
    core.emit("surface.input_sent", surface, {"text_length": len(text)})
    if not core.faults.spend("lost_sends"):
        core.paste(surface, text)
    answer: Json = {"workspace_id": workspace.uuid, "surface_id": surface.uuid, "submitted": False}
    if key == "none":
        return answer
    if core.faults.spend("paste_submit_fails"):
        return answer | {"submit_error": "surface_unavailable"}
    if key == "return" and "\n" in text and surface.agent == "claude":
        key = "ctrl+enter"
    core.press(surface, key)
    return answer | {"submitted": True}


def _surface_list(core: Core, params: Json) -> Json:
    workspace = target.workspace(core, params)
    rows = shapes.surface_rows(core.tree, workspace)
    if core.personality.modern:
        for row, surface in zip(rows, workspace.surfaces, strict=True):
            row |= {"requested_working_directory": surface.spec.cwd, "initial_command": None}
            row |= {"tmux_start_command": None, "resume_binding": surface.resume}
    return shapes.place(core.tree, workspace) | {"surfaces": rows}


def in_window(core: Core, workspace: Workspace, surface: Surface) -> bool | None:
    """A: whether it has a PTY yet; B starts programs in the background, so only the window decides."""
    if not surface.is_terminal:
        return None
    if not core.personality.modern:
        return surface.terminal is not None
    return core.tree.window_of(workspace).workspace is workspace


def _health(core: Core, params: Json) -> Json:
    workspace = target.workspace(core, params)
    rows = [
        {
            "index": index,
            "id": surface.uuid,
            "ref": core.tree.ref(surface.uuid),
            "type": surface.spec.type,
            "in_window": in_window(core, workspace, surface),
        }
        for index, surface in enumerate(workspace.surfaces)
    ]
    return shapes.place(core.tree, workspace) | {"surfaces": rows}


def _current(core: Core, params: Json) -> Json:
    workspace = target.workspace(core, params)
    found = shapes.focus(core.tree, workspace, workspace.focused)
    if found is None:
        raise MethodError("not_found", "No focused surface")
    return found


def _named(core: Core, params: Json) -> tuple[Workspace, Surface]:
    if params.get("surface_id") is None:
        raise MethodError("invalid_params", "Missing or invalid surface_id")
    return target.surface(core, params)


def _focus(core: Core, params: Json) -> Json:
    workspace, surface = _named(core, params)
    core.focus(surface)
    return shapes.place(core.tree, workspace, surface)


def _flash(core: Core, params: Json) -> Json:
    workspace, surface = target.surface(core, params)
    return shapes.place(core.tree, workspace, surface)


def _clear_history(core: Core, params: Json) -> Json:
    workspace, surface = target.terminal(core, params)
    if surface.terminal is not None:
        with surface.terminal.lock:
            surface.terminal.screen.history.clear()
    return shapes.place(core.tree, workspace, surface)


def _refresh(core: Core, params: Json) -> Json:
    workspace = target.workspace(core, params)
    return shapes.place(core.tree, workspace) | {"refreshed": len(workspace.surfaces)}


def _input_state(core: Core, params: Json) -> Json:
    workspace, surface = target.terminal(core, params)
    return input_state(surface) | {"surface_id": surface.uuid, "workspace_id": workspace.uuid}


def _terminals(core: Core, params: Json) -> Json:
    rows: list[Json] = []
    for workspace in core.tree.workspaces():
        for surface in workspace.surfaces:
            if surface.is_terminal:
                row = shapes.place(core.tree, workspace, surface) | {"tty": surface.tty, "title": surface.shown_title}
                row |= {"current_directory": surface.spec.cwd or workspace.cwd, "git_branch": None}
                row |= {"listening_ports": [], "initial_command": None, "mapped": surface.terminal is not None}
                rows.append({"index": len(rows)} | row)
    return {"count": len(rows), "terminals": rows}


SURFACE: Final[dict[str, Callable[[Core, Json], Json]]] = {
    "surface.list": _surface_list,
    "surface.health": _health,
    "surface.current": _current,
    "surface.read_text": _read_text,
    "surface.send_text": _send_text,
    "surface.send_key": _send_key,
    "surface.focus": _focus,
    "surface.trigger_flash": _flash,
    "surface.clear_history": _clear_history,
    "surface.refresh": _refresh,
    "surface.input_state": _input_state,
    "terminal.paste": _paste,
    "mobile.terminal.paste": _paste,
    "debug.terminals": _terminals,
}
