"""The house rules, each shown to fail on a planted snippet."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[1]
FUNCTIONS: Final = (ast.FunctionDef, ast.AsyncFunctionDef)

Rule = Callable[[str, str], Iterator[str]]
"""From the file's path (``console/app.py``) and its text to what is wrong, one line each."""

FILE_LINES, APP_LINES, FUNCTION_LINES = 400, 299, 60

STARTS_PROGRAMS: Final = frozenset(
    {"create_subprocess_exec", "create_subprocess_shell", "subprocess_exec", "subprocess_shell"}
    | {"system", "popen", "fork", "forkpty", "posix_spawn", "posix_spawnp"}
)
"""Attributes of asyncio, its loops and os that start another program."""

READS_MARKUP: Final = frozenset({"Static", "Label", "OptionList", "SelectionList"})
"""Widgets that read ``[...]`` in a string as markup unless told otherwise."""

HEX: Final = re.compile(r"#(?:[0-9a-fA-F]{8}|[0-9a-fA-F]{6}|(?=\d*[a-fA-F])[0-9a-fA-F]{3})\b")


def size(path: str, text: str) -> Iterator[str]:
    """A file that outgrows this has two subjects."""
    limit = APP_LINES if path == "console/app.py" else FILE_LINES
    lines = len(text.splitlines())
    if lines > limit:
        yield f"{path}: {lines} lines, more than {limit}"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, FUNCTIONS) and node.end_lineno is not None:
            length = node.end_lineno - node.lineno + 1
            if length > FUNCTION_LINES:
                yield f"{path}:{node.lineno} {node.name}: {length} lines, more than {FUNCTION_LINES}"


def docstrings(path: str, text: str) -> Iterator[str]:
    """Modules, public classes, their public methods, and public functions say what a caller may rely on."""
    tree = ast.parse(text)
    if not ast.get_docstring(tree):
        yield f"{path}: the module has no docstring"
    yield from _undocumented(path, tree.body, "")


def _undocumented(path: str, body: list[ast.stmt], inside: str) -> Iterator[str]:
    for node in body:
        if not isinstance(node, (ast.ClassDef, *FUNCTIONS)) or node.name.startswith("_"):
            continue
        if not ast.get_docstring(node):
            yield f"{path}:{node.lineno} {inside}{node.name}: no docstring"
        if isinstance(node, ast.ClassDef):
            yield from _undocumented(path, node.body, f"{inside}{node.name}.")


def wait_for(path: str, text: str) -> Iterator[str]:
    """Python 3.11's asyncio.wait_for can swallow a cancellation (cpython issue 86296); asyncio.timeout does not."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom):
            used = node.module == "asyncio" and any(alias.name == "wait_for" for alias in node.names)
        else:
            used = isinstance(node, ast.Attribute) and _dotted(node) == "asyncio.wait_for"
        if used:
            yield f"{path}:{_line(node)}: asyncio.wait_for; write `async with asyncio.timeout(…)`"


def shell(path: str, text: str) -> Iterator[str]:
    """Programs get an argv."""
    for node in _calls(text):
        for keyword in node.keywords:
            if keyword.arg == "shell" and not (isinstance(keyword.value, ast.Constant) and not keyword.value.value):
                yield f"{path}:{node.lineno}: shell=True; write an argv"


def programs(path: str, text: str) -> Iterator[str]:
    """host.py is the only door to other programs; the demo starts its own server."""
    if path == "console/host.py" or path.startswith("console/demo/"):
        return
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            modules = [a.name for a in node.names] if isinstance(node, ast.Import) else [node.module or ""]
            if any(name.split(".")[0] in ("subprocess", "pty", "multiprocessing") for name in modules):
                yield f"{path}:{node.lineno}: imports {', '.join(modules)}; use console.host"
        elif isinstance(node, ast.Call) and _last(node.func) in STARTS_PROGRAMS | {"execv", "execvp", "execve"}:
            yield f"{path}:{node.lineno}: {_dotted(node.func)} starts a program; use console.host"


def sends(path: str, text: str) -> Iterator[str]:
    """Only actions/ types into a surface: a monitor cannot do it by accident. A back end may hand on to another."""
    if path.startswith("console/actions/") or path == "console/mux/sought.py":
        return
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Attribute) and node.attr in ("send_text", "send_key"):
            yield f"{path}:{node.lineno}: {_dotted(node)}; only actions/ may type into a surface"


ENGINE: Final = (
    "console/engine.py", "console/engine_acts.py", "console/attending.py", "console/sending.py", "console/cleaning.py",
    "console/queueing.py", "console/servicing.py", "console/cut_off.py",
)  # fmt: skip
"""The engine and the parts of it that carry out acts."""


def acts(path: str, text: str) -> Iterator[str]:
    """Only the engine, and its parts, reach actions/."""
    if path in ENGINE or path.startswith("console/actions/"):
        return
    for node in ast.walk(ast.parse(text)):
        names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{a.name}" for a in node.names]
        if any(f"{name}.".startswith("console.actions.") for name in names):
            yield f"{path}:{_line(node)}: imports {', '.join(names)}; only engine.py may"


def markup(path: str, text: str) -> Iterator[str]:
    """No string from outside is read as markup: ``[/]`` in a name must not break or restyle the screen."""
    tree = ast.parse(text)
    if path.startswith(("console/actions/", "console/mux/")) or path == "console/attending.py":
        return  # they know no Textual: a `notify` there is another one
    for node in _calls(text):
        name = _last(node.func)
        if name in READS_MARKUP | {"notify"} and not (_says_no_markup(node) or _renderable(node, tree)):
            yield f"{path}:{node.lineno}: {name}(…) without markup=False"
        elif name == "from_markup":
            yield f"{path}:{node.lineno}: from_markup; build a Text"
    for other in ast.walk(tree):
        if isinstance(other, ast.alias) and other.name == "DataTable":
            yield f"{path}: DataTable reads its str cells as markup"
        elif isinstance(other, ast.Attribute) and other.attr in ("border_title", "border_subtitle"):
            yield f"{path}:{other.lineno}: {other.attr} is read as markup"


def _says_no_markup(node: ast.Call) -> bool:
    given = next((k.value for k in node.keywords if k.arg == "markup"), None)
    return isinstance(given, ast.Constant) and given.value is False


def _renderable(node: ast.Call, tree: ast.Module) -> bool:
    """Whether the first argument is surely a Rich object: made by a Rich class, or by a method annotated with one."""
    if not node.args or not isinstance(node.args[0], ast.Call):
        return False
    rich = {
        alias.asname or alias.name
        for found in ast.walk(tree)
        if isinstance(found, ast.ImportFrom) and (found.module or "").split(".")[0] == "rich"
        for alias in found.names
    }
    made_by = _last(node.args[0].func)
    returns = {f.name: _dotted(f.returns) for f in ast.walk(tree) if isinstance(f, FUNCTIONS) and f.returns}
    return made_by in rich or returns.get(made_by) in rich


def colours(path: str, text: str) -> Iterator[str]:
    """Colours come from the theme; what shows other programs' own colours, or reads themes, has to name some."""
    if path in ("console/theming.py", "console/theme_file.py") or path.startswith(("console/demo/", "console/mux/")):
        return
    tree = ast.parse(text)
    explained = {
        id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in explained:
            for found in HEX.findall(node.value):
                yield f"{path}:{node.lineno}: the colour {found}; take it from the theme"


def _calls(text: str) -> Iterator[ast.Call]:
    return (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call))


def _line(node: ast.AST) -> int:
    return int(getattr(node, "lineno", 0))


def _dotted(node: ast.AST | None) -> str:
    return ast.unparse(node) if node is not None else ""


def _last(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


RULES: Final[tuple[Rule, ...]] = (size, docstrings, wait_for, shell, programs, sends, acts, markup, colours)


def _product() -> list[Path]:
    found = sorted((ROOT / "console").rglob("*.py"))
    assert len(found) > 50
    return found


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule.__name__))
def test_the_product_keeps_the_rule(rule: Rule) -> None:
    wrong = [
        line
        for path in _product()
        for line in rule(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8"))
    ]
    assert not wrong, "\n" + "\n".join(wrong)


def test_style_sheets_name_no_colour_and_stay_small() -> None:
    # An id selector is no colour: it stands at the start of a selector, a colour after a property's colon.
    sheets = sorted((ROOT / "console" / "styles").glob("*.tcss"))
    assert sheets
    for sheet in sheets:
        text = sheet.read_text(encoding="utf-8")
        assert len(text.splitlines()) <= FILE_LINES, sheet
        assert not re.findall(r":[^;{]*#[0-9a-fA-F]{3,8}\b[^;{]*;", text), sheet


_LONG: Final = "def f():\n" + "    x = 1\n" * FUNCTION_LINES
_HELD: Final = (
    "from rich.table import Table\nclass S:\n    def _t(self) -> Table: ...\n    def c(self): Static(self._t())\n"
)


@pytest.mark.parametrize(
    ("rule", "path", "planted", "kept"),
    [
        (size, "console/model/a.py", "x = 1\n" * 401, "x = 1\n" * 400),
        (size, "console/app.py", "x = 1\n" * 300, "x = 1\n" * 299),
        (size, "console/a.py", _LONG, _LONG.removesuffix("    x = 1\n")),
        (size, "console/a.py", "async " + _LONG, "async " + _LONG.removesuffix("    x = 1\n")),
        (docstrings, "console/a.py", "x = 1", '"""Said."""\nx = 1'),
        (docstrings, "console/a.py", '"""Said."""\ndef f(): ...', '"""Said."""\ndef _f(): ...'),
        (docstrings, "console/a.py", '"""Said."""\nclass A: ...', '"""Said."""\nclass A:\n  "Said."'),
        (
            docstrings,
            "console/a.py",
            '"""Said."""\nclass A:\n  "Said."\n  async def f(self): ...',
            '"""Said."""\nclass A:\n  "Said."\n  async def f(self): "Said."',
        ),
        (wait_for, "console/a.py", "await asyncio.wait_for(x, 1)", "await asyncio.wait({x})"),
        (wait_for, "console/a.py", "from asyncio import wait_for", "from asyncio import timeout"),
        (shell, "console/demo/a.py", "run('ls', shell=True)", "run(['ls'], shell=False)"),
        (shell, "console/demo/a.py", "run('ls', shell=flag)", "run(['ls'])"),
        (programs, "console/mux/a.py", "def f():\n  import subprocess", "from console import host"),
        (programs, "console/mux/a.py", "from subprocess import run", "from subprocesses import run"),
        (programs, "console/mux/a.py", "asyncio.create_subprocess_exec('ls')", "p: asyncio.subprocess.Process"),
        (programs, "console/mux/a.py", "loop.subprocess_exec(P, 'ls')", "host.run(['ls'])"),
        (programs, "console/mux/a.py", "os.system('ls')", "os.getpid()"),
        (sends, "console/app.py", "await mux.send_text('%1', 'x')", "await engine.send('%1', 'x')"),
        (sends, "console/mux/a.py", "press = self.send_key", "async def send_key(self): ..."),
        (acts, "console/app.py", "def f():\n  from console.actions.send import x", "from console.engine import Engine"),
        (acts, "console/app.py", "from console import actions", "from console import mux"),
        (acts, "console/app.py", "import console.actions.send", "import console.model"),
        (markup, "console/app.py", "self.notify('x')", "self.notify('x', markup=False)"),
        (markup, "console/app.py", "self.notify('x', markup=True)", "self.notify('x', timeout=2, markup=False)"),
        (markup, "console/a.py", "Static(name)", "Static(name, markup=False)"),
        (markup, "console/a.py", "Static(Table())", "from rich.table import Table\nStatic(Table())"),
        (markup, "console/a.py", _HELD.replace("Table: ...", "str: ..."), _HELD),
        (markup, "console/a.py", "from textual.widgets import DataTable", "from textual.widgets import Input"),
        (markup, "console/a.py", "self.border_title = name", "self.title = name"),
        (markup, "console/a.py", "Text.from_markup(name)", "Text(name)"),
        (colours, "console/app.py", "x = 'bold #a0b1c2'", '"""Such as ``#a0b1c2``."""'),
        (colours, "console/widgets/a.py", "x = f'{y} on #fa0'", "x = f'#{n} #54 #123'"),
    ],
)
def test_each_rule_fails_on_what_it_forbids(rule: Rule, path: str, planted: str, kept: str) -> None:
    assert list(rule(path, planted))
    assert not list(rule(path, kept))
