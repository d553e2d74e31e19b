"""The private files of the agents' hooks: ``~/.cmuxterm/<agent>-hook-sessions.json``, one entry per session."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

from tests.fakes.cmux_app_core import Core
from tests.fakes.cmux_app_wire import Json


class HookSessions:
    """Writes the files under the app's home; A's shape, or B's and C's with lifecycle and active sessions."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._files: dict[str, Json] = {}

    def path(self, agent: str) -> Path:
        """The file of one agent. Raises ValueError when the app has no home."""
        if self._core.home is None:
            raise ValueError("the app was made without a home")
        return self._core.home / ".cmuxterm" / f"{agent}-hook-sessions.json"

    def set(
        self, handle: str, agent: str, status: str, *, session: str = "", pid: int | None = None, **more: Any
    ) -> None:
        """Say that the session in surface *handle* is *status* (``running idle needsInput unknown``), and write.

        *pid* None: the surface's program. *more*: further keys of the entry, as they stand in the file.
        """
        core = self._core
        with core.main:
            surface = core.tree.surface(core.tree.resolve("surface", handle))
            workspace = core.tree.workspace_of(surface) if surface else None
            if surface is None or workspace is None:
                raise KeyError(handle)
            program = surface.terminal.pid if surface.terminal else 0
        now = time.time()
        session = session or f"{agent}-{surface.uuid[:8].lower()}"
        modern = core.personality.modern
        file = self._files.setdefault(agent, {"version": 2 if core.personality.next_wave else 1, "sessions": {}})
        before = file["sessions"].get(session, {})
        entry: Json = {
            "sessionId": session,
            "workspaceId": workspace.uuid,
            "surfaceId": surface.uuid,
            "pid": program if pid is None else pid,
            "startedAt": before.get("startedAt", now),
            "updatedAt": now,
        }
        if modern:
            entry |= {"agentLifecycle": status, "runtimeStatus": status, "isRestorable": True}
            active = {"sessionId": session, "turnId": "turn-1", "updatedAt": now}
            file.setdefault("activeSessionsBySurface", {})[surface.uuid] = active
            file.setdefault("activeSessionsByWorkspace", {})[workspace.uuid] = dict(active)
        file["sessions"][session] = entry | more
        self._write(agent)

    def _write(self, agent: str) -> None:
        path = self.path(agent)
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f"{path.name}.{os.getpid()}")
        fresh.write_text(json.dumps(self._files[agent]), encoding="utf-8")
        fresh.replace(path)
