"""The demo fleet with real servers and processes: it starts, it lives, and nothing of it is left."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from console.demo import backend_cmux, backend_tmux
from console.demo.fleet import DemoError, DemoFleet
from console.demo.roster import ROSTER
from console.demo.watchdog import socket_file

ROOT = Path(__file__).parents[2]
HAVE = {"tmux": bool(backend_tmux.find_tmux()), "cmux": bool(backend_cmux.find_cmux())}
BACKENDS = [
    pytest.param(name, marks=pytest.mark.skipif(not HAVE[name], reason=f"there is no usable {name} program"))
    for name in ("tmux", "cmux")
]


def wait_until(true: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 15
    while not true():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


def processes(marks: tuple[str, ...]) -> list[str]:
    """Command lines of living processes that hold one of *marks*."""
    found = []
    for process in psutil.process_iter(["cmdline", "status"]):
        line = " ".join(process.info["cmdline"] or ())
        if process.info["status"] != psutil.STATUS_ZOMBIE and any(mark in line for mark in marks):
            found.append(line)
    return found


def agents_of(pids: list[int]) -> list[int]:
    return [p for p in pids if psutil.pid_exists(p) and psutil.Process(p).status() != psutil.STATUS_ZOMBIE]


def marks_of(folder: str, tmux_socket: str) -> tuple[str, ...]:
    """What stands in the command line of everything that belongs to one demo, the agents apart."""
    return tuple(filter(None, (folder, tmux_socket)))


def descendants(name: str) -> list[int]:
    """Pids of the demo agents whose parent is not another test's: they hold our roster's names."""
    found = []
    for process in psutil.process_iter(["cmdline", "ppid"]):
        line = process.info["cmdline"] or []
        if "console.demo.agent" in line and str(process.info["ppid"]) in name.split():
            found.append(process.pid)
    return found


def server_pids(marks: tuple[str, ...]) -> str:
    return " ".join(
        str(process.pid)
        for process in psutil.process_iter(["cmdline"])
        if any(mark in " ".join(process.info["cmdline"] or ()) for mark in marks)
    )


@pytest.mark.parametrize("backend", BACKENDS)
async def test_it_starts_lives_and_goes(backend: str) -> None:
    made = await DemoFleet.start(backend=backend)
    folder = made.log_path.parent
    marks = marks_of(str(folder), made.tmux_socket)
    try:
        assert made.backend == backend
        assert folder.stat().st_mode & 0o777 == 0o700
        assert [spec.name for spec in made.specs] == [member.name for member in ROSTER]
        assert len({spec.ref for spec in made.specs}) == 6
        assert json.loads(made.log_path.read_text(encoding="utf-8"))["dispatches"]
        assert made.health_url.startswith("http://127.0.0.1:")
        await asyncio.to_thread(wait_until, lambda: len(descendants(server_pids(marks))) == 6, "six agents")
        pids = descendants(server_pids(marks))
    finally:
        await made.stop()
    assert agents_of(pids) == []
    assert processes(marks) == []
    assert not folder.exists()
    assert not (made.tmux_socket and socket_file(made.tmux_socket).exists())
    assert made.health_url == ""
    await made.stop()
    made.kill()


@pytest.mark.skipif(not HAVE["tmux"], reason="there is no usable tmux program")
async def test_tmux_panes_are_named_sized_and_show_their_agent() -> None:
    made = await DemoFleet.start(backend="tmux")
    try:
        tmux = ["tmux", "-L", made.tmux_socket]
        form = "#{pane_id}|#{session_name}|#{@surface}|#{pane_width}x#{pane_height}|#{window-size}"
        listed = await asyncio.to_thread(subprocess.check_output, [*tmux, "list-panes", "-aF", form], text=True)
        expected = {f"{s.ref}|{m.workspace}|{m.name}|120x40|manual" for s, m in zip(made.specs, ROSTER, strict=True)}
        assert set(listed.split("\n")) - {""} == expected

        def shows(ref: str, text: str) -> bool:
            return text in subprocess.check_output([*tmux, "capture-pane", "-p", "-t", ref], text=True)

        waits = made.specs[1].ref
        await asyncio.to_thread(wait_until, lambda: shows(waits, "Would you like to run"), "an approval is asked")
        assert shows(made.specs[5].ref, "Ask Codex to do anything")
        assert shows(made.specs[0].ref, ROSTER[0].task)
    finally:
        await made.stop()


CONSOLE = """
import asyncio, json, os, sys
from console.demo.fleet import DemoFleet
async def main():
    made = await DemoFleet.start(backend=sys.argv[1])
    print(json.dumps([str(made.log_path.parent), made.tmux_socket]), flush=True)
    await asyncio.sleep(600)
asyncio.run(main())
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
@pytest.mark.parametrize("backend", BACKENDS)
def test_nothing_is_left_when_the_console_is_killed(backend: str, number: signal.Signals) -> None:
    console = subprocess.Popen(
        [sys.executable, "-c", CONSOLE, backend],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        start_new_session=True,
    )
    assert console.stdout is not None
    with console.stdout:
        folder, tmux_socket = json.loads(console.stdout.readline())
        marks = marks_of(folder, tmux_socket)
        wait_until(lambda: len(descendants(server_pids(marks))) == 6, "six agents")
        pids = descendants(server_pids(marks))
        console.send_signal(number)
        console.wait(10)
    wait_until(lambda: not processes(marks), "server and watchdog end")
    wait_until(lambda: not agents_of(pids), "the agents end")
    assert not Path(folder).exists()
    assert not (tmux_socket and socket_file(tmux_socket).exists())


@pytest.mark.skipif(not HAVE["tmux"], reason="there is no usable tmux program")
async def test_a_server_left_by_a_dead_process_with_our_pid_is_replaced() -> None:
    name = f"oc-demo-{os.getpid()}"
    await asyncio.to_thread(subprocess.check_call, ["tmux", "-L", name, "-f", "/dev/null", "new-session", "-d", "cat"])
    made = await DemoFleet.start(backend="tmux")
    try:
        listed = await asyncio.to_thread(
            subprocess.check_output, ["tmux", "-L", name, "list-sessions", "-F", "#{session_name}"], text=True
        )
        assert sorted(listed.split()) == ["codex-verify", "cross-verify", "openclaw"]
    finally:
        await made.stop()


async def test_a_demo_that_cannot_start_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "bin" / "cmux"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\nexit 3\n")
    program.chmod(0o755)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(backend_cmux, "find_cmux", lambda: str(program))
    with pytest.raises(DemoError, match="exit code 3"):
        await DemoFleet.start(backend="cmux")
    assert [path.name for path in tmp_path.iterdir()] == ["bin"]
    assert processes((str(tmp_path),)) == []


async def test_without_any_program_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backend_cmux, "find_cmux", lambda: "")
    monkeypatch.setattr(backend_tmux, "find_tmux", lambda: "")
    with pytest.raises(DemoError, match=r"tmux 3\.2 or newer; install tmux, or the extra"):
        await DemoFleet.start()
    with pytest.raises(DemoError, match="no such demo back end: screen"):
        await DemoFleet.start(backend="screen")
