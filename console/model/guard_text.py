"""Guards about the text itself and the hour it is sent. Pure."""

from __future__ import annotations

import re
from typing import Final

from console.i18n import tr
from console.model.agent import AgentState
from console.model.attention import in_quiet
from console.model.guard_facts import ENDS_ITSELF, Facts, Hit, Policy, Task
from console.model.guard_log import working_codex

SHOWN: Final = 5
"""Characters that must not be typed, of which the places are named."""


def characters(task: Task, facts: Facts, policy: Policy) -> Hit | None:
    """Control characters act even inside a paste; hidden ones show another text than is sent."""
    if not task.text.strip():
        return Hit(tr("there is nothing to send"), tr("write the task"))
    if not facts.wrong:
        return None
    places = ", ".join(tr("line {line}: {name}", line=each.line, name=each.name) for each in facts.wrong[:SHOWN])
    if len(facts.wrong) > SHOWN:
        places = tr("{listed}, and {count} more", listed=places, count=len(facts.wrong) - SHOWN)
    return Hit(places, tr("take them out"))


def size(task: Task, facts: Facts, policy: Policy) -> Hit | None:
    """A text that is too long is better read from a file."""
    length = len(task.text) + len(task.context)
    if length > policy.size:
        return Hit(
            tr("{length} characters; the limit is {size}", length=length, size=policy.size),
            tr("put it into a file and name the file"),
        )
    return None


def context(task: Task, facts: Facts, policy: Policy) -> Hit | None:
    """Codex keeps no context between tasks."""
    surface = facts.surface
    if surface is None or surface.agent not in policy.stateless or task.context.strip():
        return None
    return Hit(
        tr("{agent} remembers nothing of earlier tasks, and none are attached", agent=surface.agent),
        tr("attach what it must know"),
    )


def restart(task: Task, facts: Facts, policy: Policy) -> Hit | None:
    """Never restart a Codex session that is at work: what it does is lost."""
    busy = working_codex(facts)
    surface = facts.surface
    here = surface is not None and any(each.key == surface.key for each in busy)
    if not here and surface is not None and surface.agent == "codex" and surface.status is not None:
        here = surface.status.state is AgentState.WORKING
    if here and re.search(ENDS_ITSELF, task.text):
        return Hit(tr("it would end or empty a Codex session that is at work"), tr("wait until it is done"))
    if not busy and not here:
        return None
    for pattern in policy.restarts:
        found = _search(pattern, task.text)
        if found:
            names = ", ".join(each.name for each in busy[:3]) or tr("this surface")
            return Hit(
                tr("“{found}” while Codex is at work on {names}", found=found, names=names), tr("wait until it is done")
            )
    return None


def avoid(task: Task, facts: Facts, policy: Policy) -> Hit | None:
    """What the operator has learned not to do."""
    for pattern, why in policy.avoid:
        found = _search(pattern, task.text)
        if found:
            return Hit(f"“{found}”: {tr(why)}", tr("take it out, or say what is meant instead"))
    return None


def command(task: Task, facts: Facts, policy: Policy) -> Hit | None:
    """``/`` begins a command of the agent, ``!`` one of the shell; neither is a task."""
    sign = task.text.lstrip()[:1]
    if sign not in ("/", "!"):
        return None
    seen = (
        tr("the text begins with /: a command of the agent")
        if sign == "/"
        else tr("the text begins with !: a shell command, run without asking")
    )
    return Hit(seen, tr("begin with a word if it is a task"))


def quiet(task: Task, facts: Facts, policy: Policy) -> Hit | None:
    """Hours in which nothing is sent."""
    for span in policy.quiet_hours if facts.minute is not None else ():
        if in_quiet((span,), facts.minute or 0):
            start, end = map(_clock, span)
            return Hit(tr("quiet hours: {start} to {end}", start=start, end=end), tr("queue it until {end}", end=end))
    return None


def _clock(minute: int) -> str:
    return f"{minute // 60 % 24:02d}:{minute % 60:02d}"


def _search(pattern: str, text: str) -> str:
    """What *pattern* finds, on one line; a pattern of the configuration that is none finds nothing."""
    try:
        found = re.search(pattern, text)
    except re.error:
        return ""
    return " ".join(found.group().split())[:60] if found is not None else ""
