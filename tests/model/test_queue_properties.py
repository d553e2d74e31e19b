"""Two consoles, an operator and crashes, in any order: never two at once, nothing twice, nothing lost, order kept."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from console.model.agent import AgentState
from console.model.queue import ItemState, Queues, due
from console.model.queue_changes import (
    add,
    again,
    claim,
    cut_off,
    drop,
    move,
    pause,
    resume,
    settle,
    started,
)
from console.model.snapshot import Snapshot
from tests.model.queue_cases import NOW, item, snapshot, surface

REFS = ("%1", "%2", "%3")
OUTCOMES = ("submitted", "queued", "typed_not_submitted", "unconfirmed", "refused", "failed")


class Consoles(RuleBasedStateMachine):
    """Both consoles work on one file; the one that sends can be killed at any moment."""

    def __init__(self) -> None:
        super().__init__()
        self.queues = Queues()
        self.own = [0, 0]
        self.now = NOW
        self.count = 0
        self.alive: set[str] = set()
        """Added, and neither dropped nor sent."""
        self.typed: dict[str, int] = {}
        """How often an item was typed, as far as the operator has not put it back."""
        self.sending = ""
        self.ever: list[str] = []

    def seen(self, idle: tuple[bool, ...] = (True, True, True)) -> Snapshot:
        states = [AgentState.IDLE if each else AgentState.WORKING for each in idle]
        pairs = zip(REFS, states, strict=True)
        return snapshot(*(surface(r, s, since=self.now - 5, read_at=self.now) for r, s in pairs))

    def some(self, pick: int) -> str:
        return self.ever[pick % len(self.ever)] if self.ever else "nobody"

    @rule(ref=st.sampled_from(REFS))
    def queue(self, ref: str) -> None:
        self.count += 1
        mine = f"i{self.count}"
        self.queues = add(self.queues, item(mine, ref))
        self.alive.add(mine)
        self.ever.append(mine)

    @rule(console=st.integers(0, 1))
    def start(self, console: int) -> None:
        if not self.sending:
            self.queues = cut_off(self.queues)
        self.queues = started(self.queues)
        self.own[console] = self.queues.starts

    @rule(console=st.integers(0, 1), idle=st.tuples(st.booleans(), st.booleans(), st.booleans()))
    def send(self, console: int, idle: tuple[bool, bool, bool]) -> None:
        self.now += 30
        seen = self.seen(idle)
        found = due(self.queues, seen, self.now, self.own[console])
        if found is None:
            return
        assert not self.sending, "never two at once"
        assert idle[REFS.index(found.target.ref)]
        assert found.armed >= self.own[console], "what is from before the start waits for the operator"
        assert self.queues.of(found.target.key)[0] == found, "order is kept"
        after = claim(self.queues, found.id, seen, self.now, self.own[console])
        assert after is not self.queues
        self.queues, self.sending = after, found.id

    @rule(outcome=st.sampled_from(OUTCOMES))
    def end(self, outcome: str) -> None:
        if not self.sending:
            return
        mine, self.sending = self.sending, ""
        if outcome != "refused":
            self.typed[mine] = self.typed.get(mine, 0) + 1
        if outcome in ("submitted", "queued"):
            self.alive.discard(mine)
        self.queues = settle(self.queues, mine, outcome, "", self.now)

    @rule()
    def killed(self) -> None:
        if self.sending:
            self.typed[self.sending] = self.typed.get(self.sending, 0) + 1
            self.sending = ""
            self.queues = cut_off(self.queues)

    @rule(pick=st.integers(0, 99))
    def dropped(self, pick: int) -> None:
        mine = self.some(pick)
        if mine != self.sending:
            self.alive.discard(mine)
        self.queues = drop(self.queues, mine)

    @rule(pick=st.integers(0, 99), by=st.integers(-3, 3))
    def moved(self, pick: int, by: int) -> None:
        mine = self.some(pick)
        others = self.lines_without(mine)
        self.queues = move(self.queues, mine, by)
        assert self.lines_without(mine) == others, "the others keep their order"

    def lines_without(self, mine: str) -> list[list[str]]:
        keys = [item("x", ref).target.key for ref in REFS]
        return [[i.id for i in self.queues.of(key) if i.id != mine] for key in keys]

    @rule(pick=st.integers(0, 99))
    def put_back(self, pick: int) -> None:
        mine = self.queues.item(self.some(pick))
        if mine is not None and mine.state is ItemState.CHECK:
            self.typed.pop(mine.id, None)
        self.queues = again(self.queues, self.some(pick))

    @rule(ref=st.sampled_from((*REFS, "")))
    def paused(self, ref: str) -> None:
        self.queues = pause(self.queues, item("x", ref).target.key if ref else None)
        assert ref or due(self.queues, self.seen(), self.now + 9999, 0) is None

    @rule(ref=st.sampled_from((*REFS, "")))
    def resumed(self, ref: str) -> None:
        self.queues = resume(self.queues, item("x", ref).target.key if ref else None)

    @invariant()
    def at_most_one_is_on_its_way(self) -> None:
        sending = [each.id for each in self.queues.items if each.state is ItemState.SENDING]
        assert sending == ([self.sending] if self.sending else [])

    @invariant()
    def nothing_is_lost_and_nothing_comes_back(self) -> None:
        assert {each.id for each in self.queues.open()} == self.alive
        assert all(each.text for each in self.queues.open())

    @invariant()
    def nothing_is_typed_twice_by_itself(self) -> None:
        assert all(count == 1 for count in self.typed.values())


def test_two_consoles_an_operator_and_crashes() -> None:
    run_state_machine_as_test(Consoles, settings=settings(max_examples=150, stateful_step_count=60, deadline=None))
