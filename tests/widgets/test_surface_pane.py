"""One pane: its header, its screen, and what it costs to show the same again."""

from __future__ import annotations

from dataclasses import replace

from textual.color import Color

from console.model.agent import SYMBOLS, AgentState, AgentStatus, Regions
from console.model.dialog import read_dialog
from console.model.dispatch import Dispatch, DispatchStatus
from console.model.surface import Surface
from console.widgets.surface_pane import HEADER_ROWS, PaneView, SurfacePane, rows_needed
from tests.ui_helpers import HOSTILE, NOW, Stage, clickable, drawn, info, rows, screen, seen, until, whole

SIZE = (60, 12)
DISPATCH = Dispatch(54, "%1", "Hermes tailer 샘플링 (INFO 10%)", DispatchStatus.WORKING)


def surface(state: AgentState = AgentState.WORKING, reason: str = "Pondering… 12s", text: str = "output") -> Surface:
    return Surface(
        info(1, "CODEX 1"),
        "CODEX 1",
        role="builder",
        seen_agent="codex",
        screen=screen(text, 58, 10),
        status=AgentStatus(seen(state, "codex", reason, regions=Regions((0, 10))), NOW - 65),
        read_at=NOW,
    )


async def shown(view: PaneView | None, now: float = NOW, size: tuple[int, int] = SIZE) -> list[str]:
    pane = SurfacePane()
    app = Stage(pane)
    async with app.run_test(size=size) as pilot:
        pane.show(view, now)
        await pilot.pause()
        whole(app, size)
        assert clickable(app) == []
        return [row.rstrip() for row in rows(app)]


async def test_the_header_says_who_what_since_when_and_for_which_dispatch() -> None:
    first, second, third, *_ = await shown(PaneView(surface(), DISPATCH, 1))
    assert first.split() == ["1", "●", "CODEX", "1", "codex", "·", "builder", "·", "%1", "working", "1m"]
    assert first.endswith("working 1m")
    assert second.split("  ")[-1] == "Pondering… 12s" and "#54 Hermes tailer 샘플링 (INFO 10%)" in second
    assert third == " output"


async def test_without_a_dispatch_the_reason_stands_there() -> None:
    assert (await shown(PaneView(surface())))[1].strip() == "Pondering… 12s"


async def test_old_lost_and_unread_screens_say_so() -> None:
    good = PaneView(surface(), DISPATCH, 1)
    assert "read 1m ago" in (await shown(good, NOW + 60))[1]
    assert "server away" in (await shown(replace(good, server_error="tmux: no server")))[1]
    assert "cannot read it" in (await shown(replace(good, surface=replace(surface(), error="cannot read it"))))[1]
    new = Surface(info(1), "CODEX 1")
    lines = await shown(PaneView(new))
    assert "unknown" in lines[0] and lines[2].strip() == "waiting for the first reading"
    assert (await shown(PaneView(replace(new, error="no such pane"))))[2].strip() == "no such pane"
    assert set(await shown(None)) == {""}


async def test_a_low_pane_keeps_one_row_of_header() -> None:
    lines = await shown(PaneView(surface(text="a\nb\nc\nd\ne")), size=(60, 4))
    assert "CODEX 1" in lines[0]
    assert [line.strip() for line in lines[1:]] == ["c", "d", "e"]


async def test_showing_the_same_costs_nothing_and_one_new_row_costs_one() -> None:
    pane = SurfacePane()
    app = Stage(pane)
    async with app.run_test(size=SIZE) as pilot:
        before = surface(text="one\ntwo\nthree")
        pane.show(PaneView(before, DISPATCH, 1), NOW)
        await pilot.pause()
        pane.painted = 0
        pane.show(PaneView(before, DISPATCH, 1), NOW + 0.4)
        assert pane.painted == 0
        pane.show(PaneView(before, DISPATCH, 1), NOW + 1)
        assert pane.painted <= 1, "a second later at most the age differs"
        pane.painted = 0
        pane.show(PaneView(replace(before, screen=screen("one\n2\nthree", 58, 10)), DISPATCH, 1), NOW + 1)
        assert pane.painted == 1
        await pilot.pause()
        assert [row.strip() for row in rows(app)[HEADER_ROWS : HEADER_ROWS + 3]] == ["one", "2", "three"]


async def test_the_state_has_its_symbol_its_word_and_its_colour() -> None:
    pane = SurfacePane()
    app = Stage(pane)
    async with app.run_test(size=SIZE):
        for state in AgentState:
            pane.show(PaneView(surface(state)), NOW)
            wanted = Color.parse(app.theme_variables[f"state-{state}"]).rich_color
            found = {part.text.strip(): part.style for part in pane._rows[0] if part.style is not None}
            assert found[SYMBOLS[state]].color == found[str(state)].color == wanted
        pane.show(PaneView(surface(AgentState.APPROVAL)), NOW)
        assert pane.has_class("-needs-person")
        pane.show(PaneView(surface(AgentState.WORKING)), NOW)
        assert not pane.has_class("-needs-person")


async def test_rows_needed_is_enough_for_the_dialog() -> None:
    dialog = [" Do you want to proceed?", "", " ❯ 1. Yes " + "and more words " * 6, "   2. No"]
    text = "\n".join([f"line {n}" for n in range(30)] + dialog)
    status = AgentStatus(seen(AgentState.APPROVAL, regions=Regions((0, 30), (30, 34))), NOW)
    view = PaneView(replace(surface(), screen=screen(text, 120, 34), status=status), DISPATCH, 1)
    needed = rows_needed(view, SIZE[0])
    lines = await shown(view, size=(SIZE[0], needed))
    assert lines[2].strip() == "Do you want to proceed?" and lines[-2].strip() == "2. No"
    assert lines[-1] == " answer it in its own terminal (f goes there)"
    assert rows_needed(PaneView(surface()), 60) == rows_needed(PaneView(Surface(info(1), "x")), 60) == 0


async def test_a_resize_folds_again() -> None:
    pane = SurfacePane()
    app = Stage(pane)
    async with app.run_test(size=SIZE) as pilot:
        pane.show(PaneView(surface(text="one two three four five six seven eight nine ten")), NOW)
        await pilot.pause()
        await pilot.resize_terminal(26, 8)
        await until(pilot, lambda: "seven eight" in drawn(app))
        whole(app, (26, 8))
        assert any(row.strip().endswith("nine ten") for row in rows(app))


async def test_markup_is_only_text() -> None:
    pane = SurfacePane()
    app = Stage(pane)
    async with app.run_test(size=(100, 10)) as pilot:
        for text in HOSTILE:
            agent = replace(surface(reason=text, text=text), name=text, role=text, seen_agent=text, error=text)
            pane.show(PaneView(agent, replace(DISPATCH, task=text), 1), NOW)
            await pilot.pause()
            whole(app, (100, 10))
            shown_rows = [row.rstrip() for row in rows(app)]
            assert text in shown_rows[0] and text in shown_rows[1] and shown_rows[2] == " " + text
            assert clickable(app) == []


async def test_the_last_hour_is_drawn_beside_the_dispatch() -> None:
    history = ((NOW - 3500, AgentState.WORKING), (NOW - 1700, AgentState.APPROVAL), (NOW - 600, AgentState.IDLE))
    second = (await shown(PaneView(replace(surface(reason=""), history=history), DISPATCH, 1)))[1]
    assert "#54 Hermes" in second and second.endswith("▅▅▅▅▅▅████▁▁")
    for reason, fits in (("12s", True), ("Pondering about all of it… 12s · thinking", False)):
        second = (await shown(PaneView(replace(surface(reason=reason), history=history), DISPATCH, 1)))[1]
        assert second.endswith("▁▁") and (reason in second) is fits


def asking(number: int, *, answering: bool, options: tuple[str, ...] = ("Yes", "No")) -> PaneView:
    rows = [" Which?", "", *(f"   {at}. {option}" for at, option in enumerate(options, 1))]
    shows = screen("\n".join(rows), 58, 10)
    verdict = replace(seen(AgentState.QUESTION, regions=Regions((0, 0), (0, 10))), options=options)
    there = replace(surface(), screen=shows, status=AgentStatus(verdict, NOW))
    return PaneView(there, None, number, dialog=read_dialog(shows, verdict), answering=answering)


async def test_a_pane_without_a_number_does_not_say_that_its_keys_answer_before_one_is_there() -> None:
    assert (await shown(asking(0, answering=False)))[-1] == " w goes here: 1 · n/2"
    assert (await shown(asking(3, answering=False)))[-1] == " 3 goes here: 1 · n/2"
    assert (await shown(asking(0, answering=True)))[-1].split() == ["1", "Yes", "n/2", "No"]


async def test_a_question_with_ticks_says_that_a_digit_is_not_the_end_of_it() -> None:
    last = (await shown(asking(1, answering=True, options=("[ ] Lint", "[✔] Types", "Chat about this"))))[-1]
    assert "1 [ ] Li" in last and last.endswith("ticks; f to submit")
