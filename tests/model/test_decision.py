"""Decisions: what an entry of the file says, which ones are new, and what a command would do."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.model.agent import AgentState, AgentStatus
from console.model.decision import (
    Asked,
    Decision,
    DecisionsSlice,
    DecisionState,
    decision_of,
    entry_of,
    find,
    id_of,
    moment,
    new,
    ran_entry,
    stamp,
)
from console.model.decision_command import Here, Plan, plan, plans
from console.model.guard_facts import Facts, Policy
from console.model.surface import Surface
from tests.ui_helpers import info, seen

HERE = Here("/home/o", "/place")
NOBODY = Facts(1.0, None)


def working(name: str = "CODEX 1", agent: str = "codex", pid: int = 4242) -> Surface:
    about = info(1, name, pid=pid)
    return Surface(about, name, status=AgentStatus(seen(AgentState.WORKING, agent), 1.0), seen_agent=agent)


def planned(command: str, *fleet: Surface, here: Here = HERE) -> Plan:
    return plan(command, here, replace(NOBODY, fleet=fleet), Policy())


@pytest.mark.parametrize(
    ("command", "argv", "cwd"),
    [
        ("python3 shared/dispatch_tracker.py summary", ("python3", "shared/dispatch_tracker.py", "summary"), "/place"),
        ("cd ~/ws && python3 a.py '두 말'", ("python3", "a.py", "두 말"), "/home/o/ws"),
        ("cd sub && ls", ("ls",), "/place/sub"),
        ("launchctl unload ~/Library/x.plist", ("launchctl", "unload", "/home/o/Library/x.plist"), "/place"),
        ("printf '%s|%s' \"a b\"", ("printf", "%s|%s", "a b"), "/place"),
        ("auto_dispatcher.sh --dry-run", ("auto_dispatcher.sh", "--dry-run"), "/place"),
        ("cat scripts/auto_dispatcher.sh", ("cat", "scripts/auto_dispatcher.sh"), "/place"),
        ("launchctl unload x.auto-dispatcher", ("launchctl", "unload", "x.auto-dispatcher"), "/place"),
        ("kill 4243", ("kill", "4243"), "/place"),
    ],
)  # fmt: skip
def test_a_plain_command_is_run_as_its_words(command: str, argv: tuple[str, ...], cwd: str) -> None:
    found = planned(command, working(agent="claude"))
    assert (found.kind, found.argv, found.cwd) == ("run", argv, cwd), found.why


@pytest.mark.parametrize(
    ("command", "why"),
    [
        ("launchctl load ~/Library/LaunchAgents/com.openclaw.auto-dispatcher.plist", "automatic dispatcher"),
        ("systemctl --user start auto-dispatcher", "automatic dispatcher"),
        ("/opt/auto_dispatcher.sh", "automatic dispatcher"),
        ("python3 scripts/auto_dispatcher.py --dry-run=no --once", "automatic dispatcher"),
        ("launchctl stop com.openclaw.sihwang-webapp", "unload it instead"),
        ("pkill -f codex", "Codex is at work on CODEX 1"),
        ("kill -9 4242", "CODEX 1, at work now"),
        ("a | b", "needs a shell (|)"),
        ("a; b", "needs a shell (;)"),
        ("a && b", "needs a shell (&)"),
        ("a\nb", "a line break"),
        ("echo $HOME", "($)"),
        ('echo "$(id)"', "needs a shell"),
        ("echo `id`", "needs a shell"),
        ("rm *.txt", "(*)"),
        ("cd $X && ls", "needs a shell"),
        ("ls # all", "needs a shell"),
        ("echo 'open", "quotes"),
        ("A=1 ls", "A= sets a variable"),
        ("-x", "no program"),
        ("", "empty"),
        ("bash -c 'id'", "cannot be shown beforehand"),
        ("/bin/sh x.sh", "cannot be shown beforehand"),
        ("sudo ls", "rights"),
        ("env ls", "hides"),
        ("cmux send --surface surface:1 hello", "past the guards"),
        ("tmux send-keys -t %1 q", "past the guards"),
        ("x" * 3000, "longer than"),
    ],
)
def test_what_is_not_surely_one_plain_program_is_refused(command: str, why: str) -> None:
    found = planned(command, working())
    assert found.kind == "refused" and why in found.why, found


@pytest.mark.parametrize(
    ("command", "why"),
    [
        ("rm -rf /", "the whole of /"),
        ("rm -rf //", "the whole of /"),
        ("rm -rf ~", "the whole of /home/o"),
        ("rm -rf ~/../../etc", "the whole of /etc"),
        ("rm -r .", "the whole of /place"),
        ("cd ~/ws && rm -rf ..", "the whole of /home/o"),
        ("mv ~ /mnt/x", "the whole of /home/o"),
        ("chmod -R 777 /usr", "the whole of /usr"),
        ("find / -delete", "which files"),
        ("find /x -name a -exec rm x", "which files"),
        ("dd if=/dev/zero of=/dev/sda", "empties a disk"),
        ("/sbin/mkfs.ext4 /dev/sdb1", "empties a disk"),
        ("shutdown -h now", "ends this machine"),
        ("python3 -c 'print(1)'", "cannot be shown"),
        ("python3 -W ignore -Ic 'print(1)'", "cannot be shown"),
        ("perl -we 'x'", "cannot be shown"),
        ("node --eval=x", "cannot be shown"),
        ("ssh host reboot", "cannot be shown"),
        ("tmux -L x kill-server", "past the guards"),
        ("tmux kill-ser", "past the guards"),
        ("cmux close-surface surface:1", "past the guards"),
        ("kill -9 -1", "every process"),
        ("kill -- -1", "every process"),
        ("kill -TERM 1", "every process"),
        ("systemctl reload-or-restart auto-dispatcher", "automatic dispatcher"),
        ("supervisorctl start all", "automatic dispatcher"),
        ("supervisorctl -c x start '*'", "automatic dispatcher"),
        ("launchctl load ~/Library/LaunchAgents", "automatic dispatcher"),
    ],
)
def test_what_cannot_be_taken_back_is_refused(command: str, why: str) -> None:
    found = planned(command)
    assert found.kind == "refused", found
    assert why in found.why
    assert found.remedy


@pytest.mark.parametrize(
    "command",
    [
        "rm -rf /tmp/verify_1.txt", "rm -r build", "mv a.md ~", "mv a.md ..", "chmod 644 /etc/x", "find . -name x",
        "dd if=a of=b", "python3 -E -W error a.py -c b", "python3 -m pytest -c x.ini", "python3 -Xtracemalloc a.py",
        "perl -w a.pl -e", "tmux list-panes -a", "kill -1 4243", "kill -9 4243", "pkill -f codex_auto_approve",
        "supervisorctl status all", "systemctl restart web", "launchctl load ~/Library/LaunchAgents/x.watcher.plist",
    ],
)  # fmt: skip
def test_what_can_be_taken_back_is_run(command: str) -> None:
    assert planned(command).kind == "run", planned(command).why


def test_nothing_runs_from_a_read_only_console() -> None:
    assert "read-only" in planned("ls", here=replace(HERE, read_only=True)).why


def test_an_agents_start_line_is_for_a_surface() -> None:
    assert planned("codex -a never").kind == "send" and planned("codex -a never").text == "codex -a never"
    asked = Decision("a", "Codex 세션 전체 재시작 — -a never 모드로", options=("-a never",))
    (found,) = plans(asked, HERE, NOBODY, Policy())
    assert (found.kind, found.text) == ("send", "codex -a never")
    assert plans(replace(asked, text="Codex and Claude"), HERE, NOBODY, Policy()) == ()
    assert plans(replace(asked, options=("예",)), HERE, NOBODY, Policy()) == ()


@given(st.text(max_size=60))
def test_no_command_gives_a_traceback_and_a_run_has_words(command: str) -> None:
    found = planned(command)
    assert found.kind != "run" or (found.argv and found.cwd.startswith("/"))


def test_an_entry_comes_back_as_it_was_noted() -> None:
    asked = Asked("결정", ("ls",), ("/a",), ("예", "아니오"), "h:3", "note")
    found = decision_of(entry_of(asked, "abc", 1_775_800_000.0))
    assert found == Decision("abc", "결정", ("ls",), ("/a",), ("예", "아니오"), 1_775_800_000.0, "h:3", note="note")


def test_hands_that_write_freely_are_understood() -> None:
    found = decision_of({"text": "x", "command": "ls", "answer": "yes", "decided_at": "2026-04-10"})
    assert found is not None and found.state is DecisionState.DECIDED and found.commands == ("ls",)
    assert found.id == id_of("x") and found.decided_at == moment("2026-04-10T00:00:00Z")
    assert decision_of({"text": "x"}, taken={id_of("x")}) == Decision(f"{id_of('x')}-2", "x")
    assert decision_of({"answer": "yes"}) is None and decision_of({"text": ["a"]}) is None
    run = {"command": "ls", "exit": "0", "seconds": "1.5", "at": stamp(1_775_800_000.0)}
    found = decision_of({"text": "x", "ran": run})
    assert found is not None and found.ran[0].exit == 0 and ran_entry(found.ran[0])["seconds"] == 1.5


@pytest.mark.parametrize("text", ["", "soon", "99", "1e400", "nan", "2026-13-01"])
def test_what_is_no_time_is_none(text: str) -> None:
    assert moment(text) is None


def test_what_is_noted_already_is_not_offered_again() -> None:
    known = [Decision("1", "Phase 5  재수정!"), Decision(id_of("Hermes upgrade"), "edited since")]
    asked = [Asked("phase 5 재수정"), Asked("Hermes upgrade"), Asked("new"), Asked("New."), Asked(" — ")]
    assert [each.text for each in new(asked, known)] == ["new"]


def test_a_beginning_of_an_id_is_enough_where_it_is_clear() -> None:
    every = [Decision("abc1", "a"), Decision("abd2", "b"), Decision("a", "c")]
    assert [each.text for each in find(every, "abc")] == ["a"]
    assert [each.text for each in find(every, "ab")] == ["a", "b"]
    assert [each.text for each in find(every, "a")] == ["c"] and find(every, "b") == ()


def test_pending_first_and_the_newest_decided_first() -> None:
    decided = DecisionState.DECIDED
    every = (
        Decision("1", "a", state=decided, decided_at=1.0),
        Decision("2", "b"),
        Decision("3", "c", state=decided, decided_at=2.0),
    )
    seen_ = DecisionsSlice("f", 1.0, every)
    assert [each.id for each in seen_.pending] == ["2"] and [each.id for each in seen_.settled] == ["3", "1"]


def test_a_dispatcher_with_its_proof_is_not_held_back_by_the_rule_of_thumb() -> None:
    proven = replace(HERE, dispatcher=("", ""))
    load = "launchctl load ~/Library/LaunchAgents/com.x.auto-dispatcher.plist"
    assert planned(load, here=proven).kind == "run"
    assert "stays loaded" in planned("launchctl stop com.x.auto-dispatcher", here=proven).why, "the other rules hold"
    barred = planned(load, here=replace(HERE, dispatcher=("it lacks a dry run", "make one")))
    assert barred.kind == "refused" and "lacks a dry run" in barred.why and barred.remedy == "make one"
