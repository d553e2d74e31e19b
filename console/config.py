"""Typed configuration: what can be set, the defaults, where the file is looked for.

Importing this costs nothing: the parsers (yaml, pydantic) are only imported when there is a file to read.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Final, Literal

from console.config_checklist import ChecklistSection
from console.config_operations import ArtifactSection, AutomationSection, FigureSection
from console.config_sections import (
    NO_APPROVAL,
    NO_NOTICE,
    NO_TRACE,
    OWN_GUARDS,
    OWN_HANDOFF,
    OWN_VERIFY,
    ApprovalSection,
    GuardSection,
    HandoffSection,
    NotifySection,
    TemplateSection,
    TraceSection,
    VerifySection,
)
from console.i18n import tr
from console.model.dispatch import DispatchStatus

ENVIRONMENT: Final = "OC_CONSOLE_CONFIG"
"""Environment variable that names the configuration file."""

DECISIONS_NAME: Final = "oc-decisions.yaml"
"""File of decisions, beside the configuration or in the state folder."""
LOCAL_NAME: Final = "oc-console.yaml"
"""File looked for in the current directory."""


class ConfigError(Exception):
    """The configuration cannot be used.

    ``str()`` has one line for each problem: ``file:line:column key.path: what is wrong; what to write``.
    """


@dataclass(frozen=True, slots=True)
class _Section:
    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid", "strict": True}


@dataclass(frozen=True, slots=True)
class MuxConfig(_Section):
    """The terminal server that holds the fleet."""

    backend: Literal["auto", "tmux", "cmux", "cmux-app", "cmux-tui", "cmux-cli"] = "auto"
    tmux_socket: str = ""
    """Socket name (``tmux -L``) or absolute path (``tmux -S``); empty means the default server."""
    cmux_socket: str = ""
    """Absolute path; empty means where cmux itself looks."""
    cmux_password: str = ""
    """For an app socket in password mode; empty means what cmux itself uses (environment, file)."""
    publish: bool = False
    """Whether the console shows what it does in cmux's sidebar."""


@dataclass(frozen=True, slots=True)
class SurfaceConfig(_Section):
    """What the operator says of one surface."""

    ref: str
    """``surface:1``, a uuid, a title; in tmux ``%3``, ``session:window.pane`` or the pane option ``@surface``."""
    name: str = ""
    role: str = ""
    agent: str = ""
    """The agent expected there: ``claude``, ``codex``, …"""
    workspace: str = ""
    """Title or ref of the cmux workspace, name of the tmux session; tells surfaces of one title apart."""
    started: str = ""
    """How its agent should have been started, as on a command line: ``-a never``."""


@dataclass(frozen=True, slots=True)
class TrackerConfig(_Section):
    """The owner's own command that writes the dispatch log; each verb an argv with ``{placeholders}``."""

    append: tuple[str, ...] = ()
    patch: tuple[str, ...] = ()
    set_status: tuple[str, ...] = ()
    verify: tuple[str, ...] = ()
    statuses: dict[str, str] = field(default_factory=dict)
    """From a value of `DispatchStatus` to the command's word for it."""
    cwd: str = ""
    """Absolute after loading; empty means the directory the console was started in."""
    timeout: float = 10.0
    """Seconds."""

    @property
    def used(self) -> bool:
        """Whether there is such a command: then nothing but it writes the log."""
        return bool(self.append or self.patch or self.set_status or self.verify)


@dataclass(frozen=True, slots=True)
class LogConfig(_Section):
    """The dispatch log."""

    path: str = ""
    """Absolute after loading; empty means there is none."""
    fields: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """From what the console calls a field to the names it has in this log."""
    statuses: dict[str, DispatchStatus] = field(default_factory=dict)
    """From a word of this log to what it means."""
    tracker: TrackerConfig = TrackerConfig()
    note_context: bool = False
    """Whether an agent that forgets (little context left, compaction) is noted in its open dispatch."""


@dataclass(frozen=True, slots=True)
class ServiceConfig(_Section):
    """One thing that is watched: exactly one of `process`, `launchd`, … `unit` says what."""

    name: str
    process: str = ""
    """Regular expression searched in the joined argv."""
    expected: str = ""
    """See `console.model.expected.parse`; empty means what is usual for its kind."""
    launchd: str = ""
    """Label, or a shell-style pattern of labels; so also for `systemd`, `supervisor` and `unit`."""
    systemd: str = ""
    supervisor: str = ""
    unit: str = ""
    """A name for whatever manager this machine has."""
    cron: str = ""
    """Regular expression searched in the commands of the crontab."""
    http: str = ""
    file: str = ""
    """Absolute after loading; so are `glob`, `marker`, `log` and `socket`."""
    glob: str = ""
    every: float = 0.0
    """Seconds between two looks; 0 means what is usual for its kind."""
    timeout: float = 5.0
    """Seconds one look may take."""
    group: str = ""
    log: str = ""
    marker: str = ""
    """File that each run of the cron job touches; empty means `log`."""
    grace: float = 900.0
    """Seconds a run of a cron job may take before it counts as missed."""
    status: int = 0
    """HTTP status that is right; 0 means any of 200 to 299."""
    field: str = ""
    """Path in the JSON of the answer: ``checks.db``."""
    equals: str = ""
    """What that field has to be."""
    rate_limit: int = 0
    """Of an automatic dispatcher: tasks an hour it keeps to by itself; 0: nobody says."""
    dry_run: str = ""
    """Of an automatic dispatcher: the file its dry run left; absolute after loading."""
    scope: Literal["auto", "user", "system"] = "auto"
    """Which systemd is asked."""
    socket: str = ""
    """Unix socket of supervisord."""


@dataclass(frozen=True, slots=True)
class CollectorConfig(_Section):
    """The OpenTelemetry collector."""

    url: str = ""
    """URL of its health document."""
    every: float = 10.0
    """Seconds between two questions."""
    metrics_url: str = ""
    """URL of its internal metrics (Prometheus text)."""
    health_check_url: str = ""
    """URL of its health_check extension, v1 or v2."""
    otlp_url: str = ""
    """Where the empty export goes; empty means ``/v1/traces`` at the host of `url`."""
    probe: Literal["auto", "always", "never"] = "auto"
    """When the empty export is sent; auto: when no other answer tells how it is."""
    timeout: float = 2.0
    """Seconds."""
    fields: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """From what the console calls a field to its places in the health document."""

    @property
    def source(self) -> str:
        """The first URL that is asked, without a password; empty when there is no collector."""
        url = self.url or self.metrics_url or self.health_check_url or self.otlp_url
        scheme, sign, rest = url.partition("://")
        host, slash, path = rest.partition("/")
        return f"{scheme}{sign}{host.rpartition('@')[2]}{slash}{path}"


@dataclass(frozen=True, slots=True)
class Config(_Section):
    """Everything that can be set; ``Config()`` is what holds without a file."""

    mux: MuxConfig = MuxConfig()
    show: Literal["all", "agents"] = "all"
    """Which surfaces of a server are shown."""
    surfaces: tuple[SurfaceConfig, ...] = ()
    log: LogConfig = LogConfig()
    services: tuple[ServiceConfig, ...] = ()
    collector: CollectorConfig = CollectorConfig()
    trace: TraceSection = NO_TRACE
    automation: tuple[AutomationSection, ...] = ()
    artifacts: tuple[ArtifactSection, ...] = ()
    figures: tuple[FigureSection, ...] = ()
    checklist: tuple[ChecklistSection, ...] = ()
    checklist_opens: Literal["auto", "notice", "never"] = "auto"
    """What happens at the first start after a restart: ``auto`` (it opens), ``notice`` or ``never``."""
    decisions: str = ""
    """File of decisions; absolute after loading. Empty: see `decisions_file`."""
    guards: GuardSection = OWN_GUARDS
    verify: VerifySection = OWN_VERIFY
    handoff: HandoffSection = OWN_HANDOFF
    templates: tuple[TemplateSection, ...] = ()
    """Prepared texts for the composer."""
    read_only: bool = False
    """Whether every act on a surface, a log or a service is refused."""
    notify: NotifySection = NO_NOTICE
    approve: ApprovalSection = NO_APPROVAL
    theme: str = ""
    """Name of a theme; empty means the console's own."""
    language: Literal["auto", "en", "ko"] = "auto"
    """Of the interface; auto: that of the locale."""
    keys: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Command id to its keys, in Textual's spelling (``ctrl+s``)."""


def find(explicit: str | None, env: Mapping[str, str], cwd: Path) -> Path | None:
    """Return the configuration file to read, or None when there is none.

    Order: *explicit*, ``$OC_CONSOLE_CONFIG``, ``oc-console.yaml`` in *cwd*, ``config.yaml`` in the user's configuration
    directory. Raises `ConfigError` when *explicit* or the variable names a file that does not exist.
    """
    for source, named in (("--config", explicit), (f"${ENVIRONMENT}", env.get(ENVIRONMENT) or None)):
        if named is not None:
            return _named(source, named, cwd)
    local = cwd / LOCAL_NAME
    if _there(local):
        return local
    from platformdirs import user_config_path

    path = user_config_path("oc-console") / "config.yaml"
    return path if _there(path) else None


def decisions_file(path: Path | None) -> str:
    """Where the decisions are kept when the configuration *path* (None: there is none) does not say: beside it."""
    if path is not None:
        return str(Path(os.path.abspath(path)).parent / DECISIONS_NAME)  # noqa: PTH100 - a link stays one
    from platformdirs import user_state_path

    return str(user_state_path("oc-console") / DECISIONS_NAME)


def _named(source: str, named: str, cwd: Path) -> Path:
    from console.safety import safe_text

    if not named or "\0" in named:
        raise ConfigError(tr("{source}: no usable file name is given; write the path of a YAML file", source=source))
    path = cwd / os.path.expanduser(named)  # noqa: PTH111 - Path.expanduser raises without a home directory
    if not _there(path):
        raise ConfigError(
            tr(
                "{path}: does not exist; {source} names it: correct it or create the file",
                path=safe_text(str(path)),
                source=source,
            )
        )
    return path


def _there(path: Path) -> bool:
    return os.path.lexists(path)


def load(path: Path, known_commands: Collection[str] = ()) -> Config:
    """Read *path* and return the configuration in it, with paths made absolute.

    *known_commands* are the ids allowed under ``keys``; when empty, ids are not checked. Raises `ConfigError`.
    """
    from console.config_load import load_file

    return load_file(path, known_commands)
