"""What differs between two hand-offs, in lines for people. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any, Final, Literal

from console.i18n import trn
from console.model.handoff_form import HEADINGS, Lang
from console.model.handoff_items import (
    LISTS,
    ArtifactEntry,
    AutomationEntry,
    DispatchEntry,
    FigureValue,
    GuardEntry,
    HandoffFacts,
    ServiceEntry,
    SurfaceEntry,
    VerificationEntry,
)
from console.model.handoff_phrases import PHRASES, bare, own_words

TEXT: Final = 160
"""Characters of a text that are told."""
_UNTOLD: Final = frozenset({"before", "id", "key", "pid"})
"""Fields that are told in another place, or differ after every start."""


@dataclass(frozen=True, slots=True)
class Change:
    """One difference."""

    sign: Literal["+", "-", "~"]
    """New, gone, different."""
    section: str
    """Heading of its list."""
    text: str


def changes(before: HandoffFacts, after: HandoffFacts, lang: Lang) -> tuple[Change, ...]:
    """Return what *after* says that *before* did not, and the other way round, in the order of the document.

    *lang* is that of its reader: the headings are told in it.
    """
    found: list[Change] = []
    for name in LISTS:
        title = HEADINGS[name][1 if lang == "ko" else 0]
        found += _list(title, getattr(before, name), getattr(after, name))
    if before.notes != after.notes:
        told = trn("{count} line", "{count} lines", after.notes.count("\n") + 1)
        found.append(Change("~", HEADINGS["notes"][1 if lang == "ko" else 0], told))
    return tuple(found)


def _list(title: str, before: tuple[Any, ...], after: tuple[Any, ...]) -> Iterator[Change]:
    old, new = {_key(each): each for each in before}, {_key(each): each for each in after}
    _follow_names(old, new)
    for key, each in new.items():
        was = old.get(key)
        if was is None:
            yield Change("+", title, _cut(_told(each)))
        elif told := _difference(was, each):
            yield Change("~", title, _cut(f"{_name(each)}: {told}"))
    for key, each in old.items():
        if key not in new:
            yield Change("-", title, _cut(_told(each)))


def _follow_names(old: dict[tuple[object, ...], Any], new: dict[tuple[object, ...], Any]) -> None:
    """A surface of another ref and the same name is the same one, when only one of each has that name."""
    for key, was in [(key, each) for key, each in old.items() if isinstance(each, SurfaceEntry)]:
        same = [at for at, each in new.items() if each.name == was.name]
        if key not in new and was.name and len(same) == 1 and same[0] not in old:
            old[same[0]] = old.pop(key)


def _key(entry: Any) -> tuple[object, ...]:
    match entry:
        case DispatchEntry() | VerificationEntry():
            return (entry.number,) if entry.number is not None else (None, repr(entry))
        case FigureValue():
            return (entry.key,) if entry.key else ("", entry.name.casefold())
        case GuardEntry():
            return (entry.at, entry.guard, entry.surface)
        case ArtifactEntry():
            return (entry.path or entry.name,)
        case SurfaceEntry() | ServiceEntry() | AutomationEntry():
            return (_name(entry),)
    return (" ".join(entry.text.split()),)


def _name(entry: Any) -> str:
    match entry:
        case DispatchEntry() | VerificationEntry():
            return f"#{entry.number}" if entry.number is not None else "#?"
        case SurfaceEntry():
            return entry.ref
        case ServiceEntry():
            return entry.label
        case AutomationEntry():
            return entry.path
        case ArtifactEntry() | FigureValue():
            return entry.name
        case GuardEntry():
            return f"{entry.at} {entry.guard}"
    return str(entry.text)


def _told(entry: Any) -> str:
    """An entry in one line."""
    match entry:
        case DispatchEntry():
            return f"{_name(entry)} {entry.surface} {entry.status}: {entry.task}"
        case FigureValue():
            return f"{entry.name} {entry.value:,}{'+' if entry.at_least else ''} {entry.unit}".strip()
        case GuardEntry():
            return f"{entry.at} {entry.guard} {entry.surface}: {entry.text}"
        case SurfaceEntry():
            return f"{entry.ref} {entry.name} {entry.state}"
        case ServiceEntry():
            return f"{entry.label} {entry.observed}"
        case VerificationEntry():
            return f"{_name(entry)} {entry.verdict} {entry.by}"
    return _name(entry)


def _difference(was: Any, now: Any) -> str:
    """How two entries with one key differ; empty when they do not."""
    if isinstance(now, FigureValue):
        if was.value == now.value:
            return ""
        grown = now.value - was.value
        shown = f"{grown:+,}" if isinstance(grown, int) else f"{grown:+,.12g}"
        return f"{was.value:,} → {now.value:,} ({shown})"
    told = []
    for field in fields(now):
        old, new = _said(getattr(was, field.name)), _said(getattr(now, field.name))
        if old == new or field.name in _UNTOLD or (field.name == "count" and "" in (old, new)):
            continue  # what is counted or not any more is told by the state
        told.append(f"{old} → {new}" if old and new else new or f"− {old}")
    return "; ".join(told)


def _said(value: object) -> str:
    """A field as people read it; that nothing has changed is no change."""
    if value is None:
        return ""
    text = " ".join(str(each) for each in value) if isinstance(value, tuple) else str(value)
    return bare(text) if own_words(text) in PHRASES["same"] else text


def _cut(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= TEXT else text[: TEXT - 1] + "…"
