"""Numbers, sizes and durations, however the author of a health document wrote them."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Final

LIMIT: Final = 1e18
"""Beyond this a number is not believed."""
LONGEST: Final = 1e9
"""Seconds of an uptime that are believed; a collector that is not ready says it is up since the year 1."""

_SIZE: Final = re.compile(r"([\d.]+)\s*([kmgt]?i?b|)(?:ytes)?")
_UNITS: Final[Mapping[str, int]] = {
    **{"": 1, "b": 1, "ib": 1},
    **{f"{letter}b": 1000**power for power, letter in enumerate("kmgt", 1)},
    **{f"{letter}ib": 1024**power for power, letter in enumerate("kmgt", 1)},
}
_CLOCK: Final = re.compile(r"(?:(\d+) days?, )?(\d+):(\d\d):(\d\d)(?:\.\d+)?")
_PART: Final = re.compile(r"(\d+(?:\.\d*)?|\.\d+)([a-zµμ]+),?")
_SECONDS: Final[Mapping[str, float]] = {
    **dict.fromkeys(("w", "week", "weeks"), 604_800.0),
    **dict.fromkeys(("d", "day", "days"), 86_400.0),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), 3_600.0),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), 60.0),
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1.0),
    **dict.fromkeys(("ms", "msec", "millis", "milliseconds"), 1e-3),
    **dict.fromkeys(("us", "µs", "μs", "microseconds"), 1e-6),
    **dict.fromkeys(("ns", "nanoseconds"), 1e-9),
}


def number(value: object) -> float | None:
    """A number of at least 0, also as ``"30,306"``; None for anything else."""
    if isinstance(value, str):
        try:
            value = float(value[:40].replace(",", "").strip())
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < LIMIT:
        return None
    return value


def octets(value: object, factor: int = 1) -> int | None:
    """Bytes of ``12920000``, ``"12.92MB"``, ``"3 GiB"``; a bare number is in units of *factor* bytes."""
    plain = number(value)
    if plain is not None:
        return _believed(plain * factor)
    found = _SIZE.fullmatch(value[:40].replace(",", "").strip().casefold()) if isinstance(value, str) else None
    plain = number(found.group(1)) if found is not None else None
    return None if found is None or plain is None else _believed(plain * _UNITS[found.group(2)])


def _believed(size: float) -> int | None:
    return round(size) if size < LIMIT else None


def duration(value: object) -> float | None:
    """Seconds of a Go duration (``1h2m3.5s``), ``2 days, 3:04:05``, ``3 hours 5 min`` or ISO 8601 (``PT1H2M``)."""
    text = value.strip().casefold()[:60] if isinstance(value, str) else ""
    clock = _CLOCK.fullmatch(text)
    if clock is not None:
        parts = (number(part or "0") or 0.0 for part in clock.groups())
        return _lasting(sum(part * size for part, size in zip(parts, (86_400, 3_600, 60, 1), strict=True)))
    text = text.replace(" ", "")
    if text.startswith("p"):
        text = text[1:].replace("t", "", 1)
    at, total = 0, 0.0
    while at < len(text):
        found = _PART.match(text, at)
        if found is None or found.group(2) not in _SECONDS:
            return None
        total += (number(found.group(1)) or 0.0) * _SECONDS[found.group(2)]
        at = found.end()
    return _lasting(total) if text else None


def _lasting(seconds: float) -> float | None:
    return seconds if math.isfinite(seconds) and 0 <= seconds < LONGEST else None


def since(value: object, now: float) -> float | None:
    """Seconds from a moment to *now* (epoch seconds): RFC 3339, or epoch seconds or milliseconds."""
    moment = number(value)
    if moment is None and isinstance(value, str):
        try:
            moment = datetime.fromisoformat(_microseconds(value[:40].strip())).timestamp()
        except (ValueError, OverflowError, OSError):
            return None
    if moment is None or not 1e9 < moment < 1e13:
        return None
    return _lasting(now - (moment / 1000 if moment > 1e11 else moment))


def _microseconds(text: str) -> str:
    """Go writes nanoseconds: ``2026-04-10T07:40:00.123456789Z``."""
    return re.sub(r"(\.\d{6})\d+", r"\1", text)
