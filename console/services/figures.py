"""The operator's own numbers: from a command, a file, or an http answer. Never an exception: unknown, and why."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from functools import partial
from http.client import HTTPException
from pathlib import Path
from typing import TYPE_CHECKING, Final

from console.host import HostError, in_thread, run
from console.http_get import fetch, why_not
from console.i18n import tr
from console.model.figure import Figure
from console.model.numbers import Number
from console.model.reading import OperationsRead
from console.safety import redact, safe_text
from console.services.entries import watch
from console.services.nudge import Nudge
from console.services.picking import Unpicked, pick_json, pick_pattern, pick_whole

if TYPE_CHECKING:
    from console.config_operations import FigureSection

SIZE_LIMIT: Final = 8 * 1024 * 1024
"""Bytes of a file, or of what a command writes, that are looked through."""
ANSWER_LIMIT: Final = 4 * 1024 * 1024
"""Bytes of an http answer that are read."""
SLACK: Final = 5.0
"""Seconds above twice an entry's own time limit (reading, and looking through it) after which it is late."""
TEXT: Final = 200


def unread(spec: FigureSection) -> Figure:
    """The figure before it was looked at."""
    return Figure(safe_text(spec.name, limit=TEXT), safe_text(spec.unit, limit=20))


def watch_figures(specs: Sequence[FigureSection], nudge: Nudge | None = None) -> AsyncIterator[OperationsRead]:
    """Yield each of *specs* now, in its period, and when *nudge* asks. Never raises: what is not known is unknown."""
    return watch(
        specs,
        look,
        unknown,
        lambda seen: seen.number is None,
        lambda at, seen: OperationsRead(at, figures=(seen,)),
        nudge,
        lambda spec: 2 * spec.timeout + SLACK,
    )


def unknown(spec: FigureSection, why: str) -> Figure:
    """The figure when it cannot be known."""
    return replace(unread(spec), evidence=redact(safe_text(why, limit=300)), read_at=time.time())


async def look(spec: FigureSection) -> Figure:
    """Read one figure. Never raises but for a cancellation."""
    where = _where(spec)
    try:
        text = await _text(spec)
        number = await _number(spec, text)
    except (Unpicked, HostError, OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        return unknown(spec, f"{where}: {why}")
    return replace(unread(spec), number=number, evidence=redact(where), read_at=time.time())


def _where(spec: FigureSection) -> str:
    """The source, in a few words."""
    if spec.command:
        return safe_text(" ".join(spec.command), limit=120)
    place = safe_text(spec.file or spec.url, limit=120)
    if spec.json:
        return f"{place} {safe_text('.'.join(spec.json), limit=60)}"
    return f"{place} /{safe_text(spec.pattern, limit=60)}/" if spec.pattern else place


async def _text(spec: FigureSection) -> bytes:
    if spec.command:
        argv = [os.path.expanduser(part) for part in spec.command]  # noqa: PTH111 - never raises
        done = await run(argv, timeout=spec.timeout, cwd=Path(spec.cwd) if spec.cwd else None)
        if done.returncode != 0:
            said = done.stderr[-2000:].decode("utf-8", "replace").strip().rpartition("\n")[2]
            why = tr("ended with {status}", status=done.returncode)
            raise Unpicked(f"{why}: {safe_text(said, limit=120)}" if said else why)
        if len(done.stdout) > SIZE_LIMIT:
            raise Unpicked(tr("wrote more than {limit} MiB", limit=SIZE_LIMIT >> 20))
        return done.stdout
    if spec.url:
        return await in_thread(partial(_answer, spec.url, spec.timeout))
    return await in_thread(partial(_file, spec.file, spec.take if spec.pattern else ""))


async def _number(spec: FigureSection, text: bytes) -> Number:
    if spec.pattern:
        return await pick_pattern(text, spec.pattern, spec.take, spec.unit, spec.timeout)
    if spec.json:
        return await in_thread(partial(pick_json, text, spec.json, spec.unit))
    return pick_whole(text, spec.unit)


def _answer(url: str, timeout: float) -> bytes:
    """The body of a 200 answer. Raises `Unpicked`."""
    try:
        answer = fetch(url, timeout=timeout, limit=ANSWER_LIMIT)
    except (OSError, HTTPException, ValueError) as error:
        raise Unpicked(why_not(error, timeout)) from error
    if answer.status != 200:
        redirect = 300 <= answer.status < 400
        raise Unpicked(
            tr("answers {status}, a redirect, not followed", status=answer.status)
            if redirect
            else tr("answers {status}", status=answer.status)
        )
    if not answer.whole:
        raise Unpicked(tr("the answer is larger than {limit} MiB", limit=ANSWER_LIMIT >> 20))
    return answer.body


def _file(path: str, take: str) -> bytes:
    """The content of a regular file; of one that is too long its end or beginning, when that is where *take* looks."""
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)  # opening a FIFO must not wait for a writer
    try:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode):
            raise Unpicked(tr("is not a regular file"))
        if found.st_size <= SIZE_LIMIT:
            with os.fdopen(handle, "rb", closefd=False) as file:
                return file.read(SIZE_LIMIT)
        if take not in ("first", "last"):
            raise Unpicked(
                tr(
                    "is larger than {limit} MiB; only take: first or last looks into such a file",
                    limit=SIZE_LIMIT >> 20,
                )
            )
        part = os.pread(handle, SIZE_LIMIT, 0 if take == "first" else found.st_size - SIZE_LIMIT)
        # A line that was cut could hold a part of a number.
        return part[: part.rfind(b"\n") + 1] if take == "first" else part[part.find(b"\n") + 1 :]
    finally:
        os.close(handle)
