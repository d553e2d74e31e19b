"""Screens over the dispatch log: ledger, lost changes, a verification, a new state."""

from __future__ import annotations

from dataclasses import dataclass
from unicodedata import normalize

import pytest
from textual.widgets import Input, Static

from console.model.dispatch import Dispatch, DispatchStatus, Verification, VerificationVerdict
from console.model.outcome import Written
from console.screens.ledger import LedgerScreen
from console.screens.losses import LossesScreen
from console.screens.verdict import Check, StatusScreen, VerdictScreen
from tests.ui_helpers import Stage, drawn, until

CHECK = Verification(VerificationVerdict.WARN, 4.9, 3.8, "surface:6")
LOG = (
    Dispatch(54, "surface:5", "Hermes [/] 샘플링", DispatchStatus.VERIFIED, "", 1.0, CHECK),
    Dispatch(56, "surface:3", "블루프린트 정리", DispatchStatus.NEEDS_CHECK, "", 2.0),
    Dispatch(57, "surface:3", "own", DispatchStatus.DONE, "", 3.0, Verification(VerificationVerdict.PASS, 5, 5, "3")),
)


@dataclass(frozen=True)
class Undone:
    number: int
    why: str
    what: str
    restorable: bool = True


async def test_the_ledger_shows_who_verified_whom_and_what_awaits() -> None:
    app = Stage(Static())
    async with app.run_test(size=(120, 40)) as pilot:
        await app.push_screen(LedgerScreen(LOG, {}))
        await until(pilot, lambda: "Awaiting verification: 1" in drawn(app))
        text = drawn(app)
        for part in ("surface:6 1×", "+1.10", "#56", "블루프린트", "Hermes [/] 샘플링", "own author", "#57"):
            assert part in text
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(app.screen, LedgerScreen))


async def test_an_empty_ledger_says_so() -> None:
    app = Stage(Static())
    async with app.run_test(size=(80, 24)) as pilot:
        await app.push_screen(LedgerScreen((), {}))
        await until(pilot, lambda: "Nothing is finished yet" in drawn(app))


async def test_lost_changes_are_written_again_one_or_all_and_failures_stay() -> None:
    asked: list[int] = []

    async def restore(each: Undone) -> Written:
        asked.append(each.number)
        return Written(
            each.number != 3, f"#{each.number}: {'restored' if each.number != 3 else 'not restored: locked'}"
        )

    app = Stage(Static())
    async with app.run_test(size=(120, 40)) as pilot:
        lost = [Undone(1, "gone", "a"), Undone(2, "undone [b]", "b"), Undone(3, "x", "c"), Undone(4, "y", "d", False)]
        await app.push_screen(LossesScreen(lost, restore))
        await until(pilot, lambda: "undone [b]" in drawn(app))
        await pilot.press("enter")
        await until(pilot, lambda: "#1: restored" in drawn(app))
        await pilot.press("a")
        await until(pilot, lambda: "#3: not restored: locked" in drawn(app))
        assert asked == [1, 2, 3]
        assert "undone [b]" not in drawn(app) and "cannot be written again" in drawn(app)


@pytest.mark.parametrize("verdict", ["w", "경고", normalize("NFD", "경고")])
async def test_a_verification_is_typed_in_and_what_is_wrong_is_told_at_once(verdict: str) -> None:
    left: list[Check | None] = []
    app = Stage(Static())
    async with app.run_test(size=(80, 24)) as pilot:

        def refuse(by: str) -> str:
            return "the author" if by == "surface:3" else ""

        await app.push_screen(VerdictScreen(LOG[1], refuse), left.append)
        await until(pilot, lambda: "who verified it?" in drawn(app))
        by = app.screen.query_one("#check-by", Input)
        by.value = "surface:3"
        await until(pilot, lambda: "✗ the author" in drawn(app))
        by.value = "surface:6"
        await until(pilot, lambda: "needs a verdict or a score" in drawn(app))
        await pilot.press("ctrl+s")
        assert not left
        app.screen.query_one("#check-self", Input).value = "4,9"
        app.screen.query_one("#check-cross", Input).value = "x"
        await until(pilot, lambda: "x is no score" in drawn(app))
        app.screen.query_one("#check-cross", Input).value = "3.8"
        app.screen.query_one("#check-verdict", Input).value = "?"
        await until(pilot, lambda: "? is no verdict" in drawn(app))
        app.screen.query_one("#check-verdict", Input).value = verdict
        app.screen.query_one("#check-note", Input).value = "확인"
        await until(pilot, lambda: "ctrl+s records it" in drawn(app))
        await pilot.press("ctrl+s")
        await until(pilot, lambda: bool(left))
    assert left == [Check("surface:6", 4.9, 3.8, VerificationVerdict.WARN, "확인")]


async def test_a_new_state_begins_at_the_present_one() -> None:
    left: list[DispatchStatus | None] = []
    app = Stage(Static())
    async with app.run_test(size=(80, 24)) as pilot:
        await app.push_screen(StatusScreen(LOG[1]), left.append)
        await until(pilot, lambda: "#56 is now" in drawn(app))
        await pilot.press("enter")
        await until(pilot, lambda: bool(left))
        await app.push_screen(StatusScreen(LOG[1]), left.append)
        await pilot.press("up", "enter")
        await until(pilot, lambda: len(left) == 2)
    assert left == [DispatchStatus.NEEDS_CHECK, DispatchStatus.DONE]


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_long_lists_leave_room_for_the_keys(size: tuple[int, int]) -> None:
    async def restore(each: Undone) -> Written:
        raise AssertionError(each)

    app = Stage(Static())
    async with app.run_test(size=size) as pilot:
        many = [Dispatch(number, "s", "t", DispatchStatus.DONE) for number in range(100)]
        await app.push_screen(LedgerScreen(many, {}))
        await until(pilot, lambda: "Awaiting verification: 100" in drawn(app))
        assert "Esc goes back" in drawn(app)
        await app.push_screen(LossesScreen([Undone(n, "why", "what") for n in range(100)], restore))
        await until(pilot, lambda: "#0  why" in drawn(app))
        assert "Esc leaves them be" in drawn(app)
