"""The composer, key by key: the text, where it comes from, where it is kept."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from textual.widgets import Input, OptionList, TextArea

from console.config_sections import HandoffSection, TemplateSection
from console.model.dispatch import Dispatch, DispatchStatus
from console.screens.picking import PickScreen
from console.screens.preview import PreviewScreen
from console.screens.send import SendScreen
from console.widgets.choice import Choice
from tests.screens.composing import (
    CONFIG,
    LOG,
    SIZE,
    SPECS,
    TEMPLATES,
    composer,
    hint,
    on,
    start,
)
from tests.ui_helpers import Fleet, drawn, until


async def test_a_template_is_found_filled_in_and_its_unknown_variables_are_told(tmp_path: Path) -> None:
    fleet = Fleet(replace(CONFIG, templates=TEMPLATES), specs=SPECS, state=tmp_path)
    async with fleet.app.run_test(size=SIZE) as pilot:
        await start(fleet, pilot)
        area = await composer(fleet, pilot)
        await pilot.press("ctrl+t")
        await on(fleet, pilot, PickScreen)
        listed = fleet.app.screen.query_one(OptionList)
        assert listed.option_count == 2
        fleet.app.screen.query_one(Input).value = "검증 세요"
        await until(pilot, lambda: listed.option_count == 1)
        fleet.app.screen.query_one(Input).value = ""
        await until(pilot, lambda: listed.option_count == 2)
        await pilot.press("down", "up", "enter")
        await on(fleet, pilot, SendScreen)
        assert area.text == "#58 for CODEX 1 as builder after #54 Hermes tailer 샘플링 {nmber} {}"
        assert fleet.app.screen.query_one("#role", Input).value == "builder"
        assert fleet.app.screen.query_one("#verifier", Choice).at == 3
        await until(pilot, lambda: "▲ {nmber} stands for nothing; left as it is" in hint(fleet))
        await pilot.press("ctrl+t", "down", "enter")
        await on(fleet, pilot, SendScreen)
        assert area.text.endswith("{nmber} {}CODEX 1: 다음을\n검증하세요 ")
        await until(pilot, lambda: "there is nothing for {handoff} now" in hint(fleet))
        await pilot.press("ctrl+t", "escape")
        await on(fleet, pilot, SendScreen)


async def test_the_last_hand_off_file_can_stand_in_a_template(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"handoff-{name}.md").write_text(name)
    os.utime(tmp_path / "handoff-b.md", (1, 1))
    config = replace(
        CONFIG, templates=(TemplateSection("read", "{handoff}"),), handoff=HandoffSection(f"{tmp_path}/handoff-*.md")
    )
    fleet = Fleet(config, specs=SPECS)
    async with fleet.app.run_test(size=SIZE) as pilot:
        await start(fleet, pilot)
        area = await composer(fleet, pilot)
        await until(pilot, lambda: bool(fleet.app._handoff))
        await pilot.press("ctrl+t", "enter")
        await until(pilot, lambda: area.text == f"{tmp_path}/handoff-a.md")


async def test_without_templates_it_says_where_they_are_written() -> None:
    fleet = Fleet()
    async with fleet.app.run_test(size=SIZE) as pilot:
        await start(fleet, pilot)
        await composer(fleet, pilot)
        await pilot.press("ctrl+t")
        await until(pilot, lambda: "Write some under `templates:`" in drawn(fleet.app))
        await pilot.press("enter", "down", "escape")
        await on(fleet, pilot, SendScreen)


@pytest.mark.parametrize("keys", [("ctrl+up", "ctrl+down"), ("alt+up", "alt+down")])
async def test_the_draft_and_sent_texts_come_back_with_a_key(tmp_path: Path, keys: tuple[str, str]) -> None:
    fleet = Fleet(CONFIG, specs=SPECS, state=tmp_path)
    async with fleet.app.run_test(size=SIZE) as pilot:
        await start(fleet, pilot)
        drafts = fleet.engine.drafts
        assert drafts is not None
        await drafts.sent("오래된 것\n둘째 줄", "CLAUDE 2", 1.0)
        await drafts.sent("the newest", "CODEX 1", 2.0)
        area = await composer(fleet, pilot)
        area.insert("left [/] here")
        await pilot.press("escape")
        await until(pilot, lambda: fleet.app.screen is fleet.app.main)
        area = await composer(fleet, pilot)
        await until(pilot, lambda: "s ago: left [/] here" in drawn(fleet.app))
        assert area.text == ""
        area.insert("mine")
        back, forth = keys
        await until(pilot, lambda: bool(fleet.app.screen._texts))  # type: ignore[attr-defined]
        for expected in ("left [/] here", "the newest", "오래된 것\n둘째 줄", "오래된 것\n둘째 줄"):
            await pilot.press(back)
            await until(pilot, lambda expected=expected: area.text == expected, expected)  # type: ignore[misc]
        await pilot.press(forth, forth, forth, forth)
        assert area.text == "mine"
        await pilot.press(back, "ctrl+z")
        assert area.text == "mine", "it can be undone"


async def test_a_text_that_is_being_written_outlives_a_console_that_is_killed(tmp_path: Path) -> None:
    fleet = Fleet(CONFIG, specs=SPECS, state=tmp_path)
    async with fleet.app.run_test(size=SIZE) as pilot:
        await start(fleet, pilot)
        (await composer(fleet, pilot)).insert("쓰는 중")
        fleet.app.screen._save()  # type: ignore[attr-defined]
        drafts = fleet.engine.drafts
        assert drafts is not None
        while (await drafts.remembered()).draft_for("CODEX 1") is None:
            await pilot.pause()


async def test_ctrl_c_leaves_the_composer_and_not_the_console(tmp_path: Path) -> None:
    fleet = Fleet(CONFIG, specs=SPECS, state=tmp_path)
    async with fleet.app.run_test(size=SIZE) as pilot:
        await start(fleet, pilot)
        area = await composer(fleet, pilot)
        area.insert("keep me")
        area.select_all()
        await pilot.press("ctrl+c")
        assert fleet.app.clipboard == "keep me" and isinstance(fleet.app.screen, SendScreen)
        area.move_cursor((0, 0))
        await pilot.press("ctrl+c")
        await until(pilot, lambda: fleet.app.screen is fleet.app.main)
        assert fleet.engine.drafts is not None and not fleet.app._exit
        assert (await fleet.engine.drafts.remembered()).texts("CODEX 1") == ("keep me",)


async def test_an_editor_that_cannot_be_had_is_told_and_the_text_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    fleet = Fleet()
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.delenv("EDITOR", raising=False)
    async with fleet.app.run_test(size=SIZE, notifications=True) as pilot:
        await start(fleet, pilot)
        area = await composer(fleet, pilot)
        area.insert("keep me")
        await pilot.press("ctrl+e")
        await until(pilot, lambda: "neither $VISUAL nor $EDITOR is set" in drawn(fleet.app))
        monkeypatch.setenv("EDITOR", "true")
        await pilot.press("ctrl+e")
        await until(pilot, lambda: "this terminal cannot be given to an editor" in drawn(fleet.app))
        assert area.text == "keep me" and not fleet.app.away


async def test_the_exact_bytes_are_shown() -> None:
    fleet = Fleet()
    async with fleet.app.run_test(size=SIZE) as pilot:
        await start(fleet, pilot)
        (await composer(fleet, pilot)).insert("한글 [/]\n\tzero\u200bwidth ")
        await pilot.press("ctrl+d")
        await on(fleet, pilot, PreviewScreen)
        await until(pilot, lambda: "␉   zero‹U+200B›width·" in drawn(fleet.app))
        assert "한글 [/]␊" in drawn(fleet.app) and "AGENT 1: 25 bytes (UTF-8)" in drawn(fleet.app)
        await pilot.press("escape")
        await on(fleet, pilot, SendScreen)


async def test_from_a_dispatch_in_the_table_its_surface_gets_the_text() -> None:
    templates = (TemplateSection("after", "on from {previous} as #{number}"),)
    fleet = Fleet(replace(CONFIG, templates=templates), specs=SPECS)
    async with fleet.app.run_test(size=SIZE, notifications=True) as pilot:
        gone = Dispatch(60, "%99", "gone", DispatchStatus.WORKING, dispatched_at=4.0)
        await start(fleet, pilot, log=(*LOG, gone))
        fleet.app.main._table.focus()
        await until(pilot, lambda: fleet.app.main._table.has_focus)
        await pilot.press("s")
        await until(pilot, lambda: "#60: no surface %99 here" in drawn(fleet.app))
        await pilot.press("down", "s")
        await on(fleet, pilot, SendScreen)
        await until(pilot, lambda: "Send to CLAUDE 2  after #57" in drawn(fleet.app))
        await pilot.press("ctrl+t", "enter")
        await on(fleet, pilot, SendScreen)
        area = fleet.app.screen.query_one(TextArea)
        await until(pilot, lambda: area.text == "on from #57 섹터나침반 웹앱 UI 최종 검증 as #57")
