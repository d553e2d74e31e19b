"""``oc-console service``: acts on services without a screen, with the rules of the console."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from typing import TYPE_CHECKING, Any, Final

from console.config import Config
from console.i18n import tr
from console.model.cells import cells, padded
from console.model.observed import seen, wanted
from console.model.service import Judgement, Service
from console.model.service_act import OUTCOMES, Done, Offer, Verb
from console.safety import prints_unicode, safe_text

if TYPE_CHECKING:
    from console.engine import Engine
    from console.servicing import Servicing

DONE, FAILED, USAGE, REFUSED = 0, 1, 2, 3
"""Exit codes: done, and seen to be; failed, or not seen; wrong use; refused, nothing was done."""
CODES: Final = {"done": DONE, "failed": FAILED, "unconfirmed": FAILED, "refused": REFUSED}
TIMEOUT: Final = 8.0
"""Seconds in which surfaces and services have to be read; what is not known by then stays unknown."""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser], shared: argparse.ArgumentParser) -> None:
    """Add ``service`` to the sub-commands; *shared* has the options of all."""
    service = commands.add_parser(
        "service", help=tr("start, stop, load or unload a watched service: guarded, seen, noted")
    )
    verbs = service.add_subparsers(dest="verb", metavar="VERB", required=True)
    listed = verbs.add_parser("list", parents=[shared], help=tr("every watched service and what can be done to it"))
    listed.add_argument("--json", action="store_true", help=tr("for scripts"))
    for verb in Verb:
        act = verbs.add_parser(
            str(verb), parents=[shared], help=tr("{verb} a service, and look whether it is", verb=tr(str(verb)))
        )
        act.add_argument("name", metavar="NAME", help=tr("its name, or the label its manager has for it"))
        act.add_argument("--yes", action="store_true", help=tr("do not ask"))
        act.add_argument("--dry-run", action="store_true", help=tr("the command and its consequence; does nothing"))
        act.add_argument("--json", action="store_true", help=tr("for scripts; with --dry-run or --yes"))


def run(config: Config, arguments: argparse.Namespace) -> int:
    """Carry ``service`` out; return its exit code."""
    if not config.services:
        return _usage(tr("no services are configured; write services: (config.example.yaml shows how)"))
    return asyncio.run(_run(config, arguments))


async def _run(config: Config, arguments: argparse.Namespace) -> int:
    from console.engine import Engine
    from console.opening import choose, rules_folder, seek, state_folder
    from console.servicing import Servicing

    env = {name: value for name, value in os.environ.items() if name not in ("TMUX_PANE", "CMUX_SURFACE_ID")}
    choice = await choose(config, env)
    # The screens are read as well: what Codex does in a process is a reason not to end it.
    engine = Engine(config, choice.mux or seek(config, env, choice.why), witness=True, rules=rules_folder())
    watching = asyncio.create_task(engine.run())
    try:
        await _read(engine)
        servicing = Servicing(config, state_folder(), lambda: engine.snapshot, how="with oc-console service")
        if arguments.verb == "list":
            return await _list(engine, servicing, as_json=arguments.json)
        return await _act(engine, servicing, arguments)
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        await engine.close()


async def _read(engine: Engine) -> None:
    try:
        async with asyncio.timeout(TIMEOUT):
            await engine.everything_read()
    except TimeoutError:
        return


async def _list(engine: Engine, servicing: Servicing, *, as_json: bool) -> int:
    told = []
    for service in engine.snapshot.services.services:
        for each in (service, *service.members):
            offers = () if each.members else await servicing.offers(each)
            told.append((each, tuple(offer for offer in offers if not offer.refusal)))
    if as_json:
        _dump([{**_service(each), "can": [str(offer.verb) for offer in can]} for each, can in told])
        return DONE
    width = max(cells(tr(str(judgement))) for judgement in Judgement)
    for each, can in told:
        verbs = ", ".join(str(offer.verb) for offer in can) or tr("nothing to do from here")
        state = tr("{observed}, expected {expected}", observed=seen(each.observed), expected=wanted(each.expected))
        print(f"{padded(tr(str(each.judgement)), width)}  {each.name}  {state}  [{verbs}]")
    return DONE


async def _act(engine: Engine, servicing: Servicing, arguments: argparse.Namespace) -> int:
    service = servicing.find(arguments.name)
    if service is None:
        named = ", ".join(each.name for each in engine.snapshot.services.services)
        return _usage(
            tr("there is no service {name}; there are {named}", name=safe_text(arguments.name, limit=80), named=named)
        )
    offer = await servicing.offer(service, Verb(arguments.verb))
    if arguments.dry_run:
        told = _offer(offer, service)
        told |= {"outcome": "dry run", "evidence": offer.why_not or tr("nothing stands against it")}
        _dump(told) if arguments.json else print("\n".join(_lines(offer)))
        return REFUSED if offer.refusal else DONE
    if not (offer.refusal or arguments.yes or engine.config.read_only):
        if arguments.json or not sys.stdin.isatty():
            return _usage(tr("write --yes to do it, or --dry-run to see what it does"))
        print("\n".join(_lines(offer)))
        if not await asyncio.to_thread(_agreed):
            print(tr("nothing was done"))
            return DONE
    done = await servicing.act(offer)
    if arguments.json:
        _dump({**_offer(done.offer, done.service or service), "outcome": done.outcome, "evidence": done.evidence,
               "warning": done.warning or None})  # fmt: skip
    else:
        _tell(done)
    return CODES[done.outcome]


def _tell(done: Done) -> None:
    to = sys.stdout if done.outcome == "done" else sys.stderr
    print(f"{tr(OUTCOMES[done.outcome])}: {done.evidence}", file=to)
    if done.warning:
        print(f"▲ {done.warning}", file=sys.stderr)


def _service(service: Service) -> dict[str, Any]:
    return {
        "name": service.name, "manager": service.manager or None, "label": service.label or None,
        "state": service.word, "expected": service.expected, "judgement": service.judgement,
        "service_evidence": service.evidence, "pid": service.pid,
    }  # fmt: skip


def _offer(offer: Offer, service: Service) -> dict[str, Any]:
    return {
        **_service(service), "verb": offer.verb, "commands": [step.text for step in offer.steps],
        "consequence": offer.consequence or None, "refusal": offer.refusal or None, "remedy": offer.remedy or None,
    }  # fmt: skip


def _lines(offer: Offer) -> list[str]:
    lines = [tr("would call: {text}", text=step.text) for step in offer.steps]
    lines += [offer.consequence] if offer.consequence else []
    return [*lines, tr("✗ refused: {why_not}", why_not=offer.why_not)] if offer.refusal else lines


def _agreed() -> bool:
    try:
        said = input(tr("Do it? [y/N] "))
    except (EOFError, KeyboardInterrupt):
        print()
        return False
    return said.strip().casefold() in ("y", "yes")


def _dump(told: object) -> None:
    unicode = prints_unicode()
    print(json.dumps(told, ensure_ascii=not unicode, indent=2))


def _usage(text: str) -> int:
    print(tr("oc-console service: {text}", text=text), file=sys.stderr)
    return USAGE
