"""Progress, cancelling at every step, the comparison of texts with screens, and the way a text goes out."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from console.actions.echo import Ours, submit_key
from console.actions.pointer import TYPED_LIMIT, NoWay, plan, write_file
from console.actions.send import ANYWHERE, QUIET, submit
from console.model.agent import AgentState, Detection
from console.model.outcome import Step
from console.model.surface import Screen
from console.mux.base import Queued
from tests.actions.sending import judge_of
from tests.actions.texts import HARD
from tests.agents.samples import claude, codex
from tests.fakes.mux import FakeMux

JUDGE = judge_of("claude")
IDLE = claude("❯ earlier\n\n● Done.", cursor=(2, 4))
TYPED = claude("❯ earlier\n\n● Done.", box="a task", cursor=(8, 4))
WORKING = claude("❯ a task\n\n✻ Pondering… (1s · esc to interrupt)", cursor=(2, 4))


def taking() -> FakeMux:
    mux = FakeMux()
    mux.screens["%1"] = IDLE
    mux.on_type["%1", "a task"] = TYPED
    mux.on_type["%1", "<enter>"] = WORKING
    return mux


async def test_every_step_is_told_in_order() -> None:
    steps: list[Step] = []
    await submit(taking(), "%1", "a task", JUDGE, replace(ANYWHERE, progress=steps.append))
    assert [step.name for step in steps] == ["look", "paste", "echo", "wait", "enter", "verify", "done"]
    assert steps[-1].text.startswith("submitted: ") and all(step.text for step in steps)
    assert [step.after for step in steps] == sorted(step.after for step in steps)
    assert steps[4].after - steps[1].after >= 0.3, "Enter never sooner than 300 ms after the paste"


@pytest.mark.parametrize(
    ("at", "outcome", "left", "typed"),
    [
        ("look", "refused", "nothing", 0),
        ("paste", "typed_not_submitted", "text", 1),
        ("echo", "typed_not_submitted", "text", 1),
        ("wait", "typed_not_submitted", "text", 1),
        ("verify", "submitted", "nothing", 2),
    ],
)
async def test_it_can_be_cancelled_at_every_step(at: str, outcome: str, left: str, typed: int) -> None:
    stop, mux = asyncio.Event(), taking()

    def progress(step: Step) -> None:
        if step.name == at:
            stop.set()

    result = await submit(mux, "%1", "a task", JUDGE, replace(ANYWHERE, progress=progress, stop=stop))
    assert (result.outcome, result.left, len(mux.typed)) == (outcome, left, typed), result
    assert result.cancelled == (at != "verify")
    assert at == "verify" or "cancelled" in result.evidence


async def test_no_second_enter_once_it_is_cancelled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("console.actions.send.ENTER_WAIT", 0.2)
    stop, mux = asyncio.Event(), taking()
    mux.on_type["%1", "<enter>"] = TYPED

    def progress(step: Step) -> None:
        if step.name == "verify":
            stop.set()

    result = await submit(mux, "%1", "a task", JUDGE, replace(ANYWHERE, progress=progress, stop=stop))
    assert (result.outcome, result.left, result.enters, result.cancelled) == ("typed_not_submitted", "text", 1, True)


async def test_a_cancelled_text_that_does_not_show_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("console.actions.procedure.STOP_WAIT", 0.1)
    stop, mux = asyncio.Event(), taking()
    mux.on_type["%1", "a task"] = IDLE

    def progress(step: Step) -> None:
        if step.name == "paste":
            stop.set()

    result = await submit(mux, "%1", "a task", JUDGE, replace(ANYWHERE, progress=progress, stop=stop))
    assert (result.outcome, result.left) == ("typed_not_submitted", "unknown") and "may appear" in result.evidence


async def test_a_veto_holds_before_the_paste_and_before_every_enter() -> None:
    mux, answers = taking(), ["", "another hand is on it"]
    result = await submit(mux, "%1", "a task", JUDGE, replace(ANYWHERE, veto=lambda: answers.pop(0)))
    assert (result.outcome, result.left, result.enters) == ("typed_not_submitted", "text", 0)
    assert "another hand" in result.evidence and mux.typed == [("%1", "a task")]


@pytest.mark.parametrize(
    ("kept", "outcome", "evidence"),
    [
        ("a task", "typed_not_submitted", "keeps the text; Enter was not pressed"),
        ("<enter>", "unconfirmed", "keeps the text; Enter waits behind the text"),
    ],
)
async def test_what_the_back_end_keeps_for_later_is_no_failure(kept: str, outcome: str, evidence: str) -> None:
    """A terminal of cmux that was never shown: the text may be there later, so it is neither failed nor refused."""
    mux = taking()
    type_it = mux._type

    def keep(ref: str, what: str) -> None:
        if what == kept:
            raise Queued(f"{ref}: its terminal has not started yet; cmux keeps the text")
        type_it(ref, what)

    mux._type = keep  # type: ignore[method-assign]
    result = await submit(mux, "%1", "a task", JUDGE, ANYWHERE)
    assert (result.outcome, result.left) == (outcome, "unknown") and evidence in result.evidence


async def test_states_are_those_that_are_allowed() -> None:
    mux = taking()
    mux.screens["%1"] = WORKING
    result = await submit(mux, "%1", "a task", JUDGE, replace(ANYWHERE, allow=QUIET))
    assert result.outcome == "refused" and "working" in result.evidence and mux.typed == []


@pytest.mark.parametrize(
    ("after", "outcome"),
    [
        (claude("❯ earlier\n\n● Done.", box="a task and mine", cursor=(17, 4)), "typed_not_submitted"),
        (IDLE, "unconfirmed"),
    ],
    ids=["added to", "taken away"],
)
async def test_a_box_that_someone_else_changes_before_enter_gets_none(after: Screen, outcome: str) -> None:
    mux = taking()

    def progress(step: Step) -> None:
        if step.name == "wait":
            mux.screens["%1"] = after

    result = await submit(mux, "%1", "a task", JUDGE, replace(ANYWHERE, progress=progress))
    assert (result.outcome, result.left, result.enters) == (outcome, "unknown", 0), result
    assert mux.typed == [("%1", "a task")]


async def test_one_look_is_no_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    """A screen that is just being drawn shows an empty box and work, once."""
    monkeypatch.setattr("console.actions.send.ENTER_WAIT", 0.3)
    mux = taking()
    mux.on_type["%1", "<enter>"] = TYPED
    looks = 0

    def judge(screen: Screen) -> Detection:
        nonlocal looks
        looks += ("%1", "<enter>") in mux.typed
        return JUDGE(WORKING if looks == 1 else screen)

    result = await submit(mux, "%1", "a task", judge, ANYWHERE)
    assert (result.outcome, result.left) == ("typed_not_submitted", "text"), result


# -- texts and screens ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "draft", "ours"),
    [
        ("fix the loader", "fix the loader", True),
        ("fix the loader", "fix  the\nloader", True),
        ("fix the loader", "fix the loade", False),
        ("fix the loader", "fix the loader now", False),
        ("fix the loader", "loader", False),
        ("fix the loader", "", False),
        ("한글 과제를 고쳐 주세요", "한글 과제를 고쳐\n주세요", True),
        ("a│b", "ab", True),
        (HARD["sixty lines"], "[Pasted text #1 +59 lines]", True),
        (HARD["sixty lines"], "[Pasted text #1 +3 lines]", False),
        (HARD["sixty lines"], "[Pasted text #1 +59 lines] and mine", False),
        (HARD["sixty lines"], "[Pasted text #1 +59 lines][Pasted text #2 +59 lines]", False),
        (HARD["sixty lines"], "줄 57: do the part 57\n줄 58: do the part 58\n줄 59: do the part 59", True),
        ("x" * 2389, "[Pasted Content 2389 chars]", True),
        ("x" * 2389, "[Pasted Content 2390 chars]", False),
        ("line\n" * 40 + "end", "line\nline\n[...Truncated text #1 +36 lines...]\nline\nend", True),
        ("explain [Pasted text #1] to me", "explain [Pasted text #1] to me", True),
    ],
)
def test_what_a_box_shows_of_a_text(text: str, draft: str, ours: bool) -> None:
    assert Ours(text).in_box(draft) is ours


def test_a_row_of_the_transcript_is_known_by_its_beginning_and_by_its_end() -> None:
    rows = {
        "go": "❯ go",
        "fix the loader and then run all of the tests": "❯ fix the loader and then run all",
        "> quoted first": "❯ > quoted first",
        "- a list": "› - a list",
    }
    for text, row in rows.items():
        before, after = claude("● Done."), claude(f"{row}\n● Done.")
        ours = Ours(text)
        assert ours.trace(after, JUDGE(after)).more_than(ours.trace(before, JUDGE(before))), text
    short = claude("● Let me go on with gofmt.")
    assert not Ours("go").trace(short, JUDGE(short)).heads, "a short text inside a sentence is none"
    long = Ours(HARD["sixty lines"])
    tail = claude("  줄 58: do the part 58\n  줄 59: do the part 59\n\n● Done.")
    assert long.trace(tail, JUDGE(tail)).more_than(long.trace(short, JUDGE(short)))


def test_tab_queues_where_codex_says_so() -> None:
    busy = codex("• Working (5s • esc to interrupt)", box="a task", footer="  tab to queue message")
    assert submit_key(busy, Detection("codex", AgentState.WORKING)) == "tab"
    assert submit_key(busy, Detection("claude", AgentState.WORKING)) == "enter"
    assert submit_key(codex("• Done"), Detection("codex", AgentState.IDLE)) == "enter"


# -- the way out ---------------------------------------------------------------------------------------------------


def test_how_a_text_goes_out(tmp_path: Path) -> None:
    assert plan("a\nb", {"paste"}, None).way == "paste"
    assert plan("one line", set(), None).way == "type"
    for text in ("a\nb", "a\tb", "x" * (TYPED_LIMIT + 1)):
        assert plan(text, set(), tmp_path).way == "file"
        with pytest.raises(NoWay):
            plan(text, set(), None)
    for template in ("no place", "two\n{path}"):
        with pytest.raises(NoWay):
            plan("a\nb", set(), tmp_path, template)
    assert str(tmp_path) in plan("a\nb", set(), tmp_path).text


def test_the_file_is_private_and_exact(tmp_path: Path) -> None:
    text = "한글\n\ttabs and ; # %\n"
    first, second = (write_file(tmp_path / "deep" / "er", text) for _ in range(2))
    assert first != second and first.read_bytes() == text.encode()
    assert first.stat().st_mode & 0o777 == 0o600 and first.parent.stat().st_mode & 0o777 == 0o700
