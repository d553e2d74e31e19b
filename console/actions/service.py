"""Acts on services: noted, carried out, then believed only when their state was read again."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from console.host import HostError, run
from console.i18n import tr
from console.model.observed import seen as observed
from console.model.observed import wanted as expectation
from console.model.service import Judgement, Service
from console.model.service_act import Done, Offer, Outcome, Step, Verb, wanted
from console.safety import redact, safe_text
from console.state_journal import append_line

JOURNAL: Final = "service_acts.jsonl"
TIMEOUT: Final = 30.0
"""Seconds one command may take."""
SETTLE = 10.0
"""Seconds in which the state that was wanted has to be seen."""
EVERY: Final = 0.3
"""Seconds between two looks at it."""
SEEN: Final = 2
"""Looks in a row that have to agree: what is started again at once is not stopped."""

Rpc = Callable[[Step], Awaitable[None]]
"""Calls a method of supervisord; raises `Fault`."""


class Fault(Exception):
    """A command that did not do what it should; the text says what it said."""


@dataclass(frozen=True, slots=True)
class Means:
    """What an act needs from the engine."""

    read: Callable[[], Awaitable[Service]]
    """The service, read from its manager now."""
    rpc: Rpc
    state: Path
    """Folder of the journal."""
    who: str
    """Who acts: ``op in the console``."""
    read_only: bool = False


async def carry_out(offer: Offer, before: Service, means: Means) -> Done:
    """Do what *offer* says to the service that was *before*. Never raises for what goes wrong outside."""
    if means.read_only:
        return Done("refused", tr("the console is read-only; nothing was done"), offer)
    if offer.refusal:
        _note(means, offer, before, "refused", offer.why_not)
        return Done("refused", tr("{why_not}; nothing was done", why_not=offer.why_not), offer, before)
    problem = _note(means, offer, before, "begin", "")
    if problem:
        return Done(
            "refused", tr("the journal cannot be written ({problem}); nothing was done", problem=problem), offer, before
        )
    began = time.time()
    try:
        for step in offer.steps:
            await _step(step, means.rpc)
    except Fault as error:
        done = Done("failed", str(error), offer, await means.read())
    except asyncio.CancelledError:
        _note(means, offer, before, "unconfirmed", tr("the console was left before the result was seen"))
        raise
    else:
        done = await _confirmed(offer, before, means, began)
    problem = _note(means, offer, before, done.outcome, done.evidence)
    warning = tr("the result was not noted ({problem})", problem=problem) if problem else ""
    return Done(done.outcome, done.evidence, offer, done.service, warning)


async def _step(step: Step, rpc: Rpc) -> None:
    """One call. Raises `Fault`."""
    if step.method:
        try:
            await rpc(step)
        except Fault as error:
            if not any(word in str(error) for word in step.harmless):
                raise
        return
    try:
        done = await run(step.argv, timeout=TIMEOUT)
    except HostError as error:
        raise Fault(str(error)) from error
    if done.returncode != 0:
        said = (done.stderr or done.stdout).decode("utf-8", "replace").strip().split("\n")[0]
        told = redact(safe_text(said, limit=200)) or tr("it said nothing")
        shown = safe_text(step.text, limit=200)
        raise Fault(tr("{command} ended with {status}: {said}", command=shown, status=done.returncode, said=told))


async def _confirmed(offer: Offer, before: Service, means: Means, began: float) -> Done:
    """Read the state until it is the one that is wanted, or the time is up."""
    end = time.monotonic() + SETTLE
    agreed = 0
    need = SEEN if offer.verb in (Verb.STOP, Verb.UNLOAD) else 1
    while True:
        now = await means.read()
        agreed = agreed + 1 if wanted(offer.verb, before, now, began) else 0
        if agreed >= need:
            return Done("done", _told(offer, now), offer, now)
        if time.monotonic() >= end:
            why = tr(
                "the command ended well, but after {settle:g} s {service} is {seen}",
                settle=SETTLE,
                service=offer.service,
                seen=_seen(now),
            )
            return Done("unconfirmed", why, offer, now)
        await asyncio.sleep(EVERY)


def _told(offer: Offer, now: Service) -> str:
    if now.judgement is Judgement.OK:
        return tr("{service} is {seen}", service=offer.service, seen=_seen(now))
    return tr(
        "{service} is {seen}; {judgement}: {expected} is expected",
        service=offer.service,
        seen=_seen(now),
        judgement=tr(str(now.judgement)),
        expected=expectation(now.expected),
    )


def _seen(now: Service) -> str:
    told = now.evidence
    if now.last_exit and now.last_exit not in told:
        told = tr("{evidence}, its last run ended with {exit}", evidence=told, exit=now.last_exit)
    return f"{observed(now.observed)} ({told})"


def _note(means: Means, offer: Offer, service: Service, event: Outcome | str, evidence: str) -> str:
    """Write a line into the journal; empty, or why that failed."""
    record = {
        "at": time.time(), "event": event, "who": means.who, "service": service.name, "manager": service.manager,
        "label": service.label, "verb": str(offer.verb), "command": redact(offer.command), "was": service.word,
        "evidence": redact(safe_text(evidence, limit=500)),
    }  # fmt: skip
    try:
        append_line(means.state / JOURNAL, record)
    except (OSError, ValueError) as error:
        return safe_text(str(getattr(error, "strerror", None) or error), limit=120)
    return ""
