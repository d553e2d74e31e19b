"""What the engine watches besides the multiplexer: log, services, collector, and what the agents say of themselves."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

from console.config import Config
from console.model.operations import OperationsSlice
from console.model.reading import (
    CollectorRead,
    DecisionsRead,
    LogFailed,
    OperationsRead,
    Reading,
    ServicesRead,
    SignalsRead,
)
from console.model.service import Judgement, Service
from console.model.telemetry import Collector, CollectorState
from console.services.nudge import Nudge


@dataclass(frozen=True, slots=True)
class Watch:
    """One thing that is watched."""

    name: str
    start: Callable[[], AsyncIterator[Reading]]
    broken: Callable[[str], Reading]
    """How it is told that the watch itself broke."""


def configured(config: Config, nudge: Nudge | None = None) -> list[Watch]:
    """What the configuration names."""
    path, url = config.log.path, config.collector.source

    def log() -> AsyncIterator[Reading]:
        from console.tracker.json_log import watch_log
        from console.tracker.names import FieldMap

        return watch_log(
            Path(path).expanduser(), FieldMap(config.log.fields, config.log.statuses, config.guards.automatic.records)
        )

    def collector() -> AsyncIterator[Reading]:
        from console.telemetry.collector import watch_collector

        ear = (nudge or Nudge()).ear()
        return watch_collector(config.collector, ear.sleep)

    def services() -> AsyncIterator[Reading]:
        from console.services.watch import watch_services

        return watch_services(config.services, nudge=nudge)

    def no_services(why: str) -> Reading:
        unknown = (Service(s.name, s.expected, "unknown", Judgement.UNKNOWN, why, error=why) for s in config.services)
        return ServicesRead(time.time(), "services", tuple(unknown))

    watches: list[Watch] = []
    if path:
        watches.append(Watch("log", log, lambda why: LogFailed(time.time(), path, why)))
    if url:
        state = CollectorState.UNKNOWN
        watches.append(
            Watch("collector", collector, lambda why: CollectorRead(time.time(), url, Collector(state, why)))
        )
    if config.services:
        watches.append(Watch("services", services, no_services))
    return watches + decisions(config) + operations(config, nudge)


def decisions(config: Config) -> list[Watch]:
    """The file of decisions."""
    path = config.decisions

    def watch() -> AsyncIterator[Reading]:
        from console.tracker.decision_file import watch_decisions

        return watch_decisions(Path(path))

    return [Watch("decisions", watch, lambda why: DecisionsRead(time.time(), path, error=why))] if path else []


def operations(config: Config, nudge: Nudge | None = None) -> list[Watch]:
    """Temporary automation, artifacts and figures: each kind for itself, each entry in its own period."""

    def automation() -> AsyncIterator[Reading]:
        from console.services.automation import watch_automation

        return watch_automation(config.automation, nudge)

    def no_automation(why: str) -> Reading:
        from console.services.automation import unknown

        return OperationsRead(time.time(), automation=tuple(unknown(each, why) for each in config.automation))

    def artifacts() -> AsyncIterator[Reading]:
        from console.services.artifacts import watch_artifacts

        return watch_artifacts(config.artifacts, nudge)

    def no_artifacts(why: str) -> Reading:
        from console.services.artifacts import unknown

        return OperationsRead(time.time(), artifacts=tuple(unknown(each, why) for each in config.artifacts))

    def figures() -> AsyncIterator[Reading]:
        from console.services.figures import watch_figures

        return watch_figures(config.figures, nudge)

    def no_figures(why: str) -> Reading:
        from console.services.figures import unknown

        return OperationsRead(time.time(), figures=tuple(unknown(each, why) for each in config.figures))

    found = []
    if config.automation:
        found.append(Watch("automation", automation, no_automation))
    if config.artifacts:
        found.append(Watch("artifacts", artifacts, no_artifacts))
    if config.figures:
        found.append(Watch("figures", figures, no_figures))
    return found


def unread(config: Config) -> OperationsSlice:
    """Everything that `operations` will read, before it is read."""
    if not (config.automation or config.artifacts or config.figures):
        return OperationsSlice()
    from console.services import artifacts, automation, figures

    return OperationsSlice(
        tuple(automation.unread(each) for each in config.automation),
        tuple(artifacts.unread(each) for each in config.artifacts),
        tuple(figures.unread(each) for each in config.figures),
    )


def witnesses() -> list[Watch]:
    """What the agents, and cmux's hooks, say of their own accord; see `console.agents.layers`."""

    def claude() -> AsyncIterator[Reading]:
        from console.agents.claude_status import watch_claude

        return watch_claude()

    def codex() -> AsyncIterator[Reading]:
        from console.agents.codex_status import watch_codex

        return watch_codex()

    def hooks() -> AsyncIterator[Reading]:
        from console.agents.hooks import watch_hooks

        return watch_hooks()

    def silent(name: str) -> Callable[[str], Reading]:
        return lambda why: SignalsRead(time.time(), name, (), why)

    found: tuple[tuple[str, Callable[[], AsyncIterator[Reading]]], ...]
    found = (("claude status files", claude), ("codex app server", codex), ("cmux hooks", hooks))
    return [Watch(name, start, silent(name)) for name, start in found]
