"""What is expected, against what was seen."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console import i18n
from console.model.durations import bytes_of, seconds_of, size_of, span
from console.model.expected import KINDS, Expected, judge, observed, parse
from console.model.service import Judgement, Observation, Service, State
from console.model.service_history import Change, noted, restored
from console.model.service_rows import Watched, group_row, row, unknown

OK, ATTENTION, ALARM, UNKNOWN = Judgement.OK, Judgement.ATTENTION, Judgement.ALARM, Judgement.UNKNOWN


def seen(state: State, **more: object) -> Observation:
    return Observation(state, "evidence", **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "states"),
    [
        ("running", {State.RUNNING: OK, State.LOADED: ALARM, State.STARTING: ATTENTION, State.ABSENT: ALARM}),
        ("loaded", {State.RUNNING: OK, State.LOADED: OK, State.STOPPED: ATTENTION, State.UNLOADED: ALARM}),
        ("unloaded", {State.UNLOADED: OK, State.ABSENT: OK, State.STOPPED: ATTENTION, State.LOADED: ALARM,
                      State.RUNNING: ALARM, State.STARTING: ALARM, State.FAILED: ALARM}),
        ("stopped", {State.STOPPED: OK, State.LOADED: OK, State.RUNNING: ALARM, State.FAILED: ALARM}),
        ("absent", {State.ABSENT: OK, State.UNLOADED: OK, State.RUNNING: ALARM, State.EXISTS: ALARM}),
        ("exists", {State.EXISTS: OK, State.ABSENT: ALARM}),
        ("up", {State.UP: OK, State.ABSENT: ALARM, State.FAILED: ALARM}),
    ],
)  # fmt: skip
def test_the_table_of_states(text: str, states: dict[State, Judgement]) -> None:
    expected = parse(text)
    for state, verdict in states.items():
        assert judge(expected, seen(state))[0] is verdict, state


@pytest.mark.parametrize(
    ("text", "about", "verdict", "words"),
    [
        ("at most 3", seen(State.EXISTS, count=50), ALARM, "50 files"),
        ("at most 3", seen(State.EXISTS, count=1), OK, "1 file"),
        ("at most 3", seen(State.ABSENT, count=0), OK, "absent"),
        ("exactly 0", seen(State.EXISTS, count=1), ALARM, "1 file"),
        ("at least 2", seen(State.RUNNING, count=1), ALARM, "1 running"),
        ("at least 2", seen(State.ABSENT, count=0), ALARM, "absent"),
        ("younger than 2h", seen(State.EXISTS, age=7300.0), ALARM, "2h old"),
        ("younger than 2h", seen(State.EXISTS, age=7100.0), OK, "1h old"),
        ("younger than 2h", seen(State.ABSENT), ALARM, "absent"),
        ("at most 3, younger than 2h", seen(State.ABSENT, count=0), OK, "absent"),
        ("at least 1, at most 3, younger than 2h", seen(State.ABSENT, count=0), ALARM, "absent"),
        ("younger than 2h", seen(State.EXISTS), UNKNOWN, "exists"),
        ("running, at most 1", seen(State.RUNNING, count=2), ALARM, "2 running"),
        ("larger than 1 kB and younger than 1d", seen(State.EXISTS, size=1001, age=5.0), OK, "<1m old"),
        ("up, faster than 500ms", seen(State.UP, latency=0.6), ATTENTION, "up"),
        ("loaded", seen(State.LOADED, overdue=True), ALARM, "overdue"),
        ("loaded", seen(State.LOADED, warning="its last run ended with exit 1"), ATTENTION, "loaded"),
        ("younger than 1d", seen(State.FAILED, age=5.0), ALARM, "<1m old"),
    ],
)
def test_numbers_and_warnings(text: str, about: Observation, verdict: Judgement, words: str) -> None:
    expected = parse(text)
    assert (judge(expected, about)[0], observed(expected, about)) == (verdict, words)


EXPECTED = st.sampled_from([
    "running", "loaded", "unloaded", "absent", "stopped", "exists", "up", "at most 0", "at least 0", "younger than 9d",
    "absent, at most 5", "loaded, at least 1", "smaller than 1 GB", "faster than 9s",
])  # fmt: skip


@given(EXPECTED, st.floats(0, 1e9) | st.none(), st.integers(0, 100) | st.none(), st.booleans())
def test_the_unknown_is_never_well(text: str, age: float | None, count: int | None, overdue: bool) -> None:
    about = seen(State.UNKNOWN, age=age, count=count, size=count, latency=age, overdue=overdue)
    assert judge(parse(text), about)[0] is UNKNOWN
    assert observed(parse(text), about) == "unknown"


@given(EXPECTED, st.sampled_from(list(State)))
def test_what_is_not_known_of_it_is_never_well(text: str, state: State) -> None:
    expected = parse(text)
    if expected.conditions and state not in (State.ABSENT, State.UNLOADED):
        assert judge(expected, seen(state))[0] is not OK


PIECES = st.sampled_from(["running", "at most", "3", ",", "and", "younger than", "2h", " "])


@given(st.text(max_size=40) | st.lists(PIECES).map(" ".join), st.sampled_from([*KINDS, ""]))
def test_no_words_break_the_parser(text: str, kind: str) -> None:
    try:
        found = parse(text, kind)
    except ValueError as error:
        assert len(str(error)) < 300
    else:
        assert found.word or found.conditions
        assert parse(found.text, kind) == found


def test_what_is_usual_when_nothing_is_said_and_what_a_kind_cannot_tell() -> None:
    assert {kind: parse("", kind).word for kind in KINDS} == {kind: usual for kind, (usual, _) in KINDS.items()}
    for kind, text in (
        ("process", "loaded"),
        ("http", "at most 3"),
        ("file", "running"),
        ("launchd", "younger than 1h"),
    ):
        with pytest.raises(ValueError, match=f"{kind} (cannot tell|tells no)"):
            parse(text, kind)


def test_the_words_of_the_configuration_are_english_in_every_language() -> None:
    i18n.use("ko")
    assert parse("at most 3, younger than 2h", "glob").text == "at most 3, younger than 2h"
    assert parse("Running", "launchd").word == "running"
    with pytest.raises(ValueError, match="running, loaded, stopped, unloaded, absent, at most 3"):
        parse("실행 중", "launchd")
    assert observed(parse("unloaded"), Observation(State.UNLOADED, "")) == "unloaded"
    assert observed(parse("loaded"), Observation(State.LOADED, "", overdue=True)) == "overdue"
    assert observed(parse("at most 5"), seen(State.EXISTS, count=3)) == "파일 3개"


def test_lengths_and_sizes() -> None:
    assert [seconds_of(text) for text in ("90s", "1h 30m", "2 days", "500ms", "1.5h")] == [90, 5400, 172_800, 0.5, 5400]
    assert [bytes_of(text) for text in ("12", "12 kB", "1.5MB", "2 GiB")[1:]] == [12_000, 1_500_000, 2 * 2**30]
    assert [size_of(count) for count in (0, 812, 12_345, 12_920_000, 10**13)] == [
        "0 B",
        "812 B",
        "12 kB",
        "12.9 MB",
        "10.0 TB",
    ]
    assert span(59) == "<1m"
    for wrong in ("", "5", "h", "-2h", "2h x", "1 fortnight"):
        with pytest.raises(ValueError, match="is no length"):
            seconds_of(wrong)


# -- groups ----------------------------------------------------------------------------------------------------------

WHAT = Watched("OpenClaw", parse("loaded, at least 2"), "launchd", "com.openclaw.*", "daemons", 10.0)


def test_a_group_has_a_count_and_names_the_odd_ones() -> None:
    found = group_row(WHAT, [("a", seen(State.RUNNING)), ("b", seen(State.UNLOADED)), ("c", seen(State.LOADED))], 5.0)
    assert (found.judgement, found.observed, found.count, found.group) == (ALARM, "1 of 3 odd", 3, "daemons")
    assert found.evidence == "1 running, 1 unloaded, 1 loaded; not as expected: b unloaded"
    assert [member.name for member in found.odd] == ["b"] and found.word == "unloaded"
    calm = group_row(WHAT, [("a", seen(State.RUNNING)), ("c", seen(State.LOADED))], 5.0)
    assert (calm.judgement, calm.observed) == (OK, "2 loaded")
    few = group_row(WHAT, [("a", seen(State.RUNNING))], 5.0)
    assert (few.judgement, few.observed) == (ALARM, "1 loaded")
    assert group_row(WHAT, [], 5.0).judgement is ALARM
    lost = group_row(WHAT, [("a", seen(State.UNKNOWN, error="why")), ("b", seen(State.LOADED))], 5.0)
    assert (lost.judgement, lost.error) == (UNKNOWN, "why")


# -- since when ------------------------------------------------------------------------------------------------------


def service(state: State, since: float | None = None, name: str = "auto-dispatcher") -> Service:
    return row(Watched(name, Expected("unloaded", "unloaded")), seen(state, since=since), 0.0)


def fold(*looks: tuple[float, Service]) -> tuple[Service, dict[str, tuple[Change, ...]]]:
    history: dict[str, tuple[Change, ...]] = {}
    last = looks[0][1]
    for at, each in looks:
        (last,), after = noted(history, [each], at)
        history = dict(after)
    return last, history


def test_a_state_counts_from_when_it_was_seen_first() -> None:
    off, on = service(State.UNLOADED), service(State.RUNNING, 95.0)
    last, history = fold((10, off), (20, off), (100, on), (110, on), (120, off), (130, off))
    assert last.since == 120 and history == {"auto-dispatcher": ((10, "unloaded"), (95, "running"), (120, "unloaded"))}


def test_not_knowing_is_no_change() -> None:
    off = service(State.UNLOADED)
    lost = unknown(Watched("auto-dispatcher", Expected("unloaded", "unloaded")), "why", 0.0)
    last, history = fold((10, off), (20, lost), (30, off))
    assert last.since == 10 and len(history["auto-dispatcher"]) == 1
    assert fold((20, lost))[0].since is None


def test_a_restart_is_a_change_and_a_trembling_start_is_none() -> None:
    last, history = fold(
        (10, service(State.RUNNING, 5.0)), (20, service(State.RUNNING, 5.4)), (30, service(State.RUNNING, 25.0))
    )
    assert last.since == 25 and history["auto-dispatcher"] == ((5, "running"), (25, "running"))


def test_what_was_written_down_goes_before_what_is_seen() -> None:
    now = {"a": ((100.0, "unloaded"),), "b": ((100.0, "running"),)}
    past = {"a": ((10.0, "running"), (20.0, "unloaded")), "b": ((10.0, "unloaded"),), "c": ((1.0, "loaded"),)}
    assert restored(now, past) == {
        "a": ((10.0, "running"), (20.0, "unloaded")),
        "b": ((10.0, "unloaded"), (100.0, "running")),
        "c": ((1.0, "loaded"),),
    }


@given(st.lists(st.tuples(st.sampled_from(list(State)), st.floats(0, 2000) | st.none()), max_size=30))
def test_the_history_is_in_order_and_ends_with_what_is(looks: list[tuple[State, float | None]]) -> None:
    made = [(1000.0 + at, service(state, since)) for at, (state, since) in enumerate(looks)]
    if not made:
        return
    last, history = fold(*made)
    changes = history.get("auto-dispatcher", ())
    assert [at for at, _ in changes] == sorted(at for at, _ in changes) and len(changes) <= 50
    if last.word != "unknown":
        assert changes and changes[-1][1] == last.word and last.since is not None
