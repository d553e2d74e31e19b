"""The three layouts, row by row. ``OC_UPDATE_GOLDEN=1`` writes what is drawn now; then read the difference."""

from __future__ import annotations

import os
from types import SimpleNamespace

import pytest
from textual.pilot import Pilot

from tests.layout_fleet import SPECS, infos, readings
from tests.ui_helpers import GOLDEN, NOW, Fleet, rows, until, whole

SIZES = {"wide": (200, 55), "medium": (120, 40), "compact": (80, 24)}


@pytest.fixture(autouse=True)
def _frozen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("console.screens.main.time", SimpleNamespace(time=lambda: NOW))


async def filled(fleet: Fleet, pilot: Pilot[None]) -> None:
    fleet.tree(infos(), NOW - 2)
    fleet.post(*readings())
    await fleet.settled(pilot)
    await until(pilot, lambda: all(surface.status for surface in fleet.app.snapshot.surfaces))


def compare(name: str, drawn: list[str]) -> None:
    path = GOLDEN / f"{name}.txt"
    if os.environ.get("OC_UPDATE_GOLDEN"):
        path.write_text("\n".join(drawn) + "\n", encoding="utf-8")
    expected = path.read_text(encoding="utf-8").split("\n")[:-1]
    wrong = [
        f"row {at}\n  is     {is_}\n  golden {was}"
        for at, (is_, was) in enumerate(zip(drawn, expected, strict=False))
        if is_ != was
    ]
    assert len(drawn) == len(expected) and not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", SIZES)
async def test_the_layout_is_the_golden_one(name: str) -> None:
    fleet = Fleet(specs=SPECS)
    async with fleet.app.run_test(size=SIZES[name]) as pilot:
        await filled(fleet, pilot)
        await pilot.pause()
        whole(fleet.app, SIZES[name])
        assert fleet.app.main.has_class(f"-{name}")
        compare(name, rows(fleet.app))


async def test_the_layout_is_the_same_after_other_sizes_and_a_zoom() -> None:
    fleet = Fleet(specs=SPECS)
    async with fleet.app.run_test(size=SIZES["compact"]) as pilot:
        await filled(fleet, pilot)
        for name in ("wide", "medium", "compact", "wide"):
            await pilot.resize_terminal(*SIZES[name])
            await until(pilot, lambda name=name: fleet.app.main.has_class(f"-{name}"))  # type: ignore[misc]
            await pilot.pause()
        await pilot.press("z", "z")
        await pilot.pause()
        compare("wide", rows(fleet.app))
