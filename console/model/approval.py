"""May a command be approved without a person? A narrow policy, pure; off unless it is switched on.

Only a dialog that asks for one command, all of which is surely on the screen, can be allowed, and only when a rule's
pattern matches the whole command and each of its parts. A deny pattern goes before every allow pattern, and
`approval_never` before both. Everything else waits for a person: ``deny`` is not a rejection, nobody presses "No".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Final, Literal

from console.i18n import tr
from console.model.agent import AgentState
from console.model.approval_never import never, parts, strange
from console.model.dialog import Dialog, choose

MINUTE: Final = 60.0
HOUR: Final = 3600.0
Verdict = Literal["allow", "deny", "ask"]


@dataclass(frozen=True, slots=True)
class ApprovalRule:
    """Commands that may be approved on some surfaces."""

    name: str
    surfaces: tuple[str, ...] = ()
    """Shell-style globs of surface names, case ignored. None given: no surface at all."""
    agents: tuple[str, ...] = ()
    """``claude``, ``codex``; empty for any agent."""
    allow: tuple[str, ...] = ()
    """Regular expressions; one must match a whole command, from its first character to its last."""
    deny: tuple[str, ...] = ()
    """Regular expressions; one found anywhere in the command is enough, in any rule that fits the surface."""


@dataclass(frozen=True, slots=True)
class ApprovalPolicy:
    """The operator's policy. Rates count approvals given, and those a dry run would have given."""

    enabled: bool = False
    dry_run: bool = True
    rules: tuple[ApprovalRule, ...] = ()
    per_minute: int = 4
    """Per surface."""
    per_hour: int = 30
    """Per surface."""
    total_per_minute: int = 8
    total_per_hour: int = 60


@dataclass(frozen=True, slots=True)
class Approved:
    """One approval given before."""

    at: float
    """Epoch seconds."""
    surface: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What is done about one dialog."""

    verdict: Verdict
    """``allow``: press what accepts once. ``deny``, ``ask``: leave it to a person, as forbidden or as not known."""
    rule: str
    """Name of the rule that decided, ``never`` or ``policy``."""
    why: str


def problems(policy: ApprovalPolicy) -> tuple[str, ...]:
    """What is wrong with the patterns, one line each. While there is a problem nothing is allowed."""
    found = []
    for rule in policy.rules:
        for kind, patterns in (("allow", rule.allow), ("deny", rule.deny)):
            for text in patterns:
                if isinstance(regex := _compiled(text), str):
                    found.append(
                        tr(
                            "{name}: {kind} pattern {text!r}: not a regular expression ({error})",
                            name=rule.name,
                            kind=kind,
                            text=text,
                            error=regex,
                        )
                    )
                elif kind == "deny" and regex.search("") is not None:
                    found.append(tr("{name}: deny pattern {text!r} matches everything", name=rule.name, text=text))
    return tuple(found)


def decide(
    policy: ApprovalPolicy, dialog: Dialog, surface: str, agent: str, history: Sequence[Approved], now: float
) -> Decision:
    """Decide about *dialog*, open on the surface named *surface*, at *now* (epoch seconds).

    *history* holds the approvals given before; one dated after *now* (the clock was set back) counts as recent.
    """
    if not policy.enabled:
        return Decision("ask", "policy", tr("auto-approval is off"))
    why = _unfit(dialog)
    if why:
        return Decision("ask", "policy", why)
    wrong = problems(policy)
    if wrong:
        return Decision("ask", "policy", wrong[0])
    command = dialog.subject
    fitting = [rule for rule in policy.rules if fits(rule, surface, agent)]
    for rule in fitting:
        for text in rule.deny:
            if _search(text, command):
                return Decision("deny", rule.name, tr("deny pattern {text!r}", text=text))
    forbidden = never(command)
    if forbidden:
        return Decision("deny", "never", forbidden)
    pieces = parts(command)
    odd = next((why for piece in pieces if (why := strange(piece))), "")
    if odd:
        return Decision("ask", "never", odd)
    allowing = next((rule for rule in fitting if _allows(rule, command, pieces)), None)
    if allowing is None:
        return Decision("ask", "policy", tr("no rule allows this command here"))
    over = _over(policy, surface, history, now)
    if over:
        return Decision("ask", allowing.name, over)
    return Decision(
        "allow", allowing.name, tr("dry run: nothing is pressed") if policy.dry_run else tr("the whole command")
    )


def _unfit(dialog: Dialog) -> str:
    if dialog.id.state is not AgentState.APPROVAL or dialog.asked.form != "command":
        return tr("it does not ask for a command ({state}, {form})", state=tr(dialog.id.state), form=dialog.asked.form)
    if not dialog.asked.whole or not dialog.subject or "\n" in dialog.subject or "…" in dialog.subject:
        return tr("not all of the command is surely on one row of the screen")
    if dialog.text_field:
        return tr("someone is typing in the dialog")
    choice, why = choose(dialog, "y")
    return why if choice is None else ""


def fits(rule: ApprovalRule, surface: str, agent: str) -> bool:
    """Whether *rule* is for the surface of this name and this agent."""
    name = surface.casefold()
    return any(fnmatchcase(name, glob.casefold()) for glob in rule.surfaces) and (
        not rule.agents or agent in rule.agents
    )


def _allows(rule: ApprovalRule, command: str, pieces: Sequence[str]) -> bool:
    wanted = {command, *pieces}
    return all(any(_whole(text, piece) for text in rule.allow) for piece in wanted)


def _over(policy: ApprovalPolicy, surface: str, history: Sequence[Approved], now: float) -> str:
    for span, mine, total in (
        (MINUTE, policy.per_minute, policy.total_per_minute),
        (HOUR, policy.per_hour, policy.total_per_hour),
    ):
        recent = [approved for approved in history if approved.at > now - span]
        if sum(approved.surface == surface for approved in recent) >= mine:
            return (
                tr("{count} approvals a minute on this surface is the limit", count=mine)
                if span == MINUTE
                else tr("{count} approvals an hour on this surface is the limit", count=mine)
            )
        if len(recent) >= total:
            return (
                tr("{count} approvals a minute in all is the limit", count=total)
                if span == MINUTE
                else tr("{count} approvals an hour in all is the limit", count=total)
            )
    return ""


@lru_cache(maxsize=256)
def _compiled(text: str) -> re.Pattern[str] | str:
    """The pattern, or what is wrong with it."""
    try:
        return re.compile(text)
    except (re.error, RecursionError, OverflowError) as error:
        return str(error)


def _search(text: str, command: str) -> bool:
    regex = _compiled(text)
    return isinstance(regex, str) or regex.search(command) is not None


def _whole(text: str, piece: str) -> bool:
    regex = _compiled(text)
    return not isinstance(regex, str) and regex.fullmatch(piece) is not None
