"""The log against the screens."""

from __future__ import annotations

import pytest

from console import i18n
from console.model.agent import AgentState, AgentStatus, Detection
from console.model.dispatch import Dispatch, DispatchStatus
from console.model.reconcile import Live, disagreement, live_states, trouble, without_dispatch
from console.model.surface import Surface, SurfaceInfo


def surface(state: AgentState | None, agent: str = "claude", expected: str = "") -> Surface:
    info = SurfaceInfo("%3", None, "openclaw", "openclaw:0.1", label="CLAUDE 2")
    status = AgentStatus(Detection(agent, state), 0.0) if state is not None else None
    return Surface(info, "CLAUDE 2", expected_agent=expected, status=status)


@pytest.mark.parametrize(
    ("status", "state", "said"),
    [
        (DispatchStatus.WORKING, AgentState.WORKING, ""),
        (DispatchStatus.WORKING, AgentState.APPROVAL, ""),
        (DispatchStatus.WORKING, AgentState.IDLE, "idle: collect it"),
        (DispatchStatus.SENT, AgentState.SHELL, "agent has gone: shell"),
        (DispatchStatus.WORKING, AgentState.DEAD, "agent has gone: dead"),
        (DispatchStatus.NEEDS_CHECK, AgentState.IDLE, "to be confirmed"),
        (DispatchStatus.QUEUED, AgentState.IDLE, ""),
        (DispatchStatus.DONE, AgentState.WORKING, ""),
        (DispatchStatus.VERIFIED, AgentState.DEAD, ""),
    ],
)
def test_what_does_not_agree_is_said(status: DispatchStatus, state: AgentState, said: str) -> None:
    live = live_states((surface(state),))
    for name in ("%3", "claude 2", " CLAUDE 2 ", "openclaw:0.1"):
        assert disagreement(Dispatch(1, name, "task", status), live) == said


def test_it_is_shown_in_the_language_of_the_interface_and_compared_in_english() -> None:
    i18n.use("ko")
    live = live_states((surface(AgentState.SHELL),))
    sent = Dispatch(1, "CLAUDE 2", "task", DispatchStatus.SENT)
    assert trouble(sent, live) == "에이전트 없음: 셸"
    assert disagreement(sent, live) == "agent has gone: shell"
    assert trouble(Dispatch(1, "CLAUDE 2", "task", DispatchStatus.DONE), live) == ""


def test_an_open_dispatch_of_a_surface_that_is_not_there() -> None:
    live = live_states((surface(AgentState.IDLE),))
    assert disagreement(Dispatch(1, "surface:9", "task", DispatchStatus.WORKING), live) == "no such surface"
    assert disagreement(Dispatch(1, "", "task", DispatchStatus.WORKING), live) == ""
    assert disagreement(Dispatch(1, "surface:9", "task", DispatchStatus.WORKING), {}) == "", "nothing is known yet"


def test_a_send_that_was_cut_off_is_told_and_one_that_goes_on_is_not() -> None:
    live = live_states((surface(AgentState.IDLE),))
    sending = Dispatch(1, "%3", "task", DispatchStatus.SENDING, dispatched_at=1000.0)
    assert sending.is_open
    assert disagreement(sending, live, 1002.0) == "" == disagreement(sending, live)
    assert disagreement(sending, live, 1061.0) == "was sending: check it"


def test_another_agent_than_the_configured_one() -> None:
    live = live_states((surface(AgentState.WORKING, "codex", "claude"),))
    assert disagreement(Dispatch(1, "%3", "task", DispatchStatus.WORKING), live) == "shows codex, not claude"


def test_surfaces_not_read_yet_say_nothing() -> None:
    assert live_states((surface(None),)) == {}
    assert live_states((surface(AgentState.IDLE),))["%3"] == Live(AgentState.IDLE, "claude")


def test_work_without_a_dispatch() -> None:
    known = Dispatch(1, "%3", "task", DispatchStatus.WORKING)
    assert without_dispatch(surface(AgentState.WORKING), None)
    assert not without_dispatch(surface(AgentState.WORKING), known)
    assert not without_dispatch(surface(AgentState.IDLE), None)
