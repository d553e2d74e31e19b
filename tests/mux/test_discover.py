"""Discovery: what is chosen and why, with real sockets, a real tmux and a real daemon, away from this machine."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from console.config import MuxConfig
from console.demo.backend_cmux import find_cmux, start_daemon
from console.mux.cmux_paths import Places, app_sockets, is_relay, read_marker
from console.mux.discover import Candidate, lines
from tests.eventually import eventually
from tests.mux.discover_ground import Ground, app, named, open_ground
from tests.tmux_server import TmuxServer


@pytest.fixture
async def ground() -> AsyncIterator[Ground]:
    async with open_ground() as made:
        yield made


async def test_with_nothing_there_every_place_is_named_and_nothing_chosen(ground: Ground) -> None:
    found = await ground.find()
    assert found.chosen is None
    assert {each.verdict for each in found.candidates} == {"absent"}
    paths = [each.path for each in found.candidates]
    uid = os.getuid()
    assert paths[0] == str(ground.state / "cmux.sock")
    assert [str(ground.tmp / "cmux.sock"), str(ground.state / f"cmux-{uid}.sock")] == paths[1:3]
    assert str(ground.root / f"tmux-{uid}" / "default") in paths
    assert found.candidates[-1].kind == "cmux-cli"
    rows = list(lines(found))
    assert len(rows) == len(paths) + 1
    assert rows[-1][:2] == ("server", False)
    assert all(good for _, good, _ in rows[:-1])


async def test_the_app_at_its_usual_place_is_taken_and_the_rest_is_not_tried(ground: Ground) -> None:
    path = await ground.serve(ground.state / "cmux.sock", app("cmuxOnly"))
    await ground.serve(ground.tmp / "cmux.sock", app())
    found = await ground.find()
    assert found.chosen == Candidate("cmux-app", path, "default since 0.64.13", "taken", "answers", "", "cmuxOnly")
    assert {each.verdict for each in found.candidates[1:]} == {"not tried"}
    assert f"{path} was taken before" in named(found, ground.tmp / "cmux.sock").reason
    kind, good, text = next(iter(lines(found)))
    assert (kind, good) == ("cmux-app", True)
    assert path in text and "access mode cmuxOnly" in text and "default since 0.64.13" in text


async def test_the_old_place_is_looked_at_where_its_folder_is(ground: Ground) -> None:
    support = ground.home / "Library/Application Support/cmux"
    path = await ground.serve(support / "cmux.sock", app())
    assert (await ground.find()).chosen == Candidate(
        "cmux-app", path, "default before 0.64.13", "taken", "answers", "", "automation"
    )


def test_the_mac_has_the_old_place_always(tmp_path: Path) -> None:
    mac = [named.path for named in app_sockets(Places(tmp_path, tmp_path, 501, mac=True), {"CMUX_TAG": "x"})]
    linux = [named.path for named in app_sockets(Places(tmp_path, tmp_path, 501), {"CMUX_TAG": "../x"})]
    assert mac[:2] == [f"{tmp_path}/cmux-debug-x.sock", f"{tmp_path}/cmux-x.sock"]
    old = f"{tmp_path}/Library/Application Support/cmux/cmux.sock"
    assert old in mac and old not in linux
    assert f"{tmp_path}/cmux-501.sock" in linux


async def test_a_variable_is_meant_and_the_usual_places_are_left_alone(ground: Ground) -> None:
    path = await ground.serve(ground.root / "mine.sock", app())
    await ground.serve(ground.state / "cmux.sock", app())
    for name in ("CMUX_SOCKET_PATH", "CMUX_SOCKET"):
        found = await ground.find(MuxConfig(), **{name: path})
        assert found.chosen is not None
        assert (found.chosen.path, found.chosen.origin) == (path, f"${name}")
    gone = await ground.find(CMUX_SOCKET_PATH=str(ground.root / "gone.sock"))
    assert gone.chosen is None
    assert named(gone, ground.root / "gone.sock").verdict == "absent"
    assert named(gone, ground.state / "cmux.sock").reason == "$CMUX_SOCKET_PATH names another"


async def test_a_variable_with_a_usual_path_is_a_habit(ground: Ground) -> None:
    path = await ground.serve(ground.state / "cmux.sock", app())
    found = await ground.find(CMUX_SOCKET_PATH=str(ground.tmp / "cmux.sock"))
    assert found.candidates[0].origin == "$CMUX_SOCKET_PATH"
    assert found.chosen is not None and found.chosen.path == path


async def test_two_variables_that_differ_are_an_error_and_nothing_is_guessed(ground: Ground) -> None:
    one = await ground.serve(ground.root / "one.sock", app())
    two = await ground.serve(ground.root / "two.sock", app())
    await ground.serve(ground.state / "cmux.sock", app())
    found = await ground.find(CMUX_SOCKET_PATH=one, CMUX_SOCKET=two)
    assert found.chosen is None
    for path in (one, two):
        assert named(found, path).verdict == "refused"
        assert "CMUX_SOCKET_PATH and CMUX_SOCKET" in named(found, path).reason and named(found, path).remedy
    link = ground.root / "link.sock"
    link.symlink_to(one)
    same = await ground.find(CMUX_SOCKET_PATH=str(link), CMUX_SOCKET=one)
    assert same.chosen is not None and same.chosen.path == str(link)
    assert f"a link to {one}" in same.chosen.reason


async def test_the_relay_is_recognised_and_the_program_is_tried_instead(ground: Ground) -> None:
    ground.program('case "$*" in *--version*) echo "cmux 0.64.22 (102) [ddd4a01bc]";; *ping*) echo PONG;; esac\n')
    found = await ground.find(CMUX_SOCKET_PATH="127.0.0.1:4455")
    relay = found.candidates[0]
    assert relay.verdict == "unsupported" and "relay" in relay.reason and "program" in relay.remedy
    assert found.chosen is not None
    assert (found.chosen.kind, found.chosen.path) == ("cmux-cli", str(ground.root / "bin/cmux"))
    assert found.chosen.reason == "cmux 0.64.22 (102) [ddd4a01bc] answers"
    assert is_relay("localhost:1") and not is_relay("/tmp/127.0.0.1:1") and not is_relay("10.0.0.1:22")


async def test_a_marker_leads_to_the_last_socket(ground: Ground) -> None:
    path = await ground.serve(ground.root / "odd place.sock", app())
    ground.state.mkdir(parents=True)
    (ground.state / "last-socket-path").write_text(f"{path}\nsecond line\n", encoding="utf-8")
    found = await ground.find()
    assert found.chosen is not None
    assert (found.chosen.path, found.chosen.origin) == (path, f"marker {ground.state / 'last-socket-path'}")
    (ground.state / "last-socket-path").unlink()
    (ground.tmp / "cmux-last-socket-path").write_text(path, encoding="utf-8")
    found = await ground.find()
    assert found.chosen is not None and found.chosen.origin.endswith("t/cmux-last-socket-path")


@pytest.mark.parametrize("text", [b"", b"relative.sock\n", b"/a\0b\n", b"\n/second/line"])
def test_a_marker_without_a_path_is_none(tmp_path: Path, text: bytes) -> None:
    (tmp_path / "m").write_bytes(text)
    assert read_marker(tmp_path / "m") == ""


def test_a_marker_that_is_no_file_is_none(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    assert read_marker(tmp_path / "fifo") == read_marker(tmp_path) == read_marker(tmp_path / "none") == ""


async def test_variants_are_found_newest_first(ground: Ground) -> None:
    older = await ground.serve(ground.tmp / "cmux-nightly-a.sock", app())
    newer = await ground.serve(ground.tmp / "cmux-nightly-b.sock", app())
    os.utime(older, (1, 1))
    found = await ground.find()
    assert found.chosen is not None and found.chosen.path == newer
    assert named(found, older).verdict == "not tried"


@pytest.mark.daemon
@pytest.mark.skipif(not find_cmux(), reason="there is no cmux program (extra `embedded`)")
async def test_a_daemon_is_found_by_session_variable_and_configuration(ground: Ground) -> None:
    folder = ground.tmp / f"cmux-tui-{os.getuid()}"
    folder.mkdir(mode=0o700)
    path = folder / "work.sock"
    daemon = await asyncio.to_thread(start_daemon, find_cmux(), str(path), ground.root)
    try:
        await eventually(path.is_socket, what="the daemon's socket")
        found = await ground.find()
        assert found.chosen is not None
        assert (found.chosen.kind, found.chosen.path, found.chosen.origin) == ("cmux-tui", str(path), "session work")
        assert found.chosen.reason == f"session {ground.root.name}"
        for name in ("CMUX_TUI_SOCKET", "CMUX_MUX_SOCKET"):
            found = await ground.find(MuxConfig(), **{name: str(path)})
            assert found.chosen is not None and found.chosen.origin == f"${name}"
        found = await ground.find(MuxConfig(cmux_socket=str(path)))
        assert found.chosen is not None
        assert (found.chosen.kind, found.chosen.origin) == ("cmux-tui", "mux.cmux_socket")
        found = await ground.find(CMUX_SOCKET_PATH=str(path))
        assert found.chosen is not None
        assert (found.chosen.kind, found.chosen.origin) == ("cmux-tui", "$CMUX_SOCKET_PATH"), "not the app"
    finally:
        daemon.terminate()
        await asyncio.to_thread(daemon.wait, 10)


async def test_a_configured_socket_is_the_app_or_kept_although_it_is_away(ground: Ground) -> None:
    path = await ground.serve(ground.root / "any name.sock", app())
    await ground.serve(ground.state / "cmux.sock", app())
    found = await ground.find(MuxConfig(cmux_socket=path))
    assert found.chosen is not None and (found.chosen.kind, found.chosen.path) == ("cmux-app", path)
    away = str(ground.root / "cmux-tui-1" / "main.sock")
    found = await ground.find(MuxConfig(cmux_socket=away))
    assert found.chosen is not None
    assert (found.chosen.kind, found.chosen.path, found.chosen.verdict) == ("cmux-tui", away, "absent")
    assert named(found, ground.state / "cmux.sock").reason == "the configuration names another"
    assert not next(iter(lines(found)))[1]
    found = await ground.find(MuxConfig(cmux_socket=str(ground.root / "cmux.sock")))
    assert found.chosen is not None and found.chosen.kind == "cmux-app"
    (ground.root / "file").write_text("", encoding="utf-8")
    assert (await ground.find(MuxConfig(cmux_socket=str(ground.root / "file")))).chosen is None


@pytest.mark.tmux
async def test_tmux_is_found_by_variable_default_and_configuration(ground: Ground, tmux: TmuxServer) -> None:
    tmux.new()
    path = str(tmux.socket)
    found = await ground.find(TMUX=f"{path},1,0")
    assert found.chosen is not None
    assert (found.chosen.kind, found.chosen.path, found.chosen.origin) == ("tmux", path, "$TMUX")
    default = ground.root / f"tmux-{os.getuid()}" / "default"
    default.parent.mkdir(mode=0o700)
    default.symlink_to(path)
    found = await ground.find()
    assert found.chosen is not None and (found.chosen.path, found.chosen.origin) == (str(default), "default of tmux")
    found = await ground.find(MuxConfig(tmux_socket=path))
    assert found.chosen is not None and found.chosen.origin == "mux.tmux_socket"
    tmux.socket.parent.chmod(0o770)  # a server shared by a group on purpose
    found = await ground.find(MuxConfig(tmux_socket=path))
    assert found.chosen is not None and found.chosen.verdict == "taken"
    assert named(await ground.find(), default).verdict == "refused"
    tmux.socket.parent.chmod(0o700)
    await ground.serve(ground.state / "cmux.sock", app())
    found = await ground.find()
    assert found.chosen is not None and found.chosen.kind == "cmux-app"
    found = await ground.find(MuxConfig(backend="tmux"))
    assert found.chosen is not None and found.chosen.kind == "tmux"
    assert named(found, ground.state / "cmux.sock").reason == "mux.backend is tmux"


async def test_a_backend_without_a_server_is_kept_where_it_is_certain(ground: Ground) -> None:
    found = await ground.find(MuxConfig(backend="tmux"))
    assert found.chosen is not None and (found.chosen.kind, found.chosen.verdict) == ("tmux", "absent")
    assert (await ground.find(MuxConfig(backend="cmux"))).chosen is None
    found = await ground.find(MuxConfig(backend="cmux"), CMUX_TUI_SOCKET="/nonexistent/s.sock", TMUX="/x,1,0")
    assert found.chosen is not None and (found.chosen.kind, found.chosen.verdict) == ("cmux-tui", "absent")
    assert named(found, "/x").verdict == "not tried"


@pytest.mark.parametrize(
    ("script", "verdict", "reason"),
    [
        ('case "$*" in *--version*) echo "cmux 0.63.2";; *ping*) echo PONG;; esac', "taken", "0.63.2"),
        (f'echo "cmux 0.1.0 ({"a" * 40}; ghostty {"b" * 40})"', "unsupported", "cmux-tui"),
        ('case "$*" in *ping*) echo "Error: ERROR: Access denied — only" >&2; exit 1;; esac', "denied", "cmux pane"),
        ('case "$*" in *ping*) echo "Error: Failed to write to socket (Broken pipe, errno 32)" >&2; exit 1;; esac',
         "denied", "Broken pipe"),
        ('case "$*" in *ping*) echo "Error: Socket not found at /x" >&2; exit 1;; esac', "no answer", "start the cmux"),
        ("echo something else", "no answer", "something else"),
        ("exit 3", "no answer", "exit code 3"),
    ],
)  # fmt: skip
async def test_the_program_is_the_last_resort(ground: Ground, script: str, verdict: str, reason: str) -> None:
    ground.program(script + "\n")
    found = named(await ground.find(), ground.root / "bin/cmux")
    assert found.verdict == verdict and reason in found.reason


async def test_the_program_as_back_end_uses_the_configured_socket(ground: Ground) -> None:
    await ground.serve(ground.state / "cmux.sock", app())
    ground.program(
        'case "$*" in *--version*) echo "cmux 0.63.2";; "--socket /x/y.sock ping") echo PONG;; *) exit 1;; esac\n'
    )
    found = await ground.find(MuxConfig(backend="cmux-cli", cmux_socket="/x/y.sock"))
    assert found.chosen is not None
    assert (found.chosen.kind, found.chosen.verdict) == ("cmux-cli", "taken")
    assert named(found, ground.state / "cmux.sock").reason == "mux.backend is cmux-cli"
    found = await ground.find(MuxConfig(backend="cmux-cli"))
    assert found.chosen is not None
    assert (found.chosen.kind, found.chosen.verdict) == ("cmux-cli", "no answer"), "asked for, so kept"


async def test_a_backend_is_one_kind_of_cmux(ground: Ground) -> None:
    path = await ground.serve(ground.state / "cmux.sock", app())
    found = await ground.find(MuxConfig(backend="cmux-app"))
    assert found.chosen is not None and found.chosen.path == path
    found = await ground.find(MuxConfig(backend="cmux-tui"), CMUX_SOCKET_PATH=path)
    assert found.chosen is None and {each.verdict for each in found.candidates} == {"not tried"}
    found = await ground.find(MuxConfig(backend="cmux-tui", cmux_socket=path))
    assert found.chosen is None and "cmux.protocol/2" in found.candidates[0].reason
    found = await ground.find(MuxConfig(backend="tmux", cmux_socket=path))
    assert found.chosen is not None and found.chosen.kind == "tmux"
