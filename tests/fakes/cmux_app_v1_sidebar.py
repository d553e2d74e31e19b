"""The v1 commands that publish into the sidebar: pills, blocks, progress, log; and what reads them back."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

from tests.fakes.cmux_app_core import Core
from tests.fakes.cmux_app_published import LogEntry, Pill, Sidebar
from tests.fakes.cmux_app_wire import Json

_ESCAPES: Final = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "'": "'", "\\": "\\"}
_LEVELS: Final = ("info", "progress", "success", "warning", "error")


class Refused(Exception):
    """The answer is ``ERROR: <text>``."""


def tokens(text: str) -> list[str]:
    """Words; in quotes a backslash escapes n r t and the quotes."""
    found: list[str] = []
    word, quote, begun, at = "", "", False, 0
    while at < len(text):
        char = text[at]
        if quote:
            if char == "\\" and at + 1 < len(text) and text[at + 1] in _ESCAPES:
                at += 1
                word += _ESCAPES[text[at]]
            elif char == quote:
                quote = ""
            else:
                word += char
        elif char in "\"'":
            quote, begun = char, True
        elif char.isspace():
            if begun:
                found.append(word)
            word, begun = "", False
        else:
            word, begun = word + char, True
        at += 1
    return [*found, word] if begun else found


def options(words: list[str]) -> tuple[list[str], dict[str, str]]:
    """Split into positional words and ``--key=value`` (or ``--key``); after ``--`` everything is positional."""
    plain: list[str] = []
    given: dict[str, str] = {}
    for number, word in enumerate(words):
        if word == "--":
            return plain + words[number + 1 :], given
        if word.startswith("--"):
            key, _, value = word[2:].partition("=")
            given[key] = value
        else:
            plain.append(word)
    return plain, given


def _tab(core: Core, given: dict[str, str], *, must_exist: bool) -> str:
    """The workspace of ``--tab``, else the selected one. Writing to the UUID of a dead one is accepted: it is async."""
    tree = core.tree
    handle = given.get("tab")
    if handle is None:
        front = tree.front.workspace
        if front is None:
            raise Refused("No tab selected")
        return front.uuid
    workspaces = tree.front.workspaces
    if handle.isdigit() and int(handle) < len(workspaces):
        return workspaces[int(handle)].uuid
    uuid = tree.resolve("workspace", handle)
    if uuid is None or (must_exist and tree.workspace(uuid) is None) or handle.startswith("workspace:"):
        raise Refused("Tab not found")
    return uuid


def _whole(given: dict[str, str], key: str) -> int | None:
    try:
        return int(given[key]) if key in given else None
    except ValueError:
        raise Refused(f"Invalid {key} '{given[key]}' — must be an integer") from None


def _write_tab(core: Core, given: dict[str, str]) -> tuple[str, Sidebar]:
    uuid = _tab(core, given, must_exist=False)
    return uuid, core.published.sidebar(uuid)


def _emit(core: Core, name: str, uuid: str, payload: Json) -> str:
    core.events.emit(f"sidebar.{name}", payload, workspace_id=uuid)
    return "OK"


def _set_status(core: Core, rest: str) -> str:
    words, given = options(tokens(rest))
    if len(words) < 2:
        raise Refused(
            "Missing status key or value — usage: set_status <key> <value> [--icon=X] [--color=#hex] [--url=X]"
            " [--priority=N] [--format=plain|markdown] [--tab=X]"
        )
    if given.get("format", "plain") not in ("plain", "markdown"):
        raise Refused(f"Invalid status format '{given['format']}' — use: plain, markdown")
    uuid, sidebar = _write_tab(core, given)
    more = (given.get("icon"), given.get("color"), given.get("url"), _whole(given, "priority") or 0)
    pill = Pill(words[0], " ".join(words[1:]), *more, given.get("format", "plain"), _whole(given, "pid"))
    sidebar.pills[pill.key] = pill
    return _emit(core, "metadata.updated", uuid, {"key": pill.key, "value": pill.value})


def _clear_status(core: Core, rest: str) -> str:
    words, given = options(tokens(rest))
    if not words:
        raise Refused("Missing status key — usage: clear_status <key> [--tab=X]")
    uuid, sidebar = _write_tab(core, given)
    if sidebar.pills.pop(words[0], None) is None:
        return "OK (key not found)"
    return _emit(core, "metadata.cleared", uuid, {"key": words[0]})


def status_line(pill: Pill) -> str:
    """A pill as ``list_status`` prints it."""
    parts = [f"{pill.key}={pill.value}"]
    for name in ("icon", "color", "url"):
        if value := getattr(pill, name):
            parts.append(f"{name}={value}")
    if pill.priority:
        parts.append(f"priority={pill.priority}")
    if pill.format != "plain":
        parts.append(f"format={pill.format}")
    return " ".join(parts)


def _read_tab(core: Core, given: dict[str, str]) -> tuple[str, Sidebar]:
    uuid = _tab(core, given, must_exist=True)
    return uuid, core.published.sidebars.get(uuid, Sidebar())


def _list_status(core: Core, rest: str) -> str:
    _, sidebar = _read_tab(core, options(tokens(rest))[1])
    return "\n".join(status_line(pill) for pill in sidebar.pills.values()) or "No status entries"


def _block(core: Core, rest: str) -> str:
    words, given = options(tokens(rest))
    if len(words) < 2:
        raise Refused(
            "Missing metadata block key or markdown — usage: report_meta_block <key> [--priority=N] -- <markdown>"
        )
    uuid, sidebar = _write_tab(core, given)
    sidebar.blocks[words[0]] = Pill(words[0], " ".join(words[1:]), priority=_whole(given, "priority") or 0)
    return _emit(core, "metadata.updated", uuid, {"key": words[0]})


def _set_progress(core: Core, rest: str) -> str:
    words, given = options(tokens(rest))
    if not words:
        raise Refused("Missing progress value — usage: set_progress <0.0-1.0> [--label=X] [--tab=X]")
    try:
        value = float(words[0])
    except ValueError:
        raise Refused(f"Invalid progress value '{words[0]}' — must be 0.0 to 1.0") from None
    if not math.isfinite(value):
        raise Refused(f"Invalid progress value '{words[0]}' — must be 0.0 to 1.0")
    uuid, sidebar = _write_tab(core, given)
    sidebar.progress, sidebar.progress_label = min(1.0, max(0.0, value)), given.get("label")
    return _emit(core, "progress.updated", uuid, {"value": sidebar.progress, "label": sidebar.progress_label})


def _clear_progress(core: Core, rest: str) -> str:
    uuid, sidebar = _write_tab(core, options(tokens(rest))[1])
    sidebar.progress = sidebar.progress_label = None
    return _emit(core, "progress.cleared", uuid, {})


def _log(core: Core, rest: str) -> str:
    words, given = options(tokens(rest))
    level = given.get("level", "info")
    if level not in _LEVELS:
        raise Refused(f"Unknown log level '{level}' — use: {', '.join(_LEVELS)}")
    message = " ".join(words)
    if not message:
        raise Refused("Missing message — usage: log [--level=X] [--source=X] [--tab=X] -- <message>")
    uuid, sidebar = _write_tab(core, given)
    sidebar.write(LogEntry(message, level, given.get("source")))
    return _emit(core, "log.appended", uuid, {"message": message, "level": level, "source": given.get("source")})


def _clear_log(core: Core, rest: str) -> str:
    uuid, sidebar = _write_tab(core, options(tokens(rest))[1])
    sidebar.log.clear()
    return _emit(core, "log.cleared", uuid, {})


def log_line(entry: LogEntry) -> str:
    """A log line as ``list_log`` prints it."""
    source = f"[{entry.source}] " if entry.source else ""
    return f"{source}[{entry.level}] {entry.message}"


def _list_log(core: Core, rest: str) -> str:
    given = options(tokens(rest))[1]
    _, sidebar = _read_tab(core, given)
    limit = _whole(given, "limit")
    if limit is not None and limit < 0:
        raise Refused("Invalid limit — must be >= 0")
    entries = sidebar.log if limit is None else sidebar.log[len(sidebar.log) - min(limit, len(sidebar.log)) :]
    return "\n".join(map(log_line, entries)) or "No log entries"


def _state(core: Core, rest: str) -> str:
    uuid, sidebar = _read_tab(core, options(tokens(rest))[1])
    workspace = core.tree.workspace(uuid)
    if workspace is None:
        raise Refused("Tab not found")
    focused = workspace.focused
    progress = "none" if sidebar.progress is None else f"{sidebar.progress:.2f} {sidebar.progress_label or ''}".rstrip()
    found = [f"tab={uuid}", f"color={workspace.color or 'none'}", f"cwd={workspace.cwd}"]
    found += [f"focused_cwd={(focused.spec.cwd if focused else None) or workspace.cwd}"]
    found += [f"focused_panel={focused.uuid if focused else 'unknown'}", "git_branch=none", "pr=none", "pr_label=none"]
    found += ["ports=none", f"progress={progress}", f"status_count={len(sidebar.pills)}"]
    found += [f"  {status_line(pill)}" for pill in sidebar.pills.values()]
    found += [f"meta_block_count={len(sidebar.blocks)}"]
    found += [f"  {block.key}={block.value}" for block in sidebar.blocks.values()]
    return "\n".join([*found, f"log_count={len(sidebar.log)}", *(f"  {log_line(e)}" for e in sidebar.log[-5:])])


SIDEBAR: Final[dict[str, Callable[[Core, str], str]]] = {
    "set_status": _set_status,
    "report_meta": _set_status,
    "clear_status": _clear_status,
    "list_status": _list_status,
    "report_meta_block": _block,
    "set_progress": _set_progress,
    "clear_progress": _clear_progress,
    "log": _log,
    "clear_log": _clear_log,
    "list_log": _list_log,
    "sidebar_state": _state,
}
