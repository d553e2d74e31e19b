"""From observations to rows: one row of one service, and one of all that match a pattern. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from console.i18n import mark, tr, trc
from console.model.expected import Expected, judge, observed
from console.model.observed import seen as seen_words
from console.model.service import Judgement, Observation, Service, State

ODD_SHOWN: Final = 3
"""Members that are named in the evidence of a group."""
_WORST: Final = (Judgement.ALARM, Judgement.ATTENTION, Judgement.UNKNOWN, Judgement.OK)


@dataclass(frozen=True, slots=True)
class Watched:
    """What is known of a row before anybody looked."""

    name: str
    expected: Expected
    manager: str = ""
    label: str = ""
    group: str = ""
    period: float | None = None
    """Seconds."""
    log: str = ""


def row(what: Watched, seen: Observation, now: float | None) -> Service:
    """The row of one observation made at *now* (epoch seconds); None: nobody has looked yet."""
    verdict, evidence = judge(what.expected, seen)
    return Service(
        what.name,
        what.expected.text,
        observed(what.expected, seen),
        verdict,
        evidence,
        group=what.group,
        manager=what.manager,
        label=what.label,
        state=str(seen.state),
        pid=seen.pid,
        since=seen.since,
        last_exit=seen.last_exit,
        next_run=seen.next_run,
        last_run=seen.last_run,
        overdue=seen.overdue,
        schedule=seen.schedule,
        count=seen.count,
        size=seen.size,
        age=seen.age,
        latency=seen.latency,
        read_at=now,
        period=what.period,
        error=seen.error,
        log=what.log,
    )


def unknown(what: Watched, why: str, now: float | None) -> Service:
    """The row of something that could not be read: *why*, and what to do."""
    return row(what, Observation(State.UNKNOWN, why, error=why), now)


def group_row(what: Watched, seen: Sequence[tuple[str, Observation]], now: float | None) -> Service:
    """One row for all that match a pattern: a count, and the odd ones out. Each is judged by the expected state;
    numbers are about all of them together.
    """
    each = replace(what.expected, conditions=(), text=what.expected.word or what.expected.text)
    members = tuple(row(replace(what, name=label, label=label, expected=each, log=""), one, now) for label, one in seen)
    odd = [member for member in members if member.judgement is not Judgement.OK]
    if not members:
        return row(what, Observation(State.UNLOADED, tr("nothing matches {label}", label=what.label), count=0), now)
    states = Counter(member.state for member in members)
    counted = (trc("count", "{count} {state}", count=n, state=tr(state)) for state, n in states.most_common())
    told = ", ".join(counted)
    if odd:
        told = tr("{counts}; not as expected: {odd}", counts=told, odd=_named(odd))
    numbers, _ = judge(replace(what.expected, word=""), Observation(State.LOADED, "", count=len(members)))
    worst = min([*(member.judgement for member in members), numbers], key=_WORST.index)
    leading = min(members, key=lambda member: _WORST.index(member.judgement))
    if odd:
        words = tr("{count} of {all} odd", count=len(odd), all=len(members))
    else:
        words = trc("count", "{count} {state}", count=len(members), state=tr(what.expected.word or mark("there")))
    made = unknown(what, told, now)
    return replace(
        made,
        observed=words,
        judgement=worst,
        evidence=told,
        state=leading.state,
        count=len(members),
        error=leading.error,
        members=members,
    )


def _named(odd: Sequence[Service]) -> str:
    named = [
        f"{each.name} {seen_words(each.observed)}{f' ({each.last_exit})' if each.last_exit else ''}"
        for each in odd[:ODD_SHOWN]
    ]
    listed = ", ".join(named)
    more = len(odd) - ODD_SHOWN
    return tr("{listed} and {count} more", listed=listed, count=more) if more > 0 else listed
