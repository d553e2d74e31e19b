"""The sub-commands of ``oc-console``. Heavy imports stand inside the command that needs them."""

from __future__ import annotations

import argparse
import asyncio
import io
import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from console import (
    __version__,
    checklist_command,
    cli_words,
    decision_command,
    detect,
    handoff_command,
    i18n,
    init_command,
    log_commands,
    operations_commands,
    queue_command,
    send_command,
    service_command,
)
from console.commands import IDS, clashes
from console.config import Config, ConfigError, decisions_file, find, load
from console.i18n import tr
from console.safety import safe_text

if TYPE_CHECKING:
    from console.opening import Opener
    from console.state_view import Views

WELL, NEEDS_PERSON, USAGE = 0, 1, 2
"""Exit codes of ``oc-console status``: all well, something needs a person, wrong use or configuration."""


def _parser() -> argparse.ArgumentParser:
    cli_words.speak()
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--config", metavar="FILE", default=argparse.SUPPRESS, help=tr("configuration file"))
    shared.add_argument(
        "--tmux-socket", metavar="NAME|PATH", default=argparse.SUPPRESS, help=tr("read this tmux server")
    )
    cmux = tr("read this cmux: the app or the daemon")
    shared.add_argument("--cmux-socket", metavar="PATH", default=argparse.SUPPRESS, help=cmux)
    shared.add_argument("--read-only", action="store_true", default=argparse.SUPPRESS, help=tr("refuse every act"))
    parser = argparse.ArgumentParser(
        prog="oc-console",
        parents=[shared],
        description=tr("Mission control for a fleet of coding agents in tmux or cmux. Without a command: the console."),
    )
    parser.add_argument(
        "--version",
        action="version",
        version=f"oc-console {__version__}",
        help=tr("show program's version number and exit"),
    )
    parser.add_argument("--fresh", action="store_true", help=tr("do not come up where the console was left"))
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    demo = commands.add_parser("demo", parents=[shared], help=tr("six simulated agents in a private terminal server"))
    demo.add_argument("--backend", choices=("auto", "tmux", "cmux"), default="auto", help=tr("which terminal server"))
    status = commands.add_parser(
        "status", parents=[shared], help=tr("print one snapshot; exit 1 if something needs a person")
    )
    status.add_argument("--json", action="store_true", help=tr("for scripts"))
    commands.add_parser(
        "doctor", parents=[shared], help=tr("what was found on this machine, and what to do about the rest")
    )
    focus = commands.add_parser("focus", parents=[shared], help=tr("bring a surface to the front in tmux or cmux"))
    focus.add_argument("surface", metavar="SURFACE", help=tr("its name, ref, title or uuid"))
    log_commands.add_parsers(commands, shared)
    send_command.add_parser(commands, shared)
    queue_command.add_parser(commands, shared)
    operations_commands.add_parsers(commands, shared)
    checklist_command.add_parser(commands, shared)
    service_command.add_parser(commands, shared)
    decision_command.add_parser(commands, shared)
    detect.add_parser(commands)
    handoff_command.add_parser(commands, shared)
    init_command.add_parser(commands, shared)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``oc-console`` and return its exit code."""
    try:
        return _main(argv)
    except BrokenPipeError:
        return 128 + signal.SIGPIPE
    finally:
        _let_go()


def _let_go() -> None:
    """Whoever read our output may be gone: Python would flush at its end, complain, and exit with 120."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _main(argv: Sequence[str] | None) -> int:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal without Unicode still shows the rest
    _speak_before(argv)
    arguments = _parser().parse_args(argv)
    if getattr(arguments, "json", False):
        i18n.use("en")  # what scripts read is the same everywhere
    if arguments.command == "detect":
        return detect.run(arguments)
    if arguments.command == "handoff" and arguments.verb == "read":
        return handoff_command.run(arguments)
    if arguments.command == "init":
        return init_command.run(arguments)
    try:
        config = Config() if _needs_none(arguments) else _config(arguments)
    except ConfigError as error:
        print(error, file=sys.stderr)
        return USAGE
    if arguments.command in ("summary", "log"):
        return log_commands.run(config, arguments)
    if arguments.command == "status":
        from console.headless import status

        return status(config, as_json=arguments.json)
    if arguments.command == "doctor":
        from console.headless_doctor import doctor

        return doctor(config, _config_path(arguments))
    if arguments.command == "handoff":
        return handoff_command.write(config, arguments)
    if arguments.command == "send":
        return send_command.run(config, arguments)
    if arguments.command == "queue":
        return queue_command.run(config, arguments)
    if arguments.command == "decision":
        return decision_command.run(config, arguments)
    if arguments.command in ("operations", "cleanup"):
        return operations_commands.run(config, arguments)
    if arguments.command == "checklist":
        return checklist_command.run(config, arguments)
    if arguments.command == "service":
        return service_command.run(config, arguments)
    if arguments.command == "focus":
        from console.headless import focus

        return focus(config, arguments.surface)
    return _console(config, arguments)


def _speak_before(argv: Sequence[str] | None) -> None:
    """Choose the language of the help and of what is wrong with the configuration, before either is read."""
    first = argparse.ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    first.add_argument("--config")
    try:
        known, _ = first.parse_known_args(argv)
        path = find(known.config, os.environ, Path.cwd())
        i18n.use(i18n.before_reading(path, os.environ))
    except (argparse.ArgumentError, ConfigError, OSError, ValueError):
        i18n.use(i18n.of_locale(os.environ))  # the same file is read again in a moment, and then it is told


def _needs_none(arguments: argparse.Namespace) -> bool:
    """Whether a named log is only read: that needs no configuration, and a broken one must not be in its way."""
    reads = arguments.command == "summary" or getattr(arguments, "verb", "") in ("show", "lost")
    return reads and bool(arguments.log) and not getattr(arguments, "config", None)


def _config_path(arguments: argparse.Namespace) -> Path | None:
    return find(getattr(arguments, "config", None), os.environ, Path.cwd())


def _config(arguments: argparse.Namespace) -> Config:
    path = _config_path(arguments)
    config = Config()
    if path is not None:
        config = load(path, IDS)
        _refuse_clashes(path, config)
    if not config.decisions:
        config = replace(config, decisions=decisions_file(path))
    if not getattr(arguments, "json", False):
        i18n.use(i18n.chosen(config.language, os.environ))
    if getattr(arguments, "read_only", False):
        config = replace(config, read_only=True)
    tmux, cmux = getattr(arguments, "tmux_socket", ""), getattr(arguments, "cmux_socket", "")
    if tmux and cmux:
        raise ConfigError(tr("--tmux-socket and --cmux-socket: only one server can be read; leave one out"))
    own = config.mux
    if tmux:
        return replace(config, mux=replace(own, backend="tmux", tmux_socket=tmux, cmux_socket=""))
    if cmux:
        return replace(config, mux=replace(own, backend="cmux", cmux_socket=cmux, tmux_socket=""))
    return config


def _refuse_clashes(path: Path, config: Config) -> None:
    """Raise `ConfigError` when a key of the configuration is another command's key as well."""
    lines = path.read_text(encoding="utf-8").splitlines()
    wrong = []
    for mine, key, other in clashes(config.keys):
        row, column = next(((at, line.index(mine)) for at, line in enumerate(lines) if mine in line), (0, 0))
        where = f"{safe_text(str(path))}:{row + 1}:{column + 1} keys.{mine}"
        wrong.append(
            tr(
                "{where}: {key} is the key of {other}; write another key, or give {other} one too",
                where=where,
                key=safe_text(key),
                other=other,
            )
        )
    if wrong:
        raise ConfigError("\n".join(wrong))


def _console(config: Config, arguments: argparse.Namespace) -> int:
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        print(tr("oc-console: needs a terminal; `oc-console status` prints one snapshot without one"), file=sys.stderr)
        return USAGE
    # Textual reads this when it is imported. A change is drawn within 4 ms instead of 16; how often something is drawn
    # is decided by how often the fleet is read.
    os.environ.setdefault("TEXTUAL_FPS", "240")
    from console import opening
    from console.state_view import Views

    opener: Opener = partial(opening.open_fleet, config)
    path = _config_path(arguments)
    views = Views(opening.state_folder(), os.path.abspath(path) if path is not None else "")  # noqa: PTH100
    if arguments.command == "demo":
        opener = partial(opening.open_demo, config, arguments.backend)
        return asyncio.run(_run(config, opener))
    return asyncio.run(_run(config, opener, views, fresh=arguments.fresh))


async def _run(config: Config, opener: Opener, views: Views | None = None, *, fresh: bool = False) -> int:
    from console.app import ConsoleApp

    app = ConsoleApp(config, opener)
    app.give_up_after = 5.0
    if views is not None:
        app.resume(views, fresh=fresh)
    try:
        await app.run_async()
    finally:
        if app.opened is not None:
            try:
                await app.opened.close()
            finally:
                app.opened.kill()
    return app.return_code or 0
