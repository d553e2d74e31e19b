"""``oc-console operations`` and ``cleanup``: temporary automation, artifacts and figures without a screen."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from console import operations_report
from console.config import Config
from console.i18n import tr, trn
from console.model.cells import cells
from console.model.words import size
from console.safety import prints_unicode, safe_text

if TYPE_CHECKING:
    from console.cleaning import Bag, Left, Plan
    from console.model.operations import OperationsSlice

WELL, LEFT, USAGE, REFUSED = 0, 1, 2, 3
"""Exit codes: done; something is not as expected, or was left; wrong use; refused, nothing was touched."""
TIMEOUT: Final = 30.0
"""Seconds after which what is not known by then stays unknown."""
SHOWN: Final = 200
"""Files that are listed one by one to a person; ``--json`` lists all."""
_OLD: Final = 8
"""Cells of the column with the age of a file."""


def add_parsers(commands: argparse._SubParsersAction[argparse.ArgumentParser], shared: argparse.ArgumentParser) -> None:
    """Add ``operations`` and ``cleanup`` to the sub-commands; *shared* has the options of all."""
    shows = commands.add_parser(
        "operations",
        parents=[shared],
        help=tr("temporary automation, artifacts and figures; exit 1 if one is not as expected"),
    )
    shows.add_argument("--json", action="store_true", help=tr("for scripts"))
    cleanup = commands.add_parser(
        "cleanup", parents=[shared], help=tr("move files of temporary automation into a trash that can be restored")
    )
    cleanup.add_argument(
        "names", metavar="NAME", nargs="*", help=tr("entries of automation:; without: all with clean: true")
    )
    what = cleanup.add_mutually_exclusive_group()
    what.add_argument("--dry-run", action="store_true", help=tr("show what would go; touch nothing"))
    what.add_argument(
        "--restore", action="store_true", help=tr("move a clean-up back: the newest, or the one with this id")
    )
    what.add_argument("--list", action="store_true", help=tr("what the trash holds"))
    cleanup.add_argument("--all", action="store_true", help=tr("everything that matches, not only what is too many"))
    cleanup.add_argument("--yes", action="store_true", help=tr("do not ask"))
    cleanup.add_argument("--json", action="store_true", help=tr("for scripts; with --dry-run, --list, or --yes"))


def run(config: Config, arguments: argparse.Namespace) -> int:
    """Carry out what `add_parsers` parsed; return the exit code."""
    if arguments.command == "operations":
        return _operations(config, as_json=arguments.json)
    if arguments.list:
        return _list(as_json=arguments.json)
    if arguments.restore:
        return _restore(config, arguments.names, as_json=arguments.json)
    return _cleanup(config, arguments)


def _operations(config: Config, *, as_json: bool) -> int:
    seen = asyncio.run(_read(config))
    if as_json:
        _dump(operations_report.document(seen))
    elif not (seen.automation or seen.artifacts or seen.figures):
        print(tr("nothing is configured: write automation:, artifacts: or figures: (config.example.yaml shows how)"))
    else:
        print("\n".join(line.removeprefix("  ") for line in operations_report.lines(seen, time.time())))
    return LEFT if any(seen.troubles()) else WELL


async def _read(config: Config) -> OperationsSlice:
    """Everything read once; no terminal server is needed for it."""
    from console.model.snapshot import Snapshot, reduce
    from console.opening import state_folder
    from console.state_baseline import BaselineFile
    from console.watches import Watch, operations, unread

    snapshot = Snapshot(operations=unread(config))
    done = asyncio.Event()
    baseline = BaselineFile(state_folder()).changed()
    if baseline is not None:
        snapshot = reduce(snapshot, baseline)

    async def follow(watch: Watch) -> None:
        nonlocal snapshot
        async with contextlib.aclosing(watch.start()) as readings:  # type: ignore[type-var]
            async for reading in readings:
                snapshot = reduce(snapshot, reading)
                if snapshot.operations.complete:
                    done.set()

    tasks = [asyncio.create_task(follow(watch)) for watch in operations(config)]
    try:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(TIMEOUT if tasks else 0):
                await done.wait()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return snapshot.operations


def _cleanup(config: Config, arguments: argparse.Namespace) -> int:
    from console import cleaning
    from console.opening import state_folder

    known = cleaning.entries(config)
    if not known:
        return _usage(tr("no entry of automation: has clean: true; only such files are ever moved"))
    for name in arguments.names:
        if name not in known:
            shown = ", ".join(safe_text(each, limit=60) for each in known)
            text = tr("{name} may not be cleaned up; entries with clean: true are {known}",
                      name=safe_text(name, limit=60), known=shown)  # fmt: skip
            return _usage(text)
    state, now = state_folder(), time.time()
    plan = cleaning.plan(config, state, now, arguments.names, every=arguments.all)
    if arguments.dry_run or not plan.items:
        _dump(_plan(plan)) if arguments.json else _show(plan, now)
        return WELL
    if config.read_only:
        return _refused(tr("the console is read-only; nothing was moved"))
    if not arguments.yes:
        if arguments.json or not sys.stdin.isatty():
            return _usage(tr("write --yes to do it, or --dry-run to see what would go"))
        _show(plan, now)
        if not _agreed(len(plan.items)):
            print(tr("nothing was moved"))
            return WELL
    return _clean(config, plan, as_json=arguments.json)


def _clean(config: Config, plan: Plan, *, as_json: bool) -> int:
    from console import cleaning
    from console.opening import state_folder

    try:
        done = cleaning.run(config, plan, state_folder(), time.time())
    except cleaning.refusal() as error:
        return _refused(str(error))
    if as_json:
        left = [{"path": each.path, "why": each.why} for each in done.left]
        _dump({"id": done.id or None, "moved": done.moved, "bytes": done.size, "left": left})
    else:
        _left(done.left)
        if done.moved:
            files, folder = operations_report.plural(done.moved, done.size), state_folder() / "trash" / done.id
            print(tr("moved {files} into {folder}", files=files, folder=folder))
            print(tr("`oc-console cleanup --restore {id}` brings them back", id=done.id))
    return LEFT if done.left else WELL


def _restore(config: Config, names: Sequence[str], *, as_json: bool) -> int:
    from console import cleaning
    from console.opening import state_folder

    if len(names) > 1:
        return _usage(tr("name one clean-up; `oc-console cleanup --list` lists them"))
    try:
        made, back, left = cleaning.restore(config, state_folder(), time.time(), names[0] if names else "")
    except cleaning.refusal() as error:
        return _refused(str(error))
    if as_json:
        _dump({"id": made, "restored": back, "left": [{"path": each.path, "why": each.why} for each in left]})
    else:
        _left(left)
        print(trn("{made}: {count:,} file is back", "{made}: {count:,} files are back", back, made=made))
    return LEFT if left else WELL


def _list(*, as_json: bool) -> int:
    from console import cleaning
    from console.opening import state_folder

    found = cleaning.bags(state_folder())
    if as_json:
        _dump([_bag(each) for each in found])
        return WELL
    for bag in found:
        held = operations_report.plural(len(bag.items), bag.size)
        print(tr("{id}  {held}  {age} ago", id=bag.id, held=held, age=operations_report.age(time.time() - bag.at)))
    if not found:
        print(tr("the trash is empty"))
    return WELL


def _bag(bag: Bag) -> dict[str, Any]:
    return {"id": bag.id, "at": bag.at, "bytes": bag.size, "files": [each.shown for each in bag.items]}


def _plan(plan: Plan) -> dict[str, Any]:
    return {
        "would_move": [
            {"entry": safe_text(each.entry), "path": each.path, "bytes": each.size, "mtime": each.mtime}
            for each in plan.items
        ],
        "bytes": plan.size,
        "left": [{"path": each.path, "why": each.why} for each in plan.left],
    }


def _show(plan: Plan, now: float) -> None:
    for item in plan.items[:SHOWN]:
        age = operations_report.age(now - item.mtime)
        old = tr("{age} old", age=age)
        print(f"  {size(item.size):>9}  {' ' * (_OLD - cells(old))}{old}  {item.path}")
    if len(plan.items) > SHOWN:
        print(tr("  and {count:,} more; --dry-run --json lists all", count=len(plan.items) - SHOWN))
    _left(plan.left, sys.stdout)
    if plan.items:
        print(tr("{files} would go into the trash", files=operations_report.plural(len(plan.items), plan.size)))
    else:
        print(tr("nothing to clean up"))


def _left(left: Sequence[Left], to: Any = None) -> None:
    for each in left[:SHOWN]:
        print(tr("  stays: {path}: {why}", path=each.path, why=each.why), file=to or sys.stderr)
    if len(left) > SHOWN:
        print(tr("  and {count:,} more stay", count=len(left) - SHOWN), file=to or sys.stderr)


def _agreed(count: int) -> bool:
    try:
        said = input(trn("Move it into the trash? [y/N] ", "Move these {count:,} files into the trash? [y/N] ", count))
    except (EOFError, KeyboardInterrupt):
        print()
        return False
    return said.strip().casefold() in ("y", "yes")


def _dump(told: object) -> None:
    unicode = prints_unicode()
    print(json.dumps(told, ensure_ascii=not unicode, indent=2))


def _usage(text: str) -> int:
    print(tr("oc-console cleanup: {text}", text=text), file=sys.stderr)
    return USAGE


def _refused(text: str) -> int:
    print(tr("oc-console cleanup: refused: {text}", text=text), file=sys.stderr)
    return REFUSED
