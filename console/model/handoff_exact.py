"""What the entries of a document say that the console itself wrote: each field is what stands in its place."""

from __future__ import annotations

from collections.abc import Mapping

from console.model.handoff_blocks import Entry
from console.model.handoff_entries import Item
from console.model.handoff_escape import unescaped
from console.model.handoff_form import ENTRIES, LABELS, NUMBERS, SCORES
from console.model.handoff_items import DecisionEntry, FigureEntry, FigureValue, PointEntry
from console.model.handoff_numbers import as_number
from console.model.handoff_texts import unique

_FIELDS = {label: field for field, labels in LABELS.items() for label in labels}


class ExactMaker:
    """Like `console.model.handoff_entries.Maker`, without any guess."""

    def of_row(self, kind: str, cells: Mapping[str, str], rest: str) -> Item | None:
        """A row of a table; None where it has no number that it needs, or stands below no column of its own."""
        if not any(cells.values()):
            return None
        if kind == "figures":
            return self._figure(cells)
        made = ENTRIES.get(kind)
        if made is None:
            return None
        given: dict[str, object] = dict(cells)
        for name in NUMBERS & given.keys():
            given[name] = _whole(cells[name])
        for name in SCORES & given.keys():
            given[name] = as_number(cells[name])
        if "number" in given:
            given["number"] = _whole(cells["number"].removeprefix("#"))
        needed = {"surfaces": "ref", "services": "label", "automation": "path", "guards": "guard"}.get(kind, "number")
        first: dict[str, object] = {} if kind == "artifacts" else {needed: None if needed == "number" else ""}
        if kind == "artifacts":
            first = {"name": "", "path": ""}
        entry: Item = made(**{**first, **given})
        return entry

    def of_text(self, kind: str, text: str) -> Item | None:
        """A list entry where a table belongs: somebody else wrote it."""
        return None

    def _figure(self, cells: Mapping[str, str]) -> FigureEntry | None:
        value = as_number(cells.get("value", "").removesuffix("+"))
        if value is None:
            return None
        name, at_least = cells.get("name", ""), cells["value"].endswith("+")
        before = as_number(cells.get("before", ""))
        figure = FigureValue(
            name, value, cells.get("unit", ""), at_least, cells.get("key", ""), before, cells.get("remarks", "")
        )
        return FigureEntry(" ".join(cell for cell in cells.values() if cell), (figure,))

    def point(self, kind: str, entry: Entry) -> PointEntry | DecisionEntry:
        """A point with what is labelled below it. What somebody added to it in words is part of its text."""
        held: dict[str, list[str]] = {"paths": [], "options": [], "decided": [], "id": []}
        said = list(entry.texts)
        for below in entry.below:
            text = " ".join(below.texts)
            label, colon, value = text.partition(": ")
            if colon and label in _FIELDS:
                held[_FIELDS[label]].append(unescaped(value.strip()))
            else:
                said.append(text)
        text, commands = unescaped(" ".join(part for part in said if part)), tuple(entry.code)
        if kind != "decisions":
            return PointEntry(text, commands, tuple(held["paths"]))
        decided = "\n".join(unique(held["decided"]))
        id = " ".join(unique(held["id"]))
        return DecisionEntry(text, commands, tuple(held["paths"]), tuple(held["options"]), decided, id)


def _whole(text: str) -> int | None:
    value = as_number(text)
    return value if isinstance(value, int) else None
