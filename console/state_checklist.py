"""The restart checklist on disk: ticks and skips of each hand-off, the last runs, what a terminal server held."""

from __future__ import annotations

import contextlib
import fcntl
import json
import math
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from console.i18n import tr
from console.model.checklist import Mark, Marks, Step, progress
from console.safety import redact

NAME: Final = "checklist.json"
SIZE_LIMIT: Final = 8 << 20
"""Bytes that are read."""
FORMAT: Final = 1
RUNS: Final = 50
"""Results that are kept."""
HANDOFFS: Final = 20
"""Hand-offs, and terminal servers, of which something is kept."""
WITHOUT: Final = 12 * 3600.0
"""Seconds for which ticks hold where there is no hand-off they belong to."""


@dataclass(frozen=True, slots=True)
class Server:
    """One run of a terminal server, known by what was in it."""

    source: str
    boot: float
    """Epoch seconds of the start of the machine."""
    surfaces: frozenset[tuple[str, str, int]]
    """(Ref, uuid, pid) of each; "" and 0 where the back end does not tell."""


def restarted(before: Server | None, now: Server) -> str:
    """Why *now* is another run than *before*; empty when it is not, or nobody can tell."""
    if before is None:
        return ""
    if abs(before.boot - now.boot) > 60:
        return tr("the machine was restarted")
    if not before.surfaces or not now.surfaces:
        return ""
    uuids = {uuid for _, uuid, _ in before.surfaces if uuid} & {uuid for _, uuid, _ in now.surfaces if uuid}
    processes = {(ref, pid) for ref, _, pid in before.surfaces if pid} & {(r, pid) for r, _, pid in now.surfaces if pid}
    told = any(uuid or pid for _, uuid, pid in now.surfaces)
    return "" if uuids or processes or not told else tr("the terminal server was restarted")


class ChecklistFile:
    """The file in the state folder *folder*. What is not understood is as if it were not there. May raise OSError."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.path = folder / NAME

    def marks(self, handoff: str, now: float) -> dict[str, Mark]:
        """What was ticked and skipped with the hand-off *handoff* (its id)."""
        held = _mapping(_mapping(self._read().get("marks")).get(handoff))
        found = {id: mark for id, raw in held.items() if (mark := _mark(raw)) is not None}
        return found if handoff else {id: mark for id, mark in found.items() if 0 <= now - mark.at < WITHOUT}

    def mark(self, handoff: str, id: str, mark: Mark | None) -> None:
        """Keep *mark* for the step *id*; None takes it back."""

        def change(data: dict[str, Any]) -> None:
            marks = data["marks"] = dict(_mapping(data.get("marks")))
            mine = dict(_mapping(marks.pop(handoff, None)))
            mine.pop(id, None)
            if mark is not None:
                mine[id] = {"kind": mark.kind, "at": mark.at, "reason": redact(mark.reason)}
            marks[handoff] = mine  # the newest stands last
            data["marks"] = dict(list(marks.items())[-HANDOFFS:])

        self._change(change)

    def keep(self, at: float, handoff: dict[str, Any], steps: Sequence[Step]) -> None:
        """Keep one result."""
        counts = progress(steps)
        run = {
            "at": at,
            "handoff": handoff,
            "settled": counts.settled,
            "total": counts.total,
            "steps": [
                {"id": redact(step.id), "state": step.state.value, "evidence": redact(step.evidence)[:300]}
                for step in steps
            ],
        }

        def change(data: dict[str, Any]) -> None:
            before = data.get("runs")
            data["runs"] = [*(before if isinstance(before, list) else []), run][-RUNS:]

        self._change(change)

    def runs(self) -> list[dict[str, Any]]:
        """The results that are kept, oldest first."""
        found = self._read().get("runs")
        return [run for run in found if isinstance(run, dict)] if isinstance(found, list) else []

    def last(self, source: str) -> Server | None:
        """What was in the terminal server *source* when a console last looked."""
        return _server(source, _mapping(_mapping(self._read().get("servers")).get(source)))

    def seen(self) -> tuple[str, float]:
        """(Id, time of change) of the newest hand-off a console has seen; ("", 0.0) before the first."""
        held = _mapping(self._read().get("seen"))
        at = held.get("mtime")
        return str(held.get("id", "")), float(at) if isinstance(at, int | float) and math.isfinite(at) else 0.0

    def note(self, server: Server | None, seen: tuple[str, float] | None) -> None:
        """Keep what is there now, for the next start."""

        def change(data: dict[str, Any]) -> None:
            if seen is not None:
                data["seen"] = {"id": seen[0], "mtime": seen[1]}
            if server is not None:
                servers = dict(_mapping(data.get("servers")))
                servers.pop(server.source, None)
                servers[server.source] = {"boot": server.boot, "surfaces": sorted(map(list, server.surfaces))}
                data["servers"] = dict(list(servers.items())[-HANDOFFS:])

        self._change(change)

    def _read(self) -> dict[str, Any]:
        try:
            with self.path.open("rb") as file:
                found = json.loads(file.read(SIZE_LIMIT + 1))
        except (OSError, ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) and found.get("format") == FORMAT else {}

    def _change(self, change: Callable[[dict[str, Any]], None]) -> None:
        with self._locked():
            data = self._read()
            data["format"] = FORMAT
            change(data)
            spare = self._folder / f"{NAME}.{os.getpid()}"
            spare.unlink(missing_ok=True)
            try:
                handle = os.open(spare, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
                with os.fdopen(handle, "wb") as file:
                    file.write(json.dumps(data, ensure_ascii=False).encode("utf-8", "replace"))
                    file.flush()
                    os.fsync(handle)
                spare.replace(self.path)
            except OSError:
                with contextlib.suppress(OSError):
                    spare.unlink(missing_ok=True)
                raise

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        """Alone: another console may keep something at the same moment."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(self._folder / f"{NAME}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)


def _mapping(found: object) -> dict[str, Any]:
    return found if isinstance(found, dict) else {}


def _mark(raw: object) -> Mark | None:
    held = _mapping(raw)
    kind, at = held.get("kind"), held.get("at")
    if kind not in ("tick", "skip") or isinstance(at, bool) or not isinstance(at, int | float):
        return None
    return Mark(kind, float(at), str(held.get("reason", ""))) if math.isfinite(at) else None


def _server(source: str, held: dict[str, Any]) -> Server | None:
    try:
        surfaces = frozenset((str(ref), str(uuid), int(pid)) for ref, uuid, pid in held["surfaces"])
        return Server(source, float(held["boot"]), surfaces)
    except (KeyError, TypeError, ValueError):
        return None


__all__ = ["ChecklistFile", "Marks", "Server", "restarted"]
