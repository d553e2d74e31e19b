"""Every rule of the guard, on the fact it was made for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from console.model.agent import AgentState, Regions
from console.model.cut_off import CutOff
from console.model.dispatch import DispatchStatus
from console.model.guard import FINAL, RULES, Automatic, Facts, Level, Policy, Task, Wrong, judge, overridden, refusals
from tests.model.guard_cases import NOW, TASK, against, dispatch, facts, status, surface, verdicts


def test_an_idle_surface_may_be_given_a_task() -> None:
    assert against() == {}
    assert [each.rule for each in judge(TASK, facts())] == [rule.name for rule in RULES]
    assert all(rule.about for rule in RULES)


@pytest.mark.parametrize(
    ("state", "told"),
    [
        (AgentState.APPROVAL, {"dialog": "refuse"}),
        (AgentState.QUESTION, {"dialog": "refuse"}),
        (AgentState.TRUST, {"dialog": "refuse"}),
        (AgentState.MENU, {"dialog": "refuse"}),
        (AgentState.DEAD, {"dead": "refuse"}),
        (AgentState.SHELL, {"exited": "refuse"}),
        (AgentState.LOGIN, {"account": "refuse"}),
        (AgentState.LIMIT, {"account": "refuse"}),
        (AgentState.TYPED, {"draft": "refuse"}),
        (AgentState.WORKING, {"state": "refuse"}),
        (AgentState.STARTUP, {"state": "refuse"}),
        (AgentState.UNKNOWN, {"state": "refuse"}),
        (AgentState.ERROR, {"state": "warn"}),
        (AgentState.BACKGROUND, {"state": "warn"}),
    ],
)
def test_each_state(state: AgentState, told: dict[str, str]) -> None:
    assert against(surface=surface(state)) == told


def test_a_working_surface_may_take_a_task_into_its_own_queue() -> None:
    assert against(replace(TASK, into_queue=True), surface=surface(AgentState.WORKING)) == {"state": "warn"}


@pytest.mark.parametrize(
    "seen",
    [
        status(AgentState.LIMIT, regions=Regions((0, 3), (3, 9))),
        status(AgentState.LOGIN, regions=Regions((0, 3), (3, 9))),
        status(AgentState.IDLE, blocks=True),
        replace(status(), detection=status(AgentState.APPROVAL).detection),
    ],
)
def test_whatever_the_state_an_open_dialog_is_refused_for_good(seen: object) -> None:
    found = verdicts(surface=surface(status=seen))
    assert found["dialog"].level is Level.REFUSE and found["dialog"].final


def test_surfaces_that_are_not_what_they_seem() -> None:
    assert against(surface=surface(info_own=True)) == {"own": "refuse"}
    assert against(surface=surface(info_dead=True)) == {"dead": "refuse"}
    assert against(surface=None) == {"dead": "refuse"}
    assert against(surface=surface(gone="there is no surface surface:3", status=None, read_at=None)) == {
        "dead": "refuse"
    }
    assert against(surface=surface(unconfirmed="surface:3 is another terminal than before")) == {"identity": "refuse"}
    other = verdicts(surface=surface(expected_agent="codex"))["identity"]
    assert other.level is Level.REFUSE and "runs claude" in other.evidence and "expects codex" in other.evidence
    assert against(surface=surface(expected_agent="")) == {}


def test_stale_readings() -> None:
    assert against(surface=surface(read_at=NOW - 16)) == {"stale": "refuse"}
    assert against(policy=Policy(stale_after=20), surface=surface(read_at=NOW - 16)) == {}
    assert against(surface=surface(error="tmux: gone")) == {"stale": "refuse"}
    assert against(surface=surface(status=None, read_at=None)) == {"state": "refuse", "stale": "refuse"}


def test_a_draft_is_shown() -> None:
    found = verdicts(surface=surface(status=status(AgentState.WORKING, draft="half a\nthought")))["draft"]
    assert found.level is Level.REFUSE and found.final and "half a thought" in found.evidence


def test_the_same_task_here_and_elsewhere() -> None:
    log = (dispatch(56, "surface:3", TASK.text), dispatch(57, "surface:5", "something else entirely, and long"))
    found = verdicts(dispatches=log)
    assert found["duplicate"].level is Level.REFUSE and found["duplicate"].evidence.startswith("#56 is open on this")
    assert found["elsewhere"].level is Level.PASS
    moved = (dispatch(58, "surface:5", TASK.text),)
    assert against(dispatches=moved) == {"elsewhere": "refuse"}
    assert "#58 is open on surface:5" in verdicts(dispatches=moved)["elsewhere"].evidence
    done = tuple(replace(each, status=DispatchStatus.DONE) for each in (*log, *moved))
    assert against(dispatches=done) == {}


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("섹터나침반 웹앱 UI 최종 검증", "섹터나침반 웹앱의 UI 최종 검증", True),
        ("섹터나침반 웹앱 UI 최종 검증", "  섹터나침반  웹앱 UI: 최종 검증!", True),
        ("Hermes tailer 샘플링 (INFO 10%)", "hermes TAILER 샘플링 (info 10%)", True),
        ("auto_dispatcher 보강 (rate limit 20/h + dry-run)", "auto_dispatcher 보강 (rate limit 30/h + dry-run)", False),
        ("do part 1 of the plan for the loader", "do part 2 of the plan for the loader", False),
        ("OTel Phase 5 E2E trace 재수정", "산업재 DART 옵션 A 수정", False),
        ("fix it", "fix it all", False),
        (
            "OTel Phase 5 E2E trace 재수정",
            "OTel Phase 5 E2E trace 재수정\n\n지난 결과를 먼저 읽고 시작해 주세요.",
            True,
        ),
    ],
)
def test_nearly_the_same(one: str, other: str, alike: bool) -> None:
    for mine, theirs in ((one, other), (other, one)):
        found = against(Task(mine), dispatches=(dispatch(1, "surface:5", theirs),))
        assert found == ({"elsewhere": "refuse"} if alike else {})


def test_attached_context_and_what_is_verified_are_no_duplicates() -> None:
    log = (dispatch(54, "surface:1", "Hermes tailer 샘플링 (INFO 10%, getUpdates 1%)"),)
    assert against(replace(TASK, context=log[0].task), dispatches=log) == {}
    check = Task(f"Cross-check: {log[0].task}", verifies=log[0])
    assert against(check, dispatches=log) == {}
    assert against(replace(check, verifies=None), dispatches=log) == {"elsewhere": "refuse"}


def test_by_hand_and_automatically_at_once() -> None:
    assert against(automatic=Automatic()) == {}
    assert against(automatic=Automatic(loaded=True)) == {"automatic": "refuse"}
    assert against(automatic=Automatic(running=True)) == {"automatic": "refuse"}
    assert against(automatic=Automatic(newest=NOW - 599)) == {"automatic": "refuse"}
    assert against(automatic=Automatic(newest=NOW - 601)) == {}
    assert against(automatic=Automatic(loaded=None)) == {"automatic": "warn"}


def test_rates() -> None:
    log = tuple(dispatch(n, f"surface:{n % 4 + 4}", f"task {n} " * 4, ago=60.0 * n) for n in range(1, 21))
    found = verdicts(dispatches=log)["rate"]
    assert found.level is Level.REFUSE and "20 dispatches in all" in found.evidence and found.remedy == "wait 40 min"
    assert against(dispatches=log[1:]) == {}
    cancelled = (replace(log[0], status=DispatchStatus.CANCELLED), *log[1:])
    assert against(dispatches=cancelled) == {}
    mine = tuple(replace(each, surface="surface:3") for each in log[:3])
    assert against(policy=Policy(per_surface=3), dispatches=mine) == {"rate": "refuse"}
    assert against(policy=Policy(per_surface=3), dispatches=log[:3]) == {}
    assert against(policy=Policy(per_hour=0)) == {"rate": "refuse"}


def test_nobody_verifies_their_own_work() -> None:
    mine = dispatch(57, "surface:3", "UI 최종 검증", state=DispatchStatus.DONE)
    for spelled in ("surface:3", "Surface 3", "3", "name of surface:3"):
        assert against(Task("check #57", verifies=replace(mine, surface=spelled))) == {"author": "refuse"}
    assert against(Task("check #57", verifies=replace(mine, surface="surface:5"))) == {}
    named = replace(mine, surface="CLAUDE 2")
    assert against(Task("check #57", verifies=named), names={"CLAUDE 2": "surface:3"}) == {"author": "refuse"}


CODEX = surface(AgentState.WORKING, ref="surface:1", agent="codex")


@pytest.mark.parametrize(
    "text",
    [
        "pkill -f codex", "please restart the Codex sessions", "Codex 세션 전체 재시작", "codex를 재시작해 줘",
        "run tmux respawn-pane -k -t %3", "cmux close-surface --surface surface:1",
    ],
)  # fmt: skip
def test_a_working_codex_is_not_restarted(text: str) -> None:
    assert against(Task(text), fleet=(surface(), CODEX)) == {"restart": "refuse"}
    resting = replace(CODEX, status=status(AgentState.IDLE))
    assert against(Task(text), fleet=(surface(), resting)) == {}


@pytest.mark.parametrize("text", ["/quit", "exit", " /new "])
def test_a_working_codex_is_not_ended_from_inside(text: str) -> None:
    found = verdicts(Task(text, into_queue=True), surface=CODEX, fleet=(CODEX,))
    assert found["restart"].level is Level.REFUSE
    assert verdicts(Task(text), fleet=(surface(), CODEX))["restart"].level is Level.PASS, "it is typed elsewhere"


def test_what_the_operator_avoids() -> None:
    back = "launchctl load ~/Library/LaunchAgents/com.openclaw.auto-dispatcher.plist"
    assert against(Task(back)) == {"avoid": "refuse"}
    assert against(Task("launchctl stop com.openclaw.dispatch-watcher")) == {"avoid": "refuse"}
    assert against(Task("launchctl unload x.plist")) == {}
    assert against(Task("launchctl stop x"), Policy(avoid=(("([", "a broken pattern"),))) == {}


def test_text() -> None:
    assert against(Task("  \n ")) == {"characters": "refuse"}
    wrong = tuple(Wrong(n, n + 1, "U+001B ESCAPE") for n in range(7))
    found = verdicts(wrong=wrong)["characters"]
    assert found.level is Level.REFUSE and found.final
    assert found.evidence.startswith("line 1: U+001B ESCAPE, line 2") and found.evidence.endswith("and 2 more")
    assert against(replace(TASK, context="x" * 30_000)) == {"size": "refuse"}
    assert against(Task("/compact")) == {"command": "warn"} and against(Task("!ls")) == {"command": "warn"}


def test_a_send_that_was_cut_off_here_is_settled_first() -> None:
    cut_off = CutOff("k", NOW, "surface:3", "U-surface:3", number=54, typing=True)
    assert against(cut_off=(cut_off,)) == {"unsettled": "refuse"}
    assert "#54" in verdicts(cut_off=(cut_off,))["unsettled"].evidence
    assert against(cut_off=(replace(cut_off, typing=False),)) == {}, "nothing was typed"
    assert against(cut_off=(replace(cut_off, uuid="U-9"),)) == {}, "that went to another terminal of this ref"
    assert against(cut_off=(replace(cut_off, surface="surface:9"),)) == {"unsettled": "refuse"}, "renumbered since"


def test_codex_without_context() -> None:
    codex = surface(agent="codex")
    assert against(surface=codex) == {"context": "warn"}
    assert against(replace(TASK, context="#54: …"), surface=codex) == {}
    assert against(policy=Policy(levels={"context": Level.REFUSE}), surface=codex) == {"context": "refuse"}


@pytest.mark.parametrize(
    ("hours", "minute", "quiet"),
    [((1380, 420), 1400, True), ((1380, 420), 0, True), ((1380, 420), 420, False), ((60, 120), 60, True),
     ((60, 120), 120, False), ((60, 120), None, False), ((60, 60), 60, False)],
)  # fmt: skip
def test_quiet_hours(hours: tuple[int, int], minute: int | None, quiet: bool) -> None:
    assert against(policy=Policy(quiet_hours=((60, 60), hours)), minute=minute) == (
        {"quiet": "refuse"} if quiet else {}
    )


def test_a_log_that_cannot_be_read() -> None:
    assert against(log_error="dispatch_log.json: no such file") == {"record": "refuse"}


def test_levels_and_overrides() -> None:
    log = (dispatch(58, "surface:5", TASK.text),)
    assert against(policy=Policy(levels={"elsewhere": Level.WARN}), dispatches=log) == {"elsewhere": "warn"}
    assert against(policy=Policy(levels={"elsewhere": Level.PASS}), dispatches=log) == {}
    found = judge(TASK, Facts(NOW, surface(AgentState.APPROVAL), dispatches=log))
    assert [each.rule for each in refusals(found)] == ["dialog", "elsewhere"]
    assert [each.rule for each in refusals(found, ("elsewhere", "dialog"))] == ["dialog"]
    assert overridden(found, ("elsewhere", "dialog", "rate")) == ("elsewhere",)
    assert {"own", "dead", "dialog", "characters"} <= FINAL
    lowered = Policy(levels=dict.fromkeys(FINAL, Level.PASS))
    assert verdicts(policy=lowered, surface=surface(AgentState.APPROVAL))["dialog"].level is Level.REFUSE
