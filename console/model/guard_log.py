"""Guards about the log: is the task given already, may it be given now, and by whom is work verified? Pure."""

from __future__ import annotations

import re
from typing import Final

from console.i18n import tr
from console.model.dispatch import Dispatch, DispatchStatus
from console.model.guard_facts import Facts, Hit, Policy, Task
from console.model.similar import groups
from console.model.surface import Surface
from console.model.verify_task import own_work

HOUR: Final = 3600.0
CONTAINED: Final = 16
"""Characters, blanks and signs not counted, from which a task inside another text is the same task."""

_SIGNS: Final = re.compile(r"[\W_]+")


def record(task: Task, facts: Facts, policy: Policy) -> Hit | None:
    """A dispatch without a record does not exist."""
    if facts.log_error:
        return Hit(
            tr("the dispatch log cannot be read: {log_error}", log_error=facts.log_error), tr("mend the log first")
        )
    return None


def duplicate(task: Task, facts: Facts, policy: Policy) -> Hit | None:
    """The same task is open on this surface."""
    same = [each for each in _same(task, facts) if facts.surface is not None and facts.surface.answers_to(each.surface)]
    if not same:
        return None
    told = tr("{label} is open on this surface: {listed}", label=same[0].label, listed=_listed(same))
    return Hit(told, tr("look how far it is; close that dispatch if it is not"))


def elsewhere(task: Task, facts: Facts, policy: Policy) -> Hit | None:
    """The same task is open on another surface: the mistake this console was made for."""
    same = [each for each in _same(task, facts) if facts.surface is None or not facts.surface.answers_to(each.surface)]
    if not same:
        return None
    label, surface, listed = same[0].label, same[0].surface, _listed(same)
    told = (
        tr("{label} is open on {surface}: {listed}", label=label, surface=surface, listed=listed)
        if surface
        else tr("{label} is open on no surface: {listed}", label=label, listed=listed)
    )
    return Hit(told, tr("let that surface finish, or close its dispatch first"))


def automatic(task: Task, facts: Facts, policy: Policy) -> Hit | None:
    """Never by hand and automatically at once."""
    other = facts.automatic
    if other is None:
        return None
    name = tr(other.name)
    remedy = tr("stop {name} first; unload its service", name=name)
    if other.loaded:
        return Hit(tr("the service of {name} is loaded", name=name), remedy)
    if other.running:
        return Hit(tr("{name} is running", name=name), remedy)
    if other.newest is not None and facts.now - other.newest < policy.automatic_within:
        age = max(0.0, facts.now - other.newest) / 60
        return Hit(tr("{name} sent something {age:.0f} minutes ago", name=name, age=age), remedy)
    if other.loaded is None or other.running is None:
        return Hit(tr("whether {name} is off could not be found out", name=name), tr("look at its service"), soft=True)
    return None


def rate(task: Task, facts: Facts, policy: Policy) -> Hit | None:
    """So many in 60 minutes, counted from the log."""
    recent = [
        each
        for each in facts.dispatches
        if each.dispatched_at is not None
        and each.dispatched_at > facts.now - HOUR
        and each.status is not DispatchStatus.CANCELLED
    ]
    here = [each for each in recent if facts.surface is not None and facts.surface.answers_to(each.surface)]
    for found, limit in ((recent, policy.per_hour), (here, policy.per_surface)):
        if len(found) >= limit:
            count = len(found)
            told = (
                tr("{count} dispatches in all in the last hour; the limit is {limit}", count=count, limit=limit)
                if found is recent
                else tr(
                    "{count} dispatches to this surface in the last hour; the limit is {limit}",
                    count=count,
                    limit=limit,
                )
            )
            times = sorted(each.dispatched_at or 0.0 for each in found)
            if limit <= 0:
                return Hit(told, tr("raise it"))
            wait = (times[len(times) - limit] + HOUR - facts.now) / 60
            return Hit(told, tr("wait {minutes:.0f} min", minutes=wait))
    return None


def author(task: Task, facts: Facts, policy: Policy) -> Hit | None:
    """Nobody verifies their own work."""
    verifier = facts.names.get(task.verifier, task.verifier)
    if facts.surface is not None and facts.surface.answers_to(verifier):
        return Hit(tr("{name} would verify its own work", name=facts.surface.name), tr("choose another verifier"))
    if task.verifies is None or facts.surface is None:
        return None
    why = own_work(facts.surface, task.verifies, facts.names)
    return Hit(why, tr("choose another surface to verify it")) if why else None


def _listed(same: list[Dispatch]) -> str:
    """The first one's task, and how many more there are."""
    first = " ".join(same[0].task.split())[:60]
    return tr("{listed}, and {count} more", listed=first, count=len(same) - 1) if len(same) > 1 else first


def _same(task: Task, facts: Facts) -> list[Dispatch]:
    """The open dispatches with the same task, or nearly the same; oldest number first.

    Two verifications are one task when they are about one dispatch, and only then: their texts are one template.
    """
    mine = [
        text for text in dict.fromkeys((task.text, task.title, task.text.strip().split("\n", 1)[0])) if text.strip()
    ]
    verified = task.verifies.number if task.verifies is not None else None
    found = [
        each
        for each in facts.dispatches
        if each.is_open
        and (verified is None or each.number != verified)  # what is verified is quoted in the task
        and (
            each.links.verifies == verified
            if verified is not None and each.links.verifies is not None
            else each.task.strip() and any(_alike(_unquoted(text, each), each.task) for text in mine)
        )
    ]
    return sorted(found, key=lambda each: (each.number is None, each.number or 0))


def _unquoted(text: str, other: Dispatch) -> str:
    """*text* without *other* as it is quoted with its number: "go on after #54 …" is not #54 once more."""
    rest = text.replace(f"{other.label} {other.task}", " ")
    return rest if len(_SIGNS.sub("", rest)) >= CONTAINED else text


def _alike(one: str, other: str) -> bool:
    if groups(((0, one), (1, other))):
        return True
    short, long = sorted((_SIGNS.sub("", one.casefold()), _SIGNS.sub("", other.casefold())), key=len)
    return len(short) >= CONTAINED and short in long


def working_codex(facts: Facts) -> list[Surface]:
    """The surfaces on which Codex is at work: a restart loses what it does."""
    return [
        each
        for each in facts.fleet
        if each.agent == "codex" and each.status is not None and each.status.state.value in ("working", "background")
    ]
