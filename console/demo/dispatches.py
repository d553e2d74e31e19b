"""The demo's dispatch log, and the little tracker that keeps it moving."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, Final

from console.demo.roster import ROSTER
from console.demo.tasks import PROMPTS

NEEDS_CHECK: Final = "완료 (확인 필요)"
KEPT: Final = 40
"""Rows the demo's log may grow to."""

_PAST: Final = (
    (46, "CLAUDE 1", "Add the nightly vault-lint report", "verified", (4.6, 4.4, "pass")),
    (47, "CODEX 1", "ops_todos 중복 제거 (162건)", "verified", (4.8, 4.5, "pass")),
    (48, "CLAUDE 2", "cron_watchdog 추가", "verified", (4.5, 4.3, "pass")),
    (49, "CODEX 2", "네프콘 28건 + PDF 38개 정리", "완료", None),
    (50, "CLAUDE 1", "Blueprint updater: diff only", "verified", (4.9, 3.8, "warn")),
    (51, "CODEX 1", "critic_watcher 재시작 정책", "done", (4.4, 4.1, "pass")),
    (52, "CODEX 2", "OTel Phase 5 first attempt", "failed", (4.7, 3.6, "fail")),
    (53, "CLAUDE 2", "섹터 4개 데이터 채우기", "완료", (4.5, 4.2, "pass")),
)
_STATUS: Final = {54: "Working", 58: "Working", 56: "진행 중", 57: "진행 중", 34: "진행 중", 59: NEEDS_CHECK}


def first_rows(now: datetime) -> list[dict[str, Any]]:
    """The log at the start: 14 rows, six of them the tasks the agents are at."""
    rows = [
        _row(number, surface, task, status, now - timedelta(minutes=31 * (60 - number)), scores)
        for number, surface, task, status, scores in _PAST
    ]
    for member in ROSTER:
        ago = timedelta(minutes=4 + (60 - member.number) * 3)
        rows.append(_row(member.number, member.name, member.task, _STATUS[member.number], now - ago, None))
    return sorted(rows, key=lambda row: int(row["id"]))


def _row(
    number: int, surface: str, task: str, status: str, at: datetime, scores: tuple[float, float, str] | None
) -> dict[str, Any]:
    row: dict[str, Any] = {
        "id": number,
        "surface": surface,
        "task": task,
        "status": status,
        "dispatched_at": at.isoformat(timespec="seconds"),
    }
    if scores is not None:
        row["verification"] = _check(surface, *scores)
    return row


def _check(author: str, self_score: float, cross_score: float, verdict: str) -> dict[str, Any]:
    by = "CODEX VERIFY" if author.startswith("CLAUDE") else "CLAUDE VERIFY"
    return {"verdict": verdict, "self_score": self_score, "cross_score": cross_score, "by": by}


def write_log(path: Path, document: dict[str, Any]) -> None:
    """Write the log as a whole: temporary file beside it, then rename. Raises OSError."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_text(json.dumps(document, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    temporary.replace(path)


def advance(path: Path, rng: Random, now: datetime) -> bool:
    """Change one row, as a tracker would. False when the log is in use or gone: then the next turn does it."""
    try:
        with _lock(path):
            document = json.loads(path.read_text(encoding="utf-8"))
            rows = document["dispatches"]
            _change(rows, rng, now)
            del rows[:-KEPT]
            write_log(path, document)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False
    return True


@contextmanager
def _lock(path: Path) -> Iterator[None]:
    # The sidecar, not the file: a lock on the file itself is void after a rename. Never waits.
    handle = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(handle)


def _change(rows: list[dict[str, Any]], rng: Random, now: datetime) -> None:
    own = {member.name for member in ROSTER}
    checkable = [
        row for row in rows if row.get("status") in (NEEDS_CHECK, "done", "완료") and row.get("surface") in own
    ]
    running = [row for row in rows if row.get("status") in ("Working", "진행 중") and row.get("surface") in own]
    choice = rng.random()
    if checkable and choice < 0.5:
        row = rng.choice(checkable)
        own_score = round(rng.uniform(4.2, 5.0), 1)
        cross = round(own_score - rng.choice((0.1, 0.2, 0.3, 0.4, 1.1)), 1)
        row["verification"] = _check(str(row["surface"]), own_score, cross, "pass" if cross >= 4 else "warn")
        row["status"] = "verified"
    elif len(running) > 3 and choice < 0.8:
        rng.choice(running)["status"] = NEEDS_CHECK
    else:
        busy = {row.get("surface") for row in running}
        # Verifiers are left to the operator: v has them verify.
        free = [m.name for m in ROSTER if m.name not in busy and "검증" not in m.role] or [ROSTER[0].name]
        number = 1 + max(int(row.get("id", 0)) for row in rows)
        rows.append(_row(number, rng.choice(free), rng.choice(PROMPTS), "Working", now, None))
