"""Since when a service is as it is: what the rows do not tell by themselves is remembered. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from console.model.service import Service, State

Change = tuple[float, str]
"""(Epoch seconds, the state from then on)."""
History = Mapping[str, tuple[Change, ...]]
"""Changes by the name of the service, in order of time."""

KEEP: Final = 50
"""Changes of one service that are kept."""
START_SLACK: Final = 2.0
"""Seconds by which a manager's own "since" may differ between two looks without being another start."""


def noted(before: History, services: Sequence[Service], at: float) -> tuple[tuple[Service, ...], History]:
    """Return (*services* with their `since`, the history after them), read at *at* (epoch seconds).

    A state that is seen for the first time has begun when its manager says; else nobody knows when, and it counts from
    *at*. What is unknown changes nothing: it is no state, and what was known before is still the last that is known.
    """
    rows, after = [], dict(before)
    for service in services:
        word = service.word
        if not word or word == State.UNKNOWN or service.members:
            rows.append(service)
            continue
        known = after.get(service.name, ())
        told = None if service.since is None else min(service.since, at)  # a clock may be wrong
        same = bool(known) and known[-1][1] == word
        if same and (told is None or told <= known[-1][0] + START_SLACK):
            began = known[-1][0]
        else:
            began = at if told is None else told
            if known and began < known[-1][0]:
                began = max(at, known[-1][0])
            after[service.name] = (*known, (began, word))[-KEEP:]
        rows.append(service if service.since is not None else replace(service, since=began))
    return tuple(rows), (before if after == before else after)


def restored(now: History, past: History) -> dict[str, tuple[Change, ...]]:
    """*past*, as it was written down, under what was seen since the start."""
    merged = dict(now)
    for name, changes in past.items():
        mine = now.get(name, ())
        older = [change for change in changes if not mine or change[0] < mine[0][0]]
        if mine and older and older[-1][1] == mine[0][1]:
            mine = mine[1:]  # it was so before the start already
        merged[name] = tuple([*older, *mine][-KEEP:])
    return merged
