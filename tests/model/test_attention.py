"""Whom to tell, and when: a day of a fleet in small."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.model.agent import NEEDS_PERSON, AgentState
from console.model.attention import AttentionRules, Memory, Watched, attend, in_quiet

ASKS, WORK, IDLE, Q = AgentState.APPROVAL, AgentState.WORKING, AgentState.IDLE, AgentState.QUESTION
START = 1000.0


class Operator:
    """Calls `attend` as the console does and keeps what was told."""

    def __init__(self, rules: AttentionRules | None = None) -> None:
        self.rules = rules or AttentionRules()
        self.memory = Memory()
        self.looked_at = ""
        self.minute = 600
        self.now = START

    def see(self, *surfaces: Watched, after: float = 0.0) -> list[str]:
        """What is told *after* so many seconds."""
        self.now += after
        told, self.memory = attend(
            self.rules, self.memory, surfaces, looked_at=self.looked_at, now=self.now, minute=self.minute
        )
        return [f"{each.key} {each.state}" for each in told]

    def waits(self, key: str = "a", state: AgentState = ASKS, since: float | None = None) -> Watched:
        return Watched(key, key.upper(), state, self.now if since is None else since)

    def ready(self) -> Operator:
        """Long after the start, with one surface at work."""
        assert self.see(self.waits(state=WORK)) == []
        self.now += 100
        return self


def test_a_wait_is_told_once_after_its_delay() -> None:
    operator = Operator().ready()
    wait = operator.waits()
    assert operator.see(wait) == [] and operator.see(wait, after=1.9) == []
    assert operator.see(wait, after=0.1) == ["a approval"]
    for _ in range(50):
        assert operator.see(wait, after=60) == []


def test_a_wait_that_is_over_before_its_delay_is_not_told() -> None:
    operator = Operator().ready()
    operator.see(operator.waits())
    assert operator.see(operator.waits(state=WORK), after=1.5) == []
    assert operator.see(operator.waits(state=WORK), after=10) == []


def test_how_things_stood_at_the_start_is_not_told() -> None:
    operator = Operator()
    old = operator.waits(since=START - 500)
    assert operator.see(old) == [] and operator.see(old, after=600) == []
    operator = Operator()
    assert operator.see() == []
    late = operator.waits("b", since=START + 4)  # its screen was read a little later
    assert operator.see(late, after=5) == [] and operator.see(late, after=60) == []
    changed = operator.waits("b", state=Q)
    assert operator.see(changed) == [] and operator.see(changed, after=5) == ["b question"], "what comes later is"
    new = operator.waits("c")
    operator.see(changed, new)
    assert operator.see(changed, new, after=60) == ["c approval"], "a surface that is new then"
    restored = operator.waits("d", since=START - 50)
    assert operator.see(restored) == [], "a wait from before the start"
    assert operator.see(restored, after=60) == []


def test_the_surface_before_the_operators_eyes_is_not_told() -> None:
    operator = Operator().ready()
    wait, other = operator.waits(), operator.waits("b")
    operator.looked_at = "a"
    operator.see(wait, other)
    assert operator.see(wait, other, after=5) == ["b approval"]
    operator.looked_at = ""
    assert operator.see(wait, other, after=60) == [], "it was seen"


def test_quiet_hours_put_it_off() -> None:
    operator = Operator(AttentionRules(quiet=((1320, 420),))).ready()
    operator.minute = 1400
    wait = operator.waits()
    operator.see(wait)
    assert operator.see(wait, after=3600) == []
    operator.minute = 420
    assert operator.see(wait, after=3600) == ["a approval"]
    assert operator.see(wait, after=60) == []


@pytest.mark.parametrize(
    ("spans", "minute", "quiet"),
    [
        (((1320, 420),), 1320, True), (((1320, 420),), 0, True), (((1320, 420),), 419, True),
        (((1320, 420),), 420, False), (((1320, 420),), 1319, False), (((720, 780),), 750, True),
        (((720, 780),), 780, False), (((0, 0),), 0, False), (((0, 1440),), 1439, True), ((), 5, False),
        (((720, 780), (0, 60)), 30, True),
    ],
)  # fmt: skip
def test_the_quiet_spans(spans: tuple[tuple[int, int], ...], minute: int, quiet: bool) -> None:
    assert in_quiet(spans, minute) is quiet


def test_a_surface_that_flaps_is_told_once() -> None:
    operator = Operator().ready()
    told: list[str] = []
    for _ in range(100):
        wait = operator.waits()
        for _ in range(10):
            told += operator.see(wait, after=1)
        busy = operator.waits(state=WORK)
        for _ in range(10):
            told += operator.see(busy, after=1)
    assert told == ["a approval"]


def test_a_second_wait_is_told_again_late_when_it_comes_soon() -> None:
    operator = Operator().ready()
    wait = operator.waits()
    operator.see(wait)
    assert operator.see(wait, after=3) == ["a approval"]
    operator.see(operator.waits(state=WORK), after=5)
    again = operator.waits()
    assert operator.see(again) == [] and operator.see(again, after=29) == []
    assert operator.see(again, after=1) == ["a approval"], "nobody is left waiting"
    operator.see(operator.waits(state=WORK), after=100)
    operator.see(operator.waits(state=WORK), after=100)
    third = operator.waits()
    operator.see(third)
    assert operator.see(third, after=2) == ["a approval"], "long after the last one"


def test_the_same_wait_found_to_be_older_is_not_told_again() -> None:
    operator = Operator().ready()
    wait = operator.waits()
    operator.see(wait)
    assert operator.see(wait, after=3) == ["a approval"]
    older = Watched("a", "A", ASKS, wait.since - 50)
    assert operator.see(older, after=3) == [] and operator.see(older, after=60) == []


def test_each_state_has_its_own_rule() -> None:
    operator = Operator(AttentionRules(delays={IDLE: 60.0, ASKS: 0.0})).ready()
    idle = operator.waits(state=IDLE)
    operator.see(idle)
    assert operator.see(idle, after=59) == [] and operator.see(idle, after=1) == ["a idle"]
    wait = operator.waits()
    assert operator.see(wait) == ["a approval"]
    assert operator.see(operator.waits(state=Q)) == [] and operator.see(operator.waits(state=Q), after=900) == []
    assert set(AttentionRules().delays) == NEEDS_PERSON


def test_a_clock_that_was_set_back_makes_no_noise() -> None:
    operator = Operator().ready()
    wait = operator.waits()
    operator.see(wait)
    assert operator.see(wait, after=3) == ["a approval"]
    assert operator.see(wait, after=-50_000) == [] and operator.see(wait, after=20) == []
    new = operator.waits("b")
    assert operator.see(wait, new) == [] and operator.see(wait, new, after=2) == ["b approval"], "nor silence"


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 20), st.sampled_from([ASKS, WORK, IDLE, Q]), st.booleans()), max_size=60))
def test_one_wait_is_never_told_twice(steps: list[tuple[float, AgentState, bool]]) -> None:
    operator = Operator(AttentionRules(delays={ASKS: 1.0, Q: 0.0}))
    seen: list[tuple[AgentState, float]] = []
    state, since = WORK, operator.now
    for pause, new, looks in steps:
        operator.now += pause
        if new is not state:
            state, since = new, operator.now
        operator.looked_at = "a" if looks else ""
        told = operator.see(Watched("a", "A", state, since))
        seen += [(state, since)] if told else []
    assert len(seen) == len(set(seen)) and all(each in (ASKS, Q) for each, _ in seen)
