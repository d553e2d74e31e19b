"""Where the operator was in the console, on disk: it comes up there again after a restart, a crash or a kill.

One file for all consoles of an account: a view for each terminal server and configuration.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Final

from console.i18n import tr

NAME: Final = "views.json"
SIZE_LIMIT: Final = 1 << 20
"""Bytes of the file that are believed."""
TRIES, TRY_EVERY = 20, 0.01
"""Times the lock is tried for, and seconds between."""
KEPT: Final = 40
"""Views that are kept, the last ones written."""
LONGEST: Final = 400
"""Characters of a text in it."""


@dataclass(frozen=True, slots=True)
class View:
    """What the operator had chosen. Texts are the operator's own, or names and ids of surfaces; never of a screen."""

    surface: str = ""
    """Uuid of the selected surface; empty where the server gives none."""
    name: str = ""
    ref: str = ""
    page: int = 0
    zoomed: bool = False
    table: bool = False
    """Whether the operator was in the dispatch table."""
    dispatch: int | None = None
    """Number of the dispatch under the cursor."""
    filter: str = ""
    sort: str = ""
    screen: str = ""
    """Action that opens the screen that lay above the fleet: ``decisions``."""
    theme: str = ""
    theme_before: str = ""
    """Theme of the configuration when this one was chosen: one that was written there later goes before."""


class Views:
    """The file in *folder*, for one configuration. Methods block for a moment and never raise."""

    def __init__(self, folder: Path, config: str = "") -> None:
        """*config* is the path of the configuration; empty without one."""
        self.path = folder / NAME
        self.error = ""
        """Why the last writing failed."""
        self._config = config

    def load(self, server: str) -> View | None:
        """The view of *server*; None where there is none that is understood."""
        return _view(self._read().get(self._key(server)))

    def last(self) -> View | None:
        """The view of this configuration that was written last, whatever the server."""
        every = [view for key, view in self._read().items() if key.partition("\t")[2] == self._config]
        return _view(every[-1]) if every else None

    def keep(self, server: str, view: View) -> bool:
        """Write the view of *server*; whether that could be done."""
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with _locked(self.path):
                every = self._read()
                every.pop(self._key(server), None)
                every[self._key(server)] = asdict(view)
                self._write(dict(list(every.items())[-KEPT:]))
            self.error = ""
        except OSError as error:
            self.error = tr("{path} cannot be written: {strerror}", path=self.path, strerror=error.strerror)
        return not self.error

    def _key(self, server: str) -> str:
        return f"{server}\t{self._config}"

    def _read(self) -> dict[str, Any]:
        try:
            with self.path.open("rb") as file:
                found = json.loads(file.read(SIZE_LIMIT))
        except (OSError, ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}

    def _write(self, every: Mapping[str, Any]) -> None:
        data = json.dumps(every, ensure_ascii=False, indent=1).encode("utf-8", "replace")
        spare = self.path.with_name(f"{NAME}.{os.getpid()}")
        try:
            spare.unlink(missing_ok=True)
            handle = os.open(spare, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            spare.replace(self.path)
        finally:
            with contextlib.suppress(OSError):
                spare.unlink(missing_ok=True)


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Two consoles that write at once lose nothing; the kernel lets go when one dies."""
    handle = os.open(path.with_name(f"{path.name}.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        for left in range(TRIES, -1, -1):
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if not left:
                    raise  # another console holds it and does not move: nobody waits for a view
                time.sleep(TRY_EVERY)
        yield
    finally:
        os.close(handle)


def _view(found: object) -> View | None:
    """What is of the right kind in *found*; everything else is as if it were not said."""
    if not isinstance(found, dict):
        return None
    kept: dict[str, Any] = {}
    for each in fields(View):
        value = found.get(each.name)
        if isinstance(each.default, bool):
            good = isinstance(value, bool)
        elif isinstance(each.default, str):
            good = isinstance(value, str) and len(value) <= LONGEST and value.isprintable()
        else:
            good = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 31
        if good:
            kept[each.name] = value
    return View(**kept)
