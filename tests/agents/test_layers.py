"""The layers, weighed against each other: every rule as a row of a table."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.agents.layers import EDGE_LIFE, PAINT, SILENT_AGE, STUCK, merge, weigh
from console.model.agent import AgentState, Detection, Regions
from console.model.signal import Signal

NOW = 1_790_000_000.0

WORKING, IDLE, APPROVAL, QUESTION = AgentState.WORKING, AgentState.IDLE, AgentState.APPROVAL, AgentState.QUESTION
TYPED, MENU, ERROR, LIMIT = AgentState.TYPED, AgentState.MENU, AgentState.ERROR, AgentState.LIMIT
BACKGROUND, LOGIN, TRUST, STARTUP = AgentState.BACKGROUND, AgentState.LOGIN, AgentState.TRUST, AgentState.STARTUP
SHELL, DEAD, UNKNOWN = AgentState.SHELL, AgentState.DEAD, AgentState.UNKNOWN


def seen(state: AgentState, *, dialog: bool = False, keep: bool = False, source: str = "screen") -> Detection:
    """What the screen shows."""
    regions = Regions((0, 10), (10, 16)) if dialog else Regions((0, 10))
    options = ("Yes", "No") if dialog else ()
    return Detection("claude", state, "on screen", source, "rule", options=options, regions=regions, keep=keep)


def said(state: AgentState, age: float = 60.0, source: str = "status file", edge: bool = False) -> Signal:
    """What a witness said *age* seconds ago."""
    return Signal(source, "claude", state, NOW - age, "as told", edge=edge, evidence="where")


def hook(state: AgentState, age: float = 0.3) -> Signal:
    return said(state, age, "hook", edge=True)


def cmux(state: AgentState, age: float = 60.0) -> Signal:
    return said(state, age, "cmux")


def server(state: AgentState, age: float = 60.0) -> Signal:
    return said(state, age, "app server")


DIALOG = seen(APPROVAL, dialog=True)
QUOTED = seen(APPROVAL)
"""Words of a dialog, in an answer: no dialog by the structure of the screen."""
HIDDEN = seen(MENU, keep=True)
"""A transcript view: nothing to be seen of the agent."""


@pytest.mark.parametrize(
    ("screen", "signals", "since", "expected", "decided"),
    [
        # Nobody but the screen.
        (seen(IDLE), [], None, IDLE, "screen"),
        (seen(WORKING), [], None, WORKING, "screen"),
        # First-party "waiting": a screen without a dialog hides it.
        (DIALOG, [said(APPROVAL)], None, APPROVAL, "screen"),
        (seen(QUESTION, dialog=True), [said(APPROVAL)], None, QUESTION, "screen"),
        (seen(IDLE), [said(APPROVAL)], None, APPROVAL, "status file"),
        (seen(TYPED), [said(QUESTION)], None, QUESTION, "status file"),
        (HIDDEN, [said(APPROVAL)], None, APPROVAL, "status file"),
        (seen(BACKGROUND), [said(APPROVAL)], None, APPROVAL, "status file"),
        (seen(WORKING), [said(APPROVAL, 60)], None, APPROVAL, "status file"),
        (seen(WORKING), [said(APPROVAL, 60)], 90, APPROVAL, "status file"),
        (seen(WORKING), [said(APPROVAL, 60)], 20, WORKING, "screen"),
        (seen(MENU, dialog=True), [said(APPROVAL)], None, APPROVAL, "status file"),
        (seen(TRUST, dialog=True), [said(QUESTION)], None, TRUST, "screen"),
        # First-party "busy": an open dialog wins, quoted words and a quiet look do not.
        (DIALOG, [said(WORKING)], None, APPROVAL, "screen"),
        (DIALOG, [said(WORKING, 0.1)], None, APPROVAL, "screen"),
        (seen(QUESTION, dialog=True), [server(WORKING)], None, QUESTION, "screen"),
        (QUOTED, [said(WORKING)], None, WORKING, "status file"),
        (replace(DIALOG, source="title"), [said(WORKING)], None, WORKING, "status file"),
        (seen(IDLE), [said(WORKING)], None, WORKING, "status file"),
        (seen(TYPED), [said(WORKING)], None, WORKING, "status file"),
        (seen(ERROR), [said(WORKING)], None, WORKING, "status file"),
        (seen(BACKGROUND), [said(WORKING)], None, WORKING, "status file"),
        (seen(IDLE), [said(WORKING, 60)], 100, WORKING, "status file"),
        (seen(IDLE), [said(WORKING, 60)], STUCK - 5, WORKING, "status file"),
        (seen(IDLE), [said(WORKING, 60)], STUCK + 5, IDLE, "screen"),
        (seen(IDLE), [server(WORKING, 60)], STUCK + 5, WORKING, "app server"),
        (seen(MENU), [said(WORKING)], None, MENU, "screen"),
        (HIDDEN, [said(WORKING)], None, WORKING, "status file"),
        (seen(STARTUP), [said(WORKING)], None, WORKING, "status file"),
        (seen(STARTUP, dialog=True), [said(WORKING)], None, STARTUP, "screen"),
        # First-party "idle": the screen's finer words for quiet stand, a spinner only when it began later.
        (seen(TYPED), [said(IDLE)], None, TYPED, "screen"),
        (seen(ERROR), [said(IDLE)], None, ERROR, "screen"),
        (seen(LIMIT), [said(IDLE)], None, LIMIT, "screen"),
        (seen(LOGIN), [said(IDLE)], None, LOGIN, "screen"),
        (seen(BACKGROUND), [said(IDLE)], None, BACKGROUND, "screen"),
        (seen(MENU), [said(IDLE)], None, MENU, "screen"),
        (seen(TRUST, dialog=True), [said(IDLE)], None, TRUST, "screen"),
        (DIALOG, [server(IDLE)], None, APPROVAL, "screen"),  # Codex asks about a plan when its turn is over
        (QUOTED, [said(IDLE)], None, IDLE, "status file"),
        (seen(QUESTION), [server(IDLE)], None, IDLE, "app server"),
        (seen(WORKING), [said(IDLE, 60)], None, IDLE, "status file"),
        (seen(WORKING), [said(IDLE, 60)], 90, IDLE, "status file"),  # a quoted spinner, there before the end
        (seen(WORKING), [said(IDLE, 60)], 20, WORKING, "screen"),  # a compaction the file does not tell of
        (HIDDEN, [said(IDLE)], None, MENU, "screen"),  # what is typed would go to the view
        (seen(UNKNOWN, keep=True), [said(IDLE)], None, IDLE, "status file"),
        (seen(UNKNOWN), [said(IDLE)], None, IDLE, "status file"),
        # First-party error (Codex "systemError").
        (seen(IDLE), [server(ERROR)], None, ERROR, "app server"),
        (seen(LIMIT), [server(ERROR)], None, LIMIT, "screen"),
        # Hooks are edges.
        (seen(WORKING), [hook(APPROVAL, 0.3)], None, APPROVAL, "hook"),
        (seen(WORKING), [hook(APPROVAL, PAINT + 0.5)], None, WORKING, "screen"),
        (seen(IDLE), [hook(WORKING, 0.3)], None, WORKING, "hook"),
        (seen(IDLE), [hook(WORKING, PAINT + 0.5)], None, IDLE, "screen"),
        (seen(WORKING), [hook(IDLE, 0.3)], None, WORKING, "screen"),
        (seen(ERROR), [hook(BACKGROUND, 0.3)], None, ERROR, "screen"),
        (seen(IDLE), [hook(BACKGROUND, 0.3)], None, BACKGROUND, "hook"),
        (DIALOG, [hook(WORKING, 0.3)], None, APPROVAL, "screen"),
        (HIDDEN, [hook(APPROVAL, EDGE_LIFE - 1)], None, APPROVAL, "hook"),
        (HIDDEN, [hook(APPROVAL, EDGE_LIFE + 1)], None, MENU, "screen"),
        (seen(UNKNOWN), [hook(APPROVAL, 5), hook(WORKING, 2)], None, WORKING, "hook"),
        (seen(IDLE), [hook(APPROVAL, 0.3), said(WORKING)], None, WORKING, "status file"),
        # cmux only where there is nothing better to hear.
        (seen(IDLE), [cmux(QUESTION, 1)], None, IDLE, "screen"),
        (seen(WORKING), [cmux(IDLE, 1)], None, WORKING, "screen"),
        (HIDDEN, [cmux(QUESTION)], None, QUESTION, "cmux"),
        (HIDDEN, [cmux(WORKING, SILENT_AGE + 1)], None, MENU, "screen"),
        (HIDDEN, [cmux(WORKING), hook(APPROVAL, 2)], None, APPROVAL, "hook"),
        (HIDDEN, [cmux(UNKNOWN)], None, MENU, "screen"),
        # Of several words of one layer the newest.
        (seen(UNKNOWN), [said(WORKING, 60), said(IDLE, 5)], None, IDLE, "status file"),
        (seen(UNKNOWN), [said(WORKING, 5), server(IDLE, 60)], None, WORKING, "status file"),
        # A time that has not come yet is no witness.
        (seen(IDLE), [said(APPROVAL, -3600)], None, IDLE, "screen"),
        # Liveness before all.
        (seen(SHELL, source="liveness"), [said(WORKING)], None, SHELL, "liveness"),
        (seen(DEAD, source="liveness"), [said(APPROVAL)], None, DEAD, "liveness"),
        (seen(UNKNOWN, source="liveness"), [said(APPROVAL)], None, UNKNOWN, "liveness"),  # a pager, an editor
    ],
)
def test_who_decides(
    screen: Detection, signals: list[Signal], since: float | None, expected: AgentState, decided: str
) -> None:
    begun = None if since is None else NOW - since
    for order in (signals, signals[::-1]):
        found = merge(screen, order, now=NOW, alive=True, screen_since=begun)
        assert (found.state, found.source) == (expected, decided if decided != "screen" else screen.source)


def test_a_word_said_after_the_screen_was_read_takes_it_back() -> None:
    def decided(screen: Detection, signal: Signal, read: float) -> AgentState:
        return merge(screen, [signal], now=NOW, alive=True, seen_at=NOW - read, screen_since=NOW - 30).state

    assert decided(DIALOG, said(WORKING, 0.2), read=0.5) is WORKING, "it was answered since"
    assert decided(DIALOG, said(WORKING, 0.5), read=0.2) is APPROVAL, "a stale file never beats a fresh screen"
    assert decided(DIALOG, said(APPROVAL, 0.2), read=0.5) is APPROVAL
    assert decided(seen(WORKING), said(IDLE, 0.2), read=0.5) is IDLE
    assert decided(DIALOG, hook(WORKING, 0.2), read=0.5) is WORKING
    assert decided(seen(WORKING), hook(IDLE, 0.2), read=0.5) is IDLE


def test_a_dead_pane_is_dead_whatever_is_told() -> None:
    found = merge(DIALOG, [said(APPROVAL)], now=NOW, alive=False)
    assert (found.state, found.source, found.options, found.keep) == (DEAD, "liveness", (), False)
    told = seen(DEAD, source="liveness")
    assert merge(told, [], now=NOW, alive=False) is told, "the reason the screen gives is kept"
    assert merge(None, [], now=NOW, alive=False).state is DEAD


def test_without_a_screen_the_signals_speak() -> None:
    assert merge(None, [], now=NOW, alive=True).state is UNKNOWN
    assert merge(None, [], now=NOW, alive=True).keep
    found = merge(None, [cmux(WORKING)], now=NOW, alive=True)
    assert (found.agent, found.state, found.keep) == ("claude", WORKING, False)


def test_the_verdict_keeps_source_evidence_and_age() -> None:
    signal = said(APPROVAL, 12)
    verdict = weigh(seen(IDLE), [signal], now=NOW, alive=True)
    assert verdict.witness is signal
    assert verdict.at == NOW - 12
    found = verdict.detection
    assert (found.source, found.rule, found.line, found.reason) == (
        "status file",
        "status file.approval",
        "where",
        "as told",
    )
    own = weigh(seen(IDLE), [], now=NOW, alive=True, seen_at=NOW - 3)
    assert (own.at, own.witness) == (NOW - 3, None)


def test_what_only_the_screen_knows_stays() -> None:
    screen = replace(seen(TYPED), draft="half a thought", context="88% context used")
    found = merge(screen, [said(WORKING)], now=NOW, alive=True)
    assert (found.state, found.draft, found.context) == (WORKING, "half a thought", "88% context used")
    unknown_words = merge(seen(MENU, dialog=True), [said(APPROVAL)], now=NOW, alive=True)
    assert unknown_words.options == ("Yes", "No"), "it can be answered"
    assert merge(QUOTED, [said(IDLE)], now=NOW, alive=True).options == ()


def test_an_idle_agent_behind_a_view_does_not_keep_its_last_state() -> None:
    assert not merge(HIDDEN, [said(IDLE)], now=NOW, alive=True).keep
    assert merge(HIDDEN, [], now=NOW, alive=True).keep, "nobody knows better"


def test_a_turn_that_goes_on_without_a_window_is_said() -> None:
    left = seen(SHELL, source="liveness")
    assert "goes on" in merge(left, [server(WORKING)], now=NOW, alive=True).reason
    assert merge(left, [server(IDLE)], now=NOW, alive=True) is left
    assert merge(left, [said(WORKING)], now=NOW, alive=True) is left, "a suspended program does not work"


_STATES = st.sampled_from(list(AgentState))
_SIGNALS = st.builds(
    said, _STATES, st.floats(-10, 7200), st.sampled_from(["status file", "app server", "hook", "cmux", "?"])
)


@settings(max_examples=200, deadline=None)
@given(
    st.builds(seen, _STATES, dialog=st.booleans(), keep=st.booleans()),
    st.lists(_SIGNALS, max_size=4),
    st.none() | st.floats(0, 3600),
)
def test_an_open_approval_on_a_fresh_screen_is_never_lost(
    screen: Detection, signals: list[Signal], since: float | None
) -> None:
    begun = None if since is None else NOW - since
    found = merge(screen, signals, now=NOW, alive=True, screen_since=begun)
    if screen.state in (APPROVAL, QUESTION, TRUST) and screen.regions.dialog is not None:
        told_later = any(signal.at > NOW for signal in signals)
        assert told_later or found.state is screen.state
    if not signals:
        assert found == screen
