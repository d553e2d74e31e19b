"""Whom to tell the operator about, and when. Pure: what was told is a value that goes in and comes out.

A wait is told once, after a delay, outside the quiet hours, and not while the operator looks at that surface anyway.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from console.model.agent import NEEDS_PERSON, AgentState

DAY: Final = 24 * 60


@dataclass(frozen=True, slots=True)
class AttentionRules:
    """Which states are told, and how."""

    delays: Mapping[AgentState, float] = field(default_factory=lambda: dict.fromkeys(NEEDS_PERSON, 2.0))
    """Seconds a state must stand before it is told, for every state that is told at all."""
    quiet: tuple[tuple[int, int], ...] = ()
    """Spans of the day in which nothing is told: minutes from midnight, local time, half-open; one may cross midnight.
    A wait that still stands when they end is told then."""
    flap: float = 30.0
    """Seconds: a state that was told and returns within them is told again only once it has stood as long."""
    startup: float = 10.0
    """Seconds after the first look in which a surface seen for the first time counts as old."""


@dataclass(frozen=True, slots=True)
class Watched:
    """A surface as it is now."""

    key: str
    name: str
    state: AgentState
    since: float
    """Epoch seconds."""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """What is remembered of one surface."""

    state: AgentState
    since: float
    settled: bool
    """This wait needs no telling (any more)."""
    flaps: bool = False
    """This wait began soon after the same state was told."""
    told_state: AgentState | None = None
    """The last state that was told."""
    last_seen: float = 0.0
    """When that state was last seen."""


@dataclass(frozen=True, slots=True)
class Memory:
    """What has been told. Start with ``Memory()``."""

    began: float | None = None
    surfaces: Mapping[str, Told] = field(default_factory=dict)


def attend(
    rules: AttentionRules, before: Memory, watched: Sequence[Watched], *, looked_at: str, now: float, minute: int
) -> tuple[tuple[Watched, ...], Memory]:
    """Return (whom to tell about now, the memory to pass next time).

    *looked_at* is the key of the surface before the operator's eyes, empty when the console has not got the focus.
    *now* is in epoch seconds, *minute* the local time in minutes from midnight. Call it on every change and about once
    a second. On the first call, and for `AttentionRules.startup` seconds after it for surfaces not seen before,
    nothing is told: that is how things stood.
    """
    began = now if before.began is None or now < before.began else before.began
    quiet = in_quiet(rules.quiet, minute)
    tell: list[Watched] = []
    after: dict[str, Told] = {}
    for surface in watched:
        known = _known(rules, before.surfaces.get(surface.key), surface, began, now)
        if not known.settled and _due(rules, known, surface, now):
            if surface.key == looked_at:
                known = replace(known, settled=True, told_state=surface.state)
            elif not quiet:
                tell.append(surface)
                known = replace(known, settled=True, told_state=surface.state)
        if known.told_state is surface.state:
            known = replace(known, last_seen=now)
        after[surface.key] = known
    return tuple(tell), Memory(began, after)


def _known(rules: AttentionRules, before: Told | None, surface: Watched, began: float, now: float) -> Told:
    if before is None:
        old = surface.since < began or now - began <= rules.startup
        told = surface.state if old and surface.state in rules.delays else None
        return Told(surface.state, surface.since, old, told_state=told, last_seen=now)
    if before.state is surface.state and surface.since <= before.since:
        return replace(before, since=surface.since)  # it may turn out to be older than was known
    flaps = before.told_state is surface.state and surface.since - before.last_seen < rules.flap
    return replace(before, state=surface.state, since=surface.since, settled=False, flaps=flaps)


def _due(rules: AttentionRules, known: Told, surface: Watched, now: float) -> bool:
    delay = rules.delays.get(surface.state)
    if delay is None:
        return False
    return now - surface.since >= (max(delay, rules.flap) if known.flaps else delay)


def in_quiet(spans: Sequence[tuple[int, int]], minute: int) -> bool:
    """Whether *minute* of the day lies in one of *spans*; ``(1320, 420)`` is 22:00 to 07:00, ``(0, 0)`` is nothing."""
    for first, after in spans:
        begin, end = first % DAY, after if after == DAY else after % DAY
        if begin <= end:
            if begin <= minute < end:
                return True
        elif minute >= begin or minute < end:
            return True
    return False
