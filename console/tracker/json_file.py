"""One look at a dispatch log that is a JSON file."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import stat
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from console.i18n import mark, tr
from console.model.reading import LogFailed, LogRead
from console.safety import safe_text
from console.tracker.stream import LogParser

SIZE_LIMIT: Final = 64 * 1024 * 1024
"""Bytes of a log that is read."""
DIGITS: Final = sys.int_info.default_max_str_digits
"""Digits of a whole number that Python reads."""
_MANY_DIGITS: Final = re.compile(rb"\d{%d}" % (DIGITS + 1))
JSON_WRONG: Final = (
    mark("Expecting value"),
    mark("Expecting ',' delimiter"),
    mark("Expecting ':' delimiter"),
    mark("Expecting property name enclosed in double quotes"),
    mark("Extra data"),
    mark("Illegal trailing comma before end of array"),
    mark("Illegal trailing comma before end of object"),
    mark("Invalid \\escape"),
    mark("Invalid \\uXXXX escape"),
    mark("Invalid control character at"),
    mark("Unterminated string starting at"),
)
"""What `json` says of a text that is no JSON; another Python may say more, which then stands in English."""


@dataclass(frozen=True, slots=True)
class Look:
    """What one look at the file gave."""

    digest: bytes | None
    """Of the content; None when there was none to read."""
    reading: LogRead | LogFailed
    passing: bool = False
    """A failure that a writer at work can be the cause of: look again."""


class _Unfit(ValueError):
    """The path names something that is no log; the text says what and what to do."""


def look(path: Path, known: bytes | None, now: float, parser: LogParser | None = None) -> Look | None:
    """Read the log at *path* at *now* (epoch seconds); None when its content has the digest *known*. Never raises.

    A *parser* that has read the log before reads only what changed.
    """
    source = safe_text(str(path))
    try:
        content = read_content(path)
    except (OSError, ValueError) as error:
        reason = LogFailed(now, source, f"{source}: {unreadable(path, error)}")
        return Look(None, reason, passing=isinstance(error, FileNotFoundError))
    digest = hashlib.sha256(content).digest()
    if digest == known:
        return None
    try:
        dispatches, not_understood = (parser or LogParser()).read(content)
    except (ValueError, RecursionError, MemoryError) as error:
        return Look(digest, LogFailed(now, source, f"{source}{malformed(content, error)}"), passing=True)
    if not dispatches and not_understood:
        wrong = tr(
            "{source}: is JSON but no dispatch log; name a file with a list of dispatches in log.path", source=source
        )
        return Look(digest, LogFailed(now, source, wrong))
    return Look(digest, LogRead(now, source, dispatches, not_understood))


def read_content(path: Path) -> bytes:
    """Return the bytes of the regular file *path*. Raises OSError, ValueError (`unreadable` says it to a person)."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)  # opening a FIFO must not wait for a writer
    with os.fdopen(descriptor, "rb", closefd=False) as file:
        try:
            mode = os.fstat(descriptor).st_mode
            if not stat.S_ISREG(mode):
                raise _Unfit(tr("is not a regular file; name a JSON file in log.path"))
            content = file.read(SIZE_LIMIT + 1)
        finally:
            os.close(descriptor)
    if len(content) > SIZE_LIMIT:
        raise _Unfit(tr("is larger than {limit} MiB; move finished dispatches to another file", limit=SIZE_LIMIT >> 20))
    return content


def unreadable(path: Path, error: Exception) -> str:
    """Return why `read_content` failed, and what to do."""
    if isinstance(error, _Unfit):
        return str(error)
    if isinstance(error, FileNotFoundError):
        if not path.parent.is_dir():
            missing = safe_text(str(path.parent))
            return tr("the directory {missing} does not exist; it is read as soon as it is there", missing=missing)
        if path.is_symlink():
            return tr("is a link to nothing; it is read as soon as it is there")
        return tr("does not exist; it is read as soon as it is there")
    if isinstance(error, OSError):
        if error.errno == errno.EISDIR:
            return tr("is a directory; name the JSON file in it in log.path")
        remedy = tr("allow this account to read it") if isinstance(error, PermissionError) else tr("check log.path")
        return tr("cannot be read ({strerror}); {remedy}", strerror=error.strerror, remedy=remedy)
    return tr("is not a usable path ({error}); check log.path", error=safe_text(str(error), limit=100))


def malformed(content: bytes, error: Exception) -> str:
    """Return ``:3:5: what is wrong; what to do`` with line and column from 1."""
    if not content.strip():
        return tr(": is empty; a writer may be at work, it is read again when it changes")
    if isinstance(error, UnicodeDecodeError):
        before = content[: error.start]
        return tr(
            ":{line}:{column}: is not UTF-8; save it as UTF-8",
            line=before.count(10) + 1,
            column=error.start - before.rfind(10),
        )
    if isinstance(error, json.JSONDecodeError):
        return tr(
            ":{line}:{column}: is not valid JSON ({wrong}); half written, or to be corrected there; "
            "it is read again when it changes",
            line=error.lineno,
            column=error.colno,
            wrong=tr(safe_text(error.msg, limit=100)),
        )
    digits = _MANY_DIGITS.search(content)
    if digits is not None:
        before = content[: digits.start()]
        where = f":{before.count(10) + 1}:{digits.start() - before.rfind(10)}"
        return tr("{where}: is a number of more than {digits} digits; correct it", where=where, digits=DIGITS)
    reason = (
        tr("nested too deep")
        if isinstance(error, RecursionError)
        else safe_text(str(error), limit=100) or tr("too large")
    )
    return tr(": cannot be understood ({reason}); check that it is a dispatch log", reason=reason)
