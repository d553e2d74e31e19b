"""The double of the ``cmux`` program prints what is documented of it."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.eventually import eventually_now
from tests.fakes.cmux_app import CmuxApp, SurfaceSpec, WorkspaceSpec
from tests.fakes.cmux_app_probe import short_folder
from tests.fakes.cmux_program import install
from tests.fakes.cmux_program_print import pretty, with_ids

CAT = ("/bin/sh", "-c", "stty raw -echo; exec cat")


@pytest.fixture
def folder() -> Iterator[Path]:
    with short_folder() as made:
        yield made


class Program:
    """The installed program with an app behind it."""

    def __init__(self, folder: Path, release: str, **options: Any) -> None:
        self.app = CmuxApp(folder / "s", personality=release, **options)
        self.path = install(folder / "bin", folder / "s", release)
        self.home = folder

    def run(self, *words: str, env: dict[str, str] | None = None, stdin: str = "") -> subprocess.CompletedProcess[str]:
        found = {**os.environ, "HOME": str(self.home), **(env or {})}
        argv = [str(self.path), *words]
        return subprocess.run(argv, input=stdin, capture_output=True, text=True, env=found, timeout=30, check=False)

    def out(self, *words: str, env: dict[str, str] | None = None, stdin: str = "") -> str:
        done = self.run(*words, env=env, stdin=stdin)
        assert (done.returncode, done.stderr) == (0, ""), done
        return done.stdout

    def error(self, *words: str, env: dict[str, str] | None = None, code: int = 1) -> str:
        done = self.run(*words, env=env)
        assert (done.returncode, done.stdout) == (code, ""), done
        assert done.stderr.startswith("Error: ") and done.stderr.endswith("\n")
        return done.stderr[len("Error: ") : -1]


@pytest.fixture(params=["A", "B"])
def cmux(request: pytest.FixtureRequest, folder: Path) -> Iterator[Program]:
    program = Program(folder, request.param)
    with program.app:
        yield program


@pytest.fixture
def old(folder: Path) -> Iterator[Program]:
    program = Program(folder, "A")
    with program.app:
        yield program


def test_ping_and_version(cmux: Program) -> None:
    assert cmux.out("ping") == "PONG\n"
    line = cmux.out("version")
    assert line == cmux.out("--version") and re.fullmatch(r"cmux \d+\.\d+\.\d+ \(\d+\) \[[0-9a-f]{9}\]\n", line)
    cmux.app.stop()
    assert cmux.out("version") == line  # needs no socket


def test_the_text_tree(folder: Path) -> None:
    layout = [
        WorkspaceSpec("openclaw", [SurfaceSpec("CODEX 1", CAT, 1), SurfaceSpec('✳ "CLAUDE 1', CAT, 5)]),
        WorkspaceSpec("cross-verify", [SurfaceSpec("Docs", number=6, type="browser", url="https://example.com")]),
    ]
    program = Program(folder, "A", workspaces=layout)
    with program.app as app:
        env = {"CMUX_SURFACE_ID": app.surface("surface:5").uuid, "CMUX_WORKSPACE_ID": app.workspace("workspace:1").uuid}
        first, second = app.surface("surface:1").tty, app.surface("surface:5").tty
        assert program.out("tree", "--all", env=env) == (
            "window window:1 [current] ◀ active\n"
            '├── workspace workspace:1 "openclaw" [selected] ◀ active\n'
            "│   ├── pane pane:1 [focused] ◀ active\n"
            f'│   │   └── surface surface:1 [terminal] "CODEX 1" [selected] ◀ active tty={first}\n'
            "│   └── pane pane:2\n"
            f'│       └── surface surface:5 [terminal] "✳ "CLAUDE 1" [selected] ◀ here tty={second}\n'
            '└── workspace workspace:2 "cross-verify"\n'
            "    └── pane pane:3 [focused]\n"
            '        └── surface surface:6 [browser] "Docs" [selected] https://example.com\n'
        )
        both = program.out("--id-format", "both", "tree", "--workspace", "workspace:2")
        assert f"surface surface:6 {app.surface('surface:6').uuid} [browser]" in both
        assert "openclaw" not in both


def test_the_json_tree(cmux: Program) -> None:
    text = cmux.out("--json", "--id-format", "both", "tree", "--all")
    tree = json.loads(text)
    assert '"ref" : "window:1"' in text and "\n  " in text
    surfaces = [s for w in tree["windows"][0]["workspaces"] for p in w["panes"] for s in p["surfaces"]]
    assert [s["ref"] for s in surfaces] == cmux.app.refs()
    assert surfaces[0]["id"] == cmux.app.surface("surface:1").uuid
    assert surfaces[0]["active"] is True and surfaces[0]["here"] is False and tree["windows"][0]["current"] is True
    refs = json.loads(cmux.out("tree", "--json"))  # the one command whose flag may stand behind it on 0.63
    assert "id" not in refs["windows"][0] and refs["windows"][0]["ref"] == "window:1"


def test_where_json_may_stand(cmux: Program) -> None:
    modern = cmux.app.personality.modern
    late = cmux.out("list-workspaces", "--json")
    assert late.startswith("{") is modern and (modern or late.startswith("* workspace:1  openclaw  [selected]\n"))
    assert json.loads(cmux.out("--json", "list-workspaces"))["workspaces"][0]["ref"] == "workspace:1"
    if modern:
        assert json.loads(cmux.out("read-screen", "--json"))["surface_id"]
    else:
        assert cmux.error("read-screen", "--json") == "read-screen: unexpected arguments: --json"


def test_lists(cmux: Program) -> None:
    assert cmux.out("list-workspaces") == (
        "* workspace:1  openclaw  [selected]\n  workspace:2  cross-verify\n  workspace:3  codex-verify\n"
    )
    assert cmux.out("list-panels", "--workspace", "workspace:1").startswith(
        '* surface:1  terminal  [focused]  "CODEX 1"\n  surface:2  terminal  "CODEX 2"\n'
    )
    assert cmux.out("list-pane-surfaces") == "* surface:1  CODEX 1  [selected]\n"
    assert cmux.out("list-panes").startswith("* pane:1  [1 surface]  [focused]\n")
    health = cmux.out("surface-health", "--workspace", "workspace:2")
    assert health == f"surface:6  type=terminal in_window={'false' if cmux.app.personality.modern else 'true'}\n"
    assert json.loads(cmux.out("capabilities"))["protocol"] == "cmux-socket"
    assert json.loads(cmux.out("identify"))["focused"]["surface_ref"] == "surface:1"


def test_send_and_read(cmux: Program) -> None:
    where = ("--surface", "surface:6", "--workspace", "workspace:2")
    assert cmux.out("send", *where, "--", "echo 안녕\\n") == "OK surface:6 workspace:2\n"
    eventually_now(lambda: cmux.app.screen("surface:6").count("안녕") == 2)
    assert cmux.out("read-screen", *where).count("안녕") == 2
    assert len(cmux.out("read-screen", *where, "--lines", "3").split("\n")) == 4
    assert cmux.out("send-key", *where, "enter") == "OK surface:6 workspace:2\n"
    eventually_now(lambda: cmux.app.typed("surface:6") == "echo 안녕\r\r".encode())
    assert cmux.error("send-key", *where, "f1") == "invalid_params: Unknown key"
    assert cmux.error("send-key", *where) == "send-key requires a key"
    assert cmux.error("send", *where) == "send requires text"
    assert cmux.error("read-screen", *where, "--lines", "0") == "--lines must be greater than 0"
    gone = "not_found: Surface not found for the given surface_id"
    assert cmux.error("read-screen", "--surface", "surface:4") == gone
    assert cmux.error("read-screen", "--surface", "x").startswith("Invalid surface handle: x")
    assert cmux.error("read-screen", "--surface", "77") == "Surface index not found"
    assert json.loads(cmux.out("--json", "send", *where, "x"))["surface_ref"] == "surface:6"


def test_escapes_are_made_blindly_and_flags_eaten_before_the_dashes(folder: Path) -> None:
    program = Program(folder, "A", workspaces=[WorkspaceSpec("w", [SurfaceSpec("one", CAT)])])
    with program.app as app:
        program.out("send", "--surface", "surface:1", "--", "C:\\new\\table", "--surface", "x")
        eventually_now(lambda: app.typed("surface:1") == b"C:\rew\table --surface x")
        before = len(app.typed("surface:1"))
        program.out("send", "a", "--surface", "surface:1", "b")
        eventually_now(lambda: app.typed("surface:1")[before:] == b"a b")


def test_which_surface_is_meant(cmux: Program) -> None:
    inside = {
        "CMUX_WORKSPACE_ID": cmux.app.workspace("workspace:1").uuid,
        "CMUX_SURFACE_ID": cmux.app.surface("surface:2").uuid,
    }
    # Without --surface it types into itself (#2839).
    assert cmux.out("send", "x", env=inside) == "OK surface:2 workspace:1\n"
    if cmux.app.personality.modern:
        assert cmux.out("send", "--surface", "surface:6", "x", env=inside) == "OK surface:6 workspace:2\n"
    else:
        refused = cmux.error("send", "--surface", "surface:6", "x", env=inside)
        assert refused == "invalid_params: Surface is not a terminal"
    other = cmux.out("send", "--workspace", "workspace:3", "x", env=inside)
    assert other == "OK surface:7 workspace:3\n"


def test_cold_surfaces(folder: Path) -> None:
    layout = [WorkspaceSpec("front", [SurfaceSpec("on", CAT)]), WorkspaceSpec("b", [SurfaceSpec("c", CAT, cold=True)])]
    for release, text, sent in (
        ("A", "internal_error: ERROR: Terminal surface not found", "OK surface:2 workspace:2\n"),
        (
            "B",
            "internal_error: Failed to read terminal text",
            "OK surface:2 workspace:2 queued (terminal starting; input will be sent when its PTY is ready)\n",
        ),
    ):
        program = Program(folder, release, workspaces=layout, faults={"cold_start": -1})
        with program.app:
            where = ("--surface", "surface:2", "--workspace", "workspace:2")
            assert program.error("read-screen", *where) == text
            assert program.out("send", *where, "x") == sent


def test_publishing(cmux: Program) -> None:
    at = ("--workspace", "workspace:2")
    assert cmux.out("set-status", "oc", '진행 "중"', "--icon", "bolt.fill", "--color=#4C8DFF", *at) == "OK\n"
    assert cmux.out("list-status", *at) == 'oc=진행 "중" icon=bolt.fill color=#4C8DFF\n'
    assert cmux.out("set-progress", "0.25", "--label", "a b", *at) == "OK\n"
    assert cmux.out("log", "--level", "warning", "--source", "oc", *at, "--", "half -- done") == "OK\n"
    assert cmux.out("list-log", *at) == "[oc] [warning] half -- done\n"
    assert "progress=0.25 a b\n" in cmux.out("sidebar-state", *at)
    assert cmux.out("clear-status", "oc", *at) == cmux.out("clear-progress", *at) == "OK\n"
    assert cmux.out("list-status", *at) == "No status entries\n"
    assert cmux.error("set-status", "oc", "x", "--workspace", "workspace:99") == "ERROR: Tab not found"
    assert cmux.out("list-notifications") == "No notifications\n"
    assert cmux.out("notify", "--title", "제목", "--body", "b|c", *at) == "OK\n"
    (only,) = cmux.app.published.notifications
    assert (only.title, only.body, only.surface_id) == ("제목", "b¦c", cmux.app.surface("surface:6").uuid)
    assert cmux.out("list-notifications").startswith(f"0:{only.id}|{only.workspace_id}|{only.surface_id}|unread|제목||")


def test_the_other_acts(cmux: Program) -> None:
    assert cmux.out("select-workspace", "--workspace", "workspace:2") == "OK workspace:2\n"
    assert cmux.out("current-workspace") == cmux.app.workspace("workspace:2").uuid + "\n"
    assert cmux.out("focus-panel", "--panel", "surface:3", "--workspace", "workspace:1") == "OK surface:3 workspace:1\n"
    assert json.loads(cmux.out("identify"))["focused"]["surface_ref"] == "surface:3"
    assert json.loads(cmux.out("rpc", "system.ping")) == {"pong": True}
    assert cmux.error("rpc", "nope") == "method_not_found: Unknown method"
    assert cmux.error("rpc", "system.ping", "[]") == "rpc params must be a JSON object"


def test_usage_errors(cmux: Program) -> None:
    known = "Known flags: --all --workspace <id|ref|index> --json"
    assert cmux.error("tree", "--x") == f"tree: unknown flag '--x'. {known}"
    assert cmux.error("tree", "--workspace", "77") == "Workspace index not found"
    assert cmux.error("foo") == "Unknown command: foo"
    assert cmux.out("foo", "--help").startswith("Unknown command 'foo'.")
    modern = cmux.app.personality.modern
    assert cmux.error(code=2 if modern else 1).startswith("Missing command")
    nobody = "00000000-0000-4000-8000-000000000000"
    assert cmux.error("tree", "--workspace", nobody) == "not_found: Workspace not found"


def test_sockets_that_cannot_be_used(folder: Path) -> None:
    path = install(folder / "bin", folder / "s")
    program = Program.__new__(Program)
    program.path, program.home = path, folder
    assert program.error("ping") == f"Socket not found at {folder}/s"
    (folder / "s").write_text("")
    assert program.error("ping") == f"Path exists at {folder}/s but is not a Unix socket"
    (folder / "s").unlink()
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(folder / "s"))
    refused = rf"Failed to connect to socket at {folder}/s \(Connection refused, errno \d+\)"
    assert re.fullmatch(refused, program.error("ping"))
    program.path = install(folder / "bin", folder / "s", "B")
    assert program.error("ping") == f"No live cmux socket found. Tried:\n  {folder}/s"
    assert re.fullmatch(refused, program.error("--socket", f"{folder}/s", "ping"))
    differ = {"CMUX_SOCKET_PATH": "/a", "CMUX_SOCKET": "/b"}
    assert "disagree" in program.error("ping", env=differ)


def test_which_socket(folder: Path) -> None:
    program = Program(folder, "A", workspaces=[])
    with program.app as app, CmuxApp(folder / "other", workspaces=[], password="geheim", access_mode="password"):
        assert json.loads(program.out("identify"))["socket_path"] == str(app.path)
        other = {"CMUX_SOCKET_PATH": f"{folder}/other"}
        assert program.error("ping", env=other) == ("ERROR: Authentication required — send auth <password> first")
        assert program.out("--password", "geheim", "ping", env={"CMUX_SOCKET": f"{folder}/other"}) == "PONG\n"
        assert program.out("ping", env=other | {"CMUX_SOCKET_PASSWORD": "geheim"}) == "PONG\n"
        assert program.error("--password", "x", "ping", env=other) == "ERROR: Invalid password"
        assert program.out("--socket", str(app.path), "ping", env=other) == "PONG\n"


def test_denial_and_stalls(cmux: Program) -> None:
    cmux.app.faults.denied = "yes"
    allowed = ("ERROR: Access denied", "Failed to write to socket (Broken pipe", "Socket closed", "Failed to write")
    assert cmux.error("ping").startswith(allowed)
    cmux.app.faults.set({"denied": "no", "stall": 600.0})
    assert cmux.error("tree", env={"CMUXTERM_CLI_RESPONSE_TIMEOUT_SEC": "0.3"}) == "Command timed out"
    cmux.app.faults.stall = 0.0


def test_window_takes_the_focus_on_0_63(folder: Path) -> None:
    layout = [WorkspaceSpec("a", [SurfaceSpec("", CAT)]), WorkspaceSpec("b", [SurfaceSpec("", CAT)], window=1)]
    for release, expected in (("A", "window:2"), ("B", "window:1")):
        program = Program(folder, release, workspaces=layout)
        with program.app:
            program.out("--window", "window:2", "list-workspaces")
            assert json.loads(program.out("identify"))["focused"]["window_ref"] == expected


def test_events_and_sessions(folder: Path) -> None:
    program = Program(folder, "B", workspaces=[WorkspaceSpec("w", [SurfaceSpec("one", CAT)])], home=folder)
    with program.app as app:
        app.events.emit("surface.created", {})
        lines = program.out("events", "--after", "0", "--limit", "1").splitlines()
        assert [json.loads(line)["type"] for line in lines] == ["ack", "event"]
        app.hooks.set("surface:1", "claude", "needsInput")
    (row,) = json.loads(program.out("sessions", "list", "--json"))["sessions"]
    assert (row["agent"], row["runtime_status"], row["active_for_surface"]) == ("claude", "needsInput", True)
    old = Program(folder, "A", workspaces=[])
    with old.app:
        assert old.error("events") == "Unknown command: events" and old.error("sessions") == "Unknown command: sessions"


def test_the_newest_refuses_to_type_over_a_person(folder: Path) -> None:
    layout = [WorkspaceSpec("w", [SurfaceSpec("one", CAT, agent="claude")])]
    program = Program(folder, "C", workspaces=layout)
    with program.app as app:
        app.set_input_state("surface:1", state="dialog", blocks_typing=True)
        assert program.error("send", "--surface", "surface:1", "x").startswith(
            "send: surface:1 is waiting on a question or dialog, so nothing was sent."
        )
        app.set_input_state("surface:1", state="draft")
        assert program.error("paste", "--surface", "surface:1", "x").startswith(
            "paste: the agent prompt in surface:1 holds text someone is typing"
        )
        assert app.typed("surface:1") == b""
        assert program.out("send", "--surface", "surface:1", "--force", "x") == "OK surface:1 workspace:1\n"
        app.set_input_state("surface:1", state="empty")
        assert program.out("send", "--submit", "--surface", "surface:1", "go") == "submitted\n"
        eventually_now(lambda: app.typed("surface:1") == b"xgo\r")
        assert program.out("paste", "--surface", "surface:1", "-", stdin="p\nq") == "OK\n"
        eventually_now(lambda: app.typed("surface:1") == b"xgo\rp\rq")


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    ),
    st.booleans(),
)
def test_pretty_json_is_json(value: Any, ordered: bool) -> None:
    assert json.loads(pretty(value, ordered=ordered)) == value


def test_the_look_of_json() -> None:
    shown = pretty({"b": [], "a": {"url": "a/b", "k": [1, "가"]}}, ordered=True)
    assert shown == (
        '{\n  "a" : {\n    "k" : [\n      1,\n      "가"\n    ],\n    "url" : "a/b"\n  },\n  "b" : [\n\n  ]\n}'
    )


def test_id_formats() -> None:
    node = {"id": "U", "ref": "r", "x_id": "V", "x_ref": "s", "y_id": "W", "z_ids": ["U"], "z_refs": ["r"]}
    assert with_ids(node, "both") == node
    assert with_ids(node, "refs") == {"ref": "r", "x_ref": "s", "y_id": "W", "z_refs": ["r"]}
    assert with_ids([node], "uuids") == [{"id": "U", "x_id": "V", "y_id": "W", "z_ids": ["U"]}]
