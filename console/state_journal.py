"""Changes of state on disk, so that "since" and the timeline outlive the console. And JSON lines in general.

One line is one write with O_APPEND, so two consoles never mix their bytes; what was not written whole, or is not ours,
is left out when it is read. Files are for this account only (0600).
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import math
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from console.i18n import tr
from console.model.agent import AgentState
from console.model.timeline import Event

NAME: Final = "states.jsonl"
SIZE_LIMIT: Final = 1 << 20
"""Bytes from which on a file is put aside (``.1``, one generation) and a new one begun."""
LINE_LIMIT: Final = 16_384
"""Bytes of one line that are believed."""
KEEP: Final = 24 * 3600.0
"""Seconds after which a change is not loaded any more."""
BEAT: Final = 60.0
"""Seconds between two signs of life; a start that comes more than three of them after the last line follows a gap."""
AHEAD: Final = 5.0
"""Seconds a line may lie in the future (two clocks); further ahead it was written before the clock was set back."""

_STATES: Final = {str(state): state for state in AgentState}


def append_line(path: Path, record: Mapping[str, object]) -> None:
    """Add *record* as one JSON line, flushed to the system. Makes the folder (0700). Raises OSError."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    data = json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace") + b"\n"
    _rotate(path, len(data))
    handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        if os.fstat(handle).st_mode & 0o077:
            os.fchmod(handle, 0o600)
        end = os.fstat(handle).st_size
        if end and os.pread(handle, 1, end - 1) != b"\n":
            data = b"\n" + data  # after half a line (a full disk, a crash) begin a new one
        written = os.write(handle, data)
        if written != len(data):
            raise OSError(
                tr("{path}: only {written} of {count} bytes were written", path=path, written=written, count=len(data))
            )
    finally:
        os.close(handle)


def _rotate(path: Path, more: int) -> None:
    with contextlib.suppress(FileNotFoundError):
        if path.stat().st_size + more <= SIZE_LIMIT:
            return
        # Under a lock, and with a second look: two consoles at once would put aside the new, small file as well.
        folder = os.open(path.parent, os.O_RDONLY | os.O_CLOEXEC)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            if path.stat().st_size + more > SIZE_LIMIT:
                path.replace(path.with_name(f"{path.name}.1"))
        finally:
            os.close(folder)


def read_lines(path: Path) -> Iterator[dict[str, object]]:
    """Yield the records of *path* and of its older generation, oldest first; leaves out what is no record.

    At most two times `SIZE_LIMIT` bytes from the end of each are read. A file that is not there, or cannot be read,
    has no records.
    """
    for each in (path.with_name(f"{path.name}.1"), path):
        try:
            with each.open("rb") as file:
                size = os.fstat(file.fileno()).st_size
                file.seek(max(0, size - 2 * SIZE_LIMIT))
                data = file.read(2 * SIZE_LIMIT)
        except OSError:
            continue
        for line in data.split(b"\n"):
            if len(line) > LINE_LIMIT:
                continue
            try:
                record = json.loads(line)
            except (ValueError, RecursionError):
                continue
            if isinstance(record, dict):
                yield record


class StateJournal:
    """Writes the changes that one console sees. The first failure stops the writing and is kept in `error`."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / NAME
        self.error = ""
        """Why nothing is written any more; one line."""
        self._beat = -math.inf

    def start(self, now: float) -> None:
        """Say that from here on someone watches again."""
        self._write({"at": now, "start": os.getpid()})

    def record(self, identity: str, state: AgentState | None, at: float) -> None:
        """Note that *identity* went into *state* at *at* (epoch seconds); None: it is not watched any more."""
        if identity:
            self._write({"at": at, "id": identity, "state": None if state is None else str(state)})

    def beat(self, now: float) -> None:
        """Give a sign of life where `BEAT` seconds have passed; call it as often as you like."""
        if now - self._beat >= BEAT or now < self._beat:
            self._write({"at": now})

    def _write(self, record: dict[str, object]) -> None:
        if self.error:
            return
        try:
            append_line(self.path, record)
            self._beat = float(str(record["at"]))
        except (OSError, ValueError) as error:
            self.error = tr("the state journal cannot be written: {error}", error=error)


def load(folder: Path, now: float) -> dict[str, tuple[Event, ...]]:
    """Return the changes of the last `KEEP` seconds by identity, in order of time. Never raises.

    Where a console started long after the last line of the one before, every identity gets an event None at that last
    line: nobody watched in between. The same at the end, when the last line is older than three `BEAT`.
    """
    found: dict[str, list[Event]] = {}
    last: float | None = None
    for record in read_lines(folder / NAME):
        at = record.get("at")
        if not isinstance(at, int | float) or not now - KEEP <= at <= now + AHEAD:
            continue
        at = min(float(at), now)
        if "start" in record and last is not None:
            _gap(found, last, at)
        last = at if last is None else max(last, at)
        name, state = record.get("id"), record.get("state")
        if not isinstance(name, str) or not name:
            continue
        if state is None and "state" in record:
            found.setdefault(name, []).append((at, None))
        elif isinstance(state, str) and state in _STATES:
            found.setdefault(name, []).append((at, _STATES[state]))
    if last is not None:
        _gap(found, last, now)
    return {name: tuple(sorted(events, key=lambda event: event[0])) for name, events in found.items()}


def _gap(found: dict[str, list[Event]], last: float, now: float) -> None:
    if now - last > 3 * BEAT:
        for events in found.values():
            events.append((last, None))
