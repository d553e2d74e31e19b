"""Changes a dispatch log that is a JSON file, among writers who do the same with or without a lock."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from console.i18n import mark, tr
from console.safety import safe_text
from console.tracker.apply import Change, apply
from console.tracker.document import NEW, Document, NotALog, parse
from console.tracker.errors import Damaged, LogError, NotWritten, Refused
from console.tracker.files import back_up, backup_names, put_in_place, sweep, write_beside
from console.tracker.journal import Journal
from console.tracker.json_file import malformed, read_content, unreadable
from console.tracker.lock import locked
from console.tracker.losses import Lost
from console.tracker.names import NO_OVERRIDES, FieldMap
from console.tracker.operations import Append, Operation, Revision
from console.tracker.schema import raw_record
from console.tracker.stream import no_collection

READ_RETRIES: Final = 3
READ_DELAY: Final = 0.02
"""Seconds; a writer that writes in place leaves half a file for a moment."""
RACES: Final = 20
"""Times the file may change under us, by writers that do not lock, before we give up."""


@dataclass(frozen=True, slots=True)
class Applied:
    """An operation that is in the file and in the journal."""

    number: int
    revision: Revision
    """The record as it is now: what a next edit is based on."""
    warning: str = ""
    """What the operator should know although it worked."""


class JsonLog:
    """The dispatch log at *path* and its journal, in the folder *state* or beside the log. Keeps no file open."""

    def __init__(self, path: Path, *, state: Path | None = None, mapping: FieldMap = NO_OVERRIDES) -> None:
        self.path = path
        self.mapping = mapping
        target = _target(path)
        self.journal = Journal(state if state is not None else target.parent, target)

    def apply(
        self, operation: Operation, *, based_on: Revision | None = None, idempotency_key: str = "", timeout: float = 5.0
    ) -> Applied:
        """Carry out *operation* and return when it is safe on the disk. Blocks; call it in a thread.

        An edit *based_on* a record that was changed since in the same fields is a Conflict. The same *idempotency_key*
        is carried out once. A link is followed; the file keeps its mode, its owner where that is allowed, and every
        byte outside the record. Raises `LogError`; the file is as it was then.
        """
        target = _target(self.path)
        with self._told():
            if not target.parent.is_dir():
                missing = safe_text(str(target.parent))
                raise NotWritten(
                    tr(
                        "{name}: the directory {missing} does not exist; make it first",
                        name=self._name,
                        missing=missing,
                    )
                )
            with locked(target, timeout), no_collection():
                sweep(target)
                for _ in range(RACES):
                    done = self._attempt(target, operation, based_on, idempotency_key)
                    if done is not None:
                        return done
        raise NotWritten(tr("{name}: changes all the time, by writers that do not lock; try again", name=self._name))

    def reapply(self, lost: Lost, *, timeout: float = 5.0) -> Applied:
        """Bring back what another writer has undone, and report it no more. Raises `LogError`."""
        if not lost.applicable:
            raise Refused(tr("{why}: it cannot be changed again; let it be, or add a new dispatch", why=lost.why))
        key = f"again-{lost.entries[0]}"
        try:
            applied = self.apply(lost.operation, idempotency_key=key, timeout=timeout)
        except Refused:
            if not isinstance(lost.operation, Append) or "number" not in lost.operation.fields:
                raise
            fields = {name: value for name, value in lost.operation.fields.items() if name != "number"}
            applied = self.apply(Append(fields), idempotency_key=key, timeout=timeout)
        self.journal.settle(lost)
        return applied

    @property
    def _name(self) -> str:
        return safe_text(str(self.path))

    def _attempt(self, target: Path, operation: Operation, based_on: Revision | None, key: str) -> Applied | None:
        """None: the file was changed meanwhile by somebody who does not lock."""
        content, about, document = self._read(target, operation)
        done = self._already(content, key) if key else None
        if done is not None:
            return done
        try:
            change = apply(document, operation, based_on=based_on, mapping=self.mapping)
        except LogError as error:
            error.args = (f"{self._name}: {error}",)
            raise
        revision = Revision.of(change.record)
        new = change.text.encode()
        if new == content:
            return Applied(change.number, revision)
        return self._write(target, operation, change, content, new, about, key, revision)

    def _write(
        self, target: Path, operation: Operation, change: Change, content: bytes | None, new: bytes,
        about: os.stat_result | None, key: str, revision: Revision,
    ) -> Applied | None:  # fmt: skip
        if content is not None:
            back_up(target, content)
        temporary = write_beside(target, new, about)
        line = ""
        try:
            line = self.journal.begin(operation, change, key)
            if not _unchanged(target, content, about):
                self.journal.abort(line)
                return None
            warning = put_in_place(temporary, target)
        except BaseException:
            if line:
                self.journal.abort(line)
            raise
        finally:
            with contextlib.suppress(OSError):
                temporary.unlink()
        return Applied(change.number, revision, warning)

    def _read(self, target: Path, operation: Operation) -> tuple[bytes | None, os.stat_result | None, Document]:
        problem, missing = "", False
        for attempt in range(READ_RETRIES + 1):
            if attempt:
                time.sleep(READ_DELAY)
            try:
                about = target.stat()
                content = read_content(target)
            except FileNotFoundError as error:
                problem, missing = f": {unreadable(target, error)}", True
                continue
            except (OSError, ValueError) as error:
                problem, missing = f": {unreadable(target, error)}", False
                break
            try:
                return content, about, parse(content)
            except NotALog as error:
                problem, missing = tr(": {error}; name the log in log.path", error=error), False
                break
            except (ValueError, RecursionError, MemoryError) as error:
                problem, missing = malformed(content, error), False
        if missing and isinstance(operation, Append):
            if not any(backup.exists() for backup in backup_names(target)):
                return None, None, parse(NEW)
            problem = tr(
                ": is not there any more; put a backup of it back, or move the backups away to begin a new log"
            )
        raise Damaged(
            tr(
                "{name}{problem}. Nothing was written; {last_good}",
                name=self._name,
                problem=problem,
                last_good=_last_good(target),
            )
        )

    def _already(self, content: bytes | None, key: str) -> Applied | None:
        """What the operation with this key came to, when it is still in the log."""
        entry = self.journal.find(key)
        if entry is None or content is None:
            return None
        document = json.loads(content.decode("utf-8-sig"))
        if any(entry.id in lost.entries for lost in self.journal.lost(document, self.mapping)):
            return None
        record = raw_record(document, entry.number, self.mapping)
        return Applied(entry.number, Revision.of(record)) if record is not None else None

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        """Errors of the system in the operator's words."""
        try:
            yield
        except OSError as error:
            remedy = tr(_REMEDIES.get(error.errno or 0, _REMEDY))
            raise NotWritten(
                tr(
                    "{name}: could not be written ({strerror}); it is as it was; {remedy}",
                    name=self._name,
                    strerror=error.strerror or error,
                    remedy=remedy,
                )
            ) from error


_REMEDY: Final = mark("look at the disk and the directory")
_REMEDIES: Final = {
    errno.ENOSPC: mark("free some space and try again"),
    errno.EDQUOT: mark("free some space and try again"),
    errno.EACCES: mark("allow this account to write in its directory"),
    errno.EPERM: mark("allow this account to write in its directory"),
    errno.EROFS: mark("the file system is read-only; mount it for writing"),
    errno.EIO: mark("the disk reports errors: save what is on it"),
}


def _target(path: Path) -> Path:
    """The file behind the links: replacing a link would leave the file behind it as it was."""
    try:
        return path.expanduser().resolve()
    except (OSError, RuntimeError, ValueError) as error:
        raise NotWritten(f"{safe_text(str(path))}: {unreadable(path, error)}") from None


def _unchanged(target: Path, content: bytes | None, about: os.stat_result | None) -> bool:
    """Whether the file is still what was read; compared as late as can be."""
    try:
        now = target.stat()
    except FileNotFoundError:
        return about is None
    return about is not None and os.path.samestat(now, about) and target.read_bytes() == content


def _last_good(target: Path) -> str:
    for backup in backup_names(target):
        with contextlib.suppress(OSError, ValueError, RecursionError):
            parse(backup.read_bytes())
            made = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(backup.stat().st_mtime))
            return tr("the last good backup is {backup} of {made}", backup=safe_text(str(backup)), made=made)
    return tr("there is no backup of it")
