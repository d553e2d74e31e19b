"""One record of the dispatch log, whole, with what the console did to it: for the operator's eyes."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from console.i18n import tr
from console.safety import redact, safe_text
from console.tracker.errors import LogError
from console.tracker.journal import Journal
from console.tracker.json_file import read_content
from console.tracker.names import NO_OVERRIDES, FieldMap
from console.tracker.operations import Revision, to_json
from console.tracker.schema import raw_record

RAW_LIMIT: Final = 20_000
"""Characters of a record that are shown."""


@dataclass(frozen=True, slots=True)
class Record:
    """What there is to see of one dispatch; texts are safe to draw."""

    raw: str
    """The record as the file has it, as JSON with two spaces; or why it cannot be shown."""
    history: tuple[str, ...] = ()
    """What the console wrote, oldest first, one line each."""
    revision: Revision | None = None
    """What an edit of it is based on; None when it could not be read."""


def record(path: Path, number: int, mapping: FieldMap = NO_OVERRIDES) -> Record:
    """Read record *number* of the log at *path* and its history. Blocks: call it in a thread. Never raises."""
    try:
        found = raw_record(json.loads(read_content(path)), number, mapping)
    except (OSError, ValueError, RecursionError) as error:
        return Record(safe_text(tr("cannot be read now: {error}", error=error)))
    if found is None:
        return Record(tr("#{number} is not in the file any more", number=number))
    raw = json.dumps(found, ensure_ascii=False, indent=2, default=str)
    return Record(safe_text(raw, multiline=True)[:RAW_LIMIT], _history(path, number), Revision.of(found))


def _history(path: Path, number: int) -> tuple[str, ...]:
    target = path.resolve()
    try:
        entries = Journal(target.parent, target).entries()
    except LogError as error:
        return (safe_text(str(error)),)
    lines = []
    for entry in entries:
        if entry.number == number:
            what = to_json(entry.operation)
            kind = what.pop("kind")
            what.pop("number", None)
            when = time.strftime("%Y-%m-%d %H:%M", time.localtime(entry.at)) if entry.at else tr("at some time")
            values = json.dumps(what, ensure_ascii=False, default=str)
            lines.append(safe_text(redact(f"{when}  {kind}  {values}"), limit=300))
    return tuple(lines)
