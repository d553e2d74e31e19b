"""When something by a schedule of five cron fields runs next, and should have run last (local time)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo
from typing import Final

from console.safety import safe_text

NAMED: Final = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}


def wrong(fields: str) -> str:
    """What is wrong with a schedule; empty when nothing is."""
    try:
        _run(fields, 0.0, None, back=False)
    except ValueError as error:
        return safe_text(str(error), limit=100)
    return ""


def next_of(schedules: Sequence[str], now: float, zone: tzinfo | None = None) -> float | None:
    """The first run after *now* (both epoch seconds) of any of *schedules*; None when there is none."""
    return min(_each(schedules, now, zone, back=False), default=None)


def last_of(schedules: Sequence[str], now: float, zone: tzinfo | None = None) -> float | None:
    """The run that should have been the last one before *now*."""
    return max(_each(schedules, now, zone, back=True), default=None)


def _each(schedules: Sequence[str], now: float, zone: tzinfo | None, *, back: bool) -> list[float]:
    found = []
    for fields in schedules:
        try:
            at = _run(fields, now, zone, back=back)
        except ValueError:
            continue
        if at is not None:
            found.append(at)
    return found


def _run(fields: str, now: float, zone: tzinfo | None, *, back: bool) -> float | None:
    """Raises ValueError: no schedule."""
    from cronsim import CronSim, CronSimError  # Debian's cron to the letter, also across changes of the clock

    try:
        found = next(CronSim(NAMED.get(fields, fields).upper(), datetime.fromtimestamp(now, zone), reverse=back), None)
    except (CronSimError, OverflowError, OSError) as error:
        raise ValueError(str(error)) from error
    return found.timestamp() if found is not None else None
