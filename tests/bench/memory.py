"""Whether the console grows over a day's updates."""

from __future__ import annotations

from tests.bench.children import run_child
from tests.bench.plan import Plan
from tests.bench.sheet import Sheet

DAY = 100_000
"""Pane updates of one day."""
GROWTH = 2.0
"""MB by which the last 60 % of the updates may differ; the allocator alone moves about one."""


def measure(sheet: Sheet, plan: Plan) -> None:
    """Resident size along *plan.updates*; the first 40 % fill the caches."""
    found = run_child("soak", plan.updates)
    sizes = [(int(number), float(size)) for number, size in found["resident_mb"]]
    settled = next(size for number, size in sizes if number >= plan.updates * 0.4)
    whole = plan.updates >= DAY
    path = " → ".join(f"{size:.0f}" for _, size in sizes[::5])
    note = f"{path} MB; {found['seconds'] / plan.updates * 1000:.2f} ms an update"
    what = f"memory: growth, last 60 % of {plan.updates} updates"
    sheet.add(what, sizes[-1][1] - settled, "MB", GROWTH if whole else None, note)
    sheet.add("  resident at the end, without a terminal", sizes[-1][1], "MB", 90)
