"""A surface that may be given a task, and the means to spoil it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from console.model.agent import AgentState, AgentStatus, Detection
from console.model.dispatch import Dispatch, DispatchStatus
from console.model.guard import Facts, Level, Policy, Task, Verdict, judge
from console.model.surface import Surface, SurfaceInfo

NOW = 1_000_000.0
INFO = SurfaceInfo("surface:3", "U-3", "openclaw", "openclaw:0.1", label="CLAUDE 2", pid=7)
TASK = Task("섹터나침반 웹앱의 표를 다시 확인하고 결과 보고서를 써 주세요")


def status(state: AgentState = AgentState.IDLE, **more: Any) -> AgentStatus:
    """A settled state."""
    return AgentStatus(Detection("claude", state, **more), NOW - 60)


def surface(
    state: AgentState = AgentState.IDLE, *, ref: str = "surface:3", agent: str = "claude", **more: Any
) -> Surface:
    """A surface that was read a moment ago; *more* are fields of `Surface`, `info_…` those of its listing."""
    listed = {name.removeprefix("info_"): more.pop(name) for name in tuple(more) if name.startswith("info_")}
    info = replace(INFO, ref=ref, **{"uuid": f"U-{ref}", "label": "", **listed})
    made = Surface(
        info, f"name of {ref}", expected_agent=agent, seen_agent=agent, status=status(state), read_at=NOW - 1
    )
    return replace(made, **more)


def dispatch(
    number: int, on: str, task: str, ago: float = 7200.0, state: DispatchStatus = DispatchStatus.WORKING
) -> Dispatch:
    """A row of the log."""
    return Dispatch(number, on, task, state, dispatched_at=NOW - ago)


def facts(**more: Any) -> Facts:
    """A quiet fleet of one idle surface, with these facts instead."""
    return Facts(**{"now": NOW, "surface": surface(), **more})


def verdicts(task: Task = TASK, policy: Policy | None = None, **more: Any) -> dict[str, Verdict]:
    """What every rule says, by rule."""
    found = judge(task, facts(**more), policy if policy is not None else Policy())
    return {each.rule: each for each in found}


def against(task: Task = TASK, policy: Policy | None = None, **more: Any) -> dict[str, str]:
    """The rules that speak against it, with the words of their levels."""
    return {rule: v.level.word for rule, v in verdicts(task, policy, **more).items() if v.level is not Level.PASS}
