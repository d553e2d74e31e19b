"""Texts the operator has written before: sent ones, and one that was left unsent for each surface. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

ENTRIES: Final = 200
"""Sent texts that are kept; the newest."""
DRAFTS: Final = 40
"""Surfaces whose unsent text is kept; the newest."""
TEXT_BYTES: Final = 64 * 1024
"""Bytes (UTF-8) of one text that is kept."""
ALL_BYTES: Final = 4 * 1024 * 1024
"""Bytes of all sent texts together."""


@dataclass(frozen=True, slots=True)
class Kept:
    """One text, exactly as it was written."""

    text: str
    at: float
    """Epoch seconds."""
    target: str = ""
    """Name of the surface, or of the first one."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """Everything kept, each newest first."""

    sent: tuple[Kept, ...] = ()
    drafts: tuple[Kept, ...] = ()

    def draft_for(self, target: str) -> Kept | None:
        """The text that was left unsent for *target*."""
        return next((each for each in self.drafts if each.target == target), None)

    def texts(self, target: str) -> tuple[str, ...]:
        """What one steps back through when writing to *target*: its draft, then what was sent, to whomever."""
        draft = self.draft_for(target)
        every = ([draft.text] if draft is not None else []) + [each.text for each in self.sent]
        return tuple(dict.fromkeys(every))


def fits(text: str) -> bool:
    """Whether *text* is small enough to be kept."""
    return len(text.encode("utf-8", "replace")) <= TEXT_BYTES


def with_sent(sent: tuple[Kept, ...], new: Kept) -> tuple[Kept, ...]:
    """*sent* with *new* in front. The same text stands there once; what is too long, or blank, is not kept."""
    if not new.text.strip() or not fits(new.text):
        return sent
    kept: list[Kept] = []
    size = 0
    for each in (new, *(old for old in sent if old.text != new.text)):
        size += len(each.text.encode("utf-8", "replace"))
        if size > ALL_BYTES or len(kept) == ENTRIES:
            break
        kept.append(each)
    return tuple(kept)


def with_draft(drafts: tuple[Kept, ...], new: Kept) -> tuple[Kept, ...]:
    """*drafts* with *new* as that of its target; a blank one takes it out. What is too long is not kept."""
    if not fits(new.text):
        return drafts
    others = tuple(each for each in drafts if each.target != new.target)
    return (new, *others)[:DRAFTS] if new.text.strip() else others
