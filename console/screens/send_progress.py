"""A send on its way: its steps as they come, what came of it, and the way to stop it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from console.i18n import mark, tr, trc
from console.model.outcome import Ended, Step, outcome_word
from console.model.parcel import Fate, Parcel

_AT: Final = {"record": 0, "look": 1, "paste": 2, "echo": 3, "wait": 3, "enter": 4, "verify": 5}
"""From a step to its place in `stages`."""
_LEFT: Final = {
    "text": mark("The text stands in its input box, not submitted: f goes there; submit it or clear it."),
    "unknown": mark("What its input box holds is not known: f goes there; look at it."),
}
EVERY: Final = 0.1
"""Seconds between two looks at a send."""


class Errand:
    """One text at one surface."""

    def __init__(self, parcel: Parcel) -> None:
        self.parcel = parcel
        self.steps: list[Step] = []
        self.ended: Ended | None = None
        self.stop = asyncio.Event()
        self.began = time.monotonic()
        self.took = 0.0
        """Seconds until it ended."""

    def step(self, step: Step) -> None:
        """A step was begun."""
        self.steps.append(step)

    def end(self, ended: Ended) -> None:
        """This came of it."""
        self.ended, self.took = ended, time.monotonic() - self.began


class Run:
    """One text at one surface or at several."""

    def __init__(self, parcels: Sequence[Parcel]) -> None:
        # What is on its way stands first: in a low terminal the rest may be below.
        self.errands = tuple(
            Errand(parcel) for parcel in sorted(parcels, key=lambda parcel: parcel.fate is Fate.REFUSE)
        )
        self.watched = True
        """Whether the operator looks at it; otherwise what comes of it is told as a notice."""
        self.cancelled = False

    @property
    def done(self) -> bool:
        """Whether everything has ended."""
        return all(errand.ended is not None for errand in self.errands)

    @property
    def well(self) -> bool:
        """Whether everything has ended, and nobody has to look at anything."""
        return all(errand.ended is not None and errand.ended.well for errand in self.errands)

    def cancel(self) -> None:
        """Stop what is on its way, at the next step of each."""
        self.cancelled = True
        for errand in self.errands:
            errand.stop.set()


class ProgressScreen(ModalScreen[None]):
    """Closes by itself when all is well; else it stays until it was read."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "stop", "cancel"),
        Binding("enter,l,q", "leave", mark("go on watching")),
    ]

    def __init__(self, run: Run) -> None:
        super().__init__()
        self._send = run

    def compose(self) -> ComposeResult:
        """A block for each surface."""
        with Vertical():
            yield Static("", classes="dialog--title", markup=False)
            with VerticalScroll():
                yield Static("", id="steps", markup=False)
            yield Static("", classes="dialog--hint", markup=False)

    def on_mount(self) -> None:
        """Follow it."""
        self.set_interval(EVERY, self._show)
        self._show()

    def _show(self) -> None:
        run = self._send
        if run.done and run.well:
            self._close()
            return
        self.query_one(".dialog--title", Static).update(_title(run))
        self.query_one("#steps", Static).update(Content("\n\n").join([_block(each) for each in run.errands]))
        if run.done:
            hint = tr("Esc goes back.  ctrl+up in the composer brings the text back.")
        elif run.cancelled:
            hint = tr("Stopping; no Enter is pressed any more.")
        else:
            hint = tr("Esc cancels it, Enter leaves it running and goes back.")
        self.query_one(".dialog--hint", Static).update(hint)

    def interrupted(self) -> None:
        """Ctrl-C means this send, not the console."""
        self.action_stop()

    def action_stop(self) -> None:
        """Cancel what runs; close what has ended."""
        if self._send.done:
            self._close()
        else:
            self._send.cancel()
            self._show()

    def action_leave(self) -> None:
        """Back to the fleet; it goes on."""
        self._close()

    def _close(self) -> None:
        if self.is_current:
            self._send.watched = self._send.done
            self.dismiss(None)


def _title(run: Run) -> str:
    names = [errand.parcel.name for errand in run.errands]
    whom = names[0] if len(names) == 1 else tr("{count} surfaces", count=len(names))
    if not run.done:
        return tr("Stopping {name}", name=whom) if run.cancelled else tr("Sending to {name}", name=whom)
    wrong = sum(errand.ended is not None and not errand.ended.well for errand in run.errands)
    if len(names) == 1:
        return tr("{name}: look at this", name=whom)
    return tr("{count} surfaces: look at {wrong} of them", count=len(names), wrong=wrong)


def _block(errand: Errand) -> Content:
    """The surface, its stages in a row, and what came of it."""
    parcel, ended = errand.parcel, errand.ended
    lines = [Content.assemble((parcel.name, "bold"), (_clock(errand), "dim"))]
    if parcel.fate is Fate.SEND:
        lines.append(_stages(errand))
    if ended is not None:
        sign, style = ("✓", "$success") if ended.well else ("▲", "$warning")
        outcome = f"{sign} {outcome_word(ended.outcome)}"
        lines.append(Content.assemble((outcome, f"bold {style}"), f"  {ended.evidence}"))
        if ended.left in _LEFT:
            lines.append(Content.assemble((tr(_LEFT[ended.left]), "$warning")))
    return Content("\n").join(lines)


def _clock(errand: Errand) -> str:
    if errand.parcel.fate is not Fate.SEND:
        return ""
    seconds = errand.took if errand.ended is not None else time.monotonic() - errand.began
    return f"  {seconds:.1f} s"


def stages() -> tuple[str, ...]:
    """What a send goes through, as people say it."""
    return tr("recorded"), trc("send", "re-read"), tr("pasted"), tr("echo seen"), "Enter", trc("send", "taken")


def _stages(errand: Errand) -> Content:
    """``✓ recorded  ✓ re-read  ● pasted  · echo seen  · Enter  · taken``."""
    ended = errand.ended
    taken = ended is not None and ended.outcome in ("submitted", "queued")
    at = max((_AT[step.name] for step in errand.steps if step.name in _AT), default=-1)
    passed = at + any(step.name == "wait" for step in errand.steps) * (at == _AT["wait"])
    parts: list[str | tuple[str, str]] = []
    for number, name in enumerate(stages()):
        if taken or number < passed or (number == 0 and at == 0):
            parts.append((f"✓ {name}  ", "$success"))
        elif number == at:
            parts.append((f"{'●' if ended is None else '✗'} {name}  ", "bold" if ended is None else "bold $warning"))
        else:
            parts.append((f"· {name}  ", "dim"))
    last = next((step for step in reversed(errand.steps) if step.name not in ("done", "wait")), None)
    if ended is None and last is not None:
        parts.append((f"\n  {last.text}", "dim"))
    return Content.assemble(*parts)
