"""Dialogs read whole: what is asked, about what, every option; and what tells one dialog from another."""

from __future__ import annotations

from dataclasses import replace

import pytest

from console.model.agent import AgentState, AgentStatus, Detection
from console.model.screen_facts import Option, PendingQuestion, Tab
from tests.agents.samples import APPROVAL, CODEX_APPROVAL, CODEX_QUESTION, DETECTOR, QUESTION, TURN, claude, screen
from tests.agents.samples_more import CHANGE_DIALOG, KEY_DIALOG, LIMIT_DIALOG, NEW_TRUST, RATE_DIALOG


def asked(text: str, agent: str = "") -> PendingQuestion:
    question = DETECTOR.detect(screen(text), agent=agent).facts.question
    assert question is not None
    return question


def test_a_command_to_approve() -> None:
    question = asked(APPROVAL)
    assert (question.title, question.text) == ("Bash command", "Do you want to proceed?")
    assert question.details == ("rm -rf build && make", "Build again")
    assert question.keys == "Esc to cancel · Tab to amend"
    assert question.whole
    assert question.options[0] == Option("Yes", 1, chosen=True)
    assert [(option.number, option.chosen) for option in question.options] == [(1, True), (2, False), (3, False)]


def test_a_codex_command_to_approve() -> None:
    question = asked(CODEX_APPROVAL)
    assert question.title == question.text == "Would you like to run the following command?"
    assert question.details == ("Reason: Need to write outside the workspace", "$ touch /opt/created.txt")
    assert question.options[1].chosen


def test_a_change_to_approve_keeps_its_lines_also_one_with_a_question_mark() -> None:
    question = asked(CHANGE_DIALOG)
    assert (question.title, question.text) == ("Create file", "Do you want to create hello.py?")
    assert question.details == ("hello.py", "1 def main():", "2     print('hello?')")


def test_questions_asked_together() -> None:
    question = asked(QUESTION)
    assert question.text == "어떤 검사를 돌릴까요?"
    assert question.tabs == (Tab("Checks", answered=True), Tab("보고서"))
    assert question.options == (
        Option("Lint", 1, "ruff", chosen=True, checked=False),
        Option("타입 검사", 2, checked=True),
        Option("Type something", 3, checked=False),
        Option("Chat about this", 4),
    )


def test_descriptions_in_a_second_column() -> None:
    question = asked(CODEX_QUESTION)
    assert question.title == "Question 1/1 (1 unanswered)"
    assert question.text == "Which database should the service use?"
    assert [(each.label, each.description) for each in question.options] == [
        ("SQLite (Recommended)", "One file, no server"),
        ("Postgres", "A server process"),
    ]


def test_options_without_numbers() -> None:
    found = DETECTOR.detect(screen(NEW_TRUST))
    assert found.facts.question is not None
    assert found.facts.question.options == (Option("No, exit", chosen=True), Option("Yes, I trust this folder"))
    assert found.options == ()


def test_a_dialog_whose_beginning_scrolled_off_is_not_whole() -> None:
    tail = "\n".join(["  12 + x = 1", *APPROVAL.split("\n")[-8:]])
    assert not asked(tail, "claude").whole


def test_one_dialog_is_the_same_wherever_its_mark_stands_and_another_is_not() -> None:
    first = asked(APPROVAL)
    moved = asked(APPROVAL.replace("❯ 1.", "  1.").replace("  3. No", "❯ 3. No"))
    assert moved != first
    assert moved.same_as(first)
    for other in (APPROVAL.replace("build", "/"), APPROVAL.replace("3. No", "3. Never"), CHANGE_DIALOG):
        assert not asked(other).same_as(first)


def test_a_quoted_dialog_is_no_question() -> None:
    assert (
        DETECTOR.detect(claude(f"● See:\n\n  {APPROVAL.splitlines()[-7].strip()}\n  ❯ 1. Yes\n")).facts.question is None
    )


@pytest.mark.parametrize(
    ("text", "state", "reason"),
    [
        (RATE_DIALOG, "menu", "Approaching rate limits; limit resets 20:57"),
        (LIMIT_DIALOG, "limit", "Stop and wait for limit to reset; limit resets 21:09 UTC"),
        (KEY_DIALOG, "menu", "Detected a custom API key"),
    ],
)
def test_a_menu_that_stops_the_agent_needs_a_person(text: str, state: str, reason: str) -> None:
    found = DETECTOR.detect(screen(text))
    assert (found.state.value, found.reason) == (state, reason)
    assert found.needs_person
    assert AgentStatus(found, 1.0).needs_person
    assert found.facts.question is not None


def test_a_menu_the_operator_opened_needs_nobody() -> None:
    opened = screen(
        f"{TURN}\n{'─' * 80}\n Select model\n\n ❯ 1. Default\n   2. Opus\n\n Enter to confirm · Esc to exit"
    )
    found = DETECTOR.detect(opened)
    assert (found.state, found.needs_person) == (AgentState.MENU, False)
    assert replace(found, blocks=True).needs_person
    assert not Detection("claude", AgentState.IDLE).needs_person
