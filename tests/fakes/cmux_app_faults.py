"""The switches of the double: every documented misbehaviour, off unless set (or unless the release always has it).

They may be set in Python (``app.faults.swallow_enter = 2``), on the command line (``--fault swallow_enter=2``), in a
JSON file that is read again whenever it changes (``--faults FILE``), and over the socket (``double.faults``).
"""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any


@dataclass(slots=True)
class Faults:
    """Counters say how many of the next such acts go wrong; -1 means all of them."""

    denied: str = "no"
    """``no``, ``yes``, or ``peers``: only descendants of this process are let in, as in mode cmuxOnly."""
    korean: bool = False
    """B denies in Korean."""
    utf8_chunk_loss: bool | None = None
    """A reads at most 4,095 bytes and drops a chunk that splits a character. None: as the release does."""
    idle_close: float | None = None
    """Seconds; None: as the release does; 0: never."""
    stall: float = 0.0
    """Seconds the main thread hangs before each command that `stall_methods` names; everyone waits."""
    stall_methods: list[str] = field(default_factory=list)
    """Empty: every command."""
    stall_count: int = -1
    late: int = 0
    """So many answers come `late_seconds` late, the connection alone waits."""
    late_seconds: float = 1.0
    missing: list[str] = field(default_factory=list)
    """Methods that are neither listed nor answered."""
    method_error: str = "method_not_found"
    """Code for an unknown method; the compat layer of cmux-next says ``unsupported``."""
    wrong_workspace_error: bool | None = None
    """A surface of another workspace than the one named is refused. None: as the release does."""
    bad_surface_is_focused: bool = False
    """Up to 0.62 a dead surface id meant the focused surface (#2042)."""
    swallow_enter: int = 0
    lost_sends: int = 0
    delayed_sends: float = 0.0
    """Seconds between the answer and the typing (#9769)."""
    paste_path_bytes: int = 0
    """Text of at least so many bytes goes through the paste path, its last return with it (MioIsland#97); 0: never."""
    freeze_over: int = 0
    """A text of more characters than this freezes the surface: nothing arrives any more (#2396); 0: never."""
    paste_submit_fails: int = 0
    input_queue_full: int = 0
    cold_start: float | None = None
    """Seconds from the first send to a cold surface until its program starts. None: as the release does."""
    slow_consumer: int = 0
    """So many event streams are cut with ``slow_consumer`` at the next event."""
    heartbeat: float = 15.0
    """Seconds between heartbeats."""
    half_line: int = 0
    """So many answers stop in the middle of the line, and the connection is closed."""
    huge_line: int = 0
    """So many answers carry a pad that makes the line 16 MiB long."""
    huge_bytes: int = 16 * 1024 * 1024
    invalid_utf8: int = 0
    """So many answers hold bytes that are no UTF-8."""
    invalid_json: int = 0
    other_id: int = 0
    """So many answers carry an id nobody asked with; the right one follows if `other_id_then_right`."""
    other_id_then_right: bool = True
    no_answer: int = 0
    close_instead: int = 0
    """So many commands are carried out, then the connection is closed without an answer."""
    stray_line: int = 0
    """So many v2 answers come after a stray v1 status line."""
    one_byte_writes: int = 0
    """So many answers dribble in single bytes."""

    def set(self, changes: dict[str, Any]) -> None:
        """Take *changes*. Raises ValueError for a name or a type that is not there."""
        kinds = {f.name: f for f in fields(self) if not f.name.startswith("_")}
        for name, value in changes.items():
            if name not in kinds:
                raise ValueError(f"{name}: no such fault; there are {', '.join(kinds)}")
            setattr(self, name, _fit(name, getattr(_DEFAULTS, name), str(kinds[name].type), value))

    def reset(self) -> None:
        """Switch everything off."""
        for f in fields(self):
            value = getattr(Faults(), f.name)
            setattr(self, f.name, value)

    def as_dict(self) -> dict[str, Any]:
        """All switches."""
        return {f.name: getattr(self, f.name) for f in fields(self)}

    def spend(self, name: str) -> bool:
        """Whether this act goes wrong; counts down."""
        with _LOCK:
            left: int = getattr(self, name)
            if left > 0:
                setattr(self, name, left - 1)
            return left != 0


_LOCK = threading.Lock()
_DEFAULTS = Faults()


def _fit(name: str, default: Any, kind: str, value: Any) -> Any:
    if isinstance(value, str) and kind != "str":
        value = value.split(",") if "list" in kind else json.loads(value.lower())
    if value is None and "None" in kind:
        return None
    if "list" in kind and isinstance(value, list):
        return [str(item) for item in value]
    if "float" in kind and isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    if "bool" in kind and isinstance(value, bool):
        return value
    if kind == "int" and isinstance(value, int) and not isinstance(value, bool):
        return value
    if kind == "str" and isinstance(value, str):
        return value
    raise ValueError(f"{name}: {value!r} is no {kind}; the default is {default!r}")


@dataclass(slots=True)
class FaultFile:
    """A JSON object of faults in a file; `look` takes it again when it has changed."""

    path: Path | None
    faults: Faults
    error: str = ""
    _seen: bytes = b""

    def look(self) -> None:
        """Read the file if there is one; a bad one is kept in `error`, and nothing changes."""
        if self.path is None:
            return
        try:
            data = self.path.read_bytes()
        except OSError as error:
            self.error = str(error)
            return
        if data == self._seen:
            return
        self._seen = data
        try:
            self.faults.set(json.loads(data or b"{}"))
        except ValueError as error:
            self.error = str(error)
