"""The v2 methods about notifications, the feed, agent messages and the resource view (``system.top``)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any, Final

from tests.fakes import cmux_app_shapes as shapes
from tests.fakes import cmux_app_target as target
from tests.fakes.cmux_app_core import Core
from tests.fakes.cmux_app_events import timestamp
from tests.fakes.cmux_app_published import Notification
from tests.fakes.cmux_app_tree import Surface, Workspace
from tests.fakes.cmux_app_wire import Json, MethodError


def rows(core: Core) -> list[Json]:
    """``notification.list``, newest first."""
    found = []
    for one in core.published.notifications:
        row = asdict(one)
        created = row.pop("created_at")
        if core.personality.modern:
            surface = core.tree.surface(one.surface_id)
            workspace = core.tree.workspace(one.workspace_id)
            row |= {"workspace_ref": core.tree.ref(workspace.uuid) if workspace else None, "created_at": created}
            row |= {"surface_ref": core.tree.ref(surface.uuid) if surface else None}
            row["tab_title"] = workspace.title if workspace else None
        found.append(row)
    return found


def _text(params: Json, key: str, default: str = "") -> str:
    value = params.get(key)
    return value if isinstance(value, str) else default


def _make(core: Core, params: Json, workspace: Workspace, surface: Surface | None) -> Json:
    core.notify(
        workspace, surface, _text(params, "title", "Notification"), _text(params, "subtitle"), _text(params, "body")
    )
    return shapes.place(core.tree, workspace, surface)


def _create(core: Core, params: Json) -> Json:
    workspace = target.workspace(core, params)
    return _make(core, params, workspace, workspace.focused)


def _for_surface(core: Core, params: Json) -> Json:
    if params.get("surface_id") is None:
        raise MethodError("invalid_params", "Missing or invalid surface_id")
    return _make(core, params, *target.surface(core, params))


def _for_target(core: Core, params: Json) -> Json:
    if params.get("workspace_id") is None:
        raise MethodError("invalid_params", "Missing or invalid workspace_id")
    return _for_surface(core, params)


def _list(core: Core, params: Json) -> Json:
    return {"notifications": rows(core)}


def _clear(core: Core, params: Json) -> Json:
    core.published.notifications.clear()
    core.events.emit("notification.cleared", {})
    return {"cleared": True}


def _chosen(core: Core, params: Json) -> list[Notification]:
    every, wanted = core.published.notifications, params.get("id")
    if wanted is None:
        if params.get("all_read") is True:
            return [n for n in every if n.is_read]
        surface = core.tree.resolve("surface", params.get("surface_id"))
        if surface is None:
            raise MethodError("invalid_params", "Missing or invalid id")
        return [n for n in every if n.surface_id == surface]
    found = [n for n in every if isinstance(wanted, str) and n.id == wanted.upper()]
    if not found:
        raise MethodError("not_found", "Notification not found")
    return found


def _dismiss(core: Core, params: Json) -> Json:
    gone = _chosen(core, params)
    for one in gone:
        core.published.notifications.remove(one)
        core.events.emit("notification.removed", {"notification_id": one.id}, workspace_id=one.workspace_id)
    return {"dismissed": len(gone)}


def _mark_read(core: Core, params: Json) -> Json:
    chosen = _chosen(core, params)
    for one in chosen:
        one.is_read = True
        payload = {"notification_id": one.id}
        core.events.emit("notification.read", payload, workspace_id=one.workspace_id, surface_id=one.surface_id)
    return {"marked": len(chosen)}


def _feed_list(core: Core, params: Json) -> Json:
    only = params.get("pending_only") is True
    return {"items": [item for item in core.feed if not only or item.get("status") == "pending"]}


def add_feed_item(core: Core, item: Json) -> Json:
    """Put an item into the feed, with what it does not say made up."""
    number = len(core.feed) + 1
    now = timestamp()
    made: Json = {
        "id": core.tree.new_uuid(),
        "workstream_id": f"claude-{number}",
        "source": "claude",
        "kind": "permissionRequest",
        "created_at": now,
        "updated_at": now,
        "status": "pending",
        "request_id": f"request-{number}",
        **item,
    }
    core.feed.append(made)
    core.events.emit("feed.item.received", dict(made))
    return made


def _reply(core: Core, params: Json, answer: Any) -> Json:
    wanted = params.get("request_id")
    if not isinstance(wanted, str) or not wanted:
        raise MethodError("invalid_params", "Missing or invalid request_id")
    if answer is None:
        raise MethodError("invalid_params", "Missing or invalid reply")
    item = next((i for i in core.feed if i.get("request_id") == wanted and i.get("status") == "pending"), None)
    if item is None:
        raise MethodError("not_found", "No pending feed item for request_id")
    item |= {"status": "resolved", "updated_at": timestamp()}
    core.events.emit("feed.item.resolved", {**item, "reply": answer})
    return {"delivered": True}


def _permission(core: Core, params: Json) -> Json:
    mode = params.get("mode")
    return _reply(core, params, mode if mode in ("once", "always", "all", "bypass", "deny") else None)


def _question(core: Core, params: Json) -> Json:
    chosen = params.get("selections")
    return _reply(core, params, chosen if isinstance(chosen, list) else None)


def _exit_plan(core: Core, params: Json) -> Json:
    return _reply(core, params, params.get("mode"))


def _top(core: Core, params: Json) -> Json:
    tree = core.tree
    windows = tree.windows if params.get("all_windows") else [target.window(core, params)]
    reply = shapes.tree_reply(tree, windows, None, params.get("caller"))
    none = {"cpu_percent": 0.0, "memory_bytes": 0, "process_count": 0}
    for window in reply["windows"]:
        window |= {"kind": "window", "resources": dict(none)}
        for workspace in window["workspaces"]:
            workspace |= {"kind": "workspace", "resources": dict(none), "tags": _tags(core, workspace["id"])}
            for pane in workspace["panes"]:
                pane |= {"kind": "pane", "resources": dict(none)}
                for surface in pane["surfaces"]:
                    surface |= {"kind": "surface", "resources": dict(none)}
    return reply | {"coding_agents": [], "program_totals": [], "totals": dict(none)}


def _tags(core: Core, workspace_id: str) -> list[Json]:
    sidebar = core.published.sidebars.get(workspace_id)
    return [{"kind": "tag", **asdict(pill)} for pill in sidebar.pills.values()] if sidebar else []


def _message_send(core: Core, params: Json) -> Json:
    body = params.get("body")
    if not isinstance(body, str) or not body or len(body.encode()) > 32 * 1024:
        raise MethodError("invalid_params", "Missing or invalid body")
    if params.get("target") is None and params.get("reply_to") is None:
        raise MethodError("invalid_params", "Missing target or reply_to")
    made = {"id": core.tree.new_uuid(), "state": "queued", "created_at": timestamp(), **params}
    core.messages.append(made)
    core.events.emit("agent.message.queued", dict(made))
    return {"message": made}


def _message_list(core: Core, params: Json) -> Json:
    return {"messages": list(core.messages)}


NEWS: Final[dict[str, Callable[[Core, Json], Json]]] = {
    "notification.create": _create,
    "notification.create_for_surface": _for_surface,
    "notification.create_for_target": _for_target,
    "notification.list": _list,
    "notification.clear": _clear,
    "notification.dismiss": _dismiss,
    "notification.mark_read": _mark_read,
    "feed.list": _feed_list,
    "feed.permission.reply": _permission,
    "feed.question.reply": _question,
    "feed.exit_plan.reply": _exit_plan,
    "system.top": _top,
    "agent.message.send": _message_send,
    "agent.message.list": _message_list,
}
