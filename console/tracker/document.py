"""A dispatch log as text with the places of its records: one record is changed, every other byte stays as it is."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from math import inf
from typing import Final

from console.i18n import tr
from console.safety import safe_text
from console.tracker.layout import Layout, dump_like
from console.tracker.names import CONTAINERS, SYNONYMS
from console.tracker.schema import is_keyed

_BLANK: Final = re.compile(r"[ \t\r\n]*")
_read: Final = json.JSONDecoder().raw_decode
_BOM: Final = "\ufeff"
_EMPTY: Final = '\n  "dispatches": []\n'
NEW: Final = f"{{{_EMPTY}}}\n".encode()
"""A log that does not exist yet."""


class NotALog(ValueError):
    """JSON, but no dispatch log."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One value and its place in the text."""

    key: str | None
    """What it stands under in an object."""
    member: int
    """Offset where it begins, with its key."""
    start: int
    end: int
    value: object


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed log. Offsets are characters of `text`."""

    text: str
    entries: tuple[Entry, ...]
    """The records, in the order of the file."""
    keyed: bool
    """The records stand in an object, under their numbers."""
    inside: tuple[int, int] | None
    """Where the records' list or object begins and ends, without its brackets; None when there is but one record."""

    def replaced(self, index: int, record: object) -> str:
        """Return the text with entry *index* being *record*. Raises NotALog when that would lose something of it."""
        entry = self.entries[index]
        _check_faithful(self.text[entry.start : entry.end])
        layout = Layout.of(self.text, entry.start, entry.end, entry.value)
        return self.text[: entry.start] + layout.dump(record) + self.text[entry.end :]

    def inserted(self, record: object, key: str, *, first: bool = False) -> str:
        """Return the text with one more *record*, at the end or as the *first*; *key* is used when records have keys.

        Raises NotALog when there is no list to add to.
        """
        if self.inside is None:
            raise NotALog(tr("holds one record and no list to add another one to"))
        start, end = self.inside
        if not self.entries:
            return (
                self.text[:start] + dump_like(self.text, start, record, key if self.keyed else None) + self.text[end:]
            )
        near = self.entries[0 if first else -1]
        layout = Layout.of(self.text, near.start, near.end, near.value)
        piece = layout.dump(record)
        if self.keyed:
            between = self.text[near.member : near.start]
            piece = json.dumps(key, ensure_ascii=False) + between[between.rindex('"') + 1 :] + piece
        if len(self.entries) > 1:
            gap = self.text[self.entries[-2].end : self.entries[-1].member]
        else:
            gap = "," + (self.text[start : near.member] or " ")
        if first:
            return self.text[: near.member] + piece + gap + self.text[near.member :]
        return self.text[: near.end] + gap + piece + self.text[near.end :]


def _check_faithful(piece: str) -> None:
    """JSON allows what no parsed value keeps: a name twice, a number beyond the range of a float."""

    def pairs(found: list[tuple[str, object]]) -> dict[str, object]:
        made = dict(found)
        if len(made) != len(found):
            twice = next(name for at, (name, _) in enumerate(found) if name in {n for n, _ in found[:at]})
            raise NotALog(tr("has the field {name!r} twice; remove one of them first", name=safe_text(twice, limit=40)))
        return made

    def number(text: str) -> float:
        if float(text) in (inf, -inf):
            raise NotALog(
                tr(
                    "holds the number {number}, too large to be kept; correct it first",
                    number=safe_text(text, limit=40),
                )
            )
        return float(text)

    json.loads(piece, object_pairs_hook=pairs, parse_float=number)


def parse(content: bytes) -> Document:
    """Return the log in *content*. Raises ValueError (NotALog, UnicodeDecodeError, JSONDecodeError), RecursionError."""
    text = content.decode()
    at = _skip(text, 1 if text.startswith(_BOM) else 0)
    listed = _listed(text, at) if text.startswith("[", at) else None
    if listed is not None:
        return listed
    top, end = _whole(text, at)
    if not isinstance(top, dict):
        raise NotALog(tr("is JSON, but no list of dispatches"))
    members = tuple(_members(text, at + 1))
    for name in CONTAINERS:
        held = [member for member in members if member.key == name and isinstance(member.value, list | dict)]
        if len(held) > 1:
            raise NotALog(tr("has {name!r} twice; keep one", name=name))
        if held:
            inside = (held[0].start + 1, held[0].end - 1)
            is_list = isinstance(held[0].value, list)
            entries = tuple((_items if is_list else _members)(text, inside[0]))
            return Document(text, entries, not is_list, inside)
    if not members:
        return parse((text[: at + 1] + _EMPTY + text[end - 1 :]).encode())
    records = tuple(member for member in members if member.key is not None and is_keyed(member.key, member.value))
    if records:
        return Document(text, records, True, (at + 1, end - 1))
    if any(name in top for name in SYNONYMS["task"]):
        return Document(text, (Entry(None, at, at, end, top),), False, None)
    raise NotALog(tr("is JSON, but no list of dispatches"))


def _listed(text: str, at: int) -> Document | None:
    """A log that is but a list, read in one go; None: something is wrong with it, which `_whole` says best."""
    try:
        entries = tuple(_items(text, at + 1))
    except (ValueError, IndexError):
        return None
    end = _skip(text, entries[-1].end if entries else at + 1)
    proper = text.startswith("]", end) and _skip(text, end + 1) == len(text)
    return Document(text, entries, False, (at + 1, end)) if proper else None


def _whole(text: str, at: int) -> tuple[object, int]:
    """The only value of the text, which the plain parser then finds no fault with. Raises as `json.loads` does."""
    try:
        value, end = _read(text, at)
    except json.JSONDecodeError:
        json.loads(text.removeprefix(_BOM))  # says it with the right place
        raise
    rest = _skip(text, end)
    if rest != len(text):
        raise json.JSONDecodeError("Extra data", text, rest)
    return value, end


def _items(text: str, at: int) -> Iterator[Entry]:
    at = _skip(text, at)
    while text[at] != "]":
        value, end = _read(text, at)
        yield Entry(None, at, at, end, value)
        at = _skip(text, end)
        if text[at] != "]":
            if text[at] != ",":
                raise ValueError("no comma between two records")
            at = _skip(text, at + 1)
            if text[at] == "]":
                raise ValueError("a comma after the last record")


def _members(text: str, at: int) -> Iterator[Entry]:
    at = _skip(text, at)
    while text[at] != "}":
        key, end = _read(text, at)
        start = _skip(text, _skip(text, end) + 1)
        value, end = _read(text, start)
        yield Entry(key, at, start, end, value)
        at = _skip(text, end)
        if text[at] == ",":
            at = _skip(text, at + 1)


def _skip(text: str, at: int) -> int:
    found = _BLANK.match(text, at)
    return found.end() if found is not None else at
