"""``oc-console decision``: note, list, decide, and run what a decision unlocks, for scripts."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from console.config import Config
from console.early_end import Stop
from console.i18n import tr
from console.model.outcome import Written
from console.safety import prints_unicode, safe_text

if TYPE_CHECKING:
    from console.deciding import Deciding
    from console.model.decision import Decision
    from console.model.decision_command import Plan

WELL, FAILED, USAGE, REFUSED = 0, 1, 2, 3
"""Exit codes: done; not written, or the command failed; wrong use or no such decision; refused."""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser], shared: argparse.ArgumentParser) -> None:
    """Add ``decision`` to the sub-commands; *shared* has the options of all."""
    decision = commands.add_parser("decision", help=tr("what waits for the owner's decision, and what was decided"))
    verbs = decision.add_subparsers(dest="verb", metavar="VERB", required=True)
    listed = verbs.add_parser("list", parents=[shared], help=tr("what waits, and what was decided by whom"))
    add = verbs.add_parser("add", parents=[shared], help=tr("note a decision"))
    add.add_argument("text", metavar="TEXT", help=tr("what has to be decided"))
    add.add_argument(
        "--command", dest="unlocks", metavar="LINE", action="append", default=[], help=tr("what it unlocks")
    )
    add.add_argument("--path", metavar="PATH", action="append", default=[], help=tr("a file it is about"))
    add.add_argument("--option", metavar="TEXT", action="append", default=[], help=tr("a choice"))
    taken = verbs.add_parser("import", parents=[shared], help=tr("note what a hand-off document asks for, each once"))
    taken.add_argument("file", metavar="FILE", help=tr("a hand-off document"))
    decide = verbs.add_parser("decide", parents=[shared], help=tr("write the answer to a decision"))
    decide.add_argument("id", metavar="ID", help=tr("as `oc-console decision list` shows it, or its beginning"))
    decide.add_argument("answer", metavar="ANSWER", help=tr("a word, or more"))
    decide.add_argument("--note", metavar="TEXT", default="", help=tr("more about it"))
    decide.add_argument("--by", metavar="NAME", default="", help=tr("who decided; your account where it is not given"))
    withdraw = verbs.add_parser(
        "withdraw", parents=[shared], help=tr("close a decision that nobody has to make any more")
    )
    reopen = verbs.add_parser("reopen", parents=[shared], help=tr("let a decision wait again"))
    runs = verbs.add_parser("run", parents=[shared], help=tr("show what a decision unlocks; with --yes run it"))
    for verb in (withdraw, reopen, runs):
        verb.add_argument("id", metavar="ID", help=tr("as `oc-console decision list` shows it, or its beginning"))
    runs.add_argument("--number", metavar="N", type=int, default=1, help=tr("which of its commands, from 1"))
    runs.add_argument("--yes", action="store_true", help=tr("run it, without a shell and under the guards"))
    for verb in (listed, add, taken, decide, withdraw, reopen, runs):
        verb.add_argument("--json", action="store_true", help=tr("for scripts"))


def run(config: Config, arguments: argparse.Namespace) -> int:
    """Carry ``decision`` out; return its exit code."""
    try:
        code, told = asyncio.run(_run(config, arguments))
    except Stop as stop:
        code, told = stop.code, {"done": False, "evidence": str(stop)}
    if arguments.json:
        unicode = prints_unicode()
        print(json.dumps(told, ensure_ascii=not unicode, indent=2))
    elif "lines" in told:
        print("\n".join(told["lines"]))
    else:
        text = "; ".join(part for part in (told["evidence"], told.get("warning", "")) if part)
        stream = sys.stdout if code == WELL else sys.stderr
        if told.get("output"):
            print(told["output"])
        print(text if code == WELL else tr("oc-console decision: {text}", text=text), file=stream)
    return code


async def _run(config: Config, arguments: argparse.Namespace) -> tuple[int, dict[str, Any]]:
    from console.deciding import Deciding
    from console.model.decision import Asked

    desk = Deciding(Path(config.decisions), read_only=config.read_only)
    match arguments.verb:
        case "list":
            return await _listed(desk, as_json=arguments.json)
        case "add":
            asked = Asked(arguments.text, tuple(arguments.unlocks), tuple(arguments.path), tuple(arguments.option),
                          "oc-console decision add")  # fmt: skip
            return _written(await desk.add([asked]))
        case "import":
            return _written(await desk.add(_asked(arguments.file)))
        case "decide":
            decision = await _found(desk, arguments.id)
            by = safe_text(arguments.by, limit=60)
            return _written(await desk.decide(decision.id, arguments.answer, arguments.note, by=by))
        case "withdraw":
            return _written(await desk.withdraw((await _found(desk, arguments.id)).id))
        case "reopen":
            return _written(await desk.reopen((await _found(desk, arguments.id)).id))
    return await _unlocked(config, arguments)


def _written(written: Written) -> tuple[int, dict[str, Any]]:
    code = WELL if written.done else REFUSED if written.refused else FAILED
    return code, {"done": written.done, "evidence": written.text, "warning": written.warning}


def _asked(file: str) -> Sequence[Any]:
    from console.handoff_offers import offers

    found = offers(Path(file))
    if found.error:
        raise Stop(USAGE, found.error)
    return found.asked


async def _listed(desk: Deciding, *, as_json: bool) -> tuple[int, dict[str, Any]]:
    from console.decision_report import document, lines
    from console.model.decision import DecisionsSlice

    found = await desk.load()
    if found.error:
        raise Stop(FAILED, found.error)
    seen = DecisionsSlice(found.source, found.at, found.decisions, found.problems)
    return WELL, document(seen) if as_json else {"lines": list(lines(seen))}


async def _found(desk: Deciding, name: str) -> Decision:
    from console.model.decision import find

    read = await desk.load()
    if read.error:
        raise Stop(FAILED, read.error)
    found = find(read.decisions, name)
    if len(found) == 1:
        return found[0]
    shown = safe_text(name, limit=40)
    if found:
        which = ", ".join(each.id for each in found)
        raise Stop(USAGE, tr("{id} is the beginning of {ids}; write more of it", id=shown, ids=which))
    raise Stop(USAGE, tr("there is no decision {id}; `oc-console decision list` lists them", id=shown))


# -- run -------------------------------------------------------------------------------------------------------------


async def _unlocked(config: Config, arguments: argparse.Namespace) -> tuple[int, dict[str, Any]]:
    """Show, or run, a command of a decision; the guards see the fleet as it is now."""
    from console.deciding import Deciding, dispatcher_refused
    from console.engine import Engine
    from console.opening import choose, seek
    from console.sending import policy

    env = {name: value for name, value in os.environ.items() if name != "TMUX_PANE"}
    choice = await choose(config, env)
    engine = Engine(config, choice.mux or seek(config, env, choice.why), witness=False)
    try:
        snapshot = await engine.peek()
    finally:
        await engine.close()
    desk = Deciding(
        Path(config.decisions),
        read_only=config.read_only,
        snapshot=lambda: snapshot,
        policy=lambda: policy(config),
        dispatcher=lambda: dispatcher_refused(config),
    )
    decision = await _found(desk, arguments.id)
    plans = desk.plans(decision)
    if not 1 <= arguments.number <= len(plans):
        what = (
            tr("it has {count} commands; --number says which", count=len(plans)) if plans else tr("it names no command")
        )
        raise Stop(USAGE, f"{decision.id}: {what}")
    plan = plans[arguments.number - 1]
    told = _planned(plan)
    if plan.kind != "run":
        code = REFUSED if plan.kind == "refused" else FAILED
        return code, {**told, "done": False, "evidence": _why(plan)}
    if not arguments.yes:
        return FAILED, {
            **told,
            "done": False,
            "evidence": tr("would run in {cwd}: {shown}; --yes runs it", cwd=plan.cwd, shown=plan.shown),
        }
    done = await desk.run(decision.id, plan)
    code, outcome = _written(done.written)
    return code, {**told, **outcome, "exit": done.exit, "output": done.output}


def _planned(plan: Plan) -> dict[str, Any]:
    from console.decision_report import plan_item

    return {"plan": plan_item(plan)}


def _why(plan: Plan) -> str:
    if plan.kind == "send":
        return tr(
            "{why}: {text}; send it with `oc-console send SURFACE` or from the console (d)",
            why=plan.why,
            text=plan.text,
        )
    return "; ".join(part for part in (plan.why, plan.remedy) if part)
