"""``oc-console queue``: what waits to be sent, for scripts; and ``oc-console send --queue``.

The file is shared with every console of this account, so it works while one runs and while none does.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import secrets
import sys
import time
from typing import TYPE_CHECKING, Any

from console.config import Config
from console.early_end import Stop
from console.i18n import tr, trn
from console.model.outcome import Written
from console.safety import prints_unicode, safe_text

if TYPE_CHECKING:
    from console.engine import Engine
    from console.model.composed import Composed
    from console.model.queue import Item, Target
    from console.model.surface import Surface
    from console.queueing import Queue

WELL, FAILED, USAGE, REFUSED, QUEUED = 0, 1, 2, 3, 5
"""Exit codes: done; not written; wrong use or nothing of that name; refused; queued."""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser], shared: argparse.ArgumentParser) -> None:
    """Add ``queue`` to the sub-commands; *shared* has the options of all."""
    queue = commands.add_parser("queue", help=tr("the tasks that wait to be sent: list, pause, resume, drop"))
    verbs = queue.add_subparsers(dest="verb", metavar="VERB", required=True)
    listed = verbs.add_parser("list", parents=[shared], help=tr("what waits, in which order, and why"))
    pause = verbs.add_parser(
        "pause", parents=[shared], help=tr("send nothing to a surface; without one: nothing at all")
    )
    resume = verbs.add_parser("resume", parents=[shared], help=tr("let it go on; without one: everything"))
    drop = verbs.add_parser("drop", parents=[shared], help=tr("take a task out of the queue"))
    for verb in (pause, resume):
        verb.add_argument("surface", metavar="SURFACE", nargs="?", default="", help=tr("its name, ref, title or uuid"))
    drop.add_argument("id", metavar="ID", help=tr("as `oc-console queue list` shows it"))
    for verb in (listed, pause, resume, drop):
        verb.add_argument("--json", action="store_true", help=tr("for scripts"))


def run(config: Config, arguments: argparse.Namespace) -> int:
    """Carry ``queue`` out; return its exit code."""
    try:
        code, told = asyncio.run(_run(config, arguments))
    except Stop as stop:
        code, told = stop.code, {"done": False, "evidence": str(stop)}
    if arguments.json:
        unicode = prints_unicode()
        print(json.dumps(told, ensure_ascii=not unicode, indent=2))
    elif "items" in told:
        print("\n".join(_lines(told)))
    else:
        text = "; ".join(part for part in (told["evidence"], told.get("warning", "")) if part)
        print(
            text if code == WELL else tr("oc-console queue: {text}", text=text), file=sys.stderr if code else sys.stdout
        )
    return code


async def _run(config: Config, arguments: argparse.Namespace) -> tuple[int, dict[str, Any]]:
    from console.opening import state_folder
    from console.queueing import open_queue

    queue = open_queue(config, state_folder())
    await queue.load()
    if queue.error:
        raise Stop(FAILED, queue.error)
    if arguments.verb == "list":
        return WELL, await _listed(queue)
    if config.read_only:
        raise Stop(REFUSED, tr("refused: the console is read-only; nothing was changed"))
    if arguments.verb == "drop":
        return await _drop(queue, arguments.id)
    key, name = await _target(config, queue, arguments.surface)
    pausing = arguments.verb == "pause"
    written = await (queue.pause(key) if pausing else queue.resume(key))
    told = _told(written, _held(name, pausing) if written.done else written.text)
    if written.done and not pausing:
        told["warning"] = await _still(queue, key)
    return _code(written), told


def _held(name: str, pausing: bool) -> str:
    """What a pause, or its end, came to; no *name*: for everything."""
    if not name:
        return tr("everything is paused") if pausing else tr("everything goes on")
    return tr("{name} is paused", name=name) if pausing else tr("{name} goes on", name=name)


async def _still(queue: Queue, key: str | None) -> str:
    """Why what was resumed does not go all the same."""
    if not await queue.attended():
        return tr(
            "no console is running: what waits is paused again when one is started, until you resume it there (Q)"
        )
    if not queue.stopped:
        return ""
    return tr("everything is paused: {why}; `oc-console queue resume` lets it go on", why=tr(queue.stopped))


async def _drop(queue: Queue, id: str) -> tuple[int, dict[str, Any]]:
    if queue.queues.item(id) is None:
        raise Stop(
            USAGE,
            tr("there is no {id} in the queue; `oc-console queue list` lists what is", id=safe_text(id, limit=40)),
        )
    written = await queue.drop(id)
    return _code(written), _told(written, written.text)


def _code(written: Written) -> int:
    return WELL if written.done else REFUSED if written.refused else FAILED


def _told(written: Written, text: str) -> dict[str, Any]:
    return {"done": written.done, "evidence": text, "warning": written.warning}


# -- which queue is meant --------------------------------------------------------------------------------------------


async def _target(config: Config, queue: Queue, name: str) -> tuple[str | None, str]:
    """The key of the queue *name* means, and its name; nothing of both for all. Asks the terminal server if it must."""
    if not name:
        return None, ""
    found = {item.target.key: item.target for item in queue.queues.open() if item.target.answers_to(name)}
    if not found:
        found = await _at_server(config, name)
    if len(found) == 1:
        [(key, target)] = found.items()
        return key, target.name or target.ref
    which = ", ".join(f"{target.name} ({target.ref}, {target.server})" for target in found.values())
    what = tr(
        "{count} surfaces answer to {name}: {which}; give the ref or the uuid",
        count=len(found),
        name=safe_text(name, limit=80),
        which=which,
    )
    raise Stop(USAGE, what)


async def _at_server(config: Config, name: str) -> dict[str, Target]:
    from console.engine import Engine
    from console.model.queue import Target
    from console.opening import choose

    env = {name: value for name, value in os.environ.items() if name != "TMUX_PANE"}
    choice = await choose(config, env)
    shown = safe_text(name, limit=80)
    if choice.mux is None:
        raise Stop(
            USAGE,
            tr("nothing waits for {name}, and {why}", name=shown, why=choice.why or tr("no terminal server answers")),
        )
    engine = Engine(config, choice.mux)
    try:
        snapshot = await engine.peek()
    finally:
        await engine.close()
    found = snapshot.called(name)
    if not found:
        raise Stop(USAGE, tr("there is no surface {name}; `oc-console status` lists them", name=shown))
    return {(target := Target.of(surface, snapshot.mux.source)).key: target for surface in found}


# -- the list --------------------------------------------------------------------------------------------------------


async def _listed(queue: Queue) -> dict[str, Any]:
    queues, places = queue.queues, dict[str, int]()
    items = []
    for item in (*queues.open(), *(each for each in queues.items if each not in queues.open())):
        place = places[item.target.key] = places.get(item.target.key, 0) + 1
        items.append(_item(queue, item, place))
    return {
        "console": await queue.attended(),
        "stopped": queues.stopped or None,
        "paused": sorted(queues.paused),
        "not_understood": len(queues.unknown),
        "items": items,
    }


def _item(queue: Queue, item: Item, place: int) -> dict[str, Any]:
    from console.model.queue import ItemState, held, reason_of

    state, target = queue.state(item), item.target
    waits = state is not ItemState.SENT
    why = held(queue.queues, item, queue.start_number) if state is ItemState.PAUSED else ""
    why = why or reason_of(item) or (tr("behind another one") if place > 1 and waits else "")
    return {
        "id": item.id,
        "surface": {"ref": target.ref, "uuid": target.uuid or None, "name": target.name, "server": target.server},
        "place": place if waits else None,
        "state": str(state),
        "reason": why,
        "title": item.title,
        "text": safe_text(item.text, multiline=True),
        "created_at": item.created_at,
        "at": item.at,
        "tries": item.tries,
        "number": item.number,
    }


def _lines(told: dict[str, Any]) -> list[str]:
    """The list for people."""
    from console.model.cells import padded
    from console.model.queue_view import STATE

    lines = [tr("everything is paused: {why}", why=tr(told["stopped"]))] if told["stopped"] else []
    waiting = [item for item in told["items"] if item["place"] is not None]
    now = time.time()
    for item in waiting:
        name = item["surface"]["name"] or item["surface"]["ref"]
        age = max(0, int((now - item["created_at"]) // 60))
        why = f"  ({item['reason']})" if item["reason"] else ""
        lines.append(
            f"{item['id']}  {name} {item['place']}  {padded(tr(item['state']), STATE)} {age:>4}m  {item['title']}{why}"
        )
    if not waiting:
        lines.append(tr("nothing waits in the queue"))
    elif not told["console"]:
        lines.append(tr("no console is running: nothing is sent until one is, and it is resumed there (Q)"))
    if told["not_understood"]:
        lines.append(
            trn(
                "{count} entry of the file is not understood; it is kept as it is",
                "{count} entries of the file are not understood; they are kept as they are",
                told["not_understood"],
            )
        )
    return lines


# -- send --queue ----------------------------------------------------------------------------------------------------


async def enqueue(engine: Engine, surface: Surface, composed: Composed) -> tuple[int, dict[str, Any]]:
    """Queue a task for ``oc-console send --queue``."""
    from console.queueing import NO_CONSOLE

    id = secrets.token_hex(4)
    written = await engine.enqueue(surface.key, composed, id=id)
    if not written.done:
        return _code(written), {"outcome": "refused" if written.refused else "failed", "evidence": written.text}
    console = engine.queue is not None and await engine.queue.attended()
    warning = "; ".join(part for part in (written.warning, "" if console else tr(NO_CONSOLE)) if part)
    told = {"outcome": "queued", "id": id, "evidence": written.text, "warning": warning, "console": console}
    return QUEUED, told
