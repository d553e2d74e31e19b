"""One text for several surfaces, what may be told first, and who may verify."""

from __future__ import annotations

from dataclasses import replace

from console.model.composed import Broadcast, earlier, earlier_ones, without_own
from console.model.dispatch import Dispatch, DispatchStatus
from console.model.guard import Facts, Level, Policy, Task, judge
from console.model.snapshot import LogSlice, Snapshot
from console.model.surface import Surface, SurfaceInfo

TASK = "go on with the next step of the review, please"


def surface(number: int, agent: str = "claude") -> Surface:
    return Surface(SurfaceInfo(f"surface:{number}", f"U{number}", "w", "w:0"), f"S {number}", expected_agent=agent)


def sent(number: int, to: str, task: str = TASK, at: float = 100.0) -> Dispatch:
    return Dispatch(number, to, task, DispatchStatus.SENT, dispatched_at=at)


def refused(dispatches: tuple[Dispatch, ...], policy: Policy = Policy(), **more: object) -> set[str]:  # noqa: B008
    task = Task(TASK, **more)  # type: ignore[arg-type]
    verdicts = judge(task, Facts(200.0, surface(2), dispatches=dispatches), policy)
    return {each.rule for each in verdicts if each.level is Level.REFUSE}


def test_the_own_records_of_a_broadcast_are_no_mistake() -> None:
    both = Broadcast(("surface:1", "surface:2"), 60)
    log = (sent(61, "surface:1"),)
    assert "elsewhere" in refused(log)
    assert "elsewhere" not in refused(without_own(both, surface(2), log, 200.0))


def test_what_was_there_before_it_still_is() -> None:
    both = Broadcast(("surface:1", "surface:2"), 60)
    for log in ((sent(60, "surface:1"),), (sent(61, "surface:9"),)):
        assert "elsewhere" in refused(without_own(both, surface(2), log, 200.0)), log
    assert "duplicate" in refused(without_own(both, surface(2), (sent(61, "S 2"),), 200.0))
    assert without_own(None, surface(2), log, 200.0) == log


def test_each_part_counts_for_the_hourly_rate_once() -> None:
    parts = Broadcast(("surface:1", "surface:2", "surface:3"), 0, ("surface:1", "surface:3"))
    once = without_own(parts, surface(2), (sent(61, "surface:1"),), 200.0)
    assert len(once) == 2 and {each.task for each in once} == {""}
    assert "rate" in refused(once, Policy(per_hour=2)) and "rate" not in refused(once, Policy(per_hour=3))


def test_the_author_is_no_verifier_however_it_is_called() -> None:
    for name in ("surface:2", "S 2", "U2", "2"):
        assert "author" in refused((), verifier=name), name
    assert "author" not in refused((), verifier="surface:6")
    facts = Facts(200.0, surface(2), names={"the one at the window": "surface:2"})
    verdicts = judge(Task(TASK, verifier="the one at the window"), facts)
    assert "author" in {each.rule for each in verdicts if each.level is Level.REFUSE}


def test_a_task_quoted_with_its_number_is_not_that_task_again() -> None:
    old = sent(54, "surface:2", "Hermes tailer 샘플링 (INFO 10%, getUpdates 1%)")

    def duplicate(text: str) -> bool:
        verdicts = judge(Task(text), Facts(200.0, surface(2), dispatches=(old,)))
        return any(each.rule == "duplicate" and each.level is Level.REFUSE for each in verdicts)

    assert duplicate(old.task) and duplicate(f"{old.label} {old.task}") and duplicate(f"again: {old.label} {old.task}")
    assert not duplicate(f"Write the tests for what was done in {old.label} {old.task}, and report")


def test_so_many_of_the_earlier_ones_are_told() -> None:
    codex = surface(1, "codex")
    log = tuple(replace(sent(n, "surface:1", f"task {n}"), dispatched_at=float(n)) for n in (3, 1, 2))
    snapshot = Snapshot(log=LogSlice(dispatches=log))
    assert [each.number for each in earlier_ones(codex, snapshot)] == [1, 2, 3]
    assert earlier(codex, snapshot, 0) == ""
    assert [line[:4] for line in earlier(codex, snapshot, 2).split("\n")[1:]] == ["- #2", "- #3"]
    assert earlier_ones(surface(1), snapshot) == () and earlier(surface(1), snapshot) == ""
