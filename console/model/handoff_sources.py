"""What a hand-off is made of, and how what the last one said goes on. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from console.model.handoff_form import Lang
from console.model.handoff_items import DecisionEntry, GuardEntry, Handoff
from console.model.handoff_phrases import bare, is_marked, marked, say
from console.model.snapshot import Snapshot

DAY: Final = 16
"""Characters of a time that are told: to the minute."""


@dataclass(frozen=True, slots=True)
class Sources:
    """All that is known when a hand-off is written; every text has passed `safety.safe_text`."""

    snapshot: Snapshot
    now: float
    """Epoch seconds."""
    written_at: str
    """The same for people, ISO 8601."""
    lang: Lang = "en"
    last: Handoff | None = None
    """The hand-off before."""
    decisions: tuple[DecisionEntry, ...] | None = None
    """Those of the console's own list; None: it has none."""
    guards: tuple[GuardEntry, ...] | None = None
    """Those that fired since the last hand-off; None: not known."""
    notes: str | None = None
    """The operator's text; None: what the last one has."""
    names: Mapping[str, str] = field(default_factory=dict)
    """From names of surfaces to their refs."""
    home: str = ""
    """Home folder: ``~`` stands for it."""
    spoken: Lang | None = None
    """Language of the texts that were made for the screen (evidence, reasons); None: that of the document."""
    list_there: bool = True
    """Whether the file of the console's own list of decisions is there."""

    @property
    def day(self) -> str:
        """When the last hand-off was written, as far as it tells."""
        return (self.last.written_at if self.last is not None else "")[:DAY].replace("T", " ") or "?"

    def before(self, name: str) -> list[Any]:
        """The entries of the list *name* in the last hand-off."""
        return [found.item for found in getattr(self.last, name)] if self.last is not None else []

    def said(self, text: str) -> str:
        """A text of the last hand-off without what the console had added."""
        return bare(text) if self.last is not None and self.last.exact else text

    def ours(self, text: str) -> bool:
        """Whether the console had added something to a text of the last hand-off."""
        return self.last is not None and self.last.exact and is_marked(text)

    def word(self, phrase: str, **values: object) -> str:
        """A phrase of the console in the language of the document."""
        return say(self.lang, phrase, **values)

    def told(self, text: str, instead: str = "") -> str:
        """*text*, made for the screen, where the screen speaks the language of the document; else *instead*."""
        return text if self.spoken in (None, self.lang) else instead

    def unknown(self, text: str) -> str:
        """*text* of the last hand-off, said to be unknown now; what was unknown then already keeps its day."""
        return text if self.ours(text) else marked(text, self.word("unknown", day=self.day))

    def path(self, text: str) -> str:
        """*text* with the home folder written out, to compare."""
        return self.home + text[1:] if self.home and (text == "~" or text.startswith("~/")) else text

    def short(self, text: str) -> str:
        """*text* with ``~`` for the home folder."""
        at = self.home.rstrip("/")
        return "~" + text[len(at) :] if at and (text == at or text.startswith(at + "/")) else text


def folded(text: str) -> str:
    """*text* to compare: case and blanks do not count."""
    return " ".join(text.split()).casefold()
