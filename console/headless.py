"""``oc-console status`` and ``oc-console doctor``: the same engine, no screen."""

from __future__ import annotations

import asyncio
import json
import os
import platform
import shutil
import sys
import time
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Final

from console import __version__, operations_report
from console.config import Config
from console.engine import Engine
from console.headless_services import service_checks, service_document, service_lines
from console.host import HostError, run
from console.model.agent import SYMBOLS, AgentState
from console.model.reading import BaselineRead, HistoryRead, ServicesPast
from console.model.service import Judgement
from console.model.snapshot import Snapshot
from console.model.surface import Surface
from console.mux.base import lacks
from console.mux.discover import discover
from console.mux.discover import lines as lines_of
from console.mux.tmux import Tmux, answers
from console.opening import choose, rules_folder, seek, state_folder
from console.safety import redact, safe_text
from console.state_baseline import read as read_baseline
from console.state_bindings import Bindings
from console.state_journal import load
from console.state_services import load as load_services

_PROGRAMS: Final = ("claude", "codex", "cmux")


async def take(config: Config) -> Snapshot:
    """One snapshot of what the configuration, the options or the environment name."""
    return (await _read(config))[0]


async def _read(config: Config) -> tuple[Snapshot, str]:
    """The snapshot, and what its terminal server cannot do."""
    # Not a screen of our own: the pane this command was typed in is one of the fleet.
    env = {name: value for name, value in os.environ.items() if name not in ("TMUX_PANE", "CMUX_SURFACE_ID")}
    choice = await choose(config, env)
    mux = choice.mux or seek(config, env, choice.why)  # whose own reading says why there is nothing
    engine = Engine(config, mux, witness=True, rules=rules_folder())
    engine.bindings = Bindings(state_folder(), engine.snapshot.specs)  # read, not written
    now = time.time()
    engine.take(HistoryRead(now, load(state_folder(), now)))  # since when, also from before this moment
    engine.take(BaselineRead(now, *read_baseline(state_folder())))
    engine.take(ServicesPast(now, load_services(state_folder(), now)))
    snapshot = await engine.once()
    if engine.rules_problem:
        print(f"oc-console: {engine.rules_problem}", file=sys.stderr)
    # Whether changes arrive by themselves shows only after a while.
    return snapshot, lacks(mux.capabilities | {"push"})


def status(config: Config, *, as_json: bool) -> int:
    """Print one snapshot. Exit 0 all well, 1 something needs a person."""
    snapshot = asyncio.run(take(config))
    if as_json:
        unicode = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
        json.dump(document(snapshot), sys.stdout, ensure_ascii=not unicode, indent=2)
        print()
    else:
        print("\n".join(lines(snapshot)))
    return 1 if snapshot.troubles() else 0


def document(snapshot: Snapshot) -> dict[str, object]:
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
        "collector": {"read_at": collector.read_at, "source": collector.source or None, **_collector(snapshot)},
        "operations": operations_report.document(snapshot.operations),
        "needs_person": list(snapshot.troubles()),
    }


def _collector(snapshot: Snapshot) -> dict[str, object]:
    found = snapshot.collector.collector
    if found is None:
        return {"state": None}
    return {
        "state": found.state,
        "evidence": found.evidence,
        "logs": found.logs,
        "spans": found.spans,
        "metrics": found.metrics,
        "resources": found.resources,
        "bytes": found.bytes,
        "uptime_s": found.uptime,
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


def lines(snapshot: Snapshot) -> Iterator[str]:
    """The snapshot for people."""
    yield f"{snapshot.mux.source}: {snapshot.mux.error or f'{len(snapshot.surfaces)} surfaces'}"
    for surface in snapshot.fleet():
        state = surface.status.state if surface.status else AgentState.UNKNOWN
        dispatch = snapshot.dispatch_of(surface)
        task = f"{dispatch.label} {dispatch.task}" if dispatch else ""
        word = "gone" if surface.gone else state
        told = surface.gone or surface.unconfirmed or ("not configured" if surface.unlisted else "")
        parts = (f"{SYMBOLS[state]} {word:<10} {surface.info.ref:<6} {surface.name}", surface.agent, told, task)
        yield "  " + "  ".join(part for part in parts if part)
    log = snapshot.log
    if not log.source:
        yield "dispatch log: not configured"
    else:
        still_open = sum(1 for d in log.dispatches if d.is_open)
        yield f"dispatch log {log.source}: {log.error or f'{len(log.dispatches)} dispatches, {still_open} open'}"
    yield from service_lines(snapshot.services)
    collector = snapshot.collector.collector
    yield f"collector: {f'{collector.state}: {collector.evidence}' if collector else 'not configured'}"
    yield from operations_report.lines(snapshot.operations, time.time())
    troubles = snapshot.troubles()
    yield "all well" if not troubles else "needs a person: " + "; ".join(troubles)


def focus(config: Config, name: str) -> int:
    """Bring a surface to the front. Exit 0 done, 1 it could not be done."""
    wrong = asyncio.run(_focus(config, name))
    if wrong:
        print(f"oc-console focus: {wrong}", file=sys.stderr)
    return 1 if wrong else 0


async def _focus(config: Config, name: str) -> str:
    choice = await choose(config, os.environ)
    mux = choice.mux
    if mux is None:
        return f"{choice.why}; `oc-console doctor` says where it was looked for"
    engine = Engine(config, mux)
    try:
        snapshot = await engine.peek()
        found = snapshot.called(name)
        if len(found) != 1:
            what = f"{len(found)} surfaces answer to" if found else snapshot.mux.error or "there is no surface"
            return f"{what} {safe_text(name, limit=80)}; `oc-console status` lists them"
        return await engine.focus(found[0].key)
    finally:
        await engine.close()


def doctor(config: Config, path: Path | None) -> int:
    """Say what was found and what to do about what was not. Exit 0, or 1 when something named is missing."""
    found = asyncio.run(_examine(config, path))
    width = max(len(what) for what, _, _ in found)
    for what, good, text in found:
        print(f"{'ok ' if good else '-- '} {what:<{width}}  {redact(text)}")
    return 0 if all(good for what, good, _ in found if what in ("surfaces", "dispatch log", "collector")) else 1


async def _examine(config: Config, path: Path | None) -> list[tuple[str, bool, str]]:
    found = [
        (
            "oc-console",
            True,
            f"{__version__}, Python {platform.python_version()}, Textual {metadata.version('textual')}",
        ),
        ("config", True, str(path) if path else "none; surfaces are discovered (config.example.yaml shows every key)"),
        ("terminal", *_terminal()),
        ("tmux", *await _tmux(config)),
    ]
    for name in _PROGRAMS:
        where = shutil.which(name)
        found.append((name, where is not None, where or "not on PATH; needed only if you use it"))
    found += [(what, good, text) for what, good, text in lines_of(await discover(config.mux, os.environ))]
    snapshot, short = await _read(config)
    if snapshot.mux.error:
        found.append(("surfaces", False, snapshot.mux.error))
    else:
        there = [surface for surface in snapshot.surfaces if not surface.gone]
        agents = sum(1 for surface in there if surface.agent)
        found.append(("surfaces", True, f"{len(there)} in {snapshot.mux.source}, {agents} with an agent"))
        if short:
            found.append(("back end", True, short))
        for surface in snapshot.surfaces:
            if surface.gone or surface.unconfirmed:
                found.append(("surface", False, f"{surface.name}: {surface.gone or surface.unconfirmed}"))
            elif surface.unlisted:
                found.append(("surface", True, f"{surface.info.ref} {surface.name}: not configured"))
            start = surface.started
            if start is not None and start.judgement in (Judgement.ATTENTION, Judgement.ALARM):
                found.append(("started", False, f"{surface.name}: {start.evidence} (pid {start.pid}: {start.argv})"))
            elif start is not None and start.judgement is Judgement.OK:
                found.append(("started", True, f"{surface.name}: {start.evidence}"))
    log = snapshot.log
    if not log.source:
        found.append(("dispatch log", True, "not configured; write `log: {path: …}` into the config to see it"))
    else:
        text = log.error or f"{len(log.dispatches)} records, {log.not_understood} not understood, {log.source}"
        found.append(("dispatch log", not log.error, text))
    found += service_checks(snapshot.services)
    collector = snapshot.collector.collector
    if collector is None:
        found.append(("collector", True, "not configured; write `collector: {url: …}` into the config to see it"))
    else:
        found.append(("collector", collector.state == "up", f"{collector.state}: {collector.evidence}"))
    return found + operations_report.rows(snapshot.operations, time.time())


def _terminal() -> tuple[bool, str]:
    term, colours = os.environ.get("TERM", ""), os.environ.get("COLORTERM", "")
    if not sys.stdout.isatty():
        return True, "output is not a terminal; nothing to judge"
    if colours in ("truecolor", "24bit"):
        return True, f"{term}, 24-bit colour"
    advice = "set COLORTERM=truecolor if your terminal has 24-bit colour (in tmux: set -ag terminal-features ',*:RGB')"
    return "256color" in term, f"{term or 'TERM is not set'}; {advice}"


async def _tmux(config: Config) -> tuple[bool, str]:
    program = shutil.which("tmux")
    if program is None:
        return (
            False,
            "not installed; install tmux 3.2 or newer, or use the cmux daemon (pip install 'oc-console[embedded]')",
        )
    try:
        version = (await run([program, "-V"])).stdout.decode("utf-8", "replace").strip()
    except HostError as error:
        return False, str(error)
    server = Tmux(config.mux.tmux_socket, os.environ).path
    if answers(server):
        return True, f"{version}, a server answers on {server}"
    return True, f"{version}; no server answers on {server}: start one with `tmux`, or name another with --tmux-socket"
