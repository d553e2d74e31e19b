"""The composer and the guards: what is said while one writes, and what it lets pass."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest
from textual.screen import Screen
from textual.widgets import Input, Static

from console import i18n
from console.app import ConsoleApp
from console.commands import COMPOSER
from console.model.agent import AgentState
from console.screens.preview import PreviewScreen
from console.screens.send import SendScreen
from console.widgets.choice import Choice
from tests.screens.composing import (
    CONFIG,
    SIZE,
    SPECS,
    composer,
    guards,
    hint,
    on,
    start,
)
from tests.ui_helpers import Fleet, drawn, read, until


async def test_so_many_earlier_tasks_are_told_first_and_none_is_a_warning(tmp_path: Path) -> None:
    fleet = Fleet(CONFIG, specs=SPECS, state=tmp_path)
    async with fleet.app.run_test(size=SIZE) as pilot:
        await start(fleet, pilot)
        (await composer(fleet, pilot)).insert("next")
        context = fleet.app.screen.query_one("#context", Choice)
        assert context.options == ("0 of 2", "1 of 2", "2 of 2") and context.at == 2
        context.focus()
        await pilot.press("left")
        assert context.at == 1
        await pilot.press("ctrl+d")
        await on(fleet, pilot, PreviewScreen)
        await until(pilot, lambda: "- #54 (done): Hermes tailer 샘플링␊" in drawn(fleet.app))
        assert "#51" not in "".join(str(each.visual) for each in fleet.app.screen.query(Static))
        await pilot.press("escape", "0")
        await until(pilot, lambda: "▲ context" in guards(fleet))
        await pilot.press("escape")
        await until(pilot, lambda: fleet.app.screen is fleet.app.main)
        await composer(fleet, pilot, "2")
        assert not fleet.app.screen.query_one("#context", Choice).display, "Claude remembers by itself"


async def test_the_author_is_refused_as_verifier_and_role_and_verifier_go_along(tmp_path: Path) -> None:
    fleet = Fleet(CONFIG, specs=SPECS, state=tmp_path)
    async with fleet.app.run_test(size=SIZE) as pilot:
        await start(fleet, pilot)
        (await composer(fleet, pilot)).insert("next")
        await pilot.press("tab")
        await pilot.press(*"UI")
        await pilot.press("tab", "right")
        verifier = fleet.app.screen.query_one("#verifier", Choice)
        assert verifier.has_focus and verifier.options == ("nobody", "CODEX 1", "CLAUDE 2", "CLAUDE V")
        await until(pilot, lambda: "✗ author\n  CODEX 1 would verify its own work" in guards(fleet))
        assert "→ choose another verifier" in guards(fleet)
        await pilot.press("c", "c")
        await until(pilot, lambda: "guards have nothing against it" in guards(fleet))
        composed = fleet.app.screen._judged()[0][1].composed  # type: ignore[attr-defined]
        assert composed.fields == {"role": "UI", "verifier": "CLAUDE V"}


async def test_a_refusal_stands_first_with_its_remedy_and_its_name_sets_it_aside(tmp_path: Path) -> None:
    fleet = Fleet(CONFIG, specs=SPECS, state=tmp_path)
    async with fleet.app.run_test(size=SIZE, notifications=True) as pilot:
        await start(fleet, pilot, (AgentState.WORKING, AgentState.IDLE, AgentState.IDLE))
        area = await composer(fleet, pilot)
        await until(pilot, lambda: guards(fleet).startswith("✗ state\n  CODEX 1 is working\n  → "))
        area.insert("섹터나침반 웹앱 UI 최종 검증")
        await until(pilot, lambda: "✗ elsewhere\n  #57 is open on %2" in guards(fleet))
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "Nothing was sent; the text stays here." in drawn(fleet.app))
        override = fleet.app.screen.query_one("#override", Input)
        assert override.display
        override.value = "elsewhere, state"
        await until(pilot, lambda: "▲ elsewhere (set aside)" in guards(fleet) and "✗" not in guards(fleet))
        assert fleet.mux.typed == []


@pytest.mark.parametrize(("size", "beside"), [((120, 40), True), ((80, 24), False), ((60, 20), False)])
async def test_the_guards_stand_beside_the_text_where_there_is_room_and_leave_it_five_rows(
    tmp_path: Path, size: tuple[int, int], beside: bool
) -> None:
    fleet = Fleet(CONFIG, specs=SPECS, state=tmp_path)
    async with fleet.app.run_test(size=size) as pilot:
        await start(fleet, pilot, (AgentState.WORKING, AgentState.APPROVAL, AgentState.IDLE))
        area = await composer(fleet, pilot)
        area.insert("섹터나침반 웹앱 UI 최종 검증\x1b")
        await until(pilot, lambda: "✗ elsewhere" in guards(fleet))
        await pilot.pause()
        box = fleet.app.screen.query_one("#weighing")
        assert area.content_size.height >= 5
        assert (box.region.x >= area.region.right) is beside and (box.region.y >= area.region.bottom) is not beside
        last = fleet.app.screen.query_one("#verdict", Static)
        assert last.region.bottom <= size[1] and last.size.height >= 2


async def test_a_read_only_console_sends_nothing_and_keeps_nothing(tmp_path: Path) -> None:
    fleet = Fleet(replace(CONFIG, read_only=True), specs=SPECS, state=tmp_path / "state")
    async with fleet.app.run_test(size=SIZE) as pilot:
        await start(fleet, pilot)
        (await composer(fleet, pilot)).insert("text")
        await until(pilot, lambda: "✗ read-only" in guards(fleet))
        await pilot.press("ctrl+s", "escape")
        await until(pilot, lambda: fleet.app.screen is fleet.app.main)
        assert fleet.mux.typed == []
        assert not list((tmp_path / "state").glob("composer*"))


async def test_what_a_surface_shows_changes_while_one_writes() -> None:
    fleet = Fleet(specs=SPECS)
    async with fleet.app.run_test(size=SIZE) as pilot:
        await start(fleet, pilot)
        (await composer(fleet, pilot)).insert("text")
        await until(pilot, lambda: "○ CODEX 1" in drawn(fleet.app))
        fleet.post(read(1, "ask", AgentState.APPROVAL, at=time.time()))
        await until(pilot, lambda: "▲ CODEX 1" in drawn(fleet.app) and "✗ dialog" in drawn(fleet.app))


async def test_in_a_narrow_terminal_the_first_frame_is_narrow_too(monkeypatch: pytest.MonkeyPatch) -> None:
    frames: list[bool] = []
    shown = ConsoleApp._display

    def display(app: ConsoleApp, screen: Screen[object], renderable: object) -> None:
        if isinstance(screen, SendScreen):
            frames.append(screen.has_class("-narrow") and screen.has_class("-low"))
        shown(app, screen, renderable)  # type: ignore[arg-type]

    monkeypatch.setattr(ConsoleApp, "_display", display)
    fleet = Fleet(specs=SPECS)
    async with fleet.app.run_test(size=(80, 24)) as pilot:
        await start(fleet, pilot)
        await composer(fleet, pilot)
    assert frames and all(frames)


async def test_in_korean_every_key_has_its_whole_word_in_a_narrow_terminal(tmp_path: Path) -> None:
    i18n.use("ko")
    fleet = Fleet(CONFIG, specs=SPECS, state=tmp_path)
    async with fleet.app.run_test(size=(80, 24)) as pilot:
        await start(fleet, pilot, (AgentState.WORKING, AgentState.IDLE, AgentState.IDLE))
        (await composer(fleet, pilot)).insert("다음 단계")
        await until(pilot, lambda: hint(fleet).startswith("◌ ctrl+l로") and "5자, 1줄." in hint(fleet))
        shown = drawn(fleet.app)
        for command in COMPOSER:
            if command.id != "composer.later":
                assert f"{command.keys.split(' ', 1)[0]} {i18n.tr(command.title)}" in shown
        assert all(part in shown for part in ("보낼 곳: CODEX 1", "✗ state", "검증자", "2건 중 2건"))
        composed = fleet.app.screen._judged()[0][1].composed  # type: ignore[attr-defined]
        assert composed.context.startswith("Context, the tasks before this one here:"), "an agent reads it"
