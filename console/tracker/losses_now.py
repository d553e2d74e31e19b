"""Has another writer undone what the console wrote? Asked each time the log changes."""

from __future__ import annotations

import json
from pathlib import Path

from console.tracker.errors import LogError
from console.tracker.journal import NAME, Journal
from console.tracker.json_file import read_content
from console.tracker.names import NO_OVERRIDES, FieldMap


def count_losses(path: Path, mapping: FieldMap = NO_OVERRIDES) -> int:
    """How many operations on the log at *path* are undone now. Blocks: call it in a thread. Never raises.

    A log that cannot be read now loses nothing: it is asked again at its next change.
    """
    target = path.resolve()
    if not (target.parent / NAME).exists():
        return 0
    try:
        return len(Journal(target.parent, target).lost(json.loads(read_content(target)), mapping))
    except (OSError, ValueError, RecursionError, LogError):
        return 0
