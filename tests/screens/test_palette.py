"""The command palette finds commands, surfaces and dispatches, and reads none of their texts as markup."""

from __future__ import annotations

import pytest
from textual.command import CommandPalette
from textual.pilot import Pilot
from textual.widgets import OptionList

from console.app import ConsoleApp
from console.model.binding import SurfaceSpec
from console.model.dispatch import Dispatch, DispatchStatus
from console.model.reading import CollectorRead, LogRead, ServicesRead
from console.model.service import Judgement, Service
from console.model.telemetry import Collector, CollectorState
from console.screens.send import SendScreen
from console.widgets.status_bar import StatusBar
from tests.ui_helpers import HOSTILE, NOW, Fleet, clickable, drawn, info, until


def found(fleet: Fleet) -> list[str]:
    """The entries of the open palette."""
    if not isinstance(fleet.app.screen, CommandPalette):
        return []
    listed = fleet.app.screen.query_one(OptionList)
    return [str(listed.get_option_at_index(at).prompt) for at in range(listed.option_count)]


async def search(fleet: Fleet, pilot: Pilot[None], text: str, entry: str) -> None:
    """Open the palette, type *text*, wait until *entry* is the first one found."""
    await pilot.press("ctrl+p")
    await until(pilot, lambda: isinstance(fleet.app.screen, CommandPalette))
    await pilot.press(*("space" if char == " " else char for char in text))
    await until(pilot, lambda: bool(found(fleet)) and found(fleet)[0].startswith(entry), f"{entry}: {found(fleet)}")


async def test_it_goes_to_a_surface_and_to_the_surface_of_a_dispatch() -> None:
    fleet = Fleet()
    async with fleet.app.run_test(size=(120, 40)) as pilot:
        await fleet.start(pilot, 13)
        fleet.post(LogRead(NOW, "log", (Dispatch(54, "%7", "hermes tailer", DispatchStatus.WORKING),)))
        await fleet.settled(pilot)
        await search(fleet, pilot, "t 12", "go to AGENT 12")
        await pilot.press("enter")
        await until(pilot, lambda: fleet.app.main.selected == "%12" and fleet.app.screen is fleet.app.main)
        await search(fleet, pilot, "herm", "#54 hermes tailer\n%7 working")
        await pilot.press("enter")
        await until(pilot, lambda: fleet.app.main.selected == "%7")


async def test_it_runs_commands_and_asks_for_a_text() -> None:
    fleet = Fleet()
    async with fleet.app.run_test(size=(120, 40)) as pilot:
        await fleet.start(pilot)
        await search(fleet, pilot, "-read", "re-read  (r)")
        await pilot.press("enter")
        await until(pilot, lambda: "reread" in fleet.mux.calls)
        await search(fleet, pilot, "d to 4", "send to AGENT 4")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(fleet.app.screen, SendScreen))
        assert fleet.app.main.selected == "%4"


async def test_every_command_of_the_registry_is_offered_before_anything_is_typed() -> None:
    fleet = Fleet()
    async with fleet.app.run_test(size=(120, 40)) as pilot:
        await fleet.start(pilot, 2)
        await pilot.press("ctrl+p")
        await until(pilot, lambda: any(entry.startswith("go to AGENT 2") for entry in found(fleet)))
        for title in ("zoom", "who waits", "send", "next page", "filter", "re-read", "theme", "help", "quit"):
            assert any(entry.startswith(f"{title}  (") for entry in found(fleet)), title


async def test_markup_is_only_text() -> None:
    specs = tuple(SurfaceSpec(f"%{n}", text, text, text) for n, text in enumerate(HOSTILE, 1))
    fleet = Fleet(specs=specs)
    async with fleet.app.run_test(size=(120, 40)) as pilot:
        fleet.tree(info(number) for number in range(1, len(HOSTILE) + 1))
        tasks = (Dispatch(n, text, text, DispatchStatus.WORKING) for n, text in enumerate(HOSTILE, 1))
        fleet.post(LogRead(NOW, "log", tuple(tasks)))
        await fleet.settled(pilot)
        await pilot.press("ctrl+p")
        await until(pilot, lambda: len(found(fleet)) > 4 * len(HOSTILE))
        for number, text in enumerate(HOSTILE, 1):
            assert any(entry.startswith(f"go to {text}\n{text} ·") for entry in found(fleet)), text
            assert f"#{number} {text}\n{text} working" in found(fleet)
        await pilot.press("#")
        await until(pilot, lambda: len(found(fleet)) == len(HOSTILE))
        assert set(found(fleet)) == {f"#{n} {text}\n{text} working" for n, text in enumerate(HOSTILE, 1)}
        assert clickable(fleet.app) == []


async def test_the_collector_and_every_service_are_found_and_shown() -> None:
    fleet = Fleet()
    async with fleet.app.run_test(size=(120, 40), notifications=True) as pilot:
        await fleet.start(pilot, 2)
        watched = Service("auto [/] 'x'", "absent", "running", Judgement.ALARM, "pid 9")
        up = Collector(CollectorState.UP, "GET http://c 200", ":4318", logs=5)
        fleet.post(ServicesRead(NOW, "processes", (watched,)), CollectorRead(NOW, "http://c", up))
        await fleet.settled(pilot)
        await search(fleet, pilot, "service a", "service auto [/] 'x'\nrunning, expected absent · pid 9")
        await pilot.press("enter")
        await until(pilot, lambda: "expected  absent: alarm" in drawn(fleet.app))
        await pilot.press("escape")
        await until(pilot, lambda: fleet.app.screen is fleet.app.main)
        await search(fleet, pilot, "collec", "collector :4318\nup · GET http://c 200")
        await pilot.press("enter")
        await until(pilot, lambda: "Operations" in drawn(fleet.app) and "GET http://c 200" in drawn(fleet.app))


async def test_a_click_on_the_status_bar_runs_the_action_with_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[str] = []
    monkeypatch.setattr(ConsoleApp, "action_operations", lambda self, name="": heard.append(name))
    fleet = Fleet()
    async with fleet.app.run_test(size=(120, 40)) as pilot:
        await fleet.start(pilot, 2)
        services = (Service('it\'s \\ "so" (1)', "running", "absent", Judgement.ALARM, ""),)
        up = Collector(CollectorState.UP, "e", ":4318")
        fleet.post(ServicesRead(NOW, "processes", services), CollectorRead(NOW, "http://c", up))
        await fleet.settled(pilot)
        bar = next(row for row in drawn(fleet.app).split("\n") if "otel :4318" in row)
        for word in (":4318", "so", "as expected"):
            await pilot.click(StatusBar, offset=(bar.index(word), 0))
        await until(pilot, lambda: len(heard) == 3)
        assert heard == ["collector", services[0].name, ""]
