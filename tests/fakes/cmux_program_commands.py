"""The reading commands of the ``cmux`` program's double, and the table of all; each returns an exit code or None."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Final

from tests.fakes import cmux_program_print as show
from tests.fakes.cmux_program_acts import ACTS
from tests.fakes.cmux_program_call import Call, caller
from tests.fakes.cmux_program_client import CliError, Json


def _ping(call: Call) -> None:
    said = call.link.v1("ping")
    if said.startswith("ERROR:"):
        raise CliError(said)
    print(said)


def _capabilities(call: Call) -> None:
    call.json_out(call.rpc("system.capabilities"))


def _identify(call: Call) -> None:
    call.flag("--json")
    params = call.place() if {"--workspace", "--surface"} & set(call.words) else {}
    call.json_out(call.rpc("system.identify", {"caller": params} if params else caller()))


def _tree(call: Call) -> None:
    everything, json = call.flag("--all"), call.flag("--json") or call.json
    workspace = call.option("--workspace")
    if call.words:
        word = call.words[0]
        said = f"unknown flag '{word}'" if word.startswith("-") else f"unexpected argument '{word}'"
        raise CliError(f"tree: {said}. Known flags: --all --workspace <id|ref|index> --json")
    params: Json = {"all_windows": everything, **caller()}
    if (found := call.link.workspace(workspace)) is not None:
        params["workspace_id"] = found
    tree = show.marked(call.rpc("system.tree", params))
    if json:
        call.json_out(tree)
    else:
        print(show.tree_text(tree, call.id_format))


def _list_workspaces(call: Call) -> None:
    result = call.rpc("workspace.list")
    if call.json:
        call.json_out(result)
        return
    for row in result["workspaces"]:
        remote = row.get("remote") or {}
        ssh = f"  [ssh:{remote.get('state')}]" if remote.get("enabled") else ""
        title = f"  {row['title']}" if row.get("title") else ""
        mark = "  [selected]" if row.get("selected") else ""
        print(f"{'*' if row.get('selected') else ' '} {show.handle(row, call.id_format)}{title}{ssh}{mark}")
    if not result["workspaces"]:
        print("No workspaces")


def _list_panels(call: Call) -> None:
    result = call.rpc("surface.list", call.workspace_params())
    if call.json:
        call.json_out(result)
        return
    for row in result["surfaces"]:
        title = f'  "{row["title"]}"' if row.get("title") else ""
        mark = "  [focused]" if row.get("focused") else ""
        star = "*" if row.get("focused") else " "
        print(f"{star} {show.handle(row, call.id_format)}  {row['type']}{mark}{title}")
    if not result["surfaces"]:
        print("No surfaces")


def _list_pane_surfaces(call: Call) -> None:
    pane = call.option("--pane")
    result = call.rpc("pane.surfaces", call.workspace_params() | ({"pane_id": pane} if pane else {}))
    if call.json:
        call.json_out(result)
        return
    for row in result["surfaces"]:
        mark = "  [selected]" if row.get("selected") else ""
        print(f"{'*' if row.get('selected') else ' '} {show.handle(row, call.id_format)}  {row['title']}{mark}")
    if not result["surfaces"]:
        print("No surfaces in pane")


def _list_panes(call: Call) -> None:
    result = call.rpc("pane.list", call.workspace_params())
    if call.json:
        call.json_out(result)
        return
    for row in result["panes"]:
        count, focused = row["surface_count"], row.get("focused")
        star, mark = ("*", "  [focused]") if focused else (" ", "")
        print(f"{star} {show.handle(row, call.id_format)}  [{count} surface{'' if count == 1 else 's'}]{mark}")


def _health(call: Call) -> None:
    result = call.rpc("surface.health", call.workspace_params())
    if call.json:
        call.json_out(result)
        return
    for row in result["surfaces"]:
        seen = row.get("in_window")
        tail = f" in_window={str(seen).lower()}" if isinstance(seen, bool) else ""
        print(f"{show.handle(row, call.id_format)}  type={row['type']}{tail}")


def _read_screen(call: Call) -> None:
    lines = call.option("--lines")
    scrollback = call.flag("--scrollback")
    said = {name: call.option(name) for name in ("--workspace", "--surface")}
    if call.words:
        raise CliError(f"read-screen: unexpected arguments: {' '.join(call.words)}")
    call.words = [word for name, value in said.items() if value is not None for word in (name, value)]
    params = call.place()
    if scrollback:
        params["scrollback"] = True
    if lines is not None:
        if not lines.isdigit() or int(lines) < 1:
            raise CliError("--lines must be greater than 0")
        params |= {"lines": int(lines), "scrollback": True}
    result = call.rpc("surface.read_text", params)
    if call.json:
        call.json_out(result, plain=True)
    else:
        print(result.get("text", ""))


def _rpc(call: Call) -> None:
    if not call.words:
        raise CliError("rpc requires a method")
    try:
        params = json.loads(call.words[1]) if len(call.words) > 1 else {}
    except ValueError:
        raise CliError("rpc params must be valid JSON") from None
    if not isinstance(params, dict):
        raise CliError("rpc params must be a JSON object")
    call.json_out(call.rpc(call.words[0], params), plain=True)


def _on_surface(method: str) -> Callable[[Call], None]:
    def act(call: Call) -> None:
        call.done(call.rpc(method, call.place()))

    return act


def _on_workspace(method: str, name: str) -> Callable[[Call], None]:
    def act(call: Call) -> None:
        said = call.option("--workspace")
        if said is None:
            raise CliError(f"{name} requires --workspace")
        call.done(call.rpc(method, {"workspace_id": call.link.workspace(said)}), ("workspace",))

    return act


def _current_workspace(call: Call) -> None:
    said = call.link.v1("current_workspace")
    if call.json:
        call.json_out({"workspace_id": said})
    else:
        print(said)


COMMANDS: Final[dict[str, Callable[[Call], int | None]]] = {
    "ping": _ping,
    "capabilities": _capabilities,
    "identify": _identify,
    "tree": _tree,
    "list-workspaces": _list_workspaces,
    "list-panels": _list_panels,
    "list-panes": _list_panes,
    "list-pane-surfaces": _list_pane_surfaces,
    "surface-health": _health,
    "read-screen": _read_screen,
    "rpc": _rpc,
    "focus-panel": _on_surface("surface.focus"),
    "trigger-flash": _on_surface("surface.trigger_flash"),
    "close-surface": _on_surface("surface.close"),
    "select-workspace": _on_workspace("workspace.select", "select-workspace"),
    "close-workspace": _on_workspace("workspace.close", "close-workspace"),
    "current-workspace": _current_workspace,
    **ACTS,
}
