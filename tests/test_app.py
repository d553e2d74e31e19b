"""The app around the screen: themes, their files while it runs, work that breaks, signals."""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from pathlib import Path

import pytest
from platformdirs import user_config_path

from console.app import ConsoleApp
from console.config import Config
from console.model.agent import AgentState
from console.opening import Opened
from console.screens.help import HelpScreen
from console.screens.send import SendScreen
from console.theming import load_themes, theme_folders
from tests.ui_helpers import Fleet, drawn, info, read, rows, until, whole

SHIPPED = [theme.name for theme in load_themes(theme_folders()[:1])[0]]
SIZE = (120, 40)


def theme_file(background: str, name: str = "mine") -> str:
    colours = "".join(
        f'{key}: "#445566"\n'
        for key in ("primary", "secondary", "accent", "warning", "error", "success", "foreground", "surface", "panel")
    )
    return f'name: {name}\ndark: true\nboost: "#222222"\nbackground: "{background}"\n{colours}'


async def test_every_shipped_theme_and_some_of_textuals_own_draw_the_whole_screen() -> None:
    fleet = Fleet()
    async with fleet.app.run_test(size=SIZE) as pilot:
        await fleet.start(pilot, 2)
        fleet.post(read(1, "\x1b[31mred\x1b[0m", AgentState.APPROVAL))
        await fleet.settled(pilot)
        grounds = set()
        for name in (*SHIPPED, "textual-light", "nord", "ansi-dark"):
            fleet.app.theme = name
            await pilot.pause()
            whole(fleet.app, SIZE)
            grounds.add(fleet.app.main.styles.background.hex)
            assert "red" in drawn(fleet.app)
        assert len(grounds) >= 5 and len(SHIPPED) >= 5


@pytest.mark.parametrize("name", [*SHIPPED, "textual-light", "dracula", "ansi-light"])
def test_each_theme_can_be_the_first(name: str) -> None:
    async def opener() -> Opened:
        raise AssertionError

    app = ConsoleApp(replace(Config(), theme=name), opener)
    assert app.theme == name and not app._theme_problems
    assert app.get_css_variables()["state-approval"]


async def test_a_theme_that_is_not_there_is_told_and_replaced() -> None:
    fleet = Fleet(replace(Config(), theme="[/]nowhere"))
    async with fleet.app.run_test(size=SIZE, notifications=True) as pilot:
        await until(pilot, lambda: "theme [/]nowhere: there is none of this name" in drawn(fleet.app))
        assert fleet.app.theme == "oc-dark"


async def test_a_theme_file_that_changes_changes_the_running_app_and_a_broken_one_does_not() -> None:
    folder = user_config_path("oc-console") / "themes"
    assert str(folder).startswith(os.environ["HOME"])
    folder.mkdir(parents=True)
    path = folder / "mine.yaml"
    path.write_text(theme_file("#101010"))
    fleet = Fleet(replace(Config(), theme="mine"))
    async with fleet.app.run_test(size=SIZE, notifications=True) as pilot:
        await fleet.start(pilot, 2)

        async def ground(colour: str) -> None:
            await until(pilot, lambda: fleet.app.main.styles.background.hex == colour)

        await ground("#101010")
        await until(pilot, lambda: _watched(folder))
        path.write_text(theme_file("#202020"))
        await ground("#202020")
        _replace(path, theme_file("#303030"))
        await ground("#303030")
        path.write_text(theme_file("not [/] a colour"))
        await until(pilot, lambda: "mine.yaml" in drawn(fleet.app) and "background" in drawn(fleet.app))
        assert fleet.app.theme == "mine"
        await ground("#303030")
        path.write_text(theme_file("#404040"))
        await ground("#404040")
        whole(fleet.app, SIZE)


def _watched(folder: Path) -> bool:
    """Whether the kernel watches *folder* for this process already; elsewhere than on Linux: assume so."""
    try:
        inode = f"ino:{folder.stat().st_ino:x} "
        return any(inode in entry.read_text() for entry in Path("/proc/self/fdinfo").iterdir())
    except OSError:
        return not Path("/proc/self/fdinfo").is_dir()


def _replace(path: Path, text: str) -> None:
    other = path.with_name(".mine.yaml.new")
    other.write_text(text)
    other.replace(path)


async def test_work_that_breaks_is_told_and_the_app_goes_on() -> None:
    fleet = Fleet()

    async def opener() -> Opened:
        raise RuntimeError("[/] the demo cannot start")

    fleet.app._opener = opener
    async with fleet.app.run_test(size=SIZE, notifications=True) as pilot:
        await until(pilot, lambda: "engine stopped: RuntimeError: [/] the demo cannot start" in drawn_words(fleet))
        await pilot.press("q")
        await until(pilot, lambda: fleet.app._exit)


def drawn_words(fleet: Fleet) -> str:
    return " ".join(drawn(fleet.app).split())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
async def test_signals_end_it_in_order(number: signal.Signals) -> None:
    fleet = Fleet()
    async with fleet.app.run_test(size=SIZE) as pilot:
        await fleet.start(pilot, 1)
        os.kill(os.getpid(), number)
        await until(pilot, lambda: fleet.app._exit)
    assert fleet.app.return_code == 128 + number


async def test_own_keys_work_and_stand_in_the_footer_and_in_the_help() -> None:
    fleet = Fleet(replace(Config(), keys={"surface.send": ("f6",), "app.quit": ("f10",)}))
    async with fleet.app.run_test(size=SIZE) as pilot:
        await fleet.start(pilot, 2)
        assert "f6 send" in rows(fleet.app)[-1] and "f10 quit" in rows(fleet.app)[-1]
        await pilot.press("q", "s")
        assert fleet.app.screen is fleet.app.main and not fleet.app._exit
        await pilot.press("f6")
        await until(pilot, lambda: isinstance(fleet.app.screen, SendScreen))
        await pilot.press("escape", "question_mark")
        await until(pilot, lambda: isinstance(fleet.app.screen, HelpScreen) and "f6" in drawn(fleet.app))
        await pilot.press("escape", "f10")
        await until(pilot, lambda: fleet.app._exit)


async def test_the_multiplexer_is_told_what_is_on_screen() -> None:
    fleet = Fleet()
    async with fleet.app.run_test(size=SIZE) as pilot:
        await fleet.start(pilot, 8)
        await until(pilot, lambda: len(fleet.mux.interest.visible) == 6)
        await pilot.press("3")
        await until(pilot, lambda: fleet.mux.interest.focused == "%3")
        fleet.tree([info(3)])
        await until(pilot, lambda: fleet.mux.interest.visible == {"%3"})
