"""The ways of telling: what goes to the terminal, and which programs run with which words."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.actions import notify as module
from console.actions.notify import WAYS, NotifyConfig, filled, notify, sequence
from console.model.agent import AgentState
from console.model.attention import Watched

WAIT = Watched("%1", "CODEX 1", AgentState.APPROVAL, 5.0, "Would you like to run it?")


def named(name: str, reason: str = "") -> Watched:
    return Watched("%1", name, AgentState.APPROVAL, 5.0, reason)


def test_the_sequences() -> None:
    assert sequence(NotifyConfig(), WAIT) == "\a", "the bell is the default"
    assert sequence(NotifyConfig(ways=()), WAIT) == ""
    assert sequence(NotifyConfig(ways=("cmux", "command")), WAIT) == ""
    osc9 = "\x1b]9;oc-console: CODEX 1: approval: Would you like to run it?\x1b\\"
    osc777 = "\x1b]777;notify;CODEX 1;approval: Would you like to run it?\x1b\\"
    assert sequence(NotifyConfig(ways=WAYS), WAIT) == f"{osc9}{osc777}\a"
    passed = sequence(NotifyConfig(ways=("osc9",)), WAIT, tmux=True)
    assert passed == "\x1bPtmux;\x1b\x1b]9;oc-console: CODEX 1: approval: Would you like to run it?\x1b\x1b\\\x1b\\"


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=300), st.text(max_size=300), st.booleans())
def test_no_name_gets_out_of_its_sequence(name: str, reason: str, tmux: bool) -> None:
    made = sequence(NotifyConfig(ways=("osc9", "osc777")), named(name, reason), tmux=tmux)
    inner = made.replace("\x1bPtmux;", "").replace("\x1b\x1b", "\x1b").replace("\x1b\\\x1b\\", "\x1b\\")
    one, two, rest = inner.split("\x1b\\")
    assert rest == "" and one.startswith("\x1b]9;oc-console: ") and two.startswith("\x1b]777;notify;")
    for text in (one[1:], two[1:]):
        assert not any(char < " " or char == "\x7f" or "\x80" <= char <= "\x9f" for char in text)
    assert two.count(";") == 3, "title and body stay apart"


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """A program that writes its arguments to ``said``, one a line, and fails where one of them is ``fail``."""
    path = tmp_path / "tell"
    path.write_text(
        f'#!/bin/sh\nfor a in "$@"; do printf "%s\\n" "$a"; done > {tmp_path}/said\n'
        'case "$*" in *fail*) echo "no  way\x1b[31m" >&2; exit 3;; esac\n'
    )
    path.chmod(0o755)
    return path


def said(program: Path) -> list[str]:
    return (program.parent / "said").read_text().splitlines()


async def test_cmux_is_told(program: Path) -> None:
    (notice,) = await notify(NotifyConfig(ways=("cmux",), cmux=str(program)), WAIT)
    assert notice.error == "" and notice.way == "cmux"
    assert said(program) == ["notify", "--title", "CODEX 1: approval", "--body", "Would you like to run it?"]


async def test_a_command_gets_the_words_as_arguments(program: Path) -> None:
    command = (str(program), "--say", "{surface} is in {state}", "{reason}", "{other} {", "{surface}{surface}")
    (notice,) = await notify(NotifyConfig(ways=("command",), command=command), named("$(id); `id` {reason}", "a\nb"))
    assert notice.error == ""
    name = "$(id); `id` {reason}"
    assert said(program) == ["--say", f"{name} is in approval", "a b", "{other} {", f"{name}{name}"]


@pytest.mark.parametrize("argument", ["{surface}", "--to={surface}", "-x{surface}"])
def test_a_name_does_not_become_an_option(argument: str) -> None:
    made = filled(argument, {"surface": "--force"})
    assert made == (" --force" if argument == "{surface}" else argument.replace("{surface}", "--force"))


async def test_a_failure_is_one_line(program: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TIMEOUT", 0.2)
    ways = NotifyConfig(ways=("cmux", "command"), command=("sleep", "60"), cmux=str(program))
    cmux, command = await notify(ways, named("fail"))
    assert cmux.way == "cmux" and "no  way" in cmux.error and "\x1b" not in cmux.error
    assert "no end within" in command.error
    for argv in (("/no/such/program",), (str(program.parent),), ("",), ("a\0b",)):
        (notice,) = await notify(NotifyConfig(ways=("command",), command=argv), WAIT)
        assert notice.error and "\n" not in notice.error


async def test_nothing_configured_runs_nothing(program: Path) -> None:
    assert await notify(NotifyConfig(ways=("bell", "osc9", "osc777")), WAIT) == ()
    assert await notify(NotifyConfig(ways=("command",)), WAIT) == ()
    assert not (program.parent / "said").exists()


async def test_no_shell_is_between(tmp_path: Path) -> None:
    command = ("touch", f"{tmp_path}/a b;touch $HOME *")
    (notice,) = await notify(NotifyConfig(ways=("command",), command=command), WAIT)
    assert notice.error == "" and [path.name for path in tmp_path.iterdir()] == ["a b;touch $HOME *"]
