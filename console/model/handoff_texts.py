"""What the texts of a hand-off name: commands, paths, options, refs, numbers in brackets. Patterns are linear."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from console.model.handoff_words import Words

REF: Final = re.compile(
    r"(?<![\w:/.-])(surface[: #_-]?\d{1,9}|%\d{1,9}|[\w.-]{1,60}:\d{1,4}\.\d{1,4})(?![\w/.-])", re.IGNORECASE
)
WORKSPACE: Final = re.compile(r"(?<![\w:/.-])workspace[: #_-]?\d{1,9}(?!\w)", re.IGNORECASE)
NUMBER: Final = re.compile(r"(?<![\w#&])#(\d{1,9})(?!\w)")
PID: Final = re.compile(r"\bpid[\s:=#]{0,3}(\d{1,9})(?!\d)", re.IGNORECASE)
PORT: Final = re.compile(
    r"(?:\bport|포트)[\s:=#]{0,3}(\d{1,5})(?!\d)|(?<![\w.])(?:localhost|127\.0\.0\.1):(\d{1,5})(?!\d)", re.IGNORECASE
)
URL: Final = re.compile(
    r"(?:https?://[^\s`\"'<>|)]+|(?<![\w./@-])(?:localhost|127\.0\.0\.1):\d{1,5}(?:/[^\s`\"'<>|)]*)?)"
)

_PATH: Final = re.compile(r"(?<![\w:/.$}~-])(?:~|\.{1,2}|\$\{?[A-Z_]{1,40}\}?)?/[^\s`\"'<>|,;()\[\]，、）（]{1,1000}")
_FILE: Final = re.compile(r"(?<![\w/~.@:$*?+-])[\w*?.-]{1,200}(?:/[\w*?.@+-]{1,200}){1,40}/?")
_CODE: Final = re.compile(r"(`{1,9})([^`].*?)(?<!`)\1(?!`)")
_PARTICLE: Final = re.compile(
    r"(?<=[A-Za-z0-9/*_-])(?:은|는|이|가|을|를|에|의|로|으로|와|과|도|만|에서|에는|부터|까지|라는)$"
)
_OPTION: Final = re.compile(
    r"(?<![\w-])(-[A-Za-z](?: [a-z][a-z0-9_-]{0,30}(?![A-Za-z0-9_.-]))?|--[a-z][a-z0-9-]{1,40}(?:=[\w./:-]{1,80})?)"
)
_SHELL: Final = re.compile(r"&&|\|\||\s\|\s|\$\(|2>|>/dev/null|\s-{1,2}[A-Za-z]|;\s*(?:do|then|done)\b|\\$")
_EMPTY: Final = re.compile(r"[(\[] ?[,;·]? ?[)\]]")
_FIRST: Final = re.compile(r"(?:\$ |% )?((?:[A-Z_]{1,40}=\S{0,200} )?)([~./\w@+-]{1,200})")
_LAST: Final = frozenset("다요음함됨임.。!?")
MANY: Final = 200
"""Slashes in a text that is looked through for names with a folder."""
TEXT_LIMIT: Final = 4000
"""Characters of a text that are looked through for code."""
_TRAILING: Final = ".,;:!?…\"'*_"
_BOLD: Final = re.compile(r"^(\*\*|__|\*|_|~~)(.+)\1$")


def code_spans(text: str) -> list[str]:
    """What stands in backticks."""
    return [found.group(2).strip() for found in _CODE.finditer(text[:TEXT_LIMIT])] if text.count("`") > 1 else []


def bare(text: str) -> str:
    """*text* without the marks of code and emphasis around it."""
    text = text.strip()
    for _ in range(3):
        if len(text) > 2 and text[0] == text[-1] == "`":
            return text.strip("`").strip()
        found = _BOLD.match(text) if text[:1] in "*_~" else None
        if found is None:
            return text
        text = found.group(2).strip()
    return text


def is_command(line: str, words: Words) -> bool:
    """Whether *line* is a shell command, and no sentence that begins like one."""
    line = line.strip()
    if line.startswith("$ ") and len(line) > 2:
        return True
    found = _FIRST.match(line)
    if found is None or line[-1:] in _LAST:
        return False
    first = found.group(2)
    rest = line[found.end() :]
    if rest and not rest[0].isspace() and rest[0] != ";":
        return False
    if first in words.programs:
        # "open decisions" and "date of the run" are no commands: something only a shell would say is needed.
        return not rest.strip() or _shell_like(rest)
    return bool(found.group(1)) or (
        first[0] in "~./" and "/" in first and _shell_like(rest) and _SHELL.search(rest) is not None
    )


def _shell_like(rest: str) -> bool:
    if _SHELL.search(rest) is not None or any(sign in rest for sign in "/$=\"'*~|>"):
        return True
    return len(rest.split()) <= 2 and rest.isascii()


def commands(texts: Sequence[str], words: Words) -> tuple[str, ...]:
    """Commands in *texts*, each a line: whole lines, and what stands in backticks."""
    found: list[str] = []
    for text in texts:
        if is_command(text, words):
            found.append(text.strip().removeprefix("$ "))
        else:
            found += [each for each in code_spans(text) if is_command(each, words) and " " in each]
    return unique(found)


def paths(text: str) -> tuple[str, ...]:
    """Paths and patterns in *text*: absolute ones, below home, and names with a folder and a suffix."""
    found = [(each.span(), each.group()) for each in _PATH.finditer(text)]
    if text.count("/") <= MANY:
        taken = [span for span, _ in found] + [each.span() for each in URL.finditer(text)]
        for each in _FILE.finditer(text):
            name = each.group().rstrip("/").rsplit("/", 1)[-1].strip(".")
            looks = "." in name and not name.replace(".", "").isdigit()
            if looks and not any(start < each.end() and each.start() < end for start, end in taken):
                found.append((each.span(), each.group()))
    kept = (_PARTICLE.sub("", path.rstrip(_TRAILING)) for _, path in sorted(found))
    return unique(path for path in kept if path.strip("/~.") and not path.startswith(("//", "/dev/")))


def place(text: str) -> str:
    """The first path in *text*, with its spaces where code marks hold it; without one, *text* bare of its marks."""
    named = paths(text)
    if not named:
        return bare(text)
    first = named[0]
    for _, span in _CODE.findall(text):
        rest = span.removeprefix(first)
        if rest != span and rest[:1] in (" ", "/") and " -" not in rest and "." not in first.rsplit("/", 1)[-1]:
            return span.strip() if "." in span.rsplit("/", 1)[-1] else first  # else a program and what it is given
    return first


def options(text: str) -> tuple[str, ...]:
    """Options of programs in *text*: ``-a never``, ``--dry-run``."""
    return unique(found.group(1) for found in _OPTION.finditer(text))


def unique(texts: Iterable[str]) -> tuple[str, ...]:
    """*texts* without repetitions and empty ones, in their order."""
    return tuple(dict.fromkeys(text for text in texts if text))


def number(text: str) -> int | None:
    """54 for ``#54``, ``54``, ``No. 54``."""
    text = bare(text)
    found = NUMBER.search(text)
    if found is not None:
        return int(found.group(1))
    digits = text.lower().removeprefix("no.").removeprefix("#").strip()
    return int(digits) if digits.isascii() and digits.isdecimal() and len(digits) < 10 else None


def without(text: str, *patterns: re.Pattern[str]) -> str:
    """*text* without what *patterns* match, and without the empty brackets and ends that stay."""
    for pattern in patterns:
        text = pattern.sub(" ", text)
    text = " ".join(text.split())
    return trimmed(" ".join(_EMPTY.sub(" ", text).split()))


def trimmed(text: str) -> str:
    """*text* without separators at its ends."""
    return text.strip().strip("-–—:·,;|→>").strip()
