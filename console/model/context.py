"""An agent that is about to forget: little context left, or its context compacted. Pure."""

from __future__ import annotations

import re
from typing import Final

from console.model.agent import Detection

LOW: Final = 20
"""Percent of the context window from which on little is left."""
_COMPACTS: Final = re.compile(r"(?i)compact(ing|ed) (conversation|context)|context compacted")


def forgetting(found: Detection | None) -> str:
    """``8 % context left`` or ``compacting``; empty while there is nothing to worry about."""
    if found is None:
        return ""
    if _COMPACTS.search(found.reason) or _COMPACTS.search(found.line):
        return "compacting"
    left = found.facts.context_left
    return f"{left} % context left" if left is not None and left <= LOW else ""
