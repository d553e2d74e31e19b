"""Follows a dispatch log that is a JSON file, whoever writes it and however."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import time
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from typing import Final

from console.host import in_thread
from console.model.reading import LogFailed, LogRead
from console.tracker.json_file import Look, look
from console.tracker.names import NO_OVERRIDES, FieldMap
from console.tracker.stream import LogParser

THREAD_SIZE: Final = 256 * 1024
"""Bytes from which a log is read and parsed in a thread."""
RETRIES: Final = 3
RETRY_DELAY: Final = 0.02
"""Seconds; a writer that writes in place leaves half a file for a moment."""
BACKSTOP: Final = 2.0
"""Seconds after which the file is looked at although nobody said it changed (network file systems say nothing)."""
DEBOUNCE: Final = 50
STEP: Final = 10
"""Milliseconds within which changes are taken together, and between two looks for changes."""
LINK_LIMIT: Final = 40

_Signature = tuple[int, int, int, int] | str


async def watch_log(path: Path, mapping: FieldMap = NO_OVERRIDES) -> AsyncIterator[LogRead | LogFailed]:
    """Yield the log at *path* now, then each time its content, or the reason why it cannot be read, changes.

    Never raises. Follows atomic replacement, deletion, re-targeted links and a directory that does not exist yet.
    A change is seen within about 0.1 s where the system reports changes, else within `BACKSTOP` seconds.
    """
    changed = asyncio.Event()
    parser = LogParser(mapping)
    watcher: asyncio.Task[None] | None = None
    last: Look | None = None
    seen: _Signature | None = None
    try:
        while True:
            signature = signature_of(path)
            if changed.is_set() or signature != seen:
                changed.clear()
                seen = signature
                found = await _settled(path, last, parser)
                if found is not None:
                    news = last is None or found.reading != replace(last.reading, at=found.reading.at)
                    last = found
                    if news:
                        yield found.reading
            if watcher is None:  # after the first reading: the import and the start of the watch take a while
                watcher = asyncio.create_task(report_changes(path, changed), name="dispatch log changes")
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(BACKSTOP):
                    await changed.wait()
    finally:
        if watcher is not None:
            watcher.cancel()
            await asyncio.wait([watcher])


async def _settled(path: Path, last: Look | None, parser: LogParser) -> Look | None:
    """What the file holds once no writer seems to be in the middle of it; None when it is what *last* says."""
    found = await _look(path, last, parser)
    for _ in range(RETRIES):
        if found is None or not found.passing:
            break
        await asyncio.sleep(RETRY_DELAY)
        found = await _look(path, found, parser) or found
    return found


async def _look(path: Path, last: Look | None, parser: LogParser) -> Look | None:
    known = last.digest if last is not None else None
    try:
        large = path.stat().st_size > THREAD_SIZE
    except (OSError, ValueError):
        large = False
    now = time.time()
    return await in_thread(lambda: look(path, known, now, parser)) if large else look(path, known, now, parser)


def signature_of(path: Path) -> _Signature:
    """What tells one state of the file at *path* from another: identity, time of change, size; or why it has none."""
    try:
        found = path.stat()
    except (OSError, ValueError) as error:
        return str(error)
    return found.st_dev, found.st_ino, found.st_mtime_ns, found.st_size


async def report_changes(path: Path, changed: asyncio.Event) -> None:
    """Set *changed* whenever something happens to the file or to a link on the way to it.

    The directories are watched, not the file: a watch on a file ends with the first atomic replacement.
    """
    while True:
        # No directory yet, or no watches left on this machine: the backstop of `watch_log` still looks.
        with contextlib.suppress(OSError, RuntimeError):
            await _report_until_moved(path, changed)
            continue
        await asyncio.sleep(BACKSTOP)


async def _report_until_moved(path: Path, changed: asyncio.Event) -> None:
    """Set *changed* at each change, until the directories to be watched are others. Raises OSError, RuntimeError."""
    from watchfiles import Change, awatch

    names, directories = watched = _watched(path)
    if not directories:
        raise FileNotFoundError(errno.ENOENT, "no directory to watch", str(path.parent))

    def wanted(_: Change, name: str) -> bool:
        return name in names

    changes = awatch(
        *(name for name, _ in directories),
        watch_filter=wanted,
        debounce=DEBOUNCE,
        step=STEP,
        recursive=False,
        rust_timeout=int(BACKSTOP * 1000),
        yield_on_timeout=True,
    )
    async with aclosing(changes):
        async for found in changes:
            if found:
                changed.set()
            if _watched(path) != watched:
                changed.set()
                return


def _watched(path: Path) -> tuple[frozenset[str], tuple[tuple[str, tuple[int, int]], ...]]:
    """(The paths of *path* itself, of each link it leads through and of the file; their directories with identity).

    The identity (device, inode) tells a directory that was deleted and made again.
    """
    names: list[Path] = []
    with contextlib.suppress(OSError, RuntimeError, ValueError):
        hop = path.parent.resolve() / path.name
        for _ in range(LINK_LIMIT):
            names.append(hop)
            if not hop.is_symlink():
                break
            target = hop.parent / hop.readlink()
            hop = target.parent.resolve() / target.name
    directories: dict[str, tuple[int, int]] = {}
    for name in names:
        with contextlib.suppress(OSError):
            found = name.parent.stat()
            directories[str(name.parent)] = (found.st_dev, found.st_ino)
    return frozenset(map(str, names)), tuple(sorted(directories.items()))
