"""The console comes up where it was left, also after a kill and over a broken file."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from console.app_view import surface_of
from console.config import Config
from console.model.snapshot import Snapshot
from console.model.surface import Surface
from console.state_view import NAME, View, Views
from tests.pty_console import Terminal
from tests.tmux_server import TmuxServer
from tests.ui_helpers import Fleet, drawn, info, until


def test_a_view_comes_back_for_its_server_and_configuration_only(tmp_path: Path) -> None:
    view = View("u", "CODEX 1", "%1", 1, True, True, 54, "상태:working", "age", "queue", "oc-light", "")
    assert Views(tmp_path, "/c.yaml").keep("tmux a", view)
    assert Views(tmp_path, "/c.yaml").load("tmux a") == view == Views(tmp_path, "/c.yaml").last()
    assert Views(tmp_path, "/d.yaml").load("tmux a") is None and Views(tmp_path, "/c.yaml").load("tmux b") is None
    assert (tmp_path / NAME).stat().st_mode & 0o777 == 0o600 and len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize("text", ["", "{", "[]", '{"s\\t": 3}', "[" * 9000, "\x00"])
def test_a_broken_file_is_as_none_and_is_replaced(tmp_path: Path, text: str) -> None:
    (tmp_path / NAME).write_text(text)
    views = Views(tmp_path)
    assert views.load("s") is None and (views.last() is None or text.startswith('{"s'))
    assert views.keep("s", View(sort="age")) and views.load("s") == View(sort="age")


def test_what_is_of_the_wrong_kind_is_left_out(tmp_path: Path) -> None:
    told = {"zoomed": 1, "page": True, "dispatch": -1, "filter": "a\x1b[31m", "name": 3, "sort": "age", "more": 1}
    (tmp_path / NAME).write_text(json.dumps({"s\t": told}))
    assert Views(tmp_path).load("s") == View(sort="age")


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    views = Views(tmp_path / "file")
    assert not views.keep("s", View()) and "cannot be written" in views.error


def test_the_surface_is_found_by_what_it_is_not_by_where_it_stands() -> None:
    def surface(ref: int, name: str, uuid: str | None = None) -> Surface:
        return Surface(replace(info(ref, name), uuid=uuid), name)

    now = Snapshot(surfaces=(surface(1, "A", "u1"), surface(2, "B", "u2"), surface(3, "B")))
    assert surface_of(View("u2", "A", "%1"), now) is now.surfaces[1]
    assert surface_of(View("gone", "A", "%9"), now) is now.surfaces[0]
    assert surface_of(View("", "B", "%3"), now) is now.surfaces[2]
    assert surface_of(View("", "B", "%9"), now) is None and surface_of(View("", "", "%1"), now) is None


async def test_everything_chosen_is_taken_up_again(tmp_path: Path) -> None:
    async def run(*keys: str, fresh: bool = False) -> tuple[View, str]:
        fleet = Fleet(replace(Config(), decisions=str(tmp_path / "d.yaml")))
        fleet.app.resume(Views(tmp_path), fresh=fresh)
        async with fleet.app.run_test(size=(120, 40)) as pilot:
            await fleet.start(pilot, 3)
            await until(pilot, lambda: fleet.app.views is not None and bool(fleet.app._server))
            await pilot.pause()
            await pilot.press(*keys)
            await pilot.pause()
            view = fleet.app.view_now()
            fleet.app.exit()
            return view, drawn(fleet.app)

    first, _ = await run("2", "S", "slash", *"word", "enter")
    assert (first.name, first.sort, first.filter, first.table) == ("AGENT 2", "age", "word", True)
    again, _ = await run()
    assert again == first
    zoomed, _ = await run("escape", "3", "z")
    assert zoomed.zoomed and zoomed.name == "AGENT 3" and zoomed.filter == ""
    assert (await run())[0] == zoomed
    new, _ = await run(fresh=True)
    assert not new.zoomed and new.name == "AGENT 1" and new.sort == "number"


def test_after_a_kill_it_comes_up_where_it_was(tmux: TmuxServer, tmp_path: Path) -> None:
    tmux.run("new-session", "-d", "-s", "f", "-x", "80", "-y", "20", "cat")
    tmux.run("split-window", "-t", "f", "cat")
    names = ("TMUX", "TMUX_PANE", "OC_CONSOLE_CONFIG")
    env = {name: value for name, value in os.environ.items() if name not in names}
    env |= {"XDG_STATE_HOME": str(tmp_path / "state"), "PYTHONPATH": str(Path(__file__).parents[1])}
    file = tmp_path / "state" / "oc-console" / NAME
    options = ("--tmux-socket", str(tmux.socket))

    def kept(text: str) -> bool:
        return file.exists() and text in file.read_text(encoding="utf-8")

    terminal = Terminal(*options, size=(120, 40), env=env, cwd=str(tmp_path))
    try:
        terminal.shows("2 surfaces")
        terminal.press(b"2")
        terminal.until(lambda: kept('"ref": "%1"'), "the surface is never kept")
        terminal.press(b"z")
        terminal.until(lambda: kept('"zoomed": true'), "the zoom is never kept")
        terminal.process.kill()
        terminal.process.wait(20)
    finally:
        terminal.end()
    before = file.read_text(encoding="utf-8")
    again = Terminal(*options, size=(120, 40), env=env, cwd=str(tmp_path))
    try:
        again.shows("2 surfaces")
        again.press(b"S")
        again.until(lambda: kept('"sort": "age"'), "it never goes on")
        assert file.read_text(encoding="utf-8") == before.replace('"sort": "number"', '"sort": "age"')
        again.press(b"q")
        assert again.ended() == 0
    finally:
        again.end()
