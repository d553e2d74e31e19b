"""What every test stands on: the developer's own machine is kept out, and private servers are there to be used."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator

import pytest
from hypothesis import settings

from console import i18n
from tests.tmux_server import PROGRAM, TmuxServer

# The same examples every time: a test that fails fails again. OC_RANDOM=1 looks for new ones.
settings.register_profile("fixed", derandomize=True)
settings.register_profile("random", derandomize=False)
settings.load_profile("random" if os.environ.get("OC_RANDOM") else "fixed")


@pytest.fixture(scope="session")
def _no_server() -> Iterator[str]:
    """A socket folder of tmux in which no server runs; short, for the limit of a Unix socket's path."""
    folder = tempfile.mkdtemp(prefix="oct-", dir="/tmp")
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(autouse=True)
def _own_machine_kept_out(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory, _no_server: str
) -> None:
    """No test finds the terminal server, the configuration or the home of the person who runs it."""
    for name in tuple(os.environ):
        if name in ("TMUX", "TMUX_PANE", "OC_CONSOLE_CONFIG") or name.startswith("CMUX_"):
            monkeypatch.delenv(name)
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / ".config"))
    for name in ("XDG_STATE_HOME", "XDG_RUNTIME_DIR", "CLAUDE_CONFIG_DIR", "CODEX_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TMUX_TMPDIR", _no_server)
    for name in ("LC_ALL", "LC_MESSAGES", "LANGUAGE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "C.UTF-8")
    i18n.use("en")


@pytest.fixture
def tmux() -> Iterator[TmuxServer]:
    """A private tmux server, gone after the test."""
    if not PROGRAM:
        pytest.skip("there is no tmux program")
    server = TmuxServer()
    yield server
    server.stop()
