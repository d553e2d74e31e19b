"""Random facts of a hand-off, with everything in their texts that could be taken for something else."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from console.model.handoff import HandoffFacts
from console.model.handoff_items import (
    ArtifactEntry,
    AutomationEntry,
    DecisionEntry,
    DispatchEntry,
    FigureValue,
    GuardEntry,
    PointEntry,
    ServiceEntry,
    SurfaceEntry,
    VerificationEntry,
)
from console.safety import safe_text

TRAPS = (
    *"ab 가힣|\\`*_#-[]<>&;:\n.1,/~é\u3000", "👩‍👩‍👧", "<br>", "&#32;", "&amp;", "none", "없음", "```", "~~~", "- ",
    "surface:1", "#54", "| ---", "/tmp/x", "<!--", "-->", "<!-- oc-console notes -->", "<!-- /oc-console notes -->",
    "## 2. Services\n",
    "## 세션\n", "1. ", "path: ", "결정됨: ", "cmux tree --all", "\n\n",
)  # fmt: skip

TEXT = (st.lists(st.sampled_from(TRAPS), max_size=12).map("".join) | st.text(max_size=12)).map(
    lambda text: safe_text(text, multiline=True)
)
SOME = TEXT.filter(bool)
WHOLE = st.integers(0, 2**31 - 2) | st.none()
DISPATCH = st.integers(0, 10**8) | st.none()
NUMBER = st.integers(-(10**12), 10**12) | st.floats(-1e15, 1e15)
MAYBE = NUMBER | st.none()


def _some(entries: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(entries, max_size=3).map(tuple)


def _points() -> st.SearchStrategy[tuple[Any, ...]]:
    point = st.builds(PointEntry, TEXT, _some(SOME), _some(SOME))
    return _some(point.filter(lambda each: bool(each.text or each.commands)))


FACTS = st.builds(
    HandoffFacts,
    written_at=st.sampled_from(("", "2026-04-10T16:41:00+09:00", "2026-04-10")),
    surfaces=_some(st.builds(SurfaceEntry, SOME, TEXT, TEXT, TEXT, TEXT, TEXT, TEXT)),
    dispatches=_some(st.builds(DispatchEntry, DISPATCH, TEXT, SOME, TEXT, TEXT)),
    decisions=_some(st.builds(DecisionEntry, SOME, _some(SOME), _some(SOME), _some(SOME), TEXT)),
    services=_some(st.builds(ServiceEntry, SOME, TEXT, WHOLE, WHOLE, TEXT, TEXT, TEXT, WHOLE)),
    automation=_some(st.builds(AutomationEntry, SOME, TEXT, TEXT, TEXT, WHOLE)),
    artifacts=_some(st.builds(ArtifactEntry, TEXT, SOME, TEXT)),
    lessons=_points(),
    figures=_some(st.builds(FigureValue, TEXT, NUMBER, TEXT, st.booleans(), TEXT, MAYBE)),
    first_steps=_points(),
    checks=_points(),
    avoid=_points(),
    verifications=_some(st.builds(VerificationEntry, DISPATCH, TEXT, SOME, MAYBE, MAYBE, TEXT, TEXT)),
    guards=_some(st.builds(GuardEntry, SOME, TEXT, TEXT, TEXT, TEXT)),
    notes=TEXT,
)
