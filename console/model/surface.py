"""A terminal surface and what is on its screen."""

from __future__ import annotations

from dataclasses import dataclass

from console.model.agent import AgentState, AgentStatus
from console.model.naming import identity
from console.model.service import Judgement


@dataclass(frozen=True, slots=True)
class Screen:
    """The visible screen of a surface; every row has passed `safety.safe_text`."""

    lines: tuple[str, ...]
    """Plain rows, top to bottom, without trailing blanks."""
    styled: tuple[str, ...]
    """The same rows with their colours (SGR); each row stands alone."""
    width: int
    height: int
    cursor: tuple[int, int] | None = None
    """Column and row from 0; None when the back end does not tell or the cursor is hidden."""


@dataclass(frozen=True, slots=True)
class SurfaceInfo:
    """One surface as a multiplexer lists it."""

    ref: str
    """What people type: ``%3`` in tmux, ``surface:1`` or ``term_…`` in cmux."""
    uuid: str | None
    """Identity that outlives a renumbered ref, where the back end has one."""
    workspace: str
    """tmux session or cmux workspace."""
    place: str
    """Where it is, for people: ``openclaw:0.1``."""
    title: str = ""
    label: str = ""
    """A name given on purpose (tmux pane option ``@surface``, a cmux tab title)."""
    command: str = ""
    """Foreground program."""
    pid: int | None = None
    tty: str = ""
    width: int = 0
    height: int = 0
    dead: bool = False
    own: bool = False
    """This is the surface the console itself runs in."""
    workspace_ref: str = ""
    """The workspace as people type it (``workspace:1``), where the back end has such a ref."""

    @property
    def key(self) -> str:
        """What identifies the surface inside one run of the console."""
        return self.uuid or self.ref


@dataclass(frozen=True, slots=True)
class Started:
    """How the agent of a surface was started, against what the configuration expects."""

    judgement: Judgement
    evidence: str
    """``approval never, as expected``."""
    argv: str = ""
    """The command line, without secrets, long arguments cut."""
    pid: int | None = None
    at: float | None = None
    """Epoch seconds at which it was started."""


@dataclass(frozen=True, slots=True)
class Surface:
    """A surface as the operator sees it: the listing, the configuration and the last reading together."""

    info: SurfaceInfo
    name: str
    role: str = ""
    expected_agent: str = ""
    """The agent the configuration expects here; empty when it does not say."""
    place: int | None = None
    """Position in the configuration; None for a surface it does not name."""
    seen_agent: str = ""
    """The last agent recognised on this screen, also after it has exited."""
    screen: Screen | None = None
    status: AgentStatus | None = None
    read_at: float | None = None
    """Epoch seconds of the last reading of the screen."""
    error: str = ""
    """Why the screen could not be read."""
    history: tuple[tuple[float, AgentState | None], ...] = ()
    """Changes of state, oldest first: (epoch seconds, the state that began; None: nobody watched from here on)."""
    started: Started | None = None
    """How its agent was started; None while no agent's process was found."""
    gone: str = ""
    """The configuration names it and the server has no such surface: why."""
    unlisted: bool = False
    """There is a configuration of surfaces, and it does not name this one."""
    unconfirmed: str = ""
    """Why nothing may be typed here until the operator confirms that this is the surface that is meant."""

    @property
    def key(self) -> str:
        """See `SurfaceInfo.key`."""
        return f"gone {self.info.ref}" if self.gone else self.info.key

    @property
    def agent(self) -> str:
        """The agent seen on the screen, else the expected one."""
        return self.seen_agent or self.expected_agent

    @property
    def names(self) -> tuple[str, ...]:
        """What the dispatch log may call this surface: ref, uuid, name, label, place; each as `identity` has it."""
        info = self.info
        return tuple(identity(name) for name in (info.ref, info.uuid, self.name, info.label, info.place) if name)

    def answers_to(self, target: str) -> bool:
        """Whether the dispatch log's *target* means this surface (ref, uuid, name, label or place)."""
        return bool(target.strip()) and identity(target) in self.names
