"""May this task be sent to this surface now? One verdict for each rule, with its evidence and its remedy. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Final

from console.model import guard_log, guard_surface, guard_text
from console.model.guard_facts import Automatic, Facts, Hit, Level, Policy, Task, Verdict, Wrong

__all__ = [
    "DEFAULTS",
    "FINAL",
    "RULES",
    "Automatic",
    "Facts",
    "Level",
    "Policy",
    "Rule",
    "Task",
    "Verdict",
    "Wrong",
    "judge",
    "overridden",
    "refusals",
]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: what it asks, and how serious it is where the configuration does not say otherwise."""

    name: str
    check: Callable[[Task, Facts, Policy], Hit | None]
    level: Level = Level.REFUSE
    final: bool = False
    """Nobody can override it, and no configuration can lower it."""

    @property
    def about(self) -> str:
        """What it is for, in one sentence or two."""
        return (self.check.__doc__ or "").strip()


RULES: Final = (
    Rule("own", guard_surface.own, final=True),
    Rule("dead", guard_surface.dead, final=True),
    Rule("dialog", guard_surface.dialog, final=True),
    Rule("exited", guard_surface.exited, final=True),
    Rule("characters", guard_text.characters, final=True),
    Rule("draft", guard_surface.draft, final=True),
    Rule("account", guard_surface.account),
    Rule("identity", guard_surface.identity),
    Rule("stale", guard_surface.stale),
    Rule("unsettled", guard_surface.unsettled),
    Rule("state", guard_surface.state),
    Rule("automatic", guard_log.automatic),
    Rule("duplicate", guard_log.duplicate),
    Rule("elsewhere", guard_log.elsewhere),
    Rule("rate", guard_log.rate),
    Rule("author", guard_log.author),
    Rule("restart", guard_text.restart),
    Rule("record", guard_log.record),
    Rule("size", guard_text.size),
    Rule("quiet", guard_text.quiet),
    Rule("avoid", guard_text.avoid),
    Rule("context", guard_text.context, Level.WARN),
    Rule("command", guard_text.command, Level.WARN),
)
"""In the order in which they are shown; the ones nobody can override come first."""

FINAL: Final = frozenset(rule.name for rule in RULES if rule.final)
DEFAULTS: Final = Policy()


def judge(task: Task, facts: Facts, policy: Policy = DEFAULTS) -> tuple[Verdict, ...]:
    """Return what every rule says of *task*, in the order of `RULES`. Never raises."""
    return tuple(_verdict(rule, task, facts, policy) for rule in RULES)


def refusals(verdicts: Iterable[Verdict], overrides: Collection[str] = ()) -> tuple[Verdict, ...]:
    """Return the refusals that stand: *overrides* are names of rules, typed by the operator."""
    return tuple(each for each in verdicts if each.level is Level.REFUSE and (each.final or each.rule not in overrides))


def overridden(verdicts: Iterable[Verdict], overrides: Collection[str]) -> tuple[str, ...]:
    """Return the rules whose refusal *overrides* set aside: this belongs into the record."""
    return tuple(
        each.rule for each in verdicts if each.level is Level.REFUSE and not each.final and each.rule in overrides
    )


def _verdict(rule: Rule, task: Task, facts: Facts, policy: Policy) -> Verdict:
    hit = rule.check(task, facts, policy)
    if hit is None:
        return Verdict(rule.name, Level.PASS, final=rule.final)
    level = rule.level if rule.final else policy.levels.get(rule.name, rule.level)
    if hit.soft:
        level = min(level, Level.WARN)
    return Verdict(rule.name, level, hit.evidence, hit.remedy, rule.final)
