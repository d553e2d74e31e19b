"""What was true at the last hand-off, on disk: what figures and artifacts are compared with."""

from __future__ import annotations

import contextlib
import json
import math
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from console.i18n import tr
from console.model.artifact import FILES
from console.model.baseline import Baseline
from console.model.numbers import Number
from console.model.reading import BaselineRead
from console.model.service import Judgement
from console.model.snapshot import Snapshot

NAME: Final = "baseline.json"
SIZE_LIMIT: Final = 16 << 20
"""Bytes of the file that are read."""
FORMAT: Final = 1
COUNTS: Final = ("logs", "spans", "metrics", "resources", "bytes")


def take(snapshot: Snapshot, now: float) -> Baseline:
    """What *snapshot* knows for certain at *now* (epoch seconds); what it does not know is left out."""
    seen, collector = snapshot.operations, snapshot.collector.collector
    counts = {name: getattr(collector, name) for name in COUNTS} if collector is not None else {}
    return Baseline(
        now,
        {each.name: each.number for each in seen.figures if each.number is not None},
        {
            each.pattern: each.marks
            for each in seen.artifacts
            if each.judgement is not Judgement.UNKNOWN and each.count <= FILES
        },
        {name: count for name, count in counts.items() if count is not None},
    )


def write(folder: Path, baseline: Baseline) -> None:
    """Keep *baseline* in *folder* in place of the one before: either whole or not at all. Raises OSError."""
    document = {
        "format": FORMAT,
        "written_at": baseline.written_at,
        "figures": {
            name: {"value": number.value, "unit": number.unit, "at_least": number.at_least}
            for name, number in baseline.figures.items()
        },
        "artifacts": {
            pattern: {
                path: {"mtime": mtime, "size": size, "count": count} for path, (mtime, size, count) in marks.items()
            }
            for pattern, marks in baseline.artifacts.items()
        },
        "collector": dict(baseline.collector),
    }
    data = json.dumps(document, ensure_ascii=False, indent=1).encode("utf-8", "replace")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path, spare = folder / NAME, folder / f"{NAME}.{os.getpid()}"
    spare.unlink(missing_ok=True)
    try:
        handle = os.open(spare, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(handle)
        spare.replace(path)
        _sync(folder)
    except OSError:
        with contextlib.suppress(OSError):
            spare.unlink(missing_ok=True)
        raise


def read(folder: Path) -> tuple[Baseline | None, str]:
    """The baseline in *folder*, and why there is none that can be used; (None, "") before the first hand-off.

    Never raises. Of a file that is not understood nothing is believed.
    """
    path = folder / NAME
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        with os.fdopen(handle, "rb") as file:
            content = file.read(SIZE_LIMIT + 1)
    except FileNotFoundError:
        return None, ""
    except OSError as error:
        return None, tr(
            "{path}: cannot be read ({strerror}); allow this account to read it", path=path, strerror=error.strerror
        )
    try:
        return _understood(json.loads(content)), ""
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, OverflowError):
        return None, tr("{path}: is not understood; the next hand-off writes it anew", path=path)


class BaselineFile:
    """The baseline in a folder, looked at again when its file was changed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seen: tuple[int, ...] | None = None

    def changed(self) -> BaselineRead | None:
        """What it says now; None when it was not changed since the last call. Never raises."""
        try:
            found = (self._folder / NAME).stat()
            signature: tuple[int, ...] = (found.st_ino, found.st_size, found.st_mtime_ns)
        except OSError:
            signature = ()
        if signature == self._seen:
            return None
        self._seen = signature
        return BaselineRead(time.time(), *read(self._folder))


def _understood(found: Any) -> Baseline:
    if found["format"] != FORMAT:
        raise ValueError("another format")
    return Baseline(
        _finite(found["written_at"]),
        {str(name): _figure(value) for name, value in dict(found["figures"]).items()},
        {
            str(pattern): {
                str(path): (_finite(mark["mtime"]), int(mark["size"]), int(mark["count"]))
                for path, mark in dict(marks).items()
            }
            for pattern, marks in dict(found["artifacts"]).items()
        },
        {name: int(count) for name, count in dict(found["collector"]).items() if name in COUNTS},
    )


def _figure(found: Mapping[str, Any]) -> Number:
    value = found["value"]
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError("no number")
    return Number(value, str(found["unit"]), found["at_least"] is True)


def _finite(found: object) -> float:
    if isinstance(found, bool) or not isinstance(found, int | float) or not math.isfinite(found):
        raise ValueError("no number")
    return float(found)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
