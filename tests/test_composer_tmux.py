"""The console as one uses it: in a tmux pane, over a fleet of demo agents, with an editor of one's own."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.eventually import eventually_now
from tests.tmux_server import ROOT, TmuxServer

KOREAN = "편집기에서 쓴 글 {braces}\n둘째 줄"
DEADLINE = 30.0


class Console:
    """A console in a pane of its own server, over the fleet in *fleet*."""

    def __init__(self, fleet: TmuxServer, own: TmuxServer, folder: Path, editor: str, size: tuple[int, int]) -> None:
        self.received = folder / "received.jsonl"
        self.log = folder / "log.json"
        self.log.write_text("[]", encoding="utf-8")
        self.state = folder / "state"
        argv = [sys.executable, "-S", "-m", "console.demo.agent", "--kind", "claude", "--log", str(self.received)]
        fleet.new("exec " + shlex.join(argv), width=100, height=30)
        config = folder / "oc.yaml"
        config.write_text(
            f"log: {{path: {self.log}}}\ntemplates:\n  - {{name: next, text: 'number {{number}}: '}}\n",
            encoding="utf-8",
        )
        script = folder / "editor.sh"
        script.write_text(f"#!/bin/sh\n{editor}\n", encoding="utf-8")
        script.chmod(0o700)
        own.env |= {
            "EDITOR": str(script),
            "HOME": str(folder),
            "XDG_STATE_HOME": str(self.state),
            "XDG_CONFIG_HOME": str(folder / "config"),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        run = [sys.executable, "-m", "console", "--config", str(config), "--tmux-socket", str(fleet.socket)]
        command = f"cd {shlex.quote(str(ROOT))} && exec {shlex.join(run)}"
        self.server, self.pane = own, own.new(command, width=size[0], height=size[1])

    def keys(self, *keys: str) -> None:
        self.server.run("send-keys", "-t", self.pane, *keys)

    def shows(self, *texts: str) -> None:
        def shown() -> bool:
            screen = self.server.screen(self.pane)
            return all(text in screen for text in texts)

        eventually_now(shown, DEADLINE, lambda: f"{texts}:\n{self.server.screen(self.pane)}")

    def hides(self, text: str) -> None:
        """Wait until it is gone: a key right after Esc would be Alt with that key."""
        eventually_now(lambda: text not in self.server.screen(self.pane), DEADLINE, text)

    def submitted(self) -> list[str]:
        lines = self.received.read_text(encoding="utf-8").splitlines() if self.received.exists() else []
        events: list[dict[str, Any]] = [json.loads(line) for line in lines]
        return [each["text"] for each in events if each["event"] in ("submit", "queue", "steer")]


@pytest.fixture
def own(tmux: TmuxServer) -> Any:
    server = TmuxServer()
    yield server
    server.stop()


def test_written_in_an_editor_and_sent_once(tmux: TmuxServer, own: TmuxServer, tmp_path: Path) -> None:
    write = f'stat -c %a "$1" > {tmp_path}/mode 2>/dev/null; printf \'%s\\n\' {shlex.quote(KOREAN)} >> "$1"'
    console = Console(tmux, own, tmp_path, write, (80, 24))
    console.shows("idle", "1 surface ")
    console.keys("s")
    console.shows("Send to", "guards have nothing against it")
    console.keys("C-t")
    console.shows("Templates")
    console.keys("Enter")
    console.shows("number 1: ")
    console.keys("C-e")
    console.shows("편집기에서 쓴 글 {braces}", "둘째 줄", "Send to")
    console.keys("C-d")
    console.shows("The exact bytes that would be typed", "number 1:·␊")
    console.keys("Escape")
    console.hides("The exact bytes")
    console.keys("C-s")
    console.shows("submitted. #1 ")
    console.hides("Sending to")
    eventually_now(lambda: console.submitted() == [f"number 1: \n{KOREAN}"], DEADLINE, console.submitted)
    record = json.loads(console.log.read_text(encoding="utf-8"))[0]
    assert record["send_outcome"] == "submitted" and record["task"] == f"number 1: \n{KOREAN}"
    kept = {path.name for path in console.state.rglob("*") if path.is_file()}
    assert "composer-sent.json" in kept and not [name for name in kept if name.startswith("task-")]
    assert (tmp_path / "mode").read_text().strip() in ("600", "")
    for up in ("C-Up", "M-Up"):
        console.keys("s")
        console.shows("Send to")
        console.keys(up)
        console.shows("number 1:", "둘째 줄")
        console.keys("Escape")
        console.hides("Send to")


def test_an_editor_that_fails_or_is_interrupted_keeps_console_and_text(
    tmux: TmuxServer, own: TmuxServer, tmp_path: Path
) -> None:
    wait = f'echo lost > "$1"; touch {tmp_path}/open; echo EDITOR-IS-OPEN; sleep 100'
    console = Console(tmux, own, tmp_path, wait, (120, 40))
    console.shows("idle", "1 surface ")
    console.keys("s")
    console.shows("Send to")
    console.keys("-l", "한글 text to keep")
    console.shows("한글 text to keep")
    console.keys("C-e")
    console.shows("EDITOR-IS-OPEN")
    console.keys("C-c")
    console.shows("한글 text to keep", "ended by signal 2", "Send to")
    console.keys("Escape")
    console.shows("1 surface ", "idle")
    assert console.submitted() == []
