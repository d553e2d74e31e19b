"""Discovery: what is not connected to, what answers wrongly, what is denied, with real sockets and files."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import tempfile
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psutil
import pytest

from console.config import MuxConfig
from console.mux.cmux_paths import inspect
from console.mux.cmux_probe import exchange
from console.mux.discover import lines
from tests.fakes.cmux_app import CmuxApp
from tests.mux.discover_ground import DENIED, Ground, app, dead, named, open_ground, says


@pytest.fixture
async def ground() -> AsyncIterator[Ground]:
    async with open_ground() as made:
        yield made


@pytest.fixture
def hanging() -> Iterator[str]:
    """A socket that takes connections and never says a word."""
    folder = tempfile.mkdtemp(prefix="och-", dir="/tmp")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(f"{folder}/cmux.sock")
        server.listen(8)
        Path(f"{folder}/cmux.sock").chmod(0o600)
        yield f"{folder}/cmux.sock"
    shutil.rmtree(folder)


async def test_what_is_not_safe_is_not_connected_to(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bytes] = []

    def note(line: bytes) -> bytes | None:
        asked.append(line)
        return app()(line)

    path = await ground.serve(ground.state / "cmux.sock", note)
    ground.state.chmod(0o775)
    found = named(await ground.find(), path)
    assert found.verdict == "refused" and "others can change" in found.reason and found.remedy.startswith("chmod go-w")
    ground.state.chmod(0o1777)
    assert named(await ground.find(), path).verdict == "taken"
    ground.state.chmod(0o700)
    asked.clear()
    monkeypatch.setattr(os, "getuid", lambda: 54321)
    found = named(await ground.find(), path)
    assert found.verdict == "refused" and f"belongs to user {Path(path).stat().st_uid}, not to you" in found.reason
    assert not asked


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
async def test_a_socket_or_folder_of_another_user_is_refused(ground: Ground) -> None:
    path = await ground.serve(ground.state / "cmux.sock", app())
    os.chown(path, 54321, -1)
    found = named(await ground.find(), path)
    assert found.verdict == "refused" and "belongs to user 54321" in found.reason
    os.chown(path, os.getuid(), -1)
    os.chown(ground.state, 54321, -1)
    found = named(await ground.find(), path)
    assert found.verdict == "refused" and "belongs to user 54321" in found.reason
    os.chown(ground.state, os.getuid(), -1)
    assert named(await ground.find(), path).verdict == "taken"


async def test_open_to_all_must_be_the_access_mode(ground: Ground) -> None:
    path = await ground.serve(ground.state / "cmux.sock", app("automation"))
    ground.state.chmod(0o755)
    Path(path).chmod(0o666)
    found = named(await ground.find(), path)
    assert found.verdict == "refused" and "access mode is automation" in found.reason and "chmod 600" in found.remedy
    ground.state.chmod(0o700)
    assert named(await ground.find(), path).verdict == "taken", "nobody else reaches it"
    ground.state.chmod(0o755)
    Path(path).unlink()
    path = await ground.serve(ground.state / "cmux.sock", app("allowAll"))
    Path(path).chmod(0o666)
    assert named(await ground.find(), path).access_mode == "allowAll"
    assert named(await ground.find(), path).verdict == "taken"


async def test_a_plain_file_a_folder_and_a_dead_link_are_said(ground: Ground) -> None:
    ground.state.mkdir(parents=True)
    (ground.state / "cmux.sock").write_text("not a socket", encoding="utf-8")
    (ground.tmp / "cmux.sock").mkdir()
    (ground.tmp / f"cmux-{os.getuid()}.sock").symlink_to(ground.tmp / "nowhere")
    found = await ground.find()
    for path in (ground.state / "cmux.sock", ground.tmp / "cmux.sock"):
        assert named(found, path).verdict == "refused" and "not a Unix socket" in named(found, path).reason
    link = named(found, ground.tmp / f"cmux-{os.getuid()}.sock")
    assert link.verdict == "absent" and "a link to" in link.reason
    for bad in ("relative.sock", "/tmp/\0.sock", "/" + "x" * 300, "/" + "x" * 5000):
        assert inspect(bad, os.getuid()).reason
    assert named(await ground.find(CMUX_SOCKET_PATH="/tmp/a\0b"), "/tmp/a\0b").verdict == "refused"


async def test_a_dead_socket_is_no_answer(ground: Ground) -> None:
    path = dead(ground.state / "cmux.sock")
    found = named(await ground.find(), path)
    assert found.verdict == "no answer" and "nothing listens" in found.reason
    assert not next(good for _, good, text in lines(await ground.find()) if path in text)


async def test_a_path_that_is_too_long_for_a_socket_is_no_answer(ground: Ground) -> None:
    folder = ground.root / ("x" * 120)
    folder.mkdir(mode=0o700)
    short = dead(ground.root / "s.sock")
    Path(short).rename(folder / "s.sock")
    assert named(await ground.find(CMUX_SOCKET_PATH=str(folder / "s.sock")), folder / "s.sock").verdict == "no answer"


async def test_a_hanging_socket_holds_nobody_up_for_long(
    ground: Ground, hanging: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("console.mux.discover.NAMED_TIMEOUT", 0.05)
    found = named(await ground.find(CMUX_SOCKET_PATH=hanging), hanging)
    assert found.verdict == "no answer" and "gave no answer in 0.05 s" in found.reason
    monkeypatch.setattr("console.mux.discover.USUAL_TIMEOUT", 0.05)
    ground.state.mkdir(parents=True)
    (ground.state / "cmux.sock").symlink_to(hanging)
    found = named(await ground.find(), ground.state / "cmux.sock")
    assert found.verdict == "no answer" and hanging in found.reason


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (None, "no answer"),
        (b"hello\n", "refused"),
        (b"\xff\xfe\n", "refused"),
        (b"[1]\n", "refused"),
        (b'{"ok":true,"result":7}\n', "refused"),
        (b'{"ok":true,"result":{"protocol":"other"}}\n', "refused"),
        (b'{"ok":true', "refused"),
        (b"[" * 100_000 + b"\n", "refused"),
        (b'{"error":"bad request: missing field `cmd`","ok":false}\n', "refused"),
        (b'{"id":"x","ok":false,"error":{"code":"method_not_found","message":"Unknown method"}}\n', "taken"),
    ],
)
async def test_what_is_not_the_app_is_said(
    ground: Ground, answer: bytes | None, verdict: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("console.mux.discover.USUAL_TIMEOUT", 0.2)
    path = await ground.serve(ground.state / "cmux.sock", lambda _: answer)
    assert named(await ground.find(), path).verdict == verdict


class Denier:
    """Denies at accept, before it reads anything, and closes at once; in a thread, so that it races like the app."""

    def __init__(self, path: str) -> None:
        self._server = socket.socket(socket.AF_UNIX)
        self._server.bind(path)
        self._server.listen(64)
        Path(path).chmod(0o600)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                link, _ = self._server.accept()
                with link, contextlib.suppress(OSError):
                    link.sendall(DENIED)

    def stop(self) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self._thread.join(10)
        assert not self._thread.is_alive()


async def test_a_denial_before_the_first_read_is_read_every_time(ground: Ground) -> None:
    ground.state.mkdir(parents=True)
    denier = Denier(str(ground.state / "cmux.sock"))
    try:
        fds = psutil.Process().num_fds()
        for _ in range(200):
            reply = await exchange(str(ground.state / "cmux.sock"), b'{"method":"system.ping"}\n', 5)
            assert reply.text == DENIED, reply
        assert psutil.Process().num_fds() == fds
        found = await ground.find(TMUX="/tmp/none,1,0")
    finally:
        denier.stop()
    assert found.chosen is None
    candidate = named(found, ground.state / "cmux.sock")
    assert candidate.verdict == "denied" and "Access denied" in candidate.reason
    for part in ("tmux", "in a cmux pane", "Automation", "Password", "CMUX_SOCKET_CAPABILITY"):
        assert part in candidate.remedy
    row = next(text for _, good, text in lines(found) if str(ground.state) in text and not good)
    assert "denied" in row and "Automation" in row


async def test_the_capability_token_lets_in_and_a_refused_one_is_said(ground: Ground) -> None:
    def respond(line: bytes) -> bytes | None:
        prefix = b"_cmux_capability_v1 v1.nonce.mac "
        return app("cmuxOnly")(line.removeprefix(prefix)) if line.startswith(prefix) else "ERROR: 접근 거부\n".encode()

    path = await ground.serve(ground.state / "cmux.sock", respond)
    assert named(await ground.find(), path).verdict == "denied"
    found = named(await ground.find(CMUX_SOCKET_CAPABILITY="v1.nonce.mac"), path)
    assert (found.verdict, found.access_mode) == ("taken", "cmuxOnly") and "token" in found.reason
    for token in ("v1.other.mac", "v1.nonce.mac\nextra", "한"):
        found = named(await ground.find(CMUX_SOCKET_CAPABILITY=token), path)
        assert found.verdict == "denied" and "접근 거부" in found.reason and "was not taken" in found.remedy


async def test_a_password_is_looked_for_where_cmux_keeps_it(ground: Ground) -> None:
    text = b'{"id":null,"ok":false,"error":{"code":"auth_required","message":"Send auth <password> first."}}\n'
    path = await ground.serve(ground.state / "cmux.sock", says(text))
    found = named(await ground.find(), path)
    assert found.verdict == "denied" and "CMUX_SOCKET_PASSWORD" in found.remedy and found.access_mode == "password"
    found = named(await ground.find(CMUX_SOCKET_PASSWORD="secret word"), path)
    assert found.verdict == "taken" and "$CMUX_SOCKET_PASSWORD" in found.reason
    assert "secret word" not in str(found)
    found = named(await ground.find(MuxConfig(cmux_password="secret word")), path)
    assert found.verdict == "taken" and found.reason.endswith("mux.cmux_password")
    (ground.state / "socket-control-password").write_text("secret word", encoding="utf-8")
    found = named(await ground.find(), path)
    assert found.verdict == "taken" and "socket-control-password" in found.reason and "secret" not in found.reason


@pytest.mark.parametrize("release", ["0.63.2", "0.64.22", "main-2026-10"])
async def test_each_release_is_found_where_it_puts_its_socket_and_its_no_is_understood(
    ground: Ground, release: str
) -> None:
    with CmuxApp(home=ground.home, personality=release, access_mode="cmuxOnly", workspaces=[]) as app:
        found = await ground.find()
        assert found.chosen is not None
        assert (found.chosen.path, found.chosen.access_mode) == (str(app.path), "cmuxOnly")
        app.faults.denied = "yes"
        app.faults.korean = True
        denied = named(await ground.find(), app.path)
        assert denied.verdict == "denied" and denied.reason.startswith("ERROR:") and "cmux pane" in denied.remedy
        if app.personality.modern:
            found = await ground.find(CMUX_SOCKET_CAPABILITY=app.capability_token)
            assert found.chosen is not None and "token" in found.chosen.reason
    with CmuxApp(home=ground.home, personality=release, access_mode="password", password="p", workspaces=[]) as app:
        assert named(await ground.find(), app.path).verdict == "denied"
        assert named(await ground.find(CMUX_SOCKET_PASSWORD="p"), app.path).verdict == "taken"
        app.kill()
        assert named(await ground.find(), app.path).verdict == "no answer"
