"""Sending a text, choosing a theme, the help."""

from __future__ import annotations

from dataclasses import replace

from textual.pilot import Pilot
from textual.widgets import Static, TextArea

from console.commands import COMMANDS, COMPOSER
from console.model.agent import SYMBOLS, AgentState
from console.model.binding import SurfaceSpec
from console.model.dispatch import Dispatch, DispatchStatus
from console.model.reading import LogRead, MuxDown
from console.screens.help import HelpScreen
from console.screens.send import SendScreen
from console.screens.themes import ThemeScreen
from tests.ui_helpers import HOSTILE, NOW, Fleet, clickable, drawn, info, read, rows, until

SIZE = (120, 40)


async def dialog(fleet: Fleet, pilot: Pilot[None]) -> TextArea:
    await pilot.press("s")
    await until(pilot, lambda: isinstance(fleet.app.screen, SendScreen) and bool(fleet.app.screen.query(TextArea)))
    area = fleet.app.screen.query_one(TextArea)
    await until(pilot, lambda: area.has_focus)
    return area


def verdict(fleet: Fleet) -> str:
    return str(fleet.app.screen.query_one("#verdict", Static).visual)


async def test_a_text_is_sent_to_the_chosen_surface_and_the_result_is_told() -> None:
    fleet = Fleet()
    async with fleet.app.run_test(size=SIZE, notifications=True) as pilot:
        await fleet.start(pilot, 3)
        task = Dispatch(54, "%2", "Hermes 과제", DispatchStatus.WORKING)
        fleet.post(LogRead(NOW, "log", (task,)))
        await fleet.settled(pilot)
        await pilot.press("2")
        area = await dialog(fleet, pilot)
        await until(pilot, lambda: "▲ #54 is still open here: Hermes 과제" in verdict(fleet))
        assert "Send to AGENT 2" in drawn(fleet.app)
        await pilot.press("ctrl+s")
        assert isinstance(fleet.app.screen, SendScreen), "nothing to send"
        text = "run [/] the tests 그리고 q"
        area.insert(text)
        await until(pilot, lambda: f"{len(text)} characters, 1 line." in verdict(fleet))
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "AGENT 2: look at this" in drawn(fleet.app))
        assert "▲ unconfirmed" in drawn(fleet.app) and fleet.mux.typed == [("%2", text), ("%2", "<enter>")]
        await pilot.press("escape")
        await until(pilot, lambda: len(fleet.app.screen_stack) == 1)


async def test_esc_sends_nothing() -> None:
    fleet = Fleet()
    async with fleet.app.run_test(size=SIZE) as pilot:
        await fleet.start(pilot, 2)
        (await dialog(fleet, pilot)).insert("never mind")
        await pilot.press("escape")
        await until(pilot, lambda: fleet.app.screen is fleet.app.main)
        assert fleet.mux.typed == []


async def test_control_characters_cannot_be_sent() -> None:
    fleet = Fleet()
    async with fleet.app.run_test(size=SIZE) as pilot:
        await fleet.start(pilot, 1)
        area = await dialog(fleet, pilot)
        for text, name in (("a\x1b[31m", "U+001B ESCAPE"), ("x\x03", "U+0003"), ("x\u202e", "U+202E")):
            area.text = f"first line\n{text}"
            await until(pilot, lambda name=name: f"line 2: {name}" in verdict(fleet))  # type: ignore[misc]
            await pilot.press("ctrl+s")
            assert isinstance(fleet.app.screen, SendScreen)
        area.text = "clean"
        await until(pilot, lambda: "5 characters" in verdict(fleet))
        assert fleet.mux.typed == []


async def test_nothing_is_sent_to_a_surface_that_waits_also_when_it_began_to_wait_meanwhile() -> None:
    fleet = Fleet()
    async with fleet.app.run_test(size=SIZE) as pilot:
        await fleet.start(pilot, 1)
        fleet.post(read(1, "ask", AgentState.APPROVAL))
        await fleet.settled(pilot)
        area = await dialog(fleet, pilot)
        await until(pilot, lambda: "✗ dialog" in drawn(fleet.app))
        assert "AGENT 1 shows approval" in drawn(fleet.app) and "answer that first" in drawn(fleet.app)
        area.insert("yes")
        await pilot.press("ctrl+s")
        assert isinstance(fleet.app.screen, SendScreen)
        await pilot.press("escape")
        fleet.post(read(1, "idle", AgentState.IDLE))
        await fleet.settled(pilot)
        area = await dialog(fleet, pilot)
        area.insert("go on")
        fleet.post(read(1, "ask", AgentState.QUESTION))
        await fleet.settled(pilot)
        await pilot.press("ctrl+s")
        await until(pilot, lambda: isinstance(fleet.app.screen, SendScreen) and bool(fleet.app._notifications))
        assert fleet.mux.typed == []


async def test_without_a_surface_it_says_so_and_a_gone_one_gets_nothing() -> None:
    fleet = Fleet()
    async with fleet.app.run_test(size=SIZE, notifications=True) as pilot:
        await pilot.press("s")
        await until(pilot, lambda: "There is no surface to send to." in drawn(fleet.app))
        await fleet.start(pilot, 2)
        (await dialog(fleet, pilot)).insert("text")
        fleet.tree([info(2)])
        await fleet.settled(pilot)
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "Nothing was sent; the text stays here." in drawn(fleet.app))
        assert "the surface is gone" in drawn(fleet.app) and fleet.mux.typed == []


async def test_a_theme_is_previewed_kept_or_put_back() -> None:
    fleet = Fleet()
    async with fleet.app.run_test(size=SIZE) as pilot:
        await fleet.start(pilot, 2)
        before, ground = fleet.app.theme, fleet.app.main.styles.background
        assert before == "oc-dark"
        await pilot.press("t")
        await until(pilot, lambda: isinstance(fleet.app.screen, ThemeScreen) and "oc-light" in drawn(fleet.app))
        await pilot.press("down", "down")
        await until(pilot, lambda: fleet.app.theme not in (before, ""))
        await until(pilot, lambda: fleet.app.main.styles.background != ground)
        await pilot.press("escape")
        await until(pilot, lambda: fleet.app.theme == before and fleet.app.main.styles.background == ground)
        await pilot.press("t")
        await until(pilot, lambda: isinstance(fleet.app.screen, ThemeScreen))
        await pilot.press("down", "enter")
        await until(pilot, lambda: fleet.app.screen is fleet.app.main)
        assert fleet.app.theme != before and fleet.app.theme.startswith("oc-")


async def test_the_help_names_every_key_and_state() -> None:
    fleet = Fleet()
    async with fleet.app.run_test(size=(120, 120)) as pilot:
        await pilot.press("question_mark")
        await until(pilot, lambda: isinstance(fleet.app.screen, HelpScreen) and "Put the console" in drawn(fleet.app))
        text = " ".join(drawn(fleet.app).replace("│", " ").split())
        for command in (*COMMANDS, *COMPOSER):
            if not command.id.startswith("surface.focus_"):
                assert f"{command.keys} {command.help}" in text, command.id
        assert "1–9 Focus a pane of this page;" in text
        lines = [line.strip(" │") for line in drawn(fleet.app).splitlines()]
        for group in {command.group for command in (*COMMANDS, *COMPOSER)}:
            assert lines.count(group) == 1, group
        for state, symbol in SYMBOLS.items():
            assert f"{symbol} {state}" in text


async def test_markup_is_only_text_in_the_dialog() -> None:
    specs = tuple(SurfaceSpec(f"%{n}", text, text, text) for n, text in enumerate(HOSTILE, 1))
    fleet = Fleet(specs=specs)
    async with fleet.app.run_test(size=SIZE, notifications=True) as pilot:
        await fleet.start(pilot, len(HOSTILE))
        tasks = (Dispatch(n, f"%{n}", text, DispatchStatus.SENT) for n, text in enumerate(HOSTILE, 1))
        fleet.post(LogRead(NOW, "log", tuple(tasks)))
        await fleet.settled(pilot)
        for number, text in list(enumerate(HOSTILE, 1))[:3]:
            fleet.app.main.select(f"%{number}")
            area = await dialog(fleet, pilot)
            await until(pilot, lambda text=text: f"Send to {text} " in drawn(fleet.app))  # type: ignore[misc]
            told = f"▲ #{number} is still open here: {text}\n"
            await until(pilot, lambda told=told: verdict(fleet).startswith(told))  # type: ignore[misc]
            area.insert(text)
            assert clickable(fleet.app) == []
            await pilot.press("escape")
            await until(pilot, lambda: fleet.app.screen is fleet.app.main)


async def test_a_surface_that_is_another_than_before_is_blocked_where_one_looks_and_where_one_types() -> None:
    fleet = Fleet(specs=(SurfaceSpec("%1", "CODEX 1"),))
    async with fleet.app.run_test(size=SIZE) as pilot:
        for uuid in ("U1", "U2"):
            fleet.tree([replace(info(1), uuid=uuid)])
            fleet.post(replace(read(1, "here"), key=uuid))
            await fleet.settled(pilot)
        assert "1 blocked, C confirms" in rows(fleet.app)[0]
        assert "blocked, C confirms: %1 is another terminal" in drawn(fleet.app)
        await pilot.press("i")
        await until(pilot, lambda: "blocked: %1 is another terminal than before; C confirms it" in drawn(fleet.app))
        await pilot.press("escape")
        area = await dialog(fleet, pilot)
        await until(pilot, lambda: "is blocked: %1 is another terminal" in drawn(fleet.app))
        area.insert("go on")
        await pilot.press("ctrl+s")
        assert isinstance(fleet.app.screen, SendScreen)
        await pilot.press("escape", "C")
        await until(pilot, lambda: not fleet.app.snapshot.surfaces[0].unconfirmed or "reread" in fleet.mux.calls)
        fleet.tree([replace(info(1), uuid="U2")])
        await until(pilot, lambda: not fleet.app.snapshot.surfaces[0].unconfirmed)
        assert "Nothing can be sent" not in drawn(fleet.app) and "blocked" not in rows(fleet.app)[0]
        assert fleet.mux.typed == []


async def test_the_details_say_what_the_server_cannot_do_and_why_it_is_away() -> None:
    fleet = Fleet()
    async with fleet.app.run_test(size=SIZE) as pilot:
        await fleet.start(pilot, 1)
        fleet.post(MuxDown(NOW, fleet.mux.source, "cmux refuses this console: set automation mode [/]"))
        await fleet.settled(pilot)
        await pilot.press("i")
        await until(pilot, lambda: "set automation mode [/]" in drawn(fleet.app))
        assert fleet.mux.source in drawn(fleet.app) and "no colours; changes show when" in drawn(fleet.app)
