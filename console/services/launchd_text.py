"""Reads what ``launchctl`` prints and what a property list of launchd says. Never raises; what is unclear is left out.

Formats: launchctl(1), launchd.plist(5). ``print`` is, in Apple's words, no API: only fields that are named here are
looked at, and it prints the environment of the job, secrets included, so nothing else of it is ever kept.
"""

from __future__ import annotations

import plistlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from console.i18n import mark, tr
from console.model.durations import span
from console.safety import redact, safe_text

PRINTED: Final = {
    "state": mark("state"),
    "pid": "pid",
    "runs": mark("runs"),
    "program": mark("program"),
    "path": mark("property list"),
    "last exit code": mark("last exit"),
    "last terminating signal": mark("last signal"),
    "run interval": mark("interval"),
    "successive crashes": mark("crashes in a row"),
}
"""Fields of ``launchctl print`` that are shown, and what they are called then: in English, `tr` where it is drawn."""
_FIELD: Final = re.compile(r"\t([a-z][a-z ]{1,40}) = (.{1,400})")
_WHOLE: Final = re.compile(r"-?\d{1,9}", re.ASCII)
_CALENDAR: Final = ("Minute", "Hour", "Day", "Month", "Weekday")


@dataclass(frozen=True, slots=True)
class Job:
    """One line of ``launchctl list``."""

    label: str
    pid: int | None
    """None: loaded, and not running."""
    status: int
    """Exit status of its last run, negative for a signal."""


@dataclass(frozen=True, slots=True)
class Listed:
    """All of ``launchctl list``."""

    jobs: Mapping[str, Job] = field(default_factory=dict)
    doubtful: tuple[str, ...] = ()
    """Lines that were not understood: a label in one of them is neither loaded nor unloaded for sure."""
    good: bool = False
    """Whether it is such a list at all."""


def parse_list(text: str) -> Listed:
    """Read ``launchctl list``: a header, then pid or ``-``, status, label, separated by tabs."""
    lines = text.split("\n")
    if lines[0].split() != ["PID", "Status", "Label"]:
        return Listed()
    jobs: dict[str, Job] = {}
    doubtful = []
    for line in lines[1:]:
        parts = line.split("\t", 2)
        if len(parts) == 3 and _WHOLE.fullmatch(parts[1]) and parts[2].strip() and _pid(parts[0]):
            label = parts[2].strip()
            jobs[label] = Job(label, None if parts[0] == "-" else int(parts[0]), int(parts[1]))
        elif line.strip():
            doubtful.append(line)
    return Listed(jobs, tuple(doubtful), True)


def _pid(text: str) -> bool:
    return text == "-" or (_WHOLE.fullmatch(text) is not None and int(text) > 0)


def parse_print(text: str) -> dict[str, str]:
    """The fields of ``launchctl print`` that may be shown, by what they are called; see `PRINTED`."""
    found: dict[str, str] = {}
    for line in text.split("\n"):
        match = _FIELD.fullmatch(line)  # at one tab: deeper ones belong to parts, the environment among them
        if match is not None and match.group(1) in PRINTED:
            found.setdefault(PRINTED[match.group(1)], redact(safe_text(match.group(2).strip(), limit=200)))
    return found


@dataclass(frozen=True, slots=True)
class Plan:
    """What a property list says about when and what."""

    label: str = ""
    program: tuple[str, ...] = ()
    interval: int | None = None
    """Seconds."""
    calendar: tuple[str, ...] = ()
    """Times as five cron fields each."""
    keep_alive: bool = False
    output: str = ""
    """Path of the file its output goes to."""

    @property
    def told(self) -> str:
        """``every 5m``, ``at 2 times``, ``kept alive``; empty when it is only started on demand."""
        if self.interval:
            seconds = self.interval
            return tr("every {time}", time=span(seconds)) if seconds >= 60 else tr("every {count} s", count=seconds)
        if self.calendar:
            return tr("at {count} times", count=len(self.calendar)) if len(self.calendar) > 1 else tr("at one time")
        return tr("kept alive") if self.keep_alive else ""


def parse_plist(content: bytes) -> Plan | None:
    """Read a property list, XML or binary; None when it is none of launchd."""
    try:
        found = plistlib.loads(content)
    except Exception:  # plistlib raises whatever a broken file makes of its parsers (a dozen kinds have been seen)
        return None
    if not isinstance(found, dict) or not isinstance(found.get("Label"), str):
        return None
    argv = found.get("ProgramArguments")
    program = tuple(each for each in argv if isinstance(each, str)) if isinstance(argv, list) else ()
    if not program and isinstance(found.get("Program"), str):
        program = (found["Program"],)
    interval = found.get("StartInterval")
    alive = found.get("KeepAlive")
    output = found.get("StandardOutPath")
    return Plan(
        found["Label"],
        program,
        interval if isinstance(interval, int) and not isinstance(interval, bool) and interval > 0 else None,
        _calendar(found.get("StartCalendarInterval")),
        alive is True or (isinstance(alive, dict) and bool(alive)),
        output if isinstance(output, str) else "",
    )


def _calendar(value: object) -> tuple[str, ...]:
    entries = value if isinstance(value, list) else [value] if isinstance(value, dict) else []
    found = []
    for entry in entries[:100]:
        if isinstance(entry, dict) and all(
            isinstance(entry.get(key, 0), int) and 0 <= entry.get(key, 0) < 60 for key in _CALENDAR
        ):
            found.append(" ".join(str(entry.get(key, "*")) for key in _CALENDAR))
    return tuple(found)
