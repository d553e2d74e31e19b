"""From the command to the first screen with every pane's text, beside the import nobody can avoid."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Sequence

from tests.bench.fleet import BenchError, Fleet
from tests.bench.plan import Plan
from tests.bench.sheet import Sheet, median
from tests.bench.viewer import Viewer, console_argv, pump

START_TIMEOUT = 15.0


def measure(sheet: Sheet, plan: Plan, fleet: Fleet) -> None:
    """Medians of interleaved warm starts."""
    socket = str(fleet.socket)
    screens, first_bytes, imports, nothing, statuses = [], [], [], [], []
    _first_screen(fleet, socket)  # writes the byte code, fills the caches
    for _ in range(plan.starts):
        imports.append(_run(fleet, [sys.executable, "-c", "import textual.app"])[0])
        nothing.append(_run(fleet, [sys.executable, "-c", "pass"])[0])
        seconds, first = _first_screen(fleet, socket)
        screens.append(seconds)
        first_bytes.append(first)
        seconds, output = _run(fleet, console_argv("--tmux-socket", socket, "status", "--json"))
        found = [surface for surface in json.loads(output)["surfaces"] if surface["lines"]]
        if len(found) != fleet.count:
            raise BenchError(f"status --json told the text of {len(found)} surfaces instead of {fleet.count}")
        statuses.append(seconds)
    base, screen, status = median(imports), median(screens), median(statuses)
    assert base and screen and status
    note = f'python -c "import textual.app" {base * 1000:.0f} ms'
    sheet.add(f"start: exec → text of all {fleet.count} panes", screen * 1000, "ms", 700)
    sheet.add("  the same, in imports of textual.app", screen / base, "×", 2.5, note)
    sheet.add("  first byte on the terminal", (median(first_bytes) or 0) * 1000, "ms")
    note = f'{status / (median(nothing) or 1):.1f} × python -c "pass"'
    sheet.add(f"status --json, {fleet.count} surfaces", status * 1000, "ms", None, note)


def _first_screen(fleet: Fleet, socket: str) -> tuple[float, float]:
    """Seconds to (all text, the first byte)."""
    with Viewer(console_argv("--tmux-socket", socket), fleet.env, fleet.folder) as viewer:
        if not pump([viewer], START_TIMEOUT, stop=lambda: bool(viewer.bytes)):
            raise BenchError("the console wrote nothing")
        first = viewer.last_output - viewer.started
        if not pump([viewer], START_TIMEOUT, stop=lambda: viewer.shows(fleet.panes)):
            raise BenchError(f"the console showed {viewer.seen} and not every pane's text")
        return viewer.last_output - viewer.started, first


def _run(fleet: Fleet, argv: Sequence[str]) -> tuple[float, bytes]:
    """(Seconds, standard output) of a program that may tell trouble by exit code 1."""
    at = time.monotonic()
    done = subprocess.run(argv, env=fleet.env, cwd=fleet.folder, capture_output=True, timeout=30, check=False)
    seconds = time.monotonic() - at
    if done.returncode not in (0, 1):
        raise BenchError(f"{argv[0]}: {done.stderr.decode('utf-8', 'replace').strip()[-300:]}")
    return seconds, done.stdout
