"""Gemini CLI, known by its rule file alone."""

from __future__ import annotations

import pytest

from console.model.agent import AgentState
from tests.agents.samples import DETECTOR, screen
from tests.agents.samples_more import (
    GEMINI_ANSWER,
    GEMINI_APPROVAL,
    GEMINI_DECOY,
    GEMINI_QUESTION,
    GEMINI_TRUST,
    framed,
    gemini,
)

_BOX = f"{'▀' * 80}\n >   Type your message or @path/to/file\n{'▄' * 80}"
HALF_BLOCKS = f"{GEMINI_ANSWER}\n{_BOX}\n ~/proj   no sandbox   /model gemini-3-pro"


@pytest.mark.parametrize(
    ("text", "state", "reason"),
    [
        (gemini(), "idle", ""),
        (HALF_BLOCKS, "idle", ""),
        (gemini("fix the loader"), "typed", ""),
        (HALF_BLOCKS.replace("  Type your message or @path/to/file", "고쳐 주세요"), "typed", ""),
        (gemini(above="⠏ Polishing (esc to cancel, 1m 2s)\n\n"), "working", "Polishing (esc to cancel, 1m 2s)"),
        (gemini(above="⠏ Polishing the code\n(esc to cancel, 12s)\n\n"), "working", "Polishing the code"),
        (gemini().replace("✦ The", "✕ [API Error: quota]\n✦ The"), "idle", ""),
        (GEMINI_APPROVAL, "approval", "Allow execution of: 'rm'?"),
        (GEMINI_QUESTION, "question", "Which database should the service use?"),
        (GEMINI_TRUST, "trust", "Do you trust the files in this folder?"),
        (gemini().replace(GEMINI_ANSWER, GEMINI_DECOY), "idle", ""),
    ],
)
def test_state(text: str, state: str, reason: str) -> None:
    found = DETECTOR.detect(screen(text), command="gemini")
    assert (found.agent, found.state.value, found.reason) == ("gemini", state, reason)


@pytest.mark.parametrize("text", [gemini(), HALF_BLOCKS, gemini("fix it"), GEMINI_APPROVAL, GEMINI_QUESTION])
def test_the_screen_alone_tells_the_agent(text: str) -> None:
    for agent in ("", "claude"):
        assert DETECTOR.detect(screen(text), agent=agent).agent == "gemini"


def test_question_and_facts() -> None:
    found = DETECTOR.detect(screen(GEMINI_APPROVAL))
    assert found.options == ("Allow once", "Allow for this session", "No, suggest changes (esc)")
    assert found.facts.question is not None
    assert found.facts.question.details == ("?  Shell rm -rf build", "rm -rf build")
    assert found.facts.question.whole
    asked = DETECTOR.detect(screen(GEMINI_QUESTION)).facts.question
    assert asked is not None
    assert [(each.label, each.description) for each in asked.options] == [
        ("SQLite", "One file, no server"),
        ("Enter a custom value", ""),
    ]
    seen = DETECTOR.detect(screen(gemini(above="⠏ Polishing (esc to cancel, 1m 2s)\n\n")))
    assert (seen.facts.model, seen.facts.context_left, seen.facts.elapsed) == ("gemini-2.5-pro", 97, 62.0)
    assert seen.facts.ghost == "Type your message or @path/to/file"
    assert seen.regions.body == (0, 2)


def test_title() -> None:
    idle = screen(gemini())
    assert DETECTOR.detect(idle, title="✦  Working… (proj)").state is AgentState.WORKING
    assert DETECTOR.detect(idle, title="✋  Action Required (proj)").state is AgentState.APPROVAL
    assert DETECTOR.detect(idle, title="◇  Ready (proj)").state is AgentState.IDLE
    assert DETECTOR.detect(screen(GEMINI_APPROVAL), title="◇  Ready (proj)").state is AgentState.APPROVAL


def test_a_frame_in_an_answer_is_no_box() -> None:
    text = f"{GEMINI_ANSWER}\n{framed('✓  ReadFile loader.py')}\n\n  more of the answer"
    assert DETECTOR.detect(screen(text), command="gemini").state is AgentState.UNKNOWN
