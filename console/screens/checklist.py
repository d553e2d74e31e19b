"""The restart checklist: every step with its state, its evidence and what to do about it; live."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import ClassVar, Final, Protocol

from rich.cells import cell_len, set_cell_size
from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.events import Key
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from console.commands import Command
from console.i18n import mark, tr
from console.model.checklist import OWED, SYMBOLS, About, Mark, Progress, Step, StepState, progress
from console.widgets.words import span

EVERY: Final = 1.0
"""Seconds between two looks."""
TITLE: Final = 34
"""Cells of a title, where there is room."""
_VARIABLES: Final = {
    StepState.PASS: "success",
    StepState.FAIL: "error",
    StepState.ATTENTION: "warning",
    StepState.MANUAL: "accent",
    StepState.RUNNING: "foreground-muted",
    StepState.SKIPPED: "foreground-muted",
}
HINT: Final = mark("r again   a all again   space tick   x skip   Enter go there   Esc back")


class Board(Protocol):
    """What the screen sees and does."""

    async def steps(self) -> tuple[Step, ...]:
        """Every step now."""

    def title(self) -> str:
        """Which hand-off it is checked against."""

    def marked(self, id: str) -> Mark | None:
        """What the operator has said of a step."""

    async def run(self, ids: Collection[str] | None = None) -> None:
        """Look again at some steps, or at everything."""

    async def mark(self, id: str, mark: Mark | None) -> str:
        """Tick, skip, or take that back; what is wrong, or empty."""


@dataclass(frozen=True, slots=True)
class Leave:
    """What the operator wants to go to."""

    about: About
    command: str = ""
    """Id of the command that helps, when its key was pressed; empty: only look at it."""


class ChecklistScreen(ModalScreen[Leave | None]):
    """Returns what the operator wants to look at or to do, or None. *commands*: by their ids, with their keys."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,R", "leave", mark("back")),
        Binding("r", "again", mark("look again")),
        Binding("a", "all_again", mark("look at everything again")),
        Binding("space", "tick", mark("tick"), priority=True),
        Binding("x", "skip", mark("skip")),
    ]

    def __init__(self, board: Board, commands: Mapping[str, Command], color: Callable[[str], str]) -> None:
        super().__init__()
        self._board = board
        self._commands = commands
        self._color = color
        self._steps: tuple[Step, ...] = ()
        self._drawn: list[tuple[str, Text]] = []
        self._told = ""
        self._moved = False
        """The operator has chosen a step; until then the cursor stands on the one that is owed most."""
        self._put: int | None = None
        """Where that was."""
        self._skips = ""
        """Id of the step that is about to be skipped: its reason is asked for."""

    def compose(self) -> ComposeResult:
        """Which hand-off, how far, the steps, the chosen one in full."""
        with Vertical():
            yield Static(tr("Restart checklist"), classes="dialog--title", markup=False)
            yield Static("", id="check-progress", markup=False)
            yield OptionList(id="steps", markup=False)
            yield Static("", id="check-state", markup=False)
            yield Static("", id="check-evidence", markup=False)
            yield Static("", id="check-remedy", markup=False)
            yield Input(placeholder=tr("why it is skipped; Enter skips it, Esc does not"), id="check-reason")
            yield Static("", classes="dialog--hint", id="told", markup=False)

    def on_mount(self) -> None:
        """Follow the steps."""
        self.query_one("#check-reason").display = False
        self.query_one(OptionList).focus()
        self._refill()
        self.set_interval(EVERY, self._refill)

    def on_resize(self) -> None:
        """Titles have another width; a small terminal has room for the steps only."""
        self.set_class(self.size.height < 30, "-small")
        self._draw()
        self.call_after_refresh(self.query_one(OptionList).scroll_to_highlight)

    # -- drawing -------------------------------------------------------------------------------------------------

    @work(exclusive=True, group="steps", exit_on_error=False)
    async def _refill(self) -> None:
        self._steps = await self._board.steps()
        self._draw()

    def _draw(self) -> None:
        if not self._steps:
            self.query_one("#check-progress", Static).update(tr("Looking …"))
            return
        rows = self._rows()
        listed = self.query_one(OptionList)
        self._notice()
        if [id for id, _ in rows] == [id for id, _ in self._drawn]:
            for at, (old, new) in enumerate(zip(self._drawn, rows, strict=True)):
                if old[1] != new[1]:
                    listed.replace_option_prompt_at_index(at, new[1])
        else:
            chosen = self._chosen_id() if self._moved else ""
            ids = [id for id, _ in rows]
            listed.clear_options()
            listed.add_options([Option(text, disabled=not id) for id, text in rows])
            listed.highlighted = ids.index(chosen) if chosen and chosen in ids else None
        self._drawn = rows
        if listed.highlighted is None or not self._moved:
            listed.highlighted = self._put = self._worst([id for id, _ in rows])
        self.query_one("#check-progress", Static).update(self._bar(progress(self._steps)))
        self._detail()

    def _worst(self, ids: list[str]) -> int | None:
        """Where the first of those steps is that are owed most; where nothing is owed, the first of all."""
        worst = min((_rank(step) for step in self._steps), default=len(OWED))
        found = {step.id for step in self._steps if _rank(step) == worst}
        return next((at for at, id in enumerate(ids) if id in found), None)

    def _rows(self) -> list[tuple[str, Text]]:
        width = self.query_one(OptionList).size.width - 2
        title = min(TITLE, max(16, width // 3))
        rows: list[tuple[str, Text]] = []
        group = ""
        for step in self._steps:
            if step.group != group:
                if group and not self.has_class("-small"):
                    rows.append(("", Text("")))
                group = step.group
                rows.append(("", Text(tr(group), style="bold")))
            rows.append((step.id, self._row(step, title)))
        return rows

    def _row(self, step: Step, width: int) -> Text:
        text = Text(no_wrap=True, overflow="ellipsis")
        text.append(f" {SYMBOLS[step.state]} ", style=self._style(step.state))
        name = " ".join(step.title.split())
        fitted = name if cell_len(name) <= width else f"{set_cell_size(name, width - 1).rstrip()}…"
        settled = step.state in (StepState.PASS, StepState.SKIPPED)
        text.append(set_cell_size(fitted, width), style="dim" if settled else "bold" if self._alarms(step) else "")
        text.append(f"  {' '.join(step.evidence.split())}", style="dim" if settled else "")
        return text

    @staticmethod
    def _alarms(step: Step) -> bool:
        """Whether it is what the eye has to find first."""
        return step.state is StepState.FAIL and not step.links

    def _style(self, state: StepState) -> str:
        color = self._color(_VARIABLES[state])
        return color if color.startswith("#") and len(color) == 7 else "dim"

    def _bar(self, counts: Progress) -> Text:
        width = max(6, min(40, self.size.width // 8 if self.size.width < 100 else self.size.width // 5))
        done = width * counts.settled // counts.total if counts.total else 0
        worst = next((s for s in (StepState.FAIL, StepState.ATTENTION, StepState.MANUAL) if counts.counts.get(s)), None)
        text = Text()
        text.append("━" * done, style=self._style(StepState.PASS))
        text.append("─" * (width - done), style=self._style(worst) if worst is not None else "dim")
        room = self.query_one("#check-progress").size.width - width
        text.append_text(
            min((self._counted(counts, words) for words in (True, False)), key=lambda told: told.cell_len > room)
        )
        return text.append(f"\n{self._board.title()}", style="dim")

    def _counted(self, counts: Progress, words: bool) -> Text:
        """How many are settled, then how many of each kind are not: with *words*, or with their signs only."""
        text = Text(f"  {counts.settled_words}")
        for state, count, told in counts.owed:
            text.append(f"   {SYMBOLS[state]} ", style=self._style(state)).append(told if words else str(count))
        return text

    def _detail(self) -> None:
        step = self._chosen()
        state, evidence, remedy = Text(), "", Text()
        if step is not None:
            state.append(f"{SYMBOLS[step.state]} {tr(str(step.state))}", style=self._style(step.state))
            state.append(self._beside(step), style="dim")
            evidence = step.evidence or step.title
            if step.remedy:
                key = f" ({self._commands[step.key].keys.split(' ')[0]})" if step.key in self._commands else ""
                remedy.append(f"→ {step.remedy}{key}", style="bold")
        self.query_one("#check-state", Static).update(state)
        self.query_one("#check-evidence", Static).update(evidence)
        self.query_one("#check-remedy", Static).update(remedy)
        # Where there is one row only, what was just done is told in place of the keys.
        small = self.has_class("-small")
        self.query_one("#told", Static).update(self._told or tr(HINT) if small else f"{self._told}\n{tr(HINT)}")

    @staticmethod
    def _beside(step: Step) -> str:
        """How old its evidence is, and where it comes from."""
        told = []
        if step.checked_at is not None:
            told.append(tr("{time} ago", time=span(time.time() - step.checked_at)))
        if step.line is not None:
            told.append(tr("line {line} of the hand-off", line=step.line))
        return "".join(f"   {each}" for each in told)

    def _notice(self) -> None:
        """Whether the operator has moved the cursor from where it was put."""
        self._moved = self._moved or self.query_one(OptionList).highlighted != self._put

    # -- what is chosen ------------------------------------------------------------------------------------------

    def _chosen_id(self) -> str:
        at = self.query_one(OptionList).highlighted
        return self._drawn[at][0] if at is not None and at < len(self._drawn) else ""

    def _chosen(self) -> Step | None:
        id = self._chosen_id()
        return next((step for step in self._steps if step.id == id), None)

    def on_option_list_option_highlighted(self) -> None:
        """Another one is chosen."""
        self._notice()
        self._told = ""
        self._detail()

    # -- acts ----------------------------------------------------------------------------------------------------

    @work(exit_on_error=False)
    async def action_again(self) -> None:
        """Look at the chosen one again."""
        step = self._chosen()
        if step is not None:
            self._tell(tr("Looking at {title} again.", title=step.title))
            await self._board.run([step.id, *step.links])
            self._refill()

    @work(exit_on_error=False)
    async def action_all_again(self) -> None:
        """Look at everything again."""
        self._tell(tr("Looking at everything again."))
        await self._board.run()
        self._refill()

    async def action_tick(self) -> None:
        """Tick what is done by hand, or take a tick or a skip back."""
        if self._skips:
            self.query_one(Input).insert_text_at_cursor(" ")
            return
        step = self._chosen()
        if step is None:
            return
        if self._board.marked(step.id) is not None:
            await self._mark(step, None, tr("Taken back."))
        elif step.state is StepState.MANUAL and not step.links:
            await self._mark(step, Mark("tick", time.time()), tr("Ticked."))
        elif step.links:
            self._tell(tr("It follows the steps below; settle those."))
        else:
            self._tell(tr("It checks itself; only steps by hand (☐) are ticked.  x skips it."))

    def action_skip(self) -> None:
        """Ask why the chosen one is skipped."""
        step = self._chosen()
        if step is None or step.links or step.state is StepState.PASS:
            self._tell(tr("Only a step that is owed, and follows no other, is skipped."))
            return
        self._skips = step.id
        reason = self.query_one(Input)
        reason.value, reason.display = "", True
        reason.focus()

    async def on_input_submitted(self, event: Input.Submitted) -> None:
        """Skip it, with its reason."""
        step = next((each for each in self._steps if each.id == self._skips), None)
        reason = " ".join(event.value.split())
        if not reason:
            self._tell(tr("Write why; Esc does not skip it."))
            return
        self._end_question()
        if step is not None:
            await self._mark(step, Mark("skip", time.time(), reason[:200]), tr("Skipped; space takes it back."))

    def _end_question(self) -> None:
        self._skips = ""
        self.query_one(Input).display = False
        self.query_one(OptionList).focus()

    async def _mark(self, step: Step, mark: Mark | None, said: str) -> None:
        wrong = await self._board.mark(step.id, mark)
        self._tell(f"✗ {wrong}" if wrong else said)
        self._refill()

    def _tell(self, text: str) -> None:
        self._moved = True
        self._told = text
        self._detail()

    def on_option_list_option_selected(self) -> None:
        """Go to what the chosen step is about."""
        step = self._chosen()
        if step is not None and step.about.kind:
            self.dismiss(Leave(step.about))
        elif step is not None:
            self._tell(tr("There is no place to go to; what it found stands above."))

    def on_key(self, event: Key) -> None:
        """The key that the remedy of the chosen step names does it."""
        step = self._chosen()
        command = self._commands.get(step.key) if step is not None and step.remedy and not self._skips else None
        if command is not None and step is not None and event.key in command.key.split(","):
            event.stop()
            self.dismiss(Leave(step.about, command.id))

    def action_leave(self) -> None:
        """Back to the fleet; or no skip after all."""
        if self._skips:
            self._end_question()
        else:
            self.dismiss(None)


def _rank(step: Step) -> int:
    """The lower the more it is owed; a step that follows others comes after those."""
    if step.links or step.state not in OWED:
        return len(OWED)
    # What still runs may come out well: what a person has to do stands before it.
    return (StepState.FAIL, StepState.ATTENTION, StepState.MANUAL, StepState.RUNNING).index(step.state)
