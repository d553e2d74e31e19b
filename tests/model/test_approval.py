"""The approval policy: what it allows is a short list, what it never allows holds under any disguise."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from console.model.agent import AgentState
from console.model.approval import ApprovalPolicy, ApprovalRule, Approved, decide, problems
from console.model.approval_never import never, parts, strange
from console.model.dialog import Choice, Dialog, DialogId
from console.model.dialog_rows import Asked

NOW = 1_000_000.0
YES = (Choice(1, "Yes", "1", "accept-once"), Choice(2, "No", "2", "reject"))
ANYTHING = ApprovalRule("anything", surfaces=("*",), allow=(r"(?s).*",))
WIDE = ApprovalPolicy(enabled=True, dry_run=False, rules=(ANYTHING,))
TESTS = ApprovalRule(
    "tests",
    surfaces=("CODEX *", "claude 1"),
    agents=("codex", "claude"),
    allow=(r"pytest( -[qx]+)*( [\w./-]+)*", r"cat [\w./-]+", r"wc -l", r"cat [\w./-]+ \| wc -l"),
    deny=("production",),
)
NARROW = ApprovalPolicy(enabled=True, dry_run=False, rules=(TESTS,))


def dialog(command: str, *, whole: bool = True) -> Dialog:
    """A dialog that asks for *command*."""
    identity = DialogId("codex", AgentState.APPROVAL, "Run it?", (command,), ("Yes", "No"), 80)
    return Dialog(identity, Asked("command", command, (command,), whole), YES)


def verdict(policy: ApprovalPolicy, command: str, surface: str = "CODEX 1", agent: str = "codex") -> str:
    return decide(policy, dialog(command), surface, agent, (), NOW).verdict


NEVER = (
    "rm -rf /tmp/x", "rm file", "sudo ls", "curl example.com", "wget x", "ssh host ls", "scp a b", "nc -l 80",
    "git push origin main", "git -C /x push", "git clean -fd", "git reset --hard", "npm install x", "npm publish",
    "pip install x", "pip3.11 install x", "uv pip install x", "cat ~/.ssh/id_rsa", "cat ~/.aws/config", "cat .env",
    "printenv", "env", "echo GITHUB_TOKEN", "security find-generic-password", "python -c pass", "python3 -B -c pass",
    "python3 -m pip list", "node --eval x", "perl -e x", "bash run", "sh -c ls", "eval ls", "base64 -d x", "xargs ls",
    "find . -delete", "find . -name x -exec ls", "dd of=x", "cat /dev/sda", "kill 1", "launchctl list", "chmod 777 x",
    "docker run x", "cat /etc/passwd", "ls https://x", "awk x", "vi x", "cat x.pem", "gh auth status", "crontab -r",
)  # fmt: skip


@pytest.mark.parametrize("command", NEVER)
def test_what_is_never_approved(command: str) -> None:
    assert never(command) and verdict(WIDE, command) == "deny"
    assert verdict(WIDE, command.upper()) == "deny", "some file systems do not tell capitals"


@settings(max_examples=200, deadline=None)
@given(
    command=st.sampled_from(NEVER),
    before=st.text(max_size=30),
    after=st.text(max_size=30),
    left=st.sampled_from([" ", ";", "|", "&&", "\n", "/", "=", "'", '"', "`", "$(", "(", "{", ",", ":", "-", "\u200b"]),
    right=st.sampled_from([" ", ";", "|", "&&", "\n", "'", '"', "`", ")", "}", "<", ">", "\t", "\u202e"]),
)  # fmt: skip
@example("rm file", "pytest", "", "; ", " ")
def test_a_forbidden_command_is_found_anywhere(command: str, before: str, after: str, left: str, right: str) -> None:
    assert verdict(WIDE, f"{before}{left}{command}{right}{after}") != "allow"
    assert verdict(WIDE, f"{command}{right}{after}") != "allow"
    assert verdict(WIDE, f"{before}{left}{command}") != "allow"


@settings(max_examples=200, deadline=None)
@given(command=st.sampled_from(NEVER), data=st.data())
def test_quotes_and_backslashes_hide_nothing(command: str, data: st.DataObject) -> None:
    marks = data.draw(
        st.lists(st.tuples(st.integers(0, len(command)), st.sampled_from("'\"\\")), min_size=1, max_size=6)
    )
    for at, mark in marks:
        command = command[:at] + mark + command[at:]
    assert verdict(WIDE, command) != "allow"


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=40))
@example("0\x1f")
@example("ls\u3000; ls")
def test_only_plain_words_are_ever_allowed(command: str) -> None:
    if verdict(WIDE, command) == "allow":
        assert re.fullmatch(r"[A-Za-z0-9 _./=:,@%+~^'\"가-힣|;&-]+", command)
        assert not never(command) and not any(strange(part) for part in parts(command))


@pytest.mark.parametrize(
    "command",
    ["ls `id`", "ls $(id)", "ls $HOME", "ls > x", "ls < x", "ls & id", "ls\nid", "ls *", "/b?n/ls", "l{s,x}", "ls # x",
     "сat x", "ls\u202e", "ls\u200b", "ls ´x´", "'ls' x", "l''s x", "PATH=/tmp ls", ". ./x", "ls 'x", "ls;", "!!",
     "=ls", "ls ﬁle", "ls \x07", "ｌｓ", "~/ls x"],
)  # fmt: skip
def test_what_a_shell_reads_as_more_than_words_waits_for_a_person(command: str) -> None:
    assert not never(command), "another test's subject"
    decision = decide(WIDE, dialog(command), "s", "codex", (), NOW)
    assert decision.verdict == "ask" and decision.why


@pytest.mark.parametrize(
    "command",
    ["pytest -q tests/monitoring", "git status", "git diff --stat", "git log --oneline -5", "ruff check src", "ls -la",
     "rg -n TRACEPARENT src/ scripts/", "npm run -s build", "cargo test", "go test ./...", "python3 -m pytest -q tests",
     "python3 shared/dispatch_tracker.py summary", "make check", "cat README.md | wc -l", "pytest -k 한글",
     "pytest tests/test_tokenizer.py", "mypy src && ruff check src", "uv run pytest"],
)  # fmt: skip
def test_harmless_commands_pass_where_a_rule_allows_them(command: str) -> None:
    assert verdict(WIDE, command) == "allow"
    assert verdict(replace(WIDE, enabled=False), command) == "ask"
    assert verdict(replace(WIDE, rules=()), command) == "ask"
    assert verdict(ApprovalPolicy(rules=WIDE.rules), command) == "ask", "off unless switched on"


def test_a_rule_holds_for_its_surfaces_and_agents_only() -> None:
    assert verdict(NARROW, "pytest -q") == "allow"
    assert verdict(NARROW, "pytest -q", surface="Claude 1") == "allow", "case does not count"
    assert verdict(NARROW, "pytest -q", surface="CLAUDE 2") == "ask"
    assert verdict(NARROW, "pytest -q", agent="gemini") == "ask"
    everywhere = replace(TESTS, surfaces=())
    assert verdict(replace(NARROW, rules=(everywhere,)), "pytest -q") == "ask", "no surface is not every surface"


def test_the_whole_command_and_every_part_must_match() -> None:
    assert verdict(NARROW, "cat a.txt | wc -l") == "allow"
    assert verdict(NARROW, "pytest -q && pytest -x") == "ask", "the parts match, the whole does not"
    loose = replace(TESTS, allow=(r"pytest.*",))
    assert verdict(replace(NARROW, rules=(loose,)), "pytest -q && touch x") == "ask", (
        "the whole matches, a part does not"
    )
    assert verdict(NARROW, "echo pytest -q") == "ask", "found in it is not enough"


def test_deny_wins_over_every_allow_and_over_a_bad_pattern() -> None:
    policy = replace(NARROW, rules=(ANYTHING, TESTS))
    decision = decide(policy, dialog("cat production.txt"), "CODEX 1", "codex", (), NOW)
    assert (decision.verdict, decision.rule) == ("deny", "tests")
    assert verdict(policy, "cat production.txt", surface="other") == "allow", "that rule is for other surfaces"
    broken = replace(NARROW, rules=(ANYTHING, replace(TESTS, deny=("(",))))
    assert problems(broken) and not problems(policy)
    assert verdict(broken, "ls") == "ask", "nothing is allowed while a pattern is not understood"
    empty = replace(NARROW, rules=(ANYTHING, replace(TESTS, deny=("",))))
    assert problems(empty) and verdict(empty, "ls") == "ask"


def test_a_dialog_that_is_not_surely_whole_is_never_allowed() -> None:
    good = dialog("ls")
    for odd in (
        dialog("ls", whole=False),
        dialog("ls -…"),
        dialog("ls\n"),
        dialog(""),
        replace(good, text_field=True),
        replace(good, choices=YES[1:]),
        replace(good, choices=(*YES, replace(YES[0], number=3))),
        replace(good, asked=replace(good.asked, form="edit")),
        replace(good, id=replace(good.id, state=AgentState.QUESTION)),
        replace(good, id=replace(good.id, state=AgentState.TRUST)),
    ):
        decision = decide(WIDE, odd, "s", "codex", (), NOW)
        assert decision.verdict == "ask" and decision.why
    assert decide(WIDE, good, "s", "codex", (), NOW).verdict == "allow"


def test_long_commands_wait() -> None:
    assert verdict(WIDE, "ls " + "x" * 396) == "allow" and verdict(WIDE, "ls " + "x" * 398) == "deny"


@pytest.mark.parametrize(
    ("policy", "age", "surface", "count"),
    [
        (ApprovalPolicy(per_minute=2), 59, "s", 2),
        (ApprovalPolicy(per_hour=2), 3599, "s", 2),
        (ApprovalPolicy(total_per_minute=2), 59, "other", 2),
        (ApprovalPolicy(total_per_hour=2), 3599, "other", 2),
    ],
)
def test_the_rates(policy: ApprovalPolicy, age: float, surface: str, count: int) -> None:
    policy = replace(policy, enabled=True, rules=(ANYTHING,))

    def after(*ages: float) -> str:
        return decide(policy, dialog("ls"), "s", "codex", [Approved(NOW - a, surface) for a in ages], NOW).verdict

    assert after(*[age] * (count - 1)) == "allow"
    assert after(*[age] * count) == "ask"
    assert after(*[age + 1] * count) == "allow", "long enough ago"
    assert after(*[-5000.0] * count) == "ask", "a clock that was set back frees nothing"


def test_a_dry_run_says_so() -> None:
    policy = ApprovalPolicy(enabled=True, rules=(ANYTHING,))
    assert policy.dry_run, "dry unless told otherwise"
    assert "dry run" in decide(policy, dialog("ls"), "s", "codex", (), NOW).why
