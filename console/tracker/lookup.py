"""Single fields of the records of a log as the file has them, found without loading what writes it."""

from __future__ import annotations

import json
from pathlib import Path

from console.tracker.json_file import read_content
from console.tracker.names import NO_OVERRIDES, FieldMap
from console.tracker.numbers import number_in
from console.tracker.schema import find_records, raw_record


def text_of(path: Path, number: int, field: str, mapping: FieldMap = NO_OVERRIDES) -> str:
    """The text under *field* in record *number*, not made safe; empty where there is none. Blocks. Never raises."""
    try:
        found = raw_record(json.loads(read_content(path)), number, mapping)
    except (OSError, ValueError, RecursionError):
        return ""
    held = found.get(field) if found is not None else None
    return held if isinstance(held, str) else ""


def number_with(path: Path, field: str, text: str, mapping: FieldMap = NO_OVERRIDES) -> int | None:
    """The number of the last record that has *text* under *field*; None without one. Blocks. Never raises."""
    try:
        found = find_records(json.loads(read_content(path)))
    except (OSError, ValueError, RecursionError):
        return None
    keys, records = found if found is not None else (None, [])
    under = keys if keys is not None else [None] * len(records)
    for key, each in reversed(list(zip(under, records, strict=True))):
        if isinstance(each, dict) and each.get(field) == text:
            return number_in(key, each, mapping.names("number"))
    return None
