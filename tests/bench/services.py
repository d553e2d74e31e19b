"""Two hundred services of which twenty hang: how long a full pass takes, and what the loop and a key notice of it."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import fields

from console.config import ServiceConfig
from console.services.watch import watch_services
from tests.bench import keys, usage
from tests.bench.fleet import BenchError, Fleet
from tests.bench.plan import Plan
from tests.bench.sheet import Sheet, quantile
from tests.bench.viewer import Viewer, console_argv, pump
from tests.services.http_ground import drips, hangs, says, server

TIMEOUT = 5.0
"""Seconds each look may take."""
TICK = 0.005
"""Seconds between two looks at the clock of the event loop."""


def measure(sheet: Sheet, plan: Plan) -> None:
    """One pass, from nothing known to every row told."""
    with server(says(b'{"status": "ok"}')) as good, server(hangs) as bad, server(drips) as slow:
        answering, whole, late = asyncio.run(_pass(_specs(good, bad, slow)))
    sheet.add("the 180 that answer are told", answering, "s", None)
    sheet.add("all 200, of which 20 hang", whole, "s", TIMEOUT * 1.1, f"each look may take {TIMEOUT:g} s")
    sheet.add("  the event loop meanwhile, late by, 95 %", (quantile(late, 0.95) or 0.0) * 1000, "ms", 16)


def measure_frames(sheet: Sheet, plan: Plan, fleet: Fleet) -> None:
    """From a key to what it changes on screen, without services and with the two hundred: the ratio in one run."""
    with server(says(b'{"status": "ok"}')) as good, server(hangs) as bad, server(drips) as slow:
        without, quiet = _keys(fleet, plan, ())
        among, busy = _keys(fleet, plan, _specs(good, bad, slow))
    sheet.add("key Tab → first change, no services", without, "ms")
    sheet.add("  with 200, of which 20 hang", among, "ms", without * 1.2, f"CPU {quiet:.1f} → {busy:.1f} %")


def _keys(fleet: Fleet, plan: Plan, specs: Sequence[ServiceConfig]) -> tuple[float, float]:
    """Milliseconds of the median key, and percent of one core while nothing is pressed."""
    file = fleet.folder / "services.yaml"
    told = [{f.name: getattr(s, f.name) for f in fields(s) if getattr(s, f.name) != f.default} for s in specs]
    file.write_text(json.dumps({"services": told}), "utf-8")  # JSON is YAML
    argv = console_argv("--tmux-socket", str(fleet.socket), "--config", str(file))
    with Viewer(argv, fleet.env, fleet.folder) as viewer:
        if not pump([viewer], 20.0, stop=lambda: viewer.shows(fleet.panes)):
            raise BenchError("the console did not show every pane")
        pump([viewer], TIMEOUT)
        delays = keys.quiet(viewer, [b"\t"] * plan.keys, random.Random(6))
        meter = usage.Meter([viewer.pid])
        pump([viewer], plan.quiet_s)
        return quantile(delays, 0.5) or 0.0, meter.percent()


def _specs(good: str, bad: str, slow: str) -> list[ServiceConfig]:
    specs = [ServiceConfig(f"s{n}", http=good, field="status", timeout=TIMEOUT) for n in range(60)]
    specs += [ServiceConfig(f"p{n}", f"oc-no-such-{n}", "absent", timeout=TIMEOUT) for n in range(60)]
    specs += [ServiceConfig(f"f{n}", file="/", timeout=TIMEOUT) for n in range(60)]
    return specs + [ServiceConfig(f"h{n}", http=bad if n % 2 else slow, timeout=TIMEOUT) for n in range(20)]


async def _pass(specs: list[ServiceConfig]) -> tuple[float, float, list[float]]:
    late: list[float] = []

    async def ticks() -> None:
        while True:
            before = time.perf_counter()
            await asyncio.sleep(TICK)
            late.append(time.perf_counter() - before - TICK)

    task = asyncio.create_task(ticks())
    began = time.perf_counter()
    answering = 0.0
    try:
        async with aclosing(watch_services(specs)) as readings:  # type: ignore[type-var]
            async for reading in readings:
                if not answering and sum(row.judgement == "ok" for row in reading.services) == 180:
                    answering = time.perf_counter() - began
                if not reading.waiting:
                    break
    finally:
        task.cancel()
    return answering, time.perf_counter() - began, late
