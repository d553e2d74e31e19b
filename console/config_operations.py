"""Sections ``automation``, ``artifacts`` and ``figures``: what they hold, and the rules that types cannot say."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar, Final, Literal

from console.i18n import tr
from console.model.automation import expectation
from console.safety import safe_text

Where = tuple[str | int, ...]
"""Keys and list indexes from the top of the document to a value."""
LITERAL: Final = 3
"""Characters of a name that a pattern must have without a wildcard before its files may be moved away."""
MULTIPLIERS: Final = re.compile(r"[kK]|[조억만천백십]+")


@dataclass(frozen=True, slots=True)
class AutomationSection:
    """Temporary automation: one glob, process or script."""

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid", "strict": True}

    name: str
    glob: str = ""
    """Absolute after loading."""
    process: str = ""
    """Regular expression searched in the joined argv."""
    script: str = ""
    """Absolute after loading."""
    expected: str = "gone"
    """See `console.model.automation.expectation`."""
    action: str = ""
    clean: bool = False
    """Whether the clean-up may move its files into the trash."""
    every: float = 15.0
    """Seconds between two looks."""

    @property
    def subject(self) -> tuple[Literal["glob", "process", "script"], str]:
        """What it is about."""
        if self.glob:
            return "glob", self.glob
        return ("process", self.process) if self.process else ("script", self.script)


@dataclass(frozen=True, slots=True)
class ArtifactSection:
    """A deliverable: one path or glob."""

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid", "strict": True}

    name: str
    path: str = ""
    """Absolute after loading."""
    glob: str = ""
    """The same."""
    every: float = 30.0
    """Seconds between two looks."""


@dataclass(frozen=True, slots=True)
class FigureSection:
    """A number of the operator's own."""

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid", "strict": True}

    name: str
    command: tuple[str, ...] = ()
    """An argv; run without a shell."""
    file: str = ""
    """Absolute after loading."""
    url: str = ""
    pattern: str = ""
    """Regular expression with at most one group."""
    take: Literal["only", "first", "last", "count"] = "only"
    """Which match of the pattern."""
    json: tuple[str, ...] = ()
    """Keys and indexes; ``#`` is a length."""
    unit: str = ""
    cwd: str = ""
    """Of the command; absolute after loading; empty means the directory the console was started in."""
    every: float = 60.0
    """Seconds between two readings."""
    timeout: float = 5.0
    """Seconds one reading may take."""


def prepare(data: MutableMapping[str, object]) -> None:
    """Short ways to write: ``expected: 0``, ``json: a.b.c``."""
    for section, key, change in (("automation", "expected", _number_text), ("figures", "json", _keys)):
        entries = data.get(section)
        for entry in entries if isinstance(entries, list) else ():
            if isinstance(entry, dict) and key in entry:
                entry[key] = change(entry[key])


def _number_text(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _keys(value: object) -> object:
    return value.split(".") if isinstance(value, str) else value


Wrong = Callable[[Where, str], None]
Entry = AutomationSection | ArtifactSection | FigureSection


def check(
    automation: tuple[AutomationSection, ...],
    artifacts: tuple[ArtifactSection, ...],
    figures: tuple[FigureSection, ...],
    wrong: Wrong,
) -> None:
    """Tell *wrong* everything that is wrong, with its path."""
    _check_all("automation", automation, wrong)
    _check_all("artifacts", artifacts, wrong)
    _check_all("figures", figures, wrong)
    for at, entry in enumerate(automation):
        _check_automation(entry, ("automation", at), wrong)
    for at, artifact in enumerate(artifacts):
        _one_of({"path": artifact.path, "glob": artifact.glob}, ("artifacts", at), wrong)
    for at, figure in enumerate(figures):
        _check_figure(figure, ("figures", at), wrong)


def _check_all(section: str, entries: Sequence[Entry], wrong: Wrong) -> None:
    seen: dict[str, int] = {}
    for at, entry in enumerate(entries):
        name = safe_text(entry.name.strip()).casefold()
        if not name:
            wrong((section, at, "name"), tr("is empty; write what it is called"))
        elif name in seen:
            wrong((section, at, "name"), tr("is the same as in entry {seen}; keep one of them", seen=seen[name]))
        seen.setdefault(name, at + 1)
        if not 1 <= entry.every <= 86_400:
            wrong((section, at, "every"), tr("must be between 1 and 86400 seconds; write for example 60.0"))


def _one_of(given: Mapping[str, object], path: Where, wrong: Wrong) -> bool:
    named = [key for key, value in given.items() if value]
    *others, last = given
    keys = f"{', '.join(others)} or {last}"
    if not named:
        wrong(path, tr("says nothing to look at; write {keys}", keys=keys))
    elif len(named) > 1:
        wrong((*path, named[1]), tr("stands beside {named}; keep one of {keys}", named=named[0], keys=keys))
    return len(named) == 1


def _check_automation(entry: AutomationSection, path: Where, wrong: Wrong) -> None:
    single = _one_of({"glob": entry.glob, "process": entry.process, "script": entry.script}, path, wrong)
    expected = expectation(entry.expected)
    if expected is None:
        wrong((*path, "expected"), tr("is not understood; write running, gone, 0, at most 3 or at least 1"))
    elif entry.glob and expected.text == "running":
        wrong((*path, "expected"), tr("a file does not run; write 0, at most 3 or at least 1"))
    if entry.process and (reason := bad_pattern(entry.process)):
        wrong((*path, "process"), reason)
    if single and entry.clean and (reason := _not_to_clean(entry)):
        wrong((*path, "clean"), reason)


def _not_to_clean(entry: AutomationSection) -> str:
    if not entry.glob:
        return tr("only files of a glob can be cleaned up; leave it out")
    *folders, name = [part for part in entry.glob.split("/") if part] or [""]
    if any(sign in part for part in folders for sign in "*?["):
        return tr("needs one folder without wildcards; name each folder in an entry of its own")
    if not folders or ".." in folders or name == "..":
        return tr("needs a folder, without ..; write for example /tmp/cmux_msg_*.txt")
    if len(re.sub(r"\[[^\]]*\]|[*?\[\].]", "", name)) < LITERAL:
        return tr(
            "needs at least {literal} letters of the names in the pattern: else it could take what is not meant",
            literal=LITERAL,
        )
    return ""


def _check_figure(figure: FigureSection, path: Where, wrong: Wrong) -> None:
    _one_of({"command": figure.command, "file": figure.file, "url": figure.url}, path, wrong)
    if figure.pattern and figure.json:
        wrong((*path, "json"), tr("stands beside pattern; keep one of them"))
    if figure.command and not figure.command[0].strip():
        wrong((*path, "command"), tr("names no program; write its name or path first, then its arguments"))
    if figure.url and not _is_url(figure.url):
        wrong((*path, "url"), tr("is not an http(s) URL; write for example http://127.0.0.1:4318/health"))
    if figure.pattern:
        if reason := bad_pattern(figure.pattern):
            wrong((*path, "pattern"), reason)
        elif re.compile(figure.pattern).groups > 1:
            wrong((*path, "pattern"), tr("has several groups; put only the number in ( ), others in (?: )"))
    elif figure.take != "only":
        wrong((*path, "take"), tr("means something only beside pattern"))
    if any(not part for part in figure.json):
        wrong((*path, "json"), tr("has an empty part; write keys separated by points, such as totals.logs"))
    if MULTIPLIERS.fullmatch(figure.unit) or re.search(r"[\d+.,-]", figure.unit):
        wrong((*path, "unit"), tr("is part of a number; write what is counted, such as 건 or MB"))
    if figure.cwd and not figure.command:
        wrong((*path, "cwd"), tr("means something only beside command"))
    if not 0.1 <= figure.timeout <= 600:
        wrong((*path, "timeout"), tr("must be between 0.1 and 600 seconds; write for example 5.0"))


def bad_pattern(pattern: str) -> str:
    """Why *pattern* cannot be used; empty when it can."""
    try:
        if re.compile(pattern).search("") is None:
            return ""
    except (re.error, RecursionError, OverflowError) as error:
        wrong = safe_text(str(error), limit=120)
        return tr(
            "is not a regular expression ({wrong}); put a backslash before . + * ? ( ) [ ] meant literally", wrong=wrong
        )
    return tr("matches the empty text; write a part of what stands there")


def _is_url(url: str) -> bool:
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0 and " " not in url
    except ValueError:
        return False


def placed(
    automation: tuple[AutomationSection, ...],
    artifacts: tuple[ArtifactSection, ...],
    figures: tuple[FigureSection, ...],
    base: Path,
) -> tuple[tuple[AutomationSection, ...], tuple[ArtifactSection, ...], tuple[FigureSection, ...]]:
    """The sections with their paths made absolute: ~ is the home, a relative path starts at *base*."""

    from glob import escape

    def place(text: str) -> str:
        # A link on the way stays one: normpath after abspath would take ".." for the folder above it.
        return str(base / os.path.expanduser(text)) if text else ""  # noqa: PTH111 - never raises

    def spread(text: str) -> str:
        # Signs in the names of the folders it is placed in are no wildcards.
        head, slash, rest = text.partition("/") if text.startswith("~") else ("", "", text)
        home = os.path.expanduser(head)  # noqa: PTH111 - never raises
        if rest.startswith("/") or not text:
            return rest
        return f"{escape(home if slash and home != head else str(base / head))}/{rest}"

    return (
        tuple(replace(each, glob=spread(each.glob), script=place(each.script)) for each in automation),
        tuple(replace(each, path=place(each.path), glob=spread(each.glob)) for each in artifacts),
        tuple(replace(each, file=place(each.file), cwd=place(each.cwd)) for each in figures),
    )
