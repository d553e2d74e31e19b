"""How an agent was started, against what is expected."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.agents.joining import AgentProcess, agent_process
from console.agents.started import ARGV_SHOWN, judge, show
from console.model.service import Judgement
from tests.eventually import eventually_now

OK, ATTENTION, UNKNOWN = Judgement.OK, Judgement.ATTENTION, Judgement.UNKNOWN


def run(*argv: str, agent: str = "codex") -> AgentProcess:
    return AgentProcess(42, argv, 0.0, agent)


@pytest.mark.parametrize(
    ("argv", "expected", "judgement"),
    [
        ("codex -a never", "-a never", OK),
        ("codex --ask-for-approval never", "-a never", OK),
        ("codex --ask-for-approval=never", "-a never", OK),
        ("codex -anever", "-a never", OK),
        ("codex -c approval_policy=never", "-a never", OK),
        ("codex -c 'approval_policy=\"never\"'", "-a never", OK),
        ("codex --config approval_policy=never", "-a never", OK),
        ("codex --config=approval_policy=never", "-a never", OK),
        ("codex --dangerously-bypass-approvals-and-sandbox", "-a never", OK),
        ("codex --yolo", "-a never", OK),
        ("codex resume --last -a never", "-a never", OK),
        ("node /x/codex.js -a never", "-a never", OK),
        ("node --flag=1 /opt/node_modules/@openai/codex/bin/codex.js -a never", "codex -a never", OK),
        ("codex -m gpt-5 -s workspace-write -a never", "-a never -s workspace-write", OK),
        ("codex -a never", "--ask-for-approval never", OK),
        ("codex -a NEVER", "-a never", OK),
        ("codex -a on-request -a never", "-a never", OK),
        ("codex --search", "--search", OK),
        ("codex", "-a never", ATTENTION),
        ("codex -a on-request", "-a never", ATTENTION),
        ("codex -a", "-a never", ATTENTION),
        ("codex --full-auto", "-a never", ATTENTION),
        ("codex -p fast", "-a never", ATTENTION),
        ("codex 'please run it with -a never'", "-a never", ATTENTION),
        ("codex -- -a never", "-a never", ATTENTION),
        ("codex -m -a never", "-a never", ATTENTION),
        ("codex -a never", "-a never -s read-only", ATTENTION),
        ("codex -a never", "--dangerously-bypass-approvals-and-sandbox", ATTENTION),
        ("codex", "--search", ATTENTION),
        ("codex -a never", "", UNKNOWN),
        ("codex -a never", "codex", UNKNOWN),
        ("codex -a never", "-a 'never", UNKNOWN),
    ],
)
def test_codex(argv: str, expected: str, judgement: Judgement) -> None:
    import shlex

    assert judge(run(*shlex.split(argv)), expected).judgement is judgement


@pytest.mark.parametrize(
    ("argv", "expected", "judgement"),
    [
        ("claude --dangerously-skip-permissions", "--dangerously-skip-permissions", OK),
        ("claude --permission-mode bypassPermissions", "--dangerously-skip-permissions", OK),
        ("claude --dangerously-skip-permissions", "--permission-mode bypassPermissions", OK),
        ("claude --permission-mode=acceptEdits --model opus", "--permission-mode acceptEdits", OK),
        ("claude --model=opus", "--model opus", OK),
        ("claude -c", "--permission-mode plan", ATTENTION),
        ("claude --permission-mode default", "--permission-mode plan", ATTENTION),
        ("claude --allow-dangerously-skip-permissions", "--dangerously-skip-permissions", ATTENTION),
        ("claude --append-system-prompt --dangerously-skip-permissions", "--dangerously-skip-permissions", ATTENTION),
    ],
)
def test_claude(argv: str, expected: str, judgement: Judgement) -> None:
    assert judge(run(*argv.split(), agent="claude"), expected).judgement is judgement


def test_an_agent_without_known_options_is_compared_by_the_flags() -> None:
    assert judge(run("aider", "--yes", agent="aider"), "--yes").judgement is OK
    assert judge(run("aider", agent="aider"), "--yes").judgement is ATTENTION


def test_the_evidence_says_what_differs_and_who_decides() -> None:
    assert judge(run("codex", "-a", "never"), "-a never").evidence == "approval never, as expected"
    assert judge(run("codex", "-a", "untrusted"), "-a never").evidence == "approval untrusted, expected never"
    assert judge(run("codex"), "-a never").evidence == "expected approval never; not given, config.toml decides"
    assert "the profile fast decides" in judge(run("codex", "-p", "fast"), "-a never").evidence
    assert judge(None, "-a never").judgement is UNKNOWN
    assert judge(None, "-a never").argv == ""


def test_secrets_and_control_characters_are_not_shown() -> None:
    argv = (
        "codex",
        "--api-key",
        "abcdef123456",
        "--token=tok-98765",
        "-c",
        "openai_api_key=zzzzzz99",
        "sk-abcdefghijk",
        "--password",
        "hunter2222",
        "\x1b[2Jx\u202e",
    )
    shown = judge(run(*argv), "-a never").argv
    for secret in ("abcdef123456", "tok-98765", "zzzzzz99", "sk-abcdefghijk", "hunter2222", "\x1b", "\u202e"):
        assert secret not in shown
    assert shown.startswith("codex --api-key [redacted]")
    evidence = judge(run("codex", "-a", "sk-abcdefghijk"), "-a never").evidence
    assert "sk-abc" not in evidence


def test_a_prompt_among_the_arguments_is_cut() -> None:
    shown = show(("codex", "long " * 1000, *["word"] * 1000))
    assert len(shown) <= ARGV_SHOWN + 1


@given(st.lists(st.text(max_size=20), max_size=12), st.text(max_size=40), st.sampled_from(["codex", "claude", "x", ""]))
def test_nothing_makes_it_raise(argv: list[str], expected: str, agent: str) -> None:
    found = judge(run(*argv, agent=agent), expected)
    assert found.judgement in (OK, ATTENTION, UNKNOWN)
    assert found.evidence


def test_a_real_process_is_judged_by_its_own_argv(tmp_path: Path) -> None:
    program = tmp_path / "codex"
    program.write_text("#!/bin/sh\nsleep 1000\n")
    program.chmod(0o755)
    shell = subprocess.Popen(["/bin/sh", "-c", f"'{program}' -m o3 -a never; true"], start_new_session=True)
    try:
        eventually_now(lambda: agent_process(shell.pid) is not None)
        found = judge(agent_process(shell.pid), "-a never")
        assert found.judgement is OK, found
        assert found.argv.endswith("codex -m o3 -a never")
    finally:
        os.killpg(shell.pid, 9)
        shell.wait()
