"""Lengths of time and sizes in the words of a configuration, and back."""

from __future__ import annotations

import re
from typing import Final

from console.i18n import tr

_SECONDS: Final = {
    **dict.fromkeys(("ms", "millisecond", "milliseconds"), 0.001),
    **dict.fromkeys(("s", "sec", "second", "seconds"), 1.0),
    **dict.fromkeys(("m", "min", "minute", "minutes"), 60.0),
    **dict.fromkeys(("h", "hour", "hours"), 3600.0),
    **dict.fromkeys(("d", "day", "days"), 86_400.0),
    **dict.fromkeys(("w", "week", "weeks"), 604_800.0),
}
_BYTES: Final = {
    **{"b": 1, "byte": 1, "bytes": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12},
    **{"kib": 2**10, "mib": 2**20, "gib": 2**30, "tib": 2**40},
}
_AMOUNT: Final = re.compile(r"(\d{1,15}(?:\.\d{1,6})?)\s*([a-z]+)", re.ASCII)


def seconds_of(text: str) -> float:
    """``90s``, ``2h``, ``1h 30m``, ``500 ms`` in seconds. Raises ValueError."""
    return _sum(text, _SECONDS, tr("is no length of time; write for example 30s, 15m, 2h or 3d"))


def bytes_of(text: str) -> float:
    """``12 kB``, ``1.5MB``, ``1 GiB`` in bytes. Raises ValueError."""
    return _sum(text, _BYTES, tr("is no size; write for example 10 kB, 1.5 MB or 2 GiB"))


def _sum(text: str, units: dict[str, float] | dict[str, int], wrong: str) -> float:
    plain = text.strip().casefold()
    rest = _AMOUNT.sub("", plain)
    found = _AMOUNT.findall(plain)
    if not found or rest.strip() or any(unit not in units for _, unit in found):
        raise ValueError(f"{text.strip()[:40] or tr('an empty text')} {wrong}")
    return sum(float(number) * units[unit] for number, unit in found)


def span(seconds: float) -> str:
    """Return a duration in its largest whole unit: ``<1m``, ``12m``, ``3h``, ``5d``; coarse, so it rarely changes."""
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if seconds >= size:
            return f"{int(seconds // size)}{unit}"
    return "<1m"


def size_of(count: int) -> str:
    """``812 B``, ``12 kB``, ``1.5 MB``."""
    amount = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}" if unit in ("B", "kB") or amount >= 100 else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} TB"
