"""Who may import whom: one table, checked on the syntax trees and, where it costs start-up time, at run time."""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[1]


@dataclass(frozen=True)
class Room:
    """What the modules of one room may import besides the standard library and each other."""

    rooms: frozenset[str] = frozenset()
    packages: frozenset[str] = frozenset()
    lazy: frozenset[str] = frozenset()
    """Rooms imported inside functions or for the type checker only: loading them costs start-up time."""


def _room(rooms: str = "", packages: str = "", lazy: str = "") -> Room:
    return Room(frozenset(rooms.split()), frozenset(packages.split()), frozenset(lazy.split()))


_ADAPTER: Final = "model safety config host http_get version"

TABLE: Final[dict[str, Room]] = {
    "version": _room(),
    "model": _room(),
    "i18n": _room(),
    "safety": _room(),
    "commands": _room(),
    "config": _room("model safety handoff_places", "pydantic pydantic_core yaml platformdirs"),
    "host": _room("model safety"),
    "http_get": _room("version safety"),
    "mux": _room(_ADAPTER),
    "agents": _room(_ADAPTER, "yaml psutil watchfiles"),
    "tracker": _room(_ADAPTER, "watchfiles yaml"),
    "services": _room(_ADAPTER, "psutil cronsim"),
    "telemetry": _room(_ADAPTER, "opentelemetry requests"),
    "state_journal": _room("model safety host"),
    "editor": _room("safety host"),
    "actions": _room("model safety host state_journal mux.base tracker telemetry.trace"),
    "engine": _room(
        "model safety commands config host mux agents tracker services telemetry actions state_journal "
        "handoff_file handoff_places handoff_keep state_guards"
    ),
    "widgets": _room("model commands safety", "textual rich"),
    "screens": _room("model commands safety widgets", "textual rich"),
    "theming": _room("model safety", "textual yaml platformdirs watchfiles"),
    "demo": _room("model safety host mux.base mux.cmux_rpc"),
    "demo.watched": _room("config demo"),
    "demo.screenshots": _room("config opening app demo"),
    "opening": _room("config engine mux", "platformdirs", lazy="demo"),
    "operations_report": _room("model"),
    "decision_report": _room("model"),
    "handoff_offers": _room("model safety", lazy="handoff_command"),
    "decision_command": _room("model safety config early_end", lazy="engine opening decision_report handoff_offers"),
    "operations_commands": _room("model safety config operations_report", lazy="engine opening state_journal"),
    "headless": _room(
        "version model safety config host engine mux opening state_journal operations_report decision_report",
        lazy="telemetry",
    ),
    "early_end": _room(),
    "log_commands": _room("model safety config early_end", lazy="tracker log_report log_lost tracing"),
    "send_command": _room("model safety config", lazy="engine opening queue_command"),
    "queue_command": _room("model safety config early_end", lazy="engine opening"),
    "checking": _room(
        "model safety config host engine state_journal handoff_places", "psutil", lazy="services handoff_command"
    ),
    "checklist_command": _room("model safety config commands", "rich", lazy="checking engine opening state_journal"),
    "service_command": _room("model safety config", lazy="engine opening"),
    "handoff_data": _room("model", "yaml platformdirs"),
    "handoff_report": _room("model safety log_report", "rich"),
    "handoff_file": _room("model safety", lazy="handoff_data"),
    "handoff_places": _room(),
    "handoff_keep": _room(),
    "state_guards": _room("model safety state_journal"),
    "handoff_command": _room(
        "model safety handoff_file", lazy="handoff_data handoff_report config engine headless opening"
    ),
    "init_draft": _room("safety"),
    "init_handoff": _room("model init_draft"),
    "init_fleet": _room("model config init_draft"),
    "init_command": _room(
        "model safety config", lazy="handoff_command init_draft init_handoff init_fleet engine opening"
    ),
    "detect": _room("model safety", "platformdirs", lazy="agents"),
    "log_lost": _room("safety", lazy="tracker"),
    "log_report": _room("model safety", "rich"),
    "app": _room(
        "model safety commands config host engine screens widgets theming opening mux.base state_journal",
        "textual rich",
        lazy="editor checking handoff_offers handoff_places",
    ),
    "cli": _room(
        "version safety commands model config log_commands detect send_command queue_command operations_commands "
        "service_command handoff_command init_command checklist_command decision_command",
        lazy="engine headless opening app state_journal",
    ),
    "__main__": _room("cli"),
}
"""A key with a dot stands for one module. A module not named here is an error: a new room needs a row."""

EVERYWHERE: Final = frozenset({"i18n"})
"""Rooms that every other may import: a text for people is made in any of them."""

SAME_ROOM: Final = {
    "config_load": "config",
    "config_log": "config",
    "config_collector": "config",
    "config_yaml": "config",
    "theme_file": "theming",
    "app_acts": "app",
    "cli_words": "cli",
    "app_send": "app",
    "app_notices": "app",
    "state_drafts": "state_journal",
    "app_queue": "app",
    "app_checklist": "app",
    "checking_looks": "checking",
    "state_checklist": "state_journal",
    "config_checklist": "config",
    "app_handoff": "app",
    "app_operations": "app",
    "app_decisions": "app",
    "app_view": "app",
    "deciding": "engine",
    "state_view": "state_journal",
    "state_bindings": "state_journal",
    "collector_journal": "state_journal",
    "headless_collector": "headless",
    "state_baseline": "state_journal",
    "config_operations": "config",
    "cleaning": "engine",
    "servicing": "engine",
    "state_services": "state_journal",
    "engine_acts": "engine",
    "engine_memory": "engine",
    "engine_handoff": "engine",
    "handing_over": "engine",
    "judging": "engine",
    "watches": "engine",
    "attending": "engine",
    "sending": "engine",
    "tracing": "engine",
    "cut_off": "engine",
    "interlock": "engine",
    "queueing": "engine",
    "config_sections": "config",
    "config_attention": "config",
    "config_verify": "config",
    "config_handoff": "config",
    "verifying": "engine",
    "app_verify": "app",
    "config_services": "config",
    "headless_services": "headless",
    "headless_doctor": "headless",
}
"""Modules that are a part of another one."""

NOT_IN_MODEL: Final = frozenset({"time", "random", "os", "io", "pathlib", "socket", "asyncio", "threading", "secrets"})
"""Standard library the model does without: no clock, no chance, no I/O; time is passed in."""


@dataclass(frozen=True)
class Import:
    """One import as written."""

    target: str
    """Dotted name, in full."""
    line: int
    lazy: bool
    """Inside a function, or for the type checker only."""


def imports(path: str, text: str) -> Iterator[Import]:
    """Every import of a file, wherever it stands. A module loaded by name gives the target ``?``."""
    yield from _imports(ast.parse(text), path, lazy=False)


def _imports(node: ast.AST, path: str, *, lazy: bool) -> Iterator[Import]:
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield Import(alias.name, node.lineno, lazy)
    elif isinstance(node, ast.ImportFrom):
        base = _base(node, path)
        for alias in node.names:
            yield Import(f"{base}.{alias.name}" if _is_module(base, alias.name) else base, node.lineno, lazy)
    elif isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in ("import_module", "__import__"):
        yield Import("?", node.lineno, lazy)
    lazy = lazy or isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
        for child in node.body:
            yield from _imports(child, path, lazy=True)
        for child in node.orelse:
            yield from _imports(child, path, lazy=lazy)
        return
    for inner in ast.iter_child_nodes(node):
        yield from _imports(inner, path, lazy=lazy)


def _base(node: ast.ImportFrom, path: str) -> str:
    if not node.level:
        return node.module or ""
    package = Path(path).parts[: -node.level]
    return ".".join([*package, *([node.module] if node.module else [])])


def _is_module(base: str, name: str) -> bool:
    where = ROOT.joinpath(*base.split("."), name)
    return where.with_suffix(".py").is_file() or (where / "__init__.py").is_file()


def _place(module: str) -> tuple[str, str]:
    """The row of the table for ``console.mux.tmux`` or its path's module, and its name inside the product."""
    name = module.removeprefix("console").lstrip(".") or "version"
    top = name.split(".")[0]
    return (name if name in TABLE else SAME_ROOM.get(top, top)), name


def violations(path: str, text: str) -> Iterator[str]:
    """What a file imports against the table."""
    row, name = _place(path.removesuffix(".py").removesuffix("/__init__").replace("/", "."))
    if row not in TABLE:
        yield f"{path}: no row for {name} in the table of tests/test_imports.py"
        return
    room = TABLE[row]
    for found in imports(path, text):
        where, top = f"{path}:{found.line}", found.target.split(".")[0]
        if top == "?":
            yield f"{where}: a module loaded by name cannot be checked"
        elif top == "console":
            target_row, target = _place(found.target)
            if target_row == row or _within(target_row, target, room.rooms | EVERYWHERE):
                continue
            if not _within(target_row, target, room.lazy):
                yield f"{where}: {row} may not import {target}"
            elif not found.lazy:
                yield f"{where}: {row} may import {target} only inside a function"
        elif top in sys.stdlib_module_names:
            if row == "model" and top in NOT_IN_MODEL:
                yield f"{where}: the model does without {top}"
        elif top not in room.packages:
            yield f"{where}: {row} may not import the package {top}"


def _within(row: str, name: str, allowed: frozenset[str]) -> bool:
    return row in allowed or any(name == each or name.startswith(f"{each}.") for each in allowed)


def test_every_module_imports_only_what_its_room_may() -> None:
    wrong: list[str] = []
    seen: set[str] = set()
    for path in sorted((ROOT / "console").rglob("*.py")):
        relative = path.relative_to(ROOT).as_posix()
        wrong += violations(relative, path.read_text(encoding="utf-8"))
        seen.add(_place(relative.removesuffix(".py").removesuffix("/__init__").replace("/", "."))[0])
    assert not wrong, "\n" + "\n".join(wrong)
    assert seen == set(TABLE), "a row without a module"


@pytest.mark.parametrize(
    ("path", "planted", "kept"),
    [
        ("console/model/a.py", "import yaml", "import dataclasses"),
        ("console/model/a.py", "from console.safety import safe_text", "from console.model.agent import AgentState"),
        ("console/model/a.py", "def f():\n    import time", "import enum"),
        ("console/model/a.py", "from console import __version__", "from console.model import surface"),
        ("console/safety.py", "from console.model import agent", "import unicodedata"),
        ("console/i18n.py", "from console.safety import safe_text", "import gettext"),
        ("console/model/a.py", "from console.language import x", "from console.i18n import tr"),
        ("console/config_load.py", "import textual", "import pydantic"),
        ("console/config.py", "from console.engine import Engine", "from console.config_load import load_file"),
        ("console/mux/tmux.py", "from console.agents.detector import Detector", "from console.host import run"),
        ("console/mux/a/b.py", "from ...tracker.schema import x", "from ..base import MuxError"),
        ("console/mux/tmux.py", "from ..actions import send", "from .base import MuxError"),
        ("console/services/a.py", "import watchfiles", "import psutil"),
        ("console/actions/send.py", "from console.mux.tmux import Tmux", "from console.mux.base import MuxError"),
        ("console/actions/send.py", "from console.mux import tmux", "from console.mux import base"),
        ("console/actions/send.py", "from console.mux import *", "from console.tracker import json_log"),
        ("console/engine.py", "def f():\n    from textual.app import App", "from console.actions.send import x"),
        ("console/widgets/a.py", "from console.mux.base import Interest", "from console.commands import COMMANDS"),
        ("console/screens/a.py", "from console.engine import Engine", "from console.widgets.bars import TopBar"),
        ("console/screens/a.py", "if TYPE_CHECKING:\n    import console.app", "import console.screens.main"),
        ("console/theming.py", "from console.widgets import lines", "from console.theme_file import ThemeFile"),
        ("console/demo/agent.py", "from console.app import ConsoleApp", "from console.demo.keys import Event"),
        ("console/demo/screenshots.py", "from console.mux import tmux", "from console.app import ConsoleApp"),
        ("console/opening.py", "from console.demo.fleet import x", "def f():\n    from console.demo.fleet import x"),
        ("console/headless.py", "from console.app import ConsoleApp", "from console import __version__"),
        ("console/cli.py", "from console.app import ConsoleApp", "def f():\n    from console.app import ConsoleApp"),
        ("console/cli.py", "if x:\n    import console.engine", "if TYPE_CHECKING:\n    import console.engine"),
        ("console/cli.py", "if TYPE_CHECKING:\n    x = 1\nelse:\n    import console.app", "import argparse"),
        ("console/app.py", "import importlib\nimportlib.import_module('x')", "from console.opening import Opened"),
        ("console/attic.py", "x = 1", ""),
    ],
)
def test_the_check_fails_on_what_the_table_forbids(path: str, planted: str, kept: str) -> None:
    assert list(violations(path, planted))
    assert not kept or not list(violations(path, kept))


def _loaded(program: str, folder: Path, *arguments: str) -> tuple[int, set[str]]:
    """Exit code of *program* in a new Python, and the top-level packages it has loaded at its end."""
    report = folder / "loaded.json"
    tail = f"import json, pathlib; pathlib.Path({str(report)!r}).write_text(json.dumps(sorted(sys.modules)))"
    env = {name: value for name, value in os.environ.items() if not name.startswith(("TMUX", "CMUX", "OC_CONSOLE"))}
    env |= {"HOME": str(folder), "XDG_CONFIG_HOME": str(folder), "TMUX_TMPDIR": str(folder), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", f"import sys\n{program}\n{tail}\nsys.exit(code)", *arguments],
        cwd=folder, env=env, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert report.exists(), done.stderr
    return done.returncode, {str(name).split(".")[0] for name in json.loads(report.read_text())}


def test_the_configuration_loads_no_parser_without_a_file(tmp_path: Path) -> None:
    _, loaded = _loaded("import console.config; code = 0", tmp_path)
    assert not loaded & {"yaml", "pydantic", "textual", "rich"}
    _, loaded = _loaded("import yaml, pydantic; code = 0", tmp_path)
    assert loaded >= {"yaml", "pydantic"}, "the check sees what was loaded"


@pytest.mark.skipif(shutil.which("tmux") is None, reason="there is no tmux program")
def test_status_reads_everything_and_never_loads_textual(tmp_path: Path) -> None:
    (tmp_path / "log.json").write_text('{"dispatches": []}', encoding="utf-8")
    (tmp_path / "config.yaml").write_text(
        "log: {path: log.json}\ncollector: {url: 'http://127.0.0.1:9/health'}\n"
        "services:\n  - {name: nobody, process: 'oc-console-no-such-program', expected: absent}\n",
        encoding="utf-8",
    )
    name = f"oc-imports-{uuid.uuid4().hex[:8]}"
    tmux = ["tmux", "-L", name, "-f", "/dev/null"]
    subprocess.run([*tmux, "new-session", "-d", "-x", "80", "-y", "24", "cat"], check=True, timeout=30)
    try:
        found = subprocess.check_output([*tmux, "display-message", "-p", "#{socket_path}"], text=True, timeout=30)
        run = "from console.cli import main; code = main(sys.argv[1:])"
        arguments = ("--config", str(tmp_path / "config.yaml"), "--tmux-socket", found.strip())
        code, loaded = _loaded(run, tmp_path, "status", "--json", *arguments)
    finally:
        subprocess.run([*tmux, "kill-server"], check=False, timeout=30)
    assert code == 1, "nobody answers on the collector's port"
    assert not loaded & {"textual", "rich"}
    assert loaded >= {"yaml", "psutil"}, "the adapters were at work"
