"""The screen of one dispatch."""

from __future__ import annotations

import pytest
from textual.widgets import Static

from console.model.agent import AgentState
from console.model.dispatch import Dispatch, DispatchStatus, Verification, VerificationVerdict
from console.model.reconcile import Live
from console.screens.record import RecordScreen
from console.tracker.record import Record
from tests.ui_helpers import Stage, drawn, until


def checked(number: int, own: float, cross: float) -> Dispatch:
    check = Verification(VerificationVerdict.WARN, own, cross, "surface:6")
    return Dispatch(number, "%3", f"task {number}", DispatchStatus.VERIFIED, verification=check)


async def test_everything_of_a_dispatch_is_on_its_screen() -> None:
    dispatch = Dispatch(54, "%3", "Hermes [/] 샘플링", DispatchStatus.WORKING, "진행 중", 1_700_000_000.0)
    left: list[str | None] = []

    async def read() -> Record:
        return Record('{\n  "id": 54,\n  "x": "[@click=app.quit]"\n}', ("2026-04-10 16:41  status  done",))

    app = Stage(Static())
    async with app.run_test(size=(120, 40)) as pilot:
        live = {"%3": Live(AgentState.IDLE, "claude")}
        await app.push_screen(RecordScreen(dispatch, [checked(1, 4.9, 3.8)], live, read), left.append)
        await until(pilot, lambda: "2026-04-10 16:41" in drawn(app))
        text = drawn(app)
        for part in ("#54 Hermes [/] 샘플링", "working (진행 중)", "idle now", "idle: collect it", "mean +1.10 over 1"):
            assert part in text
        assert "[@click=app.quit]" in text
        await pilot.press("c")
        assert '"id": 54' in app.clipboard
        await pilot.press("g")
        await until(pilot, lambda: left == ["go"])


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 55)])
async def test_a_long_record_leaves_room_for_the_keys(size: tuple[int, int]) -> None:
    dispatch = Dispatch(54, "%3", "Hermes", DispatchStatus.WORKING)

    async def read() -> Record:
        return Record("\n".join(f'"field {number}": 1' for number in range(100)))

    app = Stage(Static())
    async with app.run_test(size=size) as pilot:
        await app.push_screen(RecordScreen(dispatch, [], {}, read))
        await until(pilot, lambda: '"field 0"' in drawn(app))
        assert "e sets its status" in drawn(app)
        assert "╰" in drawn(app)
