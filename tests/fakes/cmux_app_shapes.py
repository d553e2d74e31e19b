"""The JSON the app makes of its tree."""

from __future__ import annotations

from typing import Any

from tests.fakes.cmux_app_tree import Pane, Surface, Tree, Window, Workspace
from tests.fakes.cmux_app_wire import Json


def _handle(tree: Tree, name: str, uuid: str | None) -> Json:
    return {f"{name}_id": uuid, f"{name}_ref": tree.ref(uuid) if uuid else None}


def place(tree: Tree, workspace: Workspace, surface: Surface | None = None) -> Json:
    """``workspace_id workspace_ref window_id window_ref`` and, with *surface*, ``surface_id surface_ref``."""
    found = _handle(tree, "workspace", workspace.uuid) | _handle(tree, "window", tree.window_of(workspace).uuid)
    return found | _handle(tree, "surface", surface.uuid) if surface is not None else found


def focus(tree: Tree, workspace: Workspace | None, surface: Surface | None) -> Json | None:
    """The record of ``system.identify`` and of ``active`` in the tree."""
    if workspace is None or surface is None:
        return None
    pane = workspace.pane_of(surface)
    found = place(tree, workspace, surface) | _handle(tree, "pane", pane.uuid)
    found |= {"tab_id": surface.uuid, "tab_ref": tree.ref(surface.uuid).replace("surface:", "tab:")}
    return found | {"surface_type": surface.spec.type, "is_browser_surface": surface.spec.type == "browser"}


def focused(tree: Tree) -> Json | None:
    """Where the keyboard is."""
    workspace = tree.front.workspace
    return focus(tree, workspace, workspace.focused if workspace else None)


def caller(tree: Tree, said: object) -> Json | None:
    """What the app makes of a caller's own handles; None when it knows neither."""
    if not isinstance(said, dict):
        return None
    surface = tree.surface(tree.resolve("surface", said.get("surface_id")))
    workspace = tree.workspace_of(surface) if surface else None
    workspace = workspace or tree.workspace(tree.resolve("workspace", said.get("workspace_id")))
    if workspace is None:
        return None
    return focus(tree, workspace, surface) or place(tree, workspace)


def surface_node(tree: Tree, workspace: Workspace, pane: Pane, surface: Surface, index: int) -> Json:
    """A surface of ``system.tree``."""
    selected = pane.selected == surface.uuid
    return {
        "id": surface.uuid,
        "ref": tree.ref(surface.uuid),
        "index": index,
        "type": surface.spec.type,
        "title": surface.shown_title,
        "focused": workspace.focused is surface,
        "selected": selected,
        "selected_in_pane": selected,
        "pane_id": pane.uuid,
        "pane_ref": tree.ref(pane.uuid),
        "index_in_pane": pane.surfaces.index(surface),
        "tty": surface.tty,
        "url": surface.spec.url,
    }


def pane_node(tree: Tree, workspace: Workspace, pane: Pane, index: int) -> Json:
    """A pane without its surfaces."""
    return {
        "id": pane.uuid,
        "ref": tree.ref(pane.uuid),
        "index": index,
        "focused": workspace.pane is pane,
        "surface_ids": [s.uuid for s in pane.surfaces],
        "surface_refs": [tree.ref(s.uuid) for s in pane.surfaces],
        "surface_count": len(pane.surfaces),
        **_handle(tree, "selected_surface", pane.selected or None),
    }


def workspace_node(tree: Tree, window: Window, workspace: Workspace, index: int) -> Json:
    """A workspace without its panes."""
    return {
        "id": workspace.uuid,
        "ref": tree.ref(workspace.uuid),
        "index": index,
        "title": workspace.title,
        "description": workspace.description,
        "selected": window.workspace is workspace,
        "pinned": workspace.pinned,
    }


def workspace_tree(tree: Tree, window: Window, workspace: Workspace) -> Json:
    """A workspace with everything in it."""
    node = workspace_node(tree, window, workspace, window.workspaces.index(workspace))
    panes, at = [], 0
    for number, pane in enumerate(workspace.panes):
        surfaces = [surface_node(tree, workspace, pane, s, at + n) for n, s in enumerate(pane.surfaces)]
        at += len(surfaces)
        panes.append(pane_node(tree, workspace, pane, number) | {"surfaces": surfaces})
    return node | {"panes": panes}


def window_node(tree: Tree, window: Window) -> Json:
    """A window without its workspaces."""
    front = tree.front is window
    return {
        "id": window.uuid,
        "ref": tree.ref(window.uuid),
        "index": tree.windows.index(window),
        "key": front,
        "visible": True,
        "workspace_count": len(window.workspaces),
        **_handle(tree, "selected_workspace", window.selected or None),
    }


def tree_reply(tree: Tree, windows: list[Window], only: Workspace | None, said: object) -> Json:
    """The result of ``system.tree``."""
    nodes: list[Any] = []
    for window in windows:
        chosen = [w for w in window.workspaces if only is None or w is only]
        nodes.append(window_node(tree, window) | {"workspaces": [workspace_tree(tree, window, w) for w in chosen]})
    return {"active": focused(tree), "caller": caller(tree, said), "windows": nodes}


def surface_rows(tree: Tree, workspace: Workspace) -> list[Json]:
    """The surfaces of ``surface.list``."""
    rows, at = [], 0
    for pane in workspace.panes:
        for surface in pane.surfaces:
            node = surface_node(tree, workspace, pane, surface, at)
            for key in ("selected", "tty", "url"):
                del node[key]
            rows.append(node)
            at += 1
    return rows


def pane_rows(tree: Tree, workspace: Workspace) -> list[Json]:
    """The panes of ``pane.list`` with made-up pixels of an 8 by 16 cell."""
    rows = []
    for number, pane in enumerate(workspace.panes):
        node = pane_node(tree, workspace, pane, number)
        chosen = next((s for s in pane.surfaces if s.uuid == pane.selected), None)
        columns, lines = chosen.spec.size if chosen else (80, 24)
        if chosen is not None and chosen.terminal is not None:
            columns, lines = chosen.terminal.size
        node["pixel_frame"] = {"x": 0, "y": number * lines * 16, "width": columns * 8, "height": lines * 16}
        node |= {"columns": columns, "rows": lines, "cell_width_px": 8, "cell_height_px": 16}
        rows.append(node)
    return rows
