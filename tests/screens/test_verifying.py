"""The screens of a verification: who is asked, what came back, and how both records are linked."""

from __future__ import annotations

from dataclasses import replace

import pytest
from textual.widgets import Input, OptionList, Static, TextArea

from console.model.agent import AgentState
from console.model.dispatch import Dispatch, DispatchStatus, Links, Verification, VerificationVerdict
from console.model.findings import Findings
from console.model.snapshot import Snapshot
from console.model.verify_answer import Answer
from console.model.verify_task import Candidate
from console.screens.desk import Desk
from console.screens.ledger import LedgerScreen
from console.screens.record import RecordScreen
from console.screens.send import SendScreen
from console.screens.verdict import Check, VerdictScreen
from console.screens.verifier import BY_HAND, VerifierScreen
from console.tracker.record import Record
from tests.model.guard_cases import surface
from tests.ui_helpers import Stage, clickable, drawn, until, whole

DONE = Dispatch(54, "surface:5", "Hermes [/] 샘플링", DispatchStatus.DONE, "", 1.0)
ASKED = Dispatch(61, "surface:6", "Verify #54: Hermes", DispatchStatus.SENT, "", 2.0, links=Links(verifies=54))
FOUND = Findings(4.9, 3.8, VerificationVerdict.WARN, ("self 4.9 / cross 3.8 / [/] verdict: warn",))
PEOPLE = (
    Candidate(surface(ref="surface:6", role="교차 검증 전담"), "", "its verifier"),
    Candidate(surface(AgentState.WORKING, ref="surface:7", role="[@click=app.quit]x[/]")),
    Candidate(surface(ref="surface:5"), "its own work"),
)


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 55)])
async def test_the_first_choice_is_marked_and_the_author_cannot_be_chosen(size: tuple[int, int]) -> None:
    left: list[str | None] = []
    app = Stage(Static())
    async with app.run_test(size=size) as pilot:
        await app.push_screen(VerifierScreen(DONE, PEOPLE), left.append)
        await until(pilot, lambda: "Who verifies #54?" in drawn(app))
        text = drawn(app)
        for part in ("Hermes [/] 샘플링", "its verifier", "교차 검증 전담", "working", "✗ its own work", "[@click"):
            assert part in text
        whole(app, size)
        assert not clickable(app)
        for key, chosen in (("down", "U-surface:7"), ("up", "U-surface:6"), ("r", BY_HAND), ("escape", None)):
            if not isinstance(app.screen, VerifierScreen):
                await app.push_screen(VerifierScreen(DONE, PEOPLE), left.append)
            await until(pilot, lambda: isinstance(app.focused, OptionList))
            await pilot.press("down", "down", "down", key, *(["enter"] if key in ("down", "up") else []))
            await until(pilot, lambda: bool(left))
            assert left.pop() in (chosen, "U-surface:6", "U-surface:7") and not isinstance(app.screen, VerifierScreen)


async def test_the_author_alone_can_verify_nothing() -> None:
    left: list[str | None] = []
    app = Stage(Static())
    async with app.run_test(size=(80, 24)) as pilot:
        await app.push_screen(VerifierScreen(DONE, PEOPLE[2:]), left.append)
        await until(pilot, lambda: "Nobody else is here who could" in drawn(app))
        await pilot.press("enter", "down", "enter")
        assert isinstance(app.screen, VerifierScreen) and not left


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_what_was_found_stands_there_with_its_line_and_waits_for_a_word(size: tuple[int, int]) -> None:
    left: list[Check | None] = []
    app = Stage(Static())
    async with app.run_test(size=size) as pilot:
        answer = Answer(ASKED, "surface:6", "CLAUDE [V]", FOUND, 3.0)
        await app.push_screen(VerdictScreen(DONE, lambda by: "", answer), left.append)
        await until(pilot, lambda: "#61 on CLAUDE [V] said at the end" in drawn(app))
        assert "self 4.9 / cross 3.8 / [/] verdict: warn" in drawn(app) and "ctrl+s records it" in drawn(app)
        assert not left, "nothing is recorded by itself"
        await pilot.press("ctrl+s")
        await until(pilot, lambda: bool(left))
    assert left == [Check("surface:6", 4.9, 3.8, VerificationVerdict.WARN, "")]


async def test_where_nothing_was_found_the_fields_stay_empty_and_it_says_so() -> None:
    app = Stage(Static())
    known = replace(DONE, verification=Verification(VerificationVerdict.PASS, 4.5, 4.4, "surface:9", "an older one"))
    async with app.run_test(size=(120, 40)) as pilot:
        answer = Answer(ASKED, "surface:6", "CLAUDE V", Findings(doubt="self is out of 5 and cross out of 10"), 3.0)
        await app.push_screen(VerdictScreen(known, lambda by: "", answer))
        await until(pilot, lambda: "its last message names no score and no verdict" in drawn(app))
        assert "self is out of 5 and cross out of 10" in drawn(app)
        values = [each.value for each in app.screen.query(Input)]
        assert values == ["surface:6", "4.5", "", "", ""], "only the author's own score was known before"
        assert "needs a verdict or a score" not in drawn(app)
        await app.pop_screen()
        await app.push_screen(VerdictScreen(known, lambda by: "", replace(answer, why="its surface is not there")))
        await until(pilot, lambda: "its surface is not there. Read what it said" in drawn(app))


async def test_the_records_lead_to_each_other() -> None:
    left: list[str | None] = []
    app = Stage(Static())

    async def read() -> Record:
        return Record("{}")

    async with app.run_test(size=(120, 40)) as pilot:
        for dispatch, told, other in (
            (DONE, "#61 on surface:6, sent: Verify #54: Hermes", ASKED),
            (ASKED, "#54, done: Hermes [/] 샘플링", DONE),
        ):
            made = RecordScreen(dispatch, [DONE, ASKED], {}, read)
            await app.push_screen(made, left.append)
            await until(pilot, lambda told=told: told in drawn(app))  # type: ignore[misc]
            assert made.other == other and "o the other one" in drawn(app)
            await pilot.press("o")
            await until(pilot, lambda: bool(left))
            assert left.pop() == "other"
        alone = RecordScreen(replace(ASKED, links=Links(verifies=9)), [ASKED], {}, read)
        await app.push_screen(alone, left.append)
        await until(pilot, lambda: "#9, which is not in the log" in drawn(app))
        await pilot.press("o")
        await pilot.press("v")
        await until(pilot, lambda: left == ["verify"])


@pytest.mark.parametrize("size", [(80, 24), (200, 55)])
async def test_the_ledger_lists_what_was_sent_and_leads_to_what_is_verified(size: tuple[int, int]) -> None:
    left: list[Dispatch | None] = []
    app = Stage(Static())
    other = replace(ASKED, number=62, links=Links(verifies=9), status=DispatchStatus.DONE)
    async with app.run_test(size=size) as pilot:
        log = (DONE, ASKED, other, *(replace(DONE, number=100 + n, surface="%9") for n in range(60)))
        await app.push_screen(LedgerScreen(log, {}), left.append)
        await until(pilot, lambda: "#61 on surface:6 verifies #54 · sent · Hermes [/]" in drawn(app))
        assert "#62 on surface:6 verifies #9 · done · Verify #54" in drawn(app)
        await pilot.press("pagedown")
        await until(pilot, lambda: "#61 on surface:6" not in drawn(app) or "Awaiting" in drawn(app))
        await pilot.press("enter")
        await until(pilot, lambda: left == [other])
        await app.push_screen(LedgerScreen(log, {}), left.append)
        await pilot.press("down", "enter")
        await until(pilot, lambda: left == [other, DONE])


async def test_a_composer_may_begin_with_a_text() -> None:
    app = Stage(Static())
    async with app.run_test(size=(120, 40)) as pilot:
        there = surface()
        desk = Desk(lambda: Snapshot(surfaces=(there,)))
        await app.push_screen(SendScreen(desk, [there.key], text="검증해줘\n#54", fields={"verifies": 54}))
        await until(pilot, lambda: "검증해줘" in drawn(app))
        assert app.screen.query_one(TextArea).text == "검증해줘\n#54"
        await pilot.press("ctrl+b")
        assert isinstance(app.screen, SendScreen), "a verification is for one surface"
        assert not app.screen.query_one("#role").display and not app.screen.query_one("#verifier").display
