"""How long one verdict takes: ``python -m tests.agents.bench``. Screens of 200x50, recorded ones where there are."""

from __future__ import annotations

import statistics
import sys
import time

from console.agents.detector import Detector
from console.model.surface import Screen
from tests.agents.recorded import LABELS, build, rows
from tests.agents.samples import APPROVAL, CODEX_APPROVAL, CODEX_TURN, QUESTION, TURN, claude, codex, screen

WIDTH, HEIGHT, ROUNDS = 200, 50, 5
GOAL = 1.0
"""Milliseconds, median."""


def main() -> int:
    """Print median and tail; 1 when the goal is missed."""
    began = time.perf_counter()
    detector = Detector.load()
    print(f"rules loaded in {1e3 * (time.perf_counter() - began):.1f} ms")
    screens = [build(row) for row in rows()] if LABELS.is_file() else []
    screens = screens or [screen(APPROVAL), screen(QUESTION), screen(CODEX_APPROVAL), claude(TURN), codex(CODEX_TURN)]
    large = [_grown(each) for each in screens]
    taken = []
    for each in large * ROUNDS:
        began = time.perf_counter()
        detector.detect(each)
        taken.append(1e3 * (time.perf_counter() - began))
    taken.sort()
    median = statistics.median(taken)
    print(
        f"{len(large)} screens of {WIDTH}x{HEIGHT}: median {median:.2f} ms, 99 % {taken[len(taken) * 99 // 100]:.2f} ms"
    )
    return int(median > GOAL)


def _grown(seen: Screen) -> Screen:
    """More of a conversation above, wider rules."""
    answer = "  " + "some words of an answer " * 8
    above = (answer[: WIDTH - 2],) * max(0, HEIGHT - len(seen.lines))
    lines = tuple("─" * WIDTH if line and set(line) == {"─"} else line for line in (*above, *seen.lines))
    cursor = (seen.cursor[0], seen.cursor[1] + len(above)) if seen.cursor is not None else None
    return Screen(lines, (), WIDTH, len(lines), cursor)


if __name__ == "__main__":
    sys.exit(main())
