"""Where the console's time goes: cProfile of the real program in the rig. ``python -m tests.bench --profile``."""

from __future__ import annotations

import io
import pstats
import sys
import time
from pathlib import Path

from tests.bench.fleet import BenchError, Fleet
from tests.bench.six import RATE, SETTLE
from tests.bench.viewer import Viewer, pump

SECONDS = 15.0
_OURS = r"console/|textual/(_compositor|_styles_cache|screen|widget|dom|strip|message_pump)"


def report(fleet: Fleet) -> None:
    """Print the costliest functions with six busy panes, then with six idle ones."""
    for name, rate in (("six busy panes", RATE), ("six idle panes", 0.0)):
        file = fleet.folder / "profile"
        _run(fleet, file, rate)
        print(f"\n== {name}, {SECONDS:g} s (cProfile about doubles every time)")
        for order, pattern in (("tottime", ""), ("cumulative", _OURS)):
            print(_table(file, order, pattern))


def _run(fleet: Fleet, file: Path, rate: float) -> None:
    """Run the console under the profiler, which counts from its start."""
    script = Path(sys.executable).with_name("oc-console")
    argv = [sys.executable, "-m", "cProfile", "-o", str(file), str(script), "--tmux-socket", str(fleet.socket)]
    with Viewer(argv, fleet.env, fleet.folder) as viewer:
        if not pump([viewer], 20.0, stop=lambda: viewer.shows(fleet.panes)):
            raise BenchError("the profiled console did not show every pane")
        pump([viewer], SETTLE)
        pump([viewer], SECONDS, fleet.load(time.monotonic(), SECONDS, rate) if rate else ())
    fleet.rest()


def _table(file: Path, order: str, pattern: str) -> str:
    out = io.StringIO()
    stats = pstats.Stats(str(file), stream=out)
    stats.sort_stats(order).print_stats(*((pattern, 40) if pattern else (25,)))
    rows = out.getvalue().splitlines()
    head = next((at for at, row in enumerate(rows) if "ncalls" in row), 0)
    return f"by {order}\n" + "\n".join(row.replace(str(Path(__file__).parents[2]) + "/", "") for row in rows[head:])
