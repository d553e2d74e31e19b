"""The composer, key by key."""

from __future__ import annotations

import asyncio
import os
import time
from dataclasses import replace
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, OptionList, Static, TextArea

from console.actions import send
from console.config import Config
from console.config_sections import GuardSection, HandoffSection, TemplateSection
from console.model.agent import AgentState
from console.model.binding import SurfaceSpec
from console.model.composed import Broadcast, Composed
from console.model.dispatch import Dispatch, DispatchStatus
from console.model.queue_options import unpack
from console.model.reading import LogRead, ScreenRead
from console.screens.picking import PickScreen
from console.screens.preview import PreviewScreen
from console.screens.send import SendScreen
from console.screens.send_progress import ProgressScreen
from console.screens.targets import ConfirmScreen, TargetsScreen
from console.widgets.choice import Choice
from tests.ui_helpers import Fleet, drawn, info, read, screen, seen, until

SIZE = (120, 40)
CONFIG = replace(Config(), guards=GuardSection(stale_after=3600))
"""A reading of the test stays fresh, however slow the machine is."""
SPECS = (
    SurfaceSpec("%1", "CODEX 1", "구현", "codex"),
    SurfaceSpec("%2", "CLAUDE 2", "구현", "claude"),
    SurfaceSpec("%3", "CLAUDE V", "검증 전담", "claude"),
)
PLAIN = tuple(replace(spec, agent="") for spec in SPECS)
"""The same surfaces with programs whose input box is not known: a text is typed, and nothing is proven."""
TEMPLATES = (
    TemplateSection(
        "next step", "#{number} for {surface} as {role} after {previous} {nmber} {}", "builder", "CLAUDE V"
    ),
    TemplateSection("검증", "{surface}: 다음을\n검증하세요 {handoff}"),
)
LOG = (
    Dispatch(51, "%1", "재시작 정책", DispatchStatus.DONE, dispatched_at=1.0),
    Dispatch(54, "CODEX 1", "Hermes tailer 샘플링", DispatchStatus.DONE, dispatched_at=2.0),
    Dispatch(57, "%2", "섹터나침반 웹앱 UI 최종 검증", DispatchStatus.WORKING, dispatched_at=3.0),
)


async def start(
    fleet: Fleet,
    pilot: Pilot[None],
    states: tuple[AgentState, ...] = (AgentState.IDLE,) * 3,
    log: tuple[Dispatch, ...] = LOG,
) -> None:
    """Three surfaces and a log, read just now."""
    now = time.time()
    fleet.tree((info(number) for number in range(1, len(states) + 1)), now)
    for number, state in enumerate(states, 1):
        agent = "codex" if number == 1 else "claude"
        fleet.post(ScreenRead(now, f"%{number}", screen(f"screen {number}"), seen(state, agent)))
    fleet.post(LogRead(now, "log", log))

    def drawn_all() -> bool:
        snapshot = fleet.app.snapshot
        judged = [each for each in snapshot.surfaces if each.status is not None]
        return len(judged) == len(states) and snapshot.log.dispatches == log

    await until(pilot, drawn_all)
    await pilot.pause()


async def composer(fleet: Fleet, pilot: Pilot[None], key: str = "1") -> TextArea:
    """Open it for the pane *key*."""
    await pilot.press(key, "s")
    await until(pilot, lambda: isinstance(fleet.app.screen, SendScreen) and bool(fleet.app.screen.query(TextArea)))
    area = fleet.app.screen.query_one(TextArea)
    await until(pilot, lambda: area.has_focus and "character" in hint(fleet))
    return area


def hint(fleet: Fleet) -> str:
    return str(fleet.app.screen.query_one("#verdict", Static).visual)


def guards(fleet: Fleet) -> str:
    return str(fleet.app.screen.query_one("#guards", Static).visual)


async def on(fleet: Fleet, pilot: Pilot[None], kind: type) -> None:
    await until(pilot, lambda: isinstance(fleet.app.screen, kind), kind.__name__)
    await pilot.pause()


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


async def test_several_surfaces_get_one_text_after_a_question_that_names_each(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(send, "ECHO_WAIT", 0.3)
    monkeypatch.setattr(send, "ENTER_WAIT", 0.1)
    fleet = Fleet(specs=PLAIN)
    async with fleet.app.run_test(size=SIZE) as pilot:
        await start(fleet, pilot, (AgentState.IDLE, AgentState.APPROVAL, AgentState.IDLE))
        (await composer(fleet, pilot)).insert("go on, all of you")
        await pilot.press("ctrl+b")
        await on(fleet, pilot, TargetsScreen)
        await until(pilot, lambda: "[x] ○ CODEX 1" in drawn(fleet.app) and "1 marked." in drawn(fleet.app))
        await pilot.press("a", "down", "space")
        await until(pilot, lambda: "[x] ▲ CLAUDE 2" in drawn(fleet.app) and "3 marked." in drawn(fleet.app))
        await pilot.press("enter")
        await on(fleet, pilot, SendScreen)
        await until(pilot, lambda: "Send to 3 surfaces" in drawn(fleet.app) and "✓ CODEX 1 is sent" in guards(fleet))
        assert "✗ CLAUDE 2 gets nothing: dialog: CLAUDE 2 shows approval" in guards(fleet)
        await pilot.press("ctrl+s")
        await on(fleet, pilot, ConfirmScreen)
        await until(pilot, lambda: "Send the same task to 2 of 3 surfaces?" in drawn(fleet.app))
        assert "✗ CLAUDE 2 gets nothing" in drawn(fleet.app) and "elsewhere (among these)" in drawn(fleet.app)
        await pilot.press("escape")
        await on(fleet, pilot, SendScreen)
        assert fleet.mux.typed == []
        await pilot.press("ctrl+s")
        await on(fleet, pilot, ConfirmScreen)
        await pilot.press("y")
        await until(pilot, lambda: "3 surfaces: look at 3 of them" in drawn(fleet.app))
        typed = {ref for ref, what in fleet.mux.typed if what == "go on, all of you"}
        assert typed == {"%1", "%3"} and "▲ refused  dialog: CLAUDE 2 shows approval; nothing" in drawn(fleet.app)
        await pilot.press("escape")
        await until(pilot, lambda: fleet.app.screen is fleet.app.main)


async def test_a_text_waits_until_its_surface_is_idle(tmp_path: Path) -> None:
    fleet = Fleet(CONFIG, specs=SPECS, state=tmp_path)
    async with fleet.app.run_test(size=SIZE, notifications=True) as pilot:
        await start(fleet, pilot, (AgentState.WORKING, AgentState.IDLE, AgentState.IDLE))
        (await composer(fleet, pilot)).insert("later")
        await until(pilot, lambda: "◌ ctrl+l queues it" in hint(fleet) and "ctrl+l queue" in hint(fleet))
        await pilot.press("ctrl+l")
        await until(pilot, lambda: "CODEX 1: waits. queued for CODEX 1 as " in drawn(fleet.app))
        queue = fleet.engine.queue
        assert queue is not None
        waiting = [(item.target.ref, item.text, item.options["fields"]) for item in queue.queues.open()]
        assert waiting == [("%1", "later", {"role": "구현"})]
        assert fleet.mux.typed == []


async def test_of_several_only_those_that_are_busy_wait_and_the_queue_takes_the_same_text_twice(tmp_path: Path) -> None:
    fleet = Fleet(CONFIG, specs=SPECS, state=tmp_path)
    async with fleet.app.run_test(size=SIZE, notifications=True) as pilot:
        await start(fleet, pilot, (AgentState.WORKING, AgentState.WORKING, AgentState.IDLE))
        (await composer(fleet, pilot)).insert("go on with the next step, all of you")
        await pilot.press("ctrl+b")
        await on(fleet, pilot, TargetsScreen)
        await pilot.press("down", "space", "enter")
        await on(fleet, pilot, SendScreen)
        await pilot.press("ctrl+s")
        await on(fleet, pilot, ConfirmScreen)
        await until(pilot, lambda: "Nobody can take it now" in drawn(fleet.app))
        assert "ctrl+l queues those that are busy" in drawn(fleet.app)
        await pilot.press("y", "escape")
        await on(fleet, pilot, SendScreen)
        await pilot.press("ctrl+l")
        await on(fleet, pilot, ConfirmScreen)
        await until(pilot, lambda: "◌ CLAUDE 2 is queued until it is idle: state:" in drawn(fleet.app))
        await pilot.press("y")
        await until(pilot, lambda: "CLAUDE 2: waits." in drawn(fleet.app) and "CODEX 1: waits." in drawn(fleet.app))
        queue = fleet.engine.queue
        assert queue is not None
        items = queue.queues.open()
        assert [item.target.ref for item in items] == ["%1", "%2"]
        both = {"surfaces": ["%1", "%2"], "newest": 57}
        assert all(item.options["broadcast"] == both for item in items)
        unpacked = unpack(items[0].text, items[0].options)
        assert unpacked.broadcast == Broadcast(("%1", "%2"), 57)
        text, third = items[0].text, Broadcast(("%1", "%2", "%3"), 57)
        assert "elsewhere: the same task waits" in (await fleet.engine.enqueue("%3", Composed(text))).text
        assert (await fleet.engine.enqueue("%3", Composed(text, broadcast=third))).done
        bad: tuple[object, ...] = (
            [],
            {"surfaces": ["%1"]},
            {"surfaces": [1], "newest": 1},
            {"surfaces": [], "newest": True},
        )
        for wrong in bad:
            with pytest.raises(ValueError, match=r"its (other surfaces|broadcast)"):
                unpack("text", {"broadcast": wrong})


async def test_without_a_queue_there_is_no_such_key() -> None:
    fleet = Fleet(specs=SPECS)
    async with fleet.app.run_test(size=SIZE) as pilot:
        await start(fleet, pilot, (AgentState.WORKING, AgentState.IDLE, AgentState.IDLE))
        (await composer(fleet, pilot)).insert("later")
        await pilot.press("ctrl+l")
        assert "ctrl+l" not in hint(fleet) and isinstance(fleet.app.screen, SendScreen)


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


async def hold(fleet: Fleet, pilot: Pilot[None]) -> asyncio.Event:
    """Send a text whose echo comes only once the event is set; return at the progress."""
    go, shown = asyncio.Event(), fleet.mux.read

    async def read_late(ref: str) -> object:
        found = await shown(ref)
        return found if go.is_set() else screen("> \n")

    fleet.mux.read = read_late  # type: ignore[method-assign, assignment]
    (await composer(fleet, pilot)).insert("held up")
    await pilot.press("ctrl+s")
    await on(fleet, pilot, ProgressScreen)
    await until(pilot, lambda: "● echo seen" in drawn(fleet.app))
    return go


@pytest.mark.parametrize("key", ["escape", "ctrl+c"])
async def test_a_send_that_is_cancelled_says_what_is_left_in_the_box(key: str) -> None:
    fleet = Fleet(specs=PLAIN)
    async with fleet.app.run_test(size=SIZE) as pilot:
        await start(fleet, pilot)
        await hold(fleet, pilot)
        assert "✓ pasted" in drawn(fleet.app) and "· taken" in drawn(fleet.app)
        await pilot.press(key)
        await until(pilot, lambda: "▲ typed_not_submitted" in drawn(fleet.app))
        assert "cancelled; the text may appear in the input box" in drawn(fleet.app)
        assert "What its input box holds is not known: f goes there" in drawn(fleet.app)
        assert ("%1", "<enter>") not in fleet.mux.typed and not fleet.app._exit
        await pilot.press(key)
        await until(pilot, lambda: fleet.app.screen is fleet.app.main)


async def test_a_send_goes_on_while_the_operator_watches_the_fleet() -> None:
    fleet = Fleet(specs=PLAIN)
    async with fleet.app.run_test(size=SIZE, notifications=True) as pilot:
        await start(fleet, pilot)
        go = await hold(fleet, pilot)
        await pilot.press("enter")
        await until(pilot, lambda: fleet.app.screen is fleet.app.main)
        go.set()
        await until(pilot, lambda: "CODEX 1: unconfirmed." in drawn(fleet.app))
        assert fleet.mux.typed == [("%1", "held up"), ("%1", "<enter>")]


async def test_an_error_in_the_console_is_an_outcome_too() -> None:
    fleet = Fleet(specs=SPECS)

    async def broken(*_: object) -> None:
        raise ZeroDivisionError("[/] inside")

    fleet.engine.send_watched = broken  # type: ignore[method-assign, assignment]
    async with fleet.app.run_test(size=SIZE) as pilot:
        await start(fleet, pilot)
        (await composer(fleet, pilot)).insert("text")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "▲ failed" in drawn(fleet.app))
        assert "an error in the console: ZeroDivisionError: [/] inside" in drawn(fleet.app)


async def test_what_a_surface_shows_changes_while_one_writes() -> None:
    fleet = Fleet(specs=SPECS)
    async with fleet.app.run_test(size=SIZE) as pilot:
        await start(fleet, pilot)
        (await composer(fleet, pilot)).insert("text")
        await until(pilot, lambda: "○ CODEX 1" in drawn(fleet.app))
        fleet.post(read(1, "ask", AgentState.APPROVAL, at=time.time()))
        await until(pilot, lambda: "▲ CODEX 1" in drawn(fleet.app) and "✗ dialog" in drawn(fleet.app))
