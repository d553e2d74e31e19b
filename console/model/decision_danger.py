"""Commands that are never run from a list of decisions, whoever has decided: what they do cannot be shown beforehand,
or cannot be taken back. The text of a decision may come from a document that nobody has read to its end. Pure.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Sequence
from typing import Final

from console.i18n import mark, tr

_TEXT: Final = mark("runs a text as a program, which cannot be shown beforehand")
_FOREVER: Final = mark("ends this machine, or empties a disk, and cannot be taken back")
_PYTHON: Final = re.compile(r"(?:python|pypy)[\d.]*")
_INLINE: Final = re.compile(r"perl[\d.]*|ruby[\d.]*|node|nodejs|deno|bun|php[\d.]*|lua[\d.]*|osascript|r|rscript|swift")
"""Interpreters that take a program as an argument."""
_PYTHON_OPTION: Final = re.compile(r"-[bBdEhiIOPqRsSuvVx]*c.*", re.DOTALL)
_OPTION: Final = re.compile(r"-[A-Za-z0-9]*[eE]|-[eEpr].*|--(?:eval|print|execute|run)(?:=.*)?|eval", re.DOTALL)
_VALUED: Final = ("-W", "-X", "-I", "-C", "-M")
"""Options of interpreters whose value may be the next word."""
_MACHINE: Final = re.compile(
    r"mkfs(?:\..*)?|newfs.*|wipefs|blkdiscard|[cs]?fdisk|parted|shred|shutdown|reboot|halt|poweroff"
)
_REMOTE: Final = ("ssh", "mosh")
_KEEP: Final = frozenset(
    {
        *("/", "/bin", "/boot", "/dev", "/etc", "/home", "/lib", "/opt", "/private", "/proc", "/root", "/sbin", "/srv"),
        *("/sys", "/tmp", "/usr", "/usr/local", "/var", "/Applications", "/Library", "/System", "/Users", "/Volumes"),
    }
)
"""Folders of the machine that nobody removes whole."""
_ENDS: Final = re.compile(r"(?:kill|respawn|run|if|pipe|source|close)(?:[-pw]\S*)?|killp|killw")
"""What ends surfaces of a terminal server, or lets it run a text; tmux knows a command by its beginning."""
EVERYTHING: Final = re.compile(r"all|\*|\S+:\*|\*\S*|\S*/(?:LaunchAgents|LaunchDaemons)/?")
"""What a service manager takes for every service there is."""


def danger(program: str, words: Sequence[str], cwd: str, home: str) -> str:
    """Why the command of *words*, whose *program* is its name in lower case, is not run; empty when nothing is known.

    Paths are taken as they would be in *cwd*, an absolute directory.
    """
    rest = words[1:]
    inline = _PYTHON_OPTION if _PYTHON.fullmatch(program) else _OPTION if _INLINE.fullmatch(program) else None
    if inline is not None and any(inline.fullmatch(word) for word in _options(rest)):
        return tr("{program} {does}", program=program, does=tr(_TEXT))
    if program in _REMOTE:
        return tr("{program} {does}", program=program, does=tr(_TEXT))
    if _MACHINE.fullmatch(program) or (program == "dd" and any(word.startswith("of=/dev/") for word in rest)):
        return tr("{program} {does}", program=program, does=tr(_FOREVER))
    if program == "diskutil" and any(word.casefold().startswith(("erase", "partition", "zero")) for word in rest):
        return tr("{program} {does}", program=program, does=tr(_FOREVER))
    if program == "find" and any(re.fullmatch(r"-(?:delete|exec(?:dir)?|ok(?:dir)?)", word) for word in rest):
        return tr("which files find would change cannot be shown beforehand")
    if program in ("rm", "chmod", "chown", "mv", "trash"):
        named = [word for word in rest if not word.startswith("-")]
        kept = _kept(named[:-1] if program == "mv" else named, cwd, home)
        if kept and (program[:2] != "ch" or any(re.fullmatch(r"-\w*R\w*|--recursive", word) for word in rest)):
            return tr("it is about the whole of {path}, and cannot be taken back", path=kept)
    if program in ("tmux", "cmux") and any(_ENDS.fullmatch(word) for word in rest):
        return tr("it ends surfaces, or runs a text, past the guards")
    if program in ("kill", "pkill", "killall") and _ends_all(rest):
        return tr("it ends every process of this account, or of the machine")
    return ""


def _options(rest: Sequence[str]) -> list[str]:
    """The options in front of the script: behind it stand the script's own."""
    found: list[str] = []
    for word in rest:
        if not word.startswith("-") and word != "eval" and (not found or found[-1] not in _VALUED):
            break
        found.append(word)
    return found


def _kept(paths: Collection[str], cwd: str, home: str) -> str:
    """The first of *paths* that is a folder of the machine, the home, or one in which the home or *cwd* stands."""
    for path in paths:
        plain = home + path[1:] if path == "~" or path.startswith("~/") else path
        whole = posixpath.normpath(posixpath.join(cwd or "/", plain))
        whole = "/" + whole.lstrip("/")
        above = any(f"{each.rstrip('/')}/".startswith(f"{whole.rstrip('/')}/") for each in (home, cwd) if each)
        if whole in _KEEP or above:
            return whole
    return ""


def _ends_all(rest: Sequence[str]) -> bool:
    """``kill -1`` alone is a signal; behind a signal or ``--`` it is every process; 1 is the first of all."""
    targets = list(rest[1:] if rest and re.fullmatch(r"-(?:\d+|[A-Za-z]\w*)", rest[0]) else rest)
    if targets[:1] == ["-s"] or (rest and rest[0] in ("-s", "-n")):
        targets = list(rest[2:])
    return any(word in ("-1", "1", "0") for word in targets)
