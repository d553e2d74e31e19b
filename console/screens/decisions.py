"""What waits for the owner's decision, what the last hand-off asks for, and what was decided by whom."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from typing import ClassVar, Final, Protocol

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from console.i18n import mark, tr
from console.model.decision import Asked, Decision, DecisionsSlice, DecisionState, new
from console.model.decision_command import Outcome, Plan
from console.model.outcome import Written
from console.widgets.words import span

EVERY: Final = 0.5
"""Seconds between two looks."""
EMPTY: Final = mark("Nothing waits for a decision.  n notes one, and so does `oc-console decision add`.")
SYMBOL: Final = {DecisionState.PENDING: "▲", DecisionState.DECIDED: "✓", DecisionState.WITHDRAWN: "–"}
OFFER, HEAD = "offer:", "head:"
"""Beginnings of the ids of rows: what may be noted, and a line between the parts."""


class Desk(Protocol):
    """What the screens change; everything says what came of it."""

    async def add(self, asked: Sequence[Asked]) -> Written:
        """Note decisions."""

    async def decide(self, id: str, answer: str, note: str = "") -> Written:
        """Answer one."""

    async def withdraw(self, id: str) -> Written:
        """Close one that nobody has to make."""

    async def reopen(self, id: str) -> Written:
        """Make one wait again."""

    def plans(self, decision: Decision) -> tuple[Plan, ...]:
        """What its commands would do."""

    async def run(self, id: str, shown: Plan) -> Outcome:
        """Run what was shown."""


class DecisionsScreen(ModalScreen[str | None]):
    """Returns a text that is to be sent to the selected surface, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,d", "leave", "back"),
        Binding("n", "add", "note a decision"),
        Binding("i", "take_all", "note what is offered"),
        Binding("x", "withdraw", "withdraw"),
        Binding("y", "sure", "yes"),
    ]

    def __init__(
        self,
        desk: Desk,
        now: Callable[[], DecisionsSlice],
        offered: Callable[[], Awaitable[tuple[Sequence[Asked], str]]],
        read_only: bool = False,
    ) -> None:
        """*offered* gives what the last hand-off asks for, and its name or what is wrong with it."""
        super().__init__()
        self._desk = desk
        self._now = now
        self._look = offered
        self._read_only = read_only
        self._found: tuple[Asked, ...] = ()
        self._from = ""
        self._drawn: list[tuple[str, Text]] = []
        self._asked = ""
        """Id of the decision a question is open about."""
        self._told = ""

    def compose(self) -> ComposeResult:
        """What is wrong, the decisions, what can be done."""
        with Vertical():
            yield Static(tr("Decisions"), classes="dialog--title", markup=False)
            yield Static("", id="decisions-note", markup=False)
            yield OptionList(id="decisions", markup=False)
            yield Static("", classes="dialog--hint", id="told", markup=False)

    async def on_mount(self) -> None:
        """Follow the file."""
        self._fill()
        self.query_one(OptionList).focus()
        self.set_interval(EVERY, self._fill)
        self.run_worker(self._look_for_offers(), exit_on_error=False, name=tr("hand-off"))

    async def _look_for_offers(self) -> None:
        found, self._from = await self._look()
        self._found = tuple(found)
        self._fill()

    # -- drawing -------------------------------------------------------------------------------------------------

    def _offers(self) -> tuple[Asked, ...]:
        return new(self._found, self._now().decisions)

    def _fill(self) -> None:
        rows = self._rows(time.time())
        listed = self.query_one(OptionList)
        if rows != self._drawn:
            chosen = self._chosen_id()
            ids = [id for id, _ in rows]
            listed.clear_options()
            listed.add_options([Option(text, disabled=id.startswith(HEAD)) for id, text in rows])
            first = next((at for at, id in enumerate(ids) if not id.startswith(HEAD)), None)
            self._drawn = rows
            listed.highlighted = ids.index(chosen) if chosen in ids else first
        seen = self._now()
        notes = [seen.error, *seen.problems[:3]]
        notes += [tr("This console is read-only: it decides and runs nothing.")] if self._read_only else []
        note = self.query_one("#decisions-note", Static)
        note.update("\n".join(filter(None, notes)))
        note.display = any(notes)
        self._hint()

    def _rows(self, now: float) -> list[tuple[str, Text]]:
        """(id, what is drawn); the id of a line between the parts begins with `HEAD`."""
        seen = self._now()
        rows = [(each.id, _pending(each, now)) for each in seen.pending]
        offered = self._offers()
        if offered:
            title = tr("Asked in the last hand-off, {name}", name=self._from)
            rows.append((f"{HEAD}offers", Text(title, style="dim")))
            rows += [(f"{OFFER}{each.source} {each.text}", _offered(each)) for each in offered]
        if seen.settled:
            rows.append((f"{HEAD}settled", Text(tr("Decided"), style="dim")))
            rows += [(each.id, _settled(each)) for each in seen.settled]
        return rows

    def _hint(self) -> None:
        text = self._told
        if not self._drawn and not text:
            text = tr(EMPTY)
        chosen = self._chosen_id()
        decision = self._chosen()
        if self._asked:
            hint = ""
        elif chosen.startswith(OFFER):
            hint = tr("Enter notes it, i notes all of them, n notes one, Esc back.")
        elif decision is not None and decision.pending:
            hint = tr("Enter decides it, x withdraws it, n notes one, Esc back.")
        elif decision is not None:
            hint = tr("Enter shows it, n notes one, Esc back.")
        else:
            hint = tr("n notes one, Esc back.")
        self.query_one("#told", Static).update("\n".join(part for part in (text, hint) if part))

    def _chosen_id(self) -> str:
        at = self.query_one(OptionList).highlighted
        return self._drawn[at][0] if at is not None and at < len(self._drawn) else ""

    def _chosen(self) -> Decision | None:
        chosen = self._chosen_id()
        return next((each for each in self._now().decisions if each.id == chosen), None)

    def on_option_list_option_highlighted(self) -> None:
        """Another one is chosen: a question about the one before is off."""
        if self._asked and self._chosen_id() != self._asked:
            self._asked = self._told = ""
        self._hint()

    # -- acts ----------------------------------------------------------------------------------------------------

    async def _do(self, act: Awaitable[Written]) -> None:
        written = await act
        text = "; ".join(part for part in (written.text, written.warning) if part)
        self._asked, self._told = "", text if written.done else f"✗ {text}"
        self._fill()

    async def on_option_list_option_selected(self) -> None:
        """Note what is offered, or open the decision."""
        chosen, decision = self._chosen_id(), self._chosen()
        if chosen.startswith(OFFER):
            await self._do(self._desk.add([e for e in self._offers() if chosen == f"{OFFER}{e.source} {e.text}"]))
        elif decision is not None:
            self.run_worker(self._open(decision.id), exit_on_error=False, name=tr("decision"))

    async def _open(self, id: str) -> None:
        from console.screens.decision import DecisionScreen

        def now() -> Decision | None:
            return next((each for each in self._now().decisions if each.id == id), None)

        text = await self.app.push_screen_wait(DecisionScreen(self._desk, id, now))
        self._told = ""
        self._fill()
        if text:
            self.dismiss(text)

    def action_add(self) -> None:
        """Ask for a new one; or no answer to the question."""
        if self._asked:
            self._asked = self._told = ""
            self._hint()
        else:
            self.run_worker(self._add(), exit_on_error=False, name=tr("new decision"))

    async def _add(self) -> None:
        from console.screens.decision import NewDecisionScreen

        asked = await self.app.push_screen_wait(NewDecisionScreen())
        if asked is not None:
            await self._do(self._desk.add([asked]))

    async def action_take_all(self) -> None:
        """Note everything the last hand-off asks for."""
        offered = self._offers()
        if offered:
            await self._do(self._desk.add(offered))
        else:
            self._told = self._from if self._from.startswith("✗") else tr("The last hand-off asks for nothing new.")
            self._hint()

    def action_withdraw(self) -> None:
        """Ask whether nobody has to decide it any more."""
        decision = self._chosen()
        if decision is not None and decision.pending:
            self._asked = decision.id
            self._told = tr("Withdraw “{text}”?  y withdraws it, n keeps it.", text=decision.text)
            self._hint()

    async def action_sure(self) -> None:
        """The answer to the question that was asked."""
        if self._asked:
            await self._do(self._desk.withdraw(self._asked))

    def action_leave(self) -> None:
        """Back to the fleet; or no answer to the question."""
        if self._asked:
            self._asked = self._told = ""
            self._hint()
        else:
            self.dismiss(None)


def _pending(each: Decision, now: float) -> Text:
    age = span(now - each.asked_at) if each.asked_at is not None else ""
    text = Text(f" {SYMBOL[each.state]} {age:>4}  ")
    text.append(each.text, style="bold")
    about = each.commands[0] if each.commands else ", ".join(each.options) or (each.paths[0] if each.paths else "")
    if about:
        about = " ".join(about.split())
        if len(each.commands) > 1:
            about = tr("1 of {count}: {command}", count=len(each.commands), command=about)
        text.append(f"\n{' ' * 9}{about}", style="dim")
    return text


def _offered(each: Asked) -> Text:
    text = Text(f" +       {each.text}")
    if each.commands:
        text.append(f"\n{' ' * 9}{' '.join(each.commands[0].split())}", style="dim")
    return text


def _settled(each: Decision) -> Text:
    when = time.strftime("%m-%d %H:%M", time.localtime(each.decided_at)) if each.decided_at is not None else ""
    text = Text(f" {SYMBOL[each.state]} {each.text}", style="dim")
    told = " · ".join(
        part for part in (each.answer or tr(str(each.state)), each.decided_by, when, last_run(each)) if part
    )
    text.append(f"\n{' ' * 9}{told}", style="")
    return text


def last_run(decision: Decision) -> str:
    """What came of its last command; empty when none was run."""
    if not decision.ran:
        return ""
    last = decision.ran[-1]
    return (
        tr("ran: exit {exit}", exit=last.exit)
        if last.exit is not None
        else tr("ran: {result}", result=last.result or tr("no end known"))
    )
