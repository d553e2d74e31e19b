"""``python -m tests.bench``: what the console costs on this machine, beside the goals and beside plain tmux."""

from __future__ import annotations

import argparse
import asyncio
import importlib.util
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import psutil

from tests.bench import backends, fifty, log, memory, profiled, services, six, start
from tests.bench.fleet import BenchError, Fleet
from tests.bench.plan import FULL, QUICK, Plan
from tests.bench.sheet import Sheet, machine

PARTS = ("start", "six", "fifty", "log", "services", "memory", "backends")
HABITS = "tests.bench.habits"
"""Module with ``async def cycle()``: one round of what has killed tmux servers, done to a server of its own.

It raises AssertionError when the server has died.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Measure; exit 0 when all goals are met, 1 when not, 3 when the rig failed."""
    options = _parser().parse_args(argv)
    signal.signal(signal.SIGTERM, _leave)
    signal.signal(signal.SIGHUP, _leave)
    sheet = Sheet()
    began = time.monotonic()
    about = machine()
    print(" · ".join(f"{name} {value}" for name, value in about.items()), flush=True)
    failed = False
    try:
        if options.profile:
            with Fleet(6) as fleet:
                profiled.report(fleet)
            return 0
        _measure(sheet, QUICK if options.quick else FULL, options.only)
        if options.habits_minutes:
            _habits(sheet, options.habits_minutes)
    except BenchError as error:
        print(f"tests.bench: {error}", file=sys.stderr)
        failed = True
    except KeyboardInterrupt:
        failed = True
    seconds = time.monotonic() - began
    print(f"\n{sheet.summary()} · {seconds:.0f} s · load at the end {psutil.getloadavg()[0]:.2f}")
    if options.json is not None:
        sheet.write(options.json, seconds=round(seconds, 1), quick=options.quick, complete=not failed)
    if failed:
        return 3
    return 0 if all(row.verdict in ("", "PASS") for row in sheet.rows) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="about a minute; rough")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the numbers here too")
    parser.add_argument("--only", type=_parts, default=PARTS, metavar="PART[,PART]", help=f"of {', '.join(PARTS)}")
    parser.add_argument("--habits-minutes", type=float, default=0.0, metavar="N", help="then try to kill tmux servers")
    parser.add_argument("--profile", action="store_true", help="only print where the time goes, by cProfile")
    return parser


def _parts(text: str) -> tuple[str, ...]:
    wrong = set(text.split(",")) - set(PARTS)
    if wrong:
        raise argparse.ArgumentTypeError(f"no part {', '.join(sorted(wrong))}; there are {', '.join(PARTS)}")
    return tuple(text.split(","))


def _leave(number: int, _frame: object) -> None:
    sys.exit(128 + number)


def _measure(sheet: Sheet, plan: Plan, parts: Sequence[str]) -> None:
    if "start" in parts or "six" in parts:
        with Fleet(6) as fleet:
            if "start" in parts:
                sheet.title("Start")
                start.measure(sheet, plan, fleet)
            if "six" in parts:
                sheet.title("Six panes, all on screen (200 × 55)")
                six.measure(sheet, plan, fleet)
    if "fifty" in parts:
        sheet.title("Fifty panes")
        with Fleet(50) as fleet:
            fifty.measure(sheet, plan, fleet)
    if "log" in parts:
        sheet.title("Dispatch log")
        log.measure(sheet, plan)
    if "services" in parts:
        sheet.title("Two hundred services, twenty of which hang")
        services.measure(sheet, plan)
        with Fleet(6) as fleet:
            services.measure_frames(sheet, plan, fleet)
    if "memory" in parts:
        sheet.title("A day's updates")
        memory.measure(sheet, plan)
    if "backends" in parts:
        sheet.title("Back ends: 6 and more quiet surfaces, without the screen of the console")
        backends.measure(sheet, plan)


def _habits(sheet: Sheet, minutes: float) -> None:
    """Run rounds for *minutes* and count the servers that died of them."""
    sheet.title("Habits that have killed tmux servers")
    if importlib.util.find_spec(HABITS) is None:
        print(f"  skipped: there is no {HABITS}")
        return
    cycle = importlib.import_module(HABITS).cycle
    rounds, dead, broken, last = 0, 0, 0, ""
    deadline = time.monotonic() + minutes * 60
    while time.monotonic() < deadline:
        rounds += 1
        try:
            asyncio.run(cycle())
        except AssertionError as error:
            dead, last = dead + 1, f"; {error}"
        except Exception as error:
            broken, last = broken + 1, f"; {type(error).__name__}: {error}"
    sheet.add("tmux servers that died", dead, "", 0, f"{rounds} rounds in {minutes:g} min{last}")
    if broken:
        sheet.add("  rounds that broke off for another reason", broken, "", 0)


if __name__ == "__main__":
    sys.exit(main())
