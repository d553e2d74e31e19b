"""What a surface was doing before: its changes of state, also from before the console was started. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from console.model.agent import AgentStatus
from console.model.surface import Surface
from console.model.timeline import Event, append, identity, since

Past = Mapping[str, tuple[Event, ...]]
"""Changes of state by the identity of the surface, as a journal has them."""


def restored(surface: Surface, source: str, past: Past) -> Surface:
    """*surface* with what *past* knows of it before; `since` goes back as far as its state has stood."""
    events = past.get(identity(source, surface.info), ())
    if not events:
        return surface
    own = surface.history
    status = surface.status
    if status is not None and len(own) <= 1:  # the state it was found in
        began = since(events, status.state, own[0][0] if own else status.since)
        if began is not None:
            status = replace(status, since=min(began, status.since))
            own = ()
    # What was found at the start goes on from the past; what changed since follows it.
    history = tuple(event for event in events if not own or event[0] < own[0][0]) + own
    if status is not None and not own:
        history = append(history, status.since, status.state)
    return replace(surface, status=status, history=history)


def changed(surface: Surface, status: AgentStatus | None) -> tuple[AgentStatus | None, tuple[Event, ...]]:
    """The status and the history of *surface* once it shows *status*."""
    if status is None or (surface.status is not None and surface.status.state is status.state):
        return status, surface.history
    if surface.status is None and surface.history:  # the first verdict after a start: how long has it been so?
        began = since(surface.history, status.state, status.since)
        if began is not None:
            return replace(status, since=min(began, status.since)), surface.history
    return status, append(surface.history, status.since, status.state)
