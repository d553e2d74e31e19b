"""The six demo agents: who they are, where they run, and what they are at. Data, and the argv that starts one."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final


@dataclass(frozen=True, slots=True)
class Member:
    """One agent of the demo fleet."""

    name: str
    role: str
    agent: str
    workspace: str
    start: str
    seed: int
    number: int
    """Its dispatch in the log."""
    task: str


ROSTER: Final = (
    Member("CODEX 1", "구현", "codex", "openclaw", "working", 54, 54, "Hermes tailer 샘플링 (INFO 10%, getUpdates 1%)"),
    Member(
        "CODEX 2", "구현", "codex", "openclaw", "approval", 62, 58, "OTel Phase 5 E2E trace 재수정 (TRACEPARENT 전파)"
    ),
    Member(
        "CLAUDE 2", "구현", "claude", "openclaw", "working", 56, 56, "auto_dispatcher 보강 (rate limit 20/h + dry-run)"
    ),
    Member("CLAUDE 1", "UI", "claude", "openclaw", "working", 57, 57, "섹터나침반 웹앱 UI 최종 검증"),
    Member(
        "CLAUDE VERIFY",
        "교차 검증 전담",
        "claude",
        "cross-verify",
        "working",
        34,
        34,
        "산업재 DART 옵션 A 수정 (HD현대미포/대한조선)",
    ),
    Member("CODEX VERIFY", "검증 전담", "codex", "codex-verify", "done", 59, 59, "/tmp 임시 파일 정리"),
)

ROOT: Final = Path(__file__).resolve().parents[2]
"""What holds the `console` package: the source tree or site-packages."""


def agent_argv(member: Member) -> list[str]:
    """The command that starts *member*; needs ``PYTHONPATH`` set to `ROOT`. ``-S`` halves the start-up time."""
    return [
        *(sys.executable, "-S", "-m", "console.demo.agent"),
        *("--kind", member.agent, "--name", member.name),
        *("--seed", str(member.seed), "--start", member.start, "--prompt", member.task),
    ]
