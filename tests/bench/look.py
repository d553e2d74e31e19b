"""What the fleet's programs draw: a Claude-like footer, and output above it that grows by one line at a time."""

from __future__ import annotations

from typing import Final

WIDTH: Final = 120
HEIGHT: Final = 40
_RULE: Final = "\x1b[38;5;244m" + "─" * WIDTH + "\x1b[0m"
_WORDS: Final = (
    "결과를", "다시", "확인", "읽기", "build", "passed", "배분", "기록", "score", "4.2", "→", "3.1", "loader", "보고서",
    "retries", "telemetry",
)  # fmt: skip
_GLYPHS: Final = "·✢✳✶✻✽"

IDLE: Final = ("", _RULE, "\x1b[38;5;246m❯ \x1b[0m", _RULE, "  \x1b[38;5;246m? for shortcuts\x1b[0m")
APPROVAL: Final = (
    "",
    _RULE,
    " \x1b[1mBash command\x1b[0m",
    "",
    "   make clean && make",
    "   Build again",
    "",
    " Do you want to proceed?",
    " \x1b[38;5;153m❯ 1. Yes\x1b[0m",
    "   2. Yes, and don't ask again for make commands in /home/operator/proj",
    "   3. No",
    "",
    " \x1b[38;5;246mEsc to cancel · Tab to amend\x1b[0m",
)


def busy(tick: int) -> tuple[str, ...]:
    """The footer of an agent at work; it changes with every *tick* (tenths of a second), as the real one does."""
    spinner = (
        f"\x1b[38;5;174m{_GLYPHS[tick % len(_GLYPHS)]} Pondering…\x1b[38;5;246m ({tick // 10}s · esc to interrupt)"
    )
    mode = "  \x1b[38;5;246m⏵⏵ accept edits on (shift+tab to cycle)\x1b[0m"
    return ("", f"{spinner}\x1b[0m", "", _RULE, "\x1b[38;5;246m❯ \x1b[0m", _RULE, mode)


def token(pane: int, number: int) -> str:
    """What tells one printed line from every other: ``k3#000123``."""
    return f"k{pane}#{number:06d}"


def line(pane: int, number: int) -> str:
    """One line of output, 30 to 100 cells, Korean and English mixed."""
    words = [_WORDS[(number * 7 + at * 3 + pane) % len(_WORDS)] for at in range(3 + number % 8)]
    return f"\x1b[38;5;114m●\x1b[0m {token(pane, number)} {' '.join(words)}"


def frame(rows: tuple[str, ...], below: int, *lines: str) -> bytes:
    """Bytes that replace a footer of *below* rows by *lines* and the footer *rows*; the cursor ends in the last row."""
    up = f"\x1b[{below - 1}A" if below > 1 else ""
    return (f"\r{up}\x1b[J" + "\r\n".join((*lines, *rows))).encode()
