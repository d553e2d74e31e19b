"""Which surface each entry of the configuration meant, on disk: a restart of the console must not forget it.

cmux gives refs anew at each start. Without this, a console that is started after cmux would take whatever terminal a
ref leads to now for the one it meant before (cmux issue 13418).
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from console.i18n import tr
from console.model.binding import SurfaceSpec

NAME: Final = "bindings.json"
SIZE_LIMIT: Final = 1 << 20
"""Bytes of the file that are believed."""
SERVERS: Final = 20
"""Terminal servers that are remembered, the last ones written."""


class Bindings:
    """The file in *folder*, for the entries *specs*. What cannot be read is as if it were not there."""

    def __init__(self, folder: Path, specs: Sequence[SurfaceSpec]) -> None:
        self.path = folder / NAME
        self.error = ""
        """Why the last writing failed."""
        self._specs = tuple(specs)

    def load(self, server: str) -> dict[str, str]:
        """From an entry's ref to the uuid it meant on *server*. An entry that was renamed since is a new one."""
        kept = self._read().get(server)
        found = {}
        for spec in self._specs:
            entry = kept.get(spec.ref) if isinstance(kept, dict) else None
            if isinstance(entry, dict) and entry.get("name") == spec.name and isinstance(entry.get("uuid"), str):
                found[spec.ref] = entry["uuid"]
        return found

    def keep(self, server: str, bindings: Mapping[str, str]) -> None:
        """Write what the entries mean on *server*; a failure is kept in `error`."""
        every = self._read()
        every.pop(server, None)
        names = {spec.ref: spec.name for spec in self._specs}
        every[server] = {ref: {"name": names.get(ref, ""), "uuid": uuid} for ref, uuid in bindings.items()}
        text = json.dumps(dict(list(every.items())[-SERVERS:]), ensure_ascii=False, indent=1)
        spare = self.path.with_name(f"{NAME}.{os.getpid()}")
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            spare.unlink(missing_ok=True)
            handle = os.open(spare, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8", errors="replace") as file:
                file.write(text)
            spare.replace(self.path)
            self.error = ""
        except OSError as error:
            self.error = tr("{path} cannot be written: {strerror}", path=self.path, strerror=error.strerror)
            with contextlib.suppress(OSError):  # it may never have been there
                spare.unlink(missing_ok=True)

    def _read(self) -> dict[str, object]:
        try:
            with self.path.open("rb") as file:
                found = json.loads(file.read(SIZE_LIMIT))
        except (OSError, ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}
