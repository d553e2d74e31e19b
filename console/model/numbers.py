"""A number as people write it: read for certain, or not at all.

``30,306`` ``53+`` ``75%`` ``12.92 MB`` ``3만 5천`` are numbers; ``1.234,5`` ``50-60`` ``약 50`` are not. A point is
the decimal point, a comma groups three digits.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

LENGTH: Final = 80
"""Characters of the longest text that is looked at."""
LARGEST: Final = Decimal(10) ** 24

_DIGITS = r"\d{1,3}(?:,\d{3})+|\d{1,24}"
_PLAIN: Final = re.compile(rf"({_DIGITS})(?:\.(\d{{1,12}}))?", re.ASCII)
_KOREAN: Final = (
    ("조", 10**12), ("천억", 10**11), ("백억", 10**10), ("억", 10**8),
    ("천만", 10**7), ("백만", 10**6), ("십만", 10**5), ("만", 10**4), ("천", 10**3), ("백", 10**2),
)  # fmt: skip
_FACTORS: Final = dict(_KOREAN)
_PART: Final = re.compile(rf"\s*({_DIGITS})(\.\d{{1,12}})?\s?({'|'.join(word for word, _ in _KOREAN)})", re.ASCII)
_UNITS: Final = frozenset(
    {
        *("%", "%p", "B", "kB", "KB", "MB", "GB", "TB", "KiB", "MiB", "GiB", "TiB", "ms", "s", "min", "h", "d"),
        *(
            "건",
            "개",
            "명",
            "회",
            "줄",
            "쪽",
            "장",
            "초",
            "분",
            "시간",
            "일",
            "주",
            "년",
            "원",
            "점",
            "번",
            "곳",
            "종목",
        ),
    }
)
_CONTINUES: Final = re.compile(r"\d|[.,]\d|[eE][+-]?\d|[kK](?![A-Za-z])|\s?[조억만천백십]|\s?[-–~]\s?\d|여")
_STARTED: Final = re.compile(r"\d$|\d[.,]$|(?:^|[^\w)])[-−]$|\d\s?[-–~]\s?$|[조억만천백십]\s?$|(?:^|\W)\.$")


@dataclass(frozen=True, slots=True)
class Number:
    """One number."""

    value: int | float
    unit: str = ""
    """What stood behind it: ``%``, ``건``; empty when nothing did."""
    at_least: bool = False
    """Whether it was written ``53+``."""

    def __str__(self) -> str:
        shown = f"{self.value:,}" if isinstance(self.value, int) else f"{self.value:,.12g}"
        plus = "+" if self.at_least else ""
        gap = " " if self.unit.isascii() and self.unit[:1].isalpha() else ""
        return f"{shown}{gap}{self.unit}{plus}"


def read_number(text: str, unit: str = "") -> Number | None:
    """Return the number that *text*, all of it, writes; None when that is not certain.

    *unit* is the word that may stand behind the number, and no other then; without it, a well-known one may. ``K`` and
    the Korean ``만``, ``천`` … multiply: each needs digits before it, and they come in falling order.
    """
    text = text.strip()
    if not text or len(text) > LENGTH:
        return None
    sign, rest = _sign(text)
    found = _korean(rest) or _simple(rest)
    if found is None:
        return None
    amount, rest = found
    behind = _behind(rest.strip(), unit)
    if behind is None or amount >= LARGEST or (sign < 0 and behind[1]):
        return None
    return Number(_plain(amount * sign), *behind)


def cut_short(before: str, taken: str, after: str) -> str:
    """Return the number that stands there when *taken* out of a text is only a part of it; empty when it is whole.

    *before* and *after* are the text directly around it: of ``30,306`` a pattern may have taken ``30``.
    """
    if not (_CONTINUES.match(after) or _STARTED.search(before)):
        return ""
    start = re.search(r"[-−\d.,~–조억만천백십 ]*$", before)
    end = re.match(r"[-\d.,eEkK~–조억만천백십여 +]*", after)
    return f"{start.group() if start else ''}{taken}{end.group() if end else ''}".strip()


def _sign(text: str) -> tuple[int, str]:
    if text[0] in "-−":
        return -1, text[1:]
    return 1, text.removeprefix("+")


def _simple(text: str) -> tuple[Decimal, str] | None:
    found = _PLAIN.match(text)
    if found is None:
        return None
    amount, rest = _decimal(found.group(1), found.group(2)), text[found.end() :]
    if rest[:1] in ("k", "K") and not rest[1:2].isalpha():
        return amount * 1000, rest[1:]
    return amount, rest


def _korean(text: str) -> tuple[Decimal, str] | None:
    """``3만 5천`` and what follows; None when the text does not begin with such a number."""
    total, at, last = Decimal(0), 0, 0
    while (part := _PART.match(text, at)) is not None:
        amount, factor = _decimal(part.group(1), (part.group(2) or "")[1:]), _FACTORS[part.group(3)]
        if last and (factor >= last or amount * factor >= last or part.group(2)):
            return None
        total, at, last = total + amount * factor, part.end(), factor
        if part.group(2):
            break  # 1.2만 stands alone
    if not last:
        return None
    tail = _PLAIN.match(text[at:].lstrip())
    if tail is None:
        return total, text[at:]
    amount = _decimal(tail.group(1), None)
    if tail.group(2) or amount >= last or part is not None:
        return None
    return total + amount, text[at:].lstrip()[tail.end() :]


def _behind(rest: str, unit: str) -> tuple[str, bool] | None:
    """(unit, at least) of what follows the digits; None when that is not certain."""
    for end in (False, True):
        plus = rest.endswith("+") if end else rest.startswith("+")
        word = (rest[:-1] if end else rest[1:]).strip() if plus else rest
        if word == "" or (word == unit if unit else word in _UNITS):
            return word, plus
    return None


def _decimal(whole: str, fraction: str | None) -> Decimal:
    return Decimal(whole.replace(",", "") + (f".{fraction}" if fraction else ""))


def _plain(amount: Decimal) -> int | float:
    return int(amount) if amount == amount.to_integral_value() else float(amount)
