"""What the screen tells for free, and reasons in one form."""

from __future__ import annotations

import pytest

from console.agents.facts import count, percent, seconds
from console.agents.reasons import in_short
from console.model.agent import AgentState
from console.model.screen_facts import ScreenFacts
from console.model.surface import Screen
from tests.agents.samples import CODEX_TURN, DETECTOR, TURN, claude, codex, screen


def facts(seen: Screen) -> ScreenFacts:
    return DETECTOR.detect(seen).facts


def test_claude_at_work() -> None:
    seen = facts(
        claude(TURN + "\n✻ Pondering… (1m 5s · ↓ 1.2k tokens · thinking)\n", footer="  esc to interrupt · 2 shells")
    )
    assert (seen.elapsed, seen.tokens, seen.background_jobs) == (65.0, 1200, 2)


def test_claude_header() -> None:
    head = " ▐▛███▜▌   Claude Code v2.1.100\n▝▜█████▛▘  Opus 4.8 (1M context) · API Usage Billing\n  ▘▘ ▝▝    ~/proj\n"
    seen = facts(claude(f"{head}\n{TURN}"))
    assert (seen.model, seen.version) == ("Opus 4.8 (1M context)", "2.1.100")
    assert facts(claude(TURN + "\n● Sonnet 9 · is quoted\n")).model == ""


@pytest.mark.parametrize(
    ("notice", "left", "used"),
    [
        ("88% context used", 12, 88),
        ("Context left until auto-compact: 7%", 7, 93),
        ("Context low (4% remaining) · Run /compact", 4, 96),
    ],
)
def test_context(notice: str, left: int, used: int) -> None:
    seen = facts(claude(f"{TURN}\n{notice:>78}"))
    assert (seen.context_left, seen.context_used) == (left, used)


def test_context_quoted_in_an_answer_is_text() -> None:
    assert facts(claude("● It said:\n  88% context used\n")).context_used is None


def test_codex() -> None:
    body = f"{CODEX_TURN}\n• Working (2m 3s • esc to interrupt) · 1 background terminal running · /ps to view\n"
    seen = facts(screen(f"{body}\n› \n\n  gpt-5.4 high · 47% left · ~/proj"))
    assert (seen.elapsed, seen.background_jobs, seen.context_left, seen.model) == (123.0, 1, 47, "gpt-5.4 high")


def test_codex_header() -> None:
    head = (
        "╭──────────╮\n│ >_ OpenAI Codex (v0.87.0) │\n│ model:     gpt-5.2-codex   /model to change │\n╰──────────╯\n"
    )
    seen = facts(screen(f"{head}\n\n› \n\n  100% context left · ? for shortcuts"))
    assert (seen.model, seen.version, seen.context_left) == ("gpt-5.2-codex", "0.87.0", 100)


def test_ghost_text_and_draft() -> None:
    ghost = DETECTOR.detect(claude(TURN.rstrip("\n"), "Resend your message to try again", cursor=(2, 5)))
    assert (ghost.facts.ghost, ghost.draft) == ("Resend your message to try again", "")
    typed = DETECTOR.detect(claude(TURN.rstrip("\n"), "Resend it", cursor=(11, 5)))
    assert (typed.facts.ghost, typed.draft) == ("", "Resend it")


def test_a_command_is_no_ghost_text_wherever_the_cursor_stands() -> None:
    assert DETECTOR.detect(claude(TURN.rstrip("\n"), "/compact", cursor=(2, 5))).draft == "/compact"


def test_known_ghost_text_in_a_colour_of_its_own() -> None:
    styled = codex(CODEX_TURN, "{31}Ask Codex to do anything{0}")
    row = next(at for at, line in enumerate(styled.lines) if line.startswith("› Ask"))
    seen = Screen(styled.lines, styled.styled, 80, 24, (2, row))
    assert DETECTOR.detect(seen).state is AgentState.IDLE


def test_background_jobs_after_the_turn() -> None:
    assert facts(claude(TURN + "\n✻ Waiting for 3 background agents to finish\n")).background_jobs == 3
    assert facts(claude(TURN + "\n✻ Baked for 2s · 1 shell still running\n")).background_jobs == 1


@pytest.mark.parametrize(
    ("reason", "state", "short"),
    [
        ("529 Overloaded · retrying in 7s · attempt 5/10", "working", "529 Overloaded, retry 5/10 in 7 s"),
        ("API error · Retrying in 2s · attempt 3/10", "working", "API error, retry 3/10 in 2 s"),
        ("Retrying in 1m 5s… (attempt 1/10)", "working", "API error, retry 1/10 in 65 s"),
        ("Reconnecting... 2/4 (9s • esc to interrupt)", "working", "connection lost, retry 2/4"),
        ("Server is busy, reconnecting 1/4 (1s • esc to interrupt)", "working", "Server is busy, retry 1/4"),
        ("Reconnecting... waiting for network (3s …", "working", "connection lost, waiting for network"),
        ("Pondering… (9s)", "working", "Pondering… (9s)"),
        ("resets 9:08pm (UTC)", "limit", "limit resets 21:08 UTC"),
        ("resets 12:30am", "limit", "limit resets 00:30"),
        ("resets 3pm (Asia/Seoul)", "limit", "limit resets 15:00 Asia/Seoul"),
        ("try again at 8:34 PM", "limit", "limit resets 20:34"),
        ("resets Nov 25, 9am", "limit", "limit resets Nov 25, 09:00"),
        ("try again in 3 days", "limit", "try again in 3 days"),
        ('API Error (529 {"type":"error","error":{"type":"overloaded_error"', "error", "529 Overloaded"),
        ("API Error: 500", "error", "API Error: 500"),
        ("retrying in 7s", "idle", "retrying in 7s"),
    ],
)
def test_reason(reason: str, state: str, short: str) -> None:
    assert in_short(reason, AgentState(state)) == short


def test_numbers() -> None:
    assert [seconds(text) for text in ("12s", "1h 2m 5s", "2.5s", "soon")] == [12.0, 3725.0, 2.5, None]
    assert [count(text) for text in ("34", "1.2k", "12,345", "3M", "none")] == [34, 1200, 12345, 3_000_000, None]
    assert [percent(text) for text in ("0", "100", "101", "")] == [0, 100, None, None]
