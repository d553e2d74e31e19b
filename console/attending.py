"""What goes on beside the watching: telling the operator who waits, approving by policy, how agents were started.

A part of the engine. Nothing here is ever needed for the screen to be right: each part is off unless it is configured,
and what fails in it is said once.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from console.config import Config, ServiceConfig
from console.config_sections import NotifySection
from console.host import in_thread
from console.i18n import mark, tr
from console.model.agent import NEEDS_PERSON, AgentState
from console.model.attention import AttentionRules, Memory, Watched, attend
from console.model.context import compactions, forgetting
from console.model.reading import AutoRead, Reading, StartsRead
from console.model.snapshot import Snapshot
from console.model.surface import Started, Surface

if TYPE_CHECKING:
    from console.actions.auto import AutoApprover, Decided, Press
    from console.actions.notify import NotifyConfig
    from console.model.approval import ApprovalPolicy

LEAST: Final = 0.1
"""Least seconds between two looks at the snapshot."""
MOST: Final = 1.0
"""Most of them: delays and quiet hours end without anything being read."""
STARTS_EVERY: Final = 15.0
"""Seconds between two looks at the agents' processes."""
SCRIPT_EVERY: Final = 5.0
"""Seconds between two looks for another approver."""


@dataclass(frozen=True, slots=True)
class Ears:
    """Who hears what: functions of the app, called in the event loop."""

    ring: Callable[[str], None]
    """Writes this to the console's own terminal."""
    say: Callable[[str], None]
    """Tells the operator one line."""


class Attending:
    """The attention and the approvals of one engine."""

    def __init__(
        self,
        config: Config,
        press: Press,
        state: Path | None,
        *,
        note: Callable[[int, str], Awaitable[str]] | None = None,
        tmux: bool = False,
    ) -> None:
        """*press* answers a dialog; *note* writes of an agent's context into its dispatch, and returns why not."""
        self._config = config
        self._rules = rules(config.notify)
        self._tmux = tmux
        self._memory = Memory()
        self._running: set[asyncio.Task[None]] = set()
        self._failed: set[str] = set()
        self._noted: set[tuple[int, str]] = set()
        self._compactions: dict[str, int] = {}
        """Rows of compactions on the screen of each surface, by key."""
        self._note = note if config.log.note_context else None
        self.auto: AutoApprover | None = None
        if config.approve.enabled and state is not None:
            from console.actions.auto import AutoApprover

            self.auto = AutoApprover(policy(config), press, state)
            if config.approve.script:
                self.auto.suspend(tr("looking for another approver"))  # nothing is decided before it is known

    @property
    def needed(self) -> bool:
        """Whether anything of it is configured."""
        return bool(self._config.notify.ways) or self.auto is not None or self._note is not None

    async def run(
        self,
        snapshot: Callable[[], Snapshot],
        changes: asyncio.Event,
        looked_at: Callable[[], str],
        take: Callable[[Reading], None],
        ears: Ears,
    ) -> None:
        """Attend until cancelled."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._attend(snapshot, changes, looked_at, take, ears))
                if self.auto is not None and self._config.approve.script:
                    group.create_task(self._watch_script(self.auto))
        finally:
            for task in self._running:
                task.cancel()

    async def _attend(
        self,
        snapshot: Callable[[], Snapshot],
        changes: asyncio.Event,
        looked_at: Callable[[], str],
        take: Callable[[Reading], None],
        ears: Ears,
    ) -> None:
        while True:
            changes.clear()
            if self._config.notify.ways:
                self._tell(snapshot(), looked_at(), ears)
            if self.auto is not None:
                for decided in await self.auto.look(snapshot()):
                    if decided.decision.verdict == "allow":
                        ears.say(_told(decided))
                take(self._auto_read(self.auto, snapshot()))
            if self._note is not None:
                await self._note_context(snapshot(), self._note, ears)
            await asyncio.sleep(LEAST)
            try:
                async with asyncio.timeout(MOST - LEAST):
                    await changes.wait()
            except TimeoutError:
                continue

    async def _note_context(self, snapshot: Snapshot, note: Callable[[int, str], Awaitable[str]], ears: Ears) -> None:
        """Once for each dispatch and worry."""
        for surface in snapshot.surfaces:
            worry = self._worry(surface)
            dispatch = snapshot.dispatch_of(surface) if worry else None
            if dispatch is None or dispatch.number is None:
                continue
            key = (dispatch.number, "compacted" if worry.startswith("compact") else "low")
            if key not in self._noted:
                self._noted.add(key)
                wrong = await note(dispatch.number, f"{worry} at {time.strftime('%Y-%m-%d %H:%M')}")
                if wrong:
                    ears.say(tr("{label}: context not noted: {wrong}", label=dispatch.label, wrong=wrong))

    def _worry(self, surface: Surface) -> str:
        """What makes this agent forget; a row of a compaction counts only when it was seen to come."""
        if surface.status is None or surface.screen is None:
            return ""
        now = compactions(surface.screen.lines)
        before = self._compactions.get(surface.key, now)
        self._compactions[surface.key] = now
        return "compacted" if now > before else forgetting(surface.status.detection)

    def _tell(self, snapshot: Snapshot, looked_at: str, ears: Ears) -> None:
        now = time.time()
        clock = time.localtime(now)
        watched = [each for surface in snapshot.surfaces if (each := _watched(surface)) is not None]
        minute = clock.tm_hour * 60 + clock.tm_min
        tell, self._memory = attend(self._rules, self._memory, watched, looked_at=looked_at, now=now, minute=minute)
        if not tell:
            return
        from console.actions.notify import NotifyConfig, sequence

        ways = NotifyConfig(self._config.notify.ways, self._config.notify.command)
        for each in tell:
            written = sequence(ways, each, tmux=self._tmux)
            if written:
                ears.ring(written)
            task = asyncio.create_task(self._notify(ways, each, ears))
            self._running.add(task)
            task.add_done_callback(self._running.discard)

    async def _notify(self, ways: NotifyConfig, each: Watched, ears: Ears) -> None:
        from console.actions.notify import notify

        for notice in await notify(ways, each):
            if notice.error and notice.error not in self._failed:
                self._failed.add(notice.error)
                ears.say(notice.error)

    def stop(self, snapshot: Snapshot) -> AutoRead | None:
        """Approve nothing without a person from this moment on, or again; None when nothing ever does."""
        if self.auto is None:
            return None
        if self.auto.stopped:
            self.auto.resume()
        else:
            self.auto.stop_all()
        return self._auto_read(self.auto, snapshot)

    def _auto_read(self, auto: AutoApprover, snapshot: Snapshot) -> AutoRead:
        covered = frozenset(surface.key for surface in snapshot.surfaces if auto.covers(surface))
        why = auto.stopped or auto.suspended
        note = (
            tr("auto off: {why}", why=tr(why))
            if why
            else tr("auto dry run")
            if auto.policy.dry_run
            else tr("auto on {count}", count=len(covered))
        )
        return AutoRead(time.time(), covered, note)

    async def _watch_script(self, auto: AutoApprover) -> None:
        from console.services.processes import look

        other = ServiceConfig("another approver", self._config.approve.script)
        while True:
            [found] = await in_thread(lambda: look([other]))
            auto.suspend(
                "" if found.observed == "absent" else tr("another approver runs ({evidence})", evidence=found.evidence)
            )
            await asyncio.sleep(SCRIPT_EVERY)


async def watch_starts(config: Config, snapshot: Callable[[], Snapshot], take: Callable[[Reading], None]) -> None:
    """Read again and again how the agents were started, until cancelled."""
    from console.agents.joining import agent_processes
    from console.agents.started import judge

    expected = {surface.ref: surface.started for surface in config.surfaces}

    def starts(surfaces: tuple[Surface, ...], specs: Mapping[int, str]) -> dict[str, Started]:
        pids = {surface.key: surface.info.pid for surface in surfaces if surface.info.pid is not None}
        found = agent_processes(pids.values())
        made = {}
        for surface in surfaces:
            process = found.get(surface.info.pid) if surface.info.pid is not None else None
            if process is not None:
                wanted = expected.get(specs.get(surface.place, ""), "") if surface.place is not None else ""
                start = judge(process, wanted)
                made[surface.key] = Started(
                    start.judgement, start.evidence, start.argv, process.pid, process.started_at
                )
        return made

    while True:
        now = snapshot()
        specs = {at: spec.ref for at, spec in enumerate(now.specs)}
        found = await in_thread(lambda now=now, specs=specs: starts(now.surfaces, specs))  # type: ignore[misc]
        take(StartsRead(time.time(), found))
        await asyncio.sleep(STARTS_EVERY)


def rules(section: NotifySection) -> AttentionRules:
    """The rules of attention a configuration means."""
    delays = dict.fromkeys(NEEDS_PERSON, section.after) | dict(section.states)
    told = {state: delay for state, delay in delays.items() if delay >= 0}
    return AttentionRules(told, tuple(span for text in section.quiet if (span := minutes(text)) is not None))


def minutes(text: str) -> tuple[int, int] | None:
    """``22:00-07:00`` as minutes of the day; None when it is no span."""
    found = re.fullmatch(r"\s*(\d{1,2}):(\d\d)\s*-\s*(\d{1,2}):(\d\d)\s*", text, re.ASCII)
    if found is None:
        return None
    first, second, third, fourth = (int(part) for part in found.groups())
    if first > 24 or third > 24 or second > 59 or fourth > 59:
        return None
    return first * 60 + second, third * 60 + fourth


def policy(config: Config) -> ApprovalPolicy:
    """The policy of approval a configuration means."""
    from console.model.approval import ApprovalPolicy, ApprovalRule

    section = config.approve
    made = tuple(ApprovalRule(r.name, r.surfaces, r.agents, r.allow, r.deny) for r in section.rules)
    return ApprovalPolicy(
        section.enabled, section.dry_run, made, per_minute=section.per_minute, per_hour=section.per_hour
    )


def _told(decided: Decided) -> str:
    """One approval for the operator."""
    done = mark("left to you")
    if decided.result is not None:
        done = decided.result.outcome
    elif decided.dry_run:
        done = mark("dry run")
    return tr("auto: {surface}: {rule}: {done}", surface=decided.surface, rule=decided.decision.rule, done=tr(done))


def _watched(surface: Surface) -> Watched | None:
    status = surface.status
    if status is None:
        return None
    state = AgentState.LIMIT if status.detection.blocks else status.state
    return Watched(surface.key, surface.name, state, status.since, status.detection.reason)
