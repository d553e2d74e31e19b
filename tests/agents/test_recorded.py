"""The detector against screens recorded from the real programs (../shared/screens, when that directory is there)."""

from __future__ import annotations

from collections import Counter

import pytest

from console.agents.detector import Detector
from console.model.agent import AgentState, Detection
from tests.agents.recorded import ASKS, LABELS, MISSING, Row, build, expected, is_goal, judge, rows

GOAL = 0.99
OLDER = 0.90
NEVER = {AgentState.IDLE, AgentState.WORKING}
ASKS_NOTHING = {"codex/approval_plan-06.txt", "codex/approval_plan-07.txt"}
"""0.53 and 0.87 have no dialog for a plan: it stands in the answer and the composer is open."""
OTHER_DIALOG = {
    f"claude/{name}.txt" for name in ("trust_dialog-06", "trust_dialog-07", "apikey_dialog-06", "apikey_dialog-07")
}
"""2.0.0 and 1.0.80 ask about key and folder in the other order: each of these shows the other's dialog."""

pytestmark = pytest.mark.skipif(not LABELS.is_file(), reason=MISSING)


@pytest.fixture(scope="module")
def verdicts() -> list[tuple[Row, Detection]]:
    detector = Detector.load()
    return [(row, judge(detector, row)) for row in rows()]


@pytest.mark.parametrize("agent", ["claude", "codex"])
def test_state_is_exact_on_current_versions(verdicts: list[tuple[Row, Detection]], agent: str) -> None:
    chosen = [(row, seen) for row, seen in verdicts if row["agent"] == agent and is_goal(row)]
    wrong = Counter(
        (row["scenario"], row["state"], seen.state.value) for row, seen in chosen if seen.state != expected(row)
    )
    assert len(chosen) > 400
    assert 1 - wrong.total() / len(chosen) >= GOAL, wrong


def test_older_versions(verdicts: list[tuple[Row, Detection]]) -> None:
    chosen = [(row, seen) for row, seen in verdicts if not is_goal(row)]
    wrong = Counter(
        (row["file"], row["state"], seen.state.value) for row, seen in chosen if seen.state != expected(row)
    )
    assert len(chosen) > 300
    assert 1 - wrong.total() / len(chosen) >= OLDER, wrong


def test_the_agent_is_recognised(verdicts: list[tuple[Row, Detection]]) -> None:
    assert [row["file"] for row, seen in verdicts if seen.agent not in ("", row["agent"])] == []


def test_what_waits_for_a_person_is_never_taken_for_idle_or_work(verdicts: list[tuple[Row, Detection]]) -> None:
    asking = [(row, seen) for row, seen in verdicts if row["state"] in ASKS and row["file"] not in ASKS_NOTHING]
    assert len(asking) > 100
    assert [row["file"] for row, seen in asking if seen.state in NEVER] == []
    current = [(row["file"], seen.state.value) for row, seen in asking if is_goal(row) and seen.state != row["state"]]
    assert current == []


def test_nothing_else_is_taken_for_a_question(verdicts: list[tuple[Row, Detection]]) -> None:
    """A quoted menu is text."""
    false = [row["file"] for row, seen in verdicts if seen.state in ASKS and expected(row) not in ASKS]
    assert set(false) <= OTHER_DIALOG


def test_a_menu_that_stops_the_agent_needs_a_person(verdicts: list[tuple[Row, Detection]]) -> None:
    """Those that opened by themselves, but not the choice of a new model, which any key answers."""
    chosen = [(row, seen) for row, seen in verdicts if row["state"] == "dialog" or "limit_dialog" in row["scenario"]]
    assert len(chosen) > 20
    left = {row["scenario"] for row, seen in chosen if not seen.needs_person}
    assert left == {"model_migration_dialog"}
    assert not [row["file"] for row, seen in verdicts if seen.blocks and seen.facts.question is None]


def test_an_open_dialog_is_marked_whole(verdicts: list[tuple[Row, Detection]]) -> None:
    asking = [(row, seen) for row, seen in verdicts if row["state"] in {"approval", "question"} and is_goal(row)]
    for row, seen in asking:
        lines = build(row).lines
        dialog = seen.regions.dialog
        assert dialog is not None, row["file"]
        last = max(at for at, line in enumerate(lines) if line.strip())
        assert dialog[1] == last + 1, row["file"]
        assert seen.regions.body[1] <= dialog[0], row["file"]
        assert len(seen.options) >= 2, row["file"]
        text = "\n".join(lines[dialog[0] : dialog[1]])
        if row["scenario"] == "approval_bash":
            assert "touch" in text, row["file"]
        assert "scn=" not in text, f"{row['file']}: the prompt of the turn is not part of the dialog"


def test_body_ends_above_the_agents_own_footer(verdicts: list[tuple[Row, Detection]]) -> None:
    chrome = (
        "esc to interrupt",
        "for shortcuts",
        "Press up to edit",
        "tab to queue",
        "context used",
        "shift+tab to cycle",
    )
    for row, seen in verdicts:
        if row["state"] not in {"idle", "working", "typed", "error", "background"} or not is_goal(row):
            continue
        start, end = seen.regions.body
        lines = build(row).lines[start:end]
        assert not lines or lines[-1].strip(), row["file"]
        if row["scenario"] not in {"idle_decoy", "shortcuts_help"}:
            left = [line for line in lines[-3:] if any(word in line for word in chrome) and "Tip:" not in line]
            assert left == [], row["file"]


def test_the_screen_alone_is_nearly_enough(verdicts: list[tuple[Row, Detection]]) -> None:
    """Back ends that tell neither title, program, cursor nor colours must still get the state and the agent."""
    detector = Detector.load()
    chosen = [row for row, _ in verdicts if is_goal(row) and not row["dead"]]
    seen = [(row, detector.detect(build(row, plain=True))) for row in chosen]
    assert sum(found.state == expected(row) for row, found in seen) / len(chosen) >= GOAL
    for row, found in seen:
        if row["state"] in ASKS:
            assert (found.agent, found.state) == (row["agent"], row["state"]), row["file"]


def test_another_agent_expected_changes_nothing_where_a_dialog_is_open(verdicts: list[tuple[Row, Detection]]) -> None:
    detector = Detector.load()
    for row, seen in verdicts:
        if seen.state in ASKS and is_goal(row):
            other = "codex" if row["agent"] == "claude" else "claude"
            assert detector.detect(build(row), agent=other).state is seen.state, row["file"]
