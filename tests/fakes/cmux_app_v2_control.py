"""Methods that only the double has, for tests that reach it by its socket alone: ``double.faults`` and the like.

They are in no capabilities list, and neither password nor stall stands before them; a denial does.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import asdict
from typing import Final

from tests.fakes.cmux_app_core import Core
from tests.fakes.cmux_app_tree import Surface
from tests.fakes.cmux_app_v2_news import add_feed_item
from tests.fakes.cmux_app_wire import Json, MethodError


def _surface(core: Core, params: Json) -> Surface:
    found = core.tree.surface(core.tree.resolve("surface", params.get("surface_id")))
    if found is None:
        raise MethodError("not_found", "Surface not found for the given surface_id")
    return found


def _faults(core: Core, params: Json) -> Json:
    """``{"reset": true?, "set": {…}?}``; gives all switches."""
    if params.get("reset") is True:
        core.faults.reset()
    changes = params.get("set", {})
    if not isinstance(changes, dict):
        raise MethodError("invalid_params", "set must be an object")
    try:
        core.faults.set(changes)
    except ValueError as error:
        raise MethodError("invalid_params", str(error)) from None
    return core.faults.as_dict()


def _typed(core: Core, params: Json) -> Json:
    """The bytes that arrived at the PTY of ``surface_id``, as base64."""
    terminal = _surface(core, params).terminal
    return {"base64": base64.b64encode(bytes(terminal.typed if terminal else b"")).decode()}


def _warm(core: Core, params: Json) -> Json:
    """Start the program of a cold surface."""
    core.warm(_surface(core, params))
    return {}


def _emit(core: Core, params: Json) -> Json:
    """``{name, payload?, category?, source?, workspace_id?, surface_id?}``."""
    known = ("payload", "category", "source", "workspace_id", "surface_id", "pane_id", "window_id")
    return core.events.emit(str(params.get("name", "")), **{k: params[k] for k in known if k in params})


def _feed(core: Core, params: Json) -> Json:
    """Put ``item`` into the feed."""
    item = params.get("item", {})
    return add_feed_item(core, item if isinstance(item, dict) else {})


def _published(core: Core, params: Json) -> Json:
    """Everything that was published."""
    return asdict(core.published)


def _commands(core: Core, params: Json) -> Json:
    """What was carried out so far."""
    return {"commands": list(core.commands)}


def _input_state(core: Core, params: Json) -> Json:
    """Say what ``surface.input_state`` answers for ``surface_id``: ``{"set": {…}}``."""
    surface = _surface(core, params)
    said = params.get("set", {})
    surface.input_state = said if isinstance(said, dict) else {}
    return {}


CONTROL: Final[dict[str, Callable[[Core, Json], Json]]] = {
    "double.faults": _faults,
    "double.typed": _typed,
    "double.warm": _warm,
    "double.emit": _emit,
    "double.feed": _feed,
    "double.published": _published,
    "double.commands": _commands,
    "double.input_state": _input_state,
}
