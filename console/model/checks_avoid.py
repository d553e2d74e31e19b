"""What a hand-off says is to be avoided, linked to the guard that enforces it, with what that guard says now. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from console.i18n import tr
from console.model.checklist import AVOID, Step, StepState, worse
from console.model.checks_given import Given
from console.model.guard import FINAL, RULES, Level, Rule
from console.model.guard_facts import Facts, Hit, Task
from console.model.handoff_items import Found, PointEntry


@dataclass(frozen=True, slots=True)
class Enforced:
    """One thing that is avoided, and by what."""

    pattern: str
    """How people write it, Korean or English."""
    guards: tuple[str, ...]
    """Names of rules in `console.model.guard.RULES`."""
    probe: str = ""
    """A text that does what is to be avoided: the guards are asked about it; empty: about nothing in particular."""
    steps: tuple[str, ...] = ()
    """Ids of the steps that show whether it has happened already."""


_AUTO: Final = r"(?:auto[-_ ]?dispatch\w*|자동\s*배분\w*)"
ENFORCED: Final = (
    Enforced(r"(?:수동|by hand|manual)\w*.*(?:자동|automatic)|(?:자동|automatic)\w*.*(?:수동|by hand|manual)",
             ("automatic",), steps=("dispatcher",)),
    Enforced(rf"{_AUTO}.*(?:활성|켜|load|enabl|activ|start|turn)|(?:activ|enabl|start|load|turn)\w*.*{_AUTO}",
             ("avoid", "automatic"), "launchctl load com.example.auto-dispatcher.plist", ("dispatcher",)),
    Enforced(r"중복|\bduplicat|\btwice\b|same task|두\s*번", ("duplicate", "elsewhere"), steps=("duplicates",)),
    Enforced(r"(?:codex|세션|session|agent).*(?:재시작|재기동|종료|kill|restart|respawn)"
             r"|(?:kill|restart|respawn)\w*.*(?:codex|세션|session|agent)", ("restart",), "kill codex"),
    Enforced(r"(?:launchd|서비스|service).*(?:중단|중지|정지|stop|kill|unload)|(?:stop|kill)\w*.*(?:launchd|service)",
             ("avoid",), "launchctl stop com.example.service"),
    Enforced(r"자기\s*검증|스스로\s*검증|self[- ]?verif|(?:verif|review|check)\w*.*\b(?:own|itself)\b",
             ("author",)),
    Enforced(r"(?:기록|레코드)\s*없|without (?:a )?record|unrecorded", ("record",)),
    Enforced(r"rate limit|시간당|per hour|too many (?:tasks|dispatches)", ("rate",)),
    Enforced(r"(?:맥락|컨텍스트)\s*없|without (?:its |the )?(?:earlier )?context", ("context",)),
    Enforced(r"(?:야간|심야|밤).*(?:배분|전송|보내)|quiet hours|at night", ("quiet",)),
    Enforced(r"(?:팝업|대화\s*상자|승인\s*창|dialog|popup|approval prompt).*(?:입력|전송|typ|send)"
             r"|(?:typ|send)\w*.*(?:dialog|popup|approval prompt)", ("dialog",)),
)  # fmt: skip
"""The first that fits is meant."""
_COMPILED: Final = tuple((re.compile(each.pattern, re.IGNORECASE), each) for each in ENFORCED)
_RULES: Final[Mapping[str, Rule]] = {rule.name: rule for rule in RULES}


def avoid(given: Given, steps: Mapping[str, Step]) -> Iterator[Step]:
    """One step for each thing to avoid: the guard that enforces it and its verdict now, or "by discipline"."""
    for entry in given.handoff.avoid if given.handoff is not None else ():
        found = next((each for pattern, each in _COMPILED if pattern.search(entry.item.text)), None)
        if found is None:
            yield Step(
                f"avoid {entry.line}", entry.item.text, AVOID, StepState.SKIPPED,
                tr("by discipline: no guard enforces it"), line=entry.line,
            )  # fmt: skip
        else:
            yield _step(given, entry, found, steps)


def _step(given: Given, entry: Found[PointEntry], found: Enforced, steps: Mapping[str, Step]) -> Step:
    state, said = StepState.PASS, []
    for name in found.guards:
        level = _level(given, name)
        state = worse(state, StepState.PASS if level is Level.REFUSE or _warns(name) else StepState.ATTENTION)
        said.append(_told(given, name, level, found.probe))
    remedy = (
        ""
        if state is StepState.PASS
        else tr("switch it on again: {setting}", setting=f"guards: levels: {found.guards[0]}: refuse")
    )
    broken = [
        steps[id] for id in found.steps if id in steps and steps[id].state not in (StepState.PASS, StepState.SKIPPED)
    ]
    for step in broken:
        # It stands above already, with its remedy: here it is told, and not counted again.
        said.append(tr("now: {evidence}", evidence=step.evidence))
        state, remedy = worse(state, step.state), remedy or step.remedy
    links = (
        tuple(step.id for step in broken)
        if broken and all(_level(given, n) is Level.REFUSE for n in found.guards)
        else ()
    )
    return Step(
        f"avoid {entry.line}", entry.item.text, AVOID, state, "; ".join(said), remedy,
        checked_at=given.now, line=entry.line, links=links,
    )  # fmt: skip


def _warns(name: str) -> bool:
    """Whether a warning is all the rule ever gives."""
    return _RULES[name].level is Level.WARN


def _level(given: Given, name: str) -> Level:
    rule = _RULES[name]
    return rule.level if rule.final else given.policy.levels.get(name, rule.level)


def _told(given: Given, name: str, level: Level, probe: str) -> str:
    """``guard avoid refuses it``, and what it rests on now."""
    if name in FINAL:
        guard = tr("guard {name} is always on", name=name)
    elif level is Level.PASS:
        return tr("guard {name} is switched off", name=name)
    elif level is Level.WARN:
        guard = tr("guard {name} only warns", name=name)
    else:
        guard = tr("guard {name} is on", name=name)
    hit = _asked(given, name, probe)
    if hit is None:
        return tr("{guard}, and has nothing to refuse now", guard=guard)
    return tr("{guard}, and would say now: {evidence}", guard=guard, evidence=hit.evidence)


def _asked(given: Given, name: str, probe: str) -> Hit | None:
    """What the rule has against *probe* now."""
    snapshot = given.snapshot
    facts = Facts(
        given.now, None, snapshot.surfaces, snapshot.log.dispatches, snapshot.log.error,
        cut_off=snapshot.sends.cut_off, automatic=given.automatic, names=given.names or {},
    )  # fmt: skip
    return _RULES[name].check(Task(probe), facts, given.policy) if name not in FINAL else None
