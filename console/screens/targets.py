"""Several surfaces for one text: marking them, and the question before anything goes out."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import ClassVar, Final

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from console.i18n import mark, tr
from console.model.agent import AgentState
from console.model.parcel import Fate, Parcel
from console.model.snapshot import Snapshot
from console.model.surface import Surface
from console.widgets.surface_pane import state_of
from console.widgets.verdicts import fate_line, target_line

READY = frozenset({AgentState.IDLE, AgentState.BACKGROUND})
NAME: Final = 30
"""Cells the column of names takes at most."""


class TargetsScreen(ModalScreen[tuple[str, ...] | None]):
    """Returns the keys of the marked surfaces in their order, at least one, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "back"),
        Binding("space,x", "mark", "mark", priority=True),
        Binding("a", "idle", mark("all that are idle")),
        Binding("enter,ctrl+b,ctrl+s", "take", mark("take these"), priority=True),
    ]

    def __init__(self, snapshot: Callable[[], Snapshot], chosen: Sequence[str]) -> None:
        super().__init__()
        self._snapshot = snapshot
        self._marked = set(chosen)
        self._surfaces: tuple[Surface, ...] = ()
        self._width = 0
        """Cells of the column of names."""

    def compose(self) -> ComposeResult:
        """The fleet, each with its live state."""
        with Vertical():
            yield Static(tr("Send to which surfaces?"), classes="dialog--title", markup=False)
            yield OptionList(markup=False)
            yield Static("", classes="dialog--hint", markup=False)

    def on_mount(self) -> None:
        """At the first marked one."""
        listed = self.query_one(OptionList)
        self._surfaces = self._snapshot().fleet()
        self._width = min(NAME, max((cell_len(surface.name) for surface in self._surfaces), default=0))
        listed.add_options([Option(self._line(surface)) for surface in self._surfaces])
        keys = [surface.key for surface in self._surfaces]
        listed.highlighted = next((at for at, key in enumerate(keys) if key in self._marked), 0)
        listed.focus()
        self._show()
        self.set_interval(1.0, self._show)

    def _line(self, surface: Surface) -> Content:
        mark = ("[x] ", "bold") if surface.key in self._marked else ("[ ] ", "dim")
        return Content.assemble(mark, target_line(surface, time.time(), self._width))

    def _show(self) -> None:
        """States change while one looks."""
        listed, snapshot = self.query_one(OptionList), self._snapshot()
        for at, surface in enumerate(self._surfaces):
            listed.replace_option_prompt_at_index(at, self._line(snapshot.surface(surface.key) or surface))
        count = sum(surface.key in self._marked for surface in self._surfaces)
        hint = tr(
            "{count} marked.  Space marks, a marks all that are idle, Enter takes them, Esc goes back.", count=count
        )
        self.query_one(".dialog--hint", Static).update(hint)

    def action_mark(self) -> None:
        """Mark, or take the mark away."""
        at = self.query_one(OptionList).highlighted
        if at is not None and self._surfaces:
            self._marked ^= {self._surfaces[at].key}
            self._show()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """A click marks."""
        self.action_mark()

    def action_idle(self) -> None:
        """Mark every surface that waits for a task."""
        found = [self._snapshot().surface(surface.key) or surface for surface in self._surfaces]
        self._marked |= {each.key for each in found if each.agent and state_of(each) in READY and not each.gone}
        self._show()

    def action_take(self) -> None:
        """Return what is marked."""
        chosen = tuple(surface.key for surface in self._surfaces if surface.key in self._marked)
        if chosen:
            self.dismiss(chosen)

    def action_leave(self) -> None:
        """Change nothing."""
        self.dismiss(None)


class ConfirmScreen(ModalScreen[tuple[Parcel, ...] | None]):
    """Names each surface with what will happen to it; returns what was shown when it was confirmed, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,n,q", "leave", "back"),
        Binding("y", "confirm", mark("do it")),
    ]

    def __init__(self, parcels: Callable[[], tuple[Parcel, ...]], *, queues: bool) -> None:
        super().__init__()
        self._make = parcels
        self._parcels = parcels()
        self._queues = queues

    def compose(self) -> ComposeResult:
        """A line for each."""
        with Vertical():
            yield Static("", classes="dialog--title", markup=False)
            with VerticalScroll():
                yield Static("", id="fates", markup=False)
            yield Static("", classes="dialog--hint", markup=False)

    def on_mount(self) -> None:
        """What a surface shows may change while one reads."""
        self._show()
        self.set_interval(1.0, self._again)

    def _again(self) -> None:
        self._parcels = self._make()
        self._show()

    def _show(self) -> None:
        going = [each for each in self._parcels if each.fate is not Fate.REFUSE]
        title = tr("Send the same task to {count} of {most} surfaces?", count=len(going), most=len(self._parcels))
        self.query_one(".dialog--title", Static).update(title if going else tr("Nobody can take it now"))
        lines = Content("\n").join([fate_line(each) for each in self._parcels])
        self.query_one("#fates", Static).update(lines)
        overrides = self._parcels[0].composed.overrides if self._parcels else ()
        set_aside = [*overrides, *([tr("elsewhere (among these)")] if len(going) > 1 else [])]
        told = tr("Set aside, and recorded: {guards}.", guards=", ".join(set_aside)) + "\n\n" if set_aside else ""
        busy = self._queues and any(each.fate is Fate.REFUSE for each in self._parcels)
        more = "  " + tr("Esc, then ctrl+l queues those that are busy.") if busy else ""
        keys = tr("y does it, Esc goes back.") if going else tr("Esc goes back.")
        self.query_one(".dialog--hint", Static).update(f"{told}{keys}{more}")

    def action_confirm(self) -> None:
        """Return what is shown."""
        if any(each.fate is not Fate.REFUSE for each in self._parcels):
            self.dismiss(self._parcels)

    def action_leave(self) -> None:
        """Back to the text."""
        self.dismiss(None)
