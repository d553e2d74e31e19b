"""``oc-console checklist``: the restart checklist without a screen."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from console.commands import with_keys
from console.config import Config
from console.i18n import tr
from console.model.checklist import SYMBOLS, Step, StepState, beside, progress
from console.safety import prints_unicode, redact, safe_text

if TYPE_CHECKING:
    from console.checking import Checking
    from console.engine import Engine

WELL, OWED, USAGE = 0, 1, 2
"""Exit codes: every step passes, is ticked or skipped; something is owed; wrong use, or no such hand-off."""
TIMEOUT: Final = 15.0
"""Seconds after which what is not known by then has failed."""
STATE: Final = 9
"""Cells of the word for a state."""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser], shared: argparse.ArgumentParser) -> None:
    """Add ``checklist`` to the sub-commands; *shared* has the options of all."""
    checklist = commands.add_parser(
        "checklist",
        parents=[shared],
        help=tr("what has to be looked at after a restart; exit 0 only if everything passes"),
        description=tr(
            "Check what is there against the hand-off and the configuration. Exit 0 only if every "
            "step passes or was ticked or skipped on the screen (R): a step by hand that nobody "
            "has ticked counts as not passed."
        ),
    )
    checklist.add_argument("--json", action="store_true", help=tr("for scripts"))
    checklist.add_argument(
        "--handoff", metavar="FILE", default="", help=tr("in place of handoff: in the configuration")
    )


def run(config: Config, arguments: argparse.Namespace) -> int:
    """Carry out what `add_parser` parsed; return the exit code."""
    if arguments.handoff and not os.path.lexists(os.path.expanduser(arguments.handoff)):  # noqa: PTH111
        shown = safe_text(arguments.handoff, limit=300)
        print(
            tr("oc-console checklist: {shown}: there is no such file; name a hand-off document", shown=shown),
            file=sys.stderr,
        )
        return USAGE
    checking, steps = asyncio.run(_read(config, os.path.expanduser(arguments.handoff)))  # noqa: PTH111
    if arguments.handoff and checking.document.wrong:
        print(tr("oc-console checklist: {wrong}", wrong=checking.document.wrong), file=sys.stderr)
        return USAGE
    if arguments.json:
        unicode = prints_unicode()
        print(json.dumps(document(checking, steps), ensure_ascii=not unicode, indent=2))
    else:
        print("\n".join(lines(checking.document.name, steps, keys(config))))
    return WELL if progress(steps).done else OWED


async def _read(config: Config, handoff: str) -> tuple[Checking, tuple[Step, ...]]:
    """Everything read once and judged; the result is kept."""
    from console.checking import Checking
    from console.opening import state_folder

    engine = await reader(config)
    checking = Checking(config, lambda: engine.snapshot, state_folder(), handoff=handoff)
    await engine.once(TIMEOUT)
    await checking.run()
    steps = checking.steps(settled=True)
    wrong = await checking.keep(steps)
    if wrong:
        print(tr("oc-console checklist: {wrong}", wrong=wrong), file=sys.stderr)
    return checking, steps


async def reader(config: Config) -> Engine:
    """An engine that reads and changes nothing; see `console.headless`."""
    from console.engine import Engine
    from console.model.queue_view import counted
    from console.model.reading import BaselineRead, CollectorPast, HistoryRead, ServicesPast
    from console.opening import choose, rules_folder, seek, state_folder
    from console.queueing import open_queue
    from console.sending import cut_offs
    from console.state_baseline import read as read_baseline
    from console.state_bindings import Bindings
    from console.state_journal import load
    from console.state_services import load as load_services

    env = {name: value for name, value in os.environ.items() if name not in ("TMUX_PANE", "CMUX_SURFACE_ID")}
    choice = await choose(config, env)
    mux = choice.mux or seek(config, env, choice.why)
    engine = Engine(config, mux, witness=True, rules=rules_folder())
    folder, now = state_folder(), time.time()
    engine.hear_of_sends(cut_offs(folder, engine.dispatches))
    engine.bindings = Bindings(folder, engine.snapshot.specs)
    engine.take(HistoryRead(now, load(folder, now)))
    engine.take(BaselineRead(now, *read_baseline(folder)))
    engine.take(ServicesPast(now, load_services(folder, now)))
    queue = open_queue(config, folder)
    queues = await queue.load()
    # While no console runs, what waits is from before the next one: that will show it paused.
    engine.take(counted(queues, queue.start_number + (0 if await queue.attended() else 1), now))
    if config.collector.source:
        from console import collector_journal

        engine.take(CollectorPast(now, collector_journal.load(folder, config.collector.source, now)))
    return engine


def keys(config: Config) -> Mapping[str, str]:
    """From the id of a command to its keys, for people."""
    return {command.id: command.keys.split(" ")[0] for command in with_keys(config.keys)}


def lines(name: str, steps: Sequence[Step], keys: Mapping[str, str]) -> Iterator[str]:
    """The checklist for people."""
    from rich.cells import set_cell_size

    yield (
        tr("restart checklist against {name}", name=name)
        if name
        else tr("restart checklist without a hand-off (handoff: names one)")
    )
    group = ""
    for step in steps:
        if step.group != group:
            group = step.group
            yield from ("", tr(group))
        word = set_cell_size(tr(str(step.state)), STATE)
        yield redact(f"  {SYMBOLS[step.state]} {word} {beside(step.title, step.evidence)}")
        if step.remedy and step.state is not StepState.PASS and not step.links:
            yield f"              → {step.remedy}" + (f" ({keys[step.key]})" if step.key in keys else "")
    yield ""
    yield progress(steps).words
    if any(step.state is StepState.MANUAL and not step.links for step in steps):
        yield tr("steps by hand count as not passed until they are ticked (R in the console, then space)")


def document(checking: Checking, steps: Sequence[Step]) -> dict[str, Any]:
    """The checklist for scripts. Times are epoch seconds."""
    counts, found = progress(steps), checking.document
    return {
        "handoff": {"path": found.path or None, "id": found.id or None, "error": found.wrong or None},
        "passed": counts.done,
        "settled": counts.settled,
        "total": counts.total,
        "steps": [
            {
                "id": step.id,
                "title": step.title,
                "group": step.group,
                "state": step.state.value,
                "evidence": redact(step.evidence),
                "remedy": step.remedy or None,
                "command": step.key or None,
                "checked_at": step.checked_at,
                "line": step.line,
                "follows": list(step.links),
            }
            for step in steps
        ],
    }
