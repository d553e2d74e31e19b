"""Where hand-offs are: what the configuration names, else the state folder."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Final

from console.i18n import tr

FOLDER: Final = "handoffs"
"""Folder, in the state folder, of the hand-offs the console keeps itself."""
OWN: Final = "handoff-{date}.md"
"""Name of one the operator had written, where the configuration names none."""
SAVED: Final = "auto-"
"""Beginning of the name of one the console wrote by itself."""
LOOKED_AT: Final = 5000
"""Files that match a pattern of which the newest is found."""
_SIGNS: Final = "*?["


def pattern(path: str) -> str:
    """*path* of the configuration as a glob."""
    return path.replace("{date}", "*").replace("{time}", "*")


def target(path: str, now: float) -> str:
    """The file that is written at *now* (epoch seconds): with its day for ``{date}``, its minute for ``{time}``.

    In a glob without these the first ``*`` is the day. Raises ValueError: what is wrong and what to write.
    """
    at = datetime.fromtimestamp(now)
    told = path.replace("{date}", at.strftime("%Y-%m-%d")).replace("{time}", at.strftime("%H%M"))
    if told == path:
        told = path.replace("*", at.strftime("%Y-%m-%d"), 1)
    if any(sign in told for sign in _SIGNS):
        raise ValueError(tr("a glob with more than one * names no file to write; write {date} where the day stands"))
    return told


def written(path: str, folder: Path | None) -> Path | None:
    """The newest hand-off that the operator had written, or wrote; *path* is that of the configuration."""
    own = str(folder / FOLDER / OWN) if folder is not None else ""
    return newest(_matches(pattern(path or own)))


def saved(folder: Path | None) -> tuple[Path, ...]:
    """Those the console wrote by itself, the newest first."""
    found = _matches(str(folder / FOLDER / f"{SAVED}*.md")) if folder is not None else ()
    return tuple(sorted(found, key=lambda each: each.name, reverse=True))


def latest(path: str, folder: Path | None) -> Path | None:
    """The newest of all, whoever wrote it: what a start after a crash goes on from."""
    found = (written(path, folder), next(iter(saved(folder)), None))
    return newest([each for each in found if each is not None])


def newest(paths: Iterable[Path]) -> Path | None:
    """The file that was changed last; None without one that can be seen."""
    best: tuple[int, str, Path] | None = None
    for path in paths:
        try:
            changed = path.stat().st_mtime_ns
        except OSError:
            continue
        if best is None or (changed, path.name) > best[:2]:
            best = (changed, path.name, path)
    return best[2] if best is not None else None


def _matches(wanted: str) -> list[Path]:
    if not wanted:
        return []
    if not any(sign in wanted for sign in _SIGNS):
        return [Path(wanted)] if os.path.isfile(wanted) else []  # noqa: PTH113 - never raises
    found = (Path(each) for each in islice(glob.iglob(wanted), LOOKED_AT))  # noqa: PTH207 - an absolute pattern
    return [each for each in found if ".bak" not in each.name and each.is_file()]
