"""Words for the outcome of a cross-check, in English and Korean. Pure."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final
from unicodedata import normalize

from console.model.dispatch import VerificationVerdict

_VERDICTS: Final = {
    word: verdict
    for verdict, words in {
        VerificationVerdict.PASS: "pass passed ok success approved verified 통과 합격 승인 검증완료",
        VerificationVerdict.WARN: (
            "warn warning warnings warned conditional partial passwithwarnings passwithwarning "
            "passedwithwarnings passedwithwarning 경고 주의 조건부 조건부통과 조건부합격 보완 보완필요"
        ),
        VerificationVerdict.FAIL: (
            "fail failed reject rejected ng needswork 실패 불합격 불통과 미통과 부적합 반려 재작업 재수정"
        ),
    }.items()
    for word in words.split()
}
_NOT_A_WORD: Final = re.compile(r"[\W_]+")
_FIRST_PART: Final = re.compile(r"[(\[:;,/|–—]| - ")
_ARROW: Final = re.compile(r"→|⇒|[-=]>")
"""What stands behind the last one is what is now."""


@lru_cache(1024)
def verdict_word(text: str) -> VerificationVerdict | None:
    """Return the verdict *text* names: ``PASS``, ``경고``, ``FAIL (3.8/5)``; None when it names none."""
    short = _ARROW.split(normalize("NFC", text[:80]).casefold())[-1]
    parts = (short, _FIRST_PART.split(short, maxsplit=1)[0], short.strip().partition(" ")[0])
    return next((_VERDICTS[word] for word in (_NOT_A_WORD.sub("", each) for each in parts) if word in _VERDICTS), None)
