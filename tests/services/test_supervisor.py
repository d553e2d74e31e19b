"""supervisord: a real one on its own socket, and others that only say they are one."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import xmlrpc.client
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.config import ServiceConfig
from console.http_get import fetch
from console.model.service import Judgement, Service, State
from console.services import supervisor as module
from console.services.registry import checks_of
from console.services.scheduler import read_once
from console.services.supervisor import Supervisor, observe
from tests.eventually import eventually

NOW = 1_795_401_900.0
CONFIG = """
[supervisord]
nodaemon=true
user={user}
logfile=/dev/null
logfile_maxbytes=0
pidfile={folder}/pid
[unix_http_server]
file={folder}/s.sock
{password}
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[program:web]
command=sleep 600
startsecs=0
[program:stopped]
command=sleep 600
autostart=false
[program:done]
command=true
startsecs=0
autorestart=false
[program:crashed]
command=sh -c "exit 7"
startsecs=0
autorestart=false
[program:fatal]
command=sh -c "exit 1"
startsecs=5
startretries=0
[program:many]
command=sleep 600
startsecs=0
process_name=%(program_name)s_%(process_num)d
numprocs=3
"""


@contextmanager
def supervisord(folder: Path, password: str = "") -> Iterator[str]:
    """Run one; yield its socket."""
    config = folder / "supervisord.conf"
    config.write_text(CONFIG.format(folder=folder, user=os.getuid(), password=password))
    process = subprocess.Popen(
        [sys.executable, "-m", "supervisor.supervisord", "-c", str(config)],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder,
    )  # fmt: skip
    try:
        yield str(folder / "s.sock")
    finally:
        process.terminate()
        process.wait(20)


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    pytest.importorskip("supervisor", reason="supervisor is not installed")
    with supervisord(tmp_path_factory.mktemp("sv")) as path:
        yield path


def spec(name: str, program: str, expected: str = "", path: str = "") -> ServiceConfig:
    return ServiceConfig(name, supervisor=program, expected=expected, socket=path, timeout=10.0)


async def look(*specs: ServiceConfig) -> dict[str, Service]:
    return {row.name: row for row in await read_once(Supervisor(specs))}


async def settled(path: str) -> dict[str, Service]:
    """The rows once every program has come to rest."""
    names = ("web", "stopped", "done", "crashed", "fatal")
    specs = [spec(name, name, "running", path) for name in names]
    found: dict[str, Service] = {}

    def rest() -> bool:
        return bool(found) and found["fatal"].evidence.startswith("FATAL") and found["web"].word == "running"

    while not rest():
        found = await look(*specs)
    return found


async def test_every_state_of_a_real_supervisord(real: str) -> None:
    found = await settled(real)
    assert {name: (row.word, str(row.judgement)) for name, row in found.items()} == {
        "web": ("running", "ok"),
        "stopped": ("stopped", "alarm"),
        "done": ("stopped", "alarm"),
        "crashed": ("failed", "alarm"),
        "fatal": ("failed", "alarm"),
    }
    web = found["web"]
    assert web.pid and web.since and web.read_at and 0 <= web.read_at - web.since < 120
    assert found["crashed"].last_exit == "exit 7"
    more = await look(
        spec("gone", "no-such", "unloaded", real),
        spec("off", "stopped", "stopped", real),
        spec("must be gone", "stopped", "unloaded", real),
        spec("one of many", "many_1", "running", real),
        spec("with its group", "many:many_2", "running", real),
        spec("all", "many:*", "running, exactly 1", real),
    )
    assert [str(row.judgement) for row in more.values()] == ["ok", "ok", "attention", "ok", "ok", "ok"]
    assert more["all"].observed == "1 running", "the others have entries of their own"


async def test_a_program_that_is_stopped_by_hand_is_seen(real: str) -> None:
    await settled(real)
    one = spec("web", "web", "running", real)
    call(real, "supervisor.stopProcess", "web")
    assert (await look(one))["web"].word == "stopped"
    call(real, "supervisor.startProcess", "web")
    assert (await look(one))["web"].word == "running"


def call(path: str, method: str, name: str) -> None:
    body = xmlrpc.client.dumps((name,), method).encode()
    answer = fetch("http://localhost/RPC2", method="POST", body=body, unix=path, timeout=15)
    assert b"fault" not in answer.body, answer.body


async def test_the_auto_check_takes_the_supervisor_that_is_there(real: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda name: None)
    [check] = checks_of([ServiceConfig("web", unit="web", timeout=10.0)])
    monkeypatch.setattr(module, "SOCKETS", ())
    [row] = await read_once(check)
    assert row.judgement is Judgement.UNKNOWN and "none of launchd, systemd and supervisord" in row.evidence
    monkeypatch.setattr(module, "SOCKETS", ("/nowhere", real))
    await settled(real)
    [row] = await read_once(check)
    assert (row.manager, row.word) == ("supervisor", "running")


async def test_one_that_wants_a_password_is_unknown(tmp_path: Path) -> None:
    pytest.importorskip("supervisor", reason="supervisor is not installed")
    with supervisord(tmp_path, "username=a\npassword=b") as path:
        await eventually(Path(path).exists)
        [row] = (await look(spec("web", "web", "unloaded", path))).values()
    assert row.judgement is Judgement.UNKNOWN and "asks for a password" in row.evidence


async def test_a_socket_without_supervisord_is_unknown(tmp_path: Path) -> None:
    dead = tmp_path / "dead.sock"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(dead))
    for path in (str(tmp_path / "none.sock"), str(dead), str(tmp_path)):
        [row] = (await look(spec("web", "web", "unloaded", path))).values()
        assert row.judgement is Judgement.UNKNOWN and "is it running there" in row.evidence


@contextmanager
def liar(path: Path, answer: bytes) -> Iterator[str]:
    """Something that listens on *path* and says *answer* to all."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen()

    def serve() -> None:
        try:
            connection, _ = listener.accept()
            with connection:
                heard = b""
                while b"</methodCall>" not in heard:  # what is not read makes the end a reset, not an answer
                    more = connection.recv(65536)
                    if not more:
                        return
                    heard += more
                connection.sendall(answer)
        except OSError:
            return

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield str(path)
    listener.close()


def http(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body


@pytest.mark.parametrize(
    "answer",
    [
        http(b"<html>hello</html>"),
        http(xmlrpc.client.dumps(({"state": 20},), methodresponse=True).encode()),
        http(xmlrpc.client.dumps(([1, 2],), methodresponse=True).encode()),
        http(xmlrpc.client.dumps((["web"],), methodresponse=True).encode()),
        http(xmlrpc.client.dumps(xmlrpc.client.Fault(1, "no \x1b[2J")).encode().replace(b"\x1b", b"")),
        http(b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]><methodResponse/>'),
        b"HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n",
        b"SSH-2.0-x\r\n",
        b"",
    ],
)
async def test_something_else_on_the_socket_is_never_good_news(tmp_path: Path, answer: bytes) -> None:
    for word in ("running", "unloaded"):
        path = tmp_path / f"{word}.sock"
        with liar(path, answer) as where:
            [row] = (await look(spec("web", "web", word, where))).values()
        assert row.judgement is Judgement.UNKNOWN, row


async def test_an_answer_with_entities_is_not_read(tmp_path: Path) -> None:
    info = {"name": "web", "group": "web", "state": 20, "statename": "RUNNING", "pid": 7}
    plain = xmlrpc.client.dumps(([info],), methodresponse=True)
    with liar(tmp_path / "plain.sock", http(plain.encode())) as where:
        assert (await look(spec("web", "web", "running", where)))["web"].judgement is Judgement.OK
    grown = plain.replace("?>", '?><!DOCTYPE x [<!ENTITY w "web">]>', 1)
    with liar(tmp_path / "grown.sock", http(grown.encode())) as where:
        assert (await look(spec("web", "web", "running", where)))["web"].judgement is Judgement.UNKNOWN


INFO: st.SearchStrategy[dict[str, object]] = st.dictionaries(
    st.sampled_from(["name", "group", "state", "statename", "pid", "start", "stop", "exitstatus", "spawnerr"]),
    st.sampled_from([0, 10, 20, 30, 40, 100, 200, 1000, -1, True, None, "RUNNING", "FATAL", "", 2**40, [], 1.5])
    | st.text(max_size=5),
)


@given(INFO)
def test_nothing_runs_without_a_pid_and_the_right_state(info: dict[str, object]) -> None:
    seen = observe(info, NOW)
    if seen.state is State.RUNNING:
        assert info["state"] == 20 and isinstance(info["pid"], int) and info["pid"] > 0
        assert seen.since is None or seen.since <= NOW + 60
