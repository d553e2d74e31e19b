"""The double's terminal emulator, and what it makes of the demo agents."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.eventually import eventually_now
from tests.fakes.cmux_app import CmuxApp, SurfaceSpec, WorkspaceSpec
from tests.fakes.cmux_app_demo import demo_layout
from tests.fakes.cmux_app_probe import Probe, short_folder
from tests.fakes.cmux_app_screen import Emulator


def shown(text: str, columns: int = 10, rows: int = 4) -> list[str]:
    emulator = Emulator(columns, rows, lambda data: None)
    emulator.feed(text.encode())
    return emulator.viewport()


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("ab\r\ncd", ["ab", "cd", "", ""]),
        ("0123456789x", ["0123456789", "x", "", ""]),
        ("\x1b[?7l0123456789xy", ["012345678y", "", "", ""]),
        ("123456789가", ["123456789", "가", "", ""]),
        ("가나\x1b[1;2Hx", [" x나", "", "", ""]),
        ("가나\x1b[1;3Hx", ["가x", "", "", ""]),
        ("e\u0301x", ["e\u0301x", "", "", ""]),
        ("a\x1b[3;4Hb\x1b[Ac\x1b[5Dd", ["a", "d   c", "   b", ""]),
        ("abcdef\x1b[1;3H\x1b[K", ["ab", "", "", ""]),
        ("abcdef\x1b[1;3H\x1b[1K", ["   def", "", "", ""]),
        ("a\r\nb\r\nc\x1b[2;1H\x1b[J", ["a", "", "", ""]),
        ("a\r\nb\r\nc\x1b[2J", ["", "", "", ""]),
        ("abcdef\x1b[1;2H\x1b[2P", ["adef", "", "", ""]),
        ("abcdef\x1b[1;2H\x1b[2@", ["a  bcdef", "", "", ""]),
        ("abcdef\x1b[1;2H\x1b[2X", ["a  def", "", "", ""]),
        ("a\r\nb\r\nc\x1b[2;1H\x1b[L", ["a", "", "b", "c"]),
        ("a\r\nb\r\nc\x1b[1;1H\x1b[M", ["b", "c", "", ""]),
        ("a\r\nb\r\nc\r\nd\r\ne", ["b", "c", "d", "e"]),
        ("a\r\nb\r\nc\r\nd\x1b[2;3r\x1b[3;1H\nx", ["a", "c", "x", "d"]),
        ("a\r\nb\x1b[1;1H\x1bMx", ["x", "a", "b", ""]),
        ("one\x1b[?1049h\x1b[2J\x1b[Htwo", ["two", "", "", ""]),
        ("one\x1b[?1049h\x1b[2Jtwo\x1b[?1049lx", ["onex", "", "", ""]),
        ("\x1b[1;31mred\x1b[0m \x1b[38;2;1;2;3mx", ["red x", "", "", ""]),
        ("a\x1b]2;title\x07b\x1b]8;;http://x\x1b\\c", ["abc", "", "", ""]),
        ("a\x1bPdevice\x1b\\b\x1b(Bc\x1b=d", ["abcd", "", "", ""]),
        ("a\tb\bc", ["a       c", "", "", ""]),
        ("\x1b7ab\x1b8c", ["cb", "", "", ""]),
        ("-\x1b[3b", ["----", "", "", ""]),
        ("xyz\x1bcq", ["q", "", "", ""]),
    ],
)
def test_sequences(text: str, rows: list[str]) -> None:
    assert shown(text) == rows
    halves = Emulator(10, 4, lambda data: None)
    for byte in text.encode():
        halves.feed(bytes([byte]))
    assert halves.viewport() == rows


def test_modes_titles_history_and_replies() -> None:
    said: list[bytes] = []
    emulator = Emulator(10, 2, said.append)
    emulator.feed("\x1b[?2004h\x1b[?1h\x1b]0;제목\x07a\r\nb\r\nc\x1b[6n\x1b[c\x1b[5n".encode())
    assert (emulator.bracketed_paste, emulator.application_cursor, emulator.title) == (True, True, "제목")
    assert emulator.everything() == ["a", "b", "c"]
    assert said == [b"\x1b[2;2R", b"\x1b[?62;22c", b"\x1b[0n"]
    emulator.feed(b"\x1b[?2004;1l\x1b[3J")
    assert (emulator.bracketed_paste, emulator.application_cursor) == (False, False)
    assert emulator.everything() == ["b", "c"]
    emulator.resize(4, 1)
    assert emulator.everything() == ["b", "c"] and emulator.viewport() == ["c"]


@given(st.lists(st.one_of(st.binary(max_size=30), st.text(max_size=20).map(str.encode)), max_size=20))
def test_no_bytes_break_it(parts: list[bytes]) -> None:
    emulator = Emulator(7, 3, lambda data: None)
    for number, part in enumerate(parts):
        emulator.feed(part + b"\x1b[" * (number % 2))
        rows = emulator.viewport()
        assert len(rows) == 3 and 0 <= emulator.y < 3


def test_the_demo_agents_run_in_it() -> None:
    with short_folder() as folder, CmuxApp(folder / "s", personality="C", workspaces=demo_layout()) as app:
        eventually_now(lambda: "OpenAI Codex" in app.screen("surface:1"), what=lambda: app.screen("surface:1"))
        eventually_now(lambda: "Claude Code v2" in app.screen("surface:5"))
        with Probe(app.path) as probe:
            eventually_now(
                lambda: _state(probe, "surface:2")["state"] == "dialog", what=lambda: app.screen("surface:2")
            )
            assert _state(probe, "surface:2")["agent_kind"] == "codex"
            assert _state(probe, "surface:5")["agent"] is True
            app.set_input_state("surface:2", state="unknown", busy=None)
            assert _state(probe, "surface:2")["state"] == "unknown" and "busy" not in _state(probe, "surface:2")


def _state(probe: Probe, ref: str) -> dict[str, object]:
    found: dict[str, object] = probe.ask("surface.input_state", surface_id=ref)
    return found


@pytest.mark.parametrize("kind", ["claude", "codex"])
def test_a_prompt_to_an_idle_agent(kind: str) -> None:
    argv = (sys.executable, "-S", "-m", "console.demo.agent", "--kind", kind, "--script", "say", "--speed", "0.01")
    layout = [WorkspaceSpec("w", [SurfaceSpec("agent", argv, size=(100, 30))])]
    with short_folder() as folder, CmuxApp(folder / "s", personality="C", workspaces=layout) as app:
        eventually_now(lambda: "❯" in app.screen("surface:1") or "›" in app.screen("surface:1"))
        with Probe(app.path) as probe:
            eventually_now(lambda: _state(probe, "surface:1")["state"] == "empty", what=lambda: app.screen("surface:1"))
            probe.ask("terminal.paste", surface_id="surface:1", text="안녕 agent", submit_key="none")
            eventually_now(lambda: _state(probe, "surface:1")["state"] == "draft", what=lambda: app.screen("surface:1"))
            assert _state(probe, "surface:1")["draft_length"] == 8
            eventually_now(lambda: _submitted(probe, app))
            assert _state(probe, "surface:1")["lifecycle"] == "running"


def _submitted(probe: Probe, app: CmuxApp) -> bool:
    probe.ask("surface.send_key", surface_id="surface:1", key="enter")
    return "esc to interrupt" in app.screen("surface:1")


def test_the_size_and_the_title_of_a_terminal() -> None:
    shell = ("/bin/sh", "-c", "printf '\\033]2;made up\\007'; stty size; exec cat")
    layout = [WorkspaceSpec("w", [SurfaceSpec("", shell, size=(61, 17))])]
    with short_folder() as folder, CmuxApp(Path(folder) / "s", workspaces=layout) as app:
        eventually_now(lambda: "17 61" in app.screen("surface:1"))
        assert app.screen("surface:1").count("\n") == 16
        with Probe(app.path) as probe:
            assert probe.ask("surface.list")["surfaces"][0]["title"] == "made up"
        app.resize("surface:1", 30, 5)
        assert app.screen("surface:1").count("\n") == 4
