"""A configuration that is being written: entries with where they came from, as YAML that loads.

What the loader does not take is not lost and does no harm: it stands there behind a ``#``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from console.i18n import tr
from console.safety import redact, safe_text

ENTRY_LIMIT: Final = 100
"""Entries of one section that are written; the rest is counted."""
TEXT_LIMIT: Final = 160
"""Characters of a text that are written."""
ROUNDS: Final = 40
"""Tries until everything that is refused stands behind a ``#``."""

Value = str | int | float | bool | Sequence[str]
_REFUSED: Final = re.compile(r":(\d+):\d+(?:[ :]|$)")
_UNUSABLE: Final = re.compile("[\ufffe\uffff]")


@dataclass(slots=True)
class Item:
    """One entry of a list, or one key of a group."""

    values: Mapping[str, Value]
    note: str = ""
    """Where it came from: ``line 22``."""
    off: bool = False
    """It is only told, behind a ``#``."""


@dataclass(slots=True)
class Group:
    """One section of the configuration."""

    name: str
    about: str
    items: list[Item] = field(default_factory=list)
    listed: bool = True
    """A list of entries; else one group of keys."""
    remarks: list[str] = field(default_factory=list)
    """Comments below its entries."""


@dataclass(slots=True)
class Draft:
    """The whole file."""

    head: list[str]
    groups: list[Group]
    tail: list[str] = field(default_factory=list)

    def text(self) -> str:
        """The file as it stands."""
        return "\n".join(line for line, _ in self._lines()) + "\n"

    def settle(self, load: Callable[[str], str]) -> str:
        """The file, once *load* takes it; *load* gives the problems of a text as `console.config.load` does, or "".

        What a problem is about goes behind a ``#``; in the end, if need be, everything.
        """
        for _ in range(ROUNDS):
            problems = load(self.text())
            if not problems:
                return self.text()
            owners = [item for _, item in self._lines()]
            changed = False
            for found in _REFUSED.finditer(problems):
                at = int(found.group(1)) - 1
                item = owners[at] if at < len(owners) else None
                if item is not None and not item.off:
                    item.off = changed = True
            if not changed:
                break
        for group in self.groups:
            for item in group.items:
                item.off = True
        return self.text()

    def _lines(self) -> list[tuple[str, Item | None]]:
        found: list[tuple[str, Item | None]] = [(_comment(line), None) for line in self.head]
        for group in self.groups:
            found += [("", None), (_comment(group.about), None)]
            kept = group.items[:ENTRY_LIMIT]
            if any(not item.off for item in kept):
                first = next(item for item in kept if not item.off)
                found.append((f"{group.name}:", first))
            else:
                found.append((f"# {group.name}:", None))
            for item in kept:
                found += _item(item, group.listed)
            if len(group.items) > ENTRY_LIMIT:
                found.append((_comment(tr("and {count} more", count=len(group.items) - ENTRY_LIMIT)), None))
            found += [(_comment(remark, "  "), None) for remark in group.remarks[:ENTRY_LIMIT]]
        if self.tail:
            found.append(("", None))
        return found + [(_comment(line), None) for line in self.tail[: 3 * ENTRY_LIMIT]]


def _item(item: Item, listed: bool) -> list[tuple[str, Item | None]]:
    lines: list[tuple[str, Item | None]] = [(_comment(item.note, "  "), None)] if item.note else []
    mark = "#" if item.off else ""
    if listed:
        inside = ", ".join(f"{key}: {_yaml(value)}" for key, value in item.values.items())
        return [*lines, (f"  {mark}{' ' if mark else ''}- {{{inside}}}", item)]
    shown = [f"  {mark}{' ' if mark else ''}{key}: {_yaml(value)}" for key, value in item.values.items()]
    return [*lines, *((line, item) for line in shown)]


def _yaml(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, str):
        return _quoted(value)
    return f"[{', '.join(_quoted(each) for each in value)}]"


def _quoted(text: str) -> str:
    """A double-quoted scalar; every text YAML can hold, cut and without control characters."""
    plain = _UNUSABLE.sub("\ufffd", safe_text(redact(text.strip()), limit=TEXT_LIMIT))
    return json.dumps(plain, ensure_ascii=False)


def _comment(text: str, indent: str = "") -> str:
    plain = _UNUSABLE.sub("\ufffd", safe_text(redact(text), limit=2 * TEXT_LIMIT))
    return f"{indent}# {plain}" if plain.strip() else f"{indent}#".rstrip()
