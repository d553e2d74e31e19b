"""``oc-console handoff``: what a hand-off document says, and writing one."""

from __future__ import annotations

import argparse
import shutil
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from console.handoff_file import Unreadable, text_of, understood
from console.i18n import tr, trn
from console.safety import prints_unicode, safe_text

if TYPE_CHECKING:
    from console.config import Config
    from console.handing_over import HandingOver, Prepared
    from console.model.snapshot import Snapshot

__all__ = ["Unreadable", "add_parser", "run", "text_of", "understood", "write"]

WELL, NOT_WRITTEN, USAGE, REFUSED = 0, 1, 2, 3
"""Exit codes: done; the file could not be written; FILE cannot be read, or wrong use; the console is read-only."""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser], shared: argparse.ArgumentParser) -> None:
    """Add ``handoff`` to the sub-commands; *shared* has the options of all."""
    handoff = commands.add_parser("handoff", help=tr("the hand-off document of a session"))
    verbs = handoff.add_subparsers(dest="verb", metavar="VERB", required=True)
    read = verbs.add_parser(
        "read",
        help=tr("what a hand-off says: sessions, work, decisions, services …, each with its line"),
        description=tr(
            "Read a hand-off document: Markdown or what copying and pasting left of it, Korean or "
            "English. Every line that was not understood is listed."
        ),
    )
    read.add_argument("file", metavar="FILE", help=tr("- reads standard input"))
    read.add_argument("--json", action="store_true", help=tr("for scripts"))
    writes = verbs.add_parser(
        "write",
        parents=[shared],
        help=tr("writes a hand-off from what is seen now; it goes on from the last one"),
        description=tr(
            "Write a hand-off document in Markdown from what is seen now. Lessons, decisions, "
            "checks, things to avoid and notes go on from the last one; what cannot be seen now is "
            "said to be unknown."
        ),
    )
    writes.add_argument("-o", metavar="FILE", dest="output", help=tr("where it goes; - prints it and changes nothing"))
    writes.add_argument("--lang", choices=("ko", "en"), help=tr("its language"))
    writes.add_argument("--against", metavar="FILE", help=tr("the hand-off it goes on from, instead of the last one"))


def run(arguments: argparse.Namespace) -> int:
    """Carry ``handoff`` out and return the exit code."""
    from console.handoff_report import lines, shown
    from console.model.handoff import as_document

    try:
        text = text_of(arguments.file)
        handoff = understood(text)
    except Unreadable as error:
        print(tr("oc-console handoff: {error}", error=error), file=sys.stderr)
        return USAGE
    if arguments.json:
        unicode = prints_unicode()
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
        return _failed(tr("the console is read-only; no hand-off was written (-o - prints it)"), REFUSED)
    names = {each.name: each.ref for each in config.surfaces if each.name}
    over = HandingOver(config, state_folder(), names)
    against = Path(arguments.against).absolute() if arguments.against else None
    path = Path(arguments.output).absolute() if arguments.output and not printed else None
    if against is not None and not against.is_file():
        return _failed(
            tr("{path}: is no file; --against names the hand-off it goes on from", path=safe_text(str(against))),
            USAGE,
        )
    snapshot, now = seen_once(config), time.time()
    try:
        prepared = over.prepare(snapshot, now, path=path, lang=arguments.lang, against=against)
        if prepared.warning:
            print(tr("oc-console handoff: {warning}", warning=prepared.warning), file=sys.stderr)
        if printed:
            print(prepared.text, end="")
            return WELL
        return _written(over, prepared, snapshot, now)
    except Refused as error:
        return _failed(str(error), NOT_WRITTEN)


def _written(over: HandingOver, prepared: Prepared, snapshot: Snapshot, now: float) -> int:
    done = over.write(prepared, snapshot, now)
    path = safe_text(str(done.path))
    if done.copy is not None:
        print(tr("written: {path}; the one before is {copy}", path=path, copy=safe_text(str(done.copy))))
    else:
        print(tr("written: {path}", path=path))
    if prepared.last is not None:
        last, count = safe_text(str(prepared.last)), len(prepared.changes)
        print(
            trn("it goes on from {last}: {count} change", "it goes on from {last}: {count} changes", count, last=last)
        )
    for each in prepared.changes:
        print(f"  {each.sign} {each.section}: {each.text}")
    if done.warning:
        print(tr("oc-console handoff: {warning}", warning=done.warning), file=sys.stderr)
    return WELL


def _failed(why: str, code: int) -> int:
    print(tr("oc-console handoff: {why}", why=why), file=sys.stderr)
    return code
