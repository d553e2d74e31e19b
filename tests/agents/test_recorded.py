"""The detector against screens recorded from the real programs (../shared/screens, when that directory is there)."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from console.agents.detector import Detector
from console.model.agent import AgentState, Detection
from console.model.surface import Screen
from console.safety import safe_text

SCREENS = Path(__file__).parents[2] / ".." / "shared" / "screens"
LABELS = SCREENS / "labels.jsonl"
GOAL = 0.97
ASKS = {"approval", "question", "trust"}
NEVER = {AgentState.IDLE, AgentState.WORKING}
ASKS_NOTHING = {"codex/approval_plan-06.txt", "codex/approval_plan-07.txt"}
"""0.53 and 0.87 have no dialog for a plan: it stands in the answer and the composer is open."""

pytestmark = pytest.mark.skipif(not LABELS.is_file(), reason="1386 recorded screens are not beside the project")

Row = dict[str, Any]


def build(row: Row) -> Screen:
    """The screen as an adapter hands it over."""
    path = SCREENS / row["file"]
    plain = path.read_text(encoding="utf-8").split("\n")[: row["height"]]
    styled = path.with_suffix(".ansi").read_text(encoding="utf-8").split("\n")[: row["height"]]
    return Screen(
        tuple(safe_text(line).rstrip() for line in plain),
        tuple(safe_text(line, sgr=True) for line in styled),
        row["width"],
        row["height"],
        (row["cursor_x"], row["cursor_y"]),
    )


def expected(row: Row) -> AgentState:
    """The label as a state: an overlay of any kind is a menu; a pane without a process is dead whatever it shows."""
    if row["dead"]:
        return AgentState.DEAD
    return AgentState.MENU if row["state"] == "dialog" else AgentState(row["state"])


def is_goal(row: Row) -> bool:
    """Claude Code 2.1.x and Codex from 0.118 on."""
    version = [int(part) for part in row["version"].split(".")]
    return version >= [2, 1] if row["agent"] == "claude" else version >= [0, 118]


@pytest.fixture(scope="module")
def verdicts() -> list[tuple[Row, Detection]]:
    detector = Detector.load()
    rows: list[Row] = [json.loads(line) for line in LABELS.read_text(encoding="utf-8").splitlines()]
    found = []
    for row in rows:
        given = {"title": row["title"], "command": row["command"], "dead": row["dead"]}
        found.append((row, detector.detect(build(row), **given)))
    return found


@pytest.mark.parametrize("agent", ["claude", "codex"])
def test_state_is_exact_on_current_versions(verdicts: list[tuple[Row, Detection]], agent: str) -> None:
    chosen = [(row, seen) for row, seen in verdicts if row["agent"] == agent and is_goal(row)]
    wrong = Counter(
        (row["scenario"], row["state"], seen.state.value) for row, seen in chosen if seen.state != expected(row)
    )
    assert len(chosen) > 400
    assert 1 - wrong.total() / len(chosen) >= GOAL, wrong


def test_what_waits_for_a_person_is_never_taken_for_idle_or_work(verdicts: list[tuple[Row, Detection]]) -> None:
    asking = [(row, seen) for row, seen in verdicts if row["state"] in ASKS and row["file"] not in ASKS_NOTHING]
    assert len(asking) > 100
    assert [row["file"] for row, seen in asking if seen.state in NEVER] == []
    current = [(row["file"], seen.state.value) for row, seen in asking if is_goal(row) and seen.state != row["state"]]
    assert current == []


def test_nothing_else_is_taken_for_a_question_on_current_versions(verdicts: list[tuple[Row, Detection]]) -> None:
    """A quoted menu is text."""
    false = [row["file"] for row, seen in verdicts if is_goal(row) and seen.state in ASKS and expected(row) not in ASKS]
    assert false == []


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
    """Back ends that tell neither title nor program must still get the state and the agent."""
    detector = Detector.load()
    rows = [row for row, _ in verdicts if is_goal(row) and not row["dead"]]
    right = sum(detector.detect(build(row)).state == expected(row) for row in rows)
    assert right / len(rows) >= GOAL
    for row in rows:
        if row["state"] in ASKS:
            seen = detector.detect(build(row), command="python3")
            assert (seen.agent, seen.state) == (row["agent"], row["state"]), row["file"]
