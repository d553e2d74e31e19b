"""What an agent's screen tells besides its state: model, context, time, tokens, jobs, the question it asks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final


@dataclass(frozen=True, slots=True)
class Option:
    """One answer that a dialog offers."""

    label: str
    number: int | None = None
    """The digit that chooses it; None where the dialog has no numbers (arrow keys and Enter choose)."""
    description: str = ""
    chosen: bool = False
    """The dialog's own mark stands on it: Enter takes this one."""
    checked: bool | None = None
    """State of its check box; None where it has none."""


@dataclass(frozen=True, slots=True)
class Tab:
    """One of several questions asked together."""

    title: str
    answered: bool = False


@dataclass(frozen=True, slots=True)
class PendingQuestion:
    """A dialog that waits for an answer, as the agent words it."""

    title: str = ""
    """First row: ``Bash command``, ``Database``, ``Question 1/2 (2 unanswered)``."""
    text: str = ""
    """What is asked: ``Do you want to proceed?``."""
    details: tuple[str, ...] = ()
    """Rows between title and question that are not blank: the command, the change, the reason."""
    options: tuple[Option, ...] = ()
    tabs: tuple[Tab, ...] = ()
    """The questions asked together; empty for a single one."""
    keys: str = ""
    """The row that names the keys."""
    whole: bool = True
    """Its beginning is on the screen. Otherwise part of what it is about may not be: only a person should answer."""

    def same_as(self, other: PendingQuestion) -> bool:
        """Whether both are one dialog: everything equal but where its mark stands and what is ticked.

        An answer goes only into the dialog the operator saw; what is asked about is in `details`.
        """
        return self._unmarked() == other._unmarked()

    def _unmarked(self) -> PendingQuestion:
        plain = tuple(replace(option, chosen=False, checked=None) for option in self.options)
        return replace(self, options=plain, tabs=(), keys="")


@dataclass(frozen=True, slots=True)
class ScreenFacts:
    """Facts read off one screen; a field is empty or None where the screen does not show it."""

    model: str = ""
    version: str = ""
    """The agent's version, while its header is on the screen."""
    context_left: int | None = None
    """Percent of the context window that is free."""
    context_used: int | None = None
    """Percent in use; where the agent shows only one of the two, the other is reckoned from it."""
    elapsed: float | None = None
    """Seconds the present turn has been at work."""
    tokens: int | None = None
    """Tokens of the present turn, as far as the agent counts."""
    background_jobs: int = 0
    """Shells, agents or tasks that go on in the background."""
    ghost: str = ""
    """The placeholder in the input box (no draft)."""
    question: PendingQuestion | None = None


NO_FACTS: Final = ScreenFacts()
