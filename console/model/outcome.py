"""What an act of the operator came to."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Written:
    """What a change came to. Never a guess: it is `done` when the file has it."""

    done: bool
    text: str
    """One line: what was done, or why not and what to do."""
    number: int | None = None
    warning: str = ""
    """What the operator should know although it worked."""
    refused: bool = False
    """Against a rule, not a failure."""
