"""Small files that other programs write about agents: read within bounds, watched cheaply, never trusted.

What is read here may be half written, huge, no file at all, or made to do harm; every reader of the room goes through
`read_json` or `read_bytes`, and through `watch_files`, which gives the readings their one shape.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import json
import os
import stat
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from console.host import in_thread
from console.i18n import tr
from console.model.reading import SignalsRead
from console.model.signal import Signal
from console.safety import safe_text

POLL: Final = 2.0
"""Seconds after which everything is looked at although nothing was reported: processes die without a word."""
PAUSE: Final = 0.1
"""Seconds between two looks at least, however often the files change."""
RETRY: Final = 0.2
"""Seconds after which a file is read again that was in the middle of being written."""
WRITING: Final = 2.0
"""Seconds after its last change in which a file that makes no sense is taken for half written."""
STEP: Final = 200
DEBOUNCE: Final = 100
"""Milliseconds between two looks for reported changes, and within which changes are taken together."""
MILLISECONDS_FROM: Final = 1e11
"""A time of at least this much is in milliseconds: in seconds it would be the year 5138."""


@dataclass(frozen=True, slots=True)
class Look:
    """What one look at the files of a source gave."""

    signals: tuple[Signal, ...] = ()
    error: str = ""
    """What could not be read and why; nothing to read is no error."""
    again: bool = False
    """A file was just being written: look again soon."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """What tells one content of a file from the next."""

    device: int
    inode: int
    size: int
    changed: float
    """Epoch seconds of the last change."""


def stamp(path: Path) -> Stamp | None:
    """Return the stamp of the regular file at *path* (links followed); None when there is none."""
    try:
        found = path.stat()
    except (OSError, ValueError):
        return None
    if not stat.S_ISREG(found.st_mode):
        return None
    return Stamp(found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns / 1e9)


def half_written(found: Stamp) -> bool:
    """Whether a file that makes no sense may be one that is just being written."""
    return 0 <= time.time() - found.changed < WRITING


def why(error: OSError | ValueError) -> str:
    """Return what an error of `read_json` says, short."""
    reason = error.strerror if isinstance(error, OSError) else None
    return safe_text(reason or str(error), limit=120)


def read_bytes(path: Path, limit: int, offset: int = 0) -> bytes:
    """Return at most *limit* bytes of the regular file at *path* from *offset*.

    Raises OSError, also when it is a directory, a pipe or a device: those could block or never end.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    with os.fdopen(descriptor, "rb", buffering=0) as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, tr("not a regular file"), str(path))
        file.seek(offset)
        pieces: list[bytes] = []
        while limit > 0 and (piece := file.read(limit)):
            pieces.append(piece)
            limit -= len(piece)
        return b"".join(pieces)


def read_json(path: Path, limit: int) -> object:
    """Return the JSON value in *path*. Raises OSError, and ValueError that says what is wrong with the content."""
    content = read_bytes(path, limit + 1)
    if len(content) > limit:
        raise ValueError(tr("larger than {limit} KiB", limit=limit >> 10))
    return parse_json(content)


def parse_json(content: bytes) -> object:
    """Return the JSON value in *content*, whatever it holds. Raises ValueError."""
    try:
        return json.loads(content)
    except RecursionError:
        raise ValueError(tr("nested too deeply")) from None
    except UnicodeDecodeError:
        raise ValueError(tr("not UTF-8")) from None


def text_of(value: object, limit: int = 200) -> str:
    """Return *value* as safe text when it is a string; else ``""``."""
    return safe_text(value[: limit + 1], limit=limit).strip() if isinstance(value, str) else ""


def pid_of(value: object) -> int | None:
    """Return *value* as the id of a process; None when it can be none."""
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 0 < value < 1 << 31 else None


def time_of(value: object) -> float | None:
    """Return *value* as epoch seconds; None when it is no time.

    Read are numbers of seconds or milliseconds, and texts as of ISO 8601.
    """
    if isinstance(value, str):
        try:
            return datetime.fromisoformat(value).timestamp()
        except (ValueError, OverflowError, OSError):
            return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1e15:  # NaN is not either
        return None
    return value / 1000 if value >= MILLISECONDS_FROM else float(value)


async def watch_files(
    source: str, look: Callable[[], Look], folders: Sequence[Path], wanted: Callable[[str], bool], poll: float = POLL
) -> AsyncGenerator[SignalsRead, None]:
    """Yield what *look* finds: once at once, then each time it is something else. Never raises.

    *look* runs in a thread when a file in *folders* changed whose name is *wanted*, and every *poll* seconds. The
    folders need not exist. When the generator is closed or cancelled, nothing goes on.
    """
    changed = asyncio.Event()
    watcher: asyncio.Task[None] | None = None
    last: tuple[tuple[Signal, ...], str] | None = None
    try:
        while True:
            changed.clear()
            found = await in_thread(lambda: _guarded(look))
            if (found.signals, found.error) != last:
                last = (found.signals, found.error)
                yield SignalsRead(time.time(), source, found.signals, safe_text(found.error, limit=300))
            if watcher is None:  # after the first reading: the import of the watcher takes a while
                watcher = asyncio.create_task(_report(folders, wanted, changed, poll), name=f"{source}: changes")
            await asyncio.sleep(PAUSE)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(min(RETRY, poll) if found.again else poll):
                    await changed.wait()
    finally:
        if watcher is not None:
            watcher.cancel()
            await asyncio.wait([watcher])


def _guarded(look: Callable[[], Look]) -> Look:
    """Whatever a hostile file made of the reader, the watch goes on and says so."""
    try:
        return look()
    except Exception as error:
        return Look(
            error=safe_text(tr("cannot be read: {name}: {error}", name=type(error).__name__, error=error), limit=200)
        )


async def _report(folders: Sequence[Path], wanted: Callable[[str], bool], changed: asyncio.Event, poll: float) -> None:
    """Set *changed* whenever a wanted file in *folders* changed, as long as the system reports it."""
    from watchfiles import awatch

    while True:
        present = _present(folders)
        if not present:
            await asyncio.sleep(poll)
            continue
        # No watches left, a folder gone meanwhile: the poll of `watch_files` still looks.
        with contextlib.suppress(OSError, RuntimeError):
            changes = awatch(
                *present,
                watch_filter=lambda _, name: wanted(Path(name).name),
                debounce=DEBOUNCE,
                step=STEP,
                recursive=False,
                rust_timeout=int(poll * 1000),
                yield_on_timeout=True,
            )
            async with aclosing(changes):
                async for found in changes:
                    if found:
                        changed.set()
                    if _present(folders) != present:
                        changed.set()
                        break
            continue
        await asyncio.sleep(poll)


def _present(folders: Sequence[Path]) -> dict[str, tuple[int, int]]:
    """The folders that exist, with the identity that tells one made again from the one before."""
    present = {}
    for folder in folders:
        with contextlib.suppress(OSError, ValueError):
            found = folder.stat()
            if stat.S_ISDIR(found.st_mode):
                present[str(folder)] = (found.st_dev, found.st_ino)
    return present
