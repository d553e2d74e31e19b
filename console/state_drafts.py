"""What the operator wrote in the composer, on disk: sent texts, and what was left unsent. Exact, so never redacted.

Two files in the state folder, for this account only (0600), each replaced as a whole.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from console.host import in_thread
from console.i18n import tr
from console.model.draft import ALL_BYTES, DRAFTS, ENTRIES, Kept, Remembered, fits, with_draft, with_sent

SENT: Final = "composer-sent.json"
DRAFT: Final = "composer-drafts.json"
FILE_LIMIT: Final = 4 * ALL_BYTES
"""Bytes of a file that are believed: JSON needs up to twice the room of a text, and a little more."""

Rule = Callable[[tuple[Kept, ...]], tuple[Kept, ...]]


class Drafts:
    """The texts in *folder*. Methods never raise; what went wrong last is in `error`."""

    def __init__(self, folder: Path, *, read_only: bool = False) -> None:
        self.folder = folder
        self.error = ""
        """Why the last change was not written; empty when it was."""
        self._read_only = read_only

    async def remembered(self) -> Remembered:
        """Everything kept; what cannot be read is as if it were not there."""
        return await in_thread(lambda: Remembered(_read(self.folder / SENT), _read(self.folder / DRAFT)))

    async def sent(self, text: str, target: str, at: float) -> str:
        """Keep *text* as sent to *target*, no draft any more; return what the operator should know."""
        if not fits(text):
            return tr("the text is longer than 64 kB: it is not kept in the history")
        new = Kept(text, at, target)
        await self._change(SENT, lambda kept: with_sent(kept, new))
        if not self.error:
            await self._change(DRAFT, lambda kept: with_draft(kept, Kept("", at, target)))
        return self.error

    async def left(self, text: str, target: str, at: float) -> str:
        """Keep *text* as unsent for *target*; a blank one is forgotten. Return what the operator should know."""
        if not fits(text):
            return tr("the text is longer than 64 kB: it is not kept as a draft")
        await self._change(DRAFT, lambda kept: with_draft(kept, Kept(text, at, target)))
        return self.error

    async def _change(self, name: str, rule: Rule) -> None:
        self.error = ""
        if not self._read_only:
            self.error = await in_thread(lambda: _changed(self.folder / name, rule))


def _changed(path: Path, rule: Rule) -> str:
    """Carry *rule* out on the file *path*; return why that failed."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _locked(path.parent):
            _put_aside(path)
            before = _read(path)
            after = rule(before)
            if after != before:
                _write(path, after)
    except OSError as error:
        return tr("{path} cannot be written: {strerror}", path=path, strerror=error.strerror or error)
    return ""


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Two consoles do not write over each other."""
    handle = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _write(path: Path, kept: tuple[Kept, ...]) -> None:
    data = json.dumps([{"text": k.text, "at": k.at, "target": k.target} for k in kept], indent=0)
    spare = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(3)}")
    handle = os.open(spare, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        spare.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            spare.unlink()
        raise


def _parsed(path: Path) -> list[object] | None:
    """What the file holds; None when it is not ours, or damaged. Raises OSError."""
    with path.open("rb") as file:
        data = file.read(FILE_LIMIT + 1)
    if len(data) > FILE_LIMIT:
        return None
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, list) else None


def _put_aside(path: Path) -> None:
    """A damaged file is kept under another name: what stands in it may still be wanted."""
    try:
        damaged = _parsed(path) is None
    except FileNotFoundError:
        return
    if damaged:
        path.replace(path.with_name(f"{path.name}.damaged"))


def _read(path: Path) -> tuple[Kept, ...]:
    try:
        found = _parsed(path) or []
    except OSError:
        return ()
    kept = []
    for each in found[: max(ENTRIES, DRAFTS)]:
        if isinstance(each, dict) and isinstance(each.get("text"), str) and fits(each["text"]):
            at, target = each.get("at"), each.get("target")
            kept.append(
                Kept(
                    each["text"],
                    float(at) if isinstance(at, int | float) and not isinstance(at, bool) else 0.0,
                    target if isinstance(target, str) else "",
                )
            )
    return tuple(kept)
