"""Decisions as lines for people and as a document for scripts."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Final

from console.i18n import tr, trn
from console.model.cells import padded
from console.model.decision import Decision, DecisionsSlice, Ran
from console.model.decision_command import Plan

STATE_CELLS: Final = 9
"""Cells of the column of states."""


def document(seen: DecisionsSlice) -> dict[str, object]:
    """For scripts: times in epoch seconds, null where something is not known."""
    return {
        "read_at": seen.read_at,
        "source": seen.source or None,
        "error": seen.error or None,
        "not_understood": list(seen.problems),
        "pending": len(seen.pending),
        "items": [item(each) for each in seen.decisions],
    }


def item(decision: Decision) -> dict[str, object]:
    """One decision."""
    return {
        "id": decision.id,
        "text": decision.text,
        "state": decision.state,
        "commands": list(decision.commands),
        "paths": list(decision.paths),
        "options": list(decision.options),
        "asked_at": decision.asked_at,
        "source": decision.source,
        "answer": decision.answer,
        "decided_by": decision.decided_by,
        "decided_at": decision.decided_at,
        "note": decision.note,
        "ran": [_ran(each) for each in decision.ran],
    }


def _ran(ran: Ran) -> dict[str, object]:
    return {name: getattr(ran, name) for name in Ran.__slots__}


def plan_item(plan: Plan) -> dict[str, object]:
    """What would be done with one command."""
    return {
        "command": plan.command,
        "kind": plan.kind,
        "argv": list(plan.argv),
        "cwd": plan.cwd or None,
        "text": plan.text or None,
        "why": plan.why or None,
        "remedy": plan.remedy or None,
    }


def status_lines(seen: DecisionsSlice) -> Iterator[str]:
    """For ``oc-console status``; nothing when nothing waits."""
    count = len(seen.pending)
    if count:
        listed = "; ".join(each.text for each in seen.pending[:3])
        yield trn("{count} decision pending: {listed}", "{count} decisions pending: {listed}", count, listed=listed)


def lines(seen: DecisionsSlice) -> Iterator[str]:
    """For ``oc-console decision list``: what waits, then what was decided."""
    for each in seen.pending:
        yield f"{each.id}  {_state(each)}  {each.text}"
        yield from (f"{' ' * 19}{' '.join(command.split())}" for command in each.commands)
    for each in seen.settled:
        when = time.strftime("%Y-%m-%d %H:%M", time.localtime(each.decided_at)) if each.decided_at is not None else ""
        told = ", ".join(part for part in (each.answer, each.decided_by, when) if part)
        yield f"{each.id}  {_state(each)}  {each.text}  ({told})"
        yield from (f"{' ' * 19}{' '.join(ran.command.split())}: {how(ran)}" for ran in each.ran)
    if not seen.decisions:
        yield tr("no decisions")
    yield from seen.problems


def _state(decision: Decision) -> str:
    return padded(tr(str(decision.state)), STATE_CELLS)


def how(ran: Ran) -> str:
    """``exit 0``, or why there is none."""
    return tr("exit {exit}", exit=ran.exit) if ran.exit is not None else ran.result or tr("no end known")
