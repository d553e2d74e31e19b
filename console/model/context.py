"""An agent that is about to forget: little context left, or its context compacted. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from console.i18n import tr
from console.model.agent import Detection

LOW: Final = 20
"""Percent of the context window from which on little is left."""
_COMPACTS: Final = re.compile(r"(?i)compact(ing|ed) (conversation|context)|context compacted")
_COMPACTED: Final = re.compile(
    r"• (?:Context compacted|Compact task completed)\b|✻ Conversation compacted \(|═+ Conversation compacted ·"
    r"| {1,4}⎿ {1,2}Compacted \("
)
"""A row that both agents leave behind; Codex 0.118 and 0.144 tell of a compaction in no other way (recorded)."""


def forgetting(found: Detection | None) -> str:
    """``8 % context left`` or ``compacting``; empty while there is nothing to worry about.

    In English: it is compared, and noted in the dispatch log. `forgetting_shown` is for the screen.
    """
    if found is None:
        return ""
    if _COMPACTS.search(found.reason) or _COMPACTS.search(found.line):
        return "compacting"
    left = found.facts.context_left
    return f"{left} % context left" if left is not None and left <= LOW else ""


def forgetting_shown(found: Detection | None) -> str:
    """`forgetting` in the language of the interface."""
    worry = forgetting(found)
    if found is None or not worry:
        return ""
    return tr("compacting") if worry == "compacting" else tr("{left} % context left", left=found.facts.context_left)


def compactions(lines: Sequence[str]) -> int:
    """How many compactions have left their row on a screen; the last one may be long ago."""
    return sum(_COMPACTED.match(line) is not None for line in lines)
