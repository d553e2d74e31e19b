"""Numbers and times as people read them."""

from __future__ import annotations

from typing import Final

from console.model.words import size

__all__ = ["STALE", "count", "size", "span"]

STALE: Final = 5.0
"""Seconds after which a reading is shown with its age."""


def span(seconds: float) -> str:
    """``12s``, ``4m``, ``3h05``, ``2d``."""
    whole = max(0, int(seconds))
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m"
    if whole < 86400:
        return f"{whole // 3600}h{whole // 60 % 60:02d}"
    return f"{whole // 86400}d"


def count(number: int) -> str:
    """``7``, ``1.1k``, ``30.3k``, ``4.2M``."""
    if number < 1000:
        return str(number)
    if number < 1_000_000:
        return f"{number / 1000:.1f}k"
    return f"{number / 1_000_000:.1f}M"
