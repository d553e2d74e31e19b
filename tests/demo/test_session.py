"""The demo agent without a terminal: input, the state machine and the rows it draws."""

from __future__ import annotations

import re
from random import Random
from types import ModuleType

import pytest

from console.demo import look_claude, look_codex
from console.demo.cells import cut, width, wrap
from console.demo.keys import KeyReader
from console.demo.session import Session

LOOKS: dict[str, ModuleType] = {"claude": look_claude, "codex": look_codex}


def plain(row: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", row)


def text_of(session: Session, cols: int = 100) -> str:
    look = LOOKS[session.agent]
    rows = [row for entry in session.entries for row in look.entry_rows(entry, cols)]
    return "\n".join(plain(row) for row in [*rows, *look.bottom(session, cols, 100.0).rows])


def run(session: Session, until: str, now: float = 0.0) -> float:
    """Let time pass until the session is in the state *until*."""
    for _ in range(200):
        if session.state == until:
            return now
        assert session.due is not None, f"{session.state} never becomes {until}"
        now = session.due
        session.tick(now)
    raise AssertionError(f"never {until}")


def made(agent: str, *script: str, seed: int = 1) -> Session:
    return Session(agent, Random(seed), script=script)


def test_wrap_counts_wide_characters_and_keeps_every_character() -> None:
    assert [width(text) for text in ("ab", "한글", "🧪", "e\u0301", "✔\ufe0f")] == [2, 4, 2, 1, 1]
    text = "한글과 emoji 🧪 together in one long line that breaks"
    rows = wrap(text, 12)
    assert all(width(row) <= 12 for row in rows)
    assert "".join(rows).replace(" ", "") == text.replace(" ", "")
    assert width(cut(text, 9)) <= 9 and cut(text, 9).endswith("…")


def test_wrap_breaks_a_word_longer_than_the_row() -> None:
    assert wrap("a" * 25, 10) == ["a" * 10, "a" * 10, "a" * 5]
    assert wrap("one\ntwo", 10) == ["one", "two"]


@pytest.mark.parametrize("agent", ["claude", "codex"])
@pytest.mark.parametrize("start", ["working", "idle", "approval", "question", "done"])
@pytest.mark.parametrize("cols", [40, 41, 66, 80, 120, 200])
def test_no_row_is_wider_than_the_terminal(agent: str, start: str, cols: int) -> None:
    look = LOOKS[agent]
    for seed in range(8):
        session = Session(agent, Random(seed))
        session.begin(start, "", 1000.0)
        now = run(session, start, 1000.0) if start in ("approval", "question") else 1000.0
        session.draft = "" if session.dialog else "초안 draft " * (seed % 3 * 9)
        frame = look.bottom(session, cols, now)
        rows = [row for entry in session.entries for row in look.entry_rows(entry, cols)] + frame.rows
        assert max(width(plain(row)) for row in rows) <= cols
        if frame.cursor is not None:
            assert 0 <= frame.cursor[0] < cols and 0 <= frame.cursor[1] < len(frame.rows)


def test_the_same_seed_lives_the_same_life() -> None:
    lives = []
    for _ in range(2):
        session = Session("claude", Random(9))
        session.begin("working", "", 0.0)
        for step in range(400):
            session.tick(step * 0.5)
        lives.append([(e.kind, e.text) for e in session.entries])
    assert lives[0] == lives[1]
    assert len(lives[0]) > 10


def test_states_look_as_the_real_programs_do() -> None:
    claude = made("claude", "say", "approval", "tool")
    assert "❯ " in text_of(claude) and "? for shortcuts" in text_of(claude)
    claude.submit("go", 0.0)
    assert re.search(r"[·✢✳✶✻✽] \w+… \(\d+s · ↓ \d+ tokens\)", text_of(claude))
    assert "esc to interrupt" in text_of(claude)
    run(claude, "approval")
    shown = text_of(claude)
    assert "Do you want to proceed?" in shown and "❯ 1. Yes" in shown and "esc to interrupt" not in shown
    codex = made("codex", "approval")
    codex.submit("go", 0.0)
    assert re.search(r"• Working \(\d+s • esc to interrupt\)", text_of(codex))
    run(codex, "approval")
    assert "Would you like to run the following command?" in text_of(codex)
    assert "› 1. Yes, proceed (y)" in text_of(codex)


@pytest.mark.parametrize(
    ("agent", "keys", "kind"),
    [
        ("claude", [("text", "1")], "tool"),
        ("claude", [("key", "down"), ("key", "enter")], "tool"),
        ("claude", [("text", "3")], "interrupted"),
        ("claude", [("key", "escape")], "interrupted"),
        ("codex", [("text", "y")], "tool"),
        ("codex", [("text", "p")], "tool"),
        ("codex", [("key", "escape")], "interrupted"),
        ("codex", [("key", "up"), ("key", "enter")], "interrupted"),
    ],
)
def test_an_approval_is_answered(agent: str, keys: list[tuple[str, str]], kind: str) -> None:
    session = made(agent, "approval")
    session.submit("go", 0.0)
    now = run(session, "approval")
    assert session.due is None
    for key in keys:
        session.handle(key, now)
    assert session.dialog is None
    assert session.entries[-1].kind == kind
    assert session.state == ("working" if kind == "tool" else "idle")


def test_letters_mean_nothing_to_claude_and_a_paste_is_lost_in_a_dialog() -> None:
    session = made("claude", "approval")
    session.submit("go", 0.0)
    now = run(session, "approval")
    for event in (("text", "yes please"), ("paste", "1")):
        session.handle(event, now)
    assert session.state == "approval" and session.draft == ""


def test_a_question_takes_a_choice() -> None:
    session = made("claude", "question")
    session.submit("go", 0.0)
    now = run(session, "question")
    session.handle(("text", "2"), now)
    assert session.entries[-1].kind == "note" and session.state == "working"
    run(session, "idle", now)
    assert session.entries[-1].kind == "done"


def test_enter_submits_queues_and_steers() -> None:
    session = made("claude", "say", "say")
    session.handle(("text", "첫 번째"), 0.0)
    session.handle(("key", "enter"), 0.0)
    assert (session.state, session.draft, session.entries[0].text) == ("working", "", "첫 번째")
    session.handle(("text", "next"), 0.1)
    session.handle(("key", "enter"), 0.1)
    assert session.queue == ["next"] and "Queued · ctrl+x ctrl+s" in text_of(session)
    for _ in range(4):
        session.tick(session.due or 0.0)
    assert session.queue == [] and session.state == "working"
    codex = made("codex", "say", "say")
    codex.submit("go", 0.0)
    codex.handle(("text", "steer"), 0.1)
    codex.handle(("key", "enter"), 0.1)
    assert codex.entries[-1].text == "steer" and codex.queue == []


def test_escape_interrupts_and_the_draft_stays() -> None:
    session = made("claude", "say")
    session.submit("go", 0.0)
    session.handle(("text", "draft"), 0.0)
    session.handle(("key", "escape"), 0.1)
    assert (session.state, session.draft) == ("idle", "draft")
    assert "Interrupted · What should Claude do instead?" in text_of(session)


def test_keys_in_one_read_and_split_over_reads() -> None:
    reader = KeyReader(0.15)
    assert reader.feed("한글 a".encode()[:2], 0.0) == []
    assert reader.feed("한글 a".encode()[2:], 0.0) == [("text", "한글 a")]
    assert reader.feed(b"\x1b[A\x1b[Z1\r", 9.0) == [
        ("key", "up"),
        ("key", "shift+tab"),
        ("text", "1"),
        ("key", "enter"),
    ]
    assert reader.feed(b"\x1b", 9.0) == []
    waits = [reader.waiting]
    assert reader.flush() == [("key", "escape")]
    waits.append(reader.waiting)
    assert reader.feed(b"\x1b[200~one\rtw", 20.0) == []
    assert [*waits, reader.waiting] == [True, False, False]
    assert reader.feed(b"o\x1b[20", 20.0) == []
    assert reader.feed(b"1~", 20.0) == [("paste", "one\ntwo")]


def test_enter_glued_to_a_burst_or_soon_after_a_paste_is_a_newline() -> None:
    reader = KeyReader(0.12)
    assert reader.feed(b"a" * 62 + b"\r", 0.0)[-1] == ("key", "enter")
    assert reader.feed(b"a" * 63 + b"\r", 5.0)[-1] == ("key", "newline")
    assert reader.feed(b"\r", 5.1) == [("key", "newline")]
    assert reader.feed(b"\r", 5.2) == [("key", "enter")]
    assert reader.feed(b"\x1b[200~x\x1b[201~\r", 10.0) == [("paste", "x"), ("key", "newline")]
    assert reader.feed(b"\r", 10.05) == [("key", "newline")]
    assert reader.feed(b"\r", 10.3) == [("key", "enter")]
