"""What must not change the verdict: narrow and low panes, Korean, themes, quotations, a silent multiplexer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from console.agents.detector import Detector
from console.model.agent import AgentState, Detection
from console.model.surface import Screen
from tests.agents import mutations
from tests.agents.recorded import ASKS, LABELS, MISSING, Row, build, expected, is_goal, judge, rows
from tests.agents.samples import (
    APPROVAL,
    CODEX_APPROVAL,
    CODEX_QUESTION,
    CODEX_TURN,
    DETECTOR,
    QUESTION,
    TURN,
    claude,
    codex,
    screen,
)
from tests.agents.samples_more import CHANGE_DIALOG, KEY_DIALOG, LIMIT_DIALOG, NEW_TRUST, RATE_DIALOG

OWN = {
    "claude": [
        (screen(APPROVAL), "approval"),
        (screen(CHANGE_DIALOG), "approval"),
        (screen(QUESTION), "question"),
        (screen(NEW_TRUST), "trust"),
        (screen(KEY_DIALOG), "menu"),
        (screen(LIMIT_DIALOG), "limit"),
        (claude(TURN), "idle"),
        (claude(TURN + "\n✻ Pondering… (9s · ↓ 34 tokens)\n"), "working"),
        (claude(TURN + "\n✻ Baked for 20s · done 5:15 PM\n", "and then"), "typed"),
    ],
    "codex": [
        (screen(CODEX_APPROVAL), "approval"),
        (screen(CODEX_QUESTION), "question"),
        (screen(RATE_DIALOG), "menu"),
        (codex(CODEX_TURN), "idle"),
        (codex(CODEX_TURN + "\n• Working (5s • esc to interrupt)\n"), "working"),
        (codex(CODEX_TURN, "and then"), "typed"),
    ],
}
CASES = [(agent, seen, state) for agent, cases in OWN.items() for seen, state in cases]
WIDTHS = [60, 66, 72, 79]


@pytest.mark.parametrize(("agent", "seen", "state"), CASES)
@pytest.mark.parametrize("width", WIDTHS)
def test_narrow_panes(agent: str, seen: Screen, state: str, width: int) -> None:
    for change in (mutations.wrapped, mutations.cut):
        found = DETECTOR.detect(change(seen, width), command=agent)
        assert (found.agent, found.state.value) == (agent, state), change


@pytest.mark.parametrize(("agent", "seen", "state"), CASES)
def test_language_and_colours(agent: str, seen: Screen, state: str) -> None:
    assert DETECTOR.detect(mutations.korean(seen), command=agent).state.value == state
    assert DETECTOR.detect(mutations.coloured(seen), command=agent).state.value == state


@pytest.mark.parametrize(("agent", "seen", "state"), CASES)
@pytest.mark.parametrize("at_end", [False, True])
def test_quotations(agent: str, seen: Screen, state: str, at_end: bool) -> None:
    quoting = mutations.quoting(seen, agent, at_end=at_end)
    if quoting is None:
        pytest.skip("no answer to quote in")
    for known in (agent, ""):
        found = DETECTOR.detect(quoting, command=known)
        assert (found.agent, found.state.value) == (agent, state)


@pytest.mark.parametrize(("agent", "seen", "state"), CASES)
def test_low_panes_never_hide_a_dialog(agent: str, seen: Screen, state: str) -> None:
    for height in range(6, 24):
        low = mutations.lower(seen, height)
        if low is not None and state in ASKS:
            found = DETECTOR.detect(low, command=agent)
            assert found.state not in (AgentState.IDLE, AgentState.WORKING, AgentState.TYPED), height


# ---- the same on the recorded screens ----------------------------------------------------------------------


def _judged(change: Callable[[Screen, Row], Screen | None]) -> tuple[list[tuple[Row, Detection]], float]:
    detector = Detector.load()
    found = []
    for row in rows():
        if is_goal(row):
            changed = change(build(row), row)
            if changed is not None:
                found.append((row, judge(detector, row, changed)))
    return found, sum(seen.state is expected(row) for row, seen in found) / len(found)


def _dangerous(found: list[tuple[Row, Detection]]) -> list[tuple[str, str]]:
    """A question taken for something else, or something else for a question."""
    return [
        (row["file"], seen.state.value)
        for row, seen in found
        if seen.state is not expected(row) and (seen.state in ASKS or expected(row) in ASKS)
    ]


recorded = pytest.mark.skipif(not LABELS.is_file(), reason=MISSING)


@recorded
@pytest.mark.parametrize("width", [60, 72, 100])
@pytest.mark.parametrize("change", [mutations.wrapped, mutations.cut])
def test_recorded_in_narrow_panes(change: Callable[[Screen, int], Screen], width: int) -> None:
    found, right = _judged(lambda seen, row: change(seen, width) if row["width"] > width else None)
    assert len(found) > 400
    assert right >= 0.99
    assert _dangerous(found) == []


@recorded
@pytest.mark.parametrize("at_end", [False, True])
def test_recorded_with_quotations(at_end: bool) -> None:
    found, right = _judged(lambda seen, row: mutations.quoting(seen, row["agent"], at_end=at_end))
    assert len(found) > 300
    wrong = Counter((row["file"], seen.state.value) for row, seen in found if seen.state is not expected(row))
    assert right >= 0.99, wrong
    assert _dangerous(found) == []


@recorded
@pytest.mark.parametrize("change", [mutations.korean, mutations.coloured])
def test_recorded_in_another_language_or_theme(change: Callable[[Screen], Screen]) -> None:
    found, right = _judged(lambda seen, _: change(seen))
    assert right >= 0.99
    assert _dangerous(found) == []


@recorded
@pytest.mark.parametrize("height", [12, 16, 20])
def test_recorded_in_low_panes(height: int) -> None:
    """What scrolled off cannot be known (errors, limits), but no dialog gets lost."""
    found, right = _judged(lambda seen, _: mutations.lower(seen, height))
    assert right >= 0.94
    assert _dangerous(found) == []


@recorded
@pytest.mark.parametrize("left_out", ["title", "command", "cursor", "colours"])
def test_recorded_with_a_silent_multiplexer(left_out: str) -> None:
    detector = Detector.load()
    chosen = [row for row in rows() if is_goal(row)]
    wrong = []
    for row in chosen:
        seen = build(row)
        if left_out == "cursor":
            seen = Screen(seen.lines, seen.styled, seen.width, seen.height, None)
        elif left_out == "colours":
            seen = Screen(seen.lines, (), seen.width, seen.height, seen.cursor)
        given = row if left_out not in row else {**row, left_out: ""}
        if judge(detector, given, seen).state is not expected(row):
            wrong.append(row["file"])
    assert len(wrong) / len(chosen) <= 0.01, wrong
