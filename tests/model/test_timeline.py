"""The strip of the last hour, and "since" after a restart."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.model.agent import AgentState
from console.model.surface import SurfaceInfo
from console.model.timeline import Event, append, identity, since, strip

WORK, IDLE, ASKS, E, NOBODY = AgentState.WORKING, AgentState.IDLE, AgentState.APPROVAL, AgentState.ERROR, None
NOW = 10_000.0


def at(minutes: float, state: AgentState | None) -> Event:
    """An event *minutes* before now."""
    return (NOW - minutes * 60, state)


def cells(*events: Event) -> str:
    """Six cells of ten minutes as letters; a dot where nobody watched."""
    return "".join("." if state is None else str(state)[0] for state in strip(events, NOW, 6))


@pytest.mark.parametrize(
    ("events", "shown"),
    [
        ((), "......"),
        ((at(90, WORK),), "wwwwww"),
        ((at(30, WORK),), "...www"),
        ((at(90, WORK), at(40, IDLE), at(20, ASKS)), "wwiiaa"),
        ((at(90, WORK), at(40, NOBODY), at(20, IDLE)), "ww..ii"),
        ((at(20, ASKS), at(90, WORK)), "wwwwaa"),
        ((at(90, WORK), at(-5, IDLE)), "wwwwww"),
        ((at(60, IDLE), at(54, WORK)), "iwwwww"),
        ((at(60, WORK), at(15, ASKS), at(12, WORK)), "wwwwaw"),
        ((at(60, WORK), at(15, ASKS), at(13, WORK)), "wwwwww"),
        ((at(60, WORK), at(15, E), at(12.5, ASKS), at(10, WORK)), "wwwwaw"),
        ((at(60, WORK), at(15, WORK), at(15, IDLE)), "wwwwwi"),
    ],
)
def test_a_cell_shows_what_lasted_and_what_waited(events: tuple[Event, ...], shown: str) -> None:
    assert cells(*events) == shown


EVENTS = st.lists(st.tuples(st.floats(0, 20_000), st.sampled_from([*AgentState, None])), max_size=20)


@settings(max_examples=200, deadline=None)
@given(EVENTS, st.floats(0, 20_000), st.integers(0, 70), st.floats(0, 7200))
def test_any_journal_makes_a_strip(events: list[Event], now: float, count: int, span: float) -> None:
    made = strip(events, now, count, span)
    assert len(made) == (count if span >= 1 else 0)
    assert set(made) <= {state for _, state in events} | {None}


@pytest.mark.parametrize(
    ("events", "began"),
    [
        ((), None),
        ((at(30, WORK),), None),
        ((at(50, WORK), at(30, IDLE)), 30),
        ((at(50, IDLE), at(30, WORK), at(20, IDLE)), 20),
        ((at(50, IDLE), at(30, IDLE)), 50),
        ((at(50, WORK), at(40, IDLE), at(30, NOBODY)), 40),
        ((at(50, WORK), at(40, IDLE), at(30, NOBODY), at(10, IDLE)), 40),
        ((at(50, IDLE), at(30, NOBODY), at(10, WORK), at(5, IDLE)), 5),
        ((at(150, IDLE), at(100, NOBODY)), None),
        ((at(150, IDLE), at(100, NOBODY), at(20, IDLE)), 20),
        ((at(20, IDLE), at(50, WORK)), 20),
        ((at(-10, WORK), at(20, IDLE)), 20),
        ((at(30, WORK), at(20, NOBODY)), None),
    ],
)
def test_since_survives_a_restart(events: tuple[Event, ...], began: float | None) -> None:
    assert since(events, IDLE, NOW) == (None if began is None else NOW - began * 60)


def test_the_bridge_is_as_long_as_it_is_told() -> None:
    events = (at(150, IDLE), at(100, NOBODY))
    assert since(events, IDLE, NOW, bridge=6001) == NOW - 9000 and since(events, IDLE, NOW, bridge=5999) is None


def test_a_journal_in_memory_stays_short() -> None:
    events: tuple[Event, ...] = ()
    for number in range(1000):
        events = append(events, number * 60.0, WORK if number % 2 else IDLE)
    assert len(events) == 61 and strip(events, 59_940.0, 6) == strip(events[:], 59_940.0, 6)
    assert events[0][0] == 59_940.0 - 3600
    assert append(events, 60_000.0, WORK) == events, "no change"
    assert append((), 5.0, None) == ((5.0, None),)


def test_the_name_that_outlives_the_console() -> None:
    tmux = SurfaceInfo("%3", None, "s", "s:0.0", pid=10)
    assert identity("tmux a", tmux) == identity("tmux a", SurfaceInfo("%3", None, "t", "t:1.0", title="x", pid=10))
    others = [("tmux b", tmux), ("tmux a", SurfaceInfo("%3", None, "s", "s:0.0", pid=11))]
    assert len({identity(source, info) for source, info in others} | {identity("tmux a", tmux)}) == 3
    assert identity("cmux", SurfaceInfo("surface:1", "AB-1", "s", "s")) == "AB-1"
    assert identity("tmux a", SurfaceInfo("%3", None, "s", "s:0.0")) == "", "a ref alone is not believed"
