"""``oc-console handoff``: what a hand-off document says, and writing one."""

from __future__ import annotations

import argparse
import shutil
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from console.handoff_file import Unreadable, text_of, understood
from console.safety import safe_text

if TYPE_CHECKING:
    from console.config import Config
    from console.handing_over import HandingOver, Prepared
    from console.model.snapshot import Snapshot

__all__ = ["Unreadable", "add_parser", "run", "text_of", "understood", "write"]

WELL, NOT_WRITTEN, USAGE, REFUSED = 0, 1, 2, 3
"""Exit codes: done; the file could not be written; FILE cannot be read, or wrong use; the console is read-only."""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser], shared: argparse.ArgumentParser) -> None:
    """Add ``handoff`` to the sub-commands; *shared* has the options of all."""
    handoff = commands.add_parser("handoff", help="the hand-off document of a session")
    verbs = handoff.add_subparsers(dest="verb", metavar="VERB", required=True)
    read = verbs.add_parser(
        "read",
        help="what a hand-off says: sessions, work, decisions, services …, each with its line",
        description="Read a hand-off document: Markdown or what copying and pasting left of it, Korean or English. "
        "Every line that was not understood is listed.",
    )
    read.add_argument("file", metavar="FILE", help="- reads standard input")
    read.add_argument("--json", action="store_true", help="for scripts")
    writes = verbs.add_parser(
        "write",
        parents=[shared],
        help="writes a hand-off from what is seen now; it goes on from the last one",
        description="Write a hand-off document in Markdown from what is seen now. Lessons, decisions, checks, things "
        "to avoid and notes go on from the last one; what cannot be seen now is said to be unknown.",
    )
    writes.add_argument("-o", metavar="FILE", dest="output", help="where it goes; - prints it and changes nothing")
    writes.add_argument("--lang", choices=("ko", "en"), help="its language")
    writes.add_argument("--against", metavar="FILE", help="the hand-off it goes on from, instead of the last one")


def run(arguments: argparse.Namespace) -> int:
    """Carry ``handoff`` out and return the exit code."""
    from console.handoff_report import lines, shown
    from console.model.handoff import as_document

    try:
        text = text_of(arguments.file)
        handoff = understood(text)
    except Unreadable as error:
        print(f"oc-console handoff: {error}", file=sys.stderr)
        return USAGE
    if arguments.json:
        unicode = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
        print(shown(as_document(handoff), unicode=unicode))
        return WELL
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    for line in lines(handoff, safe_text(arguments.file), text.count("\n") + (not text.endswith("\n")), width):
        print(line)
    return WELL


def write(config: Config, arguments: argparse.Namespace) -> int:
    """Carry ``handoff write`` out and return the exit code."""
    from console.handing_over import HandingOver, Refused
    from console.headless import seen_once
    from console.opening import state_folder

    printed = arguments.output == "-"
    if config.read_only and not printed:
        return _failed("the console is read-only; no hand-off was written (-o - prints it)", REFUSED)
    names = {each.name: each.ref for each in config.surfaces if each.name}
    over = HandingOver(config, state_folder(), names)
    against = Path(arguments.against).absolute() if arguments.against else None
    path = Path(arguments.output).absolute() if arguments.output and not printed else None
    if against is not None and not against.is_file():
        return _failed(f"{safe_text(str(against))}: is no file; --against names the hand-off it goes on from", USAGE)
    snapshot, now = seen_once(config), time.time()
    try:
        prepared = over.prepare(snapshot, now, path=path, lang=arguments.lang, against=against)
        if prepared.warning:
            print(f"oc-console handoff: {prepared.warning}", file=sys.stderr)
        if printed:
            print(prepared.text, end="")
            return WELL
        return _written(over, prepared, snapshot, now)
    except Refused as error:
        return _failed(str(error), NOT_WRITTEN)


def _written(over: HandingOver, prepared: Prepared, snapshot: Snapshot, now: float) -> int:
    done = over.write(prepared, snapshot, now)
    kept = f"; the one before is {safe_text(str(done.copy))}" if done.copy is not None else ""
    print(f"written: {safe_text(str(done.path))}{kept}")
    if prepared.last is not None:
        print(f"it goes on from {safe_text(str(prepared.last))}: {len(prepared.changes)} changes")
    for each in prepared.changes:
        print(f"  {each.sign} {each.section}: {each.text}")
    if done.warning:
        print(f"oc-console handoff: {done.warning}", file=sys.stderr)
    return WELL


def _failed(why: str, code: int) -> int:
    print(f"oc-console handoff: {why}", file=sys.stderr)
    return code
