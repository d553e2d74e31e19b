"""``oc-console send``: what it refuses to understand, and what a dry run leaves."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from console.cli import main
from tests.eventually import eventually_now
from tests.tmux_server import ROOT, TmuxServer, agent

Oc = Callable[..., tuple[int, str]]


@pytest.fixture
def oc(tmux: TmuxServer, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Oc:
    """Run ``oc-console send``; return exit code and everything it said. State goes to *tmp_path*/home."""
    pane = tmux.new(agent("claude"), width=100, height=30)
    tmux.run("set-option", "-p", "-t", pane, "@surface", "CLAUDE 1")
    eventually_now(lambda: tmux.screen(pane).strip())
    (tmp_path / "oc.yaml").write_text(f"mux: {{tmux_socket: {tmux.socket}}}\n")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "home"))

    def run(*arguments: str) -> tuple[int, str]:
        code = main(["send", *arguments, "--config", str(tmp_path / "oc.yaml")])
        told = capsys.readouterr()
        return code, told.out + told.err

    return run


@pytest.mark.parametrize(
    ("force", "told"), [("nosuch", "there is no such guard; write one of"), ("dialog", "nobody can set this guard")]
)
def test_a_guard_that_cannot_be_set_aside_is_told_before_anything_is_sent(oc: Oc, force: str, told: str) -> None:
    code, said = oc("CLAUDE 1", "a task for you", "--force", force)
    assert code == 2 and told in said and "submitted" not in said


def test_a_context_is_counted_and_none_is_attached_silently(oc: Oc, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        oc("CLAUDE 1", "a task for you", "--context", "-3")
    assert left.value.code == 2 and "write 0 or more" in capsys.readouterr().err
    code, said = oc("CLAUDE 1", "a task for you", "--context", "2", "--dry-run")
    assert code == 0 and "none were attached" in said


def test_a_dry_run_leaves_nothing_and_knows_that_the_console_is_read_only(oc: Oc, tmp_path: Path) -> None:
    for _ in range(3):  # what is noted for later is written beside the reading: once may be luck
        assert oc("CLAUDE 1", "a task for you", "--dry-run")[0] == 0
    assert not (tmp_path / "home").exists()
    code, said = oc("CLAUDE 1", "a task for you", "--dry-run", "--read-only")
    assert code == 3 and "read-only" in said


def test_bytes_that_are_no_text_are_refused_without_a_traceback(tmux: TmuxServer, oc: Oc, tmp_path: Path) -> None:
    env = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8:strict"}
    argv = [sys.executable, "-m", "console", "send", "CLAUDE 1", "-", "--config", str(tmp_path / "oc.yaml")]
    done = subprocess.run(argv, input=b"fix \xff it", capture_output=True, timeout=60, env=env, check=False)
    assert done.returncode == 3 and b"characters: line 1" in done.stderr and b"Traceback" not in done.stderr
    assert "fix" not in tmux.screen("%0")
