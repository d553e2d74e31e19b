"""Sizes as people read them."""

from __future__ import annotations


def size(octets: int) -> str:
    """``12.9 MB`` (decimal)."""
    value, units = float(octets), ("B", "kB", "MB", "GB", "TB")
    for unit in units[:-1]:
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"
