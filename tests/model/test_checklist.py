"""The checks of a restart over snapshots that are made by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from console.handoff_data import words
from console.model.agent import AgentState, AgentStatus, Detection, Regions
from console.model.automation import Automation
from console.model.binding import SurfaceSpec
from console.model.checklist import Mark, Step, StepState, marked, progress
from console.model.checks import checklist
from console.model.checks_given import Given, written_between
from console.model.cut_off import CutOff
from console.model.dispatch import Dispatch, DispatchStatus
from console.model.guard_facts import Automatic, Level, Policy
from console.model.handoff import Handoff, read
from console.model.operations import OperationsSlice
from console.model.reading import LogRead, ScreenRead, TreeRead
from console.model.service import Judgement, Service
from console.model.snapshot import CollectorSlice, QueueSlice, SendsSlice, ServicesSlice, Snapshot, reduce
from console.model.surface import Screen, SurfaceInfo
from console.model.telemetry import Collector, CollectorState

NOW = 1_775_800_000.0
REAL = Path(__file__).parents[3] / "shared" / "handoff-2026-04-10.txt"


def handoff(text: str) -> Handoff:
    return read(text, words())


def snapshot(state: AgentState = AgentState.WORKING, status: DispatchStatus = DispatchStatus.WORKING) -> Snapshot:
    """One claude on surface:5 with #57, read a second ago."""
    specs = (SurfaceSpec("surface:5", "", "", "claude", ""),)
    info = SurfaceInfo("surface:5", "uuid-5", "workspace:1", "workspace:1", pid=5)
    lines = ("● 검증을 마쳤습니다", "점수 8.5")
    now = reduce(Snapshot(specs=specs), TreeRead(NOW - 1, "cmux", (info,)))
    screen = Screen(lines, lines, 80, 24)
    now = reduce(now, ScreenRead(NOW - 1, "uuid-5", screen, Detection("claude", state, regions=Regions((0, 2)))))
    surface = now.surfaces[0]
    assert surface.status is not None
    aged = replace(surface, status=AgentStatus(surface.status.detection, NOW - 720))
    task = Dispatch(57, "surface:5", "섹터나침반", status, dispatched_at=NOW - 900)
    return reduce(replace(now, surfaces=(aged,)), LogRead(NOW - 1, "log.json", (task,), 0))


def steps(given: Given) -> dict[str, Step]:
    return {step.id: step for step in checklist(given)}


def test_a_surface_at_work_passes_with_its_evidence() -> None:
    found = steps(Given(snapshot(), NOW))
    assert found["surface surface:5"].state is StepState.PASS
    assert found["surface surface:5"].evidence == "working on #57 for 12m, read 1s ago"
    assert found["collect"].state is StepState.PASS
    assert progress(found.values()).done


def test_finished_work_is_to_be_collected_with_the_last_message() -> None:
    found = steps(Given(snapshot(AgentState.IDLE), NOW))["collect #57"]
    assert found.state is StepState.ATTENTION
    assert found.evidence == "open, and surface:5 is idle for 12m: “● 검증을 마쳤습니다 점수 8.5”"
    assert found.about.name == "57"


@pytest.mark.parametrize("status", [DispatchStatus.DONE, DispatchStatus.QUEUED, DispatchStatus.CANCELLED])
def test_what_is_closed_or_was_never_given_is_not_collected(status: DispatchStatus) -> None:
    assert steps(Given(snapshot(AgentState.IDLE, status), NOW))["collect"].state is StepState.PASS


@pytest.mark.parametrize(
    ("state", "judged"),
    [(AgentState.APPROVAL, StepState.ATTENTION), (AgentState.SHELL, StepState.FAIL), (AgentState.IDLE, StepState.PASS)],
)
def test_a_surface_is_judged_by_its_agent(state: AgentState, judged: StepState) -> None:
    assert steps(Given(snapshot(state), NOW))["surface surface:5"].state is judged


def test_a_surface_that_does_not_answer_fails_and_one_that_is_not_read_runs() -> None:
    assert steps(Given(snapshot(), NOW + 300))["surface surface:5"].state is StepState.FAIL
    unread = reduce(snapshot(), TreeRead(NOW, "cmux", (SurfaceInfo("surface:5", "uuid-5", "", "", pid=6),)))
    assert steps(Given(unread, NOW))["surface surface:5"].state is StepState.RUNNING
    assert steps(Given(unread, NOW, settled=True))["surface surface:5"].state is StepState.FAIL


def test_numbers_that_changed_are_listed_and_fewer_records_fail() -> None:
    text = "## Figures\n- dispatches total 1, open 1\n- logs 30,306\n"
    same = handoff(text)
    assert steps(Given(snapshot(), NOW, same))["summary"].state is StepState.PASS
    more = handoff(text.replace("total 1", "total 9"))
    if steps(Given(snapshot(), NOW, more))["summary"].state is not StepState.FAIL:
        pytest.fail(steps(Given(snapshot(), NOW, more))["summary"].evidence)
    assert "total 9 → 1" in steps(Given(snapshot(), NOW, more))["summary"].evidence


def test_a_collector_that_was_started_again_or_lost_counts_is_seen() -> None:
    told = Collector(CollectorState.UP, "", logs=120, uptime=60.0)
    seen = replace(snapshot(), collector=CollectorSlice("http://127.0.0.1:4318/health", NOW, told))
    text = handoff("## Figures\n- logs 30,306\n")
    found = steps(Given(seen, NOW, text, written=(NOW - 3600, NOW - 3599)))["collector"]
    assert found.state is StepState.ATTENTION
    assert "started again 1m ago" in found.evidence
    assert "logs fell from 30,306 to 120" in found.evidence
    older = replace(told, logs=40_000, uptime=7200.0)
    seen = replace(seen, collector=CollectorSlice("http://127.0.0.1:4318/health", NOW, older))
    assert steps(Given(seen, NOW, text, written=(NOW - 3600, NOW - 3599)))["collector"].state is StepState.PASS


def test_the_automatic_dispatcher_must_stay_off() -> None:
    row = Service("auto-dispatcher", "unloaded", "running", Judgement.ALARM, "pid 7", label="com.x.auto-dispatcher",
                  state="running", read_at=NOW)  # fmt: skip
    seen = replace(snapshot(), services=ServicesSlice("services", NOW, (row,)))
    found = steps(Given(seen, NOW, automatic=Automatic("auto-dispatcher", loaded=True, running=True)))
    assert found["dispatcher"].state is StepState.FAIL
    assert "service auto-dispatcher" not in found, "one fact, one step"
    wanted = replace(row, expected="running", judgement=Judgement.OK)
    seen = replace(seen, services=ServicesSlice("services", NOW, (wanted,)))
    found = steps(Given(seen, NOW, automatic=Automatic("auto-dispatcher", loaded=True, running=True)))
    assert "dispatcher" not in found, "the operator wants it on"
    assert found["service auto-dispatcher"].state is StepState.PASS


def test_the_approval_script_runs_or_what_replaces_it_does() -> None:
    script = Automation("codex_auto_approve", "script", "/tmp/codex_auto_approve.sh", "running", "gone",
                        Judgement.ALARM, "no process runs it", read_at=NOW)  # fmt: skip
    seen = replace(snapshot(), operations=OperationsSlice((script,)))
    id = "automation codex_auto_approve"
    assert steps(Given(seen, NOW))[id].state is StepState.FAIL
    assert steps(Given(seen, NOW, approves="2 rules"))[id].state is StepState.PASS


def test_cut_off_sends_queues_and_duplicates_are_told() -> None:
    seen = snapshot()
    twins = (*seen.log.dispatches, replace(seen.log.dispatches[0], number=58, surface="surface:6"))
    seen = reduce(seen, LogRead(NOW, "log.json", twins, 0))
    seen = replace(seen, sends=SendsSlice(NOW, (CutOff("k", NOW, "surface:5", number=60, typing=True),)),
                   queue=QueueSlice({"a": 2}, paused=1))  # fmt: skip
    found = steps(Given(seen, NOW))
    for id in ("duplicates", "send k", "queue"):
        assert found[id].state is StepState.ATTENTION, id
    assert found["duplicates"].evidence.startswith("#57 and #58")


def test_a_hand_offs_lines_are_linked_only_where_they_are_surely_understood() -> None:
    text = handoff(
        "# Hand-off 2026-04-10 16:41\n## Check after restart\n- state of all sessions\n"
        "- mail the session report to Harry\n- dispatch summary\n- OTel 대시보드 화면 공유\n"
    )
    found = {step.title: step for step in checklist(Given(snapshot(), NOW, text))}
    assert found["state of all sessions"].links
    assert found["dispatch summary"].links == ("summary",)
    assert found["mail the session report to Harry"].state is StepState.MANUAL
    assert found["OTel 대시보드 화면 공유"].state is StepState.MANUAL


def test_a_guard_that_is_switched_off_is_seen_and_discipline_is_called_so() -> None:
    text = handoff("## Things to avoid\n- same task to two sessions, duplicate dispatch\n- working through the night\n")
    on = {step.title: step for step in checklist(Given(snapshot(), NOW, text))}
    first = on["same task to two sessions, duplicate dispatch"]
    assert (first.state, "guard duplicate is on" in first.evidence) == (StepState.PASS, True)
    assert on["working through the night"].evidence == "by discipline: no guard enforces it"
    off = Policy(levels={"duplicate": Level.PASS})
    first = next(s for s in checklist(Given(snapshot(), NOW, text, policy=off)) if s.title.startswith("same task"))
    assert (first.state, "switched off" in first.evidence) == (StepState.ATTENTION, True)


def test_ticks_settle_only_what_is_done_by_hand_and_skips_need_no_proof() -> None:
    hand = Step("a", "by hand", "Own steps", StepState.MANUAL)
    fails = Step("b", "fails", "Own steps", StepState.FAIL, "broken")
    ticked = marked((hand, fails), {"a": Mark("tick", NOW), "b": Mark("tick", NOW)})
    assert [step.state for step in ticked] == [StepState.PASS, StepState.FAIL]
    skipped = marked((hand, fails), {"b": Mark("skip", NOW, "known")})
    assert (skipped[1].state, skipped[1].evidence) == (StepState.SKIPPED, "skipped: known (broken)")
    assert progress(skipped).words == "1 of 2 settled · 1 by hand · 1 skipped"


def test_when_it_was_written_is_as_precise_as_the_document() -> None:
    assert written_between("2026-04-10T16:41+09:00") == (1775806860.0, 1775806920.0)
    assert written_between("2026-04-10T07:41:00Z") == (1775806860.0, 1775806861.0)
    assert written_between("2026-04-10", 32_400.0) == (1775746800.0, 1775833200.0)
    assert written_between("soon") is None


@pytest.mark.skipif(not REAL.exists(), reason="the operator's document is not here")
def test_every_line_of_the_real_document_finds_its_check() -> None:
    from console.handoff_command import text_of, understood

    found = checklist(Given(snapshot(), NOW, understood(text_of(str(REAL)))))
    lines = [step for step in found if step.id.startswith(("first ", "check "))]
    assert len(lines) == 9
    assert all(step.links for step in lines)
    avoid = [step for step in found if step.id.startswith("avoid ")]
    assert len(avoid) == 5
    assert all("guard " in step.evidence for step in avoid)


def test_a_pane_id_of_the_hand_off_is_another_pane_after_a_restart() -> None:
    """tmux counts its panes anew: the hand-off's %0 CODEX is %1 now, and %0 is another's."""
    specs = (SurfaceSpec("surface:1", "CODEX", "", "codex", ""),)
    panes = (
        SurfaceInfo("%0", None, "s", "s", pid=5, label="surface:5"),
        SurfaceInfo("%1", None, "s", "s", pid=6, label="surface:1"),
    )
    now = reduce(Snapshot(specs=specs), TreeRead(NOW - 1, "tmux", panes))
    text = "## Surfaces\n| surface | name | agent |\n|---|---|---|\n| %0 | CODEX | codex |\n"
    found = steps(Given(now, NOW, handoff(text)))
    assert "surface %1" in found
    assert found["surface %1"].line == 4
    assert "surface %0" not in found, "nobody told of it"


@pytest.mark.parametrize(("state", "follows"), [(AgentState.IDLE, {"collect #57"}),
                                                (AgentState.WORKING, {"collect", "summary"})])  # fmt: skip
def test_the_steps_that_the_console_writes_are_known_to_it(state: AgentState, follows: set[str]) -> None:
    text = "## First steps\n1. Collect #57 at surface:5\n   ```sh\n   oc-console log show 57\n   ```\n"
    line = next(s for s in checklist(Given(snapshot(state), NOW, handoff(text))) if s.id.startswith("first"))
    assert set(line.links) == follows
