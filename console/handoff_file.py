"""Reads hand-off documents from disk."""

from __future__ import annotations

import contextlib
import os
import stat
import sys
from typing import TYPE_CHECKING, Final

from console.i18n import tr
from console.safety import safe_text

if TYPE_CHECKING:
    from console.model.handoff import Handoff

SIZE_LIMIT: Final = 16 << 20
"""Bytes of a document that are accepted."""


class Unreadable(Exception):
    """A document that cannot be read; the text says which, why, and what to do."""


def understood(text: str) -> Handoff:
    """Read the document *text* with the words of the package and of the operator. Raises `Unreadable`."""
    from console.handoff_data import own_file, words
    from console.model.handoff import read

    try:
        return read(text, words(own_file()))
    except ValueError as error:
        raise Unreadable(safe_text(str(error), limit=400)) from error


def text_of(name: str) -> str:
    """The text of the file *name*, ``-`` for standard input, safe to show; its lines keep their numbers.

    It is UTF-8, UTF-16 or, where that cannot be, code page 949; bytes that are not become U+FFFD.
    Raises `Unreadable`.
    """
    shown = safe_text(name, limit=400)
    try:
        data = sys.stdin.buffer.read(SIZE_LIMIT + 1) if name == "-" else _bytes(name)
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise Unreadable(
            tr(
                "{shown}: cannot be read ({reason}); name a hand-off document, or - for input",
                shown=shown,
                reason=reason,
            )
        ) from error
    if len(data) > SIZE_LIMIT:
        raise Unreadable(
            tr(
                "{shown}: more than {size_limit} MiB; this is no hand-off document",
                shown=shown,
                size_limit=SIZE_LIMIT >> 20,
            )
        )
    return safe_lines(_decoded(data).replace("\r\n", "\n").replace("\r", "\n"))


def safe_lines(text: str) -> str:
    """*text* safe to show, each line whole; tabs stay: one may separate the cells of a table from a browser."""
    return "\t".join(safe_text(part, multiline=True, limit=max(1, len(part))) for part in text.split("\t"))


def _decoded(data: bytes) -> str:
    """*data* as text: UTF-8, UTF-16 with or without its mark, or the code page 949 of Korean Windows."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    if len(data) % 2 == 0 and data.count(0) * 10 > len(data):
        for codec, at in (("utf-16-le", 1), ("utf-16-be", 0)):
            if data[at::2].count(0) > 10 * data[1 - at :: 2].count(0):
                return data.decode(codec, "replace")
    text = data.decode("utf-8-sig", "replace")
    # A UTF-8 document with some broken bytes stays one: here hardly a sign beyond ASCII could be read.
    beyond = sum(char > "\x7f" for char in text) if "\ufffd" in text else 0
    if beyond and text.count("\ufffd") * 2 > beyond:
        with contextlib.suppress(UnicodeDecodeError):
            return data.decode("cp949")
    return text


def _bytes(name: str) -> bytes:
    """Read the file *name* without waiting: a pipe that nobody writes to is no document."""
    path = os.path.expanduser(name)  # noqa: PTH111 - Path.expanduser raises without a home directory
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb", closefd=True) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise ValueError(tr("is not a regular file"))
        return file.read(SIZE_LIMIT + 1)
