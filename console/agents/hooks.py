"""What cmux knows of the agents from their hooks, read from the files it writes.

``~/.cmuxterm/<agent>-hook-sessions.json`` has one row per session. 0.63 (version 1): ``sessionId, workspaceId,
surfaceId, pid?, startedAt, updatedAt``, which tells where an agent runs but not what it does. Since 0.64 also
``agentLifecycle`` (running, idle, needsInput, unknown), ``runtimeStatus`` (running, idle, needsInput, error),
``hadPendingBackgroundWorkAtStop``, ``pidStartSeconds`` and ``activeSessionsBySurface``; the newest write version 2.
``events.jsonl`` (and ``events.jsonl.1``, what was in it before) has one line per event; ``agent.hook.<Event>`` are the
hooks, with ``occurred_at``, ``surface_id`` and a ``payload`` with ``session_id``, ``phase``, ``_source``, ``_ppid``.

Hooks have holes (nothing on Esc, nothing while retrying), so an event is an edge, and a row no more than what the last
hook made of it; `console.agents.layers` weighs both accordingly.
"""

from __future__ import annotations

import os
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from console.agents.hook_events import AHEAD, EventTail
from console.agents.processes import START_SLACK, alive, started
from console.agents.status_files import (
    POLL,
    Look,
    Stamp,
    half_written,
    pid_of,
    read_json,
    stamp,
    text_of,
    time_of,
    watch_files,
    why,
)
from console.i18n import tr
from console.model.agent import AgentState
from console.model.reading import SignalsRead
from console.model.signal import Signal

SOURCE: Final = "cmux hooks"
LAYER: Final = "cmux"
LIMIT: Final = 8 << 20
"""Bytes of one store; cmux keeps a week of sessions in it."""
AGENTS: Final = ("claude", "codex")
NO_PID_AGE: Final = 86_400.0
"""Seconds for which a row without a process is believed to be of an agent that is still there."""
ROWS: Final = 2000
"""Rows read of one store."""

_LIFECYCLE: Final = {
    "running": AgentState.WORKING,
    "idle": AgentState.IDLE,
    "needsInput": AgentState.QUESTION,  # or an approval, or a reminder after a minute of idleness: the row does not say
    "error": AgentState.ERROR,
}
_ENDED: Final = frozenset({"ended", "completed", "closed"})


def state_folder(environment: Mapping[str, str] | None = None) -> Path:
    """Return where cmux keeps its files: ``$CMUX_AGENT_HOOK_STATE_DIR``, else ``~/.cmuxterm``."""
    given = (os.environ if environment is None else environment).get("CMUX_AGENT_HOOK_STATE_DIR", "").strip()
    return Path(given).expanduser() if given else Path.home() / ".cmuxterm"


def store_paths(folder: Path, environment: Mapping[str, str] | None = None) -> dict[str, Path]:
    """Return the store of each agent; ``CMUX_CLAUDE_HOOK_STATE_PATH`` and its like for other agents go first."""
    known = os.environ if environment is None else environment
    paths = {}
    for agent in AGENTS:
        given = known.get(f"CMUX_{agent.upper()}_HOOK_STATE_PATH", "").strip()
        paths[agent] = Path(given).expanduser() if given else folder / f"{agent}-hook-sessions.json"
    return paths


def watch_hooks(folder: Path | None = None, poll: float = POLL) -> AsyncGenerator[SignalsRead, None]:
    """Yield what cmux's files say of the agents, now and at each change. Never raises.

    Rows of processes that have ended, and events older than a minute, give no signal. *folder* replaces cmux's own.
    """
    where = state_folder() if folder is None else folder
    reader = HookFiles(where, store_paths(where))
    folders = list(dict.fromkeys([where, *(path.parent for path in reader.stores.values())]))
    names = {path.name for path in reader.stores.values()} | {reader.events.path.name}
    return watch_files(SOURCE, reader.look, folders, lambda name: name in names, poll)


@dataclass
class HookFiles:
    """The stores and the event log of one folder; a store is parsed again only when it changed."""

    folder: Path
    stores: Mapping[str, Path]
    lives: Callable[[int, float], bool] = alive
    """Whether a process is the one that wrote at a time; replaced in tests."""
    began: Callable[[int], float | None] = started
    events: EventTail = field(init=False)
    _known: dict[str, tuple[Stamp, tuple[Row, ...]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.events = EventTail(self.folder / "events.jsonl")

    def look(self) -> Look:
        """Return the signals of all files. Not for the event loop: it reads files. Raises nothing."""
        now = time.time()
        wrong: list[str] = []
        again = False
        rows: list[Row] = []
        for agent, path in self.stores.items():
            found, problem, writing = self._rows(agent, path)
            rows += (row for row in found if self._current(row, now))
            wrong += [problem] if problem else []
            again = again or writing
        edges, problem = self.events.look(now)
        wrong += [problem] if problem else []
        return Look((*(row.signal for row in rows), *self._alive_edges(edges)), "; ".join(wrong), again)

    def _rows(self, agent: str, path: Path) -> tuple[tuple[Row, ...], str, bool]:
        """(The rows of one store, what is wrong with it, whether it was just being written)."""
        now = stamp(path)
        if now is None:
            self._known.pop(agent, None)
            return (), "" if not path.exists() else tr("{name}: not a regular file", name=path.name), False
        before = self._known.get(agent)
        if before is not None and before[0] == now:
            return before[1], "", False
        try:
            rows = parse_store(read_json(path, LIMIT), agent, path.name)
        except FileNotFoundError:
            return (), "", False
        except (OSError, ValueError) as error:
            if half_written(now):
                return before[1] if before is not None else (), "", True
            return (), f"{path.name}: {why(error)}", False
        self._known[agent] = (now, rows)
        return rows, "", False

    def _current(self, row: Row, now: float) -> bool:
        """Whether the process of a row is still the one the hook saw."""
        pid = row.signal.pid
        if row.signal.at > now + AHEAD:
            return False  # a clock that was set, or made to outlast every other witness
        if pid is None:
            return now - row.signal.at <= NO_PID_AGE
        if row.pid_started is not None:
            began = self.began(pid)
            return began is not None and abs(began - row.pid_started) <= START_SLACK
        return self.lives(pid, row.signal.at)

    def _alive_edges(self, edges: tuple[Signal, ...]) -> tuple[Signal, ...]:
        return tuple(edge for edge in edges if edge.pid is None or self.lives(edge.pid, edge.at))


@dataclass(frozen=True, slots=True)
class Row:
    """One session of a store."""

    signal: Signal
    pid_started: float | None = None
    """Epoch seconds at which the process began, where cmux wrote it down: the surest sign of the same process."""


def parse_store(document: object, agent: str, name: str) -> tuple[Row, ...]:
    """Return the sessions of a store that are not known to have ended, one per surface. Raises ValueError.

    Every version is read; rows and fields that make no sense are passed over. A row without a state (0.63) is UNKNOWN:
    it still tells which process runs on which surface.
    """
    if not isinstance(document, dict) or not isinstance(document.get("sessions", {}), dict):
        raise ValueError(tr("not a store of sessions"))
    active = _active(document.get("activeSessionsBySurface"), agent)
    newest: dict[str, Row] = {}
    for key, record in list(document.get("sessions", {}).items())[-ROWS:]:
        row = _row(record, str(key), agent, name) if isinstance(record, dict) else None
        if row is None:
            continue
        signal = row.signal
        surface = signal.surface.casefold()
        if active.get(surface, signal.session) != signal.session:
            continue  # another session runs there now
        place = surface or f"session {signal.session}"
        if place not in newest or newest[place].signal.at < signal.at:
            newest[place] = row
    return tuple(sorted(newest.values(), key=lambda row: (row.signal.surface, row.signal.session)))


def _active(table: object, agent: str) -> dict[str, str]:
    """The session that runs on each surface (case folded), as far as the store says."""
    if not isinstance(table, dict):
        return {}
    entries = ((str(surface), entry.get("sessionId")) for surface, entry in table.items() if isinstance(entry, dict))
    return {surface.casefold(): _bare(session, agent) for surface, session in entries if isinstance(session, str)}


def _bare(session: object, agent: str) -> str:
    """The agent's own id of a session: cmux sometimes writes ``claude-<id>``."""
    return text_of(session, 120).removeprefix(f"{agent}-")


def _row(record: Mapping[str, Any], key: str, agent: str, name: str) -> Row | None:
    at = time_of(record.get("updatedAt")) or time_of(record.get("startedAt"))
    if at is None or time_of(record.get("completedAt")) is not None:
        return None
    if text_of(record.get("sessionState"), 40).casefold() in _ENDED:
        return None
    lifecycle, runtime = (text_of(record.get(each), 40) for each in ("agentLifecycle", "runtimeStatus"))
    # An error is only in the second word; else the first is the one cmux itself acts on.
    word = runtime if runtime == "error" or lifecycle not in _LIFECYCLE else lifecycle
    state = _LIFECYCLE.get(word, AgentState.UNKNOWN)
    if state is AgentState.IDLE and record.get("hadPendingBackgroundWorkAtStop") is True:
        state = AgentState.BACKGROUND  # while it runs, the field still tells of the turn before
    signal = Signal(
        source=LAYER,
        agent=agent,
        state=state,
        at=at,
        reason=text_of(record.get("lastSubtitle"), 80) if state is AgentState.QUESTION else "",
        pid=pid_of(record.get("pid")),
        surface=text_of(record.get("surfaceId"), 80),
        session=_bare(record.get("sessionId") or key, agent),
        evidence=name,
    )
    return Row(signal, time_of(record.get("pidStartSeconds")))
