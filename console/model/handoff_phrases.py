"""The console's own words in a hand-off, in both languages, and how they are told from the operator's.

What the console adds to a text stands behind it in ‹…›: the next hand-off takes it out and writes what is true then.
"""

from __future__ import annotations

import re
from typing import Final

from console.model.handoff_form import Lang

PHRASES: Final[dict[str, tuple[str, str]]] = {
    "now": ("now", "현재"),
    "unknown": ("unknown; known as of {day}", "알 수 없음; {day} 기준"),
    "unknown word": ("unknown", "알 수 없음"),
    "not read": ("not read yet", "아직 읽지 않음"),
    "gone": ("gone", "없음"),
    "alarm": ("alarm", "경보"),
    "attention": ("attention", "주의"),
    "disagrees": ("its surface does something else", "세션과 다름"),
    "collector": ("collector {told}", "수집기 {told}"),
    "not in the log": ("not in the dispatch log", "기록에 없음"),
    "stale log": ("the log cannot be read; the last good reading", "기록을 읽을 수 없음; 마지막 정상 값"),
    "earlier": ("known as of {day}", "{day} 기준"),
    "changed": ("changed", "변경됨"),
    "same": ("unchanged", "변경 없음"),
    "new": ("new", "새로 생김"),
    "idle: collect it": ("idle: collect it", "대기 중: 결과 수거"),
    "to be confirmed": ("to be confirmed", "확인 필요"),
    "no such surface": ("no such surface", "그런 세션 없음"),
    "was sending: check it": ("was sending: check it", "전송 중이었음: 확인"),
    "answer": ("Answer {name}: {state}", "{name} 응답: {state}"),
    "collect": ("Collect #{number} at {surface}: {task}", "#{number} 결과 수거 ({surface}): {task}"),
    "settle": ("Settle a cut-off send: {about}", "끊긴 전송 정리: {about}"),
    "queue": (
        "{count} tasks wait in the queue, {paused} of them paused",
        "대기열에 작업 {count}건, 그중 {paused}건 멈춤",
    ),
    "summary": ("See what is open", "작업 현황 확인"),
    "status": ("See what every session does", "각 세션 상태 확인"),
    "expected": ("{name}: {observed}, expected {expected}", "{name}: {observed}, 기대 상태 {expected}"),
    "trouble": ("Look at {what}", "확인: {what}"),
    "same task": ("Perhaps the same task twice: {numbers}", "중복 작업일 수 있음: {numbers}"),
    "verify": ("Have verified: {numbers}", "교차 검증 필요: {numbers}"),
    "figure": ("Figure {name} is unknown: {why}", "지표 {name} 알 수 없음: {why}"),
    "and more": ("{listed} and {count} more", "{listed} 외 {count}건"),
}
"""English, Korean."""

FIGURES: Final[dict[str, tuple[str, str, str, str]]] = {
    "total": ("dispatches", "", "전체", "건"),
    "done": ("done", "", "완료", "건"),
    "open": ("open", "", "미완", "건"),
    "pass": ("pass", "", "PASS", "건"),
    "fail": ("fail", "", "FAIL", "건"),
    "warn": ("warning", "", "경고", "건"),
    "awaiting": ("awaiting verification", "", "검증 대기", "건"),
    "gap": ("mean gap of self and cross score", "", "자기·교차 점수 평균 차이", ""),
    "logs": ("logs", "", "logs", ""),
    "spans": ("spans", "", "spans", ""),
    "metrics": ("metrics", "", "metrics", ""),
    "resources": ("resources", "", "resources", ""),
    "bytes": ("kept by the collector", "MB", "수집기 보관량", "MB"),
    "uptime": ("collector uptime", "s", "수집기 가동 시간", "초"),
}
"""The console's own figures: name and unit in English, in Korean."""

_OWN: Final = re.compile(r"\s*‹[^‹›]*›\s*$")


def say(lang: Lang, phrase: str, **values: object) -> str:
    """*phrase* in *lang*; one that has no translation as it is."""
    found = PHRASES.get(phrase)
    return (found[1 if lang == "ko" else 0] if found is not None else phrase).format(**values)


def marked(text: str, own: str) -> str:
    """*text* with *own*, which is the console's, behind it."""
    own = " ".join(own.replace("‹", "(").replace("›", ")").split())
    return f"{text.rstrip()} ‹{own}›".lstrip() if own else text


def is_marked(text: str) -> bool:
    """Whether the console added something to *text*."""
    return _OWN.search(text) is not None


def bare(text: str) -> str:
    """*text* without what the console added."""
    return _OWN.sub("", text)


def own_words(text: str) -> str:
    """What the console added to *text*; empty when nothing."""
    found = _OWN.search(text)
    return found.group().strip().strip("‹›") if found is not None else ""
