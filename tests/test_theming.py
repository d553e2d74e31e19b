"""Theme files: what is accepted, how mistakes are told, Textual's own themes, and reload while running."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
from contextlib import aclosing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from textual.app import App, ComposeResult
from textual.color import Color
from textual.theme import BUILTIN_THEMES, Theme
from textual.widgets import DataTable, Footer, Input, Static

from console.model.agent import AgentState
from console.theme_file import FILE_LIMIT, REQUIRED_COLOURS
from console.theming import (
    DEFAULT_THEME,
    STATE_VARIABLES,
    load_themes,
    state_variables,
    theme_folders,
    variable_defaults,
    watch_themes,
)
from console.widgets.ansi import _contrast

GOOD = 'name: mine\ndark: true\nboost: "#222222"\n' + "".join(f'{key}: "#445566"\n' for key in REQUIRED_COLOURS)
SHIPPED = {theme.name: theme for theme in load_themes(theme_folders()[:1])[0]}
DEADLINE = 30.0


def write(folder: Path, text: str | bytes, name: str = "mine.yaml") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def only_problem(folder: Path) -> str:
    themes, problems = load_themes([folder])
    assert themes == []
    assert len(problems) == 1, problems
    return problems[0]


class Board(App[None]):
    """Uses every state variable as a text colour, a frame and a background."""

    CSS = "".join(
        f"#{state} {{ color: ${variable}; border: round ${variable}; }} #{state}-fill {{ background: ${variable}; }}\n"
        for state, variable in zip(AgentState, STATE_VARIABLES, strict=True)
    )

    def __init__(self, *themes: Theme) -> None:
        super().__init__()
        for theme in themes:
            self.register_theme(theme)
        self.theme = themes[0].name if themes else "textual-dark"

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return state_variables(self.current_theme)

    def compose(self) -> ComposeResult:
        for state in AgentState:
            yield Static(state.value, id=state.value)
            yield Static(state.value, id=f"{state}-fill")
        yield DataTable()
        yield Input()
        yield Footer()

    def colours(self) -> dict[str, str]:
        return {f"state-{state}": self.query_one(f"#{state}").styles.color.hex for state in AgentState}


@pytest.mark.parametrize("name", SHIPPED)
async def test_each_shipped_theme_boots_with_every_state_variable(name: str) -> None:
    app = Board(SHIPPED[name])
    async with app.run_test() as pilot:
        await pilot.pause()
        assert app.colours() == {key: SHIPPED[name].variables[key] for key in STATE_VARIABLES}


async def test_textuals_own_themes_work_and_the_states_follow_the_theme() -> None:
    app = Board()
    async with app.run_test() as pilot:
        for name, theme in BUILTIN_THEMES.items():
            app.theme = name
            await pilot.pause()
            wanted = state_variables(theme)
            assert app.colours() == {key: wanted[key] for key in STATE_VARIABLES}, name
    assert state_variables(BUILTIN_THEMES["nord"]) != state_variables(BUILTIN_THEMES["textual-light"])


def test_state_variables_are_concrete_and_complete() -> None:
    for theme in (*BUILTIN_THEMES.values(), *SHIPPED.values()):
        colours = state_variables(theme)
        assert tuple(colours) == (*STATE_VARIABLES, "oc-text", "oc-muted")
        assert all(Color.parse(colour) for colour in colours.values())
    for name in ("ansi-dark", "ansi-light"):
        colours = state_variables(BUILTIN_THEMES[name])
        assert all(colour.startswith("ansi_") for colour in colours.values()), "the terminal's own colours"
        assert len({colours["state-approval"], colours["state-error"], colours["state-working"]}) == 3
    assert tuple(variable_defaults()) == (*STATE_VARIABLES, "oc-text", "oc-muted")
    assert DEFAULT_THEME in SHIPPED


def test_the_shipped_themes_have_no_problem_and_name_every_state() -> None:
    assert load_themes(theme_folders()[:1])[1] == []
    for theme in SHIPPED.values():
        assert set(STATE_VARIABLES) <= set(theme.variables)


def test_a_small_file_is_enough(tmp_path: Path) -> None:
    states = 'states:\n  approval: warning\n  idle: "#010203"\nvariables:\n  text-muted: auto 60%\n  border: panel\n'
    write(tmp_path, GOOD.replace('warning: "#445566"', "warning: gold") + states)
    (theme,), problems = load_themes([tmp_path])
    assert problems == []
    assert (theme.name, theme.dark, theme.primary, theme.warning) == ("mine", True, "#445566", "#FFD700")
    assert theme.variables["state-approval"] == "#FFD700"
    assert theme.variables["state-idle"] == "#010203"
    assert theme.variables["border"] == "#445566"
    assert theme.variables["text-muted"] == "auto 60%"
    assert theme.to_color_system().generate()["boost"] == "#222222", "boost counts beside a panel colour"
    assert "state-error" not in theme.variables
    derived = state_variables(theme)
    assert derived["state-idle"] == "#010203", "what the theme gives stands"
    assert Color.parse(derived["state-error"])


@pytest.mark.parametrize(
    ("change", "where", "wrong"),
    [
        (("name: mine", "name: My Theme"), "1 name", "is not a theme name; write 1 to 40"),
        (("name: mine", "name: a,b"), "1 name", "is not a theme name"),
        (("name: mine\n", ""), "1 name", "missing; write"),
        (("dark: true", "dark: yes"), "2 dark", "'yes' is neither true nor false; write true or false"),
        (("dark: true\n", ""), "1 dark", "missing; write true or false"),
        (('primary: "#445566"', "primary: blu"), "4 primary", "'blu' is not a colour; write one in quotes"),
        (('primary: "#445566"', "primary: #445566"), "4 primary", "no value; write one; a colour that begins with #"),
        (('primary: "#445566"', "primary: [a]"), "4 primary", "not one value"),
        (('primary: "#445566"', f"primary: rgb({'9' * 400},0,0)"), "4 primary", "is not a colour"),
        (('primary: "#445566"\n', ""), "1 primary", "missing; write one in quotes"),
        (('primary: "#445566"', "primry: red\nprimary: red"), "4 primry", "unknown key; did you mean primary?"),
        (("dark: true", "dark: true\ndark: false"), "3 dark", "given twice; keep one"),
        (("dark: true", "dark: true\n? [a]\n: b"), "3 ?", "unknown key"),
        (("dark: true", "dark: true\nstates: red"), "3 states", "not a mapping; write"),
        (("dark: true", "dark: true\nstates:\n  aproval: red"), "4 states.aproval", "did you mean approval?"),
        (("dark: true", "dark: true\nstates:\n  idle: [a]"), "4 states.idle", "not one value"),
        (("dark: true", "dark: true\nstates:\n  idle: auto"), "4 states.idle", "or the name of a palette entry"),
        (("dark: true", "dark: true\nvariables:\n  bordr: red"), "4 variables.bordr", "did you mean border"),
        (("dark: true", "dark: true\nvariables:\n  border: auto"), "4 variables.border", "is not a colour"),
        (("dark: true", "dark: true\nvariables:\n  link-style: wavy"), "4 variables.link-style", "not a text style"),
        (
            ("dark: true", "dark: true\nvariables:\n  link-style: bold not"),
            "4 variables.link-style",
            "not a text style",
        ),
        (("dark: true", "dark: true\nvariables:\n  primary: red"), "4 variables.primary", "unknown key"),
    ],
)
def test_a_mistake_is_told_with_file_line_and_key(
    tmp_path: Path, change: tuple[str, str], where: str, wrong: str
) -> None:
    assert change[0] in GOOD
    path = write(tmp_path, GOOD.replace(*change, 1))
    problem = only_problem(tmp_path)
    assert problem.startswith(f"{path}:{where}: ")
    assert wrong in problem
    assert ";" in problem


@pytest.mark.parametrize(
    ("data", "wrong"),
    [
        (b"", "empty; write"),
        (b"# nothing\n", "empty; write"),
        (b"- a\n- b\n", "not a list of keys"),
        (b"name: [mine\n", "not YAML: "),
        (b"name: a\n--- \nname: b\n", "not YAML: "),
        (b"name: \x07\n", "not YAML: "),
        (b"name: *nowhere\n", "not YAML: "),
        (b"name: a\n\xff\xfe\n", ":2: not UTF-8 text; save"),
        (b"[" * 60_000, "nested too deeply"),
        (b"a: {b: {c: {d: e}}}\n", "nested too deeply"),
        (b"#" * (FILE_LIMIT + 1), f"larger than {FILE_LIMIT} bytes"),
    ],
)
def test_what_is_no_theme_at_all(tmp_path: Path, data: bytes, wrong: str) -> None:
    write(tmp_path, data)
    assert wrong in only_problem(tmp_path)


def test_every_mistake_of_every_file_is_told_and_good_files_load(tmp_path: Path) -> None:
    write(tmp_path, GOOD.replace("mine", "good"), "c.yml")
    write(tmp_path, 'name: X\ndark: 1\n"\\e[31m\\n": 1\nprimary: "\\e[31mred"\n', "a.yaml")
    write(tmp_path, "name: [", "b.yaml")
    write(tmp_path, "name: [", ".hidden.yaml")
    (tmp_path / "d.yaml").mkdir()
    themes, problems = load_themes([tmp_path])
    assert [theme.name for theme in themes] == ["good"]
    assert sorted({Path(problem.partition(":")[0]).name for problem in problems}) == ["a.yaml", "b.yaml", "d.yaml"]
    assert len([p for p in problems if "a.yaml" in p]) == 3 + len(REQUIRED_COLOURS)
    assert "d.yaml:1: cannot be read: not a regular file" in "\n".join(problems)
    assert all(problem.isprintable() for problem in problems), "one safe line each"


def test_a_later_folder_wins_and_a_name_is_used_once_in_a_folder(tmp_path: Path) -> None:
    first, second, missing = tmp_path / "1", tmp_path / "2", tmp_path / "3"
    first.mkdir()
    second.mkdir()
    write(first, GOOD)
    write(second, GOOD.replace("dark: true", "dark: false"), "a.yaml")
    write(second, GOOD, "b.yaml")
    themes, problems = load_themes([first, missing, second])
    assert [(theme.name, theme.dark) for theme in themes] == [("mine", False)]
    assert problems == [f"{second}/b.yaml:1 name: mine is taken by a.yaml; write another name"]


def test_folders_shipped_then_the_users_then_the_extra_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platformdirs.user_config_path", lambda name: tmp_path / name)
    shipped, mine, extra = theme_folders(tmp_path / "extra")
    assert (shipped / "oc-dark.yaml").is_file()
    assert mine == tmp_path / "oc-console" / "themes"
    assert extra == tmp_path / "extra"
    assert theme_folders(mine) == (shipped, mine)


def test_importing_theming_does_not_import_what_only_loading_needs() -> None:
    code = "import sys, console.theming; print([m for m in ('yaml', 'watchfiles', 'difflib') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = done.stdout.strip()
    assert "yaml" not in loaded
    assert "watchfiles" not in loaded


SCALARS = st.sampled_from(
    ["red", "auto", "auto 60%", '"#123456"', "#123", "true", "[a]", "{a: b}", "bold", "&a x", "!!int 3"]
)
KEYS = st.sampled_from([*REQUIRED_COLOURS, "name", "dark", "boost", "states", "variables", "<<", "? x"])


@settings(max_examples=60, deadline=None)
@given(
    st.one_of(
        st.binary(max_size=80),
        st.lists(st.tuples(KEYS, SCALARS)).map(lambda rows: "\n".join(f"{k}: {v}" for k, v in rows).encode()),
    )
)
def test_no_file_stops_the_console(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), data)
        write(Path(folder), GOOD + data.decode("latin-1"), "with-tail.yaml")
        themes, problems = load_themes([Path(folder)])
        assert len(themes) + len({problem.split(".yaml:")[0] for problem in problems}) == 2
        for theme in themes:
            theme.to_color_system().generate()


async def test_an_edit_is_seen_and_a_broken_edit_keeps_the_others(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    write(tmp_path, GOOD.replace("mine", "other"), "other.yaml")
    async with aclosing(watch_themes([tmp_path, tmp_path / "missing"])) as changes:
        for text, names in ((GOOD.replace("true", "false"), ["mine", "other"]), ("name: [", ["other"])):
            seen = asyncio.ensure_future(anext(changes))
            async with asyncio.timeout(DEADLINE):
                while not seen.done():  # again and again: an edit before the watch stands would be missed
                    temporary = write(tmp_path, text, "mine.tmp")
                    temporary.replace(tmp_path / "mine.yaml")
                    await asyncio.wait({seen}, timeout=0.5)
            await seen
            themes, problems = load_themes([tmp_path])
            assert [theme.name for theme in themes] == names
            assert len(problems) == 2 - len(names)


async def test_only_theme_files_are_watched(tmp_path: Path) -> None:
    async with aclosing(watch_themes([tmp_path])) as changes:
        seen = asyncio.ensure_future(anext(changes))
        await asyncio.wait({seen}, timeout=0.05)
        write(tmp_path, "x", "notes.txt")
        write(tmp_path, "x", ".mine.yaml.swp")
        write(tmp_path, "x", ".#mine.yaml")
        done, _pending = await asyncio.wait({seen}, timeout=1.0)
        assert not done
        async with asyncio.timeout(DEADLINE):
            while not seen.done():
                write(tmp_path, GOOD)
                await asyncio.wait({seen}, timeout=0.5)
        await seen


async def test_nothing_to_watch_ends_the_iterator(tmp_path: Path) -> None:
    assert [change async for change in watch_themes([tmp_path / "missing"])] == []


async def test_a_reloaded_theme_is_drawn_without_a_restart(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    app = Board(*load_themes([tmp_path])[0])
    async with app.run_test() as pilot:
        write(tmp_path, GOOD + 'states:\n  working: "#0a0b0c"\n')
        for theme in load_themes([tmp_path])[0]:
            app.register_theme(theme)
        app.refresh_css(animate=False)
        await pilot.pause()
        assert app.colours()["state-working"] == "#0A0B0C"


def test_our_text_reads_on_every_theme() -> None:
    for theme in (*BUILTIN_THEMES.values(), *SHIPPED.values()):
        if theme.name.startswith("ansi-"):
            continue  # the terminal's own colours cannot be measured
        ground = Color.parse(theme.to_color_system().generate()["background"])
        colours = state_variables(theme)
        for name, least in (("oc-text", 4.0), ("oc-muted", 2.0)):
            assert _contrast(Color.parse(colours[name]).rgb, ground.rgb) >= least, (theme.name, name)
