"""What Claude Code says of itself: one small file per running process.

``$CLAUDE_CONFIG_DIR/sessions/<pid>.json`` (default ``~/.claude``), seen from 2.1.100 on: ``pid, sessionId, cwd,
startedAt, version, kind, name``, since about 2.1.139 also ``status`` (``busy``, ``idle``, ``waiting``), ``waitingFor``
(``permission prompt``, ``input needed``), ``statusUpdatedAt`` (milliseconds) and, inside tmux, ``tmux``
(``sess:@win.%pane``). The format is not documented by its maker, so every field may be missing or of another kind.
The file goes when the program ends, but not when it is killed.
"""

from __future__ import annotations

import os
import re
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from console.agents.processes import alive
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
from console.model.agent import AgentState
from console.model.reading import SignalsRead
from console.model.signal import Signal

SOURCE: Final = "claude status files"
LAYER: Final = "status file"
LIMIT: Final = 64 * 1024
"""Bytes of one status file; real ones have less than one KiB."""
FILES: Final = 512
"""Status files looked at; more are no fleet but litter."""
_NAME: Final = re.compile(r"([1-9]\d{0,9})\.json")
_PANE: Final = re.compile(r"[.:](%\d{1,9})$")
_STATES: Final = {"busy": AgentState.WORKING, "idle": AgentState.IDLE}


def sessions_folder(environment: Mapping[str, str] | None = None) -> Path:
    """Return where Claude Code keeps its status files: below ``$CLAUDE_CONFIG_DIR``, else below ``~/.claude``."""
    given = (os.environ if environment is None else environment).get("CLAUDE_CONFIG_DIR", "").strip()
    return (Path(given).expanduser() if given else Path.home() / ".claude") / "sessions"


def watch_claude(folder: Path | None = None, poll: float = POLL) -> AsyncGenerator[SignalsRead, None]:
    """Yield what the running Claude Code processes say, now and at each change. Never raises.

    Files of processes that have ended, and files without a status (2.1.100), give no signal.
    """
    where = sessions_folder() if folder is None else folder
    return watch_files(SOURCE, StatusFiles(where).look, [where], lambda name: _NAME.fullmatch(name) is not None, poll)


@dataclass
class StatusFiles:
    """The status files of one folder; each is read again only when it changed."""

    folder: Path
    lives: Callable[[int, float], bool] = alive
    """Whether a process is the one that wrote at a time; replaced in tests."""
    _known: dict[Path, tuple[Stamp, Signal | None]] = field(default_factory=dict)

    def look(self) -> Look:
        """Return one signal per live process, by pid. Not for the event loop: it reads files. Raises nothing."""
        try:
            with os.scandir(self.folder) as entries:
                names = [entry.name for entry in entries if _NAME.fullmatch(entry.name)]
        except (FileNotFoundError, NotADirectoryError):
            return Look()
        except (OSError, ValueError) as error:
            return Look(error=f"{self.folder}: {why(error)}")
        paths = [self.folder / name for name in sorted(names, key=lambda name: int(name[:-5]))[:FILES]]
        known, self._known = self._known, {}
        wrong: list[str] = []
        writing = False
        for path in paths:
            now = stamp(path)
            if now is None:
                continue
            before = known.get(path)
            if before is not None and before[0] == now:
                self._known[path] = before
                continue
            try:
                self._known[path] = (now, parse(read_json(path, LIMIT), path.name, now.changed))
            except (OSError, ValueError) as error:
                # What the file said before stands while it is being written, and no longer.
                if half_written(now):
                    writing = True
                    if before is not None:
                        self._known[path] = before
                elif not isinstance(error, FileNotFoundError):
                    wrong.append(f"{path.name}: {why(error)}")
        return Look(self._alive(), "; ".join(wrong[:3]), writing)

    def _alive(self) -> tuple[Signal, ...]:
        found = (
            signal
            for written, signal in self._known.values()
            if signal is not None and signal.pid is not None and self.lives(signal.pid, written.changed)
        )
        return tuple(sorted(found, key=lambda signal: signal.pid or 0))


def parse(document: object, name: str, changed: float) -> Signal | None:
    """Return what the status file *name* says; *changed* is when it was written (epoch seconds).

    None for a file without a status, and for one that another process would have to have written.
    """
    match = _NAME.fullmatch(name)
    if match is None or not isinstance(document, dict):
        return None
    pid = pid_of(int(match[1]))
    if pid is None or pid_of(document.get("pid", pid)) != pid:
        return None
    status, reason = document.get("status"), text_of(document.get("waitingFor"), 80)
    if status == "waiting":
        state = AgentState.APPROVAL if "permission" in reason.casefold() else AgentState.QUESTION
    elif isinstance(status, str) and status in _STATES:
        state, reason = _STATES[status], ""
    else:
        return None
    at = time_of(document.get("statusUpdatedAt"))
    pane = _PANE.search(text_of(document.get("tmux")))
    return Signal(
        source=LAYER,
        agent="claude",
        state=state,
        at=at if at is not None and at <= changed + 1 else changed,  # a time after the writing is no time
        reason=reason,
        pid=pid,
        pane=pane[1] if pane else "",
        session=text_of(document.get("sessionId"), 80),
        evidence=f"sessions/{name}",
    )
