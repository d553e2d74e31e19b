"""Temporary automation: files counted by glob, scripts and processes found by their command lines."""

from __future__ import annotations

import os
import re
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from console.host import in_thread
from console.i18n import tr
from console.model.automation import Automation, Expectation, expectation, judge_files, judge_processes
from console.model.reading import OperationsRead
from console.model.service import Judgement
from console.model.words import size
from console.safety import safe_text
from console.services.entries import watch
from console.services.exits import runs as told
from console.services.globs import survey
from console.services.nudge import Nudge
from console.services.processes import ARGV_LIMIT

if TYPE_CHECKING:
    from console.config_operations import AutomationSection

TEXT: Final = 200
"""Characters of a name or a target that are shown."""

_INTERPRETER: Final = re.compile(r"-?(?:ba|z|da|k|fi|a|tc)?sh|python[\d.]*|pypy[\d.]*|node|ruby|perl|php|osascript")
_WITH_VALUE: Final = frozenset({"-o", "+o", "-O", "-W", "-X"})


@dataclass(frozen=True, slots=True)
class Running:
    """One running process."""

    pid: int
    argv: tuple[str, ...]
    started: float
    """Epoch seconds."""
    cwd: str = ""
    """Its working directory, where that was needed and could be read."""


def unread(spec: AutomationSection) -> Automation:
    """The entry before it was looked at."""
    kind, target = spec.subject
    return Automation(
        safe_text(spec.name, limit=TEXT),
        kind,
        safe_text(target, limit=TEXT),
        safe_text(spec.expected, limit=TEXT),
        action=safe_text(spec.action, limit=TEXT),
        clean=spec.clean,
    )


def watch_automation(specs: Sequence[AutomationSection], nudge: Nudge | None = None) -> AsyncIterator[OperationsRead]:
    """Yield each of *specs* now, in its period, and when *nudge* asks. Never raises: what is not known is unknown."""
    return watch(
        specs,
        lambda spec: in_thread(lambda: look(spec)),
        unknown,
        lambda seen: seen.judgement is Judgement.UNKNOWN,
        lambda at, seen: OperationsRead(at, automation=(seen,)),
        nudge,
    )


def unknown(spec: AutomationSection, why: str) -> Automation:
    """The entry when it cannot be known."""
    return replace(unread(spec), observed="unknown", evidence=safe_text(why, limit=300), read_at=time.time())


def look(spec: AutomationSection) -> Automation:
    """Look at one entry. Takes up to ten seconds: not for the event loop. Never raises."""
    expected = expectation(spec.expected)
    if expected is None:
        return unknown(spec, tr("it is not understood what is expected"))
    kind, target = spec.subject
    if kind == "glob":
        return _files(spec, expected)
    try:
        found = running(target) if kind == "script" else running()
        pattern = re.compile(target) if kind == "process" else None
    except (OSError, re.error, RecursionError, OverflowError) as error:
        return unknown(spec, tr("processes cannot be looked through: {error}", error=error))
    if pattern is not None:
        found = tuple(each for each in found if pattern.search(" ".join(each.argv)[:ARGV_LIMIT]))
    else:
        found = tuple(each for each in found if runs(each, target))
    return _processes(spec, expected, found)


def _files(spec: AutomationSection, expected: Expectation) -> Automation:
    tally = survey(spec.glob)
    observed, judgement = judge_files(expected, tally)
    said = [tally.cut and tr("{cut}: there may be more", cut=tally.cut), tally.trouble]
    if tally.count:
        said.insert(0, size(tally.size))
    evidence = "; ".join(filter(None, said)) or tr("nothing matches {glob}", glob=safe_text(spec.glob, limit=TEXT))
    return replace(
        unread(spec), observed=observed, judgement=judgement, evidence=evidence, tally=tally, read_at=time.time()
    )


def _processes(spec: AutomationSection, expected: Expectation, found: Sequence[Running]) -> Automation:
    observed, judgement = judge_processes(expected, len(found))
    now = time.time()
    kind, target = spec.subject
    if found:
        oldest = min(each.started for each in found)
        pids = ", ".join(str(each.pid) for each in found[:3])
        if found[3:]:
            pids = tr("{listed} and {count} more", listed=pids, count=len(found) - 3)
        evidence = told(pids, oldest or None, now)
    elif kind == "process":
        evidence = tr("no process matches {target}", target=safe_text(target, limit=80))
    else:
        there = os.path.lexists(target)
        evidence = (
            tr("no process runs it; the file is still there") if there else tr("no process runs it; there is no file")
        )
        if there and expected.text == "gone":
            judgement = Judgement.ATTENTION
    return replace(unread(spec), observed=observed, judgement=judgement, evidence=evidence, read_at=now)


def running(script: str = "") -> tuple[Running, ...]:
    """The processes whose command line this account may see, without this one; with the folder of those that may run
    *script* by a relative path. Raises OSError.
    """
    import psutil

    name = os.path.basename(script)  # noqa: PTH119 - compared with arguments, which are text
    found = []
    try:
        for process in psutil.process_iter(["pid", "cmdline", "create_time"]):
            argv = tuple(process.info["cmdline"] or ())
            if not argv or process.info["pid"] == os.getpid():
                continue
            cwd = ""
            if name and any(part != script and part.rsplit("/", 1)[-1] == name for part in argv):
                try:
                    cwd = process.cwd()
                except (psutil.Error, OSError):
                    cwd = ""  # then only a full path is believed
            found.append(Running(process.info["pid"], argv, process.info["create_time"] or 0.0, cwd))
    except psutil.Error as error:
        raise OSError(str(error)) from error
    return tuple(found)


def runs(process: Running, script: str) -> bool:
    """Whether *process* runs *script* (an absolute path): as its program, or as what an interpreter was given first.

    An editor that has the file open, or a program that gets its path as an argument, does not run it.
    """
    wanted = {script, os.path.realpath(script)}
    at = 0
    if _INTERPRETER.fullmatch(process.argv[0].rsplit("/", 1)[-1]):
        at = 1
        while at < len(process.argv) and process.argv[at][:1] in ("-", "+"):
            if process.argv[at] in ("-c", "-m", "-e"):
                return False
            at += 2 if process.argv[at] in _WITH_VALUE else 1
    if at >= len(process.argv):
        return False
    given = process.argv[at]
    if not os.path.isabs(given):  # noqa: PTH117
        if not process.cwd or ("/" not in given and at == 0):
            return False
        given = os.path.join(process.cwd, given)  # noqa: PTH118
    return os.path.normpath(given) in wanted or os.path.realpath(given) in wanted
