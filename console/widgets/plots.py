"""Small plots made of block characters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from console.i18n import tr

BARS: Final = "▁▂▃▄▅▆▇█"
TREND: Final = 24
"""Gaps of one author that a plot shows."""
FULL_GAP: Final = 2.0
"""Points of a gap that fill a bar; scores are out of 5."""


def sparkline(values: Sequence[float], limit: int = TREND) -> str:
    """One bar for each of the last *limit* values, oldest first, the highest of them full; all equal are low."""
    shown = values[-limit:]
    high, low = max(shown, default=0.0), min(shown, default=0.0)
    top = len(BARS) - 1
    return "".join(BARS[round((value - low) / (high - low) * top) if high > low else 0] for value in shown)


def gap_trend(gaps: Sequence[float], limit: int = TREND) -> str:
    """One bar for each gap (self minus cross score), oldest first. A high bar is a high opinion of oneself."""
    top = len(BARS) - 1
    return "".join(BARS[min(top, max(0, round(gap / FULL_GAP * top)))] for gap in gaps[-limit:])


def gap_words(gaps: Sequence[float]) -> str:
    """The plot with its last value and its mean; empty without a gap."""
    if not gaps:
        return ""
    return tr(
        "{plot}  last {last:+g}, mean {mean:+.2f} over {count}",
        plot=gap_trend(gaps),
        last=gaps[-1],
        mean=sum(gaps) / len(gaps),
        count=len(gaps),
    )
