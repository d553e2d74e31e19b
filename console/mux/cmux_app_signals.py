"""What the cmux app itself says of the agents in its surfaces, as signals.

Source: `surface.input_state` (main of 2026-10), the ``tags`` of `system.top` (0.64.0: the status pills of every
workspace), `feed.list` (0.64: questions that wait for a person). Pills belong to a workspace and the last writer wins
(#1238), so one says something of a surface only where the workspace has one terminal, else of its process. Their text
is localized, so the icon is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from console.model.agent import AgentState
from console.model.signal import Signal
from console.mux.cmux_app_tree import Place
from console.safety import safe_text

SOURCE: Final = "cmux"
_ICONS: Final = {
    "bolt.fill": AgentState.WORKING,
    "pause.circle.fill": AgentState.IDLE,
    "bell.fill": AgentState.QUESTION,
}
_LIFECYCLES: Final = {
    "running": AgentState.WORKING,
    "idle": AgentState.IDLE,
    "needsInput": AgentState.QUESTION,
}
_AGENTS: Final = {"claude_code": "claude", "claude-code": "claude"}


class Signals:
    """Remembers since when each statement stands; the sources of this module do not say it."""

    def __init__(self) -> None:
        self._states: dict[str, Signal] = {}
        self._tags: dict[tuple[str, str], Signal] = {}

    def input_state(self, result: Mapping[str, Any], place: Place, now: float) -> tuple[Signal, ...]:
        """Take one answer to `surface.input_state`; return what is known of all surfaces."""
        signal = _input_state(result, place, now)
        key = place.info.key
        if signal is None:
            self._states.pop(key, None)
        else:
            self._states[key] = _since(self._states.get(key), signal)
        return tuple(self._states.values())

    def forget(self, keys: frozenset[str]) -> None:
        """Only the surfaces *keys* are left."""
        self._states = {key: signal for key, signal in self._states.items() if key in keys}

    def tags(self, result: Mapping[str, Any], places: Mapping[str, Place], now: float) -> tuple[Signal, ...]:
        """Take one answer to `system.top`; *places* are the terminals of the last tree."""
        terminals: dict[str, list[str]] = {}
        for place in places.values():
            terminals.setdefault(place.workspace_id.casefold(), []).append(place.info.key)
        found: dict[tuple[str, str], Signal] = {}
        for window in _objects(result.get("windows")):
            for workspace in _objects(window.get("workspaces")):
                name = _text(workspace.get("id")).casefold()
                alone = terminals.get(name, [])
                for tag in _objects(workspace.get("tags")):
                    signal = _tag(tag, alone[0] if len(alone) == 1 else "", now)
                    if signal is not None:
                        key = (name, f"{signal.agent} {signal.pid}")
                        found[key] = _since(self._tags.get(key), signal)
        self._tags = found
        return tuple(found.values())


def feed(result: Mapping[str, Any], now: float) -> tuple[Signal, ...]:
    """An answer to `feed.list`: what waits for a person's decision. An item without a surface has its session only."""
    return tuple(_feed(result, now))


def _feed(result: Mapping[str, Any], now: float) -> Iterator[Signal]:
    for item in _objects(result.get("items")):
        if item.get("status") != "pending":
            continue
        kind = _text(item.get("kind"))
        yield Signal(
            source=SOURCE,
            agent=_agent(_text(item.get("source"))),
            state=AgentState.QUESTION if "question" in kind.casefold() else AgentState.APPROVAL,
            at=_time(item.get("created_at"), now),
            reason=" ".join(filter(None, (kind, _text(item.get("tool_name")) or _text(item.get("title"))))),
            surface=_text(item.get("surface_id")),
            session=_text(item.get("workstream_id")),
            evidence="feed.list",
        )


def _input_state(result: Mapping[str, Any], place: Place, now: float) -> Signal | None:
    if result.get("agent") is not True:
        return None
    what, lifecycle = _text(result.get("state")), _text(result.get("lifecycle"))
    state = _LIFECYCLES.get(lifecycle)
    if what == "dialog":
        state = AgentState.QUESTION
    elif what == "draft" and state is not AgentState.WORKING:
        state = AgentState.TYPED
    if state is None:
        return None
    return Signal(
        source=SOURCE,
        agent=_agent(_text(result.get("agent_kind"))),
        state=state,
        at=now,
        reason=" ".join(filter(None, (what, lifecycle))),
        surface=place.info.key,
        evidence="surface.input_state",
    )


def _tag(tag: Mapping[str, Any], surface: str, now: float) -> Signal | None:
    state, pid = _ICONS.get(_text(tag.get("icon"))), tag.get("pid")
    process = pid if isinstance(pid, int) and not isinstance(pid, bool) and pid > 1 else None
    # visible false: a process is registered, but there is no pill.
    if state is None or tag.get("visible") is False or not (surface or process):
        return None
    return Signal(
        source=SOURCE,
        agent=_agent(_text(tag.get("key"))),
        state=state,
        at=now,
        reason=_text(tag.get("value")),
        pid=process,
        surface=surface,
        evidence="system.top",
    )


def _since(before: Signal | None, signal: Signal) -> Signal:
    return before if before is not None and replace(before, at=signal.at) == signal else signal


def _agent(name: str) -> str:
    return _AGENTS.get(name, name)


def _time(value: object, now: float) -> float:
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value < 1e13:
        return value / 1000 if value > 1e11 else float(value)
    try:
        return datetime.fromisoformat(str(value)).timestamp()
    except (ValueError, OverflowError, OSError):
        return now


def _text(value: object) -> str:
    return safe_text(value, limit=200) if isinstance(value, str) else ""


def _objects(value: object) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
