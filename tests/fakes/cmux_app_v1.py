"""The v1 text commands. One line in, an answer of one or more lines out; nothing marks the end of an answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from tests.fakes.cmux_app_core import Core
from tests.fakes.cmux_app_tree import Surface, Workspace
from tests.fakes.cmux_app_v1_sidebar import SIDEBAR, Refused, options, tokens
from tests.fakes.cmux_app_v2_news import rows
from tests.fakes.cmux_app_v2_surface import read_screen
from tests.fakes.cmux_app_wire import MethodError

NO_AUTH: Final = "OK: Authentication not required"


def call(core: Core, line: str) -> str:
    """Carry out one line; the answer has no newline at its end."""
    name, _, rest = line.strip().partition(" ")
    name = name.lower()
    with core.on_main(name):
        act = COMMANDS.get(name)
        if act is None or core.missing(name):
            return f"ERROR: Unknown command '{name}'. Use 'help' for available commands."
        try:
            return act(core, rest.strip())
        except Refused as refused:
            return f"ERROR: {refused}"
        except MethodError as error:
            return error.message if error.message.startswith("ERROR:") else f"ERROR: {error.message}"


def unescape(text: str) -> str:
    """What ``send`` makes of backslash n, r and t: applied blindly, a path like ``C:\\new`` is mangled."""
    return text.replace("\\n", "\r").replace("\\r", "\r").replace("\\t", "\t")


def _help(core: Core, rest: str) -> str:
    return "Available commands:\n" + "\n".join(f"  {name}" for name in sorted(COMMANDS))


def _workspaces(core: Core, rest: str) -> str:
    window = core.tree.front
    found = [
        f"{'*' if window.workspace is w else ' '} {n}: {w.uuid} {w.title}" for n, w in enumerate(window.workspaces)
    ]
    return "\n".join(found) or "No workspaces"


def _windows(core: Core, rest: str) -> str:
    tree = core.tree
    return "\n".join(
        f"{'*' if w is tree.front else ' '} {n}: {w.uuid}"
        f" selected_workspace={w.selected} workspaces={len(w.workspaces)}"
        for n, w in enumerate(tree.windows)
    )


def _front(core: Core) -> Workspace:
    found = core.tree.front.workspace
    if found is None:
        raise Refused("No tab selected")
    return found


def _surfaces(core: Core, rest: str) -> str:
    workspace = _workspace(core, rest) if rest else _front(core)
    focused = workspace.focused
    found = [f"{'*' if s is focused else ' '} {n}: {s.uuid}" for n, s in enumerate(workspace.surfaces)]
    return "\n".join(found) or "No surfaces"


def _workspace(core: Core, handle: str) -> Workspace:
    workspaces = core.tree.front.workspaces
    if handle.isdigit() and int(handle) < len(workspaces):
        return workspaces[int(handle)]
    found = core.tree.workspace(core.tree.resolve("workspace", handle))
    if found is None:
        raise Refused("Tab not found")
    return found


def _surface(core: Core, handle: str, workspace: Workspace | None = None) -> Surface:
    inside = (workspace or _front(core)).surfaces
    if handle.isdigit() and int(handle) < len(inside):
        return inside[int(handle)]
    found = core.tree.surface(core.tree.resolve("surface", handle))
    if found is None:
        raise Refused("Surface not found")
    return found


def _focused(core: Core) -> Surface:
    found = _front(core).focused
    if found is None or not found.is_terminal:
        raise Refused("No focused terminal")
    return found


def _send(core: Core, rest: str) -> str:
    core.type_text(_focused(core), unescape(rest))
    return "OK"


def _send_surface(core: Core, rest: str) -> str:
    handle, _, text = rest.partition(" ")
    if not text:
        raise Refused("Usage: send_surface <id|idx> <text>")
    core.type_text(_surface(core, handle), unescape(text))
    return "OK"


def _send_key(core: Core, rest: str) -> str:
    core.press(_focused(core), rest)
    return "OK"


def _send_key_surface(core: Core, rest: str) -> str:
    handle, _, key = rest.partition(" ")
    if not key:
        raise Refused("Usage: send_key_surface <id|idx> <key>")
    core.press(_surface(core, handle), key.strip())
    return "OK"


def _read_screen(core: Core, rest: str) -> str:
    words, given = options(tokens(rest))
    lines = given.get("lines")
    if "--lines" in rest and lines in (None, "") and words and words[-1].isdigit():
        lines = words.pop()
    if lines is not None and not (lines.isdigit() and int(lines) > 0):
        raise Refused("--lines must be greater than 0")
    surface = _surface(core, words[0]) if words else _focused(core)
    count = int(lines) if lines else None
    return read_screen(core, surface, scrollback="scrollback" in given, lines=count)


def _select(core: Core, rest: str) -> str:
    core.select(_workspace(core, rest))
    return "OK"


def _focus_surface(core: Core, rest: str) -> str:
    core.focus(_surface(core, rest))
    return "OK"


def _notify(core: Core, workspace: Workspace, surface: Surface | None, text: str) -> str:
    parts = [*text.split("|", 2), "", ""][:3]
    title, subtitle, body = (part.strip() for part in parts)
    if "|" in text and not body:
        subtitle, body = "", subtitle
    core.notify(workspace, surface, title or "Notification", subtitle, body)
    return "OK"


def _notify_here(core: Core, rest: str) -> str:
    return _notify(core, _front(core), _front(core).focused, rest)


def _notify_surface(core: Core, rest: str) -> str:
    handle, _, text = rest.partition(" ")
    surface = _surface(core, handle)
    workspace = core.tree.workspace_of(surface)
    return _notify(core, workspace or _front(core), surface, text)


def _notify_target(core: Core, rest: str) -> str:
    words = rest.split(" ", 2)
    if len(words) < 3:
        raise Refused("Usage: notify_target <workspace_id> <surface_id> <title>|<subtitle>|<body>")
    workspace = _workspace(core, words[0])
    surface = core.tree.surface(core.tree.resolve("surface", words[1]))
    if surface is None or surface not in workspace.surfaces:
        raise Refused("Surface not found")
    return _notify(core, workspace, surface, words[2])


def _notifications(core: Core, rest: str) -> str:
    found = []
    for number, row in enumerate(rows(core)):
        state = "read" if row["is_read"] else "unread"
        parts = [row["id"], row["workspace_id"], row["surface_id"] or "none", state]
        parts += [row["title"], row["subtitle"], row["body"]]
        if core.personality.modern:
            parts += [row["created_at"], row["tab_title"] or ""]
        found.append(f"{number}:" + "|".join(parts))
    return "\n".join(found) or "No notifications"


def _clear_notifications(core: Core, rest: str) -> str:
    core.published.notifications.clear()
    core.events.emit("notification.cleared", {})
    return "OK"


COMMANDS: Final[dict[str, Callable[[Core, str], str]]] = {
    "ping": lambda core, rest: "PONG",
    "auth": lambda core, rest: NO_AUTH,
    "help": _help,
    "list_windows": _windows,
    "current_window": lambda core, rest: core.tree.front.uuid,
    "list_workspaces": _workspaces,
    "current_workspace": lambda core, rest: _front(core).uuid,
    "select_workspace": _select,
    "list_surfaces": _surfaces,
    "focus_surface": _focus_surface,
    "send": _send,
    "send_key": _send_key,
    "send_surface": _send_surface,
    "send_key_surface": _send_key_surface,
    "read_screen": _read_screen,
    "notify": _notify_here,
    "notify_surface": _notify_surface,
    "notify_target": _notify_target,
    "list_notifications": _notifications,
    "clear_notifications": _clear_notifications,
    **SIDEBAR,
}
