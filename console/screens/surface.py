"""One surface, whole: who it is, what it does and who says so, how it was started, what it did, what it was given."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import ClassVar, Final

from rich.style import Style
from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.color import Color
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from console.i18n import mark, tr, trn
from console.model.agent import SYMBOLS, AgentState, Detection
from console.model.dispatch import Dispatch
from console.model.service import Judgement
from console.model.surface import Surface
from console.widgets.surface_pane import state_of
from console.widgets.timeline import timeline
from console.widgets.words import span

CELLS: Final = 60
"""Of the last hour: one a minute."""
_SOURCES: Final = {
    "screen": mark("screen"),
    "title": mark("title"),
    "liveness": mark("liveness"),
    "hook": mark("hook"),
    "app server": mark("app server"),
    "status file": mark("status file"),
}
"""`Detection.source` for people; others are names."""
_SERVER: Final = {
    "server": mark("server"),
    "away": mark("away"),
    "sidebar": mark("sidebar"),
    "lock": mark("lock"),
    "spans": mark("spans"),
}
"""What is told of the terminal server (`console.engine_acts`)."""
SHOWN: Final = 12
"""Dispatches of this surface that are listed, newest first."""


class SurfaceScreen(ModalScreen[None]):
    """Drawn again every second, from what *now* gives; *server* says what there is to know of the terminal server."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,i,enter", "leave", "back")]

    def __init__(
        self,
        now: Callable[[], Surface | None],
        log: Sequence[Dispatch],
        server: Callable[[], Sequence[tuple[str, str]]] = tuple,
    ) -> None:
        super().__init__()
        self._now = now
        self._server = server
        self._surface = now()
        mine = [d for d in log if self._surface is not None and d.surface and self._surface.answers_to(d.surface)]
        mine.sort(key=lambda d: (d.dispatched_at or 0.0, d.number or 0), reverse=True)
        self._dispatches = mine[:SHOWN]

    def compose(self) -> ComposeResult:
        """Facts, the last hour, dispatches."""
        with Vertical():
            yield Static("", classes="dialog--title", id="who", markup=False)
            with VerticalScroll():
                yield Static("", id="facts", markup=False)
                if self._dispatches:
                    yield Static(_dispatches(self._dispatches, time.time()))
            yield Static(tr("Esc goes back."), classes="dialog--hint", markup=False)

    def on_mount(self) -> None:
        """Ages move by themselves."""
        self._draw()
        self.set_interval(1.0, self._draw)

    def _draw(self) -> None:
        self._surface = self._now() or self._surface
        if self._surface is None:
            self.dismiss(None)
            return
        state = state_of(self._surface)
        self.query_one("#who", Static).update(Text(f"{SYMBOLS[state]} {self._surface.name}"))
        self.query_one("#facts", Static).update(self._facts(self._surface, time.time()))

    def _facts(self, surface: Surface, now: float) -> Table:
        table = Table.grid(padding=(0, 2))
        table.add_column(no_wrap=True, style="dim")
        table.add_column(overflow="fold")  # as in `console.screens.help`

        def row(name: str, text: str | Text) -> None:
            if text:
                table.add_row(name, Text(text) if isinstance(text, str) else text)

        info = surface.info
        row(
            tr("attention"),
            surface.gone
            or (tr("blocked: {reason}; C confirms it", reason=surface.unconfirmed) if surface.unconfirmed else ""),
        )
        row(tr("where"), " · ".join(filter(None, (info.ref, info.place, info.workspace_ref))))
        row(tr("identity"), info.uuid or (tr("process {pid}", pid=info.pid) if info.pid else ""))
        row(tr("title"), info.title)
        row(tr("role"), surface.role)
        row(tr("agent"), _agent(surface))
        if surface.status is not None:
            found = surface.status.detection
            row(
                tr("state"),
                tr(
                    "{state} for {time}  {reason}",
                    state=tr(found.state),
                    time=span(now - surface.status.since),
                    reason=found.reason,
                ).rstrip(),
            )
            row(tr("says"), _witness(found, surface, now))
            for name, text in _told(found):
                row(name, text)
        started = surface.started
        if started is not None:
            sign = "" if started.judgement in (Judgement.OK, Judgement.UNKNOWN) else "▲ "
            row(tr("started"), f"{sign}{started.evidence}")
            row(
                "",
                tr("pid {pid}, {time} ago: {argv}", pid=started.pid, time=span(now - started.at), argv=started.argv)
                if started.at
                else started.argv,
            )
        if surface.history:
            hour = Text()
            for text, style in timeline(surface.history, now, self._state_style, CELLS):
                hour.append(text, style)
            row(tr("last hour"), hour)
        row(tr("error"), surface.error)
        for name, text in self._server():
            table.add_row(tr(_SERVER.get(name, name)), Text(text))
        return table

    def _state_style(self, state: AgentState) -> Style:
        colour = self.app.theme_variables.get(f"state-{state}", "ansi_default")
        return Style(color=Color.parse(colour).rich_color)

    def action_leave(self) -> None:
        """Back to the fleet."""
        self.dismiss(None)


def _agent(surface: Surface) -> str:
    seen, expected = surface.seen_agent, surface.expected_agent
    if seen and expected and seen != expected:
        return tr("▲ {seen}; the configuration expects {expected}", seen=seen, expected=expected)
    version = surface.status.detection.facts.version if surface.status is not None else ""
    return " ".join(filter(None, (surface.agent, version)))


def _witness(found: Detection, surface: Surface, now: float) -> str:
    """Who says so, how old that is, and the line it was read from."""
    at = found.at if found.at is not None else surface.read_at
    source = tr(_SOURCES.get(found.source, found.source))
    said = tr("{source}, {time} ago", source=source, time=span(now - at)) if at is not None else source
    rule = found.rule or tr("no rule")
    where = tr("{rule} in the {region}", rule=rule, region=found.region) if found.region else rule
    line = f": {found.line.strip()}" if found.line.strip() else ""
    return f"{said} ({where}){line}"


def _told(found: Detection) -> list[tuple[str, str]]:
    facts = found.facts
    left = tr("{left} % left", left=facts.context_left) if facts.context_left is not None else found.context
    rows = [(tr("model"), facts.model), (tr("context"), left), (tr("draft"), found.draft)]
    if facts.elapsed is not None:
        time = span(facts.elapsed)
        told = tr("{time}, {tokens} tokens", time=time, tokens=facts.tokens) if facts.tokens is not None else time
        rows.append((tr("this turn"), told))
    if facts.background_jobs:
        rows.append((tr("background"), trn("{count} job", "{count} jobs", facts.background_jobs)))
    if facts.question is not None:
        asked = facts.question
        rows.append((tr("asks"), " ".join(filter(None, (asked.title, asked.text)))))
        rows += [("", f"{option.number or '·'}  {option.label}") for option in asked.options]
    else:
        rows += [("" if at else tr("options"), f"{at + 1}  {option}") for at, option in enumerate(found.options)]
    return rows


def _dispatches(mine: Sequence[Dispatch], now: float) -> Table:
    title = "\n" + tr("Dispatches here")
    table = Table(title=title, box=None, title_justify="left", title_style="bold", padding=(0, 2, 0, 0))
    for name in ("#", tr("status"), tr("age"), tr("task")):
        table.add_column(name, header_style="dim", no_wrap=True, overflow="ellipsis")
    for each in mine:
        age = "" if each.dispatched_at is None else span(now - each.dispatched_at)
        table.add_row(*(Text(cell) for cell in (each.label, tr(each.status), age, each.task)))
    return table
