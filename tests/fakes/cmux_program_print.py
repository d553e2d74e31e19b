"""What the ``cmux`` program prints: Foundation's pretty JSON, handles, and the text tree."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any, Final

Json = dict[str, Any]
FORMATS: Final = ("refs", "uuids", "both")


def pretty(value: Any, *, ordered: bool, indent: int = 0) -> str:
    """JSON as Foundation prints it: ``"key" : value``, two spaces, raw UTF-8, ``/`` unescaped.

    Keys are sorted when *ordered* (0.64), else in a random order (0.63).
    """
    pad, close = "  " * (indent + 1), "  " * indent
    if isinstance(value, dict):
        keys = sorted(value) if ordered else random.sample(list(value), len(value))
        rows = [f"{pad}{_plain(key)} : {pretty(value[key], ordered=ordered, indent=indent + 1)}" for key in keys]
        return "{\n" + ",\n".join(rows) + f"\n{close}}}"
    if isinstance(value, list):
        rows = [f"{pad}{pretty(item, ordered=ordered, indent=indent + 1)}" for item in value]
        return "[\n" + ",\n".join(rows) + f"\n{close}]"
    return _plain(value)


def _plain(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def with_ids(value: Any, wanted: str) -> Any:
    """Leave out UUIDs where there are refs (``refs``), or the other way round (``uuids``)."""
    if isinstance(value, list):
        return [with_ids(item, wanted) for item in value]
    if not isinstance(value, dict):
        return value
    drop = {"refs": ("id", "ref"), "uuids": ("ref", "id")}.get(wanted)
    kept = {}
    for key, item in value.items():
        if drop is not None and _twin(key, *drop) in value and _twin(key, *drop) != key:
            continue
        kept[key] = with_ids(item, wanted)
    return kept


def _twin(key: str, gone: str, stays: str) -> str:
    if key == gone:
        return stays
    for ending in ("", "s"):
        if key.endswith(f"_{gone}{ending}"):
            return key.removesuffix(f"{gone}{ending}") + stays + ending
    return key


def handle(node: Json, wanted: str, kind: str = "") -> str:
    """The handle of a node (or, with *kind*, of ``kind_id`` and ``kind_ref``) in the wanted format."""
    prefix = f"{kind}_" if kind else ""
    uuid, ref = str(node.get(f"{prefix}id") or ""), str(node.get(f"{prefix}ref") or "")
    if wanted == "uuids":
        return uuid or ref
    if wanted == "both":
        return " ".join(part for part in (ref, uuid) if part)
    return ref or uuid


def ok_line(result: Json, wanted: str, kinds: tuple[str, ...] = ("surface", "workspace")) -> str:
    """``OK surface:5 workspace:1``."""
    return " ".join(["OK", *(h for kind in kinds if (h := handle(result, wanted, kind)))])


def marked(tree: Json) -> Json:
    """The tree with the marks the program adds: ``current active here``."""
    active, caller = tree.get("active") or {}, tree.get("caller") or {}
    for window in tree.get("windows", []):
        window["current"] = window["active"] = window["id"] == active.get("window_id")
        for workspace in window["workspaces"]:
            workspace["active"] = workspace["id"] == active.get("workspace_id")
            for pane in workspace["panes"]:
                pane["active"] = pane["id"] == active.get("pane_id")
                for surface in pane["surfaces"]:
                    surface["active"] = surface["id"] == active.get("surface_id")
                    surface["here"] = surface["id"] == caller.get("surface_id")
    return tree


def tree_text(tree: Json, wanted: str) -> str:
    """The text of ``cmux tree`` for a `marked` tree."""
    lines: list[str] = []
    for window in tree.get("windows", []):
        marks = ["[current]"] if window.get("current") else []
        lines.append(" ".join(["window", handle(window, wanted), *marks, *_active(window)]))
        lines += _branches(window["workspaces"], wanted)
    return "\n".join(lines) or "No windows"


def _active(node: Json) -> list[str]:
    return ["◀ active"] if node.get("active") else []


def _title(node: Json) -> list[str]:
    title = str(node.get("title") or "").strip()
    return [f'"{title}"'] if title else []


def _twigs(nodes: list[Json]) -> Iterator[tuple[Json, str, str]]:
    for number, node in enumerate(nodes):
        last = number == len(nodes) - 1
        yield node, "└── " if last else "├── ", "    " if last else "│   "


def _branches(workspaces: list[Json], wanted: str) -> list[str]:
    lines = []
    for workspace, branch, under in _twigs(workspaces):
        marks = ["[selected]"] if workspace.get("selected") else []
        parts = ["workspace", handle(workspace, wanted), *_title(workspace), *marks, *_active(workspace)]
        lines.append(branch + " ".join(parts))
        for pane, pane_branch, pane_under in _twigs(workspace["panes"]):
            dock = [f"[dock:{pane['dock_scope']}]"] if pane.get("dock_scope") else []
            focused = ["[focused]"] if pane.get("focused") else []
            lines.append(
                under + pane_branch + " ".join(["pane", handle(pane, wanted), *dock, *focused, *_active(pane)])
            )
            for surface, twig, _ in _twigs(pane["surfaces"]):
                lines.append(under + pane_under + twig + _surface(surface, wanted, dock))
    return lines


def _surface(surface: Json, wanted: str, dock: list[str]) -> str:
    parts = ["surface", handle(surface, wanted), f"[{surface['type']}]", *dock, *_title(surface)]
    parts += ["[selected]"] if surface.get("selected") else []
    parts += _active(surface) + (["◀ here"] if surface.get("here") else [])
    parts += [f"tty={surface['tty']}"] if surface.get("tty") else []
    return " ".join(parts + ([str(surface["url"])] if surface.get("url") else []))
