"""Each fault of the double does what it says, and stops when it is switched off."""

from __future__ import annotations

import json
import os
import random
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.eventually import eventually_now
from tests.fakes.cmux_app import CmuxApp, Faults, SurfaceSpec, WorkspaceSpec
from tests.fakes.cmux_app_probe import Probe, short_folder, v1

ROOT = Path(__file__).parents[2]
TAKES = ("/bin/sh", "-c", "stty raw -echo; echo up; exec cat >/dev/null")
SMALL = [WorkspaceSpec("w", [SurfaceSpec("one", TAKES)])]


@pytest.fixture
def folder() -> Iterator[Path]:
    with short_folder() as made:
        yield made


@pytest.fixture(params=["A", "B"])
def app(request: pytest.FixtureRequest, folder: Path) -> Iterator[CmuxApp]:
    with CmuxApp(folder / "s", personality=request.param, workspaces=SMALL) as made:
        yield made


@pytest.fixture
def a(folder: Path) -> Iterator[CmuxApp]:
    with CmuxApp(folder / "s", workspaces=SMALL) as made:
        yield made


@pytest.fixture
def b(folder: Path) -> Iterator[CmuxApp]:
    with CmuxApp(folder / "s", personality="B", workspaces=SMALL) as made:
        yield made


def test_a_loses_chunks_that_split_a_character(a: CmuxApp) -> None:
    text = "가" * 3000
    raw = json.dumps({"id": 1, "method": "surface.send_text", "params": {"text": text}}, ensure_ascii=False)
    answers = []
    for shift in range(3):  # at two of three neighbouring offsets a chunk ends inside a character
        with Probe(a.path) as probe:
            probe.send(" " * shift + raw + "\n")
            probe.socket.shutdown(socket.SHUT_WR)
            answers.append(probe.lines.read())
    assert sum(b'"ok":true' in answer for answer in answers) <= 1
    assert all(b"parse_error" in answer or not answer for answer in answers if b'"ok":true' not in answer)
    arrived = a.typed("surface:1")
    with Probe(a.path) as probe:
        probe.send(json.dumps(json.loads(raw)) + "\n")  # escaped: never broken
        assert probe.reply()["ok"] is True
    eventually_now(lambda: a.typed("surface:1")[len(arrived) :].endswith(text.encode()))
    a.faults.utf8_chunk_loss = False
    with Probe(a.path) as probe:
        probe.send(raw + "\n")
        assert probe.reply()["ok"] is True


def test_b_assembles_bytes_first(b: CmuxApp) -> None:
    raw = json.dumps({"id": 1, "method": "surface.send_text", "params": {"text": "가" * 3000}}, ensure_ascii=False)
    with Probe(b.path) as probe:
        for byte in raw.encode()[:200]:
            probe.send(bytes([byte]))
        probe.send(raw.encode()[200:] + b"\n")
        assert probe.reply()["ok"] is True
        probe.send(b'{"id":1,"method":"\xff"}\n')
        assert probe.reply() == {"ok": False, "error": {"code": "invalid_utf8", "message": "Invalid UTF-8"}}


def test_idle_close(folder: Path) -> None:
    with CmuxApp(folder / "s", personality="B", workspaces=SMALL, faults={"idle_close": 0.05}) as app:
        with Probe(app.path) as probe:
            assert probe.ask("system.ping")
            assert probe.line() == b""
        app.faults.idle_close = 0.0
        with Probe(app.path) as probe, Probe(app.path) as other:
            for _ in range(20):
                assert other.ask("system.ping")
            assert probe.ask("system.ping")
    assert app.personality.idle_close == 30.0


def test_a_stall_holds_everyone_up_and_ends_with_the_app(app: CmuxApp) -> None:
    app.faults.set({"stall": 600.0, "stall_methods": ["surface.read_text"]})
    with Probe(app.path) as stalled, Probe(app.path) as waits:
        stalled.send('{"id":1,"method":"surface.read_text"}\n')
        eventually_now(lambda: "surface.read_text" in app.commands)
        waits.send('{"id":2,"method":"system.ping"}\n')
        waits.socket.settimeout(0.2)
        with pytest.raises(TimeoutError):
            waits.socket.recv(1)
        app.stop()  # must not take ten minutes


def test_a_short_stall(app: CmuxApp) -> None:
    app.faults.set({"stall": 0.05, "stall_count": 1})
    with Probe(app.path) as probe:
        assert probe.ask("system.ping") and probe.ask("system.ping")
    assert app.faults.stall_count == 0


def test_missing_methods(b: CmuxApp) -> None:
    b.faults.missing = ["terminal.paste", "events.stream", "list_status"]
    with Probe(b.path) as probe:
        assert "terminal.paste" not in probe.ask("system.capabilities")["methods"]
        for method in ("terminal.paste", "events.stream"):
            assert probe.error(method, text="x") == ("method_not_found", "Unknown method")
        b.faults.method_error = "unsupported"
        assert probe.error("no.such")[0] == "unsupported"
    assert v1(b.path, "list_status").startswith("ERROR: Unknown command 'list_status'")


def test_swallowed_enter_and_lost_sends(app: CmuxApp) -> None:
    app.faults.set({"swallow_enter": 2, "lost_sends": 1})
    with Probe(app.path) as probe:
        for text in ("lost", "one\ntwo"):
            assert probe.ask("surface.send_text", surface_id="surface:1", text=text)
        for _ in range(2):
            assert probe.ask("surface.send_key", surface_id="surface:1", key="enter")
        eventually_now(lambda: app.typed("surface:1") == b"onetwo\r", what=lambda: app.typed("surface:1"))


def test_late_typing_frozen_surfaces_and_the_paste_path(app: CmuxApp) -> None:
    with Probe(app.path) as probe:
        app.faults.delayed_sends = 0.05
        probe.ask("surface.send_text", surface_id="surface:1", text="late")
        eventually_now(lambda: app.typed("surface:1") == b"late")
        app.faults.set({"delayed_sends": 0.0, "paste_path_bytes": 10})
        probe.ask("surface.send_text", surface_id="surface:1", text="0123456789\n")
        eventually_now(lambda: app.typed("surface:1") == b"late0123456789\r")
        app.faults.freeze_over = 5
        probe.ask("surface.send_text", surface_id="surface:1", text="too long")
        app.faults.freeze_over = 0
        probe.ask("surface.send_text", surface_id="surface:1", text="x")
        assert probe.ask("surface.read_text", surface_id="surface:1")
    assert app.typed("surface:1") == b"late0123456789\r"


def test_a_paste_whose_key_fails(b: CmuxApp) -> None:
    b.faults.paste_submit_fails = 1
    with Probe(b.path) as probe:
        done = probe.ask("terminal.paste", surface_id="surface:1", text="x", submit_key="return")
        assert done["submitted"] is False and done["submit_error"]
        eventually_now(lambda: b.typed("surface:1") == b"x")


def test_a_dead_surface_once_meant_the_focused_one(a: CmuxApp) -> None:
    a.faults.bad_surface_is_focused = True
    with Probe(a.path) as probe:
        sent = probe.ask("surface.send_text", surface_id="surface:9", text="x")
        assert sent["surface_ref"] == "surface:1"


def test_broken_answers(app: CmuxApp) -> None:
    faults = app.faults
    with Probe(app.path) as probe:
        faults.set({"other_id": 1})
        assert probe.call("system.ping")["id"] == "not-1"
        assert probe.reply()["id"] == 1
        faults.set({"huge_line": 1})
        probe.send('{"id":2,"method":"system.ping"}\n')
        line = probe.line()
        assert len(line) > 16 * 1024 * 1024 and json.loads(line)["ok"] is True
        faults.set({"invalid_utf8": 1})
        probe.send('{"id":3,"method":"system.ping"}\n')
        with pytest.raises(UnicodeDecodeError):
            probe.line().decode()
        faults.set({"invalid_json": 1})
        probe.send('{"id":4,"method":"system.ping"}\n')
        with pytest.raises(ValueError, match="Expecting"):
            probe.reply()
        faults.set({"stray_line": 1})
        probe.send('{"id":5,"method":"system.ping"}\n')
        assert probe.line() == b"OK\n" and probe.reply()["id"] == 5
        faults.set({"one_byte_writes": 1, "late": 1, "late_seconds": 0.05})
        probe.send('{"id":6,"method":"system.ping"}\n')
        assert probe.reply()["id"] == 6
        faults.set({"no_answer": 1})
        probe.send('{"id":7,"method":"system.ping"}\n{"id":8,"method":"system.ping"}\n')
        assert probe.reply()["id"] == 8
        faults.set({"half_line": 1})
        probe.send('{"id":9,"method":"system.ping"}\n')
        half = probe.line()
        assert half and not half.endswith(b"\n") and probe.line() == b""
    faults.set({"close_instead": 1})
    with Probe(app.path) as probe:
        probe.send('{"id":1,"method":"surface.send_text","params":{"text":"done"}}\n')
        assert probe.line() == b""
    eventually_now(lambda: app.typed("surface:1") == b"done")


def test_restart_mints_refs_and_workspaces_anew(folder: Path) -> None:
    with CmuxApp(folder / "s", personality="B") as app:
        five, workspace, boot = app.surface("surface:5").uuid, app.workspace("workspace:1").uuid, app.events.boot_id
        with Probe(app.path) as probe:
            app.restart()
            assert probe.line() == b""
        assert app.refs() == [f"surface:{n}" for n in range(1, 7)]  # the gap is closed
        assert app.ref(five) == "surface:4" and app.surface(five).uuid == five
        assert app.workspace("workspace:1").uuid != workspace and app.events.boot_id != boot
        with Probe(app.path) as probe:
            read = probe.ask("surface.read_text", surface_id="surface:5")
            assert read["surface_id"] != five  # the saved ref is another agent's surface now
            gone = probe.error("surface.read_text", surface_id=five, workspace_id=workspace)
            assert gone == ("not_found", "Workspace not found")
        before = list(app.refs())
        app.restart(shuffle=True, keep_programs=True)
        assert sorted(app.refs()) == before and app.refs() != before
        app.restart(mint_surface_uuids=True)
        with pytest.raises(KeyError):
            app.surface(five)


def test_kill_leaves_the_socket_file_and_restart_takes_it(app: CmuxApp) -> None:
    app.kill()
    assert app.path.is_socket()
    with pytest.raises(ConnectionRefusedError):
        Probe(app.path)
    app.restart(keep_programs=True)
    assert v1(app.path, "ping") == "PONG"


def _above(answers: list[int], goal: int) -> bool:
    return min(answers) > goal


def test_killed_and_restarted_under_load(folder: Path) -> None:
    with CmuxApp(folder / "s", personality="B") as app:
        stop, answers, errors = threading.Event(), [0] * 4, []

        def load(number: int) -> None:
            while not stop.is_set():
                try:
                    with Probe(app.path) as probe:
                        while not stop.is_set():
                            probe.ask("surface.read_text", surface_id="surface:1")
                            answers[number] += 1
                except (OSError, ValueError):
                    continue  # cut in the middle
                except AssertionError as error:
                    errors.append(error)

        threads = [threading.Thread(target=load, args=(n,)) for n in range(4)]
        for thread in threads:
            thread.start()
        for round_ in range(5):
            goal = min(answers) + 20
            eventually_now(partial(_above, answers, goal), what=lambda: answers)
            app.kill() if round_ % 2 else app.cut_connections()
            if round_ % 2:
                app.restart()
        stop.set()
        for thread in threads:
            thread.join()
    assert not errors


def test_faults_over_the_socket_and_by_file(folder: Path) -> None:
    file = folder / "faults.json"
    with CmuxApp(folder / "s", fault_file=file, workspaces=SMALL) as app, Probe(app.path) as probe:
        assert probe.ask("double.faults", set={"swallow_enter": 3})["swallow_enter"] == 3
        assert probe.error("double.faults", set={"nope": 3})[0] == "invalid_params"
        assert probe.error("double.faults", set={"swallow_enter": "x"})[0] == "invalid_params"
        file.write_text('{"missing": ["system.ping"]}')
        assert probe.error("system.ping")[0] == "method_not_found"
        file.write_text('{"missing": []}')
        assert probe.ask("system.ping")
        assert probe.ask("double.faults", reset=True)["swallow_enter"] == 0
        assert probe.ask("double.commands")["commands"][-2:] == ["system.ping", "system.ping"]
        probe.ask("surface.send_text", text="hi")
        eventually_now(lambda: probe.ask("double.typed", surface_id="surface:1")["base64"] == "aGk=")


def test_faults_are_checked() -> None:
    faults = Faults()
    faults.set({"stall": "10", "korean": "true", "missing": "a,b", "idle_close": "null", "denied": "yes"})
    assert (faults.stall, faults.korean, faults.missing, faults.idle_close) == (10.0, True, ["a", "b"], None)
    for wrong in ({"stall": "x"}, {"korean": 1}, {"swallow_enter": True}, {"nope": 1}, {"denied": 3}):
        with pytest.raises(ValueError):
            faults.set(wrong)
    faults.reset()
    assert faults.as_dict() == Faults().as_dict()


def test_on_its_own(folder: Path) -> None:
    layout = folder / "layout.json"
    layout.write_text(json.dumps([{"title": "w", "surfaces": [{"title": "t", "size": [60, 10]}, [{"title": "u"}]]}]))
    argv = [sys.executable, "-m", "tests.fakes.cmux_app", "--socket", str(folder / "s"), "--personality", "C"]
    argv += ["--layout", str(layout), "--fault", "missing=feed.list", "--until-eof"]
    with subprocess.Popen(
        argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]
    ) as process:
        assert process.stdout is not None and process.stdin is not None
        assert process.stdout.readline().decode().strip() == str(folder / "s")
        with Probe(folder / "s") as probe:
            assert [p["surface_count"] for p in probe.ask("pane.list")["panes"]] == [1, 1]
            assert probe.error("feed.list")[0] == "method_not_found"
        process.stdin.close()
        assert process.wait(10) == 0
    argv += ["--fault", "nope=1"]
    wrong = subprocess.run(argv, capture_output=True, cwd=ROOT, timeout=30, check=False)
    assert wrong.returncode == 2 and b"no such fault" in wrong.stderr and b"Traceback" not in wrong.stderr


def test_the_newest_takes_16_mib_in_a_line_and_no_more(folder: Path) -> None:
    with CmuxApp(folder / "s", personality="C", workspaces=SMALL) as app:
        with Probe(app.path) as probe:
            probe.send('{"id":1,"method":"system.ping","params":{"x":"' + "x" * 15_000_000 + '"}}\n')
            assert probe.reply()["ok"] is True
        with Probe(app.path) as probe:
            try:
                probe.send("{" * 17_000_000)
            except OSError as error:
                assert isinstance(error, (BrokenPipeError, ConnectionResetError))
            assert probe.reply()["error"]["code"] == "invalid_request"


@settings(max_examples=60, deadline=None)
@given(st.lists(st.binary(max_size=200), max_size=5), st.integers(0, 2**32))
def test_no_bytes_bring_it_down(blobs: list[bytes], seed: int) -> None:
    release = random.Random(seed).choice("ABC")
    with CmuxApp(f"/tmp/oca-fuzz-{os.getpid()}", personality=release, workspaces=[]) as app:
        with Probe(app.path) as probe:
            for blob in blobs:
                probe.send(blob + b"\n{" + blob + b"\n")
            probe.socket.shutdown(socket.SHUT_WR)
            assert b"Traceback" not in probe.lines.read()
        assert v1(app.path, "ping") == "PONG"


def test_a_denial_at_accept_is_switched_off_in_the_file_too(folder: Path) -> None:
    file = folder / "faults.json"
    file.write_text('{"denied": "yes"}')
    with CmuxApp(folder / "s", fault_file=file, workspaces=SMALL) as app:
        with Probe(app.path) as probe:
            assert probe.line().startswith(b"ERROR:")
        file.write_text('{"denied": "no"}')
        with Probe(app.path) as probe:
            assert probe.ask("system.ping") == {"pong": True}
