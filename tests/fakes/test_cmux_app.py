"""The double of the app socket speaks as the documented releases do."""

from __future__ import annotations

import base64
import json
import socket
import stat
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.eventually import eventually_now
from tests.fakes.cmux_app import CmuxApp, SurfaceSpec, WorkspaceSpec, seed_layout
from tests.fakes.cmux_app_probe import Probe, short_folder, surfaces, v1

RAW = (sys.executable, "-S", "-E", "-c", "import tty,time; tty.setraw(0); print('up', flush=True); time.sleep(1000)")
PASTES = ("/bin/sh", "-c", "stty raw -echo; printf '\\033[?2004hup'; exec sleep 1000")


@pytest.fixture
def folder() -> Iterator[Path]:
    with short_folder() as made:
        yield made


@pytest.fixture(params=["A", "B", "C"])
def app(request: pytest.FixtureRequest, folder: Path) -> Iterator[CmuxApp]:
    with CmuxApp(folder / "s", personality=request.param) as made:
        yield made


@pytest.fixture
def a(folder: Path) -> Iterator[CmuxApp]:
    with CmuxApp(folder / "s") as made:
        yield made


@pytest.fixture
def b(folder: Path) -> Iterator[CmuxApp]:
    with CmuxApp(folder / "s", personality="0.64.22") as made:
        yield made


def one(argv: tuple[str, ...], **more: Any) -> list[WorkspaceSpec]:
    return [WorkspaceSpec("w", [SurfaceSpec("one", argv, **more)])]


def test_the_default_is_the_seeds_six(app: CmuxApp) -> None:
    with Probe(app.path) as probe:
        tree = probe.ask("system.tree", all_windows=True)
    found = [(workspace, s["ref"], s["title"]) for workspace, s in surfaces(tree)]
    assert found == [
        ("workspace:1", "surface:1", "CODEX 1"),
        ("workspace:1", "surface:2", "CODEX 2"),
        ("workspace:1", "surface:3", "CLAUDE 2"),
        ("workspace:1", "surface:5", "CLAUDE 1"),
        ("workspace:2", "surface:6", "CLAUDE V"),
        ("workspace:3", "surface:7", "CODEX V"),
    ]
    assert tree["active"]["surface_ref"] == "surface:1" and tree["caller"] is None
    window, keys = tree["windows"][0], {"id", "ref", "index", "type", "title", "focused", "selected", "tty", "url"}
    assert window["selected_workspace_ref"] == "workspace:1" and window["workspace_count"] == 3
    assert keys | {"selected_in_pane", "pane_id", "pane_ref", "index_in_pane"} == set(surfaces(tree)[0][1])


def test_text_that_is_typed_arrives_and_can_be_read(app: CmuxApp) -> None:
    with Probe(app.path) as probe:
        uuid = app.surface("surface:6").uuid
        where = {"surface_id": uuid, "workspace_id": app.workspace("workspace:2").uuid}
        sent = probe.ask("surface.send_text", text="echo 안녕-$((40+2))\n", **where)
        assert sent["surface_id"] == uuid and sent["surface_ref"] == "surface:6"
        assert ("queued" in sent) is app.personality.modern
        eventually_now(lambda: "안녕-42\n" in app.screen("surface:6"))
        read = probe.ask("surface.read_text", **where)
    assert "안녕-42\n" in read["text"]
    assert base64.b64decode(read["base64"]).decode() == read["text"]
    assert read["text"].count("\n") == 23
    assert app.typed("surface:6") == "echo 안녕-42\r".replace("42", "$((40+2))").encode()


def test_lines_gives_the_end_of_the_scrollback(a: CmuxApp) -> None:
    with Probe(a.path) as probe:
        probe.ask("surface.send_text", surface_id="surface:1", text="for i in $(seq 100); do echo r$i; done\n")
        eventually_now(lambda: "\nr100\n$" in a.screen("surface:1"))
        assert "r50\n" not in probe.ask("surface.read_text", surface_id="surface:1")["text"]
        everything = probe.ask("surface.read_text", surface_id="surface:1", scrollback=True)["text"]
        assert "\nr1\nr2\n" in everything
        tail = probe.ask("surface.read_text", surface_id="surface:1", lines=30)["text"]
        assert tail.split("\n") == everything.split("\n")[-30:]
        for wrong in (0, -1, "x", True):
            assert probe.error("surface.read_text", surface_id="surface:1", lines=wrong) == (
                "invalid_params",
                "lines must be greater than 0",
            )


@pytest.mark.parametrize(
    ("release", "expected"),
    [("A", b"a\rb\r\rc\t\x1b\x7f"), ("B", b"a\rb\r\rc\t\x1b\x7f")],
)
def test_control_characters_are_keys(folder: Path, release: str, expected: bytes) -> None:
    with CmuxApp(folder / "s", personality=release, workspaces=one(RAW)) as app, Probe(app.path) as probe:
        eventually_now(lambda: "up" in app.screen("surface:1"))
        probe.ask("surface.send_text", surface_id="surface:1", text="a\nb\r\nc\t\x1b\x7f")
        eventually_now(lambda: app.typed("surface:1") == expected, what=lambda: app.typed("surface:1"))


def test_keys(folder: Path) -> None:
    wanted = {
        "Enter": b"\r",
        "esc": b"\x1b",
        "shift+tab": b"\x1b[Z",
        "up": b"\x1b[A",
        "arrowdown": b"\x1b[B",
        "ctrl-c": b"\x03",
        "CTRL+U": b"\x15",
        "sigquit": b"\x1c",
        "delete": b"\x1b[3~",
        "alt+b": b"\x1bb",
        "ctrl+left": b"\x1b[1;5D",
        "page_up": b"\x1b[5~",
        "cmd+k": b"",
        "space": b" ",
    }
    with CmuxApp(folder / "s", workspaces=one(RAW)) as app, Probe(app.path) as probe:
        eventually_now(lambda: "up" in app.screen("surface:1"))
        for key in wanted:
            probe.ask("surface.send_key", surface_id="surface:1", key=key)
        expected = b"".join(wanted.values())
        eventually_now(lambda: app.typed("surface:1") == expected, what=lambda: app.typed("surface:1"))
        for unknown in ("1", "f1", "ctrl+1", "y", "", "hyper+a", "ctrl+"):
            reply = probe.call("surface.send_key", surface_id="surface:1", key=unknown)
            assert reply["error"] == {"code": "invalid_params", "message": "Unknown key", "data": {"key": unknown}}
        assert app.typed("surface:1") == expected


def test_a_paste_is_bracketed_only_when_asked_for(folder: Path) -> None:
    layout = [WorkspaceSpec("w", [SurfaceSpec("plain", RAW), SurfaceSpec("asks", PASTES, agent="claude")])]
    with CmuxApp(folder / "s", personality="B", workspaces=layout) as app, Probe(app.path) as probe:
        eventually_now(lambda: "up" in app.screen("surface:1") and "up" in app.screen("surface:2"))
        for ref in ("surface:1", "surface:2"):
            done = probe.ask("terminal.paste", surface_id=ref, text="x\ny", submit_key="none")
            assert done["submitted"] is False and done["surface_id"] == app.surface(ref).uuid
        eventually_now(lambda: app.typed("surface:1") == b"x\ry", what=lambda: app.typed("surface:1"))
        bracketed = b"\x1b[200~x\ny\x1b[201~"
        eventually_now(lambda: app.typed("surface:2") == bracketed)
        # Return is upgraded for several lines to Claude.
        assert probe.ask("terminal.paste", surface_id="surface:2", text="p\nq", submit_key="return")["submitted"]
        eventually_now(lambda: app.typed("surface:2").endswith(b"\x1b[201~\x1b[27;5;13~"))
        assert probe.error("terminal.paste", surface_id="surface:1", text="x", submit_key="tab")[0] == "invalid_params"


def test_what_a_release_does_not_have_is_an_unknown_method(app: CmuxApp) -> None:
    with Probe(app.path) as probe:
        capabilities = probe.ask("system.capabilities")
        methods = capabilities["methods"]
        assert methods == sorted(methods) and capabilities["protocol"] == "cmux-socket"
        assert capabilities["socket_path"] == str(app.path) and capabilities["access_mode"] == "cmuxOnly"
        assert "events.stream" not in methods  # not even where it works
        assert ("capabilities" in capabilities) is app.personality.modern
        later = {"system.top", "feed.list", "terminal.paste", "surface.input_state"}
        wanted = {"0.63.2": set(), "0.64.22": later - {"surface.input_state"}, "main-2026-10": later}
        assert later & set(methods) == wanted[app.personality.name]
        for method in later - set(methods):
            assert probe.error(method, surface_id="surface:1") == ("method_not_found", "Unknown method")
        if not app.personality.modern:
            plain = [m for m in methods if not m.startswith(("browser.", "debug."))]
            assert len(plain) == 69
            assert probe.error("events.stream") == ("method_not_found", "Unknown method")


def test_handles_have_the_documented_traps(a: CmuxApp) -> None:
    with Probe(a.path) as probe:
        uuid, elsewhere = a.surface("surface:6").uuid, a.workspace("workspace:1").uuid
        wrong = probe.call("surface.send_text", surface_id=uuid, workspace_id=elsewhere, text="x")
        assert wrong["error"] == {
            "code": "invalid_params",
            "message": "Surface is not a terminal",
            "data": {"surface_id": uuid},
        }
        # A workspace that is no handle, or a ref nobody has, is ignored.
        for ignored in ("workspace:99", "rubbish", "surface:6"):
            sent = probe.ask("surface.send_text", surface_id=uuid, workspace_id=ignored, text="")
            assert sent["workspace_ref"] == "workspace:2"
        assert probe.ask("surface.read_text", workspace_id="workspace:99")["surface_ref"] == "surface:1"
        nobody = "00000000-0000-4000-8000-000000000000"
        assert probe.error("surface.read_text", workspace_id=nobody) == ("not_found", "Workspace not found")
        gone = ("not_found", "Surface not found for the given surface_id")
        for surface in ("surface:4", nobody, "rubbish", 6):
            assert probe.error("surface.read_text", surface_id=surface) == gone
        assert probe.ask("surface.read_text", surface_id="tab:6")["surface_ref"] == "surface:6"
        assert probe.ask("surface.read_text", surface_id=uuid.lower())["surface_ref"] == "surface:6"
        assert probe.error("system.tree", workspace_id="rubbish")[0] == "invalid_params"
        assert [s["ref"] for _, s in surfaces(probe.ask("system.tree", workspace_id="workspace:3"))] == ["surface:7"]


def test_later_releases_route_a_surface_by_itself(b: CmuxApp) -> None:
    with Probe(b.path) as probe:
        sent = probe.ask("surface.send_text", surface_id="surface:6", workspace_id="workspace:1", text="")
        assert sent["workspace_ref"] == "workspace:2"
        b.faults.wrong_workspace_error = True
        reply = probe.error("surface.send_text", surface_id="surface:6", workspace_id="workspace:1", text="")
        assert reply == ("invalid_params", "Surface is not a terminal")


def test_a_browser_is_no_terminal(folder: Path) -> None:
    browser = SurfaceSpec("Docs", type="browser", url="https://example.com/a")
    layout = [WorkspaceSpec("w", [(SurfaceSpec("t"), browser)])]
    with CmuxApp(folder / "s", workspaces=layout) as app, Probe(app.path) as probe:
        node = surfaces(probe.ask("system.tree"))[1][1]
        assert (node["type"], node["url"], node["tty"]) == ("browser", "https://example.com/a", None)
        assert node["index_in_pane"] == 1 and node["selected"] is False
        assert probe.error("surface.read_text", surface_id="surface:2") == (
            "invalid_params",
            "Surface is not a terminal",
        )
        assert probe.ask("surface.health")["surfaces"][1]["in_window"] is None


def test_the_envelope(app: CmuxApp) -> None:
    with Probe(app.path) as probe:
        probe.send('{"method":"system.ping","id":"x/y"}\n')
        line = probe.line()
        assert b'"x\\/y"' in line and b" " not in line
        assert json.loads(line) == {"id": "x/y", "ok": True, "result": {"pong": True}}
        probe.send('{"method":"system.ping"}\n{"id":7,"method":"nope"}\n{"id":8}\n{"id":9,]\n[1]\n')
        assert probe.reply() == {"id": None, "ok": True, "result": {"pong": True}}
        unknown = {"id": 7, "ok": False, "error": {"code": "method_not_found", "message": "Unknown method"}}
        assert probe.reply() == unknown
        missing = {"ok": False, "error": {"code": "invalid_request", "message": "Missing method"}}
        assert probe.reply() == missing
        assert probe.reply() == {"ok": False, "error": {"code": "parse_error", "message": "Invalid JSON"}}
        assert probe.line() == b"ERROR: Unknown command '[1]'. Use 'help' for available commands.\n"
        probe.send('{"id":1,"method":"system.ping","params":{"a":"\\ud800"}}\n')
        assert probe.reply()["error"]["code"] == "parse_error"


def test_keys_come_in_any_order(a: CmuxApp) -> None:
    with Probe(a.path) as probe:
        seen = set()
        for _ in range(20):
            probe.send('{"id":1,"method":"system.identify"}\n')
            seen.add(tuple(json.loads(probe.line())))
    assert len(seen) > 1


def test_only_a_bare_newline_ends_a_line(app: CmuxApp) -> None:
    with Probe(app.path) as probe:
        probe.send("ping\r\n")
        probe.socket.settimeout(0.2)
        with pytest.raises(TimeoutError):
            probe.socket.recv(1)
        probe.socket.settimeout(10)
        probe.send("\n")
        assert probe.line() == b"PONG\n"
    assert v1(app.path, "ping") == "PONG"


def test_cold_surfaces(folder: Path) -> None:
    layout = [WorkspaceSpec("front", [SurfaceSpec("on")]), WorkspaceSpec("back", [SurfaceSpec("cold", RAW, cold=True)])]
    with CmuxApp(folder / "s", workspaces=layout) as app, Probe(app.path) as probe:
        where = {"surface_id": "surface:2", "workspace_id": "workspace:2"}
        assert probe.error("surface.read_text", **where) == ("internal_error", "ERROR: Terminal surface not found")
        assert probe.ask("surface.health", workspace_id="workspace:2")["surfaces"][0]["in_window"] is False
        assert surfaces(probe.ask("system.tree"))[1][1]["tty"] is None
        assert "queued" not in probe.ask("surface.send_text", text="later", **where)
        probe.ask("workspace.select", workspace_id="workspace:2")
        eventually_now(lambda: app.typed("surface:2") == b"later")
        assert probe.ask("surface.health", workspace_id="workspace:2")["surfaces"][0]["in_window"] is True


def test_cold_surfaces_of_later_releases_start_by_themselves(folder: Path) -> None:
    layout = [WorkspaceSpec("front", [SurfaceSpec("on"), SurfaceSpec("cold", RAW, cold=True)])]
    options: dict[str, Any] = {"personality": "B", "workspaces": layout, "faults": {"cold_start": -1}}
    with CmuxApp(folder / "s", **options) as app, Probe(app.path) as probe:
        assert probe.error("surface.read_text", surface_id="surface:2")[1] == "Failed to read terminal text"
        assert probe.ask("surface.send_text", surface_id="surface:2", text="a")["queued"] is True
        assert probe.call("surface.send_text", surface_id="surface:2", text="x" * 2**20)["error"]["code"] == (
            "input_queue_full"
        )
        assert app.pid("surface:2") == 0
        app.faults.cold_start = 0.01
        probe.ask("surface.send_text", surface_id="surface:2", text="b")
        eventually_now(lambda: app.pid("surface:2") and app.typed("surface:2") == b"ab")


def test_when_a_program_ends_its_surface_is_closed(a: CmuxApp) -> None:
    with Probe(a.path) as probe:
        probe.ask("surface.send_text", surface_id="surface:5", text="exit\n")
        eventually_now(lambda: "surface:5" not in a.refs())
        assert probe.error("surface.read_text", surface_id="surface:5")[0] == "not_found"
        made = a.add_surface("workspace:1", SurfaceSpec("new"))
        assert made == "surface:8"  # a ref is never used again
        probe.ask("surface.close", surface_id="surface:7", workspace_id="workspace:3")
        assert [w["ref"] for w in probe.ask("workspace.list")["workspaces"]] == ["workspace:1", "workspace:2"]


def test_programs_find_the_app_in_their_environment(b: CmuxApp) -> None:
    program = psutil.Process(b.pid("surface:6"))
    eventually_now(lambda: "CMUX_SURFACE_ID" in program.environ())
    env = program.environ()
    assert env["CMUX_SURFACE_ID"] == b.surface("surface:6").uuid
    assert env["CMUX_WORKSPACE_ID"] == b.workspace("workspace:2").uuid
    assert env["CMUX_SOCKET_PATH"] == env["CMUX_SOCKET"] == str(b.path)
    assert env["CMUX_SOCKET_CAPABILITY"] == b.capability_token
    assert b.capability_token.startswith("v1.")


def test_nothing_is_left_after_the_end(folder: Path) -> None:
    before = psutil.Process().num_fds()
    threads = threading.active_count()
    stubborn = ("/bin/sh", "-c", "trap '' HUP TERM; while :; do sleep 1000; done")
    layout = [*seed_layout(), WorkspaceSpec("stubborn", [SurfaceSpec("s", stubborn)])]
    app = CmuxApp(folder / "s", personality="B", workspaces=layout).start()
    clients = [Probe(app.path) for _ in range(5)]
    clients[0].send('{"id":1,"method":"events.stream"}\n')
    clients[0].line()
    clients[1].send('{"half')
    pids = [app.pid(ref) for ref in app.refs()]
    app.stop()
    app.stop()
    assert not any(psutil.pid_exists(pid) for pid in pids)
    assert threading.active_count() == threads
    for client in clients:
        assert client.line() == b""
        with client:
            pass
    assert not app.path.exists()
    assert psutil.Process().num_fds() == before


def test_socket_file_modes(folder: Path) -> None:
    for mode, bits in (("cmuxOnly", 0o600), ("allowAll", 0o666)):
        with CmuxApp(folder / "s", access_mode=mode, workspaces=one(RAW)) as app:
            assert stat.S_IMODE(app.path.stat().st_mode) == bits
    with CmuxApp(folder / "off", access_mode="off", workspaces=one(RAW)) as app, pytest.raises(FileNotFoundError):
        Probe(app.path)


@pytest.mark.parametrize(("release", "inside"), [("A", "Library/Application Support/cmux"), ("B", ".local/state/cmux")])
def test_where_a_release_puts_its_socket(folder: Path, release: str, inside: str) -> None:
    with CmuxApp(personality=release, home=folder, marker=True, workspaces=one(RAW)) as app:
        assert app.path == folder / inside / "cmux.sock" and app.path.is_socket()
        assert (folder / inside / "last-socket-path").read_text() == f"{app.path}\n"


def test_v1_and_v2_on_the_same_socket(app: CmuxApp) -> None:
    with Probe(app.path) as probe:
        probe.send("ping\n")
        assert probe.line() == b"PONG\n"
        assert probe.ask("system.ping") == {"pong": True}
    with Probe(app.path) as probe:
        probe.send(b"ping\nping\n")
        probe.socket.shutdown(socket.SHUT_WR)
        assert probe.lines.read() == b"PONG\nPONG\n"
