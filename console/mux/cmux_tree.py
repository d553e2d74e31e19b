"""A cmux-tui `session.snapshot` as surfaces: workspace > screen > pane > tab > terminal."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any, Final

from console.i18n import tr
from console.model.agent import AgentState
from console.model.signal import Signal
from console.model.surface import SurfaceInfo
from console.safety import safe_text


@dataclass(frozen=True, slots=True)
class Process:
    """The program a terminal was started with."""

    command: str = ""
    pid: int | None = None


def parse_process(result: dict[str, Any]) -> Process:
    """Read a `terminal.process.get` result."""
    pid = result.get("pid")
    name = str(result.get("executable") or "").rsplit("/", 1)[-1]
    return Process(safe_text(name), pid if isinstance(pid, int) else None)


def session_name(snapshot: dict[str, Any]) -> str:
    """The session's name."""
    return safe_text(str(snapshot["session"].get("name") or ""))


def parse_tree(snapshot: dict[str, Any], processes: dict[str, Process]) -> tuple[SurfaceInfo, ...]:
    """Return the terminals of *snapshot* in the order people see them. Raises ValueError when it is none.

    A terminal that no tab shows is listed last while it runs, and left out once it has exited.
    """
    try:
        return _parse(snapshot, processes)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(tr("the cmux snapshot has no usable {error}", error=safe_text(str(error)))) from error


def _parse(snapshot: dict[str, Any], processes: dict[str, Process]) -> tuple[SurfaceInfo, ...]:
    workspaces = {w["id"]: w for w in snapshot["workspaces"]}
    screens = {s["id"]: s for s in snapshot["screens"]}
    panes = {p["id"]: (order, p) for order, p in enumerate(snapshot["panes"])}
    own = _own_terminal(str(snapshot["session"]["id"]))
    places: dict[str, tuple[tuple[int, ...], str, str]] = {}
    for tab in snapshot["tabs"]:
        order, pane = panes[tab["pane_id"]]
        screen = screens[pane["screen_id"]]
        workspace = workspaces[screen["workspace_id"]]
        rank = (workspace["index"], screen["index"], order, tab["index"])
        place = (
            rank,
            str(workspace["name"] or f"workspace {workspace['index']}"),
            str(tab["name"] or ""),
        )
        places[tab["content_id"]] = min(place, places.get(tab["content_id"], place))
    found = [t for t in snapshot["terminals"] if t["id"] in places or t["lifecycle"] != "exited"]
    found.sort(key=lambda t: places[t["id"]][0] if t["id"] in places else (len(workspaces),))
    counts: dict[str, int] = {}
    surfaces = []
    for terminal in found:
        key = str(terminal["id"])
        _, workspace_name, label = places.get(key, ((), "", ""))
        index = counts.get(workspace_name, 0)
        counts[workspace_name] = index + 1
        process = processes.get(key, Process())
        surfaces.append(
            SurfaceInfo(
                ref=safe_text(key),
                uuid=safe_text(key),
                workspace=safe_text(workspace_name),
                place=safe_text(f"{workspace_name}:{index}") if workspace_name else "detached",
                title=safe_text(str(terminal.get("title") or "")),
                label=safe_text(label),
                command=process.command,
                pid=process.pid,
                width=int(terminal["cols"]),
                height=int(terminal["rows"]),
                dead=terminal["lifecycle"] == "exited",
                own=key == own,
            )
        )
    return tuple(surfaces)


_STATES: Final = {"working": AgentState.WORKING, "blocked": AgentState.APPROVAL, "idle": AgentState.IDLE}
"""The daemon's words (``cmux agent report --state``); ``done`` and ``unknown`` say nothing about now."""


def parse_agents(snapshot: dict[str, Any]) -> tuple[Signal, ...]:
    """What the daemon was told of its agents, by hooks or over its socket; what is not understood is left out."""
    found = []
    agents = snapshot.get("agents")
    for each in agents if isinstance(agents, list) else ():
        if not isinstance(each, dict) or not isinstance(each.get("terminal_id"), str):
            continue
        state, told = _STATES.get(str(each.get("state"))), str(each.get("updated_at_ms"))
        if state is not None and told.isascii() and told.isdigit() and len(told) < 16:
            edge = each.get("source") == "hook"
            source = safe_text(each["terminal_id"])
            found.append(
                Signal("cmux", "", state, int(told) / 1000, surface=source, edge=edge, evidence=tr("agent list"))
            )
    return tuple(found)


def tab_of(snapshot: dict[str, Any], terminal: str) -> tuple[str, str, str]:
    """Ids of workspace, pane and tab that show *terminal*. Raises LookupError when none does."""
    tab = next((tab for tab in snapshot["tabs"] if tab["content_id"] == terminal), None)
    if tab is None:
        raise LookupError(terminal)
    pane = next(pane for pane in snapshot["panes"] if pane["id"] == tab["pane_id"])
    screen = next(screen for screen in snapshot["screens"] if screen["id"] == pane["screen_id"])
    return screen["workspace_id"], pane["id"], tab["id"]


def _own_terminal(session: str) -> str:
    # The daemon puts both names into the environment of every program it starts.
    here = os.environ.get("CMUX_TUI_SESSION_ID") == session
    return os.environ.get("CMUX_TUI_TERMINAL_ID", "") if here else ""
