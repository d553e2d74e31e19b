"""The cmux-tui adapter against the real daemon of the `cmux` wheel, on a private socket."""

from __future__ import annotations

import asyncio
import subprocess
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from console.demo.backend_cmux import find_cmux, start_daemon
from console.model.reading import MuxDown, MuxReading, ScreenRead, TreeRead
from console.model.surface import Screen, SurfaceInfo
from console.mux.base import Interest, Multiplexer, MuxError
from console.mux.cmux_input import chord
from console.mux.cmux_render import Grid, draw_row, plain_screen
from console.mux.cmux_rpc import CmuxRefused, CmuxRpc
from console.mux.cmux_tree import parse_tree
from console.mux.cmux_tui import CmuxTui

PROGRAM = find_cmux()
pytestmark = [pytest.mark.daemon]
needs_daemon = pytest.mark.skipif(not PROGRAM, reason="there is no cmux program (extra `embedded`)")

RAW = """
import os, sys, tty
tty.setraw(0)
os.write(1, b"\\x1b[?2004h" if sys.argv[1] == "paste" else b"")
os.write(1, b"\\x1b]2;a title\\x07\\x1b[1;31mred\\x1b[0m \\x1b[7mback\\x1b[0m \\xed\\x95\\x9c\\xea\\xb8\\x80\\r\\n")
os.write(1, b"ready\\r\\n")
while True:
    os.write(1, repr(os.read(0, 4096)).encode() + b"\\r\\n")
"""


class Daemon:
    """A private daemon; `run` starts a program in a new terminal."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.socket = str(folder / "s.sock")
        self.process: subprocess.Popen[bytes] | None = None

    async def start(self) -> None:
        self.process = await asyncio.to_thread(start_daemon, PROGRAM, self.socket, self.folder)
        async with asyncio.timeout(10):
            while True:
                try:
                    self.rpc = await CmuxRpc.connect(self.socket)
                    return
                except MuxError:
                    await asyncio.sleep(0.02)

    async def workspace(self, name: str) -> str:
        made = await self.rpc.call("workspace.create", mutation=True, name=name, initial_content="empty")
        return str(made["value"]["workspace_id"])

    async def run(self, workspace: str, name: str, *argv: str, on_exit: str = "close") -> str:
        made = await self.rpc.call(
            "workspace.run", mutation=True, workspace=workspace, name=name, argv=list(argv), cols=60, rows=12,
            on_exit=on_exit,
        )  # fmt: skip
        return str(made["value"]["terminal_id"])

    async def stop(self) -> None:
        await self.rpc.close()
        if self.process is not None:
            self.process.terminate()
            await asyncio.to_thread(self.process.wait, 10)


@pytest.fixture
async def daemon(tmp_path: Path) -> AsyncIterator[Daemon]:
    made = Daemon(tmp_path)
    await made.start()
    yield made
    await made.stop()


class Watched:
    """An adapter whose readings are collected while a test goes on."""

    def __init__(self, socket: str) -> None:
        self.mux = CmuxTui(socket)
        self.readings: list[MuxReading] = []
        self._task = asyncio.create_task(self._collect())

    async def _collect(self) -> None:
        async for reading in self.mux.watch():
            self.readings.append(reading)

    async def until(self, true: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + 15
        while not true():
            assert not self._task.done(), f"watch ended: {self._task}"
            assert time.monotonic() < deadline, f"{what}: {self.readings[-3:]}"
            await asyncio.sleep(0.01)

    def tree(self) -> tuple[SurfaceInfo, ...]:
        trees = [reading for reading in self.readings if isinstance(reading, TreeRead)]
        return trees[-1].surfaces if trees else ()

    def screen(self, key: str) -> Screen | None:
        screens = [r for r in self.readings if isinstance(r, ScreenRead) and r.key == key]
        return screens[-1].screen if screens else None

    def text(self, key: str) -> str:
        screen = self.screen(key)
        return "\n".join(screen.lines) if screen else ""

    async def close(self) -> None:
        await self.mux.close()
        async with asyncio.timeout(10):
            await self._task


@pytest.fixture
async def watched(daemon: Daemon) -> AsyncIterator[Watched]:
    made = Watched(daemon.socket)
    yield made
    await made.close()


@needs_daemon
async def test_tree_names_places_and_processes(daemon: Daemon, watched: Watched) -> None:
    one, two = await daemon.workspace("openclaw"), await daemon.workspace("검증")
    first = await daemon.run(one, "CODEX 1", "python3", "-c", RAW, "paste")
    second = await daemon.run(one, "CLAUDE 2", "cat")
    third = await daemon.run(two, "CODEX 검증", "cat")
    await watched.until(lambda: len(watched.tree()) == 3, "three terminals")
    await watched.until(lambda: watched.tree()[0].title == "a title", "the title a program sets")
    assert [(i.ref, i.uuid, i.label, i.place) for i in watched.tree()] == [
        (first, first, "CODEX 1", "openclaw:0"),
        (second, second, "CLAUDE 2", "openclaw:1"),
        (third, third, "CODEX 검증", "검증:0"),
    ]
    info = watched.tree()[0]
    assert (info.command, info.width, info.height, info.dead, info.own) == ("python3", 60, 12, False, False)
    assert info.pid is not None and info.pid > 1
    assert daemon.folder.name in watched.mux.source and daemon.socket in watched.mux.source


@needs_daemon
async def test_the_first_reading_is_a_tree_and_a_closed_terminal_leaves_it(daemon: Daemon, watched: Watched) -> None:
    workspace = await daemon.workspace("w")
    stays = await daemon.run(workspace, "a", "cat")
    goes = await daemon.run(workspace, "b", "sleep", "0.4")
    await watched.until(lambda: bool(watched.readings), "a reading")
    assert isinstance(watched.readings[0], TreeRead)
    await watched.until(lambda: [i.ref for i in watched.tree()] == [stays, goes], "both")
    await watched.until(lambda: [i.ref for i in watched.tree()] == [stays], "only the one that runs")


@needs_daemon
async def test_a_kept_terminal_is_shown_dead(daemon: Daemon, watched: Watched) -> None:
    key = await daemon.run(await daemon.workspace("w"), "a", "sh", "-c", "echo last words", on_exit="keep")
    await watched.until(lambda: any(i.ref == key and i.dead for i in watched.tree()), "dead")
    assert not any(isinstance(reading, MuxDown) for reading in watched.readings)


@needs_daemon
async def test_screens_come_with_colours_wide_characters_and_cursor(daemon: Daemon, watched: Watched) -> None:
    key = await daemon.run(await daemon.workspace("w"), "a", "python3", "-c", RAW, "paste")
    watched.mux.look_at(Interest(frozenset({key})))
    await watched.until(lambda: "ready" in watched.text(key), "the screen")
    screen = watched.screen(key)
    assert screen is not None
    assert screen.lines[:2] == ("red back 한글", "ready")
    assert (screen.width, screen.height, len(screen.lines), screen.cursor) == (60, 12, 12, (0, 2))
    assert screen.styled[0].startswith("\x1b[1;38;2;") and "\x1b[7mback\x1b[0m" in screen.styled[0]
    fresh = await watched.mux.read(key)
    assert fresh == screen


@needs_daemon
async def test_text_and_keys_arrive_as_one_paste_and_as_keys(daemon: Daemon, watched: Watched) -> None:
    key = await daemon.run(await daemon.workspace("w"), "a", "python3", "-c", RAW, "paste")
    watched.mux.look_at(Interest(frozenset({key})))
    await watched.until(lambda: "ready" in watched.text(key), "the program")
    await watched.mux.send_text(key, "one\ntwo")
    await watched.until(lambda: r"b'\x1b[200~one\rtwo\x1b[201~'" in watched.text(key), "one bracketed paste")
    for name, bytes_ in (("enter", r"b'\r'"), ("escape", r"b'\x1b'"), ("up", r"b'\x1b[A'"), ("C-c", r"b'\x03'"),
                         ("1", "b'1'"), ("?", "b'?'"), ("btab", r"b'\x1b[Z'")):  # fmt: skip
        await watched.mux.send_key(key, name)
        await watched.until(lambda wanted=bytes_: wanted in watched.text(key).split("\n"), name)  # type: ignore[misc]


@needs_daemon
async def test_a_program_without_bracketed_paste_gets_one_line_only(daemon: Daemon, watched: Watched) -> None:
    key = await daemon.run(await daemon.workspace("w"), "a", "python3", "-c", RAW, "plain")
    await watched.until(lambda: "ready" in watched.text(key), "the program")
    await watched.mux.send_text(key, "한 줄")
    wanted = repr("한 줄".encode())
    await watched.until(lambda: wanted in watched.text(key), "the plain line")
    with pytest.raises(MuxError, match="no bracketed paste"):
        await watched.mux.send_text(key, "one\ntwo")
    with pytest.raises(MuxError, match="ESCAPE"):
        await watched.mux.send_text(key, "\x1b[201~rm")


@needs_daemon
async def test_what_is_not_there_is_a_mux_error(daemon: Daemon, watched: Watched) -> None:
    await watched.until(lambda: bool(watched.readings), "a reading")
    for act in (
        watched.mux.read,
        lambda ref: watched.mux.send_text(ref, "x"),
        lambda r: watched.mux.send_key(r, "enter"),
    ):
        with pytest.raises(MuxError, match=r"selector\.(not_found|invalid)"):
            await act("term_" + "0" * 32)
    key = await daemon.run(await daemon.workspace("w"), "a", "cat")
    with pytest.raises(CmuxRefused) as refused:
        await watched.mux.send_key(key, "no-such-key")
    assert refused.value.code == "validation.invalid"


@needs_daemon
async def test_reread_tells_everything_again(daemon: Daemon, watched: Watched) -> None:
    key = await daemon.run(await daemon.workspace("w"), "a", "cat")

    def told() -> list[float]:
        return [r.at for r in watched.readings if isinstance(r, ScreenRead) and r.key == key]

    await watched.until(lambda: len(told()) >= 3, "a quiet screen, told once a second")
    before, trees = len(told()), [r for r in watched.readings if isinstance(r, TreeRead)]
    watched.mux.reread()
    await watched.until(lambda: len(told()) > before, "the screen")
    assert told()[before] - told()[before - 1] < 0.9
    await watched.until(lambda: len([r for r in watched.readings if isinstance(r, TreeRead)]) > len(trees), "the tree")


@needs_daemon
async def test_a_quiet_screen_is_told_again_as_the_same_object(daemon: Daemon, watched: Watched) -> None:
    key = await daemon.run(await daemon.workspace("w"), "a", "cat")
    watched.mux.look_at(Interest(frozenset({key})))

    def told() -> list[ScreenRead]:
        return [r for r in watched.readings if isinstance(r, ScreenRead) and r.key == key]

    await watched.until(lambda: len(told()) >= 3, "three readings")
    first, second, third = told()[-3:]
    assert second.screen is third.screen
    assert third.at - second.at >= 0.9 and second.at - first.at >= 0.09


@needs_daemon
async def test_a_restarted_daemon_is_found_again(daemon: Daemon, watched: Watched) -> None:
    await daemon.run(await daemon.workspace("w"), "before", "cat")
    await watched.until(lambda: [i.label for i in watched.tree()] == ["before"], "the first tree")
    await daemon.stop()
    await watched.until(lambda: any(isinstance(r, MuxDown) for r in watched.readings), "down")
    down = next(r for r in watched.readings if isinstance(r, MuxDown))
    assert "looking for it" in down.error
    await daemon.start()
    key = await daemon.run(await daemon.workspace("w"), "after", "sh", "-c", "echo again; exec cat")
    await watched.until(lambda: [i.label for i in watched.tree()] == ["after"], "the second tree")
    await watched.until(lambda: "again" in watched.text(key), "its screen")


@needs_daemon
async def test_terminals_beyond_the_stream_limit_are_polled(
    daemon: Daemon, watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("console.mux.cmux_tui.STREAM_LIMIT", 3)  # events, one terminal, one free
    workspace = await daemon.workspace("w")
    keys = [await daemon.run(workspace, str(n), "sh", "-c", f"echo text {n}; exec cat") for n in range(2)]
    await watched.until(lambda: all(f"text {n}" in watched.text(key) for n, key in enumerate(keys)), "both screens")


@needs_daemon
async def test_reads_in_a_row_wait_for_the_daemon_to_free_their_streams(daemon: Daemon, watched: Watched) -> None:
    workspace = await daemon.workspace("w")
    keys = [await daemon.run(workspace, str(n), "sh", "-c", f"echo text {n}; exec cat") for n in range(45)]
    await watched.until(lambda: all(f"text {n}" in watched.text(key) for n, key in enumerate(keys)), "all screens")
    for turn in range(60):
        assert (await watched.mux.read(keys[turn % 45])).lines[0] == f"text {turn % 45}"


@needs_daemon
async def test_a_paused_watch_lets_go_and_comes_back(daemon: Daemon, watched: Watched) -> None:
    key = await daemon.run(await daemon.workspace("w"), "a", "cat")
    await watched.until(lambda: watched.screen(key) is not None, "a screen")

    async def clients() -> int:
        return len(await daemon.rpc.call("client.list"))

    both = await clients()
    watched.mux.pause()
    async with asyncio.timeout(10):
        while await clients() != both - 1:  # noqa: ASYNC110 - the daemon's own list; it sends no event for clients
            await asyncio.sleep(0.02)
    with pytest.raises(MuxError):
        await watched.mux.read(key)
    before = len(watched.readings)
    watched.mux.resume()
    await watched.until(lambda: len(watched.readings) > before + 1, "readings again")
    assert isinstance(watched.readings[before], TreeRead)
    assert not any(isinstance(reading, MuxDown) for reading in watched.readings)


async def test_no_daemon_is_a_reading_and_an_error(tmp_path: Path) -> None:
    path = str(tmp_path / "none.sock")
    mux: Multiplexer = CmuxTui(path)
    reading = await anext(aiter(mux.watch()))
    assert isinstance(reading, MuxDown)
    assert path in reading.error and "No such file" in reading.error
    with pytest.raises(MuxError, match="No such file"):
        await mux.read("term_1")
    await mux.close()
    await mux.close()


@pytest.mark.parametrize(
    "answer",
    [b"not json\n", b"[1]\n", b'{"type":"response","id":"r1","ok":true,"result":7}\n', b"\xff\xfe\n", b""],
)
async def test_a_server_that_talks_nonsense_is_a_reading(tmp_path: Path, answer: bytes) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(answer)
        if answer.startswith(b'{"type"'):
            await reader.readline()
            writer.write(answer.replace(b"r1", b"r2"))
        await writer.drain()
        writer.close()

    path = str(tmp_path / "fake.sock")
    async with await asyncio.start_unix_server(serve, path):
        mux = CmuxTui(path)
        reading = await anext(aiter(mux.watch()))
        assert isinstance(reading, MuxDown)
        await mux.close()


def render(*rows: dict[str, Any], **more: Any) -> dict[str, Any]:
    cursor = {"x": 1, "y": 0, "visible": True}
    return {"rows": list(rows), "cursor": cursor, "full_reset": False, **more}


def run_of(text: str, **more: Any) -> dict[str, Any]:
    return {"text": text, "fg": None, "bg": None, "attrs": 0, **more}


def test_rows_are_drawn_with_every_attribute_and_cleaned() -> None:
    runs = [
        run_of("a", attrs=1 | 2 | 4 | 8 | 16, fg="#ff0080", bg="#000102"),
        run_of("b", underline="curly"),
        run_of("\x1b[2J\u202ec"),
        run_of("   "),
    ]
    assert draw_row(runs) == (
        "ab\ufffdc",
        "\x1b[1;2;3;7;9;38;2;255;0;128;48;2;0;1;2ma\x1b[0m\x1b[4:3mb\x1b[0m\ufffdc",
    )
    assert draw_row([run_of("x"), run_of("  ", bg="#000102")]) == ("x", "x\x1b[48;2;0;1;2m  \x1b[0m")


def test_a_grid_takes_patches_and_resizes() -> None:
    grid = Grid()
    assert not grid.ready
    row = {"row": 0, "runs": [run_of("one")]}
    grid.apply({"kind": "snapshot", "render": render(row, size={"cols": 9, "rows": 2})})
    first = grid.screen()
    assert (first.lines, first.width, first.height, first.cursor) == (("one", ""), 9, 2, (1, 0))
    grid.apply({"kind": "scroll", "scroll": {}})
    assert grid.screen() is first
    grid.apply({"kind": "patch", "render": render({"row": 1, "runs": [run_of("two")]}, {"row": 9, "runs": []})})
    assert grid.screen().lines == ("one", "two")
    grid.apply({"kind": "patch", "render": render(size={"cols": 5, "rows": 1})})
    assert grid.screen().lines == ("",)
    for broken in ({}, {"rows": 3, "cursor": {}}, render({"row": 0}), render({"row": 0, "runs": [{"text": 1}]})):
        with pytest.raises(ValueError, match=r"usable|fromhex|int"):
            grid.apply({"kind": "patch", "render": broken})


def test_a_plain_screen_has_all_its_rows() -> None:
    result = {"text": "a  \nb\x07", "cols": 4, "rows": 3, "cursor_col": 1, "cursor_row": 2, "cursor_visible": False}
    screen = plain_screen(result)
    assert screen.lines == screen.styled == ("a", "b␇", "")
    assert screen.cursor is None
    with pytest.raises(ValueError, match="text"):
        plain_screen({})


def test_a_tree_that_is_none_is_a_value_error() -> None:
    for broken in ({}, {"workspaces": 3}, {"session": {"id": "s"}, "workspaces": [{}]}):
        with pytest.raises(ValueError, match="snapshot"):
            parse_tree(broken, {})


@pytest.mark.parametrize(
    ("key", "wanted"),
    [("C-c", "ctrl+c"), ("ctrl-c", "ctrl+c"), ("Esc", "escape"), ("btab", "shift+tab"), ("M-x", "alt+x"), ("f5", "f5")],
)
def test_keys_are_said_in_the_daemons_words(key: str, wanted: str) -> None:
    assert chord(key) == wanted
