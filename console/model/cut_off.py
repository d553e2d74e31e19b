"""A send that was begun and has no outcome: its console died on the way. Nobody sends it again by itself. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from console.i18n import tr
from console.model.naming import identity
from console.model.surface import Surface


@dataclass(frozen=True, slots=True)
class CutOff:
    """What is known of it."""

    key: str
    """Its idempotency key."""
    at: float
    """Epoch seconds at which it was begun."""
    surface: str
    """Ref of the target, as it was then."""
    uuid: str = ""
    """Identity of the target, where the back end has one."""
    name: str = ""
    number: int | None = None
    """Its record in the log, as far as it was written."""
    typing: bool = False
    """The first byte may have gone out. Otherwise nothing was typed, for sure."""
    process: int | None = None
    """Process that ran in the target; another one there now has never seen the text."""

    @property
    def about(self) -> str:
        """One line for the operator."""
        label = f"#{self.number}" if self.number is not None else tr("a task without a record")
        if not self.typing:
            return tr("{label} was to be sent to {surface}; nothing was typed", label=label, surface=self.surface)
        return tr("{label} was sending: check {surface}", label=label, surface=self.surface)

    def went_to(self, surface: Surface) -> bool:
        """Whether *surface* is its target: by its identity, or by ref and process where there is none."""
        info = surface.info
        if self.uuid or info.uuid:
            return self.uuid == (info.uuid or "")
        if self.process is not None and info.pid is not None and self.process != info.pid:
            return False
        return identity(self.surface) == identity(info.ref)


@dataclass(frozen=True, slots=True)
class Checked:
    """A cut-off send beside what its surface shows of it now."""

    cut_off: CutOff
    evidence: str
    """A fact for the operator, not a decision."""
    key: str = ""
    """Key of its surface; empty while that is not there."""
    where: str = ""
    """What the surface is called now."""


def targets(found: tuple[CutOff, ...], surface: Surface) -> tuple[CutOff, ...]:
    """Those that may have left a text on *surface*."""
    return tuple(each for each in found if each.typing and each.went_to(surface))
