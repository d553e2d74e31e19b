"""What the composer asks of the rest of the console; the app hands it over."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from console.i18n import tr
from console.model.agent import TAKES_NO_TEXT
from console.model.composed import Composed
from console.model.draft import Remembered
from console.model.guard_facts import Level, Verdict
from console.model.snapshot import Snapshot
from console.model.template import Template
from console.widgets.surface_pane import state_of


class Memory(Protocol):
    """Texts of before, on disk."""

    async def remembered(self) -> Remembered:
        """Everything kept."""

    async def left(self, text: str, target: str, at: float) -> str:
        """Keep *text* as unsent for *target*; return what the operator should know."""


@dataclass(frozen=True, slots=True)
class Desk:
    """One composer's view of the console."""

    snapshot: Callable[[], Snapshot]
    """The newest one."""
    judge: Callable[[str, Composed], tuple[Verdict, ...]] | None = None
    """Asks the guards about the surface with a key; None where nothing is recorded."""
    preview: Callable[[Composed], str] | None = None
    edit: Callable[[str], Awaitable[str | None]] | None = None
    """The text from the operator's own editor; None when it could not be edited, which the operator was told."""
    memory: Memory | None = None
    templates: tuple[Template, ...] = ()
    handoff: Callable[[], str] = str
    """The last hand-off file; empty when there is none."""
    today: Callable[[], str] = str
    queues: bool = False
    """Whether a text can wait in the console until its surface is idle."""
    read_only: bool = False

    def verdicts(self, key: str, composed: Composed) -> tuple[Verdict, ...]:
        """What the guards say; without them, whether the surface takes a text at all."""
        if self.read_only:
            return (_refused("read-only", tr("the console is read-only"), tr("start it without --read-only")),)
        return self.judge(key, composed) if self.judge is not None else self._plain(key)

    def _plain(self, key: str) -> tuple[Verdict, ...]:
        surface = self.snapshot().surface(key)
        if surface is None or surface.gone:
            why = tr("the surface is gone")
            if surface is not None:
                why = tr("{name} is gone: {why}", name=surface.name, why=surface.gone)
            return (_refused("dead", why, ""),)
        if surface.unconfirmed:
            why = tr("{name} is blocked: {why}", name=surface.name, why=surface.unconfirmed)
            return (_refused("identity", why, tr("Esc, look at it, and C confirms it")),)
        if state_of(surface) in TAKES_NO_TEXT:
            why = tr("{name} shows {state}", name=surface.name, state=tr(str(state_of(surface))))
            return (_refused("dialog", why, tr("answer that first")),)
        return ()


def _refused(rule: str, evidence: str, remedy: str) -> Verdict:
    return Verdict(rule, Level.REFUSE, evidence, remedy, final=True)
