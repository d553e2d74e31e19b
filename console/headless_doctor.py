"""``oc-console doctor``: what was found on this machine, and what to do about what was not."""

from __future__ import annotations

import asyncio
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
from console.headless import Look, look
from console.headless_collector import collector_judged
from console.headless_services import service_checks
from console.host import HostError, in_thread, run
from console.i18n import mark, tr
from console.interlock import NAME, read
from console.model.cells import cells, padded
from console.model.service import Judgement
from console.model.snapshot import LogSlice, Snapshot
from console.model.surface import Surface
from console.mux.discover import discover
from console.mux.discover import lines as lines_of
from console.mux.tmux import Tmux, answers
from console.opening import state_folder
from console.safety import redact, safe_text

_PROGRAMS: Final = ("claude", "codex", "cmux")
_NAMED: Final = ("surfaces", "dispatch log", "collector", "spans")
"""What ``doctor`` fails for: the configuration names it, and it is not as it should be."""

Found = tuple[str, bool, str]
"""(What in English, whether it is well, what was found). The first is shown in the language of the interface."""


def doctor(config: Config, path: Path | None) -> int:
    """Say what was found and what to do about what was not. Exit 0, or 1 when something named is missing."""
    found = asyncio.run(_examine(config, path))
    width = max(cells(tr(what)) for what, _, _ in found)
    for what, good, text in found:
        print(f"{'ok ' if good else '-- '} {padded(tr(what), width)}  {redact(text)}")
    return 0 if all(good for what, good, _ in found if what in _NAMED) else 1


async def _examine(config: Config, path: Path | None) -> list[Found]:
    found = await _machine(config, path)
    seen = await look(config)
    snapshot, now = seen.snapshot, time.time()
    found += _surfaces(snapshot, seen)
    found += [(mark("cut off"), False, f"{each.cut_off.about}: {each.evidence}") for each in seen.cut_off]
    found.append((mark("dispatch log"), *_log(snapshot.log)))
    found += service_checks(snapshot.services)
    found.append((mark("collector"), *collector_judged(snapshot.collector, now)))
    found.append((mark("manual lock"), *_lock(config)))
    found.append(("spans", *await _spans(config)))
    return found + operations_report.rows(snapshot.operations, now)


async def _machine(config: Config, path: Path | None) -> list[Found]:
    """The console itself, its configuration, the terminal and the programs."""
    versions = tr(
        "{version}, Python {python}, Textual {textual}",
        version=__version__,
        python=platform.python_version(),
        textual=metadata.version("textual"),
    )
    none = tr("none; surfaces are discovered (config.example.yaml shows every key)")
    found: list[Found] = [
        ("oc-console", True, versions),
        (mark("config"), True, str(path) if path else none),
        (mark("terminal"), *_terminal()),
        ("tmux", *await _tmux(config)),
    ]
    for name in _PROGRAMS:
        where = shutil.which(name)
        found.append((name, where is not None, where or tr("not on PATH; needed only if you use it")))
    return [*found, *lines_of(await discover(config.mux, os.environ))]


def _surfaces(snapshot: Snapshot, seen: Look) -> Iterator[Found]:
    if snapshot.mux.error:
        yield "surfaces", False, snapshot.mux.error
        return
    there = [surface for surface in snapshot.surfaces if not surface.gone]
    agents = sum(1 for surface in there if surface.agent)
    counted = tr(
        "{count} in {source}, {agents} with an agent", count=len(there), source=snapshot.mux.source, agents=agents
    )
    yield mark("surfaces"), True, counted
    if seen.short:
        yield mark("back end"), True, seen.short
    for surface in snapshot.surfaces:
        if surface.gone or surface.unconfirmed:
            yield mark("surface"), False, f"{surface.name}: {surface.gone or surface.unconfirmed}"
        elif surface.unlisted:
            yield "surface", True, tr("{ref} {name}: not configured", ref=surface.info.ref, name=surface.name)
        yield from _started(surface)


def _started(surface: Surface) -> Iterator[Found]:
    """How its agent was started, where that is known to be well or wrong."""
    start = surface.started
    if start is not None and start.judgement in (Judgement.ATTENTION, Judgement.ALARM):
        said = tr(
            "{name}: {evidence} (pid {pid}: {argv})",
            name=surface.name,
            evidence=start.evidence,
            pid=start.pid,
            argv=start.argv,
        )
        yield mark("started"), False, said
    elif start is not None and start.judgement is Judgement.OK:
        yield "started", True, f"{surface.name}: {start.evidence}"


def _log(log: LogSlice) -> tuple[bool, str]:
    if not log.source:
        return True, tr("not configured; write `log: {path: …}` into the config to see it")
    text = log.error or tr(
        "{count} records, {not_understood} not understood, {source}",
        count=len(log.dispatches),
        not_understood=log.not_understood,
        source=log.source,
    )
    return not log.error, text


def _lock(config: Config) -> tuple[bool, str]:
    """What an automatic dispatcher would see."""
    path = Path(config.guards.lock) if config.guards.lock else state_folder() / NAME
    try:
        holder = read(path, time.time())
    except (OSError, ValueError) as error:
        return False, safe_text(f"{path}: {error}", limit=300)
    if holder is None:
        return True, safe_text(tr("{path}: not there; nobody sends by hand", path=path), limit=300)
    who = {"path": path, "pid": holder.pid, "host": holder.host}
    if holder.lives():
        return True, safe_text(tr("{path}: process {pid} on {host} may send by hand", **who), limit=300)
    gone = tr("{path}: process {pid} on {host} has gone; the next console replaces it", **who)
    return True, safe_text(gone, limit=300)


async def _spans(config: Config) -> tuple[bool, str]:
    """Whether the console's own spans would arrive."""
    if not config.trace.otlp:
        return True, tr("off; `trace: {otlp: http://127.0.0.1:4318}` sends them to a collector")
    from console.telemetry.receiver import problem

    wrong = await in_thread(lambda: problem(config.trace.otlp, config.trace.timeout))
    where = safe_text(config.trace.otlp.rpartition("@")[2], limit=200)  # without a name and a password
    return not wrong, wrong or tr("on: {where} takes them", where=where)


def _terminal() -> tuple[bool, str]:
    term, colours = os.environ.get("TERM", ""), os.environ.get("COLORTERM", "")
    if not sys.stdout.isatty():
        return True, tr("output is not a terminal; nothing to judge")
    if colours in ("truecolor", "24bit"):
        return True, tr("{term}, 24-bit colour", term=term)
    advice = tr(
        "set COLORTERM=truecolor if your terminal has 24-bit colour (in tmux: set -ag terminal-features ',*:RGB')"
    )
    said = term or tr("TERM is not set")
    return "256color" in term, f"{said}; {advice}"


async def _tmux(config: Config) -> tuple[bool, str]:
    program = shutil.which("tmux")
    if program is None:
        return False, tr(
            "not installed; install tmux 3.2 or newer, or use the cmux daemon (pip install 'oc-console[embedded]')"
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
