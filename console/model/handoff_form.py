"""The form of the hand-off documents that the console writes: marks, headings and columns in both languages."""

from __future__ import annotations

from typing import Final, Literal

from console.model.handoff_items import (
    ArtifactEntry,
    AutomationEntry,
    DispatchEntry,
    GuardEntry,
    ServiceEntry,
    SurfaceEntry,
    VerificationEntry,
)

Lang = Literal["ko", "en"]

MARK: Final = "<!-- oc-console hand-off 1 -->"
"""Stands near the top: nothing is to be guessed from the texts of this document."""

TITLE: Final = {"en": "Session hand-off", "ko": "세션 핸드오프"}
WRITTEN: Final = {"en": "Written", "ko": "작성"}

HEADINGS: Final[dict[str, tuple[str, str]]] = {
    "first_steps": ("First steps", "가장 먼저 할 것"),
    "surfaces": ("Sessions", "세션 매핑"),
    "dispatches": ("Work in progress", "진행 중 작업"),
    "decisions": ("Decisions", "결정 대기"),
    "services": ("Services", "상시 가동 서비스"),
    "automation": ("Temporary automation", "임시 자동화"),
    "artifacts": ("Artifacts", "주요 산출물 경로"),
    "lessons": ("Lessons", "교훈"),
    "figures": ("Figures", "수치"),
    "verifications": ("Verification ledger", "검증 대장"),
    "guards": ("Guards that fired", "작동한 가드"),
    "checks": ("Checks after restart", "재시작 후 즉시 확인할 것"),
    "avoid": ("Things to avoid", "피해야 할 것"),
    "notes": ("Notes", "메모"),
}
"""Sections in their order: English, Korean."""

COLUMNS: Final[dict[str, tuple[tuple[str, str, str], ...]]] = {
    "surfaces": (
        ("ref", "surface", "세션"), ("name", "name", "이름"), ("role", "role", "역할"), ("agent", "agent", "에이전트"),
        ("workspace", "workspace", "워크스페이스"), ("state", "state", "상태"), ("remarks", "remarks", "비고"),
    ),
    "dispatches": (
        ("number", "dispatch", "번호"), ("surface", "surface", "세션"), ("task", "task", "작업"),
        ("status", "status", "상태"), ("remarks", "remarks", "비고"),
    ),
    "services": (
        ("label", "service", "서비스"), ("role", "role", "역할"), ("expected", "expected", "기대 상태"),
        ("observed", "observed", "현재 상태"), ("pid", "pid", "pid"), ("port", "port", "포트"),
        ("count", "count", "개수"), ("remarks", "remarks", "비고"),
    ),
    "automation": (
        ("path", "path", "경로"), ("state", "state", "상태"), ("expected", "expected", "기대 상태"),
        ("count", "count", "개수"), ("action", "action", "조치"),
    ),
    "artifacts": (("name", "name", "이름"), ("path", "path", "경로"), ("remarks", "remarks", "비고")),
    "figures": (
        ("name", "figure", "지표"), ("value", "value", "값"), ("unit", "unit", "단위"), ("before", "before", "이전"),
        ("key", "key", "key"), ("remarks", "known as of", "기준 시점"),
    ),
    "verifications": (
        ("number", "dispatch", "번호"), ("surface", "author", "작성자"), ("by", "verified by", "검증자"),
        ("self_score", "self score", "자기 점수"), ("cross_score", "cross score", "교차 점수"),
        ("verdict", "verdict", "판정"), ("note", "note", "비고"),
    ),
    "guards": (
        ("at", "at", "시각"), ("guard", "guard", "가드"), ("verdict", "verdict", "판정"),
        ("surface", "surface", "세션"), ("text", "evidence", "근거"),
    ),
}  # fmt: skip
"""Columns of the lists that are tables: field, English, Korean."""

ENTRIES: Final[dict[str, type]] = {
    "surfaces": SurfaceEntry,
    "dispatches": DispatchEntry,
    "services": ServiceEntry,
    "automation": AutomationEntry,
    "artifacts": ArtifactEntry,
    "verifications": VerificationEntry,
    "guards": GuardEntry,
}
"""What a row of each is; a row of figures is one `FigureValue`."""

NUMBERS: Final = frozenset({"pid", "port", "count"})
"""Columns with a whole number or nothing."""
NAMES: Final = frozenset({"pid", "port"})
"""Those of them that name something: they have no separators."""
SCORES: Final = frozenset({"self_score", "cross_score"})
"""Columns with a number or nothing."""
LABELS: Final[dict[str, tuple[str, str]]] = {
    "paths": ("path", "경로"),
    "options": ("option", "옵션"),
    "decided": ("decided", "결정됨"),
    "id": ("id", "id"),
}
"""Labels of what stands below a point."""
