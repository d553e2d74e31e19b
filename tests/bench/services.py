"""Two hundred services of which twenty hang: how long a full pass takes, and what the event loop notices of it."""

from __future__ import annotations

import asyncio
import time
from contextlib import aclosing

from console.config import ServiceConfig
from console.services.watch import watch_services
from tests.bench.plan import Plan
from tests.bench.sheet import Sheet, quantile
from tests.services.http_ground import drips, hangs, says, server

TIMEOUT = 5.0
"""Seconds each look may take."""
TICK = 0.005
"""Seconds between two looks at the clock of the event loop."""


def measure(sheet: Sheet, plan: Plan) -> None:
    """One pass, from nothing known to every row told."""
    with server(says(b'{"status": "ok"}')) as good, server(hangs) as bad, server(drips) as slow:
        specs = [ServiceConfig(f"s{n}", http=good, field="status", timeout=TIMEOUT) for n in range(60)]
        specs += [ServiceConfig(f"p{n}", f"oc-no-such-{n}", "absent", timeout=TIMEOUT) for n in range(60)]
        specs += [ServiceConfig(f"f{n}", file="/", timeout=TIMEOUT) for n in range(60)]
        specs += [ServiceConfig(f"h{n}", http=bad if n % 2 else slow, timeout=TIMEOUT) for n in range(20)]
        answering, whole, late = asyncio.run(_pass(specs))
    sheet.add("the 180 that answer are told", answering, "s", None)
    sheet.add("all 200, of which 20 hang", whole, "s", TIMEOUT * 1.1, f"each look may take {TIMEOUT:g} s")
    sheet.add("  the event loop meanwhile, late by, 95 %", (quantile(late, 0.95) or 0.0) * 1000, "ms", 16)


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
