"""The table of measured numbers, each beside its goal."""

from __future__ import annotations

import json
import math
import platform
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Final, TextIO

import psutil

_WIDTHS: Final = (52, 11, 9, 7)


@dataclass(frozen=True, slots=True)
class Row:
    """One measured number."""

    what: str
    value: float | None
    """None: it could not be measured, which counts as a failure where there is a goal."""
    unit: str
    goal: float | None = None
    """The value must not be larger; None for a number that is only for comparison."""
    note: str = ""

    @property
    def verdict(self) -> str:
        """``PASS``, ``over``, ``MISSED`` (no value), or nothing without a goal."""
        if self.goal is None:
            return "" if self.value is not None else "MISSED"
        if self.value is None:
            return "MISSED"
        return "PASS" if self.value <= self.goal else "over"


class Sheet:
    """Rows in the order they were measured; each is printed at once, so that a broken run still tells what it saw."""

    def __init__(self, out: TextIO = sys.stdout) -> None:
        self.rows: list[Row] = []
        self._out = out

    def title(self, text: str) -> None:
        """Print the heading of a group."""
        print(f"\n{text}", file=self._out, flush=True)

    def add(self, what: str, value: float | None, unit: str, goal: float | None = None, note: str = "") -> None:
        """Take and print one number."""
        row = Row(what, value, unit, goal, note)
        self.rows.append(row)
        cells = (
            row.what,
            "–" if row.value is None else f"{_short(row.value)} {row.unit}",
            "" if row.goal is None else f"≤ {row.goal:g}",
            row.verdict,
        )
        line = f"{cells[0]:<{_WIDTHS[0]}}{cells[1]:>{_WIDTHS[1]}}  {cells[2]:<{_WIDTHS[2]}}{cells[3]:<{_WIDTHS[3]}}"
        print(f"  {line}{row.note}".rstrip(), file=self._out, flush=True)

    def summary(self) -> str:
        """One line: how many goals are met."""
        judged = [row for row in self.rows if row.verdict]
        return f"{sum(row.verdict == 'PASS' for row in judged)} of {len(judged)} goals met"

    def write(self, path: Path, **about: object) -> None:
        """Write everything as JSON."""
        rows = [{**asdict(row), "verdict": row.verdict} for row in self.rows]
        document = {"machine": machine(), **about, "rows": rows}
        path.write_text(json.dumps(document, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def machine() -> dict[str, object]:
    """What the numbers were measured on.

    ``load`` is the system's load average of the last minute; ``speed`` the milliseconds of one fixed piece of Python
    work (best of seven): runs on a busier or slower machine are told apart by it.
    """
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "cores": psutil.cpu_count(),
        "python": platform.python_version(),
        "textual": metadata.version("textual"),
        "speed": f"{min(_work() for _ in range(7)):.1f} ms",
        "load": round(psutil.getloadavg()[0], 2),
    }


def _work() -> float:
    at = time.perf_counter()
    rows = [f"{number:06d}".split("0") for number in range(20_000)]
    json.loads(json.dumps(rows))
    return (time.perf_counter() - at) * 1000


def _short(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def quantile(values: Sequence[float], share: float) -> float | None:
    """The smallest value that *share* (0 to 1) of *values* do not exceed; None without values."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else None


def median(values: Sequence[float]) -> float | None:
    """`quantile` of one half."""
    return quantile(values, 0.5)
