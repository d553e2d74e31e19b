"""Six panes, all on screen: how late, how expensive, how large."""

from __future__ import annotations

import random
import time

from tests.bench import keys, usage
from tests.bench.fleet import BenchError, Fleet, Pane, lines_at_leisure
from tests.bench.plan import Plan
from tests.bench.sheet import Sheet, median, quantile
from tests.bench.viewer import Viewer, console_argv, pump

RATE = 10.0
"""Lines a second in a busy pane."""
SETTLE = 2.5
"""Seconds after the start in which the console finishes importing what it needs later."""


def attach(fleet: Fleet) -> Viewer:
    """Plain tmux on the first pane, in a terminal like the console's."""
    argv = [fleet.program, "-u", "-S", str(fleet.socket), "attach-session", "-f", "ignore-size,read-only", "-t", "=one"]
    return Viewer(argv, fleet.env, fleet.folder)


def console(fleet: Fleet, size: tuple[int, int] = (200, 55)) -> Viewer:
    """The console on this fleet."""
    return Viewer(console_argv("--tmux-socket", str(fleet.socket)), fleet.env, fleet.folder, size)


def measure(sheet: Sheet, plan: Plan, fleet: Fleet) -> None:
    """Everything that one run of the console on six panes can tell."""
    with attach(fleet) as plain:
        pump([plain], 1.0)
        server = usage.Meter([fleet.server_pid], tree=False)
        pump([plain], plan.alone_s, fleet.load(time.monotonic(), plan.alone_s, RATE))
        alone = server.percent()
        fleet.rest()
        with console(fleet) as viewer:
            if not pump([plain, viewer], 15.0, stop=lambda: viewer.shows(fleet.panes)):
                raise BenchError("the console did not show every pane")
            pump([plain, viewer], SETTLE)
            before = usage.memory(viewer.pid)
            keys.measure(sheet, plan, fleet, viewer, 20)
            _alert(sheet, plan, fleet, viewer)
            _idle_lines(sheet, plan, fleet, viewer, plain)
            _idle_cpu(sheet, plan, fleet, viewer)
            _busy(sheet, plan, fleet, viewer, plain, alone)
            _memory(sheet, before, usage.memory(viewer.pid))


def _goals(idle: bool) -> tuple[float, float]:
    """Milliseconds, median and 95 %: those of the mode that cannot harm a server (the console never uses %output)."""
    return (35, 60) if idle else (35, 70)


def _delays(sheet: Sheet, what: str, mine: list[float], plain: list[float], idle: bool) -> None:
    middle, high = _goals(idle)
    note = f"tmux attach {median(plain) or 0:.2f} / {quantile(plain, 0.95) or 0:.2f} (n={len(plain)})"
    sheet.add(f"{what}: print → visible, median", median(mine), "ms", middle, note)
    sheet.add("  95 %", quantile(mine, 0.95), "ms", high, f"n={len(mine)}, longest {max(mine, default=0):.0f}")


def _idle_lines(sheet: Sheet, plan: Plan, fleet: Fleet, viewer: Viewer, plain: Viewer) -> None:
    start = time.monotonic()
    events = lines_at_leisure(fleet.panes, start, plan.idle_gaps, plan.idle_lines)
    pump([viewer, plain], events[-1][0] - start + 1.0, events)
    _delays(sheet, "fleet idle", viewer.delays(fleet.panes, start), plain.delays(fleet.panes, start), True)


def _idle_cpu(sheet: Sheet, plan: Plan, fleet: Fleet, viewer: Viewer) -> None:
    pump([viewer], 1.0)
    written = viewer.bytes
    mine, server = usage.Meter([viewer.pid]), usage.Meter([fleet.server_pid], tree=False)
    pump([viewer], plan.quiet_s)
    note = f"tmux server {server.percent():.2f} %; {(viewer.bytes - written) / plan.quiet_s / 1000:.1f} kB/s written"
    sheet.add("CPU, six idle panes", mine.percent(), "%", 1, note)


def _busy(sheet: Sheet, plan: Plan, fleet: Fleet, viewer: Viewer, plain: Viewer, alone: float) -> None:
    start, written = time.monotonic(), viewer.bytes
    mine, server = usage.Meter([viewer.pid]), usage.Meter([fleet.server_pid], tree=False)
    pump([viewer, plain], plan.busy_s, fleet.load(start, plan.busy_s, RATE))
    used, extra = mine.percent(), server.percent() - alone
    pump([viewer, plain], 0.5)
    _delays(sheet, f"6 × {RATE:g} lines/s", viewer.delays(fleet.panes, start), plain.delays(fleet.panes, start), False)
    sheet.add(f"CPU, 6 panes × {RATE:g} lines/s", used, "%", 15, "beside peers ≤ 10")
    note = f"alone {alone:.1f} %; {(viewer.bytes - written) / plan.busy_s / 1000:.0f} kB/s written"
    sheet.add("  the tmux server's extra", extra, "%", None, note)
    lost = sum(pane.blocked for pane in fleet.panes)
    if lost:
        sheet.add("  frames tmux did not take from the rig", lost, "")
    fleet.rest()


def _alert(sheet: Sheet, plan: Plan, fleet: Fleet, viewer: Viewer) -> None:
    chance = random.Random(3)
    delays: list[float] = []
    for _ in range(plan.alerts):
        pane: Pane = chance.choice(fleet.panes)
        pump([viewer], 0.3 + chance.random() * 0.3)
        viewer.look_for("approval")
        asked = pane.ask()
        pump([viewer], 2.0, stop=lambda: viewer.found_at is not None)
        if viewer.found_at is not None:
            delays.append((viewer.found_at - asked) * 1000)
        pane.rest()
    pump([viewer], 0.5)
    missed = plan.alerts - len(delays)
    note = f"longest {max(delays, default=0):.0f}, n={len(delays)}{f', {missed} never seen' if missed else ''}"
    sheet.add('approval dialog → "approval" visible, median', None if missed else median(delays), "ms", 300, note)


def _memory(sheet: Sheet, before: tuple[float, float | None], after: tuple[float, float | None]) -> None:
    def share(value: float | None) -> str:
        return "–" if value is None else f"{value:.0f}"

    note = f"{before[0]:.0f} after the start; proportional {share(before[1])} → {share(after[1])} MB with its child"
    sheet.add("memory: resident, six panes, after all this", after[0], "MB", 90, note)
