"""Sending to the demo agents in a real private tmux, through the engine and without it."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from console.actions import send
from console.actions.send import Order, SendResult, submit, type_and_enter
from console.config import Config
from console.engine import Engine
from console.model.agent import AgentState, Detection, Regions
from console.model.surface import Screen
from console.mux.tmux import Tmux
from tests.actions.sending import judge_of
from tests.agents.samples import APPROVAL, CODEX_APPROVAL, claude
from tests.agents.samples import screen as drawn
from tests.eventually import eventually
from tests.fakes.mux import FakeMux, info, screen, tree
from tests.tmux_server import TmuxServer, agent

KINDS = ("claude", "codex")
JUDGE = judge_of("claude")
BOX = {"claude": "❯", "codex": "›"}


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """States settle at once and screens are read often: what is tested here is what is typed."""
    monkeypatch.setattr("console.model.agent.IDLE_SETTLE", 0.0)
    monkeypatch.setattr("console.mux.tmux_panes.BACKSTOP", 0.1)


@asynccontextmanager
async def watching(tmux: TmuxServer) -> AsyncIterator[Engine]:
    """An engine that watches the server."""
    engine = Engine(Config(), Tmux(str(tmux.socket)))
    task = asyncio.create_task(engine.run())
    try:
        yield engine
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await engine.close()


async def in_state(engine: Engine, pane: str, *states: str) -> None:
    """Wait until the engine says that *pane* is in one of *states*."""

    def is_there() -> bool:
        surface = engine.snapshot.surface(pane)
        return surface is not None and surface.status is not None and surface.status.state in states

    await eventually(is_there, what=lambda: engine.snapshot.surface(pane))


def squeezed(tmux: TmuxServer, pane: str) -> str:
    """The screen without blanks and line ends: a wrapped text is found in it."""
    return "".join(tmux.screen(pane).split())


TEXTS = {
    "one line": "fix the loader",
    "dash": "-R --help -- starts like an option",
    "semicolon": "it ends like a command;",
    "formats": "#{pane_id} %h #[fg=red] $HOME `id` \\n 100%",
    "korean": "한글 프롬프트: 로더를 고쳐 주세요 ✅",
    "sixty lines": "\n".join(f"줄 {number}: do the part {number}" for number in range(60)),
}


@pytest.mark.tmux
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
async def test_a_text_is_submitted_once_and_whole(tmux: TmuxServer, kind: str, text: str) -> None:
    pane = tmux.new(agent(kind, "--script", "say", "--speed", "10"), width=100, height=200)
    async with watching(tmux) as engine:
        await in_state(engine, pane, "idle")
        result = await engine.send(pane, text)
        assert result.outcome == "submitted" and result.evidence.startswith(f"{pane}: Enter was taken")
        # Claude Code shows a long paste as a placeholder; what it really got is looked at in test_send_bytes.py.
        short = kind == "codex" or text.count("\n") < 3
        wanted = "".join(text.split()) if short else "[Pastedtext#1+59lines]"
        await in_state(engine, pane, "idle")
        await eventually(lambda: squeezed(tmux, pane).count(wanted) == 1, what=lambda: tmux.screen(pane))
        first = text.split("\n", maxsplit=1)[0] if short else "[Pasted text #1"
        rows = [row for row in tmux.screen(pane).splitlines() if row.startswith(BOX[kind]) and first[:10] in row]
        assert len(rows) == 1, "exactly one submission"
    assert tmux.run("list-buffers") == ""


@pytest.mark.tmux
@pytest.mark.parametrize("kind", KINDS)
async def test_two_sends_are_two_submissions(tmux: TmuxServer, kind: str) -> None:
    pane = tmux.new(agent(kind, "--script", "say", "--speed", "10"), width=100, height=60)
    async with watching(tmux) as engine:
        for text in ("first task", "second task"):
            await in_state(engine, pane, "idle")
            assert (await engine.send(pane, text)).outcome == "submitted"
            await eventually(lambda text=text: text in tmux.screen(pane))  # type: ignore[misc]
        shown = tmux.screen(pane)
        assert shown.count("first task") == shown.count("second task") == 1


@pytest.mark.tmux
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dialog", ["approval", "question"])
async def test_an_open_dialog_gets_nothing(tmux: TmuxServer, kind: str, dialog: str) -> None:
    pane = tmux.new(agent(kind, "--start", dialog), width=100, height=40)
    async with watching(tmux) as engine:
        await in_state(engine, pane, dialog)
        before = tmux.screen(pane)
        result = await engine.send(pane, "please go on")
        assert result.outcome == "refused" and dialog in result.evidence
        assert tmux.screen(pane) == before


@pytest.mark.tmux
async def test_a_dialog_that_the_snapshot_does_not_know_of_gets_nothing(
    tmux: TmuxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    pane = tmux.new(agent("claude", "--script", "approval"), width=100, height=40)
    async with watching(tmux) as engine:
        await in_state(engine, pane, "idle")
        monkeypatch.setattr(engine, "take", lambda reading: None)
        tmux.run("send-keys", "-t", pane, "go", "Enter")
        await eventually(lambda: "Do you want to proceed?" in tmux.screen(pane))
        before = tmux.screen(pane)
        result = await engine.send(pane, "please go on")
        assert result.outcome == "refused" and "approval" in result.evidence
        assert tmux.screen(pane) == before


@pytest.mark.tmux
async def test_a_dead_program_gets_nothing_and_the_server_lives(tmux: TmuxServer) -> None:
    pane = tmux.new(agent("claude"), width=100, height=40)
    tmux.run("set-option", "-w", "-t", pane, "remain-on-exit", "on")
    async with watching(tmux) as engine:
        await in_state(engine, pane, "idle")
        os.kill(int(tmux.show(pane, "#{pane_pid}")), signal.SIGKILL)
        unseen = await engine.send(pane, "hello")  # perhaps before the listing says so
        assert unseen.outcome == "refused" and "ended" in unseen.evidence
        await in_state(engine, pane, "dead")
        told = await engine.send(pane, "hello")
        assert told.outcome == "refused" and ("ended" in told.evidence or "dead" in told.evidence)
    assert tmux.alive() and tmux.run("list-buffers") == ""


@pytest.mark.tmux
async def test_a_shell_gets_nothing(tmux: TmuxServer) -> None:
    pane = tmux.new("exec sh")
    async with watching(tmux) as engine:
        await in_state(engine, pane, "shell")
        before = tmux.screen(pane)
        result = await engine.send(pane, "rm -rf build")
        assert result.outcome == "refused" and "shell" in result.evidence
        assert tmux.screen(pane) == before


@pytest.mark.tmux
async def test_a_draft_is_not_added_to(tmux: TmuxServer) -> None:
    pane = tmux.new(agent("claude"), width=100, height=40)
    async with watching(tmux) as engine:
        await in_state(engine, pane, "idle")
        tmux.run("send-keys", "-l", "-t", pane, "half a thought")
        await eventually(lambda: "half a thought" in tmux.screen(pane))
        result = await engine.send(pane, "a task")
        assert result.outcome == "refused" and "holds a text already" in result.evidence
        assert "a task" not in tmux.screen(pane)


@pytest.mark.tmux
@pytest.mark.parametrize("text", ["a\x1b[201~b", "\x03", "del\x7f", "bidi \u202e", "  \n ", ""])
async def test_what_must_not_be_typed_is_refused(tmux: TmuxServer, text: str) -> None:
    pane = tmux.new(agent("claude"), width=100, height=40)
    async with watching(tmux) as engine:
        await in_state(engine, pane, "idle")
        before = tmux.screen(pane)
        result = await engine.send(pane, text)
        assert result.outcome == "refused" and ("U+" in result.evidence or "nothing to send" in result.evidence)
        assert tmux.screen(pane) == before


@pytest.mark.tmux
async def test_a_program_that_shows_nothing_gets_no_enter(tmux: TmuxServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(send, "ECHO_WAIT", 0.3)
    pane = tmux.new("stty -echo; echo ready; exec cat")
    async with watching(tmux) as engine:
        await eventually(lambda: engine.snapshot.surface(pane) and "ready" in tmux.screen(pane))
        result = await type_and_enter(engine.mux, pane, "hello")
        assert result.outcome == "typed_not_submitted" and "Enter was not pressed" in result.evidence
        assert "hello" not in tmux.screen(pane)


# -- without a terminal --------------------------------------------------------------------------------------------

IDLE = claude("❯ earlier\n\n● Done.", cursor=(2, 4))
TYPED = claude("❯ earlier\n\n● Done.", box="a task", cursor=(8, 4))
WORKING = claude("❯ a task\n\n✻ Pondering… (1s · esc to interrupt)", cursor=(2, 4))


async def engine_over(mux: FakeMux) -> Engine:
    """An engine that has seen all that was posted."""
    mux.post(None)
    engine = Engine(Config(), mux)
    await engine.run()
    return engine


@pytest.mark.parametrize("dialog", [drawn(APPROVAL, (1, 10)), drawn(CODEX_APPROVAL, (1, 10))], ids=KINDS)
@pytest.mark.parametrize("paste", [True, False])
async def test_a_dialog_that_opens_after_the_paste_gets_no_enter(dialog: object, paste: bool) -> None:
    mux = FakeMux()
    mux.capabilities = frozenset({"paste"} if paste else set())
    mux.post(tree(1, "%1"))
    mux.show(2, "%1", IDLE)
    mux.on_type["%1", "a task"] = dialog  # type: ignore[assignment]
    result = await (await engine_over(mux)).send("%1", "a task")
    # A paste is lost in a dialog; typed keys may have answered it.
    assert result.outcome == ("typed_not_submitted" if paste else "unconfirmed")
    assert "Enter was not pressed" in result.evidence and result.left == "unknown"
    assert mux.typed == [("%1", "a task")]


async def test_enter_that_is_not_taken_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(send, "ENTER_WAIT", 0.2)
    mux = FakeMux()
    mux.post(tree(1, "%1"))
    mux.show(2, "%1", IDLE)
    mux.on_type["%1", "a task"] = TYPED
    engine = await engine_over(mux)
    result = await engine.send("%1", "a task")
    assert (result.outcome, result.left) == ("typed_not_submitted", "text")
    assert mux.typed == [("%1", "a task"), *[("%1", "<enter>")] * send.ENTERS]
    newline = claude("❯ earlier\n\n● Done.", box="a task\n ", cursor=(0, 5))
    mux.screens["%1"] = IDLE
    mux.on_type["%1", "<enter>"] = newline
    assert (await engine.send("%1", "a task")).outcome == "typed_not_submitted", "Enter made a new line"
    mux.screens["%1"] = IDLE
    mux.on_type["%1", "<enter>"] = WORKING
    assert (await engine.send("%1", "a task")).outcome == "submitted"


@pytest.mark.parametrize(
    ("after", "outcome", "left"),
    [
        (IDLE, "unconfirmed", "nothing"),
        (claude("❯ earlier\n\n● Done.", box="a word of mine", cursor=(16, 4)), "unconfirmed", "unknown"),
        (drawn(APPROVAL, (1, 10)), "unconfirmed", "unknown"),
        (drawn("❯ a task\n● half a screen"), "unconfirmed", "unknown"),
        (claude("❯ a task\n\n● Done already.", cursor=(2, 4)), "submitted", "nothing"),
        (
            claude(
                "❯ earlier\n\n❯ a task\n  ⎿  Queued · ctrl+x ctrl+s to send now\n\n✻ Pondering… (1s)",
                box="{2}Press up to edit queued messages{0}",
                cursor=(2, 7),
            ),
            "queued",
            "nothing",
        ),
    ],
    ids=["nothing happens", "another text", "a dialog", "no box", "done at once", "queued"],
)
async def test_what_follows_enter_is_never_guessed(
    after: Screen, outcome: str, left: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(send, "ENTER_WAIT", 0.3)
    mux = FakeMux()
    mux.screens["%1"] = IDLE
    mux.on_type["%1", "a task"] = TYPED
    mux.on_type["%1", "<enter>"] = after
    result = await type_and_enter(mux, "%1", "a task", JUDGE)
    assert (result.outcome, result.left, result.enters) == (outcome, left, 1), result
    assert mux.typed == [("%1", "a task"), ("%1", "<enter>")]


async def test_enter_is_not_pressed_when_the_box_holds_more_than_our_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(send, "ECHO_WAIT", 0.2)
    mux = FakeMux()
    mux.screens["%1"] = IDLE
    mux.on_type["%1", "a task"] = claude("❯ earlier\n\n● Done.", box="a taskmy own words", cursor=(20, 4))
    result = await type_and_enter(mux, "%1", "a task", JUDGE)
    assert (result.outcome, result.left) == ("typed_not_submitted", "unknown") and len(mux.typed) == 1


async def test_enter_is_not_pressed_again_once_a_dialog_is_open(monkeypatch: pytest.MonkeyPatch) -> None:
    """The box still holds the text after Enter, and a dialog opens before it is pressed again."""
    monkeypatch.setattr(send, "ENTER_WAIT", 0.2)
    mux = FakeMux()
    mux.screens["%1"] = IDLE
    mux.on_type["%1", "a task"] = TYPED
    looks = 0

    def judge(shown: Screen) -> Detection:
        nonlocal looks
        if ("%1", "<enter>") in mux.typed:
            looks += 1
            if looks > 3:
                mux.screens["%1"] = drawn(APPROVAL, (1, 10))
        return JUDGE(shown)

    result = await type_and_enter(mux, "%1", "a task", judge)
    assert (result.outcome, result.enters) == ("unconfirmed", 1) and "approval" in result.evidence
    assert mux.typed.count(("%1", "<enter>")) == 1


async def test_only_one_text_at_a_time_goes_to_a_surface() -> None:
    mux = FakeMux()
    mux.post(tree(1, "%1", "%2"))
    for key in ("%1", "%2"):
        mux.show(2, key, IDLE)
        mux.on_type[key, "a task"] = TYPED
        mux.on_type[key, "<enter>"] = WORKING
    engine = await engine_over(mux)
    results = await asyncio.gather(*(engine.send(key, "a task") for key in ("%1", "%2", "%1")))
    assert [result.outcome for result in results] == ["submitted", "submitted", "refused"]
    assert "another text is being typed" in results[2].evidence and len(mux.typed) == 4
    mux.screens["%1"] = IDLE
    assert (await engine.send("%1", "a task")).outcome == "submitted", "the next one goes"


async def test_what_the_snapshot_knows_counts_when_the_screen_tells_nothing() -> None:
    mux = FakeMux()
    mux.post(tree(1, "%1"))
    mux.show(2, "%1", drawn(APPROVAL, (1, 10)))
    engine = await engine_over(mux)
    mux.screens["%1"] = IDLE
    result = await engine.send("%1", "a task")
    assert result.outcome == "refused" and "approval" in result.evidence and mux.typed == []


async def test_surfaces_that_are_gone_or_unreadable_are_told() -> None:
    mux = FakeMux()
    mux.post(tree(1, "%1", info("%2", dead=True)))
    engine = await engine_over(mux)
    assert await engine.send("%9", "x") == SendResult("refused", "the surface is gone; nothing was typed")
    assert await engine.send("%1", "x") == SendResult("refused", "%1: no such surface")
    mux.screens["%2"] = IDLE
    assert (await engine.send("%2", "x")).outcome == "refused"
    assert mux.typed == []


@pytest.mark.parametrize("state", sorted(send.CLOSED))
async def test_every_state_in_which_a_text_does_harm_is_refused(state: AgentState) -> None:
    mux = FakeMux()
    mux.screens["%1"] = screen("x")
    result = await type_and_enter(mux, "%1", "a task", lambda shown: Detection("claude", state))
    why = "its program has ended" if state is AgentState.DEAD else f"it shows {state}"
    assert result == SendResult("refused", f"%1: {why}; nothing was typed") and mux.typed == []


@pytest.mark.parametrize("state", sorted(send.NEVER))
async def test_nobody_can_order_a_text_into_a_dialog(state: AgentState) -> None:
    mux = FakeMux()
    mux.screens["%1"] = screen("x")
    order = Order(allow=frozenset(AgentState))
    assert (await submit(mux, "%1", "x", lambda shown: Detection("claude", state), order)).outcome == "refused"
    open_dialog = Detection("claude", AgentState.IDLE, regions=Regions((0, 1), (0, 1)))
    assert (await submit(mux, "%1", "x", lambda shown: open_dialog, order)).outcome == "refused"
    held = Detection("claude", AgentState.WORKING, keep=True)
    assert (await submit(mux, "%1", "x", lambda shown: held, order)).outcome == "refused"
    assert mux.typed == []


async def test_several_lines_go_to_no_program_that_is_not_known() -> None:
    mux = FakeMux()
    mux.screens["%1"] = screen("$")
    result = await type_and_enter(mux, "%1", "rm -rf a\nrm -rf b")
    assert result.outcome == "refused" and "each line" in result.evidence and mux.typed == []


async def test_a_surface_that_goes_after_the_paste_is_told() -> None:
    mux = FakeMux()
    mux.screens["%1"] = IDLE

    async def vanish(ref: str, text: str) -> None:
        del mux.screens[ref]

    mux.send_text = vanish  # type: ignore[method-assign]
    result = await type_and_enter(mux, "%1", "a task")
    assert result.outcome == "failed" and "may stand in the input box" in result.evidence
