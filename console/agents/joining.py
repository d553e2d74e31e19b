"""Which surface a signal belongs to, and which agent runs under a surface.

A source names a surface, a tmux pane, a process, or only a session; the first of these that leads to exactly one
surface decides. What fits two surfaces belongs to none: a wrong state on a pane is worse than no second witness.
"""

from __future__ import annotations

import contextlib
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Final

from console.agents.processes import ancestry
from console.model.signal import Signal
from console.model.surface import SurfaceInfo

REMEMBERED: Final = 30.0
"""Seconds for which the ancestors of a process are not looked up again: a process changes its parent but once."""
FORGOTTEN: Final = 5.0
"""The same for a process of which none were found."""
NODES: Final = 4096
"""Processes that are looked at below all surfaces together."""

_AGENT_NAMES: Final = {
    "claude": "claude",
    "codex": "codex",
    "gemini": "gemini",
    "opencode": "opencode",
    "aider": "aider",
}
_PACKAGES: Final = {"claude-code": "claude", "codex": "codex", "gemini-cli": "gemini", "opencode-ai": "opencode"}
_RUNTIMES: Final = frozenset(
    {"node", "bun", "deno", "python", "python3", "uv", "env", "nice", "nohup", "caffeinate", "run"}
)
_SHELLS: Final = frozenset({"sh", "bash", "zsh", "dash", "ksh", "fish"})
_SERVERS: Final = frozenset({"app-server", "mcp-server", "mcp", "daemon"})
"""First words after which a program of an agent's name is no run of it."""


@dataclass(frozen=True, slots=True)
class AgentProcess:
    """An agent that runs below a surface's process."""

    pid: int
    argv: tuple[str, ...]
    """As the system has it: not cleaned, and it may hold secrets; `console.agents.started` shows it safely."""
    started_at: float
    """Epoch seconds."""
    agent: str


@dataclass
class Joiner:
    """Joins signals to surfaces; remembers ancestors, so that a look costs nothing while nothing changes."""

    ancestors: Callable[[int], tuple[int, ...]] = ancestry
    """A process and its ancestors, nearest first; replaced in tests."""
    clock: Callable[[], float] = time.monotonic
    _known: dict[int, tuple[float, tuple[int, ...]]] = field(default_factory=dict)

    def join(self, signals: Sequence[Signal], surfaces: Sequence[SurfaceInfo]) -> dict[str, tuple[Signal, ...]]:
        """Return the signals of each surface by its key; surfaces without any are left out.

        Reads a few small process entries per new pid; raises nothing.
        """
        self._forget(signals)
        chains = {signal.pid: self._chain(signal.pid) for signal in signals if signal.pid is not None}
        found: dict[str, list[Signal]] = defaultdict(list)
        homes: dict[str, set[str]] = defaultdict(set)
        homeless: list[Signal] = []
        for signal in signals:
            home = _home(signal, surfaces, chains.get(signal.pid, ()) if signal.pid is not None else ())
            if home is None:
                homeless.append(signal)
                continue
            found[home].append(signal)
            if signal.session:
                homes[signal.session].add(home)
        for signal in homeless:
            known = homes.get(signal.session, set()) if signal.session and not _names_a_place(signal) else set()
            if len(known) == 1:
                found[next(iter(known))].append(signal)
        return {key: _outermost(mine, chains) for key, mine in found.items()}

    def _chain(self, pid: int) -> tuple[int, ...]:
        now = self.clock()
        known = self._known.get(pid)
        if known is not None and now - known[0] < (REMEMBERED if known[1] else FORGOTTEN):
            return known[1]
        chain = self.ancestors(pid)
        self._known[pid] = (now, chain)
        return chain

    def _forget(self, signals: Iterable[Signal]) -> None:
        wanted = {signal.pid for signal in signals}
        self._known = {pid: known for pid, known in self._known.items() if pid in wanted}


def _names_a_place(signal: Signal) -> bool:
    """Whether the source said where: then another place with the same session id is not it."""
    return bool(signal.surface or signal.pane)


def _home(signal: Signal, surfaces: Sequence[SurfaceInfo], chain: tuple[int, ...]) -> str | None:
    """The key of the one surface a signal belongs to."""
    if signal.surface:
        name = signal.surface.casefold()
        return _only(s for s in surfaces if name in (s.key.casefold(), (s.uuid or "").casefold(), s.ref.casefold()))
    inside = [s for s in surfaces if s.pid is not None and s.pid in chain]
    if signal.pane:
        panes = [s for s in surfaces if s.ref == signal.pane]
        # Every tmux server has a %1: with a process on both sides, the process must be below the pane.
        checked = [s for s in panes if s in inside] if chain else panes
        unchecked = [s for s in panes if s.pid is None]
        return _only(checked or unchecked)
    if not inside:
        return None
    nearest = min(chain.index(s.pid) for s in inside if s.pid is not None)
    return _only(s for s in inside if s.pid == chain[nearest])


def _only(found: Iterable[SurfaceInfo]) -> str | None:
    keys = {surface.key for surface in found}
    return keys.pop() if len(keys) == 1 else None


def _outermost(mine: Sequence[Signal], chains: Mapping[int, tuple[int, ...]]) -> tuple[Signal, ...]:
    """*mine* without the agents that another agent of the same source has started (``claude -p`` as a tool)."""
    pids = {(signal.source, signal.pid) for signal in mine if signal.pid is not None}

    def nested(signal: Signal) -> bool:
        above = chains.get(signal.pid, ())[1:] if signal.pid is not None else ()
        return any((signal.source, pid) in pids for pid in above)

    return tuple(signal for signal in mine if not nested(signal))


def agent_process(pid: int) -> AgentProcess | None:
    """Return the agent that runs as the surface's process *pid* or below it; None when none does. See below."""
    return agent_processes([pid]).get(pid)


def agent_processes(pids: Iterable[int]) -> dict[int, AgentProcess]:
    """Return the agent of each surface's process that has one.

    The one nearest to the surface counts, of several the oldest: what it starts itself is its tools. Looks once at
    the parents of all processes (some milliseconds: not for the event loop) and at the argv of those below *pids*.
    Raises nothing.
    """
    import psutil

    children: dict[int, list[int]] = defaultdict(list)
    with contextlib.suppress(psutil.Error, OSError):
        for process in psutil.process_iter(["ppid"]):
            if process.info["ppid"] is not None:
                children[process.info["ppid"]].append(process.pid)
    budget = NODES
    found: dict[int, AgentProcess] = {}
    for root in dict.fromkeys(pids):
        level, seen = [root], {root}
        while level and budget > 0 and root not in found:
            budget -= len(level)
            agents = [agent for agent in map(_agent, level) if agent is not None]
            if agents:
                found[root] = min(agents, key=lambda agent: (agent.started_at, agent.pid))
            below = [child for pid in level for child in children.get(pid, ()) if child not in seen]
            seen.update(below)
            level = below[: max(0, budget)]
    return found


def _agent(pid: int) -> AgentProcess | None:
    import psutil

    try:
        process = psutil.Process(pid)
        argv = tuple(process.cmdline())
        name = agent_of(argv)
        return AgentProcess(pid, argv, process.create_time(), name) if name else None
    except (psutil.Error, OSError, ValueError, OverflowError):
        return None


def agent_of(argv: Sequence[str]) -> str:
    """Return which agent an argv runs, ``""`` for none: ``claude …``, ``node …/codex.js``, not ``codex app-server``."""
    name, at = agent_at(argv)
    return "" if argv[at + 1 : at + 2] and argv[at + 1] in _SERVERS else name


def agent_at(argv: Sequence[str]) -> tuple[str, int]:
    """Return (the agent or ``""``, index of its program in *argv*): what an interpreter or ``nohup`` runs counts."""
    for at, word in enumerate(argv[:8]):
        path = PurePath(word)
        name = path.name.casefold().removesuffix(".js").removesuffix(".exe")
        packages = path.parts if "node_modules" in path.parts else ()
        agent = _AGENT_NAMES.get(name) or next((_PACKAGES[part] for part in packages if part in _PACKAGES), "")
        if agent:
            return agent, at
        if name in _SHELLS and argv[at + 1 : at + 2] and argv[at + 1].startswith("-"):
            break  # a command in words; the shell that reads a script is its interpreter
        passed_over = (
            name in _SHELLS
            or name.rstrip("0123456789.") in _RUNTIMES
            or (at > 0 and (word.startswith("-") or "=" in word))
        )
        if not passed_over:
            break
    return "", 0
