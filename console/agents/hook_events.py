"""The end of cmux's event log, read as it grows: each agent's last hook, an edge."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from console.agents.status_files import Stamp, parse_json, pid_of, read_bytes, stamp, text_of, time_of, why
from console.i18n import tr
from console.model.agent import AgentState
from console.model.signal import Signal

LAYER: Final = "hook"
TAIL: Final = 256 * 1024
"""Bytes from its end at which a log is begun to be read: minutes of a busy fleet; only the last minute counts."""
PIECE: Final = 4 << 20
"""Bytes read in one look; when more were written, the older ones are left out."""
AGE: Final = 60.0
"""Seconds after which a hook is no longer news."""
AHEAD: Final = 5.0
"""Seconds by which an event may lie in the future: a clock that was set."""
SESSIONS: Final = 256
"""Sessions whose last hook is kept."""
_HOOK: Final = "agent.hook."

_STATES: Final = {
    "SessionStart": AgentState.IDLE,
    "UserPromptSubmit": AgentState.WORKING,
    "PreToolUse": AgentState.WORKING,
    "PostToolUse": AgentState.WORKING,
    "PostToolUseFailure": AgentState.WORKING,
    "PreCompact": AgentState.WORKING,
    "AskUserQuestion": AgentState.QUESTION,
    "Stop": AgentState.IDLE,
    "StopFailure": AgentState.ERROR,
}
"""What a hook says of the agent. SubagentStop says nothing of it: it also comes after the end of the turn."""


@dataclass
class EventTail:
    """Follows one log through rotation; half a line waits for its other half."""

    path: Path
    _at: Stamp | None = None
    _offset: int = 0
    _last: dict[str, Signal] = field(default_factory=dict)

    def look(self, now: float) -> tuple[tuple[Signal, ...], str]:
        """Return (each session's last hook of the last minute before *now*, what cannot be read). Raises nothing."""
        problem = ""
        try:
            self._read()
        except FileNotFoundError:
            self._at, self._offset = None, 0  # rotated at this moment, or none is written
        except OSError as error:
            problem = f"{self.path.name}: {why(error)}"
        self._last = {key: edge for key, edge in self._last.items() if now - AGE <= edge.at <= now + AHEAD}
        live = (edge for edge in self._last.values() if edge.state is not AgentState.SHELL)
        return tuple(sorted(live, key=lambda edge: edge.session)), problem

    def _read(self) -> None:
        found = stamp(self.path)
        if found is None:
            if self.path.exists():
                raise OSError(0, tr("not a regular file"), str(self.path))
            raise FileNotFoundError
        before, self._at = self._at, found
        if before is not None and (before.device, before.inode) != (found.device, found.inode):
            self._finish_rotated(before)
            self._offset = max(0, found.size - PIECE)
        elif before is None:
            self._offset = max(0, found.size - TAIL)
        elif found.size < self._offset:
            self._offset = 0
        if found.size - self._offset > PIECE:
            self._offset = found.size - PIECE
        self._offset += self._take(self.path, self._offset, found.size - self._offset)

    def _finish_rotated(self, before: Stamp) -> None:
        """What was still written to the log before another one took its place."""
        rotated = self.path.with_name(f"{self.path.name}.1")
        found = stamp(rotated)
        if found is not None and (found.device, found.inode) == (before.device, before.inode):
            self._take(rotated, max(self._offset, found.size - PIECE), PIECE)

    def _take(self, path: Path, offset: int, size: int) -> int:
        """Read whole lines; return how many bytes they have."""
        if size <= 0:
            return 0
        content = read_bytes(path, size, offset)
        end = content.rfind(b"\n") + 1
        if end == 0 and len(content) >= PIECE:
            return len(content)  # one line of megabytes is no event
        for line in content[:end].split(b"\n"):
            if b'"agent.hook.' in line:  # most events are none: parse these only
                self._event(line)
        return end

    def _event(self, line: bytes) -> None:
        try:
            frame = parse_json(line)
        except ValueError:
            return  # the tail may begin in the middle of a line; the next event tells again
        edge = parse_event(frame)
        if edge is None:
            return
        key = edge.session or edge.surface
        if key and (key not in self._last or self._last[key].at <= edge.at):
            self._last.pop(key, None)
            self._last[key] = edge
            if len(self._last) > SESSIONS:
                del self._last[next(iter(self._last))]


def parse_event(frame: object) -> Signal | None:
    """Return what one event says of an agent; None when it says nothing.

    The end of a session is a SHELL edge: the agent has gone, and what its hooks said before is over.
    """
    if not isinstance(frame, dict) or not isinstance(frame.get("name"), str):
        return None
    name, raw = frame["name"], frame.get("payload")
    payload: Mapping[str, Any] = raw if isinstance(raw, dict) else {}
    at = time_of(frame.get("occurred_at"))
    if not name.startswith(_HOOK) or at is None:
        return None
    event = name.removeprefix(_HOOK)
    state, reason = _meaning(event, payload)
    if state is None:
        return None
    agent = text_of(payload.get("_source"), 40) or "claude"
    session = text_of(payload.get("session_id"), 120).removeprefix(f"{agent}-")
    return Signal(
        source=LAYER,
        agent=agent,
        state=state,
        at=at,
        reason=reason,
        pid=pid_of(payload.get("_ppid")),
        surface=text_of(frame.get("surface_id"), 80) or text_of(payload.get("surface_id"), 80),
        session=session,
        edge=True,
        evidence=tr("{event} hook", event=text_of(event, 40)),
    )


def _meaning(event: str, payload: Mapping[str, Any]) -> tuple[AgentState | None, str]:
    """(What a hook says, why); None when it says nothing of the state."""
    if event == "SessionEnd":
        return AgentState.SHELL, ""
    if event == "PermissionRequest":
        if payload.get("phase") == "completed":
            return AgentState.WORKING, ""  # it was answered
        tool = text_of(payload.get("tool_name"), 80)
        return (AgentState.QUESTION if tool == "AskUserQuestion" else AgentState.APPROVAL), tool
    if event == "Notification":
        # The same hook also reminds after a minute of idleness, which nobody has to answer.
        kind = text_of(payload.get("notification_type"), 40)
        return (AgentState.APPROVAL if kind == "permission_prompt" else None), kind
    if payload.get("phase") == "completed" and event not in ("Stop", "StopFailure"):
        return None, ""  # only says that cmux has handled the hook
    if event == "Stop" and payload.get("background_tasks"):
        return AgentState.BACKGROUND, ""
    return _STATES.get(event), text_of(payload.get("error"), 80) if event == "StopFailure" else ""
