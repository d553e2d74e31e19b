"""One dispatch, whole: what the log has, what the surface does, how its author's scores stand."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from typing import ClassVar, Literal, Protocol

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from console.i18n import mark, tr
from console.model.dispatch import Dispatch, Verification
from console.model.ledger import gaps
from console.model.naming import identity
from console.model.reconcile import Live, trouble
from console.model.verify_task import numbered, verifications
from console.widgets.plots import gap_words
from console.widgets.words import span

Choice = Literal["go", "check", "status", "verify", "other"]
"""What is to be done after the record was looked at."""


class Detail(Protocol):
    """What the engine read of the record."""

    @property
    def raw(self) -> str:
        """The record as JSON."""

    @property
    def history(self) -> tuple[str, ...]:
        """What the console wrote."""


class RecordScreen(ModalScreen[Choice | None]):
    """Returns what is to be done next, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,enter", "leave", mark("back")),
        Binding("g", "choose('go')", mark("go to the surface")),
        Binding("v", "choose('verify')", mark("have it verified")),
        Binding("r", "choose('check')", mark("record a verification")),
        Binding("o", "other", mark("the other dispatch")),
        Binding("e", "choose('status')", mark("another status")),
        Binding("c,y", "copy", mark("copy")),
    ]

    def __init__(
        self,
        dispatch: Dispatch,
        log: Sequence[Dispatch],
        live: dict[str, Live],
        read: Callable[[], Awaitable[Detail]],
    ) -> None:
        super().__init__()
        self._dispatch = dispatch
        self._log = log
        self._live = live
        self._read = read
        self._raw = ""
        verified = numbered(log, dispatch.links.verifies)
        self._others = ((verified,) if verified is not None else ()) + verifications(log, dispatch)

    def compose(self) -> ComposeResult:
        """Facts, then the raw record, then what the console did to it."""
        with Vertical():
            yield Static(Text(f"{self._dispatch.label} {self._dispatch.task}"), classes="dialog--title")
            with VerticalScroll():
                yield Static(self._facts(), id="facts")
                yield Static("", id="raw", markup=False)
            yield Static(_hint(linked=bool(self._others)), classes="dialog--hint", markup=False)

    async def on_mount(self) -> None:
        """Read the rest of the record; the facts are there already."""
        self.run_worker(self._fill(), exclusive=True, exit_on_error=False)

    async def _fill(self) -> None:
        detail = await self._read()
        self._raw = detail.raw
        parts = ["", tr("As the file has it:"), detail.raw]
        parts += ["", tr("What the console wrote:"), *(detail.history or (tr("nothing yet"),))]
        self.query_one("#raw", Static).update(Text("\n".join(parts)))

    def _facts(self) -> Table:
        dispatch, now = self._dispatch, time.time()
        table = Table.grid(padding=(0, 2))
        table.add_column(no_wrap=True, style="dim")
        table.add_column(overflow="fold")

        def row(name: str, text: str) -> None:
            if text:
                table.add_row(name, Text(text))

        raw = f" ({dispatch.raw_status})" if dispatch.raw_status else ""
        row(tr("status"), f"{tr(dispatch.status)}{raw}")
        live = self._live.get(identity(dispatch.surface))
        doing = tr(", {state} now", state=tr(live.state)) if live is not None else ""
        row(tr("surface"), f"{dispatch.surface}{doing}" if dispatch.surface else "")
        row(tr("attention"), trouble(dispatch, self._live, now))
        if dispatch.dispatched_at is not None:
            at = time.strftime("%Y-%m-%d %H:%M", time.localtime(dispatch.dispatched_at))
            row(tr("dispatched"), tr("{at}, {time} ago", at=at, time=span(now - dispatch.dispatched_at)))
        if dispatch.verification is not None:
            row(tr("verified"), _checked(dispatch.verification))
        for other in self._others:
            verifies = other.number == dispatch.links.verifies
            row(tr("verifies") if verifies else tr("verified by"), _linked(other, placed=not verifies))
        if dispatch.links.verifies is not None and not self._others:
            row(tr("verifies"), tr("#{verifies}, which is not in the log", verifies=dispatch.links.verifies))
        row(tr("author's gaps"), gap_words(gaps(self._log, dispatch.surface)))
        return table

    def action_leave(self) -> None:
        """Back to the fleet."""
        self.dismiss(None)

    def action_choose(self, choice: Choice) -> None:
        """Leave with what is to be done."""
        self.dismiss(choice)

    @property
    def other(self) -> Dispatch | None:
        """The dispatch it verifies, or the one that was sent to verify it."""
        return self._others[0] if self._others else None

    def action_other(self) -> None:
        """Open the record at the other end of the link."""
        if self._others:
            self.dismiss("other")
        else:
            self.notify(tr("No other dispatch is linked with it."), markup=False, timeout=2)

    def action_copy(self) -> None:
        """The whole record to the clipboard (OSC 52, where the terminal allows it)."""
        self.app.copy_to_clipboard(self._raw or f"{self._dispatch.label} {self._dispatch.task}")
        self.notify(tr("Copied."), markup=False, timeout=2)


def _hint(*, linked: bool) -> str:
    if linked:
        return tr(
            "g its surface, e sets its status, v has it verified, r a verdict, o the other one, c copies, "
            "Esc goes back."
        )
    return tr("g its surface, e sets its status, v has it verified, r a verdict, c copies, Esc goes back.")


def _checked(check: Verification) -> str:
    told = {
        "verdict": tr(check.verdict) if check.verdict is not None else tr("pending"),
        "by": check.by or tr("somebody"),
        "own": _score(check.self_score),
        "cross": _score(check.cross_score),
    }
    if check.gap is None:
        return tr("{verdict} by {by}: self {own}, cross {cross}", **told)
    return tr("{verdict} by {by}: self {own}, cross {cross}, gap {gap:+g}", gap=check.gap, **told)


def _linked(other: Dispatch, *, placed: bool) -> str:
    """The dispatch at the other end; with the surface it is on where it is *placed*."""
    told = {"label": other.label, "status": tr(other.status), "task": other.task}
    if placed and other.surface:
        return tr("{label} on {surface}, {status}: {task}", surface=other.surface, **told)
    return tr("{label}, {status}: {task}", **told)


def _score(value: float | None) -> str:
    return "–" if value is None else f"{value:g}"
