"""What the console has written to a dispatch log, line by line, so that nobody undoes it unseen.

A writer that knows no lock and saves a stale document takes our changes out of the log again. Each line here says what
a change touched, what that was before and what it became; `lost` compares. A line is written before the log is, and
taken back (``abort``) when that fails: what the log was told is never missing here.
"""

from __future__ import annotations

import json
import os
import secrets
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from console.i18n import tr
from console.safety import safe_text
from console.tracker.apply import Change
from console.tracker.errors import LogError, NotWritten
from console.tracker.files import sync_directory, write_all
from console.tracker.lock import take
from console.tracker.losses import Lost, find_losses
from console.tracker.names import NO_OVERRIDES, FieldMap
from console.tracker.operations import Operation, digest_of, from_json, to_json

NAME: Final = "dispatch_journal.jsonl"
ROTATE_SIZE: Final = 5 * 1024 * 1024
"""Bytes from which a journal becomes the old one, ``dispatch_journal.jsonl.1``; the old one before goes."""
_LOCK_TIMEOUT: Final = 5.0
_Signature = tuple[tuple[int, int, int], ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """One operation on one log."""

    id: str
    key: str
    operation: Operation
    number: int
    before: Mapping[str, Any] | None
    after: Mapping[str, Any]
    at: float = 0.0
    """Epoch seconds; 0 when the line does not say."""


class Journal:
    """The journal in *folder* of the operations on *log* (links resolved). Several logs and processes may share it."""

    def __init__(self, folder: Path, log: Path) -> None:
        self.path = folder / NAME
        self.damaged = 0
        """Lines of the last reading that could not be understood: torn by a crash, or foreign."""
        self._log = os.fsdecode(os.fsencode(log))
        self._seen: _Signature | None = None
        self._entries: tuple[Entry, ...] = ()

    def begin(self, operation: Operation, change: Change, key: str = "") -> str:
        """Write down an operation before it is carried out, and return its id. Raises NotWritten, LockHeld."""
        made = secrets.token_hex(8)
        self._write(
            {
                "id": made, "at": round(time.time(), 3), "log": self._log, "key": key, "op": to_json(operation),
                "number": change.number, "before": change.before, "after": change.after,
                "digest": digest_of(change.record),
            }
        )  # fmt: skip
        return made

    def abort(self, made: str) -> None:
        """Take back what `begin` wrote. When even that fails, `lost` will offer the operation again: no harm."""
        with suppress(LogError):
            self._write({"abort": made})

    def settle(self, lost: Lost) -> None:
        """Never report *lost* again: it was applied again, or the operator lets it be. Raises NotWritten, LockHeld."""
        self._write({"settled": list(lost.entries)})

    def lost(self, document: object, mapping: FieldMap = NO_OVERRIDES) -> tuple[Lost, ...]:
        """Return the operations on this log that another writer has undone in *document* (parsed JSON), oldest first.

        Undone is a record that is gone, or a field that is again what it was before the operation or before an earlier
        one. A field with a new value was changed by somebody who knew: not reported. Raises LogError.
        """
        return find_losses(self.entries(), document, mapping)

    def find(self, key: str) -> Entry | None:
        """Return the last operation with the idempotency key *key*. Raises LogError."""
        return next((entry for entry in reversed(self.entries()) if key and entry.key == key), None)

    def entries(self) -> tuple[Entry, ...]:
        """Return the operations on this log that stand, the oldest first. Raises LogError."""
        paths = (self.path.with_name(f"{NAME}.1"), self.path)
        signature = tuple(map(_signature, paths))
        if signature != self._seen:
            try:
                lines = [line for path in paths for line in _lines(path)]
            except OSError as error:
                raise LogError(
                    tr(
                        "{path}: cannot be read ({strerror}); allow this account to read it",
                        path=safe_text(str(self.path)),
                        strerror=error.strerror,
                    )
                ) from None
            self._entries = self._understood(lines)
            self._seen = signature
        return self._entries

    def _understood(self, lines: list[bytes]) -> tuple[Entry, ...]:
        found: dict[str, Entry] = {}
        self.damaged = 0
        for line in lines:
            try:
                read = json.loads(line)
                if "abort" in read:
                    found.pop(read["abort"], None)
                elif "settled" in read:
                    for made in read["settled"]:
                        found.pop(made, None)
                elif read["log"] == self._log:
                    before, after = read["before"], dict(read["after"])
                    before = None if before is None else dict(before)
                    number = int(read["number"])
                    at = float(read.get("at", 0.0))
                    entry = Entry(str(read["id"]), read["key"], from_json(read["op"]), number, before, after, at)
                    found[entry.id] = entry
            except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
                self.damaged += 1
        return tuple(found.values())

    def _write(self, values: dict[str, Any]) -> None:
        line = json.dumps(values, ensure_ascii=True, default=str).encode() + b"\n"
        try:
            descriptor = self._opened()
            try:
                size = os.fstat(descriptor).st_size
                torn = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
                try:
                    write_all(descriptor, b"\n" + line if torn else line)
                    os.fsync(descriptor)
                except OSError:
                    with suppress(OSError):
                        os.ftruncate(descriptor, size)
                    raise
            finally:
                os.close(descriptor)
        except OSError as error:
            raise NotWritten(
                tr(
                    "{path}: the journal cannot be written ({strerror}), so the log was not changed; free "
                    "some space, or allow this account to write there",
                    path=safe_text(str(self.path)),
                    strerror=error.strerror,
                )
            ) from None

    def _opened(self) -> int:
        """The journal, locked, and a new one when it has become too long. Raises OSError, LockHeld."""
        while True:
            new = not self.path.exists()
            descriptor = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
            try:
                take(descriptor, self.path, _LOCK_TIMEOUT)
                about = os.fstat(descriptor)
                with suppress(FileNotFoundError):
                    if os.path.samestat(about, self.path.stat()):
                        if about.st_size < ROTATE_SIZE:
                            if new:
                                sync_directory(self.path.parent)
                            return descriptor
                        self.path.replace(self.path.with_name(f"{NAME}.1"))
            except BaseException:
                os.close(descriptor)
                raise
            os.close(descriptor)


def _lines(path: Path) -> list[bytes]:
    with suppress(FileNotFoundError):
        return [line for line in path.read_bytes().split(b"\n") if line.strip()]
    return []


def _signature(path: Path) -> tuple[int, int, int]:
    with suppress(OSError):
        about = path.stat()
        return about.st_ino, about.st_size, about.st_mtime_ns
    return 0, 0, 0
