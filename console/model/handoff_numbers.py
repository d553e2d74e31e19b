"""Numbers in the figures of a hand-off, and the times in it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Final

from console.model.handoff_items import FigureValue
from console.model.handoff_words import Words

TEXT_LIMIT: Final = 2000
"""Characters of a line of figures, or of one with a time, that are looked at."""

_NUMBER: Final = re.compile(
    r"(?<![\w.#:/-])([-−]?(?:\d{1,3}(?:,\d{3})+|\d{1,15})(?:\.\d{1,12})?)"
    r"(?:([KkMGTB](?![A-Za-z])|만|천|억)(?![\w]*[A-Za-z]))?(\+)?([%‰]|[A-Za-z가-힣µ]{0,12}(?:/[a-z]{1,6})?)(\+)?(?![\d,.]*\d|[:-]\d)"
)
_SPLIT: Final = re.compile(
    r"\s/\s|/(?=\s*[^\d\s/])|,(?!\d{3}(?!\d))|[;·•()\[\]{}|]|\s\+\s|\s[-–—→=]\s|:\s|\sand\s|\s및\s"
)
_SCALE: Final = {"K": 1e3, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "B": 1e9, "천": 1e3, "만": 1e4, "억": 1e8}
_PARTICLES: Final = re.compile(r"^(?:은|는|이|가|을|를|의|중|및|of|the)\s", re.IGNORECASE)


def as_number(text: str) -> int | float | None:
    """``30,306`` and ``12.92`` as numbers; None for anything else."""
    text = text.strip().replace("−", "-")
    if not re.fullmatch(r"-?(?:\d{1,3}(?:,\d{3})+|\d{1,18})(?:\.\d{1,30})?(?:e[+-]?\d{1,3})?", text, re.ASCII):
        return None
    plain = text.replace(",", "")
    value = float(plain) if "." in plain or "e" in plain else int(plain)
    return value if abs(value) < 1e300 else None


def figure_values(text: str, words: Words) -> tuple[FigureValue, ...]:
    """The numbers in a line of figures, each with what stands beside it.

    ``OTel: logs 30,306 / spans 1,096 / 12.92MB`` gives logs 30306, spans 1096 and 12.92 MB. A number inside a name
    (``surface:7``, ``#54``, ``v0.8``) is none.
    """
    found = []
    for chunk in _SPLIT.split(text[:TEXT_LIMIT]):
        numbers = list(_NUMBER.finditer(chunk)) if chunk else []
        for index, number in enumerate(numbers):
            value = as_number(number.group(1))
            if value is None:
                continue
            if number.group(2):
                scaled = value * _SCALE[number.group(2)]
                value = int(scaled) if scaled == int(scaled) else scaled
            before = chunk[numbers[index - 1].end() if index else 0 : number.start()]
            after = chunk[number.end() : numbers[index + 1].start() if index + 1 < len(numbers) else None]
            name = _name(before) or _name(after)
            unit = number.group(4)
            plus = bool(number.group(3) or number.group(5))
            key = words.figures.longest(name)[0] if name else ""
            found.append(FigureValue(name, value, unit, plus, key or ("bytes" if _is_bytes(unit) else "")))
    return tuple(found)


def _name(text: str) -> str:
    text = text.strip().strip("~≈약:=-–—·*_`'\"").strip()
    return _PARTICLES.sub("", text)[:80]


def _is_bytes(unit: str) -> bool:
    return unit.lower() in ("kb", "mb", "gb", "kib", "mib", "gib", "bytes", "byte")


_MONTHS: Final = {
    "jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6,
    "jul": 7, "aug": 8, "sep": 9, "oct": 10, "nov": 11, "dec": 12,
}  # fmt: skip
_MONTH: Final = r"(?P<name{0}>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{{0,6}}\.?"
_DATE: Final = re.compile(
    r"(?<!\d)(?P<year>20\d\d)\s?[-./년]\s?(?P<month>\d{1,2})\s?[-./월]\s?(?P<day>\d{1,2})(?!\d)일?"
    rf"|(?<![A-Za-z]){_MONTH.format(1)} (?P<day1>\d{{1,2}})(?:st|nd|rd|th)?,? (?P<year1>20\d\d)"
    rf"|(?<!\d)(?P<day2>\d{{1,2}})(?:st|nd|rd|th)? {_MONTH.format(2)},? (?P<year2>20\d\d)",
    re.IGNORECASE,
)
_TIME: Final = re.compile(
    r"\s{0,2}[T,~(≈]?\s{0,2}(?:at |약 ?)?~?(?P<half>오전|오후)?\s{0,2}(?P<hour>\d{1,2})"
    r"(?::(?P<minute>\d\d)(?::(?P<second>\d\d)(?:\.\d{1,9})?)?|시(?:\s?(?P<minutes>\d{1,2})분)?)"
    r"\s{0,2}(?P<ampm>[ap]\.?m\.?(?![a-z]))?\s{0,2}(?P<zone>[+-]\d\d:?\d\d|Z(?![A-Za-z])|[A-Z]{3,4}(?![A-Za-z]))?",
    re.IGNORECASE,
)


def moment(text: str, zones: Mapping[str, str]) -> str:
    """The first date in *text* with its time and zone, as ISO 8601 as precise as it is written; empty without one.

    ``2026-04-10 ~16:41 KST`` gives ``2026-04-10T16:41+09:00``.
    """
    text = text[:TEXT_LIMIT]
    found = _DATE.search(text)
    if found is None:
        return ""
    get = found.group
    month = get("month") or _MONTHS[(get("name1") or get("name2")).lower()]
    try:
        day = date(
            int(get("year") or get("year1") or get("year2")), int(month), int(get("day") or get("day1") or get("day2"))
        )
    except ValueError:
        return ""
    after = _TIME.match(text, found.end())
    return day.isoformat() + (_clock(after, zones) if after is not None else "")


def _clock(found: re.Match[str], zones: Mapping[str, str]) -> str:
    hour, minute, second = (
        int(found.group("hour")),
        int(found.group("minute") or found.group("minutes") or 0),
        found.group("second"),
    )
    half = (found.group("ampm") or "").lower().replace(".", "") or {"오전": "am", "오후": "pm"}.get(
        found.group("half") or ""
    )
    if half:
        hour = hour % 12 + (12 if half == "pm" else 0)
    try:
        clock = time(hour, minute, int(second or 0))
    except ValueError:
        return ""
    zone = found.group("zone") or ""
    offset = "+00:00" if zone in ("Z", "z") else zones.get(zone.upper(), "")
    if zone[:1] in ("+", "-") and zone:
        offset = f"{zone[:3]}:{zone[-2:]}"
    return f"T{clock.isoformat('seconds' if second else 'minutes')}{offset}"


def precise(moments: list[str]) -> str:
    """The most precise of *moments*, the first of equals; empty when there is none."""
    return max(moments, key=lambda each: ("T" in each, len(each) > 16), default="")


def parsed(moment: str) -> datetime | None:
    """*moment* as a time; None when it is none. A time without a zone stays without."""
    try:
        return datetime.fromisoformat(moment)
    except ValueError:
        return None
