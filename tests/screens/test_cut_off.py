"""The notice of a send that was cut off, and the screen on which the operator settles it."""

from __future__ import annotations

from pathlib import Path

import pytest

from console.actions.sends import SendJournal
from console.config import Config
from console.engine import Engine
from console.model.surface import Surface
from tests.ui_helpers import Fleet, drawn, info, until


def fleet_with(folder: Path, monkeypatch: pytest.MonkeyPatch, count: int = 1) -> Fleet:
    """A console that starts after another one has died in the middle of *count* sends."""
    monkeypatch.setattr("console.app.CUT_OFF_AFTER", 0.05)
    journal = SendJournal(folder)
    for number in range(1, count + 1):
        surface = Surface(info(number), f"AGENT {number}")
        journal.begin(f"key-{number}", 1000.0, surface, "표를 다시 확인 [/]", "00-1-1-01")
        journal.recorded(f"key-{number}", None)
    fleet = Fleet()
    fleet.engine = Engine(Config(), fleet.mux, state=folder)
    return fleet


def open_sends(folder: Path) -> list[str]:
    return [each.key for each in SendJournal(folder).in_flight(9e9)]


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
async def test_it_is_told_and_settled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]) -> None:
    fleet = fleet_with(tmp_path, monkeypatch, 2)
    async with fleet.app.run_test(size=size, notifications=True) as pilot:
        await fleet.start(pilot, 3)
        await until(pilot, lambda: "Cut off while sending" in drawn(fleet.app))
        (note,) = list(fleet.app._notifications)
        assert "was sending: check %1: its screen shows nothing of the text; it shows idle." in note.message
        assert note.message.endswith("Nothing is sent again by itself; U settles it.") and not note.markup
        await pilot.press("U")
        await until(pilot, lambda: "it was taken (sent)" in drawn(fleet.app))
        assert "AGENT 1 (%1)" in drawn(fleet.app) and "shows nothing of the text" in drawn(fleet.app)
        await pilot.press("t")
        await until(pilot, lambda: open_sends(tmp_path) == ["key-2"])
        await pilot.press("c")
        await until(pilot, lambda: open_sends(tmp_path) == [])
        await until(pilot, lambda: "Nothing is left to settle" in drawn(fleet.app))
        await pilot.press("escape")
        await until(pilot, lambda: fleet.app.screen is fleet.app.main)
    assert fleet.mux.typed == [], "nothing is sent again"


async def test_it_leads_to_the_surface(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fleet = fleet_with(tmp_path, monkeypatch, 2)
    async with fleet.app.run_test(size=(120, 40)) as pilot:
        await fleet.start(pilot, 3)
        await until(pilot, lambda: len(fleet.app.snapshot.sends.cut_off) == 2)
        await pilot.press("U")
        await until(pilot, lambda: "Cut off while sending" in drawn(fleet.app))
        await pilot.press("down", "enter")
        await until(pilot, lambda: fleet.app.screen is fleet.app.main and fleet.app.main.selected == "%2")
    assert open_sends(tmp_path) == ["key-1", "key-2"]


async def test_without_one_there_is_nothing_to_tell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fleet = fleet_with(tmp_path, monkeypatch, 0)
    async with fleet.app.run_test(size=(120, 40)) as pilot:
        await fleet.start(pilot, 1)
        await until(pilot, lambda: fleet.app.snapshot.sends.read_at is not None)
        await pilot.press("U")
        await until(pilot, lambda: "Nothing is left to settle" in drawn(fleet.app))
        assert "was sending" not in drawn(fleet.app)
