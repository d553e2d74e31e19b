"""The line of keys."""

from __future__ import annotations

from dataclasses import replace

from textual import on

from console.commands import COMMANDS, with_keys
from console.widgets.key_bar import KeyBar
from tests.ui_helpers import Stage, rows, until, whole

SHOWN = [command for command in COMMANDS if command.show]


class Keys(Stage):
    def __init__(self) -> None:
        self.bar = KeyBar()
        self.ran: list[str] = []
        super().__init__(self.bar)

    @on(KeyBar.Pressed)
    def _pressed(self, message: KeyBar.Pressed) -> None:
        self.ran.append(message.action)


async def test_it_shows_first_keys_and_titles_and_a_click_runs_the_command() -> None:
    app = Keys()
    async with app.run_test(size=(100, 1)) as pilot:
        app.bar.show(SHOWN)
        await pilot.pause()
        whole(app, (100, 1))
        for command in SHOWN:
            shown = f" {command.keys.split(' ')[0]} {command.title} "
            for at in (rows(app)[0].index(shown), rows(app)[0].index(shown) + len(shown) - 1):
                await pilot.click(KeyBar, offset=(at, 0))
                await until(pilot, lambda: bool(app.ran))
                assert app.ran.pop() == command.action, command.id
        await pilot.click(KeyBar, offset=(99, 0))
        await pilot.pause()
        assert app.ran == []


async def test_own_keys_are_shown_and_the_same_keys_paint_nothing() -> None:
    app = Keys()
    async with app.run_test(size=(100, 1)) as pilot:
        app.bar.show(SHOWN)
        await pilot.pause()
        app.bar.painted = 0
        app.bar.show([replace(command) for command in SHOWN])
        assert app.bar.painted == 0
        app.bar.show([c for c in with_keys({"surface.send": ("ctrl+s",)}) if c.show])
        await until(pilot, lambda: " ctrl+s send " in rows(app)[0])
        await pilot.resize_terminal(20, 1)
        await until(pilot, lambda: rows(app)[0].rstrip().endswith("…"))
        whole(app, (20, 1))
