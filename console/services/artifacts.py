"""Deliverables on this machine: what is there, how large, when it was changed last."""

from __future__ import annotations

import heapq
import os
import stat
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from console.host import in_thread
from console.i18n import tr, trn
from console.model.artifact import FILES, Artifact, FileFact
from console.model.reading import OperationsRead
from console.model.service import Judgement
from console.model.words import size
from console.safety import safe_text
from console.services.entries import watch
from console.services.globs import Entry, Search, split
from console.services.nudge import Nudge

if TYPE_CHECKING:
    from console.config_operations import ArtifactSection

BELOW: Final = 20_000
"""Names below one folder that are looked at."""
TEXT: Final = 200
"""Characters of a name that are shown."""
PATH: Final = 1000
"""The same of a path."""


def unread(spec: ArtifactSection) -> Artifact:
    """The entry before it was looked at."""
    return Artifact(safe_text(spec.name, limit=TEXT), safe_text(spec.path or spec.glob, limit=PATH))


def watch_artifacts(specs: Sequence[ArtifactSection], nudge: Nudge | None = None) -> AsyncIterator[OperationsRead]:
    """Yield each of *specs* now, in its period, and when *nudge* asks. Never raises: what is not known is unknown."""
    return watch(
        specs,
        lambda spec: in_thread(lambda: look(spec)),
        unknown,
        lambda seen: seen.judgement is Judgement.UNKNOWN,
        lambda at, seen: OperationsRead(at, artifacts=(seen,)),
        nudge,
    )


def unknown(spec: ArtifactSection, why: str) -> Artifact:
    """The entry when it cannot be known."""
    return replace(unread(spec), evidence=safe_text(why, limit=300), read_at=time.time())


def look(spec: ArtifactSection) -> Artifact:
    """Look at one entry. Takes up to ten seconds a folder: not for the event loop. Never raises."""
    # A deliverable that is a link means what the link leads to.
    search = Search(*split(spec.glob)) if spec.glob else Search(os.path.realpath(spec.path))
    count = total = 0
    newest = 0.0
    kept: list[tuple[float, str, FileFact]] = []
    notes: list[str] = []
    for entry in search:
        fact, note = _fact(entry, spec.path)
        if note:
            notes.append(note)
        count, total, newest = count + 1, total + fact.size, max(newest, fact.mtime)
        heapq.heappush(kept, (fact.mtime, fact.path, fact))
        if len(kept) > FILES:
            heapq.heappop(kept)
    notes += filter(None, (search.cut, search.trouble))
    if not count and notes:
        return unknown(spec, "; ".join(notes[:3]))
    found = replace(
        unread(spec),
        files=tuple(fact for _, _, fact in sorted(kept, reverse=True)),
        count=count,
        size=total,
        mtime=newest if count else None,
        judgement=Judgement.OK if count else Judgement.ATTENTION,
        read_at=time.time(),
    )
    return replace(found, evidence="; ".join([_evidence(found), *notes[:3]]))


def _evidence(found: Artifact) -> str:
    if not found.count:
        return tr("missing")
    files = max(found.count, sum(file.count for file in found.files))
    if files < 2:
        return size(found.size)
    return trn("{count:,} file, {size}", "{count:,} files, {size}", files, size=size(found.size))


def _fact(entry: Entry, called: str) -> tuple[FileFact, str]:
    """The entry as a fact under the name it is *called* by, and what is not certain of it."""
    path, found = safe_text(called or entry.path, limit=PATH), entry.found
    if not stat.S_ISDIR(found.st_mode):
        return FileFact(path, found.st_size, found.st_mtime), ""
    below = Search(entry.path, ("**",), BELOW)
    count = total = 0
    newest = 0.0
    for each in below:
        if not stat.S_ISDIR(each.found.st_mode):
            count, total = count + 1, total + (each.found.st_size if each.plain else 0)
            newest = max(newest, each.found.st_mtime)
    note = "; ".join(filter(None, (below.cut, below.trouble)))
    return FileFact(path, total, newest or found.st_mtime, count, folder=True), note
