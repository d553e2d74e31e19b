"""Who tells the truth about a send: every way a terminal can take a text, on every back end, with real programs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from console.actions.send import ANYWHERE, QUIET
from tests.actions.sending import Rig, Target
from tests.eventually import eventually

KINDS = ("claude", "codex")
KOREAN = "산업재 섹터의 빈 칸을 다시 확인하고 표의 열 너비를 한글 기준으로 계산해 주세요. "
TEXTS = {
    "short": "fix the loader",
    "300 Korean characters": (KOREAN * 8)[:299] + "끝",
    "three lines": "first line\nsecond line\nthird line",
}
CALM = ("--script", "say,say,say,say", "--speed", "0.5")
"""A turn that lasts and asks nothing."""


def deliverable(target: Target, text: str) -> bool:
    """Whether the back end takes *text* as it is."""
    return "paste" in target.mux.capabilities or "\n" not in text


async def same(target: Target, event: str, *texts: str) -> None:
    """Wait until the agent says it received exactly these, in any number of reads, and nothing else."""
    await eventually(lambda: target.received(event), what=lambda: target.received("submit", "queue", "steer", "answer"))
    assert target.received("submit", "queue", "steer", "answer") == list(texts)


@pytest.mark.parametrize("kind", KINDS)
async def test_works(terminals: Rig, kind: str) -> None:
    target = await terminals.start(kind, *CALM)
    result = await target.send("fix the loader")
    assert (result.outcome, result.enters, result.left) == ("submitted", 1, "nothing"), result
    await same(target, "submit", "fix the loader")


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
async def test_paste_race(terminals: Rig, text: str) -> None:
    """Enter that comes too early is a newline: the first one here always does."""
    target = await terminals.start("claude", *CALM, "--guard", "0.9")
    if not deliverable(target, text):
        result = await target.send(text)
        assert result.outcome == "refused" and "folder" in result.evidence and target.received("paste", "submit") == []
        return
    result = await target.send(text)
    assert (result.outcome, result.left) == ("submitted", "nothing"), result
    assert result.enters == (2 if "paste" in target.mux.capabilities or len(text) > 63 else 1), (
        "the first was a newline"
    )
    await same(target, "submit", text)


async def test_the_first_enter_is_lost(terminals: Rig) -> None:
    target = await terminals.start("claude", *CALM, "--lose-enters", "1")
    result = await target.send("fix the loader")
    assert (result.outcome, result.enters) == ("submitted", 2), result
    await same(target, "submit", "fix the loader")


async def test_enter_never_works(terminals: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("console.actions.send.ENTER_WAIT", 0.4)
    target = await terminals.start("claude", "--lose-enters", "1000")
    result = await target.send("fix the loader")
    assert (result.outcome, result.enters, result.left) == ("typed_not_submitted", 3, "text"), result
    assert target.received("submit") == []
    assert target.judge(await target.screen()).draft == "fix the loader", "typed once"


@pytest.mark.parametrize("kind", KINDS)
async def test_busy_and_queued(terminals: Rig, kind: str) -> None:
    target = await terminals.start(kind, "--start", "working", "--script", "say," * 30 + "say", "--speed", "0.4")
    await target.shows("working")
    result = await target.send("and then run the tests")
    assert (result.outcome, result.enters) == ("queued", 1), result
    await same(target, "queue", "and then run the tests")


@pytest.mark.parametrize("kind", KINDS)
async def test_a_prompt_for_rm_is_open(terminals: Rig, kind: str) -> None:
    target = await terminals.start(kind, "--start", "approval", "--approval", "rm -rf build/")
    await target.shows("approval")
    before = await target.screen()
    result = await target.send("please go on")
    assert (result.outcome, result.left, result.enters) == ("refused", "nothing", 0), result
    assert "approval" in result.evidence and "nothing was typed" in result.evidence
    assert target.received("answer", "paste", "submit") == []
    assert (await target.screen()).lines == before.lines


async def test_a_program_that_reads_nothing(terminals: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("console.actions.send.ECHO_WAIT", 0.5)
    target = await terminals.start("claude", "--deaf")
    result = await target.send("fix the loader")
    assert (result.outcome, result.enters, result.left) == ("typed_not_submitted", 0, "unknown"), result
    assert "did not show" in result.evidence


async def test_working_is_refused_unless_it_is_asked_for(terminals: Rig) -> None:
    target = await terminals.start("claude", "--start", "working", "--script", "say," * 30 + "say", "--speed", "0.4")
    await target.shows("working")
    result = await target.send("fix the loader", replace(ANYWHERE, allow=QUIET))
    assert result.outcome == "refused" and "working" in result.evidence
    assert target.received("paste", "queue") == [] and target.judge(await target.screen()).draft == ""
