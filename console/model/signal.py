"""What another source than the screen says of an agent: its own status files, its hooks, the terminal server."""

from __future__ import annotations

from dataclasses import dataclass

from console.model.agent import AgentState


@dataclass(frozen=True, slots=True)
class Signal:
    """One statement about one run of an agent, with its age."""

    source: str
    """``status file``, ``app server``, ``hook`` or ``cmux``: the layer; see `console.agents.layers` for their rank."""
    agent: str
    """``claude``, ``codex``, …; empty when the source does not say."""
    state: AgentState
    at: float
    """Epoch seconds at which the source says (or was written when) this became true."""
    reason: str = ""
    """In the source's words: ``permission prompt``."""
    pid: int | None = None
    """The agent's process, where the source tells."""
    surface: str = ""
    """Key, uuid or ref of the surface, where the source tells; else it is found by *pid*."""
    pane: str = ""
    """tmux pane id (``%3``), where the source tells."""
    session: str = ""
    """The agent's own id of this session."""
    edge: bool = False
    """The source tells changes only (a hook): it is believed for a short time and then needs another witness."""
    evidence: str = ""
    """Where it was read: the file's name, the method."""
