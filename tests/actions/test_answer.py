"""Answering the dialogs of the demo agents in a real private tmux, and every way in which it must not be answered."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from console.actions import answer as module
from console.actions.answer import AnswerResult, answer
from console.model.agent import Detection
from console.model.dialog import Dialog, DialogId, read_dialog
from console.model.surface import Screen
from console.mux.base import MuxError
from console.mux.tmux import Tmux
from tests.agents.samples import APPROVAL, CODEX_APPROVAL, DETECTOR, QUESTION, claude
from tests.agents.samples import screen as drawn
from tests.eventually import eventually
from tests.fakes.mux import FakeMux
from tests.tmux_server import TmuxServer, agent

KINDS = ("claude", "codex")


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOOK_EVERY", 0.03)


def judge(screen: Screen) -> Detection:
    return DETECTOR.detect(screen)


class Terminal:
    """A demo agent in a pane, and the eyes and the hand of the console on it."""

    def __init__(self, mux: Tmux, server: TmuxServer, pane: str) -> None:
        self.mux, self.server, self.pane = mux, server, pane

    async def screen(self) -> Screen:
        return await self.mux.read(self.pane)

    async def dialog(self) -> Dialog:
        """The dialog that is open, once there is one."""
        for _ in range(500):
            try:
                screen = await self.screen()
            except MuxError:
                await asyncio.sleep(0.02)
                continue
            found = read_dialog(screen, judge(screen))
            if found is not None:
                return found
            await asyncio.sleep(0.02)
        raise AssertionError(self.server.screen(self.pane))

    async def shows(self, text: str) -> None:
        await eventually(lambda: text in self.server.screen(self.pane), what=lambda: self.server.screen(self.pane))

    def keys(self, *keys: str) -> None:
        """A human at the real pane."""
        self.server.run("send-keys", "-t", self.pane, *keys)

    async def answer(self, key: str, expected: DialogId) -> AnswerResult:
        return await answer(self.mux, self.pane, key, expected, judge)


@asynccontextmanager
async def terminal(server: TmuxServer, command: str, width: int = 100) -> AsyncIterator[Terminal]:
    """A pane that runs *command*, watched by the adapter."""
    pane = server.new(command, width=width, height=40)
    mux = Tmux(str(server.socket))

    async def watch() -> None:
        async for _ in mux.watch():
            pass

    task = asyncio.create_task(watch())
    try:
        yield Terminal(mux, server, pane)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await mux.close()


@pytest.mark.tmux
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("key", "after"), [("y", "완료, 출력 없음"), ("n", "nterrupted"), ("1", "완료, 출력 없음"), ("3", "nterrupted")]
)
async def test_the_dialog_is_answered_with_one_key(tmux: TmuxServer, kind: str, key: str, after: str) -> None:
    async with terminal(tmux, agent(kind, "--start", "approval", "--script", "approval")) as pane:
        dialog = await pane.dialog()
        assert dialog.asked.form == "command" and dialog.subject
        result = await pane.answer(key, dialog.id)
        assert result.outcome == "answered", result
        await pane.shows(after)
        assert "❯ y" not in tmux.screen(pane.pane) and "› y" not in tmux.screen(pane.pane), "not typed into the box"


@pytest.mark.tmux
@pytest.mark.parametrize("kind", KINDS)
async def test_a_question_is_answered_with_a_digit(tmux: TmuxServer, kind: str) -> None:
    async with terminal(tmux, agent(kind, "--start", "question", "--script", "question")) as pane:
        dialog = await pane.dialog()
        refused = await pane.answer("y", dialog.id)
        assert refused.outcome == "refused" and "press the number" in refused.evidence
        result = await pane.answer("2", dialog.id)
        assert result.outcome == "answered" and result.pressed is not None
        await pane.shows(result.pressed.label)


@pytest.mark.tmux
@pytest.mark.parametrize("kind", KINDS)
async def test_a_cursor_moved_by_a_human_changes_nothing(tmux: TmuxServer, kind: str) -> None:
    async with terminal(tmux, agent(kind, "--start", "approval", "--script", "approval")) as pane:
        dialog = await pane.dialog()
        before = tmux.screen(pane.pane)
        pane.keys("Down", "Down")
        await eventually(lambda: tmux.screen(pane.pane) != before)
        assert (await pane.answer("y", dialog.id)).outcome == "answered"
        await pane.shows("완료, 출력 없음")


@pytest.mark.tmux
@pytest.mark.parametrize("kind", KINDS)
async def test_a_narrower_pane_is_the_same_dialog(tmux: TmuxServer, kind: str) -> None:
    async with terminal(tmux, agent(kind, "--start", "question", "--script", "question")) as pane:
        dialog = await pane.dialog()
        tmux.run("resize-window", "-t", pane.pane, "-x", "88", "-y", "40")
        await eventually(lambda: max(map(len, tmux.screen(pane.pane).splitlines())) <= 88)
        for _ in range(200):
            if (await pane.screen()).width == 88:
                break
            await asyncio.sleep(0.02)
        assert (await pane.dialog()).id.width == 88
        assert (await pane.answer("1", dialog.id)).outcome == "answered"


@pytest.mark.tmux
@pytest.mark.parametrize("kind", KINDS)
async def test_another_dialog_gets_nothing(tmux: TmuxServer, kind: str) -> None:
    script = "approval,question"
    async with terminal(tmux, agent(kind, "--start", "approval", "--script", script, "--speed", "10")) as pane:
        first = await pane.dialog()
        pane.keys("1")  # the human was faster
        await eventually(lambda: first.subject not in tmux.screen(pane.pane).splitlines()[-12:])
        while (second := await pane.dialog()).id.same(first.id):  # noqa: ASYNC110 - the pane is outside this process
            await asyncio.sleep(0.02)
        before = tmux.screen(pane.pane)
        result = await pane.answer("y", first.id)
        assert result.outcome == "refused" and "another dialog" in result.evidence and second.title in result.evidence
        assert tmux.screen(pane.pane) == before


@pytest.mark.tmux
@pytest.mark.parametrize("kind", KINDS)
async def test_another_command_in_the_same_kind_of_dialog_gets_nothing(tmux: TmuxServer, kind: str) -> None:
    async with terminal(tmux, agent(kind, "--start", "approval", "--script", "approval")) as pane:
        dialog = await pane.dialog()
        body = tuple(row.replace(dialog.subject, f"{dialog.subject} -x") for row in dialog.id.body)
        before = tmux.screen(pane.pane)
        result = await pane.answer("y", replace(dialog.id, body=body))
        assert result.outcome == "refused" and "another dialog" in result.evidence
        assert tmux.screen(pane.pane) == before


@pytest.mark.tmux
@pytest.mark.parametrize("kind", KINDS)
async def test_a_dialog_that_is_gone_gets_nothing(tmux: TmuxServer, kind: str) -> None:
    async with terminal(tmux, agent(kind, "--start", "approval", "--script", "approval")) as pane:
        dialog = await pane.dialog()
        pane.keys("Escape")
        await pane.shows("nterrupted")
        before = tmux.screen(pane.pane)
        result = await pane.answer("y", dialog.id)
        assert result.outcome == "refused" and "the dialog is gone" in result.evidence
        assert tmux.screen(pane.pane) == before


@pytest.mark.tmux
@pytest.mark.parametrize("kind", KINDS)
async def test_a_human_who_types_is_left_alone(tmux: TmuxServer, kind: str) -> None:
    async with terminal(tmux, agent(kind, "--start", "approval", "--script", "approval")) as pane:
        dialog = await pane.dialog()
        pane.keys("Escape")
        await pane.shows("nterrupted")
        pane.keys("-l", "half a thought")
        await pane.shows("half a thought")
        result = await pane.answer("y", dialog.id)
        assert result.outcome == "refused" and "typing" in result.evidence
        assert "half a thoughty" not in tmux.screen(pane.pane) and "half a thought1" not in tmux.screen(pane.pane)


@pytest.mark.tmux
async def test_a_dead_program_gets_nothing_and_the_server_lives(tmux: TmuxServer) -> None:
    async with terminal(tmux, agent("claude", "--start", "approval", "--script", "approval")) as pane:
        tmux.run("set-option", "-w", "-t", pane.pane, "remain-on-exit", "on")
        dialog = await pane.dialog()
        os.kill(int(tmux.show(pane.pane, "#{pane_pid}")), signal.SIGKILL)
        await eventually(lambda: tmux.show(pane.pane, "#{pane_dead}") == "1")
        result = await pane.answer("y", dialog.id)
        assert result.outcome in ("refused", "failed")
        told = await answer(pane.mux, pane.pane, "y", dialog.id, lambda screen: DETECTOR.detect(screen, dead=True))
        assert told.outcome == "refused" and "has ended" in told.evidence
    assert tmux.alive()


@pytest.mark.tmux
async def test_a_pane_that_is_gone_gets_nothing(tmux: TmuxServer) -> None:
    async with terminal(tmux, agent("claude", "--start", "approval", "--script", "approval")) as pane:
        dialog = await pane.dialog()
        tmux.new()
        tmux.run("kill-pane", "-t", pane.pane)
        assert (await pane.answer("y", dialog.id)).outcome == "refused"


# -- without a terminal ---------------------------------------------------------------------------------------------

OPEN = drawn(APPROVAL, (1, 10))
IDLE = claude("❯ earlier\n\n● Done.", cursor=(2, 4))
MOVED = drawn(APPROVAL.replace("❯ 1.", "  1.").replace("  3. No", "❯ 3. No"), (1, 10))
OTHER = drawn(APPROVAL.replace("rm -rf build && make", "make install"), (1, 10))


def expected(screen: Screen = OPEN) -> DialogId:
    found = read_dialog(screen, judge(screen))
    assert found is not None
    return found.id


def mux_with(*screens: Screen) -> FakeMux:
    """A multiplexer whose reads give these screens in turn; the last one stays."""
    mux = FakeMux()
    left = list(screens)

    async def read(ref: str) -> Screen:
        mux.calls.append("read")
        return left.pop(0) if len(left) > 1 else left[0]

    mux.read = read  # type: ignore[method-assign]
    mux.screens["%1"] = screens[0]
    return mux


async def test_a_dialog_that_changes_between_the_two_looks_gets_nothing() -> None:
    for second, why in ((OTHER, "another dialog"), (IDLE, "is gone"), (MOVED, "someone is moving")):
        mux = mux_with(OPEN, second)
        result = await answer(mux, "%1", "y", expected(), judge)
        assert result.outcome == "refused" and why in result.evidence and mux.typed == []
        assert "make install" in result.evidence or second is not OTHER


async def test_one_look_is_not_enough_to_press_nor_to_believe() -> None:
    mux = mux_with(OPEN, OPEN, IDLE, OPEN)
    result = await answer(mux, "%1", "y", expected(), judge)
    assert result.outcome == "unconfirmed" and mux.typed == [("%1", "<1>")], "one half-drawn screen proves nothing"
    mux = mux_with(OPEN, OPEN, IDLE, IDLE)
    result = await answer(mux, "%1", "y", expected(), judge)
    assert result.outcome == "answered" and "idle" in result.evidence
    mux = mux_with(OPEN, OPEN, OTHER)
    result = await answer(mux, "%1", "y", expected(), judge)
    assert result.outcome == "answered" and "another dialog" in result.evidence


async def test_nothing_is_pressed_twice() -> None:
    mux = mux_with(OPEN)
    result = await answer(mux, "%1", "n", expected(), judge)
    assert result.outcome == "unconfirmed" and mux.typed == [("%1", "<3>")]
    assert len(mux.calls) == 2 + module.LOOKS


@pytest.mark.parametrize(("screen", "key", "pressed"), [
    (drawn(CODEX_APPROVAL, (1, 10)), "y", "<y>"), (drawn(CODEX_APPROVAL, (1, 10)), "2", "<p>"),
    (drawn(CODEX_APPROVAL, (1, 10)), "n", "<3>"), (drawn(QUESTION, (1, 10)), "n", "<escape>"),
    (drawn(QUESTION, (1, 10)), "2", "<2>"),
])  # fmt: skip
async def test_the_agents_own_keys(screen: Screen, key: str, pressed: str) -> None:
    mux = mux_with(screen, screen, IDLE)
    assert (await answer(mux, "%1", key, expected(screen), judge)).outcome == "answered"
    assert mux.typed == [("%1", pressed)]


async def test_a_text_field_in_the_dialog_gets_no_digit() -> None:
    field = drawn(QUESTION.replace("❯ 1.", "  1.").replace("  3. [ ] Type", "❯ 3. [ ] Type"), (1, 10))
    mux = mux_with(field)
    result = await answer(mux, "%1", "1", expected(drawn(QUESTION, (1, 10))), judge)
    assert result.outcome == "refused" and "text field" in result.evidence and mux.typed == []


async def test_the_veto_is_asked_last() -> None:
    asked: list[int] = []
    mux = mux_with(OPEN)

    def veto() -> str:
        asked.append(len(mux.calls))
        return "stopped by the operator"

    result = await answer(mux, "%1", "y", expected(), judge, veto=veto)
    assert result == AnswerResult("refused", "%1: stopped by the operator; nothing was pressed")
    assert asked == [2] and mux.typed == []


async def test_a_key_that_may_have_been_lost_is_told() -> None:
    mux = mux_with(OPEN)

    async def broken(ref: str, key: str) -> None:
        raise MuxError("the server does not answer")

    mux.send_key = broken  # type: ignore[method-assign]
    result = await answer(mux, "%1", "y", expected(), judge)
    assert result.outcome == "failed" and "look whether" in result.evidence


async def test_a_surface_that_goes_after_the_key_is_told() -> None:
    mux = FakeMux()
    mux.screens["%1"] = OPEN

    async def vanish(ref: str, key: str) -> None:
        mux.typed.append((ref, key))
        del mux.screens[ref]

    mux.send_key = vanish  # type: ignore[method-assign]
    result = await answer(mux, "%1", "y", expected(), judge)
    assert result.outcome == "failed" and "was pressed, then" in result.evidence and mux.typed == [("%1", "1")]
    assert (await answer(mux, "%1", "y", expected(), judge)).outcome == "refused"
