"""What waits to be sent: the queue of each surface, why each task does not go yet, and what can be done about it."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import ClassVar, Final, Protocol

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from console.i18n import mark, tr
from console.model.agent import SYMBOLS
from console.model.cells import padded
from console.model.outcome import Written
from console.model.queue import BEFORE, Item, ItemState
from console.model.queue_view import STATE, Lane, Line
from console.screens.queue_item import ItemScreen
from console.widgets.words import span

SYMBOL: Final = {
    ItemState.WAITING: "·",
    ItemState.PAUSED: "‖",
    ItemState.SENDING: "→",
    ItemState.REFUSED: "✗",
    ItemState.CHECK: "▲",
    ItemState.SENT: "✓",
}
EVERY: Final = 0.5
"""Seconds between two looks."""
EMPTY: Final = mark("Nothing waits.  The composer (s) queues a task, and so does `oc-console send … --queue`.")


class Desk(Protocol):
    """What the screen sees and does; everything that changes the queues says what came of it."""

    def lanes(self) -> tuple[Lane, ...]:
        """The queues now."""

    def lately(self) -> tuple[Item, ...]:
        """What was sent a short time ago."""

    def note(self) -> str:
        """Why nothing at all is sent, or what is wrong; empty when nothing is."""

    def stopped(self) -> bool:
        """Whether everything is stopped."""

    def typed(self, item: Item) -> str:
        """Exactly what would be typed."""

    async def pause(self, key: str | None = None) -> Written:
        """Hold one queue, or everything."""

    async def resume(self, key: str | None = None) -> Written:
        """Release one queue, or everything."""

    async def move(self, id: str, by: int) -> Written:
        """Move a task in its queue."""

    async def drop(self, id: str) -> Written:
        """Take a task out."""

    async def again(self, id: str) -> Written:
        """A task that was looked at waits again."""


class QueueScreen(ModalScreen[str | None]):
    """Returns the key of a surface to go to, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,Q", "leave", "back"),
        Binding("p", "hold", mark("pause or resume the surface")),
        Binding("P", "hold_all", mark("pause or resume everything")),
        Binding("J,shift+down", "move(1)", "later"),
        Binding("K,shift+up", "move(-1)", "earlier"),
        Binding("x", "drop", "drop"),
        Binding("a", "again", mark("send again")),
        Binding("g", "go", mark("go to the surface")),
        Binding("y", "sure(True)", "yes"),
        Binding("n", "sure(False)", "no"),
    ]

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._lanes: tuple[Lane, ...] = ()
        self._drawn: list[tuple[str, str, Text]] = []
        self._asked: Callable[[], Awaitable[Written]] | None = None
        self._told = ""
        self._about = ""
        """Id of the task the question, or what was told, is about."""

    def compose(self) -> ComposeResult:
        """What holds, the queues, what can be done."""
        with Vertical():
            yield Static(tr("Queue"), classes="dialog--title", markup=False)
            yield Static("", id="queue-note", markup=False)
            yield OptionList(id="queued", markup=False)
            yield Static("", classes="dialog--hint", id="told", markup=False)

    def on_mount(self) -> None:
        """Follow the queues."""
        self._fill()
        self.query_one(OptionList).focus()
        self.set_interval(EVERY, self._fill)

    # -- drawing -------------------------------------------------------------------------------------------------

    def _fill(self) -> None:
        self._lanes = self._desk.lanes()
        rows = self._rows(time.time())
        listed = self.query_one(OptionList)
        if [id for id, _, _ in rows] == [id for id, _, _ in self._drawn]:
            for at, (old, new) in enumerate(zip(self._drawn, rows, strict=True)):
                if old[2] != new[2]:
                    listed.replace_option_prompt_at_index(at, new[2])
        else:
            chosen = self._chosen_id()
            listed.clear_options()
            listed.add_options([Option(text, disabled=kind == "head") for _, kind, text in rows])
            ids = [id for id, _, _ in rows]
            first = next((at for at, (_, kind, _) in enumerate(rows) if kind != "head"), None)
            listed.highlighted = ids.index(chosen) if chosen in ids else first
        self._drawn = rows
        note = self._desk.note()
        about = self.query_one("#queue-note", Static)
        about.update(note)
        about.display = bool(note)
        self._hint()

    def _rows(self, now: float) -> list[tuple[str, str, Text]]:
        """(id, kind, what is drawn) for each row of the list; kinds are head, lane, task and sent."""
        rows: list[tuple[str, str, Text]] = []
        for lane in self._lanes:
            # The head of an empty queue can be chosen: it is paused, and only p there takes that back.
            rows.append((_lane_id(lane), "head" if lane.lines else "lane", _head(lane)))
            rows += [(line.item.id, "task", _task(at, line, now)) for at, line in enumerate(lane.lines, start=1)]
        sent = self._desk.lately()
        if sent:
            rows.append(("sent", "head", Text(tr("Sent in the last hour"), style="dim")))
            rows += [(f"sent {item.id}", "sent", _sent(item, now)) for item in sent]
        return rows

    def _hint(self) -> None:
        text = self._told
        if not self._lanes and not text:
            text = tr(EMPTY)
        lane, line = self._chosen()
        keys = []
        if lane is not None:
            keys.append(tr("p lets it go on") if lane.held else tr("p pauses this surface"))
        if line is not None:
            keys += [tr("J K move it"), tr("x drops it"), tr("Enter shows it")]
            keys += [tr("a sends it again")] if line.state is ItemState.CHECK else []
        if lane is not None and lane.surface:
            keys.append(tr("g goes there"))
        keys.append(tr("P lets everything go on") if self._all_held() else tr("P pauses everything"))
        hint = "" if self._asked is not None else ", ".join((*keys, tr("Esc goes back"))) + "."
        self.query_one("#told", Static).update("\n".join(part for part in (text, hint) if part))

    def _all_held(self) -> bool:
        full = [lane for lane in self._lanes if lane.lines]
        return self._desk.stopped() or (bool(full) and all(lane.held for lane in full))

    # -- what is chosen ------------------------------------------------------------------------------------------

    def _chosen_id(self) -> str:
        at = self.query_one(OptionList).highlighted
        return self._drawn[at][0] if at is not None and at < len(self._drawn) else ""

    def _chosen(self) -> tuple[Lane | None, Line | None]:
        chosen = self._chosen_id()
        for lane in self._lanes:
            if chosen == _lane_id(lane):
                return lane, None
            for line in lane.lines:
                if line.item.id == chosen:
                    return lane, line
        return None, None

    def on_option_list_option_highlighted(self) -> None:
        """Another one is chosen: a question about the one before is off."""
        if self._chosen_id() != self._about:
            self._ask(None, "")

    # -- acts ----------------------------------------------------------------------------------------------------

    def _ask(self, act: Callable[[], Awaitable[Written]] | None, question: str) -> None:
        self._asked, self._told, self._about = act, question, self._chosen_id()
        self._hint()

    async def _do(self, act: Awaitable[Written]) -> None:
        written = await act
        text = "; ".join(part for part in (written.text, written.warning) if part)
        self._asked, self._told = None, text if written.done else f"✗ {text}"
        self._fill()
        self._about = self._chosen_id()

    async def action_hold(self) -> None:
        """Pause or resume the queue of this surface."""
        lane, _ = self._chosen()
        if lane is None:
            return
        if lane.held and self._desk.stopped():
            self._ask(None, tr("Everything is stopped: P lets it go on."))
            return
        await self._do(self._desk.resume(lane.key) if lane.held else self._desk.pause(lane.key))

    async def action_hold_all(self) -> None:
        """Pause or resume everything."""
        await self._do(self._desk.resume() if self._all_held() else self._desk.pause())

    async def action_move(self, by: int) -> None:
        """Earlier or later."""
        _, line = self._chosen()
        if line is not None:
            await self._do(self._desk.move(line.item.id, by))

    def action_drop(self) -> None:
        """Ask whether it is to be dropped."""
        _, line = self._chosen()
        if line is not None:
            id = line.item.id
            self._ask(
                lambda: self._desk.drop(id), tr("Drop “{title}”?  y drops it, n keeps it.", title=line.item.title)
            )

    def action_again(self) -> None:
        """Ask whether it was really not sent."""
        _, line = self._chosen()
        if line is None or line.state is not ItemState.CHECK:
            self._ask(
                None, tr("Only a task that has to be looked at (▲) can be sent again; the others go by themselves.")
            )
            return
        id = line.item.id
        where = line.item.target.name or line.item.target.ref
        question = tr(
            "Have you looked at {where}, and it did not get “{title}”?  y queues it again, n does not.",
            where=where,
            title=line.item.title,
        )
        self._ask(lambda: self._desk.again(id), question)

    async def action_sure(self, sure: bool) -> None:
        """The answer to the question that was asked."""
        asked = self._asked
        if asked is None:
            return
        if sure:
            await self._do(asked())
        else:
            self._ask(None, "")

    async def on_option_list_option_selected(self) -> None:
        """Show the whole task."""
        lane, line = self._chosen()
        if lane is not None and line is not None:
            await self.app.push_screen(ItemScreen(lane, line, self._desk.typed(line.item)))

    def action_go(self) -> None:
        """Leave for the surface."""
        lane, _ = self._chosen()
        if lane is not None and lane.surface:
            self.dismiss(lane.surface)

    def action_leave(self) -> None:
        """Back to the fleet; or no answer to the question."""
        if self._asked is not None:
            self._ask(None, "")
        else:
            self.dismiss(None)


def _lane_id(lane: Lane) -> str:
    return f"lane {lane.key}"


def _head(lane: Lane) -> Text:
    text = Text()
    text.append(lane.name, style="bold")
    text.append(f"  {lane.ref}" if lane.ref != lane.name else "", style="dim")
    state = f"{SYMBOLS[lane.state]} {tr(str(lane.state))}" if lane.state is not None else tr("not there")
    text.append(f"  {state}", style="dim")
    text.append("  " + tr("paused") if lane.paused else "", style="bold")
    text.append("" if lane.lines else "  " + tr("nothing waits"), style="dim")
    return text


def _state(state: ItemState) -> str:
    return f"{SYMBOL[state]} {padded(tr(str(state)), STATE)}"


def _task(at: int, line: Line, now: float) -> Text:
    item = line.item
    text = Text(f" {at:>2} {_state(line.state)} {span(now - item.created_at):>4}  {item.title}")
    if line.state is ItemState.PAUSED and not line.before:
        return text  # by the operator: the head of the surface, or the line above them all, says so
    why = tr(BEFORE) if line.state is ItemState.PAUSED else line.why
    if line.state is not ItemState.SENDING:
        why = why or tr("is sent next")
    text.append(f"\n{' ' * 21}{why}", style="bold" if line.state is ItemState.CHECK else "dim")
    return text


def _sent(item: Item, now: float) -> Text:
    label = f"#{item.number} " if item.number is not None else ""
    where = item.target.name or item.target.ref
    age = span(now - (item.at or now))
    return Text(f"    {_state(ItemState.SENT)} {age:>4}  {label}{item.title}  → {where}", style="dim")
