"""The decisions that the last hand-off document waits for, as they can be noted."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from console.model.decision import Asked
from console.safety import safe_text

NAME: Final = re.compile(r"(?i)hand[-_ ]?off.*\.(md|markdown|txt)$|핸드오프.*\.(md|markdown|txt)$")
LOOKED_AT: Final = 2000
"""Names in a folder that are looked at."""


@dataclass(frozen=True, slots=True)
class Offers:
    """What a hand-off asks for."""

    path: Path | None
    """None: there is no hand-off document."""
    asked: tuple[Asked, ...] = ()
    error: str = ""


def newest(folders: Iterable[Path]) -> Path | None:
    """The hand-off document in *folders* that was changed last. Never raises."""
    found: list[tuple[float, Path]] = []
    for folder in folders:
        found += _documents(folder)
    return max(found, default=(0.0, None))[1]


def _documents(folder: Path) -> Iterator[tuple[float, Path]]:
    try:
        for count, each in enumerate(folder.iterdir()):
            if count >= LOOKED_AT:
                return
            if NAME.search(each.name) and each.is_file():
                yield each.stat().st_mtime, each
    except OSError:
        return  # a folder that is not there, or not ours, has none


def offers(path: Path) -> Offers:
    """The decisions pending in the document at *path*. Never raises."""
    from console.handoff_command import Unreadable, text_of, understood

    try:
        handoff = understood(text_of(str(path)))
    except Unreadable as error:
        return Offers(path, error=str(error))
    name = safe_text(path.name, limit=120)
    return Offers(
        path,
        tuple(
            Asked(each.item.text, each.item.commands, each.item.paths, each.item.options, f"{name}:{each.line}")
            for each in handoff.decisions
            if not each.item.decided
        ),
    )


def last(folders: Iterable[Path], named: Path | None = None) -> Offers:
    """The decisions pending in *named*, or else in the newest document of *folders*. Never raises."""
    path = named or newest(folders)
    return offers(path) if path is not None else Offers(None)
