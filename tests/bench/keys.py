"""A key pressed, and the first change on screen."""

from __future__ import annotations

import random
import time

from tests.bench.fleet import Fleet
from tests.bench.plan import Plan
from tests.bench.sheet import Sheet, median, quantile
from tests.bench.viewer import Viewer, pump

TIMEOUT = 2.0


def measure(sheet: Sheet, plan: Plan, fleet: Fleet, viewer: Viewer, goal: float) -> None:
    """Digits and Tab while nothing is printed; *goal* in milliseconds."""
    chance = random.Random(4)
    digits = [str(1 + number % 6).encode() for number in range(plan.keys)]
    _add(sheet, f"key 1–6 → first change, {fleet.count} panes", quiet(viewer, digits, chance), goal)
    _add(sheet, f"key Tab → first change, {fleet.count} panes", quiet(viewer, [b"\t"] * plan.keys, chance), goal)
    pump([viewer], 0.2)
    viewer.press(b"1")


def measure_busy(sheet: Sheet, plan: Plan, fleet: Fleet, viewer: Viewer, goal: float, rate: float) -> None:
    """``/`` until the filter line is there, while every pane prints."""
    chance = random.Random(5)
    delays: list[float] = []
    for _ in range(plan.keys):
        pump([viewer], 0.4, fleet.load(time.monotonic(), 0.4, rate, seed=chance.randrange(1000)))
        viewer.look_for("filter: ")
        at = viewer.press(b"/")
        pump([viewer], TIMEOUT, fleet.load(at, TIMEOUT, rate), stop=lambda: viewer.found_at is not None)
        if viewer.found_at is not None:
            delays.append((viewer.found_at - at) * 1000)
        viewer.press(b"\x1b")
    pump([viewer], 0.5)
    _add(sheet, f"key / → filter line, {fleet.count} busy panes", delays, goal)


def measure_page(sheet: Sheet, plan: Plan, fleet: Fleet, viewer: Viewer, goal: float) -> None:
    """``]`` until the text of a pane of the next page is there."""
    delays: list[float] = []
    fleet.rest()
    for _ in range(plan.keys // 2):
        pump([viewer], 0.7)
        viewer.seen.clear()
        sighted = len(viewer.sightings)
        at = viewer.press(b"]")
        if pump([viewer], TIMEOUT, stop=lambda sighted=sighted: len(viewer.sightings) > sighted):  # type: ignore[misc]
            delays.append((viewer.sightings[sighted][0] - at) * 1000)
    _add(sheet, f"key ] → text of the next page, {fleet.count} panes", delays, goal)


def quiet(viewer: Viewer, keys: list[bytes], chance: random.Random) -> list[float]:
    """Milliseconds from key to the first byte of output; the console is silent otherwise but for its ages."""
    delays: list[float] = []
    for key in keys:
        pump([viewer], 0.15 + chance.random() * 0.2)
        at = viewer.press(key)
        if pump([viewer], TIMEOUT, stop=lambda at=at: viewer.last_output > at):  # type: ignore[misc]
            delays.append((viewer.last_output - at) * 1000)
    return delays


def _add(sheet: Sheet, what: str, delays: list[float], goal: float) -> None:
    high = quantile(delays, 0.95)
    sheet.add(what, median(delays), "ms", goal, f"95 % {high or 0:.1f}, n={len(delays)}")
