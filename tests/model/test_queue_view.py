"""The queues as they are shown, and a task as an item keeps it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from console import i18n
from console.model import queue_changes as changes
from console.model.composed import Composed
from console.model.queue import Item, ItemState, Queues, Target
from console.model.queue_options import pack, unpack
from console.model.queue_view import LATELY, lanes, lately, paused_from_before
from console.model.snapshot import Snapshot
from tests.actions.queuer import SERVER, snapshot, surface

NOW = 1_775_800_000.0


def item(id: str, ref: str = "%1", **more: Any) -> Item:
    return Item(id, Target.of(surface(ref), SERVER), f"text of {id}", f"title of {id}", NOW - 60, **more)


def queues(*items: Item) -> Queues:
    made = Queues(starts=1)
    for each in items:
        made = changes.add(made, each)
    return made


def test_each_surface_has_a_lane_in_the_order_of_the_fleet_and_each_task_its_reason() -> None:
    made = queues(item("c", "%9"), item("b", "%2"), item("a"), item("d"))
    found = lanes(made, snapshot(), NOW, 1)
    assert [(lane.name, [line.item.id for line in lane.lines]) for lane in found] == [
        ("name %1", ["a", "d"]), ("name %2", ["b"]), ("name %9", ["c"]),
    ]  # fmt: skip
    assert [line.why for line in found[0].lines][1] == "behind another one"
    assert (found[0].state, found[0].surface) == ("idle", "%1")
    assert (found[2].state, found[2].surface, found[2].lines[0].why) == (None, "", "name %9 is not there")


def test_a_lane_is_held_when_nothing_of_it_goes_by_itself() -> None:
    made = queues(item("a"), item("b", "%2"))
    key = made.items[0].target.key

    def held(queues: Queues, own: int = 1) -> list[bool]:
        return [lane.held for lane in lanes(queues, snapshot(), NOW, own)]

    assert held(made) == [False, False]
    assert held(changes.pause(made, key)) == [True, False]
    assert held(changes.pause(made)) == [True, True]
    assert held(made, 2) == [True, True]
    assert held(changes.add(replace(made, starts=2), item("c")), 2) == [False, True], (
        "the new one goes when it is first"
    )


def test_a_surface_that_is_paused_and_has_an_empty_queue_can_still_be_seen_and_resumed() -> None:
    key = item("a").target.key
    [lane] = lanes(changes.pause(Queues(), key), snapshot(), NOW, 0)
    assert (lane.key, lane.name, lane.ref, lane.held, lane.lines) == (key, "name %1", "%1", True, ())
    [lane] = lanes(changes.pause(Queues(), "nobody"), Snapshot(), NOW, 0)
    assert (lane.name, lane.surface) == ("nobody", "")


def test_what_is_from_before_the_console_was_started_says_so_where_nothing_else_holds_it() -> None:
    made = queues(item("a"))

    def before(queues: Queues, own: int) -> bool:
        return lanes(queues, snapshot(), NOW, own)[0].lines[0].before

    assert before(made, 2) and not before(made, 1)
    assert not before(changes.pause(made), 2) and not before(changes.pause(made, made.items[0].target.key), 2)


def test_a_reason_in_the_file_is_english_and_is_shown_in_the_language_of_the_interface() -> None:
    i18n.use("ko")
    sent = replace(queues(item("a")).items[0], state=ItemState.SENDING)
    cut = changes.cut_off(changes.pause(Queues((sent,), 1)))
    assert (cut.items[0].reason, cut.stopped) == ("was sending: check %1", "by the operator")
    assert lanes(cut, snapshot(), NOW, 1)[0].lines[0].why == "전송 중이었음: %1 확인"
    waiting = changes.pause(queues(item("a")))
    assert lanes(waiting, snapshot(), NOW, 1)[0].lines[0].why == "일시정지: 운영자 지시"


def test_what_was_sent_a_short_time_ago_is_shown_the_newest_first() -> None:
    sent = [replace(item(str(n)), state=ItemState.SENT, at=NOW - n * 600) for n in range(9)]
    old = [each.id for each in lately(Queues((*sent, item("x"))), NOW)]
    assert old == ["0", "1", "2", "3", "4"]
    assert lately(Queues((replace(sent[0], at=NOW - LATELY - 1),)), NOW) == ()


def test_a_start_says_what_is_paused_and_what_has_to_be_looked_at() -> None:
    made = queues(item("a"), item("b"))
    assert paused_from_before(made, 1) == ""
    assert paused_from_before(made, 2) == "2 queued tasks are paused: Q shows them"
    made = Queues((replace(made.items[0], state=ItemState.CHECK), made.items[1]), 1)
    assert paused_from_before(made, 2) == "1 queued task is paused, 1 has to be looked at: Q shows them"
    assert paused_from_before(made, 1) == "1 has to be looked at: Q shows them"


def test_a_stop_is_lifted_only_where_nothing_is_sent_by_it() -> None:
    stopped = changes.pause(queues(item("a")))
    assert changes.lift(stopped) is stopped
    assert changes.lift(changes.drop(stopped, "a")).stopped == ""


def test_a_composed_task_comes_back_from_the_file_as_it_was() -> None:
    composed = Composed(
        "텍스트\n", ("duplicate", "rate"), "before", {"role": "builder", "verifier": "surface:6", "n": 1}
    )
    kept = json.loads(json.dumps(pack(composed)))
    assert unpack(composed.text, kept) == composed
    assert pack(Composed("plain")) == {} and unpack("plain", {}) == Composed("plain")


@pytest.mark.parametrize(
    "options", [{"overrides": "all"}, {"overrides": [1]}, {"context": 5}, {"context": None}, {"fields": [1]}]
)
def test_options_that_somebody_has_broken_are_refused_not_guessed(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"its (overrides|context|fields)"):
        unpack("text", options)
