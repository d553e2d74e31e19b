"""``oc-console status`` and ``oc-console doctor``: the same engine, no screen."""

from __future__ import annotations

import asyncio
import json
import os
import platform
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Final

from console import __version__, collector_journal, decision_report, operations_report
from console.config import Config
from console.engine import Engine
from console.headless_collector import collector_document, collector_judged, collector_lines
from console.headless_services import all_well, service_checks, service_document, service_lines
from console.host import HostError, in_thread, run
from console.i18n import mark, tr
from console.interlock import NAME, read
from console.model.agent import SYMBOLS, AgentState
from console.model.cut_off import Checked
from console.model.reading import BaselineRead, CollectorPast, HistoryRead, ServicesPast
from console.model.service import Judgement
from console.model.snapshot import Snapshot
from console.model.surface import Surface
from console.mux.base import lacks
from console.mux.discover import discover
from console.mux.discover import lines as lines_of
from console.mux.tmux import Tmux, answers
from console.opening import choose, rules_folder, seek, state_folder
from console.safety import redact, safe_text
from console.sending import cut_offs
from console.state_baseline import read as read_baseline
from console.state_bindings import Bindings
from console.state_journal import load
from console.state_services import load as load_services

_PROGRAMS: Final = ("claude", "codex", "cmux")
_NAMED: Final = ("surfaces", mark("dispatch log"), "collector", "spans")
"""What ``doctor`` fails for: the configuration names it, and it is not as it should be."""


@dataclass(frozen=True, slots=True)
class _Look:
    """What was found."""

    snapshot: Snapshot
    short: str
    """What the terminal server cannot do."""
    cut_off: tuple[Checked, ...] = ()


async def _read(config: Config) -> _Look:
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
    return _Look(snapshot, lacks(mux.capabilities | {"push"}), cut_off)


def seen_once(config: Config) -> Snapshot:
    """Everything read once, as `status` shows it."""
    return asyncio.run(_read(config)).snapshot


def status(config: Config, *, as_json: bool) -> int:
    """Print one snapshot. Exit 0 all well, 1 something needs a person."""
    look = asyncio.run(_read(config))
    snapshot = look.snapshot
    if as_json:
        unicode = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
        json.dump(document(snapshot, look.cut_off), sys.stdout, ensure_ascii=not unicode, indent=2)
        print()
    else:
        print("\n".join(lines(snapshot, look.cut_off)))
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
    yield f"{snapshot.mux.source}: {snapshot.mux.error or tr('{count} surfaces', count=len(snapshot.surfaces))}"
    for surface in snapshot.fleet():
        state = surface.status.state if surface.status else AgentState.UNKNOWN
        dispatch = snapshot.dispatch_of(surface)
        task = f"{dispatch.label} {dispatch.task}" if dispatch else ""
        word = "gone" if surface.gone else state
        told = surface.gone or surface.unconfirmed or (tr("not configured") if surface.unlisted else "")
        parts = (f"{SYMBOLS[state]} {word:<10} {surface.info.ref:<6} {surface.name}", surface.agent, told, task)
        yield "  " + "  ".join(part for part in parts if part)
    for each in cut_off:
        yield f"▲ {each.cut_off.about}: {each.evidence}"
    log = snapshot.log
    if not log.source:
        yield tr("dispatch log: not configured")
    else:
        still_open = sum(1 for d in log.dispatches if d.is_open)
        yield tr(
            "dispatch log {source}: {error}",
            source=log.source,
            error=log.error
            or tr("{count} dispatches, {still_open} open", count=len(log.dispatches), still_open=still_open),
        )
    yield from service_lines(snapshot.services)
    yield from collector_lines(snapshot.collector, time.time())
    yield from operations_report.lines(snapshot.operations, time.time())
    yield from decision_report.status_lines(snapshot.decisions)
    troubles = snapshot.troubles()
    well = all_well(snapshot.services)
    yield well if not troubles else "needs a person: " + "; ".join(troubles)


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
            what = (
                tr("{count} surfaces answer to", count=len(found))
                if found
                else snapshot.mux.error or tr("there is no surface")
            )
            return tr("{what} {name}; `oc-console status` lists them", what=what, name=safe_text(name, limit=80))
        return await engine.focus(found[0].key)
    finally:
        await engine.close()


def doctor(config: Config, path: Path | None) -> int:
    """Say what was found and what to do about what was not. Exit 0, or 1 when something named is missing."""
    found = asyncio.run(_examine(config, path))
    width = max(len(what) for what, _, _ in found)
    for what, good, text in found:
        print(f"{'ok ' if good else '-- '} {what:<{width}}  {redact(text)}")
    return 0 if all(good for what, good, _ in found if what in _NAMED) else 1


async def _examine(config: Config, path: Path | None) -> list[tuple[str, bool, str]]:
    found = [
        (
            "oc-console",
            True,
            tr(
                "{version}, Python {python_version}, Textual {version_2}",
                version=__version__,
                python_version=platform.python_version(),
                version_2=metadata.version("textual"),
            ),
        ),
        (
            "config",
            True,
            str(path) if path else tr("none; surfaces are discovered (config.example.yaml shows every key)"),
        ),
        ("terminal", *_terminal()),
        ("tmux", *await _tmux(config)),
    ]
    for name in _PROGRAMS:
        where = shutil.which(name)
        found.append((name, where is not None, where or tr("not on PATH; needed only if you use it")))
    found += [(what, good, text) for what, good, text in lines_of(await discover(config.mux, os.environ))]
    look = await _read(config)
    snapshot, short = look.snapshot, look.short
    if snapshot.mux.error:
        found.append(("surfaces", False, snapshot.mux.error))
    else:
        there = [surface for surface in snapshot.surfaces if not surface.gone]
        agents = sum(1 for surface in there if surface.agent)
        found.append(
            (
                "surfaces",
                True,
                tr(
                    "{count} in {source}, {agents} with an agent",
                    count=len(there),
                    source=snapshot.mux.source,
                    agents=agents,
                ),
            )
        )
        if short:
            found.append((tr("back end"), True, short))
        for surface in snapshot.surfaces:
            if surface.gone or surface.unconfirmed:
                found.append(("surface", False, f"{surface.name}: {surface.gone or surface.unconfirmed}"))
            elif surface.unlisted:
                found.append(
                    ("surface", True, tr("{ref} {name}: not configured", ref=surface.info.ref, name=surface.name))
                )
            start = surface.started
            if start is not None and start.judgement in (Judgement.ATTENTION, Judgement.ALARM):
                found.append(
                    (
                        "started",
                        False,
                        tr(
                            "{name}: {evidence} (pid {pid}: {argv})",
                            name=surface.name,
                            evidence=start.evidence,
                            pid=start.pid,
                            argv=start.argv,
                        ),
                    )
                )
            elif start is not None and start.judgement is Judgement.OK:
                found.append(("started", True, f"{surface.name}: {start.evidence}"))
    found += [(tr("cut off"), False, f"{each.cut_off.about}: {each.evidence}") for each in look.cut_off]
    log = snapshot.log
    if not log.source:
        found.append((tr("dispatch log"), True, tr("not configured; write `log: {path: …}` into the config to see it")))
    else:
        text = log.error or tr(
            "{count} records, {not_understood} not understood, {source}",
            count=len(log.dispatches),
            not_understood=log.not_understood,
            source=log.source,
        )
        found.append((tr("dispatch log"), not log.error, text))
    found += service_checks(snapshot.services)
    good, text = collector_judged(snapshot.collector, time.time())
    found.append(("collector", good, text))
    found.append((tr("manual lock"), *_lock(config)))
    found.append(("spans", *await _spans(config)))
    return found + operations_report.rows(snapshot.operations, time.time())


def _lock(config: Config) -> tuple[bool, str]:
    """What an automatic dispatcher would see."""
    path = Path(config.guards.lock) if config.guards.lock else state_folder() / NAME
    try:
        holder = read(path, time.time())
    except (OSError, ValueError) as error:
        return False, safe_text(f"{path}: {error}", limit=300)
    if holder is None:
        return True, safe_text(tr("{path}: not there; nobody sends by hand", path=path), limit=300)
    who = tr("{path}: process {pid} on {host}", path=path, pid=holder.pid, host=holder.host)
    state = tr("may send by hand") if holder.lives() else tr("has gone; the next console replaces it")
    return True, safe_text(f"{who} {state}", limit=300)


async def _spans(config: Config) -> tuple[bool, str]:
    """Whether the console's own spans would arrive."""
    if not config.trace.otlp:
        return True, tr("off; `trace: {otlp: http://127.0.0.1:4318}` sends them to a collector")
    from console.telemetry.receiver import problem

    wrong = await in_thread(lambda: problem(config.trace.otlp, config.trace.timeout))
    return not wrong, wrong or tr(
        "on: {rpartition} takes them", rpartition=safe_text(config.trace.otlp.rpartition("@")[2], limit=200)
    )


def _terminal() -> tuple[bool, str]:
    term, colours = os.environ.get("TERM", ""), os.environ.get("COLORTERM", "")
    if not sys.stdout.isatty():
        return True, tr("output is not a terminal; nothing to judge")
    if colours in ("truecolor", "24bit"):
        return True, tr("{term}, 24-bit colour", term=term)
    advice = tr(
        "set COLORTERM=truecolor if your terminal has 24-bit colour (in tmux: set -ag terminal-features ',*:RGB')"
    )
    return "256color" in term, f"{term or tr('TERM is not set')}; {advice}"


async def _tmux(config: Config) -> tuple[bool, str]:
    program = shutil.which("tmux")
    if program is None:
        return (
            False,
            tr("not installed; install tmux 3.2 or newer, or use the cmux daemon (pip install 'oc-console[embedded]')"),
        )
    try:
        version = (await run([program, "-V"])).stdout.decode("utf-8", "replace").strip()
    except HostError as error:
        return False, str(error)
    server = Tmux(config.mux.tmux_socket, os.environ).path
    if answers(server):
        return True, tr("{version}, a server answers on {server}", version=version, server=server)
    return True, tr(
        "{version}; no server answers on {server}: start one with `tmux`, or name another with --tmux-socket",
        version=version,
        server=server,
    )
