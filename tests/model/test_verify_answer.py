"""When a verifier has finished, and what of its screen is taken for its answer."""

from __future__ import annotations

from dataclasses import replace

import pytest

from console.model.agent import AgentState, AgentStatus
from console.model.dispatch import Dispatch, DispatchStatus, Links
from console.model.reading import LogRead
from console.model.snapshot import Snapshot, reduce
from console.model.surface import Screen, Surface, SurfaceInfo
from console.model.verify_answer import finished, on_demand, read_answer, superseded
from tests.agents.samples import DETECTOR, claude, codex, screen

SENT = 1_000_000.0
ASKED = Dispatch(61, "surface:6", "Verify #54: x", DispatchStatus.SENT, "sent", SENT, links=Links(verifies=54))
WORKED = ((SENT - 500, AgentState.IDLE), (SENT + 1, AgentState.WORKING), (SENT + 60, AgentState.IDLE))
NOW = SENT + 70
PROMPT = "❯ Verify dispatch #54. End with one line:\n  self 1 / cross 1 / verdict: fail\n"
ANSWER = "● I ran its tests.\n\n  self 4.9 / cross 3.8 / verdict: warn\n\n✻ Baked for 12s"


def verifier(seen: Screen, **more: object) -> Surface:
    found = DETECTOR.detect(seen, agent="claude")
    made = Surface(
        SurfaceInfo("surface:6", "U-6", "w", "w:0.0"), "CLAUDE V", screen=seen, read_at=NOW, history=WORKED,
        status=AgentStatus(found, SENT + 60),
    )  # fmt: skip
    return replace(made, **more)  # type: ignore[arg-type]


def fleet(*surfaces: Surface, log: tuple[Dispatch, ...] = (ASKED,)) -> Snapshot:
    return reduce(Snapshot(surfaces=surfaces), LogRead(NOW, "log", log))


def test_an_answer_is_what_stands_below_the_prompt() -> None:
    answer = read_answer(verifier(claude(PROMPT + "\n" + ANSWER)), ASKED)
    assert answer.findings.words == "self 4.9, cross 3.8, warn"
    assert answer.findings.lines == ("self 4.9 / cross 3.8 / verdict: warn",)
    assert (answer.by, answer.name, answer.since) == ("surface:6", "CLAUDE V", SENT + 60)
    assert read_answer(verifier(claude(PROMPT + "\n● Not yet.")), ASKED).findings.nothing, "never the prompt itself"
    assert read_answer(verifier(claude(ANSWER)), ASKED).findings.words, "the prompt has left the screen"


def test_codex_answers_too_and_a_broken_line_is_whole() -> None:
    body = "› Verify dispatch #54\n  verdict: fail\n\n• 확인했습니다.\n  self 4.9 / cross 3.8 /\n  verdict: warn"
    seen = codex(body)
    narrow = replace(seen, width=26)
    found = DETECTOR.detect(narrow, agent="codex")
    made = verifier(narrow, status=AgentStatus(found, SENT + 60))
    assert read_answer(made, ASKED).findings.words == "self 4.9, cross 3.8, warn"


def test_a_screen_without_a_box_has_no_answer() -> None:
    assert read_answer(verifier(screen("self 4.9 cross 3.8 verdict: warn")), ASKED).findings.nothing
    bare = replace(verifier(claude(ANSWER)), screen=None, status=None)
    assert read_answer(bare, ASKED).findings.nothing


@pytest.mark.parametrize(
    ("asked", "changes", "now"),
    [
        (replace(ASKED, raw_status="sending"), {}, NOW),
        (replace(ASKED, dispatched_at=None), {}, NOW),
        (ASKED, {"history": WORKED[:1]}, NOW),
        (ASKED, {"history": ((SENT - 9, AgentState.WORKING),)}, NOW),
        (ASKED, {"gone": "no such surface"}, NOW),
        (ASKED, {"status": None}, NOW),
        (ASKED, {}, SENT + 61),
        (replace(ASKED, surface="surface:9"), {}, NOW),
    ],
)
def test_who_has_not_surely_finished_is_not_searched(asked: Dispatch, changes: dict[str, object], now: float) -> None:
    made = verifier(claude(ANSWER))
    assert finished(fleet(made), ASKED, NOW) == made
    assert finished(fleet(replace(made, **changes)), asked, now) is None  # type: ignore[arg-type]


def test_who_works_on_is_not_searched() -> None:
    working = verifier(claude(PROMPT + "\n✻ Pondering… (3s · esc to interrupt)"))
    assert working.status is not None and working.status.state is AgentState.WORKING
    assert finished(fleet(working), ASKED, NOW) is None
    assert on_demand(fleet(working), ASKED) is None


def test_an_answer_to_another_task_is_not_taken_for_it() -> None:
    made = verifier(claude(ANSWER))
    later = Dispatch(62, "surface:6", "something else", DispatchStatus.SENT, "", SENT + 30)
    assert superseded((ASKED, later), ASKED, made)
    assert not superseded((ASKED, replace(later, dispatched_at=SENT + 65)), ASKED, made), "given after it had answered"
    assert not superseded((ASKED, replace(later, status=DispatchStatus.QUEUED)), ASKED, made)
    assert not superseded((ASKED, replace(later, surface="surface:7")), ASKED, made)
    told = on_demand(fleet(made, log=(ASKED, later)), ASKED)
    assert told is not None and told.findings.nothing and told.why == "it has been given something else since"


def test_on_demand_what_was_found_before_is_kept() -> None:
    made = verifier(claude(ANSWER))
    kept = on_demand(fleet(made), ASKED)
    assert kept is not None and kept.findings.words == "self 4.9, cross 3.8, warn"
    moved_on = verifier(claude("❯ next\n\n● Something else."))
    assert on_demand(fleet(moved_on), ASKED, (), kept) is kept
    gone = on_demand(fleet(), ASKED)
    assert gone is not None and gone.why == "its surface is not there" and gone.by == "surface:6"


def test_only_open_verifications_are_followed() -> None:
    closed = replace(ASKED, number=60, status=DispatchStatus.DONE)
    plain = replace(ASKED, number=62, links=Links(verifier="CLAUDE V"))
    assert fleet(log=(ASKED, closed, plain)).log.asked == (ASKED,)
