"""The answer to `system.tree` of the cmux app as surfaces: window > workspace > pane > surface.

Source: `system.tree` of cmux 0.63 and 0.64 and `cmux --json --id-format both tree --all`, which prints the same tree.
Only terminals are surfaces here; browsers and documents have no screen to read. `tty` is left out on purpose: after a
restart of the app it can name another terminal (cmux issue 8720), so nothing may be joined on it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from console.i18n import tr
from console.model.surface import SurfaceInfo
from console.safety import safe_text

_MARKS: Final = re.compile(r"^[\s✳✶✻✽✢·∗*●○◐◓◑◒⏺\u2800-\u28ff]+")
"""What agents put before their title while they work; the label stands still without it."""
ID_LIMIT: Final = 128
"""Characters of an id or ref; a UUID has 36."""


@dataclass(frozen=True, slots=True)
class Place:
    """One terminal and the ids under which cmux must be asked for it, both out of the same tree."""

    info: SurfaceInfo
    surface_id: str
    """The surface's UUID, else its ref (`cmux tree` without UUIDs)."""
    workspace_id: str
    """The workspace's UUID, else its ref."""


def surfaces(tree: Mapping[str, Any], env: Mapping[str, str] = os.environ) -> tuple[SurfaceInfo, ...]:
    """Return the terminals of *tree*, in its order, cleaned. Raises ValueError when it is no tree.

    `uuid` is None where the tree has no UUIDs. `own` is the surface of ``CMUX_SURFACE_ID`` in *env* or of the tree's
    ``caller``. A node that cannot be addressed (no id and no ref, or one that is no plain word) is left out.
    """
    return tuple(place.info for place in places(tree, env))


def places(tree: Mapping[str, Any], env: Mapping[str, str] = os.environ) -> tuple[Place, ...]:
    """Like `surfaces`, with the ids to ask for. Raises ValueError."""
    windows = tree.get("windows")
    if not isinstance(windows, list):
        raise ValueError(tr("the cmux tree has no list of windows"))
    own = _own(tree, env)
    found: list[Place] = []
    counts: dict[str, int] = {}
    for window in _objects(windows):
        for workspace in _objects(window.get("workspaces")):
            name = _text(workspace.get("title")) or _handle(workspace.get("ref")) or "workspace"
            workspace_id = _handle(workspace.get("id")) or _handle(workspace.get("ref"))
            for pane in _objects(workspace.get("panes")):
                for node in _objects(pane.get("surfaces")):
                    info = _surface(node, name, counts, own)
                    if info is not None:
                        info = replace(info, workspace_ref=_handle(workspace.get("ref")))
                        found.append(Place(info, info.key, workspace_id))
    return tuple(found)


def _surface(node: dict[str, Any], workspace: str, counts: dict[str, int], own: frozenset[str]) -> SurfaceInfo | None:
    uuid, ref = _handle(node.get("id")), _handle(node.get("ref"))
    if node.get("type", "terminal") != "terminal" or not (uuid or ref):
        return None
    index = counts.get(workspace, 0)
    counts[workspace] = index + 1
    title = _text(node.get("title"))
    return SurfaceInfo(
        ref=ref or uuid,
        uuid=uuid or None,
        workspace=workspace,
        place=f"{workspace}:{index}",
        title=title,
        label=_MARKS.sub("", title),
        own=uuid.casefold() in own or ref.casefold() in own,
    )


def _own(tree: Mapping[str, Any], env: Mapping[str, str]) -> frozenset[str]:
    caller = tree.get("caller")
    told = caller if isinstance(caller, dict) else {}
    names = (env.get("CMUX_SURFACE_ID"), told.get("surface_id"), told.get("surface_ref"))
    return frozenset(name.casefold() for name in names if isinstance(name, str) and name)


def _objects(value: object) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _text(value: object) -> str:
    return safe_text(value, limit=200).strip() if isinstance(value, str) else ""


def _handle(value: object) -> str:
    """An id or ref as it came, or nothing: one that cleaning would change cannot be sent back, nor shown."""
    if not isinstance(value, str) or not 0 < len(value) <= ID_LIMIT or not re.fullmatch(r"[\w:.-]+", value, re.ASCII):
        return ""
    return value
