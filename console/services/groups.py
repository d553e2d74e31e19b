"""Patterns of labels."""

from __future__ import annotations

import fnmatch
from collections.abc import Collection, Iterable


def is_pattern(label: str) -> bool:
    """Whether *label* means several."""
    return any(sign in label for sign in "*?[")


def members(pattern: str, labels: Iterable[str], named: Collection[str]) -> list[str]:
    """The *labels* that match, in order; without the ones that another entry names, which judges them by itself."""
    return sorted(each for each in labels if each not in named and fnmatch.fnmatchcase(each, pattern))
