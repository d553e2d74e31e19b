"""Hands over: gathers the facts, shows what would be written, writes it, and keeps copies against a crash.

A part of the engine. Everything here reads and writes files and is called in a thread; nothing raises but `Refused`.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final, TypeVar

from console import handoff_places as places
from console import state_baseline
from console.config import Config
from console.handoff_file import Unreadable, text_of, understood
from console.handoff_keep import keep_whole
from console.host import in_thread
from console.i18n import language, tr
from console.model.decision_entries import entries, is_known
from console.model.handoff import Handoff, HandoffFacts, facts_of, write
from console.model.handoff_changes import Change, changes
from console.model.handoff_facts import facts
from console.model.handoff_form import Lang
from console.model.handoff_items import LISTS, GuardEntry
from console.model.handoff_points import carried_notes
from console.model.handoff_sources import Sources
from console.model.reading import BaselineRead
from console.model.snapshot import Snapshot
from console.safety import redact, safe_text
from console.state_guards import fired

LEAVE: Final = 0.8
"""Seconds the last copy may take when the console is left; what is not whole by then is not there."""
FIRST: Final = 30.0
"""Seconds after the start at which the first copy is made, when the state of everything is known."""
DOCUMENTS: Final = ("", ".markdown", ".md", ".txt")
"""Endings of names of hand-offs that others have written."""
NOTES: Final = 100_000
"""Characters of the operator's notes that are kept."""
Entry = TypeVar("Entry")


class Refused(Exception):
    """A hand-off that is not written; the text says which, why, and what to do."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A hand-off that could be written now."""

    facts: HandoffFacts
    """Without what looks like a secret."""
    lang: Lang
    path: Path
    """Where it goes."""
    replaces: bool
    """There is a file already; a copy of it is kept."""
    last: Path | None
    """The hand-off before, from which it goes on."""
    changes: tuple[Change, ...]
    """What differs from that one."""
    found_notes: str = ""
    """What the operator's notes in the file were when this was made."""
    warning: str = ""
    """Why the hand-off before could not be used."""

    @property
    def text(self) -> str:
        """The document."""
        return write(self.facts, self.lang)

    def noted(self, notes: str) -> Prepared:
        """The same with other notes of the operator."""
        return replace(self, facts=replace(self.facts, notes=clean(notes)))


@dataclass(frozen=True, slots=True)
class Done:
    """A hand-off that was written."""

    path: Path
    copy: Path | None
    """Of the file that stood there before."""
    baseline: BaselineRead | None
    """What later figures and artifacts are compared with; None: it could not be kept."""
    warning: str = ""


class HandingOver:
    """The hand-offs of one engine. *folder* is the state folder; *names* lead from names of surfaces to refs."""

    def __init__(self, config: Config, folder: Path | None, names: dict[str, str] | None = None) -> None:
        self._config = config
        self._folder = folder
        self._names = names or {}
        self.error = ""
        """Why the last copy could not be made."""
        self._known: tuple[tuple[object, ...], Handoff] | None = None

    # -- what would be written -----------------------------------------------------------------------------------

    def prepare(
        self,
        snapshot: Snapshot,
        now: float,
        *,
        path: Path | None = None,
        lang: Lang | None = None,
        against: Path | None = None,
        notes: str | None = None,
    ) -> Prepared:
        """Return the hand-off of *snapshot* at *now* (epoch seconds).

        *path* is where it goes and *against* the one it goes on from, where that is not what the configuration says.
        Raises `Refused` when there is no such place, or *against* cannot be read.
        """
        goes_to = self._target(now) if path is None else path
        last, warning = against, ""
        if last is None:
            last = places.written(self._config.handoff.path, self._folder) or places.latest("", self._folder)
        before: Handoff | None = None
        if last is not None:
            try:
                before = self._read(last)
            except Unreadable as error:
                if against is not None:
                    raise Refused(str(error)) from error
                warning, last = tr("the last hand-off is not used: {error}", error=error), None
        there = self._there(goes_to, last, before)
        sources = self._sources(snapshot, now, before, lang)
        found = carried_notes(replace(sources, last=there)) if there is not None else ""
        if notes is None:
            notes = _joined(found, carried_notes(sources)) if there is not before else carried_notes(sources)
        made = clean_facts(facts(replace(sources, notes=clean(notes))))
        differ = changes(facts_of(before), made, language()) if before is not None else ()
        return Prepared(made, sources.lang, goes_to, there is not None, last, differ, found, warning)

    def _sources(self, snapshot: Snapshot, now: float, before: Handoff | None, lang: Lang | None) -> Sources:
        since = snapshot.operations.baseline.written_at if snapshot.operations.baseline is not None else 0.0
        guards: tuple[GuardEntry, ...] | None = None
        if self._folder is not None:
            guards = tuple(
                GuardEntry(each.guard, each.verdict, clock(each.at), each.surface, each.text)
                for each in fired(self._folder, since)
            )
        return Sources(
            snapshot,
            now,
            clock(now),
            lang or self._lang(before),
            before,
            entries(snapshot.decisions) if is_known(snapshot.decisions) else None,
            guards,
            None,
            self._names,
            str(Path.home()),
            language(),
            os.path.lexists(snapshot.decisions.source),
        )

    def _lang(self, before: Handoff | None) -> Lang:
        wanted = self._config.handoff.lang
        if wanted != "auto":
            return wanted
        if before is not None and before.sections:
            titles = "".join(each.item.title for each in before.sections)
            return "ko" if any("가" <= char <= "힣" for char in titles) else "en"
        return language()

    def _target(self, now: float) -> Path:
        path = self._config.handoff.path
        if not path and self._folder is None:
            raise Refused(
                tr("there is no place for a hand-off; write handoff.path into the configuration, or use -o FILE")
            )
        try:
            return Path(places.target(path or str(self._folder) + f"/{places.FOLDER}/{places.OWN}", now))
        except ValueError as error:
            raise Refused(f"handoff.path: {error}") from error

    def _there(self, path: Path, last: Path | None, before: Handoff | None) -> Handoff | None:
        """The document that stands where the new one goes; None when there is none."""
        if before is not None and last is not None and _same(path, last):
            return before
        if not os.path.lexists(path):
            return None
        try:
            found = self._read(path)
        except Unreadable as error:
            raise Refused(str(error)) from error
        # A configuration has the words of a hand-off in it too: only a document of that kind of name is taken for one.
        alike = path.suffix.lower() in DOCUMENTS and any(getattr(found, name) for name in LISTS)
        if not (found.exact or alike) and path.stat().st_size:
            raise Refused(
                tr("{shown}: is no hand-off document, so it is not replaced; name another file", shown=_shown(path))
            )
        return found

    def _read(self, path: Path) -> Handoff:
        try:
            seen = path.stat()
            mark = (str(path), seen.st_ino, seen.st_size, seen.st_mtime_ns)
        except OSError as error:
            raise Unreadable(
                tr(
                    "{shown}: cannot be read ({strerror}); name another file",
                    shown=_shown(path),
                    strerror=error.strerror,
                )
            ) from error
        if self._known is None or self._known[0] != mark:
            self._known = (mark, understood(text_of(str(path))))
        return self._known[1]

    # -- writing -------------------------------------------------------------------------------------------------

    def write(self, prepared: Prepared, snapshot: Snapshot, now: float) -> Done:
        """Write it, keep a copy of what stood there, and note what is true now for the next one. Raises `Refused`."""
        if self._config.read_only:
            raise Refused(tr("the console is read-only; no hand-off was written"))
        path = prepared.path
        there = self._there(path, None, None)
        if there is not None:
            # Somebody may have written notes into the file since it was read.
            now_there = carried_notes(Sources(snapshot, now, "", last=there))
            if now_there != prepared.found_notes:
                prepared = prepared.noted(_joined(prepared.facts.notes, now_there))
        own = self._folder is not None and path.parent == self._folder / places.FOLDER
        try:
            if own:
                path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            copy = keep_whole(path, prepared.text)
        except OSError as error:
            told = tr(
                "cannot be written ({strerror}); the folder must be there and be yours to write in",
                strerror=error.strerror or error,
            )
            raise Refused(f"{_shown(path)}: {told}") from error
        if self._folder is None:
            return Done(path, copy, None)
        baseline = state_baseline.take(snapshot, now)
        try:
            state_baseline.write(self._folder, baseline)
        except OSError as error:
            why = tr(
                "what later figures are compared with could not be kept: {strerror}", strerror=error.strerror or error
            )
            return Done(path, copy, None, why)
        return Done(path, copy, BaselineRead(now, baseline))

    def save(self, snapshot: Snapshot, now: float) -> None:
        """Keep a copy in the state folder, and no more of them than the configuration says. Never raises."""
        if self._folder is None or snapshot.mux.read_at is None:
            return  # nothing is known yet
        folder = self._folder / places.FOLDER
        name = datetime.fromtimestamp(now).strftime(f"{places.SAVED}%Y%m%d-%H%M%S.md")
        try:
            prepared = self.prepare(snapshot, now, path=folder / name)
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            keep_whole(prepared.path, prepared.text, copy=False)
            for old in places.saved(self._folder)[self._config.handoff.keep :]:
                old.unlink(missing_ok=True)
            self.error = ""
        except (OSError, Refused) as error:
            self.error = safe_text(tr("no copy of the hand-off was kept: {error}", error=error), limit=300)

    async def run(self, now: Callable[[], Snapshot]) -> None:
        """Keep a copy every so often until cancelled."""
        every = self._config.handoff.every * 60
        if not every:
            return
        wait = min(FIRST, every)
        while True:
            await asyncio.sleep(wait)
            wait = every
            snapshot = now()
            await in_thread(lambda: self.save(snapshot, time.time()))  # noqa: B023 - awaited at once

    async def leave(self, snapshot: Snapshot) -> None:
        """Keep a last copy, if that takes no longer than `LEAVE`."""
        if self._config.handoff.every and not self._config.read_only:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LEAVE):
                    await in_thread(lambda: self.save(snapshot, time.time()))


def clock(at: float) -> str:
    """Local time of *at* (epoch seconds) as ISO 8601 with its zone, to the second."""
    return datetime.fromtimestamp(at).astimezone().isoformat(timespec="seconds")


def clean(notes: str) -> str:
    """The operator's text without what a terminal would obey, and without secrets."""
    return redact(safe_text(notes, multiline=True)[:NOTES]).strip("\n")


def clean_facts(found: HandoffFacts) -> HandoffFacts:
    """*found* with every text safe to store: secrets are taken out."""
    cleaned: HandoffFacts = _clean(found)
    return cleaned


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, tuple):
        return tuple(_clean(each) for each in value)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{each.name: _clean(getattr(value, each.name)) for each in fields(value)})
    return value


def _joined(first: str, more: str) -> str:
    """*first*, then what of *more* it does not have."""
    if not more or more in first:
        return first
    return f"{first}\n\n{more}" if first and first not in more else more


def _same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False


def _shown(path: Path) -> str:
    return safe_text(str(path), limit=400)
