"""The task that has a dispatch verified, who may be asked, and how both records find each other."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.model.agent import AgentState
from console.model.dispatch import NO_LINKS, Dispatch, DispatchStatus, Links, Verification
from console.model.guard import Task
from console.model.ledger import awaits_check
from console.model.reconcile import live_states
from console.model.snapshot import LogSlice, Snapshot
from console.model.summary import summarise
from console.model.verify_task import (
    Candidate,
    candidates,
    fleet_names,
    name_of,
    not_ready,
    numbered,
    render,
    title,
    under_way,
    verifications,
)
from tests.model.guard_cases import NOW, against, dispatch, surface, verdicts

DONE = DispatchStatus.DONE


def verifies(number: int, target: int, on: str = "surface:6", state: DispatchStatus = DispatchStatus.SENT) -> Dispatch:
    made = dispatch(number, on, f"Verify #{target}: x", 60.0 + 1000 - number, state)
    return replace(made, links=Links(verifies=target))


def test_the_text_says_what_the_record_holds_and_leaves_out_what_it_does_not() -> None:
    made = Dispatch(54, "CLAUDE 1", "섹터 {number} 표", DONE)
    text = render(made)
    assert "Verify dispatch #54, the work of CLAUDE 1." in text and "The task was: 섹터 {number} 표" in text
    assert "Its files" not in text and "gives it" not in text
    scored = replace(made, verification=Verification(self_score=4.9))
    text = render(scored, record={"artifacts": ["a.md", {"x": 1}, 3], "files": "no"})
    assert "The author gives it 4.9." in text and "Its files: a.md, 3" in text
    assert render(made, ("{status} {other} {", "{artifacts}", "")) == "done {other} {\n"
    assert render(scored, ("{artifacts}",), {"산출물": "x" * 9000}).endswith("x…")
    assert title(made) == "Verify #54: 섹터 {number} 표" and title(Dispatch(None, "", "", DONE)) == "Verify #?"


@given(st.lists(st.text(max_size=40), max_size=5), st.dictionaries(st.text(max_size=9), st.integers() | st.text()))
def test_whatever_a_template_or_a_record_is_it_gives_a_text(lines: list[str], record: dict[str, object]) -> None:
    assert isinstance(render(Dispatch(1, "s", "t", DONE), lines, {**record, "artifacts": record}), str)


def fleet() -> Snapshot:
    return Snapshot(
        surfaces=(
            surface(AgentState.WORKING, ref="surface:1", agent="codex", role="builder"),
            surface(ref="surface:3", role="builder"),
            surface(AgentState.WORKING, ref="surface:6", role="교차 검증 전담", place=5),
            surface(ref="surface:7", agent="codex", role="verification only"),
            surface(ref="surface:8", gone="no such surface"),
            surface(ref="surface:9", agent=""),
        )
    )


def refs(found: tuple[Candidate, ...], *, barred: bool = False) -> list[str]:
    return [each.surface.info.ref for each in found if bool(each.barred) is barred]


def test_verifiers_come_first_and_the_author_never() -> None:
    author = dispatch(54, "name of surface:3", "x", state=DONE)
    found = candidates(fleet(), author)
    assert refs(found) == ["surface:7", "surface:6", "surface:1"]
    assert {each.surface.info.ref: each.barred for each in found if each.barred} == {
        "surface:3": "its own work", "surface:8": "no such surface",
    }  # fmt: skip
    assert refs(candidates(fleet(), author, ["name of surface:1", "surface:6"]))[:2] == ["surface:1", "surface:6"]
    own = replace(author, links=Links(verifier="surface:6"))
    best = candidates(fleet(), own, ["surface:1"])[0]
    assert (best.surface.info.ref, best.note) == ("surface:6", "its verifier")
    called = dispatch(54, "THE BUILDER", "x", state=DONE)
    assert "surface:3" in refs(candidates(fleet(), called, (), {"THE BUILDER": "surface:3"}), barred=True)
    assert fleet_names(fleet(), {"B": "surface:3"})["name of surface:7"] == "surface:7"
    assert [name_of(each) for each in fleet().surfaces[1:3]] == ["surface:3", "name of surface:6"]


@pytest.mark.parametrize("name", ["surface:3", "Surface 3 (CLAUDE)", "name of surface:3", "U-surface:3"])
def test_the_guard_refuses_the_author_by_every_name(name: str) -> None:
    task = Task("verify it", verifies=dispatch(54, name, "x", state=DONE))
    assert against(task) == {"author": "refuse"}
    assert against(Task("verify it", verifies=dispatch(54, "surface:5", "x", state=DONE))) == {}


def test_two_verifications_are_one_task_only_when_they_are_about_one_dispatch() -> None:
    done = (dispatch(54, "surface:5", "섹터나침반 웹앱의 표", state=DONE), dispatch(55, "surface:5", "y", state=DONE))
    text = "Verify dispatch, the work of surface:5. Take nothing on its word. The task was: 섹터나침반 웹앱의 표"
    task = Task(text, title(done[0]), verifies=done[0])
    log = (*done, replace(verifies(60, 55), task=text))
    assert against(task, dispatches=log) == {}, "the other one is about #55"
    log = (*done, replace(verifies(60, 54), task="another text altogether"))
    assert "#60 is open on surface:6" in verdicts(task, dispatches=log)["elsewhere"].evidence
    assert against(task, dispatches=(*done, verifies(60, 54, "surface:3")))["duplicate"] == "refuse"
    assert against(task, dispatches=(*done, verifies(60, 54, state=DONE))) == {}, "that one is over"
    assert against(task, dispatches=(*done, dispatch(60, "surface:6", text)))["elsewhere"] == "refuse"


def test_what_is_at_work_is_not_verified_but_what_the_agent_has_finished_is() -> None:
    live = live_states(fleet().surfaces)
    for status in (DONE, DispatchStatus.NEEDS_CHECK, DispatchStatus.VERIFIED):
        assert not_ready(dispatch(54, "surface:1", "x", state=status), live) == ""
    assert "e, sets its state" in not_ready(dispatch(54, "surface:1", "x"), live)
    assert not_ready(dispatch(54, "surface:3", "x"), live) == "", "the log is late: its surface is idle"
    assert "nothing to verify" in not_ready(dispatch(54, "surface:3", "x", state=DispatchStatus.FAILED), live)
    assert "no number" in not_ready(Dispatch(None, "surface:3", "x", DONE), live)


def test_both_ends_of_a_link_are_found() -> None:
    old = replace(dispatch(54, "surface:5", "x", state=DONE), links=Links(verified_by=70))
    log = (old, verifies(60, 54, state=DONE), verifies(61, 54), verifies(62, 54), verifies(63, 55))
    foreign = dispatch(70, "surface:6", "no link of its own", ago=10.0)
    assert [each.number for each in verifications((*log, foreign), old)] == [70, 62, 61, 60]
    assert verifications(log, Dispatch(None, "", "", DONE)) == ()
    found = under_way(log, 54)
    assert found is not None and found.number == 62 and under_way(log, None) is None and under_way(log, 9) is None
    assert numbered((*log, replace(old, task="again")), 54) == replace(old, task="again")
    assert numbered(log, None) is None and Links() == NO_LINKS


def test_a_verification_awaits_none_and_is_not_the_task_it_quotes() -> None:
    done = dispatch(54, "surface:5", "Hermes tailer 샘플링 추가", state=DispatchStatus.NEEDS_CHECK)
    quoting = replace(verifies(60, 54), task="Verify #54: Hermes tailer 샘플링 추가")
    same = replace(quoting, number=61, task=done.task)
    closed = replace(quoting, status=DONE)
    assert awaits_check(done) and not awaits_check(closed)
    found = summarise((done, same, closed), NOW)
    assert found.verification.awaiting == 1 and found.duplicates == ()
    assert summarise((done, replace(same, links=NO_LINKS)), NOW).duplicates == ((54, 61),)
    assert LogSlice().asked == ()
