"""Temporary automation: scripts, processes and files that should be there, or should be gone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

from console.i18n import mark, tr, trn
from console.model.service import Judgement

_COUNT: Final = re.compile(r"(?:(at most|at least)\s+)?(\d{1,9})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Expectation:
    """How many of something there should be."""

    text: str
    """As configured: ``0``, ``at most 3``, ``running``, ``gone``."""
    low: int
    high: int | None
    """None: any number above `low`."""

    def holds(self, count: int) -> bool:
        """Whether *count* is as expected."""
        return self.low <= count and (self.high is None or count <= self.high)


def expectation(text: str) -> Expectation | None:
    """Return what *text* expects: ``running``, ``gone``, ``3``, ``at most 3``, ``at least 1``; None when nothing."""
    said = " ".join(text.split()).casefold()
    if said == "running":
        return Expectation(said, 1, None)
    if said == "gone":
        return Expectation(said, 0, 0)
    found = _COUNT.fullmatch(said)
    if found is None:
        return None
    count = int(found.group(2))
    match found.group(1):
        case "at most":
            return Expectation(said, 0, count)
        case "at least":
            return Expectation(said, count, None)
    return Expectation(str(count), count, count)


@dataclass(frozen=True, slots=True)
class Tally:
    """What a glob matches now."""

    count: int = 0
    size: int = 0
    """Bytes of the regular files among them."""
    oldest: float | None = None
    """Epoch seconds of the change longest ago; None without a match."""
    newest: float | None = None
    cut: str = ""
    """Why the search ended before its end; `count` is then the least there is. Empty: it is exact."""
    trouble: str = ""
    """What could not be looked into."""


@dataclass(frozen=True, slots=True)
class Automation:
    """One entry of temporary automation, judged."""

    name: str
    kind: Literal["glob", "process", "script"]
    target: str
    """The glob, the regular expression of a command line, or the path of the script."""
    expected: str
    observed: str = mark("not read yet")
    """``53 files``, ``running``, ``gone``, ``unknown``: a bare word is English, see `console.model.observed`."""
    judgement: Judgement = Judgement.UNKNOWN
    evidence: str = ""
    tally: Tally | None = None
    """Only of a glob."""
    action: str = ""
    """The operator's own note: what is to be done with it."""
    clean: bool = False
    """Whether the clean-up may move its files."""
    read_at: float | None = None
    """Epoch seconds; None before it was looked at for the first time."""

    @property
    def wrong(self) -> bool:
        """Whether it is not as expected."""
        return self.judgement in (Judgement.ATTENTION, Judgement.ALARM)


def judge_files(expected: Expectation, found: Tally) -> tuple[str, Judgement]:
    """What is observed of a glob, and how that is: files that are too many are litter, never an alarm."""
    shown = f"{found.count:,}{'+' if found.cut else ''}"
    observed = trn("{shown} file", "{shown} files", found.count, shown=shown)
    if not (found.cut or found.trouble):
        return observed, Judgement.OK if expected.holds(found.count) else Judgement.ATTENTION
    # At least so many: enough to say that there are too many, or that a least number is reached.
    if expected.high is not None and found.count > expected.high:
        return observed, Judgement.ATTENTION
    if expected.high is None and found.count >= expected.low:
        return observed, Judgement.OK
    return observed if found.count else "unknown", Judgement.UNKNOWN


def judge_processes(expected: Expectation, count: int) -> tuple[str, Judgement]:
    """What is observed of a process or script, and how that is: one that runs and must not is an alarm."""
    observed = "running" if count == 1 else tr("{count} running", count=count) if count else "gone"
    return observed, Judgement.OK if expected.holds(count) else Judgement.ALARM
