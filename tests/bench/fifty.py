"""Fifty busy panes of which a few are on screen."""

from __future__ import annotations

import time

from console.screens.arrangement import arrange
from tests.bench import keys, usage
from tests.bench.fleet import BenchError, Fleet
from tests.bench.plan import Plan
from tests.bench.sheet import Sheet, median, quantile
from tests.bench.six import RATE, SETTLE, console
from tests.bench.viewer import Viewer, pump


def six_on_screen(count: int) -> tuple[int, int]:
    """Columns and rows of a screen, large if possible, on which the console shows six of *count* panes at once."""
    sizes = [(columns, rows) for columns in range(200, 100, -2) for rows in range(55, 30, -1)]
    return next((size for size in sizes if arrange(*size, count, 0).per_page == 6), (150, 40))


def measure(sheet: Sheet, plan: Plan, fleet: Fleet) -> None:
    """CPU and keys; on the tall screen too in the full run."""
    server = usage.Meter([fleet.server_pid], tree=False)
    pump([], plan.alone_s, fleet.load(time.monotonic(), plan.alone_s, RATE))
    alone = server.percent()
    fleet.rest()
    with console(fleet, six_on_screen(fleet.count)) as viewer:
        _shown(fleet, viewer)
        keys.measure(sheet, plan, fleet, viewer, 30)
        _busy(sheet, plan, fleet, viewer, alone)
        keys.measure_busy(sheet, plan, fleet, viewer, 30, RATE)
        keys.measure_page(sheet, plan, fleet, viewer, 30)
    if plan.fifty_tall:
        with console(fleet) as viewer:
            _shown(fleet, viewer)
            _busy(sheet, plan, fleet, viewer, alone)


def _shown(fleet: Fleet, viewer: Viewer) -> None:
    """Wait for the first page."""
    if not pump([viewer], 15.0, stop=lambda: len(viewer.seen) >= 6 and viewer.shows(fleet.panes[:6])):
        raise BenchError(f"the console showed only {viewer.seen}")
    pump([viewer], SETTLE)


def _busy(sheet: Sheet, plan: Plan, fleet: Fleet, viewer: Viewer, alone: float) -> None:
    viewer.press(b"1")
    pump([viewer], 0.3)
    viewer.seen.clear()
    start, written = time.monotonic(), viewer.bytes
    mine, server = usage.Meter([viewer.pid]), usage.Meter([fleet.server_pid], tree=False)
    pump([viewer], plan.busy_s, fleet.load(start, plan.busy_s, RATE))
    used, extra = mine.percent(), server.percent() - alone
    pump([viewer], 0.5)
    fleet.rest()
    shown = len(viewer.seen)
    what = f"CPU, {fleet.count} panes × {RATE:g} lines/s, {shown} on screen"
    sheet.add(what, used, "%", 20 if shown <= 6 else None)
    note = f"alone {alone:.1f} %; {(viewer.bytes - written) / plan.busy_s / 1000:.0f} kB/s written"
    sheet.add("  the tmux server's extra", extra, "%", None, note)
    delays = viewer.delays([pane for pane in fleet.panes if pane.number in viewer.seen], start)
    sheet.add("  print → visible, median", median(delays), "ms", None, f"95 % {quantile(delays, 0.95) or 0:.0f}")
