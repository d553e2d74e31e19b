"""Single fields of a dispatch record: status words, verdicts, scores and times, in English and Korean."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from typing import Final

from console.model.dispatch import OPEN_STATUSES, DispatchStatus, VerificationVerdict
from console.model.verdict_words import verdict_word

_WORDS: Final[dict[DispatchStatus, str]] = {
    DispatchStatus.QUEUED: (
        "queued pending todo new backlog scheduled notstarted ready planned 예정 예약 등록 미배분 미착수 시작전 대기열"
    ),
    DispatchStatus.SENDING: "sending 전송중 발송중",
    DispatchStatus.SENT: (
        "sent dispatched assigned delivered submitted "
        "배분 배분됨 배분완료 배정 배정됨 할당 할당됨 전달 전달됨 전달완료 전송 전송됨 전송완료 발송 발송됨"
    ),
    DispatchStatus.WORKING: (
        "working inprogress running active started open busy wip ongoing processing executing "
        "doing 진행 진행중 작업중 수행중 실행중 처리중 미완 미완료"
    ),
    DispatchStatus.WAITING: "waiting blocked onhold hold paused suspended 대기 대기중 보류",
    DispatchStatus.DONE: (
        "done completed complete finished closed resolved success succeeded ok 완료 완료됨 종료 종료됨 끝 "
        "성공 작업완료 처리완료"
    ),
    DispatchStatus.NEEDS_CHECK: (
        "needscheck needsreview review inreview reviewing tocheck unverified unconfirmed "
        "완료확인필요 확인필요 확인요망 검증필요 검증대기 확인대기 검토필요"
    ),
    DispatchStatus.VERIFIED: (
        "verified approved accepted confirmed 검증완료 교차검증완료 검증됨 확인완료 확인됨 승인 승인됨 승인완료"
    ),
    DispatchStatus.FAILED: "failed fail failure error 실패 실패함 실패됨 오류 에러",
    DispatchStatus.CANCELLED: "cancelled canceled cancel aborted abort dropped skipped skip 취소 취소됨 폐기 폐기됨",
}
_NUANCES: Final[dict[DispatchStatus, str]] = {
    DispatchStatus.WORKING: (
        "incomplete unfinished partial retry retrying rework reworking 수정중 구현중 개발중 부분완료 일부완료 "
        "재시도 재작업 재수정 재작업중 재수정중"
    ),
    DispatchStatus.WAITING: (
        "stopped needsapproval waitingforapproval awaitingapproval pendingapproval "
        "awaitinginput 결정대기 결정필요 승인대기 승인필요 중단 중단됨 중지 중지됨 정지 일시정지 차단"
    ),
    DispatchStatus.DONE: "fixed merged 구현완료 수정완료 해결 해결됨 해결완료",
    DispatchStatus.NEEDS_CHECK: "확인중 검증중 교차검증중 검토중 미확인 미검증",
    DispatchStatus.VERIFIED: "passed pass 검증통과 통과 합격",
    DispatchStatus.FAILED: "rejected timeout timedout crashed killed 반려 반려됨 거절 거절됨 불합격",
    DispatchStatus.CANCELLED: "superseded abandoned wontfix duplicate obsolete 포기 제외 중복",
}
"""Words that say more than the state: they are read, but not written into another record."""
_PLAIN: Final = frozenset(word for words in _WORDS.values() for word in words.split())
_STATUSES: Final = {
    word: status for table in (_WORDS, _NUANCES) for status, words in table.items() for word in words.split()
}
_NOT_SCORE: Final = re.compile(r"[/(점]")
_NOT_A_WORD: Final = re.compile(r"[\W_]+")
_FIRST_PART: Final = re.compile(r"[(\[:;,/|–—]| - ")
_ARROW: Final = re.compile(r"→|⇒|[-=]>")
"""What stands behind the last one is what is now."""
_STILL_TO_CHECK: Final = (
    "확인필요",
    "검증필요",
    "검토필요",
    "확인대기",
    "검증대기",
    "확인요망",
    "미확인",
    "미검증",
    "needscheck",
    "needsreview",
    "needsverification",
    "needsconfirmation",
    "tobeconfirmed",
    "tobeverified",
    "awaitingverification",
    "awaitingreview",
    "awaitingcheck",
    "pendingverification",
    "pendingreview",
    "unverified",
    "unconfirmed",
    "notverified",
)

_ZONES: Final = {"KST": 9, "JST": 9, "UTC": 0, "GMT": 0, "Z": 0}
"""Hours from UTC; only abbreviations that mean one zone."""
_EARLIEST: Final = 946_684_800.0  # 2000-01-01
_LATEST: Final = 4_102_444_800.0  # 2100-01-01
_SIXTY: Final = {f":{number:02d}": number for number in range(60)}
_TWO_DIGITS: Final = {f"{number:02d}": number for number in range(24)}
_LOOSE_TIME: Final = re.compile(
    r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})\.?(?:[T ]+~?(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?)?\s*([A-Za-z]{1,4})?"
)


def status_of(text: str) -> DispatchStatus:
    """Return the status a person or script meant with *text*: ``진행 중``, ``Done``, ``완료 (확인 필요)``."""
    short = _ARROW.split(text[:80].casefold())[-1]
    whole = squeeze(short)
    found = _STATUSES.get(whole)
    if found is not None:
        return found
    if any(word in whole for word in _STILL_TO_CHECK):
        return DispatchStatus.NEEDS_CHECK
    found = _STATUSES.get(squeeze(_FIRST_PART.split(short, maxsplit=1)[0]))
    if found is not None:
        return found
    # "working on it" is still open; "done tomorrow" and "완료 예정" are not closed.
    first = _STATUSES.get(squeeze(short.strip().partition(" ")[0]))
    return first if first in OPEN_STATUSES else DispatchStatus.UNKNOWN


def is_plain_word(text: str) -> bool:
    """Whether *text* is a status word and nothing else: ``완료``, but not ``완료 (14:20)`` or ``중복``."""
    return squeeze(text[:80].casefold()) in _PLAIN


def verdict_of(value: object) -> VerificationVerdict | None:
    """Return the verdict *value* names: ``PASS``, ``경고``, ``FAIL (3.8/5)``, true; None when it names none."""
    if value is True:
        return VerificationVerdict.PASS
    return verdict_word(value[:80]) if isinstance(value, str) else None


def squeeze(text: str) -> str:
    """Return *text* without blanks, punctuation and pictures: what is left when words are compared."""
    return _NOT_A_WORD.sub("", text)


def score(value: object) -> float | None:
    """Return a score such as ``4.9``, ``"4.9"``, ``"4.9/5"`` (the part before the slash) or ``"4.9점"``; else None."""
    if type(value) is float:
        return value if abs(value) < 1e6 else None
    if isinstance(value, str):
        try:
            value = float(_NOT_SCORE.split(value[:40], maxsplit=1)[0])
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if abs(value) < 1e6 else None


def epoch(value: object) -> float | None:
    """Return epoch seconds for a time between 2000 and 2100; None when *value* is no such time.

    ISO 8601 (without a zone it is local time), epoch seconds, milliseconds, microseconds or nanoseconds as number or
    digits, ``2026-04-10 16:41 KST``, ``2026/4/10``.
    """
    if isinstance(value, str):
        quick = _quick(value)
        if quick is not None:
            return quick
        try:
            at = datetime.fromisoformat(value).timestamp() if not value.isdigit() or len(value) == 8 else float(value)
        except (ValueError, OverflowError, OSError):
            return _loose(value.strip())
    elif isinstance(value, bool) or not isinstance(value, int | float):
        return None
    else:
        at = value
    for _unit in range(3):
        if at > _LATEST:
            at /= 1000
    return float(at) if _EARLIEST <= at <= _LATEST else None


def epochs(column: list[object]) -> list[float | None]:
    """Return `epoch` of each value, None for an empty one; fast when all are ISO 8601 with a zone and whole seconds."""
    try:
        return [_HOURS[text[:13]] + _RESTS[text[13:]] for text in column]  # type: ignore[index]
    except (LookupError, TypeError, ValueError):
        return [epoch(value) if value else None for value in column]


class _Hours(dict[str, float]):
    """From ``2026-04-10T16`` to the epoch seconds of that hour in UTC, each worked out once."""

    def __missing__(self, text: str) -> float:
        if not "2000-01-02" <= text <= "2099-12-30" or len(self) > 40_000:
            raise KeyError(text)
        self[text] = found = datetime.fromisoformat(f"{text}:00:00+00:00").timestamp()
        return found


class _Rests(dict[str, float]):
    """From ``:41:07+09:00`` to the seconds it adds to an hour in UTC, each worked out once."""

    def __missing__(self, text: str) -> float:
        at = datetime.fromisoformat(f"2000-01-01T00{text}")
        offset = at.utcoffset()
        if offset is None or at.microsecond or len(self) > 40_000:
            raise KeyError(text)
        self[text] = found = at.minute * 60 + at.second - offset.total_seconds()
        return found


_HOURS: Final = _Hours()
_RESTS: Final = _Rests()


def _quick(text: str) -> float | None:
    """Epoch seconds of ``YYYY-MM-DDTHH:MM:SS``, with or without microseconds and a zone; None: ask the slow way.

    What is slow is the zone: a day's start is worked out once, and only days without a change of clocks count.
    """
    if text[19:20] == ".":
        zone, micro = text[26:], text[20:26]
        if len(micro) != 6 or not (micro.isascii() and micro.isdigit()):
            return None
        fraction = int(micro) / 1_000_000
    else:
        zone, fraction = text[19:], 0.0
    hour, minute, second = _TWO_DIGITS.get(text[11:13]), _SIXTY.get(text[13:16]), _SIXTY.get(text[16:19])
    if hour is None or minute is None or second is None:
        return None
    day = _day(text[:11], zone)
    return None if day is None else day + hour * 3600 + minute * 60 + second + fraction


@lru_cache(4096)
def _day(text: str, zone: str) -> float | None:
    try:
        start = datetime.fromisoformat(f"{text}00:00:00{zone}").timestamp()
        end = datetime.fromisoformat(f"{text}23:59:59{zone}").timestamp()
    except (ValueError, OverflowError, OSError):
        return None
    return start if end - start == 86_399 and start >= _EARLIEST and end < _LATEST else None


def _loose(text: str) -> float | None:
    found = _LOOSE_TIME.fullmatch(text) if len(text) <= 64 else None
    if found is None:
        return None
    *parts, zone = found.groups()
    year, month, day, hour, minute, second = (int(part or 0) for part in parts)
    try:
        at = datetime(year, month, day, hour, minute, second)
        if zone is not None:
            at = at.replace(tzinfo=timezone(timedelta(hours=_ZONES[zone.upper()])))
        seconds = at.timestamp()
    except (ValueError, OverflowError, OSError, KeyError):
        return None
    return seconds if _EARLIEST <= seconds <= _LATEST else None
