"""Guards about the target: does it exist, is it the one that is meant, and would a text land in its input box? Pure."""

from __future__ import annotations

from typing import Final

from console.i18n import mark, tr
from console.model.agent import AgentState
from console.model.cut_off import targets
from console.model.guard_facts import Facts, Hit, Policy, Task
from console.model.surface import Surface

_ASKS: Final = frozenset({AgentState.APPROVAL, AgentState.QUESTION, AgentState.TRUST, AgentState.MENU})
_SOFT: Final = {
    AgentState.ERROR: (mark("its last turn ended with an error"), mark("look at the error first")),
    AgentState.BACKGROUND: (
        mark("it still has work going on in the background"),
        mark("wait for that, or send all the same"),
    ),
}


def own(task: Task, facts: Facts, policy: Policy) -> Hit | None:
    """The console's own surface: it would type to itself."""
    if facts.surface is not None and facts.surface.info.own:
        return Hit(tr("this is the console's own surface"), tr("choose another one"))
    return None


def dead(task: Task, facts: Facts, policy: Policy) -> Hit | None:
    """Nobody reads there any more; pasting into a dead pane crashes tmux 3.3a."""
    surface = facts.surface
    if surface is None:
        return Hit(tr("there is no such surface"), tr("choose one that is there"))
    if surface.gone:
        return Hit(f"{surface.name}: {surface.gone}", tr("choose one that is there"))
    if surface.info.dead or _state(surface) is AgentState.DEAD:
        return Hit(tr("{name}: its program has ended", name=surface.name), tr("start it again first"))
    return None


def dialog(task: Task, facts: Facts, policy: Policy) -> Hit | None:
    """A text answers an open dialog, Enter takes its first option: measured, it approves what is asked."""
    status = facts.surface.status if facts.surface is not None else None
    if status is None or facts.surface is None:
        return None
    seen = status.detection
    if status.state in _ASKS or seen.state in _ASKS or seen.regions.dialog is not None or seen.blocks:
        shown = tr("{name} shows {state}", name=facts.surface.name, state=tr(status.state))
        return Hit(f"{shown}: {seen.reason}" if seen.reason else shown, tr("answer or close that first"))
    return None


def exited(task: Task, facts: Facts, policy: Policy) -> Hit | None:
    """The agent has gone and a shell would run the text."""
    if facts.surface is not None and _state(facts.surface) is AgentState.SHELL:
        return Hit(
            tr("{name} shows a shell; the text would run as commands", name=facts.surface.name),
            tr("start the agent first"),
        )
    return None


def account(task: Task, facts: Facts, policy: Policy) -> Hit | None:
    """Login and usage limit: nothing is worked on until a person or the clock has acted."""
    state = _state(facts.surface)
    if facts.surface is None or state not in (AgentState.LOGIN, AgentState.LIMIT):
        return None
    status = facts.surface.status
    reason = f" ({status.detection.reason})" if status is not None and status.detection.reason else ""
    name = facts.surface.name
    told = (
        tr("{name} wants a login", name=name)
        if state is AgentState.LOGIN
        else tr("{name} has reached its usage limit", name=name)
    )
    return Hit(f"{told}{reason}", tr("queue it for later, or choose another surface"))


def state(task: Task, facts: Facts, policy: Policy) -> Hit | None:
    """Only an agent that waits for a task gets one."""
    surface = facts.surface
    if surface is None or surface.gone:
        return None
    now = _state(surface)
    if now is None:
        return Hit(tr("{name} has not been read yet", name=surface.name), tr("wait for the first reading"))
    if now in _SOFT:
        evidence, remedy = _SOFT[now]
        return Hit(f"{surface.name}: {tr(evidence)}", tr(remedy), soft=True)
    if now is AgentState.WORKING:
        soft = task.into_queue
        return Hit(tr("{name} is working", name=surface.name), tr("queue it until it is idle"), soft=soft)
    if now in (AgentState.STARTUP, AgentState.UNKNOWN):
        return Hit(
            tr("{name} shows {state}; what a text would do there is not known", name=surface.name, state=tr(now)),
            tr("look at the surface"),
        )
    return None


def draft(task: Task, facts: Facts, policy: Policy) -> Hit | None:
    """Somebody is typing: the text would be added to theirs."""
    status = facts.surface.status if facts.surface is not None else None
    if facts.surface is None or status is None:
        return None
    text = status.detection.draft
    if not text and status.state is not AgentState.TYPED:
        return None
    shown = " ".join(text.split())[:60]
    return Hit(
        tr("the input box of {name} holds a text: {shown}", name=facts.surface.name, shown=shown),
        tr("submit or clear it first"),
    )


def unsettled(task: Task, facts: Facts, policy: Policy) -> Hit | None:
    """A send to it was cut off by a crash: its text may stand in the box, or have been taken."""
    found = targets(facts.cut_off, facts.surface) if facts.surface is not None else ()
    if not found:
        return None
    label = f"#{found[0].number}" if found[0].number is not None else tr("a task")
    return Hit(
        tr("{label} was being sent here when a console died", label=label),
        tr("look at it, and settle it in the console (cut-off sends)"),
    )


def identity(task: Task, facts: Facts, policy: Policy) -> Hit | None:
    """Refs are given anew at every start of cmux: another terminal must not take the tasks of the one before."""
    surface = facts.surface
    if surface is None:
        return None
    if surface.unconfirmed:
        return Hit(
            f"{surface.name}: {surface.unconfirmed}", tr("look at it, and confirm it if it is the one that is meant")
        )
    if surface.expected_agent and surface.seen_agent and surface.seen_agent != surface.expected_agent:
        return Hit(
            tr(
                "{name} runs {seen_agent}, the configuration expects {expected_agent}",
                name=surface.name,
                seen_agent=surface.seen_agent,
                expected_agent=surface.expected_agent,
            ),
            tr("correct the configuration, or choose another surface"),
        )
    return None


def stale(task: Task, facts: Facts, policy: Policy) -> Hit | None:
    """What is not read now may have changed."""
    surface = facts.surface
    if surface is None or surface.gone:
        return None
    if surface.error:
        return Hit(
            tr("{name} cannot be read: {error}", name=surface.name, error=surface.error),
            tr("wait until it can be read again"),
        )
    age = facts.now - surface.read_at if surface.read_at is not None else None
    if age is None:
        return Hit(tr("{name} has not been read yet", name=surface.name), tr("wait for the first reading"))
    if age > policy.stale_after:
        return Hit(
            tr("{name} was last read {age:.0f} s ago", name=surface.name, age=age), tr("wait until it is read again")
        )
    return None


def _state(surface: Surface | None) -> AgentState | None:
    return surface.status.state if surface is not None and surface.status is not None else None
