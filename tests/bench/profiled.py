"""Where the console's time goes: cProfile of the real program in the rig. ``python -m tests.bench --profile``."""

from __future__ import annotations

import cProfile
import io
import os
import pstats
import signal
import sys
import time
from pathlib import Path

from tests.bench.fleet import BenchError, Fleet
from tests.bench.six import RATE, SETTLE
from tests.bench.viewer import Viewer, pump

SECONDS = 15.0
_OURS = r"console/|textual/(_compositor|_styles_cache|screen|widget|dom|strip|timer|_on_|message_pump)"


def report(fleet: Fleet) -> None:
    """Print the costliest functions with six busy panes, then with six idle ones."""
    for name, rate in (("six busy panes", RATE), ("six idle panes", 0.0)):
        file = fleet.folder / "profile"
        _run(fleet, file, rate)
        print(f"\n== {name}, {SECONDS:g} s (cProfile about doubles every time)")
        for order, pattern in (("tottime", ""), ("cumulative", _OURS)):
            print(_table(file, order, pattern))


def _run(fleet: Fleet, file: Path, rate: float) -> None:
    """Run the console and profile it from the moment it has settled."""
    argv = [sys.executable, "-m", "tests.bench.profiled", str(file), "--tmux-socket", str(fleet.socket)]
    env = {**fleet.env, "PYTHONPATH": str(Path(__file__).parents[2])}
    with Viewer(argv, env, fleet.folder) as viewer:
        if not pump([viewer], 20.0, stop=lambda: viewer.shows(fleet.panes)):
            raise BenchError("the profiled console did not show every pane")
        pump([viewer], SETTLE)
        os.kill(viewer.pid, signal.SIGUSR1)
        pump([viewer], SECONDS, fleet.load(time.monotonic(), SECONDS, rate) if rate else ())
        os.kill(viewer.pid, signal.SIGUSR1)
        pump([viewer], 0.5)
    fleet.rest()


def _child(file: str, arguments: list[str]) -> int:
    """The console, with a profiler that the first SIGUSR1 starts and the second one stops."""
    from console.cli import main

    profiler, running = cProfile.Profile(), False

    def turn(_number: int, _frame: object) -> None:
        nonlocal running
        running = not running
        if running:
            profiler.enable()
        else:
            profiler.disable()
            profiler.dump_stats(file)

    signal.signal(signal.SIGUSR1, turn)
    return main(arguments)


def _table(file: Path, order: str, pattern: str) -> str:
    out = io.StringIO()
    stats = pstats.Stats(str(file), stream=out)
    stats.sort_stats(order).print_stats(*((pattern, 40) if pattern else (25,)))
    rows = out.getvalue().splitlines()
    head = next((at for at, row in enumerate(rows) if "ncalls" in row), 0)
    return f"by {order}\n" + "\n".join(row.replace(str(Path(__file__).parents[2]) + "/", "") for row in rows[head:])


if __name__ == "__main__":
    sys.exit(_child(sys.argv[1], sys.argv[2:]))
