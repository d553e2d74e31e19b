"""The tmux adapter against a private server: what a screen becomes, and screens that mean harm."""

from __future__ import annotations

import asyncio
import shlex
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.text import Text

from console.model.surface import Screen
from console.mux import tmux_panes
from console.mux.base import MuxError
from console.safety import safe_text, strip_sgr
from tests.fakes import tmux_program
from tests.mux.watched import Watched
from tests.tmux_server import TmuxServer, python

pytestmark = pytest.mark.tmux


def printing(text: str) -> str:
    """A shell command that writes *text* as it is and stays."""
    return python(f"import sys, time; sys.stdout.write({text!a}); sys.stdout.flush(); time.sleep(1000)")


def colours(screen: Screen, row: int) -> list[tuple[str, str]]:
    """The text of one row, drawn alone, with its style as Rich reads it: per run (text, style)."""
    text = Text.from_ansi(screen.styled[row])
    runs: list[tuple[str, str]] = []
    for at in range(len(text.plain)):
        style = " ".join(sorted(str(span.style) for span in text.spans if span.start <= at < span.end))
        if runs and runs[-1][1] == style:
            runs[-1] = (runs[-1][0] + text.plain[at], style)
        else:
            runs.append((text.plain[at], style))
    return runs


async def test_colours_stand_alone_in_each_row(tmux: TmuxServer) -> None:
    pane = tmux.new(
        printing("\x1b[1;31mred\r\nstill red\r\n\x1b[44mblue ground\r\n\x1b[0mplain\r\n\x1b[38;2;1;2;3mrgb\r\n\r\nrgb"),
        height=12,
    )
    async with Watched(tmux.socket) as seen:
        screen = await seen.shows(pane, "plain")
        screen = await seen.shows(pane, "rgb\n\nrgb")
    assert screen.lines[:7] == ("red", "still red", "blue ground", "plain", "rgb", "", "rgb")
    assert colours(screen, 0) == [("red", "bold color(1)")]
    assert colours(screen, 1) == [("still red", "bold color(1)")]
    assert colours(screen, 2)[0] == ("blue ground", "bold color(1) on color(4)")
    assert colours(screen, 3) == [("plain", "default on default")]
    assert colours(screen, 4) == colours(screen, 6) == [("rgb", "#010203")]
    assert len(screen.lines) == len(screen.styled) == screen.height == 12
    assert tuple(strip_sgr(row).rstrip() for row in screen.styled) == screen.lines


async def test_line_drawing_is_drawn(tmux: TmuxServer) -> None:
    pane = tmux.new(printing("\x1b(0lqk\x1b(B lqk\r\n\x1b(0x\r\n\x1b[31mmqj\x1b(B x\r\nend"))
    async with Watched(tmux.socket) as seen:
        screen = await seen.shows(pane, "end")
    assert screen.lines[:4] == ("┌─┐ lqk", "│", "└─┘ x", "end")
    assert colours(screen, 2) == [("└─┘ x", "color(1)")]


async def test_wide_and_joined_characters_keep_their_columns(tmux: TmuxServer) -> None:
    pane = tmux.new(printing("한글 화면 ✅ end\r\ncafe\u0301 자모 \u1112\u1161\u11ab|"), width=40)
    async with Watched(tmux.socket) as seen:
        screen = await seen.shows(pane, "end")
    assert screen.lines[0] == "한글 화면 ✅ end"
    assert screen.lines[1].startswith("café 자모 한|")
    assert screen.cursor == (int(tmux.show(pane, "#{cursor_x}")), 1)


async def test_the_cursor_is_where_it_is_or_hidden(tmux: TmuxServer) -> None:
    pane = tmux.new(
        python(
            "import sys, time\nfor line in sys.stdin: print(eval(line), end='', flush=True)",
        )
    )
    async with Watched(tmux.socket) as seen:
        await seen.until(lambda: seen.screens(pane))
        for typed, cursor in (
            (r"'\033[?25h\033[2J\033[5;7H'", (6, 4)),
            (r"'\033[?25l'", None),
            (r"'\033[?25h\033[1;1H'", (0, 0)),
        ):
            tmux.run("send-keys", "-l", "-t", pane, "--", typed)
            tmux.run("send-keys", "-t", pane, "Enter")
            await seen.until(lambda cursor=cursor: (s := seen.screen(pane)) and s.cursor == cursor)  # type: ignore[misc]


async def test_what_a_screen_does(tmux: TmuxServer) -> None:
    script = "import sys\nfor line in sys.stdin: print(eval(line), end='', flush=True)"
    pane = tmux.new(python(script), width=60, height=10)

    def say(text: str) -> None:
        tmux.run("send-keys", "-l", "-t", pane, "--", repr(text))
        tmux.run("send-keys", "-t", pane, "Enter")

    async with Watched(tmux.socket) as seen:
        say("\x1b[2J\x1b[Hmain screen")
        await seen.shows(pane, "main screen")
        say("\x1b[?1049h\x1b[2J\x1b[Halternate")
        await seen.shows(pane, "alternate")
        assert "main screen" not in seen.text(pane)
        say("\x1b[?1049l")
        await seen.shows(pane, "main screen")
        say("\x1b[2J\x1b[H")
        await seen.until(lambda: not seen.text(pane).strip(), "a cleared screen")
        cleared = seen.screen(pane)
        assert cleared is not None and cleared.lines == cleared.styled == ("",) * 10
        tmux.run("resize-window", "-t", pane, "-x", "33", "-y", "7")
        await seen.until(lambda: (s := seen.screen(pane)) and (s.width, s.height, len(s.lines)) == (33, 7, 7))
        await seen.until(lambda: (seen.tree()[pane].width, seen.tree()[pane].height) == (33, 7))
        assert seen.failures() == [] and seen.downs() == []


async def test_what_changes_is_read_at_once_not_at_the_next_backstop(
    tmux: TmuxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    pane = tmux.new("echo here; exec cat", width=60, height=10)
    async with Watched(tmux.socket) as seen:
        seen.look(pane)
        await seen.shows(pane, "here")
        await seen.until(lambda: seen.screens(pane)[-1] is seen.screens(pane)[-3] if len(seen.screens(pane)) > 3 else 0)
        monkeypatch.setattr(tmux_panes, "BACKSTOP", 1000.0)
        mark = len(seen.screens(pane))
        await seen.until(lambda: len(seen.screens(pane)) > mark, "the last of the regular reads")
        tmux.run("send-keys", "-t", pane, "printed", "Enter")
        await seen.until(lambda: seen.text(pane).count("printed") == 2, "what was typed and what was printed")
        tmux.run("resize-window", "-t", pane, "-x", "50", "-y", "7")
        await seen.until(lambda: (s := seen.screen(pane)) and (s.width, s.height) == (50, 7), "the new size")


async def test_resizing_while_it_is_read_never_breaks_the_connection(tmux: TmuxServer) -> None:
    busy = python("import time\nwhile 1: print('x' * 30, flush=True); time.sleep(0.005)")
    panes = [tmux.new(busy, name="a"), *(tmux.window("a", busy) for _ in range(7))]
    async with Watched(tmux.socket) as seen:
        seen.look(*panes)
        await seen.until(lambda: all(seen.screens(pane) for pane in panes))
        client = tmux.clients()
        for number in range(60):
            height = 5 + number * 7 % 50
            await asyncio.to_thread(tmux.run, *(word for pane in panes for word in
                ("resize-window", "-t", pane, "-x", "50", "-y", str(height), ";")), "start-server")  # fmt: skip
        await seen.until(lambda: all((s := seen.screen(pane)) and s.height == height for pane in panes))
        assert tmux.clients() == client, "the connection was replaced"
        assert all(len(s.lines) == s.height for pane in panes for s in seen.screens(pane))
    assert seen.failures() == [] and seen.downs() == []


MARKERS = """
import sys, time
kind, rows = sys.argv[1].split(","), 400
turn = 0
while True:
    turn += 1
    now = int(time.time())
    lines = [f"%{kind[turn % len(kind)]} {now - (n % 2 if turn % 3 == 0 else 0)} {n} 1" for n in range(rows - 1)]
    sys.stdout.write("\\033[H" + "\\r\\n".join(lines) + "\\r\\n" + "last row\\033[K")
    sys.stdout.flush()
    time.sleep(0.02)
"""


async def test_screens_full_of_protocol_markers_do_not_break_the_framing(tmux: TmuxServer) -> None:
    calm = tmux.new("echo calm; sleep 1000")
    hostile = [tmux.new(python(MARKERS, kinds), width=60, height=400) for kinds in ("end,error", "begin,end,exit")]
    async with Watched(tmux.socket) as seen:
        seen.look(calm, *hostile)
        await seen.until(lambda: all("last row" in seen.text(pane) for pane in hostile))
        client = tmux.clients()
        mark = len(seen.screens(hostile[0]))
        await seen.until(lambda: len(seen.screens(hostile[0])) > mark + 40, "many reads")
        assert tmux.clients() == client, "the connection was replaced"
        mark = len(seen.screens(calm))
        await seen.until(lambda: len(seen.screens(calm)) > mark)
        assert {screen.lines[0] for screen in seen.screens(calm) if screen.lines[0]} == {"calm"}
        for pane in hostile:
            drawn = [screen for screen in seen.screens(pane) if screen.lines[-1] == "last row"]
            assert all(len(s.lines) == 400 and all(row.startswith("%") for row in s.lines[:-1]) for s in drawn)
    assert seen.failures() == [] and seen.downs() == []


ROWS = (
    "%end {t} {n} 1|x|y",
    "%error {t} {n} 1|x|y",
    "x|%error {t} {n} 1|y",
    "x|y|%end {t} {n} 1",
    "%begin {t} {n} 1|%end {t} {n} 1|%exit",
    "%end {t} {n} 1|%error {t} {n} 1|%end {t} {n} 1",
)


@pytest.fixture
def listening(tmp_path: Path, tmux: TmuxServer) -> Iterator[Path]:
    """A socket that answers, for a program that is not tmux."""
    tmux.socket.parent.mkdir(mode=0o700)
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(tmux.socket))
        made.listen(64)
        yield tmux.socket


def fake_tmux(folder: Path) -> None:
    """Put the program of `tests.fakes.tmux_program` into *folder* as ``tmux``."""
    program = folder / "tmux"
    program.write_text(f'#!/bin/sh\nexec {shlex.join((sys.executable, "-S", tmux_program.__file__))} "$@"\n')
    program.chmod(0o755)


@pytest.mark.parametrize("rows", ROWS)
async def test_rows_that_are_exactly_the_markers_of_their_own_reply(
    listening: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: str
) -> None:
    fake_tmux(tmp_path)
    monkeypatch.setenv("ROWS", rows)
    monkeypatch.setattr(tmux_panes, "BACKSTOP", 0.05)
    async with Watched(listening, {"PATH": str(tmp_path)}) as seen:
        await seen.until(lambda: len(seen.screens("%0")) >= 3)
        with pytest.raises(MuxError, match="can't find pane: %7"):
            await seen.mux.read("%7")
        screen = await seen.mux.read("%0")
    expected = [row.split(" ")[0] for row in rows.split("|")]
    for each in (screen, *seen.screens("%0")):
        assert [row.split(" ")[0] for row in each.lines] == expected
    assert seen.failures() == [] and seen.downs() == []


async def test_a_size_that_changes_with_every_command_list(
    listening: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_tmux(tmp_path)
    monkeypatch.setenv("ROWS", "a|b|c||a||a|b|c|d|e")
    async with Watched(listening, {"PATH": str(tmp_path)}) as seen:
        await seen.until(lambda: seen.screens("%0"))
        screens = [await seen.mux.read("%0") for _ in range(9)]
    assert {len(screen.lines) for screen in screens} == {1, 3, 5}
    assert all(screen.lines == tuple("abcde"[: screen.height]) for screen in screens)
    assert seen.failures() == [] and seen.downs() == []


async def test_why_a_server_refuses_is_told_without_what_a_terminal_would_obey(
    listening: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_tmux(tmp_path)
    monkeypatch.setenv("REFUSES", "no sessions \x1b[31m\u202e[/]")
    async with Watched(listening, {"PATH": str(tmp_path)}) as seen:
        await seen.until(seen.downs)
        assert seen.downs()[0] == "tmux: no sessions \ufffd[/]; the console keeps trying"


async def test_nothing_a_terminal_would_obey_comes_out(tmux: TmuxServer) -> None:
    evil = (
        "\x1b]52;c;ZXZpbA==\x07osc\r\n\x1b]0;title\x07\x1bP$q\x1b\\dcs\r\n\x9b31mc1\x9d52;c;ZQ==\x9c\r\n"
        "bidi \u202egnp.exe\u202c \u200bzero\u200b \U000e0041tag\r\n[/] [@click=app.quit]markup[/tmp/x]\r\n"
        "\x1b]8;;http://evil.example\x1b\\link\x1b]8;;\x1b\\\r\n\x07bell\x7f del\x00nul\r\nend"
    )
    pane = tmux.new(printing(evil), width=60)
    async with Watched(tmux.socket) as seen:
        screen = await seen.shows(pane, "end")
    text = "\n".join((*screen.lines, *(strip_sgr(row) for row in screen.styled)))
    assert "[/] [@click=app.quit]markup[/tmp/x]" in screen.lines
    assert not [char for char in text if (ord(char) < 32 and char != "\n") or 0x7F <= ord(char) < 0xA0]
    assert not set(text) & {"\u202e", "\u202c", "\u200b", "\U000e0041"}
    assert all(safe_text(row, sgr=True) == row for row in screen.styled)
    assert all(safe_text(row) == row for row in screen.lines)


async def test_a_read_on_demand_is_as_clean(tmux: TmuxServer) -> None:
    pane = tmux.new(printing("\x1b[31ma\u202eb\r\nc"))
    async with Watched(tmux.socket) as seen:
        await seen.shows(pane, "c")
        assert (await seen.mux.read(pane)) == seen.screen(pane)
