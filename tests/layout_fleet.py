"""Fixed readings of six surfaces, a log, services and a collector, as the agents draw them; for the goldens."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from console.model.binding import SurfaceSpec
from console.model.dispatch import Dispatch, DispatchStatus, Verification, VerificationVerdict
from console.model.reading import CollectorRead, LogRead, Reading, ScreenRead, ServicesRead
from console.model.service import Judgement, Service
from console.model.surface import SurfaceInfo
from console.model.telemetry import Collector, CollectorState
from tests.ui_helpers import NOW, info, screen

WIDTH, HEIGHT = 110, 34
RULE: Final = "─" * WIDTH

CLAUDE_WORKING: Final = f"""\
❯ Hermes tailer 샘플링을 넣어 줘 (INFO 10%, getUpdates 1%)

\x1b[38;2;255;255;255m●\x1b[39m I will look at the tailer first, then add a sampling rule for each level.

\x1b[38;2;78;186;101m●\x1b[39m \x1b[1mRead\x1b[0m(src/hermes/tailer.py)
  ⎿  Read \x1b[1m212\x1b[0m lines

\x1b[38;2;78;186;101m●\x1b[39m \x1b[1mBash\x1b[0m(grep -rn getUpdates src/hermes | head)
  ⎿  src/hermes/poll.py:41:    answer = self.session.get(url + "/getUpdates", timeout=50, params={{"at": self.at}})
     src/hermes/poll.py:77:    # getUpdates is called once a second, so it fills the log: 98 of 100 come from here

● 샘플링 규칙은 두 가지입니다. INFO 기록은 열 개 가운데 하나만 남기고, getUpdates 호출은 백 개 가운데
  하나만 남깁니다. 오류와 경고는 모두 남깁니다.

\x1b[38;2;215;119;87m✻\x1b[39m Pondering… (12s · ↓ 214 tokens · esc to interrupt)

{RULE}
❯\u00a0
{RULE}
  ? for shortcuts"""

CLAUDE_APPROVAL: Final = f"""\
❯ 섹터나침반 웹앱 UI 최종 검증

● I will remove the old build before the check.

{RULE}
 \x1b[1mBash command\x1b[0m

   rm -rf build && npm run build
   Remove the old build and make a new one

 Do you want to proceed?
 \x1b[38;2;177;185;249m❯ 1. Yes\x1b[39m
   2. Yes, and don't ask again for npm run commands in /home/op/compass
   3. No, and tell Claude what to do differently (esc)

 Esc to cancel · Tab to amend"""

CODEX_APPROVAL: Final = """\
› OTel Phase 5 E2E trace 재수정 (TRACEPARENT 전파)


• I will run the end-to-end test with the variable set.


  Would you like to run the following command?

  $ TRACEPARENT=00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01 pytest tests/e2e/test_trace.py -x

› 1. Yes, proceed (y)
  2. Yes, and don't ask again for commands that start with `pytest` (p)
  3. No, and tell Codex what to do differently (esc)

  Press enter to confirm or esc to cancel"""

CLAUDE_IDLE: Final = f"""\
❯ 산업재 DART 옵션 A 수정 (HD현대미포/대한조선)

● 수정을 마쳤습니다. 🧪 시험 28개가 모두 통과합니다 ✔\ufe0f

  ┌──────────────┬────────┬────────┐
  │ 회사         │ 이전   │ 이후   │
  ├──────────────┼────────┼────────┤
  │ HD현대미포   │ 3.1조  │ 4.6조  │
  │ 대한조선     │ 없음   │ 1.1조  │
  └──────────────┴────────┴────────┘

{RULE}
❯\u00a0
{RULE}
  ? for shortcuts"""

SHELL: Final = """\
op@mini:~/work$ ls -la /tmp/verify_*.txt
-rw-r--r-- 1 op op 1204 Apr 10 16:02 /tmp/verify_56.txt
op@mini:~/work$ """

DEAD: Final = """\
Traceback (most recent call last):
KeyboardInterrupt

Pane is dead (status 1, Fri Apr 10 16:40:12 2026)"""

SPECS: Final = (
    SurfaceSpec("%1", "CLAUDE 1", "builder", "claude"),
    SurfaceSpec("%2", "CLAUDE 2", "builder", "claude"),
    SurfaceSpec("%3", "CODEX 1", "builder", "codex"),
    SurfaceSpec("%4", "클로드 검증", "cross-verification only", "claude"),
)


def _log() -> tuple[Dispatch, ...]:
    def row(
        number: int, surface: str, task: str, status: DispatchStatus, check: Verification | None = None
    ) -> Dispatch:
        return Dispatch(number, surface, task, status, str(status), NOW - (60 - number) * 1500, check)

    warned = Verification(VerificationVerdict.WARN, 4.9, 3.8, "CLAUDE V")
    passed = Verification(VerificationVerdict.PASS, 4.5, 4.5, "CODEX V")
    done = (row(n, "CODEX 1", f"끝난 과제 {n}", DispatchStatus.VERIFIED, passed) for n in range(41, 53))
    return (
        *done,
        row(34, "클로드 검증", "산업재 DART 옵션 A 수정 (HD현대미포/대한조선)", DispatchStatus.DONE),
        row(54, "CLAUDE 1", "Hermes tailer 샘플링 (INFO 10%, getUpdates 1%)", DispatchStatus.WORKING),
        row(56, "%9", "auto_dispatcher 보강 (rate limit 20/h + dry-run)", DispatchStatus.NEEDS_CHECK, warned),
        row(57, "CLAUDE 2", "섹터나침반 웹앱 UI 최종 검증", DispatchStatus.WAITING),
        row(58, "CODEX 1", "OTel Phase 5 E2E trace 재수정 (TRACEPARENT 전파)", DispatchStatus.SENT),
        row(59, "gone", "/tmp 임시 파일 정리", DispatchStatus.FAILED),
    )


def infos() -> tuple[SurfaceInfo, ...]:
    """Six surfaces."""
    agents = (info(1, title="✳ hermes"), info(2), replace(info(3), command="codex"), info(4))
    sized = tuple(replace(each, width=WIDTH, height=HEIGHT) for each in agents)
    return (*sized, replace(info(5, "tmp"), command="bash"), replace(info(6, "auto-approve", dead=True), command=""))


def readings() -> tuple[Reading, ...]:
    """All that is drawn, apart from the listing; the detector judges the screens."""
    texts = (CLAUDE_WORKING, CLAUDE_APPROVAL, CODEX_APPROVAL, CLAUDE_IDLE, SHELL, DEAD)
    services = (
        Service("dispatch-watcher", "running", "running", Judgement.OK, "pid 67592"),
        Service("otel-collector", "running", "running", Judgement.OK, "pid 400"),
        Service("auto-dispatcher", "absent", "running", Judgement.ALARM, "pid 9"),
    )
    collector = Collector(CollectorState.UP, "GET 200", ":4318", 30_306, 1_096, 7, 16, 12_920_000, 11_100)
    return (
        *(
            ScreenRead(NOW - 7 * at, f"%{at}", screen(text, WIDTH, HEIGHT, (17, 2) if at == 5 else None))
            for at, text in enumerate(texts, 1)
        ),
        LogRead(NOW - 2, "dispatch_log.json", _log()),
        ServicesRead(NOW - 2, "processes", services),
        CollectorRead(NOW - 2, "http://127.0.0.1:4318/health", collector),
    )
