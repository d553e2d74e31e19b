"""What becomes of one text at one surface when the operator says "go": sent now, queued, or refused. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from console.model.composed import Composed
from console.model.guard import refusals
from console.model.guard_facts import Verdict

TIME_HELPS: Final = frozenset({"state", "dialog", "draft", "stale", "rate", "quiet", "account"})
"""Rules whose refusal passes by itself: a text they refuse can wait in the queue."""


class Fate(StrEnum):
    """What is going to happen."""

    SEND = "send"
    QUEUE = "queue"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Parcel:
    """One text on its way to one surface."""

    key: str
    """`Surface.key`."""
    name: str
    composed: Composed
    fate: Fate = Fate.SEND
    why: str = ""
    """Why it is refused, or queued; empty when it is sent."""


def waits(verdicts: Sequence[Verdict], overrides: Collection[str] = ()) -> bool:
    """Whether the refusals that stand are only such as time removes; True too when none stands."""
    return all(each.rule in TIME_HELPS for each in refusals(verdicts, overrides))


def fate(
    verdicts: Sequence[Verdict], overrides: Collection[str], *, queue: bool, several: bool = False
) -> tuple[Fate, str]:
    """(What becomes of it, why). With *queue* it is to wait until its surface is idle.

    Of *several* only those wait that cannot be sent now; one alone waits because the operator said so.
    """
    standing = refusals(verdicts, overrides)
    why = "; ".join(f"{each.rule}: {each.evidence}" for each in standing)
    if queue and waits(verdicts, overrides) and (standing or not several):
        return Fate.QUEUE, why
    return (Fate.REFUSE, why) if standing else (Fate.SEND, "")
