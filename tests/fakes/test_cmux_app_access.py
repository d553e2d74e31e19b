"""Who the double lets in, and how it sends the others away."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.eventually import eventually_now
from tests.fakes.cmux_app import CmuxApp, SurfaceSpec, WorkspaceSpec
from tests.fakes.cmux_app_probe import Probe, short_folder, v1

ROOT = Path(__file__).parents[2]
TAKES = ("/bin/sh", "-c", "stty raw -echo; echo up; exec cat >/dev/null")
SMALL = [WorkspaceSpec("w", [SurfaceSpec("one", TAKES)])]


@pytest.fixture
def folder() -> Iterator[Path]:
    with short_folder() as made:
        yield made


@pytest.fixture
def a(folder: Path) -> Iterator[CmuxApp]:
    with CmuxApp(folder / "s", workspaces=SMALL) as made:
        yield made


@pytest.fixture
def b(folder: Path) -> Iterator[CmuxApp]:
    with CmuxApp(folder / "s", personality="B", workspaces=SMALL) as made:
        yield made


def test_a_denies_before_it_reads(a: CmuxApp) -> None:
    a.faults.denied = "yes"
    for _ in range(20):
        with Probe(a.path) as probe:
            assert probe.line().decode() == "ERROR: Access denied — only processes started inside cmux can connect\n"
            assert probe.line() == b""
    a.faults.denied = "no"
    assert v1(a.path, "ping") == "PONG"


def test_the_denial_of_a_can_be_read_by_a_client_that_writes_first(a: CmuxApp) -> None:
    a.faults.denied = "yes"
    for _ in range(20):
        with Probe(a.path) as probe:
            try:
                probe.send('{"id":1,"method":"system.ping"}\n' * 50)
            except OSError as error:
                assert isinstance(error, (BrokenPipeError, ConnectionResetError))
            assert probe.line().startswith(b"ERROR: Access denied")


def test_b_denies_each_command_and_takes_a_capability(b: CmuxApp) -> None:
    b.faults.denied = "yes"
    with Probe(b.path) as probe:
        probe.send('{"id":1,"method":"system.ping"}\n')
        assert probe.line() == b"ERROR: Access denied - only processes started inside cmux can connect\n"
        b.faults.korean = True
        probe.send("ping\n")
        denied = probe.line().decode()
        assert denied.startswith("ERROR: ") and "Access" not in denied
        probe.send(f"_cmux_capability_v1 v1.0.0 {json.dumps({'id': 2, 'method': 'system.ping'})}\n")
        assert probe.line().startswith(b"ERROR:")
        probe.send(f"_cmux_capability_v1 {b.capability_token} {json.dumps({'id': 2, 'method': 'system.ping'})}\n")
        assert probe.reply()["result"] == {"pong": True}


def test_a_knows_no_capability(a: CmuxApp) -> None:
    said = v1(a.path, f"_cmux_capability_v1 {a.capability_token} ping")
    assert said == "ERROR: Unknown command '_cmux_capability_v1'. Use 'help' for available commands."


def test_b_cuts_strangers(b: CmuxApp) -> None:
    b.faults.denied = "yes"
    with Probe(b.path) as probe:
        assert probe.line() == b""  # two seconds
    many = [Probe(b.path) for _ in range(40)]
    try:
        eventually_now(lambda: b.connections == 32, what=lambda: b.connections)
    finally:
        for probe in many:
            with probe:
                pass


def test_only_descendants_may_come_in_when_peers_are_looked_at(folder: Path) -> None:
    code = (
        "import sys; from tests.fakes.cmux_app import *; from pathlib import Path\n"
        "app = CmuxApp(sys.argv[1], faults={'denied': 'peers'}).start(); print('up', flush=True)\n"
        "sys.stdin.read(); app.stop()"
    )
    argv = [sys.executable, "-c", code, str(folder / "s")]
    with subprocess.Popen(
        argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]
    ) as process:
        assert process.stdout is not None and process.stdin is not None
        assert process.stdout.readline() == b"up\n"
        with Probe(folder / "s") as probe:
            assert probe.line().startswith(b"ERROR: Access denied")
        process.stdin.close()
    with CmuxApp(folder / "t", faults={"denied": "peers"}, workspaces=SMALL) as app:
        assert v1(app.path, "ping") == "PONG"


def test_password_mode(folder: Path) -> None:
    options: dict[str, Any] = {"access_mode": "password", "password": "geheim", "workspaces": SMALL}
    with CmuxApp(folder / "s", **options) as app:
        with Probe(app.path) as probe:
            assert probe.error("system.ping") == (
                "auth_required",
                "Authentication required. Send auth <password> first.",
            )
            for line, answer in (
                ("ping", "ERROR: Authentication required — send auth <password> first"),
                ("auth", "ERROR: Missing password. Usage: auth <password>"),
                ("auth falsch", "ERROR: Invalid password"),
                ("auth geheim", "OK: Authenticated"),
                ("ping", "PONG"),
            ):
                probe.send(line + "\n")
                assert probe.line().decode() == answer + "\n"
        with Probe(app.path) as probe:
            assert probe.error("auth.login")[0] == "invalid_params"
            assert probe.error("auth.login", password="x")[0] == "auth_failed"
            assert probe.ask("auth.login", password="geheim") == {"authenticated": True}
            assert probe.ask("system.capabilities")["access_mode"] == "password"
    with CmuxApp(folder / "t", access_mode="password", workspaces=SMALL) as app, Probe(app.path) as probe:
        assert probe.error("auth.login", password="x")[0] == "auth_unconfigured"
        assert "no socket password is configured" in v1(app.path, "auth x")
    with CmuxApp(folder / "u", workspaces=SMALL) as app, Probe(app.path) as probe:
        assert v1(app.path, "auth x") == "OK: Authentication not required"
        assert probe.ask("auth.login", password="x")["required"] is False
