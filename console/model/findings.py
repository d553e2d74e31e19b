"""Scores and verdict in the last message of a verifier: what is found there is offered to a person, never more. Pure.

Regular expressions with the groups ``self``, ``cross`` and ``verdict`` are searched in each line, from the last one up:
a conclusion stands at the end. What is found first for a group counts; nothing is put together or guessed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from console.i18n import tr
from console.model.cells import cells
from console.model.dispatch import VerificationVerdict
from console.model.verdict_words import verdict_word

GROUPS: Final = ("self", "cross", "verdict")
"""Groups a pattern may have; it needs one of them."""
HIGHEST: Final = 100.0
"""No score is higher; with a scale behind it (``7.4/10``) none is higher than that."""
LINES: Final = 400
"""Lines that are searched."""
WIDTH: Final = 1000
"""Characters of a line that are searched."""

_SEP: Final = r"[은는이가]?[\s:=*_`|(\[]{0,6}(?:is\s{1,2}|of\s{1,2})?[\s*_`]{0,3}"
_COUNTED: Final = r"[건개회번명일월년시분초차줄행]|(?:tests?|files?|issues?|cases?|items?|lines?|times?)\b"
_NO_SCORE: Final = rf"(?![\d.,:]*\d|\s{{0,2}}(?:%|{_COUNTED}))"
_NUMBER: Final = r"\d{1,3}(?:[.,]\d{1,2})?" + _NO_SCORE
_WORDS: Final = (
    r"불합격|불통과|미통과|부적합|조건부\s?(?:통과|합격)|통과|합격|경고|주의|실패|반려"
    r"|pass(?:ed)?\s+with\s+warnings?|pass(?:ed)?(?![a-z]|\s+with\b)|warn(?:ing)?(?![a-z])|fail(?:ed)?(?![a-z])"
)
_CHOICE: Final = r"(?:[/|,]|or\b|또는)\s{0,2}(?:or\b\s)?(?:pass|warn|fail|통과|경고|실패)"
_NOT_SO: Final = rf"(?!\s{{0,2}}(?:(?:하지|되지|못|안\s|불가|아님|아니)|{_CHOICE}))"
"""Neither denied nor one of several to choose from."""

DEFAULTS: Final = (
    rf"(?i)(?<![\w-])(?:self|author'?s?(?:\s+own)?\s+score)(?:[\s_-]?(?:score|rating))?{_SEP}(?P<self>{_NUMBER})",
    rf"(?:자체|자기|작성자)\s?(?:평가|채점)?\s?(?:점수)?{_SEP}(?P<self>{_NUMBER})",
    rf"(?i)(?<![\w-])cross(?:[\s_-]?(?:check|verification))?(?:[\s_-]?score)?{_SEP}(?P<cross>{_NUMBER})",
    rf"(?:교차\s?(?:검증|평가)?\s?(?:점수)?|검증\s?점수){_SEP}(?P<cross>{_NUMBER})",
    rf"(?i)(?:^|[,;|·/(])[\s*•●>#-]{{0,6}}(?:(?:overall|final|total|my|종합|최종)\s)?(?:score|점수|총점|평점)"
    rf"{_SEP}(?P<cross>{_NUMBER})",
    rf"(?i)(?<![\w-])(?:verdict|판정|검증\s?결과){_SEP}(?P<verdict>{_WORDS}){_NOT_SO}",
)
"""``self 8.5 cross 7.4 verdict: pass``, ``자체 8.5 / 교차 7.4 / 판정 PASS``, ``score: 7.4/10``."""

_SCALE: Final = re.compile(r"\s{0,2}(?:/|out of|of)\s{0,2}(\d{1,3})(?![\d.])|점?\s{0,2}\(?(\d{1,3})점\s?만점")


@dataclass(frozen=True, slots=True)
class Findings:
    """What a message says of a dispatch that was verified; None where it says nothing that was understood."""

    self_score: float | None = None
    cross_score: float | None = None
    verdict: VerificationVerdict | None = None
    lines: tuple[str, ...] = ()
    """The lines it was found in, top to bottom."""
    doubt: str = ""
    """Why something that was found is left out."""

    @property
    def nothing(self) -> bool:
        """Whether there is nothing to offer."""
        return self.self_score is None and self.cross_score is None and self.verdict is None

    @property
    def words(self) -> str:
        """``self 8.5, cross 7.4, pass``."""
        parts = []
        if self.self_score is not None:
            parts.append(tr("self {score:g}", score=self.self_score))
        if self.cross_score is not None:
            parts.append(tr("cross {score:g}", score=self.cross_score))
        if self.verdict is not None:
            parts.append(tr(str(self.verdict)))
        return ", ".join(parts)


@lru_cache(16)
def compiled(patterns: tuple[str, ...]) -> tuple[re.Pattern[str], ...]:
    """Return *patterns* ready to search, the console's own where there are none. Raises re.error."""
    return tuple(re.compile(each) for each in patterns or DEFAULTS)


def wrong_pattern(text: str) -> str:
    """Return why *text* is no pattern for scores or a verdict; empty when it is one."""
    try:
        found = re.compile(text)
    except (re.error, RecursionError, OverflowError) as error:
        return tr("is not a regular expression ({error})", error=error)
    names = set(found.groupindex)
    if names - set(GROUPS):
        return tr(
            "has a group {group}; the groups are {listed}",
            group=sorted(names - set(GROUPS))[0],
            listed=", ".join(GROUPS),
        )
    if not names:
        return tr("has no group; write for example (?P<cross>\\d+(\\.\\d+)?) around the cross score")
    return ""


def find(lines: Sequence[str], patterns: tuple[str, ...] = ()) -> Findings:
    """Return what *lines* say: scores from 0 to `HIGHEST`, the verdict. *patterns* as in the configuration."""
    found: dict[str, tuple[float | VerificationVerdict, float | None, int]] = {}
    start = max(0, len(lines) - LINES)
    for at in range(len(lines) - 1, start - 1, -1):
        line = unicodedata.normalize("NFC", lines[at][:WIDTH])
        for pattern in compiled(patterns):
            for match in reversed(list(pattern.finditer(line))):
                for group in pattern.groupindex:
                    if group not in found and (said := _said(group, match, line)) is not None:
                        found[group] = (*said, at)
        if len(found) == len(GROUPS):
            break
    return _made(found, lines)


def _said(group: str, match: re.Match[str], line: str) -> tuple[float | VerificationVerdict, float | None] | None:
    """(The value, its scale where one is named) of one group; None when it is no such value."""
    text = match.group(group)
    if not text:
        return None
    if group == "verdict":
        verdict = verdict_word(text)
        return None if verdict is None else (verdict, None)
    try:
        score = float(text.strip().replace(",", "."))
    except ValueError:
        return None
    named = _SCALE.match(line, match.end(group))
    scale = float(named.group(1) or named.group(2)) if named is not None else None
    highest = HIGHEST if scale is None else min(scale, HIGHEST)
    return (score, scale) if 0 <= score <= highest else None  # false for NaN too


def _made(found: dict[str, tuple[float | VerificationVerdict, float | None, int]], lines: Sequence[str]) -> Findings:
    shown = tuple(" ".join(lines[at].split()) for at in sorted({at for _, _, at in found.values()}))
    own, cross, verdict = (found.get(group, (None, None, 0))[:2] for group in GROUPS)
    doubt = ""
    if own[1] is not None and cross[1] is not None and own[1] != cross[1]:
        doubt = tr(
            "self is out of {own:g} and cross out of {cross:g}: write both on one scale", own=own[1], cross=cross[1]
        )
        own = cross = (None, None)
    return Findings(
        own[0] if isinstance(own[0], float) else None,
        cross[0] if isinstance(cross[0], float) else None,
        verdict[0] if isinstance(verdict[0], VerificationVerdict) else None,
        shown,
        doubt,
    )


def unwrapped(rows: Iterable[str], width: int) -> tuple[str, ...]:
    """Return the lines that *rows* of a screen *width* cells wide were before they were broken.

    A row goes on in the next one when the first word of that had no room in it; a blank row ends a line, a mark of a
    list or of a block begins one.
    """
    lines: list[str] = []
    left: int | None = None
    for row in rows:
        text = row.strip()
        goes_on = left is not None and text and not _BEGINS.match(text)
        if goes_on and cells(text.split(maxsplit=1)[0]) >= (left or 0):
            lines[-1] = f"{lines[-1]} {text}"
        elif text:
            lines.append(text)
        left = width - _EDGE - cells(row.rstrip()) if text and width else None
    return tuple(lines)


_EDGE: Final = 3
"""Cells agents leave free at the right, and the blank before a word."""
_BEGINS: Final = re.compile(r"[●•⏺✻◦■⚠*>#-]\s|\d{1,2}[.)]\s|[│┃|]")
