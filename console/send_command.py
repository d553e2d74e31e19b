"""``oc-console send``: one guarded, recorded send for scripts, with the rules of the console."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import io
import json
import os
import signal
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from console.config import Config
from console.i18n import mark, tr
from console.model.composed import STATELESS, Composed, earlier
from console.model.outcome import outcome_word
from console.model.snapshot import Snapshot
from console.model.surface import Surface
from console.safety import prints_unicode, safe_text

if TYPE_CHECKING:
    from console.engine import Engine
    from console.model.guard import Verdict

SUBMITTED, FAILED, USAGE, REFUSED, OPEN, QUEUED = 0, 1, 2, 3, 4, 5
"""Exit codes: submitted; failed half-way; wrong use; refused; typed but not submitted, or not confirmed; queued."""
CANCELLED: Final = 128 + signal.SIGINT
"""Exit code: interrupted before anything was typed."""
DRY_RUN: Final = mark("dry run")
"""The outcome where nothing was to be typed."""
CODES: Final = {
    "submitted": SUBMITTED,
    "queued": QUEUED,
    "typed_not_submitted": OPEN,
    "unconfirmed": OPEN,
    "refused": REFUSED,
    "failed": FAILED,
}


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser], shared: argparse.ArgumentParser) -> None:
    """Add ``send`` to the sub-commands; *shared* has the options of all."""
    send = commands.add_parser(
        "send", parents=[shared], help=tr("send a text to a surface: guarded, submitted, recorded")
    )
    send.add_argument("surface", metavar="SURFACE", help=tr("its name, ref, title or uuid"))
    send.add_argument("text", metavar="TEXT", nargs="?", default="-", help=tr("- (the default) reads standard input"))
    send.add_argument(
        "--dry-run", action="store_true", help=tr("what the guards say and what would be typed; types nothing")
    )
    send.add_argument("--force", metavar="GUARD", action="append", default=[], help=tr("set a refusal aside, by name"))
    send.add_argument(
        "--context", metavar="N", type=_count, default=0, help=tr("put the last N dispatches of it before the text")
    )
    send.add_argument("--queue", action="store_true", help=tr("queue it: a console sends it when the surface is idle"))
    send.add_argument("--json", action="store_true", help=tr("for scripts"))


def _count(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(
            tr("{text!r} is no number of dispatches; write 0 or more", text=safe_text(text, limit=40))
        )
    return int(text)


def run(config: Config, arguments: argparse.Namespace) -> int:
    """Carry ``send`` out; return its exit code."""
    try:
        text = _given(arguments.text)
        wrong = _no_guard(arguments.force)
        if not text.strip():
            wrong = wrong or tr("there is no text; give it as an argument or on standard input")
        if wrong:
            print(tr("oc-console send: {wrong}", wrong=wrong), file=sys.stderr)
            return USAGE
        code, told = asyncio.run(_send(config, arguments, text.strip("\r\n")))
    except KeyboardInterrupt:
        print(tr("oc-console send: interrupted; nothing was typed"), file=sys.stderr)
        return CANCELLED
    if arguments.json:
        unicode = prints_unicode()
        print(json.dumps(told, ensure_ascii=not unicode, indent=2))
    else:
        for line in _lines(told):
            print(line, file=sys.stderr if code not in (SUBMITTED, QUEUED) else sys.stdout)
    return code


def _given(text: str) -> str:
    """The argument, or standard input; bytes that are no UTF-8 become characters that the guards refuse."""
    if text != "-":
        return text
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(encoding="utf-8", errors="surrogateescape")
    return sys.stdin.read()


def _no_guard(names: list[str]) -> str:
    """Why a refusal cannot be set aside by one of *names*; empty when all of them can."""
    from console.model.guard import FINAL, RULES

    known = [rule.name for rule in RULES if not rule.final]
    for name in names:
        if name in FINAL:
            return tr("--force {name}: nobody can set this guard aside; do what it says instead", name=name)
        if name not in known:
            return tr(
                "--force {name}: there is no such guard; write one of {listed}",
                name=safe_text(name, limit=40),
                listed=", ".join(known),
            )
    return ""


async def _send(config: Config, arguments: argparse.Namespace, text: str) -> tuple[int, dict[str, Any]]:
    from console.engine import Engine
    from console.opening import choose, rules_folder, state_folder

    env = {name: value for name, value in os.environ.items() if name != "TMUX_PANE"}
    choice = await choose(config, env)
    if choice.mux is None:
        why = choice.why or tr("no terminal server answers")
        return USAGE, {
            "outcome": "refused",
            "evidence": tr("{why}; `oc-console doctor` lists where it was looked for", why=why),
        }
    engine = Engine(config, choice.mux, witness=True, state=state_folder(), rules=rules_folder())
    engine.keeps = not arguments.dry_run
    watching = asyncio.create_task(engine.run())
    try:
        snapshot = await _read(engine)
        found = snapshot.called(arguments.surface)
        if len(found) != 1:
            why = _not_one(safe_text(arguments.surface, limit=80), len(found), snapshot.mux.error)
            return USAGE, {"outcome": "refused", "evidence": why}
        return await _one(engine, found[0], arguments, text)
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        await engine.close()


def _not_one(name: str, count: int, error: str) -> str:
    """Why *name* means no one surface: *count* of them answer to it; *error* is that of the terminal server."""
    if count:
        return tr("{count} surfaces answer to {name}; `oc-console status` lists them", count=count, name=name)
    if error:
        return tr("{name} was not found: {error}", name=name, error=error)
    return tr("there is no surface {name}; `oc-console status` lists them", name=name)


async def _read(engine: Engine, timeout: float = 5.0) -> Snapshot:
    """Everything read once: the guards need screens, log and services."""
    try:
        async with asyncio.timeout(timeout):
            await engine.everything_read()
    except TimeoutError:
        return engine.snapshot
    return engine.snapshot


async def _one(
    engine: Engine, surface: Surface, arguments: argparse.Namespace, text: str
) -> tuple[int, dict[str, Any]]:
    context = earlier(surface, engine.snapshot, arguments.context)
    composed = Composed(text, tuple(arguments.force), context)
    assert engine.sending is not None
    verdicts = engine.sending.judge(engine.snapshot, surface.key, composed)
    told: dict[str, Any] = {
        "surface": {"ref": surface.info.ref, "uuid": surface.info.uuid, "name": surface.name},
        "guards": [_verdict(each, composed.overrides) for each in verdicts],
    }
    if arguments.context and not context:
        told["warning"] = _no_context(surface)
    if arguments.dry_run:
        from console.model.guard import refusals

        stands = refusals(verdicts, composed.overrides)
        told |= {"outcome": DRY_RUN, "would_type": engine.sending.preview(engine.mux, composed)}
        barred = engine.barred(surface.key)
        told["evidence"] = tr("refused") if stands else tr("nothing stands against it")
        if barred:
            told["evidence"] = tr("refused: {why}", why=barred)
        return (REFUSED if stands or barred else SUBMITTED), told
    if arguments.queue:
        from console.queue_command import enqueue

        code, queued = await enqueue(engine, surface, composed)
        return code, {"surface": told["surface"], **queued}
    with _stoppable() as stop:
        result = await engine.send(surface.key, composed, stop=stop)
    told |= {"outcome": result.outcome, "evidence": result.evidence, "left": result.left, "enters": result.enters}
    return CODES[result.outcome], told


@contextlib.contextmanager
def _stoppable() -> Iterator[asyncio.Event]:
    """An event that Ctrl-C or SIGTERM sets: the send ends at its next step, and its outcome is recorded."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    try:
        yield stop
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


def _no_context(surface: Surface) -> str:
    if surface.agent not in STATELESS:
        return tr("--context: {name} remembers its earlier tasks, so none were attached", name=surface.name)
    return tr("--context: the log has no earlier task of {name}, so none were attached", name=surface.name)


def _verdict(each: Verdict, overrides: tuple[str, ...]) -> dict[str, Any]:
    return {
        "rule": each.rule,
        "level": each.level.word,
        "evidence": each.evidence,
        "remedy": each.remedy,
        "overridden": each.rule in overrides and not each.final,
    }


def _lines(told: dict[str, Any]) -> list[str]:
    lines = []
    for each in told.get("guards", ()):
        if each["level"] != "pass":
            sign = "▲" if each["level"] == "warn" or each["overridden"] else "✗"
            lines.append(f"{sign} {each['rule']}: {each['evidence']}; {each['remedy']}")
    outcome = outcome_word(told["outcome"])
    twice = told["evidence"].startswith(outcome)
    lines.append(told["evidence"] if twice else f"{outcome}: {told['evidence']}")
    if told.get("warning"):
        lines.append(f"▲ {told['warning']}")
    if "would_type" in told:
        lines.append(tr("would type: {text}", text=told["would_type"]))
    return lines
