"""What holds of the guard whatever it is told."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from console.model.agent import AgentState, AgentStatus, Detection, Regions
from console.model.cut_off import CutOff
from console.model.dispatch import Dispatch, DispatchStatus
from console.model.guard import FINAL, RULES, Automatic, Facts, Level, Policy, Task, Wrong, judge, refusals
from console.model.surface import Surface, SurfaceInfo
from tests.model.guard_cases import NOW, TASK

TEXT = st.one_of(st.text(max_size=60), st.sampled_from((TASK.text, "pkill codex", "/quit", "launchctl stop x", "")))
NAME = st.sampled_from(("surface:1", "surface:3", "%3", "", "CLAUDE 2", "3"))
AGENT = st.sampled_from(("", "claude", "codex", "gemini"))
WHEN = st.one_of(st.none(), st.floats(NOW - 9000, NOW + 9000))
ASKING = (AgentState.APPROVAL, AgentState.QUESTION, AgentState.TRUST, AgentState.MENU)

detections = st.builds(
    Detection,
    AGENT,
    st.sampled_from(AgentState),
    draft=TEXT,
    regions=st.sampled_from((Regions(), Regions((0, 2), (2, 5)))),
    blocks=st.booleans(),
    keep=st.booleans(),
)
infos = st.builds(
    SurfaceInfo, NAME, st.one_of(st.none(), NAME), TEXT, TEXT, label=NAME, dead=st.booleans(), own=st.booleans()
)
surfaces = st.builds(
    Surface,
    infos,
    NAME,
    expected_agent=AGENT,
    seen_agent=AGENT,
    status=st.one_of(st.none(), st.builds(AgentStatus, detections, st.just(NOW))),
    read_at=WHEN,
    error=st.sampled_from(("", "gone")),
    gone=st.sampled_from(("", "there is none")),
    unconfirmed=st.sampled_from(("", "another terminal")),
)
dispatches = st.builds(
    Dispatch, st.one_of(st.none(), st.integers(0, 9)), NAME, TEXT, st.sampled_from(DispatchStatus), dispatched_at=WHEN
)
tasks = st.builds(Task, TEXT, TEXT, TEXT, st.one_of(st.none(), dispatches), st.booleans())
cut_offs = st.builds(CutOff, st.just("k"), WHEN, NAME, st.sampled_from(("", "U-1")), NAME, typing=st.booleans())
maybe = st.one_of(st.none(), st.booleans())
facts = st.builds(
    Facts,
    st.just(NOW),
    st.one_of(st.none(), surfaces),
    st.lists(surfaces, max_size=3).map(tuple),
    st.lists(dispatches, max_size=6).map(tuple),
    st.sampled_from(("", "torn")),
    st.lists(st.builds(Wrong, st.integers(0, 9), st.integers(1, 9), st.just("U+001B")), max_size=2).map(tuple),
    st.one_of(st.none(), st.builds(Automatic, loaded=maybe, running=maybe, newest=WHEN)),
    st.one_of(st.none(), st.integers(0, 1439)),
    st.dictionaries(NAME, NAME, max_size=2),
    st.lists(cut_offs, max_size=2).map(tuple),
)
levels = st.dictionaries(st.sampled_from([rule.name for rule in RULES]), st.sampled_from(Level), max_size=6)
policies = st.builds(
    Policy,
    levels,
    st.integers(-1, 4),
    st.integers(-1, 4),
    quiet_hours=st.lists(st.tuples(st.integers(0, 1439), st.integers(0, 1439)), max_size=2).map(tuple),
)


def by_rule(task: Task, told: Facts, policy: Policy) -> dict[str, Level]:
    return {each.rule: each.level for each in judge(task, told, policy)}


@given(tasks, facts, policies)
@settings(max_examples=200, deadline=None)
def test_it_never_raises_and_every_rule_speaks_once(task: Task, told: Facts, policy: Policy) -> None:
    found = judge(task, told, policy)
    assert [each.rule for each in found] == [rule.name for rule in RULES]
    for each in found:
        assert each.level is Level.PASS or (each.evidence and each.remedy)
    assert found == judge(task, told, policy)


@given(tasks, facts, policies, st.lists(st.sampled_from([rule.name for rule in RULES])))
@settings(max_examples=200, deadline=None)
def test_what_must_never_happen_is_refused_whatever_else_is_said(
    task: Task, told: Facts, policy: Policy, overrides: list[str]
) -> None:
    surface = told.surface
    status = surface.status if surface is not None else None
    standing = {each.rule for each in refusals(judge(task, told, policy), (*overrides, *FINAL))}
    if status is not None and (status.state in ASKING or status.detection.regions.dialog or status.detection.blocks):
        assert "dialog" in standing
    if surface is None or surface.info.dead or surface.gone:
        assert "dead" in standing
    if told.wrong or not task.text.strip():
        assert "characters" in standing
    if surface is not None and surface.info.own:
        assert "own" in standing
    if status is not None and status.state is AgentState.SHELL:
        assert "exited" in standing
    if status is not None and status.detection.draft:
        assert "draft" in standing


@given(tasks, facts, policies, st.lists(dispatches, max_size=4), st.booleans())
@settings(max_examples=200, deadline=None)
def test_more_that_speaks_against_it_never_makes_a_verdict_milder(
    task: Task, told: Facts, policy: Policy, more: list[Dispatch], loaded: bool
) -> None:
    before = by_rule(task, told, policy)
    worse = replace(
        told,
        dispatches=(*told.dispatches, *more),
        wrong=(*told.wrong, Wrong(0, 1, "U+0007 BELL")),
        log_error=told.log_error or "torn",
        fleet=(*told.fleet, *((told.surface,) if told.surface is not None else ())),
    )
    if told.automatic is not None and loaded:
        worse = replace(worse, automatic=replace(told.automatic, loaded=True))
    after = by_rule(task, worse, policy)
    assert all(after[rule] >= level for rule, level in before.items())


@given(tasks, facts, policies, st.lists(st.sampled_from([rule.name for rule in RULES])))
@settings(max_examples=100, deadline=None)
def test_an_override_takes_away_its_own_rule_and_no_other(
    task: Task, told: Facts, policy: Policy, overrides: list[str]
) -> None:
    found = judge(task, told, policy)
    all_of_them = {each.rule for each in refusals(found)}
    standing = {each.rule for each in refusals(found, overrides)}
    assert standing == {rule for rule in all_of_them if rule in FINAL or rule not in overrides}
