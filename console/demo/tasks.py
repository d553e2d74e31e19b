"""What the demo agents talk about: prompts, sentences, tool calls with their output, and questions. Data only."""

from __future__ import annotations

import re
from random import Random
from typing import Final

PROMPTS: Final = (
    "Hermes tailer 샘플링을 넣어줘 (INFO 10%, getUpdates 1%) 그리고 테스트까지",
    "OTel Phase 5 E2E trace 재수정: TRACEPARENT 전파가 끊기는 곳을 찾아줘",
    "auto_dispatcher 보강: rate limit 20/h 와 dry-run 을 추가해줘",
    "섹터나침반 웹앱 UI 최종 검증. 모바일 폭에서 표가 깨지는지 확인",
    "Clean up the temporary files under the message folder and list what was kept",
    "Cross-check dispatch #54: run its tests yourself, give a score out of 5",
    "vault_lint 고도화 규칙 3개를 추가하고 결과 보고서를 써줘",
    "Find out why the collector restarted twice last night",
)

SAYINGS: Final = (
    "설정 로더부터 읽고 호출되는 곳을 정리하겠습니다.",
    "The sampler is applied before the filter, so INFO lines are counted twice. I will move it behind the filter.",
    "테스트를 먼저 돌려서 지금 상태를 확인합니다.",
    "Two call sites pass no trace context. Both go through the queue, so one wrapper is enough.",
    "dry-run 에서는 아무것도 보내지 않고 로그만 남기도록 분리했습니다 ✅",
    "I read the three modules that write the dispatch log; only one of them takes the lock.",
    "산업재 섹터의 빈 칸은 DART 응답이 늦게 오는 경우였습니다. 재시도를 추가합니다.",
    "The failing case is the empty batch: it still opens a span and never closes it.",
    "표의 열 너비를 한글 기준(2칸)으로 다시 계산합니다 📐",
    "Now the limit: a token bucket with 20 per hour, and the clock passed in so that it can be tested.",
    "이전 보고서와 숫자를 비교했습니다. logs 30,306 / spans 1,096 으로 일치합니다.",
    "Good. I will write the regression test before I touch the parser 🧪",
)

TOOLS: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("pytest -q tests/monitoring", ("............                                    [100%]", "12 passed in 1.84s")),
    ("pytest -q tests/dispatch -k rate_limit", ("....", "4 passed, 31 deselected in 0.62s")),
    ("rg -n TRACEPARENT src/ scripts/", ("src/monitoring/tracer.py:41", "scripts/monitoring/auto_dispatcher.sh:88")),
    (
        "git diff --stat",
        (" src/monitoring/tailer.py | 24 +++++++++---", " 1 file changed, 18 insertions(+)"),
    ),
    (
        "python3 shared/dispatch_tracker.py summary",
        ("전체 59건 / 완료 53", "교차 검증: PASS 4 · FAIL 1"),
    ),
    ("curl -s localhost:4318/health", ('{"status":"ok","logs":30306,"spans":1096}',)),
    ("npm run -s build", ("✓ 214 modules transformed", "dist/index.js 182.4 kB │ gzip: 57.1 kB")),
    ("ls memory/*.md | wc -l", ("38",)),
    ("ruff check src", ("All checks passed!",)),
    ("python3 scripts/pipeline/vault_lint.py --fast", ("검사 412개 문서 · 경고 3 · 오류 0",)),
)

EDITS: Final = (
    (
        "src/monitoring/tailer.py",
        ("def keep(level: str, roll: float) -> bool:", '    return level != "INFO" or roll < 0.10'),
    ),
    ("scripts/pipeline/vault_lint.py", ("RULES = (dangling_link, empty_heading, stale_date)",)),
    ("src/dispatch/limits.py", ("PER_HOUR = 20", "DRY_RUN = True")),
)

APPROVALS: Final = (
    ("rm -rf build/tmp_messages", "Delete 53 temporary message files"),
    ("git push origin feature/otel-phase5", "Push the branch for review"),
    ("pip install -e '.[dev]'", "Install the development dependencies"),
    ("launchctl list | grep openclaw", "서비스 상태를 확인합니다"),
)

QUESTIONS: Final[tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...]] = (
    ("Retention", "로그를 며칠 보관할까요?", (("7일", "디스크 약 90 MB"), ("30일", "디스크 약 390 MB"))),
    ("Scope", "Which sectors should the new check cover?", (("All five", "about 40 s"), ("산업재만", "about 9 s"))),
)

REPORTS: Final = (
    "완료했습니다. 변경 3개 파일, 테스트 12개 통과. 남은 것: 운영 설정에 샘플링 비율 반영.",
    "Done. The trace now survives the queue; the E2E test shows one trace with 7 spans. Self score 4.5/5.",
    "검증 결과: PASS (교차 점수 4.2/5). 모바일 360px 에서 표 머리글 한 곳만 줄바꿈됩니다.",
    "Finished. 50 files removed, 3 kept because a running session still reads them 🧹",
)

VERDICTS: Final = (
    "직접 실행해 확인했습니다: 테스트 12개 통과, 빈 배치만 예외입니다.\n자체 4.9 / 교차 4.1 / 판정 PASS",
    "I ran its tests myself: all pass, one claim of the report is wrong.\nself 4.9 / cross 3.8 / verdict: warn",
    "산출물 3개를 열어 보고서와 대조했습니다. 숫자가 모두 일치합니다.\n자체 4.5 / 교차 4.4 / 판정 PASS",
)
"""What a verifier reports; the last line is the one it was asked for."""
_ASKS_VERDICT: Final = re.compile(r"(?is)(?=.*(verif|검증))(?=.*(verdict|판정))")

VERBS: Final = ("Pondering", "Kerfuffling", "Nesting", "Brewing", "Puzzling", "Sautéing", "Hullaballooing", "Noodling")
PAST: Final = ("Baked", "Churned", "Cooked", "Sautéed", "Crunched", "Brewed")


def asks_verdict(prompt: str) -> bool:
    """Whether a prompt wants a verification with scores and a verdict."""
    return _ASKS_VERDICT.match(prompt) is not None


def shuffled_kinds(rng: Random, *, asks: bool) -> list[str]:
    """Kinds of steps of one turn, for example ``say tool say edit``; with *asks* one of them waits for a person."""
    kinds = ["say"]
    for _ in range(rng.randint(20, 50)):
        kinds.append(rng.choice(("say", "tool", "tool", "edit")))
    if asks:
        kinds.insert(rng.randint(2, len(kinds)), rng.choice(("approval", "approval", "question")))
    return kinds
