"""A double of the ``cmux`` command-line program of the macOS app, to stand on PATH in tests.

Made from documented facts about 0.63.2 and 0.64.x, never compared with the real program. `install` writes an executable
named ``cmux``; it talks to whatever socket it is told of, in tests the double of `tests.fakes.cmux_app`.
"""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.fakes.cmux_app_personality import Personality, personality
from tests.fakes.cmux_program_acts import FREE
from tests.fakes.cmux_program_call import Call
from tests.fakes.cmux_program_client import Client, CliError
from tests.fakes.cmux_program_commands import COMMANDS
from tests.fakes.cmux_program_print import FORMATS

ROOT: Final = Path(__file__).resolve().parents[2]
_SCRIPT: Final = """#!{python}
import os, sys
sys.path[:0] = [{root}]
{defaults}
from tests.fakes.cmux_program import main
raise SystemExit(main())
"""
SOCKET_DEFAULT: Final = "CMUX_DOUBLE_SOCKET"
"""Where the installed program looks when neither flag nor environment says: the "implicit" path."""
PERSONALITY: Final = "CMUX_DOUBLE_PERSONALITY"


def install(folder: Path, socket: Path | str | None = None, release: str = "0.63.2") -> Path:
    """Write an executable ``cmux`` of *release* into *folder* and return its path.

    *socket* is its implicit path, which a flag and the environment overrule, as in the real one. Raises ValueError for
    an unknown release.
    """
    found = personality(release)
    defaults = [f"os.environ.setdefault({PERSONALITY!r}, {found.name!r})"]
    if socket is not None:
        defaults.append(f"os.environ.setdefault({SOCKET_DEFAULT!r}, {str(socket)!r})")
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "cmux"
    text = _SCRIPT.format(python=sys.executable, root=repr(str(ROOT)), defaults="\n".join(defaults))
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)
    return path


@dataclass(slots=True)
class _Global:
    json: bool = False
    id_format: str = ""
    socket: str = ""
    password: str = ""
    window: str = ""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit code."""
    sys.stdout.reconfigure(encoding="utf-8", errors="surrogateescape")  # type: ignore[union-attr]
    sys.stderr.reconfigure(encoding="utf-8", errors="surrogateescape")  # type: ignore[union-attr]
    release = personality(os.environ.get(PERSONALITY, "0.63.2"))
    try:
        return _run(release, list(sys.argv[1:] if arguments is None else arguments))
    except CliError as error:
        sys.stdout.flush()
        sys.stderr.write(f"Error: {error}\n")
        return error.code
    except (BrokenPipeError, KeyboardInterrupt):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _run(release: Personality, words: list[str]) -> int:
    said, rest = _global_flags(words)
    if not rest:
        if release.modern:
            raise CliError("Missing command. Run 'cmux help' to see available commands.", 2)
        raise CliError("Missing command")
    command, args = rest[0], rest[1:]
    if command in ("version", "--version", "-v"):
        print(release.version_line)
        return 0
    if command in ("help", "--help", "-h"):
        print(
            "cmux - control cmux via Unix socket\n\nCommands:\n" + "\n".join(f"  {name}" for name in sorted(COMMANDS))
        )
        return 0
    if "--help" in args or "-h" in args:
        known = f"Usage: cmux {command} [options]" if command in COMMANDS else None
        print(known or f"Unknown command '{command}'. Run 'cmux help' to see available commands.")
        return 0
    if release.modern:
        args = _late_flags(args, said)
    call = Call(release, None, args, said.json, said.id_format or "refs")
    if release.modern and command in FREE:
        return FREE[command](call)
    call.client = _connect(release, said)
    try:
        return _act(call, command, said)
    finally:
        call.client.close()


def _act(call: Call, command: str, said: _Global) -> int:
    if said.window and not call.release.modern:
        # 0.63 brings the window to the front before anything else: it takes the operator's focus away.
        call.rpc("window.focus", {"window_id": said.window})
    act = COMMANDS.get(command)
    if act is None or (command in ("paste", "events") and not call.has(command)):
        raise CliError(f"Unknown command: {command}")
    return act(call) or 0


def _global_flags(words: list[str]) -> tuple[_Global, list[str]]:
    said, at = _Global(), 0
    while at < len(words) and words[at].startswith("--"):
        flag = words[at]
        if flag == "--json":
            said.json = True
        elif flag in ("--id-format", "--socket", "--password", "--window"):
            if at + 1 >= len(words):
                raise CliError(f"{flag} requires a value")
            at += 1
            _keep(said, flag, words[at])
        else:
            break
        at += 1
    return said, words[at:]


def _keep(said: _Global, flag: str, value: str) -> None:
    if flag == "--id-format":
        value = value.lower()
        if value not in FORMATS:
            raise CliError("--id-format must be one of: refs, uuids, both")
    setattr(said, flag[2:].replace("-", "_"), value)


def _late_flags(args: list[str], said: _Global) -> list[str]:
    """B takes ``--json`` and ``--id-format`` after the command too, up to ``--``."""
    stop = args.index("--") if "--" in args else len(args)
    kept, at = [], 0
    while at < stop:
        if args[at] == "--json":
            said.json = True
        elif args[at] == "--id-format" and at + 1 < stop:
            at += 1
            _keep(said, "--id-format", args[at])
        else:
            kept.append(args[at])
        at += 1
    return kept + args[stop:]


def _connect(release: Personality, said: _Global) -> Client:
    env = os.environ
    first, second = env.get("CMUX_SOCKET_PATH", ""), env.get("CMUX_SOCKET", "")
    if release.modern and first and second and first != second and not said.socket:
        raise CliError(f"CMUX_SOCKET_PATH ({first}) and CMUX_SOCKET ({second}) disagree; unset one of them")
    told = said.socket or first or second
    path = told or env.get(SOCKET_DEFAULT) or str(release.socket_path(Path.home()))
    return Client(path, modern=release.modern, password=_password(release, said), implicit=not told)


def _password(release: Personality, said: _Global) -> str | None:
    given = said.password or os.environ.get("CMUX_SOCKET_PASSWORD", "")
    if given:
        return given
    try:
        kept = release.socket_path(Path.home()).with_name("socket-control-password").read_text(encoding="utf-8")
    except OSError:
        return None
    return kept.strip() or None


def shell_line(path: Path, *words: str) -> str:
    """The call as a person would type it; for messages of failing tests."""
    return shlex.join([str(path), *words])


if __name__ == "__main__":
    raise SystemExit(main())
