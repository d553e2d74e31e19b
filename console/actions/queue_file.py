"""The queues on disk: one JSON file for all consoles of this account, changed under a lock, replaced whole (0600).

Three locks (flock, let go by the kernel when their holder dies): ``queue.json.lock`` for a moment around each change,
``queue.sending.lock`` for as long as a console is sending, so that what says "sending" while nobody holds it was cut
off, and ``queue.consoles.lock``, shared, for as long as a console takes part.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import stat
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from console.i18n import tr
from console.model.queue import Item, ItemState, Queues, Target
from console.safety import LINE_LIMIT, safe_text
from console.tracker.files import put_in_place, sweep, write_beside
from console.tracker.lock import locked

NAME: Final = "queue.json"
SENDING_LOCK: Final = "queue.sending.lock"
CONSOLES_LOCK: Final = "queue.consoles.lock"
SIZE_LIMIT: Final = 64 << 20
"""Bytes of a file that is believed."""
LOCK_WAIT: Final = 2.0
"""Seconds another console may hold the lock."""
BROKEN: Final = 9
"""Files that could not be understood which are kept beside it."""


class QueueFile:
    """The file in *folder*. Methods block, and raise OSError or `console.tracker.errors.LogError` (never half-done)."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / NAME
        self._folder = folder
        self.notice = ""
        """What the operator should know: the file was not understood, and where it is now."""

    def signature(self) -> tuple[int, int, int] | None:
        """Another one after each change; None without a file."""
        try:
            about = self.path.lstat()
        except OSError:
            return None
        return about.st_ino, about.st_mtime_ns, about.st_size

    def read(self) -> Queues:
        """What the file says; no file, or one that cannot be understood, has no items. Changes nothing."""
        content = self._content()
        return (_parsed(content) or Queues()) if content is not None else Queues()

    def change(self, rule: Callable[[Queues], Queues], wait: float = LOCK_WAIT) -> Queues:
        """Return the queues after *rule*, which are on the disk then. Waits *wait* seconds for the lock."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with locked(self.path, wait):
            sweep(self.path)
            content = self._content()
            before = _parsed(content) if content is not None else Queues()
            if before is None:
                self._put_aside()
                before = Queues()
            after = rule(before)
            if after is not before:
                temporary = write_beside(self.path, _written(after), None)
                try:
                    put_in_place(temporary, self.path)
                finally:
                    with contextlib.suppress(OSError):
                        temporary.unlink()
        return after

    @contextlib.contextmanager
    def sending(self) -> Iterator[bool]:
        """Be the one console that sends; False, at once, when another one does."""
        handle = self._locked(SENDING_LOCK, fcntl.LOCK_EX)
        try:
            yield handle is not None
        finally:
            if handle is not None:
                os.close(handle)

    def attend(self) -> int | None:
        """Take part from now on, until the handle is closed; None while somebody is looking who does."""
        return self._locked(CONSOLES_LOCK, fcntl.LOCK_SH)

    def attended(self) -> bool:
        """Whether a console takes part now, and will send what may be sent."""
        try:
            if not (self._folder / CONSOLES_LOCK).exists():
                return False
            handle = self._locked(CONSOLES_LOCK, fcntl.LOCK_EX)
        except OSError:
            return False
        if handle is not None:
            os.close(handle)
        return handle is None

    def _locked(self, name: str, how: int) -> int | None:
        """A handle that holds the lock; None when another one holds it."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        handle = os.open(self._folder / name, flags, 0o600)
        try:
            fcntl.flock(handle, how | fcntl.LOCK_NB)
        except OSError as error:
            os.close(handle)
            if error.errno not in (errno.EWOULDBLOCK, errno.EACCES, errno.EAGAIN):
                raise
            return None
        return handle

    def _content(self) -> bytes | None:
        try:
            handle = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
        except FileNotFoundError:
            return None
        with os.fdopen(handle, "rb") as file:
            about = os.fstat(handle)
            if not stat.S_ISREG(about.st_mode) or about.st_size > SIZE_LIMIT:
                raise OSError(errno.EINVAL, tr("is no regular file of a usable size"), str(self.path))
            return file.read()

    def _put_aside(self) -> None:
        """Keep what cannot be understood: a task may be in it. The oldest ones are given up."""
        names = [self.path.with_name(f"{NAME}.broken-{number}") for number in range(1, BROKEN + 1)]
        free = next((name for name in names if not name.exists()), None)
        if free is None:
            free = min(names, key=lambda name: name.stat().st_mtime_ns)
        self.path.replace(free)
        self.notice = tr(
            "{path}: is no queue; it is kept as {name}, and a new one is begun",
            path=safe_text(str(self.path)),
            name=free.name,
        )


def _written(queues: Queues) -> bytes:
    document = {
        "version": 1,
        "starts": queues.starts,
        "stopped": queues.stopped,
        "paused": sorted(queues.paused),
        "items": [*(_item_out(item) for item in queues.items), *queues.unknown],
    }
    return json.dumps(document, ensure_ascii=False, indent=1).encode("utf-8", "surrogatepass") + b"\n"


def _item_out(item: Item) -> dict[str, Any]:
    target = item.target
    return {
        "id": item.id,
        "target": {name: getattr(target, name) for name in ("ref", "uuid", "name", "pid", "server")},
        "state": str(item.state),
        "title": item.title,
        "text": item.text,
        "options": dict(item.options),
        "created_at": item.created_at,
        "at": item.at,
        "reason": item.reason,
        "tries": item.tries,
        "facts": item.facts,
        "armed": item.armed,
        "number": item.number,
    }


def _parsed(content: bytes) -> Queues | None:
    """The queues; None when this is no queue at all. An item that is not understood is kept as it is."""
    try:
        document = json.loads(content.decode("utf-8", "surrogatepass"))
    except (ValueError, RecursionError, MemoryError):
        return None
    if not isinstance(document, dict) or not isinstance(document.get("items"), list):
        return None
    items: list[Item] = []
    unknown: list[Any] = []
    for raw in document["items"]:
        item = _item_in(raw)
        if item is None or any(item.id == other.id for other in items):
            unknown.append(raw)
        else:
            items.append(item)
    paused = document.get("paused")
    names = frozenset(name for name in paused if isinstance(name, str)) if isinstance(paused, list) else frozenset()
    stopped = document.get("stopped")
    # Whoever broke this field meant something by it: nothing is sent until it is resumed.
    why = safe_text(stopped, limit=200) if isinstance(stopped, str) else "" if stopped is None else "stopped"
    starts = max([_whole(document.get("starts")) or 0, *(item.armed for item in items)])
    return Queues(tuple(items), starts, why, names, tuple(unknown))


def _item_in(raw: object) -> Item | None:
    if not isinstance(raw, Mapping):
        return None
    target, state, text = raw.get("target"), raw.get("state"), raw.get("text")
    known = isinstance(state, str) and state in set(ItemState) - {ItemState.PAUSED}
    if not (known and isinstance(target, Mapping) and isinstance(text, str) and _text(raw, "id")):
        return None
    if not _text(target, "ref"):
        return None
    options, created = raw.get("options"), _time(raw.get("created_at"))
    return Item(
        _text(raw, "id"),
        Target(
            _text(target, "ref"),
            _text(target, "uuid"),
            _text(target, "name"),
            _whole(target.get("pid")),
            _text(target, "server"),
        ),
        text,
        _text(raw, "title"),
        created if created is not None else 0.0,
        options if isinstance(options, dict) else {},
        ItemState(str(state)),
        _text(raw, "reason", 500),
        _time(raw.get("at")),
        _whole(raw.get("tries")) or 0,
        str(raw.get("facts") or ""),
        _whole(raw.get("armed")) or 0,
        _whole(raw.get("number")),
    )


def _text(record: Mapping[str, Any], name: str, limit: int = LINE_LIMIT) -> str:
    held = record.get(name)
    return safe_text(held, limit=limit) if isinstance(held, str) else ""


def _whole(held: object) -> int | None:
    return held if isinstance(held, int) and not isinstance(held, bool) and 0 <= held < 1 << 62 else None


def _time(held: object) -> float | None:
    fine = isinstance(held, int | float) and not isinstance(held, bool) and 0 <= held < 1e12
    return float(held) if fine else None  # type: ignore[arg-type]
