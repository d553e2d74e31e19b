"""Which window, workspace and surface a request means: the app's own rules, with their traps."""

from __future__ import annotations

from tests.fakes.cmux_app_core import Core
from tests.fakes.cmux_app_tree import Surface, Window, Workspace
from tests.fakes.cmux_app_wire import Json, MethodError


def window(core: Core, params: Json) -> Window:
    """The window of *params*, else the front one. Raises `MethodError`."""
    given = params.get("window_id")
    if given is None:
        return core.tree.front
    found = core.tree.window(core.tree.resolve("window", given))
    if found is None:
        raise MethodError("not_found", "Window not found", {"window_id": given})
    return found


def workspace(core: Core, params: Json) -> Workspace:
    """The workspace a request means. Raises `MethodError`.

    A ``workspace_id`` that is no handle at all, or a ref that nobody has, is ignored: then the surface decides, else
    the selected workspace. Only a well-formed UUID of nothing is an error.
    """
    tree = core.tree
    uuid = tree.resolve("workspace", params.get("workspace_id"))
    surface = tree.surface(tree.resolve("surface", params.get("surface_id")))
    if uuid is not None:
        found = tree.workspace(uuid)
        if found is None:
            raise MethodError("not_found", "Workspace not found")
        if surface is None or found is tree.workspace_of(surface) or _refuses_elsewhere(core):
            return found
    found = tree.workspace_of(surface) if surface is not None else window(core, params).workspace
    if found is None:
        raise MethodError("not_found", "Workspace not found")
    return found


def _refuses_elsewhere(core: Core) -> bool:
    told = core.faults.wrong_workspace_error
    return not core.personality.modern if told is None else told


def surface(core: Core, params: Json) -> tuple[Workspace, Surface]:
    """The surface a request means; without ``surface_id`` the focused one. Raises `MethodError`."""
    tree = core.tree
    inside = workspace(core, params)
    given = params.get("surface_id")
    if given is None:
        return inside, _focused(inside)
    found = tree.surface(tree.resolve("surface", given))
    if found is None:
        if core.faults.bad_surface_is_focused:
            return inside, _focused(inside)
        raise MethodError("not_found", "Surface not found for the given surface_id")
    if found not in inside.surfaces:
        raise not_terminal(found.uuid)
    return inside, found


def terminal(core: Core, params: Json) -> tuple[Workspace, Surface]:
    """The same, where only a terminal will do. Raises `MethodError`."""
    inside, found = surface(core, params)
    if not found.is_terminal:
        raise not_terminal(found.uuid)
    return inside, found


def not_terminal(uuid: str) -> MethodError:
    """What the app says of a browser, and of a surface in another workspace (#2045, #6598)."""
    return MethodError("invalid_params", "Surface is not a terminal", {"surface_id": uuid})


def _focused(inside: Workspace) -> Surface:
    found = inside.focused
    if found is None:
        raise MethodError("not_found", "No focused surface")
    return found
