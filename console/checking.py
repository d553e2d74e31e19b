"""The restart checklist of one console: reads the hand-off, looks at what nobody watches, remembers what was ticked.

Serves the screen and ``oc-console checklist`` alike; knows no Textual.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from glob import glob
from pathlib import Path
from typing import Final

from console.checking_looks import Extra, Looked, extras, look, own_step
from console.config import Config
from console.handoff_places import pattern, written
from console.host import in_thread
from console.i18n import tr, trn
from console.model.checklist import Mark, Step, StepState
from console.model.checks import checklist
from console.model.checks_given import Given, written_between
from console.model.decision import DecisionsSlice
from console.model.decision_entries import waiting
from console.model.handoff import Handoff
from console.model.snapshot import Snapshot
from console.safety import safe_text
from console.sending import automatic_now, policy
from console.state_checklist import ChecklistFile, Server, restarted

PATIENCE: Final = 20.0
"""Seconds after the start of a run in which a reading may still come; then what is not known has failed."""


@dataclass(frozen=True, slots=True)
class Document:
    """A hand-off that was found."""

    path: str = ""
    id: str = ""
    """Digest of its bytes; empty where there is none."""
    mtime: float = 0.0
    """Epoch seconds."""
    handoff: Handoff | None = None
    wrong: str = ""
    """Why it cannot be read."""

    @property
    def name(self) -> str:
        """For people."""
        return safe_text(Path(self.path).name, limit=120) if self.path else ""


NOTHING: Final = Document()


def newest(pattern: str) -> str:
    """The file *pattern* means: a path, or the newest of those a glob finds; empty when there is none."""
    if os.path.lexists(pattern):
        return pattern
    found = [Path(path) for path in glob(pattern, recursive=True)]  # noqa: PTH207 - the pattern is a whole path
    return max(((each.stat().st_mtime, str(each)) for each in found if each.is_file()), default=(0.0, ""))[1]


def find(pattern: str, before: Document = NOTHING) -> Document:
    """Read the hand-off *pattern* means, unless it is *before*. Reads files: not for the event loop. Never raises."""
    from console.handoff_command import Unreadable, text_of, understood

    if not pattern:
        return NOTHING
    try:
        path = newest(pattern)
        if not path:
            return Document(
                pattern, wrong=tr("{pattern}: there is no such file", pattern=safe_text(pattern, limit=200))
            )
        mtime = Path(path).stat().st_mtime
        if (path, mtime) == (before.path, before.mtime) and before.id:
            return before
        text = text_of(path)
        id = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
        return Document(path, id, mtime, understood(text))
    except (OSError, ValueError, Unreadable) as error:
        return Document(pattern, wrong=safe_text(str(error), limit=300))


class Checking:
    """One checklist. *now_seen* gives the newest snapshot; *folder* is the state folder, None keeps nothing.

    *handoff* names the hand-off in place of the configuration's. *on_change* is called after every look.
    """

    def __init__(
        self,
        config: Config,
        now_seen: Callable[[], Snapshot],
        folder: Path | None,
        *,
        handoff: str = "",
        on_change: Callable[[], None] = lambda: None,
    ) -> None:
        self.config = config
        self.document = NOTHING
        self._now_seen = now_seen
        self._named = handoff
        self._folder = folder
        self._file = ChecklistFile(folder) if folder is not None else None
        self._on_change = on_change
        self._own: dict[str, Looked] = {}
        self._running: set[str] = set()
        self._extra = Extra()
        self._marks: dict[str, Mark] = {}
        self._began = time.time()
        self.error = ""
        """Why something could not be kept."""

    # -- looking -------------------------------------------------------------------------------------------------

    async def load(self) -> Document:
        """Read the hand-off anew, and what was ticked with it."""
        before = self.document
        self.document = await in_thread(lambda: find(self._meant(), before))
        if self._file is not None:
            file, id = self._file, self.document.id
            self._marks = await in_thread(lambda: file.marks(id, time.time()))
        return self.document

    def _meant(self) -> str:
        """The path or pattern of the last hand-off; empty when none is named and none was written."""
        path = self.config.handoff.path
        last = written(path, self._folder)
        return self._named or (str(last) if last is not None else pattern(path))

    async def run(self, ids: Collection[str] | None = None) -> None:
        """Look again: at the steps *ids*, or at everything. Own steps run side by side."""
        whole = ids is None
        if whole:
            self._began = time.time()
            await self.load()
        sections = [s for s in self.config.checklist if s.kind not in ("manual", "surface")]
        chosen = [s for s in sections if (whole or f"own {s.name}" in (ids or ())) and s.name not in self._running]
        self._running |= {section.name for section in chosen}
        self._on_change()
        try:
            async with asyncio.TaskGroup() as group:
                for section in chosen:
                    group.create_task(self._look(section.name))
                if self.document.handoff is not None and (whole or any(not id.startswith("own ") for id in ids or ())):
                    group.create_task(self._look_beside(self.document.handoff))
        finally:
            self._running -= {section.name for section in chosen}
        self._on_change()

    async def _look(self, name: str) -> None:
        section = next(each for each in self.config.checklist if each.name == name)
        self._own[name] = await look(section, self.config)
        self._running.discard(name)
        self._on_change()

    async def _look_beside(self, handoff: Handoff) -> None:
        self._extra = await extras(handoff, self._now_seen(), None)
        self._on_change()

    # -- the steps -----------------------------------------------------------------------------------------------

    def steps(self, *, settled: bool = False) -> tuple[Step, ...]:
        """Every step now. *settled*: nobody waits for readings any more. Takes its time: for a thread."""
        snapshot, now = self._now_seen(), time.time()
        own = [
            own_step(section, self._own.get(section.name), section.name in self._running, snapshot, now)
            for section in self.config.checklist
        ]
        return checklist(self._given(snapshot, now, settled), own, self._marks)

    async def now(self) -> tuple[Step, ...]:
        """`steps`, without holding up the event loop."""
        return await in_thread(self.steps)

    def _given(self, snapshot: Snapshot, now: float, settled: bool) -> Given:
        config, handoff = self.config, self.document.handoff
        services = (*snapshot.services.services, *self._extra.services)
        approve = config.approve
        rules = len(approve.rules) if approve.enabled and not approve.dry_run and not config.read_only else 0
        return Given(
            snapshot,
            now,
            handoff,
            self.document.name,
            self.document.wrong,
            written_between(handoff.written_at, _east(now)) if handoff is not None else None,
            snapshot.operations.baseline,
            automatic_now(config, snapshot, services),
            config.guards.automatic.service,
            policy(config),
            {each.name: each.ref for each in config.surfaces if each.name},
            trn("{count} rule", "{count} rules", rules) if rules else "",
            _pending(snapshot.decisions, handoff),
            self._extra.services,
            self._extra.automation,
            self._extra.artifacts,
            config.log.path,
            os.path.expanduser("~"),  # noqa: PTH111 - Path.home raises without a home directory
            settled or now - self._began > PATIENCE,
        )

    # -- what the operator says ----------------------------------------------------------------------------------

    async def mark(self, id: str, mark: Mark | None) -> str:
        """Tick or skip the step *id*, or take that back (None); return what is wrong, or empty."""
        if mark is None:
            self._marks.pop(id, None)
        else:
            self._marks[id] = mark
        self._on_change()
        file, handoff = self._file, self.document.id
        if file is None:
            return ""
        return await self._kept(lambda: file.mark(handoff, id, mark))

    def marked(self, id: str) -> Mark | None:
        """What the operator has said of the step *id*."""
        return self._marks.get(id)

    async def keep(self, steps: tuple[Step, ...]) -> str:
        """Keep this result, with its time and its hand-off; return what is wrong, or empty."""
        file, document = self._file, self.document
        if file is None:
            return ""
        about = {"path": document.path, "id": document.id, "written_at": _written(document)}
        return await self._kept(lambda: file.keep(time.time(), about, steps))

    async def _kept(self, work: Callable[[], None]) -> str:
        try:
            await in_thread(work)
        except OSError as error:
            self.error = safe_text(tr("it could not be kept: {error}", error=error), limit=200)
            return self.error
        return ""

    # -- after a restart -----------------------------------------------------------------------------------------

    async def news(self) -> str:
        """Why the operator should look at the checklist now; empty when there is no reason. Notes what is there."""
        if self._file is None:
            return ""
        document = await self.load()
        file, server = self._file, server_of(self._now_seen())
        before = await in_thread(lambda: file.last(server.source)) if server is not None else None
        why = restarted(before, server) if server is not None else ""
        seen = await in_thread(file.seen)
        newer = bool(document.id) and document.id != seen[0] and document.mtime > seen[1]
        if newer:
            why = tr("{why}, and there is a newer hand-off", why=why) if why else tr("there is a newer hand-off")
        mark = (document.id, document.mtime) if newer else None
        if server != before or mark is not None:
            await self._kept(lambda: file.note(server, mark))
        return why

    async def wrote(self) -> None:
        """The console itself has written a hand-off: that is no news."""
        document = await self.load()
        if self._file is not None and document.id:
            file, mark = self._file, (document.id, document.mtime)
            await self._kept(lambda: file.note(None, mark))


def server_of(snapshot: Snapshot) -> Server | None:
    """What is in the terminal server now; None while that is not known."""
    if snapshot.mux.error or snapshot.mux.read_at is None:
        return None
    import psutil

    infos = [each.info for each in snapshot.surfaces if not each.gone]
    surfaces = frozenset((info.ref, info.uuid or "", info.pid or 0) for info in infos)
    return Server(snapshot.mux.source.rsplit(" · ", 1)[-1], psutil.boot_time(), surfaces)


def settled(steps: Collection[Step]) -> bool:
    """Whether nothing is still running."""
    return all(step.state is not StepState.RUNNING for step in steps)


def _pending(kept: DecisionsSlice, handoff: Handoff | None) -> tuple[str, ...] | None:
    """Decisions that wait: those of the file, and those of the hand-off that it has not; None: the hand-off tells."""
    told = [each.item for each in handoff.decisions] if handoff is not None else []
    return waiting(told, kept, there=os.path.lexists(kept.source))


def _east(now: float) -> float:
    """Seconds this machine's clock is east of UTC."""
    return float(time.localtime(now).tm_gmtoff)


def _written(document: Document) -> str | None:
    return document.handoff.written_at or None if document.handoff is not None else None
