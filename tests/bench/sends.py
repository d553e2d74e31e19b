"""Many sends to demo agents on every back end: ``python -m tests.bench.sends --sends 200``.

Every text that terminals are known to damage, to both kinds of agent. Afterwards the agents' own logs are compared with
what was sent: an ``submitted`` that did not arrive once and whole, or anything that arrived twice, is a lie and fails.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from console.actions.send import ANYWHERE
from tests.actions.sending import BACK_ENDS, Target, missing, rig
from tests.actions.test_send_bytes import pointed
from tests.actions.texts import HARD
from tests.bench.sheet import median, quantile


@dataclass
class Tally:
    """What came of the sends of one text on one back end."""

    outcomes: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    enters: Counter[int] = field(default_factory=Counter)
    lies: list[str] = field(default_factory=list)

    def row(self) -> dict[str, object]:
        """The figures, for JSON."""
        quick = sorted(self.seconds)
        return {
            "outcomes": dict(self.outcomes),
            "enters": {str(key): count for key, count in sorted(self.enters.items())},
            "p50_s": round(median(quick) or 0.0, 3),
            "p95_s": round(quantile(quick, 0.95) or 0.0, 3),
            "max_s": round(quick[-1], 3) if quick else None,
            "lies": self.lies,
        }


async def _one(target: Target, name: str, text: str, folder: Path, tally: Tally) -> None:
    await target.shows("idle")
    before = len(target.received("submit", "queue", "steer", "answer"))
    began = time.monotonic()
    result = await target.send(text, replace(ANYWHERE, folder=folder))
    took = time.monotonic() - began
    tally.outcomes[result.outcome] += 1
    tally.enters[result.enters] += 1
    if result.outcome == "submitted":
        tally.seconds.append(took)
    got = target.received("submit", "queue", "steer", "answer")[before:]
    wanted = [pointed(target, result.file, text)] if result.outcome in ("submitted", "queued", "unconfirmed") else []
    if got != wanted and not (result.outcome == "unconfirmed" and not got):
        tally.lies.append(
            f"{target.kind} {name}: {result.outcome} ({result.evidence}); it got {len(got)}: {got!r:.200}"
        )


async def _agent(target: Target, count: int, folder: Path, tallies: dict[str, Tally]) -> None:
    for _ in range(count):
        for name, text in HARD.items():
            await _one(target, name, text, folder, tallies[name])


async def soak(back_end: str, sends: int, agents: int) -> dict[str, Tally]:
    """Send each text *sends* times to *agents* agents side by side; return the figures by text."""
    folder = Path(tempfile.mkdtemp(prefix="ocs-", dir="/tmp"))
    tallies = {name: Tally() for name in HARD}
    try:
        async with rig(back_end, folder) as terminals:
            quick = ("--script", "say", "--speed", "4")
            kinds = ("claude", "codex")
            targets = [await terminals.start(kinds[number % 2], *quick, rows=60) for number in range(agents)]
            share = -(-sends // agents)
            await asyncio.gather(*(_agent(target, share, folder / "tasks", tallies) for target in targets))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return tallies


def main(argv: Sequence[str] | None = None) -> int:
    """Print one line for each back end and text; exit 0 when nothing was a lie."""
    parser = argparse.ArgumentParser(prog="tests.bench.sends", description=__doc__)
    parser.add_argument("--sends", type=int, default=200, help="of each text on each back end")
    parser.add_argument("--agents", type=int, default=4)
    parser.add_argument("--only", choices=BACK_ENDS, action="append")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args(argv)
    rows: dict[str, dict[str, dict[str, object]]] = {}
    wrong = 0
    for back_end in options.only or BACK_ENDS:
        why = missing(back_end)
        if why:
            print(f"{back_end}: left out: {why}", flush=True)
            continue
        tallies = asyncio.run(soak(back_end, options.sends, options.agents))
        rows[back_end] = {name: tally.row() for name, tally in tallies.items()}
        for name, row in rows[back_end].items():
            print(back_end, name, json.dumps(row, ensure_ascii=False), flush=True)
        wrong += sum(len(tally.lies) for tally in tallies.values())
        if options.json is not None:
            options.json.write_text(json.dumps(rows, ensure_ascii=False, indent=2), encoding="utf-8")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
