"""Has another writer undone what the console wrote? Asked each time the log changes."""

from __future__ import annotations

import json
from pathlib import Path

from console.tracker.errors import LogError
from console.tracker.journal import NAME, Journal
from console.tracker.json_file import read_content
from console.tracker.losses import Lost
from console.tracker.names import NO_OVERRIDES, FieldMap


def losses_now(path: Path, mapping: FieldMap = NO_OVERRIDES) -> tuple[Lost, ...]:
    """The operations on the log at *path* that are undone now. Blocks: call it in a thread. Never raises.

    A log that cannot be read now loses nothing: it is asked again at its next change.
    """
    target = path.resolve()
    if not (target.parent / NAME).exists():
        return ()
    try:
        return Journal(target.parent, target).lost(json.loads(read_content(target)), mapping)
    except (OSError, ValueError, RecursionError, LogError):
        return ()


def count_losses(path: Path, mapping: FieldMap = NO_OVERRIDES) -> int:
    """How many `losses_now` there are."""
    return len(losses_now(path, mapping))
