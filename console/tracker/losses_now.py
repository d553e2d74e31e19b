"""Has another writer undone what the console wrote? Asked each time the log changes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from console.tracker.errors import LogError
from console.tracker.journal import NAME, Journal
from console.tracker.json_file import read_content
from console.tracker.lock import locked
from console.tracker.losses import Lost
from console.tracker.names import NO_OVERRIDES, FieldMap

WAIT: Final = 2.0
"""Seconds for the lock of the log."""


def losses_now(path: Path, mapping: FieldMap = NO_OVERRIDES) -> tuple[Lost, ...]:
    """The operations on the log at *path* that are undone now. Blocks: call it in a thread. Never raises.

    A log that cannot be read now loses nothing: it is asked again at its next change.
    """
    target = path.resolve()
    if not (target.parent / NAME).exists():
        return ()
    try:
        found = _look(target, mapping)
        if found:
            # A write of ours between the reading of both files looks like a loss: look again while nobody writes.
            with locked(target, WAIT):
                found = _look(target, mapping)
        return found
    except (OSError, ValueError, RecursionError, LogError):
        return ()


def _look(target: Path, mapping: FieldMap) -> tuple[Lost, ...]:
    return Journal(target.parent, target).lost(json.loads(read_content(target)), mapping)


def count_losses(path: Path, mapping: FieldMap = NO_OVERRIDES) -> int:
    """How many `losses_now` there are."""
    return len(losses_now(path, mapping))
