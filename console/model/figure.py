"""A named number of the operator's own, and how it moved since the last hand-off."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from console.i18n import tr
from console.model.numbers import Number


@dataclass(frozen=True, slots=True)
class Figure:
    """One named number."""

    name: str
    unit: str = ""
    """As configured, or as it stood behind the number."""
    number: Number | None = None
    """None: it is unknown, and `evidence` says why."""
    previous: Number | None = None
    """At the last hand-off; None when it was unknown then, or there was none."""
    evidence: str = ""
    """Where it was read, or why it could not be."""
    read_at: float | None = None
    """Epoch seconds; None before it was looked at for the first time."""

    @property
    def shown(self) -> str:
        """``30,306건``, ``53+``; ``unknown`` without a number."""
        if self.number is None:
            return tr("unknown") if self.read_at is not None else tr("not read yet")
        return str(self.number if self.number.unit else replace(self.number, unit=self.unit))

    @property
    def change(self) -> int | float | None:
        """Value minus the previous one; None where the two cannot be compared (unknown, another unit, ``53+``)."""
        now, then = self.number, self.previous
        if now is None or then is None or now.at_least or then.at_least:
            return None
        if (now.unit or self.unit) != (then.unit or self.unit):
            return None
        change = now.value - then.value
        return round(change, 12) if isinstance(change, float) and math.isfinite(change) else change

    @property
    def moved(self) -> str:
        """The change for people: ``+12``, ``-3.5``, ``±0``; empty where there is none to tell."""
        change = self.change
        if change is None:
            return ""
        if change == 0:
            return "±0"
        return f"{change:+,}" if isinstance(change, int) else f"{change:+,.12g}"
