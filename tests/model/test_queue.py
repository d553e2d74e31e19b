"""When a queued task is due, and that none is lost or due twice."""

from __future__ import annotations

from dataclasses import replace

import pytest

from console.model.agent import AgentState, Regions
from console.model.dispatch import Dispatch, DispatchStatus
from console.model.queue import ItemState, Queues, Target, due, facts_of, shown, waits_for
from console.model.queue_changes import (
    KEEP_SENT,
    LIMIT,
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
    unclaim,
)
from console.model.snapshot import LogSlice, Snapshot
from console.model.surface import Surface
from tests.model.queue_cases import NOW, SERVER, item, queues, snapshot, surface


def ids(held: Queues) -> list[str]:
    return [each.id for each in held.items]


def first(held: Queues, seen: Snapshot | None = None, now: float = NOW, own: int = 1) -> str:
    found = due(held, seen if seen is not None else snapshot(), now, own)
    return found.id if found is not None else ""


def sent(held: Queues, id: str, outcome: str = "submitted", now: float = NOW, seen: Snapshot | None = None) -> Queues:
    begun = claim(held, id, seen if seen is not None else snapshot(), now, held.starts)
    assert begun is not held
    return settle(begun, id, outcome, f"{outcome} it", now)


def test_the_first_item_of_an_idle_surface_is_due_and_only_one_at_a_time() -> None:
    two = snapshot(surface("%1"), surface("%2"))
    held = queues(item("a"), item("b"), item("c", "%2"))
    assert first(held, two) == "a"
    begun = claim(held, "a", two, NOW, 1)
    assert begun.sending is not None
    assert first(begun, two) == "", "also not on another surface"
    assert waits_for(begun, begun.items[2], two, NOW, 1) == "another one is being sent"
    assert claim(begun, "c", two, NOW, 1) is begun
    assert first(settle(begun, "a", "submitted", "", NOW), two) == "c"


def test_only_what_is_due_is_claimed() -> None:
    held = queues(item("a"), item("b"))
    assert claim(held, "b", snapshot(), NOW, 1) is held
    assert claim(held, "nobody", snapshot(), NOW, 1) is held
    assert claim(pause(held), "a", snapshot(), NOW, 1) == pause(held)
    done = sent(held, "a")
    assert claim(done, "a", snapshot(), NOW + 99, 1) is done, "a sent one is never due"


@pytest.mark.parametrize(
    ("there", "why"),
    [
        (surface(state=AgentState.WORKING), "name %1 shows working"),
        (surface(state=AgentState.TYPED), "name %1 shows typed"),
        (surface(state=AgentState.BACKGROUND), "name %1 shows background"),
        (surface(state=AgentState.APPROVAL), "name %1 shows approval"),
        (surface(state=AgentState.UNKNOWN), "name %1 shows unknown"),
        (surface(regions=Regions(dialog=(1, 4))), "name %1 shows idle"),
        (surface(blocks=True), "name %1 shows idle"),
        (surface(draft="half a word"), "the input box of name %1 holds a text"),
        (surface(since=NOW - 1), "name %1 is idle only just now"),
        (replace(surface(), status=None), "name %1 was not read yet"),
        (replace(surface(), read_at=None), "name %1 was not read yet"),
        (replace(surface(), error="no answer"), "name %1: no answer"),
        (replace(surface(), unconfirmed="another terminal"), "name %1: another terminal"),
        (replace(surface(), info=replace(surface().info, dead=True)), "name %1: its program has ended"),
        (replace(surface(), gone="gone"), "name %1 is not there"),
    ],
)
def test_a_surface_that_is_not_idle_for_sure_gets_nothing(there: Surface, why: str) -> None:
    held = queues(item("a"))
    assert first(held) == "a"
    assert waits_for(held, held.items[0], snapshot(there), NOW, 1) == why
    assert first(held, snapshot(there)) == ""


def test_nothing_is_due_while_the_terminal_server_cannot_be_read() -> None:
    seen = snapshot()
    assert first(queues(item("a")), replace(seen, mux=replace(seen.mux, error="tmux is gone"))) == ""


@pytest.mark.parametrize(
    ("there", "due_there"),
    [
        (surface(), True),
        (surface(name="renamed"), False),
        (surface(pid=8), False),
        (surface(pid=None), True),
        (surface("%2"), False),
    ],
)
def test_without_a_uuid_ref_name_and_process_have_to_be_the_same(there: Surface, due_there: bool) -> None:
    assert bool(first(queues(item("a")), snapshot(there))) is due_there


def test_the_same_ref_on_another_terminal_server_is_another_surface() -> None:
    seen = snapshot()
    assert first(queues(item("a")), replace(seen, mux=replace(seen.mux, source="tmux 3.3a /tmp/other"))) == ""


def test_a_uuid_is_followed_to_another_ref_and_a_ref_never_instead_of_it() -> None:
    meant = surface("surface:1", uuid="U-1", pid=1)
    held = queues(item("a", on=meant))
    assert first(held, snapshot(surface("surface:9", uuid="u-1", pid=2, name="moved"))) == "a"
    assert first(held, snapshot(surface("surface:1", uuid="U-2", pid=1))) == ""
    assert Target.of(meant, SERVER).answers_to("Surface 1") and Target.of(meant, SERVER).answers_to("u-1")
    assert not Target.of(meant, SERVER).answers_to("")


def test_after_a_send_the_surface_has_to_be_seen_at_work_or_to_rest() -> None:
    held = sent(queues(item("a"), item("b")), "a")
    before = snapshot(surface(read_at=NOW + 3))
    assert first(held, before, NOW + 3) == "", "the reading is still the one from before"
    assert first(held, snapshot(surface(since=NOW + 5, read_at=NOW + 8)), NOW + 8) == "b", "it has worked and ended"
    assert first(held, snapshot(surface(read_at=NOW + 11)), NOW + 11) == "b", "it never showed that it worked"
    assert first(held, snapshot(surface(read_at=NOW - 1)), NOW + 11) == "", "it was not read since"


def test_a_task_that_was_sent_by_hand_counts_as_well() -> None:
    dispatch = Dispatch(5, "%1", "by hand", DispatchStatus.SENT, dispatched_at=NOW - 2)
    seen = replace(snapshot(), log=LogSlice("log", NOW, (dispatch,), newest_open={"%1": dispatch}))
    assert first(queues(item("a")), seen) == ""
    assert first(queues(item("a")), replace(seen, log=LogSlice())) == "a"


def test_a_refused_item_stays_at_the_head_with_its_reason_and_is_tried_again_when_facts_change() -> None:
    held = sent(queues(item("a"), item("b")), "a", "refused")
    assert (held.items[0].state, held.items[0].reason, held.items[0].text) == ("refused", "refused it", "text of a")
    other = snapshot(surface(), surface("%9", AgentState.WORKING))
    assert facts_of(snapshot(), surface()) != facts_of(other, surface())
    assert first(held, other, NOW + 9) == "", "not too often"
    assert first(held, other, NOW + 10) == "a"
    assert first(held, now=NOW + 59) == "", "nothing has changed"
    assert waits_for(held, held.items[0], snapshot(), NOW + 59, 1) == "refused it"
    assert first(held, now=NOW + 60) == "a", "a limit may be over"


def test_each_refusal_doubles_the_wait() -> None:
    held, now, waited = queues(item("a")), NOW, []
    for _ in range(9):
        held = sent(held, "a", "refused", now)
        begun = now
        while not first(held, now=now):
            now += 1
        waited.append(now - begun)
    assert waited == [60, 60, 60, 80, 160, 300, 300, 300, 300]


@pytest.mark.parametrize("outcome", ["typed_not_submitted", "unconfirmed", "failed", "something new"])
def test_an_outcome_that_is_not_sure_is_never_sent_again_by_itself(outcome: str) -> None:
    held = sent(queues(item("a"), item("b")), "a", outcome)
    assert held.items[0].state is ItemState.CHECK
    assert first(held, now=NOW + 9999) == ""
    assert waits_for(held, held.items[1], snapshot(), NOW + 9999, 1) == "look at title of a first"
    assert first(drop(held, "a"), now=NOW + 9999) == "b"
    assert first(again(held, "a"), now=NOW + 9999) == "a", "only the operator puts it back"


def test_what_was_being_sent_when_the_console_died_has_to_be_looked_at() -> None:
    begun = claim(queues(item("a"), item("b")), "a", snapshot(), NOW, 1)
    died = cut_off(begun)
    assert (died.items[0].state, died.items[0].reason) == ("check", "was sending: check %1")
    assert first(resume(started(died)), now=NOW + 9999, own=2) == ""
    assert cut_off(died) is died


def test_everything_is_paused_after_a_start_until_it_is_resumed() -> None:
    held = started(queues(item("a"), item("b", "%2")))
    two = snapshot(surface(), surface("%2"))
    assert [shown(held, each, 2) for each in held.items] == ["paused", "paused"]
    assert first(held, two, own=2) == ""
    assert first(held, two, own=1) == "a", "the console that took it in still sends it"
    assert first(add(held, item("c", "%2")), two, own=2) == "", "what comes after a paused one waits behind it"
    assert first(resume(held, held.items[1].target.key), two, own=2) == "b"
    assert first(resume(held), two, own=2) == "a"


def test_one_surface_or_everything_can_be_paused() -> None:
    two = snapshot(surface(), surface("%2"))
    held = queues(item("a"), item("b", "%2"))
    one = pause(held, held.items[0].target.key)
    assert first(one, two) == "b"
    assert shown(one, one.items[0], 1) is ItemState.PAUSED
    assert first(pause(one), two) == ""
    assert first(resume(pause(one)), two) == "a"
    assert first(resume(one, held.items[0].target.key), two) == "a"
    assert first(resume(pause(one), held.items[0].target.key), two) == "", "all is stopped still"


def test_items_are_reordered_inside_their_own_queue() -> None:
    held = queues(item("a"), item("x", "%2"), item("b"), item("c"))
    assert ids(move(held, "c", -1)) == ["a", "x", "c", "b"]
    assert ids(move(held, "c", -9)) == ["c", "x", "a", "b"]
    assert ids(move(held, "a", 1)) == ["b", "x", "a", "c"]
    assert move(held, "x", -1) is held and move(held, "a", 0) is held and move(held, "nobody", 1) is held
    begun = claim(held, "a", snapshot(), NOW, 1)
    assert move(begun, "a", 1) is begun, "it is on its way"
    assert ids(move(begun, "c", -9)) == ["a", "x", "c", "b"]


def test_an_item_on_its_way_is_not_dropped() -> None:
    begun = claim(queues(item("a")), "a", snapshot(), NOW, 1)
    assert drop(begun, "a") is begun
    assert ids(drop(unclaim(begun, "a"), "a")) == []
    assert drop(begun, "nobody") is begun


def test_sent_items_lose_their_text_and_the_old_ones_are_forgotten() -> None:
    held = queues(item("last", options={"role": "x"}))
    for number in range(KEEP_SENT + 5):
        mine = f"i{number}"
        held = add(held, item(mine, f"%{number + 10}"))
        seen = snapshot(surface(f"%{number + 10}"))
        held = sent(held, mine, now=NOW + number, seen=seen)
    gone = [each for each in held.items if each.state is ItemState.SENT]
    assert len(gone) == KEEP_SENT
    assert {each.text for each in gone} == {""}
    assert gone[0].id == "i5" and held.item("last") is not None


def test_no_more_than_so_many_wait_and_no_id_twice() -> None:
    held = queues(*(item(f"i{number}") for number in range(LIMIT)))
    assert add(held, item("more")) is held
    one = queues(item("a"))
    assert add(one, item("a")) is one


def test_a_clock_that_was_set_back_holds_nothing_for_ever() -> None:
    held = sent(queues(item("a"), item("b")), "a", now=NOW + 5000)
    assert first(held, now=NOW) == "b"
    refused = sent(queues(item("a")), "a", "refused", now=NOW + 5000)
    assert first(refused, now=NOW) == "a"
