"""The decisions of the console's own file as a hand-off document has them."""

from __future__ import annotations

from console.model.decision import Decision, DecisionsSlice, DecisionState
from console.model.handoff_items import DecisionEntry


def entries(kept: DecisionsSlice) -> tuple[DecisionEntry, ...] | None:
    """What a hand-off says of *kept*; None where there are none, and the last document goes on."""
    if kept.read_at is None or kept.error or not kept.decisions:
        return None
    standing = (each for each in kept.decisions if each.state is not DecisionState.WITHDRAWN)
    return tuple(DecisionEntry(d.text, d.commands, d.paths, d.options, _decided(d)) for d in standing)


def _decided(decision: Decision) -> str:
    if decision.pending:
        return ""
    return " · ".join(filter(None, (decision.answer or "decided", decision.decided_by)))
