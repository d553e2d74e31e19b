"""How a text goes out: as a paste, as one typed line, or as a file that one typed line names."""

from __future__ import annotations

import os
import secrets
from collections.abc import Set
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from console.i18n import tr

TYPED_LIMIT: Final = 900
"""Characters of a line that a back end without a paste types; both cmux doors take at least this many."""
TEMPLATE: Final = "Read the file {path} and do what it says."
"""An agent reads it: not of the interface."""

Way = Literal["paste", "type", "file"]


@dataclass(frozen=True, slots=True)
class Plan:
    """How one text will be typed."""

    way: Way
    text: str
    """What is typed into the surface, exactly; with ``file`` the path's name is made when it is sent."""
    folder: Path | None = None


class NoWay(Exception):
    """A text cannot be typed here; the text says why and what to do."""


def plan(text: str, capabilities: Set[str], folder: Path | None, template: str = TEMPLATE) -> Plan:
    """Say how *text* goes to a back end with these *capabilities*. Raises `NoWay`.

    *folder* is where a text may be put that is too long to be typed, or has several lines; ``{path}`` in *template*
    stands for the file.
    """
    if "paste" in capabilities:
        return Plan("paste", text)
    if len(text) <= TYPED_LIMIT and "\n" not in text and "\t" not in text:
        return Plan("type", text)
    if folder is None:
        raise NoWay(
            tr(
                "this terminal has no paste, and the text has several lines, tabs or too many "
                "characters; name a folder for such texts, or write one short line"
            )
        )
    line = template.replace("{path}", str(folder / "task-….md"))
    if "\n" in line or len(line) > TYPED_LIMIT or "{path}" not in template:
        raise NoWay(tr("the line that names the file has to be one short line with {path} in it"))
    return Plan("file", line, folder)


def write_file(folder: Path, text: str) -> Path:
    """Write *text* into a new file that only this account can read, and return its path. Raises OSError.

    The folder is made (0700); the file is 0600, and on the disk when this returns.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"task-{secrets.token_hex(6)}.md"
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        with suppress(OSError):
            path.unlink()
        raise
    return path
