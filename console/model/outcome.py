"""What an act of the operator came to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from console.i18n import mark, tr

OUTCOMES: Final = (
    mark("submitted"),
    mark("queued"),
    mark("waits"),
    mark("typed_not_submitted"),
    mark("unconfirmed"),
    mark("refused"),
    mark("failed"),
)
"""What a send can come to (`Ended.outcome`); in records and in JSON the words stay as they are."""


def outcome_word(outcome: str) -> str:
    """One of `OUTCOMES` for people."""
    return tr(outcome)


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


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a send, told while it goes on."""

    name: str
    """``record look paste echo wait enter verify done``."""
    text: str
    after: float
    """Seconds since the typing began."""


@dataclass(frozen=True, slots=True)
class Ended:
    """What came of one text at one surface."""

    outcome: str
    """As `console.actions.send.SendResult` has it; ``waits`` when it stands in the console's queue."""
    evidence: str
    """One line for the operator."""
    left: str = "nothing"
    """What stands in the input box now: ``nothing``, our ``text``, or ``unknown``."""

    @property
    def well(self) -> bool:
        """Whether nobody has to look at it."""
        return self.outcome in ("submitted", "queued", "waits")
