"""Snapshots as the outside could give them: what every text and number of a hand-off may be."""

from __future__ import annotations

from hypothesis import strategies as st

from console.model.agent import AgentState, AgentStatus, Detection
from console.model.artifact import Artifact, Changed
from console.model.automation import Automation, Tally
from console.model.baseline import Baseline
from console.model.cut_off import CutOff
from console.model.dispatch import Dispatch, DispatchStatus, Links, Verification, VerificationVerdict
from console.model.figure import Figure
from console.model.handoff_items import DecisionEntry, GuardEntry
from console.model.numbers import Number
from console.model.operations import OperationsSlice
from console.model.reading import LogRead
from console.model.service import Judgement, Service
from console.model.snapshot import CollectorSlice, MuxSlice, SendsSlice, ServicesSlice, Snapshot, reduce
from console.model.surface import Surface, SurfaceInfo
from console.model.telemetry import Collector, CollectorState
from console.safety import safe_text

AWKWARD = (
    "|", "`", "```", "- x", "# x", "---", "‹now›", "<br>", "&amp;", "\\", "[x]", "경로: /a", "path: /a", "없음", "1. x",
    "<!-- oc-console notes -->", "<!-- /oc-console notes -->", "| a | b |", "한글 텍스트", "", " ", "#54",
)  # fmt: skip
TEXT = st.one_of(st.sampled_from(AWKWARD), st.text(max_size=25)).map(safe_text)
LINES = st.one_of(TEXT, st.lists(TEXT, max_size=3).map("\n".join))
NAME = TEXT.filter(lambda text: bool(text.strip()))
SCORE = st.one_of(st.none(), st.sampled_from([3.8, 4.9, 0.0, 5.0]))
COUNT = st.one_of(st.none(), st.integers(0, 10**12))
TIME = st.floats(1e9, 2e9)


@st.composite
def surfaces(draw: st.DrawFn) -> Surface:
    number = draw(st.integers(0, 20))
    info = SurfaceInfo(f"%{number}", draw(st.one_of(st.none(), NAME)), draw(TEXT), draw(TEXT), draw(TEXT), draw(TEXT))
    state = draw(st.sampled_from(AgentState))
    status = AgentStatus(Detection("claude", state), draw(TIME)) if draw(st.booleans()) else None
    agent = draw(st.sampled_from(["", "claude", "codex"]))
    place = draw(st.one_of(st.none(), st.integers(0, 9)))
    return Surface(info, draw(TEXT), draw(TEXT), agent, place, status=status, error=draw(TEXT), gone=draw(TEXT))


@st.composite
def dispatches(draw: st.DrawFn) -> Dispatch:
    verdict = draw(st.one_of(st.none(), st.sampled_from(VerificationVerdict)))
    check = Verification(verdict, draw(SCORE), draw(SCORE), draw(TEXT), draw(TEXT))
    return Dispatch(
        draw(st.one_of(st.none(), st.integers(0, 60))),
        draw(st.sampled_from(["%1", "%2", "surface:5", ""])),
        draw(LINES),
        draw(st.sampled_from(DispatchStatus)),
        dispatched_at=draw(st.one_of(st.none(), TIME)),
        verification=draw(st.one_of(st.none(), st.just(check))),
        links=Links(draw(st.one_of(st.none(), st.integers(0, 60)))),
    )


@st.composite
def services(draw: st.DrawFn) -> Service:
    return Service(
        draw(NAME), draw(TEXT), draw(TEXT), draw(st.sampled_from(Judgement)), draw(TEXT), label=draw(TEXT),
        pid=draw(st.one_of(st.none(), st.integers(1, 99999))), count=draw(COUNT),
        read_at=draw(st.one_of(st.none(), TIME)),
    )  # fmt: skip


VALUE = st.one_of(
    st.integers(-(10**15), 10**15), st.floats(-1e12, 1e12, allow_nan=False).map(lambda each: round(each, 6))
)
NUMBER = st.builds(Number, VALUE, TEXT, st.booleans())
READ = st.one_of(st.none(), TIME)
FIGURE = st.builds(Figure, NAME, TEXT, st.one_of(st.none(), NUMBER), st.one_of(st.none(), NUMBER), TEXT, READ)
TALLY = st.one_of(st.none(), st.builds(Tally, st.integers(0, 10**6)))
JUDGED = st.sampled_from(Judgement)
AUTOMATION = st.builds(
    Automation, NAME, st.just("glob"), NAME, TEXT, TEXT, JUDGED, TEXT, TALLY, TEXT, st.just(False), READ
)
ARTIFACT = st.builds(
    Artifact, NAME, NAME, judgement=JUDGED, evidence=TEXT, changed=st.sampled_from(Changed), read_at=READ
)
COLLECTOR = st.builds(
    Collector, st.sampled_from(CollectorState), TEXT, TEXT, COUNT, COUNT, COUNT, COUNT, COUNT,
    st.one_of(st.none(), st.floats(0, 1e7)),
)  # fmt: skip
CUT_OFF = st.builds(CutOff, NAME, TIME, NAME, number=st.one_of(st.none(), st.integers(1, 60)), typing=st.booleans())
DECISION = st.builds(
    DecisionEntry, NAME, st.lists(NAME, max_size=2).map(tuple), st.lists(NAME, max_size=2).map(tuple), decided=TEXT
)
GUARD = st.builds(GuardEntry, NAME, TEXT, TEXT, TEXT, TEXT)


@st.composite
def snapshots(draw: st.DrawFn) -> Snapshot:
    """A snapshot as readings could have made it."""
    made = Snapshot(
        mux=MuxSlice("tmux", draw(READ), draw(TEXT)),
        surfaces=tuple(draw(st.lists(surfaces(), max_size=4, unique_by=lambda each: each.info.ref))),
        services=ServicesSlice("services", None, tuple(draw(st.lists(services(), max_size=3)))),
        collector=CollectorSlice("url", None, draw(st.one_of(st.none(), COLLECTOR))),
        sends=SendsSlice(None, tuple(draw(st.lists(CUT_OFF, max_size=2)))),
        operations=OperationsSlice(
            tuple(draw(st.lists(AUTOMATION, max_size=2))),
            tuple(draw(st.lists(ARTIFACT, max_size=2))),
            tuple(draw(st.lists(FIGURE, max_size=3))),
            draw(st.one_of(st.none(), st.just(Baseline(1.0, collector={"logs": 5, "bytes": 12_920_000})))),
        ),
    )
    if draw(st.booleans()):
        made = reduce(made, LogRead(1.5e9, "log", tuple(draw(st.lists(dispatches(), max_size=5))), 0))
    return made
