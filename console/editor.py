"""A text in the operator's own editor: written to a private file, read back, removed."""

from __future__ import annotations

import contextlib
import os
import shlex
import stat
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from console.host import HostError, attend, in_thread
from console.i18n import tr
from console.safety import safe_text

NAMES: Final = ("VISUAL", "EDITOR")
"""Environment variables that name the editor; the first one that is set counts, as in git and crontab."""
SIZE_LIMIT: Final = 1024 * 1024
"""Bytes of the edited file that are taken back."""

READ: Final = 256 * 1024
"""Bytes of a file that are shown; a pager shows the rest."""
NAMES_SHOWN: Final = 200
"""Names of a folder that are listed."""


class EditError(Exception):
    """The text could not be edited; it says why and what to do. The text is what it was."""


def editor(env: Mapping[str, str]) -> list[str]:
    """The command that *env* names, as an argv. Raises `EditError`."""
    for name in NAMES:
        command = env.get(name, "").strip()
        if not command:
            continue
        try:
            argv = shlex.split(command)
        except ValueError as error:
            raise EditError(
                tr(
                    "${name} cannot be read ({error}): {command}",
                    name=name,
                    error=error,
                    command=safe_text(command, limit=80),
                )
            ) from error
        if argv:
            return argv
    raise EditError(tr("neither $VISUAL nor $EDITOR is set; for example: export EDITOR=nano"))


async def edit(text: str, folder: Path | None, env: Mapping[str, str]) -> str:
    """Return *text* as the operator leaves it. The screen has been given back. Raises `EditError`.

    The file is in *folder* (None: the system's own place), only this account can read it, and it is gone afterwards.
    One newline at the end is the editor's own and not part of the text.
    """
    argv = editor(env)
    path = _write(text, folder)
    try:
        try:
            code = await attend([*argv, str(path)])
        except HostError as error:
            raise EditError(str(error)) from error
        if code:
            raise EditError(_ended(safe_text(argv[0], limit=80), code))
        return _read(path)
    finally:
        with contextlib.suppress(OSError):  # an editor may have removed it
            path.unlink()


def _ended(program: str, code: int) -> str:
    if code < 0:
        return tr("{program} was ended by signal {signal}; the text is what it was", program=program, signal=-code)
    return tr("{program} ended with exit code {code}; the text is what it was", program=program, code=code)


def _write(text: str, folder: Path | None) -> Path:
    try:
        if folder is not None:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix="task-", suffix=".md", dir=folder)  # 0600
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode("utf-8", "replace") + (b"\n" if text else b""))
    except OSError as error:
        raise EditError(
            tr(
                "a file for the editor cannot be written: {reason}: {path}",
                reason=error.strerror,
                path=error.filename,
            )
        ) from error
    return Path(name)


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(SIZE_LIMIT + 1)
    except OSError as error:
        raise EditError(
            tr("the edited file cannot be read: {reason}; the text is what it was", reason=error.strerror)
        ) from error
    if len(data) > SIZE_LIMIT:
        raise EditError(tr("the edited text is larger than 1 MiB; the text is what it was"))
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise EditError(tr("the edited file is not UTF-8; save it as UTF-8; the text is what it was")) from error
    return text.replace("\r\n", "\n").removesuffix("\n")


async def show(argv: Sequence[str]) -> str:
    """Run a pager or an editor on the terminal, which has been given back. Empty, or what went wrong. Never raises."""
    try:
        code = await attend(argv)
    except HostError as error:
        return str(error)
    return tr("{program} ended with {code}", program=argv[0], code=code) if code else ""


async def content(path: str) -> tuple[str, str]:
    """The file *path*, made safe, and a note on what of it that is. Raises OSError."""
    return await in_thread(lambda: _content(path))


def _content(path: str) -> tuple[str, str]:
    """The file, made safe, and a note on what of it is shown. Raises OSError. Blocks."""
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)  # a fifo would hold an ordinary open for ever
    try:
        found = os.fstat(handle)
        if stat.S_ISDIR(found.st_mode):
            names = sorted(os.listdir(path))[:NAMES_SHOWN]  # noqa: PTH208 - names are enough
            return safe_text("\n".join(names), multiline=True), tr("A folder.")
        if not stat.S_ISREG(found.st_mode):
            raise OSError(0, tr("is no regular file"))
        data = os.pread(handle, READ, 0)
    finally:
        os.close(handle)
    if b"\0" in data[:4096]:
        return "", tr("A binary file of {count:,} bytes.", count=found.st_size)
    text = safe_text(data.decode("utf-8", "replace"), multiline=True)
    changed = time.strftime("%Y-%m-%d %H:%M", time.localtime(found.st_mtime))
    if found.st_size > READ:
        return text, tr("Changed {time}, the first {size} kB of it.", time=changed, size=READ // 1024)
    return text, tr("Changed {time}.", time=changed)
