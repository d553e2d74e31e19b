"""The dispatch log against the screens: what the log says and what the agents do. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from console.i18n import mark, tr
from console.model.agent import AgentState
from console.model.dispatch import Dispatch, DispatchStatus
from console.model.naming import identity
from console.model.surface import Surface

_AT_WORK = frozenset({DispatchStatus.SENT, DispatchStatus.WORKING})
_AGENTS = ("claude", "codex", "gemini", "opencode", "aider")
"""Names by which a log calls agents: ``CLAUDE 1``, ``Codex CLI``."""
SENDING_TAKES: Final = 60.0
"""Seconds after which nothing is still being sent."""
_FINISHED = frozenset({AgentState.IDLE, AgentState.SHELL, AgentState.DEAD})


@dataclass(frozen=True, slots=True)
class Live:
    """What a surface named in the log does now."""

    state: AgentState
    agent: str = ""
    expected_agent: str = ""


def live_states(surfaces: tuple[Surface, ...]) -> Mapping[str, Live]:
    """Every name a surface answers to (see `identity`), with what it does."""
    found: dict[str, Live] = {}
    for surface in surfaces:
        if surface.status is not None:
            seen = surface.status.detection.agent
            live = Live(surface.status.state, seen, surface.expected_agent)
            for name in surface.names:
                found.setdefault(name, live)
    return found


def disagreement(dispatch: Dispatch, live: Mapping[str, Live], now_at: float | None = None) -> str:
    """Why an open dispatch and its surface do not agree, in a few English words; empty when they do.

    Documents and scripts compare these words; on the screen it is `trouble`. Nothing is said of a closed dispatch, nor
    of any when no surface is known at all. *now_at* (epoch seconds) tells a send that goes on from one that was cut
    off.
    """
    found = _disagreement(dispatch, live, now_at)
    return "" if found is None else found[0].format(**found[1])


def trouble(dispatch: Dispatch, live: Mapping[str, Live], now_at: float | None = None) -> str:
    """`disagreement` for the operator's eyes."""
    found = _disagreement(dispatch, live, now_at)
    if found is None:
        return ""
    template, values = found
    return tr(template, **{name: tr(value) if name == "state" else value for name, value in values.items()})


def _disagreement(
    dispatch: Dispatch, live: Mapping[str, Live], now_at: float | None
) -> tuple[str, dict[str, str]] | None:
    if not dispatch.is_open or not live or not dispatch.surface:
        return None
    now = live.get(identity(dispatch.surface))
    if now is None:
        return mark("no such surface"), {}
    if now.agent and now.expected_agent and now.agent != now.expected_agent:
        return mark("shows {agent}, not {expected}"), {"agent": now.agent, "expected": now.expected_agent}
    named = [agent for agent in _AGENTS if agent in dispatch.agent.casefold()]
    if now.agent and named and now.agent not in named:
        return mark("shows {agent}, given to {named}"), {"agent": now.agent, "named": named[0]}
    if dispatch.status in _AT_WORK and now.state in _FINISHED:
        if now.state is AgentState.IDLE:
            return mark("idle: collect it"), {}
        return mark("agent has gone: {state}"), {"state": str(now.state)}
    if dispatch.status is DispatchStatus.SENDING and now_at is not None and dispatch.dispatched_at is not None:
        return (mark("was sending: check it"), {}) if now_at - dispatch.dispatched_at > SENDING_TAKES else None
    if dispatch.status is DispatchStatus.NEEDS_CHECK:
        return mark("to be confirmed"), {}
    return None


def without_dispatch(surface: Surface, dispatch: Dispatch | None) -> bool:
    """Whether an agent works on something the log knows nothing of."""
    at_work = surface.status is not None and surface.status.state is AgentState.WORKING
    return at_work and dispatch is None
