"""The screens recorded from the real programs (../shared/screens), when that directory is beside the project."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from console.agents.detector import Detector
from console.model.agent import AgentState, Detection
from console.model.surface import Screen
from console.safety import safe_text

SCREENS: Final = Path(__file__).parents[2] / ".." / "shared" / "screens"
LABELS: Final = SCREENS / "labels.jsonl"
MISSING: Final = "1386 recorded screens are not beside the project"
ASKS: Final = frozenset({AgentState.APPROVAL, AgentState.QUESTION, AgentState.TRUST})
"""States in which a key answers something that cannot be taken back."""

Row = dict[str, Any]


def rows() -> list[Row]:
    """Every label."""
    return [json.loads(line) for line in LABELS.read_text(encoding="utf-8").splitlines()]


def build(row: Row, *, plain: bool = False) -> Screen:
    """The screen as an adapter hands it over; *plain*: without colours and cursor."""
    path = SCREENS / row["file"]
    lines = path.read_text(encoding="utf-8").split("\n")[: row["height"]]
    kept = tuple(safe_text(line).rstrip() for line in lines)
    if plain:
        return Screen(kept, (), row["width"], row["height"], None)
    styled = path.with_suffix(".ansi").read_text(encoding="utf-8").split("\n")[: row["height"]]
    colours = tuple(safe_text(line, sgr=True) for line in styled)
    return Screen(kept, colours, row["width"], row["height"], (row["cursor_x"], row["cursor_y"]))


def judge(detector: Detector, row: Row, screen: Screen | None = None) -> Detection:
    """The verdict with everything the multiplexer told; about *screen* instead of the row's own when it is given."""
    seen = screen if screen is not None else build(row)
    return detector.detect(seen, title=row["title"], command=row["command"], dead=row["dead"])


def expected(row: Row) -> AgentState:
    """The label as a state: an overlay of any kind is a menu; a pane without a process is dead whatever it shows."""
    if row["dead"]:
        return AgentState.DEAD
    return AgentState.MENU if row["state"] == "dialog" else AgentState(row["state"])


def version(row: Row) -> tuple[int, ...]:
    """The version in numbers."""
    return tuple(int(part) for part in row["version"].split("."))


def is_goal(row: Row) -> bool:
    """Claude Code 2.1.x and Codex from 0.118 on."""
    return version(row) >= (2, 1) if row["agent"] == "claude" else version(row) >= (0, 118)
