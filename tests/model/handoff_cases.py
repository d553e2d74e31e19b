"""Hand-off documents with what each must give, and random facts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from console.handoff_data import words
from console.model.handoff import Handoff, Words, as_document, read
from console.model.handoff_items import LISTS

FOLDER: Final = Path(__file__).parents[1] / "golden" / "handoffs"
NAMES: Final = tuple(sorted(path.stem for path in FOLDER.glob("*.json")))
REAL: Final = Path(__file__).parents[3] / "shared" / "handoff-2026-04-10.txt"
"""A document of an operator, which is not part of this project."""
EVERYWHERE: Final = (*LISTS, "notes", "sections", "not_understood")


@lru_cache(1)
def vocabulary() -> Words:
    """The words of the package."""
    return words()


def document(text: str) -> dict[str, Any]:
    """What *text* says, as in the JSON."""
    return as_document(read(text, vocabulary()))


def lost(text: str, handoff: Handoff) -> set[int]:
    """Lines of *text* that are not blank and in none of the lists."""
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    held = {line for name in EVERYWHERE for found in getattr(handoff, name) for line in found.lines}
    return {at for at, line in enumerate(lines, 1) if line.strip() and at not in held}


def differences(told: object, wanted: object, where: str = "") -> list[str]:
    """Where *told* is not what is *wanted*; keys that are not wanted do not count."""
    if isinstance(wanted, Mapping) and isinstance(told, Mapping):
        return [each for key, value in wanted.items() for each in differences(told.get(key), value, f"{where}.{key}")]
    if isinstance(wanted, list) and isinstance(told, list):
        if len(told) != len(wanted):
            return [f"{where}: {len(told)}, not {len(wanted)}: {json.dumps(told, ensure_ascii=False)[:600]}"]
        pairs = enumerate(zip(told, wanted, strict=True))
        return [each for at, (one, other) in pairs for each in differences(one, other, f"{where}[{at}]")]
    return [] if told == wanted else [f"{where}: {told!r}, not {wanted!r}"]


def against(told: Mapping[str, Any], wanted: Mapping[str, Any]) -> list[str]:
    """Where a document is not as its golden file has it."""
    counts = {name: len(told[name]) for name in wanted["counts"]}
    rest = {key: value for key, value in wanted.items() if key != "counts"}
    return differences(counts, wanted["counts"], "counts") + differences(told, rest)
