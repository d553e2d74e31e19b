"""Every screen and dialog of the console, opened over facts in capitals, digits and Hangul: what else is read on them
is the console's own. Other languages than English are looked at with this."""

from __future__ import annotations

import asyncio
import os
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from textual.command import CommandPalette
from textual.pilot import Pilot
from textual.screen import Screen

from console.actions.sends import SendJournal
from console.config import Config
from console.config_checklist import ChecklistSection
from console.config_operations import ArtifactSection, AutomationSection
from console.config_sections import GuardSection, HandoffSection, TemplateSection
from console.engine import Engine
from console.model.agent import AgentState
from console.model.binding import SurfaceSpec
from console.model.composed import Composed
from console.model.decision import Asked
from console.model.dispatch import Dispatch, DispatchStatus, Verification, VerificationVerdict
from console.model.outcome import Ended, Written
from console.model.parcel import Fate, Parcel
from console.model.reading import CollectorRead, LogRead, ScreenRead, ServicesRead
from console.model.reconcile import Live
from console.model.service import Judgement, Service
from console.model.service_act import Done, Offer, Verb
from console.model.surface import Surface, SurfaceInfo
from console.model.telemetry import Collector, CollectorState, Exporter
from console.model.verify_task import Candidate
from console.screens.checklist import ChecklistScreen
from console.screens.cleanup import CleanupScreen
from console.screens.cut_off import CutOffScreen
from console.screens.decision import DecisionScreen, NewDecisionScreen
from console.screens.decisions import DecisionsScreen
from console.screens.handoff import HandoffScreen
from console.screens.help import HelpScreen
from console.screens.ledger import LedgerScreen
from console.screens.losses import LossesScreen
from console.screens.operations import OperationsScreen
from console.screens.picking import PickScreen
from console.screens.preview import PreviewScreen
from console.screens.queue import QueueScreen
from console.screens.queue_item import ItemScreen
from console.screens.reader import FilesScreen, ReaderScreen
from console.screens.record import RecordScreen
from console.screens.send import SendScreen
from console.screens.send_progress import ProgressScreen, Run
from console.screens.service_act import ServiceActScreen
from console.screens.surface import SurfaceScreen
from console.screens.targets import ConfirmScreen, TargetsScreen
from console.screens.themes import ThemeScreen
from console.screens.verdict import StatusScreen, VerdictScreen
from console.screens.verifier import VerifierScreen
from console.tracker.record import Record
from tests.ui_helpers import Fleet, drawn, info, screen, seen, until

STATES: Final = (
    AgentState.WORKING,
    AgentState.IDLE,
    AgentState.APPROVAL,
    AgentState.TYPED,
    AgentState.BACKGROUND,
    AgentState.LIMIT,
)
CHECK: Final = Verification(VerificationVerdict.WARN, 4.9, 3.8, "%2")
TASKS: Final = tuple(
    Dispatch(50 + at, f"%{1 + at % 6}", f"과제 {at}", status, "", 1000.0 + at)
    for at, status in enumerate(DispatchStatus)
)
LOG: Final = (*TASKS, Dispatch(90, "%3", "과제 90", DispatchStatus.VERIFIED, "", 2.0, CHECK))
PATIENCE: Final = 5.0
"""Seconds after which a screen that moves by itself (a send on its way) is taken as it is."""
_MOVES: Final = re.compile(r"[\d⠀-⣿]+")
"""Ages and signs of work."""
STILL: Final = 4
"""Looks in a row that have to find the same on the screen."""


@dataclass(frozen=True)
class Undone:
    """A lost change, for the screen of them."""

    number: int
    why: str
    what: str
    restorable: bool = True


def _info(number: int) -> SurfaceInfo:
    return replace(info(number), workspace="W", place=f"W:0.{number}", command="N")


def service(name: str, judgement: Judgement = Judgement.OK, **more: object) -> Service:
    """A service whose own texts are in capitals."""
    made = Service(name, "running", "running", judgement, "PID 1", state="running", since=time.time() - 60)
    return replace(made, **more)  # type: ignore[arg-type]


def console(folder: Path, *, cut_off: bool = False) -> Fleet:
    """A console that watches one of everything; all names are written in capitals. *folder* is new."""
    files = folder / "F"
    files.mkdir()
    for number in range(3):
        (files / f"{number}.TXT").write_text("X")
        os.utime(files / f"{number}.TXT", (1, 1))
    (folder / "R.MD").write_text("# 제목\n\nX\n")
    config = replace(
        Config(),
        decisions=str(folder / "D.YAML"),
        guards=GuardSection(stale_after=3600),
        templates=(TemplateSection("T 1", "X"),),
        automation=(AutomationSection("A 1", glob=f"{files}/*.TXT", expected="0", clean=True, every=86_400.0),),
        artifacts=(
            ArtifactSection("B 1", path=str(folder / "R.MD")),
            ArtifactSection("B 2", glob=f"{files}/*.TXT"),
        ),
        checklist=(ChecklistSection("C 1", manual="사람이 본다"), ChecklistSection("C 2", file=f"{folder}/NONE")),
        handoff=HandoffSection(path=str(folder / "H.MD"), lang="ko"),
    )
    if cut_off:
        journal = SendJournal(folder / "S")
        journal.begin("KEY", 1000.0, Surface(_info(1), "AGENT 1"), "과제", "00-1-1-01")
        journal.recorded("KEY", None)
    specs = tuple(SurfaceSpec(f"%{number}", f"AGENT {number}", f"R {number}", "") for number in range(1, 7))
    fleet = Fleet(config, specs=specs)
    fleet.engine = Engine(config, fleet.mux, specs=specs, state=folder / "S")
    return fleet


async def start(fleet: Fleet, pilot: Pilot[None]) -> None:
    """Six surfaces, a log, services and a collector, drawn."""
    now = time.time()
    fleet.tree((_info(number) for number in range(1, 7)), now)
    for number, state in enumerate(STATES, 1):
        found = replace(seen(state, reason="" if number % 2 else "12S"), rule="R.1")
        fleet.post(ScreenRead(now, f"%{number}", screen(f"화면 {number}"), found))
    fleet.post(LogRead(now, "LOG", LOG))
    services = (
        service("S 1"),
        service("S 2", Judgement.ALARM, observed="loaded", expected="unloaded", state="loaded"),
        service("S 3", since=None, observed="failed", state="failed", judgement=Judgement.ATTENTION),
        service("S 4", manager="cron", next_run=now + 3600, last_run=now - 60),
    )
    fleet.post(ServicesRead(now, "SERVICES", services))
    exporter = Exporter("OTLP", sent=900, failed=100, queued=95, capacity=100)
    told = replace(
        Collector(CollectorState.UP, "200", ":4318", logs=30_000, spans=5, metrics=7, resources=2, bytes=9),
        uptime=900.0,
        exporters=(exporter,),
    )
    fleet.post(CollectorRead(now, "C", told))
    await fleet.settled(pilot)
    await until(pilot, lambda: len(fleet.app.snapshot.surfaces) == 6 and fleet.app.snapshot.decisions.complete)
    await until(pilot, lambda: fleet.app.snapshot.operations.complete)


async def still(pilot: Pilot[None], looks: int = STILL) -> None:
    """Wait until so many *looks* in a row have found nothing changed on the screen."""
    before, same = "", 0
    end = time.monotonic() + PATIENCE
    while same < looks and time.monotonic() < end:
        await asyncio.sleep(0.02)
        await pilot.pause()
        pilot.app.screen._on_timer_update()
        now = _MOVES.sub("", drawn(pilot.app))
        same = same + 1 if now == before else 0
        before = now


Opener = Callable[[Fleet, Pilot[None]], Awaitable[None]]


def _keys(kind: type[Screen[Any]], *keys: str) -> Opener:
    """Opens a screen of *kind* with *keys*; each key waits for what the one before has opened."""

    async def opener(fleet: Fleet, pilot: Pilot[None]) -> None:
        for key in keys:
            await pilot.press(key)
            await still(pilot, 2)
        await until(pilot, lambda: isinstance(fleet.app.screen, kind), f"{kind.__name__} is not open")

    return opener


def _made(make: Callable[[Fleet], Screen[Any]]) -> Opener:
    """Opens the screen that *make* gives."""

    async def opener(fleet: Fleet, pilot: Pilot[None]) -> None:
        await fleet.app.push_screen(make(fleet))

    return opener


async def _nothing(fleet: Fleet, pilot: Pilot[None]) -> None:
    return


async def _empty(fleet: Fleet, pilot: Pilot[None]) -> None:
    fleet.tree(())
    await until(pilot, lambda: not fleet.app.snapshot.fleet() or all(s.gone for s in fleet.app.snapshot.surfaces))


async def _decide(fleet: Fleet, pilot: Pilot[None]) -> None:
    assert fleet.engine.deciding is not None
    asked = Asked("결정 1", ("LS",), options=("예", "아니오"))
    assert (await fleet.engine.deciding.add((asked,))).done
    await until(pilot, lambda: bool(fleet.app.snapshot.decisions.pending))


async def _decisions(fleet: Fleet, pilot: Pilot[None]) -> None:
    await _decide(fleet, pilot)
    await _keys(DecisionsScreen, "d")(fleet, pilot)


async def _decision(fleet: Fleet, pilot: Pilot[None]) -> None:
    await _decide(fleet, pilot)
    await _keys(DecisionScreen, "d", "enter")(fleet, pilot)


async def _queued(fleet: Fleet, pilot: Pilot[None]) -> None:
    queue = fleet.engine.queue
    assert queue is not None
    await until(pilot, lambda: queue.own is not None)
    assert (await fleet.engine.enqueue("%1", Composed("과제 1"), id="Q1")).done
    await _keys(QueueScreen, "Q")(fleet, pilot)


async def _item(fleet: Fleet, pilot: Pilot[None]) -> None:
    await _queued(fleet, pilot)
    await _keys(ItemScreen, "enter")(fleet, pilot)


async def _operations(fleet: Fleet, pilot: Pilot[None], name: str = "") -> None:
    await fleet.app.run_action(f"operations({name!r})")
    await until(pilot, lambda: isinstance(fleet.app.screen, OperationsScreen))
    await still(pilot)


def _on(name: str, kind: type[Screen[Any]], *keys: str) -> Opener:
    async def opener(fleet: Fleet, pilot: Pilot[None]) -> None:
        await _operations(fleet, pilot, name)
        await _keys(kind, *keys)(fleet, pilot)

    return opener


async def _record() -> Record:
    return Record('{"ID": 54}', ("2026-04-10 16:41  DONE",))


async def _restore(_each: Undone) -> Written:
    return Written(True, "DONE")


def _parcels() -> tuple[Parcel, ...]:
    text = Composed("과제")
    return tuple(Parcel(f"%{at}", f"AGENT {at}", text, fate, "") for at, fate in enumerate(Fate, 1))


def _ended(_fleet: Fleet) -> Screen[Any]:
    run = Run(_parcels())
    for errand, outcome in zip(run.errands, ("submitted", "waits", "refused"), strict=True):
        errand.end(Ended(outcome, "X"))
    return ProgressScreen(run)


def _act(_fleet: Fleet) -> Screen[Any]:
    async def ask() -> Sequence[Offer]:
        return [Offer(verb, "S 1", (), "X", "" if verb is not Verb.STOP else "X") for verb in Verb]

    async def act(offer: Offer) -> Done:
        return Done("done", "X", offer)

    return ServiceActScreen(service("S 1"), ask, act)


def _verifier(fleet: Fleet) -> Screen[Any]:
    people = [Candidate(each, "") for each in fleet.app.snapshot.surfaces]
    return VerifierScreen(LOG[5], people)


EVERY: Final[dict[str, Opener]] = {
    "fleet": _nothing,
    "fleet-zoomed": _keys(Screen, "z"),
    "fleet-filter": _keys(Screen, "slash"),
    "fleet-gone": _empty,
    "help": _keys(HelpScreen, "question_mark"),
    "themes": _keys(ThemeScreen, "t"),
    "palette": _keys(CommandPalette, "ctrl+p"),
    "palette-nothing": _keys(CommandPalette, "ctrl+p", *"#~#~"),
    "details": _keys(SurfaceScreen, "1", "i"),
    "composer": _keys(SendScreen, "2", "s"),
    "composer-refused": _keys(SendScreen, "3", "s", "X"),
    "composer-templates": _keys(PickScreen, "2", "s", "ctrl+t"),
    "composer-bytes": _keys(PreviewScreen, "2", "s", "X", "ctrl+d"),
    "composer-targets": _keys(TargetsScreen, "2", "s", "ctrl+b"),
    "send-question": _made(lambda _: ConfirmScreen(_parcels, queues=True)),
    "send-progress": _made(lambda _: ProgressScreen(Run(_parcels()))),
    "send-ended": _made(_ended),
    "queue": _queued,
    "queue-empty": _keys(QueueScreen, "Q"),
    "queue-item": _item,
    "ledger": _keys(LedgerScreen, "l"),
    "ledger-empty": _made(lambda _: LedgerScreen((), {})),
    "losses": _made(lambda _: LossesScreen([Undone(1, "X", "Y"), Undone(2, "X", "Y", restorable=False)], _restore)),
    "losses-none": _keys(LossesScreen, "L"),
    "record": _made(
        lambda _: RecordScreen(LOG[3], [LOG[-1]], {"%4": Live(AgentState.IDLE, "claude")}, _record)
    ),
    "verdict": _made(lambda _: VerdictScreen(LOG[5], lambda by: "")),
    "status": _made(lambda _: StatusScreen(LOG[5])),
    "verifier": _made(_verifier),
    "cut-off": _keys(CutOffScreen, "U"),
    "operations": _on("", OperationsScreen),
    "operations-collector": _on("collector", OperationsScreen),
    "service-act": _made(_act),
    "cleanup": _on("A 1", CleanupScreen, "c"),
    "artifact": _on("B 1", ReaderScreen, "enter"),
    "artifact-files": _on("B 2", FilesScreen, "enter"),
    "decisions": _decisions,
    "decisions-empty": _keys(DecisionsScreen, "d"),
    "decision": _decision,
    "decision-new": _keys(NewDecisionScreen, "d", "n"),
    "checklist": _keys(ChecklistScreen, "R"),
    "hand-off": _keys(HandoffScreen, "H"),
    "hand-off-changes": _keys(HandoffScreen, "H", "tab"),
    "hand-off-notes": _keys(HandoffScreen, "H", "tab", "tab"),
}  # fmt: skip


CHANGES: Final = frozenset(
    {"fleet-zoomed", "fleet-filter", "fleet-gone", "queue", "queue-item", "cut-off", "decisions", "decision"}
)
"""Those that leave the console, or need it, in another state: each has one of its own."""
TOGETHER: Final = 6
"""Screens that are opened one after the other over the same console: most of the time goes into starting one."""


def groups() -> list[tuple[str, ...]]:
    """The names of `EVERY`, each once, those of a group for one console."""
    tame = [name for name in EVERY if name not in CHANGES]
    return [tuple(tame[at : at + TOGETHER]) for at in range(0, len(tame), TOGETHER)] + [
        (name,) for name in EVERY if name in CHANGES
    ]


async def show(names: Sequence[str], fleet: Fleet, pilot: Pilot[None]) -> AsyncIterator[str]:
    """Open the screens *names* of `EVERY` over a started console, one after the other; each is drawn whole."""
    await start(fleet, pilot)
    for name in names:
        await EVERY[name](fleet, pilot)
        await still(pilot)
        yield name
        while len(fleet.app.screen_stack) > 1:
            await fleet.app.pop_screen()
        await pilot.pause()
