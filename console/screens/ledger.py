"""The verification ledger: who verified whom, how far the scores are apart, what nobody has verified yet."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import ClassVar, Final

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from console.i18n import mark, tr, trc
from console.model.dispatch import Dispatch
from console.model.ledger import Ledger, ledger
from console.model.verify_task import numbered
from console.widgets.plots import gap_trend
from console.widgets.words import span

SHOWN: Final = 200
"""Rows of a list that are shown; the filter of the dispatch table finds the others."""


class LedgerScreen(ModalScreen[Dispatch | None]):
    """Authors, what awaits verification, the checks themselves. Returns the dispatch whose record is to be opened."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,l,enter", "leave", mark("back")),
        # The list of verifications has the other keys.
        Binding("pagedown", "page(1)", "down", show=False, priority=True),
        Binding("pageup", "page(-1)", "up", show=False, priority=True),
    ]

    def __init__(self, log: Sequence[Dispatch], names: Mapping[str, str]) -> None:
        super().__init__()
        self._ledger = ledger(log, names)
        self._sent = tuple(reversed([each for each in log if each.links.verifies is not None]))[:SHOWN]
        self._log = log

    def compose(self) -> ComposeResult:
        """The verifications that were sent, then three tables."""
        found = self._ledger
        with Vertical():
            yield Static(tr("Verification ledger"), classes="dialog--title", markup=False)
            with VerticalScroll():
                if not found.checked and not found.awaiting:
                    yield Static(tr("Nothing is finished yet, so there is nothing to verify."), markup=False)
                if self._sent:
                    yield Static(tr("Sent to be verified"), classes="dialog--title", markup=False)
                    rows = (_sent(each, numbered(self._log, each.links.verifies)) for each in self._sent)
                    yield OptionList(*(Option(row) for row in rows), markup=False)
                if found.authors:
                    yield Static(_authors(found))
                if found.by_author:
                    numbers = ", ".join(each.label for each in found.by_author[:20])
                    yield Static(
                        tr("▲ verified by their own author, which is no verification: {numbers}", numbers=numbers),
                        markup=False,
                    )
                if found.awaiting:
                    yield Static(_awaiting(found, time.time(), self._sent))
                if found.checked:
                    yield Static(_checked(found))
            yield Static(_hint(listed=bool(self._sent)), classes="dialog--hint", markup=False)

    def on_mount(self) -> None:
        """At the newest verification."""
        for listed in self.query(OptionList):
            listed.highlighted = 0
            listed.focus()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """To the record of what is verified; where the log has it no more, to that of the verification."""
        asked = self._sent[event.option_index]
        self.dismiss(numbered(self._log, asked.links.verifies) or asked)

    def action_page(self, step: int) -> None:
        """Scroll the whole ledger."""
        scrolled = self.query_one(VerticalScroll)
        scrolled.scroll_relative(y=step * max(1, scrolled.size.height - 1), animate=False)

    def action_leave(self) -> None:
        """Back to the fleet."""
        self.dismiss(None)


def _hint(*, listed: bool) -> str:
    if listed:
        return tr(
            "The gap is self minus cross score.  v on a dispatch has it verified.  "
            "Enter opens the record, PgDn scrolls.  Esc goes back."
        )
    return tr("The gap is self minus cross score.  v on a dispatch has it verified.  Esc goes back.")


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, box=None, title_justify="left", title_style="bold", padding=(0, 2, 0, 0), expand=True)
    for at, column in enumerate(columns):
        last = at == len(columns) - 1
        table.add_column(column, header_style="dim", no_wrap=True, overflow="ellipsis", ratio=1 if last else None)
    return table


def _authors(found: Ledger) -> Table:
    verdicts = (tr("pass"), tr("warn"), tr("fail"), tr("awaits"))
    table = _table(tr("Authors"), tr("author"), *verdicts, tr("mean gap"), tr("trend"), tr("verified by"))
    for author in found.authors:
        gap = "–" if author.mean_gap is None else f"{author.mean_gap:+.2f}"
        by = ", ".join(f"{name} {count}×" for name, count in author.verifiers.items())
        counts = (str(each) if each else "–" for each in (author.passed, author.warned, author.failed, author.awaiting))
        cells = (author.name or tr("(nobody named)"), *counts, gap, gap_trend(author.gaps, 12), by)
        table.add_row(*(Text(cell) for cell in cells))
    return table


def _sent(each: Dispatch, verified: Dispatch | None) -> Text:
    """``#61 on CLAUDE V verifies #54 · sent · the task of #54``."""
    told = Text(no_wrap=True, overflow="ellipsis")
    told.append(
        tr(
            "{label} on {surface} verifies #{verifies}",
            label=each.label,
            surface=each.surface or "?",
            verifies=each.links.verifies,
        )
    )
    told.append(f" · {tr(each.status)} · {verified.task if verified is not None else each.task}", style="dim")
    return told


def _awaiting(found: Ledger, now: float, sent: Sequence[Dispatch]) -> Table:
    asked = {each.links.verifies: each.label for each in reversed(sent) if each.is_open}
    title = tr("Awaiting verification: {count}", count=len(found.awaiting))
    columns = ("#", tr("author"), trc("column", "age"), tr("status"), *((tr("asked"),) if asked else ()), tr("task"))
    table = _table("\n" + title, *columns)
    for each in found.awaiting[:SHOWN]:
        age = "" if each.dispatched_at is None else span(now - each.dispatched_at)
        by = (asked.get(each.number, ""),) if asked else ()
        table.add_row(*(Text(cell) for cell in (each.label, each.surface, age, tr(each.status), *by, each.task)))
    return table


def _checked(found: Ledger) -> Table:
    scored = (trc("who verified", "by"), tr("self"), tr("cross"), tr("gap"), tr("verdict"))
    table = _table("\n" + tr("Verified"), "#", tr("author"), *scored, tr("task"))
    for each in found.checked[:SHOWN]:
        check = each.verification
        if check is not None:
            verdict = tr(check.verdict) if check.verdict is not None else "–"
            scores = (_score(check.self_score), _score(check.cross_score), _score(check.gap, "+g"))
            cells = (each.label, each.surface, check.by or "?", *scores, verdict, each.task)
            table.add_row(*(Text(cell) for cell in cells))
    return table


def _score(value: float | None, form: str = "g") -> str:
    return "–" if value is None else format(value, form)
