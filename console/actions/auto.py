"""Approving without a person, narrowly: reads snapshots, asks the policy, and answers with "accept once" only.

Every decision is on disk before a key is pressed, so an approval that is not in the journal did not happen here. One
dialog is decided once; what was left to a person is never taken up again.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from console.actions.answer import AnswerResult
from console.i18n import mark, tr
from console.model.agent import AgentState
from console.model.approval import HOUR, ApprovalPolicy, Approved, Decision, decide, fits
from console.model.dialog import Dialog, DialogId, read_dialog
from console.model.snapshot import Snapshot
from console.model.surface import Surface
from console.safety import redact, safe_text
from console.state_journal import append_line, read_lines

NAME: Final = "approvals.jsonl"
TEXT_LIMIT: Final = 2000
"""Characters of a dialog that are kept."""

Press = Callable[[str, str, DialogId, Callable[[], str]], Awaitable[AnswerResult]]
"""(key of the surface, ``y``, the dialog, a veto to be asked directly before the key) -> what was seen."""


@dataclass(frozen=True, slots=True)
class Decided:
    """One decision about one dialog, for the screen."""

    at: float
    surface: str
    """Name."""
    key: str
    decision: Decision
    dry_run: bool
    result: AnswerResult | None = None
    """None where nothing was pressed."""


class AutoApprover:
    """Decides about the approvals of a snapshot. `look` is called with every new one; calls may overlap."""

    def __init__(
        self, policy: ApprovalPolicy, press: Press, folder: Path, *, clock: Callable[[], float] = time.time
    ) -> None:
        """*press* answers a dialog (`console.actions.answer.answer`, with whatever keeps two hands off a surface).

        *folder* is the state folder of the journal; approvals of the last hour in it count for the rate limits.
        """
        self.policy = policy
        self.path = folder / NAME
        self.suspended = ""
        """Why nothing is decided at present; empty when it is. See `suspend`."""
        self.stopped = ""
        """Why nothing is decided any more; see `stop_all`."""
        self._press = press
        self._clock = clock
        self._lock = asyncio.Lock()
        self._seen: dict[str, tuple[float, DialogId]] = {}
        self._history = _restored(self.path, clock()) if policy.enabled else []

    @property
    def active(self) -> bool:
        """Whether a dialog may be decided now: the "auto" mark of a pane."""
        return self.policy.enabled and not self.stopped and not self.suspended

    def covers(self, surface: Surface) -> bool:
        """Whether a rule of an active policy names this surface."""
        return self.active and any(fits(rule, surface.name, surface.agent) for rule in self.policy.rules)

    def suspend(self, why: str | bool) -> None:
        """Decide nothing while *why* is given (the operator's own approving script runs); False or empty ends it."""
        self.suspended = why if isinstance(why, str) else tr("another approver is running") if why else ""

    def stop_all(self, why: str = mark("stopped by the operator")) -> None:
        """Decide nothing any more, also not what is being looked at now. Holds until `resume`."""
        self.stopped = why

    def resume(self) -> None:
        """Take back `stop_all`."""
        self.stopped = ""

    async def look(self, snapshot: Snapshot) -> tuple[Decided, ...]:
        """Decide about every approval of *snapshot* that was not decided before; one after the other. Never raises."""
        made: list[Decided] = []
        async with self._lock:
            keys = {surface.key for surface in snapshot.surfaces}
            self._seen = {key: seen for key, seen in self._seen.items() if key in keys}
            for surface in snapshot.waiting():
                decided = await self._one(surface) if self.active else None
                if decided is not None:
                    made.append(decided)
        return tuple(made)

    async def _one(self, surface: Surface) -> Decided | None:
        status, screen = surface.status, surface.screen
        if status is None or screen is None or status.state is not AgentState.APPROVAL:
            return None
        dialog = read_dialog(screen, status.detection)
        if dialog is None or surface.info.dead:
            return None
        seen = self._seen.get(surface.key)
        if seen is not None and seen[0] == status.since and seen[1].same(dialog.id):
            return None
        self._seen[surface.key] = (status.since, dialog.id)
        now = self._clock()
        decision = decide(self.policy, dialog, surface.name, status.detection.agent, self._history, now)
        why = self._note(now, surface, dialog, decision)
        if why:
            decision = Decision("ask", "journal", why)
        decided = Decided(now, surface.name, surface.key, decision, self.policy.dry_run)
        if decision.verdict != "allow":
            return decided
        self._history = [*(old for old in self._history if old.at > now - HOUR), Approved(now, surface.name)]
        if self.policy.dry_run:
            return decided
        result = await self._press(surface.key, "y", dialog.id, self._veto)
        self._note_result(surface, decision, result)
        return Decided(now, surface.name, surface.key, decision, False, result)

    def _veto(self) -> str:
        return tr(self.stopped) or self.suspended

    def _note(self, now: float, surface: Surface, dialog: Dialog, decision: Decision) -> str:
        """Write the decision. Return why it could not be written; an unwritten decision is not carried out."""
        return self._append(
            {
                "at": now,
                "event": "decision",
                "surface": surface.name,
                "ref": surface.info.ref,
                "agent": dialog.id.agent,
                "dialog": _kept(dialog.text()),
                "subject": _kept(dialog.subject),
                "verdict": decision.verdict,
                "rule": decision.rule,
                "why": _kept(decision.why),
                "dry_run": self.policy.dry_run,
            }
        )

    def _note_result(self, surface: Surface, decision: Decision, result: AnswerResult) -> None:
        why = self._append(
            {
                "at": self._clock(),
                "event": "result",
                "surface": surface.name,
                "ref": surface.info.ref,
                "rule": decision.rule,
                "outcome": result.outcome,
                "evidence": _kept(result.evidence),
            }
        )
        if why:
            self.stop_all(why)

    def _append(self, record: dict[str, object]) -> str:
        try:
            append_line(self.path, record)
        except OSError as error:
            return safe_text(tr("the approval journal cannot be written: {error}", error=error), limit=200)
        return ""


def _kept(text: str) -> str:
    return redact(safe_text(text, multiline=True))[:TEXT_LIMIT]


def _restored(path: Path, now: float) -> list[Approved]:
    """The approvals of the last hour, so that a restart does not begin a new allowance."""
    found = []
    for record in read_lines(path):
        at, name = record.get("at"), record.get("surface")
        if (
            record.get("verdict") == "allow"
            and isinstance(at, int | float)
            and isinstance(name, str)
            and at > now - HOUR
        ):
            found.append(Approved(min(float(at), now), name))
    return found
