"""``oc-console init``: writes a configuration, from a hand-off document or from what is found on this machine."""

from __future__ import annotations

import argparse
import asyncio
import os
import secrets
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from console.config import LOCAL_NAME, Config, ConfigError, MuxConfig, load
from console.i18n import tr, trn
from console.safety import safe_text

if TYPE_CHECKING:
    from console.init_draft import Draft
    from console.model.snapshot import Snapshot

WELL, FAILED, USAGE = 0, 1, 2
"""Exit codes: written; not written; the hand-off cannot be read, or wrong use."""
BACKUPS: Final = 1000
"""Names that are tried for the copy of a file that is replaced."""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser], shared: argparse.ArgumentParser) -> None:
    """Add ``init`` to the sub-commands; *shared* has the options of all."""
    init = commands.add_parser(
        "init",
        parents=[shared],
        help=tr("write a configuration, from a hand-off document or from the surfaces that are found"),
    )
    init.add_argument("--from-handoff", metavar="FILE", help=tr("a hand-off document; - reads standard input"))
    init.add_argument("--force", action="store_true", help=tr("replace a file that is there; a copy of it is kept"))
    init.add_argument(
        "-o",
        "--output",
        metavar="PATH",
        default=LOCAL_NAME,
        help=tr("default: {name}; - prints it", name=LOCAL_NAME),
    )


def run(arguments: argparse.Namespace) -> int:
    """Carry ``init`` out and return the exit code."""
    from console.handoff_command import Unreadable

    target = Path(os.path.expanduser(arguments.output))  # noqa: PTH111 - never raises
    try:
        if arguments.output != "-" and os.path.lexists(target) and not arguments.force:
            print(
                tr(
                    "oc-console init: {path} is there already; --force replaces it and keeps a copy",
                    path=_named(target),
                ),
                file=sys.stderr,
            )
            return FAILED
        draft = _from_handoff(arguments.from_handoff) if arguments.from_handoff else _from_fleet(arguments)
        if arguments.output == "-":
            print(draft.settle(lambda text: _problems(text, None)), end="")
            return WELL
        return _write(draft, target)
    except Unreadable as error:
        print(tr("oc-console init: {error}", error=error), file=sys.stderr)
        return USAGE
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        print(
            tr(
                "oc-console init: {path}: not written ({reason}); name another with -o",
                path=_named(target),
                reason=safe_text(reason),
            ),
            file=sys.stderr,
        )
        return FAILED


def _named(path: Path) -> str:
    return safe_text(str(path), limit=400)


def _from_handoff(name: str) -> Draft:
    from console.handoff_command import text_of, understood
    from console.init_handoff import draft

    handoff = understood(text_of(name))
    if handoff.not_understood:
        told = trn(
            "{count} line was not understood: `oc-console handoff read {name}` lists it",
            "{count} lines were not understood: `oc-console handoff read {name}` lists them",
            len(handoff.not_understood),
            name=safe_text(name),
        )
        print(told, file=sys.stderr)
    return draft(handoff, safe_text(name))


def _from_fleet(arguments: argparse.Namespace) -> Draft:
    from console.init_fleet import draft

    tmux, cmux = getattr(arguments, "tmux_socket", ""), getattr(arguments, "cmux_socket", "")
    mux = MuxConfig()
    if tmux:
        mux = replace(mux, backend="tmux", tmux_socket=tmux)
    elif cmux:
        mux = replace(mux, backend="cmux", cmux_socket=cmux)
    snapshot, why = asyncio.run(_seen(Config(mux=mux)))
    if snapshot is None:
        print(tr("no surfaces were found: {why}", why=safe_text(why, limit=400)), file=sys.stderr)
    return draft(snapshot, why, mux)


async def _seen(config: Config) -> tuple[Snapshot | None, str]:
    """Every surface read once; None and why when there is no server."""
    from console.engine import Engine
    from console.opening import choose, rules_folder

    choice = await choose(config, os.environ)
    if choice.mux is None:
        return None, choice.why
    engine = Engine(config, choice.mux, rules=rules_folder())
    try:
        snapshot = await engine.peek()
    finally:
        await engine.close()
    return (None, snapshot.mux.error) if snapshot.mux.error else (snapshot, "")


def _problems(text: str, beside: Path | None) -> str:
    """What `console.config.load` says of *text*, tried in a file in the folder *beside*, or a temporary one."""
    import tempfile

    handle, name = tempfile.mkstemp(prefix=".oc-init-", suffix=".yaml", dir=beside)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", errors="replace") as file:
            file.write(text)
        load(Path(name))
    except ConfigError as error:
        return str(error).replace(safe_text(name), "")
    finally:
        Path(name).unlink()
    return ""


def _write(draft: Draft, target: Path) -> int:
    """Put the file in place whole; one that is there is copied first."""
    real = Path(os.path.realpath(target))  # a link stays one
    text = draft.settle(lambda text: _problems(text, real.parent))
    temporary = real.with_name(f".{real.name}.oc-{secrets.token_hex(6)}")
    try:
        with temporary.open("x", encoding="utf-8", errors="replace") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        copy = _copied(real, temporary)
        if copy is None and os.path.lexists(real):
            print(tr("oc-console init: {path} is no file that can be replaced", path=_named(real)), file=sys.stderr)
            return FAILED
        temporary.replace(real)
    finally:
        with suppress(FileNotFoundError):
            temporary.unlink()
    if copy is not None:
        print(tr("written: {path} (before: {copy})", path=_named(target), copy=_named(copy)))
    else:
        print(tr("written: {path}", path=_named(target)))
    if target.name != LOCAL_NAME:
        print(tr("use it: oc-console --config {path}", path=_named(target)))
    return WELL


def _copied(path: Path, temporary: Path) -> Path | None:
    """Copy what *path* holds to a name that is free, and give its mode to *temporary*; None when there is no file."""
    import shutil

    if not path.is_file():
        return None
    shutil.copymode(path, temporary)
    for number in range(1, BACKUPS):
        copy = path.with_name(f"{path.name}.bak" if number == 1 else f"{path.name}.bak{number}")
        try:
            os.close(os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        except FileExistsError:
            continue
        shutil.copy2(path, copy)
        return copy
    raise OSError(0, tr("there are {backups} copies of it already", backups=BACKUPS - 1))
