"""What the demo agents do to input, as the real programs do, and what they log of it."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

import pytest

from console.demo import tasks
from console.demo.agent import BURSTS, PASTE_GUARD, Agent, parse
from console.demo.keys import KeyReader
from console.demo.session import Session
from console.model.dispatch import Dispatch, DispatchStatus
from console.model.findings import find
from console.model.verify_task import render
from tests.demo.test_session import run, text_of


class Ear:
    """What a session was told."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, str]] = []

    def __call__(self, event: str, text: str) -> None:
        self.heard.append((event, text))


def session(agent: str, ear: Ear, *script: str, lose: int = 0, approval: str = "") -> Session:
    return Session(agent, Random(1), script=script or ("say",), approval=approval, lose_enters=lose, heard=ear)


LINES = "\n".join(f"줄 {n}" for n in range(60))


@pytest.mark.parametrize(
    ("agent", "text", "shown"),
    [
        ("claude", LINES, "[Pasted text #1 +59 lines]"),
        ("claude", "x" * 801, "[Pasted text #1]"),
        ("claude", "one\ntwo\nthree", ""),
        ("codex", "x" * 2389, "[Pasted Content 2389 chars]"),
        ("codex", LINES, ""),
    ],
)
def test_a_long_paste_is_a_placeholder_and_is_submitted_whole(agent: str, text: str, shown: str) -> None:
    ear = Ear()
    made = session(agent, ear)
    made.handle(("paste", text), 0.0)
    assert made.draft == (shown or text)
    made.handle(("key", "enter"), 1.0)
    assert ear.heard == [("paste", text), ("submit", text)]
    transcript = made.entries[0].text
    assert transcript == (text if agent == "codex" or not shown else shown)


def test_the_second_paste_has_the_next_number_and_ctrl_u_forgets_both() -> None:
    ear = Ear()
    made = session("claude", ear)
    for _ in range(2):
        made.handle(("paste", LINES), 0.0)
    assert made.draft == "[Pasted text #1 +59 lines][Pasted text #2 +59 lines]"
    made.handle(("key", "ctrl+u"), 0.0)
    made.handle(("text", "[Pasted text #1 +59 lines]"), 0.0)
    made.handle(("key", "enter"), 1.0)
    assert ear.heard[-1] == ("submit", "[Pasted text #1 +59 lines]")


def test_lost_enters() -> None:
    ear = Ear()
    made = session("claude", ear, lose=2)
    made.handle(("text", "go"), 0.0)
    for _ in range(2):
        made.handle(("key", "enter"), 1.0)
        assert (made.state, made.draft) == ("idle", "go")
    made.handle(("key", "enter"), 1.0)
    assert ear.heard == [("submit", "go")]


@pytest.mark.parametrize("agent", ["claude", "codex"])
@pytest.mark.parametrize(
    "keys", [[("key", "enter")], [("text", "please go on")], [("paste", "go"), ("key", "newline")]]
)
def test_an_open_dialog_takes_keys_and_enter_approves(agent: str, keys: list[tuple[str, str]]) -> None:
    ear = Ear()
    made = session(agent, ear, "approval", approval="rm -rf build/")
    made.submit("go", 0.0)
    now = run(made, "approval")
    assert "rm -rf build/" in text_of(made)
    for key in keys:
        made.handle(key, now)
    # The p of "please" is "don't ask again" in Codex; Claude Code has no letters. A paste is lost, its Enter is not.
    taken = {"key": "1", "text": "2" if agent == "codex" else "", "paste": "1"}[keys[0][0]]
    assert ear.heard == ([("answer", taken)] if taken else []) and (made.dialog is None) == bool(taken)
    assert "go" not in made.draft


def test_what_waits_and_what_steers_is_told() -> None:
    ear = Ear()
    claude = session("claude", ear, "say", "say")
    claude.submit("go", 0.0)
    claude.handle(("text", "next"), 0.1)
    claude.handle(("key", "enter"), 0.1)
    codex = session("codex", ear, "say", "say")
    codex.submit("go", 0.0)
    for key in ("enter", "tab"):
        codex.handle(("text", key), 0.1)
        codex.handle(("key", key), 0.1)
    assert ear.heard == [("queue", "next"), ("steer", "enter"), ("queue", "tab")]


def test_enter_in_the_same_write_is_a_newline() -> None:
    claude, codex = (KeyReader(PASTE_GUARD[kind], BURSTS[kind]) for kind in ("claude", "codex"))
    assert claude.feed(b"go on\r", 0.0)[-1] == ("key", "enter")
    assert codex.feed(b"go on\r", 0.0)[-1] == ("key", "newline")
    assert codex.feed(b"\r", 0.11) == [("key", "newline")] and codex.feed(b"\r", 0.13) == [("key", "enter")]
    assert claude.feed(b"x" * 63 + b"\r", 5.0)[-1] == ("key", "newline")
    assert claude.feed(b"\r", 5.14) == [("key", "newline")] and claude.feed(b"\r", 5.16) == [("key", "enter")]


def test_the_log_has_one_line_for_each_event(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    options = parse(["--kind", "claude", "--log", str(log), "--deaf", "--guard", "0.5", "--lose-enters", "1"])
    agent = Agent(options, 0, 1)
    agent._apply([("paste", "한글\n두 줄"), ("key", "enter"), ("key", "enter")])
    events = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    assert events == [{"event": "paste", "text": "한글\n두 줄"}, {"event": "submit", "text": "한글\n두 줄"}]


@pytest.mark.parametrize("agent", ["claude", "codex"])
def test_a_verification_ends_in_scores_and_a_verdict_and_nothing_else_does(agent: str) -> None:
    made = session(agent, Ear())
    for prompt, found in ((render(Dispatch(54, "CLAUDE 1", "x", DispatchStatus.DONE)), 3), ("do it", 0)):
        made.handle(("paste", prompt), 0.0)
        made.handle(("key", "enter"), 1.0)
        run(made, "idle", 1.0)
        last = made.entries[-2].text
        said = find(last.split("\n"))
        if found:
            assert None not in (said.self_score, said.cross_score, said.verdict), last
        else:
            assert last in tasks.REPORTS
