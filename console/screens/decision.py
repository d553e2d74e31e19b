"""One decision: what is asked, the answer, exactly what each command it unlocks would do, and what came of it."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import ClassVar, Final

from rich.table import Table
from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from console.i18n import tr
from console.model.decision import Asked, Decision
from console.model.decision_command import Outcome, Plan
from console.model.outcome import Written
from console.screens.decisions import Desk

MARK: Final = {"run": "▸", "send": "→", "refused": "✗"}
RUNS_SHOWN: Final = 3


class DecisionScreen(ModalScreen[str | None]):
    """Returns a text that is to be sent to a surface, or None."""

    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "back"),
        Binding("q", "leave", "back"),
        Binding("u", "reopen", "reopen"),
        Binding("y", "sure(True)", "yes"),
        Binding("n", "sure(False)", "no"),
    ]

    def __init__(self, desk: Desk, id: str, now: Callable[[], Decision | None]) -> None:
        super().__init__()
        self._desk = desk
        self._which = id
        self._now = now
        self._decision = now()
        self._plans: tuple[Plan, ...] = ()
        self._asked: Plan | None = None
        self._busy = False
        self._told = ""

    def compose(self) -> ComposeResult:
        """What is asked, answer, commands, what came of them."""
        decision = self._decision
        choices = [Option(Text(each)) for each in decision.options] if decision is not None else []
        with Vertical():
            yield Static(tr("Decision"), classes="dialog--title", markup=False)
            with VerticalScroll(can_focus=False, id="about"):
                yield Static("", id="facts", markup=False)
            yield OptionList(*choices, id="choices", markup=False)
            yield Input(placeholder=tr("your answer; Enter decides"), id="answer", compact=True)
            yield Input(placeholder=tr("a note, if it needs one"), id="note", compact=True)
            yield OptionList(id="plans", markup=False)
            yield Static("", classes="dialog--hint", id="told", markup=False)

    def on_mount(self) -> None:
        """The answer comes first."""
        self._fill()
        self._focus()
        self.set_interval(0.5, self._follow)

    def _focus(self) -> None:
        decision = self._decision
        if decision is not None and decision.pending:
            self.query_one("#answer", Input).focus()
        elif self._plans:
            self.query_one("#plans", OptionList).focus()
        else:
            self.set_focus(None)

    def _follow(self) -> None:
        found = self._now()
        if found != self._decision:
            settled = found is not None and self._decision is not None and found.state is not self._decision.state
            self._decision = found
            self._fill()
            if settled and found is not None and not found.pending:
                self.set_focus(None)  # a second Enter, meant for the answer, must not reach a command
            elif settled:
                self._focus()
        elif found is not None and self._desk.plans(found) != self._plans and self._asked is None:
            self._fill()

    # -- drawing -------------------------------------------------------------------------------------------------

    def _fill(self) -> None:
        decision = self._decision
        pending = decision is not None and decision.pending
        self.query_one("#facts", Static).update(self._facts())
        for name in ("#answer", "#note"):
            self.query_one(name).display = pending
        self.query_one("#choices").display = pending and bool(decision and decision.options)
        self._plans = self._desk.plans(decision) if decision is not None else ()
        listed = self.query_one("#plans", OptionList)
        chosen = listed.highlighted
        listed.clear_options()
        listed.add_options([Option(_plan(each)) for each in self._plans])
        listed.display = bool(self._plans)
        if self._plans:
            listed.highlighted = min(chosen or 0, len(self._plans) - 1)
        self._hint()

    def _facts(self) -> Table:
        table = Table.grid(padding=(0, 2))
        table.add_column(no_wrap=True, style="dim")
        table.add_column(overflow="fold")
        decision = self._decision

        def row(name: str, text: str, style: str = "") -> None:
            if text:
                table.add_row(name, Text(text, style=style))

        if decision is None:
            row("", tr("It is not in the file any more."))
            return table
        row("", decision.text, "bold")
        row(tr("asked"), " · ".join(part for part in (_time(decision.asked_at), decision.source) if part))
        row(tr("files"), "\n".join(decision.paths))
        if not decision.pending:
            row(tr("answer"), decision.answer, "bold")
            row(tr(str(decision.state)), " · ".join(p for p in (decision.decided_by, _time(decision.decided_at)) if p))
        row(tr("note"), decision.note)
        for each in decision.ran[-RUNS_SHOWN:]:
            how = tr("exit {exit}", exit=each.exit) if each.exit is not None else tr("no end known")
            took = f"{each.seconds:.1f} s" if each.seconds is not None else ""
            head = " · ".join(part for part in (how, _time(each.at), took, each.by) if part)
            row(tr("ran"), f"{each.command}\n{head}\n{each.result}".rstrip())
        return table

    def _hint(self) -> None:
        decision = self._decision
        lines = [self._told] if self._told else []
        if self._asked is None and decision is not None and not self._busy:
            if decision.pending:
                lines.append(tr("Enter decides; what it unlocks can be run after that.  Tab moves, Esc goes back."))
            elif self._plans:
                lines.append(tr("Tab, then Enter, runs or sends a command, u lets it wait again, Esc goes back."))
            else:
                lines.append(tr("u lets it wait again, Esc goes back."))
        self.query_one("#told", Static).update("\n".join(lines))

    def _say(self, told: str) -> None:
        self._told = told
        self._hint()

    # -- acts ----------------------------------------------------------------------------------------------------

    @on(OptionList.OptionSelected, "#choices")
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        """A choice becomes the answer; Enter there decides."""
        decision = self._decision
        if decision is not None and event.option_index < len(decision.options):
            answer = self.query_one("#answer", Input)
            answer.value = decision.options[event.option_index]
            answer.focus()

    @on(Input.Submitted)
    async def _answered(self) -> None:
        if self._busy:
            return
        answer, note = (self.query_one(name, Input).value for name in ("#answer", "#note"))
        if not answer.strip():
            self._say(tr("An answer is needed: a word will do."))
            self.query_one("#answer", Input).focus()
            return
        await self._do(self._desk.decide(self._which, answer, note))

    async def _do(self, act: Awaitable[Written]) -> None:
        self._busy = True  # a second Enter is the same one
        try:
            written = await act
        finally:
            self._busy = False
        text = "; ".join(part for part in (written.text, written.warning) if part)
        self._told = text if written.done else f"✗ {text}"
        self._follow()
        self._hint()

    @on(OptionList.OptionSelected, "#plans")
    def _plan_chosen(self, event: OptionList.OptionSelected) -> None:
        """Ask before anything is run."""
        decision, plan = self._decision, self._plans[event.option_index]
        if decision is None or self._busy:
            return
        if plan.kind == "refused":
            self._say(f"✗ {plan.why}; {plan.remedy}." if plan.remedy else f"✗ {plan.why}.")
        elif decision.pending:
            self._say(tr("Decide it first: the answer, then Enter."))
        elif plan.kind == "send":
            self.dismiss(plan.text)
        else:
            self._asked = plan
            self._say(
                tr(
                    "Run this now?\n{shown}\nin {cwd}, without a shell.\ny runs it, n does not.",
                    shown=plan.shown,
                    cwd=plan.cwd,
                )
            )

    async def action_sure(self, sure: bool) -> None:
        """The answer to the question that was asked."""
        plan, self._asked = self._asked, None
        if plan is None:
            return
        if not sure:
            self._say(tr("Nothing was run."))
            return
        self._busy = True
        self._say(tr("Running {shown} …", shown=plan.shown))
        self.run_worker(self._run(plan), exit_on_error=False, name=tr("command of a decision"))

    async def _run(self, plan: Plan) -> None:
        try:
            done: Outcome = await self._desk.run(self._which, plan)
        finally:
            self._busy = False
        mark = "✓" if done.written.done else "✗"
        text = "; ".join(part for part in (done.written.text, done.written.warning) if part)
        self._say(f"{mark} {text}")

    async def action_reopen(self) -> None:
        """It waits again."""
        if self._decision is not None and not self._decision.pending and not self._busy:
            await self._do(self._desk.reopen(self._which))

    def action_leave(self) -> None:
        """Back to the list; or no answer to the question. What runs is waited for: leaving would not stop it."""
        if self._asked is not None:
            self._asked = None
            self._say(tr("Nothing was run."))
        elif self._busy:
            self._say(tr("It runs still; its end is noted with the decision."))
        else:
            self.dismiss(None)


class NewDecisionScreen(ModalScreen[Asked | None]):
    """Returns what is to be noted."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "cancel")]

    def compose(self) -> ComposeResult:
        """What is asked, what it unlocks, what may be answered."""
        with Vertical():
            yield Static(tr("Note a decision"), classes="dialog--title", markup=False)
            yield Input(placeholder=tr("what has to be decided"), id="text", compact=True)
            yield Input(placeholder=tr("the command it unlocks, if there is one"), id="command", compact=True)
            yield Input(placeholder=tr("choices, separated by |, if there are some"), id="options", compact=True)
            yield Static(tr("Enter notes it, Tab moves, Esc leaves."), classes="dialog--hint", id="told", markup=False)

    @on(Input.Submitted)
    def _noted(self) -> None:
        text, command, options = (
            self.query_one(name, Input).value.strip() for name in ("#text", "#command", "#options")
        )
        if not text:
            self.query_one("#told", Static).update(tr("Say what has to be decided; Esc leaves."))
            self.query_one("#text", Input).focus()
            return
        choices = tuple(each.strip() for each in options.split("|") if each.strip())
        self.dismiss(Asked(text, (command,) if command else (), (), choices, tr("noted in the console")))

    def action_leave(self) -> None:
        """Note nothing."""
        self.dismiss(None)


def _plan(plan: Plan) -> Text:
    text = Text(f" {MARK[plan.kind]} ")
    if plan.kind == "run":
        text.append(plan.shown)
        where = tr("in {cwd}", cwd=plan.cwd)
        text.append(f"\n   {where}", style="dim")
        return text
    text.append(" ".join((plan.text or plan.command).split()), style="" if plan.kind == "send" else "dim")
    text.append(f"\n   {plan.why}", style="dim" if plan.kind == "send" else "bold")
    return text


def _time(at: float | None) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(at)) if at is not None else ""
