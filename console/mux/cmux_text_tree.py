"""The text `cmux tree --all` prints, read back into the shape of the app's `system.tree`.

Source: cmux 0.63.2 and 0.64.2x print it by the same rules. One node is one line: ``window``, ``workspace``, ``pane`` or
``surface``, its handle, its title in quotes, its marks. Nothing in a title is escaped; but the handle stands before it
and no mark after it holds a quote, so handles, ids and structure are always right, and a title ends at the last quote.
"""

from __future__ import annotations

import re
from typing import Any, Final

from console.i18n import tr

_ID: Final = r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"
_NODE: Final = re.compile(
    r"(?P<indent>(?:(?:│   |    )*(?:├── |└── ))?)(?P<kind>window|workspace|pane|surface) "
    rf"(?:(?P<ref>[a-z]+:\d+)(?: (?P<both>{_ID}))?|(?P<id>{_ID}))(?P<rest>(?: .*)?)",
    re.DOTALL,
)
_TYPE: Final = re.compile(r" \[(?P<type>[^\]\s]+)\](?P<dock> \[dock:[^\]]*\])?(?P<rest>.*)", re.DOTALL)
_MARKS: Final = re.compile(
    r"(?P<selected> \[selected\])?(?P<active> ◀ active)?(?P<here> ◀ here)?(?: tty=(?P<tty>\S+))?"
    r"(?: (?P<url>[A-Za-z][A-Za-z0-9+.-]*:.*))?",
    re.DOTALL,
)
_DEPTH: Final = {"window": 0, "workspace": 1, "pane": 2, "surface": 3}
_CHILDREN: Final = ("windows", "workspaces", "panes", "surfaces")

Node = dict[str, Any]
"""One JSON object of the tree."""


def parse(text: str) -> Node:
    """Return ``{"windows": […]}`` as `system.tree` gives it, with all the text says; what it does not say is None.

    Nested: window > ``workspaces`` > ``panes`` > ``surfaces``; each has ``ref``, ``id`` (None without ``--id-format``),
    ``index``. Workspaces have ``title selected``, panes ``focused``, surfaces ``title type selected tty url here``. A
    line that is none of ours (a newer release's) is left out with all below it. Raises ValueError for what is no tree.
    """
    root: Node = {"windows": []}
    path: list[Node] = [root]
    lines = text.split("\n")  # not splitlines(): a title may hold what that takes for the end of a line
    if text.strip() == "No windows":
        return root
    for line in lines:
        found = _NODE.fullmatch(line)
        if found is None:
            del path[_depth(line) + 1 :]
            continue
        depth = len(found["indent"]) // 4
        del path[depth + 1 :]
        if depth != _DEPTH[found["kind"]] or len(path) != depth + 1:
            continue
        siblings = path[depth][_CHILDREN[depth]]
        node = _node(found, path)
        node["index"] = len(siblings)
        siblings.append(node)
        path.append(node)
    if not root["windows"]:
        raise ValueError(tr("this is not what `cmux tree --all` prints"))
    return root


def _depth(line: str) -> int:
    """How deep a line stands that is not understood; its children are skipped with it."""
    marks = re.match(r"(?:│   |    )*(?:├── |└── )?", line)
    return len(marks[0]) // 4 if marks else 0


def _node(found: re.Match[str], path: list[Node]) -> Node:
    kind, rest = found["kind"], found["rest"]
    node: Node = {"ref": found["ref"], "id": found["both"] or found["id"]}
    if kind == "surface":
        return node | _surface(rest, path[-1])
    if kind == "pane":
        return node | {"focused": " [focused]" in rest, "active": rest.endswith(" ◀ active"), "surfaces": []}
    if kind == "workspace":
        title, tail = _title(rest)
        selected = tail.startswith(" [selected]")
        return node | {"title": title, "selected": selected, "active": tail.endswith(" ◀ active"), "panes": []}
    return node | {"current": " [current]" in rest, "active": rest.endswith(" ◀ active"), "workspaces": []}


def _surface(rest: str, pane: Node) -> Node:
    typed = _TYPE.fullmatch(rest)
    kind, rest = (typed["type"], typed["rest"]) if typed else ("terminal", rest)
    title, tail = _title(rest)
    marks = _MARKS.fullmatch(tail)
    said: dict[str, str | None] = marks.groupdict() if marks else {}
    return {
        "type": kind,
        "title": title,
        "selected": bool(said.get("selected")),
        "selected_in_pane": bool(said.get("selected")),
        "active": bool(said.get("active")),
        "here": bool(said.get("here")),
        "focused": bool(said.get("active")),
        "tty": said.get("tty"),
        "url": said.get("url"),
        "pane_id": pane["id"],
        "pane_ref": pane["ref"],
        "index_in_pane": len(pane["surfaces"]),
    }


def _title(rest: str) -> tuple[str, str]:
    """The title and the marks behind it; an empty title is not printed at all."""
    last = rest.rfind('"')
    if not rest.startswith(' "') or last < 2:
        return "", rest
    return rest[2:last], rest[last + 1 :]
