"""``oc-console status`` and ``focus``: the same engine, no screen."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from console import collector_journal, decision_report, operations_report
from console.config import Config
from console.engine import Engine
from console.headless_collector import collector_document, collector_lines
from console.headless_services import all_well, service_document, service_lines
from console.i18n import tr, trn
from console.model.agent import SYMBOLS, AgentState
from console.model.cells import cells, padded
from console.model.cut_off import Checked
from console.model.reading import BaselineRead, CollectorPast, HistoryRead, ServicesPast
from console.model.snapshot import LogSlice, Snapshot
from console.model.surface import Surface
from console.mux.base import lacks
from console.opening import choose, rules_folder, seek, state_folder
from console.safety import prints_unicode, safe_text
from console.sending import cut_offs
from console.state_baseline import read as read_baseline
from console.state_bindings import Bindings
from console.state_journal import load
from console.state_services import load as load_services

_STATE_CELLS: Final = 10
"""Least cells of the column of states; a longer word widens it."""


@dataclass(frozen=True, slots=True)
class Look:
    """What was found."""

    snapshot: Snapshot
    short: str
    """What the terminal server cannot do."""
    cut_off: tuple[Checked, ...] = ()


async def look(config: Config) -> Look:
    """One snapshot of what the configuration, the options or the environment name."""
    # Not a screen of our own: the pane this command was typed in is one of the fleet.
    env = {name: value for name, value in os.environ.items() if name not in ("TMUX_PANE", "CMUX_SURFACE_ID")}
    choice = await choose(config, env)
    mux = choice.mux or seek(config, env, choice.why)  # whose own reading says why there is nothing
    engine = Engine(config, mux, witness=True, rules=rules_folder())
    engine.hear_of_sends(cut_offs(state_folder(), engine.dispatches))
    engine.bindings = Bindings(state_folder(), engine.snapshot.specs)  # read, not written
    now = time.time()
    engine.take(HistoryRead(now, load(state_folder(), now)))  # since when, also from before this moment
    if config.collector.source:
        engine.take(CollectorPast(now, collector_journal.load(state_folder(), config.collector.source, now)))
    engine.take(BaselineRead(now, *read_baseline(state_folder())))
    engine.take(ServicesPast(now, load_services(state_folder(), now)))
    await engine.hear_queue(state_folder())
    snapshot = await engine.once()
    if engine.rules_problem:
        print(f"oc-console: {engine.rules_problem}", file=sys.stderr)
    # Whether changes arrive by themselves shows only after a while.
    cut_off = engine.cut_off.checked(snapshot) if engine.cut_off is not None else ()
    return Look(snapshot, lacks(mux.capabilities | {"push"}), cut_off)


def seen_once(config: Config) -> Snapshot:
    """Everything read once, as `status` shows it."""
    return asyncio.run(look(config)).snapshot


def status(config: Config, *, as_json: bool) -> int:
    """Print one snapshot. Exit 0 all well, 1 something needs a person."""
    seen = asyncio.run(look(config))
    snapshot = seen.snapshot
    if as_json:
        unicode = prints_unicode()
        json.dump(document(snapshot, seen.cut_off), sys.stdout, ensure_ascii=not unicode, indent=2)
        print()
    else:
        print("\n".join(lines(snapshot, seen.cut_off)))
    return 1 if snapshot.troubles() else 0


def document(snapshot: Snapshot, cut_off: Sequence[Checked] = ()) -> dict[str, object]:
    """The snapshot for scripts; every slice says when it was read (epoch seconds) and from where."""
    log, services, collector = snapshot.log, snapshot.services, snapshot.collector
    return {
        "read_at": snapshot.mux.read_at,
        "source": snapshot.mux.source,
        "error": snapshot.mux.error or None,
        "surfaces": [_surface(snapshot, surface) for surface in snapshot.fleet()],
        "dispatches": {
            "read_at": log.read_at,
            "source": log.source or None,
            "error": log.error or None,
            "not_understood": log.not_understood,
            "items": [
                {
                    "number": d.number,
                    "surface": d.surface,
                    "task": d.task,
                    "status": d.status,
                    "raw_status": d.raw_status,
                    "dispatched_at": d.dispatched_at,
                    "open": d.is_open,
                }
                for d in log.dispatches
            ],
        },
        "services": {
            "read_at": services.read_at,
            "source": services.source or None,
            "items": [service_document(s, services.history) for s in services.services],
        },
        "collector": collector_document(collector, time.time()),
        "cut_off": [_cut_off(each) for each in cut_off],
        "operations": operations_report.document(snapshot.operations),
        "decisions": decision_report.document(snapshot.decisions),
        "needs_person": list(snapshot.troubles()),
    }


def _cut_off(checked: Checked) -> dict[str, object]:
    """A send that a crash has cut off; it waits for a person."""
    found = checked.cut_off
    return {
        "number": found.number,
        "surface": found.surface,
        "uuid": found.uuid or None,
        "name": found.name,
        "at": found.at,
        "typed": found.typing,
        "evidence": checked.evidence,
    }


def _surface(snapshot: Snapshot, surface: Surface) -> dict[str, object]:
    dispatch = snapshot.dispatch_of(surface)
    found = surface.status.detection if surface.status else None
    return {
        "ref": surface.info.ref,
        "uuid": surface.info.uuid,
        "name": surface.name,
        "agent": surface.agent or None,
        "role": surface.role or None,
        "workspace": surface.info.workspace,
        "state": surface.status.state if surface.status else AgentState.UNKNOWN,
        "reason": found.reason if found else "",
        "since": surface.status.since if surface.status else None,
        "said_at": found.at if found else None,
        "dispatch": dispatch.number if dispatch else None,
        "lines": _trimmed(surface),
        "read_at": surface.read_at,
        "source": found.source if found else None,
        "error": surface.error or None,
        "configured": surface.place is not None,
        "gone": surface.gone or None,
        "unconfirmed": surface.unconfirmed or None,
        "needs_person": bool(surface.status and surface.status.needs_person),
        "started": _started(surface),
    }


def _started(surface: Surface) -> dict[str, object] | None:
    """How its agent was started, against what the configuration expects; None when no agent's process was found."""
    start = surface.started
    if start is None:
        return None
    return {
        "judgement": start.judgement,
        "evidence": start.evidence,
        "argv": start.argv,
        "pid": start.pid,
        "at": start.at,
    }


def _trimmed(surface: Surface) -> list[str]:
    """The screen's rows without the blank ones below the last."""
    rows = list(surface.screen.lines) if surface.screen else []
    while rows and not rows[-1].strip():
        rows.pop()
    return rows


def lines(snapshot: Snapshot, cut_off: Sequence[Checked] = ()) -> Iterator[str]:
    """The snapshot for people."""
    counted = trn("{count} surface", "{count} surfaces", len(snapshot.surfaces))
    yield f"{snapshot.mux.source}: {snapshot.mux.error or counted}"
    yield from _fleet(snapshot)
    for each in cut_off:
        yield f"▲ {each.cut_off.about}: {each.evidence}"
    yield _log(snapshot.log)
    yield from service_lines(snapshot.services)
    yield from collector_lines(snapshot.collector, time.time())
    yield from operations_report.lines(snapshot.operations, time.time())
    yield from decision_report.status_lines(snapshot.decisions)
    troubles = snapshot.troubles()
    yield tr("needs a person: {listed}", listed="; ".join(troubles)) if troubles else all_well(snapshot.services)


def _fleet(snapshot: Snapshot) -> Iterator[str]:
    """One line for each surface: symbol, state, ref, name, and what more is known."""
    rows = []
    for surface in snapshot.fleet():
        state = surface.status.state if surface.status else AgentState.UNKNOWN
        dispatch = snapshot.dispatch_of(surface)
        task = f"{dispatch.label} {dispatch.task}" if dispatch else ""
        told = surface.gone or surface.unconfirmed or (tr("not configured") if surface.unlisted else "")
        word = tr("gone") if surface.gone else tr(str(state))
        rows.append((SYMBOLS[state], word, surface, (surface.agent, told, task)))
    words = max([_STATE_CELLS, *(cells(word) for _, word, _, _ in rows)])
    for symbol, word, surface, more in rows:
        first = f"{symbol} {padded(word, words)} {surface.info.ref:<6} {surface.name}"
        yield "  " + "  ".join(filter(None, (first, *more)))


def _log(log: LogSlice) -> str:
    if not log.source:
        return tr("dispatch log: not configured")
    still_open = sum(1 for dispatch in log.dispatches if dispatch.is_open)
    counted = trn("{count} dispatch, {still_open} open", "{count} dispatches, {still_open} open", len(log.dispatches),
                  still_open=still_open)  # fmt: skip
    return tr("dispatch log {source}: {told}", source=log.source, told=log.error or counted)


def focus(config: Config, name: str) -> int:
    """Bring a surface to the front. Exit 0 done, 1 it could not be done."""
    wrong = asyncio.run(_focus(config, name))
    if wrong:
        print(tr("oc-console focus: {wrong}", wrong=wrong), file=sys.stderr)
    return 1 if wrong else 0


async def _focus(config: Config, name: str) -> str:
    choice = await choose(config, os.environ)
    mux = choice.mux
    if mux is None:
        return tr("{why}; `oc-console doctor` says where it was looked for", why=choice.why)
    engine = Engine(config, mux)
    try:
        snapshot = await engine.peek()
        found = snapshot.called(name)
        if len(found) != 1:
            shown = safe_text(name, limit=80)
            if found:
                return trn("{count} surface answers to {name}; `oc-console status` lists them",
                           "{count} surfaces answer to {name}; `oc-console status` lists them",
                           len(found), name=shown)  # fmt: skip
            if snapshot.mux.error:
                return tr("{error} {name}; `oc-console status` lists them", error=snapshot.mux.error, name=shown)
            return tr("there is no surface {name}; `oc-console status` lists them", name=shown)
        return await engine.focus(found[0].key)
    finally:
        await engine.close()
